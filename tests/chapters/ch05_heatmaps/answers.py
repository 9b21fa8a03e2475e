"""Answers to the exercises of chapter 05 as people draw them, rightly and wrongly."""

import matplotlib.colors
import numpy as np
import scipy.cluster.hierarchy
import seaborn
import torch


def named(axes, tokens, x="key (attended to)", y="query (attends)"):
    axes.set_xticks(range(len(tokens)), tokens)
    axes.set_yticks(range(len(tokens)), tokens)
    axes.set(xlabel=x, ylabel=y)


def image(change=lambda weights: weights, x="Key", y="Query", **options):
    def draw_weights(axes, weights, tokens):
        axes.imshow(change(weights), **{"vmin": 0, "vmax": 1, **options})
        named(axes, tokens, x, y)

    return draw_weights


def by_seaborn(axes, weights, tokens):
    seaborn.heatmap(weights, vmin=0, vmax=1, ax=axes, xticklabels=tokens, yticklabels=tokens)
    axes.set(xlabel="keys", ylabel="queries, one a row")


def by_mesh(axes, weights, tokens):
    axes.pcolormesh(torch.tensor(weights), vmin=0, vmax=1)
    middles = np.arange(len(tokens)) + 0.5
    axes.set_xticks(middles, tokens)
    axes.set_yticks(middles, tokens)
    axes.set(xlabel="the key", ylabel="the query")
    axes.invert_yaxis()


def on_its_head(axes, weights, tokens):
    by_mesh(axes, weights, tokens)
    axes.invert_yaxis()


def without_ticks(axes, weights, tokens):
    axes.imshow(weights, vmin=0, vmax=1)
    axes.set(xlabel="key", ylabel="query")


def pair(left_options, right_options=None):
    """Draw both with options that may depend on the two matrices."""

    def draw_pair(left, right, first, second):
        left.imshow(first, **left_options(first, second))
        right.imshow(second, **(right_options or left_options)(first, second))

    return draw_pair


def shared(first, second):
    return {"vmin": 0, "vmax": max(first.max(), second.max())}


def pair_by_seaborn(left, right, first, second):
    for axes, matrix in ((left, first), (right, second)):
        seaborn.heatmap(matrix, ax=axes, vmin=0, vmax=1)


def pair_by_norm(left, right, first, second):
    norm = matplotlib.colors.Normalize(0, np.maximum(first, second).max())
    left.imshow(first, norm=norm)
    right.imshow(second, norm=norm)


def difference(limits, change=lambda first, second: first - second, cmap="RdBu"):
    def draw_difference(axes, first, second):
        shown = change(first, second)
        low, high = limits(shown)
        axes.imshow(shown, vmin=low, vmax=high, cmap=cmap)

    return draw_difference


def symmetric(shown):
    return -np.abs(shown).max(), np.abs(shown).max()


def difference_by_seaborn(axes, first, second):
    seaborn.heatmap(first - second, ax=axes, center=0, vmin=-1, vmax=1, cmap="vlag")


def difference_by_norm(axes, first, second):
    axes.imshow(first - second, norm=matplotlib.colors.CenteredNorm(0), cmap="coolwarm")


def annotated(most=10, decimals=2, turn=False, shift=0.0):
    def draw_annotated(axes, weights):
        axes.imshow(weights, vmin=0, vmax=1)
        if len(weights) <= most:
            for (i, j), weight in np.ndenumerate(weights):
                x, y = (i, j) if turn else (j, i)
                axes.text(x + shift, y, f"{weight:.{decimals}f}", ha="center", va="center")

    return draw_annotated


def annotated_by_seaborn(axes, weights):
    seaborn.heatmap(weights, ax=axes, vmin=0, vmax=1, annot=len(weights) <= 10, fmt=".2f")


def masked(change):
    return lambda axes, weights, mask: axes.imshow(change(weights, mask), vmin=0, vmax=1)


def laplacian_of(weights):
    alike = (weights + weights.T) / 2
    return np.diag(alike.sum(axis=1)) - alike


def order_by_fiedler(weights):
    return np.argsort(np.linalg.eigh(laplacian_of(weights))[1][:, 1])


def order_by_torch(weights):
    return torch.linalg.eigh(torch.tensor(laplacian_of(weights)))[1][:, 1].argsort(descending=True)


def order_by_clusters(weights):
    tree = scipy.cluster.hierarchy.linkage(weights + weights.T, "average")
    return scipy.cluster.hierarchy.leaves_list(tree).tolist()


def order_by_eigenvector(which):
    return lambda weights: np.argsort(np.linalg.eigh(laplacian_of(weights))[1][:, which])


RIGHT = {
    "heatmaps-1": ["key", " Key"],
    "heatmaps-2": [image(), image(np.float32), by_seaborn, by_mesh],
    "heatmaps-3": [pair(shared), pair_by_seaborn, pair_by_norm],
    "heatmaps-4": [difference(symmetric), difference_by_seaborn, difference_by_norm],
    "heatmaps-5": [annotated(), annotated_by_seaborn],
    "heatmaps-6": [
        masked(lambda weights, mask: np.where(mask, weights, np.nan)),
        masked(lambda weights, mask: np.ma.masked_array(weights, ~mask)),
        lambda axes, weights, mask: seaborn.heatmap(weights, mask=~mask, ax=axes),
    ],
    "heatmaps-7": [order_by_fiedler, order_by_torch, order_by_clusters],
}

WRONG = {
    "heatmaps-1": [
        ("query", "A query is a row"),
        ("QUERY", "A query is a row"),
        ("column", "should be one of"),
        (True, "should be one of"),
        (["key"], "should be one of"),
    ],
    "heatmaps-2": [
        (image(np.transpose), "transposed"),
        (image(vmax=None), "vmin=0, vmax=1"),
        (image(vmin=None), "vmin=0, vmax=1"),
        (image(x="query", y="key"), "rows are queries"),
        (image(x=""), "should hold the word"),
        (on_its_head, "on its head"),
        (image(origin="lower"), "on its head"),
        (without_ticks, "The ticks of the x axis"),
        (lambda axes, weights, tokens: None, "nothing was drawn"),
        (image(np.sqrt), "do not hold the numbers"),
        (image(lambda weights: weights[:2]), "cells, got (2, 3)"),
    ],
    "heatmaps-3": [
        (pair(lambda first, second: {}), "same vmin and vmax"),
        (
            pair(
                lambda first, second: {"vmin": 0, "vmax": first.max()},
                lambda first, second: {"vmin": 0, "vmax": second.max()},
            ),
            "same vmin and vmax",
        ),
        (pair(lambda first, second: {"vmin": 0.1, "vmax": 1}), "begins at"),
        (pair(lambda first, second: {"vmin": 0, "vmax": first.max()}), "ends at"),
        (pair(shared, lambda a, b: {**shared(a, b), "cmap": "Reds"}), "different colour maps"),
        (
            lambda left, right, first, second: pair(shared)(left, right, second, first),
            "do not hold",
        ),
        (lambda left, right, first, second: left.imshow(first, vmin=0, vmax=1), "right heatmap"),
    ],
    "heatmaps-4": [
        (difference(lambda shown: (shown.min(), shown.max())), "equally far"),
        (difference(lambda shown: (0, 1)), "equally far"),
        (difference(lambda shown: (-0.01, 0.01)), "The colours end at 0.01"),
        (difference(symmetric, cmap="viridis"), "diverging"),
        (difference(symmetric, cmap="Blues"), "diverging"),
        (difference(symmetric, cmap="twilight"), "diverging"),
        (difference(symmetric, cmap="jet"), "diverging"),
        (difference(symmetric, lambda first, second: second - first), "wrong sign"),
        (difference(symmetric, lambda first, second: abs(first - second)), "do not hold"),
    ],
    "heatmaps-5": [
        (annotated(most=30), "write none"),
        (annotated(most=9), "every cell"),
        (annotated(decimals=1), "two decimals"),
        (annotated(turn=True), "transposed"),
        (annotated(shift=3), "outside"),
        (lambda axes, weights: axes.imshow(weights), "every cell"),
        (lambda axes, weights: None, "nothing was drawn"),
    ],
    "heatmaps-6": [
        (masked(lambda weights, mask: weights), "No cell is masked"),
        (masked(lambda weights, mask: np.where(weights > 0, weights, np.nan)), "not those"),
        (masked(lambda weights, mask: np.ma.masked_array(weights, mask)), "inverted"),
        (
            masked(lambda weights, mask: np.where(mask.T, weights, np.nan)),
            "not those where the mask is False",
        ),
        (masked(lambda weights, mask: np.where(weights < 0.3, np.nan, weights)), "not those"),
        (
            masked(lambda weights, mask: np.where(mask, weights, np.nan).T),
            "The heatmap is transposed",
        ),
        (lambda axes, weights, mask: None, "nothing was drawn"),
    ],
    "heatmaps-7": [
        (lambda weights: np.arange(len(weights)), "groups of this matrix are not together"),
        (order_by_eigenvector(2), "groups of this matrix are not together"),
        (lambda weights: np.argsort(weights.sum(axis=0)), "groups of this matrix are not together"),
        (order_by_eigenvector(-1), "groups of this matrix are not together"),
        (lambda weights: np.linalg.eigh(laplacian_of(weights))[1][:, 1], "every position"),
        (lambda weights: weights[order_by_fiedler(weights)], "shape"),
        (lambda weights: np.zeros(len(weights)), "every position"),
    ],
}
