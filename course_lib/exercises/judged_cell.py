"""A cell of a notebook that is judged: it must run in its time and without an error.

What the kernel replied counts, not what it has shown, for a cell can keep errors from being shown.
"""

import warnings
from collections import defaultdict

import pytest
from nbval.plugin import IPyNbCell, NbCellError, find_comment_markers, find_metadata_tags

from course_lib.exercises.cells import checked_key
from course_lib.exercises.judged_kernel import Ended, Hung
from course_lib.language import say, speaking

OUTPUT_TIMEOUT = 30  # seconds; nbval's 5 are too few for a busy machine


class Failed(Exception):
    """What is wrong; its message is the whole report."""


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
        item = cls.from_parent(notebook, name=name, cell_num=number, cell=cell, options=options)
        item.output_timeout = OUTPUT_TIMEOUT
        return item

    def setup(self):
        """Do nothing: nbval would excuse all cells after one that did not end."""

    def runtest(self):
        """Run the cell; then look at what the kernel replied, whatever it has shown."""
        with speaking(self.parent.spoken):
            if self.options["skip"]:
                pytest.skip()
            if not self.cell.source.strip():
                return
            if self.parent.ended:
                self._is_not_run()
            if self.parent.kernel is None:
                self.parent.start()
            self._run()
            for reply in self.parent.kernel.replies:
                if reply.get("status") == "error" and not self.options["check_exception"]:
                    self.raise_cell_error(_error_in(reply))
                if any(said.get("source") == "ask_exit" for said in reply.get("payload", [])):
                    why = say("`{cell}` ended the kernel.", cell=self.first_line)
                    self.parent.ended = why + " " + say("What stands below it was not run.")

    def _run(self):
        self.parent.kernel.begin(self.config.option.nbval_cell_timeout)
        died = False
        try:
            super().runtest()
        except (Ended, RuntimeError):
            died = True
        except Hung:
            self.parent.timed_out = True
        except NbCellError:
            if not self.parent.timed_out:
                raise
        # Of a cell that may raise, nbval takes the interrupt for an error that was expected.
        if self.parent.timed_out:
            why = say("`{cell}` did not end in time.", cell=self.first_line)
        elif died:
            why = say("The kernel died at `{cell}`.", cell=self.first_line)
        else:
            return
        self.parent.kernel.stop()
        self.parent.stop(why + " " + say("What stands below it was not run."))

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
        why = _error_in(replies[-1]) if replies else str(error)
        with speaking(self.parent.spoken):
            return say("`{cell}` stopped with {error}", cell=self.first_line, error=why)

    def repr_failure(self, excinfo):
        """Return nbval's report, but of our own sentences those alone."""
        return (
            str(excinfo.value) if excinfo.errisinstance(Failed) else super().repr_failure(excinfo)
        )


def _error_in(reply):
    """Return the kind of an error and its first line, from the kernel's reply."""
    lines = str(reply.get("evalue")).strip().splitlines()
    return ": ".join([str(reply.get("ename")), *lines[:1]])
