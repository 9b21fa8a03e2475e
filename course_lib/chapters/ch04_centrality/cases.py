"""The inputs of the checks of chapter 04, and the ideas that they must separate from the right one.

What stands here without a sentence of its own in ``checks.py`` is a shortcut or a slip that no
message names: the cases are drawn until it differs.
"""

from itertools import islice, pairwise

import networkx as nx
import numpy as np
import scipy

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.centrality import rank_correlation
from course_lib.exercises.separating_cases import separating

MOST_TOKENS = 512  # so says the text of exercise 1


def lengths(rng):
    """Make numbers of tokens: small ones, the largest, and random ones."""
    sizes = [*range(2, 17), *rng.integers([17, 30, 200], [30, 200, 500]).tolist(), MOST_TOKENS]
    return [(n,) for n in sizes]


def walk_of(rng, n):
    """Make a walk among n tokens."""
    return softmax(2 * rng.normal(size=(n, n))), 0.85


def walks(rng):
    """Make walks: random ones, one that goes round, one that gets stuck, and slow ones.

    In two more, some number made from all shares stands still before the shares do.
    """
    cases = [(softmax(2 * rng.normal(size=(n, n))), c) for n, c in ((3, 0.5), (2, 0.85), (4, 0.0))]
    n = rng.integers(5, 9)
    cases.append((softmax(2 * rng.normal(size=(n, n))), round(rng.uniform(0.3, 0.95), 2)))
    round_and_round = np.roll(np.eye(3), 1, axis=1)
    round_and_round[0] = [0.5, 0.25, 0.25]
    stuck = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    slow = [(weights, 0.97) for weights in (_groups(rng), _drain(), _drain(back=True))]
    slow.append((np.array([[0.999, 0.001], [0.0001, 0.9999]]), 0.99))
    slow.append((_star(int(n) + 8), 0.99))  # so many that it shows where one begins
    slow += [(_mirrored(rng), 0.85), (_CHANGING_PLACES, 0.85)]
    return [*cases, (np.ones((1, 1)), 0.5), (round_and_round, 0.9), (stuck, 0.85), *slow]


def _groups(rng):
    """Make two groups with weak links, five times as many of them one way, and two tokens alone.

    The first and the last token, which look at themselves only, keep their shares from the start.
    """
    inside = softmax(rng.normal(size=(2, 3, 3)))
    weights = np.eye(8)
    weights[1:7, 1:7] = np.kron([[0.999, 0.001], [0.0002, 0.9998]], np.ones((3, 3))) / 3
    weights[1:4, 1:4], weights[4:7, 4:7] = 0.999 * inside[0], 0.9998 * inside[1]
    return weights


def _drain(back=False):
    """Make a token whose share runs out slowly, to many, or to which a share comes back from them.

    None of the many gains or loses much in a step.
    """
    n = 20
    weights = np.full((n, n), 1 / n)
    weights[:, 0] = 0.001 if back else 0
    weights[0] = 0 if back else 0.001 / n
    weights[0, 0] = 1 if back else 0.999
    return weights / weights.sum(axis=1, keepdims=True)


def _star(n):
    """Make a token that looks at all others, which look at it: every other step it has them all.

    Only the jumps even that out, by the damping at each step.
    """
    weights = np.zeros((n, n))
    weights[0, 1:], weights[1:, 0] = 1 / (n - 1), 1
    return weights


# The second step only exchanges the shares of the first two tokens; the third does more.
_CHANGING_PLACES = np.array([
    [17, 1361, 17, 305],
    [217, 345, 1121, 17],
    [785, 17, 17, 881],
    [1161, 137, 385, 17],
]) / 1700  # fmt: skip


def _mirrored(rng):
    """Make weights that read the same from the end, as do the shares: their mean place stays."""
    weights = softmax(2 * rng.normal(size=(5, 5)))
    return (weights + weights[::-1, ::-1]) / 2


def token_counts(rng):
    """Make numbers of tokens for weights without a centre: each of the small ones, and a large one.

    The smallest is asked again and again: what is drawn at random must hold each time.
    """
    return [(n,) for n in [*[3] * 60, *range(4, 25), int(rng.integers(25, 50))]]


def shortest(weights, start, end, length):
    """Return the shortest path for a length of each weight; None if there is no way."""
    try:
        return nx.shortest_path(_graph(weights, length), start, end, weight="length")
    except nx.NetworkXNoPath:
        return None


def _graph(weights, length):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(weights)))
    for i, j in np.argwhere(weights > 0).tolist():
        distance = length(weights[i, j])
        if distance is not None:
            graph.add_edge(i, j, length=distance)
    return graph


def strongest(weights, start, end):
    """Return the way with the largest product of weights."""
    return shortest(weights, start, end, lambda weight: -np.log(weight))


def has_way(weights, start, end):
    """Tell whether a path leads from one position to another."""
    return start != end and shortest(weights, start, end, bool) is not None


def product(weights, way):
    """Return the product of the weights on a way; 0 for no way."""
    return float(np.prod([weights[i, j] for i, j in pairwise(way)])) if way else 0.0


def _as_long_as(length):
    return lambda weights, start, end: shortest(weights, start, end, length)


def _at_most(edges):
    """Return the idea to look at ways of so many edges only."""

    def idea(weights, start, end):
        ways = {start: [start]}
        for _ in range(edges):
            longer = [
                [*way, j] for way in ways.values() for j in range(len(weights)) if j not in way
            ]
            for way in longer:
                if product(weights, way) > product(weights, ways.get(way[-1])):
                    ways[way[-1]] = way
        return ways.get(end)

    return idea


def _greedy(weights, start, end):
    way = [start]
    while way[-1] != end:
        row = weights[way[-1]].copy()
        row[way] = 0
        if not row.any():
            return None
        way.append(int(row.argmax()))
    return way


def _widest(weights, start, end):
    """Return the way whose weakest edge is the strongest, of the fewest edges."""
    for weakest in np.unique(weights)[::-1]:
        if weakest and (
            way := shortest(np.where(weights >= weakest, weights, 0), start, end, bool)
        ):
            return way
    return None


WAY_IDEAS = [
    lambda weights, start, end: [start, end],
    lambda weights, start, end: shortest(weights.T, start, end, lambda weight: -np.log(weight)),
    lambda weights, start, end: (strongest(weights, end, start) or [])[::-1],
    lambda weights, start, end: strongest(np.maximum(weights, weights.T), start, end),
    lambda weights, start, end: strongest(weights / weights.sum(axis=0).clip(1e-9), start, end),
    _as_long_as(lambda weight: 1),
    _as_long_as(lambda weight: weight),
    _as_long_as(lambda weight: 1 / weight),
    _as_long_as(lambda weight: 1 / weight**2),
    _as_long_as(lambda weight: 1 / np.sqrt(weight)),
    _as_long_as(lambda weight: 1 - weight),
    _as_long_as(lambda weight: np.exp(-weight)),
    _as_long_as(lambda weight: np.log(weight) ** 2),
    _as_long_as(lambda weight: np.sqrt(-np.log(weight))),
    _as_long_as(lambda weight: 1 - np.log(weight)),
    _as_long_as(lambda weight: -np.log(weight) or None),  # a length of 0 taken for no edge
    _as_long_as(lambda weight: -np.log(weight) if weight > 0.1 else None),
    _as_long_as(lambda weight: int(-10 * np.log(weight)) // 10),
    _as_long_as(lambda weight: 5 if weight == 1 else -np.log(weight)),
    _as_long_as(lambda weight: -np.log(weight) if weight > 0.02 else None),
    _as_long_as(lambda weight: -np.log(weight) + 0.1),
    _as_long_as(lambda weight: max(-np.log(weight), 0.05)),
    _as_long_as(lambda weight: round(-np.log(weight), 1)),
    _as_long_as(lambda weight: 1 / (weight + 0.01)),
    _as_long_as(lambda weight: (1 - weight) ** 2),
    _as_long_as(lambda weight: 1 / weight - 1),
    _at_most(2),
    _at_most(3),
    _at_most(4),
    _greedy,
    _widest,
]


def _by_product(idea):
    return lambda weights, start, end: product(weights, idea(weights, start, end))


def _draw_way(rng):
    """Make a graph with zeros and weights of 1 in which one way is clearly the strongest."""
    for _ in tries("a graph with one strongest path"):
        n = rng.integers(4, 8)
        weights = softmax(rng.choice([1, 3, 6]) * rng.normal(size=(n, n)))
        order, kind = rng.permutation(n), rng.integers(3)
        if kind == 0:  # a long chain beside short cuts
            weights[order[:-1]] *= rng.uniform(0.1, 0.6)
            weights[order[:-1], order[1:]] += 1 - weights[order[:-1]].sum(axis=1)
        if kind == 1:
            weights[weights < rng.choice([0.02, 0.1])] = 0
            weights /= weights.sum(axis=1, keepdims=True)
        if rng.random() < 0.5:  # two tokens with a single edge each
            weights[order[:2]] = np.eye(n)[order[1:3]]
        start, end = (int(place) for place in rng.choice(order, size=2, replace=False))
        if strongest(weights, start, end) is None:
            continue
        ways = nx.shortest_simple_paths(
            _graph(weights, lambda weight: -np.log(weight)), start, end, weight="length"
        )
        products = [product(weights, way) for way in islice(ways, 2)]
        if len(products) == 1 or products[1] < 0.95 * products[0]:
            return weights, start, end


def _branches(rng, *ways):
    """Make a graph with equally likely ways, of the weights given; what is left goes to itself."""
    n = 2 + sum(len(way) for way in ways)
    order = rng.permutation(n).tolist()
    start, end, *others = order
    weights = np.zeros((n, n))
    weights[end, start] = 1
    for way in ways:
        places = [others.pop() for _ in way]
        weights[start, places[0]] = 1 / len(ways)
        for here, there, weight in zip(places, [*places[1:], end], way, strict=True):
            weights[here, here], weights[here, there] = 1 - weight, weight
    return weights, start, end


UNITS = (1e-2, 1e-3, 1e-4)


def nearly_as_long(rng, unit, longer=False):
    """Make two ways whose lengths -ln w rounding to a unit puts in another order.

    The one of a single weight is a little the shorter of the two, or a little the `longer`.
    """
    one, each_of_three = (106.9, 35.51) if longer else (106.1, 35.49)
    return _branches(rng, np.exp([-one * unit]), np.exp([-each_of_three * unit] * 3))


def _decoys(rng):
    """Make a graph in which the best way begins with the weakest of five edges."""
    order = rng.permutation(7)
    start, end, good = order[:3]
    weights = np.zeros((7, 7))
    weights[start, order[3:]], weights[start, good] = 0.22, 0.12
    weights[order[3:], order[3:]], weights[order[3:], end] = 0.9, 0.1
    weights[good, end] = weights[end, start] = 1
    return weights, int(start), int(end)


def _way_round(rng, n=9, direct=0.45):
    """Make a graph in which n - 1 edges are better than the strong one from start to end."""
    order = rng.permutation(n).tolist()
    start, end = order[0], order[-1]
    stay = 0.09 / n
    weights = np.zeros((n, n))
    weights[order[:-1], order[:-1]], weights[order[:-1], order[1:]] = stay, 1 - stay
    weights[start] = 0
    weights[start, [end, order[1]]] = direct, 1 - direct
    weights[end] = 1 / n
    return weights, start, end


def _among_many(rng, n=8):
    """Make a graph with all edges; the best of its ways, 1957 of them, is the longest."""
    order = rng.permutation(n).tolist()
    weights = np.full((n, n), 0.01)
    weights[order[:-1], order[1:]] = 1 - 0.01 * (n - 1)
    weights[order[-1]] = 1 / n
    return weights, order[0], order[-1]


def way_among(rng, n):
    """Make weights of n tokens that all attend to one another, and two of the tokens."""
    start, end = (int(place) for place in rng.choice(n, 2, replace=False))
    return softmax(2 * rng.normal(size=(n, n))), start, end


def ways(rng):
    """Make graphs in which no other idea finds all the strongest paths."""
    ideas = [_by_product(idea) for idea in WAY_IDEAS]
    direct = np.array([[0.2, 0.3, 0.5], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]])
    branches = [
        _branches(rng, *weights)
        for weights in (
            ([0.945], [0.953] * 3),
            ([0.99985], [0.999965] * 3),
            ([0.5], [0.9, 0.6]),
            ([1e-30],),
            ([1e-30], [1e-14] * 2),
            ([1e-28], [1e-15] * 2),
        )
    ]
    branches += [nearly_as_long(rng, unit, longer) for unit in UNITS for longer in (False, True)]
    # The same order of tokens, and the same weights to three digits.
    seed = rng.integers(2**32)
    branches += [nearly_as_long(np.random.default_rng(seed), 1e-4, longer) for longer in (0, 1)]
    branches += [_decoys(rng), _way_round(rng), _among_many(rng)]
    right = _by_product(strongest)
    left = [idea for idea in ideas if all(idea(*case) > 0.95 * right(*case) for case in branches)]
    drawn = separating(rng, _draw_way, right, left, apart=lambda a, b: a < 0.95 * b)
    weighed, counted = (_by_product(_as_long_as(length)) for length in (float, lambda weight: 1))
    drawn += separating(rng, _draw_way, weighed, [counted], apart=lambda a, b: a != b)
    # Against the edges, too, the way from 0 to 3 is none of a single edge.
    chain = np.array(
        [[0.1, 0.8, 0.1, 0], [0, 0.1, 0.9, 0], [0.6, 0, 0.1, 0.3], [0.1, 0.3, 0.5, 0.1]]
    )
    # To two digits these are the same.
    alike = [0.1, 0.598, 0.302], [0.1, 0.602, 0.298]
    # So long that no number of steps that one would think of is enough.
    long = _way_round(rng, n=int(rng.integers(40, 60)))
    return [
        (direct, 0, 2),
        (chain, 0, 3),
        (chain[[0, 2, 1, 3]], 0, 3),
        *((np.array([first, [0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]), 0, 2) for first in alike),
        *branches,
        (np.array([[0.5, 0.5], [1.0, 0.0]]), 1, 0),
        long,
        *drawn,
    ]


def removal_of(rng, n):
    """Make weights of n tokens, half of which are to go."""
    return softmax(rng.normal(size=(n, n))), list(range(n // 2))


def removals(rng):
    """Make weights and positions to remove: in any order, none, all but one, a row nearly gone."""
    crafted = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
    n = int(rng.integers(12, 15))  # as texts, "10" comes before "2"
    some = [int(place) for place in rng.choice(n, size=3, replace=False)]
    nearly = softmax(rng.normal(size=(5, 5)))
    nearly[3] = [0.4e-4, 0.3e-4, 0.9999, 0.2e-4, 0.1e-4]
    nearly[4] = np.eye(5)[0]
    nearly[1] = [2.0**-41, 2.0**-42, 1 - 2.0**-40, 0, 2.0**-42]
    little = softmax(rng.normal(size=(4, 4)))  # 1 less what is gone has lost its digits
    little[2] = [0.3, 0.7, 3e-14, 1e-14]
    listed = [
        (4, [0]),
        (5, [0, 4]),
        (6, [3, 1]),
        (6, [4, 2]),
        (6, [1, 2, 4]),
        (4, []),
        (5, [1, 2, 3, 4]),
    ]
    listed += [(1, []), (2, [1]), (n, some), (n, sorted(some, reverse=True))]
    drawn = [(softmax(2 * rng.normal(size=(n, n))), gone) for n, gone in listed]
    small = np.array([[0.5, 0.5 - 2**-15, 2**-15], [0.25, 0.5, 0.25], [0.5, 0.125, 0.375]])
    return [(crafted, [0]), (nearly, [2]), (little, [0, 1]), *drawn, (small, [0])]


def can_go(weights, gone):
    """Tell whether each token that stays gives some weight to one that stays."""
    left = np.delete(np.delete(weights, gone, axis=0), gone, axis=1)
    return bool(len(left) and left.any(axis=1).all())


def _ranks(first, second):
    return scipy.stats.rankdata(first), scipy.stats.rankdata(second)


def _rounded(scores):
    return np.round(scores / np.ptp(scores), 1)


def _footrule(first, second):
    one, other = _ranks(first, second)
    return 1 - 3 * abs(one - other).sum() / (len(one) ** 2 - 1)


SCORE_IDEAS = [
    lambda first, second: np.corrcoef(first, second)[0, 1],
    lambda first, second: np.corrcoef(np.argsort(first), np.argsort(second))[0, 1],
    lambda first, second: np.corrcoef(scipy.stats.rankdata(first), second)[0, 1],
    lambda first, second: np.corrcoef(first, scipy.stats.rankdata(second))[0, 1],
    lambda first, second: np.corrcoef(np.argsort(first), scipy.stats.rankdata(second))[0, 1],
    lambda first, second: np.corrcoef(scipy.stats.rankdata(first), np.argsort(second))[0, 1],
    lambda first, second: np.sign(first * second).mean(),
    lambda first, second: np.corrcoef(*_ranks(abs(first), abs(second)))[0, 1],
    lambda first, second: np.corrcoef(*_ranks(_rounded(first), _rounded(second)))[0, 1],
    lambda first, second: scipy.stats.kendalltau(first, second).statistic,
    lambda first, second: -rank_correlation(first, second),
    lambda first, second: abs(rank_correlation(first, second)),
    lambda first, second: max(rank_correlation(first, second), 0),
    lambda first, second: rank_correlation(first, second) ** 2,
    _footrule,
    lambda first, second: (np.argsort(first) == np.argsort(second)).mean(),
    lambda first, second: 1.0,
    lambda first, second: 0.0,
]


def _draw_scores(rng):
    n = rng.integers(5, 17)
    first = rng.normal(size=n)
    second = rng.choice([-1, 0, 1]) * first + rng.uniform(0.1, 1) * rng.normal(size=n)
    return rng.choice([0.01, 1, 100]) * first, np.sign(second) * abs(second) ** rng.choice([1, 3])


def _unevenly_close(rng, n):
    """Return rising scores of which some are nearly the same and others far apart."""
    return np.cumsum(10.0 ** rng.permutation(np.linspace(-9, 0, n)))


def scores(rng):
    """Make scores of clear and of hidden agreement, and some that are nearly the same."""
    rising = np.sort(rng.normal(size=6))
    return [
        (np.array([2.0, 5.0]), np.array([7.0, 1.0])),
        (rng.normal(size=3), rng.normal(size=3)),
        (rising, np.exp(3 * rising)),
        (rising, -(rising**3)),
        *((1 + 1e-4 * rng.permutation(9), second) for second in 2 * [rng.normal(size=9)]),
        (1e-7 * rng.normal(size=9), 1e5 * rng.normal(size=9)),
        (rng.permutation(9) - 4.0, rng.normal(size=9)),
        (1 + 1e-9 * rng.permutation(9), rng.normal(size=9)),
        (rng.normal(size=8), 3 - 1e-9 * rng.permutation(8)),
        (rng.permutation(_unevenly_close(rng, 9)), rng.normal(size=9)),
        (rng.normal(size=200), rng.normal(size=200)),  # hardly ever a number of two decimals
        *separating(rng, _draw_scores, rank_correlation, SCORE_IDEAS),
    ]


GAP = 0.05  # how far the largest self-loop of a later token is ahead of the others


def causal_walk(rng, n, loops, *, sharp=1.0):
    """Make causal weights whose self-loops are given: those of the tokens but the first."""
    weights = np.eye(n)
    for i, loop in enumerate(loops, start=1):
        weights[i, :i] = (1 - loop) * softmax(sharp * rng.normal(size=i))
        weights[i, i] = loop
    return weights


def draw_causal_walk(rng, n=None):
    """Make causal weights, of 2 to 8 tokens, in which one self-loop of a later token is ahead."""
    n = n or int(rng.integers(2, 9))
    longest = rng.uniform(GAP, 0.95)
    loops = rng.uniform(0, longest - GAP, size=n - 1)
    loops[rng.random(n - 1) < 0.2] = 0
    loops[rng.integers(n - 1)] = longest
    weights = causal_walk(rng, n, loops, sharp=rng.choice([0.1, 2, 20]))
    for i in 1 + np.flatnonzero(rng.random(n - 1) < 0.2):  # a single edge to another token
        weights[i, :i] = (1 - weights[i, i]) * np.eye(i)[rng.integers(i)]
    return (weights,)


def largest_later_loop(weights):
    """Return the largest self-loop of the tokens but the first."""
    return np.diag(weights)[1:].max()


LOOP_IDEAS = [
    lambda weights: 0.5,
    lambda weights: 1.0,
    lambda weights: np.diag(weights)[-1],
    lambda weights: np.diag(weights)[1],
    lambda weights: np.diag(weights)[1:].min(),
    lambda weights: np.diag(weights)[1:].mean(),
    lambda weights: np.diag(weights).mean(),
    lambda weights: np.median(np.diag(weights)),
    lambda weights: 1 - largest_later_loop(weights),
    lambda weights: weights[1:].max(),
    lambda weights: weights[1:, 1:].max(),
    lambda weights: 1 - weights[1:, 0].min(),
    lambda weights: 1 - weights[1:, 0].mean(),
    lambda weights: 1 - weights[1:, 0].max(),
    lambda weights: np.linalg.svd(weights, compute_uv=False)[1],
    lambda weights: np.linalg.svd(weights[1:, 1:], compute_uv=False)[0],
    lambda weights: weights[1:, 1:].sum(axis=1).mean(),
    lambda weights: weights[1:, 1:].sum(axis=1).max(),
    lambda weights: np.prod(np.diag(weights)[1:]),
    lambda weights: np.sum(np.diag(weights)[1:]),
]


def has_largest_loop(weights):
    """Tell whether one self-loop of a later token is ahead of the others, and none is for ever."""
    *others, largest = np.sort(np.diag(weights)[1:])
    return bool(largest - max(others, default=0) >= GAP - 1e-9 and largest < 1)


def causal_walks(rng):
    """Make causal weights: of two and of many tokens, with long stays, and random ones.

    Where one token stays nearly as long as another, the factor shows after hundreds of steps only.
    """
    # Not so many that the roots of their polynomial are lost in rounding, which is a right way.
    many = rng.uniform(0, 0.6, size=rng.integers(13, 16))
    many[rng.integers(10, len(many) - 1)] = 0.7
    straight = causal_walk(rng, 6, [0.1, 0.6, 0.4, 0.2, 0.3])
    straight[-1] = np.eye(6)[0]  # who begins at the last token meets no other
    # Who stays longest goes to the first token by another one only, and nobody comes to it.
    aside = causal_walk(rng, 5, [0.2, 0.7, 0.1, 0.4])
    aside[2, :2], aside[3:, :3] = [0, 0.3], [[0.5, 0.4, 0], [0.2, 0.1, 0]]
    aside[4, 3] = 0.3
    return [
        (causal_walk(rng, 2, [0.3]),),
        (causal_walk(rng, 4, [0.2, 0.1, 0.9]),),
        (causal_walk(rng, 6, [0.98, *[0.93] * 4]),),
        (causal_walk(rng, 3, [0.0, 0.0625]),),
        (causal_walk(rng, 4, [0.3, 1 - 2.0**-18, 0.2]),),
        (causal_walk(rng, 6, [0.1, 0.6, 0.2, 0.0, 0.3], sharp=20),),
        (causal_walk(rng, len(many) + 1, many),),
        (straight,),
        (aside,),
        *separating(rng, draw_causal_walk, largest_later_loop, LOOP_IDEAS),
    ]
