"""The walk of an output down the layers of a model, beside the matrix of all such walks."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.rollout import FUSIONS
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed_layers

FUSION_NAMES = tuple(FUSIONS)


class RolloutView(WeightsView):
    """Draws the layered graph of a model beside its rollout; see `rollout_explorer`.

    `fusion_choice` is the index that its control has chosen: 0 the mean, 1 the maximum, 2 the
    minimum over the heads.
    """

    _esm, _css = bundled(__file__)
    depth = traitlets.Int(1).tag(sync=True)  # so many layers are multiplied, from the first on
    residual = traitlets.Float(0.5).tag(sync=True)
    fusion_choice = traitlets.Int(0).tag(sync=True)
    output = traitlets.Int(None, allow_none=True).tag(sync=True)  # the one that is kept lit


def rollout_explorer(weights, tokens=None, *, residual=0.5, fusion="mean", depth=None, output=None):
    r"""Show rollout as walks down the layered graph of a model, beside the matrix of all walks.

    .. math:: R = \hat A_d \cdots \hat A_1, \qquad \hat A_l = (1 - r)\, A_l + r\, I

    A walk starts at an output and takes an edge of each layer, from the last to the first.
    Pointing at an output lights up the edges that its walk takes, by the probability that it
    takes them; where it ends is the output's row of the matrix. Below stands how far the product
    is from rank one after each layer. Everything is computed in the browser. Of more than 64
    positions the strongest 1500 lines are drawn, layers are multiplied while the page goes on, and
    weights are sent in a byte each, off by less than 1/255 of the largest of their matrix.

    Parameters
    ----------
    weights : array_like, shape (l, h, n, n) or (l, n, n)
        Attention weights of l layers, the first layer first; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    residual : float, default 0.5
        r, the share of the residual connection, from 0 to 1.
    fusion : {"mean", "max", "min"}, default "mean"
        How the heads of a layer become one matrix, as in `course_lib.rollout.rollout`. Where the
        minimum leaves a row of zeros, the figure says so instead.
    depth : int, optional
        How many layers are multiplied at first, from the first layer on. Default: all.
    output : int, optional
        The output whose walk is lit at first. Default: none.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `RolloutView`, its last child.

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
    >>> figure = rollout_explorer([[[0.9, 0.1], [0.4, 0.6]]] * 2, ["it", "runs"], output=1)
    >>> [control.description for control in figure.children[0].children]
    ['layers', 'residual share']
    """
    data = packed_layers(weights, tokens)
    layers, heads, n = data["shape"]
    view = RolloutView(
        **data,
        depth=layers if depth is None else _validate.integer(depth, "depth", low=1, high=layers),
        residual=_validate.real(residual, "residual", low=0, high=1),
        fusion_choice=FUSION_NAMES.index(_validate.choice(fusion, "fusion", FUSION_NAMES)),
        output=None if output is None else _validate.integer(output, "output", low=0, high=n - 1),
    )
    view.within(output=control.whole(n - 1, none=True))
    controls = []
    if layers > 1:
        controls.append(control.slider(view, "depth", say("layers"), low=1, high=layers, step=1))
    controls.append(control.residual_slider(view))
    if heads > 1:
        names = [say("mean"), say("max"), say("min")]
        controls.append(control.dropdown(view, "fusion_choice", say("heads fused by"), names))
    return control.figure(controls, view)
