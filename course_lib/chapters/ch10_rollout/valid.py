"""What the texts of chapter 10 allow: the arguments of each exercise's function."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from course_lib.exercises.strategies import random_layers, random_weights, seeded
from course_lib.rollout import distance_from_rank_one, rollout

small = st.integers(1, 5)


def _heads(rng, h, n):
    residual = float(rng.choice([0, 1, 0.5, rng.random()]))
    heads = np.array([random_weights(rng, n) for _ in range(h)])
    return heads[rng.integers(h, size=h)] if rng.random() < 0.2 else heads, residual


def _layers(rng, count, n):
    layers = random_layers(rng, count, n)
    if rng.random() < 0.2:  # many, or one twice in a row
        layers = layers[np.sort(rng.integers(count, size=rng.choice([count, 20])))]
    return (layers,)


def _raw(rng, layers, n):
    raw = np.exp(rng.choice([1, 4]) * rng.normal(size=(layers, n, n)))
    return raw * 10.0 ** rng.integers(-12, 4, size=(layers, n, 1)), float(rng.choice([0, 1, 0.3]))


def _walks(rng, layers, n):
    model = random_layers(rng, layers, n)
    walks = int(rng.integers(1, 60))
    if rng.random() < 0.1:  # many walks whose steps must not depend on one another
        model, n, walks = np.array([[[0.5, 0.5], [1, 0]], [[0.5, 0.5], [0.5, 0.5]]]), 2, 499
    elif rng.random() < 0.1:  # weak edges that together carry most of them
        model, n, walks = (0.3 * np.eye(100) + 0.7 / 100)[None], 100, 499
    return model, int(rng.integers(n)), walks, np.random.default_rng(rng.integers(2**32))


def _collapsing(rng, layers, n):
    weights = np.array([random_weights(rng, n) for _ in range(layers)])
    limit = float(rng.choice([0.01, 0.1, 0.3, 0.6, 0.9, rng.random()]))
    if rng.random() < 0.2:  # the distance goes below the limit and comes back
        weights, limit = np.eye(4)[[[0, 1, 1, 1], [0, 0, 1, 1]]], 0.65
    elif rng.random() < 0.1:  # rows that hardly differ
        faint = 10.0 ** -rng.integers(2, 6)
        weights, limit = np.array([[[1, 0], [1 - faint, faint]]]), rng.random() * faint
    if n in (1, 2, 4) and rng.random() < 0.1:  # a distance of exactly 0 is not below 0
        return np.full((layers, n, n), 1 / n), 0.0
    parts = [rollout(weights[: depth + 1], residual=0) for depth in range(len(weights))]
    if rng.random() < 0.3:  # a limit that one of the distances hardly misses
        close = rng.choice([1 - 1e-3, 1 - 2e-5, 1 + 2e-5, 1 + 1e-3])
        limit = float(close * distance_from_rank_one(parts[rng.integers(len(parts))]))
    # A distance that equals the limit but for rounding may count as below it or not.
    assume(all(abs(distance_from_rank_one(part) - limit) > 1e-6 for part in parts))
    return weights, limit


VALID = {
    "rollout-1": seeded(_heads, st.integers(1, 12) | st.just(14), small),
    "rollout-2": seeded(_layers, st.integers(2, 5), small),
    "rollout-4": seeded(_raw, st.integers(1, 4), small),
    "rollout-5": seeded(_walks, st.integers(1, 4), small),
    "rollout-6": seeded(_collapsing, st.integers(1, 12), small),
}
