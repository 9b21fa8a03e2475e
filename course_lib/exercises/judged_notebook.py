"""A notebook as pytest sees it: its cells run one after the other, then each exercise is judged.

An exercise is judged by the verdict that the course's own `check` handed over last while the cells
ran, however it was called. Every exercise of the chapter is asked for. So it does not matter what
became of cells, tags and metadata: without a verdict there is no pass.
"""

import json
import tempfile
from pathlib import Path

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import IPyNbFile

from course_lib.chapters.reading import tasks
from course_lib.exercises import copies
from course_lib.exercises.cells import checked_key
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED
from course_lib.exercises.judged_cell import Cell, Failed
from course_lib.exercises.judged_kernel import Ended, Kernel
from course_lib.exercises.matching import Unmatched, chapter_of
from course_lib.exercises.opening import Unreadable, language_of, open_notebook
from course_lib.exercises.report import VERDICTS
from course_lib.language import languages, say, speaking


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
        if verdict["copy"] != str(copies.COPY):
            with speaking(self.parent.spoken):
                raise Failed(
                    say(
                        "{key}: its check is that of another copy of the course, {copy}.",
                        key=self.name,
                        copy=verdict["copy"],
                    )
                )
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
