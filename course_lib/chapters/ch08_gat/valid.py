"""What the exercises of chapter 08 allow: for each a strategy of the arguments of one call."""

import numpy as np
from hypothesis import strategies as st

from course_lib.exercises.strategies import generators

FAR = 16_000  # sixteenths: logits from -1000 to 1000, exact in single precision


@st.composite
def _edge_logits(draw):
    """Draw logits with the query of each edge: any order, gaps between numbers, ties, far ones."""
    rng = draw(generators)
    nodes = rng.permutation(30)[: draw(st.integers(1, 6))] * rng.choice([1, 20, 997])
    query = rng.choice(nodes, size=draw(st.integers(1, 14)))
    order = draw(st.sampled_from([np.array, np.sort]))
    return _numbers(draw, rng, query.shape, query), order(query)


@st.composite
def _masked_logits(draw):
    """Draw square logits of any precision with a mask; rows may have no edge, or one."""
    rng = draw(generators)
    n = draw(st.integers(1, 6))
    allowed = rng.random((n, n)) < draw(st.sampled_from([0, 0.2, 0.5, 0.8, 1]))
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    logits = _numbers(draw, rng, (n, n), np.arange(n)[:, None])
    if draw(st.booleans()):  # to the end of half precision, where neighbours lie 32 apart
        logits = rng.choice([-60000, -59968, -300, 0, 300, 59968, 60000], size=(n, n))
        logits[rng.integers(n)] = -60000  # the lowest, all over a row
    return logits.astype(dtype), allowed


@st.composite
def _halves(draw):
    rng = draw(generators)
    small = st.tuples(st.integers(1, 6), st.integers(1, 5))
    n, features = draw(st.one_of(small, small, st.just((40, 24))))  # large: memory counts
    h = _numbers(draw, rng, (n, features), np.arange(n)[:, None], far=800)
    slope = draw(st.one_of(st.sampled_from([0.0, 0.2, 1.0]), st.floats(0, 1).map(_short)))
    return h, *rng.normal(size=(2, features)), slope


@st.composite
def _sizes(draw):
    n = draw(st.integers(1, 5000))
    return n, draw(st.integers(0, n * n)), draw(st.integers(1, 512))


@st.composite
def _labelled_graphs(draw):
    """Draw edges with weights and labels: nodes without edges, self-loops, weights of 0."""
    rng = draw(generators)
    n = draw(st.integers(1, 8))
    allowed = rng.random((n, n)) < draw(st.sampled_from([0.15, 0.4, 1]))
    allowed[rng.integers(n), rng.integers(n)] = True  # there is an edge
    query, key = rng.permutation(np.argwhere(allowed)).T
    logits = _numbers(draw, rng, query.shape, query)
    labels = rng.choice(draw(st.sampled_from(NAMES)), size=n, p=draw(st.sampled_from(GROUPS)))
    return np.stack([query, key]), _shares(logits, query), labels


NAMES = [[0, 1, -1, 257, 2**40], [0, 2520, 3, 2**24, 2**24 + 1]]  # alike in fewer bits, or modulo
NAMES.append([2**53, 2**53 + 1, 0, 2**53, 2**53 + 1])  # or as float64
GROUPS = [[0.5, 0.5, 0, 0, 0], [0.2] * 5, [0, 0, 1, 0, 0], [0.4, 0, 0, 0.3, 0.3]]


@st.composite
def _rows_with_a_favourite(draw):
    """Draw logits no row of which has two largest, though the largest may be hardly larger."""
    rng, few, many = draw(generators), st.integers(1, 7), st.integers(25, 35)
    rows, keys = draw(few | few | many), draw(few | few | many)
    logits = _numbers(draw, rng, (rows, keys), np.arange(rows)[:, None])
    if rng.random() < 0.2:  # one number a query, which may turn the ranking of the keys
        return (np.outer(rng.choice([-2.0, -1, 1, 2], rows), rng.permutation(keys) + 1),)
    favourite = rng.integers(keys, size=rows)[: draw(st.sampled_from([1, rows]))]
    more = draw(st.sampled_from([2**-10, 1, 100]))
    logits[np.arange(rows), favourite] = logits.max(axis=1) + more
    return (logits,)


def _numbers(draw, rng, shape, group, *, far=FAR):
    """Draw numbers near 0, tied, all alike, or far from 0 and from those of other groups.

    Or some so far below others that their exponentials are small, but not 0: the faint ones.
    """
    kind = draw(st.sampled_from(["near", "tied", "alike", "shifted", "far", "faint"]))
    if kind == "near":
        return rng.normal(size=shape) * draw(st.sampled_from([0.1, 1.0, 4.0]))
    if kind == "tied":
        return rng.integers(-2, 3, size=shape).astype(float)
    if kind == "faint":
        return rng.choice([0.0, 0.5, 10.0], size=shape)
    if kind == "alike":
        return np.full(shape, float(draw(st.integers(-3, 3))))
    if kind == "shifted":  # each group by an amount of its own
        shift = rng.integers(-far, far + 1, size=group.max() + 1) / 16
        return shift[group] + rng.integers(-32, 33, size=shape) / 16
    return rng.integers(-far, far + 1, size=shape) / 16


def _shares(logits, query):
    """Return weights that sum to 1 for each query; far logits make some of them 0."""
    top = np.full(query.max() + 1, -np.inf)
    np.maximum.at(top, query, logits)
    powers = np.exp(logits - top[query])
    return powers / np.bincount(query, powers)[query]


def _short(number):
    return round(number, 3)


VALID = {
    "gat-1": _edge_logits(),
    "gat-2": _masked_logits(),
    "gat-4": _halves(),
    "gat-5": _sizes(),
    "gat-6": _labelled_graphs(),
    "gat-7": _rows_with_a_favourite(),
}
