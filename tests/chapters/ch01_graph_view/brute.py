"""Chapter 01's exercises by ways that are slow, plainly right, and not the solutions' ideas."""

from fractions import Fraction
from itertools import chain, combinations
from math import ceil

import networkx as nx
import scipy.sparse as sp


def edge_list(weights, threshold):
    """Only what is stored of a sparse matrix; what is not is 0, which no threshold is below."""
    stored = sp.coo_array(weights)
    edges = zip(*stored.coords, stored.data, strict=True)
    return [edge for edge in edges if edge[2] - threshold > 0]


def flow_graph(weights):
    graph = nx.complete_graph(len(weights), create_using=nx.DiGraph)
    graph.add_edges_from((i, i) for i in range(len(weights)))
    for source, target in list(graph.edges):
        if weights[target][source] == 0:
            graph.remove_edge(source, target)
        else:
            graph.edges[source, target]["weight"] = weights[target][source]
    return graph


def sink_weights(n):
    """The first column gets all but a hundredth, in exact fractions."""
    rest = Fraction(1, 100 * (n - 1))
    return [[Fraction(99, 100), *[rest] * (n - 1)] for _ in range(n)]


def strongest_share(weights, share):
    """Take the largest weight out, as often as there are strongest edges."""
    left = [float(weight) for weight in weights.ravel()]
    taken = []
    for _ in range(ceil(Fraction(share) * len(left))):
        taken.append(left.pop(left.index(max(left))))
    return sum(taken) / sum(left + taken)


def breaking_threshold(weights):
    """Cut off each set of nodes in turn: what must the threshold be for no edge to leave it?"""
    nodes = range(len(weights))
    groups = chain.from_iterable(combinations(nodes, size) for size in nodes if size)
    return min(
        max(weights[i, j] for i in group for j in nodes if j not in group) for group in groups
    )


BRUTE = {
    "graph_view-1": edge_list,
    "graph_view-3": flow_graph,
    "graph_view-4": sink_weights,
    "graph_view-5": strongest_share,
    "graph_view-6": breaking_threshold,
}
