"""Other implementations, each made ready outside the measured time."""

from importlib.util import find_spec

import networkx as nx
import numpy as np

from benchmarks import Row
from course_lib.flow import layered_graph

MISSING = Row(
    "igraph is missing, a peer of these comparisons",
    "",
    note="make bench installs it, and so does: pip install -e '.[peers]'",
)


def have_igraph():
    """Return whether igraph can be imported."""
    return find_spec("igraph") is not None


def have_all():
    """Return whether every peer that is an extra can be imported."""
    return have_igraph() and find_spec("torch_geometric") is not None


def igraph_of(matrix):
    """Return a matrix as igraph's directed graph, and the list of its weights."""
    import igraph

    edges = np.argwhere(matrix > 0)
    return igraph.Graph(len(matrix), edges, directed=True), matrix[tuple(edges.T)].tolist()


def networkx_flow(layers):
    """Return a function of output and input: the maximum flow by NetworkX's default algorithm."""
    graph, top = layered_graph(layers, residual=0), len(layers)
    return lambda output, input: nx.maximum_flow_value(graph, (top, output), (0, input))


def igraph_flow(layers):
    """Return a function of output and input: igraph's maximum flow."""
    import igraph

    below, i, j = np.nonzero(layers)
    top, n = layers.shape[:2]
    edges = np.stack([(below + 1) * n + i, below * n + j], axis=1)
    graph = igraph.Graph((top + 1) * n, edges, directed=True)
    capacities = layers[below, i, j].tolist()
    return lambda output, input: graph.maxflow_value(top * n + output, input, capacities)
