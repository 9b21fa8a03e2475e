"""The graph whose nodes are the heads of a model."""

from course_lib.widgets.circuit.view import CircuitView, head_graph

__all__ = ["CircuitView", "head_graph"]
