"""One page that shows a recording: every live figure of it, without a kernel or a network."""

from course_lib.models.look.page import look, page

__all__ = ["look", "page"]
