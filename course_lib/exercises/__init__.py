"""Exercises: `check` says whether an answer is right, `scorecard` what is done of a chapter."""

from course_lib.exercises.report import check, scorecard

__all__ = ["check", "scorecard"]
