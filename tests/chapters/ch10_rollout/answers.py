"""Answers to the exercises of chapter 10 as people write them, rightly and wrongly."""

import functools

import numpy as np
import scipy.special
import torch

from course_lib.rollout import distance_from_rank_one, rollout


def residual_by_diagonal(heads, residual):
    layer = (1 - residual) * heads.mean(0)
    layer[np.diag_indices(len(layer))] += residual
    return layer


def residual_by_torch(heads, residual):
    mean = torch.tensor(heads, dtype=torch.float32).mean(0)
    return torch.lerp(mean, torch.eye(len(mean)), residual)


def residual_by_loop(heads, residual):
    h, n, _ = heads.shape
    rows = [[(1 - residual) * sum(heads[:, i, j]) / h for j in range(n)] for i in range(n)]
    for i in range(n):
        rows[i][i] += residual
    return rows


def product_by_reduce(layers):
    return functools.reduce(np.matmul, layers[::-1])


def product_by_vectors(layers):
    rows = []
    for row in np.eye(layers.shape[-1]):
        for layer in layers[::-1]:
            row = row @ layer
        rows.append(row)
    return rows


def product_by_torch(layers):
    product = torch.tensor(layers[0])
    for layer in layers[1:]:
        product = torch.tensor(layer) @ product
    return product


def mended_by_loop(raw, residual):
    n = raw.shape[-1]
    product = np.eye(n)
    for layer in raw:
        product = ((1 - residual) * (layer.T / layer.sum(1)).T + residual * np.eye(n)) @ product
    return product


def mended_with(layer_of, finish=lambda product: product):
    def answer(raw, residual):
        eye = np.eye(raw.shape[-1])
        layers = [layer_of(layer, residual, eye) for layer in raw]
        return finish(product_by_reduce(np.array(layers)))

    return answer


def normalised(matrix):
    return matrix / matrix.sum(axis=-1, keepdims=True)


def walk_all_at_once(layers, output, walks, rng):
    places = np.full(walks, output)
    for layer in layers[::-1]:
        steps = layer.cumsum(axis=1)[places]
        places = (rng.random((walks, 1)) > steps).sum(axis=1).clip(max=len(layer) - 1)
    return np.bincount(places, minlength=layers.shape[-1]) / walks


def walk_by_multinomial(layers, output, walks, rng):
    counts = np.zeros(layers.shape[-1], dtype=int)
    counts[output] = walks
    for layer in layers[::-1]:
        counts = sum(
            rng.multinomial(c, row / row.sum()) for c, row in zip(counts, layer, strict=True)
        )
    return torch.tensor(counts) / walks


def walk_with(order, divide=True):
    def answer(layers, output, walks, rng):
        shares = walk_all_at_once(layers[order], output, walks, rng)
        return shares if divide else shares * walks

    return answer


def depth_with(products):
    def answer(weights, limit):
        for depth, product in enumerate(products(weights), 1):
            if distance_from_rank_one(product) < limit:
                return depth
        return len(weights) + 1

    return answer


def growing(weights, residual=0):
    return [rollout(weights[: d + 1], residual=residual) for d in range(len(weights))]


def depth_by_norms(weights, limit):
    product = torch.eye(weights.shape[-1], dtype=torch.float64)
    for depth, layer in enumerate(torch.tensor(weights)):
        product = layer @ product
        if (product - product.mean(0)).norm() / product.norm() < limit:
            return torch.tensor(depth + 1)
    return len(weights) + 1


RIGHT = {
    "rollout-1": [residual_by_diagonal, residual_by_torch, residual_by_loop],
    "rollout-2": [product_by_reduce, product_by_vectors, product_by_torch],
    "rollout-3": [0.62, np.float32(0.62), torch.tensor(0.62)],
    "rollout-4": [
        mended_by_loop,
        lambda raw, residual: rollout(normalised(raw), residual=residual),
    ],
    "rollout-5": [walk_all_at_once, walk_by_multinomial],
    "rollout-6": [depth_with(growing), depth_by_norms],
    "rollout-7": [0.9, np.arange(10)[9] / 10, torch.tensor(0.9)],
}

WRONG = {
    "rollout-1": [
        (lambda heads, r: r * heads.mean(0) + (1 - r) * np.eye(heads.shape[-1]), "swapped"),
        (lambda heads, r: heads.mean(0) + r * np.eye(heads.shape[-1]), "more than 1"),
        (lambda heads, r: (1 - r) * heads.mean(0) + r, "diagonal only"),
        (lambda heads, r: (1 - r) * heads.mean(0), "missing"),
        (lambda heads, r: (1 - r) * heads + r * np.eye(heads.shape[-1]), "mean over the heads"),
        (lambda heads, r: (1 - r) * heads.sum(0) + r * np.eye(heads.shape[-1]), "not the sum"),
        (lambda heads, r: heads.mean(0), "missing"),
        (lambda heads, r: residual_by_diagonal(heads, 0.5), "not right yet"),
    ],
    "rollout-2": [
        (lambda layers: functools.reduce(np.matmul, layers), "wrong way round"),
        (lambda layers: rollout(layers), "mixes it in again"),
        (lambda layers: layers.prod(axis=0), "entry by entry"),
        (lambda layers: layers[-1], "last layer"),
        (lambda layers: product_by_reduce(layers).T, "not right yet"),
        (lambda layers: product_by_reduce(layers)[0], "shape"),
    ],
    "rollout-3": [
        (0.57, "wrong way round"),
        (0.48, "without the residual"),
        (0.28, "layers are swapped"),
        (0.54, "another one"),
        (0.08, "counts too"),
        (0.38, "input 1"),
        (0.6, "not right yet"),
    ],
    "rollout-4": [
        (mended_with(lambda layer, r, eye: normalised(layer)), "residual is missing"),
        (lambda raw, residual: mended_by_loop(raw[::-1], residual), "wrong way round"),
        (
            mended_with(lambda layer, r, eye: normalised((1 - r) * layer + r * eye)),
            "before the residual is mixed in",
        ),
        (mended_with(lambda layer, r, eye: (1 - r) * layer + r * eye), "sum to 1"),
        (mended_with(lambda layer, r, eye: (1 - r) * layer + r * eye, normalised), "too late"),
        (
            mended_with(lambda layer, r, eye: (1 - r) * scipy.special.softmax(layer, 1) + r * eye),
            "no softmax",
        ),
        (
            mended_with(lambda layer, r, eye: (1 - r) * layer / layer.sum(axis=0) + r * eye),
            "columns",
        ),
        (lambda raw, residual: mended_by_loop(raw, 0.3), "not right yet"),
    ],
    "rollout-5": [
        (walk_with(slice(None, None, -1)), "first layer"),
        (walk_with(slice(-1, None)), "starts in the first layer"),
        (walk_with(slice(None), divide=False), "Those are counts"),
        (lambda layers, output, walks, rng: rollout(layers)[output], "the rollout says"),
        (
            lambda layers, output, walks, rng: np.full(layers.shape[-1], 1 / layers.shape[-1]),
            "the rollout says",
        ),
        (lambda layers, output, walks, rng: walk_all_at_once(layers, 0, walks, rng), "ended at"),
        (
            lambda layers, output, walks, rng: walk_all_at_once(layers, output, walks, rng)[:2],
            "shape",
        ),
    ],
    "rollout-6": [
        (lambda weights, limit: depth_with(growing)(weights, limit) - 1, "not indices"),
        (depth_with(lambda weights: weights), "one by one"),
        (
            depth_with(lambda weights: growing(weights, 0.5)),
            ("Count layers, not indices", "Leave the residual out", "multiply them"),
        ),
        (
            lambda weights, limit: distance_from_rank_one(rollout(weights, residual=0)),
            "not right yet",
        ),
        (lambda weights, limit: len(weights), "not right yet"),
        (lambda weights, limit: 1, ("Count layers, not indices", "not right yet")),
    ],
    "rollout-7": [
        (0.5, "one is higher"),
        (0, "one is higher"),
        (0.8, "one is higher"),
        (0.95, "should be one of"),
        (1.0, "should be one of"),
        ([0.9], "shape"),
    ],
}
