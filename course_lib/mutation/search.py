"""Hold answers to all that is valid, to find where they differ from what is right."""

import dataclasses
import importlib
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from course_lib.chapters import chapter_folder
from course_lib.exercises.calling import copied
from course_lib.exercises.exercise import PASSED, assess, read_value
from course_lib.mutation.operators import mutants
from course_lib.mutation.solving import answer_from

SEEDS = range(10)
SECONDS = 5.0  # a mutant that loops for ever is one that was found: it is not tried twice
EXAMPLES = 200
FEW = 20


@dataclass(frozen=True)
class Report:
    """What became of the mutants of one exercise.

    Attributes
    ----------
    key : str
    made : int
        Mutants that are code and define the answer.
    equal : list of str
        Those that were accepted and found right on all valid input that was tried.
    missed : list of (str, tuple)
        Those that were accepted although they are wrong on a valid case: change and case.
    """

    key: str
    made: int
    equal: list
    missed: list


def valid_input(exercise):
    """Return the strategy of an exercise's valid arguments, or None for an answer that is a value.

    Raises
    ------
    ValueError
        If the chapter's ``valid.py`` does not have it.
    """
    if exercise.call is read_value:
        return None
    folder = chapter_folder(exercise.chapter).name
    try:
        return importlib.import_module(f"course_lib.chapters.{folder}.valid").VALID[exercise.key]
    except (ModuleNotFoundError, KeyError):
        raise ValueError(f"{folder}/valid.py says nothing of {exercise.key}") from None


def is_right_on(exercise, answer, case):
    """Tell whether an answer is right in a single case."""
    posed = dataclasses.replace(exercise, inputs=lambda rng: [case], seconds=SECONDS)
    return assess(posed, {exercise.answer: answer}).state == PASSED


def separating_case(exercise, answer, *, examples=EXAMPLES, few=FEW, small=False):
    """Return a valid case on which an answer is wrong, or None if none was found.

    Most wrong answers are wrong on one of a `few`, which are drawn once for all answers. A `small`
    case takes longer.
    """

    def is_wrong_on(case):
        return not is_right_on(exercise, answer, case)

    strategy, few = valid_input(exercise), min(few, examples)
    found = next((case for case in map(copied, drawn(strategy, few)) if is_wrong_on(case)), None)
    if found is None and few == examples:
        return None
    if found is not None and not small:
        return found
    with suppress(NoSuchExample):
        return find(strategy, is_wrong_on, settings=_options(examples, shrink=small))
    return found


def _options(examples, *, shrink=False):
    return settings(
        max_examples=examples,
        phases=[Phase.generate, *[Phase.shrink] * shrink],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@cache
def drawn(strategy, count):
    """Return so many valid cases: those that `find` would try, the same each time."""
    cases = []
    with suppress(NoSuchExample):
        find(strategy, cases.append, settings=_options(count))  # `append` gives None: go on
    return cases


def accepted_at(exercise, answer, seeds=SEEDS):
    """Return the first seed at which a check accepts an answer, or None."""
    quick = dataclasses.replace(exercise, seconds=SECONDS)
    for seed in seeds:
        start = time.perf_counter()
        if assess(quick, {exercise.answer: answer}, seed=seed).state == PASSED:
            return seed
        if time.perf_counter() - start > SECONDS:
            return None
    return None


def judge_mutants(exercise, *, seeds=SEEDS, examples=EXAMPLES):
    """Judge all simple mutants of an exercise's solution; return a `Report`."""
    made, equal, missed = 0, [], []
    for change, code in mutants(exercise.solution):
        try:
            answer = answer_from(code, exercise)
        except Exception:  # no code that a learner could hand in
            continue
        made += 1
        if accepted_at(exercise, answer, seeds) is not None:
            case = separating_case(exercise, answer, examples=examples, small=True)
            if case is None:
                equal.append(change)
            else:
                missed.append((change, case))
    return Report(exercise.key, made, equal, missed)
