"""Plans, schedules and pages for instructors: sums are derived, and every minute has its place."""

import re

import pytest

from course_lib.authoring import plans, schedules, teaching
from course_lib.authoring.plans import Plan, Step, read_plan
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import tasks

ROW = re.compile(r"^\| (\d+):(\d\d) \| (\d+) \| (.+?) \|", re.M)


def rows(lines):
    return [
        (60 * int(h) + int(m), int(minutes), what)
        for h, m, minutes, what in ROW.findall("\n".join(lines))
    ]


def gaps(table, whole):
    """Return where a table's times are not one behind the other, or do not fill the whole."""
    times, at = [], 0
    for start, minutes, what in table:
        times += [] if start == at and minutes > 0 else [what]
        at += minutes
    return times if at == whole else [*times, "the sum"]


@pytest.mark.parametrize("number", CHAPTERS)
def test_ninety_minutes_have_set_up_and_slack(number):
    table = rows(schedules.ninety_minutes(number))
    assert gaps(table, 90) == []
    assert table[0][2].startswith("Set-up")
    assert table[-1][2].startswith("Slack")
    assert table[-1][1] >= schedules.SLACK


@pytest.mark.parametrize("number", CHAPTERS)
def test_an_exercise_has_time_for_its_minutes_and_is_one_of_the_chapter(number):
    known = {task.number: task.minutes for task in tasks(number).values()}
    for step in read_plan(number).steps:
        assert set(step.exercises) <= set(known)
        if step.who.startswith("pairs"):
            assert sum(known[n] for n in step.exercises) <= step.minutes, step.what


@pytest.mark.parametrize("number", CHAPTERS)
def test_each_misconception_is_met_somewhere(number):
    known = {f"exercise {task.number}" for task in tasks(number).values()}
    for wrong in read_plan(number).misconceptions:
        assert wrong.where in known or re.fullmatch(r"\*.+\*", wrong.where), wrong.where


def test_days_are_full_and_hold_every_chapter():
    half = rows(schedules.half_day())
    assert gaps(half, 240) == []
    assert len([what for _, _, what in half if what.startswith("Chapter")]) == 3
    text = "\n".join(schedules.three_days())
    days = [rows(day.splitlines()) for day in text.split("**Day ")[1:]]
    assert [gaps(day, 390) for day in days] == [[], [], []]
    told = re.findall(r"Chapter (\d\d)", text)
    assert told == list(CHAPTERS)


def test_a_gap_is_seen():
    assert gaps([(0, 5, "a"), (6, 84, "b")], 90) == ["b", "the sum"]


def test_what_is_dropped_follows_the_marks_and_then_the_end_and_never_the_first():
    steps = (Step(10, "a", "all"), Step(20, "b", "all", 2), Step(30, "c", "all"),
             Step(40, "d", "all", 1))  # fmt: skip
    plan = Plan("x", "", steps, "", ())

    def left_out(room):
        return "".join(step.what for step in schedules.fit(plan, room)[1])

    assert [left_out(room) for room in (100, 90, 60, 40, 1)] == ["", "d", "d", "db", "dbc"]
    assert schedules.next_out(schedules.fit(plan, 60)[0]).what == "b"


@pytest.mark.parametrize("stem", [chapter_stem(number) for number in CHAPTERS])
def test_the_committed_page_is_fresh(stem):
    page = (teaching.FOLDER / f"{stem}.md").read_text(encoding="utf-8")
    assert page == teaching.teaching_page(stem), "stale: run `course build`"


def test_a_stale_page_is_written_anew(tmp_path):
    assert len(teaching.write_teaching(tmp_path)) == len(CHAPTERS)
    (tmp_path / "02_weights.md").write_text("stale")
    assert teaching.write_teaching(tmp_path) == ["teaching/02_weights.md: written"]


def test_a_plan_that_cannot_be_read_is_named(monkeypatch):
    monkeypatch.setattr(plans, "section", lambda chapter, name: "| a |\n|-|\n| x | y | z |")
    with pytest.raises(ValueError, match=r"02_weights: plan\.md has a row"):
        plans.read_plan("02")
