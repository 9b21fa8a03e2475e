"""What the exercises of chapter 02 allow as arguments: a strategy of one call for each."""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch02_weights.checks import FAR
from course_lib.chapters.ch02_weights.models import (
    PLANTED,
    clear_model,
    in_wide_company,
    planted,
    with_faint_weights,
)
from course_lib.exercises.strategies import (
    logits,
    orders,
    random_weights,
    seeded,
    weights,
)

sizes = st.integers(1, 8) | st.just(20)
fars = st.sampled_from([1e3, 1e5, 4e6, 9e6])


def _vectors(rng, n, m, d, d_value, kind):
    """Return queries, keys and values; some of them equal, zero, or far from one another."""
    query, key, value = (rng.normal(size=size) for size in ((n, d), (m, d), (m, d_value)))
    if kind == "repeated":
        query, key = query[rng.integers(n, size=n)], key[rng.integers(m, size=m)]
    if kind == "some zero":
        query, key = (part * rng.integers(2, size=(len(part), 1)) for part in (query, key))
    if kind == "of all lengths":
        query, key = query * rng.uniform(0, 4, size=(n, 1)), key + rng.normal(size=d)
    if kind == "far apart":  # in whole numbers, which stay exact
        query, key = np.rint(query), 1000.0 * np.rint(key)
    if kind == "very far":
        query, key = np.rint(query), 2.0**17 * np.rint(key)
    if kind == "far below":
        query, key = np.ones((n, d)), np.full((m, d), -FAR / np.sqrt(d)) + key
    if kind == "rising":  # later keys far above earlier ones
        query, key = np.ones((n, d)), np.linspace(-FAR, FAR, m)[:, None] / np.sqrt(d) + key
    return query, key, value


kinds = st.sampled_from(
    ["near", "repeated", "some zero", "of all lengths", "far apart", "far below", "rising"]
)


def _sequence(n, d, d_value, kind):
    return seeded(lambda rng: _vectors(rng, n, n, d, d_value, kind))


def _relabelling(n):
    return st.tuples(weights(n), orders(n))


VALID = {
    "weights-2": st.one_of(
        st.tuples(sizes, sizes, fars).flatmap(lambda drawn: st.tuples(logits(*drawn))),
        seeded(lambda rng, n, m: (708 + 4 * rng.random((n, m)),), sizes, sizes),  # exp's limit
        seeded(lambda rng, n, m: (6 * rng.normal(size=(n, m)),), sizes, sizes),  # small weights
    ),
    "weights-3": seeded(
        lambda rng, n, m, d, kind: _vectors(rng, n, m, d, 1, kind)[:2],
        *(sizes, sizes, sizes, kinds | st.just("very far")),
    ),
    "weights-4": st.tuples(sizes, sizes, sizes, kinds).flatmap(lambda drawn: _sequence(*drawn)),
    "weights-5": sizes.flatmap(_relabelling),
    "weights-6": st.one_of(
        seeded(lambda rng, n: (clear_model(rng, n, random_weights),), st.integers(2, 7)),
        seeded(
            lambda rng, pair, rival_first: (planted(rng, *pair, rival_first),),
            st.sampled_from(PLANTED),
            st.booleans(),
        ),
        seeded(lambda rng: (in_wide_company(rng),)),
        seeded(lambda rng: (with_faint_weights(),)),
    ),
}
