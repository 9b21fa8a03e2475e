"""What the tournament says in general, held to the recordings: on all texts and on halves of them.

A lead is claimed only where a paired test over the texts tells it from luck.
"""

import numpy as np
import pytest

from course_lib.data import load_tournament
from course_lib.explain import METHODS, agreement, area, paired, permutation_null
from course_lib.explain.tournament import CONTESTS

BLIND = ("random", "position", "length")  # they know nothing of the model
CURVES = ("minilm", "opinions", "smollm2")


@pytest.fixture(scope="module")
def told():
    return {contest: load_tournament(contest) for contest in CONTESTS}


def agreements(texts, method, **options):
    return np.array([agreement(text, method, **options) for text in texts])


def table(texts, **options):
    return {method: agreements(texts, method, **options).mean() for method in METHODS}


def leader(texts, **options):
    means = table(texts, **options)
    return max(means, key=means.get)


def areas(texts, order, curve):
    return np.array([area(getattr(text, curve)[order]) for text in texts])


def sure(first, second):
    mean, _, _, p = paired(first, second, np.random.default_rng(0))
    return mean > 0 and p < 0.01


def null(texts, **options):
    return permutation_null(texts, np.random.default_rng(0), **options)
