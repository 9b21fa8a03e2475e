"""Attention weights as a weighted directed graph, and back.

Nodes are positions ``0 .. n-1`` with the token as an attribute: tokens repeat, positions don't. In
cross-attention, queries and keys are positions of two texts, so that the graph has nodes
``("query", i)`` and ``("key", j)`` and is bipartite.
Edge ``i -> j`` of the default direction ``"attends"`` means *i attends to j*, so the out-weights
of every node sum to 1 and the graph is a Markov chain as it stands. ``"flow"`` is the reverse:
information moves from key j to query i.
"""

import networkx as nx
import numpy as np

from course_lib import _validate

DIRECTIONS = ("attends", "flow")


def attention_graph(weights, tokens=None, *, key_tokens=None, direction="attends", threshold=0.0):
    """Build the directed graph of one attention matrix.

    Parameters
    ----------
    weights : array_like, shape (n, n), or (n_query, n_key) of cross-attention
        ``weights[i, j]``: how much query i attends to key j; rows sum to 1.
    tokens : sequence of str, optional
        One a position; becomes the node attribute ``token``. Default: the positions as text.
    key_tokens : sequence of str, optional
        In cross-attention one a key; `tokens` are then those of the queries. Square weights are
        cross-attention if, and only if, this is given.
    direction : {"attends", "flow"}, default "attends"
        "attends": edge i -> j means i attends to j. "flow": the same edge reversed, j -> i.
    threshold : float, default 0.0
        Only weights *above* it become edges; a weight of exactly 0 is never an edge. It is
        compared with the weights as they are stored, in their own precision.

    Returns
    -------
    networkx.DiGraph
        Nodes ``0 .. n-1``, edge attribute ``weight``, graph attributes ``direction`` and
        ``threshold``. Of cross-attention: nodes ``("query", i)`` and ``("key", j)``, told apart by
        the node attribute ``bipartite`` (0 and 1) too, as NetworkX does.

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers or `tokens` is not a sequence of strings.
    ValueError
        If `weights` is negative, not finite, or has a row that does not sum to 1; if there are
        more or fewer tokens than positions; if `direction` or `threshold` is not allowed.

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
    >>> list(attention_graph([[0.9, 0.1]], ["chat"], key_tokens=["cat", "sat"]).nodes)
    [('query', 0), ('key', 0), ('key', 1)]
    """
    stored, weights = weights, _validate.weights_array(weights, square=False)
    threshold = _validate.real(threshold, "threshold", low=0, high=1)
    _validate.choice(direction, "direction", DIRECTIONS)
    graph = nx.DiGraph(direction=direction, threshold=threshold)
    queries, keys = _add_nodes(graph, weights.shape, tokens, key_tokens)
    for i, j in np.argwhere(_validate.above(stored, threshold)).tolist():
        edge = (queries[i], keys[j]) if direction == "attends" else (keys[j], queries[i])
        graph.add_edge(*edge, weight=float(weights[i, j]))
    return graph


def _add_nodes(graph, shape, tokens, key_tokens):
    """Add the nodes with their tokens; return those of the queries and those of the keys."""
    n_query, n_key = shape
    tokens = _validate.token_list(tokens, n_query)
    if n_query == n_key and key_tokens is None:
        graph.add_nodes_from((i, {"token": token}) for i, token in enumerate(tokens))
        return range(n_query), range(n_key)
    key_tokens = _validate.token_list(key_tokens, n_key, "key_tokens")
    queries, keys = _two_texts(n_query, n_key)
    for side, (nodes, names) in enumerate(((queries, tokens), (keys, key_tokens))):
        for node, token in zip(nodes, names, strict=True):
            graph.add_node(node, token=token, bipartite=side)
    return queries, keys


def _two_texts(n_query, n_key):
    """Return the nodes of cross-attention: those of the queries and those of the keys."""
    return [("query", i) for i in range(n_query)], [("key", j) for j in range(n_key)]


def attention_multigraph(
    weights, tokens=None, *, key_tokens=None, direction="attends", threshold=0.0
):
    """Build one graph of all heads of a layer: the same nodes, a set of edges for each head.

    Parameters
    ----------
    weights : array_like, shape (h, n, n), or (h, n_query, n_key) of cross-attention
        Attention weights of h heads.
    tokens, key_tokens, direction, threshold
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
    if not hasattr(weights, "dtype") and not isinstance(weights, list | tuple):
        weights = _validate.as_numpy(weights, "weights")  # no other type need give up a head
    heads, n_query, n_key = _validate.weights_array(weights, ndim=3, square=False).shape
    tokens = _validate.token_list(tokens, n_query)
    if key_tokens is not None:
        key_tokens = _validate.token_list(key_tokens, n_key, "key_tokens")
    options = {"key_tokens": key_tokens, "direction": direction, "threshold": threshold}
    layer = nx.MultiDiGraph()
    for head in range(heads):
        graph = attention_graph(weights[head], tokens, **options)
        layer.graph.update(graph.graph)
        layer.add_nodes_from(graph.nodes(data=True))
        layer.add_edges_from((i, j, head, data) for i, j, data in graph.edges(data=True))
    return layer


def composition_graph(scores, *, threshold=0.0):
    """Build the graph of the heads of a model: who could steer whom.

    Parameters
    ----------
    scores : array_like, shape (l, h, l, h)
        ``scores[layer, head, reader's layer, reader's head]``, from 0 to 1, and 0 unless the
        reader is in a later layer: as in `course_lib.data.load_head_effects`.
    threshold : float, default 0.0
        Only scores strictly above it become edges.

    Returns
    -------
    networkx.DiGraph
        Nodes (layer, head), all of them; edges run from the head that writes to the one that
        reads, with the score as ``weight``. It is acyclic.

    Raises
    ------
    TypeError, ValueError
        If `scores` have another shape, are out of range, or name a reader that is not later.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits, composition.

    Examples
    --------
    >>> scores = np.zeros((2, 1, 2, 1))
    >>> scores[0, 0, 1, 0] = 0.5
    >>> list(composition_graph(scores).edges(data="weight"))
    [((0, 0), (1, 0), 0.5)]
    """
    stored, scores = scores, _validate.real_array(scores, "scores", ndim=4)
    layers, heads = scores.shape[:2]
    _validate.check_shape(scores, "scores", shape=(layers, heads, layers, heads))
    threshold = _validate.real(threshold, "threshold", low=0, high=1)
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError("scores must be from 0 to 1")
    graph = nx.DiGraph()
    graph.add_nodes_from(np.ndindex(layers, heads))
    for layer, head, *reader in np.argwhere(_validate.above(stored, threshold, "scores")).tolist():
        if reader[0] <= layer:
            raise ValueError(f"scores must be 0 unless the reader is later, got {layer, *reader}")
        weight = float(scores[layer, head, *reader])
        graph.add_edge((layer, head), tuple(reader), weight=weight)
    return graph


def attention_matrix(graph):
    """Read the weights back from a graph: the inverse of `attention_graph`.

    Parameters
    ----------
    graph : networkx.DiGraph
        Nodes ``0 .. n-1`` in any order, or ``("query", i)`` and ``("key", j)`` of
        cross-attention; edge attribute ``weight``. The graph attribute ``direction`` is honoured;
        without it, edges are taken to mean *attends*.

    Returns
    -------
    numpy.ndarray, shape (n, n), or (n_query, n_key) of cross-attention
        ``weights[i, j]``, 0 where there is no edge; rows sum to 1 if no edge was left out.

    Raises
    ------
    TypeError
        If `graph` is not a directed graph, or is a multigraph, or an edge has no weight.
    ValueError
        If its nodes are others, an edge joins two queries or two keys or starts at the wrong one,
        or a weight is negative or not finite.

    Examples
    --------
    >>> attention_matrix(attention_graph([[0.9, 0.1], [0.4, 0.6]], direction="flow"))
    array([[0.9, 0.1],
           [0.4, 0.6]])
    """
    if not isinstance(graph, nx.DiGraph) or graph.is_multigraph():
        raise TypeError(f"graph must be a networkx.DiGraph, got {type(graph).__name__}")
    direction = _validate.choice(
        graph.graph.get("direction", "attends"), "graph's direction", DIRECTIONS
    )
    row, column = _places(graph)
    weights = np.zeros((len(row), len(column)))
    for source, target, weight in graph.edges(data="weight"):
        name = f"graph's weight on {source} -> {target}"
        query, key = (source, target) if direction == "attends" else (target, source)
        if query not in row or key not in column:
            raise ValueError(f"graph must lead from queries to keys, but has {source} -> {target}")
        weights[row[query], column[key]] = _validate.real(weight, name, low=0)
    return weights


def _places(graph):
    """Return for each query its row, and for each key its column."""
    nodes = list(graph)
    n = len(nodes)
    if n and set(nodes) == set(range(n)) and not any(isinstance(node, bool) for node in nodes):
        row = column = dict(zip(range(n), range(n), strict=True))  # 1.0 is found as 1
        return row, column
    n_query = sum(isinstance(node, tuple) and node[:1] == ("query",) for node in nodes)
    queries, keys = _two_texts(n_query, n - n_query)
    if not queries or not keys or set(nodes) != {*queries, *keys}:
        raise ValueError(
            "graph must have the positions 0 .. n-1 as nodes, or ('query', i) and ('key', j), "
            f"got {nodes[:6]}"
        )
    return {node: i for i, node in enumerate(queries)}, {node: j for j, node in enumerate(keys)}


def top_edges(weights, k):
    """List the k strongest edges, strongest first.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
        Attention weights, rows summing to 1, of one head or of any number of heads and layers.
    k : int
        How many edges of all, from 1 to ``weights.size``.

    Returns
    -------
    list of (int, int, float)
        ``(i, j, weights[i, j])`` in falling order of weight; equal weights in reading order. With
        leading axes these come first: ``(layer, head, i, j, weights[layer, head, i, j])``.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `k` is out of range.

    Examples
    --------
    >>> top_edges([[0.9, 0.1], [0.4, 0.6]], 2)
    [(0, 0, 0.9), (1, 1, 0.6)]
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    k = _validate.integer(k, "k", low=1, high=weights.size)
    order = np.argsort(-weights, axis=None, kind="stable")[:k]
    places = np.stack(np.unravel_index(order, weights.shape), axis=1).tolist()
    return [(*place, float(weights[tuple(place)])) for place in places]


def kept_mass(weights, threshold):
    """Return the share of all attention that lies on edges above a threshold.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
        Attention weights, rows summing to 1, so that the whole mass of a head is n_query.
    threshold : float
        Edges of weight above it are kept, as in `attention_graph`.

    Returns
    -------
    float, or numpy.ndarray of float64 of shape (...)
        Between 0 (nothing kept) and 1 (everything kept), for each head.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `threshold` is not between 0 and 1.

    See Also
    --------
    course_lib.sparsity.kept_mass : the share of each row, whatever made the weights sparse.

    Examples
    --------
    >>> kept_mass([[0.9, 0.1], [0.4, 0.6]], 0.5)
    0.75
    """
    stored, weights = weights, _validate.weights_array(weights, ndim=(2,), square=False)
    threshold = _validate.real(threshold, "threshold", low=0, high=1)
    kept = np.where(_validate.above(stored, threshold), weights, 0)
    share = np.minimum(kept.sum(axis=(-2, -1)) / weights.sum(axis=(-2, -1)), 1)
    return float(share) if share.ndim == 0 else share


mass_kept = kept_mass  # its old name: notebooks of learners ask for it
