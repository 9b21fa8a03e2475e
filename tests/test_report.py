"""Cards, scorecards and the file of progress."""

import json

import numpy as np
import pytest

from course_lib.chapters import CHAPTERS, chapter_name, chapter_stem
from course_lib.exercises import answers, check, progress, report, scorecard
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED, WRONG, Result
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.exercises.report import MIME, VERDICTS, Card, Scorecard
from course_lib.language import speaking


@pytest.fixture
def notebook(monkeypatch, tmp_path):
    """A place to work in: an empty folder, a namespace, and what was displayed."""
    names, shown = {}, []
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VERDICTS, raising=False)
    monkeypatch.setattr(answers, "names_to_judge", lambda: names)
    monkeypatch.setattr(report, "display", shown.append)
    return names, shown


def test_a_passed_check_is_shown_and_remembered(notebook):
    names, shown = notebook
    names["shift_effect"] = "unchanged"
    check("weights-1")
    assert shown[-1]._repr_mimebundle_()[MIME] == {"key": "weights-1", "state": PASSED}
    assert progress.passed() == {"weights-1"}


def test_a_wrong_answer_is_told_without_raising(notebook):
    names, shown = notebook
    names["shift_effect"] = "larger"
    check("weights-1")
    bundle = shown[-1]._repr_mimebundle_()
    assert bundle[MIME]["state"] == WRONG
    assert "\nHint: " in bundle["text/plain"]
    assert "<details>" in bundle["text/html"]
    assert progress.passed() == set()


def test_each_verdict_is_handed_over_with_what_is_to_be_said(notebook, monkeypatch, tmp_path):
    names, _ = notebook
    path = tmp_path / "verdicts.jsonl"
    monkeypatch.setenv(VERDICTS, str(path))
    for answer in (..., "unchanged"):
        names["shift_effect"] = answer
        with speaking("de"):
            check("weights-1")
    first, last = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (first["state"], first["language"]) == (NOT_ATTEMPTED, "de")
    assert first["text"].startswith("○ weights-1: Noch nicht begonnen.")
    assert first["hint"].startswith("Tipp: ")
    assert first["hint"] not in first["text"]
    assert (last["key"], last["state"], last["hint"]) == ("weights-1", PASSED, "")


def test_an_unknown_key_names_what_there_is():
    with pytest.raises(ValueError, match=r"key must name an exercise \(weights-1, .*'weights-99'"):
        check("weights-99")
    with pytest.raises(ValueError, match="key must name"):
        check(None)
    with pytest.raises(ValueError, match="chapter must be one of"):
        scorecard("flowers")


def test_messages_are_escaped_in_html():
    exercise = find_exercise("weights-1")
    card = Card(exercise, Result("weights-1", WRONG, "got <script> in `a<b`"))
    page = card._repr_mimebundle_()["text/html"]
    assert "&lt;script&gt;" in page
    assert "<code>a&lt;b</code>" in page
    assert "<script>" not in page


def test_the_library_s_own_function_is_no_answer(notebook):
    from course_lib.attention import softmax

    names, shown = notebook
    names["safe_softmax"] = softmax
    check("weights-2")
    assert shown[-1].result.state == WRONG
    assert "library's own" in shown[-1].result.message


def test_an_error_names_the_line_of_the_cell(notebook):
    names, shown = notebook
    source = "def safe_softmax(logits):\n    first = 1\n    return first / 0\n"
    exec(compile(source, "<ipython-input-3>", "exec"), names)
    check("weights-2")
    assert "ZeroDivisionError: division by zero (line 3 of the cell)" in shown[-1].result.message


def test_answers_get_copies_and_the_judge_never_sees_what_they_change(notebook):
    names, shown = notebook

    def vandal(weights, order):
        result = weights[order][:, order].copy()
        weights[:] = 0
        order[:] = 0
        return result

    names["relabelled"] = vandal
    check("weights-5")
    assert shown[-1].result.state == PASSED


def test_the_scorecard_counts_what_was_passed():
    card = Scorecard("weights", passed={"weights-1", "weights-4", "multi_head-1"})
    assert (card.done, len(card.rows)) == (2, 6)
    text = str(card)
    assert "2 of 6 exercises passed" in text
    assert text.count("✓") == 2
    assert "value='2' max='6'" in card._repr_mimebundle_()["text/html"]


def test_one_scorecard_shows_all_chapters(notebook):
    _, shown = notebook
    progress.record("weights-4")
    scorecard()
    card = shown[-1]
    assert card.done == 1
    assert len(card.rows) == sum(len(exercises_of(name)) for name in CHAPTERS.values())
    page, exercise = card._repr_mimebundle_()["text/html"], find_exercise("weights-4")
    row = next(row for row in page.split("<tr>") if row.startswith("<td>weights-4<"))
    assert f"<td>{exercise.kind}</td><td>{exercise.minutes}</td><td>✓ passed</td>" in row
    assert page.count("✓ passed") == 1
    assert "✓ weights-4: No looking ahead" in str(card)


def test_chapters_are_found_by_number_name_and_stem():
    for name in ("2", "02", "weights", "02_weights"):
        assert chapter_name(name) == "weights"
        assert chapter_stem(name) == "02_weights"


def test_not_attempted_is_a_state_of_its_own(notebook):
    names, shown = notebook
    names["safe_softmax"] = lambda logits: ...
    check("weights-2")
    assert shown[-1].result.state == NOT_ATTEMPTED
    bundle = shown[-1]._repr_mimebundle_()
    assert "<details>" not in bundle["text/html"]  # the notebook has the hints below the card
    assert "\nHint: " in bundle["text/plain"]  # which who is told in a terminal does not see
    names["safe_softmax"] = lambda logits: None
    check("weights-2")
    assert "Is a `return` missing?" in shown[-1].result.message
    names["safe_softmax"] = np.zeros(3)
    check("weights-2")
    assert "should be a function" in shown[-1].result.message
