"""Sparse attention in PyTorch: along the edges of a pattern, and with weights that can be 0.

`sparse_attention` computes and stores one number for each edge instead of one for each pair,
forward and backward. `sparsemax` and `entmax15` are softmax's relatives with exact zeros: they take
their weights from `course_lib.sparsity`, and their gradient is here.
"""

import math

import torch
from torch.autograd import Function
from torch.nn import functional as F

from course_lib import _validate, sparsity
from course_lib.nn._opaque import of_numbers, opaque
from course_lib.nn.attention import are_finite
from course_lib.nn.edges import Edges, edge_dots, edge_softmax, edge_sum


def pattern_edges(pattern):
    """Return the `Edges` of a boolean pattern (n_query, n_key), to be used for many passes.

    Raises
    ------
    TypeError, ValueError
        If `pattern` is not boolean or has another number of axes.

    Examples
    --------
    >>> len(pattern_edges(torch.eye(3, dtype=torch.bool)))
    3
    """
    if not isinstance(pattern, torch.Tensor):
        pattern = torch.tensor(_validate.boolean_array(pattern, "pattern"))
    _validate.tensor(pattern, "pattern", _validate.BOOLEANS, "n_query", "n_key")
    return Edges(of_numbers(torch.nonzero, "pattern", pattern).T, *pattern.shape)


def sparse_attention(query, key, value, edge_index, *, scale=None):
    """Attend along the edges of a pattern; time and memory grow with the edges, not with n².

    Parameters
    ----------
    query : Tensor, shape (..., n_query, d)
    key : Tensor, shape (..., n_key, d)
    value : Tensor, shape (..., n_key, d_value)
        The leading axes (batch, heads) are those of the query.
    edge_index : int Tensor, shape (2, E), or Edges
        Row 0: queries, row 1: the keys that they may attend to, each edge once. Give `Edges`, such
        as from `pattern_edges`, to sort them only once.
    scale : float, optional
        Default: 1/√d.

    Returns
    -------
    Tensor, shape (..., n_query, d_value)
        Zeros for a query without edges.

    Raises
    ------
    TypeError, ValueError
        If shapes do not go together or the edges name positions that do not exist.

    References
    ----------
    Child et al. (2019), Generating long sequences with sparse transformers, section 4.2.

    Examples
    --------
    >>> x = torch.eye(3)
    >>> sparse_attention(x, x, x, torch.tensor([[0, 1, 2], [2, 0, 1]]))
    tensor([[0., 0., 1.],
            [1., 0., 0.],
            [0., 1., 0.]])
    """
    _check_qkv(query, key, value)
    leading, (n_query, n_key) = query.shape[:-2], (query.shape[-2], key.shape[-2])
    given = query.dtype
    edges = edge_index if isinstance(edge_index, Edges) else Edges(edge_index, n_query, n_key)
    if (edges.n_query, edges.n_key) != (n_query, n_key):
        raise ValueError(
            f"edge_index must be edges of {n_query} queries and {n_key} keys, got "
            f"{edges.n_query} and {edges.n_key}"
        )
    _validate.together(edges.query, "edge_index", query, "query")
    scale = query.shape[-1] ** -0.5 if scale is None else _validate.real(scale, "scale")
    shape = *leading, n_query, value.shape[-1]
    if not (math.prod(shape) and n_key):
        return query.new_zeros(shape)
    wide = torch.promote_types(given, torch.float32)  # half precision would be rounded three times
    # (batch * h, n, d) each
    query, key, value = (x.reshape(-1, *x.shape[-2:]).to(wide) for x in (scale * query, key, value))
    weights = edge_softmax(edge_dots(query, key, edges), edges)  # (batch * h, E)
    return edge_sum(weights, value, edges).reshape(shape).to(given)


def window_attention(query, key, value, radius, *, scale=None):
    """Attend to positions at most `radius` away, block by block.

    Queries are cut into blocks of `radius` positions. Each block sees itself and the blocks before
    and behind it, which hold every key that it may attend to and few others: small dense products
    with a mask, which a processor does faster than sums along edges.

    Parameters
    ----------
    query, key : Tensor, shape (..., n, d)
    value : Tensor, shape (..., n, d_value)
    radius : int
        From 1; a window of 2 · radius + 1 positions.
    scale : float, optional
        Default: 1/√d.

    Returns
    -------
    Tensor, shape (..., n, d_value)

    Raises
    ------
    TypeError, ValueError
        If shapes do not go together, or `radius` is no integer from 1.

    References
    ----------
    Beltagy, Peters and Cohan (2020), Longformer, appendix A ("Longformer-chunks"), there
    with blocks that overlap.

    Examples
    --------
    >>> x = torch.eye(4)
    >>> window_attention(x, x, x, 1, scale=0)[0]
    tensor([0.5000, 0.5000, 0.0000, 0.0000])
    """
    radius = _validate.integer(radius, "radius", low=1)
    _check_qkv(query, key, value, same_length=True)
    scale = None if scale is None else _validate.real(scale, "scale")
    n = query.shape[-2]
    if not n:
        return value.clone()
    radius = min(radius, max(1, n - 1))  # a wider window holds no more
    blocks = -(-n // radius)
    fill = blocks * radius - n
    lost = None
    if not _validate.seen(are_finite(key, value)):  # 0 times NaN is NaN, also where hidden
        key, value, lost = _without_nan(key, value, radius)
    query = F.pad(query, (0, 0, 0, fill)).unflatten(
        -2, (blocks, radius)
    )  # (..., blocks, radius, d)
    near = [  # (..., blocks, 3 * radius, d)
        F.pad(x, (0, 0, radius, radius + fill)).unfold(-2, 3 * radius, radius).transpose(-1, -2)
        for x in (key, value)
    ]
    output = F.scaled_dot_product_attention(
        query, *near, attn_mask=_near_mask(n, blocks, radius, query.device), scale=scale
    )
    output = output.flatten(-3, -2)[..., :n, :]
    return output if lost is None else output.masked_fill(lost.unsqueeze(-1), torch.nan)


def _check_qkv(query, key, value, *, same_length=False):
    """Raise unless shapes and types of queries, keys and values go together."""
    _validate.tensor(query, "query", _validate.FLOATS, ..., "n_query", "d")
    *leading, n_query, d = query.shape
    if not d:
        raise ValueError("query must have at least one feature, got none")
    _validate.tensor(key, "key", _validate.FLOATS, *leading, n_query if same_length else "n_key", d)
    _validate.tensor(value, "value", _validate.FLOATS, *leading, key.shape[-2], "d_value")
    for name, x in (("key", key), ("value", value)):
        _validate.alike(x, name, query, "query")


def _without_nan(key, value, radius):
    """Put 0 for keys that are not finite; return also which queries have one in their window."""
    bad = ~(key.isfinite().all(dim=-1) & value.isfinite().all(dim=-1))  # (..., n)
    until = F.pad(bad.cumsum(dim=-1), (1, 0))  # (..., n + 1): how many stand before
    n = key.shape[-2]
    place = torch.arange(n, device=key.device)
    first, last = (place - radius).clamp(min=0), (place + radius + 1).clamp(max=n)
    lost = until[..., last] > until[..., first]  # (..., n)
    return *(x.masked_fill(bad.unsqueeze(-1), 0) for x in (key, value)), lost


def _near_mask(n, blocks, radius, device):
    """Return which of the 3 · radius keys of its neighbourhood each query may attend to."""
    start = radius * torch.arange(blocks, device=device)[:, None, None]
    query = start + torch.arange(radius, device=device)[:, None]  # (blocks, radius, 1)
    key = start - radius + torch.arange(3 * radius, device=device)  # (blocks, 1, 3 * radius)
    real = (key >= 0) & (key < n) & ((query - key).abs() <= radius)
    return real | ((query >= n) & (key == query))  # padding attends to itself, for finite rows


def sparsemax(logits, dim=-1):
    """Return the sparsemax of the logits, with its gradient; see `course_lib.sparsity.sparsemax`.

    Parameters
    ----------
    logits : Tensor
        Minus infinity leaves a key out. Computed in double precision, whatever came in.
    dim : int, default -1

    Returns
    -------
    Tensor, the shape of `logits`

    Raises
    ------
    TypeError, ValueError
        If `logits` holds no floating-point numbers, NaN, or nothing finite along `dim`, or has no
        such axis.

    References
    ----------
    Martins and Astudillo (2016), algorithm 1 and section 2.5.

    Examples
    --------
    >>> sparsemax(torch.tensor([1.0, 0.5, -1.0]))
    tensor([0.7500, 0.2500, 0.0000])
    """
    return _along(logits, dim, "sparsemax")


def entmax15(logits, dim=-1):
    """Return the 1.5-entmax of the logits, with its gradient; see `course_lib.sparsity.entmax15`.

    Parameters
    ----------
    logits : Tensor
        Minus infinity leaves a key out. Computed in double precision, whatever came in.
    dim : int, default -1

    Returns
    -------
    Tensor, the shape of `logits`

    Raises
    ------
    TypeError, ValueError
        If `logits` holds no floating-point numbers, NaN, or nothing finite along `dim`, or has no
        such axis.

    References
    ----------
    Peters, Niculae and Martins (2019), algorithm 2, and their gradient of the
    α-entmax mapping.

    Examples
    --------
    >>> entmax15(torch.tensor([1.0, 0.0, -4.0]))
    tensor([0.8307, 0.1693, 0.0000])
    """
    return _along(logits, dim, "entmax15")


def _along(logits, dim, name):
    """Apply a function of rows along an axis, in double precision."""
    _validate.tensor(logits, "logits", _validate.FLOATS, ..., "n")
    dim = _validate.integer(dim, "dim", low=-logits.ndim, high=logits.ndim - 1)
    rows = logits.transpose(dim, -1)  # (..., n)
    return _Entmax.apply(rows.double(), name).to(rows.dtype).transpose(dim, -1)


@opaque("(Tensor logits, str name) -> Tensor", lambda logits, name: torch.empty_like(logits))
def _numpys(logits, name):
    """Return what a function of `course_lib.sparsity` makes of the logits."""
    return torch.from_numpy(getattr(sparsity, name)(logits.cpu().numpy())).to(logits)


class _Entmax(Function):
    r"""The gradient of sparsemax and 1.5-entmax: one formula, beside NumPy's own functions.

    .. math:: \frac{\partial p_i}{\partial z_j} = s_i\,\Big([i = j] - \frac{s_j}{\sum_k s_k}\Big)

    with the slope :math:`s_i` of a weight against its logit at a fixed threshold: what a weight
    gains, the others lose in proportion to theirs. It is 1 on the support of sparsemax and
    :math:`\sqrt{p_i}` for 1.5-entmax.
    """

    @staticmethod
    def forward(logits, name):
        return _numpys(logits, name)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)
        ctx.name = inputs[1]

    @staticmethod
    def backward(ctx, gradient):
        (weights,) = ctx.saved_tensors  # (..., n)
        support = weights > 0
        slope = support.to(weights)
        if ctx.name == "entmax15":
            slope = slope * weights.masked_fill(~support, 1).sqrt()
        mean = (gradient * slope).sum(dim=-1, keepdim=True) / slope.sum(dim=-1, keepdim=True)
        return slope * (gradient - mean), None

    @staticmethod
    def vmap(info, in_dims, logits, name):
        return _Entmax.apply(logits.movedim(in_dims[0], 0), name), 0
