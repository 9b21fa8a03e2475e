"""What the texts of chapter 05 allow: for each exercise a strategy of the arguments of one call."""

import numpy as np
from hypothesis import strategies as st

from course_lib.attention import softmax
from course_lib.chapters.ch05_heatmaps.cases import TOKENS, has_clear_order
from course_lib.exercises.strategies import masks, seeded, square_weights, weights

sizes = st.integers(1, 7)


@st.composite
def _named(draw):
    matrix = draw(square_weights(1, 18))
    words = st.lists(st.sampled_from(TOKENS), min_size=len(matrix), max_size=len(matrix))
    return matrix, draw(words)


@st.composite
def _two(draw, alike=False):
    n = draw(sizes)
    first = draw(weights(n))
    return first, first.copy() if alike else draw(weights(n))


@st.composite
def _masked(draw):
    mask = draw(masks(draw(sizes)))

    def make(rng, spread):
        return softmax(np.where(mask, spread * rng.normal(size=mask.shape), -np.inf))

    matrix = draw(seeded(make, st.sampled_from([0, 1, 1000])))  # far logits: zeros that may attend
    not_masked = draw(weights(len(mask)))
    return draw(st.sampled_from([matrix, not_masked])), mask


def _ordered(rng, n, spread):
    logits = spread * rng.normal(size=(n, n)) + rng.choice([0, 3]) * np.eye(n, k=-1)
    return softmax(logits + rng.choice([0, 0, 10]) * np.eye(n))  # to themselves, nearly wholly


VALID = {
    "heatmaps-2": _named(),
    "heatmaps-3": _two(),
    "heatmaps-4": st.one_of(_two(), _two(alike=True)),
    "heatmaps-5": st.one_of(sizes, st.integers(8, 10), st.integers(11, 13), st.just(31))
    .flatmap(weights)
    .map(lambda w: (w,)),
    "heatmaps-6": _masked(),
    # Where the order is not clear, several are right, and no judge has to tell them.
    "heatmaps-7": seeded(_ordered, st.integers(3, 9), st.sampled_from([0.5, 1, 2]))
    .filter(has_clear_order)
    .map(lambda w: (w,)),
}
