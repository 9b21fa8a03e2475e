"""Further cases: weights with something particular about them, which random ones never have."""

import dataclasses

import numpy as np

N = 4
ORDINARY = np.array(
    [
        [0.15, 0.45, 0.1, 0.3],
        [0.35, 0.2, 0.4, 0.05],
        [0.5, 0.12, 0.13, 0.25],
        [0.22, 0.08, 0.6, 0.1],
    ]
)
_BOTH_WAYS = np.array([[0, 0.11, 0.17, 0.05], [0, 0, 0.23, 0.07], [0, 0, 0, 0.13], [0] * N])
_SYMMETRIC = _BOTH_WAYS + _BOTH_WAYS.T
_NO_LOOPS = ORDINARY * (1 - np.eye(N))
# Small numbers that an answer in single precision has, and that count.
_FAINT = np.array(
    [
        [0, 3e-5, 8e-6, 3e-7],
        [8e-6, 0, 2.7e-6, 3e-5],
        [3e-5, 8e-6, 0, 2.7e-6],
        [8e-6, 3e-5, 9e-6, 0],
    ]
)


def _completed(weights):
    """Return the weights with as much on the diagonal as makes rows sum to 1."""
    return weights + np.diag(1 - weights.sum(axis=1))


WEIGHTS = (
    np.full((N, N), 1 / N),
    np.eye(N),
    np.roll(np.eye(N), 1, axis=1),  # a ring
    np.tile(ORDINARY[0], (N, 1)),
    _completed(_SYMMETRIC),
    _NO_LOOPS / _NO_LOOPS.sum(axis=1, keepdims=True),
    _completed(_FAINT),
)


def with_particular(check):
    """Return a check with a case for each of `WEIGHTS`, if it fits."""

    def inputs(rng):
        made = [check.particular(weights.copy()) for weights in WEIGHTS]
        return check.inputs(rng) + [
            case for case in made if check.fits is None or check.fits(*case)
        ]

    return dataclasses.replace(check, inputs=inputs) if check.particular else check


def twice(weights):
    """Return two layers or heads that are the same."""
    return np.stack([weights, weights])


def with_ordinary(weights):
    """Return two layers or heads: the weights, and ordinary ones."""
    return np.stack([weights, ORDINARY])


def causal(weights):
    """Return causal weights: without those on later tokens, rows divided by what is left."""
    left = np.tril(weights)
    left[..., 0] += left.sum(axis=-1) == 0
    return left / left.sum(axis=-1, keepdims=True)
