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
    """Make graphs of 12 to 24 nodes, the four kinds in turn, each of about 2 n edges.

    "ring": every node is joined to the two nearest on either side, a few edges are redrawn.
    "hubs": new nodes are joined to nodes that have many edges already. "communities": two groups,
    dense within and loose between. "random": edges drawn at random. Nodes are numbered at random,
    so that a number tells nothing.

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
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    return [_made(rng, number % len(KINDS)) for number in range(count)]


def _made(rng, label):
    n = int(rng.integers(SIZES[0], SIZES[1] + 1))
    seed = int(rng.integers(2**32))
    if KINDS[label] == "ring":
        graph = nx.watts_strogatz_graph(n, 4, 0.1, seed=seed)
    elif KINDS[label] == "hubs":
        graph = nx.barabasi_albert_graph(n, 2, seed=seed)
    elif KINDS[label] == "communities":
        graph = _communities(n, seed)
    else:
        graph = nx.gnm_random_graph(n, 2 * n, seed=seed)
    place = rng.permutation(n)
    pairs = place[np.array(graph.edges).reshape(-1, 2)].T
    both = np.hstack([pairs, pairs[::-1]])
    return MadeGraph(both[:, np.lexsort(both[::-1])], n, label)


def _communities(n, seed):
    """Return two groups with 2 n expected edges, nine of ten within the groups."""
    half = n // 2
    sizes = [half, n - half]
    within = sum(size * (size - 1) // 2 for size in sizes)
    between = sizes[0] * sizes[1]
    shares = [0.9 * 2 * n / within, 0.1 * 2 * n / between]
    inside, across = (min(share, 1.0) for share in shares)
    return nx.stochastic_block_model(sizes, [[inside, across], [across, inside]], seed=seed)
