"""What the exercises of chapter 12 allow: for each a strategy of the arguments of one call."""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch12_pooling.checks import (
    CHECKS,
    one_in_ten_thousand,
    small_and_large,
    small_in_batch,
    small_in_row,
)
from course_lib.exercises.strategies import cases_of, generators, seeded, weights

LOWEST = -2_000_000_000.0  # of real scores in exercise 3


def _few(most=6):
    return st.integers(1, most)


def _nodes(largest):
    """Return a strategy of nodes with V and w; scores reach as far as `largest`, about."""

    def make(rng, sizes, kind, reach):
        n, d, hidden = sizes
        h = rng.normal(size=(n, d)) if kind == "any" else rng.integers(-1, 2, size=(n, d)) * 1.0
        if kind == "alike":
            h[:] = h[0]
        v, w = rng.normal(size=(hidden, d)), reach * rng.normal(size=hidden)
        if kind == "large":  # a feature that shows even where the weight is small
            h[:, -1] *= 2.0 ** rng.integers(37, size=n)
            v[:, -1] = 0
        return h, v, w

    kinds = st.sampled_from(["any", "tied", "alike", "large"])
    return seeded(
        make, st.tuples(_few(), _few(), _few()), kinds, st.sampled_from([0.5, 2, 5, largest])
    )


@st.composite
def _batches(draw):
    """Draw padded batches: scattered masks, empty graphs, anything in the padding."""
    rng = draw(generators)
    if draw(st.integers(0, 9)) == 9:
        features = np.stack([small_and_large(rng), small_and_large(rng)])
        return rng.normal(size=(2, 2)), features, np.ones((2, 2), dtype=bool)
    graphs, n, d = draw(_few(4)), draw(_few()), draw(_few(4))
    mask = rng.random((graphs, n)) < draw(st.sampled_from([0, 0.4, 0.7, 1]))
    scores = _scores(draw, rng, (graphs, n), np.arange(graphs)[:, None])
    if draw(st.booleans()):
        scores[rng.integers(graphs)] = LOWEST + 1024 * rng.integers(0, 2, size=n)
    features = rng.normal(size=(graphs, n, d)) * (rng.random((graphs, n, 1)) < 0.9)
    padding = st.sampled_from([0.0, 9.0, -1e6, 1e6, np.nan, np.inf, -np.inf])
    scores[~mask], features[~mask] = draw(padding), draw(padding)
    return scores, features, mask


@st.composite
def _weighted_bags(draw):
    rng = draw(generators)
    n = draw(st.integers(2, 9))
    wanted = np.zeros(n, dtype=bool)
    count = draw(st.integers(1, n - 1) | st.just(n // 2))  # often as many as others
    wanted[rng.permutation(n)[:count]] = True
    if draw(st.booleans()):
        return draw(weights(1, n))[0], wanted
    powers = 10.0 ** -rng.integers(0, 12, size=n)  # far smaller ones differ, too,
    powers *= 1 + 4e-6 * rng.integers(3, size=n)  # and so do near ones
    return powers / powers.sum(), wanted


@st.composite
def _rows(draw):
    """Draw nodes in one row: any order, graphs without nodes, scores far apart."""
    if draw(st.integers(0, 9)) == 9:
        return small_in_row()
    rng = draw(generators)
    nodes, count = draw(_few(9)), draw(_few(5))
    graph = rng.choice(rng.permutation(count)[: draw(_few(5))], size=nodes)
    scores = _scores(draw, rng, nodes, graph)
    return scores, rng.normal(size=(nodes, draw(_few(4)))), graph, count


def _scores(draw, rng, shape, group):
    """Draw scores near 0, tied, or far from 0 and from those of other groups."""
    kind = draw(st.sampled_from(["near", "tied", "shifted", "peak", "far"]))
    if kind == "near":
        return rng.normal(size=shape)
    if kind == "tied":
        return rng.integers(-1, 2, size=shape).astype(float)
    if kind == "shifted":
        shift = rng.choice([-17500, 17500, rng.integers(-17500, 17501)], size=group.max() + 1)
        return shift[group] / 16 + rng.normal(size=shape).round(3)
    if kind == "peak":  # one far above all others
        scores = rng.normal(size=shape).round(3) - 1000
        scores.flat[rng.integers(scores.size)] = 1000
        return scores
    return rng.integers(-17600, 17601, size=shape) / 16


VALID = {
    "pooling-1": _nodes(3000),
    "pooling-3": _batches() | st.builds(small_in_batch),
    "pooling-4": _nodes(30),
    "pooling-5": _weighted_bags() | st.builds(one_in_ten_thousand),
    "pooling-6": st.tuples(st.tuples(_few(5), _few()).flatmap(lambda shape: weights(*shape))),
    "pooling-7": _rows(),
}
# Small numbers, and large ones, as in the checks.
SIZES = ("pooling-1", "pooling-4", "pooling-6", "pooling-7")
VALID |= {key: VALID[key] | cases_of(CHECKS[key].inputs) for key in SIZES}
