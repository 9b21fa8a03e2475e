"""Benchmarks: our time, a peer's, and the ratio, side by side in one run.

Every module here whose name does not begin with an underscore has a function ``rows()`` that
yields `Row` or `Comparison`; ``python -m benchmarks`` runs them all, ``python -m benchmarks
redraw`` only those named, and ``python -m benchmarks --write`` puts the comparisons on the book's
page of benchmarks.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of what is printed; `ours` and `peer` carry their unit."""

    what: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    note: str = ""


class Comparison(NamedTuple):
    """A piece of work that we and a peer both did, in turn; times in seconds."""

    work: str
    size: str
    ours: float
    peer: str
    theirs: float
    difference: float | None  # the largest, as a share of the peer's largest value
    tolerance: float = 1e-6  # a larger difference is not called agreement
    to_reach: float | None = None  # the ratio that we set out to reach
    sample: str = ""  # what a time was extrapolated from

    @property
    def ratio(self):
        """How many times as long the peer took."""
        return self.theirs / self.ours

    @property
    def agrees(self):
        """What to say about the two results."""
        if self.difference is None:
            return "not compared"
        return f"{'yes' if self.difference <= self.tolerance else 'NO'}, {self.difference:.0e}"

    def row(self):
        """Return the line to print."""
        reach = f"to reach: {self.to_reach:g}" if self.to_reach else ""
        notes = [reach, f"values agree: {self.agrees}", self.sample]
        return Row(
            f"{self.work}, {self.size}",
            milliseconds(self.ours),
            f"{milliseconds(self.theirs)}  {self.peer}",
            self.ratio,
            "; ".join(filter(None, notes)),
        )


def milliseconds(seconds):
    """Return a time as text, with two or three digits that count."""
    time = 1000 * seconds
    return f"{time:.2f} ms" if time < 10 else f"{time:.1f} ms" if time < 100 else f"{time:,.0f} ms"
