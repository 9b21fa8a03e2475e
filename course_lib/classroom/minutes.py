"""Minutes that classes needed: exports joined, and shown beside the planned ones."""

import json
from pathlib import Path

from course_lib._files import write_whole
from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import tasks
from course_lib.classroom.summary import FEWEST, PAUSE, middle

FORMAT = "course-class-1"


def together(paths):
    """Return the minutes of one or more exports: key -> list, sorted.

    Raises
    ------
    ValueError
        If a file is no export of a class.
    """
    joined = {}
    for path in paths:
        for key, values in _read(path).items():
            joined.setdefault(key, []).extend(values)
    return {key: sorted(values) for key, values in joined.items()}


def save(minutes, path):
    """Write minutes to a file, in the form of an export."""
    content = {"format": FORMAT, "minutes": minutes}
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode("utf-8"))


def rows(minutes):
    """Return exercise, title, planned minutes, median and number of learners, where measured."""
    return [
        (key, task.title, task.minutes, middle(minutes[key]), len(minutes[key]))
        for chapter in CHAPTERS.values()
        for key, task in tasks(chapter).items()
        if key in minutes
    ]


def lines(minutes):
    """Return a table for a terminal."""
    made = [f"{'exercise':<16} planned  median  learners"]
    for key, _, planned, median, count in rows(minutes):
        shown = "-" if median is None else f"{median:g}"
        made.append(f"{key:<16} {planned:>7}  {shown:>6}  {count:>8}")
    return [*made, f"A median needs {FEWEST} learners."]


def _read(path):
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        minutes = content["minutes"] if content["format"] == FORMAT else None
        fine = all(
            isinstance(values, list) and all(type(v) in (int, float) for v in values)
            for values in minutes.values()
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        fine = False
    if not fine or any(not 0 <= v <= PAUSE for values in minutes.values() for v in values):
        raise ValueError(f"{path} is no export of a class, such as minutes.json")
    return minutes
