"""A plugin for pytest where it runs nbval for our tests: keep the outputs."""

import nbformat
from nbval.plugin import IPyNbCell


def pytest_addoption(parser):
    """Add ``--keep-outputs``."""
    parser.addoption("--keep-outputs", action="store_true", help="write outputs into the notebooks")


def pytest_sessionfinish(session):
    """Write each notebook that was run with the outputs of its cells."""
    if session.config.option.keep_outputs:
        cells = [item for item in session.items if isinstance(item, IPyNbCell)]
        for item in cells:
            item.cell.outputs = item.test_outputs or []
        for notebook in {item.parent for item in cells}:
            nbformat.write(notebook.nb, notebook.path)
