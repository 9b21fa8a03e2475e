"""The attention graph beside its heatmap, linked."""

from course_lib.widgets.attention.view import AttentionView, attention_explorer

__all__ = ["AttentionView", "attention_explorer"]
