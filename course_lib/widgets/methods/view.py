"""Explanations of a model's answer side by side, and a judge: what hiding each token did to it."""

from collections.abc import Mapping

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_TEXTS = 60
MOST_TOKENS = 64
MOST_METHODS = 24
PARTS = ("tokens", "judge", "methods")


class MethodsView(FigureView):
    """Draws what each method says of each token, beside the judge; see `methods_explorer`.

    `text` and `method` are indices; `token` is the position that is told, or None; `bars_choice` is
    0 for ranks and 1 for values.
    """

    _esm, _css = bundled(__file__)
    texts = traitlets.List(traitlets.Dict()).tag(sync=True)  # tokens, output, special
    values = traitlets.Bytes().tag(sync=True)  # float32: of each text the judge, then each method
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of the methods
    text = traitlets.Int(0).tag(sync=True)
    method = traitlets.Int(0).tag(sync=True)
    token = traitlets.Int(None, allow_none=True).tag(sync=True)
    skip_special = traitlets.Bool(False).tag(sync=True)
    signed = traitlets.Bool(False).tag(sync=True)
    bars_choice = traitlets.Int(0).tag(sync=True)


def methods_explorer(texts, *, text=0, method=None, skip_special=False, signed=False, values=False):
    """Show what methods say of each token of a text, sorted by how far a judge agrees with them.

    Each method has a row with a bar for each token, and its rank correlation with the judge, as
    `course_lib.centrality.rank_correlation` gives it; none where a method says the same of all
    tokens. Edges lead from the tokens to the model's
    answer, by the chosen method and by the judge. Everything is computed in the browser.

    Parameters
    ----------
    texts : dict of str to dict
        What a text is called -> its parts. "tokens": n tokens, at least 2. "judge": array_like of
        shape (n,), the effect of hiding each of them, or NaN for a token that cannot be hidden,
        which then takes no part. "methods": dict of str to array_like of shape (n,), what each
        method says of them; the same methods for all texts. "output", if it is there: what the
        tokens are to explain, such as "the next token: Paris". "special", if it is there:
        array_like of bool, shape (n,), the tokens that a control leaves out; else the first one. At
        most 60 texts of at most 64 tokens, and at most 24 methods.
    text : int, default 0
        The text shown first.
    method : str, optional
        The method chosen first. Default: the first one.
    skip_special : bool, default False
        Begin with the special tokens left out of ranks and correlations.
    signed : bool, default False
        Whether a token that speaks against the answer ranks last. False: sizes are compared.
    values : bool, default False
        Begin with bars for values instead of ranks.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `MethodsView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If the texts are no such dict or too large, their methods differ, or an option is out of
        range.

    Examples
    --------
    >>> parts = {"tokens": ["it", "runs"], "judge": [0.1, 0.4], "methods": {"chance": [0.3, 0.2]}}
    >>> figure = methods_explorer({"a sentence": parts})
    >>> [control.description for control in figure.children[0].children]
    ['without the first token', 'bars show']
    """
    if not isinstance(texts, Mapping):
        raise TypeError(f"texts must be a dict of dicts, got {type(texts).__name__}")
    if not 1 <= len(texts) <= MOST_TEXTS:
        raise ValueError(f"texts must number from 1 to {MOST_TEXTS}, got {len(texts)}")
    titles = [_validate.title(name, "texts") for name in texts]
    read = [_checked_text(parts, f"texts[{_validate.shown(n)}]") for n, parts in texts.items()]
    names = read[0]["names"]
    for name, parts in zip(texts, read, strict=True):
        if parts["names"] != names:
            raise ValueError(
                f"texts[{_validate.shown(name)}] must have the methods {names}, "
                f"got {parts['names']}"
            )
    start = {
        "text": _validate.integer(text, "text", low=0, high=len(read) - 1),
        "method": 0 if method is None else names.index(_validate.choice(method, "method", names)),
        "token": None,
        "skip_special": _validate.flag(skip_special, "skip_special"),
        "signed": _validate.flag(signed, "signed"),
        "bars_choice": int(_validate.flag(values, "values")),
    }
    view = MethodsView(
        texts=[{part: parts[part] for part in ("tokens", "output", "special")} for parts in read],
        values=b"".join(parts["values"].astype("<f4").tobytes() for parts in read),
        names=names,
        **start,
    )
    longest = max(len(parts["tokens"]) for parts in read)
    view.within(method=control.whole(len(names) - 1), token=control.whole(longest - 1, none=True))
    marked = any("special" in parts for parts in texts.values())
    skipped = say("without special tokens") if marked else say("without the first token")
    controls = [
        control.checkbox(view, "skip_special", skipped),
        control.toggle(view, "bars_choice", say("bars show"), [say("ranks"), say("values")]),
    ]
    if any(np.nanmin(parts["values"]) < 0 for parts in read):
        controls.insert(1, control.checkbox(view, "signed", say("with signs")))
    if len(names) > 1:
        controls.insert(0, control.dropdown(view, "method", say("method"), names))
    if len(texts) > 1:
        controls.insert(0, control.dropdown(view, "text", say("text"), titles))
    return control.figure(controls, view)


def _checked_text(parts, name):
    """Return tokens, output, special ones, names of methods, and values, the judge's first."""
    if not isinstance(parts, Mapping):
        raise TypeError(f"{name} must be a dict, got {type(parts).__name__}")
    if missing := [part for part in PARTS if part not in parts]:
        raise ValueError(f"{name} must hold {', '.join(map(repr, PARTS))}; {missing} are missing")
    judge = _checked_judge(parts["judge"], f"{name} judge")
    n = len(judge)
    if not 2 <= n <= MOST_TOKENS:
        raise ValueError(f"{name} must have 2 to {MOST_TOKENS} tokens, got {n}")
    special = np.arange(n) == 0
    if "special" in parts:
        special = _validate.boolean_array(parts["special"], f"{name} special", shape=(n,))
    methods = parts["methods"]
    if not isinstance(methods, Mapping):
        raise TypeError(f"{name} methods must be a dict of arrays, got {type(methods).__name__}")
    if not 1 <= len(methods) <= MOST_METHODS:
        raise ValueError(f"{name} methods must number from 1 to {MOST_METHODS}, got {len(methods)}")
    said = [
        _validate.single_array(values, f"{name} methods[{_validate.shown(method)}]", shape=(n,))
        for method, values in methods.items()
    ]
    return {
        "tokens": _validate.token_list(parts["tokens"], n, f"{name} tokens"),
        "output": _validate.text(parts.get("output", ""), f"{name} output"),
        "special": special.tolist(),
        "names": [_validate.title(method, f"{name} methods") for method in methods],
        "values": np.stack([judge, *said]),
    }


def _checked_judge(judge, name):
    """Return the judge's values as an array, in which NaN stands for a token that has none."""
    judge = _validate.numbers(judge, name, shape=("n",))
    hidden = np.isnan(judge)
    filled = _validate.single_array(np.where(hidden, 0, judge), name, ndim=1)
    return np.where(hidden, np.nan, filled)
