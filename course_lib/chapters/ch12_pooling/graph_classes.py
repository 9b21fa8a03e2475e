"""Generated graphs of four kinds, with as many edges: only how they are joined tells them apart."""

from typing import NamedTuple

import networkx as nx
import numpy as np

from course_lib import _validate

KINDS = ("ring", "hubs", "communities", "random")
SIZES = (12, 24)  # nodes of a graph, both ends included


class MadeGraph(NamedTuple):
    """A graph with its kind.

    Attributes
    ----------
    edge_index : numpy.ndarray of int, shape (2, E)
        Both directions of every edge, sorted.
    n : int
        How many nodes.
    label : int
        An index into `KINDS`.
    """

    edge_index: np.ndarray
    n: int
    label: int


def make_graphs(count, rng):
    """Make graphs of 12 to 24 nodes, the four kinds in turn, each of exactly 2 n edges.

    "ring": every node is joined to the two nearest on either side, a few edges are redrawn.
    "hubs": new nodes are joined to nodes that have many edges already. "communities": two groups,
    with nine tenths of the edges within them. "random": edges drawn at random. Nodes are numbered
    at random, so that a number tells nothing.

    Parameters
    ----------
    count : int
        How many, at most 10,000.
    rng : numpy.random.Generator

    Returns
    -------
    list of MadeGraph

    Raises
    ------
    TypeError, ValueError
        If `count` is no integer from 1 to 10,000, or `rng` is no generator.

    References
    ----------
    Watts and Strogatz (1998) for rings, Barabási and Albert (1999) for hubs, Holland, Laskey and
    Leinhardt (1983) for communities, Erdős and Rényi (1959) for random graphs.

    Examples
    --------
    >>> [KINDS[graph.label] for graph in make_graphs(4, np.random.default_rng(0))]
    ['ring', 'hubs', 'communities', 'random']
    """
    count = _validate.integer(count, "count", low=1, high=10_000)
    _validate.generator(rng, "rng")
    return [_made(rng, number % len(KINDS)) for number in range(count)]


def rewired(made, rng):
    """Return a graph with other edges in which each node has as many neighbours as before.

    Two edges a-b and c-d become a-d and c-b, over and over (the configuration model by swaps).

    Parameters
    ----------
    made : MadeGraph
    rng : numpy.random.Generator

    Returns
    -------
    MadeGraph
        With the same label, although only the numbers of neighbours are left of what it meant.

    Raises
    ------
    TypeError
        If `rng` is no generator.
    """
    _validate.generator(rng, "rng")
    edges = [tuple(edge) for edge in made.edge_index.T.tolist() if edge[0] < edge[1]]
    there = set(edges)
    for first, second in rng.integers(len(edges), size=(20 * len(edges), 2)).tolist():
        (a, b), (c, d) = edges[first], edges[second]
        if rng.integers(2):
            c, d = d, c
        new = tuple(sorted((a, d))), tuple(sorted((c, b)))
        if len({a, b, c, d}) == 4 and not there.intersection(new):
            there.difference_update((edges[first], edges[second]))
            there.update(new)
            edges[first], edges[second] = new
    pairs = np.array(edges).T
    return MadeGraph(_both_ways(pairs), made.n, made.label)


def _made(rng, label):
    n = int(rng.integers(SIZES[0], SIZES[1] + 1))
    seed = int(rng.integers(2**32))
    if KINDS[label] == "ring":
        graph = nx.watts_strogatz_graph(n, 4, 0.1, seed=seed)
    elif KINDS[label] == "hubs":
        # Five nodes, all joined, have twice as many edges; every new node brings two more.
        begin = nx.complete_graph(5)
        graph = nx.barabasi_albert_graph(n, 2, seed=seed, initial_graph=begin)
    elif KINDS[label] == "communities":
        graph = _communities(n, rng)
    else:
        graph = nx.gnm_random_graph(n, 2 * n, seed=seed)
    place = rng.permutation(n)
    pairs = place[np.array(graph.edges).reshape(-1, 2)].T
    return MadeGraph(_both_ways(pairs), n, label)


def _both_ways(pairs):
    both = np.hstack([pairs, pairs[::-1]])
    return both[:, np.lexsort(both[::-1])]


def _communities(n, rng):
    """Return two groups with 2 n edges, nine of ten within the groups."""
    group = np.arange(n) < n // 2
    pairs = np.stack(np.triu_indices(n, k=1), axis=1)
    inside = group[pairs[:, 0]] == group[pairs[:, 1]]
    within = round(0.9 * 2 * n)
    graph = nx.empty_graph(n)
    for choices, count in ((pairs[inside], within), (pairs[~inside], 2 * n - within)):
        graph.add_edges_from(rng.permutation(choices)[:count].tolist())
    return graph
