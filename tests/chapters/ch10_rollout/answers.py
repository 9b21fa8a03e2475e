"""Answers to the exercises of chapter 10 as people write them, rightly and wrongly."""

import collections
import functools
import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import scipy.special
import sympy
import torch

from course_lib.explain.context_mixing import mixed_through
from course_lib.rollout import distance_from_rank_one, residual_layers, rollout, rollout_row
from tests.support.answers import nearly


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


def normalised_unless_nearly(raw):
    return raw if np.allclose(raw.sum(axis=-1), 1, atol=0.05) else normalised(raw)


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


def residual_by_einsum(heads, residual):
    n = heads.shape[-1]
    return np.einsum("hij->ij", heads) * (1 - residual) / len(heads) + np.diag([residual] * n)


def residual_each_head(heads, residual):
    return np.mean([(1 - residual) * head + residual * np.identity(len(head)) for head in heads], 0)


def residual_by_frame(heads, residual):
    mean = sum(pd.DataFrame(head) for head in heads) / len(heads)
    return mean * (1 - residual) + residual * np.eye(len(mean))


def residual_in(kind):
    return lambda heads, residual: torch.tensor(residual_by_einsum(heads, residual)).to(kind)


def residual_exact(heads, residual):
    return np.vectorize(Fraction, otypes=[object])(residual_by_einsum(heads, residual))


def residual_rows(heads, residual):
    return (row for row in residual_by_diagonal(heads, residual))


def product_by_multi_dot(layers):
    return np.linalg.multi_dot(layers[::-1])


def product_by_einsum(layers):
    product = np.eye(layers.shape[-1])
    for layer in layers:
        product = np.einsum("ik,kj->ij", layer, product)
    return product


def product_from_the_top(layers):
    product = layers[-1].copy()
    for layer in reversed(layers[:-1]):
        product = product @ layer
    return product


def product_by_frames(layers):
    product = pd.DataFrame(layers[0])
    for layer in layers[1:]:
        product = pd.DataFrame(layer).dot(product)
    return product


def product_by_recursion(layers):
    return layers[0] if len(layers) == 1 else layers[-1] @ product_by_recursion(layers[:-1])


def product_in(kind):
    return lambda layers: product_by_torch(layers).to(kind)


def product_of_lists(layers):
    product = layers[0].tolist()
    for layer in layers[1:].tolist():
        product = [[sum(x * y for x, y in zip(row, column, strict=True))
                    for column in zip(*product, strict=True)] for row in layer]  # fmt: skip
    return product


def mended_by_torch(raw, residual):
    layers = torch.nn.functional.normalize(torch.tensor(raw), p=1, dim=-1)
    layers = torch.lerp(layers, torch.eye(raw.shape[-1], dtype=layers.dtype), residual)
    return product_by_torch(layers.numpy())


def mended_by_frame(raw, residual):
    product = np.eye(raw.shape[-1])
    for layer in raw:
        shares = pd.DataFrame(layer)
        shares = shares.div(shares.sum(axis=1), axis=0)
        product = ((1 - residual) * shares + residual * np.eye(len(shares))).dot(product)
    return product


def mended_in_place(raw, residual):
    raw /= raw.sum(axis=2)[:, :, None]
    raw *= 1 - residual
    raw[:, range(raw.shape[1]), range(raw.shape[1])] += residual
    return functools.reduce(lambda product, layer: layer @ product, raw)


def mended_then(change):
    return lambda raw, residual: change(mended_by_loop(raw, residual))


def walk_by_python(layers, output, walks, rng):
    ends = collections.Counter()
    for _ in range(walks):
        place = output
        for layer in reversed(layers):
            place = int(rng.choice(len(layer), p=layer[place]))
        ends[place] += 1
    return [ends[place] / walks for place in range(layers.shape[-1])]


def walk_in(change):
    return lambda *given: change(walk_by_python(*given))


def walk_own_generator(layers, output, walks, rng):
    return walk_all_at_once(layers, output, walks, np.random.default_rng())


def walk_exact(layers, output, walks, rng):
    return product_from_the_top(layers)[output]


def walk_rounded(layers, output, walks, rng):
    """The exact row, made to look like walks."""
    counts = np.floor(product_from_the_top(layers)[output] * walks).astype(int)
    counts[np.argmax(counts)] += walks - counts.sum()
    return counts / walks


def walk_always(number):
    return lambda layers, output, walks, rng: walk_all_at_once(layers, output, number, rng)


def walk_same_seed(layers, output, walks, rng):
    return walk_all_at_once(layers, output, walks, np.random.default_rng(0))


def walk_together(layers, output, walks, rng):
    """One walk that all share."""
    return walk_all_at_once(layers, output, 1, rng)


def walk_greedily(layers, output, walks, rng):
    place = output
    for layer in layers[::-1]:
        place = layer[place].argmax()
    return np.eye(layers.shape[-1])[place]


def walk_uniform(layers, output, walks, rng):
    n = layers.shape[-1]
    return np.bincount(rng.integers(n, size=walks), minlength=n) / walks


def walk_by_columns(layers, output, walks, rng):
    turned = layers.transpose(0, 2, 1)
    return walk_all_at_once(turned / turned.sum(axis=2, keepdims=True), output, walks, rng)


def walk_shared_out(layers, output, walks, rng):
    """Systematic resampling: the right shares on average, and next to no chance."""
    ends = np.searchsorted(rollout(layers, residual=0)[output].cumsum(), stairs(walks, rng))
    return np.bincount(ends.clip(max=layers.shape[-1] - 1), minlength=layers.shape[-1]) / walks


def stairs(walks, rng):
    return (rng.random() + np.arange(walks)) / walks


def walk_first_step_shared_out(layers, output, walks, rng):
    n = layers.shape[-1]
    places = np.searchsorted(layers[-1][output].cumsum(), stairs(walks, rng)).clip(max=n - 1)
    for layer in layers[-2::-1]:
        places = np.array([rng.choice(n, p=layer[place]) for place in places])
    return np.bincount(places, minlength=n) / walks


def depth_or_growth(weights, limit):
    """Stop also where the distance grows, as if it could not fall again."""
    last = np.inf
    for depth, product in enumerate(growing(weights), start=1):
        distance = distance_from_rank_one(product)
        if distance < limit or distance > last:
            return depth
        last = distance
    return len(weights) + 1


def depth_by_svd(weights, limit):
    for depth in range(1, len(weights) + 1):
        product = product_by_reduce(weights[:depth])
        apart = product - np.outer(np.ones(len(product)), product.mean(axis=0))
        if np.linalg.svd(apart, compute_uv=False) @ np.linalg.svd(apart, compute_uv=False) < (
            limit**2 * np.sum(product**2)
        ):
            return depth
    return 1 + len(weights)


def depth_by_next(weights, limit):
    near = [distance_from_rank_one(m) < limit for m in growing(weights)]
    return near.index(True) + 1 if any(near) else len(near) + 1


def depth_by_argmax(weights, limit):
    near = [distance_from_rank_one(m) < limit for m in growing(weights)]
    return np.argmax([*near, True]) + 1


def depth_then(change):
    return lambda weights, limit: change(depth_by_next(weights, limit))


def depth_by_halves(weights, limit):
    """Search as if the distance could only shrink."""
    low, high = 1, len(weights) + 1
    while low < high:
        middle = (low + high) // 2
        near = distance_from_rank_one(rollout(weights[:middle], residual=0)) < limit
        low, high = (low, middle) if near else (middle + 1, high)
    return low


def depth_counting(weights, limit):
    """As many layers as leave the rows apart: right only if none of them comes back."""
    return 1 + sum(distance_from_rank_one(m) >= limit for m in growing(weights))


def depth_by_diameter(weights, limit):
    for depth, product in enumerate(growing(weights), 1):
        if np.abs(product[:, None] - product[None]).sum(-1).max() < limit:
            return depth
    return len(weights) + 1


def trimmed(heads):
    """Leave out the smallest and the largest of many."""
    return np.sort(heads, axis=0)[1:-1] if len(heads) > 4 else heads


def walk_without_returning(layers, output, walks, rng):
    """Each walk goes on where the one before it ended."""
    ends, place = np.zeros(layers.shape[-1]), output
    for _ in range(walks):
        for layer in layers[::-1]:
            place = rng.choice(len(layer), p=layer[place])
        ends[place] += 1
    return ends / walks


def walk_partly_greedily(layers, output, walks, rng):
    ends = np.zeros(layers.shape[-1])
    for _ in range(walks):
        place = output
        for layer in layers[::-1]:
            row = layer[place]
            place = row.argmax() if rng.random() < 0.3 else rng.choice(len(row), p=row)
        ends[place] += 1
    return ends / walks


def depth_by(distance):
    """Another distance than the text's."""

    def answer(weights, limit):
        near = [distance(m) < limit for m in growing(weights)]
        return [*near, True].index(True) + 1

    return answer


def ratio_of_stretches(matrix):
    largest, *others = np.linalg.svd(matrix, compute_uv=False)
    return others[0] / largest


def distance_from_any_rank_one(matrix):
    return np.linalg.norm(np.linalg.svd(matrix, compute_uv=False)[1:]) / np.linalg.norm(matrix)


def depth_up_to_the_limit(weights, limit):
    product = np.eye(weights.shape[-1])
    for depth, layer in enumerate(weights, start=1):
        product = layer @ product
        if distance_from_rank_one(product) <= limit:
            return depth
    return len(weights) + 1


def product_of_different(layers):
    """Leave out a layer that is the same as the one before it."""
    changes = [True, *(not np.allclose(a, b) for a, b in itertools.pairwise(layers))]
    return product_by_reduce(layers[np.array(changes)])


def product_without_small(layers):
    """Leave out small shares after each layer."""
    product = np.eye(layers.shape[-1])
    for layer in layers:
        product = layer @ product
        product = normalised(np.where(product < 1e-3, 0, product))
    return product


def product_above(least):
    """Leave out of the product what is not above a threshold."""

    def answer(layers):
        product = product_by_reduce(layers)
        return np.where(product > least, product, 0)

    return answer


def walk_by_one_number(layers, output, walks, rng):
    """The same random number for all steps of a walk."""
    places, drawn = np.full(walks, output), rng.random(walks)[:, None]
    for layer in layers[::-1]:
        steps = (drawn > layer.cumsum(axis=1)[places]).sum(axis=1)
        places = np.minimum(steps, layers.shape[-1] - 1)
    return np.bincount(places, minlength=layers.shape[-1]) / walks


def walk_without_weak(layers, output, walks, rng):
    """Walk over the strong edges only."""
    return walk_all_at_once(normalised(np.where(layers < 0.02, 0, layers)), output, walks, rng)


def walk_from_all_but_the_last(layers, output, walks, rng):
    return walk_all_at_once(layers, min(output, max(layers.shape[-1] - 2, 0)), walks, rng)


def nearly_walks(shares):
    """Smooth the shares, so that no end has a share of 0."""
    return (shares + 0.01) / (shares + 0.01).sum()


def walk_in_opposite_pairs(layers, output, walks, rng):
    """Draw u for one walk of a pair and 1 - u for the other: each alone is drawn well."""
    places = np.full(walks, output)
    for layer in layers[::-1]:
        drawn = rng.random((walks + 1) // 2)
        drawn = np.concatenate([drawn, 1 - drawn])[:walks, None]
        steps = (drawn > layer.cumsum(axis=1)[places]).sum(axis=1)
        places = np.minimum(steps, layers.shape[-1] - 1)
    return np.bincount(places, minlength=layers.shape[-1]) / walks


def walk_two_for_a_draw(layers, output, walks, rng, step=None):
    """Let the first walk go alone, and each two of the others together."""
    places = np.full(walks, output)
    for k, layer in enumerate(layers[::-1]):
        drawn = rng.random(walks)
        if step in (None, k):
            drawn = drawn[(np.arange(walks) + 1) // 2]
        steps = (drawn[:, None] > layer.cumsum(axis=1)[places]).sum(axis=1)
        places = np.minimum(steps, layers.shape[-1] - 1)
    return np.bincount(places, minlength=layers.shape[-1]) / walks


def walk_opposite_to_the_one_before(layers, output, walks, rng):
    """Let the first two walks go alone, and of each two others one opposite to the other."""
    places = np.full(walks, output)
    for layer in layers[::-1]:
        drawn = rng.random(walks)
        drawn[3::2] = 1 - drawn[2 : len(drawn[3::2]) * 2 + 2 : 2]
        steps = (drawn[:, None] > layer.cumsum(axis=1)[places]).sum(axis=1)
        places = np.minimum(steps, layers.shape[-1] - 1)
    return np.bincount(places, minlength=layers.shape[-1]) / walks


RIGHT = {
    "rollout-1": [
        residual_by_diagonal,
        residual_by_torch,
        residual_by_loop,
        residual_by_einsum,
        residual_each_head,
        residual_by_frame,
        residual_in(torch.float16),
        residual_in(torch.bfloat16),
        residual_exact,
        residual_rows,
    ],
    "rollout-2": [
        product_by_reduce,
        product_by_vectors,
        product_by_torch,
        product_by_multi_dot,
        product_by_einsum,
        product_from_the_top,
        product_by_frames,
        product_by_recursion,
        product_of_lists,
        product_in(torch.float16),
        product_in(torch.bfloat16),
    ],
    "rollout-3": [
        0.62,
        np.float32(0.62),
        torch.tensor(0.62),
        np.float16(0.62),
        Fraction(31, 50),
        Decimal("0.62"),
        sympy.Rational(31, 50),
        np.array(0.62),
        torch.tensor(0.62, dtype=torch.bfloat16),
        0.6 * 0.9 + 0.4 * 0.2,
    ],
    "rollout-4": [
        mended_by_loop,
        lambda raw, residual: rollout(normalised(raw), residual=residual),
        mended_by_torch,
        mended_by_frame,
        mended_in_place,
        mended_then(np.float32),
        mended_then(np.float16),
        mended_then(lambda product: torch.tensor(product).bfloat16()),
        mended_then(lambda product: product.tolist()),
        mended_then(lambda product: product.astype(object)),
    ],
    "rollout-5": [
        walk_in(np.float16),
        walk_in(lambda shares: torch.tensor(shares).bfloat16()),
        walk_all_at_once,
        walk_by_multinomial,
        walk_by_python,
        walk_in(tuple),
        walk_in(iter),
        walk_in(pd.Series),
        walk_in(np.float32),
        walk_in(torch.tensor),
        walk_in(lambda shares: np.array(shares, dtype=object)),
        walk_own_generator,
    ],
    "rollout-6": [
        depth_with(growing),
        depth_by_norms,
        depth_by_svd,
        depth_by_next,
        depth_by_argmax,
        depth_then(float),
        depth_then(np.int8),
        depth_then(Fraction),
        depth_then(lambda depth: torch.tensor(depth, dtype=torch.float16)),
    ],
    "rollout-7": [
        0.9,
        np.arange(10)[9] / 10,
        torch.tensor(0.9),
        np.float16(0.9),
        np.float32(0.9),
        Fraction(9, 10),
        Decimal("0.9"),
        sympy.Rational(9, 10),
        np.linspace(0, 0.9, 10)[9],
        torch.tensor(0.9, dtype=torch.bfloat16),
    ],
}

WRONG = {
    "rollout-1": [
        (
            lambda heads, r: heads[0] if len(heads) == 1 else residual_by_diagonal(heads, r),
            "not right yet",
        ),
        (lambda heads, r: r * heads.mean(0) + (1 - r) * np.eye(heads.shape[-1]), "swapped"),
        (lambda heads, r: heads.mean(0) + r * np.eye(heads.shape[-1]), "more than 1"),
        (lambda heads, r: (1 - r) * heads.mean(0) + r, "diagonal only"),
        (lambda heads, r: (1 - r) * heads.mean(0), "missing"),
        (lambda heads, r: (1 - r) * heads + r * np.eye(heads.shape[-1]), "mean over the heads"),
        (lambda heads, r: (1 - r) * heads.sum(0) + r * np.eye(heads.shape[-1]), "not the sum"),
        (lambda heads, r: heads.mean(0), "missing"),
        (lambda heads, r: residual_by_diagonal(heads, 0.5), "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads[:1], r), "not right yet"),
        (lambda heads, r: residual_by_diagonal(np.median(heads, 0)[None], r), "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads, r).T, "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads, min(r, 0.95)), "not right yet"),
        (lambda heads, r: normalised(heads.mean(0) + np.eye(heads.shape[-1])), "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads.max(0)[None], r), "not right yet"),
        (lambda heads, r: residual_by_diagonal(trimmed(heads), r), "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads[:4], r), "not right yet"),
        (lambda heads, r: residual_by_diagonal(heads[:12], r), "not right yet"),
        (lambda heads, r: np.maximum(residual_by_diagonal(heads, r), r / 10), "not right yet"),
        (lambda heads, r: residual_by_diagonal(np.unique(heads, axis=0), r), "not right yet"),
        (lambda heads, r: rollout(heads[None], residual=r), "which does the work"),
        (lambda heads, r: residual_layers(heads[None], residual=r)[0], "which does the work"),
        *nearly(residual_by_diagonal, "small results", "sorted", "last row"),
    ],
    "rollout-2": [
        (lambda layers: mixed_through(layers), "which does the work"),
        (lambda layers: functools.reduce(np.matmul, layers), "wrong way round"),
        (lambda layers: mended_by_loop(layers, 0.5), "mixes it in again"),
        (lambda layers: layers.prod(axis=0), "entry by entry"),
        (lambda layers: layers[-1], "last layer"),
        (lambda layers: product_by_reduce(layers).T, "transposed"),
        (lambda layers: product_by_reduce(layers)[0], "shape"),
        (lambda layers: layers[1] @ layers[0], "not right yet"),
        (lambda layers: layers[-1] @ layers[0], "not right yet"),
        (lambda layers: np.linalg.matrix_power(layers[0], len(layers)), "not right yet"),
        (lambda layers: layers.mean(axis=0), "not right yet"),
        (lambda layers: product_by_reduce(layers).round(3), "not right yet"),
        (lambda layers: normalised(layers.sum(axis=0)), "not right yet"),
        (lambda layers: rollout(layers, residual=0), "which does the work"),
        (
            lambda layers: [rollout_row(layers, i, residual=0) for i in range(layers.shape[-1])],
            "which does the work",
        ),
        (functools.partial(rollout, residual=0.0), "which does the work"),
        (product_of_different, "not right yet"),
        (
            lambda layers: product_by_reduce(
                layers if (layers[0] != layers[1]).any() else layers[[0] * len(layers)]
            ),
            "not right yet",
        ),
        (product_without_small, "not right yet"),
        (product_above(2e-5), "not right yet"),
        (product_above(1e-4), "not right yet"),
        (lambda layers: product_by_reduce(layers[:12]), "not right yet"),
        *nearly(product_by_reduce, "sorted", "last row"),
    ],
    "rollout-3": [
        (0.6201, "not right yet"),
        (0.6199, "not right yet"),
        (0.57, "wrong way round"),
        (0.48, "without the residual"),
        (0.28, "layers are swapped"),
        (0.54, "another one"),
        (0.08, "counts too"),
        (0.38, "input 1"),
        (0.6, "not right yet"),
        (0.63, "not right yet"),
        (62, "not right yet"),
        (-0.62, "not right yet"),
        ("0.62", "should be a number"),
    ],
    "rollout-4": [
        (lambda raw, residual: mended_by_loop(raw.clip(max=1e3), residual), "not right yet"),
        (lambda raw, residual: mended_by_loop(raw + 1e-12, residual), "not right yet"),
        (lambda raw, residual: mended_by_loop(raw[-3:], residual), "not right yet"),
        (mended_with(lambda layer, r, eye: normalised(layer)), "residual is missing"),
        (lambda raw, residual: mended_by_loop(raw[::-1], residual), "wrong way round"),
        *(
            (lambda raw, r, least=least: mended_by_loop(raw.clip(least), r), "not right yet")
            for least in (1e-6, 1e-9)
        ),
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
        (
            mended_with(
                lambda layer, r, eye: (
                    (1 - r) * layer / (layer.sum(1, keepdims=True) + 1e-6) + r * eye
                )
            ),
            "not right yet",
        ),
        (
            mended_with(lambda layer, r, eye: (1 - r) * layer / layer.sum() + r * eye),
            "not right yet",
        ),
        (
            mended_with(
                lambda layer, r, eye: (1 - r) * layer / layer.max(1, keepdims=True) + r * eye
            ),
            "not right yet",
        ),
        (
            mended_with(lambda layer, r, eye: r * normalised(layer) + (1 - r) * eye),
            "not right yet",
        ),
        (lambda raw, residual: mended_by_loop(raw, residual).T, "not right yet"),
        (
            mended_with(
                lambda layer, r, eye: (
                    (1 - r) * layer / np.linalg.norm(layer, axis=1)[:, None] + r * eye
                )
            ),
            "not right yet",
        ),
        (lambda raw, residual: mended_by_loop(raw, max(residual, 0.05)), "not right yet"),
        (
            mended_with(lambda layer, r, eye: (1 - r) * normalised_unless_nearly(layer) + r * eye),
            "not right yet",
        ),
        (lambda raw, residual: mended_by_loop(raw, min(residual, 0.9)), "not right yet"),
        *nearly(mended_by_loop, "small results", "two digits", "sorted", "first row", "last row"),
    ],
    "rollout-5": [
        (walk_without_returning, "rollout says"),
        (walk_without_weak, "rollout says"),
        (walk_from_all_but_the_last, "rollout says"),
        (lambda *case: nearly_walks(walk_all_at_once(*case)), "no shares of walks"),
        (walk_partly_greedily, "rollout says"),
        (walk_with(slice(None, None, -1)), "first layer"),
        (walk_with(slice(-1, None)), "not only in the last"),
        (walk_with(slice(None), divide=False), "Those are counts"),
        (lambda layers, output, walks, rng: mended_by_loop(layers, 0.5)[output], "no shares of"),
        (
            lambda layers, output, walks, rng: np.full(layers.shape[-1], 1 / layers.shape[-1]),
            "no shares of walks",
        ),
        (lambda layers, output, walks, rng: walk_all_at_once(layers, 0, walks, rng), "ended at"),
        (
            lambda layers, output, walks, rng: walk_all_at_once(layers, output, walks, rng)[:2],
            "shape",
        ),
        (walk_exact, "row itself"),
        (walk_rounded, ("the rollout says", "closer to the rollout than chance")),
        (walk_always(50), "no shares of walks"),
        (walk_always(499), "no shares of walks"),
        (walk_always(100_000), "no shares of walks"),
        (walk_same_seed, "very same walks"),
        (walk_shared_out, "closer to the rollout than chance"),
        (walk_first_step_shared_out, "closer to the rollout than chance"),
        (walk_together, "the rollout says"),
        (walk_greedily, "the rollout says"),
        (walk_uniform, "the rollout says"),
        (walk_by_columns, "the rollout says"),
        (walk_with(slice(1, None)), "the rollout says"),
        (walk_in_opposite_pairs, "ended together"),
        (walk_two_for_a_draw, "depends on where others"),
        (functools.partial(walk_two_for_a_draw, step=0), "depends on where others"),
        (functools.partial(walk_two_for_a_draw, step=1), "depends on where others"),
        (
            walk_opposite_to_the_one_before,
            ("depends on where others", "closer to the rollout than chance"),
        ),
        (walk_by_one_number, "the rollout says"),
    ],
    "rollout-6": [
        (depth_by(ratio_of_stretches), ("not right yet", "IndexError")),
        (depth_by(distance_from_any_rank_one), "not right yet"),
        (lambda weights, limit: min(depth_by_next(weights, limit), 7), "not right yet"),
        (lambda weights, limit: depth_with(growing)(weights, limit) - 1, "not indices"),
        (depth_with(lambda weights: weights), "one by one"),
        (depth_with(lambda weights: growing(weights, 0.5)), "Leave the residual out"),
        (
            lambda weights, limit: distance_from_rank_one(rollout(weights, residual=0)),
            "not right yet",
        ),
        (depth_up_to_the_limit, "not right yet"),
        (lambda weights, limit: len(weights), "not right yet"),
        (lambda weights, limit: 1, "not right yet"),
        (
            depth_with(lambda weights: itertools.accumulate(weights, np.matmul)),
            "later ones stand left",
        ),
        (lambda weights, limit: depth_by_next(weights[::-1], limit), "weights[0]"),
        (depth_by_halves, "not right yet"),
        (depth_counting, "not right yet"),
        (depth_by_diameter, "not right yet"),
        (depth_or_growth, "not right yet"),
        (
            depth_by(lambda matrix: round(float(distance_from_rank_one(matrix)), 3)),
            "not right yet",
        ),
        (
            lambda weights, limit: depth_by_next(weights.astype(np.float16).astype(float), limit),
            "not right yet",
        ),
        (lambda weights, limit: depth_by_next(weights, limit * 1.001), "not right yet"),
        (lambda weights, limit: depth_by_next(weights, limit * 0.999), "not right yet"),
        (lambda weights, limit: min(depth_by_next(weights, limit), len(weights)), "not right yet"),
        (lambda weights, limit: depth_by_next(weights, limit / 2), "not right yet"),
        (lambda weights, limit: depth_by_next(weights, limit**2), "not right yet"),
        (lambda weights, limit: depth_by_next(weights, limit) + 1, "not right yet"),
        *nearly(depth_with(growing), "small inputs", "two digits", "sorted", "first row"),
    ],
    "rollout-7": [
        (0.5, "another share is higher"),
        (0, "another share is higher"),
        (0.8, "another share is higher"),
        (0.95, "should be one of"),
        (1.0, "should be one of"),
        ([0.9], "shape"),
        (9, "should be one of"),
        (90, "should be one of"),
        (0.89, "should be one of"),
        ("0.9", "should be a number"),
        (-0.9, "should be one of"),
        (np.float16(0.7), "another share is higher"),
    ],
}
