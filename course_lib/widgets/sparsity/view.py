"""Attention with its weak edges left out: what is kept, how far outputs move, who is cut off."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed

METHODS = ("threshold", "top k")
MOST_FEATURES = 64


class SparsityView(WeightsView):
    """Draws attention without its weak edges; see `sparsity_explorer`.

    `method_choice` is an index into "threshold" and "top k", `head_choice` 0 for the mean and
    k + 1 for head k.
    """

    _esm, _css = bundled(__file__)
    head_choice = traitlets.Int(0).tag(sync=True)
    method_choice = traitlets.Int(0).tag(sync=True)
    k = traitlets.Int(3).tag(sync=True)
    threshold_idle, k_idle = (traitlets.Bool(False).tag(sync=True) for _ in range(2))
    values = traitlets.Bytes().tag(sync=True)  # float64 (n, features)
    features = traitlets.Int(1).tag(sync=True)


def sparsity_explorer(
    weights, tokens=None, *, values, layer=0, head=None, method="threshold", cutoff=0.1, k=None
):
    """Show what `course_lib.sparsity.threshold` or `top_k` leaves of attention, and what it costs.

    The graph and the heatmap show the rows as they are renormalised; the text tells how much
    attention was kept, how far an output moves, how far it could, and who still reaches whom.
    Of more than 64 positions at most 1,500 edges are drawn, the strongest; their weights are sent
    in two bytes each, off by less than 1/65535 of the largest of their matrix, and rows are divided
    by their sums. Everything is computed in the browser.

    Parameters
    ----------
    weights : array_like, shape (n, n), (h, n, n) or (l, h, n, n)
        Attention weights; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    values : array_like, shape (n, features)
        What the weights mix; at most 64 features.
    layer : int, default 0
        The layer shown first.
    head : int, optional
        The head shown first. Default: the mean of all heads of the layer.
    method : {"threshold", "top k"}, default "threshold"
    cutoff : float, default 0.1
        Weights above it are kept by "threshold"; from 0 to 1.
    k : int, optional
        How many weights of a row are kept by "top k"; from 1 to n. Default: 3, or n if it is less.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `SparsityView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights or too many to draw, `tokens` or `values` do not
        fit, or an option is out of range.

    Examples
    --------
    >>> figure = sparsity_explorer([[0.9, 0.1], [0.4, 0.6]], values=[[1, 0], [0, 1]], cutoff=0.3)
    >>> [control.description for control in figure.children[0].children]
    ['keep by', 'threshold', 'k']
    """
    data = packed(weights, tokens, exact=True)
    layers, heads, n = data["shape"]
    values = _validate.real_array(values, "values", ndim=2)
    if len(values) != n or values.shape[1] > MOST_FEATURES:
        raise ValueError(
            f"values must have shape ({n}, features), at most {MOST_FEATURES} features, got "
            f"{values.shape}"
        )
    view = SparsityView(
        **data,
        layer=_validate.integer(layer, "layer", low=0, high=layers - 1),
        head_choice=control.head_choice(head, heads),
        method_choice=METHODS.index(_validate.choice(method, "method", METHODS)),
        threshold=_validate.real(cutoff, "cutoff", low=0, high=1),
        k=min(3, n) if k is None else _validate.integer(k, "k", low=1, high=n),
        threshold_idle=method == "top k",
        k_idle=method != "top k",
        values=values.astype("<f8").tobytes(),
        features=values.shape[1],
    )
    controls = [
        *control.layer_slider(view, layers),
        *control.head_dropdown(view, heads),
        control.toggle(view, "method_choice", say("keep by"), [say("threshold"), say("top k")]),
        control.idle(control.threshold_slider(view), view, "threshold_idle"),
        control.idle(control.slider(view, "k", say("k"), low=1, high=n, step=1), view, "k_idle"),
    ]
    return control.figure(controls, view)
