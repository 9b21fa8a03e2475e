"""Heads of a causal language model on texts that repeat themselves, switched off by a click."""

from collections.abc import Mapping

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.causal.effects import sent_effects
from course_lib.widgets.causal.packing import (
    SCORES,
    copies,
    head_scores,
    packed_percents,
    packed_scores,
)
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_TEXTS = 12
MOST_TOKENS = 64


class CausalView(FigureView):
    """Draws the edges of one head from one position of a text; see `causal_explorer`.

    `text` is an index into the texts; `position` is the query; `layer` and `head` say which head;
    `score_choice` is an index into ("previous", "induction", "duplicate", "first"); `way_choice`
    is 0 for zero and 1 for the mean; `off_choice` says what is switched off: 0 nothing, 1 the
    chosen head, k + 2 the recorded set k.
    """

    _esm, _css = bundled(__file__)
    texts = traitlets.List(traitlets.Dict()).tag(sync=True)  # tokens, and the length in bytes
    weights = traitlets.Bytes().tag(sync=True)  # text after text, each as `packed_percents`
    scores = traitlets.Bytes().tag(sync=True)  # texts, kinds, layers, heads, as `packed_scores`
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads
    positions = traitlets.Int(0).tag(sync=True)  # of a curve of losses; 0 if none were recorded
    loss_curves = traitlets.Bytes().tag(sync=True)  # none, then each head by zero, by mean
    most_loss = traitlets.Float(1.0).tag(sync=True)  # what the largest byte of them stands for
    copy_losses = traitlets.Bytes().tag(sync=True)  # float32, in the same order
    sets = traitlets.List(traitlets.Dict()).tag(sync=True)
    text = traitlets.Int(0).tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    score_choice = traitlets.Int(1).tag(sync=True)
    way_choice = traitlets.Int(0).tag(sync=True)
    off_choice = traitlets.Int(1).tag(sync=True)


def causal_explorer(texts, effects=None, *, text=0, position=None, head=None, score="induction"):
    """Show what the heads of a causal model read in a text, and what is lost without them.

    Choose a text, a position of it and a head: the head's edges from this position are drawn over
    the tokens, the earlier copies of the token and what came after them are marked. The heads
    are coloured by how much they attend as a kind of head would. Beside them stands the loss that
    was recorded with the head, or a set of heads, switched off. Everything is drawn in the browser.

    Weights are sent in whole percent, and those below 5 percent are left out; scores are computed
    here, before that.

    Parameters
    ----------
    texts : dict of str to (weights, tokens)
        What a text is called -> its weights, shape (l, h, n, n), and its n tokens, as
        `course_lib.data.load_attention` gives them. At most 12 of at most 64 tokens; all of one
        model, whose queries attend to no later key.
    effects : dict of str to array_like, optional
        The losses with heads switched off, and sets of heads, as
        `course_lib.data.load_head_effects` gives them. The losses that are told are means over the
        second half of each sequence. Default: none are shown.
    text : int, default 0
        The text shown first.
    position : int, optional
        The query shown first. Default: the last position that holds a token which stood before,
        else the last one.
    head : (int, int), optional
        Layer and head shown first. Default: the one with the highest `score`.
    score : {"previous", "induction", "duplicate", "first"}, default "induction"
        What colours the heads at first: the weight on the position before, on what came after
        earlier copies of the token, on these copies, or on the first position.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `CausalView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If the texts are no such attention or too large, they or `effects` do not fit together, or
        an option is out of range.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits; Olsson et al. (2022),
    In-context learning and induction heads.

    Examples
    --------
    >>> twice = [[[[1, 0, 0], [0.5, 0.5, 0], [0.1, 0.8, 0.1]]]]
    >>> figure = causal_explorer({"a word, twice": (twice, ["it", "runs", "it"])})
    >>> [control.description for control in figure.children[0].children]
    ['heads coloured by']
    """
    names, read = _checked_texts(texts)
    layers, heads = read[0][0].shape[:2]
    text = _validate.integer(text, "text", low=0, high=len(read) - 1)
    kind = SCORES.index(_validate.choice(score, "score", SCORES))
    scores = [head_scores(weights, tokens) for weights, tokens in read]
    tokens = read[text][1]
    if position is None:
        position = max((i for i, _ in copies(tokens)), default=len(tokens) - 1)
    if head is None:
        head = np.unravel_index(scores[text][kind].argmax(), (layers, heads))
    chosen = _checked_head(head, layers, heads)
    start = {
        "text": text,
        "position": _validate.integer(position, "position", low=0, high=len(tokens) - 1),
        "layer": chosen[0],
        "head": chosen[1],
        "score_choice": kind,
        "way_choice": 0,
        "off_choice": 1,
    }
    parts = [packed_percents(weights) for weights, _ in read]
    view = CausalView(
        texts=[
            {"tokens": tokens, "length": len(part)}
            for (_, tokens), part in zip(read, parts, strict=True)
        ],
        weights=b"".join(parts),
        scores=packed_scores(np.stack(scores)),
        shape=[layers, heads],
        **start,
        **sent_effects(effects, (layers, heads)),
    )
    view.within(
        position=control.whole(max(len(tokens) for _, tokens in read) - 1),
        layer=control.whole(layers - 1),
        head=control.whole(heads - 1),
        off_choice=control.whole(len(view.sets) + 1),
    )
    return control.figure(_controls(view, names), view)


def score_names():
    """Return what the scores of heads are called, in the order of `SCORES`."""
    return [
        say("weight on the previous token"),
        say("weight after the earlier copy (induction)"),
        say("weight on the earlier copy"),
        say("weight on the first token"),
    ]


def _controls(view, names):
    controls = [control.dropdown(view, "text", say("text"), names)] if len(names) > 1 else []
    colours = control.dropdown(view, "score_choice", say("heads coloured by"), score_names())
    controls.append(colours)
    if view.positions:
        ways = [say("zero"), say("its mean")]
        controls.append(control.toggle(view, "way_choice", say("switched off by"), ways))
    return controls


def _checked_texts(texts):
    """Return the names of the texts, and weights and tokens of each."""
    if not isinstance(texts, Mapping):
        raise TypeError(f"texts must be a dict of (weights, tokens), got {type(texts).__name__}")
    if not 1 <= len(texts) <= MOST_TEXTS:
        raise ValueError(f"texts must number from 1 to {MOST_TEXTS}, got {len(texts)}")
    names = [_validate.title(name, "texts") for name in texts]
    read = [_checked_text(text, f"texts[{_validate.shown(n)}]") for n, text in texts.items()]
    shapes = {weights.shape[:2] for weights, _ in read}
    if len(shapes) > 1:
        raise ValueError(f"texts must all have as many layers and heads, got {sorted(shapes)}")
    return names, read


def _checked_text(text, name):
    if not isinstance(text, tuple | list) or len(text) != 2:
        raise TypeError(
            f"{name} must be a pair of weights and tokens, got {_validate.shown(text):.40}"
        )
    weights = _validate.weights_array(text[0], f"{name} weights", ndim=4)
    n = weights.shape[-1]
    if n > MOST_TOKENS:
        raise ValueError(f"{name} must have at most {MOST_TOKENS} tokens to be drawn, got {n}")
    if np.triu(weights, 1).any():
        raise ValueError(f"{name} must be of a causal model: no query attends to a later key")
    return weights, _validate.token_list(text[1], n, f"{name} tokens")


def _checked_head(head, layers, heads):
    pair = _validate.pair(head, "head", "layer, head")
    return [
        _validate.integer(place, "head", low=0, high=most - 1)
        for place, most in zip(pair, (layers, heads), strict=True)
    ]
