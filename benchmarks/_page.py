"""The book's page of benchmarks: what was measured stands between two marks in it."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "book" / "benchmarks.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"
COLUMNS = ("work", "size", "ours", "peer", "theirs", "ratio", "to reach", "values agree")
LIBRARIES = ("numpy", "scipy", "networkx", "numba", "igraph", "torch", "torch-geometric")


def write(compared, path=PAGE):
    """Put comparisons in the place of those that the page had."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"{before}{BEGIN}\n{machine()}\n\n{table(compared)}\n\n{END}{after}"
    path.write_text(text, encoding="utf-8")


def machine():
    """Return a sentence about where and with what the times were taken."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {libraries}."


def table(compared):
    """Return comparisons as a Markdown table."""
    lines = [COLUMNS, ["---"] * 2 + ["---:", "---"] + ["---:"] * 3 + ["---"]]
    lines += [cells(comparison) for comparison in compared]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(c):
    """Return one line of the table; a time that was extrapolated says from what."""
    reach = f"{c.to_reach:g}" if c.to_reach else ""
    peer = f"{c.peer} ({c.sample.removeprefix(c.peer).strip()})" if c.sample else c.peer
    ratio = f"{c.ratio:,.0f}" if c.ratio >= 10 else f"{c.ratio:.2g}"
    measured = c.written(c.ours), peer, c.written(c.theirs)
    return [c.work, c.size, *measured, ratio, reach, c.agrees]
