"""The walk of an output down the layers of a model, beside the matrix of all such walks."""

from course_lib.widgets.rollout.view import RolloutView, rollout_explorer

__all__ = ["RolloutView", "rollout_explorer"]
