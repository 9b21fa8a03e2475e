"""The still of the figure of a graph's attention."""

import numpy as np

from course_lib.attention import softmax
from course_lib.language import say
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

SIDE, MARGIN = 320, 16
GROUPS = (FIRST, "#5b3a8c", "#2a7530", "#8a5a00")


def still(view):
    """Draw the graph, the chosen node's edges by their weights, and these as bars."""
    node, (query, key) = view.node, np.array(view.edges)
    heads = range(view.shape[0]) if view.head_choice == 0 else [view.head_choice - 1]
    mine = np.flatnonzero(query == node)
    weights = _weights(view, heads, node, key[mine])
    order = np.argsort(-weights, kind="stable")
    at = _places(view)
    pairs = sorted({(min(i, j), max(i, j)) for i, j in zip(query, key, strict=True) if i != j})
    lines = [path("M", *at[i], "L", *at[j], stroke=LINE) for i, j in pairs]
    lines += [
        path("M", *at[node], "L", *at[key[mine[e]]], stroke=FIRST, **ink(weights[e]))
        for e in order[::-1]
    ]
    dots = [
        tag(
            "circle",
            cx=x,
            cy=y,
            r=7 if k == node else 4,
            fill=SECOND if k == node else GROUPS[view.groups[k]],
            stroke=QUIET if k in view.marked else None,
        )
        for k, (x, y) in enumerate(at)
    ]
    name = view.names[node]
    told = [say("itself") if j == node else view.names[j] for j in key[mine[order]]]
    x, y = at[node]
    aside = {"anchor": "end"} if x > SIDE / 2 + MARGIN else {}
    label = text(x + (-10 if aside else 10), y - 8, name, fill=SECOND, **aside)
    graph = Part(SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, "".join([*lines, *dots, label]))
    if not len(mine):
        sentence = say("{node} has no neighbours: it attends to nobody.", node=name)
        return Still(graph, sentence)
    listed = ", ".join(
        f"{who} ({number(weights[e], 3)})" for who, e in zip(told[:3], order[:3], strict=True)
    )
    sentence = say(
        "{node} attends most to {most}. Alike for all {count} would be {alike}.",
        node=name,
        most=listed,
        count=len(mine),
        alike=number(1 / len(mine), 3),
    )
    rows = list(zip(told, weights[order], strict=True))[:14]
    return Still(beside(graph, bars(rows, width=140)), sentence)


def _weights(view, heads, node, keys):
    """Return the weights of a node's edges to `keys`: the mean over some heads."""
    count, n, features = view.shape
    parts = np.frombuffer(view.parts, "<f8")
    size = count * n * features
    q, k = parts[: 2 * size].reshape(2, count, n, features)
    z = q[:, node][:, None] + k[:, keys]
    logits = np.einsum(
        "hef,hf->he", np.where(z > 0, z, view.slope * z), parts[2 * size :].reshape(count, features)
    )
    return softmax(logits[list(heads)]).mean(axis=0) if len(keys) else np.zeros(0)


def _places(view):
    """Return where the nodes stand, in pixels, downwards."""
    places = np.array(view.positions)
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    share = (places - low) / np.where(span > 0, span, 1)
    return MARGIN + SIDE * np.column_stack([share[:, 0], 1 - share[:, 1]])
