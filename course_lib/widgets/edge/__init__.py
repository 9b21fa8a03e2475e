"""One edge of an attention graph, followed down to its numbers."""

from course_lib.widgets.edge.view import EdgeView, edge_explorer

__all__ = ["EdgeView", "edge_explorer"]
