"""What the stills of several figures show: matrices, and tokens with lines between them."""

import base64
import struct
import zlib

import numpy as np

from course_lib.plots.picture import shortened, text_width
from course_lib.widgets.shared.drawing import (
    FIRST,
    LINE,
    PAPER,
    QUIET,
    SECOND,
    SIZE,
    Part,
    path,
    tag,
    text,
)
from course_lib.widgets.shared.texts import labels, number

MOST_EDGES = 120  # that a drawing shows, the strongest
MOST_NODES = 200  # of a layered graph, of which more are lines enough
MOST_CELLS = 64  # of a side: of more, neighbours share a cell
LEVELS = 64  # shades of a colour
NODE = 4  # radius of a token


def heatmap(values, queries=None, keys=None, *, order=None, side=250, strength=None):
    """Draw a matrix: the darker a cell, the larger its value; orange below 0.

    `strength` maps the values to -1 ... 1. Default: the root of the size, so that small weights
    are seen, as in the live figures. Where rows and columns stand in another `order` than the
    tokens, this says in which.
    """
    values = np.asarray(values, dtype=float)
    queries, keys = (
        [named[k] for k in order] if named and order is not None else named
        for named in (labels(queries), labels(keys))
    )
    rows, columns = values.shape
    if strength is None:
        shades = np.sign(values) * np.sqrt(np.minimum(np.abs(values), 1))
    else:
        shades = np.clip(strength(values), -1, 1)
    cell = side / max(rows, columns)
    width, height = columns * cell, rows * cell
    left = _room(queries) + 4 if queries else 0
    top = _room(keys) + 4 if keys else 0
    markup = [
        tag(
            "image",
            href=f"data:image/png;base64,{base64.b64encode(_png(_coarse(shades))).decode()}",
            x=left,
            y=top,
            width=width,
            height=height,
            style="image-rendering:pixelated",
            preserveAspectRatio="none",
        ),
        tag("rect", x=left, y=top, width=width, height=height, fill="none", stroke=LINE),
    ]
    every = max(1, int(np.ceil(SIZE / cell)))
    for i in range(0, len(queries or ()), every):
        y = top + (i + 0.5) * cell + 4
        markup.append(text(left - 4, y, queries[i], anchor="end"))
    for j in range(0, len(keys or ()), every):
        markup.append(_upright(left + (j + 0.5) * cell, top - 4, keys[j]))
    return Part(left + width, top + height, "".join(markup))


def circle(matrix, drawn, tokens, *, side=250, lit=()):
    """Draw tokens on a circle, and an arrow for each pair (i, j) of `drawn`, by its weight."""
    tokens = labels(tokens)
    n, room = len(tokens), _room(tokens) + 12
    angle = 2 * np.pi * np.arange(n) / n - np.pi / 2
    out = np.column_stack([np.cos(angle), np.sin(angle)])
    middle = np.array([room + side / 2, SIZE + 20 + side / 2])
    at = middle + (side / 2 if n > 1 else 0) * out
    edges = "".join(
        _bend(at[i], at[j], out[i], ink(matrix[i, j])) for i, j in _strongest(matrix, drawn)
    )
    names = []
    every = max(1, int(np.ceil(n * SIZE / (np.pi * side))))
    for k, (name, (dx, dy)) in enumerate(zip(tokens, out, strict=True)):
        x, y = at[k]
        colour = SECOND if k in lit else None
        names.append(tag("circle", cx=x, cy=y, r=NODE, fill=colour or QUIET))
        if k % every == 0:
            anchor = "middle" if abs(dx) < 0.2 else "start" if dx > 0 else "end"
            place = {"anchor": anchor, "fill": colour}
            names.append(text(x + 16 * dx, y + 24 * dy + 4, name, **place))
    markup = tag("g", edges, fill="none", stroke=FIRST) + "".join(names)
    return Part(2 * room + side, side + 2 * SIZE + 40, markup)


def levels(layers, tokens, lines, *, width=300, step=46, lit=()):
    """Draw `layers` + 1 rows of tokens, the first layer's input lowest, and lines between them.

    `lines` are (layer, upper, lower, ink); `lit` are the nodes (row, position) that stand out.
    """
    n, tokens = len(tokens), labels(tokens)
    room = _room(tokens) + 6
    x = width * (np.arange(n) + 0.5) / n
    y = [room + step * (layers - row) for row in range(layers + 1)]
    markup = [
        path("M", x[i], y[layer + 1], "L", x[j], y[layer], **how) for layer, i, j, how in lines
    ]
    nodes = [(row, k) for row in range(layers + 1) for k in range(n)]
    for row, k in nodes if len(nodes) <= MOST_NODES else lit:
        colour, radius = (SECOND, NODE) if (row, k) in lit else (QUIET, 2)
        markup.append(tag("circle", cx=x[k], cy=y[row], r=radius, fill=colour))
    every = max(1, int(np.ceil(n * SIZE / width)))
    for k in range(0, n, every):
        markup.append(_upright(x[k], room - 8, tokens[k]))
        markup.append(_upright(x[k], y[0] + 8, tokens[k], anchor="end"))
    return Part(width, y[0] + room, "".join(markup))


def two_rows(matrix, drawn, queries, keys, *, width=340, step=110):
    """Draw queries above their keys, and a line for each pair (i, j) of `drawn`."""
    queries, keys = labels(queries), labels(keys)
    above, room = (_room(tokens) + 10 for tokens in (queries, keys))
    places = [width * (np.arange(len(each)) + 0.5) / len(each) for each in (queries, keys)]
    markup = [
        path("M", places[0][i], above, "L", places[1][j], above + step, **ink(matrix[i, j]))
        for i, j in _strongest(matrix, drawn)
    ]
    lines = tag("g", *markup, stroke=FIRST)
    names = []
    for tokens, x, y, move in ((queries, places[0], above, -8), (keys, places[1], above + step, 8)):
        every = max(1, int(np.ceil(len(tokens) * SIZE / width)))
        for k, name in enumerate(tokens):
            names.append(tag("circle", cx=x[k], cy=y, r=3, fill=QUIET))
            if k % every == 0:
                anchor = "start" if move < 0 else "end"
                names.append(_upright(x[k], y + move, name, anchor=anchor))
    return Part(width, above + step + room, lines + "".join(names))


def bars(rows, *, width=300, most=None, digits=3, colour=FIRST):
    """Draw named values, one below the other, each as a bar with its number."""
    rows = list(rows)
    most = most or max((abs(value) for _, value in rows), default=0) or 1
    left, step = _room([shortened(name, 24) for name, _ in rows]), 20
    markup = []
    for k, (name, value) in enumerate(rows):
        y = step * k
        length = width * abs(value) / most
        markup += [
            text(left, y + 14, shortened(name, 24), anchor="end"),
            tag("rect", x=left + 8, y=y + 3, width=max(length, 1), height=14, fill=colour),
            text(left + 14 + length, y + 14, number(value, digits)),
        ]
    return Part(left + width + 60, step * len(rows), "".join(markup))


def above(matrix, threshold):
    """Return the pairs (i, j) whose weight is above a threshold, in the precision that is sent."""
    return np.argwhere(np.float32(matrix) > np.float32(threshold)).tolist()


def ink(weight):
    """Return width and opacity of a line by its weight, as in the live figures."""
    weight = min(float(weight), 1.0)
    told = {"stroke_width": 0.6 + 4.4 * weight}
    return told | {"stroke_opacity": f"{0.06 + 0.94 * weight**0.5:.2f}"}


def _strongest(matrix, drawn):
    """Return the strongest of some pairs, the weakest of them first."""
    pairs = sorted(map(tuple, drawn), key=lambda pair: matrix[pair])
    return pairs[-MOST_EDGES:]


def _bend(start, end, out, how):
    """Return a curved arrow from a node of the circle to another, or to itself."""
    if (start == end).all():
        x, y = start + 8 * out
        return tag("circle", cx=x, cy=y, r=7, **how)
    along = end - start
    control = (start + end) / 2 + 0.13 * np.array([-along[1], along[0]])  # not the way back
    way = end - control
    tip = end - (NODE + 2) * way / np.hypot(*way)
    side = np.array([-way[1], way[0]]) / np.hypot(*way)
    back = tip - 6 * way / np.hypot(*way)
    left, right = back + 3 * side, back - 3 * side
    steps = ("M", *start, "Q", *control, *tip, "M", *left, "L", *tip, "L", *right)
    return path(*steps, **how)


def _upright(x, y, words, anchor="start"):
    place = f"translate({x + 4:.1f} {y:.1f}) rotate(-90)"
    anchor = None if anchor == "start" else anchor
    return tag("g", text(0, 0, words, anchor=anchor), transform=place)


def _room(words):
    """Return how many pixels the longest of some words takes."""
    return text_width(words, SIZE) if words else 0


def _coarse(shades):
    """Return at most 64 rows and columns: of neighbours the strongest."""
    for axis in (0, 1):
        share = -(-shades.shape[axis] // MOST_CELLS)
        starts = np.arange(0, shades.shape[axis], share)
        high, low = (f.reduceat(shades, starts, axis=axis) for f in (np.maximum, np.minimum))
        shades = np.where(high >= -low, high, low)
    return shades


def _png(shades):
    """Return the bytes of a PNG with a cell a pixel: blue for 1, the paper for 0, orange for -1."""
    paper, blue, orange = (
        np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
        for colour in (PAPER, FIRST, SECOND)
    )
    steps = np.linspace(0, 1, LEVELS)[:, None]
    colours = [paper + steps * (end - paper) for end in (blue, orange)]
    palette = np.rint(np.concatenate(colours)).astype(np.uint8)
    index = np.rint(np.abs(shades) * (LEVELS - 1)).astype(np.uint8) + LEVELS * (shades < 0)
    rows, columns = index.shape
    lines = np.pad(index.astype(np.uint8), ((0, 0), (1, 0)))  # each begins with its filter: none
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = {b"IHDR": header, b"PLTE": palette.tobytes(), b"IDAT": zlib.compress(lines, 9)}
    written = b"\x89PNG\r\n\x1a\n"
    for name, data in {**chunks, b"IEND": b""}.items():
        written += struct.pack(">I", len(data)) + name + data
        written += struct.pack(">I", zlib.crc32(name + data))
    return written
