"""Attention weights as coloured cells: queries down, keys across."""

import seaborn
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from course_lib import _validate
from course_lib.plots.picture import (
    Picture,
    card,
    label_style,
    names,
    new_figure,
    shortened,
    text_width,
    titled,
)

COLOURS = "Blues"  # from paper white to dark: told apart by lightness alone
BAR = {"label": "weight", "shrink": 0.7, "aspect": 24}
QUERY_LABEL = "query (attends)"
KEY_LABEL = "key (attended to)"
MOST_ANNOTATED = 10  # more keys than this, and the numbers in the cells cannot be read


def attention_heatmap(
    weights, tokens=None, *, key_tokens=None, title=None, vmax=1.0, annotate="auto"
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
        or `vmax` or `annotate` is not allowed.

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
    _validate.choice(annotate, "annotate", ("auto", True, False))
    if annotate == "auto":
        annotate = max(weights.shape) <= MOST_ANNOTATED
    cell = min(0.62 if annotate else 0.4, 5.4 / max(weights.shape))  # inches
    height, width = (max(1.0, n * cell) for n in weights.shape)
    with card():
        figure = new_figure(width + 2.2, height + 1.6)
        axes = figure.add_subplot()
        _draw(axes, weights, vmax, annot=annotate, fmt=".2f", cbar_kws=BAR)
        _name_positions(axes, queries, keys, 72 * cell)
        axes.set(xlabel=KEY_LABEL, ylabel=QUERY_LABEL, title=title or "")
    n_query, n_key = weights.shape
    alt = (
        f"Heatmap of attention weights, {n_query} queries by {n_key} keys, colours from 0 to "
        f"{vmax:.3g}. Strongest: {_strongest(weights, queries, keys, key_tokens is None)}."
    )
    return Picture(figure, titled(title, alt))


def heads_heatmaps(weights, tokens=None, *, title=None, ncols=4, vmax=1.0):
    """Draw the heads of a layer as small heatmaps on one colour scale.

    Parameters
    ----------
    weights : array_like, shape (h, n_query, n_key)
        Attention weights of h heads.
    tokens, title, vmax
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
            _draw(axes, weights[head], vmax, cbar=False)
            axes.set_title(f"head {head}", fontsize=9)
            left, lowest = head % ncols == 0, head + ncols >= heads
            _name_positions(
                axes,
                queries if left else [],
                keys if lowest else [],
                66 * side / max(n_query, n_key),
            )
        scale = ScalarMappable(Normalize(0, vmax), COLOURS)
        figure.colorbar(scale, ax=grid, **BAR)
        figure.supxlabel(KEY_LABEL, fontsize=10)
        figure.supylabel(QUERY_LABEL, fontsize=10)
        figure.suptitle(title or "")
    strongest = "; ".join(
        f"head {head}, {_strongest(weights[head], queries, keys, True, k=1)}"
        for head in range(heads)
    )
    alt = (
        f"{heads} heatmaps of attention weights, one a head, {n_query} queries by {n_key} keys, "
        f"colours from 0 to {vmax:.3g}. Strongest weight of each: {strongest}."
    )
    return Picture(figure, titled(title, alt))


def _draw(axes, weights, vmax, **options):
    """Draw the cells without labels; thin lines part them while there is room for lines."""
    seaborn.heatmap(
        weights,
        ax=axes,
        vmin=0,
        vmax=vmax,
        cmap=COLOURS,
        square=True,
        linewidths=0.5 if max(weights.shape) <= 16 else 0,
        linecolor="#e4e8ee",
        xticklabels=False,
        yticklabels=False,
        **options,
    )
    for spine in axes.spines.values():
        spine.set(visible=True, color="#8a94a0")


def _name_positions(axes, queries, keys, spacing):
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


def _strongest(weights, queries, keys, same, k=3):
    """Tell the k largest weights in words; `same`: queries and keys are the same positions."""
    queries, keys = names(queries), names(keys)
    order = (-weights).argsort(axis=None, kind="stable")[:k]
    pairs = [divmod(int(place), weights.shape[1]) for place in order]
    return ", ".join(
        f"{queries[i]} to {'itself' if same and i == j else keys[j]} {weights[i, j]:.2f}"
        for i, j in pairs
    )
