"""The checks of chapter 08: attention on a given graph."""

from contextlib import suppress

import numpy as np

from course_lib.chapters.ch08_gat.mistakes import (
    EDGE_MISTAKES,
    FAVOURITE_MISTAKES,
    HELD_MISTAKES,
    MASK_MISTAKES,
    SHARE_MISTAKES,
    SPLIT_MISTAKES,
    edge_softmax,
    favourites,
    masked_softmax,
    numbers_held,
    own_share,
    pair_logits,
)
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_all, compare_choice, same, tolerance_of
from course_lib.exercises.memory import call_measured
from course_lib.exercises.particular import ORDINARY
from course_lib.exercises.rearranging import reordered
from course_lib.exercises.sizing import Sizes
from course_lib.language import say

FAR = np.array([0.0, 5.0, 900.0, -1000.0, -800.0, -1600.0])


def _edge_lists(rng):
    """Make logits with the query of each edge: in any order, nodes missing, ties and far ones."""
    cases = []
    for most, count in ((2, 16), (7, 15), (7, 40), (3, int(rng.integers(8, 14)))):
        nodes = rng.permutation(300)[:most]
        cases.append((rng.normal(size=count), rng.permutation(np.resize(nodes, count))))
    apart = np.array([-1000.0, 900.0, -1001.0, 898.5, 0.0]), np.array([2, 0, 2, 0, 5])
    # A node's own logits lie far apart, the largest not last: only it can be subtracted.
    wide = FAR, np.array([4, 1, 4, 4, 1, 1])
    # Two that count, and far below them so many that their mean lies far below as well.
    crowd = np.array([1000.0, 999.0, *8 * [-1000.0]]), np.zeros(10, dtype=int)
    tied = np.array([0.0, 0.0, -3.0, 0.0, -3.0, -3.0, 2.0]), np.array([9, 3, 9, 9, 10, 3, 10])
    alone = np.array([-2.5]), np.array([rng.integers(1000, 9000)])
    small = np.array([0.0, 7.0, 5.0, 0.0]), np.array([1, 1, 0, 0])
    # Weights below 0.0001, and far below.
    faint = np.array([0.0, 9.8, 10.4, 0.0, 0.0, 12.2, 12.8]), np.array([1, 1, 0, 0, 2, 2, 2])
    two = rng.normal(size=2), np.array([3, 3])
    three = rng.normal(size=3), 997 * np.array([4, 2, 4])
    return [*cases, apart, wide, crowd, tied, small, faint, alone, two, three]


def _judge_edge_weights(cases, values):
    def what(logits, query):
        return say("The weights of {count} edges", count=len(query))

    compare_all(what, cases, values, edge_softmax, EDGE_MISTAKES)


def _masked(rng):
    """Make logits with masks; some rows have no edge, and some logits are near float16's end."""
    cases = []
    for n, dtype in zip(rng.integers(3, 7, size=3), ("float64", "float32", "float16"), strict=True):
        allowed = rng.random((n, n)) < 0.5
        allowed[:3], order = False, rng.permutation(n)  # one row empty, one full, one with one edge
        allowed[1], allowed[2, rng.integers(n)] = True, True
        cases.append((rng.normal(size=(n, n)).astype(dtype), allowed[order]))
    large = np.array([[60000, 59968, -60000], [1, 2, 3], [-60000, 0.5, -60000]])
    allowed = np.array([[True, True, False], [False, False, False], [True, False, True]])
    # Below a higher logit without an edge, close to another, and as far as can be from others.
    low = np.array([[-60000.0, 60000, 0], [-60000, -59999, 0], [60000, -60000, -60000]])
    small = np.array([[0.0, 7.0], [5.0, 0.0]])  # weights below 0.001 and 0.01
    faint = np.array([[0.0, 9.8], [10.4, 0.0]])  # and below 0.0001
    tied = np.array([[0.0, 0.0, -1.0], [2.0, 2.0, 0.0], [0.0, 3.0, 0.0]])
    one = np.array([[rng.normal()]])
    return [
        *cases,
        *((large.astype(dtype), allowed) for dtype in ("float16", "float64")),
        (low, np.tri(3) > 0),
        *((scores, np.ones((2, 2), dtype=bool)) for scores in (small, faint)),
        (tied, np.array([[1, 1, 1], [1, 0, 1], [1, 0, 1]]) > 0),
        (tied, np.array([[0, 1, 1], [0, 1, 1], [0, 0, 0]]) > 0),  # nobody attends to the first
        (np.zeros((2, 2)), np.zeros((2, 2), dtype=bool)),
        (one, np.array([[True]])),
        (one - 1, np.array([[False]])),
    ]


def _as_computed(logits, allowed, weights):
    """Return the weights of logits in half precision as such, whatever array they were put into."""
    if logits.dtype == np.float16 and tolerance_of(weights)["rtol"] < 1e-2:
        with suppress(TypeError, ValueError), np.errstate(over="ignore"):
            return np.asarray(weights, dtype=np.float16)
    return weights


def _judge_masked(cases, values):
    def what(logits, allowed):
        return say("The weights of {n} nodes ({dtype})", n=len(logits), dtype=logits.dtype)

    computed = [_as_computed(*case, value) for case, value in zip(cases, values, strict=True)]
    compare_all(what, cases, computed, masked_softmax, MASK_MISTAKES)
    for (_, allowed), weights in zip(cases, values, strict=True):
        most = np.abs(np.asarray(weights, dtype=float)[~allowed]).max(initial=0)
        if most:
            raise Wrong(
                "The weight of a place without an edge should be exactly 0, got {most:.3g}.",
                most=most,
            )


def _judge_swapped(cases, values):
    reasons = {
        "own": "That would be so after an even number of layers. Follow one layer at a time.",
        "mixed": "A softmax over a single edge is 1: there is nothing that it could be mixed with.",
    }
    compare_choice(values[0], "other", "`whose_features`", reasons)


LARGE = 40, 24  # nodes and features: enough for joined features of all pairs to be seen


def _features_of(rng, n, features):
    h = rng.normal(size=(n, features))
    h[rng.integers(n)] *= n == 1  # one of several nodes has zeros
    return h, *rng.normal(size=(2, features)), 0.2


def _features(rng):
    slopes = 0.2, 0.0, 1.0, rng.uniform(0.3, 0.9)
    sizes = [*rng.integers(3, 7, size=(4, 2)), (1, 1), LARGE]
    cases = []
    for (n, features), slope in zip(sizes, [*slopes, 0.5, 0.1], strict=True):
        h = rng.normal(size=(n, features))
        if n > 2:  # sums of both signs
            h[1] = -h[0]
        cases.append((h, *rng.normal(size=(2, features)), slope))
    first = cases[0]
    cases.append((rng.normal(size=(2, 2)), *rng.normal(size=(2, 2)), 0.25))
    sized = [(size * first[0], *first[1:]) for size in (1000, 0.003)]
    return [*cases, *sized, (*first[:3], 0.55)]


def _judge_split(cases, values):
    def what(h, a_query, a_key, slope):
        return say("The logits of {count} nodes, slope {slope:.2g}", count=len(h), slope=slope)

    compare_all(what, cases, [value for value, _ in values], pair_logits, SPLIT_MISTAKES)
    for (h, *_), (_, held) in zip(cases, values, strict=True):
        half = h.size * len(h) * 8  # bytes: joined features of all pairs take twice as many
        if h.size >= np.prod(LARGE) and held > half:
            raise Wrong(
                "Right, but for {n} nodes with {features} features it held {megabytes:.2f} MB at "
                "a time; the logits of all pairs take {needed:.2f} MB.",
                n=len(h),
                features=h.shape[1],
                megabytes=held / 1e6,
                needed=len(h) ** 2 * 8 / 1e6,
            )


def _graph_sizes(rng):
    drawn = rng.integers(2, [200, 3000, 100], size=(3, 3)).tolist()
    crafted = [(3000, 12000, 64), (5000, 60000, 512), (1, 1, 1), (2, 0, 1), (3, 2, 2)]
    crafted += [(n, *rng.integers([n * n + 1, 9]).tolist()) for n in range(4, 9)]
    return [*map(tuple, drawn), *crafted]


def _same_count(got, expected):
    return same(got, expected, tolerance={"rtol": 1e-6, "atol": 0.01})


def _judge_held(cases, values):
    def what(n, edges, features):
        return f"`numbers_held({n}, {edges}, {features})`"

    compare_all(what, cases, values, numbers_held, HELD_MISTAKES, same=_same_count)


def _labelled_graph_of(rng, n):
    places = rng.choice(n * n, size=(n * n + 1) // 2, replace=False)
    query, key = np.divmod(places, n)
    weights = edge_softmax(rng.normal(size=len(query)), query)
    return np.stack([query, key]), weights, rng.integers(3, size=n)


def _labelled(weights):
    """Return all edges of four nodes, whose weights are moved on to the next node, and labels."""
    edges = np.indices(weights.shape).reshape(2, -1)
    return edges, np.roll(weights, 1, axis=1).ravel(), np.array([0, 1, 0, 1])


def _labelled_graphs(rng):
    cases = []
    for n in rng.integers(5, 9, size=3):
        adjacency = rng.random((n, n)) < 0.5
        adjacency[0], adjacency[1, :2], adjacency[2, 0] = False, True, True  # 0 is attended to only
        order = rng.permutation(n)
        query, key = rng.permutation(np.argwhere(adjacency[order][:, order])).T
        weights = edge_softmax(2 * rng.normal(size=len(query)), query)
        labels = rng.choice([0, 1, 4, 6], size=n)  # names of groups need not be 0, 1, 2
        labels[order[1]] = labels[order[0]] + 2
        cases.append((np.stack([query, key]), weights, labels))
    # One node with many edges, two with one, of which one leads outside, one only attended to.
    star = np.array([[2, 0, 2, 1, 2, 2], [0, 2, 3, 3, 1, 2]])
    cases.append((star, np.array([0.1, 1.0, 0.2, 1.0, 0.3, 0.4]), np.array([0, 1, 0, 0, 0])))
    cases.append((star, np.array([0.1, 1.0, 0.2, 1.0, 0.303, 0.397]), cases[-1][2]))  # nearly
    two = np.array([[0, 2], [3, 3]]), np.ones(2), np.array([0, 0, 1, 1])
    cases.append(two)
    # A node that sees itself alone counts as well.
    cases.append((np.array([[0, 1], [0, 2]]), np.ones(2), np.array([0, 1, 0])))
    one = np.array([[1], [2]]), np.array([1.0])
    # Any integers: such as are alike only in a byte, or in four of them.
    names = [0, 3, 3], [3, 3, 0], [7, 4, 260], [7, -1, 255], [7, -3, 3], [7, 2**40, 2**41]
    names += [7, 2**24, 2**24 + 1], [7, 2**53, 2**53 + 1]  # one in float32, one in float64
    names += ([7, 0, 2520],)  # one by any small modulus
    cases += [
        (np.array([[0], [0]]), np.ones(1), np.array([5])),
        (np.array([[1, 0, 1], [0, 1, 1]]), np.array([0.3, 1.0, 0.7]), np.array([2, 4])),
    ]
    names += ([7, -1, -1],)  # a group as any other
    return [*cases, *((*one, np.array(labels)) for labels in names)]


def _judge_share(cases, values):
    compare_all("The mean share", cases, values, own_share, SHARE_MISTAKES)


def _logit_matrices(rng):
    shapes = rng.integers(2, 9, size=(3, 2))
    cases = [rng.normal(size=(n, 1)) + rng.normal(size=(1, keys)) for n, keys in shapes[:2]]
    cases += [rng.normal(size=shapes[2]), rng.normal(size=(8, 5)) - 4, rng.normal(size=(3, 9))]
    crafted = [[1.0, 3.0, 2.0], [2.0, 4.0, 1.0], [0.0, 2.0, 1.0], [1.0, 7.0, 3.0]]
    level = [[3.0, 1.0, 0.0], [0.0, 3.0, 1.0], [3.0, 0.0, 1.0]]  # the largest are alike
    tied = [[-1.0, -1.0, 0.0], [-5.0, -4.0, -5.0]]  # not the largest
    close = [[100.0, 100.0005, 2.0], [100.0005, 100.0, 2.0], [7.0, 3.0, 2.0]]
    # The same numbers in other places, and the same to two digits.
    moved = [crafted[0], [4.0, 2.0, 1.0], [2.0, 0.0, 1.0], [7.0, 1.0, 3.0]]
    closer = [close[1], *close[1:]]
    nearly = [[100.0, 100.0005, 2.0], [3.0, 50.0, 1.0]]  # one favourite, though not by far
    # The favourites of the first and of the last row are nobody else's.
    chosen = [5, *rng.choice(rng.permutation(4)[:2], size=rng.integers(7, 12)), 6]
    far = rng.normal(size=(len(chosen), 7)) + 9 * np.eye(7)[chosen]
    beyond = [[-900.0, -800.0, -950.0], [800.0, 0.0, 900.0]]  # of what has an exponential
    # Beside the first row the exponentials of the others are 0.
    apart = [[1000.0, 0.0, 0.0], [-900.0, -800.0, -700.0], [-1000.0, 7.0, 0.0]]
    everyone = 9 * np.eye(40)[rng.permutation(40)] + rng.normal(size=(40, 40))  # all are chosen
    wide = 9 * np.eye(8)[[6, 1, 7]] + rng.normal(size=(3, 8))
    turned = np.outer([2.0, -1.0, 0.5], [1.0, -2.0, 3.0])  # one number a query, which may turn all
    return [
        (np.array(logits),)
        for logits in [
            *cases,
            far,
            beyond,
            apart,
            crafted,
            moved,
            level,
            tied,
            close,
            closer,
            nearly,
            [[1.0, 3.0], [2.0, 0.5]],
            [[1.0, 3.0], [0.5, 2.0]],
            everyone,
            wide,
            turned,
            [[-2.0]],
            [[3.0], [3.0]],
        ]
    ]


def _judge_favourites(cases, values):
    if any(np.ndim(value) == 1 for value in values):
        raise Wrong("Return how many different favourites there are, not which keys they are.")
    compare_all("The number of favourites", cases, values, favourites, FAVOURITE_MISTAKES)


LAYER = "course_lib.nn.gat:GraphAttention"


CHECKS = {
    "gat-1": Check(
        twins=reordered(0),
        inputs=_edge_lists,
        judge=_judge_edge_weights,
        without=("course_lib.nn.edges:edge_softmax",),
        sizes=Sizes(lambda rng, count: (rng.normal(size=count), rng.integers(3, size=count))),
        particular=lambda weights: (weights.ravel(), np.arange(16) % 3),
    ),
    "gat-2": Check(
        twins=reordered(0),
        inputs=_masked,
        judge=_judge_masked,
        without=("course_lib.nn.attention:masked_softmax",),
        sizes=Sizes(lambda rng, n: (rng.normal(size=(n, n)), rng.random((n, n)) < 0.6)),
        particular=lambda weights: (8 * weights, ORDINARY > 0.11),
    ),
    "gat-3": Check(judge=_judge_swapped, call=read_value),
    "gat-4": Check(
        twins=reordered(0, 1, 2),
        inputs=_features,
        judge=_judge_split,
        call=call_measured,
        without=(f"{LAYER}.split_logits", f"{LAYER}.pairwise_logits", f"{LAYER}.edge_logits"),
        sizes=Sizes(_features_of, (1, 1)),
        particular=lambda weights: (weights, *ORDINARY[:2] - 0.2, 0.2),
    ),
    "gat-5": Check(inputs=_graph_sizes, judge=_judge_held),
    "gat-6": Check(
        twins=reordered(2),
        inputs=_labelled_graphs,
        judge=_judge_share,
        sizes=Sizes(_labelled_graph_of),
        particular=_labelled,
    ),
    "gat-7": Check(
        inputs=_logit_matrices,
        judge=_judge_favourites,
        sizes=Sizes(lambda rng, n, keys: (rng.normal(size=(n, keys)),), (1, 1)),
    ),
}
