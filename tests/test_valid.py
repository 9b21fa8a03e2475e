"""Every exercise on all input that its text allows: solutions are right, wrong answers are not.

A few examples of each here; `make mutate` tries many more, and all simple mutants.
"""

import dataclasses
import importlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from course_lib.chapters import CHAPTERS, chapter_folder, chapter_stem
from course_lib.exercises.calling import copied, run_module
from course_lib.exercises.exercise import PASSED, Check, Exercise, assess, read_value
from course_lib.exercises.exercise import posed as posed_by
from course_lib.exercises.judging import compare_all
from course_lib.exercises.registry import exercises_of
from course_lib.mutation import search
from course_lib.mutation.operators import mutants
from course_lib.mutation.solving import answer_from, solution_of

FUNCTIONS = [
    exercise
    for chapter in CHAPTERS.values()
    for exercise in exercises_of(chapter)
    if exercise.call is not read_value
]
# The tests of an exercise run on one worker: they share the cases that Hypothesis has drawn.
each_function = pytest.mark.parametrize(
    "exercise",
    [
        pytest.param(
            exercise, id=exercise.key, marks=pytest.mark.xdist_group(f"valid {exercise.key}")
        )
        for exercise in FUNCTIONS
    ],
)

DAILY = 100  # examples of Hypothesis; `make mutate` asks for more
RARE = 5000  # until a wrong answer is seen; what Hypothesis draws hangs on which modules are loaded
# Why an answer is refused that is right on each single case, or takes too long to try.
BEYOND = ["did not come to an end", "very same walks", "of that node alone", "the same chance"]
BEYOND += ["the second time", "closer to the rollout than chance", "ended together", "where others"]
BEYOND += ["calls", "does the work"]  # what must not be called may well be right


def of_tests(exercise, module):
    """Return a module of the tests of an exercise's chapter."""
    return importlib.import_module(f"tests.chapters.ch{chapter_stem(exercise.chapter)}.{module}")


def few(exercise):
    """Return a number of examples: a fifth of what the chosen profile says, or less of drawings."""
    return settings().max_examples // (20 if exercise.draws else 5)


def some(answers):
    """Return answers with their places: one in twelve, which shows `valid.py`; all in `deep`."""
    every = 1 if settings().max_examples > DAILY else 12
    return list(enumerate(answers))[::every]


def wrong_on(exercise, answer):
    """Return a valid case on which an answer is wrong, or None.

    Where all together are right, none is judged by itself, as those of a wrong answer are: to begin
    a judgement takes as long as to judge a case.
    """
    exercise, count = unwatched(exercise), few(exercise)

    def drawn(rng):
        return [*map(copied, search.drawn(search.valid_input(exercise), count))]

    together = dataclasses.replace(exercise, inputs=drawn)
    if assess(together, {exercise.answer: answer}).state == PASSED:
        return None
    return search.separating_case(exercise, answer, examples=count)


def unwatched(exercise):
    """Return an exercise that does not watch what is called, which takes as long as all the rest.

    Solved notebooks and tests/test_checks.py show that its check does, and takes the right ones.
    """
    return dataclasses.replace(exercise, without=())


@each_function
def test_the_official_solution_is_right_on_all_valid_input(exercise):
    assert wrong_on(exercise, solution_of(exercise)) is None


@each_function
def test_brute_force_agrees_on_all_valid_input(exercise):
    brutes = of_tests(exercise, "brute").BRUTE
    assert exercise.key in brutes, "brute.py of the chapter's tests lacks it"
    assert wrong_on(exercise, brutes[exercise.key]) is None


@each_function
def test_each_wrong_answer_is_wrong_on_some_valid_input(exercise):
    wrong = of_tests(exercise, "answers").WRONG[exercise.key]
    for place, (answer, parts) in some(wrong):
        if any(said in str(parts) for said in BEYOND):
            continue
        if hasattr(answer, "keeps"):  # wrong on the second of two inputs that look alike
            continue
        if hasattr(answer, "by_chance"):  # right on the same input at another time
            continue
        found = search.separating_case(
            unwatched(exercise), answer, examples=RARE, few=few(exercise)
        )
        assert found is not None, (place, answer, parts)


def sizes(case):
    """Return the sizes of arguments up to 2, each with its place."""
    shapes = [(k, getattr(part, "shape", ())) for k, part in enumerate(case)]
    return {(k, axis, n) for k, shape in shapes for axis, n in enumerate(shape) if n <= 2}


@each_function
def test_the_smallest_sizes_that_are_often_valid_are_among_the_cases(exercise):
    if exercise.draws or exercise.call is run_module:  # to look at one more takes long
        return
    drawn = search.drawn(search.valid_input(exercise), few(exercise))
    often = Counter(size for case in drawn for size in sizes(case))
    found = set().union(*map(sizes, posed_by(exercise, 0)))
    assert {size for size, count in often.items() if count > len(drawn) / 10} <= found


# The search itself.

WHOLE = st.tuples(st.integers(-20, 20))


def posed(cases):
    """Return an exercise: the absolute value of a whole number."""
    check = Check(
        inputs=lambda rng: cases,
        judge=lambda cases, values: compare_all("It", cases, values, abs),
    )
    solution = "def size(x):\n    return x if x >= 0 else -x"
    said = {"kind": "implement", "minutes": 1, "hints": ("", ""), "reason": ""}
    return Exercise(
        key="weights-2", title="Size", answer="size", solution=solution, **said, **vars(check)
    )


@pytest.fixture
def valid(monkeypatch):
    monkeypatch.setattr(search, "valid_input", lambda exercise: WHOLE)


def test_a_tame_check_is_found_out(valid):
    tame = search.judge_mutants(posed([(3,), (5,)]))
    assert "condition True" in str(tame.missed)
    assert all(case[0] < 0 for _, case in tame.missed)
    hard = search.judge_mutants(posed([(3,), (0,), (-1,)]))
    assert hard.missed == []
    assert [change for change in hard.equal if "> for >=" in change]  # both are right


def test_a_separating_case_is_small_and_the_same_each_time(valid):
    def late(x):
        return x if x > -3 else -x

    found = {search.separating_case(posed([]), late, small=True) for _ in range(3)}
    assert found <= {(-1,), (-2,)}
    assert len(found) == 1
    assert search.separating_case(posed([]), np.abs) is None


def test_a_mutant_changes_one_thing_and_none_twice():
    made = dict(mutants("def f(a, b):\n    x = a.T @ b\n    return x.sum(axis=1)"))
    assert {"line 2: transpose dropped", "line 3: 0 for 1", "line 3: axis dropped"} <= set(made)
    assert "line 1: a and b exchanged" in made
    assert len(set(made.values())) == len(made)
    assert made["line 2: transpose dropped"].splitlines()[1].strip() == "x = a @ b"


def test_every_exercise_that_is_a_function_says_what_is_valid():
    for exercise in FUNCTIONS:
        search.valid_input(exercise)
    unknown = dataclasses.replace(FUNCTIONS[0], key="graph_view-99")
    folder = chapter_folder("graph_view").name
    with pytest.raises(ValueError, match=f"{folder}/valid.py says nothing of graph_view-99"):
        search.valid_input(unknown)


def test_a_solution_finds_what_its_cell_needs_of_the_cells_above():
    for exercise in FUNCTIONS[:2]:
        answer = answer_from(exercise.solution, exercise)
        assert assess(exercise, {exercise.answer: answer}).state == PASSED
