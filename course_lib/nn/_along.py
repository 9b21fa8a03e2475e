"""The three steps along the edges of a graph, with their gradients, for every transform of PyTorch.

The gradient of a dot product along edges is a sum along edges, and the reverse; so each step is
differentiated into steps of the same kind, as often as one likes. Under `torch.vmap`, what is
batched are more heads. The numbers themselves come from operators that transforms do not look into.
"""

import inspect
import warnings
from typing import NamedTuple

import torch
from torch.autograd import Function

from course_lib.nn._opaque import opaque

with warnings.catch_warnings():  # PyTorch says once a process that its sparse tensors are young
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1))


class Layout(NamedTuple):
    """A graph's edges as a sparse matrix, rows in compressed form, and its transpose.

    Attributes
    ----------
    starts, columns : int Tensor, shape (n_query + 1,) and (E,)
        Where each query's edges start, and the keys that they lead to.
    back_starts, back_columns : int Tensor, shape (n_key + 1,) and (E,)
        The same of the edges in the order of their keys.
    by_key, by_query : int Tensor, shape (E,)
        What brings edges, sorted by query, into the order of their keys, and back. In several
        copies of a graph each is in this order.
    """

    starts: torch.Tensor
    columns: torch.Tensor
    back_starts: torch.Tensor
    back_columns: torch.Tensor
    by_key: torch.Tensor
    by_query: torch.Tensor

    @property
    def back(self):
        """The layout of the edges turned round, for sums from queries to keys."""
        return Layout(*self[2:4], *self[:2], self.by_query, self.by_key)

    def copied(self, times):
        """Return the layout of copies beside one another, as parts of one graph."""
        n_query, n_key = self.starts.shape[0] - 1, self.back_starts.shape[0] - 1
        count = self.columns.shape[0]
        return Layout(
            _continued(self.starts, count, times),
            _shifted(self.columns, n_key, times),
            _continued(self.back_starts, count, times),
            _shifted(self.back_columns, n_query, times),
            self.by_key,
            self.by_query,
        )


def _continued(starts, count, times):
    return torch.cat([starts[:1], _shifted(starts[1:], count, times)])  # (times * n + 1,)


def _shifted(numbers, step, times):
    shift = step * torch.arange(times, device=numbers.device).unsqueeze(1)
    return (numbers + shift).reshape(-1)  # (times * E,)


class Dots(Function):
    """The dot product of each edge's query and key: (h, n_query, d), (h, n_key, d) -> (h, E)."""

    @staticmethod
    def forward(query, key, starts, columns, back_starts, back_columns, by_key, by_query):
        return _edge_dots(query, key, starts, columns)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        query, key, *layout = ctx.saved_tensors
        layout, (by_query, by_key, *_) = Layout(*layout), ctx.needs_input_grad
        return (
            Sum.apply(gradient, key, *layout) if by_query else None,
            _sum_back(gradient, query, layout) if by_key else None,
            *[None] * len(layout),
        )

    @staticmethod
    def vmap(info, in_dims, query, key, *layout):
        layout = Layout(*layout).copied(info.batch_size)
        return _as_heads(Dots, info, in_dims, (query, key), layout)


class Sum(Function):
    """The weighted sum of the values at each query's keys: (h, E), (h, n_key, d) -> (h, n, d)."""

    @staticmethod
    def forward(weights, values, starts, columns, back_starts, back_columns, by_key, by_query):
        return _edge_sum(weights, values, starts, columns)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        weights, values, *layout = ctx.saved_tensors
        layout, (by_weight, by_value, *_) = Layout(*layout), ctx.needs_input_grad
        return (
            Dots.apply(gradient, values, *layout) if by_weight else None,
            _sum_back(weights, gradient, layout) if by_value else None,
            *[None] * len(layout),
        )

    @staticmethod
    def vmap(info, in_dims, weights, values, *layout):
        layout = Layout(*layout).copied(info.batch_size)
        return _as_heads(Sum, info, in_dims, (weights, values), layout)


def _sum_back(weights, values, layout):
    """Sum along the edges backwards: to each key, from the queries that attend to it."""
    return Sum.apply(weights.index_select(1, layout.by_key), values, *layout.back)


class Softmax(Function):
    """Weights that sum to 1 over the edges of each query: (h, E) -> (h, E)."""

    @staticmethod
    def forward(logits, starts, query):
        return _edge_softmax(logits, starts, query)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output, *inputs[1:])

    @staticmethod
    def backward(ctx, gradient):
        weights, starts, query = ctx.saved_tensors
        gained = weights * gradient  # (h, E)
        return gained - weights * Total.apply(gained, starts, query), None, None

    @staticmethod
    def vmap(info, in_dims, logits, starts, query):
        return _rows_as_heads(Softmax, info, in_dims, logits, starts, query)


class Total(Function):
    """Give each edge the sum over its query's edges, (h, E) -> (h, E): its own derivative."""

    @staticmethod
    def forward(numbers, starts, query):
        return _edge_total(numbers, starts, query)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx, gradient):
        return Total.apply(gradient, *ctx.saved_tensors), None, None

    @staticmethod
    def vmap(info, in_dims, numbers, starts, query):
        return _rows_as_heads(Total, info, in_dims, numbers, starts, query)


def _as_heads(function, info, in_dims, tensors, rest):
    """Apply a function under `torch.vmap`: what is batched are more heads, of a larger graph."""
    heads = []
    for x, axis in zip(tensors, in_dims, strict=False):
        x = x.expand(info.batch_size, *x.shape) if axis is None else x.movedim(axis, 0)
        heads.append(x.flatten(0, 1))  # (batch, h, ...) -> (batch * h, ...)
    return function.apply(*heads, *rest).unflatten(0, (info.batch_size, -1)), 0


def _rows_as_heads(function, info, in_dims, numbers, starts, query):
    count = numbers.numel() // info.batch_size  # h * E
    rest = _continued(starts, count, info.batch_size), query
    return _as_heads(function, info, in_dims, (numbers,), rest)


@opaque(
    "(Tensor query, Tensor key, Tensor starts, Tensor columns) -> Tensor",
    lambda query, key, starts, columns: query.new_empty(
        query.shape[0], columns.shape[0] // query.shape[0]
    ),
)
def _edge_dots(query, key, starts, columns):
    pattern = _matrix(starts, columns, query.new_zeros(len(columns)), key)
    product = torch.sparse.sampled_addmm(pattern, _stacked(query), _stacked(key).T, beta=0)
    return product.values().view(len(query), -1)  # (h, E)


@opaque(
    "(Tensor weights, Tensor values, Tensor starts, Tensor columns) -> Tensor",
    lambda weights, values, starts, columns: values.new_empty(
        values.shape[0], (starts.shape[0] - 1) // values.shape[0], values.shape[2]
    ),
)
def _edge_sum(weights, values, starts, columns):
    matrix = _matrix(starts, columns, weights.reshape(-1), values)
    n_query = (len(starts) - 1) // len(values)
    return (matrix @ _stacked(values)).view(len(values), n_query, values.shape[2])


@opaque(
    "(Tensor logits, Tensor starts, Tensor query) -> Tensor",
    lambda logits, starts, query: torch.empty_like(logits),
)
def _edge_softmax(logits, starts, query):
    largest = _reduced(logits, starts, "max")  # (h, n_query)
    # A query of which no edge counts: exp(-inf - 0) / 1 is 0.
    largest.masked_fill_(largest == -torch.inf, 0)
    powers = torch.exp(logits - largest.index_select(1, query))  # (h, E)
    total = _reduced(powers, starts, "sum")  # (h, n_query)
    total.masked_fill_(total == 0, 1)
    return powers / total.index_select(1, query)


@opaque(
    "(Tensor numbers, Tensor starts, Tensor query) -> Tensor",
    lambda numbers, starts, query: torch.empty_like(numbers),
)
def _edge_total(numbers, starts, query):
    return _reduced(numbers, starts, "sum").index_select(1, query)


def _reduced(numbers, starts, reduce):
    """Return the largest number, or the sum, of each query's edges: (h, E) -> (h, n_query)."""
    flat = numbers.reshape(-1)  # (h * E,)
    reduced = torch.segment_reduce(flat, reduce, offsets=starts, axis=0, unsafe=True)  # (h * n,)
    return reduced.view(len(numbers), -1)


def _matrix(starts, columns, values, keys):
    size = (len(starts) - 1, keys.shape[0] * keys.shape[1])  # (h * n_query, h * n_key)
    return torch.sparse_csr_tensor(starts, columns, values, size, check_invariants=False)


def _stacked(x):
    return x.reshape(-1, x.shape[-1])  # (h, n, d) -> (h * n, d)


for step in (Dots, Sum, Softmax, Total):  # PyTorch looks their arguments up at every call
    step.forward.__signature__ = inspect.signature(step.forward)
