"""Numbers against numbers: plain lines that can be told apart without their colours."""

from collections.abc import Mapping

from course_lib import _validate
from course_lib.plots.picture import Picture, card, new_figure

# Okabe and Ito's colours, the ones dark enough for white paper, each with its own marker and dash.
STYLES = (
    ("#0072b2", "o", "-"),
    ("#d55e00", "s", "--"),
    ("#009e73", "^", "-."),
    ("#cc79a7", "D", ":"),
    ("#000000", "v", (0, (5, 1, 1, 1, 1, 1))),
    ("#56b4e9", "P", (0, (8, 2))),
)
MARKED = 16  # places on a line with a marker: more would hide it


def lines(x, series, *, xlabel, ylabel, title, alt, xscale="linear", yscale="linear"):
    """Draw one or a few lines over the same x.

    Parameters
    ----------
    x : array_like, shape (m,)
        Where the values were computed.
    series : mapping of str to array_like, shape (m,)
        What the legend says -> the values; at most six.
    xlabel, ylabel, title : str
        What the axes and the figure are called; units belong here. On the axes, what stands
        between two dollar signs is mathematics.
    alt : str
        What the lines show, in words: a computer cannot see the point that they make.
    xscale : {"linear", "log"}, default "linear"
        On a log scale the ticks stand at the values of `x`.
    yscale : {"linear", "log"}, default "linear"
        On a log scale the values must be positive.

    Returns
    -------
    Picture
        The figure and its text alternative.

    Raises
    ------
    TypeError, ValueError
        If `x` or a series is not one row of finite numbers, their lengths differ, `series` has
        none or more than six, `alt` is empty, or a scale is not allowed.

    Examples
    --------
    >>> figure, alt = lines([1, 2, 4], {"square": [1, 4, 16]}, xlabel="side", ylabel="area",
    ...                     title="Squares", alt="The area grows faster than the side.")
    >>> figure.axes[0].get_xlabel()
    'side'
    """
    x = _validate.real_array(x, "x", ndim=1)
    if not isinstance(series, Mapping):
        raise TypeError(f"series must map names to values, got {type(series).__name__}")
    if not 1 <= len(series) <= len(STYLES):
        raise ValueError(f"series must have from 1 to {len(STYLES)} entries, got {len(series)}")
    rows = {
        name: _validate.real_array(values, f"series[{_validate.shown(name)}]", shape=x.shape)
        for name, values in series.items()
    }
    for name, words in (("xlabel", xlabel), ("ylabel", ylabel), ("title", title)):
        _validate.text(words, name)
    _validate.choice(xscale, "xscale", ("linear", "log"))
    if xscale == "log" and (x <= 0).any():
        raise ValueError(f"x must be positive on a log scale, got {x.min()}")
    _validate.choice(yscale, "yscale", ("linear", "log"))
    if yscale == "log" and any((values <= 0).any() for values in rows.values()):
        raise ValueError("series must be positive on a log scale")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say what the lines show, got {_validate.shown(alt)}")
    _validate.unicode(alt, "alt")
    _validate.unicode("".join(map(str, series)), "series")
    with card():
        figure = new_figure(6.4, 4.0)
        axes = figure.add_subplot(xscale=xscale, yscale=yscale, xlabel=xlabel, ylabel=ylabel)
        axes.set_title(title, parse_math=False)
        for (name, values), (colour, marker, dash) in zip(rows.items(), STYLES, strict=False):
            style = {"color": colour, "marker": marker, "linestyle": dash, "label": name}
            axes.plot(x, values, markevery=max(1, len(x) // MARKED), **style)
        if xscale == "log":
            axes.set_xticks(x, [f"{value:g}" for value in x])
            axes.set_xticks([], minor=True)
        axes.grid(color="#e4e8ee")
        axes.spines[["top", "right"]].set_visible(False)
        for name in axes.legend(frameon=False).get_texts():
            name.set_parse_math(False)
    return Picture(figure, alt)
