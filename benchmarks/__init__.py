"""Benchmarks: our time, a peer's, and the ratio, side by side in one run.

Every module here has a function ``rows()`` that yields `Row`; ``python -m benchmarks`` runs them
all, ``python -m benchmarks redraw`` only those named.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table; `ours` and `peer` carry their unit."""

    what: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    note: str = ""
