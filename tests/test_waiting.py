"""Loops that wait for chance: each has an end, and says what it waited for."""

import ast
from pathlib import Path

import numpy as np
import pytest

import course_lib
from course_lib import _waiting
from course_lib.chapters.ch06_nlp import dates, sentiment

CHAPTERS = Path(course_lib.__file__).parent / "chapters"
# It walks along a way that gets longer by a new token each time.
BOUNDED = {"ch04_centrality/cases.py: way[-1] != end"}


def test_who_waits_too_long_is_told_for_what():
    with pytest.raises(RuntimeError, match=r"a six did not come up in 1,000 tries"):
        for _ in _waiting.tries("a six", most=1000):
            pass


def endless(path):
    """Return the `while` loops of a file, each with its condition."""
    loops = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.While)]
    return {f"{path.parent.name}/{path.name}: {ast.unparse(loop.test)}" for loop in loops}


def test_no_loop_of_a_chapter_can_wait_for_ever(tmp_path):
    assert set().union(*map(endless, CHAPTERS.rglob("*.py"))) == BOUNDED
    planted = tmp_path / "cases.py"
    planted.write_text("while True:\n    pass\n", encoding="utf-8")
    assert endless(planted) == {f"{tmp_path.name}/cases.py: True"}


class Stuck(np.random.Generator):
    """A source of random numbers that always gives the same."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def integers(self, *_, **__):
        return 0

    def random(self, *_, **__):
        return 0.0

    def choice(self, options, *_, **__):
        return options[0]


@pytest.mark.parametrize("make", [dates.make_dates, sentiment.make_opinions])
def test_generators_that_repeat_themselves_are_an_error_and_no_endless_loop(make, monkeypatch):
    monkeypatch.setattr(_waiting.tries, "__defaults__", (500,))
    with pytest.raises(RuntimeError, match="did not come up in 500 tries"):
        make(2, Stuck())
    assert len(make(2, np.random.default_rng(0))) == 2


@pytest.mark.parametrize("unseen", ["yes", 1, None, [True]])
def test_unseen_combinations_are_asked_for_by_true_or_false(unseen):
    with pytest.raises(TypeError, match="unseen_combinations must be True or False"):
        sentiment.make_opinions(2, np.random.default_rng(0), unseen_combinations=unseen)
