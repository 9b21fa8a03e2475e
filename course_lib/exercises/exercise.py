"""What an exercise is, and how an answer to it is judged.

A check is three plain functions: *inputs* makes the cases, *call* runs the learner's answer on
copies of them and brings back plain values, *judge* compares these with what it expects. Only
data passes between them, so that *call* may run in another process than the other two.
"""

import copy
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from course_lib.chapters.reading import Task
from course_lib.language import say

PASSED, NOT_ATTEMPTED, WRONG, ERROR = "passed", "not attempted", "wrong", "error"


class Wrong(Exception):
    """Raised by a judge; its message names the mistake in a sentence for the learner.

    The sentence and its values are those of `course_lib.language.say`.
    """

    def __init__(self, sentence, /, **values):
        super().__init__(say(sentence, **values))


@dataclass(frozen=True)
class Raised:
    """What the learner's answer raised instead of returning a value."""

    type: str
    message: str


@dataclass(frozen=True)
class PlainGraph:
    """A NetworkX graph as data: nodes with attributes, edges (source, target, attributes)."""

    directed: bool
    nodes: dict
    edges: list


@dataclass(frozen=True)
class Result:
    """The verdict on one answer: one of the four states, and a message for the learner."""

    key: str
    state: str
    message: str


def call_function(answer, cases):
    """Call a learner's function once for each case; return plain values or `Raised`."""
    return [attempt(lambda case=case: answer(*copy.deepcopy(case))) for case in cases]


def read_value(answer, cases):
    """Bring back a value that the learner assigned to a name; there is one empty case."""
    return [attempt(lambda: answer) for _ in cases]


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
        Arguments of each call; the judge sees the same cases.
    call : callable (answer, cases) -> list
        `call_function`; `read_value` for an answer that is no function; `drawing.draw` for one
        that draws.
    may_raise : bool
        Whether an error of the learner's function can be the right answer; if so the judge
        finds a `Raised` among the values.
    """

    judge: Callable[[list, list], None]
    inputs: Callable[[np.random.Generator], list] = no_inputs
    call: Callable[[Any, list], list] = call_function
    may_raise: bool = False


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
    state, message = _verdict(exercise, namespace, seed)
    return Result(exercise.key, state, message)


def _verdict(exercise, namespace, seed):
    name = exercise.answer
    if name not in namespace:
        return ERROR, say(
            "There is no `{name}` yet. Run the cell above; if it shows an error, mend that first.",
            name=name,
        )
    answer = namespace[name]
    if answer is Ellipsis:
        return NOT_ATTEMPTED, say("`{name}` still holds the dots.", name=name)
    if exercise.call is read_value:
        if callable(answer):
            return WRONG, say(
                "`{name}` should be a value, but it is a {kind}.",
                name=name,
                kind=type(answer).__name__,
            )
    else:
        if not callable(answer):
            return WRONG, say(
                "`{name}` should be a function, but it is a {kind}.",
                name=name,
                kind=type(answer).__name__,
            )
        if (getattr(answer, "__module__", None) or "").startswith("course_lib"):
            return WRONG, say(
                "`{name}` is the library's own function. Write yours in the cell above.", name=name
            )

    cases = exercise.inputs(np.random.default_rng(seed))
    values = exercise.call(answer, cases)
    if any(_holds_dots(value) for value in values):
        return NOT_ATTEMPTED, say("`{name}` still has the dots in it.", name=name)
    if not exercise.may_raise:
        for value in values:
            if isinstance(value, Raised):
                told = {"error": value.type, "message": value.message}
                return ERROR, say("`{name}` stopped with {error}: {message}", name=name, **told)
    if any(value is None for value in values):
        if exercise.call is read_value:
            return WRONG, say("`{name}` is None.", name=name)
        return WRONG, say("`{name}` gave None. Is a `return` missing?", name=name)
    try:
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


def attempt(produce):
    """Return the plain value of `produce()`, or what it raised; warnings decide nothing."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return plain(produce())
    except (Exception, SystemExit) as error:
        return Raised(type(error).__name__, _describe(error))


def _describe(error):
    """Return the error's first line and the line of the learner's cell that raised it."""
    message = (str(error).splitlines() or [""])[0]
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if _in_a_cell(frame)]
    if not lines:
        return message
    return say("{message} (line {number} of the cell)", message=message, number=lines[-1].lineno)


def _in_a_cell(frame):
    return "ipykernel" in frame.filename or frame.filename.startswith("<ipython-input")


def plain(value):
    """Turn an answer into plain data: NumPy arrays, numbers, text, tuples, lists, `PlainGraph`.

    PyTorch tensors become arrays (also those on a graph of gradients), sparse matrices dense
    arrays. What cannot be turned into data raises TypeError.
    """
    if value is None or value is Ellipsis or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, nx.Graph):
        nodes = {node: dict(data) for node, data in value.nodes(data=True)}
        edges = [(u, v, dict(data)) for u, v, data in value.edges(data=True)]
        return PlainGraph(value.is_directed(), nodes, edges)
    if isinstance(value, tuple | list):
        return (tuple if isinstance(value, tuple) else list)(plain(part) for part in value)
    if isinstance(value, set | frozenset):
        return frozenset(plain(part) for part in value)
    if isinstance(value, dict):
        return {plain(key): plain(part) for key, part in value.items()}
    if hasattr(value, "detach"):  # a PyTorch tensor, without importing PyTorch
        value = value.detach().cpu()
        value = value.float() if "bfloat16" in str(value.dtype) else value
    elif hasattr(value, "toarray"):  # a SciPy sparse matrix
        value = value.toarray()
    array = np.array(value)
    if array.dtype == object:
        raise TypeError(
            say("a {kind} came back, which is no array, number or graph", kind=type(value).__name__)
        )
    return array
