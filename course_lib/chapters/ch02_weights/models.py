"""Models for exercise 6: one head is the sharpest, and other measures would choose another."""

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import entropy, softmax

N = 6  # tokens where heads are made by hand


def _rows(*weights, n=N):
    """Return a head whose queries all have the same few weights, on keys of their own."""
    row = np.zeros(n)
    row[: len(weights)] = weights
    return np.array([np.roll(row, shift) for shift in range(n)])


STEADY, EVEN, LARGEST = _rows(0.9, 0.1), _rows(0.6, 0.4), _rows(0.75, *[0.05] * 5)
DIAGONAL, FULL = _rows(0.9, *[0.02] * 5), _rows(0.97, *[0.006] * 5)
SINK, WEAK_SINK = FULL[[0] * N], _rows(0.8, *[0.04] * 5)[[0] * N]
THIN, THINNER = _rows(0.98, *[0.004] * 5), _rows(0.9735, 0.0265)
MANY_THIN, TWO = _rows(0.977, *[0.001] * 23, n=24), _rows(0.9582, 0.0418, n=24)
# Some queries as sharp as can be, the others as wide as can be; which ones differs.
WIDE = np.full((N, N), 1 / N)
ONE_SHARP = np.vstack([np.eye(N)[:1], WIDE[1:]])
ONE_WIDE, SPLIT = (np.vstack([WIDE[:wide], np.eye(N)[wide:]]) for wide in (1, 2))
# Sharp rows first, wide ones last; half of each row on one key; entropies that round alike.
LONG, LATE = _rows(0.85, 0.15, n=24), np.vstack([np.eye(24)[:20], np.full((4, 24), 1 / 24)])
UNEVEN, HALF_SINK = _rows(0.65, 0.35), (np.eye(N)[[1, 1, 2, 3, 4, 5]] + np.eye(N)[0]) / 2
CLOSE, CLOSER = _rows(0.8902, 0.1098), _rows(0.8861, 0.1139)

# The sharpest head, a rival, and by what the rival would be chosen.
PLANTED = [
    (np.eye(N), LARGEST),  # an entropy of NaN, which is left out
    (FULL, EVEN),  # an entropy of NaN; fewest weights
    (EVEN, LARGEST),  # largest weight; squares; standard deviation
    (STEADY, ONE_SHARP),  # the sharpest query
    (STEADY, SPLIT),  # the median of all queries
    (SPLIT, EVEN),  # the widest query
    (THINNER, ONE_WIDE),  # the mean without what is far from it
    (THINNER, THIN),  # rounded weights, or none that are small
    (TWO, MANY_THIN),  # something small added to each weight before its logarithm
    (ONE_WIDE, STEADY),  # the mean of all queries but the last
    (SINK, DIAGONAL),  # how the columns are spread
    (DIAGONAL, WEAK_SINK),  # the mean of all rows
    (MANY_THIN, _rows(0.95, 0.05, n=24)),  # square roots of weights
    (LONG, LATE),  # the mean of the first queries
    (UNEVEN, HALF_SINK),  # the entropy without the first key
    (CLOSE, CLOSER),  # means that are rounded
]


def planted(rng, sharpest, rival, rival_first=False):
    """Return a model of random size: one head is the sharpest, all of another layer are rivals."""
    layers, heads = rng.integers(2, 5, size=2)
    model = softmax(rng.normal(size=(layers, heads, *sharpest.shape)) / 4)
    layer, other = sorted(rng.permutation(layers)[:2], reverse=rival_first)
    model[layer, rng.integers(heads)], model[other] = sharpest, rival
    return model


def in_wide_company(rng):
    """Return a model whose sharpest head stands among the widest of its layer and its number."""
    layers, heads = rng.integers(3, 6, size=2)
    layer, head = rng.integers(layers), rng.integers(heads)
    model = np.empty((layers, heads, N, N))
    model[:], model[layer], model[:, head], model[layer, head] = EVEN, WIDE, WIDE, STEADY
    return model


def alike_to_two_digits(rng):
    """Return two models of the same numbers to two digits, whose sharpest heads differ."""
    model = planted(rng, CLOSE, CLOSER)
    other, sharpest = model.copy(), (model == CLOSE).all(axis=(-1, -2))
    rivals = np.argwhere((model == CLOSER).all(axis=(-1, -2)))
    other[sharpest], other[*rng.choice(rivals)] = CLOSER, CLOSE
    return model, other


def _of_random_sharpness(rng, n):
    return softmax(rng.normal(size=(n, n)) / rng.uniform(0.1, 2))


def clear_model(rng, n, make=_of_random_sharpness, shape=None):
    """Return a model of random heads, one of which is clearly the sharpest.

    Its `shape` is that of layers and heads, by default a random one.
    """
    for _ in tries("a model with one sharpest head"):
        layers, heads = shape or rng.integers(1, 6, size=2)
        model = np.reshape([make(rng, n) for _ in range(layers * heads)], (layers, heads, n, n))
        spread = np.sort(entropy(model).mean(axis=-1), axis=None)
        if len(spread) == 1 or spread[1] - spread[0] > 0.02:
            return model


def with_faint_weights(n=20):
    """Make a model (1, 2, n, n) whose first head has many weights below a thousandth.

    Together they count: without them it would seem to be the sharper of the two.
    """
    faint = np.full((n, n), 0.0009) + (1 - 0.0009 * n) * np.eye(n)
    pairs = 0.98 * np.eye(n) + 0.02 * np.roll(np.eye(n), 1, axis=1)
    return np.stack([faint, pairs])[None]
