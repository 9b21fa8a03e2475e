"""Grade one notebook: ask its code in a sandbox, and compare outside what came back.

The references, the checks and the judges are here. Of the notebook's code nothing is here but text.
"""

import dataclasses
import functools
import secrets
import time
from dataclasses import dataclass

from course_lib.exercises.exercise import ERROR, Exercise, judged, posed, refused
from course_lib.exercises.isolation import TookTooLong, within
from course_lib.exercises.registry import exercises_of
from course_lib.grading.bubblewrap import NoSandbox
from course_lib.grading.inside import wire
from course_lib.grading.inside.cells import statements_in
from course_lib.grading.reply import Lost, read_reply
from course_lib.grading.sandbox import Limits, Sandbox
from course_lib.grading.submissions import shipped_cells
from course_lib.grading.tree import library_for, names_of
from course_lib.grading.warming import warm_imports
from course_lib.language import say

OPEN = 3  # sandboxes that wait for the next question of their chapter
JUDGING = 30  # seconds in which plain values must be judged


@dataclass(frozen=True)
class Verdict:
    """What became of one exercise of one notebook.

    Attributes
    ----------
    key, state, message : str
        As the learner's own card would tell.
    note : str
        What the instructor may want to know besides, or "".
    seconds, memory : float
        What the answer took: seconds of computing, megabytes.
    """

    key: str
    state: str
    message: str
    note: str = ""
    seconds: float = 0.0
    memory: float = 0.0


class Grader:
    """Grades notebooks, one after another; keeps sandboxes for the next ones of their kinds.

    Parameters
    ----------
    limits : Limits, optional
    safe : bool
        False: without a sandbox.
    seconds : float
        For one notebook together; what is left then is not graded.
    """

    def __init__(self, limits=None, *, safe=True, seconds=240.0):
        self.limits, self.safe, self.seconds = limits or Limits(), safe, seconds
        self.sandboxes = {}
        # What an exercise may use and its sandbox lacks, as it is sent.
        self.library = functools.cache(lambda *names: wire.write(library_for(*names)))

    def grade(self, notebook, seed=None, keys=None):
        """Return a `Verdict` for each exercise of a notebook's chapter.

        Parameters
        ----------
        notebook : submissions.Notebook
        seed : int, optional
            Of the inputs; otherwise one that nobody can know.
        keys : collection of str, optional
            Only these exercises.
        """
        seed = secrets.randbits(64) if seed is None else seed
        deadline, left_out, verdicts = time.monotonic() + self.seconds, set(), []
        for exercise in exercises_of(notebook.chapter):
            if keys is not None and exercise.key not in keys:
                continue
            if time.monotonic() > deadline:
                why = say("The notebook has used up its time before this exercise.")
                verdicts.append(Verdict(exercise.key, ERROR, why))
                continue
            verdicts.append(self._grade(exercise, notebook, seed, left_out))
        return verdicts

    def _grade(self, exercise, notebook, seed, left_out):
        """Grade an exercise; put into `left_out` the cells of others that end a run too early."""
        seconds = min(exercise.seconds, self.limits.seconds)
        exercise = dataclasses.replace(exercise, seconds=seconds)
        cells = list(enumerate(notebook.cells[: notebook.seen[exercise.key]]))
        cases = posed(exercise, seed)
        question = _question(exercise, cases, shipped_cells(notebook.chapter), self.limits)
        while True:
            asked = [(n, cell) for n, cell in cells if n not in left_out]
            question["cells"] = [{"source": c.source, "sliced": c.sliced} for _, c in asked]
            reply = self._ask(exercise, wire.write(question))
            used = {"seconds": round(reply.seconds, 3), "memory": round(reply.memory)}
            try:
                told = read_reply(reply, len(asked), len(cases), self.limits)
            except Lost as lost:
                number, cell = asked[lost.place] if lost.place is not None else (None, None)
                if cell is None or cell.key == exercise.key:
                    return Verdict(exercise.key, ERROR, str(lost), **used)
                left_out.add(number)
                continue
            state, message = _judged(exercise, cases, *told[:2])
            note = _note(told[2], asked, [notebook.cells[n] for n in left_out])
            return Verdict(exercise.key, state, message, note, **used)

    def _ask(self, exercise, question):
        """Return the `Reply` of a sandbox; one that gives no sign is replaced once."""
        missing = missing_for(exercise.key, exercise.chapter)
        kind = exercise.chapter, missing
        library = self.library(names_of(exercise.without), missing)
        for _ in range(2):
            sandbox = self.sandboxes.pop(kind, None)
            if sandbox is None or not sandbox.is_open:
                while len(self.sandboxes) >= OPEN:
                    self.sandboxes.pop(next(iter(self.sandboxes))).close()
                imports = warm_imports(exercise.chapter)
                sandbox = Sandbox(imports, missing, self.limits, safe=self.safe)
            self.sandboxes[kind] = sandbox  # the one that was used last stands last
            reply = sandbox.ask(wire.join(library, question))
            if reply.data:  # a child says so when it is locked in, before it reads anything
                return reply
        raise NoSandbox(say("The sandbox gives no sign (it ended with {how}).", how=reply.status))

    def close(self):
        """End all sandboxes."""
        while self.sandboxes:
            self.sandboxes.popitem()[1].close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


@functools.cache
def missing_for(key, chapter):
    """Return what the sandbox of an exercise lacks, as (module, name).

    Of the course, all that any exercise of the chapter asks for; of other libraries, what this
    exercise asks for.
    """
    missing = set()
    for other in exercises_of(chapter):
        names = names_of(other.without)
        missing |= {name for name in names if other.key == key or _is_ours(name)}
    return tuple(sorted(missing))


def _is_ours(name):
    return name[0].startswith("course_lib")


def _call_of(exercise):
    """Return where the call of an exercise is found in the sandbox, and its options."""
    call, options = exercise.call, {}
    if dataclasses.is_dataclass(call):
        call, options = type(call), dataclasses.asdict(call)
    module = call.__module__
    if module.startswith(wire.CHAPTERS):
        module = "posed." + module.removeprefix(wire.CHAPTERS)
    return f"{module}:{call.__qualname__}", options


def _question(exercise, cases, shipped, limits):
    call, options = _call_of(exercise)
    return {
        "name": exercise.answer,
        "call": call,
        "options": options,
        "cases": cases,
        "seconds": float(exercise.seconds),
        "seconds_of_cells": float(limits.seconds_of_cells),
        "shipped": _statements(shipped.above[exercise.key]),
    }


def _statements(sources):
    return [vars(statement) for source in sources for statement in _analysed(source)]


_analysed = functools.cache(statements_in)


def _judged(exercise: Exercise, cases, found, called):
    refusal = refused(exercise, found)
    if refusal:
        return refusal
    if called.used:  # it raised there, which is not what the learner is to hear of
        called = dataclasses.replace(called, values=[], used=called.used[:1])
    try:
        return within(JUDGING, lambda: judged(exercise, cases, called))
    except TookTooLong:
        return ERROR, say("What came back could not be judged in {time} seconds.", time=JUDGING)


def _note(errors, asked, left_out):
    told = [
        say("`{line}` stopped with {error}: {message}", line=first_line(asked[n][1]), **said)
        for n, said in ((n, {"error": e, "message": m[:200]}) for n, e, m in errors)
    ]
    told += [
        say("`{line}` did not come to an end and was left out.", line=first_line(cell))
        for cell in left_out
    ]
    return "\n".join(told[:5])


def first_line(cell):
    """Return what names a cell to its reader."""
    return next((line.strip() for line in cell.source.splitlines() if line.strip()), "")[:80]
