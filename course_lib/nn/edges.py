"""Sums over the edges of a graph, forward and backward, at a cost that grows with the edges.

Graph attention (chapter 08) and sparse attention (chapter 11) are made of three steps along the
edges of a graph: a number for each edge, a softmax over the edges of each query, and a weighted sum
of the values that they lead to. All heads are computed at once: their graphs, beside one another,
are one graph with as many copies of each node as there are heads.
"""

import functools
import warnings

import torch
from torch.autograd import Function

from course_lib import _validate

with warnings.catch_warnings():  # PyTorch says once a process that its sparse tensors are young
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1))


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
        self.n_key = n_query if n_key is None else _validate.integer(n_key, "n_key", low=0)
        query, key = checked(edge_index, self.n_query, self.n_key)
        number, self.order = torch.sort(query * self.n_key + key)  # (E,)
        self.query, self.key = query[self.order], key[self.order]
        again = number[1:] == number[:-1]
        if again.any():
            edge = f"{self.query[1:][again][0]} → {self.key[1:][again][0]}"
            raise ValueError(f"edge_index must name each edge once, but {edge} is repeated")
        self.by_key = torch.argsort(self.key, stable=True)
        self._layouts = {}

    def __len__(self):
        """Return E."""
        return len(self.query)

    def layout(self, heads):
        """Return where the rows start and the columns lie, of `heads` copies, forth and back."""
        heads = _validate.integer(heads, "heads", low=1)
        if heads not in self._layouts:
            forth = _copies(self.query, self.key, self.n_query, self.n_key, heads)
            back = _copies(
                self.key[self.by_key], self.query[self.by_key], self.n_key, self.n_query, heads
            )
            self._layouts[heads] = forth, back
        return self._layouts[heads]


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
    return _Dots.apply(query, key, edges)


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
    _validate.tensor(weights, "weights", _validate.FLOATS, "h", len(edges))
    _validate.tensor(values, "values", _validate.FLOATS, len(weights), edges.n_key, "d")
    return _Sum.apply(weights, values, edges)


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
    _validate.tensor(logits, "logits", _validate.FLOATS, "h", len(edges))
    return _Softmax.apply(logits, edges)


def first_derivatives_only(backward):
    """Make a backward pass say that it cannot be derived again.

    PyTorch's own `once_differentiable` does not always: second derivatives may come out as 0.
    """

    @functools.wraps(backward)
    def guarded(ctx, *gradients):
        if torch.is_grad_enabled():  # only with create_graph=True
            raise NotImplementedError(f"{backward.__qualname__} has no second derivatives")
        return backward(ctx, *gradients)

    return guarded


class _Softmax(Function):
    @staticmethod
    def forward(ctx, logits, edges):
        # A query of which no edge counts: exp(-inf - 0) / 1 is 0.
        powers = torch.exp(logits - _over_queries(logits, edges, "max", (-torch.inf, 0)))
        weights = powers / _over_queries(powers, edges, "sum", (0, 1))  # (h, E)
        ctx.save_for_backward(weights)
        ctx.edges = edges
        return weights

    @staticmethod
    @first_derivatives_only
    def backward(ctx, gradient):
        (weights,) = ctx.saved_tensors
        gained = weights * gradient  # (h, E)
        return gained - weights * _over_queries(gained, ctx.edges, "sum"), None


def _over_queries(numbers, edges, reduce, replaced=None):
    """Give each edge the largest number, or the sum, of its query's edges: (h, E) -> (h, E).

    Where one of these is the first number of `replaced`, the second is given.
    """
    (starts, _), _ = edges.layout(len(numbers))
    flat = numbers.reshape(-1)  # (h * E,)
    reduced = torch.segment_reduce(flat, reduce, offsets=starts, axis=0, unsafe=True)  # (h * n,)
    if replaced is not None:
        reduced.masked_fill_(reduced == replaced[0], replaced[1])
    return reduced.view(len(numbers), -1).index_select(1, edges.query)


class _Dots(Function):
    @staticmethod
    def forward(ctx, query, key, edges):
        ctx.save_for_backward(query, key)
        ctx.edges = edges
        return _dots(query, key, edges)

    @staticmethod
    @first_derivatives_only
    def backward(ctx, gradient):
        query, key = ctx.saved_tensors
        by_query = _sum(gradient, key, ctx.edges) if ctx.needs_input_grad[0] else None
        by_key = _sum_back(gradient, query, ctx.edges) if ctx.needs_input_grad[1] else None
        return by_query, by_key, None


class _Sum(Function):
    @staticmethod
    def forward(ctx, weights, values, edges):
        ctx.save_for_backward(weights, values)
        ctx.edges = edges
        return _sum(weights, values, edges)

    @staticmethod
    @first_derivatives_only
    def backward(ctx, gradient):
        weights, values = ctx.saved_tensors
        by_weight = _dots(gradient, values, ctx.edges) if ctx.needs_input_grad[0] else None
        by_value = _sum_back(weights, gradient, ctx.edges) if ctx.needs_input_grad[1] else None
        return by_weight, by_value, None


def _dots(query, key, edges):
    (starts, columns), _ = edges.layout(len(query))
    zeros = query.new_zeros(len(columns))
    pattern = _matrix(starts, columns, zeros, query.shape[:2], key.shape[:2])
    product = torch.sparse.sampled_addmm(pattern, _stacked(query), _stacked(key).T, beta=0)
    return product.values().view(len(query), -1)  # (h, E)


def _sum(weights, values, edges):
    (starts, columns), _ = edges.layout(len(weights))
    sizes = (len(weights), edges.n_query), values.shape[:2]
    matrix = _matrix(starts, columns, weights.reshape(-1), *sizes)
    return (matrix @ _stacked(values)).view(*sizes[0], -1)  # (h, n_query, d)


def _sum_back(weights, values, edges):
    """Sum along the edges backwards: to each key, from the queries that attend to it."""
    _, (starts, columns) = edges.layout(len(weights))
    sizes = (len(weights), edges.n_key), values.shape[:2]
    matrix = _matrix(starts, columns, weights.index_select(1, edges.by_key).reshape(-1), *sizes)
    return (matrix @ _stacked(values)).view(*sizes[0], -1)  # (h, n_key, d)


def _matrix(starts, columns, values, rows, keys):
    size = (rows[0] * rows[1], keys[0] * keys[1])  # (h * rows, h * keys)
    return torch.sparse_csr_tensor(starts, columns, values, size, check_invariants=False)


def _stacked(x):
    return x.reshape(-1, x.shape[-1])  # (h, n, d) -> (h * n, d)


def _copies(rows, columns, n_rows, n_columns, heads):
    """Return row starts and columns of a sparse matrix with `heads` copies on its diagonal."""
    counts = torch.bincount(rows, minlength=n_rows).repeat(heads)
    starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    shift = n_columns * torch.arange(heads).unsqueeze(1)
    return starts, (columns + shift).reshape(-1)


def checked(edge_index, n_query, n_key):
    """Return the two rows of an edge list, or say what is wrong with it."""
    query, key = _validate.tensor(edge_index, "edge_index", _validate.INTEGERS, 2, "E").long()
    _validate.within(query, "edge_index", 0, n_query - 1, verb="name queries")
    _validate.within(key, "edge_index", 0, n_key - 1, verb="name keys")
    return query, key
