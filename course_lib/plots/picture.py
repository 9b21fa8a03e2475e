"""What every static figure shares: its white card, its text alternative, its tokens' names."""

import base64
import html
import io
import unicodedata
import zlib
from collections import Counter
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image  # which Matplotlib brings, and writes its own with

from course_lib import _validate

PIXELS_PER_INCH = 100  # as shown; the file holds twice as many, for dense screens
KINDS_OF_FONTS = ("family", "sans-serif", "serif", "monospace", "cursive", "fantasy")
# Matplotlib's own font has no Chinese, Japanese, Korean, Thai or Devanagari. What has them comes
# with Linux, macOS and Windows under these names; each is asked for what those before it lack.
OTHER_SCRIPTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Source Han Sans SC"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback"),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "SimHei", "MS Gothic"),
    *("Noto Sans Thai", "Loma", "Garuda", "Thonburi", "Leelawadee UI", "Tahoma"),
    *("Noto Sans Devanagari", "Lohit Devanagari", "Kohinoor Devanagari", "Nirmala UI", "Mangal"),
    *("Noto Sans", "FreeSans", "Unifont"),
)


class Picture(NamedTuple):
    """A figure and its text alternative.

    As the last value of a cell it shows the figure. It also unpacks:
    ``figure, alt = attention_heatmap(weights)``.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        To look into (``figure.axes``), to change, or to save with ``figure.savefig``.
    alt : str
        What the figure shows, in words, for whoever cannot see it.
    """

    figure: Figure
    alt: str

    def _repr_html_(self):
        # An <img>, because the alt of image/png metadata is read neither by JupyterLab's image
        # renderer (4.6) nor by MyST-NB's (1.4). "dark-light" keeps the book's dark theme from
        # filtering the colours, which would no longer be those of the colour bar.
        source = f"data:image/png;base64,{base64.b64encode(_png(self.figure)).decode()}"
        width = round(self.figure.get_figwidth() * PIXELS_PER_INCH)
        return (
            f'<img class="dark-light" alt="{html.escape(self.alt)}" width="{width}" '
            f'style="max-width: 100%; height: auto" src="{source}">'
        )

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.alt)  # where only text is shown, as in a terminal


def _png(figure):
    """Return the bytes of a figure's PNG: the pixels of its `savefig`, in two thirds of the time.

    `savefig` goes through all of a figure once more to lay it out, and packs it for longer. What
    packs long rows of one colour, and no transparency, makes a file of about the same length.
    """
    own_canvas, own_dpi = figure.canvas, figure.dpi
    canvas = FigureCanvasAgg(figure)
    try:
        figure.dpi = 2 * PIXELS_PER_INCH
        with card():
            canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    finally:
        figure.dpi = own_dpi
        figure.set_canvas(own_canvas)
    png = io.BytesIO()
    pixels.save(png, format="png", compress_type=zlib.Z_RLE)
    return png.getvalue()


def card():
    """Return a context with matplotlib's defaults and our few; only the reader's fonts stay."""
    fonts = {f"font.{kind}": matplotlib.rcParams[f"font.{kind}"] for kind in KINDS_OF_FONTS}
    installed = {font.name for font in font_manager.fontManager.ttflist}
    others = [name for name in OTHER_SCRIPTS if name in installed]
    fonts["font.family"] = [*fonts["font.family"], *others]
    ours = {"font.size": 10, "axes.titlesize": 11, "figure.facecolor": "white"}
    return matplotlib.style.context(fonts | ours, after_reset=True)


def new_figure(width, height):
    """Make a figure of a size in inches that pyplot knows nothing of."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def names(tokens, written=lambda token, repeats: token):
    """Tell tokens apart: one that occurs more than once carries its position.

    `written` says how a token is written, and is told whether it occurs more than once.
    """
    count = Counter(tokens)
    return [
        f"{written(token, True)} [{position}]" if count[token] > 1 else written(token, False)
        for position, token in enumerate(tokens)
    ]


def label_style(spacing):
    """Return the font size for labels `spacing` points apart, and the step from one to the next."""
    return min(10.0, max(6.0, 0.85 * spacing)), max(1, -int(-6.5 // spacing))


def text_width(tokens, size):
    """Estimate how wide the longest of some labels is, in points."""
    tokens = list(tokens)
    wide = [sum(unicodedata.east_asian_width(c) in "WF" for c in token) for token in tokens]
    return max(0.6 * len(token) + 0.4 * w for token, w in zip(tokens, wide, strict=True)) * size


def shortened(token, most=12):
    """Cut a long token, so that one label does not squeeze the whole figure."""
    return token if len(token) <= most else token[: most - 1] + "…"


def title_text(title):
    """Return a title as text, "" for none."""
    return "" if title is None else _validate.text(title, "title")


def titled(title, rest):
    """Begin a text alternative with the figure's title, if it has one."""
    if title_text(title) == "":
        return rest
    return f"{title.rstrip('.')}. {rest}"
