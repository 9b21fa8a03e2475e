"""Read what a learner drew: a matplotlib Axes as plain data, for judges of chapter 05.

Judges look at the numbers behind a figure (data, limits, labels), never at its pixels.
"""

import copy

import numpy as np
from matplotlib.figure import Figure

from course_lib.exercises.exercise import Wrong
from course_lib.exercises.plain import attempt, plain
from course_lib.language import say

CORNER = {"image": 0.0, "mesh": 0.5}  # where the middle of the first cell lies


def draw(count=1):
    """Return a *call* that hands `count` empty axes to the learner's function, then the case.

    What comes back for each case is a tuple of the drawings, each a dict; see `read_axes`.
    """

    def call(answer, cases):
        return [attempt(lambda case=case: _drawn(answer, case, count)) for case in cases]

    return call


def _drawn(answer, case, count):
    axes = np.atleast_1d(Figure().subplots(1, count)).tolist()
    result = answer(*axes, *copy.deepcopy(case))
    drawings = tuple(read_axes(ax) for ax in axes)
    if result is Ellipsis and all(drawing["kind"] == "nothing" for drawing in drawings):
        return Ellipsis  # still the stub; who draws may leave its last line where it is
    return drawings


def read_axes(axes):
    """Return a drawing as plain data.

    Keys: ``kind`` ("image", "mesh" or "nothing"), ``cells`` (n, m) and ``masked`` (n, m),
    ``limits`` (low, high), ``colours`` (RGB at the low end, the middle and the high end),
    ``xlabel``, ``ylabel``, ``title``, ``xticks`` and ``yticks`` (cell -> text), ``texts``
    ((row, column) -> text), and ``downwards`` (whether row 0 is on top).
    """
    kind, drawn = _cells(axes)
    seen = {"kind": kind, "downwards": bool(axes.yaxis_inverted())}
    seen |= {"xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel(), "title": axes.get_title()}
    if drawn is None:
        return seen
    cells = np.ma.asarray(drawn.get_array(), dtype=float)
    masked = np.ma.getmaskarray(cells) | np.isnan(cells.filled(np.nan))
    limits = drawn.get_clim()
    ends = [limits[0], sum(limits) / 2, limits[1]]
    corner = CORNER[kind]
    return plain(
        seen
        | {
            "cells": cells.filled(0),
            "masked": masked,
            "limits": limits,
            "colours": np.array([drawn.cmap(drawn.norm(value))[:3] for value in ends]),
            "xticks": _ticks(axes.xaxis, corner),
            "yticks": _ticks(axes.yaxis, corner),
            "texts": _texts(axes, corner),
        }
    )


def _cells(axes):
    """Find the matrix that was drawn: imshow and matshow, or pcolormesh and seaborn.heatmap."""
    if axes.images:
        return "image", axes.images[0]
    for collection in axes.collections:
        array = collection.get_array()
        if array is not None and np.ndim(array) == 2:
            return "mesh", collection
    return "nothing", None


def _ticks(axis, corner):
    # Asked of the formatter: the ticks themselves would first have to be made.
    places = axis.get_ticklocs()
    labels = axis.get_major_formatter().format_ticks(places)
    return {
        round(float(place) - corner): label for place, label in zip(places, labels, strict=False)
    }


def _texts(axes, corner):
    found = {}
    for text in axes.texts:
        column, row = text.get_position()
        if text.get_text():
            found[round(float(row) - corner), round(float(column) - corner)] = text.get_text()
    return found


def read_matrix(drawing, right, what):
    """Raise `Wrong` unless the drawing shows the matrix `right`, query 0 on top."""
    what = say(what)
    if drawing["kind"] == "nothing":
        raise Wrong(
            "{what}: nothing was drawn on the axes that came in. Use `axes.imshow`, not "
            "`plt.imshow`.",
            what=what,
        )
    cells = drawing["cells"]
    if cells.shape != right.shape:
        raise Wrong(
            "{what} should have {shape} cells, got {found}.",
            what=what,
            shape=right.shape,
            found=cells.shape,
        )
    shown = ~drawing["masked"]
    if not np.allclose(cells[shown], right[shown], atol=1e-5):
        if np.allclose(cells[shown], right.T[shown], atol=1e-5):
            raise Wrong("{what} is transposed: rows are queries.", what=what)
        if np.allclose(cells[shown], -right[shown], atol=1e-5):
            raise Wrong("{what} has the wrong sign.", what=what)
        raise Wrong("{what}: the cells do not hold the numbers that came in.", what=what)
    if not drawing["downwards"]:
        raise Wrong(
            "{what} stands on its head: query 0 belongs on top (axes.invert_yaxis()).",
            what=what,
        )
