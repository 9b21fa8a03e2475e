"""Attention flow: how much can travel from an output to an input through all layers of a model.

The layers are pipes. An edge runs from position i in one layer to position j in the layer below it,
as far as i attends to j, and its capacity is the weight with the residual mixed in.
"""

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from course_lib import _validate
from course_lib.rollout import residual_layers

# SciPy's maximum flow counts in int32. A flow is at most 1, so this many parts fit.
PARTS = 2**30
MET = 1e-7  # bounds closer than this have met; rounding to parts stays well below it


def layered_graph(weights, *, residual=0.5):
    """Build the graph of a whole model: each position once in every layer.

    Parameters
    ----------
    weights : array_like, shape (l, h, n, n) or (l, n, n)
        Attention weights of l layers, the first layer first; the heads of a layer are averaged.
    residual : float, default 0.5
        The share of the residual connection in each layer, from 0 to 1.

    Returns
    -------
    networkx.DiGraph
        Nodes ``(layer, position)``, from the inputs in layer 0 to the outputs in layer l. An edge
        ``(layer, i) -> (layer - 1, j)`` has the attribute ``capacity``; those that leave a node
        sum to 1.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights of layers, or `residual` is out of range.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> graph = layered_graph([[[0.0, 1.0], [0.0, 1.0]]])
    >>> list(graph.edges(data="capacity"))
    [((1, 0), (0, 0), 0.5), ((1, 0), (0, 1), 0.5), ((1, 1), (0, 1), 1.0)]
    """
    layers = residual_layers(weights, residual=residual)
    n = layers.shape[-1]
    graph = nx.DiGraph(direction="attends")
    graph.add_nodes_from((layer, i) for layer in range(len(layers) + 1) for i in range(n))
    for below, i, j in np.argwhere(layers > 0).tolist():
        capacity = float(layers[below, i, j])
        graph.add_edge((below + 1, i), (below, j), capacity=capacity)
    return graph


def max_flow(weights, output, input, *, residual=0.5):
    """Return the largest flow from one output to one input, and a cut that shows it is largest.

    Parameters
    ----------
    weights, residual
        As for `layered_graph`.
    output, input : int
        Positions in the last layer and among the inputs, from 0 to n - 1.

    Returns
    -------
    value : float
        From 0 to 1.
    cut : list of ((int, int), (int, int))
        Edges of `layered_graph` without which nothing gets from `output` to `input`; their
        capacities sum to `value`.

    Raises
    ------
    TypeError, ValueError
        As for `layered_graph`, or if `output` or `input` is not a position.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3; Ford and
    Fulkerson (1956), Maximal flow through a network, theorem 1.

    Examples
    --------
    >>> max_flow([[[0.5, 0.5], [0.25, 0.75]]], 1, 0, residual=0)
    (0.25, [((1, 1), (0, 0))])
    """
    layers = residual_layers(weights, residual=residual)
    n = layers.shape[-1]
    output = _validate.integer(output, "output", low=0, high=n - 1)
    input = _validate.integer(input, "input", low=0, high=n - 1)
    top = len(layers)
    if top == 1:
        return float(layers[0, output, input]), [((1, output), (0, input))]
    pipes = _Pipes(layers)
    edges = []
    for start, end in pipes.cut(output, input):
        ends = pipes.place(start, output, input), pipes.place(end, output, input)
        if layers[ends[1][0]][ends[0][1], ends[1][1]] > 0:
            edges.append(ends)
    return float(sum(layers[below][i, j] for (_, i), (below, j) in edges)), edges


def attention_flow(weights, *, residual=0.5):
    r"""Return the largest flow from every output to every input.

    Most pairs need not be solved. The flow from u to v is at most what can leave u, which is 1,
    and what the first layer lets into v:

    .. math:: F_l(u, v) \le b_v = \min\big(1, \textstyle\sum_k \hat A_1[k, v]\big)

    And it is at least what comes of sending a share :math:`\hat A_l[u, k]` of every flow of the
    layer below, which together fill no pipe beyond its capacity:

    .. math:: F_l(u, v) \ge \textstyle\sum_k \hat A_l[u, k] \, F_{l-1}(k, v)

    Where the two meet, there is nothing to solve.

    Parameters
    ----------
    weights, residual
        As for `layered_graph`.

    Returns
    -------
    numpy.ndarray of float64, shape (n, n)
        Row: output, column: input. Within 1e-6 of the exact flows; never below the rollout
        (but for rounding), and in deep models often equal to the bound.

    Raises
    ------
    TypeError, ValueError
        As for `layered_graph`.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3. The bounds
    are this course's own.

    Examples
    --------
    >>> attention_flow([[[0.5, 0.5], [0.25, 0.75]]], residual=0)
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """
    layers = residual_layers(weights, residual=residual)
    most = np.minimum(1, layers[0].sum(axis=0))  # (n,): for each input
    flow = layers[0]
    if len(layers) > 1:  # through each position between, as much as the narrower of two pipes lets
        flow = np.minimum(layers[1][:, :, None], layers[0]).sum(axis=1)
    for depth in range(3, len(layers) + 1):
        least = layers[depth - 1] @ flow
        flow = least
        pipes = _Pipes(layers[:depth])
        for output, input in np.argwhere(least < most - MET).tolist():
            flow[output, input] = pipes.value(output, input)
        flow = np.where(flow < most - MET, flow, most)  # where they met, exactly the bound
    return flow


class _Pipes:
    """The network between one output and one input of at least two layers, for SciPy.

    Node 0 is the output, the last node the input, and between them lie the n positions of each
    inner layer, from the top down. Only the first n and the last n capacities depend on the pair.
    """

    def __init__(self, layers):
        self.layers = layers
        self.n = n = layers.shape[-1]
        inner = len(layers) - 1  # layers of nodes between output and input
        self.parts = np.round(layers * PARTS).astype(np.int32)
        middle = self.parts[1:-1][::-1].ravel()
        self.capacity = np.concatenate([np.zeros(n), middle, np.zeros(n)]).astype(np.int32)
        first = 1 + np.arange(n)
        below = [np.tile(first + n * layer, n) for layer in range(1, inner)]
        sink = 1 + inner * n
        targets = np.concatenate([first, *below, np.full(n, sink)]).astype(np.int32)
        counts = np.concatenate([[n], np.full((inner - 1) * n, n), np.ones(n), [0]])
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.network = csr_array((self.capacity, targets, starts), shape=(sink + 1, sink + 1))

    def solve(self, output, input):
        self.network.data[: self.n] = self.parts[-1][output]
        self.network.data[-self.n :] = self.parts[0][:, input]
        return maximum_flow(self.network, 0, self.network.shape[0] - 1)

    def value(self, output, input):
        return self.solve(output, input).flow_value / PARTS

    def cut(self, output, input):
        """Return the edges (start, end) from what the flow still reaches to what it doesn't."""
        left = csr_array(self.network - self.solve(output, input).flow)
        left.data = np.maximum(left.data, 0)
        left.eliminate_zeros()
        reached = np.zeros(left.shape[0], dtype=bool)
        reached[breadth_first_order(left, 0, return_predecessors=False)] = True
        starts, ends = self.network.nonzero()
        crossing = reached[starts] & ~reached[ends]
        return zip(starts[crossing].tolist(), ends[crossing].tolist(), strict=True)

    def place(self, node, output, input):
        """Return the (layer, position) of a node of the network."""
        top = len(self.layers)
        if node == 0:
            return top, output
        if node == self.network.shape[0] - 1:
            return 0, input
        layer, position = divmod(node - 1, self.n)
        return top - 1 - layer, position
