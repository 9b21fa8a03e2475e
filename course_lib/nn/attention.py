"""Attention in PyTorch: what the modules of all chapters share.

Masks are boolean, True = may attend, as in PyTorch's own attention. A query that may attend to
nothing gets zero weights and a zero mixture. Weights are (batch, h, n_query, n_key), rows sum to 1.
What a mask hides does not matter, not even where it is NaN.
"""

import math

import torch
from torch import nn

from course_lib import _validate
from course_lib.data.vocabulary import PAD


class MultiHeadAttention(nn.Module):
    r"""Scaled dot-product attention in several heads, each with its own projections.

    .. math:: O = [A_1 V_1, \dots, A_h V_h]\, W_o, \qquad
              A_a = \mathrm{softmax}\Big(\tfrac{1}{\sqrt{d_\text{head}}}\, Q_a K_a^\top\Big)

    with :math:`Q = x W_q`, :math:`K = y W_k`, :math:`V = y W_v` cut into h heads. No biases.

    Parameters
    ----------
    d_model : int
        Features of a token.
    num_heads : int
        h, a divisor of `d_model`.

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive, or `num_heads` does not divide `d_model`.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.2.

    Examples
    --------
    >>> attention = MultiHeadAttention(8, 2)
    >>> output, weights = attention(torch.ones(1, 3, 8), torch.ones(1, 5, 8), return_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 2, 3, 5]))
    """

    def __init__(self, d_model, num_heads):
        super().__init__()
        d_model = _validate.integer(d_model, "d_model", low=1)
        num_heads = _validate.integer(num_heads, "num_heads", low=1)
        if d_model % num_heads:
            raise ValueError(
                f"num_heads must divide d_model equally: {d_model} is not a multiple of {num_heads}"
            )
        self.d_model, self.num_heads = d_model, num_heads
        self.query = nn.Linear(d_model, d_model, bias=False)
        self.key = nn.Linear(d_model, d_model, bias=False)
        self.value = nn.Linear(d_model, d_model, bias=False)
        self.output = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x, y, *, mask=None, weights=None, return_weights=False):
        """Let each row of `x` attend to the rows of `y`.

        Parameters
        ----------
        x : Tensor, shape (batch, n_query, d_model)
        y : Tensor, shape (batch, n_key, d_model)
        mask : bool Tensor, optional
            True = may attend. Shape (n_query, n_key), the same for all; (batch, 1, n_key), one for
            each text, as from `padding_mask`; or (batch, h, n_query, n_key), each axis as long or
            of length 1. Three axes that could be texts or heads are refused.
        weights : Tensor, optional
            Taken as they are instead of those that queries and keys would give; shapes as of
            `mask`.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (batch, n_query, d_model)
            Or a pair of it and the weights, shape (batch, h, n_query, n_key).

        Raises
        ------
        TypeError, ValueError
            If a tensor has another shape or type.
        """
        _validate.tensor(x, "x", _validate.FLOATS, "batch", "n_query", self.d_model)
        _validate.tensor(y, "y", _validate.FLOATS, len(x), "n_key", self.d_model)
        for name, tokens in (("x", x), ("y", y)):
            _validate.alike(tokens, name, self.query.weight, "the module's parameters")
        sizes = len(x), self.num_heads, x.shape[1], y.shape[1]
        lost = None
        if mask is not None:
            mask = of_heads(mask, "mask", _validate.BOOLEANS, sizes)
            _validate.together(mask, "mask", x, "x")
            if weights is None and not _validate.seen(are_finite(x, y)):
                x, y, lost = _without_nan(x, y, mask)
        if weights is None:
            query = split_heads(self.query(x), self.num_heads)  # (batch, h, n_query, d_head)
            key = split_heads(self.key(y), self.num_heads)  # (batch, h, n_key, d_head)
            logits = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
            weights = masked_softmax(logits, mask)  # (batch, h, n_query, n_key)
        else:
            weights = of_heads(weights, "weights", _validate.FLOATS, sizes)
            weights = _validate.alike(weights, "weights", x, "x").expand(sizes)
        value = split_heads(self.value(y), self.num_heads)  # (batch, h, n_key, d_head)
        output = self.output(merge_heads(weights @ value))  # (batch, n_query, d_model)
        if lost is not None:  # (batch, h or 1, n_query, 1)
            output = output.masked_fill(lost.any(dim=1), torch.nan)
            weights = weights.masked_fill(lost, torch.nan)
        return (output, weights) if return_weights else output


class SelfAttention(MultiHeadAttention):
    """Attention among the tokens of one text; see `MultiHeadAttention`.

    Examples
    --------
    >>> SelfAttention(8, 2)(torch.ones(1, 3, 8), mask=causal_mask(3)).shape
    torch.Size([1, 3, 8])
    """

    def forward(self, x, *, mask=None, weights=None, return_weights=False):
        """Let each row of `x`, shape (batch, n, d_model), attend to all; see the base class."""
        return super().forward(x, x, mask=mask, weights=weights, return_weights=return_weights)


def split_heads(x, num_heads):
    """Cut (..., n, h * d_head) into heads, (..., h, n, d_head)."""
    return x.unflatten(-1, (num_heads, -1)).transpose(-3, -2)


def merge_heads(x):
    """Put heads (..., h, n, d_head) side by side, (..., n, h * d_head)."""
    return x.transpose(-3, -2).flatten(-2)


def of_heads(x, name, kind, sizes):
    """Return a mask or weights with four axes, each as in `sizes` or of length 1."""
    shape = _validate.tensor(x, name, kind, ...).shape
    if x.ndim == 2 and shape == sizes[2:]:  # others could be (batch, n_key), in the wrong place
        x = x[None, None]
    elif x.ndim == 3:
        if 1 not in shape[:2]:
            raise ValueError(
                f"{name} must tell texts from heads, got shape {tuple(shape)}; {name}[:, None] is "
                f"one a text, {name}[None] one a head"
            )
        x = x.unsqueeze(1)
    if x.ndim != 4 or any(axis not in (1, size) for axis, size in zip(x.shape, sizes, strict=True)):
        batch, _, n_query, n_key = sizes
        hint = "; padding_mask makes one for padding" if len(shape) == 2 else ""
        raise ValueError(
            f"{name} must have shape (n_query, n_key) = {(n_query, n_key)}, (batch, 1, n_key) = "
            f"{(batch, 1, n_key)} or (batch, h, n_query, n_key) = {tuple(sizes)}, got "
            f"{tuple(shape)}{hint}"
        )
    return x


def are_finite(*tensors):
    """Return whether all is finite, in one pass: a sum says so, unless it overflows."""
    return sum(x.detach().sum() for x in tensors).isfinite()


def _without_nan(x, y, mask):
    """Put 0 for tokens that are not finite; return also which rows they make NaN.

    0 times NaN is NaN, forward and backward: a key that is hidden would still be seen.
    """
    queries, keys = (~tokens.isfinite().all(dim=-1) for tokens in (x, y))  # (batch, n) each
    seen = (mask & keys[:, None, None]).any(dim=-1, keepdim=True)  # (batch, h or 1, n_query, 1)
    lost = seen | queries[:, None, :, None]
    x, y = (x.masked_fill(bad.unsqueeze(-1), 0) for x, bad in ((x, queries), (y, keys)))
    return x, y, lost


def masked_softmax(logits, mask):
    """Softmax over the last axis; hidden keys get exactly 0, also where all of them are hidden.

    Parameters
    ----------
    logits : Tensor, shape (..., n_key)
    mask : bool Tensor, broadcastable to the shape of `logits`, or None
        True = may attend.

    Returns
    -------
    Tensor, the shape of `logits`

    Raises
    ------
    TypeError, ValueError
        If a tensor has another shape or type.

    Examples
    --------
    >>> masked_softmax(torch.zeros(2, 2), torch.tensor([[True, False], [False, False]]))
    tensor([[1., 0.],
            [0., 0.]])
    """
    _validate.tensor(logits, "logits", _validate.FLOATS, ..., "n_key")
    if mask is None:
        return logits.softmax(dim=-1)
    _validate.expanded(mask, "mask", _validate.BOOLEANS, *logits.shape)  # is used as it is: smaller
    _validate.together(mask, "mask", logits, "logits")
    lonely = ~mask.any(dim=-1, keepdim=True)  # (..., 1): a row of nothing but -inf would be NaN
    lowest = torch.zeros_like(lonely, dtype=logits.dtype).masked_fill(~lonely, -torch.inf)
    return torch.where(mask, torch.where(mask, logits, lowest).softmax(dim=-1), 0)


def causal_mask(n):
    """Return the (n, n) mask under which a position attends to itself and to earlier ones."""
    n = _validate.integer(n, "n", low=1, high=2**16)
    return torch.ones(n, n, dtype=torch.bool).tril()


def padding_mask(lengths, n=None):
    """Return the mask that hides the padding behind each sequence of a batch.

    Parameters
    ----------
    lengths : tensor of int, shape (batch,)
        How many real tokens each sequence has, from 1 to `n`. Without `n`: the tokens themselves,
        shape (batch, n), padded with `PAD`.
    n : int, optional
        The padded length, at most 65,536.

    Returns
    -------
    tensor of bool, shape (batch, 1, n)
        True at real keys, as from `course_lib.attention.padding_mask`; on the device of `lengths`.

    Raises
    ------
    TypeError, ValueError
        If `lengths` holds no integers, or a length is not between 1 and `n`.

    Examples
    --------
    >>> padding_mask(torch.tensor([1, 3]), 3).int().tolist()
    [[[1, 0, 0]], [[1, 1, 1]]]
    >>> padding_mask(torch.tensor([[7, 0, 0], [7, 9, 8]])).int().tolist()
    [[[1, 0, 0]], [[1, 1, 1]]]
    """
    if n is None:
        tokens = _validate.tensor(lengths, "lengths", _validate.INTEGERS, "batch", "n")
        return (tokens != PAD).unsqueeze(1)
    n = _validate.positions(n, "n")
    lengths = _validate.tensor(lengths, "lengths", _validate.INTEGERS, "batch")
    lengths = _validate.within(lengths, "lengths", 1, n)
    return (torch.arange(n, device=lengths.device) < lengths[:, None]).unsqueeze(1)
