"""Run every benchmark module, or those named on the command line, and print one table."""

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks import Comparison, _page, _peers

COLUMNS = ("what", "ours", "peer", "ratio", "note")
WIDTHS = (46, 12, 24, 7, 0)


def main(arguments):
    """Print the rows of the named modules as they come; return the exit status."""
    known = [name for _, name, _ in pkgutil.iter_modules(benchmarks.__path__) if name[0] != "_"]
    names = [name for name in arguments if name != "--write"]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    write = "--write" in arguments
    if write and (names or not _peers.have_all()):
        print("--write needs all benchmarks and all peers; make bench ARGS=--write has them")
        return 2
    show(COLUMNS)
    compared = []
    for name in names or known:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            if isinstance(row, Comparison):
                compared.append(row)
                row = row.row()
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            show((row.what, row.ours, row.peer, ratio, row.note))
    if write:
        _page.write(compared)
    return 0


def show(cells):
    """Print one line of the table."""
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)]
    print("  ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
