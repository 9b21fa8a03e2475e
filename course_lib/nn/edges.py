"""Sums over the edges of a graph, forward and backward, at a cost that grows with the edges.

Graph attention (chapter 08) and sparse attention (chapter 11) are made of three steps along the
edges of a graph: a number for each edge, a softmax over the edges of each query, and a weighted sum
of the values that they lead to. All heads are computed at once: their graphs, beside one another,
are one graph with as many copies of each node as there are heads.
"""

import torch

from course_lib import _validate
from course_lib.nn._along import Dots, Layout, Softmax, Sum
from course_lib.nn._opaque import opaque


class Edges:
    """The edges of a graph, sorted by query once, for many passes.

    Parameters
    ----------
    edge_index : int Tensor, shape (2, E)
        Row 0: queries i, row 1: keys j; an edge says that i attends to j. Each edge once.
    n_query, n_key : int
        How many nodes there are on either side. Default for `n_key`: as many as queries.

    Attributes
    ----------
    query, key : int Tensor, shape (E,)
        Sorted by query, and within a query by key.
    order : int Tensor, shape (E,)
        Where each of them stood in `edge_index`.

    Raises
    ------
    TypeError, ValueError
        If `edge_index` has another shape or type, repeats an edge, or names a node that does not
        exist.

    Examples
    --------
    >>> edges = Edges(torch.tensor([[2, 0, 0], [1, 2, 0]]), 3)
    >>> edges.query, edges.key
    (tensor([0, 0, 2]), tensor([0, 2, 1]))
    """

    def __init__(self, edge_index, n_query, n_key=None):
        self.n_query = _validate.integer(n_query, "n_query", low=0)
        self.n_key = self.n_query if n_key is None else _validate.integer(n_key, "n_key", low=0)
        _validate.tensor(edge_index, "edge_index", _validate.INTEGERS, 2, "E")
        found = _sorted_edges(edge_index, self.n_query, self.n_key)
        self.query, self.key, self.order, starts, back_starts, by_key, by_query = found
        back = self.query.index_select(0, by_key)
        self._one = Layout(starts, self.key, back_starts, back, by_key, by_query)
        self._layouts = {}

    def __len__(self):
        """Return E."""
        return len(self.query)

    def layout(self, heads):
        """Return the layout of `heads` copies of the graph beside one another."""
        heads = _validate.integer(heads, "heads", low=1)
        if heads in self._layouts:
            return self._layouts[heads]
        made = self._one.copied(heads)
        # What is made inside of a transform is of no use outside of it.
        inside = torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()
        if not inside and type(made.starts) is torch.Tensor:
            self._layouts[heads] = made
        return made


def edge_dots(query, key, edges):
    """Return the dot product of each edge's query and key.

    Parameters
    ----------
    query, key : Tensor, shape (h, n_query, d) and (h, n_key, d)
    edges : Edges

    Returns
    -------
    Tensor, shape (h, E)

    Raises
    ------
    TypeError, ValueError
        If a tensor has another shape or type.
    """
    _validate.tensor(query, "query", _validate.FLOATS, "h", edges.n_query, "d")
    _validate.tensor(key, "key", _validate.FLOATS, len(query), edges.n_key, query.shape[2])
    _validate.alike(key, "key", query, "query")
    return Dots.apply(*_wide(query, key), *edges.layout(len(query))).to(query.dtype)


def edge_sum(weights, values, edges):
    """Return for each query the sum of the values at its keys, weighted.

    Parameters
    ----------
    weights : Tensor, shape (h, E)
    values : Tensor, shape (h, n_key, d)
    edges : Edges

    Returns
    -------
    Tensor, shape (h, n_query, d)
        Zeros for a query without edges.

    Raises
    ------
    TypeError, ValueError
        If a tensor has another shape or type.
    """
    _validate.tensor(weights, "weights", _validate.FLOATS, "h", edges.query.shape[0])
    _validate.tensor(values, "values", _validate.FLOATS, len(weights), edges.n_key, "d")
    _validate.alike(values, "values", weights, "weights")
    return Sum.apply(*_wide(weights, values), *edges.layout(len(weights))).to(values.dtype)


def edge_softmax(logits, edges):
    """Return weights that sum to 1 over the edges of each query.

    Each query's own maximum is subtracted: with one maximum for all, a query far below it would
    get zeros.

    Parameters
    ----------
    logits : Tensor, shape (h, E)
        Minus infinity leaves an edge out.
    edges : Edges

    Returns
    -------
    Tensor, shape (h, E)
        Zeros for a query all of whose edges are left out.

    Raises
    ------
    TypeError, ValueError
        If `logits` has another shape or type.
    """
    _validate.tensor(logits, "logits", _validate.FLOATS, "h", edges.query.shape[0])
    starts = edges.layout(len(logits)).starts
    return Softmax.apply(*_wide(logits), starts, edges.query).to(logits.dtype)


def _wide(*tensors):
    """Return tensors in single precision at least: sums along edges know no half."""
    wide = torch.promote_types(tensors[0].dtype, torch.float32)
    return [x.to(wide) for x in tensors]


def checked(edge_index, n_query, n_key):
    """Return the two rows of an edge list, or say what is wrong with it."""
    query, key = _validate.tensor(edge_index, "edge_index", _validate.INTEGERS, 2, "E").long()
    _validate.within(query, "edge_index", 0, n_query - 1, verb="name queries")
    _validate.within(key, "edge_index", 0, n_key - 1, verb="name keys")
    return query, key


@opaque(
    "(Tensor edge_index, SymInt n_query, SymInt n_key)"
    " -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)",
    lambda edge_index, n_query, n_key: tuple(
        edge_index.new_empty(size, dtype=torch.int64)
        for size in [*[edge_index.shape[1]] * 3, n_query + 1, n_key + 1, *[edge_index.shape[1]] * 2]
    ),
    unbatched="edge_index",
)
def _sorted_edges(edge_index, n_query, n_key):
    """Return queries and keys, sorted by both, and what else a `Layout` needs."""
    query, key = checked(edge_index, n_query, n_key)
    number, order = torch.sort(query * n_key + key)  # (E,)
    query, key = query[order], key[order]
    again = number[1:] == number[:-1]
    if again.any():
        edge = f"{query[1:][again][0]} → {key[1:][again][0]}"
        raise ValueError(f"edge_index must name each edge once, but {edge} is repeated")
    by_key = torch.argsort(key, stable=True)
    by_query = torch.empty_like(by_key)
    by_query[by_key] = torch.arange(len(by_key), device=by_key.device)
    starts = (_starts(nodes, n) for nodes, n in ((query, n_query), (key, n_key)))
    return query, key, order, *starts, by_key, by_query


def _starts(nodes, n):
    """Return where each node's edges start once they are sorted, and where the last ones end."""
    counts = torch.bincount(nodes, minlength=n)
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])  # (n + 1,)
