"""Two heads and their difference as three linked heatmaps."""

from course_lib.widgets.heatmaps.view import LinkedHeatmaps, heatmap_explorer

__all__ = ["LinkedHeatmaps", "heatmap_explorer"]
