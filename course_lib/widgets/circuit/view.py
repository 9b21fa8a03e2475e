"""The graph whose nodes are the heads of a model: which head could feed which later one."""

from collections.abc import Mapping

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_HEADS = np.iinfo(np.uint16).max  # as which they are numbered
MOST_EDGES = 600  # of a kind: what is weaker would hide under them
FIRST_EDGES = 60  # so many are drawn at first
STEPS = 20  # at least, of the slider
EDGE = np.dtype([("writer", "<u2"), ("reader", "<u2"), ("strength", "<f4")])


class CircuitView(FigureView):
    """Draws the graph of heads; see `head_graph`.

    `kind` and `score_choice` are indices into the names of what was given; `chosen` is
    layer · heads + head, or None.
    """

    _esm, _css = bundled(__file__)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads
    edges = traitlets.Bytes().tag(sync=True)  # kind after kind, each the strongest first, as EDGE
    counts = traitlets.List(traitlets.Int()).tag(sync=True)  # edges of each kind
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    scores = traitlets.Bytes().tag(sync=True)  # float32: kinds of score, layers, heads
    score_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kind = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.0).tag(sync=True)
    score_choice = traitlets.Int(0).tag(sync=True)
    chosen = traitlets.Int(None, allow_none=True).tag(sync=True)


def head_graph(composition, scores=None, *, heads=None, threshold=None, head=None):
    """Show the graph of heads: an edge says how strongly one head could steer a later one.

    Heads stand by their layers. Choosing one lights the edges from the heads it could read and
    to those that could read it, and lists them. Everything is drawn in the browser, which gets the
    600 strongest edges of each kind.

    Parameters
    ----------
    composition : array_like, shape (l, h, l, h) or (l * h, l * h), or dict of str to such arrays
        Strengths from writer to reader, such as composition scores by what they steer: "query",
        "key", "value". At least 0, and 0 unless the reader is in a later layer.
    scores : dict of str to array_like, shape (l, h), optional
        From 0 to 1, to colour the heads by. Default: they are not coloured.
    heads : int, optional
        How many heads a layer has. Needed if `composition` has two axes and there are no `scores`.
    threshold : float, optional
        Edges above it are drawn at first. Default: such that about 60 are.
    head : (int, int), optional
        Layer and head of the one that is chosen at first. Default: none.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `CircuitView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If the strengths or the scores are no such numbers or do not fit together, or an option is
        out of range.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits: composition.

    Examples
    --------
    >>> strengths = [[0, 0, 0.2, 0.1], [0, 0, 0.4, 0.3], [0, 0, 0, 0], [0, 0, 0, 0]]
    >>> figure = head_graph(strengths, heads=2)
    >>> [control.description for control in figure.children[0].children]
    ['threshold']
    """
    tables = composition if isinstance(composition, Mapping) else {"": composition}
    if not tables:
        raise ValueError("composition must hold at least one array, got none")
    scores = _checked_scores(scores)
    if heads is not None:
        heads = _validate.integer(heads, "heads", low=1, high=MOST_HEADS)
    elif scores:
        heads = next(iter(scores.values())).shape[1]
    named = {
        name: f"composition[{_validate.shown(name)}]" if tables is composition else "composition"
        for name in tables
    }
    read = [_checked(table, named[name], heads) for name, table in tables.items()]
    shape = read[0].shape[:2]
    if heads not in (None, shape[1]):
        raise ValueError(f"heads must be those of composition, {shape[1]}, got {heads}")
    for name, array in [*zip(named.values(), read, strict=True), *_named(scores)]:
        if array.shape[:2] != shape:
            raise ValueError(f"{name} must be of {shape} heads, got {array.shape[:2]}")
    edges = [_strongest(table) for table in read]
    low, high, step = _range(edges)
    if threshold is None:
        strengths = edges[0]["strength"]
        threshold = float(strengths[min(FIRST_EDGES, len(strengths) - 1)])
        threshold = round(min(max(low, step * round(threshold / step)), high), 10)
    start = {
        "kind": 0,
        "threshold": _validate.real(threshold, "threshold", low=low, high=high),
        "score_choice": 0,
        "chosen": None if head is None else _checked_head(head, shape),
    }
    view = CircuitView(
        shape=list(shape),
        edges=b"".join(part.tobytes() for part in edges),
        counts=list(map(len, edges)),
        kinds=[_validate.title(name, "composition") for name in tables],
        scores=b"".join(score.astype("<f4").tobytes() for score in scores.values()),
        score_names=[_validate.title(name, "scores") for name in scores],
        **start,
    )
    view.within(chosen=control.whole(shape[0] * shape[1] - 1, none=True))
    slider = control.slider(view, "threshold", say("threshold"), low=low, high=high, step=step)
    slider.readout_format = f".{max(2, int(np.ceil(-np.log10(step))))}f"
    controls = [slider]
    if len(tables) > 1:
        controls.insert(0, control.dropdown(view, "kind", say("edges"), view.kinds))
    if len(scores) > 1:
        names = view.score_names
        controls.append(control.dropdown(view, "score_choice", say("heads coloured by"), names))
    return control.figure(controls, view)


def _checked(table, name, heads):
    """Return strengths as an array of shape (l, h, l, h)."""
    table = _validate.single_array(table, name)
    if table.ndim == 2:
        if heads is None:
            raise ValueError(f"heads must be given where {name} has two axes")
        if table.shape[0] != table.shape[1] or len(table) % heads:
            raise ValueError(
                f"{name} must be square, with rows for layers of {heads} heads, got {table.shape}"
            )
        layers = len(table) // heads
        table = table.reshape(layers, heads, layers, heads)
    if table.ndim != 4 or table.shape[:2] != table.shape[2:]:
        raise ValueError(f"{name} must have shape (l, h, l, h), got {table.shape}")
    if table.shape[0] * table.shape[1] > MOST_HEADS:
        raise ValueError(f"{name} must be of at most {MOST_HEADS} heads, got {table.shape[:2]}")
    if table.min() < 0:
        raise ValueError(f"{name} must not be negative, got {table.min():.6g}")
    layers = np.arange(len(table))
    back = layers[:, None, None, None] >= layers[None, None, :, None]
    if np.where(back, table, 0).any():
        raise ValueError(f"{name} must be 0 unless the reader is in a later layer")
    if not table.any():
        raise ValueError(f"{name} must have an entry above 0")
    return table


def _checked_scores(scores):
    if scores is None:
        return {}
    if not isinstance(scores, Mapping):
        raise TypeError(f"scores must be a dict of arrays, got {type(scores).__name__}")
    read = {}
    for name, score in scores.items():
        read[name] = _validate.real_array(score, f"scores[{_validate.shown(name)}]", ndim=2)
        if read[name].min() < 0 or read[name].max() > 1:
            raise ValueError(f"scores[{_validate.shown(name)}] must lie between 0 and 1")
    return read


def _named(scores):
    return [(f"scores[{_validate.shown(name)}]", score) for name, score in scores.items()]


def _checked_head(head, shape):
    pair = _validate.pair(head, "head", "layer, head")
    layer, place = (
        _validate.integer(number, "head", low=0, high=most - 1)
        for number, most in zip(pair, shape, strict=True)
    )
    return layer * shape[1] + place


def _strongest(table):
    """Return the strongest edges, the strongest first; of equal ones the first writer's."""
    flat = table.reshape(table.shape[0] * table.shape[1], -1)
    order = np.argsort(-flat, axis=None, kind="stable")[:MOST_EDGES]
    order = order[flat.ravel()[order] > 0]
    edges = np.empty(len(order), EDGE)
    edges["writer"], edges["reader"] = np.unravel_index(order, flat.shape)
    edges["strength"] = flat.ravel()[order]
    return edges


def _range(edges):
    """Return the least and the largest threshold, and the step between, all in round numbers.

    Below the least one, edges of some kind would be missing.
    """
    cut = [part["strength"][-1] for part in edges if len(part) == MOST_EDGES]
    least, most = float(max(cut, default=0.0)), float(max(part["strength"][0] for part in edges))
    step = 10.0 ** np.floor(np.log10(max(most - least, 0.01 * most))) / STEPS
    low, high = (round(step * np.ceil(end / step), 10) for end in (least, most))
    return low, max(high, round(low + step, 10)), step
