"""Run every benchmark module, or those named on the command line, and print one table."""

import importlib
import pkgutil
import sys

import benchmarks

COLUMNS = ("what", "ours", "peer", "ratio", "note")
WIDTHS = (46, 12, 24, 7, 0)


def main(names):
    """Print the rows of the named modules as they come; return the exit status."""
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    known.remove("__main__")
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    show(COLUMNS)
    for name in names or known:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            show((row.what, row.ours, row.peer, ratio, row.note))
    return 0


def show(cells):
    """Print one line of the table."""
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)]
    print("  ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
