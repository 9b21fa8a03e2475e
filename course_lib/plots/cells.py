"""How a matrix of weights is drawn as coloured cells, whatever the cells say."""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from course_lib import _validate
from course_lib.language import later, say
from course_lib.plots.picture import (
    card,
    label_style,
    new_figure,
    shortened,
    text_width,
    title_text,
)

COLOURS = "Blues"  # from paper white to dark: told apart by lightness alone
DIVERGING = "PuOr"  # orange below 0, white, purple above: safe for colour-blind readers
BAR = {"shrink": 0.7, "aspect": 24}
QUERY_LABEL = later("query (attends)")
KEY_LABEL = later("key (attended to)")
MOST_ANNOTATED = 10  # more keys than this, and the numbers in the cells cannot be read
HIDDEN = {"facecolor": "#eceff2", "edgecolor": "#9aa3ad", "hatch": "////", "linewidth": 0}


def one_heatmap(values, queries, keys, *, title, annotate, norm, hidden=None):
    """Draw one matrix with its labels and the bar of its scale."""
    _validate.choice(annotate, "annotate", ("auto", True, False))
    if annotate == "auto":
        annotate = max(values.shape) <= MOST_ANNOTATED
    diverging = norm.vmin < 0
    cell = min(0.62 if annotate else 0.4, 5.4 / max(values.shape))  # inches
    height, width = (max(1.0, n * cell) for n in values.shape)
    with card():
        figure = new_figure(width + 2.2, height + 1.6)
        axes = figure.add_subplot()
        draw_cells(
            axes,
            values,
            norm,
            hidden,
            cmap=DIVERGING if diverging else COLOURS,
            annot=annotate,
            fmt="+.2f" if diverging else ".2f",
            cbar_kws={**BAR, "label": say("difference") if diverging else say("weight")},
        )
        name_positions(axes, queries, keys, 72 * cell)
        axes.set(xlabel=say(KEY_LABEL), ylabel=say(QUERY_LABEL))
        axes.set_title(title_text(title), parse_math=False)
    return figure


def draw_cells(axes, values, norm, hidden=None, *, cmap=COLOURS, **options):
    """Draw the cells without labels; thin lines part them while there is room for lines."""
    import seaborn  # brings pandas and SciPy's statistics, which take as long as all of ours

    seaborn.heatmap(
        values,
        ax=axes,
        norm=norm,
        mask=hidden,
        cmap=cmap,
        square=True,
        linewidths=0.5 if max(values.shape) <= 16 else 0,
        linecolor="#e4e8ee",
        xticklabels=False,
        yticklabels=False,
        **options,
    )
    if axes.texts:
        _write_clearly(axes.texts, axes.collections[0])
    if hidden is not None and hidden.any():
        axes.add_patch(PathPatch(_outline(hidden), **HIDDEN))
    for spine in axes.spines.values():
        spine.set(visible=True, color="#8a94a0")


def _write_clearly(texts, cells):
    """Write each number in black or white, whichever stands out more from its cell.

    Seaborn turns to white early, where it is hard to read on middle blue.
    """
    from seaborn.utils import relative_luminance

    cells.update_scalarmappable()
    shown = ~np.ma.getmaskarray(cells.get_array()).ravel()
    for text, colour in zip(texts, cells.get_facecolors()[shown], strict=True):
        light = relative_luminance(colour) + 0.05  # as contrast is defined in WCAG 2
        text.set_color("black" if light / 0.05 > 1.05 / light else "white")


def _outline(hidden):
    """Return one path around some cells: a patch a cell would take seconds at 200 positions."""
    # Where a run of hidden cells begins in a row (+1), and the cell after its end (-1).
    steps = np.diff(hidden.astype(int), axis=1, prepend=0, append=0)
    (rows, starts), (_, ends) = np.nonzero(steps > 0), np.nonzero(steps < 0)
    x = np.stack([starts, ends, ends, starts, starts], axis=1)
    y = np.stack([rows, rows, rows + 1, rows + 1, rows], axis=1)
    corners = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.stack([x, y], axis=2).reshape(-1, 2), corners * len(rows))


def name_positions(axes, queries, keys, spacing):
    """Write the tokens along both axes; those across stand upright if they would collide."""
    size, every = label_style(spacing)
    for axis, labels in ((axes.xaxis, keys), (axes.yaxis, queries)):
        shown = range(0, len(labels), every)
        crowded = axis is axes.xaxis and text_width([*labels, ""], size) > 0.9 * spacing
        axis.set_ticks([position + 0.5 for position in shown])
        axis.set_ticklabels(
            [shortened(labels[position]) for position in shown],
            rotation=90 if crowded else 0,
            fontsize=size,
            parse_math=False,  # a token may be a dollar sign
        )
        axis.set_tick_params(length=2)
