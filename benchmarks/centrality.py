"""Centrality from the matrix against graph libraries, which are given the graph ready-made."""

import networkx as nx
import numpy as np

from benchmarks import Comparison, _peers
from benchmarks._measure import against, timed
from course_lib.attention import softmax
from course_lib.centrality import _distances, betweenness, pagerank
from course_lib.graph import attention_graph

SIZES = [128, 256, 1024]
TO_REACH = {(1024, "NetworkX"): 100}  # PageRank
# NetworkX stops when its values change by less than 1e-6 each, in sum n times as much.
TOLERANCE = {"NetworkX": 1e-3, "igraph": 1e-6}
LARGEST_TIMED = 256  # from here on betweenness takes minutes
SOURCES = 3


def rows(sizes=SIZES):
    """Yield comparisons of PageRank and betweenness on random attention of several sizes n."""
    if not _peers.have_igraph():
        yield _peers.MISSING
        return
    for n in sizes:
        weights = softmax(np.random.default_rng(0).normal(size=(n, n)))
        yield from pageranks(weights)
        small = n <= LARGEST_TIMED
        yield betweennesses(weights) if small else betweenness_from_some(weights, SOURCES)


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
        rest = {"tolerance": TOLERANCE[peer], "to_reach": TO_REACH.get((n, peer))}
        runs = [()] * (25 if n <= LARGEST_TIMED else 9)
        yield against("PageRank", f"n = {n}", lambda: pagerank(weights), peer, theirs, runs, **rest)


def betweennesses(weights):
    """Return the comparison of betweenness with igraph; ours is NetworkX's."""
    n = len(weights)
    graph, lengths = igraph_distances(weights)
    pairs = (n - 1) * (n - 2)

    def igraph():
        return np.divide(graph.betweenness(weights=lengths), pairs)

    size, runs = f"n = {n}", [()] * 2
    return against("betweenness", size, lambda: betweenness(weights), "igraph", igraph, runs)


def betweenness_from_some(weights, count):
    """Return the same, extrapolated from the shortest ways that start at some tokens."""
    n = len(weights)
    sources = np.random.default_rng(1).permutation(n)[:count].tolist()
    preparing, ours = timed(_distances, weights)
    options = {"sources": sources, "targets": range(n), "weight": "distance"}
    mine, found = timed(lambda: nx.betweenness_centrality_subset(ours, **options))
    graph, lengths = igraph_distances(weights)
    theirs, expected = timed(lambda: graph.betweenness(weights=lengths, sources=sources))
    apart = max(abs(found[i] - expected[i]) for i in range(n)) / max(expected)
    times = preparing + mine * n / count, "igraph", theirs * n / count
    sample = f"both from {count} of {n:,} sources"
    return Comparison("betweenness", f"n = {n}", *times, apart, sample=sample)


def igraph_distances(weights):
    """Return the graph without self-loops for igraph, and the lengths -ln w of its edges."""
    other = weights.copy()
    np.fill_diagonal(other, 0)
    graph, edge_weights = _peers.igraph_of(other)
    return graph, (-np.log(edge_weights)).tolist()
