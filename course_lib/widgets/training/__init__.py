"""Watch a model learn: a progress bar, a curve of the loss, and a button that stops."""

from course_lib.widgets.training.view import LossCurve, watch_training

__all__ = ["LossCurve", "watch_training"]
