"""A query dragged among fixed keys in the plane."""

from course_lib.widgets.plane.view import QueryPlane, query_plane

__all__ = ["QueryPlane", "query_plane"]
