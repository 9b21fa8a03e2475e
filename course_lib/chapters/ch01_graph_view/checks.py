"""The checks of chapter 01: attention is a weighted directed graph."""

import networkx as nx
import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare, read_array, read_pair
from course_lib.exercises.plain import PlainGraph
from course_lib.language import say


def random_weights(rng, *sizes):
    """Return attention matrices of the given sizes: all positive, asymmetric, far from one-hot."""
    return [softmax(rng.normal(size=(n, n))) for n in sizes]


def _edge_cases(rng):
    # Some weights lie exactly on the threshold: "above" leaves them out.
    crafted = np.array([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75], [0.6, 0.4, 0.0]])
    return [(crafted, 0.25), *((w, 0.2) for w in random_weights(rng, 4, 5, 3))]


def _judge_edge_list(cases, values):
    for (weights, threshold), value in zip(cases, values, strict=True):
        try:
            got = {(int(i), int(j)): float(w) for i, j, w in value}
        except (TypeError, ValueError):
            raise Wrong("`edge_list` should return a list of triples (i, j, weight).") from None
        expected = _edges(weights, weights > threshold)
        if got.keys() == {(j, i) for i, j in expected} != expected.keys():
            raise Wrong("The triples are turned round: the query i comes first, then the key j.")
        if got.keys() == _edges(weights, weights >= threshold).keys() != expected.keys():
            raise Wrong(
                "An edge of exactly the threshold is kept, but only weights above it count."
            )
        loops = {(i, j) for i, j in expected if i == j}
        if loops and got.keys() == expected.keys() - loops:
            raise Wrong("The self-loops are missing: a token may attend to itself.")
        if got.keys() != expected.keys() or len(value) != len(expected):
            raise Wrong(
                "Expected {right} edges above {threshold}, got {count}.",
                right=len(expected),
                threshold=threshold,
                count=len(value),
            )
        compare([got[edge] for edge in expected], list(expected.values()), "The weights")


def _edges(weights, kept):
    return {(int(i), int(j)): float(weights[i, j]) for i, j in np.argwhere(kept)}


def _judge_node_counts(cases, values):
    for value in values:
        by_token, by_position = read_pair(value, "The answer", "by_token", "by_position")
        sentence = REPEATING.split()
        if (by_token, by_position) == (len(sentence), len(set(sentence))):
            raise Wrong("The two numbers are the wrong way round.")
        compare(by_position, len(sentence), "The number of nodes, one a position,")
        compare(by_token, len(set(sentence)), "The number of nodes, one a word,")


# The sentence of the second exercise; every word stands for one token.
REPEATING = "the cat saw the dog and the dog saw the cat"


def _flow_cases(rng):
    masked = np.array([[1.0, 0.0, 0.0], [0.3, 0.7, 0.0], [0.2, 0.2, 0.6]])
    return [(w,) for w in [*random_weights(rng, 4, 5, 3), masked]]


def _judge_flow_graph(cases, values):
    for (weights,), graph in zip(cases, values, strict=True):
        if not isinstance(graph, PlainGraph):
            raise Wrong("`flow_graph` should return a networkx.DiGraph.")
        if not graph.directed:
            raise Wrong("This graph has no directions; use nx.DiGraph, not nx.Graph.")
        n = len(weights)
        if set(graph.nodes) != set(range(n)):
            raise Wrong(
                "The nodes should be the positions 0 to {last}, got {nodes}.",
                last=n - 1,
                nodes=list(graph.nodes),
            )
        if any("weight" not in data for _, _, data in graph.edges):
            raise Wrong("Every edge needs the attribute `weight`.")
        got = np.zeros((n, n))
        for source, target, data in graph.edges:
            got[source, target] = data["weight"]
        attends = (
            weights,
            "These edges run from query to key, as in the article: they say who attends to whom. "
            "Information moves the other way.",
        )
        compare(got, weights.T, "The matrix of the edges", [attends])
        if len(graph.edges) != np.count_nonzero(weights):
            raise Wrong("A weight of exactly 0 should give no edge.")


def _sink_cases(rng):
    return [(n,) for n in (2, 3, 6, 11)]


def _judge_sink(cases, values):
    for (n,), value in zip(cases, values, strict=True):
        weights = read_array(value, say("The matrix for n = {n}", n=n), shape=(n, n))
        if not (weights > 0).all():
            raise Wrong("Every weight should be positive, as after a softmax.")
        rows, columns = weights.sum(axis=1), weights.sum(axis=0)
        if not np.allclose(rows, 1, atol=1e-5):
            if np.allclose(columns, 1, atol=1e-5):
                raise Wrong("Here the columns sum to 1. The rows should: each query has 1 to give.")
            raise Wrong(
                "Every row should sum to 1, but for n = {n} a row sums to {total:.4g}.",
                n=n,
                total=rows.max(),
            )
        if columns[0] <= n / 2:
            raise Wrong(
                "For n = {n}, position 0 receives {received:.4g}, not more than {half}.",
                n=n,
                received=columns[0],
                half=n / 2,
            )


def _share_cases(rng):
    shares = (0.1, 0.25, 0.1, 1.0)
    return list(zip(random_weights(rng, 4, 6, 10, 5), shares, strict=True))


def _judge_share(cases, values):
    for (weights, share), value in zip(cases, values, strict=True):
        n = len(weights)
        ranked = np.sort(weights, axis=None)[::-1]
        k = int(np.ceil(share * n * n))
        by_row = np.sort(weights, axis=1)[:, ::-1][:, : int(np.ceil(share * n))].sum() / n
        mistakes = [
            (ranked[:k].sum(), "The sum is right; divide it by all the attention there is, n."),
            (ranked[::-1][:k].sum() / n, "These are the weakest edges; np.sort sorts upwards."),
            (by_row, "Rank all edges of the graph together, not those of each row."),
            (ranked[:k].sum() / (n * n), "All the attention there is sums to n, not to n * n."),
        ]
        compare(
            value,
            ranked[:k].sum() / n,
            say("The share for n = {n} and {share:.0%}", n=n, share=share),
            mistakes,
        )


def _connection_cases(rng):
    ring = np.array([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6], [0.5, 0.05, 0.45]])
    return [(w,) for w in [ring, *random_weights(rng, 4, 5, 6)]]


def _judge_connection(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        steps = np.unique(weights)
        connected = [bool(_strongly_connected(weights > step)) for step in steps]
        # The graph falls apart at the first weight that, taken as the threshold, disconnects it.
        expected = steps[connected.index(False)]
        weakly = [nx.is_weakly_connected(nx.DiGraph(weights > step)) for step in steps]
        mistakes = [
            (steps[max(connected.index(False) - 1, 0)], _ONE_STEP_EARLY),
            (steps[weakly.index(False)] if False in weakly else -1, _ONLY_WEAKLY),
        ]
        compare(value, expected, "The threshold", mistakes)


_ONE_STEP_EARLY = "At this threshold the graph still holds together; the next weight breaks it."
_ONLY_WEAKLY = "That ignores the directions: use nx.is_strongly_connected."


def _strongly_connected(kept):
    return nx.is_strongly_connected(nx.DiGraph(kept))


CHECKS = {
    "graph_view-1": Check(inputs=_edge_cases, judge=_judge_edge_list),
    "graph_view-2": Check(call=read_value, judge=_judge_node_counts),
    "graph_view-3": Check(inputs=_flow_cases, judge=_judge_flow_graph),
    "graph_view-4": Check(inputs=_sink_cases, judge=_judge_sink),
    "graph_view-5": Check(inputs=_share_cases, judge=_judge_share),
    "graph_view-6": Check(inputs=_connection_cases, judge=_judge_connection),
}
