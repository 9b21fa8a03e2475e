"""Rollout against the same product of matrices, written out in NumPy."""

import numpy as np

from benchmarks._measure import against
from course_lib.attention import softmax
from course_lib.rollout import rollout, rollout_row

SIZES = [(12, 128), (12, 512)]
TO_REACH = {(12, 512): 10}  # one row
RUNS = [()] * 9


def rows(sizes=SIZES):
    """Yield comparisons of the whole rollout and of one row, for several sizes (layers, n)."""
    for layers, n in sizes:
        weights = softmax(np.random.default_rng(0).normal(size=(layers, n, n)))
        yield from comparisons(weights, TO_REACH.get((layers, n)))


def comparisons(weights, to_reach=None):
    """Yield the comparisons for one model; whatever is asked for, the peer multiplies all."""
    layers, n, _ = weights.shape
    size, output = f"({layers}, {n})", n // 2

    def product():
        mixed = 0.5 * weights + 0.5 * np.eye(n)
        result = mixed[0]
        for layer in mixed[1:]:
            result = layer @ result
        return result

    def whole():
        return rollout(weights)

    def row():
        return rollout_row(weights, output)

    yield against("rollout, whole", size, whole, "NumPy, whole", product, RUNS)
    yield against(
        "rollout, one row",
        size,
        row,
        "NumPy, whole",
        lambda: product()[output],
        RUNS,
        to_reach=to_reach,
    )
