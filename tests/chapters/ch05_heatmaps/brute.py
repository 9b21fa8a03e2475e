"""The tasks of chapter 05 done the slow and plain way: cell by cell."""

import matplotlib
import numpy as np
from matplotlib.patches import Rectangle


def paint(axes, weights, cmap, colour=lambda weight: weight):
    """Draw each row as a bar of cells, row 0 on top."""
    rows, columns = weights.shape
    colours = matplotlib.colormaps[cmap]
    for i in range(rows):
        shades = [colours(colour(weight)) for weight in weights[i]]
        axes.broken_barh([(j, 1) for j in range(columns)], (i, 1), facecolors=shades)
    axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])


def honest(axes, weights, tokens):
    paint(axes, weights, "Greys")
    places = [place + 0.5 for place in range(len(tokens))]
    axes.set_xticks(places, tokens)
    axes.set_yticks(places, tokens)
    axes.set(xlabel="key", ylabel="query")


def two(left, right, first, second):
    paint(left, first, "Greys")
    paint(right, second, "Greys")


def difference(axes, first, second):
    paint(axes, first - second, "RdBu", lambda number: 0.5 + 0.5 * number)


def annotated(axes, weights):
    paint(axes, weights, "Blues")
    n = len(weights)
    for i in range(n if n <= 10 else 0):
        for j in range(n):
            axes.text(j + 0.5, i + 0.5, f"{weights[i, j]:.2f}", ha="center", color="grey")


def masked(axes, weights, mask):
    paint(axes, weights, "viridis")
    for i, j in zip(*np.nonzero(~mask), strict=True):
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor="lightgrey"))


def group_order(weights):
    """Find the vector by powers of the inverse, in which its eigenvalue is the largest."""
    n = len(weights)
    close = [[(weights[i, j] + weights[j, i]) / 2 for j in range(n)] for i in range(n)]
    constant = np.full((n, n), 1 / n)  # what all numbers equal make; it is taken out
    power = np.linalg.inv(np.diag(np.sum(close, axis=1)) - close + constant) - constant
    for _ in range(16):
        power = power @ power
        power /= np.abs(power).max()
    vector = power[:, np.abs(power).sum(axis=0).argmax()]
    return sorted(range(n), key=vector.__getitem__)


BRUTE = {
    "heatmaps-2": honest,
    "heatmaps-3": two,
    "heatmaps-4": difference,
    "heatmaps-5": annotated,
    "heatmaps-6": masked,
    "heatmaps-7": group_order,
}
