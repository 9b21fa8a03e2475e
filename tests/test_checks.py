"""Every check, on right answers in many styles and on wrong ones: none is judged falsely."""

import dataclasses
import functools
import importlib
import pickle
import re
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import settings

from course_lib.chapters import CHAPTERS, MOVED, chapter_stem
from course_lib.exercises.calling import call_function, call_keeping, run_module
from course_lib.exercises.exercise import (
    ERROR,
    NOT_ATTEMPTED,
    PASSED,
    WRONG,
    assess,
    read_value,
)
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.mutation.solving import solution_of
from tests.support.answers import remembering
from tests.support.saying import all_sentences, overheard, untranslatable

SEEDS = range(10)
DAILY = 100  # examples of Hypothesis; `make mutate` asks for more
EXERCISES = [exercise for chapter in CHAPTERS.values() for exercise in exercises_of(chapter)]


def is_daily():
    """Tell whether this is `make test`, and not `make mutate`."""
    return settings().max_examples <= DAILY


def on_one_worker(exercises):
    """Return a mark: the tests of an exercise share a worker, and the inputs made for them."""
    given = [
        pytest.param(exercise, id=exercise.key, marks=pytest.mark.xdist_group(exercise.key))
        for exercise in exercises
    ]
    return pytest.mark.parametrize("exercise", given)


each_exercise = on_one_worker(EXERCISES)
ANSWERS, BRUTE = (
    {
        name: importlib.import_module(f"tests.chapters.ch{chapter_stem(name)}.{module}")
        for name in CHAPTERS.values()
    }
    for module in ("answers", "brute")
)
OFTEN = {"graph_view-4", "rollout-5", "causal-7"}  # hundreds of cases, by which chances are judged
# Cases or answers that take long: to judge all answers takes seconds.
SLOW = OFTEN | {"centrality-2", "flow-2", "graph_view-6", "heatmaps-7"}
SLOW |= {"nlp-3", "sparse-6", "sparse-7"}


@functools.cache
def stored_cases(exercise, seed):
    """Return the cases of a seed as bytes: some take long to make, and all are made once."""
    return pickle.dumps(exercise.inputs(np.random.default_rng(seed)))


def with_inputs_made(exercise, seed):
    """Return the exercise with the inputs of a seed made once for all answers."""
    cases = stored_cases(exercise, seed)
    return dataclasses.replace(exercise, inputs=lambda rng: pickle.loads(cases))


@functools.cache
def is_random(exercise):
    """Tell whether the inputs of an exercise depend on the seed."""
    first = stored_cases(exercise, 0)
    return any(stored_cases(exercise, seed) != first for seed in range(1, 4))


def seeds_of(exercise, place, of_wrong=False):
    """Return the seeds with which the answer at a place in its list is judged.

    The inputs that learners get (0) are seen by each. The other seeds are shared between the
    answers: one for every sixth right one, and one for every twelfth that is wrong or takes long.
    In `make mutate` each sees all. Where nothing is random, or where an answer draws, one judgement
    is enough.
    """
    if not is_random(exercise):
        return [0]
    if not is_daily():
        return SEEDS
    if exercise.draws:
        return [(place % 2) * (1 + place // 2 % 9)]
    # To build, to measure or to ask hundreds of times is slow.
    plain = exercise.call in (call_function, call_keeping, read_value) and exercise.key not in SLOW
    every = 6 if plain and not of_wrong else 12
    return [0] if place % every else [0, 1 + place // every % 9]


def with_few_cases(exercise):
    """Return the exercise with its two smallest cases; where it draws, with the second of them."""
    few = slice(1, 2) if exercise.draws else slice(2)
    return with_cases(exercise, lambda cases: sorted(cases, key=lambda case: np.size(case[0]))[few])


def with_cases(exercise, choose):
    """Return the exercise with those of its cases that are chosen."""
    return dataclasses.replace(exercise, inputs=lambda rng: choose(exercise.inputs(rng)))


ENDLESS = "did not come to an end"
CALLS = "calls", "does the work"  # in what is said of an answer that calls what it must not


def verdict(exercise, answer, seed, few=False, **changed):
    """Return what is said of an answer to the cases of a seed, or to a few of them."""
    posed = dataclasses.replace(with_inputs_made(exercise, seed), **changed)
    return assess(with_few_cases(posed) if few else posed, {exercise.answer: answer}, seed=seed)


def verdicts_on_right(exercise, answers):
    """Yield (place, seed, result) for each answer with each of its seeds.

    To watch what is called takes as long as all the rest: it is done once each, on a few cases.
    To draw takes longer still: of the cases that learners do not get, an answer draws every second
    one, and in `make mutate` all.
    """
    for place, answer in enumerate(answers):
        if exercise.without:
            yield place, 0, verdict(exercise, answer, 0, few=is_daily())
        for seed in seeds_of(exercise, place):
            posed = dataclasses.replace(with_inputs_made(exercise, seed), without=())
            if exercise.draws and seed and is_daily():
                posed = with_cases(posed, itemgetter(slice(seed % 2, None, 2)))
            yield place, seed, assess(posed, {exercise.answer: answer}, seed=seed)


def verdicts_on_wrong(exercise, answers, said):
    """Yield (place, seed, result) for each answer with each of its seeds.

    What an answer calls is watched if that is what is to be said of it. One of which it is to be
    said that it does not end is judged once, and given less time. One that takes long sees all
    cases only if a few do not bring out what is to be said: judges refuse what is wrong in any
    case, and in `make mutate` each answer sees all.
    """
    few = is_daily() and (exercise.draws or exercise.key in SLOW)
    for place, answer in enumerate(answers):
        expected = str(said[place])
        endless = ENDLESS in expected
        changed = {} if any(part in expected for part in CALLS) else {"without": ()}
        changed |= {"seconds": 0.5} if endless else {}
        for seed in [0] if endless else seeds_of(exercise, place, of_wrong=True):
            result = verdict(exercise, answer, seed, few, **changed)
            if few and not (result.state in (WRONG, ERROR) and says(result.message, said[place])):
                result = verdict(exercise, answer, seed, **changed)
            yield place, seed, result


@each_exercise
def test_no_right_answer_is_refused(exercise):
    right = list(ANSWERS[exercise.chapter].RIGHT[exercise.key])
    if exercise.call is not read_value:
        right.append(BRUTE[exercise.chapter].BRUTE[exercise.key])
    for place, seed, result in verdicts_on_right(exercise, right):
        assert result.state == PASSED, (right[place], seed, result)


@each_exercise
def test_no_wrong_answer_is_accepted_and_its_mistake_is_named(exercise):
    wrong, said = ANSWERS[exercise.chapter].WRONG[exercise.key], {}
    answers, expected = zip(*wrong, strict=True)
    with overheard() as asked:
        for place, seed, result in verdicts_on_wrong(exercise, answers, expected):
            answer, parts = wrong[place]
            said.setdefault(place, result.message)
            assert result.state in (WRONG, ERROR), (answer, seed, result)
            assert says(result.message, parts), (answer, seed, result)
            assert "could not be read" not in result.message, (answer, seed, result)
    assert vague(expected, said.values()) == []
    assert asked & all_sentences()
    assert untranslatable(asked, all_sentences()) == []


REMEMBERING = [
    exercise
    for exercise in EXERCISES
    if exercise.call not in (read_value, run_module)
    and not (exercise.draws or exercise.key in OFTEN)
]
# What follows from the arguments that are left, or from none: it may as well be remembered.
FOLLOWS = {
    ("vision-2", 1),  # height and width, from the other one and the size of the weights
    ("vision-2", 2),
    ("flow-6", 1),  # flows, from the layers
    ("causal-3", 1),  # half of the tokens
    ("causal-5", 2),
}


@on_one_worker(REMEMBERING)
def test_an_answer_that_knows_its_arguments_by_a_part_of_them_is_refused(exercise):
    posed = dataclasses.replace(with_inputs_made(exercise, 0), without=())
    solution = solution_of(exercise)
    count = len(posed.inputs(None)[0])
    keeps = {}
    for k in range(count) if count > 1 else []:
        if count > 2:  # of two, it is all but the other
            keeps[f"argument {k} alone"] = lambda given, k=k: given[k]
        if (exercise.key, k) not in FOLLOWS:
            keeps[f"all but argument {k}"] = lambda given, k=k: (*given[:k], *given[k + 1 :])
    if any(isinstance(part, np.ndarray) for part in posed.inputs(None)[0]):
        keeps["sizes"] = lambda given: [getattr(part, "shape", part) for part in given]
    for k, kind in enumerate(exercise.twins):
        keeps[f"what twins of kind {k} share"] = kind.shared
    for name, keep in keeps.items():
        result = assess(posed, {exercise.answer: remembering(solution, keep)})
        assert result.state in (WRONG, ERROR), name


def says(message, parts):
    """Tell whether a part, or one of several, stands in a message as whole words."""
    parts = (parts,) if isinstance(parts, str) else parts
    return any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", message) for part in parts)


def vague(expected, messages):
    """Return what says nothing about a mistake: the parts that stand in every message."""
    return [parts for parts in expected if all(says(message, parts) for message in messages)]


def test_parts_of_messages_that_tell_no_mistake_are_seen():
    messages = ["The weights: not right yet.", "The weights should have shape (2, 2)."]
    assert says(messages[0], "not right yet")
    assert says(messages[1], ("not right yet", "shape (2, 2)"))
    assert not says(messages[0], "eight")
    assert vague(["", "The weights", "shape", ("yet", "shape")], messages) == [
        "",
        "The weights",
        ("yet", "shape"),
    ]


@each_exercise
def test_dots_are_not_attempted_and_oddities_are_told(exercise):
    exercise = with_inputs_made(exercise, 0)
    is_function = exercise.call is not read_value
    untouched = (lambda *_: ...) if is_function else ...
    assert assess(exercise, {exercise.answer: untouched}).state == NOT_ATTEMPTED
    assert assess(exercise, {}).state == ERROR
    assert exercise.answer in assess(exercise, {}).message
    oddities = (None, object(), 3 + 4j, {}, "abc", [[1], [1, 2]], float("nan"), b"x")
    if exercise.draws:
        oddities = oddities[:2]  # what comes back from who should draw is looked at by nobody
    for odd in oddities:
        answer = (lambda *_, odd=odd: odd) if is_function else odd
        with overheard() as asked:
            assert assess(exercise, {exercise.answer: answer}).state in (WRONG, ERROR)
        assert untranslatable(asked, all_sentences()) == []


def test_each_exercise_has_enough_answers_and_two_hints():
    for exercise in EXERCISES:
        answers = ANSWERS[exercise.chapter]
        assert len(answers.RIGHT[exercise.key]) >= 8, exercise.key
        assert len(answers.WRONG[exercise.key]) >= 5, exercise.key
        assert len(exercise.hints) == 2
        assert all(hint.endswith((".", "?", ")")) for hint in exercise.hints), exercise.key


def moved_from(chapter):
    return {key for key in MOVED if key.rpartition("-")[0] == chapter}


def test_an_exercise_that_has_moved_is_found_by_its_old_key():
    for old, new in MOVED.items():
        assert find_exercise(old) is find_exercise(new)
        assert old not in {exercise.key for exercise in EXERCISES}


def test_a_chapter_has_five_exercises_or_more_numbered_in_order():
    for chapter in CHAPTERS.values():
        exercises = exercises_of(chapter)
        assert len(exercises) >= 5
        # What has moved to another chapter leaves a gap: the others keep their keys.
        numbers = range(1, len(exercises) + len(moved := moved_from(chapter)) + 1)
        keys = [key for k in numbers if (key := f"{chapter}-{k}") not in moved]
        assert [exercise.key for exercise in exercises] == keys
        assert "find the bug" in {exercise.kind for exercise in exercises}
