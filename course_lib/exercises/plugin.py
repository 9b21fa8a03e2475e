"""A pytest plugin that lets nbval judge the exercises of a notebook.

It does nothing unless nbval runs. Then it

- makes `check` raise, and counts an exercise only if its check reported *passed*: a check that is
  skipped, replaced, tagged ``raises-exception`` or deleted fails;
- reports a failed check by its message and hint alone;
- looks at the kernel's reply to every cell, because nbval looks only at what the kernel
  publishes, and a learner can patch that away;
- always uses the current environment and a timeout for each cell, and keeps the cells of a
  notebook together under xdist.

With ``--expect-unsolved`` a check must say *not attempted*: so the shipped notebooks are tested.
"""

import os
from contextlib import contextmanager

import pytest
from nbval.plugin import IPyNbCell, NbCellError

from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import told
from course_lib.exercises.cells import checked_key
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED
from course_lib.exercises.report import MIME, RAISE

CELL_TIMEOUT = 120  # seconds; nbval's own default is 2000
KEY = pytest.StashKey[str]()


class CheckReport(Exception):
    """A check that did not pass; its message is the whole report."""


def pytest_addoption(parser):
    """Add ``--expect-unsolved``."""
    parser.getgroup("course", "Course exercises").addoption(
        "--expect-unsolved",
        action="store_true",
        help="a notebook passes only if every exercise in it is not attempted",
    )


def pytest_configure(config):
    """Set nbval up, if it runs at all."""
    option = config.option
    if not (option.nbval or option.nbval_lax):
        return
    os.environ[RAISE] = "1"
    if not option.nbval_kernel_name:
        option.nbval_current_env = True
    if option.nbval_cell_timeout == 2000:
        option.nbval_cell_timeout = CELL_TIMEOUT
    if getattr(option, "dist", None) == "load":
        option.dist = "loadscope"


def pytest_unconfigure(config):
    """Leave no trace in the environment of a process that runs pytest more than once."""
    if config.option.nbval or config.option.nbval_lax:
        os.environ.pop(RAISE, None)


def pytest_collection_modifyitems(items):
    """Find the checks; no tag or comment exempts one. Add an item for each missing check."""
    found = {}
    for item in items:
        if not isinstance(item, IPyNbCell):
            continue
        keys = found.setdefault(item.parent, set())
        key = checked_key(item.cell.source)
        if key:
            keys.add(key)
            item.stash[KEY] = key
            item.options.update(skip=False, check_exception=False, check=False)
    for notebook, keys in found.items():
        course = notebook.nb.metadata.get("course", {})
        if course.get("chapter") in CHAPTERS.values():
            for key in told(course["chapter"], course.get("language", "en")):
                if key not in keys:
                    items.append(MissingCheck.from_parent(notebook, name=key))


class MissingCheck(pytest.Item):
    """An exercise whose check is not in the notebook any more."""

    def runtest(self):
        """Fail."""
        raise CheckReport(
            f"{self.name}: there is no cell with check({self.name!r}) in this notebook any more. "
            "Put it back under the exercise."
        )

    def reportinfo(self):
        """Name the exercise in the report."""
        return self.path, 0, f"{self.path.name}::{self.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Judge every cell: nbval would excuse all cells after one that timed out."""
    if isinstance(item, IPyNbCell):
        item.parent.timed_out = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Run a cell; then look at the kernel's reply, and at the verdict of a check."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    key = item.stash.get(KEY, None)
    with _recorded_replies(item.parent.kernel) as replies:
        try:
            result = yield
        except NbCellError:
            if key is None:
                raise
            result = None
    if key is not None:
        _judge(item, key)
    elif any(r.get("status") == "error" for r in replies) and not item.options["check_exception"]:
        error = next(r for r in replies if r.get("status") == "error")
        item.raise_cell_error(f"{error.get('ename')}: {error.get('evalue')}")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Report a check by its message alone."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, CheckReport):
        report.longrepr = str(call.excinfo.value)
    return report


@contextmanager
def _recorded_replies(kernel):
    """Collect what the kernel answers on the shell channel while a cell runs."""
    receive, replies = kernel.get_message, []

    def get_message(stream, timeout=None):
        message = receive(stream, timeout=timeout)
        if stream == "shell":
            replies.append(message["content"])
        return message

    kernel.get_message = get_message
    try:
        yield replies
    finally:
        kernel.get_message = receive


def _judge(item, key):
    """Raise unless the check reported the state that is wanted."""
    wanted = NOT_ATTEMPTED if item.config.option.expect_unsolved else PASSED
    outputs = [out for out in item.test_outputs or [] if MIME in out.get("data", {})]
    verdicts = [out["data"][MIME] for out in outputs if out["data"][MIME].get("key") == key]
    if not verdicts:
        raise CheckReport(
            f"{key}: its check gave no verdict. Is `check` still the course's own, imported at "
            "the top of the notebook, and does the cell finish in time?"
        )
    if verdicts[-1]["state"] != wanted:
        text = outputs[-1]["data"]["text/plain"]
        raise CheckReport(text if wanted == PASSED else f"expected {wanted}: {text}")
