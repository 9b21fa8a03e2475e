"""Attention flow: how much can travel from an output to an input through all layers of a model.

The layers are pipes. An edge runs from position i in one layer to position j in the layer below it,
as far as i attends to j, and its capacity is the weight with the residual mixed in.
"""

from functools import lru_cache

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from tqdm.auto import tqdm

from course_lib import _validate
from course_lib.rollout import residual_layers

# SciPy's maximum flow counts in int32. A flow is at most 1, so this many parts fit.
PARTS = 2**30
MET = 1e-7  # bounds closer than this have met; rounding to parts stays well below it


def layered_graph(weights, *, residual=0.5, fusion="mean", start_layer=0):
    """Build the graph of a whole model: each position once in every layer.

    Parameters
    ----------
    weights : array_like, shape (l, h, n, n) or (l, n, n)
        Attention weights of l layers, the first layer first.
    residual : float, default 0.5
        The share of the residual connection in each layer, from 0 to 1.
    fusion : {"mean", "max", "min"}, default "mean"
        How the heads of a layer become one matrix, as in `course_lib.rollout.rollout`.
    start_layer : int, default 0
        The first layer that takes part; what flows arrives at its inputs, which are layer 0 of the
        graph then.

    Returns
    -------
    networkx.DiGraph
        Nodes ``(layer, position)``, from the inputs in layer 0 to the outputs in layer l. An edge
        ``(layer, i) -> (layer - 1, j)`` has the attribute ``capacity``; those that leave a node
        sum to 1.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights of layers, an option is out of range, or the minimum
        over the heads leaves a row of zeros.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> graph = layered_graph([[[0.0, 1.0], [0.0, 1.0]]])
    >>> list(graph.edges(data="capacity"))
    [((1, 0), (0, 0), 0.5), ((1, 0), (0, 1), 0.5), ((1, 1), (0, 1), 1.0)]
    """
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    n = layers.shape[-1]
    graph = nx.DiGraph(direction="attends")
    graph.add_nodes_from((layer, i) for layer in range(len(layers) + 1) for i in range(n))
    for below, i, j in np.argwhere(layers > 0).tolist():
        capacity = float(layers[below, i, j])
        graph.add_edge((below + 1, i), (below, j), capacity=capacity)
    return graph


def max_flow(weights, output, input, *, residual=0.5, fusion="mean", start_layer=0):
    """Return the largest flow from one output to one input, and a cut that shows it is largest.

    Parameters
    ----------
    weights, residual, fusion, start_layer
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
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    n = layers.shape[-1]
    output = _validate.integer(output, "output", low=0, high=n - 1)
    input = _validate.integer(input, "input", low=0, high=n - 1)
    # Which nodes of each layer, the inputs first, lie on the side of the output.
    side = np.ones((len(layers) + 1, n), dtype=bool)
    side[0, input] = False
    side[-1] = np.arange(n) == output
    if len(layers) > 1:
        side[1:-1] = _Pipes(layers[1:-1]).side(layers[-1][output], layers[0][:, input])
    crossing = side[1:, :, None] & ~side[:-1, None, :] & (layers > 0)
    edges = [((below + 1, i), (below, j)) for below, i, j in np.argwhere(crossing).tolist()]
    return float(layers[crossing].sum()), edges


def attention_flow(weights, *, residual=0.5, fusion="mean", start_layer=0, progress=False):
    r"""Return the largest flow from every output to every input.

    In deep models most pairs need not be solved. The flow from u to v is at most what can leave
    u, which is 1, and what the first layer lets into v:

    .. math:: F(u, v) \le b_v = \min\big(1, \textstyle\sum_k \hat A_1[k, v]\big)

    And it is at least what fits through the positions of a layer in the middle when each of them
    lets no more than 1/n through. Let t_u be the most that u can bring to the middle in this way,
    and d_v the most that v can draw from it when the middle is full. What u leaves empty there is
    no more than 1 - t_u, so

    .. math:: F(u, v) \ge t_u + d_v - 1

    Where the two bounds meet, there is nothing to solve: 2 n small flows stand for n² large ones.

    Parameters
    ----------
    weights, residual, fusion, start_layer
        As for `layered_graph`.
    progress : bool, default False
        Whether a bar shows how far it has come, once it has taken a second.

    Returns
    -------
    numpy.ndarray of float64, shape (n, n)
        Row: output, column: input. Within 1e-6 of the exact flows; never below the rollout
        (but for rounding), and in deep models often equal to the bound.

    Raises
    ------
    TypeError, ValueError
        As for `layered_graph`.

    See Also
    --------
    flow_from : one row of it.

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
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    progress = _validate.flag(progress, "progress")
    return _solve_open(*_bounds(layers, layers[-1]), layers, layers[-1], progress)


def flow_from(weights, output, *, residual=0.5, fusion="mean", start_layer=0):
    """Return the largest flow from one output to every input.

    Parameters
    ----------
    weights, residual, fusion, start_layer
        As for `layered_graph`.
    output : int
        The output position, from 0 to n - 1.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        ``attention_flow(weights)[output]``; the other rows are not solved.

    Raises
    ------
    TypeError, ValueError
        As for `layered_graph`, or if `output` is not a position.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> flow_from([[[0.5, 0.5], [0.25, 0.75]]], 1, residual=0)
    array([0.25, 0.75])
    """
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    output = _validate.integer(output, "output", low=0, high=layers.shape[-1] - 1)
    top = layers[-1, [output]]
    return _solve_open(*_bounds(layers, top), layers, top)[0]


def _bounds(layers, tops):
    """Return the least and the most that can flow from some rows of the last layer, (rows, n)."""
    if len(layers) == 1:
        return tops, tops
    if len(layers) == 2:  # through each position between, as much as the narrower of two pipes lets
        exact = np.minimum(tops[:, :, None], layers[0]).sum(axis=1)
        return exact, exact
    middle = len(layers) // 2
    even = np.full(layers.shape[-1], 1 / layers.shape[-1])
    above, below = _Pipes(layers[middle:-1]), _Pipes(layers[1:middle])
    brought = [above.value(top, even) for top in tops]
    drawn = [below.value(even, bottom) for bottom in layers[0].T]
    most = np.minimum(1, layers[0].sum(axis=0))  # (n,): for each input
    return np.add.outer(brought, drawn) - 1, np.tile(most, (len(tops), 1))


def _solve_open(least, most, layers, tops, progress=False):
    """Return the flows between two bounds: where these meet, there is nothing to solve."""
    flow = most.copy()
    causal = not np.triu(layers, 1).any()
    pipes = None if causal else _Pipes(layers[1:-1])
    pairs = np.argwhere(least < most - MET).tolist()
    for row, input in tqdm(pairs, unit="pair", delay=1, leave=False, disable=not progress):
        top, bottom = tops[row], layers[0][:, input]
        if not causal:
            solved = pipes.value(top, bottom)
        elif not top[input:].any():
            solved = 0.0
        else:  # positions before the input, or behind what the output reads, are on no way
            part = slice(input, np.flatnonzero(top)[-1] + 1)
            solved = _Pipes(layers[1:-1, part, part]).value_without_zeros(top[part], bottom[part])
        flow[row, input] = min(solved, most[row, input])  # rounding may lead a little above
    return flow


class _Pipes:
    """The network between a row of pipes that leave an output and a column that ends at an input.

    `between` are the layers that lie between the two, shape (l, n, n), the lowest first; l may be
    0. Node 0 is the output, the last node the input, and between them are the n positions of each
    of l + 1 layers of nodes, from the top down. Only the first n and the last n capacities depend
    on the pair.
    """

    def __init__(self, between):
        self.n = n = between.shape[-1]
        ends, starts = _ends(len(between), n)
        pipes = np.concatenate([np.zeros(n), between[::-1].ravel(), np.zeros(n)])
        nodes = len(starts) - 1
        self.network = csr_array((_in_parts(pipes), ends, starts), shape=(nodes, nodes))

    def solve(self, leaving, arriving):
        return maximum_flow(self._between(leaving, arriving), 0, self.network.shape[0] - 1)

    def value(self, leaving, arriving):
        return self.solve(leaving, arriving).flow_value / PARTS

    def value_without_zeros(self, leaving, arriving):
        """Return the same in less time where many pipes let nothing through."""
        network = self._between(leaving, arriving).copy()  # its places are shared by all networks
        network.eliminate_zeros()
        return maximum_flow(network, 0, network.shape[0] - 1).flow_value / PARTS

    def _between(self, leaving, arriving):
        self.network.data[: self.n] = _in_parts(leaving)
        self.network.data[-self.n :] = _in_parts(arriving)
        return self.network

    def side(self, leaving, arriving):
        """Return which nodes more could still flow to, shape (l + 1, n), the lowest layer first."""
        found, nodes = self.solve(leaving, arriving), self.network.shape[0]
        if found.flow_value == self.network.data[-self.n :].sum():  # the last pipes are the cut
            return np.ones(((nodes - 2) // self.n, self.n), dtype=bool)
        left = self.network - found.flow
        left.eliminate_zeros()
        reached = np.zeros(nodes, dtype=bool)
        reached[breadth_first_order(left, 0, return_predecessors=False)] = True
        return reached[1:-1].reshape(-1, self.n)[::-1]


@lru_cache(maxsize=8)
def _ends(layers, n):
    """Return for `_Pipes` where each pipe ends, and where the pipes of each node start in that."""
    inner = (layers + 1) * n  # nodes between output and input
    nodes = 1 + np.arange(inner).reshape(-1, n)
    ends = [nodes[0], np.repeat(nodes[1:], n, axis=0).ravel(), np.full(n, inner + 1)]
    counts = np.concatenate([[0, n], np.full(inner - n, n), np.ones(n), [0]])
    return np.concatenate(ends).astype(np.int32), np.cumsum(counts).astype(np.int32)


def _in_parts(capacities):
    return np.round(capacities * PARTS).astype(np.int32)
