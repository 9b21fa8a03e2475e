"""A builder of sparse patterns: who may attend to whom, and after how many layers all can."""

from course_lib.widgets.patterns.view import PatternView, pattern_explorer

__all__ = ["PatternView", "pattern_explorer"]
