import re

import pytest

from course_lib.chapters import CHAPTERS
from course_lib.exercises import helping, hint, solution
from course_lib.exercises.registry import exercises_of

EXERCISES = [exercise for chapter in CHAPTERS.values() for exercise in exercises_of(chapter)]


@pytest.fixture
def shown(monkeypatch):
    """Collect what a cell would show."""
    outputs = []
    monkeypatch.setattr(helping, "get_ipython", lambda: object())
    monkeypatch.setattr(helping, "display", lambda output: outputs.append(output.data))
    return outputs


def test_in_a_cell_they_are_markdown(shown):
    exercise = exercises_of("weights")[2]
    hint(exercise.key)
    hint(exercise.key, 2)
    solution(exercise.key)
    assert shown[:2] == list(exercise.hints)
    assert exercise.solution in shown[2]
    assert exercise.reason in shown[2]


def test_elsewhere_they_are_printed(capsys):
    hint("weights-3")
    assert capsys.readouterr().out.strip() == helping.for_terminal(
        exercises_of("weights")[2].hints[0]
    )


@pytest.mark.parametrize("number", [0, 3, "1", True, 1.5])
def test_a_hint_that_there_is_not(number):
    with pytest.raises(ValueError, match="number must be 1 or 2"):
        hint("weights-3", number)


def test_an_exercise_that_there_is_not():
    with pytest.raises(ValueError, match="key must name an exercise"):
        solution("weights-99")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)
def test_in_a_terminal_no_formula_and_no_link_is_left(exercise):
    for text in (*exercise.hints, exercise.reason):
        said = helping.for_terminal(text)
        assert not re.search(r"\$|\\[a-z]+|\]\(", re.sub(r"`[^`]*`", "", said)), said


def test_code_is_printed_as_it_is():
    assert helping.for_terminal("```python\nprint('$x$')\n```\n\n$x^2$") == "print('$x$')\n\nx^2"
