"""Answers to the exercises of chapter 05 as people draw them, rightly and wrongly."""

import functools
from decimal import Decimal

import matplotlib.colors
import matplotlib.pyplot as plt
import networkx
import numpy as np
import pandas
import scipy.cluster.hierarchy
import scipy.linalg
import scipy.sparse.csgraph
import seaborn
import torch
from matplotlib.colors import CenteredNorm
from matplotlib.patches import Rectangle

from course_lib.plots import spectral_order
from tests.support.answers import nearly


def then(*calls):
    """Return a function that makes several calls with the same arguments."""

    def draw(*arguments):
        for call in calls:
            call(*arguments)

    return draw


def on_axes(change):
    """Return a drawing call that only changes the axes it is given first."""
    return lambda axes, *_: change(axes)


# heatmaps-2

SHUFFLED = np.random.default_rng(0).permutation(plt.get_cmap("viridis").colors)  # each once


def named(axes, tokens, x="key (attended to)", y="query (attends)", shift=0.0):
    axes.set_xticks(np.arange(len(tokens)) + shift, tokens)
    axes.set_yticks(np.arange(len(tokens)) + shift, tokens)
    axes.set(xlabel=x, ylabel=y)


def image_naming_some(axes, weights, tokens):
    """Leave names out where there are many."""
    image()(axes, weights, tokens)
    some = range(0, len(tokens), max(1, len(tokens) // 8))
    axes.set_xticks(some, [tokens[place] for place in some])


def image(change=lambda weights: weights, x="Key", y="Query", **options):
    def draw_weights(axes, weights, tokens):
        axes.imshow(change(weights), **{"vmin": 0, "vmax": 1, **options})
        named(axes, tokens, x, y)

    return draw_weights


def bounded(bounds):
    norm = matplotlib.colors.BoundaryNorm(bounds, 256)
    return image(norm=norm, vmin=None, vmax=None)


def by_seaborn(axes, weights, tokens):
    seaborn.heatmap(weights, vmin=0, vmax=1, ax=axes, xticklabels=tokens, yticklabels=tokens)
    axes.set(xlabel="keys", ylabel="queries, one a row")


def by_frame(axes, weights, tokens):
    frame = pandas.DataFrame(weights, index=tokens, columns=tokens)
    seaborn.heatmap(frame, vmin=0, vmax=1, ax=axes, cbar=False, annot=len(tokens) < 8, square=True)
    axes.set(xlabel="Keys", ylabel="Queries")


def mesh(edges=None, change=lambda weights: weights, **options):
    def draw_weights(axes, weights, tokens):
        n, shift = len(tokens), 0.5 if edges is None else edges + 0.5
        places = [] if edges is None else [np.arange(n + 1) + edges] * 2
        axes.pcolormesh(*places, change(weights), vmin=0, vmax=1, **options)
        named(axes, tokens, "the key", "the query", shift)
        axes.invert_yaxis()

    return draw_weights


def by_ranges(axes, weights, tokens):
    n = len(tokens)
    axes.pcolormesh(range(n), range(n), weights, vmin=0, vmax=1, shading="nearest", cmap="Greys")
    named(axes, tokens)
    axes.set_ylim(n - 0.5, -0.5)


def turned_rows(axes, weights, tokens):
    axes.pcolormesh(weights[::-1], vmin=0, vmax=1)
    middles = np.arange(len(tokens)) + 0.5
    axes.set_xticks(middles, tokens)
    axes.set_yticks(middles, tokens[::-1])
    axes.set(xlabel="key", ylabel="query")


def by_extent(axes, weights, tokens):
    n = len(tokens)
    axes.imshow(weights, vmin=0, vmax=1, extent=(0, n, n, 0))
    named(axes, tokens, shift=0.5)


def by_matshow(axes, weights, tokens):
    shown = axes.matshow(weights, norm=matplotlib.colors.Normalize(0, 1), cmap="magma")
    named(axes, tokens)
    axes.xaxis.set_label_position("top")
    plt.colorbar(shown, ax=axes)


def by_colours(axes, weights, tokens):
    axes.imshow(plt.get_cmap("viridis")(weights))
    named(axes, tokens)


def by_shades(axes, weights, tokens):
    axes.imshow(np.stack([1 - weights, 1 - weights, np.ones_like(weights)], axis=-1))
    named(axes, tokens)


def by_rectangles(axes, weights, tokens):
    for (i, j), weight in np.ndenumerate(weights):
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor=plt.get_cmap("Blues")(weight)))
    axes.set(xlim=(0, len(tokens)), ylim=(len(tokens), 0))
    named(axes, tokens, shift=0.5)


def by_pyplot(axes, weights, tokens):
    plt.sca(axes)
    plt.imshow(weights, clim=(0, 1), cmap="Purples")
    plt.xticks(range(len(tokens)), tokens, rotation=45, ha="right")
    plt.yticks(range(len(tokens)), tokens)
    plt.xlabel("KEY")
    plt.ylabel("QUERY")
    plt.colorbar(label="weight")
    plt.grid(alpha=0.3)
    plt.tight_layout()


def by_locators(axes, weights, tokens):
    axes.imshow(weights, vmin=0, vmax=1, alpha=0.6, aspect="auto")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(plt.FixedLocator(range(len(tokens))))
        axis.set_major_formatter(lambda place, _: tokens[int(place)])
    axes.set(xlabel="keys, which queries look at", ylabel="queries, which look at keys")


def on_its_head(axes, weights, tokens):
    mesh()(axes, weights, tokens)
    axes.invert_yaxis()


def without_ticks(axes, weights, tokens):
    axes.imshow(weights, vmin=0, vmax=1)
    axes.set(xlabel="key", ylabel="query")


def labels_without_ticks(axes, weights, tokens):
    without_ticks(axes, weights, tokens)
    axes.set_xticklabels((tokens * 3)[: len(axes.get_xticks())])
    axes.set_yticklabels((tokens * 3)[: len(axes.get_yticks())])


def named_by(x_names, y_names):
    def draw_weights(axes, weights, tokens):
        without_ticks(axes, weights, tokens)
        axes.set_xticks(range(len(tokens)), x_names(tokens))
        axes.set_yticks(range(len(tokens)), y_names(tokens))

    return draw_weights


def named_once(axes, weights, tokens):
    """Name each different token where it first occurs."""
    without_ticks(axes, weights, tokens)
    places = [tokens.index(token) for token in tokens]
    axes.set_xticks(places, tokens)
    axes.set_yticks(places, tokens)


def covered(axes, weights, tokens):
    image()(axes, weights, tokens)
    axes.imshow(weights.T, vmin=0, vmax=1)


def under_a_veil(axes, weights, tokens):
    image()(axes, weights, tokens)
    axes.axhspan(-0.5, 0.5, color="white")


def by_plt(axes, weights, tokens):
    plt.imshow(weights, vmin=0, vmax=1)


# heatmaps-3


def pair(left_options, right_options=None):
    """Draw both with options that may depend on the two matrices."""

    def draw_pair(left, right, first, second):
        left.imshow(first, **left_options(first, second))
        right.imshow(second, **(right_options or left_options)(first, second))

    return draw_pair


def shared(first, second):
    return {"vmin": 0, "vmax": max(first.max(), second.max())}


def whole(first, second):
    return {"vmin": 0, "vmax": 1}


def with_map(options, cmap):
    return lambda first, second: {**options(first, second), "cmap": cmap}


def pair_by_seaborn(left, right, first, second):
    for axes, matrix in ((left, first), (right, second)):
        seaborn.heatmap(matrix, ax=axes, vmin=0, vmax=1)


def pair_by_norm(left, right, first, second):
    norm = matplotlib.colors.Normalize(0, np.maximum(first, second).max())
    left.imshow(first, norm=norm)
    right.imshow(second, norm=norm)


def pair_by_limits(left, right, first, second):
    images = left.matshow(torch.tensor(first)), right.matshow(torch.tensor(second))
    for shown in images:
        shown.set_clim(0, max(other.get_array().max() for other in images))
    left.get_figure().colorbar(images[1], ax=[left, right])


def pair_by_mesh(left, right, first, second):
    for axes, matrix in zip((left, right), (first, second), strict=True):
        axes.pcolormesh(matrix, **shared(first, second), edgecolors="white")
        axes.invert_yaxis()


def pair_by_colours(left, right, first, second):
    largest = np.stack([first, second]).max()
    left.imshow(plt.get_cmap("YlGnBu")(first / largest))
    right.imshow(plt.get_cmap("YlGnBu")(second / largest))


# heatmaps-4


def difference(limits, change=lambda first, second: first - second, cmap="RdBu", **options):
    def draw_difference(axes, first, second):
        shown = change(first, second)
        low, high = limits(shown)
        axes.imshow(shown, vmin=low, vmax=high, cmap=cmap, **options)

    return draw_difference


def symmetric(shown):
    limit = np.abs(shown).max() or 1
    return -limit, limit


def fixed(shown):
    return -1, 1


def difference_by_seaborn(axes, first, second):
    seaborn.heatmap(first - second, ax=axes, center=0, vmin=-1, vmax=1, cmap="vlag")


def difference_by_norm(axes, first, second):
    norm = CenteredNorm(0, halfrange=1)
    axes.imshow(first - second, norm=norm, cmap="coolwarm")


def difference_by_logarithms(threshold):
    norm = matplotlib.colors.SymLogNorm(threshold, vmin=-1, vmax=1)
    return lambda axes, first, second: axes.imshow(first - second, norm=norm, cmap="PuOr")


def off_the_diagonal(shown):
    limit = np.abs(shown[~np.eye(len(shown), dtype=bool)]).max() or 1
    return -limit, limit


def rounded_limits(shown):
    limit = np.abs(shown).max().round(1) or 1
    return -limit, limit


def difference_by_two_slopes(axes, first, second):
    shown = first - second
    low, high = min(shown.min(), -1e-6), max(shown.max(), 1e-6)
    axes.imshow(shown, norm=matplotlib.colors.TwoSlopeNorm(0, low, high), cmap="PRGn")


def difference_by_mesh(axes, first, second):
    axes.pcolormesh((first - second)[::-1], vmin=-1, vmax=1, cmap="RdYlGn")


def difference_by_colours(axes, first, second):
    axes.imshow(plt.get_cmap("BrBG")(0.5 + 0.5 * (first - second)))


def own_map(*colours):
    return matplotlib.colors.LinearSegmentedColormap.from_list("own", colours)


def difference_by_two_signs(axes, first, second):
    shown = first - second
    axes.imshow(np.maximum(shown, 0), vmin=0, vmax=1, cmap="Reds")
    axes.imshow(np.minimum(shown, 0), vmin=-1, vmax=0, cmap="Blues_r", alpha=0.5)


# heatmaps-5


def annotated(most=10, write="{:.2f}".format, turn=False, shift=0.0, cmap=None, **options):
    def draw_annotated(axes, weights):
        axes.imshow(weights, vmin=0, vmax=1, cmap=cmap)
        if len(weights) <= most:
            for (i, j), weight in np.ndenumerate(weights):
                x, y = (i, j) if turn else (j, i)
                axes.text(
                    x + shift, y, write(weight), **{"ha": "center", "va": "center", **options}
                )

    return draw_annotated


def annotated_by_seaborn(axes, weights):
    seaborn.heatmap(weights, ax=axes, vmin=0, vmax=1, annot=len(weights) <= 10, fmt=".2f")


def annotated_by_mesh(axes, weights):
    n = len(weights)
    axes.pcolormesh(weights, cmap="Greys", vmin=0, vmax=1)
    axes.invert_yaxis()
    axes.set_title("weights")
    axes.text(0.5, -0.1, f"{n} tokens", transform=axes.transAxes)
    for i in range(n * (n <= 10)):
        for j in range(n):
            dark = "white" if weights[i, j] > 0.5 else "black"
            middle = {"ha": "center", "va": "center", "color": dark, "fontsize": 7}
            axes.text(
                j + 0.5, i + 0.5, str(Decimal(weights[i, j]).quantize(Decimal("0.01"))), **middle
            )


def annotated_by_shares(axes, weights):
    axes.imshow(weights)
    n = len(weights)
    if n < 11:
        for cell, weight in np.ndenumerate(weights):
            y, x = 1 - (cell[0] + 0.5) / n, (cell[1] + 0.5) / n
            axes.annotate(
                f"${weight:.2f}$", (x, y), xycoords="axes fraction", ha="center", va="center"
            )


def annotated_within(axes, weights):
    axes.matshow(weights, vmin=0, vmax=1, cmap="Blues")
    if weights.size <= 100:
        for i, row in enumerate(weights):
            for j, weight in enumerate(row):
                axes.annotate(
                    f"{weight:.2f}", (j, i), (0, 0), textcoords="offset points", ha="center"
                )


def with_caption(axes, weights):
    annotated()(axes, weights)
    axes.text(0, 1.05, f"{len(weights)} tokens", transform=axes.transAxes)
    axes.get_figure().suptitle("Weights")


# heatmaps-6


def masked(change, **options):
    return lambda axes, weights, mask: axes.imshow(
        change(weights, mask), **{"vmin": 0, "vmax": 1, **options}
    )


def empty(weights, mask):
    return np.where(mask, weights, np.nan)


def grey_ground(axes, weights, mask):
    axes.set_facecolor("lightgrey")
    axes.imshow(np.ma.masked_where(~mask, weights), vmin=0, vmax=1, cmap="Blues")


def hatched(axes, weights, mask):
    axes.imshow(weights, vmin=0, vmax=1, cmap="Blues")
    for i, j in np.argwhere(~mask):
        axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="////", linewidth=0))


def image_faint(alpha):
    """Draw forbidden weights too, through a veil: none of their colours is one of the map."""
    return lambda axes, weights, mask: axes.imshow(
        weights, vmin=0, vmax=1, alpha=np.where(mask, 1, alpha)
    )


def grey_cells(axes, weights, mask):
    axes.imshow(weights, vmin=0, vmax=1)
    for i, j in zip(*np.nonzero(~mask), strict=True):
        axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, color="grey"))


def masked_by_mesh(axes, weights, mask):
    axes.pcolormesh(np.ma.array(weights, mask=~mask), vmin=0, vmax=1, cmap="magma")
    axes.invert_yaxis()


def masked_by_colours(axes, weights, mask):
    colours = plt.get_cmap("viridis")(weights)
    colours[~mask] = (0.7, 0.7, 0.7, 1)
    axes.imshow(colours)


def grey_layer(axes, weights, mask):
    axes.imshow(weights, vmin=0, vmax=1)
    axes.imshow(np.ma.masked_where(mask, np.ones_like(weights)), cmap="Greys", vmin=0, vmax=1)


def with_bad(colour, cmap="Blues"):
    chosen = plt.get_cmap(cmap).with_extremes(bad=colour)
    return masked(empty, cmap=chosen)


# heatmaps-7


def laplacian_of(weights):
    alike = (weights + weights.T) / 2
    return np.diag(alike.sum(axis=1)) - alike


def order_by_steps(weights, steps=300):
    graph = laplacian_of(weights)
    step = graph / np.linalg.norm(graph, 1)
    entries = np.arange(len(weights)) - (len(weights) - 1) / 2
    for _ in range(steps):
        entries = entries - step @ entries
        entries /= abs(entries).max()
    return np.argsort(entries)


def order_by_inverse(weights, steps):
    """Let each step divide by the eigenvalues; all numbers equal are taken out."""
    inverse = np.linalg.pinv(laplacian_of(weights))
    entries = np.arange(len(weights)) ** 2.0
    for _ in range(steps):
        entries = inverse @ entries
        entries /= np.linalg.norm(entries)
    return np.argsort(entries)


def order_by_fiedler(weights):
    return np.argsort(np.linalg.eigh(laplacian_of(weights))[1][:, 1])


def order_by_torch(weights):
    return torch.linalg.eigh(torch.tensor(laplacian_of(weights)))[1][:, 1].argsort(descending=True)


def order_in_single_precision(weights):
    return order_by_fiedler(np.float32(weights))


def order_by_scipy(weights):
    _, vectors = scipy.linalg.eigh(laplacian_of(weights), subset_by_index=[1, 1])
    return vectors.ravel().argsort().tolist()


def order_by_eig(weights):
    values, vectors = np.linalg.eig(laplacian_of(weights))
    return tuple(np.argsort(vectors[:, np.argsort(values)[1]]))


def order_by_loops(weights):
    n = len(weights)
    close = [[(weights[i, j] + weights[j, i]) / 2 for j in range(n)] for i in range(n)]
    matrix = [[(sum(close[i]) if i == j else 0) - close[i][j] for j in range(n)] for i in range(n)]
    vector = np.linalg.eigh(matrix).eigenvectors[:, 1]
    return sorted(range(n), key=lambda token: vector[token])


def order_by_pandas(weights):
    return pandas.Series(np.linalg.eigh(laplacian_of(weights))[1][:, 1]).sort_values().index


def order_without_loops(weights):
    off = weights * (1 - np.eye(len(weights)))  # a loop is no distance
    return order_by_fiedler(off)[::-1]


def order_from(close, sums=None, sign=1):
    """Sort by the second eigenvector of D - S, with another S, D or sign."""

    def answer(weights):
        alike = close(weights)
        degrees = np.diag(sums(weights) if sums else alike.sum(axis=1))
        return np.argsort(np.linalg.eigh(degrees - sign * alike)[1][:, 1])

    return answer


def order_by_sums(weights):
    return order_by_fiedler(weights + weights.T)  # twice S: the same eigenvectors


def order_by_eigenvector(which):
    return lambda weights: np.argsort(np.linalg.eigh(laplacian_of(weights))[1][:, which])


def order_by_normalised(weights):
    close = (weights + weights.T) / 2
    root = np.sqrt(close.sum(axis=1))
    vectors = np.linalg.eigh(laplacian_of(weights) / np.outer(root, root))[1]
    return np.argsort(vectors[:, 1] / root)


def order_by_clusters(weights):
    tree = scipy.cluster.hierarchy.linkage(weights + weights.T, "average")
    return scipy.cluster.hierarchy.leaves_list(tree).tolist()


def order_of_groups(weights):
    return np.argsort(np.sign(np.linalg.eigh(laplacian_of(weights))[1][:, 1]), kind="stable")


RIGHT = {
    "heatmaps-1": ["key", " Key", "KEY", "key\n", np.str_("key"), np.array("key"), "Key.", "`key`"],
    "heatmaps-2": [
        image(),
        image(np.float32, "Keys", "Queries", cmap="cividis"),
        image(cmap=plt.get_cmap("viridis", 9)),
        bounded(np.linspace(0, 1, 11)),
        by_seaborn,
        by_frame,
        mesh(change=torch.tensor),
        mesh(edges=-0.5, edgecolors="grey"),
        by_ranges,
        turned_rows,
        by_extent,
        by_matshow,
        by_colours,
        by_shades,
        by_rectangles,
        by_pyplot,
        by_locators,
        then(lambda axes, weights, tokens: axes.imshow(0 * weights), image()),
        then(image(), on_axes(lambda axes: axes.tick_params(labeltop=True, labelbottom=False))),
    ],
    "heatmaps-3": [
        pair(shared),
        pair(whole),
        pair(with_map(whole, "magma")),
        pair(with_map(whole, plt.get_cmap("inferno", 10))),
        pair_by_seaborn,
        pair_by_norm,
        pair_by_limits,
        pair_by_mesh,
        pair_by_colours,
        then(lambda left, right, first, second: left.imshow(second), pair(with_map(shared, "hot"))),
    ],
    "heatmaps-4": [
        difference(symmetric),
        difference(fixed, cmap="Spectral"),
        difference(symmetric, cmap="RdYlBu_r"),
        difference(fixed, cmap="berlin"),
        difference(fixed, cmap=own_map("green", "white", "purple")),
        difference(symmetric, np.subtract, "seismic", alpha=0.8),
        difference(lambda shown: (-2, 2), cmap="PuOr"),
        difference_by_seaborn,
        lambda axes, a, b: seaborn.heatmap(
            a - b, center=0, cmap="PiYG", ax=axes, vmax=max((a - b).max(), 1e-3)
        ),
        difference_by_norm,
        difference_by_two_slopes,
        difference_by_mesh,
        difference_by_colours,
    ],
    "heatmaps-5": [
        annotated(),
        annotated(write=lambda weight: f"{weight:.2f}".lstrip("0") if weight < 1 else "1.00"),
        annotated(write="$ {:.2f} $".format, color="white", fontsize=8),
        annotated(write=lambda weight: f"{weight:.2f}".replace(".", ",")),
        annotated(write=lambda weight: f"{np.round(weight, 2):.2f}", ha="left", va="bottom"),
        annotated(shift=0.1, rotation=30),
        annotated(color="red", cmap=plt.get_cmap("viridis", 11)),
        annotated(rotation=90),
        annotated_by_seaborn,
        annotated_by_mesh,
        annotated_by_shares,
        annotated_within,
        annotated(fontsize=6, bbox={"boxstyle": "round,pad=0.1", "facecolor": "white"}),
        with_caption,
    ],
    "heatmaps-6": [
        masked(empty),
        masked(lambda weights, mask: np.ma.masked_array(weights, ~mask)),
        masked(
            lambda weights, mask: torch.tensor(weights).masked_fill(torch.tensor(~mask), np.nan)
        ),
        lambda axes, weights, mask: seaborn.heatmap(weights, mask=~mask, ax=axes),
        lambda axes, weights, mask: axes.imshow(weights, vmax=1, alpha=mask.astype(float)),
        grey_ground,
        hatched,
        grey_cells,
        masked_by_mesh,
        masked_by_colours,
        grey_layer,
        with_bad("lightgrey"),
        with_bad("lightgrey", plt.get_cmap("magma", 9)),
        masked(
            lambda weights, mask: np.where(mask, weights, 2),
            cmap=plt.get_cmap("Blues").with_extremes(over="black"),
        ),
        with_bad("red", "Greys"),
    ],
    "heatmaps-7": [
        order_by_fiedler,
        lambda weights: networkx.spectral_ordering(networkx.from_numpy_array(weights + weights.T)),
        lambda w: np.argsort(np.linalg.eigh(scipy.sparse.csgraph.laplacian(w + w.T))[1][:, 1]),
        order_by_torch,
        order_in_single_precision,
        order_by_scipy,
        order_by_eig,
        order_by_loops,
        order_by_pandas,
        order_without_loops,
        order_by_sums,
        lambda w: order_by_inverse(w, 3_000),
    ],
}

WRONG = {
    "heatmaps-1": [
        ("query", "A query is a row"),
        ("QUERY", "A query is a row"),
        ("column", "should be one of"),
        ("value", "should be one of"),
        ("saw", "should be one of"),
        ("key and query", "should be one of"),
        ("", "should be one of"),
        (True, "should be one of"),
        (1, "should be one of"),
        (["key"], "should be one of"),
    ],
    "heatmaps-2": [
        (image(np.transpose), "transposed"),
        (image(vmax=None), "vmin=0, vmax=1"),
        (image(vmin=None), ("vmin=0, vmax=1", "the colours run from")),
        (image(vmin=-1), "from -1 to 1"),
        (image(vmax=2), "from 0 to 2"),
        (image(vmax=0.5), "the colours run from 0 to 0.5"),
        (image(vmin=None, vmax=None, norm=matplotlib.colors.PowerNorm(0.5, 0, 1)), "Equal steps"),
        (image(x="query", y="key"), "Rows are queries"),
        (image(x="query / key", y="query / key"), "Rows are queries"),
        (image(x="key / query", y="key / query"), "Rows are queries"),
        (image(x=""), "label of the x axis"),
        (image(y=""), "label of the y axis"),
        (image(x="monkey"), "“monkey”"),
        (image(y="enquiry"), "“enquiry”"),
        (on_its_head, "on its head"),
        (image(origin="lower"), "on its head"),
        (image(lambda weights: weights[:, ::-1]), "from right to left"),
        (without_ticks, "Along the x axis the cells should be named"),
        (labels_without_ticks, "Along the x axis the cells should be named"),
        (named_by(list, lambda tokens: tokens[::-1]), "Along the y axis"),
        (named_once, "Along the x axis"),
        (named_by(lambda tokens: [""] * len(tokens), list), "Along the x axis"),
        (named_by(list, lambda tokens: [token[:1] for token in tokens]), "Along the y axis"),
        (then(image(), lambda axes, w, tokens: named(axes, tokens, shift=0.5)), "Along the x axis"),
        (lambda axes, weights, tokens: None, "nothing was drawn"),
        (by_plt, "nothing was drawn"),
        (image(np.sqrt), "one reads"),
        (image(lambda weights: weights[:1]), "cells, got"),
        (image(lambda weights: np.full_like(weights, np.nan)), "no colour of the scale"),
        (image(lambda weights: np.where(weights > 0, weights, np.nan)), "no colour of the scale"),
        (image(lambda weights: np.where(np.eye(len(weights)), weights, np.nan)), "no colour of"),
        (image(interpolation="bicubic"), "blurred"),
        (image_naming_some, "should be named"),
        (image(alpha=0), "stands for anything"),
        (image(cmap="twilight"), "stands for anything"),
        (image(cmap=matplotlib.colors.ListedColormap(["white"])), "stands for anything"),
        (image(cmap="tab10"), "changes steadily"),
        (bounded(np.linspace(0, 1, 13) ** 1.2), "Equal steps of weight"),
        (image(cmap="Set1"), "changes steadily"),
        (image(cmap="jet"), "only grows darker"),
        (image(cmap="coolwarm"), "only grows darker"),
        (image(cmap="tab20b"), "changes steadily"),
        (
            image(cmap=matplotlib.colors.ListedColormap(SHUFFLED)),
            ("changes steadily", "for anything"),
        ),
        (image(cmap="hsv"), "look alike"),
        (image(lambda weights: np.where(weights < 0.02, 0, weights)), "one reads"),
        (then(image(), on_axes(lambda axes: axes.tick_params(labelrotation=180))), "Along the x"),
        (then(image(), on_axes(lambda axes: axes.yaxis.label.set_rotation(225))), "got “”"),
        (then(image(), on_axes(lambda axes: axes.axis("off"))), "label of the x axis"),
        (then(image(), on_axes(lambda axes: axes.set_visible(False))), "no colour of the scale"),
        (
            then(image(), on_axes(lambda axes: axes.images[0].set_visible(False))),
            "nothing was drawn",
        ),
        (then(image(), on_axes(lambda axes: axes.clear())), "nothing was drawn"),
        (then(image(), on_axes(lambda axes: axes.set_ylim(0.5, -0.5))), "no colour of the scale"),
        (
            then(image(), on_axes(lambda axes: axes.tick_params(labelleft=False))),
            "Along the y axis",
        ),
        (then(image(), on_axes(lambda axes: axes.xaxis.label.set_color("white"))), "got “”"),
        (then(image(), on_axes(lambda axes: axes.tick_params(labelcolor="white"))), "Along the x"),
        (then(image(), on_axes(lambda axes: axes.yaxis.label.set_fontsize(1))), "got “”"),
        (covered, "transposed"),
        (under_a_veil, "no colour of the scale"),
    ],
    "heatmaps-3": [
        (pair(lambda first, second: {}), "same vmin and vmax"),
        (pair(lambda first, second: {"vmin": 0}), "same vmin and vmax"),
        (pair(whole, shared), "same vmin and vmax"),
        (pair(lambda a, b: {"vmin": min(a.min(), b.min()), "vmax": 1}), "begins at"),
        (pair(lambda first, second: {"vmin": -1, "vmax": 1}), "begins at"),
        (pair(lambda first, second: {"vmin": 0.1, "vmax": 1}), ("begins at", "from 0.1 to 1")),
        (
            pair(lambda first, second: {"vmin": 0, "vmax": first.max()}),
            ("ends at", "run from 0 to"),
        ),
        (pair(lambda first, second: {"vmin": 0, "vmax": 0.5}), ("ends at", "run from 0 to 0.5")),
        (pair(lambda first, second: {"vmin": 0, "vmax": 2}), "ends at 2"),
        (
            pair(lambda a, b: {"vmin": 0, "vmax": np.ceil(10 * max(a.max(), b.max())) / 10}),
            "ends at",
        ),
        (pair(lambda a, b: {"vmin": 0, "vmax": a.max() + b.max()}), "ends at"),
        (pair(shared, with_map(shared, "Reds")), "different colours on the left"),
        (pair(whole, with_map(whole, "viridis_r")), "different colours on the left"),
        (pair(whole, lambda a, b: {"norm": matplotlib.colors.PowerNorm(0.3, 0, 1)}), "different"),
        (pair(with_map(whole, "tab10")), "changes steadily"),
        (pair(with_map(shared, "twilight_shifted")), ("stands for anything", "look alike")),
        (lambda left, right, a, b: pair(shared)(left, right, b, a), "`first` belongs on `left`"),
        (lambda left, right, a, b: pair(shared)(left, right, a.T, b.T), "transposed"),
        (lambda left, right, a, b: pair(whole)(left, right, a, a), "The right heatmap"),
        (lambda left, right, a, b: pair(whole)(left, right, a / a.max(), b / b.max()), "one reads"),
        (lambda left, right, first, second: left.imshow(first, vmin=0, vmax=1), "right heatmap"),
        (lambda left, right, first, second: right.imshow(second, vmin=0, vmax=1), "left heatmap"),
        (then(pair(whole), lambda left, right, *_: right.images[0].set_alpha(0)), "for anything"),
    ],
    "heatmaps-4": [
        (difference(lambda shown: (shown.min(), shown.max())), "not the middle"),
        (difference(lambda shown: (None, None)), "not the middle"),
        (difference(off_the_diagonal), "the colours run"),
        (
            lambda axes, first, second: axes.imshow(
                first - second, vmin=-first.max(), vmax=first.max(), cmap="RdBu"
            ),
            "the colours run",
        ),
        (difference(lambda shown: (-np.abs(shown).max(), np.abs(shown).max())), "neutral colour"),
        (difference(lambda shown: (-(shown.max() or 1), shown.max() or 1)), "the colours run"),
        (difference(lambda shown: (shown.min() or -1, -shown.min() or 1)), "the colours run"),
        (
            difference(lambda shown: (-4 * (shown.std() or 1), 4 * (shown.std() or 1))),
            "colours run",
        ),
        (difference(rounded_limits), "the colours run"),
        (difference(lambda shown: (0, 1)), "the colours run from 0 to 1"),
        (difference(lambda shown: (-1, 2)), "not the middle"),
        (difference(lambda shown: (-0.01, 0.01)), "from -0.01 to 0.01"),
        (difference(lambda shown: (-0.5, 0.5)), "from -0.5 to 0.5"),
        (difference(lambda shown: (-50, 50)), "stands for anything"),
        (difference(symmetric, cmap="viridis"), "diverging"),
        (difference(symmetric, cmap="Blues"), "diverging"),
        (difference(symmetric, cmap="twilight"), ("stands for anything", "diverging")),
        (difference(symmetric, cmap=own_map("red", "white", "red")), "stands for anything"),
        (difference(symmetric, cmap="jet"), "diverging"),
        (difference(symmetric, cmap="turbo"), "diverging"),
        (difference(symmetric, cmap="tab20"), ("diverging", "changes steadily")),
        (difference_by_logarithms(0.001), ("equal steps", "for anything")),
        (difference_by_logarithms(0.1), ("equal steps", "for anything")),
        (lambda axes, a, b: axes.imshow(a - b, cmap="bwr", norm=CenteredNorm()), "neutral colour"),
        (
            lambda axes, a, b: seaborn.heatmap(a - b, center=0, cmap="PiYG", ax=axes),
            "neutral colour",
        ),
        (difference(symmetric, cmap="gist_rainbow"), "diverging"),
        (difference(symmetric, lambda first, second: second - first), "wrong sign"),
        (difference(symmetric, lambda first, second: abs(first - second)), "The sign is lost"),
        (difference(symmetric, lambda first, second: (first - second) ** 2), "one reads"),
        (difference(symmetric, lambda first, second: (first - second).T), "transposed"),
        (difference(fixed, lambda first, second: first), "one reads"),
        (difference(fixed, lambda first, second: (first - second) / 2), "one reads"),
        (difference(fixed, lambda a, b: np.where(abs(a - b) > 0.1, a - b, np.nan)), "no colour of"),
        (difference_by_two_signs, ("no colour of the scale", "one reads")),
        (
            then(
                difference_by_norm,
                on_axes(lambda axes: axes.set_axis_off()),
                on_axes(lambda axes: axes.images[0].remove()),
            ),
            "nothing was drawn",
        ),
    ],
    "heatmaps-5": [
        (annotated(most=30), "write none"),
        (annotated(most=11), "write none"),
        (annotated(most=9), "every cell"),
        (annotated(most=0), "every cell"),
        (annotated(write="{:.1f}".format), "two decimals"),
        (annotated(write="{:.3f}".format), "two decimals"),
        (annotated(write=lambda weight: str(round(weight, 2))), "two decimals"),
        (annotated(write="{:.0%}".format), "two decimals"),
        (annotated(write=lambda weight: f"{int(100 * weight) / 100:.2f}"), "two decimals"),
        (annotated(write=lambda weight: f"{1 - weight:.2f}"), "two decimals"),
        (annotated(turn=True), "transposed"),
        (annotated(shift=3), "every cell"),
        (annotated(shift=1), "every cell"),
        (annotated(rotation=180), "every cell"),
        (annotated(rotation=-120), "every cell"),
        (annotated(cmap="tab10"), "changes steadily"),
        (annotated(alpha=0), "every cell"),
        (annotated(fontsize=1), "every cell"),
        (annotated(fontsize=200), "larger than a cell"),
        (annotated(fontsize=24), "larger than a cell"),
        (annotated(fontsize=6, bbox={"boxstyle": "square,pad=3"}), "larger than a cell"),
        (lambda axes, w: annotated(most=10 if len(w) > 1 else 0)(axes, w), "every cell"),
        (lambda axes, w: annotated(most=10 if len(w) < 30 else 40)(axes, w), ("write", "cell")),
        (annotated(zorder=-1), "every cell"),
        (annotated(write=lambda weight: f"{weight:.2f}" if weight > 0.05 else ""), "every cell"),
        (then(annotated(), annotated(most=5, write="x".format)), "two decimals"),
        (lambda axes, weights: axes.imshow(weights), "every cell"),
        (lambda axes, weights: annotated()(axes, weights.T), "transposed"),
        (lambda axes, weights: None, "nothing was drawn"),
        (then(annotated(), on_axes(lambda axes: axes.images[0].remove())), "nothing was drawn"),
    ],
    "heatmaps-6": [
        (masked(lambda weights, mask: weights), "No cell is hidden"),
        (masked(lambda w, mask: np.where((w == 0) & ~mask, np.nan, w)), "is forbidden"),
        (masked(lambda weights, mask: np.where(mask, weights, 0)), "No cell is hidden"),
        (masked(lambda weights, mask: np.where(weights > 0, weights, np.nan)), "A weight of 0"),
        (masked(lambda weights, mask: np.ma.masked_array(weights, mask)), "inverted"),
        (lambda axes, weights, mask: seaborn.heatmap(weights, mask=mask, ax=axes), "inverted"),
        (masked(lambda weights, mask: np.where(mask.T, weights, np.nan)), "mask is transposed"),
        (masked(lambda weights, mask: empty(weights, np.tril(mask))), "no colour of the scale"),
        (masked(lambda w, mask: empty(w, np.tri(len(w), dtype=bool))), "no colour of the scale"),
        (masked(lambda weights, mask: np.where(weights < 0.3, np.nan, weights)), "no colour of"),
        (masked(lambda weights, mask: np.where(mask, weights, -1)), "is forbidden"),
        (masked(lambda weights, mask: empty(weights, mask).T), "transposed: rows are queries"),
        (masked(lambda weights, mask: empty(weights, mask)[::-1]), "on its head"),
        (masked(lambda weights, mask: mask), "one reads"),
        (masked(empty, cmap="tab10"), "changes steadily"),
        (masked(empty, cmap="Blues"), "is forbidden"),
        (masked(empty, cmap="Greys_r"), "is forbidden"),
        (then(masked(empty, cmap="Greys"), on_axes(lambda a: a.set_facecolor("0.8"))), "forbidden"),
        (with_bad(plt.get_cmap("viridis")(0.0), "viridis"), "No cell is hidden"),
        (with_bad(plt.get_cmap("magma")(0.3), "magma"), "is forbidden"),
        (then(masked(empty), masked(lambda weights, mask: weights)), "No cell is hidden"),
        (then(masked(empty), on_axes(lambda axes: axes.images[0].set_alpha(0))), "for anything"),
        (lambda axes, weights, mask: axes.imshow(weights, alpha=1 - 0.1 * ~mask), "is forbidden"),
        *(
            (image_faint(alpha), "differ in colour, as the weights there do")
            for alpha in (0.15, 0.4)
        ),
        (lambda axes, weights, mask: None, "nothing was drawn"),
    ],
    "heatmaps-7": [
        (lambda weights: np.arange(len(weights)), "should only rise or only fall"),
        (order_by_eigenvector(2), "third eigenvector"),
        (order_by_steps, "should only rise or only fall"),
        (functools.partial(order_by_steps, steps=10_000), "should only rise or only fall"),
        (lambda w: order_by_inverse(w, 30), "should only rise or only fall"),
        (lambda w: order_by_fiedler(np.where(w < 1e-3, 0, w)), "should only rise or only fall"),
        (lambda w: order_by_fiedler(np.where(w < 1e-4, 0, w)), "should only rise or only fall"),
        (lambda w: order_by_fiedler(np.log1p(w)), "should only rise or only fall"),
        (order_by_eigenvector(-1), "largest eigenvalue"),
        (order_by_eigenvector(0), "should only rise or only fall"),
        (lambda w: np.argsort(np.linalg.eigh(laplacian_of(w))[1][1]), "columns are the"),
        (lambda weights: np.argsort(weights.sum(axis=0)), "should only rise or only fall"),
        (lambda weights: np.argsort(weights[0]), "should only rise or only fall"),
        (
            lambda w: np.argsort(np.linalg.eigh(np.diag(w.sum(1)) - w)[1][:, 1]),
            "not made symmetric",
        ),
        (
            lambda w: np.argsort(np.linalg.eigh(np.eye(len(w)) - (w + w.T) / 2)[1][:, 1]),
            "row sums of S",
        ),
        (
            lambda w: np.argsort(np.linalg.eigh(w + w.T)[1][:, -2]),
            "an eigenvector of S",
        ),
        (spectral_order, "library's own function"),
        (lambda weights: spectral_order(weights), "which does the work"),
        (order_by_normalised, "normalised Laplacian"),
        (order_by_clusters, "should only rise or only fall"),
        *(
            (order_from(close), "should only rise or only fall")
            for close in (
                lambda w: np.sqrt(w * w.T),
                lambda w: np.maximum(w, w.T),
                lambda w: np.triu(w) + np.triu(w, 1).T,
                lambda w: w @ w.T,
                lambda w: (w + w.T > 2 * w.mean()).astype(float),
            )
        ),
        (order_from(lambda w: (w + w.T) / 2, sums=lambda w: w.sum(0)), "only rise or only fall"),
        (order_from(lambda w: (w + w.T) / 2, sign=-1), "should only rise or only fall"),
        (order_of_groups, "should only rise or only fall"),
        (lambda weights: np.argsort(order_by_fiedler(weights)), "ranks of the tokens"),
        (lambda weights: order_by_fiedler(weights) + 1, "every position"),
        (lambda weights: np.linalg.eigh(laplacian_of(weights))[1][:, 1], "every position"),
        (lambda weights: weights[order_by_fiedler(weights)], "shape"),
        (lambda weights: order_by_fiedler(weights)[:-1], "shape"),
        (lambda weights: np.zeros(len(weights)), "every position"),
        *nearly(order_by_fiedler, "two digits"),
    ],
}
