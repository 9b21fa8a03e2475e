"""A plugin for pytest where it runs nbval for our tests: start fast, and keep the outputs."""

import sys

# While it is imported, jsonschema would build a parser of internet addresses, for a check that
# notebooks have no use for. That takes as long as all else that pytest needs to start.
sys.modules["rfc3987_syntax"] = None

import nbformat  # noqa: E402
import pytest  # noqa: E402
from nbval.plugin import IPyNbCell  # noqa: E402


def pytest_addoption(parser):
    """Add ``--keep-outputs``."""
    parser.addoption("--keep-outputs", action="store_true", help="write outputs into the notebooks")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """Expect of a cell what its metadata say, in a notebook that is unsolved first, then solved."""
    if isinstance(item, IPyNbCell) and "expect_unsolved" in item.cell.metadata:
        item.config.option.expect_unsolved = item.cell.metadata["expect_unsolved"]


def pytest_sessionfinish(session):
    """Write each notebook that was run with the outputs of its cells."""
    if session.config.option.keep_outputs:
        cells = [item for item in session.items if isinstance(item, IPyNbCell)]
        for item in cells:
            item.cell.outputs = item.test_outputs or []
        for notebook in {item.parent for item in cells}:
            nbformat.write(notebook.nb, notebook.path)
