"""Exercises: `check` judges, `hint` and `solution` help, `scorecard` says what is done."""

from course_lib.exercises.helping import hint, solution
from course_lib.exercises.report import check, scorecard

__all__ = ["check", "hint", "scorecard", "solution"]
