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
TOGETHER = 2**15  # pipes of pairs that are solved together: what a processor keeps at hand


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
    layers = _of_one_model(weights, residual, fusion, start_layer)
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
    layers = _of_one_model(weights, residual, fusion, start_layer)
    n = layers.shape[-1]
    output = _validate.integer(output, "output", low=0, high=n - 1)
    input = _validate.integer(input, "input", low=0, high=n - 1)
    # Which nodes of each layer, the inputs first, lie on the side of the output.
    side = np.ones((len(layers) + 1, n), dtype=bool)
    side[0, input] = False
    side[-1] = np.arange(n) == output
    if len(layers) > 1:
        inner = _upwards(layers[1:-1])[None]
        side[1:-1] = _Pipes(inner, n).side(layers[-1][[output]], layers[0].T[[input]])
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
        As for `course_lib.rollout.rollout`: there may be axes in front, of models or texts.
    progress : bool, default False
        Whether a bar shows how far it has come, once it has taken a second.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n, n)
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
    return _flows(layers, layers[..., -1, :, :], progress)


def flow_from(weights, output, *, residual=0.5, fusion="mean", start_layer=0):
    """Return the largest flow from one output to every input.

    Parameters
    ----------
    weights, residual, fusion, start_layer
        As for `course_lib.rollout.rollout`: there may be axes in front, of models or texts.
    output : int
        The output position, from 0 to n - 1.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)
        ``attention_flow(weights)[..., output, :]``; the other rows are not solved.

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
    return _flows(layers, layers[..., -1, [output], :])[..., 0, :]


def _of_one_model(weights, residual, fusion, start_layer):
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    if layers.ndim > 3:
        raise ValueError(f"weights must have 3 or 4 axes, got {layers.ndim + 1}: one model")
    return layers


def _flows(layers, tops, progress=False):
    """Return the flows from some rows of the last layers, (..., rows, n), to all inputs."""
    flows = np.empty(tops.shape)
    for model in np.ndindex(layers.shape[:-3]):
        bounds = _bounds(layers[model], tops[model])
        flows[model] = _solve_open(*bounds, layers[model], tops[model], progress)
    return flows


def _bounds(layers, tops):
    """Return the least and the most that can flow from some rows of the last layer, (rows, n)."""
    if len(layers) == 1:
        return tops, tops
    if len(layers) == 2:  # through each position between, as much as the narrower of two pipes lets
        exact = np.minimum(tops[:, :, None], layers[0]).sum(axis=1)
        return exact, exact
    most = np.tile(np.minimum(1, layers[0].sum(axis=0)), (len(tops), 1))  # the same for all outputs
    if _is_causal(layers):  # hardly any pair would be settled
        return np.zeros(tops.shape), most
    n, middle = layers.shape[-1], len(layers) // 2
    brought = _values(layers[middle:-1], tops, np.full(tops.shape, 1 / n))
    drawn = _values(layers[1:middle], np.full((n, n), 1 / n), layers[0].T)
    return np.add.outer(brought, drawn) - 1, most


def _solve_open(least, most, layers, tops, progress=False):
    """Return the flows between two bounds: where these meet, there is nothing to solve."""
    flow = most.copy()
    rows, inputs = np.nonzero(least < most - MET)
    with tqdm(total=len(rows), unit="pair", delay=1, leave=False, disable=not progress) as bar:
        if len(rows) and _is_causal(layers):
            flow[rows, inputs] = _causal_values(layers, tops[rows], inputs, bar.update)
        elif len(rows):
            flow[rows, inputs] = _values(layers[1:-1], tops[rows], layers[0].T[inputs], bar.update)
    return np.minimum(flow, most)  # rounding may lead a little above


def _is_causal(layers):
    return not np.triu(layers, 1).any()


def _causal_values(layers, tops, inputs, told):
    """Return the flows from k rows of the last layer, (k, n), to k inputs, where none looks ahead.

    No way leads over positions before the input, or behind the last that the output reads. Pairs
    with equally many positions between have networks of one shape, and are solved together.
    """
    n, between = layers.shape[-1], _in_parts(layers[1:-1])
    reached = n - np.argmax(tops[:, ::-1] > 0, axis=1)  # one more than the last that it reads
    lengths, values = reached - inputs, np.zeros(len(tops))
    told(int((lengths < 1).sum()))
    for length in range(1, n + 1):
        alike = np.flatnonzero(lengths == length)
        lower, upper = np.nonzero(np.tri(length).T)
        for some in _batches(alike, len(between) * len(upper)):
            first = inputs[some, None]
            inner = between[:, first + upper, first + lower].swapaxes(0, 1)
            on = first + np.arange(length)  # the positions of each pair
            top = np.take_along_axis(tops[some], on, axis=1)
            values[some] = _Pipes(inner, length, True).values(top, layers[0][on, first])
            told(len(some))
    return values


def _values(between, leaving, arriving, told=lambda count: None):
    """Return the flows between k rows of pipes that leave outputs and k that end at inputs, (k,).

    `between` are the layers that lie between the two, shape (l, n, n); l may be 0.
    """
    n, inner = between.shape[-1], _upwards(between)
    values = np.empty(len(leaving))
    for some in _batches(np.arange(len(leaving)), max(1, inner.size)):
        pipes = _Pipes(np.broadcast_to(inner, (len(some), *inner.shape)), n)
        values[some] = pipes.values(leaving[some], arriving[some])
        told(len(some))
    return values


def _batches(pairs, pipes_each):
    """Yield as many pairs at a time as have `TOGETHER` pipes, but at least one."""
    size = max(1, TOGETHER // pipes_each)
    for first in range(0, len(pairs), size):
        yield pairs[first : first + size]


class _Pipes:
    """The networks of some pairs side by side, between pipes that leave outputs and end at inputs.

    `inner` are the capacities in parts of the pipes between n positions of each two layers, shape
    (pairs, l, pipes), the lowest layer first; if `causal` only of those to positions not later.
    All pipes are turned round, which leaves the flow as it is: node 0 is all the inputs, the last
    node all the outputs, and between them are, pair by pair, the n positions of each of l + 1
    layers of nodes, from the bottom up.

    SciPy prepares every network that it is given, and needs long for a small one. And it ends with
    a search from node 0, which is short if all pipes there are full: those to an input often are.
    """

    def __init__(self, inner, n, causal=False):
        self.n = n
        self.ends, self.starts = _ends(inner.shape[1], n, len(inner), causal)
        self.nodes = len(self.starts) - 1
        self.inner = inner.reshape(len(inner), inner[0].size)

    def solve(self, leaving, arriving):
        """Return the network, and what flows in it; both from shape (pairs, n)."""
        above = np.hstack([self.inner, _in_parts(leaving)])
        capacities = np.concatenate([_in_parts(arriving).ravel(), above.ravel()])
        network = csr_array((capacities, self.ends, self.starts), shape=(self.nodes, self.nodes))
        return network, maximum_flow(network, 0, self.nodes - 1).flow

    def values(self, leaving, arriving):
        """Return the flow of each pair, (pairs,)."""
        _, flow = self.solve(leaving, arriving)
        arrived = flow.data[: arriving.size].reshape(arriving.shape)
        return arrived.sum(axis=1, dtype=np.int64) / PARTS

    def side(self, leaving, arriving):
        """Return which nodes of one pair lie above a smallest cut, (l + 1, n), the lowest first."""
        network, flow = self.solve(leaving, arriving)
        below = np.zeros(self.nodes, dtype=bool)
        if (flow.data[: self.n] < network.data[: self.n]).any():  # pipes to the input are no cut
            left = network - flow
            left.eliminate_zeros()
            below[breadth_first_order(left, 0, return_predecessors=False)] = True
        return ~below[1:-1].reshape(-1, self.n)


@lru_cache(maxsize=8)
def _ends(depth, n, pairs, causal):
    """Return for `_Pipes` where each pipe ends, and where the pipes of each node start in that."""
    lower, upper = np.nonzero(np.tri(n).T if causal else np.ones((n, n)))
    nodes = 1 + np.arange(pairs * (depth + 1) * n).reshape(pairs, depth + 1, n)
    inner = nodes[:, 1:, upper].reshape(pairs, -1)
    last = np.full((pairs, n), nodes.size + 1)
    ends = np.concatenate([nodes[:, 0].ravel(), np.hstack([inner, last]).ravel()])
    counts = np.append(np.tile(np.bincount(lower), depth), np.ones(n, dtype=int))
    starts = np.cumsum(np.concatenate([[0, pairs * n], np.tile(counts, pairs), [0]]))
    return ends.astype(np.int32), starts.astype(np.int32)


def _upwards(between):
    """Return the capacities of layers in parts, each from lower to upper positions, (l, n * n)."""
    return _in_parts(between.swapaxes(1, 2)).reshape(len(between), between.shape[-1] ** 2)


def _in_parts(capacities):
    return np.round(capacities * PARTS).astype(np.int32)
