"""A chapter run as a learner runs it, its cells' outputs, and what two runs show differently."""

import copy
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbval.plugin import coalesce_streams

from course_lib.authoring import notebooks
from course_lib.exercises.report import MIME
from tests.support.notebooks import Run, nbval

WIDGET = "application/vnd.jupyter.widget-view+json"  # holds an id that is new in every run
WATCH = "await watch_training("
STOPPED_AT_ONCE = "(lambda steps: [next(iter(steps)).loss])("


class ChapterRun(NamedTuple):
    """A chapter that was run twice in one kernel: unsolved, then solved.

    Attributes
    ----------
    run : Run
        What nbval said of both.
    unsolved, solved : list of cells
        The cells of code, with the outputs of this run.
    """

    run: Run
    unsolved: list
    solved: list


def run_chapter(stem):
    """Run all cells of a chapter under nbval, solve its exercises, and run all again.

    The first time each training is stopped at once, so that whatever comes after it is seen to
    bear that. The build of the book shows that solutions run in a kernel of their own as well.
    """
    return run_both(notebooks.learner_notebook(stem), notebooks.solved_notebook(stem))


def run_both(unsolved, solved):
    """Return the run of two notebooks of a chapter, one behind the other."""
    both = copy.deepcopy(unsolved)
    both.cells = [
        renamed(cell, is_unsolved=notebook is unsolved)
        for notebook in (unsolved, solved)
        for cell in code_cells(notebook)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chapter.ipynb")
        nbformat.write(both, path)
        run = nbval(path.parent, "--keep-outputs")
        cells = nbformat.read(path, as_version=4).cells
    half = len(code_cells(unsolved))
    return ChapterRun(run, cells[:half], cells[half:])


def renamed(cell, *, is_unsolved):
    """Return a cell with an id of its own; unsolved, it stops a training at once."""
    cell = copy.deepcopy(cell)
    cell.id = f"{'unsolved' if is_unsolved else 'solved'}-{cell.id}"[:64]
    if is_unsolved:
        cell.source = cell.source.replace(WATCH, STOPPED_AT_ONCE)
    return cell


def code_cells(notebook):
    """Return the cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def error_stream(cells):
    """Return what cells printed to the error stream."""
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs  # each chapter has some
    return [output.text for output in outputs if output.get("name") == "stderr"]


def verdicts(cells):
    """Return the exercises that cells judged, each with what was said of it."""
    found = [o["data"][MIME] for c in cells for o in c.outputs if MIME in o.get("data", {})]
    return [(verdict["key"], verdict["state"]) for verdict in found]


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
