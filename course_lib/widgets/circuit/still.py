"""The still of the graph of heads."""

from itertools import accumulate

import numpy as np

from course_lib.language import say
from course_lib.widgets.circuit.view import EDGE
from course_lib.widgets.shared.drawing import FIRST, QUIET, SECOND, Part, path, tag, text
from course_lib.widgets.shared.parts import MOST_EDGES
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number

ACROSS, DOWN = 600, 22  # the most pixels for all layers, and those between heads
LEFT, TOP = 34, 46  # where the first head stands


def still(view):
    """Draw heads by their layers, and the edges that are drawn of the chosen kind."""
    layers, heads = view.shape
    edges = _edges(view)
    step = ACROSS / max(layers, 2)
    at = [(LEFT + step * (k // heads), TOP + DOWN * (k % heads)) for k in range(layers * heads)]
    chosen, lines = view.chosen, []
    mine = [edge for edge in edges if chosen in (edge["writer"], edge["reader"])]
    most = edges["strength"].max() if len(edges) else 1
    for edge in mine if chosen is not None else edges[:MOST_EDGES]:
        share = float(edge["strength"] / most)
        colour = SECOND if edge["reader"] == chosen else FIRST
        ends = ("M", *at[edge["writer"]], "L", *at[edge["reader"]])
        lines.append(
            path(
                *ends,
                stroke=colour,
                stroke_width=0.6 + 2.6 * share**2,
                stroke_opacity=f"{0.2 + 0.7 * share**2:.2f}",
            )
        )
    dots = [
        tag("circle", cx=x, cy=y, r=6 if k == chosen else 3, fill=SECOND if k == chosen else QUIET)
        for k, (x, y) in enumerate(at)
    ]
    numbers = [
        text(LEFT + step * (layers - 1) / 2, 12, f"{say('layer')} →", anchor="middle"),
        text(0, 12, f"{say('head')} ↓"),
        *(text(LEFT + step * k, TOP - 16, k, anchor="middle") for k in range(layers)),
        *(text(LEFT - 16, TOP + DOWN * k + 5, k, anchor="end") for k in range(heads)),
    ]
    size = (LEFT + step * (layers - 1) + 16, TOP + DOWN * heads)
    part = Part(*size, "".join([*lines, *dots, *numbers]))
    threshold = f"{view.threshold:g}"
    if not len(edges):
        return Still(part, say("No edge is above {threshold}.", threshold=threshold))
    sentence = say(
        "Edges above {threshold}: {count}. The strongest: {strongest}.",
        threshold=threshold,
        count=len(edges),
        strongest=_told(edges, heads),
    )
    if chosen is not None and len(mine):
        sentence += " " + say(
            "Those of head {head}: {count}. The strongest: {strongest}.",
            head=_name(chosen, heads),
            count=len(mine),
            strongest=_told(mine, heads),
        )
    return Still(part, sentence)


def _edges(view):
    """Return the edges of the chosen kind above the threshold, the strongest first."""
    start = [0, *accumulate(view.counts)][view.kind]
    edges = np.frombuffer(view.edges, EDGE)[start : start + view.counts[view.kind]]
    return edges[edges["strength"] > np.float32(view.threshold)]


def _name(k, heads):
    return f"{k // heads}.{k % heads}"


def _told(edges, heads):
    return ", ".join(
        say("head {head}", head=_name(edge["writer"], heads))
        + f" → {_name(edge['reader'], heads)} ({number(edge['strength'], 3)})"
        for edge in edges[:3]
    )
