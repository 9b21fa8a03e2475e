"""Attention weights as arrows between tokens, in a layout that is the same at every run."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from course_lib import _validate
from course_lib.graph import attention_matrix
from course_lib.language import later, say
from course_lib.plots.picture import (
    Picture,
    card,
    label_style,
    names,
    new_figure,
    shortened,
    text_width,
    title_text,
    titled,
)

COLOUR = "#1f66ad"
MEANING = {
    "attends": later("edge i → j: i attends to j"),
    "flow": later("edge j → i: information flows from j to i"),
}
HEAD = "->,head_length=3.6,head_width=2"  # in points
SHOWN = (0.1, 0.5, 1.0)  # weights of the legend
SIDE = 5.6  # inches, of the drawing without title and legend
MOST_LEVEL = 12  # more tokens on the circle than this, and their labels turn outwards
# In units of the circle's radius:
NODE = 0.035
LABEL_RADIUS = 1.34  # leaves room for the loops


def draw_attention_graph(graph, *, layout="circle", title=None):
    """Draw an attention graph: the wider and darker an edge, the larger its weight.

    Both directions of a pair are drawn as separate curves, and a token that attends to itself
    has a loop.

    Parameters
    ----------
    graph : networkx.DiGraph
        As `course_lib.graph.attention_graph` makes it, with its direction and threshold.
    layout : {"circle", "rows"}, default "circle"
        "circle": the tokens clockwise from the top. "rows": all tokens twice, as queries above
        and as keys below; the only one for cross-attention.
    title : str, optional
        The title, which also begins the text alternative.

    Returns
    -------
    Picture
        The figure and its text alternative.

    Raises
    ------
    TypeError, ValueError
        If `graph` is not an attention graph or `layout` is not allowed.

    Examples
    --------
    >>> from course_lib.graph import attention_graph
    >>> graph = attention_graph([[0.9, 0.1], [0.4, 0.6]], ["it", "runs"], threshold=0.3)
    >>> figure, alt = draw_attention_graph(graph)
    >>> print(alt)
    Directed graph, nodes: 2, edges: 3; edge i → j: i attends to j; only weights above 0.3.
    Strongest edges: it → it 0.90, runs → runs 0.60, runs → it 0.40.
    """
    attention_matrix(graph)  # refuses whatever is not an attention graph
    _validate.choice(layout, "layout", ("circle", "rows"))
    queries, keys = _sides(graph)
    if queries is not keys and layout != "rows":
        raise ValueError(f"layout must be 'rows' for cross-attention, got {layout!r}")
    place = {node: k for side in (queries, keys) for k, node in enumerate(side)}
    above, below = (
        [str(graph.nodes[node].get("token", place[node])) for node in side]
        for side in (queries, keys)
    )
    told = dict(zip([*queries, *keys], [*names(above), *names(below)], strict=True))
    direction = graph.graph.get("direction", "attends")
    meaning = _meaning(direction, graph.graph.get("threshold", 0))
    edges = sorted(graph.edges(data="weight"), key=lambda edge: edge[2])  # the strongest on top
    with card():
        figure = new_figure(6.0, 6.0)
        axes = figure.add_subplot()
        axes.set_axis_off()
        axes.set_title(title_text(title), parse_math=False)
        in_rows = layout == "rows"
        path = _rows(axes, above, below, direction) if in_rows else _circle(axes, above)
        for source, target, weight in edges:
            way = path(place[source], place[target])
            axes.add_patch(FancyArrowPatch(path=way, arrowstyle=HEAD, **_ink(weight)))
        axes.legend(
            [Line2D([], [], **_ink(weight)) for weight in SHOWN],
            [say("weight {weight}", weight=weight) for weight in SHOWN],
            title=meaning,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=3,
            frameon=False,
        )
    return Picture(figure, titled(title, _describe(told, edges, meaning)))


def _sides(graph):
    """Return the queries and the keys among the nodes, in order: the same list if they are one."""
    if ("query", 0) not in graph:
        positions = sorted(graph)
        return positions, positions
    nodes = sorted(graph, key=lambda node: node[1])
    return [[node for node in nodes if node[0] == side] for side in ("query", "key")]


def _ink(weight):
    """Return width in points and opacity of an edge, the same as in the live figures."""
    weight = min(weight, 1.0)
    pixels = 0.6 + 4.4 * weight
    return {"color": COLOUR, "linewidth": 0.72 * pixels, "alpha": 0.06 + 0.94 * weight**0.5}


def _circle(axes, tokens):
    """Place the tokens on a circle; return the function that gives an edge's path."""
    n = len(tokens)
    level = n <= MOST_LEVEL
    angles = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    out = np.column_stack([np.cos(angles), np.sin(angles)])
    at = out if n > 1 else np.zeros((1, 2))
    labels = [shortened(name, 16) for name in names(tokens)]
    size, every = label_style(72 * SIDE / 2 * 2 * np.pi / n)
    # The labels begin at LABEL_RADIUS and end at the limit: a share of the picture's half side.
    limit = LABEL_RADIUS / (1 - min(0.5, text_width(labels, size) / (72 * SIDE / 2)))
    room = LABEL_RADIUS - 0.9 if level else limit - 1  # above the highest node, below the lowest
    bottom, top = at[:, 1].min() - room, at[:, 1].max() + room
    axes.set(xlim=(-limit, limit), ylim=(bottom, top), aspect="equal")
    axes.figure.set_figheight(SIDE * (top - bottom) / (2 * limit) + 1.2)
    _nodes(axes, at)
    for position in range(0, n, every):
        place = at[position] + (LABEL_RADIUS - 1) * out[position]
        _spoke(axes, place, angles[position], labels[position], size, level)

    def path(source, target):
        if source == target:
            return _loop(at[source], out[source])
        along = at[target] - at[source]
        middle = (at[source] + at[target]) / 2
        left = np.array([-along[1], along[0]])
        return _between(at[source], 0.82 * middle + 0.13 * left, at[target])

    return path


def _rows(axes, queries, keys, direction):
    """Place queries above and keys below; return the function for paths."""
    n = max(len(queries), len(keys))
    query, key = (
        np.column_stack([np.linspace(-1, 1, k) if k > 1 else np.zeros(1), np.full(k, height)])
        for k, height in ((len(queries), 0.6), (len(keys), -0.6))
    )
    size, every = label_style(72 * SIDE * 0.9 / n)
    level = text_width(map(shortened, [*queries, *keys]), size) < 72 * SIDE * 0.9 / n
    edge = 0.9 if level else 1.3
    axes.set(xlim=(-1.1, 1.1), ylim=(-edge, edge))
    axes.figure.set_figheight(1.5 + 2.8 * edge)
    for at, labels, side, row in (
        (query, queries, 1, "queries (attend)"),
        (key, keys, -1, "keys (attended to)"),
    ):
        _nodes(axes, at)
        axes.text(0, (edge - 0.04) * side, row, ha="center", va="center", color="#55606c")
        for position in range(0, len(labels), every):
            axes.text(
                at[position, 0],
                0.67 * side,
                shortened(labels[position]),
                ha="center",
                va="bottom" if side > 0 else "top",
                rotation=0 if level else 90,
                fontsize=size,
                parse_math=False,
            )

    def path(source, target):
        start, end = (query, key) if direction == "attends" else (key, query)
        down = np.array([0, np.sign(end[0, 1] - start[0, 1])])
        first, last = start[source] + NODE * down, end[target] - 1.6 * NODE * down
        points = [first, first + 0.45 * down, last - 0.45 * down, last]
        return Path(points, [Path.MOVETO] + 3 * [Path.CURVE4])

    return path


def _nodes(axes, at):
    axes.plot(*at.T, "o", color="#24303a", markersize=6, zorder=3)


def _spoke(axes, place, angle, label, size, level):
    """Write a label outside the circle: level while there is room, along the spoke otherwise."""
    left = np.cos(angle) < -1e-9
    above = level and abs(np.cos(angle)) < 0.3
    axes.text(
        *place,
        label,
        ha="center" if above else "right" if left else "left",
        va="center",
        rotation=0 if level else np.degrees(angle) + (180 if left else 0),
        rotation_mode="anchor",
        fontsize=size,
        parse_math=False,
    )


def _between(start, control, end):
    """Return a curve from the rim of one node to the rim of another."""

    def towards(point, distance):
        step = control - point
        return point + distance * step / np.linalg.norm(step)

    points = [towards(start, NODE), control, towards(end, 1.5 * NODE)]
    return Path(points, [Path.MOVETO, Path.CURVE3, Path.CURVE3])


def _loop(at, out):
    """Return a loop on the outer side of a node."""
    side = np.array([-out[1], out[0]])
    corners = [(0.02, -0.035), (0.34, -0.2), (0.34, 0.2), (0.045, 0.045)]
    points = [at + outward * out + sideways * side for outward, sideways in corners]
    return Path(points, [Path.MOVETO] + 3 * [Path.CURVE4])


def _meaning(direction, threshold):
    """Tell what an edge means, and which are left out, if any are."""
    meaning = say(MEANING[direction])
    if not threshold:
        return meaning
    return say("{meaning}; only weights above {threshold:g}", meaning=meaning, threshold=threshold)


def _describe(told, edges, meaning):
    """Tell in words how many edges there are, what they mean, and which are the strongest.

    `told` are the names of the nodes.
    """
    strongest = ", ".join(
        f"{told[source]} → {told[target]} {weight:.2f}"
        for source, target, weight in sorted(edges, key=lambda edge: -edge[2])[:5]
    )
    graph = say(
        "Directed graph, nodes: {nodes}, edges: {edges}; {meaning}.",
        nodes=len(told),
        edges=len(edges),
        meaning=meaning,
    )
    return f"{graph} {say('Strongest edges: {edges}.', edges=strongest)}" if edges else graph
