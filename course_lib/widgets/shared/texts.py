"""Numbers, tokens and sentences as the stills write them.

`number`, `percent`, `token_names` and `labels` are twins of functions of texts.js, by which live
figures write.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from course_lib.language import say
from course_lib.plots.picture import names, shortened

MOST_TOLD = 3
LEAST = 0.0001  # of what is smaller, only this is told


def number(value, decimals=2):
    """Write a number with so many decimals, or with two figures where these say too little."""
    size = abs(value)
    if value == 0:
        return "0"
    if size < LEAST:
        return f"<{LEAST}" if value > 0 else f">−{LEAST}"
    if size >= 1000:
        decimals = 0
    elif size < 10 ** (1 - decimals):
        decimals = 1 - Decimal(float(f"{size:.1e}")).adjusted()  # two figures
    return _rounded(value, decimals)


def percent(share):
    """Write a share as a percentage that is never everything, or nothing, when it is not."""
    if 0 < share < 0.005:
        return unparted(say("less than 1 %"))
    if 0.995 <= share < 1:
        return unparted(say("more than 99 %"))
    return f"{_rounded(100 * share, 0)}\u00a0%"


def unparted(sentence):
    """Let no line end between a number and its percent sign."""
    return re.sub(r"(?<=\d) %", "\u00a0%", sentence)


def labels(tokens):
    """Return the names of tokens where there is little room."""
    return token_names(tokens, 9)


def token_names(tokens, most=24):
    """Name tokens as figures do: white space is seen, and one that repeats carries its position.

    Words of more than about `most` letters are cut.
    """

    def written(token, repeats):
        word = re.sub(r"\s", "␣", token) or say("(empty)")
        return shortened(word, most - 3 if repeats else most)

    return names(tokens or (), written)


def _rounded(value, decimals):
    """Write a number with decimals; halves go away from 0, as in a browser."""
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(float(value)).quantize(step, ROUND_HALF_UP)
    return f"{rounded:f}".replace("-", "−")


def layer_and_head(view):
    """Return which layer and head a view shows: its `layer`, and `head_choice` if it has one."""
    layers, heads = view.shape[:2]
    parts = [say("layer {layer}", layer=view.layer)] if layers > 1 else []
    if heads > 1:
        chosen = view.head_choice
        mean = say("mean of all heads")
        parts.append(say("head {head}", head=chosen - 1) if chosen else mean)
    return ", ".join(parts)


def strongest(matrix, queries, keys, arrow="→"):
    """Return the strongest weights of a matrix, such as "it → dog 0.52, dog → it 0.31"."""
    matrix = np.asarray(matrix)
    order = np.argsort(-matrix, axis=None, kind="stable")[:MOST_TOLD]
    pairs = zip(*np.unravel_index(order, matrix.shape), strict=True)
    return ", ".join(
        f"{queries[i]} {arrow} {keys[j]} {number(matrix[i, j])}"
        for i, j in pairs
        if matrix[i, j] > 0
    )


def best(values, names, digits=2):
    """Return the names of the largest values, such as "it 0.52, dog 0.31"."""
    order = np.argsort(-np.asarray(values), kind="stable")[:MOST_TOLD]
    return ", ".join(f"{names[k]} {number(values[k], digits)}" for k in order)


def capital(words):
    """Return words that begin with a capital."""
    return words[:1].upper() + words[1:]
