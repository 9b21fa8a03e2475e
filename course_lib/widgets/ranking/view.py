"""A ranking of tokens beside their graph: choose a measure, remove tokens, and rank again."""

import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import bundled
from course_lib.widgets.shared.weights import WeightsView, packed

# By the names of course_lib.centrality; hits gives two.
MEASURES = (
    "in_strength",
    "pagerank",
    "stationary_distribution",
    "authorities",
    "hubs",
    "betweenness",
    "closeness",
)
MOST_DAMPING = 0.99  # at 1 there would be no jumps, and more than one answer


class RankingView(WeightsView):
    """Draws an attention graph beside a ranking of its tokens; see `ranking_explorer`.

    `head_choice` is 0 for the mean and k + 1 for head k; `measure_choice` is an index into the
    names of the measures. `removed` lists the positions that are left out.
    """

    _esm, _css = bundled(__file__)
    head_choice = traitlets.Int(0).tag(sync=True)
    measure_choice = traitlets.Int(1).tag(sync=True)
    damping = traitlets.Float(0.85).tag(sync=True)
    damping_idle = traitlets.Bool(False).tag(sync=True)  # the measure does not use it
    removed = traitlets.List(traitlets.Int()).tag(sync=True)


def ranking_explorer(
    weights,
    tokens=None,
    *,
    layer=0,
    head=None,
    measure="pagerank",
    damping=0.85,
    removed=(),
):
    """Show tokens ranked by a centrality measure, beside their graph; a click removes a token.

    The area of a node is its share of the sum of all scores. Removed tokens lose their rows and
    columns, each row that stays is divided by its sum, and the rest is ranked again, as with
    `course_lib.centrality.remove_tokens`. Where a measure has no one answer, the figure says why
    instead. Everything is computed in the browser. Of more than 64 positions the strongest 1500
    edges above the threshold are drawn, and what takes long is computed while the page goes on.
    Their weights are sent in two bytes each, off by less than 1/65535 of the largest of their
    matrix, and rows are divided by their sums.

    Parameters
    ----------
    weights : array_like, shape (n, n), (h, n, n) or (l, h, n, n)
        Attention weights of one matrix, of h heads, or of l layers of h heads; n at most 512.
    tokens : sequence of str, optional
        One a position. Default: the positions as text.
    layer : int, default 0
        The layer shown first.
    head : int, optional
        The head shown first. Default: the mean of all heads of the layer.
    measure : str, default "pagerank"
        What ranks the tokens at first: "in_strength", "pagerank", "stationary_distribution"
        (TokenRank), "authorities", "hubs", "betweenness" or "closeness", as in
        `course_lib.centrality`.
    damping : float, default 0.85
        How likely PageRank's walk follows an edge rather than jumps; from 0 to 0.99.
    removed : sequence of int, default ()
        The positions that are removed at first, each once; at least one token must stay.

    Returns
    -------
    ipywidgets.VBox
        A row of controls (those that leave a choice) and the `RankingView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights or too many to draw, `tokens` do not fit, or an
        option is out of range.

    References
    ----------
    Page, Brin, Motwani and Winograd (1999), The PageRank citation ranking; Kleinberg (1999),
    Authoritative sources in a hyperlinked environment; Brandes (2001), A faster algorithm for
    betweenness centrality; Erel et al. (2025), Attention (as discrete-time Markov) chains.

    Examples
    --------
    >>> figure = ranking_explorer([[0.9, 0.1], [0.4, 0.6]], ["it", "runs"], measure="closeness")
    >>> [control.description for control in figure.children[0].children]
    ['measure', 'damping']
    """
    # The length -ln w of an edge next to 1 has few digits in float32, and ties would break.
    data = packed(weights, tokens, exact=True)
    layers, heads, n = data["shape"]
    view = RankingView(
        **data,
        layer=_validate.integer(layer, "layer", low=0, high=layers - 1),
        head_choice=control.head_choice(head, heads),
        measure_choice=MEASURES.index(_validate.choice(measure, "measure", MEASURES)),
        damping_idle=measure != "pagerank",
        damping=_validate.real(damping, "damping", low=0, high=MOST_DAMPING),
        removed=_checked_removed(removed, n),
    )
    view.within(removed=control.whole(n - 1, length=[0, n - 1]))
    controls = [
        *control.layer_slider(view, layers),
        *control.head_dropdown(view, heads),
        control.dropdown(view, "measure_choice", say("measure"), measure_names()),
        control.idle(
            control.slider(view, "damping", say("damping"), low=0.0, high=MOST_DAMPING, step=0.01),
            view,
            "damping_idle",
        ),
    ]
    return control.figure(controls, view)


def _checked_removed(removed, n):
    gone = _validate.integers(removed, "removed", low=0, high=n - 1)
    if len(set(gone)) < len(gone) or len(gone) == n:
        raise ValueError(f"removed must be different and leave a token, got {gone} of {n}")
    return gone


def measure_names():
    """Return what the measures are called, in the order of `MEASURES`."""
    return [
        say("in-strength"),
        say("PageRank"),
        say("stationary distribution (TokenRank)"),
        say("authorities (HITS)"),
        say("hubs (HITS)"),
        say("betweenness"),
        say("closeness"),
    ]
