"""Weights that random ones never are: they are weights, and cases where they fit."""

import numpy as np

from course_lib.exercises.exercise import Check
from course_lib.exercises.particular import WEIGHTS, causal, twice, with_ordinary, with_particular


def test_they_are_weights_of_which_none_is_another():
    for weights in (*WEIGHTS, *map(causal, WEIGHTS), *causal(with_ordinary(WEIGHTS[0]))):
        assert (weights >= 0).all()
        assert np.allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert len({weights.tobytes() for weights in WEIGHTS}) == len(WEIGHTS)
    assert all(np.triu(causal(twice(weights)), 1).any() == 0 for weights in WEIGHTS)


def test_those_that_fit_are_added_as_copies():
    check = Check(
        inputs=lambda rng: [(0,)],
        judge=None,
        fits=lambda weights: bool((weights > 0).all()),
        particular=lambda weights: (weights,),
    )
    first, *others = with_particular(check).inputs(np.random.default_rng(0))
    assert first == (0,)
    assert 0 < len(others) < len(WEIGHTS)
    assert all((weights > 0).all() for (weights,) in others)
    others[0][0][:] = 0
    assert all(weights.any() for weights in WEIGHTS)
