"""Benchmarks: our time, a peer's, and the ratio, side by side in one run.

Every module here whose name does not begin with an underscore has a function ``rows()`` that
yields `Row` or `Comparison`; ``python -m benchmarks`` runs them all, ``python -m benchmarks
redraw`` only those named, and ``python -m benchmarks --write`` puts the comparisons on the book's
page of benchmarks.
"""

from collections.abc import Callable
from typing import NamedTuple


def milliseconds(seconds):
    """Return a time as text, with two or three digits that count."""
    return f"{_digits(1000 * seconds)} ms"


def megabytes(size):
    """Return a number of bytes as text, with two or three digits that count."""
    return f"{_digits(size / 1e6)} MB"


def _digits(number):
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"


class Row(NamedTuple):
    """One line of what is printed; `ours` and `peer` carry their unit."""

    what: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    note: str = ""


class Comparison(NamedTuple):
    """A piece of work that we and a peer both did: how long it took, or how much memory."""

    work: str
    size: str
    ours: float  # in seconds or bytes
    peer: str
    theirs: float
    difference: float | None = None  # the largest, as a share of the peer's largest value
    tolerance: float = 1e-6  # a larger difference is not called agreement
    to_reach: float | None = None  # the ratio that we set out to reach
    sample: str = ""  # what a time was extrapolated from
    written: Callable[[float], str] = milliseconds

    @property
    def ratio(self):
        """How many times as much the peer took."""
        return self.theirs / max(self.ours, 1e-9)

    @property
    def agrees(self):
        """What to say about the two results."""
        if self.difference is None:
            return ""
        return f"{'yes' if self.difference <= self.tolerance else 'NO'}, {self.difference:.0e}"

    def row(self):
        """Return the line to print."""
        reach = f"to reach: {self.to_reach:g}" if self.to_reach else ""
        agree = f"values agree: {self.agrees}" if self.agrees else ""
        return Row(
            f"{self.work}, {self.size}",
            self.written(self.ours),
            f"{self.written(self.theirs)}  {self.peer}",
            self.ratio,
            "; ".join(filter(None, [reach, agree, self.sample])),
        )
