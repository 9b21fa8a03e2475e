"""Fewer edges: attention weights made sparse, afterwards or by what stands in for softmax.

Patterns that say beforehand who may attend to whom are in `course_lib.patterns`.
"""

import numpy as np

from course_lib import _validate
from course_lib.patterns import (  # noqa: F401 (learners import them from here)
    block_pattern,
    dilated_pattern,
    global_pattern,
    layers_to_full_reach,
    random_order,
    random_pattern,
    window_pattern,
)

# With the largest logit at 0, τ is at least -1: what lies below has no weight, however far, and is
# brought up to here, so that sums do not overflow.
LOWEST = -2.0


def threshold(weights, cutoff):
    """Keep the weights above a cutoff and make the rows sum to 1 again.

    A row without a weight above the cutoff keeps its largest one (the first, if several are), so
    that nothing is divided by 0.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
    cutoff : float
        From 0 to 1.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query, n_key)

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `cutoff` is not between 0 and 1.

    Examples
    --------
    >>> threshold([[0.5, 0.375, 0.125], [0.25, 0.5, 0.25]], 0.2)
    array([[0.57142857, 0.42857143, 0.        ],
           [0.25      , 0.5       , 0.25      ]])
    """
    stored = weights
    weights = _validate.weights_array(stored, ndim=(2,), square=False)
    cutoff = _validate.real(cutoff, "cutoff", low=0, high=1)
    return _renormalised(weights, _validate.above(stored, cutoff) | _strongest(weights, 1))


def top_k(weights, k):
    """Keep the k largest weights of each row and make it sum to 1 again.

    Of equal weights, those with the lower position are kept.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
    k : int
        From 1 to n_key.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query, n_key)

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `k` is out of range.

    Examples
    --------
    >>> top_k([[0.5, 0.375, 0.125]], 2)
    array([[0.57142857, 0.42857143, 0.        ]])
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    k = _validate.integer(k, "k", low=1, high=weights.shape[-1])
    return _renormalised(weights, _strongest(weights, k))


def _strongest(weights, k):
    """Return where the k largest of each row are."""
    order = np.argsort(-weights, axis=-1, kind="stable")[..., :k]
    chosen = np.zeros(weights.shape, dtype=bool)
    np.put_along_axis(chosen, order, True, axis=-1)
    return chosen


def _renormalised(weights, chosen):
    kept = np.where(chosen, weights, 0)
    return kept / kept.sum(axis=-1, keepdims=True)


def kept_mass(weights, sparse):
    """Return the share of each row's attention that lies where `sparse` is not 0.

    Parameters
    ----------
    weights, sparse : array_like, shape (..., n_query, n_key)
        Before and after some weights were set to 0.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query)

    Raises
    ------
    TypeError, ValueError
        If one is no attention weights, or their shapes differ.

    Examples
    --------
    >>> kept_mass([[0.5, 0.375, 0.125]], top_k([[0.5, 0.375, 0.125]], 2))
    array([0.875])
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    sparse = _validate.weights_array(sparse, "sparse", ndim=(2,), square=False)
    _validate.check_shape(sparse, "sparse", shape=weights.shape)
    return np.minimum(np.where(sparse > 0, weights, 0).sum(axis=-1), 1)  # rounding may lead above


def error_bound(weights, sparse, values):
    r"""Bound how far each output can move when weights are dropped and rows renormalised.

    .. math:: \lVert o_i - o'_i \rVert \le 2\,(1 - m_i)\,\max_j \lVert v_j \rVert

    with :math:`m_i` the mass that row i kept: dropping takes away :math:`1 - m_i`, and making the
    rest sum to 1 again adds as much.

    Parameters
    ----------
    weights, sparse : array_like, shape (..., n_query, n_key)
        Before and after; `sparse` as `threshold` or `top_k` return it.
    values : array_like, shape (..., n_key, d)
        Leading axes are those of `weights`, or fewer: values that several heads share.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query)
        In the Euclidean norm.

    Raises
    ------
    TypeError, ValueError
        If an argument has another shape or is not finite, or the bound leaves float64.

    Examples
    --------
    >>> dense = [[0.5, 0.375, 0.125]]
    >>> error_bound(dense, top_k(dense, 2), [[1, 0], [0, 1], [0, -2]])
    array([0.5])
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    dropped = 1 - kept_mass(weights, sparse)
    values = _validate.real_array(values, "values", shape=(..., weights.shape[-1], "d"))
    with np.errstate(over="ignore"):
        longest = 2 * np.linalg.norm(values, axis=-1).max(axis=-1, keepdims=True)
    if not np.isfinite(longest).all():
        raise ValueError("values must have squares that float64 can hold")
    try:
        return dropped * np.broadcast_to(longest, (*dropped.shape[:-1], 1))
    except ValueError:
        raise ValueError(
            f"values must have the leading axes of weights, {weights.shape[:-2]}, or fewer, got "
            f"{values.shape[:-2]}"
        ) from None


def sparsemax(logits, axis=-1):
    r"""Return the point of the simplex that is nearest to the logits: many weights are exactly 0.

    .. math:: p_j = \max(z_j - \tau, 0), \quad \tau \text{ such that } \sum_j p_j = 1

    Parameters
    ----------
    logits : array_like of real numbers
        Any shape. Minus infinity leaves a key out.
    axis : int, default -1
        The axis along which the weights sum to 1.

    Returns
    -------
    numpy.ndarray of float64
        Of the same shape, not negative, summing to 1 along the axis.

    Raises
    ------
    TypeError, ValueError
        If `logits` are not real numbers, or a row holds NaN, infinity, or nothing finite; if
        `axis` is not an axis of it.

    See Also
    --------
    course_lib.nn.sparse : the same in PyTorch, with its gradient.

    References
    ----------
    Martins and Astudillo (2016), From softmax to sparsemax, algorithm 1.

    Examples
    --------
    >>> sparsemax([1.0, 0.5, -1.0])
    array([0.75, 0.25, 0.  ])
    """
    logits, z, rank, axis = _ranked(logits, 1, axis)
    tau = (z.cumsum(axis=-1) - 1) / rank  # if the first `rank` of them were the support
    size = (z > tau).sum(axis=-1, keepdims=True)
    weights = np.maximum(logits - np.take_along_axis(tau, size - 1, axis=-1), 0)
    return np.moveaxis(weights, -1, axis)


def entmax15(logits, axis=-1):
    r"""Return the 1.5-entmax of the logits, half way between softmax and sparsemax.

    .. math:: p_j = \max(z_j / 2 - \tau, 0)^2, \quad \tau \text{ such that } \sum_j p_j = 1

    Parameters
    ----------
    logits : array_like of real numbers
        Any shape. Minus infinity leaves a key out.
    axis : int, default -1
        The axis along which the weights sum to 1.

    Returns
    -------
    numpy.ndarray of float64
        Of the same shape, not negative, summing to 1 along the axis.

    Raises
    ------
    TypeError, ValueError
        If `logits` are not real numbers, or a row holds NaN, infinity, or nothing finite; if
        `axis` is not an axis of it.

    See Also
    --------
    course_lib.nn.sparse : the same in PyTorch, with its gradient.

    References
    ----------
    Peters, Niculae and Martins (2019), Sparse sequence-to-sequence models, algorithm 2.

    Examples
    --------
    >>> entmax15([1.0, 0.0, -4.0]).round(3)
    array([0.831, 0.169, 0.   ])
    """
    logits, z, rank, axis = _ranked(logits, 1 / 2, axis)
    mean = z.cumsum(axis=-1) / rank
    scatter = (z**2).cumsum(axis=-1) - rank * mean**2  # squared distances from the mean
    tau = mean - np.sqrt(np.maximum(1 - scatter, 0) / rank)
    size = (tau <= z).sum(axis=-1, keepdims=True)
    powers = np.maximum(logits - np.take_along_axis(tau, size - 1, axis=-1), 0) ** 2
    weights = powers / powers.sum(axis=-1, keepdims=True)  # what rounding has left
    return np.moveaxis(weights, -1, axis)


def _ranked(logits, factor, axis):
    """Return what both need: scaled logits, the largest at 0, in any and in descending order.

    The axis is put last; the ranks along it and its old place come third and fourth.
    """
    logits = _validate.real_array(logits, "logits", ndim=(1,), allow_minus_inf=True)
    axis = _validate.integer(axis, "axis", low=-logits.ndim, high=logits.ndim - 1)
    logits = np.moveaxis(logits, axis, -1)
    largest = logits.max(axis=-1, keepdims=True)
    if np.isneginf(largest).any():
        raise ValueError("logits must hold a finite number in every row, got one of -inf alone")
    with np.errstate(over="ignore"):
        logits = np.maximum(factor * (logits - largest), LOWEST)
    return logits, -np.sort(-logits, axis=-1), np.arange(1, logits.shape[-1] + 1), axis
