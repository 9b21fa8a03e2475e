"""Attention along the edges of a given graph: point at a node, see its neighbours' weights."""

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

MOST_NODES = 60
MOST_EDGES = 600
MOST_FEATURES = 64
MOST_GROUPS = 4  # as many shapes are drawn


class NeighboursView(FigureView):
    """Draws a graph with the attention of one node; see `neighbours_explorer`.

    `head_choice` is 0 for the mean and k + 1 for head k; `node` is the chosen node.
    """

    _esm, _css = bundled(__file__)
    parts = traitlets.Bytes().tag(sync=True)  # float64: queries, keys, attention
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # heads, n, features
    edges = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)  # queries, keys
    positions = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    groups = traitlets.List(traitlets.Int()).tag(sync=True)
    group_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    marked = traitlets.List(traitlets.Int()).tag(sync=True)
    marked_name = traitlets.Unicode("").tag(sync=True)
    head_choice = traitlets.Int(0).tag(sync=True)
    slope = traitlets.Float(0.2).tag(sync=True)
    node = traitlets.Int(0).tag(sync=True)


def neighbours_explorer(
    edge_index,
    queries,
    keys,
    attention,
    *,
    positions,
    names=None,
    groups=None,
    group_names=None,
    marked=(),
    marked_name="marked",
    slope=0.2,
    head=None,
    node=0,
):
    r"""Show attention along the edges of a graph: choose a node, see how much each neighbour gets.

    .. math:: \alpha_{ij} = \mathrm{softmax}_{j \in N(i)}\big(
              \textstyle\sum_f a_f\, \mathrm{LeakyReLU}(q_{if} + k_{jf})\big)

    That is GATv2, and GAT with a single feature; `logit_parts` of the layers in
    `course_lib.nn.gat` gives the parts. Everything is computed in the browser.

    Parameters
    ----------
    edge_index : array_like of int, shape (2, E)
        Edges i → j, each once: i attends to j. At most 600.
    queries, keys : array_like, shape (h, n, features)
        At most 60 nodes and 64 features.
    attention : array_like, shape (h, features)
    positions : array_like, shape (n, 2)
        Where the nodes stand, in any unit, y upwards; stretched to fill the drawing.
    names : sequence of str, optional
        One a node. Default: its number.
    groups : sequence of int, optional
        The group of each node, from 0 to 3. Default: all in one.
    group_names : sequence of str, optional
        One a group. Default: their numbers.
    marked : sequence of int
        Nodes that are drawn with a ring.
    marked_name : str
        What the ring means.
    slope : float, default 0.2
        Of LeakyReLU, from 0 to 1.
    head : int, optional
        The head shown first. Default: the mean of the weights of all heads.
    node : int, default 0
        The node that is chosen first.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `NeighboursView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If arrays do not fit together or are too large to draw, or an option is out of range.

    References
    ----------
    Veličković et al. (2018), equation 3; Brody, Alon and Yahav (2022), equation 7.

    Examples
    --------
    >>> q = k = [[[0.0], [1.0]]]
    >>> figure = neighbours_explorer([[0, 0], [0, 1]], q, k, [[1]], positions=[[0, 0], [1, 0]])
    >>> [control.description for control in figure.children[0].children]
    ['slope']
    """
    queries = _validate.real_array(queries, "queries", ndim=3)
    heads, n, features = queries.shape
    if n > MOST_NODES or features > MOST_FEATURES:
        raise ValueError(
            f"queries must have at most {MOST_NODES} nodes and {MOST_FEATURES} features, got {n} "
            f"and {features}"
        )
    keys = _validate.real_array(keys, "keys", shape=queries.shape)
    attention = _validate.real_array(attention, "attention", shape=(heads, features))
    positions = _validate.real_array(positions, "positions", shape=(n, 2))
    groups = [0] * n if groups is None else _integers(groups, "groups", MOST_GROUPS - 1)
    if len(groups) != n:
        raise ValueError(f"groups must have one entry a node: expected {n}, got {len(groups)}")
    view = NeighboursView(
        parts=b"".join(part.astype("<f8").tobytes() for part in (queries, keys, attention)),
        shape=[heads, n, features],
        edges=_edges(edge_index, n),
        positions=positions.tolist(),
        names=_validate.token_list(names, n, "names"),
        groups=groups,
        group_names=_validate.token_list(group_names, max(groups) + 1, "group_names"),
        marked=_integers(marked, "marked", n - 1),
        marked_name=_validate.text(marked_name, "marked_name"),
        head_choice=control.head_choice(head, heads),
        slope=_validate.real(slope, "slope", low=0, high=1),
        node=_validate.integer(node, "node", low=0, high=n - 1),
    )
    view.within(node=control.whole(n - 1))
    controls = [
        *control.head_dropdown(view, heads),
        control.slider(view, "slope", say("slope"), low=0.0, high=1.0, step=0.05),
    ]
    return control.figure(controls, view)


def _edges(edge_index, n):
    """Return queries and keys as two lists, sorted, or say what is wrong with them."""
    array = _validate.as_numpy(edge_index, "edge_index")
    if array.dtype.kind not in "iu":
        raise TypeError(f"edge_index must hold integers, got {array.dtype}")
    if array.ndim != 2 or len(array) != 2 or not array.size:
        raise ValueError(f"edge_index must have shape (2, E), E at least 1, got {array.shape}")
    if array.shape[1] > MOST_EDGES:
        raise ValueError(f"edge_index must have at most {MOST_EDGES} edges, got {array.shape[1]}")
    if array.min() < 0 or array.max() >= n:
        worst = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"edge_index must name nodes from 0 to {n - 1}, got {worst}")
    pairs = np.unique(array, axis=1)
    if pairs.shape != array.shape:
        raise ValueError("edge_index must name each edge once, but some are repeated")
    return pairs.tolist()


def _integers(values, name, high):
    """Return a list of integers from 0 to `high`."""
    return _validate.integers(values, name, low=0, high=high)
