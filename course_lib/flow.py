"""Attention flow: how much can travel from an output to an input through all layers of a model.

The layers are pipes. An edge runs from position i in one layer to position j in the layer below it,
as far as i attends to j, and its capacity is the weight with the residual mixed in.
"""

import networkx as nx
import numpy as np
from tqdm.auto import tqdm

from course_lib import _validate
from course_lib._pipes import PARTS, Pipes, in_parts
from course_lib.rollout import residual_layers

MET = 1e-12  # bounds closer than this have met


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
        leaving, arriving = in_parts(layers[-1][output]), in_parts(layers[0][:, input])
        pipes = Pipes(in_parts(layers[1:-1]), turned=arriving.sum() < leaving.sum())
        pipes.solve(leaving, arriving)
        side[1:-1] = pipes.above()
    crossing = side[1:, :, None] & ~side[:-1, None, :] & (layers > 0)
    edges = [((below + 1, i), (below, j)) for below, i, j in np.argwhere(crossing).tolist()]
    return float(layers[crossing].sum()), edges


def attention_flow(weights, *, residual=0.5, fusion="mean", start_layer=0, progress=False):
    r"""Return the largest flow from every output to every input.

    Where attention is spread evenly enough, most pairs need not be solved. The flow from u to v is
    at most what can leave u, which is 1, and what the first layer lets into v:

    .. math:: F(u, v) \le b_v = \min\big(1, \textstyle\sum_k \hat A_1[k, v]\big)

    where only pipes on a path from u to v count, which in a causal model are those of the positions
    between. And it is at least what fits through the positions of a layer in the middle when each
    of them lets no more than 1/n through. Let t_u be the most that u can bring to the middle in
    this way, and d_v the most that v can draw from it when the middle is full. What u leaves empty
    there is no more than 1 - t_u, so

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
        Row: output, column: input. Never below the rollout (but for rounding), and in deep models
        often equal to the bound. Exact to about 1e-12: capacities are rounded to parts of 2^-50.

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
        flows[model] = _solve_open(layers[model], tops[model], progress)
    return flows


def _solve_open(layers, tops, progress=False):
    """Return the flows from some rows of the last layer, (rows, n), to all inputs.

    Where two bounds meet, there is nothing to solve. In a causal model no path leads over positions
    before the input, so that each input has a smaller network of its own.
    """
    least, most = _bounds(layers, tops)
    inputs, rows = np.nonzero((least < most - MET).T)
    causal, flow, values = _is_causal(layers), most.copy(), np.empty(len(rows))
    firsts = inputs if causal else np.zeros_like(inputs)
    between, leaving, arriving = map(in_parts, (layers[1:-1], tops, layers[0].T))
    with tqdm(total=len(rows), unit="pair", delay=1, leave=False, disable=not progress) as bar:
        for first in np.unique(firsts):
            some, on = firsts == first, slice(first, None)
            pairs, ends = (rows[some], inputs[some]), (leaving[:, on], arriving[:, on])
            values[some] = _values(between[:, on, on], *ends, pairs, causal, bar.update)
    at_most = most[rows, inputs]
    flow[rows, inputs] = np.where(values < at_most - MET, values, at_most)
    return flow


def _values(between, leaving, arriving, pairs=None, causal=False, told=lambda: None):
    """Return the flows of some pairs of rows of two matrices: what leaves, and what arrives.

    All are in parts; without `pairs`, each row of one goes with each of the other. In a causal
    model, no path leads over positions behind the last that the output reads.
    """
    rows, inputs = pairs or np.indices((len(leaving), len(arriving))).reshape(2, -1)
    sizes = np.full(len(leaving), leaving.shape[1])
    if causal:
        sizes -= np.argmax(leaving[:, ::-1] > 0, axis=1)
    room = arriving.cumsum(axis=1)[inputs, sizes[rows] - 1]
    turned = (room < leaving.sum(axis=1)[rows]).astype(int)
    networks, values = (Pipes(between), Pipes(between, turned=True)), np.empty(len(rows))
    for pair in np.argsort(sizes[rows], kind="stable"):
        row, input = rows[pair], inputs[pair]
        ends = leaving[row, : sizes[row]], arriving[input, : sizes[row]]
        values[pair] = networks[turned[pair]].solve(*ends)
        told()
    return values / PARTS


def _bounds(layers, tops):
    """Return the least and the most that can flow from some rows of the last layer, (rows, n)."""
    if len(layers) == 1:
        return tops, tops
    if len(layers) == 2:  # through each position between, as much as the narrower of two pipes lets
        exact = np.minimum(tops[:, :, None], layers[0]).sum(axis=1)
        return exact, exact
    least, most = np.zeros(tops.shape), _trivial_cuts(layers, tops)
    if not _is_causal(layers):  # there, hardly any pair would be settled
        n, middle = layers.shape[-1], len(layers) // 2
        inner, share = in_parts(layers), in_parts(np.full((1, n), 1 / n))
        brought = _values(inner[middle:-1], in_parts(tops), share)
        if (brought > 1 - MET).any():  # only these can meet: no input draws more than the most
            drawn = _values(inner[1:middle], share, inner[0].T)
            least = np.add.outer(brought, drawn) - 1
    return least, most


def _trivial_cuts(layers, tops):
    """Return the smaller of two cuts of each pair: the pipes at its output, or those at its input.

    Only those that lie on a path from the one to the other count.
    """
    ways = layers[-2] > 0  # from a position below the outputs to one above the inputs
    for layer in layers[-3:0:-1]:
        ways = ways @ layer > 0
    leaving = 1 - tops @ ~(ways @ layers[0] > 0)
    arriving = (tops @ ways > 0) @ layers[0]
    return np.clip(np.minimum(leaving, arriving), 0, 1)


def _is_causal(layers):
    return not np.triu(layers, 1).any()
