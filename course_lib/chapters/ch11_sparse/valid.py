"""What the texts of chapter 11 allow: the arguments of each exercise's function."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from course_lib.chapters.ch11_sparse.cases import (
    AHEAD,
    blocks,
    clearly_chosen,
    in_parts,
    many_positions,
)
from course_lib.exercises.strategies import cases_of, random_logits, random_weights, seeded


def _thresholds(rng, n):
    if rng.random() < 0.05:
        return AHEAD, 0.75
    weights = random_weights(rng, n)
    near = rng.choice(weights.ravel()) + rng.choice([0, 1e-12, -1e-12, 1e-6, -1e-6, 1e-3])
    return weights, float(np.clip(rng.choice([0, 1, 0.1, rng.random(), near]), 0, 1))


def _kept(rng, n):
    kept = rng.random(n) < rng.uniform(0.1, 0.9)
    kept[rng.choice(n, 2, replace=False)] = True, False
    return (kept,)


def _masses(rng, n, exact):
    if rng.random() < 0.1:  # sums that should reach the mass and are off by rounding
        return rng.multinomial(10, np.full(n, 1 / n), size=n) / 10, rng.integers(1, 11) / 10
    if exact:
        weights = in_parts(rng, n, rng.choice([0.3, 1, 4]))
        reached = -np.sort(-weights[0])[: rng.integers(1, n + 1)].sum()
        return weights, float(rng.choice([reached, rng.integers(1, 257) / 256]))
    weights = random_weights(rng, n)
    held = np.cumsum(-np.sort(-weights), axis=1)
    near = min(rng.choice(held.ravel()) + rng.choice([3e-6, -3e-6, 1e-8, 5e-10]), 1)
    mass = float(rng.choice([0.5, 0.9, 1, rng.uniform(0.01, 1), near, near, near]))
    # A sum that is short by 1e-9 but for rounding may be found to reach the mass or not.
    assume((np.abs(held - mass + 1e-9) > 1e-11).all())
    return weights, mass


def _row(rng, n):
    if rng.random() < 0.1:
        return (rng.permutation(-(8.0 ** np.arange(n) / 512)),)
    if rng.random() < 0.05:  # many that all keep some weight
        return (rng.normal(size=10 * n) / 1000,)
    row = random_logits(rng, 1, n)[0] * rng.choice([0.1, 1, 3])
    return (np.where(rng.random(n) < 0.3, row.max() - rng.choice([0, 0.5, 1]), row),)


def _edges(rng, n, d, wide):
    allowed = rng.random((n, n)) < rng.uniform(0, 1)
    allowed[rng.integers(n), rng.integers(n)] = True
    edges = rng.permutation(np.argwhere(allowed)).T
    query, key = rng.normal(size=(2, n, d))
    far = rng.choice([1, 1, 40, 1000, 30000]) * np.sign(rng.normal(size=(n, 1)))
    return query * far, key, rng.normal(size=(n, wide)), edges


def _blocks(rng, size, count, d):
    query, key = rng.choice([0.3, 1, 100]) * rng.normal(size=(2, size * count, d))
    assume(clearly_chosen(query, key, size, by=1e-9))
    return query, key, size, int(rng.integers(count))


small = st.integers(1, 8)
few_or_many = [seeded(_edges, small, st.integers(1, 5), st.integers(1, 5))] * 9
VALID = {
    "sparse-1": seeded(_thresholds, small),
    "sparse-2": seeded(_kept, st.integers(2, 10)),
    "sparse-3": seeded(_masses, small, st.booleans()),
    "sparse-4": seeded(_row, st.integers(1, 12)),
    "sparse-6": st.tuples(st.integers(1, 40), st.integers(0, 60))
    | st.sampled_from([(2000, 3), (400, 120)]),
    "sparse-7": st.one_of(*few_or_many, seeded(many_positions)),
    "sparse-8": seeded(_blocks, st.integers(1, 4), st.integers(1, 8), st.integers(1, 4))
    | cases_of(blocks),
}
