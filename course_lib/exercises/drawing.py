"""Draw with a learner's function and describe as plain data what a reader sees, for chapter 05.

The figure is rendered twice: as it is, and without its texts. The second image tells the colour
of each cell, whichever call has put it there and whatever lies above it; where the two differ, a
text can be seen. What judges ask of a description is in `drawing_reader.py`.
"""

import contextlib
from dataclasses import KW_ONLY, dataclass
from functools import partial

import matplotlib
import numpy as np
from matplotlib.collections import PolyQuadMesh, QuadMesh
from matplotlib.image import AxesImage
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from course_lib.exercises import empty_figures
from course_lib.exercises.calling import copied
from course_lib.exercises.empty_figures import own_figure
from course_lib.exercises.plain_data import attempt

SAMPLES = 513  # weights, and places of the colour map, from the lower to the upper end of a scale
INSIDE = np.linspace(0.2, 0.8, 15)  # where a cell is looked at, as a share of its side
SEEN = 30  # how much a text changes some pixels, of 255
LEGIBLE = 3  # pixels, the height of a text
WITHIN = 1.25  # of a cell: how wide and high a text in it may be


@dataclass(frozen=True)
class Draw:
    """A *call* that hands `count` empty axes to the learner's function, then the case.

    The first argument of a case is the matrix that is drawn. What comes back for each case is a
    tuple of the drawings, each a dict; see `described`. The names along the axes, which take
    longest to draw, are looked at if they are asked for: `named`.
    """

    count: int = 1
    _: KW_ONLY
    named: bool = False

    def __call__(self, answer, cases):
        """Return the drawings of each case, or `Raised`."""
        drawn = partial(_drawn, count=self.count, named=self.named)
        return [attempt(partial(drawn, answer, case)) for case in cases]


def _drawn(answer, case, count, named):
    with own_figure(count) as (figure, axes):
        result = answer(*axes, *copied(case))
        drawings = described(figure, axes, np.shape(case[0]), named)
    if result is Ellipsis and all(drawing is None for drawing in drawings):
        return Ellipsis  # still the stub; who draws may leave its last line where it is
    return drawings


def make_ready(counts):
    """Make empty figures before they are asked for, and load what drawing loads when it begins.

    Parameters
    ----------
    counts : dict of int to int
        How many axes a figure has, and how many such figures.
    """
    Draw(named=True)(lambda axes, weights: axes.imshow(weights), [(np.eye(2),)])
    empty_figures.make_ready(counts)


def described(figure, axes, shape, named=True):
    """Return for each of the axes what a reader sees of a matrix of a shape.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Its texts and axes of numbers are invisible afterwards.
    axes : sequence of matplotlib.axes.Axes
    shape : tuple of int
        Rows and columns of the matrix that should be there.
    named : bool, default True
        Whether to look at the ticks and the labels of the axes.

    Returns
    -------
    tuple of dict or None
        None where no matrix was drawn, or (keys):

        ``shape``
            (rows, columns) of the array drawn last, or None for other shapes of colour.
        ``colours``, ``even``
            RGB from 0 to 1 of most of each cell, (rows, columns, 3), rows from the top; and how
            much of the cell has it.
        ``scales``
            The colour maps in use, the one on top first: dicts with rising ``weights`` from end to
            end, their ``places`` on the map (0 to 1) and their ``colours``.
        ``texts``
            Of texts that can be seen in cells and do not stand on their heads (row, column, text),
            with fractions of cells: the middle of the first cell is at .5. Larger ones, which
            reach into other cells, are ``too_large``.
        ``rows``, ``columns``
            Of tick labels that can be seen (place, text), in the same unit.
        ``xlabel``, ``ylabel``
            The labels of the axes, "" where none can be seen.
    """
    around = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    if not named:
        _hide(around)
    image = _pixels(figure.canvas)  # which also settles the layout
    figure.set_layout_engine("none")  # hidden texts must not make room
    inside = [(ax, _region(ax, shape) if ax in figure.axes else None) for ax in axes]
    found = [None if box is None else _texts(ax, box, shape, named) for ax, box in inside]
    changed = np.zeros(image.shape[:2], dtype=bool)
    if any(found):
        _hide([*around, *figure.texts, *(text for ax in figure.axes for text in ax.texts)])
        with_texts, image = image, _pixels(figure.canvas)
        changed = furthest(with_texts - image) > SEEN
    return tuple(
        None if box is None else _cells(ax, box, shape, image) | _seen(texts, changed)
        for (ax, box), texts in zip(inside, found, strict=True)
    )


def _hide(artists):
    for artist in artists:
        artist.set_visible(False)


def _pixels(canvas):
    """Render a figure; return RGB from 0 to 255 with row 0 at the *bottom*, as in display units."""
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[::-1, :, :3].astype(np.int16)


def furthest(differences):
    """Return how far colours (..., 3) are apart in the channel where they differ most.

    The same as ``abs(differences).max(axis=-1)``, which takes five times as long for so short an
    axis.
    """
    red, green, blue = np.moveaxis(np.abs(differences), -1, 0)
    return np.maximum(np.maximum(red, green), blue)


def _mappables(axes):
    """Return what is drawn on axes through a colour map, the one on top first."""
    parts = [part for part in (*axes.images, *axes.collections) if part.get_visible()]
    parts = [part for part in parts if part.get_array() is not None]
    return sorted(parts, key=lambda part: part.get_zorder())[::-1]


def _region(axes, shape):
    """Return the box, in pixels, that holds the cells of a matrix; None if nothing was drawn."""
    matrices = [
        part for part in _mappables(axes) if isinstance(part, AxesImage | QuadMesh | PolyQuadMesh)
    ]
    alike = [part for part in matrices if part.get_array().shape[: len(shape)] == shape]
    painted = [part for part in (*axes.patches, *axes.collections) if part.get_visible()]
    boxes = [_extent(axes, part) for part in alike[:1] or matrices or painted]
    box = Bbox.union(boxes) if boxes else None
    return box if box and box.width and box.height else None  # a mesh may have no room for cells


def _extent(axes, part):
    if hasattr(part, "get_datalim"):  # a collection; its window would hold its lines' width too
        return part.get_datalim(axes.transData).transformed(axes.transData)
    return part.get_window_extent()


def _cells(axes, box, shape, pixels):
    """Describe the colours of the cells, and through which maps they may be read."""
    top = _mappables(axes)[:1]
    rows, columns = shape
    # Pixels of all cells at once: (rows, columns, places down, places across).
    y = np.floor(box.y1 - (np.arange(rows)[:, None] + INSIDE) * box.height / rows).astype(int)
    x = np.floor(box.x0 + (np.arange(columns)[:, None] + INSIDE) * box.width / columns).astype(int)
    y, x = y[:, None, :, None], x[None, :, None, :]
    height, width = pixels.shape[:2]
    outside = (y < 0) | (y >= height) | (x < 0) | (x >= width)
    looked = pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    codes = np.where(outside, -1, looked @ (65536, 256, 1)).reshape(rows, columns, -1)
    code, even = _most_frequent(codes)
    colours = np.stack([code // 65536, code // 256 % 256, code % 256], axis=-1) / 255
    colours[code < 0] = np.nan
    return {
        "shape": np.shape(top[0].get_array())[:2]
        if top and np.ndim(top[0].get_array()) > 1
        else None,
        "colours": colours,
        "even": even,
        "scales": [scale for part in _mappables(axes) if (scale := _scale(axes, part))],
    }


def _most_frequent(numbers):
    """Return the most frequent number along the last axis, and its share."""
    ordered = np.sort(numbers, axis=-1)
    places = np.arange(ordered.shape[-1])
    begins = np.where(np.diff(ordered, axis=-1, prepend=ordered[..., :1] - 1) != 0, places, 0)
    lengths = places + 1 - np.maximum.accumulate(begins, axis=-1)  # of runs of the same number
    last = lengths.argmax(axis=-1)[..., None]
    return np.take_along_axis(ordered, last, -1)[..., 0], lengths.max(axis=-1) / len(places)


def _scale(axes, part):
    """Return how colours tell weights, seen on the ground of the axes; None if they do not."""
    low, high = part.get_clim()
    if np.ndim(part.get_array()) > 2 or low is None or high is None:
        return None
    weights = np.linspace(float(low), float(high), SAMPLES)
    with contextlib.suppress(ValueError):  # steps of colour, which tell no single weight
        weights = np.union1d(weights, part.norm.inverse(np.linspace(0, 1, SAMPLES)))
    steps = part.norm(weights)
    if steps.dtype.kind == "f":
        places = np.asarray(steps)
    else:  # numbers of colours; the upper end itself has none of its own
        places = np.minimum(steps, part.cmap.N - 1) / part.cmap.N
    colours = part.cmap(steps)
    alpha = part.get_alpha()
    alpha = colours[:, 3:] * (1 if alpha is None else np.max(alpha))
    ground = np.array(matplotlib.colors.to_rgb(axes.get_facecolor()))
    return {
        "weights": weights,
        "places": places,
        "colours": alpha * colours[:, :3] + (1 - alpha) * ground,
    }


def _texts(axes, box, shape, named):
    """Return (kind, window, value) of each text in a cell, at a tick, or naming an axis."""
    rows, columns = shape

    def place(x, y):
        return (box.y1 - y) / box.height * rows, (x - box.x0) / box.width * columns

    found = []
    for text in filter(_upright, (*axes.texts, *axes.get_figure().texts)):
        window = _window(text)
        row, column = place(*(window.min + window.max) / 2)
        if 0 <= row < rows and 0 <= column < columns:
            frame = text.get_bbox_patch()  # the box around a text hides what lies below it
            taken = window if frame is None else frame.get_window_extent()
            sides = taken.width / box.width * columns, taken.height / box.height * rows
            kind = "texts" if max(sides) <= WITHIN else "too_large"
            found.append((kind, window, (row, column, text.get_text())))
    if not named:
        return found
    for kind, axis in (("xlabel", axes.xaxis), ("ylabel", axes.yaxis)):
        if _upright(axis.label):
            found.append((kind, _window(axis.label), axis.label.get_text()))
    for kind, axis, along in (("rows", axes.yaxis, 0), ("columns", axes.xaxis, 1)):
        first, last = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            where = tick.get_loc()
            if first <= where <= last:
                spot = place(*axes.transData.transform((where, where)))[along]
                found += [
                    (kind, _window(label), (spot, label.get_text()))
                    for label in filter(_upright, (tick.label1, tick.label2))
                ]
    return found


def _window(text):
    return Text.get_window_extent(text)  # of an annotation: without its arrow


def _upright(text):
    """Tell whether a text stands upright, or is turned by no more than a quarter."""
    return not 91 < text.get_rotation() % 360 < 269


def _seen(texts, changed):
    """Keep the texts that change the image where they stand, by their kind."""
    seen = {kind: [] for kind in ("texts", "too_large", "rows", "columns", "xlabel", "ylabel")}
    for kind, window, value in texts:
        (x0, y0), (x1, y1) = np.clip(window.get_points(), 0, changed.shape[::-1]).astype(int)
        high = min(x1 - x0, y1 - y0) if "label" in kind else y1 - y0  # a label may be turned
        if high >= LEGIBLE and changed[y0 : y1 + 1, x0 : x1 + 1].any():
            seen[kind].append(value)
    return seen | {kind: "".join(seen[kind]) for kind in ("xlabel", "ylabel")}
