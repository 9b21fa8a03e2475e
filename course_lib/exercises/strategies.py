"""Hypothesis strategies for what the texts of exercises allow; `valid.py` of a chapter uses them.

Arrays are built by NumPy from a generator whose seed Hypothesis draws, so that large ones cost
little; their sizes and kinds are drawn too, so that a failure shrinks to a small and simple one.
Only tests and the search for cases need this module: learners do not have Hypothesis.
"""

import numpy as np
from hypothesis import strategies as st

from course_lib.attention import softmax

generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def seeded(make, *arguments):
    """Return a strategy of `make(rng, *drawn)`, with what is drawn from each of `arguments`."""
    return st.builds(make, generators, *arguments)


def _smooth(rng, n, m):
    return softmax(rng.normal(size=(n, m)))


def _sharp(rng, n, m):
    return softmax(8 * rng.normal(size=(n, m)))


def _uniform(rng, n, m):
    return np.full((n, m), 1 / m)


def _one_hot(rng, n, m):
    return np.eye(m)[rng.integers(m, size=n)]


def _tied(rng, n, m):
    """Sixteenths: many equal weights, and many that are exactly 0."""
    return rng.multinomial(16, np.full(m, 1 / m), size=n) / 16


def _masked(rng, n, m):
    return softmax(np.where(random_mask(rng, n, m), rng.normal(size=(n, m)), -np.inf))


def _causal(rng, n, m):
    return softmax(np.where(np.tri(n, m, dtype=bool), rng.normal(size=(n, m)), -np.inf))


def _sink(rng, n, m):
    logits = rng.normal(size=(n, m))
    logits[:, rng.integers(m)] += 4
    return softmax(logits)


def _groups(rng, n, m):
    """Two groups in any places, with weak links or none between them."""
    group = rng.integers(2, size=max(n, m))
    apart = group[:n, None] != group[:m]
    apart &= ~apart.all(axis=1, keepdims=True)  # a row without keys of its group keeps the others
    return softmax(rng.normal(size=(n, m)) - np.where(apart, rng.choice([5, 9, np.inf]), 0))


def _mixed(rng, n, m):
    """Each row of another kind."""
    kinds = [_smooth, _sharp, _uniform, _one_hot, _tied, _masked]
    return np.vstack([kinds[rng.integers(len(kinds))](rng, 1, m) for _ in range(n)])


KINDS = (_smooth, _tied, _sharp, _uniform, _one_hot, _masked, _causal, _sink, _groups, _mixed)


def random_weights(rng, n, m=None):
    """Return (n, m) attention weights of a random kind; m is n if it is not given."""
    return KINDS[rng.integers(len(KINDS))](rng, n, m or n)


def weights(n, m=None):
    """Return a strategy of (n, m) attention weights: rows sum to 1, of all kinds above."""
    kinds = st.sampled_from(KINDS)
    return seeded(lambda rng, kind: kind(rng, n, m or n), kinds)


def square_weights(low=1, high=8):
    """Return a strategy of square attention weights with `low` to `high` tokens."""
    return st.integers(low, high).flatmap(weights)


def head_weights(layers, heads, n):
    """Return a strategy of weights (layers, heads, n, n), each head of a kind of its own."""

    def make(rng):
        drawn = [random_weights(rng, n) for _ in range(layers * heads)]
        return np.reshape(drawn, (layers, heads, n, n))

    return seeded(make)


def random_logits(rng, n, m, far=1e3):
    """Return (n, m) logits: near ones, or far ones within rows, between rows or for all."""
    near = rng.normal(size=(n, m))
    apart = far * rng.integers(-1, 2, size=(n, m))
    rows = far * rng.integers(-1, 2, size=(n, 1))
    return near + [0, apart, rows, far, -far][rng.integers(5)]


def logits(n, m, far=1e3):
    """Return a strategy of (n, m) logits, near ones and some that are `far` from 0."""
    return seeded(lambda rng: random_logits(rng, n, m, far))


def random_mask(rng, n, m):
    """Return a boolean (n, m) mask of scattered places, True at least once in each row."""
    mask = rng.random((n, m)) < rng.uniform(0.1, 0.9)
    mask[np.arange(n), rng.integers(m, size=n)] = True
    return mask


def masks(n, m=None):
    """Return a strategy of boolean (n, m) masks: scattered, full, causal or one True a row."""
    m = m or n
    one = seeded(lambda rng: np.eye(m, dtype=bool)[rng.integers(m, size=n)])
    kinds = [st.just(np.ones((n, m), dtype=bool)), st.just(np.tri(n, m, dtype=bool))]
    return st.one_of(*kinds, seeded(lambda rng: random_mask(rng, n, m)), one)


def tokens(low=1, high=8):
    """Return a strategy of lists of tokens, many of which repeat."""
    return st.lists(
        st.sampled_from(["the", "cat", "saw", "##s", "[SEP]"]), min_size=low, max_size=high
    )


def orders(n):
    """Return a strategy of permutations of n positions, as arrays of integers."""
    return st.permutations(range(n)).map(lambda order: np.array(order, dtype=int))


def random_layers(rng, layers, n):
    """Return layers (l, n, n) whose residual is mixed in, with any share from none to nearly 1."""
    share = rng.choice([0, 0.1, 0.5, 0.9])
    drawn = np.array([random_weights(rng, n) for _ in range(layers)])
    return share * np.eye(n) + (1 - share) * drawn


def cases_of(inputs):
    """Return a strategy of the cases that a check's `inputs` makes, one at a time."""

    def make(rng):
        cases = inputs(rng)
        return cases[rng.integers(len(cases))]

    return seeded(make)
