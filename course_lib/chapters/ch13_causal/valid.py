"""What the texts of chapter 13 allow: for each exercise a strategy of the arguments of one call."""

import numpy as np
from hypothesis import strategies as st

from course_lib.chapters.ch13_causal import cases
from course_lib.chapters.ch13_causal.checks import CHECKS
from course_lib.exercises.strategies import cases_of, random_weights, seeded

small = st.integers(1, 4)


def _causal(rng, *shape):
    """Return causal weights of many kinds, also with zeros where attention is allowed."""
    n = shape[-1]
    found = np.zeros((*shape, n))
    for place in np.ndindex(*shape[:-1]):
        whole = np.tril(random_weights(rng, n)) + np.eye(n) * (rng.random() < 0.5)
        empty = whole.sum(axis=1) == 0
        whole[empty, 0] = 1
        found[place] = whole / whole.sum(axis=1, keepdims=True)
    return found


def _shuffled(rng, n):
    scale = rng.choice([0.1, 2, 10, 60])
    weights = cases.causal_weights(rng, n, scale=scale)
    order = rng.permutation(n)
    return (weights[np.ix_(order, order)],)


def _texts(rng, layers, h, n):
    tokens = rng.choice(list("abcd"), size=n).tolist()
    tokens[-1] = tokens[int(rng.integers(n - 1))]  # one occurs twice
    order = rng.permutation(n)
    return _causal(rng, layers, h, n), [tokens[k] for k in order]


def _losses(rng, layers, h, texts, half):
    columns = 2 * half - 1
    whole, without = (
        rng.exponential(size=(*shape, texts, columns)) * 10.0 ** rng.integers(-2, 2)
        for shape in ((), (layers, h))
    )
    return whole, np.where(rng.random(without.shape) < rng.choice([0, 0.3]), whole, without)


def _sets(rng, count):
    layers = rng.choice(12, size=int(rng.integers(1, 5)), replace=False).tolist()
    heads = [
        (layer, head)
        for layer in layers
        for head in rng.permutation(count)[: int(rng.integers(1, count // 2 + 1))].tolist()
    ]
    order = rng.permutation(len(heads))
    return [heads[k] for k in order], count, np.random.default_rng(int(rng.integers(2**32)))


def _walks(rng, layers, n):
    share = float(rng.choice([0, 0.1, 0.5, 0.9]))
    return (share * np.eye(n) + (1 - share) * _causal(rng, layers, n),)


VALID = {
    "causal-1": seeded(_shuffled, st.integers(1, 12)) | cases_of(cases.shuffled),
    "causal-2": seeded(
        lambda rng, layers, h, n: (_causal(rng, layers, h, n),), small, small, st.integers(2, 7)
    ),
    "causal-3": seeded(
        lambda rng, layers, h, half: (_causal(rng, layers, h, 2 * half), half),
        small,
        small,
        st.integers(2, 5),
    ),
    "causal-4": seeded(_texts, small, small, st.integers(2, 8)) | cases_of(cases.texts),
    "causal-5": seeded(lambda rng, half: (*_causal(rng, 2, 2 * half), half), st.integers(1, 6)),
    "causal-6": seeded(_losses, small, small, small, st.integers(2, 6)),
    "causal-7": seeded(_sets, st.integers(2, 9)) | cases_of(cases.chosen_heads),
    "causal-8": seeded(_walks, st.integers(1, 5), st.integers(1, 6)),
}
# Small numbers, and large ones, as in the checks.
SIZES = ("causal-2", "causal-3", "causal-5", "causal-6", "causal-8")
VALID |= {key: VALID[key] | cases_of(CHECKS[key].inputs) for key in SIZES}
