"""Stands before a package of this name, so that no process of the tests loads it.

See `course_lib.exercises.faster`: nbformat starts two seconds sooner, and the tests start hundreds
of processes.
"""

raise ImportError("left out")
