"""Attention flow: how much can travel from an output to an input through all layers of a model.

The layers are pipes. An edge runs from position i in one layer to position j in the layer below it,
as far as i attends to j, and its capacity is the weight with the residual mixed in.
"""

import networkx as nx
import numpy as np
from tqdm.auto import tqdm

from course_lib import _validate
from course_lib._pipes import Pipes
from course_lib.rollout import residual_layers


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
    pipes = Pipes(layers)
    pipes.solve(output, input, 0, n)
    side = pipes.above(output, input)
    side[0], side[-1] = np.arange(n) != input, np.arange(n) == output
    # Among all edges in a row, which is found much sooner than along three axes.
    crossing = np.flatnonzero((side[1:, :, None] > side[:-1, None, :]) & (layers > 0))
    ends = np.stack(np.unravel_index(crossing, layers.shape), axis=1).tolist()
    edges = [((below + 1, i), (below, j)) for below, i, j in ends]
    return float(layers.take(crossing).sum()), edges


def attention_flow(weights, *, residual=0.5, fusion="mean", start_layer=0, progress=False):
    r"""Return the largest flow from every output to every input.

    A search for a flow from u to v ends when nothing more gets through. That needs no proof if all
    flows that can leave u, which is 1, or all that the first layer lets into v:

    .. math:: F(u, v) \le b_v = \min\big(1, \textstyle\sum_k \hat A_1[k, v]\big)

    In a causal model only the positions from v to u lie on a way, and the others take no part.

    The first flow in a process loads Numba, which takes part of a second. The very first after an
    installation also compiles the search, which takes a second or two; where no folder can be
    written that could keep the result, each process does so.

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
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3; Dinitz (1970),
    Algorithm for solution of a problem of maximum flow in networks with power estimation.

    Examples
    --------
    >>> attention_flow([[[0.5, 0.5], [0.25, 0.75]]], residual=0)
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    progress = _validate.flag(progress, "progress")
    return _flows(layers, range(layers.shape[-1]), progress)


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
    return _flows(layers, [output])[..., 0, :]


def _of_one_model(weights, residual, fusion, start_layer):
    layers = residual_layers(weights, residual=residual, fusion=fusion, start_layer=start_layer)
    if layers.ndim > 3:
        raise ValueError(f"weights must have 3 or 4 axes, got {layers.ndim + 1}: one model")
    return layers


def _flows(layers, outputs, progress=False):
    """Return the flows from some outputs to all inputs, shape (..., outputs, n)."""
    n = layers.shape[-1]
    flows = np.zeros((*layers.shape[:-3], len(outputs), n))
    for model in np.ndindex(layers.shape[:-3]):
        pipes, causal = Pipes(layers[model]), not np.triu(layers[model], 1).any()
        pairs = [(row, v) for row, u in enumerate(outputs) for v in range(u + 1 if causal else n)]
        for row, v in tqdm(pairs, unit="pair", delay=1, leave=False, disable=not progress):
            u = outputs[row]
            between = (v, u + 1) if causal else (0, n)
            flows[model][row, v] = pipes.solve(u, v, *between)
    return flows
