"""The exercises of each chapter: the tasks of its text, each joined with its check."""

import importlib
from functools import cache

from course_lib import language
from course_lib.chapters import CHAPTERS, MOVED, chapter_folder, chapter_name
from course_lib.chapters.reading import SourceError, tasks
from course_lib.exercises.crossing import crossed
from course_lib.exercises.exercise import Exercise
from course_lib.exercises.particular import with_particular
from course_lib.exercises.rearranging import with_twins
from course_lib.exercises.sizing import with_sizes


def exercises_of(chapter):
    """Return the exercises of a chapter, in their order and in the language that is spoken."""
    return _exercises(chapter_name(chapter), language.chosen())


def find_exercise(key):
    """Return the exercise of a key such as "weights-2", or of the key that it had elsewhere."""
    key = MOVED.get(key, key) if isinstance(key, str) else key
    known = []
    if isinstance(key, str) and key.rpartition("-")[0] in CHAPTERS.values():
        known = exercises_of(key.rpartition("-")[0])
        for exercise in known:
            if exercise.key == key:
                return exercise
    listed = ", ".join(exercise.key for exercise in known) or "such as 'weights-2'"
    raise ValueError(f"key must name an exercise ({listed}), got {key!r}")


@cache
def _exercises(chapter, spoken):  # the language is part of what is remembered
    folder = chapter_folder(chapter).name
    checks = importlib.import_module(f"course_lib.chapters.{folder}.checks").CHECKS
    said = tasks(chapter)
    if list(said) != list(checks):
        apart = ", ".join(sorted(set(said) ^ set(checks))) or "in another order"
        raise SourceError(f"{folder}: chapter.md and checks.py have other exercises: {apart}")
    for add in (crossed, with_twins, with_sizes, with_particular):
        checks = {key: add(check) for key, check in checks.items()}
    return [Exercise(**vars(said[key]), **vars(checks[key])) for key in said]
