"""What the texts of chapter 14 allow: the arguments of each exercise's function.

Only tests import this: learners do not have Hypothesis.
"""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from course_lib.chapters.ch06_nlp.predictors import MANY_WORDS, BagPredictor, draw_predictor
from course_lib.chapters.ch14_explain.cases import (
    SHORTEST,
    apart,
    clear_winner,
    differences,
    draw_layer,
    hardly_by_luck,
    layers,
)
from course_lib.exercises.strategies import cases_of, random_weights, seeded

small = st.integers(1, 5)
words = st.sampled_from([3, 9, MANY_WORDS])


def _predictor(rng, n, classes, scales, words):
    predict = draw_predictor(rng, n, classes, words=words, scale=rng.choice(scales))
    return BagPredictor(predict.table) if rng.random() < 0.2 else predict


def _text(rng, n, classes, words):
    return _predictor(rng, n, classes, [0, 0.3, 1.5, 5, 100], words), rng.integers(words, size=n)


def _layer(rng, n, d):
    share = rng.choice([0.3, 1, 3])
    layer, values = draw_layer(rng, random_weights(rng, n), d, share=share)
    size = rng.choice([0.1, 1, 1])  # of the outputs, too, unless they are bent
    layer.x *= size
    layer.bends = bool(rng.integers(2))
    values = size * values
    outputs = [layer(values), *(layer(np.where(one, 0, values)) for one in np.eye(n)[..., None])]
    assume(np.linalg.norm(outputs, axis=-1).min() >= SHORTEST)
    return layer, values


def _with_gradients(rng, depth, h, n):
    weights = np.array([[random_weights(rng, n) for _ in range(h)] for _ in range(depth)])
    gradients = rng.choice([1e-4, 0.01, 1, 10]) * rng.normal(size=weights.shape)
    return weights, gradients * (rng.random(weights.shape) < rng.choice([0.3, 1]))


def _deletion(rng, n, classes, words):
    predict, text = _predictor(rng, n, classes, [0.3, 1.5, 5], words), rng.integers(words, size=n)
    assume(clear_winner(predict, text))
    return predict, text, rng.permutation(n)


def _scores(rng, count, texts):
    scores = rng.choice([1e-4, 0.01, 1, 1]) * rng.uniform(-1, 1, size=(count, texts))
    if rng.random() < 0.3:
        scores[rng.integers(count)] += 0.5
    assume(apart(scores))
    return (scores,)


def _differences(rng, texts, draws):
    scale = rng.choice([1e-6, 0.01, 0.5])
    drawn = scale * rng.normal(rng.choice([-1, 0, 1]), 1, size=texts)
    if rng.random() < 0.3:
        drawn = drawn.round(1)  # ties
    return drawn, rng.choice([-1, 1], size=(draws, texts))


VALID = {
    "explain-1": seeded(_text, st.integers(1, 9), st.integers(2, 6), words),
    "explain-3": seeded(_layer, st.integers(1, 6), st.integers(3, 6)) | cases_of(layers),
    "explain-4": seeded(_with_gradients, st.integers(1, 4), small, small),
    "explain-5": seeded(_deletion, st.integers(1, 8), st.integers(2, 5), words),
    "explain-6": seeded(_scores, st.integers(1, 8), st.integers(2, 8)),
    "explain-7": seeded(_differences, st.integers(1, 12), st.integers(1, 60))
    | cases_of(differences)
    | st.builds(hardly_by_luck),
}
