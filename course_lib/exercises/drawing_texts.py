"""What a reader reads from the texts on a drawing: numbers in cells, names at ticks and labels.

Judges of chapter 05 ask here; the descriptions come from `drawing.py`.
"""

import re

import numpy as np


def names_at(labels, count):
    """Return what the tick labels say at the middle of each of `count` cells; None: nothing."""
    found = [None] * count
    for place, text in labels:
        cell = int(np.floor(place))
        if 0 <= cell < count and abs(place - cell - 0.5) < 0.3:
            found[cell] = text.strip() if found[cell] is None else f"{found[cell]} {text.strip()}"
    return found


def numbers_at(texts):
    """Return (row, column) -> what is written into a cell; several texts are joined."""
    found = {}
    for row, column, text in texts:
        found.setdefault((int(row), int(column)), []).append(text.strip().strip("$").strip())
    return {cell: " ".join(parts) for cell, parts in found.items()}


def number_in(text):
    """Return the number that a text with two decimals says, or None."""
    return (
        float("0" + text.replace(",", ".")) if re.fullmatch(r"[0-9]?[.,][0-9]{2}", text) else None
    )


def first_word(label):
    """Return which of "query" and "key" a label names first, or None."""
    found = re.search(r"(?<![a-z])(quer(?=y|ies)|key(?=s?(?![a-z])))", label.lower())
    return found and {"quer": "query", "key": "key"}[found.group(1)]
