"""Schedules for 90 minutes, half a day and three days, made from the chapters' plans.

A plan's steps are what one would like to do. A schedule has set-up, breaks and slack, too, and
leaves out as many steps as it must, in the order that the plan says.
"""

import math

from course_lib.authoring.plans import read_plan
from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import front_matter

SET_UP, SLACK = 5, 10  # of 90 minutes
BREAK = 15
HALF_DAY = {"all": 240, "set-up": 10, "slack": 15, "end": 10}
LONG_DAY = {"all": 390, "set-up": 10, "slack": 30, "end": 15}
RULE = "| --- | --- | --- | --- |"
HEAD = ["| at | minutes | what | who |", RULE]


def fit(plan, room):
    """Return the steps of a plan that fit into some minutes, and those that are left out.

    Left out are, in this order, the steps that the plan marks, and then the last ones; never the
    first, with which everything begins.
    """
    marked = sorted((s for s in plan.steps if s.drop), key=lambda step: step.drop)
    others = [step for step in reversed(plan.steps[1:]) if not step.drop]
    out = []
    for step in [*marked, *others]:
        if plan.minutes - sum(s.minutes for s in out) <= room:
            break
        out.append(step)
    return [step for step in plan.steps if step not in out], out


def next_out(kept):
    """Return the step to leave out next, if a group is behind; None if the plan names none."""
    return min((step for step in kept if step.drop), key=lambda step: step.drop, default=None)


def ninety_minutes(chapter):
    """Return the lines of a chapter's schedule for 90 minutes."""
    room = 90 - SET_UP - SLACK
    kept, out = fit(read_plan(chapter), room)
    rows = [(SET_UP, "Set-up: everybody has the notebook open and has run all cells", "all")]
    rows += [(step.minutes, step.what, step.who) for step in kept]
    rows += [(90 - sum(row[0] for row in rows), "Slack: questions, and what took longer", "all")]
    lines = [*HEAD, *_clocked(rows)]
    if out:
        lines += ["", "Left out for want of time:", ""]
        lines += [f"- {step.what} ({step.minutes} minutes)" for step in out]
    late = next_out(kept)
    if late:
        lines += ["", f"**At minute 60, and behind?** Leave this out: {late.what}"]
    return lines


def half_day():
    """Return the lines of the schedule of the first three chapters in half a day."""
    return ["", *_day(list(CHAPTERS)[:3], HALF_DAY), ""]


def three_days():
    """Return the lines of the schedule of all chapters in three days."""
    numbers, lines = list(CHAPTERS), [""]
    each = math.ceil(len(numbers) / 3)
    for day in range(3):
        lines += [f"**Day {day + 1}**", ""]
        lines += [*_day(numbers[day * each : (day + 1) * each], LONG_DAY), ""]
    return lines


def _day(numbers, day):
    """Return the table of a day with some chapters, a break after each but the last."""
    breaks = BREAK * (len(numbers) - 1)
    room = (day["all"] - day["set-up"] - day["slack"] - day["end"] - breaks) // len(numbers)
    opening = "Set-up; everybody fails an exercise on purpose and reads the card"
    if numbers[0] != next(iter(CHAPTERS)):
        opening = "What surprised you the day before? Set-up"
    rows = [(day["set-up"], opening)]
    for number in numbers:
        kept, out = fit(read_plan(number), room)
        rows += [(sum(step.minutes for step in kept), _chapter(number, kept, out))]
        rows += [(BREAK, "break")] if number != numbers[-1] else []
    rows += [(day["end"], "One of the questions to discuss")]
    left = day["all"] - sum(row[0] for row in rows)
    rows.insert(-1, (left, "Slack: what took longer, and what was left out above"))
    return ["| at | minutes | what |", "| --- | --- | --- |", *_clocked(rows)]


def _chapter(number, kept, out):
    title = front_matter(number)["title"]
    solved = [str(n) for step in kept for n in step.exercises]
    said = f"Chapter {number}, {title[0].lower() + title[1:]}"
    if solved:
        said += f": exercise{'s' * (len(solved) > 1)} {', '.join(solved)}"
    openings = [step.what.partition(";")[0].partition(".")[0] for step in out]
    return f"{said}; without *{'*, *'.join(openings)}*" if openings else said


def _clocked(rows):
    """Return the lines of a table whose rows begin with the time from the start."""
    lines, at = [], 0
    for minutes, *rest in rows:
        lines.append(f"| {at // 60}:{at % 60:02} | {minutes} | {' | '.join(rest)} |")
        at += minutes
    return lines


MAKERS = {make.__name__: make for make in (half_day, three_days)}
