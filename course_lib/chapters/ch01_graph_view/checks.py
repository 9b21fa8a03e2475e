"""The checks of chapter 01: attention is a weighted directed graph."""

import networkx as nx
import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_number,
    read_array,
    read_pair,
    same,
    same_copied,
    told_apart,
    tolerance_of,
)
from course_lib.exercises.plain_data import PlainGraph
from course_lib.exercises.rearranging import reordered
from course_lib.exercises.sizing import Sizes
from course_lib.graph import attention_graph, attention_multigraph, top_edges
from course_lib.language import say


def _random_weights(rng, n):
    """Return an attention matrix: all positive, asymmetric, far from one-hot."""
    return softmax(rng.normal(size=(n, n)))


# Weights that are zero, tied, or nearly the same. All can be written in half precision, so that
# an answer in half precision is judged by its idea.
TIED = np.array([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75], [0.625, 0.375, 0.0]])
TINY = 2.0**-13
ABOVE, BELOW = TINY * (1 + 2**-7), TINY * (1 - 2**-8)
CLOSE = np.array(
    [
        [ABOVE, 1 - ABOVE - BELOW, BELOW],
        [TINY, TINY, 1 - 2 * TINY],
        [1 - ABOVE, ABOVE, 0.0],
    ]
)
REPEATED = TIED[[0, 0, 1]]  # a token that stands twice has the same row twice
FAINT = np.array([[1 - 2.0**-22, 2.0**-22], [0.0, 1.0]])
# A ring that an edge of nearly 0 closes; and two weights that a tolerance would make equal, of
# which the smaller lies on a self-loop.
FAINT_RING = np.array([[0.0, 1.0, 0.0], [0.0, 1 - 2.0**-22, 2.0**-22], [1.0, 0.0, 0.0]])
NEARLY_TIED = np.array([[0.75 - 2.0**-20, 0.25 + 2.0**-20], [0.75, 0.25]])
# Weights beside a half, closer than float32 can tell; and one that only float64 holds, nearly 0.
HALVES = np.array([[0.5 + 2.0**-40, 0.5 - 2.0**-40], [0.5, 0.5]])
FAINTEST = np.array([[1.0, 2.0**-1074], [0.0, 1.0]])  # sums to 1 as far as float64 can tell
# Rows whose sum is 1 but for rounding: divided by it, each weight would be above itself.
SIXTHS = np.full((6, 6), 1 / 6)
# The last token loses all its edges at once, and the others are still on a ring.
LEFT_ALONE = np.array([
    [0.25, 0.5, 0, 0.25], [0, 0.25, 0.5, 0.25], [0.5, 0, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]
])  # fmt: skip


# Exercises 1 and 3: edges -------------------------------------------------------------------------


def _edge_cases(rng):
    random = [_random_weights(rng, int(n)) for n in rng.integers([2, 3, 6, 20], [3, 6, 9, 30])]
    cases = [(TIED, 0.25), (TIED, 0.0), (CLOSE, TINY), (np.eye(3), 1.0), (np.ones((1, 1)), 0.5)]
    cases += [(FAINT, 0.0), (FAINTEST, 0.0), (HALVES, 0.5), (SIXTHS, 1 / 6), (random[-1], 0.0)]
    cases += [(REPEATED, 0.0), (random[2], _rounded_down(rng, random[2]))]
    return cases + [(weights, _between(rng, weights)) for weights in random]


def _rounded_down(rng, weights):
    """Return one of the weights as the threshold, one that half precision makes smaller."""
    return float(rng.choice(weights[weights.astype(np.float16) < weights]))


def _between(rng, weights):
    """Return a threshold that lies clearly between two of the middle weights."""
    steps = np.unique(weights)[len(weights) // 2 : -len(weights) // 2]
    place = np.argmax(np.diff(steps) * rng.uniform(0.5, 1, size=len(steps) - 1))
    return float(steps[place : place + 2].mean())


def _with_threshold(rng, n):
    weights = _random_weights(rng, n)
    return weights, _between(rng, weights)


def _edges(weights, kept, first=0):
    """Return an array of triples (i, j, weight), sorted by (i, j), where `kept` is true."""
    i, j = np.nonzero(kept)
    return np.column_stack([i + first, j + first, weights[i, j]])


def _read_edges(triples):
    """Return triples sorted by (i, j), with the types of their numbers, or None."""
    try:
        edges = list(triples)
        if any(len(edge) != 3 or np.array(edge).dtype.kind not in "biuf" for edge in edges):
            return None
        if any(float(end) % 1 for edge in edges for end in edge[:2]):
            return None
    except (TypeError, ValueError):
        return None
    return sorted(edges, key=lambda edge: (float(edge[0]), float(edge[1]))) or np.empty((0, 3))


def _judge_edge_list(cases, values):
    read = [_read_edges(value) for value in values]
    if any(edges is None for edges in read):
        raise Wrong("`edge_list` should return a list of triples (i, j, weight).")

    def what(weights, threshold):
        return say("The list of edges above {threshold:.4g}", threshold=threshold)

    def right(weights, threshold):
        return _edges(weights, weights > threshold)

    def turned(weights, threshold):
        return _edges(weights.T, (weights > threshold).T)

    def with_ties(weights, threshold):
        return _edges(weights, weights >= threshold)

    def coarse(weights, threshold):
        return _edges(weights, weights.astype(np.float32) > np.float32(threshold))

    def without_loops(weights, threshold):
        return _edges(weights, (weights > threshold) & ~np.eye(len(weights), dtype=bool))

    def from_one(weights, threshold):
        return _edges(weights, weights > threshold, first=1)

    mistakes = [
        (turned, "The triples are turned round: the query i comes first, then the key j."),
        (
            with_ties,
            "An edge of exactly the threshold is kept, but only weights above it count.",
        ),
        (
            coarse,
            "A weight just above the threshold is left out: compare the weights as they are, "
            "without rounding and without a tolerance.",
        ),
        (without_loops, "The self-loops are missing: a token may attend to itself."),
        (from_one, "Positions are counted from 0, not from 1."),
    ]
    compare_all(what, cases, read, right, mistakes, same=same_copied, tell=_tell_edge)


def _tell_edge(what, got, expected):
    """Name an edge that is missing, is one too many or has another weight: edges have no order."""
    given, meant = ({(int(i), int(j)): w for i, j, w in edges} for edges in (got, expected))
    told = {"what": what}
    for i, j in sorted(meant.keys() - given.keys()):
        raise Wrong("{what}: the edge from {i} to {j} is missing.", i=i, j=j, **told)
    for i, j in sorted(given.keys() - meant.keys()):
        raise Wrong("{what}: there should be no edge from {i} to {j}.", i=i, j=j, **told)
    if len(got) > len(given):
        raise Wrong("{what}: an edge is there twice.", **told)
    i, j = max(meant, key=lambda edge: abs(given[edge] - meant[edge]))
    right, wrong = told_apart(meant[i, j], given[i, j], "{:.6g}".format)
    told |= {"right": right, "wrong": wrong}
    raise Wrong(
        "{what}: the edge from {i} to {j} should have the weight {right}, got {wrong}.",
        **told,
        i=i,
        j=j,
    )


def _flow_cases(rng):
    random = [_random_weights(rng, int(n)) for n in rng.permutation([2, 4, 6, 12])]
    masked = np.array([[1.0, 0.0, 0.0], [0.3, 0.7, 0.0], [0.2, 0.2, 0.6]])
    crafted = [masked, FAINT, FAINTEST, SIXTHS, np.eye(3)[[1, 1, 0]], np.ones((1, 1))]
    return [(weights,) for weights in [*random, *crafted]]


def _judge_flow_graph(cases, values):
    for (weights,), graph in zip(cases, values, strict=True):
        if not isinstance(graph, PlainGraph):
            raise Wrong("`flow_graph` should return a networkx.DiGraph.")
        if not graph.directed:
            raise Wrong("This graph has no directions; use nx.DiGraph, not nx.Graph.")
        if graph.several:
            raise Wrong("A multigraph may hold an edge twice; use nx.DiGraph.")
        if set(graph.nodes) != set(range(len(weights))):
            raise Wrong(
                "The nodes should be the positions 0 to {last}, got {nodes}.",
                last=len(weights) - 1,
                nodes=list(graph.nodes),
            )
        if any("weight" not in data for _, _, data in graph.edges):
            raise Wrong("Every edge needs the attribute `weight`.")
    read = [_read_edges((i, j, d["weight"]) for i, j, d in g.edges) for g in values]
    if any(edges is None for edges in read):
        raise Wrong("The attribute `weight` of every edge should be a number.")
    mistakes = [
        (lambda weights: _edges(weights, weights > 0), _ATTENDS),
        (lambda weights: _edges(weights, weights >= 0), _ATTENDS),
        (
            lambda weights: _edges(weights.T, weights.T >= 0),
            "A weight of exactly 0 should give no edge.",
        ),
    ]

    def what(weights):
        return say("The graph of {n} tokens", n=len(weights))

    def right(weights):
        return _edges(weights.T, weights.T > 0)

    compare_all(what, cases, read, right, mistakes, same=same_copied, tell=_tell_edge)


_ATTENDS = (
    "These edges run from query to key, as in the article: they say who attends to whom. "
    "Information moves the other way."
)


# Exercise 2: nodes --------------------------------------------------------------------------------

# The sentence of the second exercise; every word stands for one token.
REPEATING = "the cat saw the dog and the dog saw the cat"


def _judge_node_counts(cases, values):
    places, words = len(REPEATING.split()), len(set(REPEATING.split()))
    for value in values:
        by_word, by_position = read_pair(value, "The answer", "by_word", "by_position")
        if same(by_word, places) and same(by_position, words):
            raise Wrong("The two numbers are the wrong way round.")
        compare_number(by_position, places, "The number of nodes that are positions")
        compare_number(by_word, words, "The number of nodes that are words")


# Exercise 4: the sink -----------------------------------------------------------------------------

FEWEST_TOKENS, MOST_TOKENS = 2, 100  # so says the text


def _sink_cases(rng):
    """Ask for the smallest matrix again and again: what is drawn must hold each time.

    The smaller a matrix, the more often a lucky draw fails; where the share does not grow with n,
    it is the largest that fails. As lists, all together hold a third of the numbers that the grader
    takes.
    """
    again = [FEWEST_TOKENS] * 4000 + [3] * 20 + [MOST_TOKENS] * 2
    some = range(20 + int(rng.integers(6)), MOST_TOKENS, 6)
    return [(n,) for n in [*again, *range(4, 20), *some]]


def _judge_sink(cases, values):
    read, seen = [], set()
    for (n,), value in zip(cases, values, strict=True):
        if n == FEWEST_TOKENS:  # asked again and again, but most answers leave nothing to chance
            # The bytes of an array are found ten times as fast as its text.
            is_array = isinstance(value, np.ndarray)
            written = (str(value.dtype), value.shape, value.tobytes()) if is_array else repr(value)
            if written in seen:
                continue
            seen.add(written)
        weights = read_array(value, say("The matrix for n = {n}", n=n), shape=(n, n))
        if not (weights > 0).all():
            raise Wrong(
                "Every weight should be positive, as after a softmax. For n = {n}, one is {least}.",
                n=n,
                least=f"{weights.min():.4g}",
            )
        read.append((n, weights, tolerance_of(value)))
    rows_fit = [_sums_to_one(weights, axis=1, near=near) for _, weights, near in read]
    if not all(rows_fit) and all(_sums_to_one(w, axis=0, near=near) for _, w, near in read):
        raise Wrong("Here the columns sum to 1. The rows should: each query has 1 to give.")
    for (n, weights, _), fits in zip(read, rows_fit, strict=True):
        rows, received = weights.sum(axis=1), weights[:, 0].sum()
        if not fits:
            raise Wrong(
                "Every row should sum to 1, but for n = {n} a row sums to {total:.6g}.",
                n=n,
                total=rows[np.argmax(np.abs(rows - 1))],
            )
        if received <= n / 2:
            raise Wrong(
                "For n = {n}, position 0 receives {received:.4g}, not more than {half:g}.",
                n=n,
                received=received,
                half=n / 2,
            )


def _sums_to_one(weights, axis, near):
    return bool(np.allclose(weights.sum(axis=axis), 1, **near))


# Exercise 5: the strongest edges ------------------------------------------------------------------


def _share_cases(rng):
    sharp = np.array([[0.9, 0.05, 0.05], [0.4, 0.3, 0.3], [0.2, 0.2, 0.6]])
    even, one = np.full((4, 4), 0.25), np.ones((1, 1))
    others = np.vstack([sharp[0], [0.8, 0.1, 0.1], sharp[2]])
    crafted = [
        (others, 0.34),
        (sharp, 0.0),
        (sharp, 1.0),
        (sharp, 0.34),
        (even, 0.3),
        (even, 0.25),
        (one, 0.5),
    ]
    steep = softmax(3 * rng.normal(size=(5, 5)))
    sizes = [2, *(int(n) for n in rng.integers([3, 6, 21], [6, 9, 30]))]
    return [
        *crafted,
        (TIED, 0.5),  # 4.5 edges of nine, of which two are 0
        (steep, 0.05),  # 1.25 edges: two
        (steep, float(rng.integers(1, 9) + 0.0004) / steep.size),  # a hair above a whole number
        *((_random_weights(rng, n), _share(rng, n)) for n in sizes[:-1]),
        (_random_weights(rng, sizes[-1]), _share(rng, sizes[-1], least=sizes[-1] ** 2 // 2)),
    ]


def _share(rng, n, least=0):
    """Return a share of n * n edges that is clearly between two whole numbers of them."""
    return float((rng.integers(least, n * n) + rng.uniform(0.05, 0.95)) / (n * n))


def _judge_share(cases, values):
    def what(weights, share):
        return say("The share for n = {n} and {share:.4g}", n=len(weights), share=share)

    def strongest(weights, k):
        return np.sort(weights, axis=None)[::-1][:k].sum()

    def count(weights, share):
        return int(np.ceil(share * weights.size))

    def right(weights, share):
        return strongest(weights, count(weights, share)) / len(weights)

    def whole_for_none(weights, share):
        return np.sort(weights, axis=None)[-count(weights, share) :].sum() / len(weights)

    def weakest(weights, share):
        return np.sort(weights, axis=None)[: count(weights, share)].sum() / len(weights)

    def by_row(weights, share):
        ranked = np.sort(weights, axis=1)[:, ::-1]
        return ranked[:, : int(np.ceil(share * len(weights)))].sum() / len(weights)

    def rounded_down(weights, share):
        return strongest(weights, int(share * weights.size)) / len(weights)

    def rounded(weights, share):
        return strongest(weights, round(share * weights.size)) / len(weights)

    def sums(weights, share):
        return strongest(weights, count(weights, share))

    def means(weights, share):
        return sums(weights, share) / weights.size

    mistakes = [
        (whole_for_none, "`[-0:]` is the whole array: without any edge the share is 0."),
        (sums, "The sum is right; divide it by all the attention there is, n."),
        (weakest, "These are the weakest edges; np.sort sorts upwards."),
        (by_row, "Rank all edges of the graph together, not those of each row."),
        (means, "All the attention there is sums to n, not to n * n."),
        (rounded_down, "The number of edges is rounded down; `ceil` rounds up."),
        (rounded, "The number of edges is rounded to the nearest; `ceil` rounds up."),
    ]
    compare_all(what, cases, values, right, mistakes)


# Exercise 6: falling apart ------------------------------------------------------------------------


def _connection_cases(rng):
    ring = np.array([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6], [0.5, 0.05, 0.45]])
    causal = softmax(np.where(np.tri(4, dtype=bool), rng.normal(size=(4, 4)), -np.inf))
    random = [_random_weights(rng, int(n)) for n in rng.permutation([2, 4, 5, 6])]
    random += [_fan(rng), *_groups(rng), long_ring(rng), two_halves(rng)]
    return [(w,) for w in [ring, causal, TIED, FAINT_RING, NEARLY_TIED, LEFT_ALONE, *random]]


def _fan(rng):
    """Return weights of one token that gives much to two others, which give back little."""
    fan = np.array([[0.2, 0.4, 0.4], [0.1, 0.89, 0.01], [0.05, 0.01, 0.94]])
    order = rng.permutation(3)
    return fan[np.ix_(order, order)]


def two_halves(rng):
    """Return weights of two large groups: no small part of the tokens is cut off before them."""
    sizes = rng.integers(5, 8, size=2)
    group = rng.permutation(np.repeat([0, 1], sizes))
    return softmax(rng.normal(size=(sizes.sum(),) * 2) / 8 - 4 * (group[:, None] != group))


def _groups(rng):
    """Return weights of two groups, linked weakly: first and last token together, or apart."""
    middle = rng.permutation([0, 1, *rng.integers(2, size=2)])
    for group in ([0, *middle, 0], [1, *middle, 1], [0, *middle, 1], [1, *middle, 0]):
        apart = np.subtract.outer(group, group)
        yield softmax(rng.normal(size=apart.shape) / 2 - 3 * np.abs(apart) - apart)


def long_ring(rng):
    """Return weights of which only a long way round is strong, through the tokens in any order."""
    order = rng.permutation(rng.integers(14, 17))
    logits = rng.normal(size=(len(order),) * 2) / 2
    logits[order, np.roll(order, 1)] += 4
    return softmax(logits)


def _judge_connection(cases, values):
    def off_diagonal(weights):
        return weights[~np.eye(len(weights), dtype=bool)].reshape(len(weights), -1)

    def widest_ways(weights):
        """Return the weakest edge on the best way from each node to each other one."""
        for k in range(len(weights)):
            weights = np.maximum(weights, np.minimum(weights[:, [k]], weights[[k]]))
        return off_diagonal(weights)

    def right(weights):
        return widest_ways(weights).min()

    def one_early(weights):
        steps = np.unique(weights)
        return steps[max(np.searchsorted(steps, right(weights)) - 1, 0)]

    def without_directions(weights):
        return widest_ways(np.maximum(weights, weights.T)).min()

    def by_degrees(weights):
        return min(off_diagonal(w).max(axis=1).min() for w in (weights, weights.T))

    def of_edges_alone(weights):
        """Break a graph that holds only the nodes of its edges."""
        for step in np.unique(weights):
            graph = nx.DiGraph(np.argwhere(weights > step).tolist())
            if not graph or not nx.is_strongly_connected(graph):
                return step

    mistakes = [
        (one_early, "At this threshold the graph still holds together; the next weight breaks it."),
        (without_directions, "That ignores the directions: use nx.is_strongly_connected."),
        (
            by_degrees,
            "Every node may still have an edge that leaves and one that arrives when whole groups "
            "are cut off: use nx.is_strongly_connected.",
        ),
        (
            of_edges_alone,
            "A token that has lost all its edges is still a node: a graph made of edges alone "
            "forgets it.",
        ),
    ]
    what = "The threshold"
    compare_all(what, cases, values, right, mistakes, same=same_copied)


CHECKS = {
    "graph_view-1": Check(
        twins=reordered(0),
        inputs=_edge_cases,
        judge=_judge_edge_list,
        without=(attention_graph, attention_multigraph, top_edges),
        sizes=Sizes(_with_threshold, (2,)),
        particular=lambda weights: (weights, 0.15),
    ),
    "graph_view-2": Check(call=read_value, judge=_judge_node_counts),
    "graph_view-3": Check(
        twins=reordered(0),
        inputs=_flow_cases,
        judge=_judge_flow_graph,
        without=(attention_graph, attention_multigraph),
        sizes=Sizes(lambda rng, n: (_random_weights(rng, n),)),
        particular=lambda weights: (weights,),
    ),
    "graph_view-4": Check(inputs=_sink_cases, judge=_judge_sink),
    "graph_view-5": Check(
        inputs=_share_cases,
        judge=_judge_share,
        sizes=Sizes(lambda rng, n: (_random_weights(rng, n), _share(rng, n))),
        particular=lambda weights: (weights, 0.9),
    ),
    "graph_view-6": Check(
        twins=reordered(0),
        inputs=_connection_cases,
        judge=_judge_connection,
        sizes=Sizes(lambda rng, n: (_random_weights(rng, n),), (2,)),
        particular=lambda weights: (weights,),
    ),
}
