"""What the texts of chapter 04 allow: for each exercise a strategy of the arguments of one call."""

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch04_centrality import cases
from course_lib.exercises.strategies import cases_of, generators, seeded, square_weights


@st.composite
def _walks(draw):
    damping = draw(st.one_of(st.sampled_from([0.0, 0.5, 0.85, 0.99]), st.floats(0, 0.99)))
    return draw(square_weights(1, 8)), damping


@st.composite
def _ways(draw):
    weights, rng = draw(square_weights(2, 6)), draw(generators)
    if draw(st.booleans()):  # a circle of single edges through some of the tokens
        some = rng.permutation(len(weights))[: rng.integers(2, len(weights) + 1)]
        weights = weights.copy()
        weights[some[:-1]] = np.eye(len(weights))[some[1:]]
    start, end = (int(place) for place in rng.choice(len(weights), size=2, replace=False))
    if not nx.has_path(nx.from_numpy_array(weights, create_using=nx.DiGraph), start, end):
        weights = 0.9 * weights + 0.1 * np.eye(len(weights))[rng.permutation(len(weights))]
        weights[start] = 0.5 * weights[start] + 0.5 * np.eye(len(weights))[end]
    return weights, start, end


@st.composite
def _removals(draw):
    weights, rng = draw(square_weights(1, 8)), draw(generators)
    n = len(weights)
    gone = [int(place) for place in rng.permutation(n)[: draw(st.integers(0, n - 1))]]
    left = np.delete(weights, gone, axis=1).sum(axis=1, keepdims=True)
    least = draw(st.sampled_from([1e-12, 1e-6, 1e-3, 0.1]))  # what stays of a row
    return np.where(left < least, (1 - least) * weights + least * np.eye(n), weights), gone


@st.composite
def _scores(draw):
    rng, n = draw(generators), draw(st.integers(2, 16))
    kinds = [
        lambda: rng.normal(size=n),
        lambda: rng.permutation(n).astype(float),
        lambda: 1 + 1e-9 * rng.permutation(n),
        lambda: 1e6 * rng.normal(size=n) ** 3,
        lambda: np.sort(rng.normal(size=n)),
        lambda: -np.exp(np.sort(rng.normal(size=n))),
    ]
    return tuple(draw(st.sampled_from(kinds))() for _ in range(2))


VALID = {
    "centrality-1": st.tuples(st.integers(2, cases.MOST_TOKENS)),
    "centrality-2": _walks() | cases_of(cases.walks),
    "centrality-3": st.tuples(st.integers(3, 40)),
    "centrality-4": st.one_of(
        _ways(),
        cases_of(cases.ways),
        seeded(cases.nearly_as_long, st.sampled_from(cases.UNITS), st.booleans()),
    ),
    "centrality-5": _removals() | cases_of(cases.removals),
    "centrality-6": _scores() | cases_of(cases.scores),
    "centrality-8": seeded(cases.draw_causal_walk) | cases_of(cases.causal_walks),
}
