"""The heads of a layer side by side, and the difference between two of them."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed


class HeadsGrid(WeightsView):
    """Draws all heads of a layer as small graphs and compares two; see `heads_explorer`."""

    _esm, _css = bundled(__file__)
    first = traitlets.Int(0).tag(sync=True)
    second = traitlets.Int(1).tag(sync=True)


def heads_explorer(weights, tokens=None, *, layer=0, first=0, second=1, threshold=0.1):
    """Show all heads of a layer as small graphs on one scale, and compare two of them.

    The difference of the two is a heatmap on the fixed range -1 to 1; their distance is that of
    `course_lib.heads.head_distance`. Of more than 64 positions each small graph draws its 400
    strongest lines, and weights are sent in a byte each, off by less than 1/255 of the largest of
    their matrix. Everything is computed in the browser.

    Parameters
    ----------
    weights : array_like, shape (h, n, n) or (l, h, n, n)
        Attention weights of at least two heads; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    layer : int, default 0
        The layer shown first.
    first, second : int, default 0 and 1
        The heads compared first; they may be the same.
    threshold : float, default 0.1
        From 0 to 1; lines are drawn for weights above it.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `HeadsGrid`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, have one head only or are too many to draw,
        `tokens` do not fit, or an option is out of range.

    Examples
    --------
    >>> heads = [[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]]
    >>> [control.description for control in heads_explorer(heads).children[0].children]
    ['first head', 'second head', 'threshold']
    """
    data = packed(weights, tokens)
    layers, heads, _ = data["shape"]
    if heads < 2:
        raise ValueError(f"weights must have at least 2 heads to compare, got {heads}")
    view = HeadsGrid(
        **data,
        layer=_validate.integer(layer, "layer", low=0, high=layers - 1),
        first=_validate.integer(first, "first", low=0, high=heads - 1),
        second=_validate.integer(second, "second", low=0, high=heads - 1),
        threshold=_validate.real(threshold, "threshold", low=0, high=1),
    )
    names = control.head_names(heads)
    controls = [
        *control.layer_slider(view, layers),
        control.dropdown(view, "first", say("first head"), names),
        control.dropdown(view, "second", say("second head"), names),
        control.threshold_slider(view),
    ]
    return control.figure(controls, view)
