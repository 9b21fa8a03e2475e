"""Exercises: `check` judges, `hint` and `solution` help, `scorecard` says what is done.

`join` and `leave` are for learners in a class whose instructor has a board.
"""

from course_lib.exercises.class_cells import join, leave
from course_lib.exercises.helping import hint, solution
from course_lib.exercises.report import check, scorecard

__all__ = ["check", "hint", "join", "leave", "scorecard", "solution"]
