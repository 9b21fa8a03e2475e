"""The attention graph beside its heatmap, linked."""

import traitlets

from course_lib import _validate
from course_lib.graph import DIRECTIONS
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed

LAYOUTS = ("circle", "rows")


class AttentionView(WeightsView):
    """Draws one attention matrix as a graph and as a heatmap; see `attention_explorer`.

    A trait that ends in ``_choice`` is the index that its control has chosen: for the head, 0 is
    the mean and k + 1 is head k; for direction and layout, an index into their names.
    """

    _esm, _css = bundled(__file__)
    head_choice = traitlets.Int(0).tag(sync=True)
    direction_choice = traitlets.Int(0).tag(sync=True)
    layout_choice = traitlets.Int(0).tag(sync=True)


def attention_explorer(
    weights,
    tokens=None,
    *,
    layer=0,
    head=None,
    threshold=0.05,
    direction="attends",
    layout="circle",
):
    """Show attention as a graph beside its heatmap, with controls for what is drawn.

    An edge is drawn if its weight is above the threshold, as in
    `course_lib.graph.attention_graph`. Of more than 64 positions at most 1,500 edges are drawn,
    the strongest; their weights are sent in a byte each, off by less than 1/255 of the largest of
    their matrix. Everything is computed in the browser.

    Parameters
    ----------
    weights : array_like, shape (n, n), (h, n, n) or (l, h, n, n)
        Attention weights of one matrix, of h heads, or of l layers of h heads; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    layer : int, default 0
        The layer shown first.
    head : int, optional
        The head shown first. Default: the mean of all heads of the layer.
    threshold : float, default 0.05
        From 0 to 1.
    direction : {"attends", "flow"}, default "attends"
        "attends": arrows from query to key. "flow": from key to query.
    layout : {"circle", "rows"}, default "circle"
        "rows": queries above, keys below.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `AttentionView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights or too many to draw, `tokens` do not fit, or an
        option is out of range.

    Examples
    --------
    >>> figure = attention_explorer([[0.9, 0.1], [0.4, 0.6]], ["it", "runs"], threshold=0.3)
    >>> [control.description for control in figure.children[0].children]
    ['threshold', 'arrows', 'layout']
    """
    data = packed(weights, tokens)
    layers, heads, _ = data["shape"]
    view = AttentionView(
        **data,
        layer=_validate.integer(layer, "layer", low=0, high=layers - 1),
        head_choice=control.head_choice(head, heads),
        threshold=_validate.real(threshold, "threshold", low=0, high=1),
        direction_choice=DIRECTIONS.index(_validate.choice(direction, "direction", DIRECTIONS)),
        layout_choice=LAYOUTS.index(_validate.choice(layout, "layout", LAYOUTS)),
    )
    controls = [
        *control.layer_slider(view, layers),
        *control.head_dropdown(view, heads),
        control.threshold_slider(view),
        control.toggle(
            view,
            "direction_choice",
            say("arrows"),
            [say("query → key (attends)"), say("key → query (flow)")],
        ),
        control.toggle(view, "layout_choice", say("layout"), [say("circle"), say("two rows")]),
    ]
    return control.figure(controls, view)
