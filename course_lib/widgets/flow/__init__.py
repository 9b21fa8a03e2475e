"""The largest flow between an output and an input of a model, and the cut that limits it."""

from course_lib.widgets.flow.view import FlowView, flow_explorer

__all__ = ["FlowView", "flow_explorer"]
