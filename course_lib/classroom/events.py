"""What a learner's `check` tells the board: an event, and how a stranger's is read."""

import math
import re
from dataclasses import dataclass
from functools import cache

from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import tasks
from course_lib.classroom.sentences import sentences

STATES = ("not attempted", "wrong", "error", "passed")  # those of course_lib.exercises.exercise
MOST = 50  # events in a message
ID = re.compile(r"[0-9a-f]{32}", re.A)


class Malformed(ValueError):
    """A message that no version of the course sends."""


@dataclass(frozen=True)
class Event:
    """One verdict on one answer.

    Attributes
    ----------
    id : str
        By which an event that comes twice is known.
    key, state : str
        Exercise and verdict.
    age : float
        Seconds since then, when it was sent. An age and not a time: no clock has to be right.
    first : bool
        Whether the exercise was passed for the first time in this folder.
    sentence : str
        The sentence of the catalogue that the card showed, or "".
    """

    id: str
    key: str
    state: str
    age: float
    first: bool
    sentence: str


@cache
def exercise_keys():
    """Return the keys of all exercises, in the order of the course."""
    return tuple(key for chapter in CHAPTERS.values() for key in tasks(chapter))


def read_events(content):
    """Return the events of a message, and the ids of those about exercises that nobody knows.

    Raises
    ------
    Malformed
        If the message is not one that the course sends.
    """
    listed = content.get("events") if isinstance(content, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST:
        raise Malformed(f"events must be a list of at most {MOST}")
    read = [_read(event) for event in listed]
    known = [event for event in read if event.key in exercise_keys()]
    return known, [event.id for event in read if event.key not in exercise_keys()]


def _read(event):
    if not isinstance(event, dict):
        raise Malformed("an event must be an object")
    made = Event(*(event.get(name) for name in Event.__dataclass_fields__))
    checks = {
        "id": isinstance(made.id, str) and ID.fullmatch(made.id),
        "key": isinstance(made.key, str) and len(made.key) <= 100,
        "state": isinstance(made.state, str) and made.state in STATES,
        "age": type(made.age) in (int, float) and abs(made.age) < 1e12 and math.isfinite(made.age),
        "first": isinstance(made.first, bool),
        "sentence": isinstance(made.sentence, str),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise Malformed(f"{wrong[0]} of an event is not what it should be")
    # Another version of the course may say what ours does not: the verdict counts all the same.
    known = made.sentence if made.sentence in sentences() else ""
    return Event(made.id, made.key, made.state, float(made.age), made.first, known)
