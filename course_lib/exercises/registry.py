"""The exercises of each chapter."""

import importlib

from course_lib.chapters import CHAPTERS, chapter_stem


def exercises_of(chapter):
    """Return the exercises of a chapter, in their order."""
    return importlib.import_module(
        f"course_lib.chapters.ch{chapter_stem(chapter)}.checks"
    ).EXERCISES


def find_exercise(key):
    """Return the exercise of a key such as "weights-2"."""
    known = []
    if isinstance(key, str) and key.rpartition("-")[0] in CHAPTERS.values():
        known = exercises_of(key.rpartition("-")[0])
        for exercise in known:
            if exercise.key == key:
                return exercise
    listed = ", ".join(exercise.key for exercise in known) or "such as 'weights-2'"
    raise ValueError(f"key must name an exercise ({listed}), got {key!r}")
