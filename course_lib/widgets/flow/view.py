"""The largest flow between an output and an input of a model, and the cut that limits it."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.texts import token_names
from course_lib.widgets.shared.weights import WeightsView, packed_layers


class FlowView(WeightsView):
    """Draws a maximum flow and a minimum cut in the layered graph of a model; see `flow_explorer`.

    The layers drawn lie between `first_layer` and `last_layer`, whichever is the larger, so that
    every state of the two controls is a range.
    """

    _esm, _css = bundled(__file__)
    output = traitlets.Int(0).tag(sync=True)
    input = traitlets.Int(0).tag(sync=True)
    first_layer = traitlets.Int(0).tag(sync=True)
    last_layer = traitlets.Int(0).tag(sync=True)
    residual = traitlets.Float(0.5).tag(sync=True)


def flow_explorer(
    weights, tokens=None, *, output=0, input=0, first_layer=0, last_layer=None, residual=0.5
):
    r"""Show the largest flow from an output to an input of a model, and a smallest cut.

    The edge (l + 1, i) → (l, j) of the layered graph can carry

    .. math:: \hat A_l[i, j], \qquad \hat A_l = (1 - r)\, A_l + r\, I

    with the heads averaged. The figure also tells the bound that the first layer sets,
    min(1, sum of the input's column), and whether the flow meets it. Output and input are chosen
    by their nodes or by the controls. Everything is computed in the browser. Of more than 64
    positions the strongest 1500 lines of a kind are drawn, the flow is found while the page goes
    on, and weights are sent in a byte each, off by less than 1/255 of the largest of their matrix;
    flow, cut and bound are those of the weights that were sent.

    Parameters
    ----------
    weights : array_like, shape (l, h, n, n) or (l, n, n)
        Attention weights of l layers, the first layer first; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    output, input : int, default 0
        The positions that are chosen at first.
    first_layer : int, default 0
        The lowest layer drawn at first.
    last_layer : int, optional
        The highest, not below `first_layer`. Default: the last one.
    residual : float, default 0.5
        r, the share of the residual connection, from 0 to 1.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `FlowView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights of layers or too many to draw, `tokens` do not
        fit, or an option is out of range.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> figure = flow_explorer([[[0.9, 0.1], [0.4, 0.6]]] * 2, ["it", "runs"], output=1)
    >>> [control.description for control in figure.children[0].children]
    ['output', 'input', 'first layer', 'last layer', 'residual share']
    """
    data = packed_layers(weights, tokens)
    layers, _, n = data["shape"]
    first = _validate.integer(first_layer, "first_layer", low=0, high=layers - 1)
    last = layers - 1 if last_layer is None else last_layer
    view = FlowView(
        **data,
        output=_validate.integer(output, "output", low=0, high=n - 1),
        input=_validate.integer(input, "input", low=0, high=n - 1),
        first_layer=first,
        last_layer=_validate.integer(last, "last_layer", low=first, high=layers - 1),
        residual=_validate.real(residual, "residual", low=0, high=1),
    )
    view.within(output=control.whole(n - 1), input=control.whole(n - 1))
    return control.figure(_choices(view), view)


def _choices(view):
    layers, _, n = view.shape
    told = token_names(view.tokens)
    controls = []
    if n > 1:
        controls.append(control.dropdown(view, "output", say("output"), told))
        controls.append(control.dropdown(view, "input", say("input"), told))
    if layers > 1:
        highest = {"low": 0, "high": layers - 1, "step": 1}
        controls.append(control.slider(view, "first_layer", say("first layer"), **highest))
        controls.append(control.slider(view, "last_layer", say("last layer"), **highest))
    return [*controls, control.residual_slider(view)]
