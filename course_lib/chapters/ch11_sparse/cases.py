"""The cases of chapter 11: tame ones, random ones, and those on which other ideas differ."""

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import softmax

LARGE = 2000  # positions of the case that is measured; one in four is a query


def in_parts(rng, n, sharpness=1.0, parts=128):
    """Make weights that are multiples of 1/128: exact in all types, with ties and zeros."""
    return rng.multinomial(parts, softmax(sharpness * rng.normal(size=(n, n)))) / parts


TIED = np.array(
    [[0.25, 0.5, 0.25, 0], [3 / 16, 5 / 16, 5 / 16, 3 / 16], [0.125, 0.375, 0.375, 0.125]]
)
TIED = np.vstack([TIED, [1, 0, 0, 0]])
# Weights on both sides of 0.25 that float32 cannot tell from it, and one that hardly counts.
CLOSE = np.array([[0.5, 0.25 + 2**-40, 0.25 - 2**-40], [1 - 2**-14, 2**-14, 0], [0.25, 0.5, 0.25]])
FAINT = np.array([[1 - 2**-17, 2**-17], [0, 1]])  # what hardly counts is above a cutoff of 0
# The largest of a row is ahead by millionths of itself, or less, and does not come first.
AHEAD = np.array([[0.5 - 2**-20, 0.5 + 2**-20], [0.5 - 2**-33, 0.5 + 2**-33]])


def thresholds(rng):
    """Make weights above, below and on the cutoff, rows without any above, and ties."""
    cases = [(TIED, cutoff) for cutoff in (0.25, 0.25 + 2**-12, 0.25 - 2**-13, 0.40625, 1.0, 0.0)]
    cases.append((TIED, 0.34375))  # above it are one weight, none, two, one
    for sharpness in (0.5, 1, 3):
        weights = in_parts(rng, int(rng.integers(3, 8)), sharpness)
        cases += [(weights, float(rng.choice(weights.ravel()))), (weights, rng.integers(256) / 256)]
    cases += [(in_parts(rng, 9, 2), cutoff) for cutoff in (0.0, 1 / 256)]
    smooth = softmax(rng.normal(size=(5, 5)))
    values = np.sort(smooth.ravel())
    gap = np.argmax(np.diff(values))
    even = np.full((64, 64), 1 / 64)
    cases += [(smooth, float(values[gap : gap + 2].mean())), (np.ones((1, 1)), 0.5)]
    cases += [(even, 1 / 64 - 2**-17), (even, 1 / 64 + 2**-16), (CLOSE, 0.25), (CLOSE, 2**-15)]
    cases += [(AHEAD, 0.75), (FAINT, 0.0)]
    return [*cases, (in_parts(rng, int(rng.integers(20, 40))), 0.1015625)]


def selections(rng):
    """Make scattered selections, and such with a single key kept or dropped."""
    cases = [np.eye(n, dtype=bool)[rng.integers(n)] for n in rng.integers(3, 7, size=2)]
    cases += [~np.eye(n, dtype=bool)[rng.integers(n)] for n in (*rng.integers(3, 7, size=2), 16)]
    for n in (16, *rng.integers(5, 12, size=3).tolist(), int(rng.integers(40, 60))):
        kept = rng.random(n) < 0.5
        kept[rng.choice(n, 4, replace=False)] = True, True, False, False
        cases.append(kept)
    few = [[False, True], [True, False], [True, False, True]]
    return [(kept,) for kept in [*cases, *map(np.array, few)]]


def masses(rng):
    """Make weights whose sums reach the mass exactly, or are just above or below it."""
    cases = [(TIED, mass) for mass in (0.5, 0.75, 1.0, 0.375 + 2**-11, 0.375 - 2**-11)]
    for sharpness in (0.5, 1, 3):
        weights = in_parts(rng, int(rng.integers(3, 9)), sharpness)
        cases += [(weights, rng.integers(1, 257) / 256) for _ in range(2)]
    cases += [(in_parts(rng, 9, 2), mass) for mass in (1.0, 127 / 128)]
    even = np.full((64, 64), 1 / 64)
    cases += [(even, 1 / 64 + 2**-16), (even, 1 / 64 - 2**-17), (np.ones((1, 1)), 0.5)]
    # Summed up in float64 ten tenths lie a little below 1, nine of them a little below 0.9.
    tenths = np.full((10, 10), 0.1)
    cases += [(tenths, 1.0), (np.vstack([tenths[:8], np.eye(10)[:2]]), 0.9)]
    cases += [(np.array([[0.75, 0.25], [0.5, 0.5]]), 0.75), (in_parts(rng, 3, 1), 0.5)]
    # Without its last weight, the first row is short of 1 by no more than rounding.
    cases.append((np.array([[0.5, 0.5 - 2**-40, 2**-40], [0, 1, 0], [0.25, 0.5, 0.25]]), 1.0))
    # The same weights, in other rows.
    ends = np.eye(4)[2:]
    cases += [
        (np.vstack([np.array(first), ends]), 0.875)
        for first in (
            [[0.625, 0.375, 0, 0], [0.5, 0.25, 0.125, 0.125]],
            [[0.625, 0.25, 0.125, 0], [0.5, 0.375, 0.125, 0]],
        )
    ]
    # What is short by a little less than 1e-9 has reached the mass, by a little more has not.
    cases += [(TIED, 0.5 + 9e-10), (TIED, 0.5 + 1.1e-9), (TIED, 0.5 + 1e-8), (TIED, 0.75 + 1e-8)]
    # The share of so many rows is no number of few digits.
    return [*cases, (in_parts(rng, int(rng.choice([23, 29, 31, 37]))), 0.8984375)]


def rows(rng):
    """Make near and far logits, ties, all far from 0, and supports of many sizes."""
    cases = [scale * rng.normal(size=n) for n, scale in ((5, 1.0), (8, 0.3), (4, 3.0), (6, 0.1))]
    cases += [rng.normal(size=int(rng.integers(9, 20))), 0.1 * rng.normal(size=40)]
    cases += [np.array([2.0, 2, -1, 1.875]), np.full(3, 0.25), np.array([0.75])]
    cases += [np.array([0.0, 1, -7]), np.array([1.0, 0.25, 0.125])]  # on the edge of a support
    cases += [rng.normal(size=150) / 1000, np.array([0.0, -0.9995])]  # all keep some, one hardly
    # Leaving out what is negative, again and again, leaves out one or two in each round; one only
    # where each logit is as many times as far from 0 as there are logits up to it.
    cases.append(-(4.0 ** np.arange(-7, 10)))
    cases.append(-0.5 * np.cumprod(np.arange(1.0, 10)))
    cases += [shift - np.array([0.5, 0, 2, 0.25, 0.5]) for shift in (-20, 20)]
    cases += [np.array([-1000.0, 1000, 1000, 998]), np.array([-1000.0, -1002, -1001])]
    return [(rng.permutation(row),) for row in cases]


def windows(rng):
    """Make windows of all widths, also wider than the text, and a text too long for a matrix."""
    sizes = [(int(rng.integers(8, 60)), int(radius)) for radius in rng.integers(2, 8, size=3)]
    wide = [(int(n), int(n + rng.integers(0, 9))) for n in rng.integers(2, 12, size=2)]
    crafted = [(7, 2), (5, 0), (1, 3), (1, 0), (6, 5), (6, 6), (4, 9), (9, 12), (512, 3), (100, 60)]
    crafted += [(2, 1), (3, 1)]
    crafted.append((400, 120))  # more edges than 16 bits can count
    return [*crafted, *sizes, *wide, (1200, int(rng.integers(3, 10)))]


def edge_list(rng, n, d, wide):
    """Make random edges among n positions; one query has none, and one has two at least."""
    allowed = rng.random((n, n)) < rng.uniform(0.3, 0.7)
    allowed[rng.integers(n)], allowed[rng.integers(n), :2] = False, True
    edges = rng.permutation(np.argwhere(allowed)).T
    return *rng.normal(size=(2, n, d)), rng.normal(size=(n, wide)), edges


def edge_lists(rng):
    """Make edges of random patterns, logits far from 0 and far apart, and many positions."""
    cases = []
    for _ in range(4):
        n, (d, wide) = int(rng.integers(4, 9)), rng.choice([1, 2, 3, 4, 5], 2, replace=False)
        cases.append(edge_list(rng, n, d, wide))
    full = np.stack(np.divmod(rng.permutation(64), 8))
    ones, signs = np.ones(8), np.array([1.0, -1] * 4)
    mixed = rng.permutation([1.0, -1, 0, 1, -1, 0, 1, -1])
    for starts, ends in ((ones, ones), (ones, -ones), (signs, ones), (signs, mixed)):
        cases.append(_far(rng, starts, ends, full))
    # Half of the queries have logits of 768 for two keys and of -768 for all others.
    ends = rng.permutation([1.0, 1, -1, -1, -1, -1, -1, -1])
    query, key, value, _ = _far(rng, signs, ends, full)
    for order in (full, full[:, np.argsort(ends[full[1]])], full[:, np.argsort(-ends[full[1]])]):
        cases.append((query, key, value, order))
    cases.append((*rng.normal(size=(3, 1, 2)), np.zeros((2, 1), dtype=int)))
    # Logits of 16,384, 16,256 and 8,192, and the same below 0.
    query, key = np.array([[128.0], [-128], [1]]), np.array([[128.0], [127], [64]])
    every = np.stack(np.divmod(rng.permutation(9), 3))
    cases.append((query, key, rng.normal(size=(3, 2)), every))
    cases.append((*rng.normal(size=(3, 3, 3)), every))
    # Of the same sizes as the first: arguments are exchanged between these two, which are small,
    # and not between lists of many positions.
    query, key, value, edges = cases[0]
    others = [rng.normal(size=part.shape) for part in (query, key, value)]
    cases.append((*others, (edges + 1) % len(query)))
    cases.append((query, key, 5e-5 * value, edges))
    # Numbers far from 0 whose logits are near it; the second query has no edge.
    query, key = np.array([[1024, 2**-10], [1, 1]]), np.array([[2**-10, 512], [0, -1024]])
    value = rng.uniform([[600, 890], [890, 600]], [[640, 900], [900, 640]])
    cases.append((query, key, value, np.array([[0, 0], [0, 1]])))
    return [*cases, many_positions(rng)]


def are_near(query, key, value, edges):
    """Tell whether logits are so near 0 that they may be computed in single precision.

    Those that are far from 0 above are exact in it; mixed with others they would not be.
    """
    return bool(np.abs(query @ key.T).max() < 50)


def clearly_chosen(query, key, size, by=1e-3):
    """Tell whether no query finds two blocks nearly equally good."""
    means = key.reshape(-1, size, key.shape[1]).mean(axis=1)
    gaps = np.diff(np.sort(query @ means.T, axis=1), axis=1)
    return bool((gaps > by).all())


def can_be_chosen(query, key, size, k):
    """Tell whether blocks fill the text, and each query has its k others, none equally good."""
    count, rest = divmod(len(key), size)
    return not rest and k < count and clearly_chosen(query, key, size, by=1e-6)


def blocks(rng):
    """Make queries and keys whose blocks differ, also where one key or a long one leads astray."""
    sizes = [(3, 4, 2, 1), (2, 5, 3, 2), (4, 3, 2, 0), (1, 6, 6, 3), (3, 4, 1, 3), (2, 1, 2, 0)]
    sizes += [(1, 1, 2, 0), (1, 3, 2, 1)]
    n, count = (int(x) for x in rng.integers((2, 7), (6, 10)))
    sizes += [(n, count, 4, int(rng.integers(4, count - 1))) for _ in range(2)]
    # A score of one's own block that is not above all others: products of some ten thousands.
    key = np.repeat(rng.permutation([-125.0, 75, 100, 125]), 2)[:, None]
    cases = [(200 * rng.permutation([1.0, -1] * 4)[:, None], key, 2, 1)]
    cases.append((2.0**50 * cases[0][0], 2.0**50 * key, 2, 1))  # above what stands for infinity
    # The better of two blocks is ahead by less than half precision can tell, and comes later.
    nearly = np.repeat([8.0, 1.0, 8.001, 2.0], 2)[:, None]
    cases.append((np.array([[1.0], [2.0]] * 4), nearly, 2, 1))
    nearer = np.repeat([2.0**-3, 2.0**-4, 2.0**-3 + 2.0**-23, 0], 2)[:, None]  # to six digits alike
    cases.append((cases[-1][0], nearer, 2, 1))
    other = np.repeat([8.001, 1.0, 8.0, 2.0], 2)[:, None]  # the same to two digits
    cases.append((cases[-2][0], other, 2, 1))
    return cases + [blocks_of(rng, *drawn) for drawn in sizes]


def blocks_of(rng, size, count, d=3, k=None):
    """Make queries and keys of so many blocks of a size; each query chooses k others."""
    for _ in tries("blocks none of which are equally good"):
        query, key = rng.normal(size=(2, size * count, d))
        key += np.repeat(rng.normal(size=(count, d)), size, axis=0)
        key[rng.integers(len(key))] *= -4  # a key unlike the others of its block
        if clearly_chosen(query, key, size):
            return query, key, size, count // 2 if k is None else k


def _far(rng, starts, ends, edges):
    """Make logits 768 · start · end and up to 6 more or less, exact in half precision, too."""
    more = rng.integers(5, size=8) / 2
    query = np.stack([64 * starts, 0 * starts, 0 * starts, 1 + 0 * starts], axis=1)
    key = np.stack(
        [
            24 * ends + rng.integers(5, size=8) / 32,
            rng.normal(size=8).round(1),
            rng.normal(size=8).round(1),
            2 * more,
        ]
    )
    return query, key.T, rng.normal(size=(8, 2)), edges


def many_positions(rng):
    """Make three edges for each of five hundred queries among many positions."""
    queries = rng.permutation(LARGE)[: LARGE // 4]
    keys = [rng.choice(LARGE, 3, replace=False) for _ in queries]
    edges = rng.permutation(np.stack([np.repeat(queries, 3), np.ravel(keys)], axis=1)).T
    return (*rng.normal(size=(3, LARGE, 2)), edges)
