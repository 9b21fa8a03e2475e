"""Exercises: `check` says whether an answer is right, `scorecard` what is done of a chapter.

`join` and `leave` are for learners in a class whose instructor has a board.
"""

from course_lib.exercises.attending import join, leave
from course_lib.exercises.report import check, scorecard

__all__ = ["check", "join", "leave", "scorecard"]
