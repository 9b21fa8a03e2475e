"""The exercises of chapter 09 by other ideas than their solutions': slow, and plainly right."""

from itertools import chain, combinations

import numpy as np
from scipy.optimize import linprog


def smallest_cut(weights, start, end):
    """By the theorem: the flow is the smallest of all cuts, and few nodes have few cuts."""
    others = [k for k in range(len(weights)) if k not in (start, end)]
    sides = chain.from_iterable(combinations(others, size) for size in range(len(others) + 1))
    capacities = []
    for more in sides:
        side = [start, *more]
        rest = [k for k in range(len(weights)) if k not in side]
        capacities.append(weights[np.ix_(side, rest)].sum())
    return min(capacities)


def linear_program(layers, output, input):
    """One variable an edge: as much as possible arrives, and nothing is lost on the way."""
    depth, n = len(layers), layers.shape[-1]
    number = np.arange(depth * n * n).reshape(depth, n, n)
    balance = []
    for level in range(1, depth):  # what enters a node from above leaves it downwards
        for k in range(n):
            row = np.zeros(depth * n * n)
            row[number[level, :, k]] = 1
            row[number[level - 1, k, :]] -= 1
            balance.append(row)
    upper = layers.copy()
    upper[-1, np.arange(n) != output] = 0
    arriving = np.zeros(depth * n * n)
    arriving[number[0, :, input]] = -1
    equal = {"A_eq": balance, "b_eq": np.zeros(len(balance))} if balance else {}
    return -linprog(arriving, bounds=[(0, c) for c in upper.ravel()], **equal).fun


def crossing(graph, side):
    """Edge by edge, with the dictionaries of the graph."""
    total = 0
    for u in graph.nodes:
        for v in graph.successors(u):
            crosses = u in side and v not in side
            total += graph.edges[u, v]["capacity"] * crosses
    return total


def path_by_path(second, first):
    """Every path has a pipe of its own in each layer, so its narrower one decides."""
    n = len(first)
    flows = np.zeros((n, n))
    for output, between, input_ in np.ndindex(n, n, n):
        flows[output, input_] += min(second[output, between], first[between, input_])
    return flows


def bounds(layers, below):
    """Number by number, as the text has them."""
    n = len(below)
    least, most = np.zeros((n, n)), np.zeros((n, n))
    for u, v in np.ndindex(n, n):
        for k in range(n):
            least[u, v] += layers[-1][u, k] * below[k, v]
            most[u, v] += layers[0][k, v]
        most[u, v] = min(1.0, most[u, v])
    return least, most


def share(flow, first_layer):
    """Count pairs, with Python's own numbers: many positions have very many."""
    most = [min(1.0, sum(column)) for column in zip(*first_layer.tolist(), strict=True)]
    count = 0
    for row in flow.tolist():
        count += sum(abs(bound - x) <= 1e-6 for bound, x in zip(most, row, strict=True))
    return count / flow.size


BRUTE = {
    "flow-2": smallest_cut,
    "flow-3": linear_program,
    "flow-4": crossing,
    "flow-5": path_by_path,
    "flow-6": bounds,
    "flow-7": share,
}
