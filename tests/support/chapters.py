"""A chapter run as a learner runs it, its cells' outputs, and what two runs show differently."""

import copy
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbval.plugin import coalesce_streams

from course_lib.authoring import notebooks
from course_lib.authoring.live_figures import STATE
from course_lib.exercises.report import MIME
from tests.support.notebooks import Run, nbval

WIDGET = "application/vnd.jupyter.widget-view+json"  # holds an id that is new in every run
WATCH = "await watch_training("
UNSOLVED, SOLVED = 0, 1
# What stands on the book's pages beside outputs: all widgets, except those of an unsolved run.
CLOSE_WIDGETS = "__import__('ipywidgets').Widget.close_all()"
TELL_WIDGETS = f"""\
__import__("IPython").display.display(
    {{"{STATE}": __import__("ipywidgets").Widget.get_manager_state()}}, raw=True
)"""
# What every cell before an exercise has defined, and back to that.
REMEMBER = "remembered = dict(globals())"
FORGET = """\
for name in set(globals()) - set(remembered) - {"name", "remembered"}:
    if not name.startswith("_"):
        del globals()[name]
globals().update(remembered)
"""
# What pytest catches of a process, its forks would not show.
CAUGHT = ("warnings", "logging", "threadexception", "unraisableexception")
WARM = ("-p", "tests.support.warm_kernels", *(f"-pno:{name}" for name in CAUGHT))
DRAWING = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # as a kernel says it
# Unsolved, a training is stopped after one step, and a search that works like one.
SEARCH = "explain.adversarial_attention("
STOPPED_AT_ONCE = {
    WATCH: "(lambda steps: [next(iter(steps)).loss])(",
    SEARCH: f"__import__('functools').partial({SEARCH[:-1]}, steps=1)(",
}


class ChapterRun(NamedTuple):
    """A chapter that was run in one kernel, unsolved and solved.

    Attributes
    ----------
    run : Run
        What nbval said of it.
    ran : list of cells
        The cells of code that ran, in their order, with their outputs.
    unsolved, solved : list of cells
        The same, as they stand in the two notebooks; what has no part in an exercise ran once.
    widgets : dict
        The state of all widgets in the end, as the metadata of a notebook hold it.
    """

    run: Run
    ran: list
    unsolved: list
    solved: list
    widgets: dict


def run_chapters(stems, **variables):
    """Return the runs of chapters, by stem, under nbval: all cells, exercises unsolved and solved.

    That solutions run in a kernel of their own as well, second_run.py shows. The variables are
    those of the environment.
    """
    pairs = [(notebooks.learner_notebook(stem), notebooks.solved_notebook(stem)) for stem in stems]
    return dict(zip(stems, run_pairs(pairs, **variables), strict=True))


def run_pairs(pairs, **variables):
    """Return the runs of chapters, each given as an unsolved notebook and a solved one.

    One nbval runs all of them, each in a kernel of its own. What the two notebooks have in common
    runs once. Each exercise is judged, solved, judged again and forgotten, so that what comes after
    it finds it unsolved. Where something is trained all runs twice: the first time each training is
    stopped at once, and what comes after it must bear that.
    """
    plans = [plan_of(*pair) for pair in pairs]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"chapter{place}.ipynb") for place in range(len(plans))]
        for path, plan, (unsolved, _) in zip(paths, plans, pairs, strict=True):
            both = copy.deepcopy(unsolved)
            both.cells = [cell for cell, _ in plan]
            nbformat.write(both, path)
        run = nbval(paths[0].parent, *WARM, "--keep-outputs", variables=DRAWING | variables)
        ran = [nbformat.read(path, as_version=4).cells for path in paths]
    runs = [run.of(path.stem) for path in paths]
    return [found_of(*parts) for parts in zip(runs, ran, plans, strict=True)]


def plan_of(unsolved, solved):
    """Plan the run of a chapter: cells, each with the halves that show it."""
    pairs = list(zip(code_cells(unsolved), code_cells(solved), strict=True))
    trains = any(WATCH in cell.source for cell, _ in pairs)
    plan = behind_one_another(pairs) if trains else in_one_pass(pairs)
    return [*plan, (nbformat.v4.new_code_cell(TELL_WIDGETS), set())]


def found_of(run, ran, plan):
    """Return what a chapter gave whose cells ran as planned."""
    halves = [[], []]
    for cell, (_, shown_in) in zip(ran, plan, strict=True):
        for half in shown_in:
            halves[half].append(cell)
    told = [output.data[STATE] for output in ran[-1].outputs if STATE in output.get("data", {})]
    return ChapterRun(run, ran, *halves, widgets=told[0] if told else {})


def behind_one_another(pairs):
    """Plan an unsolved run and then a solved one: cells, each with the halves that show it."""
    plan = [(renamed(pair[half], half), {half}) for half in (UNSOLVED, SOLVED) for pair in pairs]
    plan.insert(len(pairs), (nbformat.v4.new_code_cell(CLOSE_WIDGETS), set()))
    return plan


def in_one_pass(pairs):
    """Plan one run of both notebooks, in which only exercises and their checks come twice."""
    plan, left = [], iter(pairs)
    for pair in left:
        if "exercise" in pair[UNSOLVED].metadata:
            both = (pair, next(left))  # the second is its check
            plan += [(renamed(cells[UNSOLVED], UNSOLVED), {UNSOLVED}) for cells in both]
            plan += [(nbformat.v4.new_code_cell(REMEMBER), set())]
            plan += [(renamed(cells[SOLVED], SOLVED), {SOLVED}) for cells in both]
            plan += [(nbformat.v4.new_code_cell(FORGET), set())]
        else:
            assert pair[UNSOLVED].source == pair[SOLVED].source
            plan.append((copy.deepcopy(pair[SOLVED]), {UNSOLVED, SOLVED}))
    return plan


def renamed(cell, half):
    """Return a cell with an id of its own; unsolved, it stops a training at once."""
    cell = copy.deepcopy(cell)
    cell.id = f"{('unsolved', 'solved')[half]}-{cell.id}"[:64]
    if half == UNSOLVED:
        for whole, stopped in STOPPED_AT_ONCE.items():
            cell.source = cell.source.replace(whole, stopped)
    return cell


def code_cells(notebook):
    """Return the cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def speaks_to_the_learner(cell):
    """Tell whether the outputs of a cell are for a learner alone; the book's pages leave it out."""
    return cell.source.startswith(("check(", "scorecard("))


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
