"""A notebook as pytest sees it: its cells run one after the other, then each exercise is judged.

An exercise is judged by the verdict that the course's own `check` handed over last while the cells
ran, however it was called. Every exercise of the chapter is asked for. So it does not matter what
became of cells, tags and metadata: without a verdict there is no pass.
"""

import json
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import (
    IPyNbCell,
    IPyNbFile,
    NbCellError,
    find_comment_markers,
    find_metadata_tags,
)

from course_lib.chapters.reading import tasks
from course_lib.exercises.cells import checked_key
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED
from course_lib.exercises.kernel import Ended, Hung, Kernel
from course_lib.exercises.matching import Unmatched, chapter_of
from course_lib.exercises.opening import Unreadable, language_of, open_notebook
from course_lib.exercises.report import VERDICTS
from course_lib.language import languages, say, speaking


class Failed(Exception):
    """What is wrong; its message is the whole report."""


class CourseNotebook(IPyNbFile):
    """A notebook of the course.

    Attributes
    ----------
    spoken : str
        The language in which it is told what is wrong.
    ended : str
        Why no cell can run any more, once that is so.
    is_told : bool
        Whether a cell has failed with `ended`; what was not run then needs no failure of its own.
    """

    spoken, ended, is_told = "en", "", False

    def collect(self):
        """Yield the cells, then the exercises; or one item that says why that cannot be done."""
        try:
            self.nb = open_notebook(self.path)
            self.spoken = language_of(self.path, self.nb)
            code = [cell for cell in self.nb.cells if cell.cell_type == "code"]
            with speaking(self.spoken):
                chapter = chapter_of(self.path.stem, [cell.source for cell in code])
        except (Unreadable, Unmatched) as why:
            yield Refusal.from_parent(self, name="notebook", why=str(why))
            return
        for number, cell in enumerate(code):
            yield Cell.of(self, number, cell)
        checked = {checked_key(cell.source) for cell in code}
        for key in tasks(chapter):
            yield Exercise.from_parent(self, name=key, has_cell=key in checked)

    def setup(self):
        """Prepare a place for the verdicts; the first cell that needs a kernel starts one."""
        self.folder = tempfile.TemporaryDirectory()
        self.verdicts = Path(self.folder.name, "verdicts.jsonl")
        self.setup_sanitize_files()

    def start(self):
        """Start the kernel, or say why no cell can run."""
        option = self.config.option
        name = CURRENT_ENV_KERNEL_NAME if option.nbval_current_env else option.nbval_kernel_name
        limit = option.nbval_kernel_startup_timeout
        try:
            self.kernel = Kernel(name, self.path.parent, limit, {VERDICTS: str(self.verdicts)})
        except (Ended, RuntimeError):
            self.stop(say("No kernel could be started."))

    def teardown(self):
        """Stop the kernel."""
        super().teardown()
        if self.kernel is not None:
            self.kernel.stop()
        self.folder.cleanup()

    def verdict(self, key):
        """Return the last verdict on an exercise, or None."""
        if not self.verdicts.exists():
            return None
        lines = self.verdicts.read_text(encoding="utf-8").splitlines()
        return {v["key"]: v for v in map(json.loads, lines)}.get(key)  # a later one replaces it

    def stop(self, why):
        """Run no more cells, and say so once."""
        self.ended, self.is_told = why, True
        raise Failed(why)


class Cell(IPyNbCell):
    """A cell of code, which must run without an error unless it is tagged otherwise."""

    @classmethod
    def of(cls, notebook, number, cell):
        """Return the item of a cell."""
        with warnings.catch_warnings(action="ignore"):  # of odd or contradictory tags
            options = defaultdict(bool, find_metadata_tags(cell.metadata))
            options.update(find_comment_markers(cell.source))
        options.setdefault("check", notebook.compare_outputs)
        if checked_key(cell.source):
            options["check"] = False  # a card is told in its own way
        if not options["check"]:
            cell.outputs = []  # or nbval would complain of outputs in a cell without a number
        name = f"Cell {number}"
        return cls.from_parent(notebook, name=name, cell_num=number, cell=cell, options=options)

    def setup(self):
        """Do nothing: nbval would excuse all cells after one that did not end."""

    def runtest(self):
        """Run the cell; then look at what the kernel replied, whatever it has shown."""
        with speaking(self.parent.spoken):
            if self.options["skip"] or not self.cell.source.strip():
                return
            if self.parent.ended:
                self._is_not_run()
            if self.parent.kernel is None:
                self.parent.start()
            self._run()
            for reply in self.parent.kernel.replies:
                if reply.get("status") == "error" and not self.options["check_exception"]:
                    self.raise_cell_error(f"{reply.get('ename')}: {reply.get('evalue')}")
                if any(said.get("source") == "ask_exit" for said in reply.get("payload", [])):
                    self.parent.ended = say(
                        "`{cell}` ended the kernel. What stands below it was not run.",
                        cell=self.first_line,
                    )

    def _run(self):
        seconds = self.config.option.nbval_cell_timeout
        self.parent.kernel.begin(seconds)
        try:
            super().runtest()
        except Ended:
            self.parent.stop(say("The kernel died while it ran `{cell}`.", cell=self.first_line))
        except (Hung, NbCellError, RuntimeError) as error:
            if isinstance(error, NbCellError) and not self.parent.timed_out:
                raise
            self.parent.kernel.stop()
            self.parent.stop(
                say(
                    "`{cell}` did not end within {seconds} seconds. "
                    "What stands below it was not run.",
                    cell=self.first_line,
                    seconds=round(seconds),
                )
            )

    def _is_not_run(self):
        if self.parent.is_told:
            pytest.skip(self.parent.ended)
        self.parent.stop(self.parent.ended)

    @property
    def first_line(self):
        """What names the cell to its reader."""
        return next(line.strip() for line in self.cell.source.splitlines() if line.strip())

    def said_of(self, error):
        """Return in a sentence what happened."""
        if not isinstance(error, NbCellError):
            return str(error)
        replies = [r for r in self.parent.kernel.replies if r.get("status") == "error"]
        why = f"{replies[-1]['ename']}: {replies[-1]['evalue']}" if replies else str(error)
        with speaking(self.parent.spoken):
            return say("`{cell}` stopped with {error}", cell=self.first_line, error=why)

    def repr_failure(self, excinfo):
        """Return nbval's report, but of our own sentences those alone."""
        return (
            str(excinfo.value) if excinfo.errisinstance(Failed) else super().repr_failure(excinfo)
        )


class Exercise(pytest.Item):
    """An exercise of the chapter: passed if its check has said so."""

    def __init__(self, *, has_cell, **kwargs):
        super().__init__(**kwargs)
        self.has_cell = has_cell

    def runtest(self):
        """Fail unless the verdict is the one that is wanted."""
        verdict = self.parent.verdict(self.name)
        option = self.config.option
        wanted = NOT_ATTEMPTED if option.expect_unsolved else PASSED
        if verdict is None:
            if self.parent.is_told:
                pytest.skip(self.parent.ended)
            with speaking(self.parent.spoken):
                raise Failed(self._missing())
        if verdict["language"] in languages():
            self.parent.spoken = verdict["language"]
        if verdict["state"] != wanted:
            parts = (verdict["text"], verdict["hint"] if option.course_hints else "")
            text = "\n".join(filter(None, parts))
            raise Failed(text if wanted == PASSED else f"expected {wanted}: {text}")

    def _missing(self):
        if self.has_cell:
            return say(
                "{key}: its check gave no verdict. Is `check` still the course's own, imported at "
                "the top of the notebook?",
                key=self.name,
            )
        call = f'check("{self.name}")'
        return say(
            "{key}: no check of it was run. Put a cell with `{call}` back under the exercise.",
            key=self.name,
            call=call,
        )

    def said_of(self, error):
        """Return in a sentence what is wrong."""
        return str(error)

    def repr_failure(self, excinfo):
        """Return the message alone."""
        return str(excinfo.value)

    def reportinfo(self):
        """Name the exercise in the report."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class Refusal(Exercise):
    """Stands for a file that is no notebook, or one of no chapter."""

    def __init__(self, *, why, **kwargs):
        super().__init__(has_cell=False, **kwargs)
        self.why = why

    def runtest(self):
        """Fail."""
        with speaking(self.parent.spoken):
            raise Failed(say("This notebook cannot be judged. {why}", why=self.why))
