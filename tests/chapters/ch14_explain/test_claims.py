"""What chapter 14 says in general, on all recorded texts, on all seeds, and by interventions."""

import numpy as np
import pytest

from course_lib import explain
from course_lib.centrality import rank_correlation
from course_lib.chapters.runs import load_runs
from course_lib.data import available, load_attention, load_leave_one_out, load_tournament

RUNS = load_runs("opinions")["attention"]
CONTESTS = "minilm", "opinions", "smollm2"


@pytest.fixture(scope="module")
def contests():
    return {name: load_tournament(name) for name in CONTESTS}


def test_measures_agree_poorly_and_two_of_them_least_in_every_seed():
    pairs = [RUNS[f"{a} ~ leave one out"] for a in ("gradient", "attention")]
    pairs.append(RUNS["attention ~ gradient"])
    assert all(((pair > 0) & (pair < 0.6)).all() for pair in pairs)
    assert (pairs[0] < np.minimum(*pairs[1:])).all()
    assert (RUNS["adversary found"] > 0.95).all()


