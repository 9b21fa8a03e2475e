"""A plugin for pytest where it runs nbval for our tests: keep the outputs, judge each half."""

import nbformat
import pytest
from nbval.plugin import IPyNbCell

from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED
from course_lib.exercises.report import MIME


def pytest_addoption(parser):
    """Add ``--keep-outputs``."""
    parser.addoption("--keep-outputs", action="store_true", help="write outputs into the notebooks")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Expect of a check what its cell's metadata say, in a notebook unsolved first, then solved."""
    result = yield
    if isinstance(item, IPyNbCell) and "expect_unsolved" in item.cell.metadata:
        wanted = NOT_ATTEMPTED if item.cell.metadata["expect_unsolved"] else PASSED
        shown = [output.get("data", {}) for output in item.test_outputs or []]
        assert all(data[MIME]["state"] == wanted for data in shown if MIME in data)
    return result


def pytest_sessionfinish(session):
    """Write each notebook that was run with the outputs of its cells."""
    if session.config.option.keep_outputs:
        cells = [item for item in session.items if isinstance(item, IPyNbCell)]
        for item in cells:
            item.cell.outputs = item.test_outputs or []
        for notebook in {item.parent for item in cells}:
            nbformat.write(notebook.nb, notebook.path)
