"""Empty figures to draw on, out of sight of those of the notebook."""

import contextlib
import pickle
from functools import cache

import matplotlib
import matplotlib.style
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INCHES, DPI = 6, 72  # of one pair of axes with its labels
ROOM = {"left": 0.2, "bottom": 0.2, "right": 0.9, "top": 0.9}  # notebooks cut no label off
_ready = {}  # how many axes: figures that wait for the next case


@contextlib.contextmanager
def own_figure(count=1):
    """Give a figure with `count` axes that pyplot knows but does not draw on by itself.

    Styles and open figures of the notebook are kept from it and come back at the end, when all
    that was opened meanwhile is closed.
    """
    opened = list(Gcf.figs.items())
    Gcf.figs.clear()
    try:
        with matplotlib.style.context("default"):
            matplotlib.rcParams["interactive"] = False
            waiting = _ready.get(count)
            figure, axes = waiting.pop() if waiting else _empty(count)
            for number, known in enumerate((figure, Figure())):  # the last is the current one
                Gcf.set_active(FigureManagerBase(FigureCanvasAgg(known), number + 1))
            yield figure, axes
    finally:
        for manager in list(Gcf.figs.values()):
            Gcf.destroy(manager)
        Gcf.figs.update(opened)


def _empty(count):
    """Return a figure with so many empty axes: to copy one is faster than to make it."""
    return pickle.loads(_model(count))


@cache
def _model(count):
    with matplotlib.style.context("default"):
        figure = Figure((INCHES * count, INCHES), dpi=DPI)
        axes = figure.subplots(1, count, squeeze=False, gridspec_kw=ROOM)[0].tolist()
    return pickle.dumps((figure, axes))


def make_ready(counts):
    """Make so many empty figures of each number of axes before they are asked for."""
    with matplotlib.style.context("default"):
        _ready.update({axes: [_empty(axes) for _ in range(n)] for axes, n in counts.items()})
