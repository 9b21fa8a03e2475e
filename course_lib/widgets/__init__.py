"""Live figures: views that draw in the browser, with controls that need no kernel."""

from course_lib.widgets.attention import AttentionView, attention_explorer
from course_lib.widgets.heads import HeadsGrid, heads_explorer
from course_lib.widgets.plane import QueryPlane, query_plane

__all__ = [
    "AttentionView",
    "HeadsGrid",
    "QueryPlane",
    "attention_explorer",
    "heads_explorer",
    "query_plane",
]
