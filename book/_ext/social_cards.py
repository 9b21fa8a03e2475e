"""The image that stands for a page where its address is shared: title, question, and a graph."""

from functools import cache
from textwrap import wrap

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from course_lib.data import load_attention

SIZE = (1200, 630)  # pixels, as the Open Graph protocol's readers expect
PAPER, TEXT, QUIET, EDGE = "#ffffff", "#1f2430", "#5b6270", "#2a5db0"
COURSE = "Self-attention as a directed graph"
SENTENCE, LAYER, HEAD, THRESHOLD = "it_tired", 3, 1, 0.1


def draw_card(title, question, path):
    """Write the card of a page as a PNG file."""
    figure = _sheet()
    figure.figimage(_graph())
    lines = wrap(title, 21)
    figure.text(0.05, 0.86, "\n".join(lines), size=36, weight="bold", color=TEXT, va="top")
    below = 0.86 - 0.115 * len(lines) - 0.05
    figure.text(0.05, below, "\n".join(wrap(question, 36)), size=23, color=QUIET, va="top")
    figure.text(0.05, 0.07, COURSE if title != COURSE else "", size=17, color=EDGE)
    figure.savefig(path, metadata={"Software": None})


def _sheet():
    return Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=PAPER)


@cache
def _graph():
    """Return the picture that all cards share: arrows take much longer to draw than words."""
    figure = _sheet()
    _draw_graph(figure.add_axes((0.57, 0.05, 0.41, 0.9)))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def _draw_graph(axes):
    """Draw one recorded head on a circle; arrows lead from query to key."""
    weights, tokens = load_attention(SENTENCE)
    weights, n = weights[LAYER, HEAD], len(tokens)
    angles = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for i, j in np.argwhere(weights > THRESHOLD):
        if i != j:
            look = {"color": EDGE, "linewidth": 5 * weights[i, j], "alpha": 0.75}
            arrow = "-|>,head_length=5,head_width=2.5"
            ends = {"connectionstyle": "arc3,rad=0.12", "shrinkA": 7, "shrinkB": 7}
            axes.add_patch(FancyArrowPatch(places[i], places[j], arrowstyle=arrow, **ends, **look))
    axes.scatter(*places.T, s=90, facecolor=PAPER, edgecolor=TEXT, linewidth=1.6, zorder=3)
    for token, (x, y) in zip(tokens, 1.2 * places, strict=True):
        axes.text(x, y, token, size=13, color=TEXT, ha="center", va="center")
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    axes.set_axis_off()
