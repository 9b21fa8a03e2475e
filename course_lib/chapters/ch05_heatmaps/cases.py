"""The inputs of the checks of chapter 05, and the orders of tokens that come of mistakes."""

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import causal_mask, softmax
from course_lib.language import later

TOKENS = ("the", "dog", "saw", "a", "cat", "run", "off", "home", "late", "last", "night", "again")


def _sharp(rng, n):
    """Make weights with zeros and ones among them: rows of one or two keys."""
    first = np.eye(n)[rng.integers(n, size=n)]
    second = np.eye(n)[rng.integers(n, size=n)]
    second[0] = first[0]
    return 0.7 * first + 0.3 * second


def named_matrices(rng):
    """Make weights with tokens that repeat: random, with many tokens and sharp, and uniform."""
    n, even = rng.integers(3, 8), rng.integers(2, 4)  # of one token, a mesh may have no width
    some = softmax(rng.normal(size=(n, n)))
    query, key = rng.integers(n, size=2)
    some[query, key] = 0
    some[query] *= 0.983 / some[query].sum()
    some[query, key] = 0.017  # a small weight is not 0
    matrices = [
        some,
        _sharp(rng, rng.integers(16, 19)),  # so many that some would leave names out
        np.full((even, even), 1 / even),
    ]
    # Tokens repeat.
    return [(weights, rng.choice(TOKENS, size=len(weights)).tolist()) for weights in matrices]


def two_heads(rng):
    """Make a flat matrix beside another, in both orders, and one that reaches 0 and 1.

    The largest weight of the second pair is far from 1.
    """
    n, m, k = rng.integers(2, 7, size=3)
    return [
        (softmax(0.3 * rng.normal(size=(n, n))), softmax(3 * rng.normal(size=(n, n)))),
        (softmax(np.diag(rng.uniform(0.4, 0.9, m))), softmax(0.1 * rng.normal(size=(m, m)))),
        (_sharp(rng, k), softmax(rng.normal(size=(k, k)))),
    ]


def two_to_compare(rng):
    """Make pairs far from each other, in both orders, and close, and two that are equal.

    What is largest in one order is smallest in the other, so that no end of the scale is free.
    The largest difference of the crafted pair is not the end of a rounder scale.
    """
    n, m, k = rng.integers(3, 7, size=3)
    one, two = softmax(rng.normal(size=(2, n, n)))
    same = softmax(rng.normal(size=(m, m)))
    spike = softmax(rng.normal(size=(2, 7, 7)))[[0, 0]]  # the two differ in a single row
    spike[:, rng.integers(7)] = np.eye(7)[rng.permutation(7)[:2]]
    return [
        (one, two),
        (two, one),
        (one, softmax(np.log(one) + 0.1 * rng.normal(size=(n, n)))),
        (softmax(3 * rng.normal(size=(k, k))), np.full((k, k), 1 / k)),
        (np.eye(m), np.roll(np.eye(m), 1, axis=1)),
        (same, same.copy()),
        tuple(spike),
        (np.array([[0.72, 0.28], [0.5, 0.5]]), np.array([[0.28, 0.72], [0.4, 0.6]])),
        # The largest difference is on the diagonal, and larger than any weight of the first.
        (np.full((k, k), 1 / k), softmax(rng.normal(size=(k, k)) + 6 * np.eye(k))),
    ]


def matrices_of_sizes(rng):
    """Make weights of ten tokens, fewer and more, also of one and of very many."""
    sizes = 1, 10, 11, rng.integers(31, 36)
    matrices = [softmax(2 * rng.normal(size=(n, n))) for n in sizes]
    return [(weights,) for weights in (*matrices, _sharp(rng, rng.integers(2, 6)))]


def masked_matrices(rng):
    """Make weights under causal, padding, scattered and full masks, and some not masked yet."""
    n, m, k = rng.integers(3, 7, size=3)
    padding, scattered = np.ones((m, m), dtype=bool), rng.random((k, k)) < 0.6
    padding[:, m - rng.integers(1, m) :] = False
    scattered[:, 0] |= ~scattered.any(axis=1)
    masks = causal_mask(n), padding, scattered, np.ones((n, n), dtype=bool)
    logits = [(np.where(mask, rng.normal(size=mask.shape), -np.inf), mask) for mask in masks]
    logits.append((rng.normal(size=(n, n)), masks[0]))
    # A weight may be 0 and yet be allowed.
    allowed = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    crafted = np.array([[True, True, False], [True, True, False], [True, True, True]])
    return [(allowed, crafted), *((softmax(z), mask) for z, mask in logits)]


def _laplacian(close):
    return np.diag(close.sum(axis=1)) - close


def _second(matrix, column=1):
    return np.linalg.eigh(matrix)[1][:, column]


def _symmetric(weights):
    return (weights + weights.T) / 2


def fiedler_vector(weights):
    """Return the vector by whose entries the tokens are to be sorted."""
    return _second(_laplacian(_symmetric(weights)))


def _normalised(close):
    root = np.sqrt(close.sum(axis=1))
    return _second(_laplacian(close) / np.outer(root, root)) / root


def _groups(rng):
    """Make three groups whose tokens are shuffled; the middle one is close to both others."""
    group = rng.permutation(np.repeat(np.arange(3), rng.choice([2, 3, 4, 5], 3, replace=False)))
    apart = np.abs(group[:, None] - group)
    weights = np.array([1.0, 0.2, 0.05])[apart] * np.exp(0.5 * rng.normal(size=apart.shape))
    return weights / weights.sum(axis=1, keepdims=True)


def _chain(rng):
    """Make a head of which each token attends to the one before it, but for the shuffle."""
    n = rng.integers(5, 10)
    weights = 0.8 * np.eye(n, k=-1) + 0.2 * softmax(rng.normal(size=(n, n)))
    weights[0] /= weights[0].sum()
    order = rng.permutation(n)
    return weights[np.ix_(order, order)]


def _line(rng):
    """Make many tokens in a row, of which each is close to its neighbours, but for the shuffle.

    The second and the third eigenvalue are nearly equal: a search by steps is slow.
    """
    n = rng.integers(24, 31)
    order = rng.permutation(n)
    logits = -2.0 * np.abs(np.subtract.outer(order, order)) + 0.3 * rng.normal(size=(n, n))
    return softmax(logits)


def _hub(rng):
    """Make weights of which one key takes much: the row sums of S are unequal."""
    n = rng.integers(5, 10)
    logits = rng.normal(size=(n, n))
    logits[:, rng.integers(n)] += 2
    return softmax(logits)


def _ring(rng):
    """Make tokens in a ring, where the second and the third eigenvalue are closer still.

    A search by steps needs thousands of them; the eigenvector itself is as clear as ever.
    """
    n = 12
    order = rng.permutation(n)
    steps = np.abs(np.subtract.outer(order, order))
    for _ in tries("a ring with two eigenvalues that are nearly equal"):
        noise = 0.1 * rng.normal(size=(n, n))
        weights = softmax(noise - 2.0 * np.minimum(steps, n - steps))
        second, third = np.linalg.eigvalsh(_laplacian(_symmetric(weights)))[1:3]
        if 0.012 < third / second - 1 < 0.02:
            return weights


def _far_groups(rng):
    """Make two groups with no weight of a thousandth between them; yet these sort the tokens."""
    group, share = np.repeat([0, 1], 3), np.concatenate([rng.permutation(3) for _ in range(2)])
    weights = 0.1 + 0.02 * rng.random((6, 6)) + 0.7 * np.eye(6)
    far = 4.5e-4 * (0.1 + np.add.outer(share, share) / 2)
    weights = np.where(np.equal.outer(group, group), weights, far * rng.uniform(0.9, 1, (6, 6)))
    order = rng.permutation(6)
    return (weights / weights.sum(axis=1, keepdims=True))[np.ix_(order, order)]


def _to_themselves(rng):
    """Make tokens of which each attends nearly wholly to itself, and two to one another as well.

    Faint edges sort them, and beside the close pair a search by steps hardly moves: it would need
    hundreds of thousands.
    """
    n = rng.integers(5, 7)
    one, other = rng.permutation(n)[:2]
    for _ in tries("faint edges that tell the tokens well apart"):
        logits = 9.9 * np.eye(n) + 0.3 * rng.normal(size=(n, n))
        logits[one, other] = logits[other, one] = 7.5
        weights = softmax(logits)
        second, third = np.linalg.eigvalsh(_laplacian(_symmetric(weights)))[1:3]
        far = np.sort(np.diff(np.sort(fiedler_vector(weights))))[1] > 0.05  # also for float32
        if far and third / second < 1.15:
            return weights


def to_sort(rng):
    """Make cases until each mistake gives another order in one of them."""
    for _ in tries("cases in which every mistake shows"):
        matrices = [_clear(make, rng) for make in MAKERS]
        entries = [fiedler_vector(weights) for weights in matrices]
        mistaken = [
            [np.argsort(vector(w)) for w in matrices]
            for vector in (*(vector for vector, _ in OTHER_VECTORS), *NEARLY)
        ]
        if not any(all(map(sorts, orders, entries)) for orders in mistaken):
            return [(weights,) for weights in matrices]


def _clear(make, rng):
    """Make weights until the order is clear."""
    for _ in tries("weights with a clear order"):
        if has_clear_order(weights := make(rng)):
            return weights


def has_clear_order(weights):
    """Tell whether neither eigenvalues nor entries of the vector are nearly equal."""
    values, vectors = np.linalg.eigh(_laplacian(_symmetric(weights)))
    gaps = np.diff(np.sort(vectors[:, 1]))
    return bool(values[2] - values[1] > 0.01 * values[1] and gaps.min() > 5e-4)


def same_way_round(weights):
    """Return the order of the tokens, in the direction in which token 0 comes before token 1."""
    order = np.argsort(fiedler_vector(weights))
    return order if order.tolist().index(0) < order.tolist().index(1) else order[::-1]


def sorts(order, entries):
    """Tell whether entries rise or fall along an order, but for rounding."""
    steps = np.diff(entries[order])
    return (steps > -1e-4).all() or (steps < 1e-4).all()


def _random(rng, n=3):
    return softmax(2 * rng.normal(size=(n, n)))


def to_sort_of(rng, n):
    """Make weights of n tokens whose order is clear."""
    return (_clear(lambda rng: _random(rng, n), rng),)


MAKERS = _groups, _chain, _line, _hub, _hub, _ring, _far_groups, _to_themselves, _random


def _after_steps(weights, steps=30):
    """Return what so many steps that divide by the eigenvalues make of squared positions."""
    inverse = np.linalg.pinv(_laplacian(_symmetric(weights)))
    entries = np.linalg.matrix_power(inverse / np.abs(inverse).max(), steps)
    entries = entries @ np.arange(len(weights)) ** 2.0
    return entries / np.linalg.norm(entries)


def _after_many_steps(weights, steps=10_000):
    """Return what so many steps, in which what belongs to the largest eigenvalue goes first, make.

    The largest that an eigenvalue can be is twice the largest entry of the diagonal.
    """
    laplacian = _laplacian(_symmetric(weights))
    values, vectors = np.linalg.eigh(laplacian)
    shrinks = 1 - values / (2 * laplacian.diagonal().max())
    shrinks[0] = 0  # the steps keep the mean away
    left = (shrinks / shrinks[1]) ** steps
    return vectors @ (left * (np.arange(len(weights)) @ vectors))


# What no message names: the vector to two decimals, that of the logarithms, that of the weights
# without the faintest, a search that stops.
NEARLY = (
    lambda w: fiedler_vector(w).round(2),
    lambda w: fiedler_vector(np.log1p(w)),
    lambda w: fiedler_vector(np.where(w < 1e-4, 0, w)),
    _after_steps,
    _after_many_steps,
)

OTHER_VECTORS = (
    (
        lambda w: _second(_laplacian(_symmetric(w)), 2),
        later("This sorts by the third eigenvector."),
    ),
    (
        lambda w: _second(_laplacian(_symmetric(w)), -1),
        later("This sorts by the eigenvector to the largest eigenvalue; take the second smallest."),
    ),
    (
        lambda w: np.linalg.eigh(_laplacian(_symmetric(w)))[1][1],
        later("This sorts by a row of `eigh`'s matrix; its columns are the eigenvectors."),
    ),
    (
        lambda w: _second(np.diag(w.sum(axis=1)) - w),
        later("The weights are not made symmetric: step 1."),
    ),
    (
        lambda w: _second(np.diag(w.sum(axis=1)) - _symmetric(w)),
        later(
            "This sorts by an eigenvector of S, as if D were the identity: the diagonal of D holds "
            "the row sums of S."
        ),
    ),
    (
        lambda w: _normalised(_symmetric(w)),
        later("This sorts by the normalised Laplacian; the four steps use L = D - S."),
    ),
)
