"""Centrality from the matrix against graph libraries, which are given the graph ready-made."""

import networkx as nx
import numpy as np

from benchmarks import _peers
from benchmarks._measure import against
from course_lib.attention import softmax
from course_lib.centrality import betweenness, pagerank
from course_lib.graph import attention_graph

SIZES = [128, 256, 1024]
# How many times as long a peer should take.
TO_REACH = {
    ("PageRank", 1024, "NetworkX"): 100,
    ("betweenness", 128, "igraph"): 0.5,
    ("betweenness", 256, "igraph"): 0.6,
    ("betweenness", 1024, "igraph"): 1.3,
}
# NetworkX stops when its values change by less than 1e-6 each, in sum n times as much.
TOLERANCE = {"NetworkX": 1e-3, "igraph": 1e-6}
SMALL = 256  # is run more often


def rows(sizes=SIZES):
    """Yield comparisons of PageRank and betweenness on random attention of several sizes n."""
    if not _peers.have_igraph():
        yield _peers.MISSING
        return
    for n in sizes:
        weights = softmax(np.random.default_rng(0).normal(size=(n, n)))
        yield from pageranks(weights)
        yield betweennesses(weights)


def pageranks(weights):
    """Yield the comparisons of PageRank with NetworkX and igraph."""
    n = len(weights)
    graph, (other, edge_weights) = attention_graph(weights), _peers.igraph_of(weights)

    def networkx():
        found = nx.pagerank(graph)
        return [found[i] for i in range(n)]

    def igraph():
        return other.pagerank(weights=edge_weights)

    for peer, theirs in (("NetworkX", networkx), ("igraph", igraph)):
        rest = {"tolerance": TOLERANCE[peer], "to_reach": TO_REACH.get(("PageRank", n, peer))}
        runs = [()] * (25 if n <= SMALL else 9)
        yield against("PageRank", f"n = {n}", lambda: pagerank(weights), peer, theirs, runs, **rest)


def betweennesses(weights):
    """Return the comparison of betweenness with igraph, which gets its graph ready-made."""
    n = len(weights)
    graph, lengths = igraph_distances(weights)
    pairs = (n - 1) * (n - 2)

    def igraph():
        return np.divide(graph.betweenness(weights=lengths), pairs)

    size, runs = f"n = {n}", [()] * (9 if n <= SMALL else 1)
    rest = {"to_reach": TO_REACH.get(("betweenness", n, "igraph"))}
    return against(
        "betweenness", size, lambda: betweenness(weights), "igraph", igraph, runs, **rest
    )


def igraph_distances(weights):
    """Return the graph without self-loops for igraph, and the lengths -ln w of its edges."""
    other = weights.copy()
    np.fill_diagonal(other, 0)
    graph, edge_weights = _peers.igraph_of(other)
    return graph, (-np.log(edge_weights)).tolist()
