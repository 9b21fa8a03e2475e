"""What an exercise is, and how an answer to it is judged.

A check is three plain functions: *inputs* makes the cases, *call* runs the learner's answer on
copies of them and brings back plain values, *judge* compares these with what it expects. Only
data passes between them, so that *call* may run in another process than the other two.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.chapters.reading import Task
from course_lib.exercises.calling import CHANGED, Called, call_function, find, read_value
from course_lib.exercises.isolation import TookTooLong, own_state, watched, within
from course_lib.exercises.plain_data import Raised
from course_lib.language import say

PASSED, NOT_ATTEMPTED, WRONG, ERROR = "passed", "not attempted", "wrong", "error"
DRAWING = "course_lib.exercises.drawing"  # by its name: it loads Matplotlib


class Wrong(Exception):
    """Raised by a judge; its message names the mistake in a sentence for the learner.

    The sentence and its values are those of `course_lib.language.say`.
    """

    def __init__(self, sentence, /, **values):
        super().__init__(say(sentence, **values))


@dataclass(frozen=True)
class Result:
    """The verdict on one answer: one of the four states, and a message for the learner."""

    key: str
    state: str
    message: str


def no_inputs(rng):
    """Return the one empty case of an exercise whose answer is a value."""
    return [()]


@dataclass(frozen=True)
class Check:
    """How an answer is judged: the part of an exercise that ``checks.py`` holds.

    Attributes
    ----------
    judge : callable (cases, values) -> None
        Raises `Wrong` where a value is not what the case asks for.
    inputs : callable (numpy.random.Generator) -> list of tuple
        Arguments of each call; the judge sees the same cases. `crossing` and `rearranging` add
        some to them.
    call : callable (answer, cases) -> list
        `call_function`; `call_keeping` for one that must not change its arguments; `read_value`
        for an answer that is no function; `drawing.draw` for one that draws.
    may_raise : bool
        Whether an error of the learner's function can be the right answer; if so the judge
        finds a `Raised` among the values.
    without : tuple of callable or str
        What the answer must not call, under whatever name: the function that the learner is to
        write, of the library or of another one. A text, as "course_lib.nn.vision:to_patches", is
        imported only to judge: for what needs PyTorch.
    seconds : float
        Time for all calls together.
    fits : callable (*case) -> bool, optional
        Whether arguments that come from two cases of one form are valid together; always, if
        it is not given.
    twins : tuple of rearranging.Twins
        Kinds of cases that may be added, as each has something in common with one of the inputs:
        `rearranging` has them.
    sizes : sizing.Sizes, optional
        How a case of given sizes is made: one is added of each small size that lacks.
    particular : callable (weights) -> tuple, optional
        Makes a case of (4, 4) weights that random ones never are: `particular` has them.
    """

    judge: Callable[[list, list], None]
    inputs: Callable[[np.random.Generator], list] = no_inputs
    call: Callable[[Any, list], list] = call_function
    may_raise: bool = False
    without: tuple = ()
    seconds: float = 30.0
    fits: Callable[..., bool] | None = None
    twins: tuple = ()
    sizes: Any = None
    particular: Callable[[np.ndarray], tuple] | None = None

    @property
    def draws(self):
        """Whether the answer draws: to look at one takes longer than to look at any array."""
        return self.call.__module__ == DRAWING


@dataclass(frozen=True)
class Exercise(Check, Task):
    """One exercise of a chapter: its task, from the chapter's text, and its check."""


def assess(exercise, namespace, *, seed=0):
    """Judge the answer that a namespace holds.

    Parameters
    ----------
    exercise : Exercise
    namespace : mapping of str to object
        Where the learner's cell has put its names.
    seed : int
        Of the random inputs. A fixed one lets a learner see the same report until it is mended.

    Returns
    -------
    Result
    """
    with own_state():  # once around all: see there
        state, message = _verdict(exercise, namespace, seed)
    return Result(exercise.key, state, message)


def _verdict(exercise, namespace, seed):
    found, answer = find(namespace, exercise.answer)
    refusal = refused(exercise, found)
    if refusal:
        return refusal
    cases, called = posed(exercise, seed), Called(late=True)
    with suppress(TookTooLong), own_state(), watched(exercise.without) as used:
        values = within(exercise.seconds, lambda: exercise.call(answer, cases))
        called = Called(values, used)
    return judged(exercise, cases, called)


def posed(exercise, seed):
    """Return the cases of an exercise for a seed."""
    with own_state():
        return exercise.inputs(np.random.default_rng(seed))


def refused(exercise, found):
    """Return the state and the message of an answer that is not worth a call, or None.

    Parameters
    ----------
    exercise : Exercise
    found : Found
    """
    name = exercise.answer
    if not found.there:
        return ERROR, say(
            "There is no `{name}` yet. Run the cell above; if it shows an error, mend that first.",
            name=name,
        )
    if found.dots:
        return NOT_ATTEMPTED, say("`{name}` still holds the dots.", name=name)
    if exercise.call is read_value:
        if found.callable:
            return WRONG, say(
                "`{name}` should be a value, but it is a {kind}.", name=name, kind=found.kind
            )
    elif not found.callable:
        return WRONG, say(
            "`{name}` should be a function, but it is a {kind}.", name=name, kind=found.kind
        )
    elif found.of_library:
        return WRONG, say(
            "`{name}` is the library's own function. Write yours in the cell above.", name=name
        )
    return None


def judged(exercise, cases, called):
    """Return the state of an answer and the message, from what its call brought back.

    Parameters
    ----------
    exercise : Exercise
    cases : list
        As `posed` gave them; the answer has had copies.
    called : Called
    """
    name, values = exercise.answer, called.values
    if called.late:
        return ERROR, say(
            "`{name}` did not come to an end within {seconds:g} seconds. "
            "Is there a loop that never stops?",
            name=name,
            seconds=exercise.seconds,
        )
    if any(_holds_dots(value) for value in values):
        return NOT_ATTEMPTED, say("`{name}` still has the dots in it.", name=name)
    if any(isinstance(value, Raised) and value.type == CHANGED for value in values):
        return WRONG, say(
            "`{name}` changes what it is given, which its caller may still need. Work on a copy.",
            name=name,
        )
    if not exercise.may_raise:
        for value in values:
            if isinstance(value, Raised):
                told = {"error": value.type, "message": value.told}
                return ERROR, say("`{name}` stopped with {error}: {message}", name=name, **told)
    if any(value is None for value in values):
        if exercise.call is read_value:
            return WRONG, say("`{name}` is None.", name=name)
        return WRONG, say("`{name}` gave None. Is a `return` missing?", name=name)
    if called.used:
        return WRONG, say(
            "`{name}` calls `{function}`, which does the work. Write it yourself.",
            name=name,
            function=called.used[0],
        )
    try:
        with own_state():
            exercise.judge(cases, values)
    except Wrong as wrong:
        return WRONG, str(wrong)
    except Exception as error:  # an answer so odd that the judge could not read it
        return WRONG, say(
            "What came back from `{name}` could not be read ({error}: {message}). "
            "Compare its type and shape with what the exercise asks for.",
            name=name,
            error=type(error).__name__,
            message=error,
        )
    return PASSED, exercise.title


def _holds_dots(value):
    return value is Ellipsis or (
        isinstance(value, tuple | list) and any(_holds_dots(part) for part in value)
    )
