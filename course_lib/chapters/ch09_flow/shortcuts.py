"""What comes close to a maximum flow and is none: the cases of chapter 09 keep away from it."""

import numpy as np


def in_exact_parts(weights):
    """Return nearly the same weights as multiples of 2⁻³⁰, in rows that sum to exactly 1.

    All that a search for a flow adds and subtracts is then exact. NetworkX's `dinitz`, which a
    learner may ask for, stops with an error where rounding leaves a full edge a little room.
    """
    parts = np.round(np.asarray(weights) * 2**30)
    largest = parts.argmax(axis=-1)[..., None]
    rest = 2**30 - parts.sum(axis=-1, keepdims=True)
    np.put_along_axis(parts, largest, np.take_along_axis(parts, largest, -1) + rest, -1)
    return parts / 2**30


def with_faint_edges(n, weight):
    """Return a layer of hardly any attention to others: what a threshold leaves out is all."""
    return (1 - n * weight) * np.eye(n) + weight


def with_a_wrong_turn(order):
    """Return a graph whose shortest and widest path, once it is full, blocks both good ones."""
    start, a, b, d, e, g, f, end = order.tolist()
    weights = np.zeros((8, 8))
    edges = {(start, a): 0.5, (a, d): 0.5, (d, end): 0.5, (start, b): 0.5}
    edges |= {(b, g): 0.5, (g, d): 0.48, (a, e): 0.5, (e, f): 0.48, (f, end): 0.5}
    weights[tuple(np.transpose(list(edges)))] = list(edges.values())
    return weights + np.diag(1 - weights.sum(axis=1)), start, end


def with_a_way_back():
    """Return a graph in which nearly all that flows has to take a step back, nearer to the start.

    Position 1 is one step away from the start, but by a thin edge; by the wide ones, it is three.
    """
    steps = {(0, 1): 0.125, (0, 2): 0.875, (2, 3): 1, (3, 1): 1, (1, 4): 0.75, (1, 1): 0.25}
    weights = np.eye(5) * [0, 0, 0, 0, 1]
    weights[tuple(np.transpose(list(steps)))] = list(steps.values())
    return weights, 0, 4


def layer_by_layer(layers):
    """Return what the formula for two layers gives if it is used again and again: too much."""
    flows = layers[0]
    for layer in layers[1:]:
        flows = np.minimum(layer[:, :, None], flows[None]).sum(axis=1)
    return flows


def through_each_level(layers, output, input_):
    """Return the least that passes any level, from above and below layer by layer: too much."""
    above = [
        layer_by_layer(layers[k:].transpose(0, 2, 1)[::-1])[:, output] for k in range(len(layers))
    ]
    below = [layer_by_layer(layers[: k + 1])[:, input_] for k in range(len(layers))]
    passes = [
        np.minimum(1, np.minimum(up, down)).sum()
        for up, down in zip(above[1:], below, strict=False)
    ]
    return min(1, layers[0, :, input_].sum(), above[0][input_], below[-1][output], *passes)


def widest_first(layers, output, input_):
    """Return what flows if the widest path is filled, again and again: too little."""
    left, sent = layers.copy(), 0.0
    for _ in range(left.size):  # each path fills an edge at least
        wide, below = [left[0, :, input_]], []
        for layer in left[1:]:
            through = np.minimum(layer, wide[-1])
            below.append(through.argmax(axis=1))
            wide.append(through.max(axis=1))
        much, place = wide[-1][output], output
        if much == 0:
            break
        sent += much
        for layer, ways in zip(left[:0:-1], below[::-1], strict=True):
            layer[place, ways[place]] -= much
            place = ways[place]
        left[0, place, input_] -= much
    return sent


def swept_cut(weights, start, end):
    """Return the least cut along the Fiedler vector, which parts the loosest groups: too much."""
    ties = weights + weights.T
    laplacian = np.diag(ties.sum(axis=1)) - ties
    fiedler = np.linalg.eigh(laplacian)[1][:, 1]
    order = np.argsort(fiedler if fiedler[start] < fiedler[end] else -fiedler)
    order = [start, *(k for k in order if k not in (start, end)), end]
    return min(weights[np.ix_(order[:k], order[k:])].sum() for k in range(1, len(order)))
