"""Every check, on right answers in many styles and on wrong ones: none is judged falsely."""

import importlib

import pytest

from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG, assess, read_value
from course_lib.exercises.registry import exercises_of

REPEATS = 50
EXERCISES = [exercise for chapter in CHAPTERS.values() for exercise in exercises_of(chapter)]


ANSWERS = {
    name: importlib.import_module(f"tests.chapters.ch{chapter_stem(name)}.answers")
    for name in CHAPTERS.values()
}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)
def test_no_right_answer_is_refused(exercise):
    for answer in ANSWERS[exercise.chapter].RIGHT[exercise.key]:
        for seed in range(REPEATS):
            result = assess(exercise, {exercise.answer: answer}, seed=seed)
            assert result.state == PASSED, (answer, seed, result)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)
def test_no_wrong_answer_is_accepted_and_its_mistake_is_named(exercise):
    for answer, fragment in ANSWERS[exercise.chapter].WRONG[exercise.key]:
        for seed in range(REPEATS):
            result = assess(exercise, {exercise.answer: answer}, seed=seed)
            assert result.state in (WRONG, ERROR), (answer, seed, result)
            assert fragment in result.message, (answer, seed, result)
            assert "could not be read" not in result.message, (answer, seed, result)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)
def test_dots_are_not_attempted_and_oddities_are_told(exercise):
    is_function = exercise.call is not read_value
    untouched = (lambda *_: ...) if is_function else ...
    assert assess(exercise, {exercise.answer: untouched}).state == NOT_ATTEMPTED
    assert assess(exercise, {}).state == ERROR
    assert exercise.answer in assess(exercise, {}).message
    for odd in (None, object(), 3 + 4j, {}, "abc", [[1], [1, 2]], float("nan"), b"x"):
        answer = (lambda *_, odd=odd: odd) if is_function else odd
        assert assess(exercise, {exercise.answer: answer}).state in (WRONG, ERROR)


def test_each_exercise_has_enough_answers_and_two_hints():
    for exercise in EXERCISES:
        answers = ANSWERS[exercise.chapter]
        assert len(answers.RIGHT[exercise.key]) >= 2, exercise.key
        assert len(answers.WRONG[exercise.key]) >= 5, exercise.key
        assert len(exercise.hints) == 2
        assert all(hint.endswith((".", "?", ")")) for hint in exercise.hints), exercise.key


def test_a_chapter_has_five_exercises_or_more_numbered_in_order():
    for chapter in CHAPTERS.values():
        exercises = exercises_of(chapter)
        assert len(exercises) >= 5
        assert [ex.key for ex in exercises] == [f"{chapter}-{k + 1}" for k in range(len(exercises))]
        assert "find the bug" in {exercise.kind for exercise in exercises}
