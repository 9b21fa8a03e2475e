"""Attention on one of several texts: a bipartite graph beside its heatmap."""

from typing import NamedTuple

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled
from course_lib.widgets.shared.weights import MOST_TOKENS, sent

MOST_EXAMPLES = 20


class Example(NamedTuple):
    """A text with attention on it.

    Attributes
    ----------
    title : str
        What it is called where one is chosen.
    queries, keys : sequence of str
        Tokens, words or characters. For self-attention the two are the same.
    weights : array_like, shape (l, h, n_query, n_key)
    note : str
        Told under the figure, such as what a model made of the text.
    """

    title: str
    queries: list[str]
    keys: list[str]
    weights: np.ndarray
    note: str = ""


class ExamplesView(FigureView):
    """Draws the attention of one example; see `examples_explorer`.

    `head_choice` is 0 for the mean over the heads and k + 1 for head k.
    """

    _esm, _css = bundled(__file__)
    weights = traitlets.Bytes().tag(sync=True)  # example after example, each as `sent`
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads
    examples = traitlets.List().tag(sync=True)  # of dicts: queries, keys, note, length in bytes
    example = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head_choice = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.05).tag(sync=True)


def examples_explorer(examples, *, example=0, layer=0, head=None, threshold=0.05):
    """Show attention on one of several texts, queries in a row above their keys.

    Everything is drawn in the browser.

    Parameters
    ----------
    examples : sequence of Example
        At most 20, of at most 512 queries and 512 keys, all of as many layers and heads. Of
        more than 64 the weights are sent in a byte each, off by less than 1/255 of the largest of
        their matrix, and at most 1,500 edges are drawn, the strongest.
    example : int, default 0
        The one shown first.
    layer : int, default 0
        The layer shown first.
    head : int, optional
        The head shown first. Default: the mean over the heads.
    threshold : float, default 0.05
        From 0 to 1; edges are drawn where the weight is above it.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `ExamplesView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If the examples are no such attention or too large, differ in layers or heads, or an option
        is out of range.

    Examples
    --------
    >>> date = Example("a year", ["2", "0"], ["'", "2", "0"], [[[[0, 1, 0], [0.1, 0.1, 0.8]]]])
    >>> [control.description for control in examples_explorer([date]).children[0].children]
    ['threshold']
    """
    examples = _validate.sequence(examples, "examples", Example, most=MOST_EXAMPLES)
    examples = [_checked(each, f"examples[{k}]") for k, each in enumerate(examples)]
    weights = [each.weights for each in examples]
    layers, heads = weights[0].shape[:2]
    for k, array in enumerate(weights):
        if array.shape[:2] != (layers, heads):
            raise ValueError(
                f"examples[{k}].weights must have {layers} layers and {heads} heads as the first "
                f"has, got {array.shape[:2]}"
            )
    parts = [sent(array) for array in weights]
    view = ExamplesView(
        weights=b"".join(parts),
        shape=[layers, heads],
        examples=[
            {"queries": each.queries, "keys": each.keys, "note": each.note, "length": len(part)}
            for each, part in zip(examples, parts, strict=True)
        ],
        example=_validate.integer(example, "example", low=0, high=len(examples) - 1),
        layer=_validate.integer(layer, "layer", low=0, high=layers - 1),
        head_choice=control.head_choice(head, heads),
        threshold=_validate.real(threshold, "threshold", low=0, high=1),
    )
    titles = [each.title for each in examples]
    chooser = [control.dropdown(view, "example", say("text"), titles)] if len(examples) > 1 else []
    controls = [
        *chooser,
        *control.layer_slider(view, layers),
        *control.head_dropdown(view, heads),
        control.threshold_slider(view),
    ]
    return control.figure(controls, view)


def _checked(example, name):
    """Return an example whose weights are an array and whose tokens are lists that fit it."""
    if not isinstance(example, Example):
        raise TypeError(f"{name} must be an Example, got {type(example).__name__}")
    weights = _validate.weights_array(example.weights, f"{name}.weights", ndim=(4,), square=False)
    n_query, n_key = weights.shape[2:]
    if max(n_query, n_key) > MOST_TOKENS:
        raise ValueError(
            f"{name}.weights must have at most {MOST_TOKENS} queries and {MOST_TOKENS} keys, got "
            f"{n_query} and {n_key}"
        )
    for part in ("title", "note"):
        _validate.text(getattr(example, part), f"{name}.{part}")
    queries = _validate.token_list(example.queries, n_query, f"{name}.queries")
    keys = _validate.token_list(example.keys, n_key, f"{name}.keys")
    return example._replace(weights=weights, queries=queries, keys=keys)
