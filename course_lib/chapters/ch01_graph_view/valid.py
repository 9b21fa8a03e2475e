"""What the exercises of chapter 01 allow as arguments: a strategy of one call for each."""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch01_graph_view.checks import (
    CLOSE,
    FAINT_RING,
    FAINTEST,
    HALVES,
    LEFT_ALONE,
    MOST_TOKENS,
    NEARLY_TIED,
    SIXTHS,
    TIED,
    TINY,
    long_ring,
    two_halves,
)
from course_lib.exercises.strategies import seeded, square_weights, weights


def _threshold(rng, weights, kind):
    """Return a threshold: one of the weights, a limit, or clearly between two weights."""
    steps = np.unique(weights)
    ways = {
        "a weight": lambda: rng.choice(steps),
        "no edge or all": lambda: rng.integers(2),
        "between": lambda: rng.choice(np.append(steps[:-1] + np.diff(steps) / 2, 0.5)),
    }
    return float(ways[kind]())


def _with_threshold(weights):
    kinds = st.sampled_from(["a weight", "no edge or all", "between"])
    return seeded(lambda rng, kind: (weights, _threshold(rng, weights, kind)), kinds)


def _share(rng, weights, kind):
    """Return a share whose number of edges has no doubt about rounding: not nearly whole."""
    size = weights.size
    sizes = {
        "any": lambda: (rng.integers(size) + rng.uniform(0.01, 0.99)) / size,
        "small": lambda: rng.uniform(0.01, 0.99) / size,
        "just above": lambda: (rng.integers(size) + 0.0005) / size,
        "all or none": lambda: rng.integers(2),
        "whole": lambda: rng.integers(size + 1) / size if size & (size - 1) == 0 else 1,
    }
    return float(sizes[kind]())


def _with_share(weights):
    kinds = st.sampled_from(["any", "small", "just above", "all or none", "whole"])
    return seeded(lambda rng, kind: (weights, _share(rng, weights, kind)), kinds)


def _faint(rng, n):
    """Return weights with edges that are nearly 0."""
    weights = np.eye(n)[rng.permutation(n)]
    i, j = rng.integers(n, size=2)
    weights[i] = np.where(np.arange(n) == j, 2.0 ** -rng.integers(10, 22), 0)
    weights[i, (j + 1) % n] += 1 - weights[i].sum()
    return weights


def _connected_weakly(rng, n):
    """Return weights of groups in a chain or ring, with weaker edges between them."""
    group = np.sort(rng.integers(max(2, n // 2), size=n))[rng.permutation(n)]
    ahead = group[None, :] - group[:, None]
    exponents = rng.normal(size=(n, n)) - 2 * np.abs(ahead) - rng.integers(-2, 3) * ahead
    weights = np.exp(exponents)
    return weights / weights.sum(axis=1, keepdims=True)


VALID = {
    "graph_view-1": st.one_of(
        square_weights().flatmap(_with_threshold),
        weights(20).flatmap(_with_threshold),
        st.sampled_from(
            [(CLOSE, TINY), (TIED, 0.25), (HALVES, 0.5), (FAINTEST, 0.0), (SIXTHS, 1 / 6)]
        ),
    ),
    "graph_view-3": st.one_of(
        square_weights().map(lambda weights: (weights,)),
        weights(12).map(lambda weights: (weights,)),
        seeded(lambda rng, n: (_faint(rng, n),), st.integers(2, 6)),
        st.just((FAINTEST,)),
    ),
    "graph_view-4": st.tuples(
        st.one_of(st.integers(2, MOST_TOKENS), st.sampled_from([2, 3, MOST_TOKENS]))
    ),
    "graph_view-5": (square_weights(high=10) | weights(20)).flatmap(_with_share),
    "graph_view-6": st.one_of(
        square_weights(low=2).map(lambda weights: (weights,)),
        seeded(lambda rng, n: (_connected_weakly(rng, n),), st.integers(2, 8)),
        seeded(lambda rng: (two_halves(rng),)),
        st.sampled_from([(LEFT_ALONE,), (NEARLY_TIED,), (FAINT_RING,)]),
        seeded(lambda rng: (long_ring(rng),)),
    ),
}
