"""The heads of a layer side by side, and the difference between two of them."""

from course_lib.widgets.heads.view import HeadsGrid, heads_explorer

__all__ = ["HeadsGrid", "heads_explorer"]
