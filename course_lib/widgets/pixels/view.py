"""Where a place of a picture attends: choose a pixel or a patch, see its row of weights."""

import io
from typing import NamedTuple

import numpy as np
import traitlets
from matplotlib.image import imsave

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_PLACES = 400
MOST_WEIGHTS = 2_000_000  # of all pictures and heads: 4 MB on the page
MOST_PICTURES = 1000
MOST_PIXELS = 500_000  # of one picture
MOST_EDGES = 30
MOST_AS_PNG = 10_000  # pixels; larger pictures are photographs


class PictureAttention(NamedTuple):
    """One picture with its attention, as `pixel_explorer` takes it.

    Attributes
    ----------
    title : str
        What the picture is called in the list of pictures.
    picture : array_like, shape (height, width) or (height, width, 3)
        Grey or colour: floats from 0 to 1, or uint8.
    weights : array_like, shape (heads, n, n)
        Attention weights: row i holds the weights with which place i attends.
    note : str
        A sentence or two to show under the picture.
    """

    title: str
    picture: np.ndarray
    weights: np.ndarray
    note: str = ""


class PixelsView(FigureView):
    """Draws a picture and where one of its places attends; see `pixel_explorer`.

    `picture` and `head` are indices, `place` is the number of the chosen place, row by row.
    """

    _esm, _css = bundled(__file__)
    weights = traitlets.Bytes().tag(sync=True)  # little-endian float16, picture by picture
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # pictures, heads, rows, columns
    pictures = traitlets.Bytes().tag(sync=True)  # PNG or JPEG files, one after the other
    about = traitlets.List(traitlets.Dict()).tag(sync=True)  # title, note, size of each picture
    heads = traitlets.List(traitlets.Unicode()).tag(sync=True)
    picture = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    place = traitlets.Int(0).tag(sync=True)
    edges = traitlets.Int(8).tag(sync=True)


def pixel_explorer(pictures, *, grid, heads=None, picture=0, head=0, place=None, edges=8):
    """Show pictures whose places attend to one another: choose a place, see where it attends.

    The figure shows the strongest edges of the chosen place on the picture, its weights as a map
    over the dimmed picture, and how far it looks, as `course_lib.nn.vision.attention_distance`
    measures it. Everything is computed in the browser.

    Parameters
    ----------
    pictures : sequence of PictureAttention
        At least one. All have the same number of heads and places; their sizes may differ.
    grid : (int, int)
        Rows and columns of the places (pixels or patches), which are numbered row by row. Their
        product is n, the number of places; at most 400.
    heads : sequence of str, optional
        The names of the heads. Default: "head 0", "head 1", and so on.
    picture, head : int, default 0
        The picture and the head shown first.
    place : (int, int), optional
        Row and column of the place that is chosen first. Default: the middle of the grid.
    edges : int, default 8
        How many of the chosen place's strongest edges are drawn; from 0 to 30.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `PixelsView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If a picture is no picture or smaller than the grid, weights are no attention weights of
        the grid's places, all of it is too large to draw, or an option is out of range.

    Notes
    -----
    Weights are sent as float16: they keep three figures, and those below 3e-8 become 0.

    References
    ----------
    Dosovitskiy et al. (2021), An image is worth 16x16 words, figure 7 and appendix D.7, for the
    attention distance.

    Examples
    --------
    >>> picture = PictureAttention("two pixels", [[0.0, 1.0]], [[[0.2, 0.8], [0.5, 0.5]]])
    >>> figure = pixel_explorer([picture], grid=(1, 2), place=(0, 1))
    >>> [control.description for control in figure.children[0].children]
    ['edges']
    >>> figure.children[-1].place
    1
    """
    pictures = _picture_list(pictures)
    rows, columns = _checked_grid(grid)
    weights = _all_weights(pictures, rows, columns)
    images = [_checked_picture(one.picture, k, rows, columns) for k, one in enumerate(pictures)]
    names = _head_names(heads, weights.shape[1])
    files = [_file(image) for image in images]
    view = PixelsView(
        weights=weights.astype("<f2").tobytes(),
        shape=[*weights.shape[:2], rows, columns],
        pictures=b"".join(files),
        about=[_about(*one) for one in zip(pictures, images, files, strict=True)],
        heads=names,
        picture=_validate.integer(picture, "picture", low=0, high=len(pictures) - 1),
        head=_validate.integer(head, "head", low=0, high=len(names) - 1),
        place=_place_number(place, rows, columns),
        edges=_validate.integer(edges, "edges", low=0, high=MOST_EDGES),
    )
    view.within(place=control.whole(rows * columns - 1))
    controls = []
    if len(pictures) > 1:
        titles = [one.title for one in pictures]
        controls.append(control.dropdown(view, "picture", say("picture"), titles))
    if len(names) > 1:
        controls.append(control.dropdown(view, "head", say("head"), names))
    controls.append(control.slider(view, "edges", say("edges"), low=0, high=MOST_EDGES, step=1))
    return control.figure(controls, view)


def _picture_list(pictures):
    """Return `pictures` as a list of PictureAttention with different titles."""
    pictures = _validate.sequence(pictures, "pictures", PictureAttention, most=MOST_PICTURES)
    for k, one in enumerate(pictures):
        if not isinstance(one, PictureAttention):
            raise TypeError(f"pictures[{k}] must be a PictureAttention, got {type(one).__name__}")
        for field in ("title", "note"):
            _validate.text(getattr(one, field), f"pictures[{k}].{field}")
    _check_different([one.title for one in pictures], "pictures must have different titles")
    return pictures


def _checked_grid(grid):
    """Return rows and columns, or raise an error."""
    rows, columns = _validate.pair(grid, "grid", "rows, columns")
    rows = _validate.integer(rows, "grid[0] (rows)", low=1, high=MOST_PLACES)
    columns = _validate.integer(columns, "grid[1] (columns)", low=1, high=MOST_PLACES)
    if rows * columns > MOST_PLACES:
        raise ValueError(
            f"grid must have at most {MOST_PLACES} places, got {rows} × {columns} = "
            f"{rows * columns}"
        )
    return rows, columns


def _all_weights(pictures, rows, columns):
    """Return the weights of all pictures, (pictures, heads, n, n), with rows divided by sums."""
    places = rows * columns
    collected = []
    for k, one in enumerate(pictures):
        name = f"pictures[{k}].weights"
        weights = _validate.weights_array(one.weights, name, ndim=3)
        if weights.shape[-1] != places:
            raise ValueError(
                f"{name} must have one row for each of the grid's {rows} × {columns} = {places} "
                f"places, got shape {weights.shape}"
            )
        if collected and len(weights) != len(collected[0]):
            raise ValueError(
                f"{name} must have as many heads as the first picture's, {len(collected[0])}, "
                f"got {len(weights)}"
            )
        collected.append(weights / weights.sum(axis=-1, keepdims=True))
        total = len(pictures) * weights.size
        if total > MOST_WEIGHTS:
            raise ValueError(
                f"pictures must have at most {MOST_WEIGHTS} weights in all to be sent, got {total}"
            )
    return np.stack(collected)


def _checked_picture(picture, k, rows, columns):
    """Return a picture as uint8 of shape (height, width, 3)."""
    name = f"pictures[{k}].picture"
    values = _validate.as_numpy(picture, name)
    if values.dtype != np.uint8 and values.dtype.kind != "f":
        raise TypeError(f"{name} must hold floats from 0 to 1, or uint8, got {values.dtype}")
    array = _validate.real_array(picture, name)
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        raise ValueError(
            f"{name} must have shape (height, width) or (height, width, 3), got {array.shape}"
        )
    height, width = array.shape[:2]
    if height < rows or width < columns:
        raise ValueError(
            f"{name} must have at least a pixel a place, {rows} × {columns}, got {height} × {width}"
        )
    if height * width > MOST_PIXELS:
        raise ValueError(f"{name} must have at most {MOST_PIXELS} pixels, got {height} × {width}")
    if values.dtype != np.uint8:
        if array.min() < 0 or array.max() > 1:
            raise ValueError(
                f"{name} must lie between 0 and 1, got {array.min():.6g} to {array.max():.6g}"
            )
        array = np.round(255 * array)
    colour = array if array.ndim == 3 else np.repeat(array[:, :, None], 3, axis=2)
    return colour.astype(np.uint8)


def _file(image):
    """Return a picture (height, width, 3) as the bytes of a file: PNG, or JPEG if it is large."""
    file = io.BytesIO()
    if image.shape[0] * image.shape[1] > MOST_AS_PNG:
        imsave(file, image, format="jpeg", pil_kwargs={"quality": 85})
    else:
        imsave(file, image, format="png", metadata={"Software": None})
    return file.getvalue()


def _about(one, image, file):
    height, width = image.shape[:2]
    size = {"height": height, "width": width, "bytes": len(file)}
    return {"title": one.title, "note": one.note, **size}


def _head_names(heads, count):
    """Return the names of `count` heads, all different."""
    names = _validate.token_list(heads, count, "heads")
    if heads is None:
        return control.head_names(count)
    _check_different(names, "heads must have different names")
    return names


def _place_number(place, rows, columns):
    """Return the number of the place in a row and a column; None is the middle."""
    if place is None:
        return (rows // 2) * columns + columns // 2
    row, column = _validate.pair(place, "place", "row, column")
    row = _validate.integer(row, "place[0] (the row)", low=0, high=rows - 1)
    return row * columns + _validate.integer(
        column, "place[1] (the column)", low=0, high=columns - 1
    )


def _check_different(names, message):
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ValueError(f"{message}, got {repeated!r} twice")
