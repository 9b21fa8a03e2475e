"""Sentences that the stills of several figures tell of their data."""

import numpy as np

from course_lib.language import say

MOST_TOLD = 3


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
        f"{queries[i]} {arrow} {keys[j]} {matrix[i, j]:.2f}" for i, j in pairs if matrix[i, j] > 0
    )


def best(values, names, digits=2):
    """Return the names of the largest values, such as "it 0.52, dog 0.31"."""
    order = np.argsort(-np.asarray(values), kind="stable")[:MOST_TOLD]
    return ", ".join(f"{names[k]} {values[k]:.{digits}f}" for k in order)


def capital(words):
    """Return words that begin with a capital."""
    return words[:1].upper() + words[1:]
