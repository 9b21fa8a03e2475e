"""Attention flow: how much can travel from an output to an input through all layers of a model.

The layers are pipes. An edge runs from position i in one layer to position j in the layer below it,
as far as i attends to j, and its capacity is the weight with the residual mixed in.
"""

from functools import partial

import networkx as nx
import numpy as np
from tqdm.auto import tqdm

from course_lib import _validate
from course_lib._pipes import PARTS, Pipes, in_parts, pipes_of, upwards
from course_lib.rollout import residual_layers

STRONGEST = 4  # pipes of a position that are tried first
FEW = 2 * STRONGEST  # pipes a position that this makes, about
MET = 1e-12  # bounds closer than this have met
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
        pipes = Pipes(upwards(layers[1:-1])[None], n)
        side[1:-1] = pipes.sides(*pipes.solve(layers[-1][[output]], layers[0].T[[input]]))[0]
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
        often equal to the bound. Each is as large as a cut, exact but for rounding, unless some
        pair has a second cut that is smaller by less than about 1e-8 and is taken for it.

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
    most = _trivial_cuts(layers, tops)
    if _is_causal(layers):  # hardly any pair would be settled
        return np.zeros(tops.shape), most
    n, middle = layers.shape[-1], len(layers) // 2
    brought = _values(layers[middle:-1], tops, np.full(tops.shape, 1 / n))
    whole = int((brought > 1 - MET).sum())  # only these can meet: no input draws more than the most
    drawn, room = np.zeros(n), layers[0].T

    def draw(some):
        drawn[some] = _values(layers[1:middle], np.full((len(some), n), 1 / n), room[some])
        return drawn[some] < np.minimum(1, room[some].sum(axis=1)) - MET

    if whole:
        _while_it_pays(np.arange(n), len(layers) * n * n, draw, saves=whole)
    return np.add.outer(brought, drawn) - 1, most


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


def _solve_open(least, most, layers, tops, progress=False):
    """Return the flows between two bounds: where these meet, there is nothing to solve."""
    flow = most.copy()
    rows, inputs = np.nonzero(least < most - MET)
    with tqdm(total=len(rows), unit="pair", delay=1, leave=False, disable=not progress) as bar:
        if len(rows):
            flow[rows, inputs] = _pairs(layers, tops[rows], inputs, most[rows, inputs], bar.update)
    return np.minimum(flow, most)  # rounding may lead a little above


def _pairs(layers, tops, inputs, most, told):
    """Return the flows from k rows of the last layer, (k, n), to k inputs, none above `most`, (k,).

    In a causal model, no path leads over positions before the input, or behind the last that the
    output reads. Pairs with equally many positions between have networks of one shape, and are
    solved together. Where these are large, a few strong pipes often let through all that can flow.
    """
    n, causal = layers.shape[-1], _is_causal(layers)
    firsts = inputs if causal else np.zeros_like(inputs)
    lengths = n - firsts - (np.argmax(tops[:, ::-1] > 0, axis=1) if causal else 0)
    between, strong, values = in_parts(layers[1:-1]), _strongest(layers[1:-1]), most.copy()
    whole = in_parts(layers).astype(float), in_parts(tops).astype(float)
    smallest = np.full(len(inputs), np.inf)  # of the cuts found so far, in parts

    def solve(some, length, strong_only):
        """Find `values` of some pairs, and return which of them fall short of the most."""
        lower, upper = pipes_of(length, causal)
        on = firsts[some, None] + np.arange(length)  # the positions of each pair
        top, bottom = np.take_along_axis(tops[some], on, axis=1), layers[0][on, inputs[some, None]]
        shared = on if causal else on[:1]  # then all pairs have the same pipes between
        where = np.s_[:, shared[:, upper], shared[:, lower]]
        inner = between[where].swapaxes(0, 1)
        if strong_only:
            main = (upper == top.argmax(axis=1)[:, None]) | (
                lower == bottom.argmax(axis=1)[:, None]
            )
            inner = inner * (strong[where].swapaxes(0, 1) | main[:, None])
        pipes = Pipes(np.broadcast_to(inner, (len(some), *inner.shape[1:])), length, causal)
        network, flow = pipes.solve(top, bottom)
        short = ~pipes.full(flow, top, bottom, smallest[some])
        if short.any() and not strong_only:
            above = np.arange(n) < firsts[some[short], None, None]  # no path leads over those
            above = np.repeat(above, len(layers) - 1, axis=1)
            np.put_along_axis(above, on[short][:, None], pipes.sides(network, flow)[short], axis=2)
            # Other pairs may have the same smallest cut: a flow of its size will show that. Parts
            # tell which cut is smallest, but not how large it is.
            rest = alike[alike >= some[0]]
            for least, inner, leaving in (values, layers, tops), (smallest, *whole):
                cuts = _cuts(above, inner, leaving[rest], inputs[rest])
                least[rest] = np.minimum(least[rest], cuts.min(axis=0))
        told(int((~short).sum()) if strong_only else len(some))
        return short

    for length in np.unique(lengths):
        alike = np.flatnonzero(lengths == length)
        pipes, few = len(pipes_of(length, causal)[0]), length * FEW
        if 4 * few < pipes:
            attempt = partial(solve, length=length, strong_only=True)
            alike = _while_it_pays(alike, len(between) * few, attempt)
        for some in _batches(alike, len(between) * pipes):
            solve(some, length, False)
    return values


def _cuts(above, layers, tops, inputs):
    """Return how much k cuts let through between each of some pairs, (k, pairs).

    `above` tells which nodes lie above each cut, (k, l - 1, n), the lowest first; those of the
    inputs and outputs follow from the pair.
    """
    above = above.swapaxes(0, 1)
    inner = ((above[1:] @ layers[1:-1]) * ~above[:-1]).sum(axis=(0, 2))
    return inner[:, None] + ~above[-1] @ tops.T + (above[0] @ layers[0])[:, inputs]


def _while_it_pays(pairs, pipes_each, attempt, saves=1):
    """Return the pairs where an attempt fails, and those left when it no longer pays.

    A success saves the work of as many attempts.
    """
    failed, tried = [], 0
    for some in _batches(pairs, pipes_each):
        if len(failed) > saves * (tried - len(failed)):
            break
        failed.extend(some[attempt(some)])
        tried += len(some)
    return np.append(failed, pairs[tried:]).astype(int)


def _strongest(between):
    """Return which pipes are among the `STRONGEST` that leave a position, or that arrive there."""
    falling = np.sort(between, axis=2)[:, :, ::-1], np.sort(between, axis=1)[:, ::-1]
    last = min(STRONGEST, between.shape[-1]) - 1
    return (between >= falling[0][:, :, [last]]) | (between >= falling[1][:, [last]])


def _values(between, leaving, arriving):
    """Return the flows between k rows of pipes that leave outputs and k that end at inputs, (k,).

    `between` are the layers that lie between the two, shape (l, n, n); l may be 0.
    """
    n, inner = between.shape[-1], upwards(between)
    values = np.empty(len(leaving))
    for some in _batches(np.arange(len(leaving)), max(1, inner.size)):
        pipes = Pipes(np.broadcast_to(inner, (len(some), *inner.shape)), n)
        ends = leaving[some], arriving[some]
        flow = pipes.solve(*ends)[1]
        most = np.minimum(*(each.sum(axis=1) for each in ends))
        values[some] = np.where(pipes.full(flow, *ends), most, pipes.arrived(flow) / PARTS)
    return values


def _batches(pairs, pipes_each):
    """Yield as many pairs at a time as have `TOGETHER` pipes, but at least one."""
    size = max(1, TOGETHER // pipes_each)
    for first in range(0, len(pairs), size):
        yield pairs[first : first + size]
