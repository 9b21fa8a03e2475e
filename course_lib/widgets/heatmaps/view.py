"""Two heads and their difference as three linked heatmaps."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.plots import spectral_order
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed

SCALES = ("own", "shared", "unit", "log")
ORDERS = ("sentence", "spectral")


class LinkedHeatmaps(WeightsView):
    """Draws two heads and their difference; see `heatmap_explorer`.

    `first` and `second` count through the heads of all layers. A trait that ends in ``_choice``
    is an index into `SCALES` or `ORDERS`.
    """

    _esm, _css = bundled(__file__)
    first = traitlets.Int(0).tag(sync=True)
    second = traitlets.Int(1).tag(sync=True)
    scale_choice = traitlets.Int(1).tag(sync=True)
    order_choice = traitlets.Int(0).tag(sync=True)
    orders = traitlets.List().tag(sync=True)  # the spectral order of each head


def heatmap_explorer(
    weights, tokens=None, *, first=(0, 0), second=(0, 1), scale="shared", order="sentence"
):
    """Show two heads and their difference as linked heatmaps, with a choice of scale and order.

    A cell that is pointed at lights up in all three. Only the spectral orders are computed in
    Python, once for every head; all else happens in the browser. Weights of more than 64 positions
    are sent in a byte each, off by less than 1/255 of the largest of their matrix.

    Parameters
    ----------
    weights : array_like, shape (h, n, n) or (l, h, n, n)
        Attention weights of at least two heads in all; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    first, second : (int, int), default (0, 0) and (0, 1)
        Layer and head of the two that are shown first; they may be the same.
    scale : {"own", "shared", "unit", "log"}, default "shared"
        Where the colours of the two heads end: each at its own largest weight, both at the larger
        of these, or at 1; or a log scale from 0.0001 to 1. The difference reaches as far below 0
        as above: to its own largest value, to the shared weight, and to 1 for the other two.
    order : {"sentence", "spectral"}, default "sentence"
        "spectral": rows and columns of all three in the `spectral_order` of the first head.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `LinkedHeatmaps`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, have one head only or are too many to draw,
        `tokens` do not fit, or an option is out of range.

    Examples
    --------
    >>> heads = [[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]]
    >>> [control.description for control in heatmap_explorer(heads).children[0].children]
    ['first', 'second', 'scale', 'order']
    """
    data = packed(weights, tokens)
    layers, heads, n = data["shape"]
    if layers * heads < 2:
        raise ValueError(f"weights must have at least 2 heads to compare, got {layers * heads}")
    flat = _validate.as_numpy(weights, "weights").reshape(-1, n, n)
    view = LinkedHeatmaps(
        **data,
        first=_head(first, "first", layers, heads),
        second=_head(second, "second", layers, heads),
        scale_choice=SCALES.index(_validate.choice(scale, "scale", SCALES)),
        order_choice=ORDERS.index(_validate.choice(order, "order", ORDERS)),
        orders=[spectral_order(matrix).tolist() for matrix in flat],
    )
    names = [
        say("layer {layer}, head {head}", layer=layer, head=head)
        for layer in range(layers)
        for head in range(heads)
    ]
    if layers == 1:
        names = control.head_names(heads)
    controls = [
        control.dropdown(view, "first", say("first"), names),
        control.dropdown(view, "second", say("second"), names),
        control.toggle(view, "scale_choice", say("scale"), _scale_names()),
        control.toggle(view, "order_choice", say("order"), [say("sentence"), say("spectral")]),
    ]
    return control.figure(controls, view)


def _scale_names():
    return [say("each its own"), say("shared"), say("0 to 1"), say("log")]


def _head(pair, name, layers, heads):
    """Return the number of a head (layer, head) when the heads of all layers are counted."""
    layer, head = _validate.pair(pair, name, "layer, head")
    layer = _validate.integer(layer, f"{name}[0] (the layer)", low=0, high=layers - 1)
    head = _validate.integer(head, f"{name}[1] (the head)", low=0, high=heads - 1)
    return layer * heads + head
