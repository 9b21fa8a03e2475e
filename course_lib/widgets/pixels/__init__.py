"""Where a place of a picture attends: choose a pixel or a patch, see its row of weights."""

from course_lib.widgets.pixels.view import PictureAttention, PixelsView, pixel_explorer

__all__ = ["PictureAttention", "PixelsView", "pixel_explorer"]
