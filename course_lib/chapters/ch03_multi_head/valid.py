"""What the texts of chapter 03 allow: for each exercise a strategy of the arguments of one call."""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch03_multi_head import cases
from course_lib.chapters.ch03_multi_head.cases import previous_head, with_clear_favourites
from course_lib.exercises.strategies import cases_of, generators, head_weights, random_logits
from course_lib.heads import offset_score

counts = st.integers(1, 6)


@st.composite
def _features(draw):
    n, h, width = draw(counts), draw(counts), draw(counts)
    scale = draw(st.sampled_from([0, 1, 1e-4, 1e4]))
    return scale * draw(generators).normal(size=(n, h * width)), h


@st.composite
def _sizes(draw):
    h = draw(st.one_of(st.integers(1, 9), st.integers(1, 4096)))
    d_model = draw(st.one_of(st.integers(1, 9), st.integers(1, 4096), st.just(h)))
    return (d_model, h) if draw(st.booleans()) else (d_model * h, h)


@st.composite
def _heads(draw):
    h, n = draw(counts), draw(counts)
    return (with_clear_favourites(draw(head_weights(1, h, n))[0]),)


@st.composite
def _projected(draw):
    n, h, width = draw(counts), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rng, d = draw(generators), h * width
    kind = draw(st.sampled_from(["random", "far", "zero", "one-hot"]))
    x = np.eye(d)[rng.integers(d, size=n)] if kind == "one-hot" else rng.normal(size=(n, d))
    projections = rng.normal(size=(4, d, d))
    if kind == "far":
        projections[0] = random_logits(rng, d, d)
    if kind == "zero":
        projections[rng.integers(4)] = 0
    return x, *projections, h


@st.composite
def _models(draw):
    layers, count, n = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(2, 7))
    weights = draw(head_weights(layers, count, n))
    scores = np.sort(offset_score(weights, -1).ravel())
    if len(scores) > 1 and scores[-1] - scores[-2] < 0.01:  # one is to be clearly ahead
        layer, head = previous_head(weights)
        others = np.ones((layers, count, 1, 1))
        others[layer, head] = 0
        weights = np.where(others, 0.9 * weights + 0.1 * np.eye(n), weights)
        weights[layer, head, 1:] = 0.9 * weights[layer, head, 1:] + 0.1 * np.eye(n)[:-1]
    return (weights,)


@st.composite
def _layers(draw):
    return (draw(head_weights(1, draw(counts), draw(counts)))[0],)


VALID = {
    "multi_head-1": _features() | cases_of(cases.features),
    "multi_head-2": _sizes() | cases_of(cases.sizes),
    "multi_head-3": _heads() | cases_of(cases.heads),
    "multi_head-4": _projected() | cases_of(cases.projected),
    "multi_head-5": _models() | cases_of(lambda rng: cases.models(rng, [])),
    "multi_head-6": _layers() | cases_of(lambda rng: cases.layers(rng, [])),
}
