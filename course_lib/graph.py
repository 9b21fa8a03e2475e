"""Attention weights as a weighted directed graph, and back.

Nodes are positions ``0 .. n-1`` with the token as an attribute: tokens repeat, positions don't.
Edge ``i -> j`` of the default direction ``"attends"`` means *i attends to j*, so the out-weights
of every node sum to 1 and the graph is a Markov chain as it stands. ``"flow"`` is the reverse:
information moves from key j to query i.
"""

import networkx as nx
import numpy as np

from course_lib import _validate

DIRECTIONS = ("attends", "flow")


def attention_graph(weights, tokens=None, *, direction="attends", threshold=0.0):
    """Build the directed graph of one attention matrix.

    Parameters
    ----------
    weights : array_like, shape (n, n)
        ``weights[i, j]``: how much query i attends to key j; rows sum to 1.
    tokens : sequence of str, optional
        One a position; becomes the node attribute ``token``. Default: the positions as text.
    direction : {"attends", "flow"}, default "attends"
        "attends": edge i -> j means i attends to j. "flow": the same edge reversed, j -> i.
    threshold : float, default 0.0
        Only weights *above* it become edges; a weight of exactly 0 is never an edge.

    Returns
    -------
    networkx.DiGraph
        Nodes ``0 .. n-1``, edge attribute ``weight``, graph attributes ``direction`` and
        ``threshold``.

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers or `tokens` is not a sequence of strings.
    ValueError
        If `weights` is not square, negative, not finite, or has a row that does not sum to 1;
        if there are more or fewer tokens than positions; if `direction` or `threshold` is not
        allowed.

    See Also
    --------
    attention_matrix : the inverse.

    Examples
    --------
    >>> graph = attention_graph([[0.9, 0.1], [0.4, 0.6]], ["it", "runs"], threshold=0.3)
    >>> list(graph.edges(data="weight"))
    [(0, 0, 0.9), (1, 0, 0.4), (1, 1, 0.6)]
    >>> graph.nodes[0]["token"]
    'it'
    """
    weights = _validate.weights_array(weights)
    threshold = _validate.real(threshold, "threshold", low=0, high=1)
    _validate.choice(direction, "direction", DIRECTIONS)
    tokens = _validate.token_list(tokens, len(weights))
    graph = nx.DiGraph(direction=direction, threshold=threshold)
    graph.add_nodes_from((position, {"token": token}) for position, token in enumerate(tokens))
    for i, j in np.argwhere(weights > threshold).tolist():
        source, target = (i, j) if direction == "attends" else (j, i)
        graph.add_edge(source, target, weight=float(weights[i, j]))
    return graph


def attention_multigraph(weights, tokens=None, *, direction="attends", threshold=0.0):
    """Build one graph of all heads of a layer: the same nodes, a set of edges for each head.

    Parameters
    ----------
    weights : array_like, shape (h, n, n)
        Attention weights of h heads.
    tokens, direction, threshold
        As for `attention_graph`.

    Returns
    -------
    networkx.MultiDiGraph
        Edge keys are the heads ``0 .. h-1``: ``graph.edges[i, j, head]["weight"]``.

    Raises
    ------
    TypeError, ValueError
        As for `attention_graph`.

    Examples
    --------
    >>> heads = [[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]]
    >>> graph = attention_multigraph(heads, threshold=0.5)
    >>> list(graph.edges(keys=True))
    [(0, 0, 0), (0, 1, 1), (1, 1, 0)]
    """
    weights = _validate.weights_array(weights, ndim=3)
    layer = nx.MultiDiGraph()
    for head, matrix in enumerate(weights):
        graph = attention_graph(matrix, tokens, direction=direction, threshold=threshold)
        layer.graph.update(graph.graph)
        layer.add_nodes_from(graph.nodes(data=True))
        layer.add_edges_from((i, j, head, data) for i, j, data in graph.edges(data=True))
    return layer


def attention_matrix(graph):
    """Read the weights back from a graph: the inverse of `attention_graph`.

    Parameters
    ----------
    graph : networkx.DiGraph
        Nodes ``0 .. n-1`` in any order, edge attribute ``weight``. The graph attribute
        ``direction`` is honoured; without it, edges are taken to mean *attends*.

    Returns
    -------
    numpy.ndarray, shape (n, n)
        ``weights[i, j]``, 0 where there is no edge; rows sum to 1 if no edge was left out.

    Raises
    ------
    TypeError
        If `graph` is not a directed graph, or is a multigraph, or an edge has no weight.
    ValueError
        If its nodes are not ``0 .. n-1``, or a weight is negative or not finite.

    Examples
    --------
    >>> attention_matrix(attention_graph([[0.9, 0.1], [0.4, 0.6]], direction="flow"))
    array([[0.9, 0.1],
           [0.4, 0.6]])
    """
    if not isinstance(graph, nx.DiGraph) or graph.is_multigraph():
        raise TypeError(f"graph must be a networkx.DiGraph, got {type(graph).__name__}")
    n = graph.number_of_nodes()
    if n == 0 or set(graph) != set(range(n)):
        raise ValueError(f"graph must have the positions 0 .. n-1 as nodes, got {list(graph)[:6]}")
    direction = _validate.choice(
        graph.graph.get("direction", "attends"), "graph's direction", DIRECTIONS
    )
    weights = np.zeros((n, n))
    for source, target, weight in graph.edges(data="weight"):
        name = f"graph's weight on {source} -> {target}"
        weights[source, target] = _validate.real(weight, name, low=0)
    return weights if direction == "attends" else weights.T.copy()


def top_edges(weights, k):
    """List the k strongest edges, strongest first.

    Parameters
    ----------
    weights : array_like, shape (n, n)
        Attention weights, rows summing to 1.
    k : int
        How many edges, from 1 to n * n.

    Returns
    -------
    list of (int, int, float)
        ``(i, j, weights[i, j])`` in falling order of weight; equal weights in reading order.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `k` is out of range.

    Examples
    --------
    >>> top_edges([[0.9, 0.1], [0.4, 0.6]], 2)
    [(0, 0, 0.9), (1, 1, 0.6)]
    """
    weights = _validate.weights_array(weights)
    k = _validate.integer(k, "k", low=1, high=weights.size)
    order = np.argsort(-weights, axis=None, kind="stable")[:k]
    queries, keys = np.unravel_index(order, weights.shape)
    return [(int(i), int(j), float(weights[i, j])) for i, j in zip(queries, keys, strict=True)]


def mass_kept(weights, threshold):
    """Return the share of all attention that lies on edges above a threshold.

    Parameters
    ----------
    weights : array_like, shape (n, n)
        Attention weights, rows summing to 1, so that the whole mass is n.
    threshold : float
        Edges of weight above it are kept, as in `attention_graph`.

    Returns
    -------
    float
        Between 0 (nothing kept) and 1 (everything kept).

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `threshold` is not between 0 and 1.

    Examples
    --------
    >>> mass_kept([[0.9, 0.1], [0.4, 0.6]], 0.5)
    0.75
    """
    weights = _validate.weights_array(weights)
    threshold = _validate.real(threshold, "threshold", low=0, high=1)
    return float(weights[weights > threshold].sum() / weights.sum())
