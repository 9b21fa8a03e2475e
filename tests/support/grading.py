"""What tests of grading share: notebooks made of cells, and a sandbox that must be there in CI."""

import json
import os
import shutil

import pytest

from course_lib.grading import judge
from course_lib.grading.submissions import Cell, Notebook

# Where nothing but honest small answers and attacks run, this is long. Twice it is less than the
# second in which processors are counted, so what never ends computes for one second, and not two.
SHORT = {"seconds": 0.3, "seconds_of_cells": 0.3, "memory": 1024}


def need_sandbox():
    """Skip without bubblewrap on a laptop; fail in CI."""
    if shutil.which("bwrap") is None:
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("no bubblewrap found: apt install bubblewrap")


def load_little(monkeypatch):
    """Let sandboxes load NumPy alone before they are asked: of one or two answers each will do."""
    monkeypatch.setattr(judge, "warm_imports", lambda chapter: ["numpy"])


def of_one_cell(key, source, *before):
    """Return a notebook with one exercise's cell, and cells before it."""
    cells = [*map(Cell, before), Cell(source, key)]
    return Notebook(key.rpartition("-")[0], cells, {key: len(cells)})


def as_file(cells, **metadata):
    """Return the bytes of a notebook of cells: pairs (exercise's key or None, source)."""
    made = [
        {
            "cell_type": "code",
            "id": f"cell-{place}",
            "metadata": {"exercise": key} if key else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for place, (key, source) in enumerate(cells)
    ]
    notebook = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook).encode()
