"""Imported before any question of a chapter whose learners draw: it makes what each would make."""

from course_lib.exercises.drawing import make_ready

make_ready({1: 7, 2: 3})  # as an exercise has cases; what lacks is made when it is asked for
