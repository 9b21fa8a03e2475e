"""The still of the figure of the plane."""

import numpy as np

from course_lib.attention import softmax
from course_lib.language import say
from course_lib.widgets.plane.view import REACH
from course_lib.widgets.shared.drawing import (
    FIRST,
    LINE,
    QUIET,
    SECOND,
    Part,
    beside,
    path,
    tag,
    text,
)
from course_lib.widgets.shared.parts import bars, ink
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number

SIDE = 320


def still(view):
    """Draw the keys, the query, its weights as lines and bars, and the output."""
    keys, query = np.array(view.points), np.array(view.query)
    scale = (np.sqrt(0.5) if view.scaled else 1) / view.temperature
    weights = softmax(scale * keys @ query)
    output = weights @ keys
    middle = SIDE / 2  # of the drawing
    start, end = _place(query), _place(output)
    axes = [
        path("M", 0, middle, "H", SIDE, stroke=LINE),
        path("M", middle, 0, "V", SIDE, stroke=LINE),
    ]
    lines = [
        path("M", *start, "L", *_place(key), stroke=FIRST, **ink(weight))
        for key, weight in zip(keys, weights, strict=True)
    ]
    dots = []
    for j, key in enumerate(keys):
        x, y = _place(key)
        dots += [tag("circle", cx=x, cy=y, r=6, fill=FIRST), text(x + 9, y + 4, f"k{j}")]
    dots += [
        tag("rect", x=end[0] - 5, y=end[1] - 5, width=10, height=10, fill=QUIET),
        _beside(end, start, say("output")),
        tag("circle", cx=start[0], cy=start[1], r=7, fill=SECOND),
        _beside(start, end, say("query")),
    ]
    plane = Part(SIDE, SIDE, "".join([*axes, *lines, *dots]))
    rows = [(f"k{j}", weight) for j, weight in enumerate(weights)]
    best = int(weights.argmax())
    sentence = say(
        "The query {query} gives most to key {best}: {weight}. Its output is {output}, at "
        "temperature {temperature}.",
        query=_written(query),
        best=f"k{best}",
        weight=number(weights[best], 3),
        output=_written(output),
        temperature=f"{view.temperature:g}",
    )
    return Still(beside(plane, bars(rows, width=160)), sentence)


def _beside(point, other, words):
    """Write what a point is on the side that is turned away from another point."""
    (x, y), (to_x, to_y) = point, other
    left, above = x < to_x, y < to_y
    return text(
        x - 10 if left else x + 10,
        y - 8 if above else y + 18,
        words,
        anchor="end" if left else None,
    )


def _place(point):
    """Return where a point of the plane is drawn."""
    return SIDE / 2 * (1 + point[0] / REACH), SIDE / 2 * (1 - point[1] / REACH)


def _written(point):
    return f"({point[0]:.2f}, {point[1]:.2f})".replace("-", "−")
