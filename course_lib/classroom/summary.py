"""What the board shows of the events: states, how long somebody is stuck, minutes, messages.

**Minutes** of an exercise are those between the moment at which a learner passed the exercise
before it (or joined) and the moment at which they passed it: reading included, as in a lesson. What
had been passed before the class is not measured, nor what took longer than `PAUSE`.
"""

from statistics import median

from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import front_matter, tasks
from course_lib.classroom.names import labels
from course_lib.classroom.sentences import without_braces

PAUSE = 60  # minutes: longer than that, somebody went home
FEWEST = 3  # learners of whom a median says something, and says nothing of one of them

CELLS = """
SELECT learner, key,
  MIN(CASE WHEN state = 'passed' THEN happened END),
  MIN(CASE WHEN state = 'passed' AND first THEN happened END),
  MIN(CASE WHEN state IN ('wrong', 'error') THEN happened END),
  SUM(state IN ('wrong', 'error')),
  MAX(CASE WHEN state <> 'not attempted' THEN happened END)
FROM events GROUP BY learner, key"""
LAST = """
SELECT learner, key, state, MAX(happened) FROM events
WHERE state IN ('wrong', 'error') GROUP BY learner, key"""
MESSAGES = """
SELECT key, sentence, COUNT(DISTINCT learner) AS learners, COUNT(*) FROM events
WHERE state IN ('wrong', 'error') AND sentence <> ''
GROUP BY key, sentence ORDER BY key, learners DESC, COUNT(*) DESC, sentence"""


def board(store):
    """Return all that the instructor's page shows, as plain data."""
    learners = store.read("SELECT id, name, joined FROM learners ORDER BY id")
    cells = _cells(store)
    shown = [
        {"id": number, "name": label, "cells": _row(cells.get(number, {}))}
        for (number, _, _), label in zip(
            learners, labels([name for _, name, _ in learners]), strict=True
        )
    ]
    released = {key for (key,) in store.read("SELECT key FROM released")}
    return {
        "learners": shown,
        "chapters": _chapters(),
        "exercises": _exercises(shown, measured(store, cells), _messages(store), released),
    }


def measured(store, cells=None):
    """Return the minutes that learners needed: key -> list, sorted, without names."""
    cells = _cells(store) if cells is None else cells
    minutes = {}
    for learner, joined in store.read("SELECT id, joined FROM learners"):
        passes = [(c["first"], key) for key, c in cells.get(learner, {}).items() if c["first"]]
        begun = joined
        for ended, key in sorted(passes):
            needed = (ended - begun) / 60
            if needed <= PAUSE:
                minutes.setdefault(key, []).append(round(needed, 2))
            begun = ended
    return {key: sorted(values) for key, values in minutes.items()}


def middle(minutes):
    """Return the median of some minutes, or None of fewer than `FEWEST`."""
    return round(median(minutes), 1) if len(minutes) >= FEWEST else None


def _cells(store):
    cells = {}
    for learner, key, passed, first, wrong, tries, last in store.read(CELLS):
        cell = {"passed": passed, "first": first, "wrong": wrong, "tries": tries, "last": last}
        cells.setdefault(learner, {})[key] = cell
    for learner, key, state, _ in store.read(LAST):
        cells[learner][key]["state"] = state
    return cells


def _row(cells):
    """Return what is shown of a learner's exercises; `stuck` is at the one they try now."""
    tried = {key: cell for key, cell in cells.items() if cell["last"]}
    now = max(tried, key=lambda key: tried[key]["last"], default=None)
    return {
        key: {
            "state": "passed" if cell["passed"] else cell["state"],
            "tries": cell["tries"],
            "since": cell["wrong"] or cell["passed"],
            "stuck": key == now and not cell["passed"],
        }
        for key, cell in tried.items()
    }


def _messages(store):
    """Return the commonest message of each exercise: key -> (sentence, learners)."""
    found = {}
    for key, sentence, learners, _ in store.read(MESSAGES):
        found.setdefault(key, (without_braces(sentence), learners))
    return found


def _chapters():
    return [
        {"number": number, "name": name, "title": front_matter(name)["title"]}
        for number, name in CHAPTERS.items()
    ]


def _exercises(learners, minutes, messages, released):
    """Return a line for each exercise of the course."""
    lines = []
    for number, name in CHAPTERS.items():
        for key, task in tasks(name).items():
            cells = [row["cells"][key] for row in learners if key in row["cells"]]
            needed = minutes.get(key, [])
            message, learners_with_it = messages.get(key, ("", 0))
            lines.append({
                "key": key, "chapter": number, "number": task.number, "title": task.title,
                "planned": task.minutes, "tried": len(cells),
                "passed": sum(cell["state"] == "passed" for cell in cells),
                "stuck": sum(cell["stuck"] for cell in cells),
                "median": middle(needed), "measured": len(needed),
                "message": message, "message_learners": learners_with_it,
                "released": key in released,
            })  # fmt: skip
    return lines
