"""The still of the figure of pictures."""

import base64
from itertools import accumulate

import numpy as np

from course_lib.language import say
from course_lib.widgets.shared.drawing import PAPER, SECOND, Part, beside, path, tag, titled
from course_lib.widgets.shared.parts import heatmap, ink
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import capital, number

SIDE = 260


def still(view):
    """Draw the picture with the strongest edges of the chosen place, beside its weights."""
    _, _, rows, columns = view.shape
    weights = np.frombuffer(view.weights, "<f2").reshape(*view.shape[:2], *(rows * columns,) * 2)
    row = weights[view.picture, view.head, view.place].astype(float)
    order = np.argsort(-row, kind="stable")[: np.count_nonzero(row)]
    cell = SIDE / max(rows, columns)
    at = [((k % columns + 0.5) * cell, (k // columns + 0.5) * cell) for k in range(len(row))]
    edges = [
        path("M", *at[view.place], "L", *at[j], stroke=SECOND, **ink(row[j] / row.max()))
        for j in order[: view.edges][::-1]
        if j != view.place
    ]
    x, y = at[view.place]
    dot = tag("circle", cx=x, cy=y, r=6, fill=SECOND, stroke=PAPER)
    size = {"width": columns * cell, "height": rows * cell}
    image = tag(
        "image",
        href=_address(view),
        preserveAspectRatio="none",
        style="image-rendering:pixelated",
        **size,
    )
    picture = Part(*size.values(), image + "".join(edges) + dot)
    weight_map = heatmap(row.reshape(rows, columns), side=SIDE, strength=lambda w: w / row.max())
    ring = tag("circle", cx=x, cy=y, r=6, fill="none", stroke=SECOND, stroke_width=2)
    weight_map = weight_map._replace(markup=weight_map.markup + ring)
    about, head = view.about[view.picture], view.heads[view.head]
    drawn = beside(
        titled(about["title"], picture), titled(say("weights of {head}", head=head), weight_map)
    )
    return Still(drawn, f"{about['title']}, {head}. {_sentence(view, row, order)}")


def _sentence(view, row, order):
    """Return where the place attends, and how many places hold half of that."""
    held = row[order].cumsum()
    half = int(np.searchsorted(held, held[-1] / 2)) + 1
    strongest = "; ".join(
        f"{say('itself') if j == view.place else _name(view, j)} ({number(row[j], 3)})"
        for j in order[:3]
    )
    attends = say(
        "{place} attends most to {places}.", place=_name(view, view.place), places=strongest
    )
    values = {"count": half, "all": len(row)}
    if half == 1:
        return (
            f"{capital(attends)} {say('1 of {all} places holds half of its attention.', **values)}"
        )
    more = say("{count} of {all} places hold half of its attention.", **values)
    return f"{capital(attends)} {more}"


def _name(view, place):
    columns = view.shape[3]
    return say("row {row}, column {column}", row=place // columns, column=place % columns)


def _address(view):
    """Return the picture's file as an address."""
    sizes = [about["bytes"] for about in view.about]
    start = [0, *accumulate(sizes)][view.picture]
    file = view.pictures[start : start + sizes[view.picture]]
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"
