"""What the texts of chapter 06's exercises allow: Hypothesis strategies of the arguments of a call.

Only tests import this: learners do not have Hypothesis.
"""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch06_nlp.checks import alignments, draw_weights, reorderings
from course_lib.chapters.ch06_nlp.modules import draw_texts, far_texts, small_weight
from course_lib.chapters.ch06_nlp.predictors import MANY_WORDS, BagPredictor, draw_predictor
from course_lib.exercises.strategies import cases_of, orders, seeded


def _draw_predictor(rng, n, classes, words):
    """Return a function of texts: of the words alone, near, sharp or one that is always sure."""
    scale = rng.choice([0, 0.3, 1.5, 5, 100])
    predict = draw_predictor(rng, n, classes, words=words, scale=scale)
    return BagPredictor(predict.table) if rng.random() < 0.2 else predict


def _draw_mask(rng, batch, n):
    """Return which tokens are real: at the start, scattered, all, and in some texts none."""
    lengths = rng.integers(n + 1, size=(batch, 1))
    kinds = [np.arange(n) < lengths, rng.random((batch, n)) < 0.5, np.ones((batch, n), dtype=bool)]
    return kinds[rng.integers(3)]


def _module_case(rng, h, d_head, batch, n):
    mask = _draw_mask(rng, batch, n)
    if rng.random() < 0.1:
        return small_weight()
    if rng.random() < 0.4:
        logit = float(rng.choice([-16384, -16384, 2048, 16384]))
        return far_texts(mask, logit, nearer=(logit > 0) * rng.integers(2, size=n))
    blank = rng.choice(n, size=rng.integers(2))  # places
    return draw_texts(rng, h * d_head, h, mask, spread=rng.choice([0.1, 1, 4]), blank=blank)


def _reordering(rng, batch, classes, order):
    n, words = len(order), int(rng.choice([9, MANY_WORDS]))
    return _draw_predictor(rng, n, classes, words), rng.integers(words, size=(batch, n)), order


def _pointing(rng, n_query, n_key, concentration):
    weights = draw_weights(rng, n_query, n_key, concentration)
    if rng.random() < 0.3:
        weights = np.eye(n_key)[weights.argmax(axis=1)]  # sure of each
    right = rng.random((n_query, n_key)) < rng.choice([0.1, 0.5, 0.9])
    right[rng.integers(n_query), rng.integers(n_key)] = True
    return weights, right


small = st.integers(1, 4)
VALID = {
    "nlp-2": st.builds(lambda d_head, h: (d_head * h, h), st.integers(1, 64), st.integers(1, 24))
    | st.integers(850, 950).map(lambda d_head: (3 * d_head, 3)),
    "nlp-3": seeded(_module_case, small, small, small, st.integers(1, 6)),
    "nlp-5": st.integers(1, 8).flatmap(
        lambda n: seeded(_reordering, st.integers(1, 6), st.integers(2, 6), orders(n))
    )
    | cases_of(reorderings),
    "nlp-7": seeded(_pointing, st.integers(1, 10), st.integers(1, 10), st.sampled_from([0.3, 1, 9]))
    | cases_of(alignments),
}
