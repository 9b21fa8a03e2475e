"""One edge of an attention graph, followed down from its weight to the numbers it is made of."""

from collections.abc import Mapping

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_HEADS = 12
MOST_TOKENS = 64
MOST_FEATURES = 128
PARTS = ("query", "key", "value", "mask", "tokens")
STEPS = ("edge", "vectors", "products", "logit", "row", "exponential", "weight", "value", "output")


class EdgeView(FigureView):
    """Draws the graph of a head and the arithmetic of one of its edges; see `edge_explorer`.

    `head` is an index into the heads; `query` and `key` are the ends of the edge; `step` is an
    index into ("edge", "vectors", "products", "logit", "row", "exponential", "weight", "value",
    "output"); `entry` says which numbers of the vectors are told.
    """

    _esm, _css = bundled(__file__)
    heads = traitlets.List(traitlets.Dict()).tag(sync=True)  # what `_sent` says of each
    vectors = traitlets.Bytes().tag(sync=True)  # head after head
    head = traitlets.Int(0).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)
    key = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    entry = traitlets.Int(0).tag(sync=True)


def edge_explorer(heads, *, head=0, query=0, key=0, step="edge"):
    r"""Show where the weight of an edge comes from, step by step, and what it brings.

    Choose an edge i → j of a head's graph by its ends or by a click, and follow it down: the query
    :math:`q_i` and the key :math:`k_j`, their products entry by entry, the logit
    :math:`z_{ij} = q_i \cdot k_j / \sqrt d`, the logits of the whole row with its mask, their
    exponentials and the sum of these, the weight :math:`A_{ij}`, the value :math:`v_j`, and the
    edge's share of the output :math:`o_i = \sum_j A_{ij} v_j` along its own direction,

    .. math:: \frac{A_{ij}\; v_j \cdot o_i}{o_i \cdot o_i}

    whose sum over j is 1; a share may be negative. Everything is computed in the browser, from
    the vectors as they are given.

    Parameters
    ----------
    heads : dict of (str or (int, int)) to HeadVectors
        What a head is called, or its layer and number -> its `query`, `key` and `value`, each of
        shape (n, d), its `mask`, shape (n, n) or None, and its n `tokens`, as
        `course_lib.data.load_head_vectors` gives them. At most 12 heads of at most 64 tokens and
        128 features; values may have another d.
    head : int, default 0
        The head shown first: its place in `heads`.
    query, key : int, default 0
        The ends of the edge shown first.
    step : str, default "edge"
        How far down the edge is followed at first: "edge", "vectors", "products", "logit", "row",
        "exponential", "weight", "value" or "output".

    Returns
    -------
    ipywidgets.VBox
        A control for the head, if there are several, and the `EdgeView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If the heads are no such vectors or too large, or an option is out of range.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.1.

    Examples
    --------
    >>> from course_lib.data import load_head_vectors
    >>> figure = edge_explorer(load_head_vectors("it_tired"), query=10, key=3)
    >>> [control.description for control in figure.children[0].children]
    ['head']
    """
    if not isinstance(heads, Mapping):
        raise TypeError(f"heads must be a dict of HeadVectors, got {type(heads).__name__}")
    if not 1 <= len(heads) <= MOST_HEADS:
        raise ValueError(f"heads must number from 1 to {MOST_HEADS}, got {len(heads)}")
    sent = [_sent(vectors, f"heads[{_validate.shown(name)}]") for name, vectors in heads.items()]
    head = _validate.integer(head, "head", low=0, high=len(sent) - 1)
    last = len(sent[head][0]["tokens"]) - 1
    view = EdgeView(
        heads=[notes for notes, _ in sent],
        vectors=b"".join(numbers for _, numbers in sent),
        head=head,
        query=_validate.integer(query, "query", low=0, high=last),
        key=_validate.integer(key, "key", low=0, high=last),
        step=STEPS.index(_validate.choice(step, "step", STEPS)),
    )
    longest = max(len(notes["tokens"]) for notes, _ in sent)
    most = max(max(notes["features"]) for notes, _ in sent)
    ends = {"query": longest, "key": longest, "step": len(STEPS), "entry": most}
    view.within(**{name: control.whole(count - 1) for name, count in ends.items()})
    names = list(map(_title, heads))
    controls = [control.dropdown(view, "head", say("head"), names)] if len(names) > 1 else []
    return control.figure(controls, view)


def _title(name):
    """Return what a head is called."""
    if isinstance(name, tuple) and len(name) == 2:
        return say("layer {layer}, head {head}", layer=name[0], head=name[1])
    return _validate.title(name, "heads")


def _sent(vectors, name):
    """Return what the browser is told of a head, and its numbers as bytes.

    These are query, key and value, row by row, as float16 if nothing is lost by that, otherwise
    as float32; then the mask, a byte for each pair, if there is one.
    """
    if not all(hasattr(vectors, part) for part in PARTS):
        raise TypeError(f"{name} must be HeadVectors, got {type(vectors).__name__}")
    query = _validate.single_array(vectors.query, f"{name}.query", shape=("n", "d"))
    n, d = query.shape
    key = _validate.single_array(vectors.key, f"{name}.key", shape=(n, d))
    value = _validate.single_array(vectors.value, f"{name}.value", shape=(n, "d_value"))
    if n > MOST_TOKENS:
        raise ValueError(f"{name} must have at most {MOST_TOKENS} tokens to be drawn, got {n}")
    most = max(d, value.shape[1])
    if most > MOST_FEATURES:
        raise ValueError(f"{name} must have at most {MOST_FEATURES} features, got {most}")
    exact = all(np.array_equal(_half(part), part) for part in (query, key, value))
    numbers = [_half(part) if exact else part.astype("<f4") for part in (query, key, value)]
    if vectors.mask is not None:
        numbers.append(_checked_mask(vectors.mask, f"{name}.mask", n).astype(np.uint8))
    notes = {
        "tokens": _validate.token_list(vectors.tokens, n, f"{name}.tokens"),
        "features": [d, value.shape[1]],
        "size": 2 if exact else 4,
        "masked": vectors.mask is not None,
    }
    return notes, b"".join(part.tobytes() for part in numbers)


def _checked_mask(mask, name, n):
    mask = _validate.boolean_array(mask, name, shape=(n, n))
    blind = ~mask.any(axis=1)
    if blind.any():
        raise ValueError(
            f"{name} must let each query attend to a key, row {blind.argmax()} is empty"
        )
    return mask


def _half(numbers):
    """Return numbers as float16, infinite where they are too large for it."""
    with np.errstate(over="ignore"):
        return numbers.astype("<f2")
