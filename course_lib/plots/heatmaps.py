"""Attention weights as coloured cells: queries down, keys across."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from course_lib import _validate
from course_lib.language import say
from course_lib.plots.cells import (
    BAR,
    COLOURS,
    KEY_LABEL,
    QUERY_LABEL,
    draw_cells,
    name_positions,
    one_heatmap,
)
from course_lib.plots.picture import Picture, card, names, new_figure, title_text, titled

SMALLEST = 1e-4  # where the log scale begins


def attention_heatmap(
    weights,
    tokens=None,
    *,
    key_tokens=None,
    title=None,
    vmax=1.0,
    scale="linear",
    mask=None,
    order=None,
    annotate="auto",
):
    """Draw one attention matrix as a heatmap.

    Parameters
    ----------
    weights : array_like, shape (n_query, n_key)
        Attention weights, rows summing to 1.
    tokens : sequence of str, optional
        One a query, and one a key where these are the same. Default: the positions.
    key_tokens : sequence of str, optional
        One a key, where the keys are other tokens than the queries (cross-attention).
    title : str, optional
        The title, which also begins the text alternative.
    vmax : float or "data", default 1.0
        The weight that gets the darkest colour. The default makes all heatmaps comparable;
        "data" takes the largest weight and makes a nearly uniform matrix look sharp.
    scale : {"linear", "log"}, default "linear"
        "log" shows factors instead of differences, from 0.0001 up to `vmax`; a weight of 0 has
        no logarithm and is drawn as masked.
    mask : array_like of bool, shape (n_query, n_key), optional
        True = may attend. The other cells are drawn hatched, without a colour of the scale, and
        the text alternative says how much attention they hide.
    order : array_like of int, shape (n,), optional
        The positions in the order in which rows and columns are drawn, such as
        `spectral_order(weights)`; the keys must be the queries.
    annotate : bool or "auto", default "auto"
        Whether each cell says its weight; "auto": only up to 10 keys and queries.

    Returns
    -------
    Picture
        The figure and its text alternative.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, there are more or fewer tokens than positions,
        `order` does not hold every position once, or another option is not allowed.

    Examples
    --------
    >>> figure, alt = attention_heatmap([[0.9, 0.1], [0.4, 0.6]], ["it", "runs"])
    >>> print(alt)
    Heatmap of attention weights, 2 queries by 2 keys, colours from 0 to 1.
    Strongest: it to itself 0.90, runs to itself 0.60, runs to it 0.40.
    """
    weights = _validate.weights_array(weights, square=False)
    queries, keys = _labels(weights.shape, tokens, key_tokens)
    vmax = _largest(weights, vmax)
    norm, colours_from = _norm(scale, vmax)
    hidden = _hidden(weights, mask, scale)
    if order is not None:
        if key_tokens is not None or weights.shape[0] != weights.shape[1]:
            raise ValueError("order needs keys that are the queries")
        order = _permutation(order, len(weights))
        weights, hidden = weights[np.ix_(order, order)], hidden[np.ix_(order, order)]
        queries = keys = [queries[position] for position in order]
    n_query, n_key = weights.shape
    figure = one_heatmap(
        weights, queries, keys, title=title, annotate=annotate, hidden=hidden, norm=norm
    )
    parts = [
        say(
            "Heatmap of attention weights, {rows} queries by {columns} keys, {colours}.",
            rows=n_query,
            columns=n_key,
            colours=colours_from,
        ),
        *_told(hidden, weights),
        say(
            "Strongest: {cells}.",
            cells=_strongest(weights, queries, keys, key_tokens is None, hidden),
        ),
    ]
    return Picture(figure, titled(title, " ".join(parts)))


def difference_heatmap(
    first, second, tokens=None, *, title=None, vmax=1.0, order=None, annotate="auto"
):
    """Draw how two attention matrices differ, first minus second.

    White is no difference, whatever the numbers: the scale is centred at 0 and reaches as far
    down as up.

    Parameters
    ----------
    first, second : array_like, shape (n_query, n_key)
        Attention weights, rows summing to 1.
    tokens, title, order, annotate
        As for `attention_heatmap`.
    vmax : float or "data", default 1.0
        The size of a difference that gets the darkest colour; "data" takes the largest one.

    Returns
    -------
    Picture
        The figure and its text alternative.

    Raises
    ------
    TypeError, ValueError
        As for `attention_heatmap`, or if the matrices have different shapes.

    Examples
    --------
    >>> figure, alt = difference_heatmap([[0.9, 0.1], [0.4, 0.6]], [[0.5, 0.5], [0.4, 0.6]])
    >>> print(alt)
    Heatmap of differences, first minus second, 2 queries by 2 keys, colours from -1 to 1.
    Largest: 0 to itself +0.40, 0 to 1 -0.40, 1 to 0 +0.00.
    """
    first = _validate.weights_array(first, "first", square=False)
    second = _validate.weights_array(second, "second", square=False)
    _validate.check_shape(second, "second", shape=first.shape)
    queries, keys = _labels(first.shape, tokens, None)
    difference = first - second
    vmax = _largest(np.abs(difference), vmax) or 1.0  # equal matrices: all white
    if order is not None:
        _validate.check_shape(first, "first", shape=(len(first), len(first)))
        order = _permutation(order, len(first))
        difference = difference[np.ix_(order, order)]
        queries = keys = [queries[position] for position in order]
    n_query, n_key = difference.shape
    figure = one_heatmap(
        difference, queries, keys, title=title, annotate=annotate, norm=Normalize(-vmax, vmax)
    )
    same = n_query == n_key
    alt = say(
        "Heatmap of differences, first minus second, {rows} queries by {columns} keys, colours "
        "from {low:.3g} to {high:.3g}. Largest: {cells}.",
        rows=n_query,
        columns=n_key,
        low=-vmax,
        high=vmax,
        cells=_strongest(difference, queries, keys, same, sign="+"),
    )
    return Picture(figure, titled(title, alt))


def heads_heatmaps(weights, tokens=None, *, title=None, ncols=4, vmax=1.0, scale="linear"):
    """Draw the heads of a layer as small heatmaps on one colour scale.

    Parameters
    ----------
    weights : array_like, shape (h, n_query, n_key)
        Attention weights of h heads.
    tokens, title, vmax, scale
        As for `attention_heatmap`; "data" takes the largest weight of all heads.
    ncols : int, default 4
        How many heads stand side by side, at most 6.

    Returns
    -------
    Picture
        The figure and its text alternative.

    Raises
    ------
    TypeError, ValueError
        As for `attention_heatmap`, or if `ncols` is not from 1 to 6.

    Examples
    --------
    >>> figure, alt = heads_heatmaps([[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]])
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['head 0', 'head 1']
    """
    weights = _validate.weights_array(weights, ndim=3, square=False)
    heads, n_query, n_key = weights.shape
    queries, keys = _labels((n_query, n_key), tokens, None)
    vmax = _largest(weights, vmax)
    norm, colours_from = _norm(scale, vmax)
    hidden = _hidden(weights, None, scale)
    ncols = min(_validate.integer(ncols, "ncols", low=1, high=6), heads)
    nrows = -(-heads // ncols)
    side = min(3.0, 6.4 / ncols)  # inches, of one heatmap
    with card():
        figure = new_figure(ncols * side + 1.9, nrows * (side * n_query / n_key + 0.22) + 1.0)
        grid = figure.subplots(nrows, ncols, squeeze=False)
        for head, axes in enumerate(grid.flat):
            if head >= heads:
                axes.set_axis_off()
                continue
            draw_cells(axes, weights[head], norm, hidden[head], cbar=False)
            axes.set_title(say("head {head}", head=head), fontsize=9)
            left, lowest = head % ncols == 0, head + ncols >= heads
            name_positions(
                axes,
                queries if left else [],
                keys if lowest else [],
                66 * side / max(n_query, n_key),
            )
        figure.colorbar(ScalarMappable(norm, COLOURS), ax=grid, label=say("weight"), **BAR)
        figure.supxlabel(say(KEY_LABEL), fontsize=10)
        figure.supylabel(say(QUERY_LABEL), fontsize=10)
        figure.suptitle(title_text(title), parse_math=False)
    strongest = "; ".join(
        f"{say('head {head}', head=head)}, {_strongest(matrix, queries, keys, True, k=1)}"
        for head, matrix in enumerate(weights)
    )
    alt = say(
        "{heads} heatmaps of attention weights, one a head, {rows} queries by {columns} keys, "
        "{colours}. Strongest weight of each: {cells}.",
        heads=heads,
        rows=n_query,
        columns=n_key,
        colours=colours_from,
        cells=strongest,
    )
    return Picture(figure, titled(title, alt))


def _labels(shape, tokens, key_tokens):
    """Return the names of queries and keys; the keys are the queries unless told otherwise."""
    queries = _validate.token_list(tokens, shape[0])
    if key_tokens is None and shape[0] == shape[1]:
        return queries, queries
    return queries, _validate.token_list(key_tokens, shape[1], "key_tokens")


def _largest(weights, vmax):
    """Return the weight with the darkest colour."""
    if isinstance(vmax, str):
        _validate.choice(vmax, "vmax", ("data",))
        return float(weights.max())
    vmax = _validate.real(vmax, "vmax", low=0, high=1)
    if vmax == 0:
        raise ValueError("vmax must be above 0, got 0.0")
    return vmax


def _norm(scale, vmax):
    """Return the map from weights to colours, and what the text alternative says of it."""
    _validate.choice(scale, "scale", ("linear", "log"))
    if scale == "linear":
        return Normalize(0, vmax), say("colours from 0 to {high:.3g}", high=vmax)
    if vmax <= SMALLEST:
        raise ValueError(f"vmax must be above {SMALLEST:g} on a log scale, got {vmax:g}")
    return LogNorm(SMALLEST, vmax, clip=True), say(
        "colours on a log scale from {low:g} to {high:.3g}", low=SMALLEST, high=vmax
    )


def _hidden(weights, mask, scale):
    """Return which cells get no colour: those that are masked, and zeros on a log scale."""
    hidden = (weights == 0) & (scale == "log")
    if mask is not None:
        hidden |= ~_validate.boolean_array(mask, "mask", shape=weights.shape)
        if hidden.all():
            raise ValueError("mask must leave a cell to draw")
    return hidden


def _told(hidden, weights):
    """Tell in a sentence, if any cells are hidden, how many and how much attention they hold."""
    if not hidden.any():
        return []
    share = weights[hidden].sum() / len(weights)
    return [
        say(
            "{count} cells are hatched; they hold {share:.0%} of the attention.",
            count=hidden.sum(),
            share=share,
        )
    ]


def _permutation(order, n):
    """Return `order` as an array that holds each position once."""
    positions = _validate.real_array(order, "order", shape=(n,))
    if sorted(positions) != list(range(n)):
        raise ValueError(
            f"order must hold every position from 0 to {n - 1} once, got {_validate.shown(order)}"
        )
    return positions.astype(int)


def _strongest(values, queries, keys, same, hidden=None, k=3, sign=""):
    """Tell the k largest cells in words; `same`: queries and keys are the same positions."""
    queries, keys = names(queries), names(keys)
    size = np.abs(values) if hidden is None else np.where(hidden, -1, values)
    places = (-size).argsort(axis=None, kind="stable")[: min(k, (size >= 0).sum())]
    pairs = [divmod(int(place), values.shape[1]) for place in places]
    return ", ".join(
        say(
            "{query} to {key} {value}",
            query=queries[i],
            key=say("itself") if same and i == j else keys[j],
            value=f"{values[i, j]:{sign}.2f}",
        )
        for i, j in pairs
    )
