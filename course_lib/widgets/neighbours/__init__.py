"""Attention along the edges of a given graph: point at a node, see its neighbours' weights."""

from course_lib.widgets.neighbours.view import NeighboursView, neighbours_explorer

__all__ = ["NeighboursView", "neighbours_explorer"]
