"""Scaled dot-product attention and multi-head attention, in NumPy.

Attention weights are written ``weights[..., i, j]``: how much query ``i`` attends to key ``j``.
Masks are boolean and True means *may attend*, as in PyTorch's ``scaled_dot_product_attention``.
Everything is computed in float64, whatever came in; nothing changes its arguments.
"""

import numpy as np

from course_lib import _validate


def softmax(logits, axis=-1):
    r"""Turn logits into positive weights that sum to 1 along an axis.

    .. math:: \mathrm{softmax}(z)_j = e^{z_j - \max z} \,/\, \sum_k e^{z_k - \max z}

    Subtracting the maximum changes nothing, because softmax is invariant to a shift of all
    logits, and keeps the largest exponential at 1, so that nothing overflows.

    Parameters
    ----------
    logits : array_like of real numbers
        Any shape. ``-inf`` stands for a pair that may not attend and gets weight 0.
    axis : int, default -1
        The axis along which the weights sum to 1.

    Returns
    -------
    numpy.ndarray of float64
        Weights of the same shape as `logits`.

    Raises
    ------
    TypeError
        If `logits` does not hold real numbers.
    ValueError
        If `logits` is empty, has a NaN or ``inf``, or is ``-inf`` along a whole row;
        if `axis` is not an axis of it.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.1.

    Examples
    --------
    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    >>> softmax([1000.0, 1000.0, -np.inf])
    array([0.5, 0.5, 0. ])
    """
    logits = _validate.real_array(logits, "logits", ndim=(1,), allow_minus_inf=True)
    axis = _validate.integer(axis, "axis", low=-logits.ndim, high=logits.ndim - 1)
    largest = logits.max(axis=axis, keepdims=True)
    if np.isneginf(largest).any():
        rows = np.argwhere(np.isneginf(np.squeeze(largest, axis=axis)))
        raise ValueError(f"logits must leave every row something to attend to; {_rows(rows)}")
    with np.errstate(over="ignore"):  # what is further below than float64 reaches has no weight
        exponentials = np.exp(logits - largest)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def attention_logits(query, key, *, scale=None):
    r"""Dot products of queries with keys, scaled: how well each query matches each key.

    .. math:: z_{ij} = s \; q_i \cdot k_j, \qquad s = 1/\sqrt{d} \text{ unless given}

    Parameters
    ----------
    query : array_like, shape (..., n_query, d)
    key : array_like, shape (..., n_key, d)
        Leading axes broadcast against those of `query`.
    scale : float, optional
        The factor s. Default ``1 / sqrt(d)``, which keeps the variance of the logits at 1 when
        the entries of queries and keys are independent with variance 1.

    Returns
    -------
    numpy.ndarray, shape (..., n_query, n_key)
        Row i belongs to query i, column j to key j.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If `query` and `key` differ in d, do not broadcast, are empty or not finite, or their
        products are too large for float64.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, equation 1 and footnote 4.

    Examples
    --------
    >>> attention_logits([[2.0, 0.0, 0.0, 0.0]], [[3.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    array([[3., 0.]])
    """
    query = _validate.real_array(query, "query", ndim=(2,))
    key = _validate.real_array(key, "key", ndim=(2,))
    d = query.shape[-1]
    if key.shape[-1] != d:
        raise ValueError(
            f"key must have as many features as query: expected {d}, got {key.shape[-1]}"
        )
    _check_broadcast("key", key.shape[:-2], "query", query.shape[:-2])
    scale = 1 / np.sqrt(d) if scale is None else _validate.real(scale, "scale")
    return _finite("query and key", lambda: scale * (query @ np.swapaxes(key, -1, -2)))


def attention(query, key, value, *, mask=None, scale=None):
    r"""Scaled dot-product attention: each output is a weighted mean of the values.

    .. math:: A = \mathrm{softmax}\!\left(QK^\top/\sqrt{d}\right), \qquad O = AV

    Parameters
    ----------
    query : array_like, shape (..., n_query, d)
    key : array_like, shape (..., n_key, d)
    value : array_like, shape (..., n_key, d_value)
        Leading axes of all three broadcast.
    mask : array_like of bool, shape broadcastable to (..., n_query, n_key), optional
        True = this query may attend to this key. A masked pair gets weight exactly 0. The mask
        adds no axes: for several masks give `query` a leading axis of length 1.
    scale : float, optional
        Factor on the dot products, default ``1 / sqrt(d)``.

    Returns
    -------
    output : numpy.ndarray, shape (..., n_query, d_value)
    weights : numpy.ndarray, shape (..., n_query, n_key)
        ``weights[..., i, j]``: how much query i attends to key j; rows sum to 1.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or `mask` is not boolean.
    ValueError
        If shapes do not fit, something is empty or not finite, or a query may attend to
        nothing (the message names the rows).

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, equation 1.

    Examples
    --------
    >>> output, weights = attention([[0.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]], [[1.0], [3.0]])
    >>> weights
    array([[0.5, 0.5]])
    >>> output
    array([[2.]])
    """
    logits = attention_logits(query, key, scale=scale)
    value = _validate.real_array(value, "value", ndim=(2,))
    n_key = logits.shape[-1]
    if value.shape[-2] != n_key:
        raise ValueError(f"value must have one row a key: expected {n_key}, got {value.shape[-2]}")
    _check_broadcast("value", value.shape[:-2], "query and key", logits.shape[:-2])
    if mask is not None:
        logits = _masked(logits, mask)
    weights = softmax(logits)
    return _finite("value and weights", lambda: weights @ value), weights


def causal_mask(n):
    """Return the mask in which position i may attend to positions 0 to i only.

    Parameters
    ----------
    n : int
        Number of positions, from 1 to 65,536.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)
        Lower triangular; as a graph it has no cycle but the self-loops.

    Raises
    ------
    TypeError, ValueError
        If `n` is no integer or out of range.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.3.

    Examples
    --------
    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    n = _validate.positions(n, "n")
    return np.tri(n, dtype=bool)


def padding_mask(lengths, n):
    """Return the mask that hides the padding behind each sequence of a batch.

    Parameters
    ----------
    lengths : array_like of int, shape (batch,)
        How many real tokens each sequence has, from 1 to `n`.
    n : int
        The padded length, at most 65,536.

    Returns
    -------
    numpy.ndarray of bool, shape (batch, 1, n)
        True at real keys; broadcasts over the queries of ``(batch, n_query, n)`` logits.

    Raises
    ------
    TypeError
        If `lengths` does not hold integers.
    ValueError
        If a length is not between 1 and `n`.

    Examples
    --------
    >>> padding_mask([1, 3], 3).astype(int)
    array([[[1, 0, 0]],
           [[1, 1, 1]]])
    """
    n = _validate.positions(n, "n")
    lengths = _validate.integers(lengths, "lengths", low=1, high=n)
    if not lengths:
        raise ValueError("lengths must not be empty")
    return (np.arange(n) < np.array(lengths)[:, None])[:, None, :]


def split_heads(x, num_heads):
    """Cut the features into equal parts, one a head: (..., n, d) becomes (..., h, n, d / h).

    Parameters
    ----------
    x : array_like, shape (..., n, d)
    num_heads : int
        h, a divisor of d.

    Returns
    -------
    numpy.ndarray, shape (..., h, n, d // h)
        Head 0 holds the first d // h features, and so on.

    Raises
    ------
    ValueError
        If d is not divisible by `num_heads`; the message names both numbers.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.2.

    Examples
    --------
    >>> split_heads([[1.0, 2.0, 3.0, 4.0]], 2)
    array([[[1., 2.]],
           [[3., 4.]]])
    """
    x = _validate.real_array(x, "x", ndim=(2,))
    num_heads = _check_heads(x.shape[-1], num_heads)
    parts = x.reshape(*x.shape[:-1], num_heads, -1)  # (..., n, h, d_head)
    return np.swapaxes(parts, -2, -3).copy()  # (..., h, n, d_head)


def merge_heads(x):
    """Put the heads side by side again: (..., h, n, d_head) becomes (..., n, h * d_head).

    The inverse of `split_heads`.

    Parameters
    ----------
    x : array_like, shape (..., h, n, d_head)

    Returns
    -------
    numpy.ndarray, shape (..., n, h * d_head)

    Raises
    ------
    ValueError
        If `x` has fewer than three axes.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.2: the concatenation.

    Examples
    --------
    >>> merge_heads([[[1.0, 2.0]], [[3.0, 4.0]]])
    array([[1., 2., 3., 4.]])
    """
    x = _validate.real_array(x, "x", ndim=(3,))
    x = np.swapaxes(x, -2, -3)  # (..., n, h, d_head)
    return x.reshape(*x.shape[:-2], -1).copy()


def multi_head_attention(x, w_q, w_k, w_v, w_o, *, num_heads, mask=None):
    r"""Multi-head self-attention: h attentions on learned projections of x, mixed by W_o.

    .. math::
        \mathrm{head}_a &= \mathrm{attention}(x W_q^{(a)}, x W_k^{(a)}, x W_v^{(a)})

        O &= [\mathrm{head}_1, \dots, \mathrm{head}_h] \, W_o

    :math:`W_q^{(a)}` is the a-th block of d_model / h columns of `w_q`. No biases.

    Parameters
    ----------
    x : array_like, shape (..., n, d_model)
        One row a token.
    w_q, w_k, w_v, w_o : array_like, shape (d_model, d_model)
        Projections, applied as ``x @ w`` (the transpose of ``torch.nn.Linear.weight``).
    num_heads : int
        h, a divisor of d_model.
    mask : array_like of bool, optional
        True = may attend, as in `course_lib.nn.attention`. Shape (n, n), the same for all;
        (batch, 1, n), one for each text, as from `padding_mask`; or (..., h, n, n), each axis as
        long or of length 1. For a batch, three axes that could be texts or heads are refused.

    Returns
    -------
    output : numpy.ndarray, shape (..., n, d_model)
    weights : numpy.ndarray, shape (..., h, n, n)

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or `mask` is not boolean.
    ValueError
        If d_model is not divisible by `num_heads`, shapes do not fit, or a query may attend
        to nothing.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.2.

    Examples
    --------
    >>> identity = np.eye(4)
    >>> output, weights = multi_head_attention(
    ...     np.ones((3, 4)), identity, identity, identity, identity, num_heads=2)
    >>> output.shape, weights.shape
    ((3, 4), (2, 3, 3))
    """
    x = _validate.real_array(x, "x", ndim=(2,))
    d_model = x.shape[-1]
    num_heads = _check_heads(d_model, num_heads, of="the features of x, d_model,")
    w_q, w_k, w_v, w_o = (
        _validate.real_array(w, name, shape=(d_model, d_model))
        for w, name in ((w_q, "w_q"), (w_k, "w_k"), (w_v, "w_v"), (w_o, "w_o"))
    )
    _check_products(x, w_q, w_k, w_v, w_o)
    query, key, value = (split_heads(x @ w, num_heads) for w in (w_q, w_k, w_v))
    mask = _for_heads(mask, x)
    heads, weights = attention(query, key, value, mask=mask)  # (..., h, n, d_head)
    return merge_heads(heads) @ w_o, weights


def entropy(weights):
    r"""Shannon entropy of each query's weights, in nats: how widely it attends.

    .. math:: H_i = -\sum_j A_{ij} \ln A_{ij}

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
        Attention weights, rows summing to 1.

    Returns
    -------
    numpy.ndarray, shape (..., n_query)
        From 0 (all on one key) to ``ln(n_key)`` (uniform).

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights.

    References
    ----------
    Shannon (1948), A mathematical theory of communication, section 6.

    Examples
    --------
    >>> entropy([[0.5, 0.5], [1.0, 0.0]]).round(4)
    array([0.6931, 0.    ])
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)  # 0 log 0 = 0
    nats = np.abs(weights * logs).sum(axis=-1)
    return np.minimum(nats, np.log(weights.shape[-1]))  # where rounding has led above it


def _masked(logits, mask):
    """Set the logits of forbidden pairs to -inf; a query without any allowed key is an error."""
    mask = _validate.boolean_array(mask, "mask")
    try:
        mask = np.broadcast_to(mask, logits.shape)
    except ValueError:
        raise ValueError(
            f"mask must broadcast to the shape of the logits {logits.shape}, got {mask.shape}"
        ) from None
    empty = np.argwhere(~mask.any(axis=-1))
    if empty.size:
        raise ValueError(f"mask must let every query attend to something; {_rows(empty)}")
    return np.where(mask, logits, -np.inf)


def _rows(rows, most=5):
    """Name the offending rows, the first few of them, in plain numbers."""
    named = [int(row[0]) if len(row) == 1 else tuple(map(int, row)) for row in rows[:most]]
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return f"row(s) {', '.join(map(str, named))}{more} have nothing"


def _for_heads(mask, x):
    """Give a mask for each text an axis for the heads; of other masks the last axes say enough."""
    if mask is None:
        return None
    mask = _validate.boolean_array(mask, "mask", ndim=(1,))
    if not 2 < mask.ndim <= x.ndim:
        return mask
    if 1 not in mask.shape[-3:-1]:
        raise ValueError(
            f"mask must tell texts from heads, got shape {mask.shape}; mask[:, None] is one a "
            "text, mask[None] one a head"
        )
    return np.expand_dims(mask, -3)


def _finite(names, product):
    """Return a product of finite arrays; where it leaves float64, name them."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = product()
    if not np.isfinite(result).all():
        raise ValueError(f"{names} must have products that float64 can hold")
    return result


def _check_products(x, w_q, w_k, w_v, w_o):
    """Refuse numbers so large that a product of multi-head attention might leave float64."""
    most, *of_w = (float(np.abs(array).max()) for array in (x, w_q, w_k, w_v, w_o))
    d = x.shape[-1]
    query, key, value = (d * most * of_one for of_one in of_w[:3])
    if not np.isfinite([d * query * key, d * value * of_w[3]]).all():
        raise ValueError("x, w_q, w_k, w_v and w_o must have products that float64 can hold")


def _check_heads(d_model, num_heads, of="the last axis of x"):
    num_heads = _validate.integer(num_heads, "num_heads", low=1)
    if d_model % num_heads:
        raise ValueError(
            f"num_heads must divide {of} equally: {d_model} is not a multiple of {num_heads}"
        )
    return num_heads


def _check_broadcast(name, shape, other, other_shape):
    try:
        np.broadcast_shapes(shape, other_shape)
    except ValueError:
        raise ValueError(
            f"{name} must have leading axes that broadcast against {other}: "
            f"got {shape} against {other_shape}"
        ) from None
