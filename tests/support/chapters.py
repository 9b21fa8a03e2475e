"""A chapter run in full, its cells' outputs, and what two runs of it show differently."""

import copy
import tempfile
from pathlib import Path

import nbformat
from nbval.plugin import coalesce_streams

from course_lib.authoring import notebooks
from tests.support.notebooks import nbval

WIDGET = "application/vnd.jupyter.widget-view+json"  # holds an id that is new in every run


def run_solved(stem):
    """Run a chapter's solved notebook under nbval; return the run and the notebook as it ran."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{stem}.ipynb")
        nbformat.write(notebooks.solved_notebook(stem), path)
        run = nbval(path.parent, "--keep-outputs")
        return run, nbformat.read(path, as_version=4)


def code_cells(notebook):
    """Return the cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """Return the outputs of a cell without what is another in every run."""
    outputs = []
    for output in coalesce_streams(copy.deepcopy(cell.outputs)) or []:
        kept = {k: v for k, v in output.items() if k not in ("execution_count", "metadata")}
        if "data" in kept:
            kept["data"] = {kind: data for kind, data in kept["data"].items() if kind != WIDGET}
        outputs.append(kept)
    return outputs


def differences(cells, others):
    """Return the sources of the cells whose outputs differ between two runs of the same code.

    A cell that tells times says so with nbval's own tag, and may differ.
    """
    assert [cell.source for cell in cells] == [cell.source for cell in others]
    pairs = [pair for pair in zip(cells, others, strict=True) if not tells_times(pair[0])]
    return [cell.source for cell, other in pairs if shown(cell) != shown(other)]


def tells_times(cell):
    """Tell whether the outputs of a cell are meant to differ."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])
