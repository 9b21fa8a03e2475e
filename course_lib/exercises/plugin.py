"""A pytest plugin that lets nbval judge the exercises of a notebook.

It does nothing unless nbval runs, and leaves notebooks alone that are not of the course. Of a
chapter, it runs the cells in the current environment and judges every exercise; see `judged`.

With ``--expect-unsolved`` a check must say *not attempted*: so the shipped notebooks are tested.
``course check`` is pytest with ``--course-notebook``: one notebook, told for learners.
"""

from itertools import chain
from pathlib import Path

import pytest
from nbval.plugin import IPyNbFile

from course_lib.exercises.judged_notebook import CourseNotebook, Exercise, Refusal
from course_lib.exercises.matching import is_ours
from course_lib.exercises.opening import Unreadable, open_notebook
from course_lib.language import say, speaking

CELL_TIMEOUT = 120  # seconds; nbval's own default is 2000


def pytest_addoption(parser):
    """Add our options."""
    group = parser.getgroup("course", "Course exercises")
    group.addoption(
        "--expect-unsolved",
        action="store_true",
        help="a notebook passes only if every exercise in it is not attempted",
    )
    group.addoption(
        "--course-hints", action="store_true", help="add a hint to each exercise that is not passed"
    )
    group.addoption(
        "--course-notebook",
        metavar="NAME",
        help="judge this one notebook of the current folder, and print what a learner needs",
    )


def pytest_configure(config):
    """Set nbval up, if it runs at all."""
    option = config.option
    if not (option.nbval or option.nbval_lax):
        return
    if not option.nbval_kernel_name:
        option.nbval_current_env = True
    if option.nbval_cell_timeout == 2000:
        option.nbval_cell_timeout = CELL_TIMEOUT
    if getattr(option, "dist", "no") in ("load", "loadgroup", "worksteal"):
        option.dist = "loadscope"  # the cells of a notebook share a kernel


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Take the notebooks of the course over from nbval."""
    collected = yield
    return [
        CourseNotebook.from_parent(parent, path=file_path)
        if isinstance(node, IPyNbFile) and _is_ours(file_path, parent.config)
        else node
        for node in collected
    ]


def _is_ours(path, config):
    try:
        return bool(config.option.course_notebook) or is_ours(path.stem, open_notebook(path))
    except Unreadable:
        return True  # and it will be said why


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path, config):
    """See only the notebook that is asked for. Its name, if it is an odd one, is never parsed."""
    name = config.option.course_notebook
    if name:
        return collection_path not in (Path.cwd(), Path.cwd() / name)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Run no ``__init__.py`` that lies beside the notebook."""
    if parent.config.option.course_notebook:
        return pytest.Dir.from_parent(parent, path=path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note down for the summary what an item of ours is and what is wrong with it."""
    report = yield
    if isinstance(item.parent, CourseNotebook):
        failed = call.excinfo is not None and report.failed
        report.course = {
            "notebook": item.parent.nodeid,
            "exercise": isinstance(item, Exercise) and not isinstance(item, Refusal),
            "language": item.parent.spoken,
            "said": item.said_of(call.excinfo.value) if failed else "",
        }
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report, config):
    """Print no letters and counts of cells where a learner asks."""
    return ("course", "", "") if config.option.course_notebook else None


def pytest_terminal_summary(terminalreporter, config):
    """Say of each notebook how many exercises have passed; to a learner also what is wrong."""
    notebooks = {}
    for report in chain(*terminalreporter.stats.values()):
        if hasattr(report, "course") and (report.when == "call" or report.failed):
            notebooks.setdefault(report.course["notebook"], []).append(report)
    for name, reports in notebooks.items():
        exercises = [report for report in reports if report.course["exercise"]]
        with speaking(reports[-1].course["language"]):
            counted = [_counted(exercises, reports, config)] if exercises else []
        if config.option.course_notebook:
            lines = [report.course["said"] for report in reports if report.failed] + counted
        else:  # pytest has told the failures itself
            lines = [f"{name}: {line}" for line in counted]
        for line in lines:
            terminalreporter.write_line(line)


def _counted(exercises, reports, config):
    values = {"done": sum(report.passed for report in exercises), "count": len(exercises)}
    if config.option.expect_unsolved:
        return say("{done} of {count} exercises are not attempted, as expected.", **values)
    if values["done"] == values["count"] and any(report.failed for report in reports):
        return say(
            "{done} of {count} exercises passed, but not every cell ran without an error.", **values
        )
    return say("{done} of {count} exercises passed", **values)
