"""The exercises of chapter 10 by other ideas than their solutions': slow, and plainly right."""

from itertools import product as all_of

import numpy as np


def entry_by_entry(heads, residual):
    h, n, _ = heads.shape
    mixed = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        mean = sum(heads[head, i, j] for head in range(h)) / h
        mixed[i, j] = (1 - residual) * mean + (residual if i == j else 0)
    return mixed


def path_by_path(layers):
    """Every path from an output to an input, with its weights multiplied; long ones in parts."""
    depth, n, _ = layers.shape
    if depth > 4:
        lower, upper = path_by_path(layers[:4]), path_by_path(layers[4:])
        return [
            [sum(upper[i][k] * lower[k][j] for k in range(n)) for j in range(n)] for i in range(n)
        ]
    total = np.zeros((n, n))
    for path in all_of(range(n), repeat=depth + 1):  # from the input upwards
        weight = 1.0
        for k in range(depth):
            weight *= layers[k][path[k + 1], path[k]]
        total[path[-1], path[0]] += weight
    return total


def shares_first(raw, residual):
    layers = []
    for matrix in raw:
        rows = [[x / sum(row) for x in row] for row in matrix.tolist()]
        layers.append(entry_by_entry(np.array([rows]), residual))
    return path_by_path(np.array(layers))


def step_by_step(layers, output, walks, rng):
    """Each step by a number between 0 and 1 that falls into one of the row's pieces."""
    n = layers.shape[-1]
    ends = [0] * n
    for _ in range(walks):
        place = output
        for k in range(len(layers) - 1, -1, -1):
            left, row = rng.random(), layers[k][place]
            candidates = [j for j in range(n) if row[j] > 0]
            for place in candidates:
                left -= row[place]
                if left < 0:
                    break
        ends[place] += 1
    return [count / walks for count in ends]


def measured(weights, limit):
    """Every product from scratch, and its distance by the formula."""
    for depth in range(1, len(weights) + 1):
        product = path_by_path(weights[:depth])
        apart = product - np.mean(product, axis=0)
        if np.sqrt((apart**2).sum()) < limit * np.sqrt(np.square(product).sum()):
            return depth
    return len(weights) + 1


BRUTE = {
    "rollout-1": entry_by_entry,
    "rollout-2": path_by_path,
    "rollout-4": shares_first,
    "rollout-5": step_by_step,
    "rollout-6": measured,
}
