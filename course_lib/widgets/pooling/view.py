"""Pooling by attention: a readout attends to the members of a bag; take members away."""

import io
from typing import NamedTuple

import numpy as np
import traitlets
from matplotlib.image import imsave

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_BAGS = 20
MOST_MEMBERS = 16
MOST_SIDE = 32  # pixels of a member's picture


class PooledBag(NamedTuple):
    """One bag, as `pooling_explorer` takes it.

    Attributes
    ----------
    title : str
        What the bag is called in the list of bags.
    pictures : array_like, shape (n, height, width)
        Of the members, grey from 0 to 1; 2 to 16 members, at most 32 × 32 pixels.
    scores : array_like, shape (n,)
        The logits of the attention weights.
    votes : array_like, shape (n,)
        What each member adds to the answer's logit if it has weight 1: w · h_i for a readout w.
    names : sequence of str
        What each member is called.
    label : int, optional
        The right answer, 0 or 1, if it is to be told.
    """

    title: str
    pictures: np.ndarray
    scores: np.ndarray
    votes: np.ndarray
    names: list
    label: int | None = None


class PoolingView(FigureView):
    """Draws the members of a bag around their readout; see `pooling_explorer`.

    `bag` is an index; `removed` lists the members of this bag that are taken away;
    `weights_choice` is 0 for the learned weights, 1 for all alike.
    """

    _esm, _css = bundled(__file__)
    bags = traitlets.List(traitlets.Dict()).tag(sync=True)
    bias = traitlets.Float(0.0).tag(sync=True)
    question = traitlets.Unicode("").tag(sync=True)
    bag = traitlets.Int(0).tag(sync=True)
    removed = traitlets.List(traitlets.Int()).tag(sync=True)
    weights_choice = traitlets.Int(0).tag(sync=True)


def pooling_explorer(bags, *, bias=0.0, question="is there a 9?", uniform=False):
    r"""Show how a readout attends to the members of a bag; take members away and put them back.

    .. math:: a_i = \mathrm{softmax}_i(s_i), \qquad
              p = \sigma\big(\textstyle\sum_i a_i c_i + b\big)

    over the members that are left, with scores s and votes c. Everything is computed in the
    browser.

    Parameters
    ----------
    bags : sequence of PooledBag
        From 1 to 20.
    bias : float, default 0
        The b of the answer's logit.
    question : str
        That the model answers with yes or no.
    uniform : bool, default False
        Begin with equal weights instead of the learned ones.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `PoolingView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If a bag is no `PooledBag`, its parts do not fit together or are too large to draw, or an
        option is out of range.

    References
    ----------
    Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance learning, equation 7.

    Examples
    --------
    >>> bag = PooledBag("two", [[[0.0]], [[1.0]]], [0, 1], [-2, 3], ["dark", "light"])
    >>> [control.description for control in pooling_explorer([bag]).children[0].children]
    ['weights']
    """
    bags = _validate.sequence(bags, "bags", PooledBag, most=MOST_BAGS)
    view = PoolingView(
        bags=[_sent(bag, f"bags[{k}]") for k, bag in enumerate(bags)],
        bias=_validate.real(bias, "bias"),
        question=_validate.text(question, "question"),
        weights_choice=int(_validate.flag(uniform, "uniform")),
    )
    view.within(removed=control.whole(MOST_MEMBERS - 1, length=[0, MOST_MEMBERS]))
    controls = [
        control.toggle(view, "weights_choice", say("weights"), [say("learned"), say("all alike")])
    ]
    if len(bags) > 1:
        titles = [bag.title for bag in bags]
        controls.insert(0, control.dropdown(view, "bag", say("bag"), titles))
    return control.figure(controls, view)


def _sent(bag, name):
    """Return what the browser gets of a bag, checked."""
    if not isinstance(bag, PooledBag):
        raise TypeError(f"{name} must be a PooledBag, got {type(bag).__name__}")
    _validate.text(bag.title, f"{name}.title")
    pictures = _validate.real_array(bag.pictures, f"{name}.pictures", ndim=3)
    n, height, width = pictures.shape
    if not 2 <= n <= MOST_MEMBERS or max(height, width) > MOST_SIDE:
        raise ValueError(
            f"{name}.pictures must be 2 to {MOST_MEMBERS} of at most {MOST_SIDE} × {MOST_SIDE} "
            f"pixels, got shape {pictures.shape}"
        )
    if pictures.min() < 0 or pictures.max() > 1:
        raise ValueError(
            f"{name}.pictures must lie between 0 and 1, got {pictures.min():.6g} to "
            f"{pictures.max():.6g}"
        )
    label = bag.label
    if label is not None:
        try:
            label = _validate.integer(label, "label", low=0, high=1)
        except (TypeError, ValueError):
            got = _validate.shown(label)
            raise ValueError(f"{name}.label must be 0, 1 or None, got {got}") from None
    return {
        "title": bag.title,
        "pictures": [_png(picture).hex() for picture in pictures],
        "scores": _validate.real_array(bag.scores, f"{name}.scores", shape=(n,)).tolist(),
        "votes": _validate.real_array(bag.votes, f"{name}.votes", shape=(n,)).tolist(),
        "names": _validate.token_list(bag.names, n, f"{name}.names"),
        "label": label,
    }


def _png(picture):
    """Return dark ink on white paper, as the bytes of a PNG file."""
    file = io.BytesIO()
    imsave(
        file, 1 - picture, format="png", cmap="gray", vmin=0, vmax=1, metadata={"Software": None}
    )
    return file.getvalue()
