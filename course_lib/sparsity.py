"""Fewer edges: weights made sparse, and patterns that say beforehand who may attend to whom.

Patterns are boolean masks (n, n), True = may attend. In all of them a position may attend to
itself, so that no row is empty; two patterns are joined by ``|``.
"""

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from course_lib import _validate

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
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    cutoff = _validate.real(cutoff, "cutoff", low=0, high=1)
    return _renormalised(weights, (weights > cutoff) | _strongest(weights, 1))


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
    return np.where(sparse > 0, weights, 0).sum(axis=-1)


def error_bound(weights, sparse, values):
    r"""Bound how far each output can move when weights are dropped and rows renormalised.

    .. math:: \lVert o_i - o'_i \rVert \le 2\,(1 - m_i)\,\max_j \lVert v_j \rVert

    with :math:`m_i` the mass that row i kept: dropping takes away :math:`1 - m_i`, and making the
    rest sum to 1 again adds as much.

    Parameters
    ----------
    weights, sparse : array_like, shape (..., n_query, n_key)
        Before and after; `sparse` as `threshold` or `top_k` return it.
    values : array_like, shape (n_key, d)

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query)
        In the Euclidean norm.

    Raises
    ------
    TypeError, ValueError
        If an argument has another shape or is not finite.

    Examples
    --------
    >>> dense = [[0.5, 0.375, 0.125]]
    >>> error_bound(dense, top_k(dense, 2), [[1, 0], [0, 1], [0, -2]])
    array([0.5])
    """
    dropped = 1 - kept_mass(weights, sparse)
    values = _validate.real_array(values, "values", ndim=2)
    n_key = np.shape(weights)[-1]
    _validate.check_shape(values, "values", shape=(n_key, values.shape[1]))
    return 2 * np.maximum(dropped, 0) * np.linalg.norm(values, axis=1).max()


def sparsemax(logits):
    r"""Return the point of the simplex that is nearest to the logits: many weights are exactly 0.

    .. math:: p_j = \max(z_j - \tau, 0), \quad \tau \text{ such that } \sum_j p_j = 1

    Parameters
    ----------
    logits : array_like, shape (..., n)

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)
        Non-negative, summing to 1 along the last axis.

    Raises
    ------
    TypeError, ValueError
        If `logits` are not finite real numbers.

    References
    ----------
    Martins and Astudillo (2016), From softmax to sparsemax, algorithm 1.

    Examples
    --------
    >>> sparsemax([1.0, 0.5, -1.0])
    array([0.75, 0.25, 0.  ])
    """
    logits = _validate.real_array(logits, "logits", ndim=(1,))
    logits = np.maximum(logits - logits.max(axis=-1, keepdims=True), LOWEST)
    z = -np.sort(-logits, axis=-1)
    rank = np.arange(1, z.shape[-1] + 1)
    tau = (z.cumsum(axis=-1) - 1) / rank  # if the first `rank` of them were the support
    size = (z > tau).sum(axis=-1, keepdims=True)
    return np.maximum(logits - np.take_along_axis(tau, size - 1, axis=-1), 0)


def entmax15(logits):
    r"""Return the 1.5-entmax of the logits, half way between softmax and sparsemax.

    .. math:: p_j = \max(z_j / 2 - \tau, 0)^2, \quad \tau \text{ such that } \sum_j p_j = 1

    Parameters
    ----------
    logits : array_like, shape (..., n)

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)
        Non-negative, summing to 1 along the last axis.

    Raises
    ------
    TypeError, ValueError
        If `logits` are not finite real numbers.

    References
    ----------
    Peters, Niculae and Martins (2019), Sparse sequence-to-sequence models, algorithm 2.

    Examples
    --------
    >>> entmax15([1.0, 0.0, -4.0]).round(3)
    array([0.831, 0.169, 0.   ])
    """
    logits = _validate.real_array(logits, "logits", ndim=(1,))
    logits = np.maximum((logits - logits.max(axis=-1, keepdims=True)) / 2, LOWEST)
    z = -np.sort(-logits, axis=-1)
    rank = np.arange(1, z.shape[-1] + 1)
    mean = z.cumsum(axis=-1) / rank
    scatter = (z**2).cumsum(axis=-1) - rank * mean**2  # squared distances from the mean
    tau = mean - np.sqrt(np.maximum(1 - scatter, 0) / rank)
    size = (tau <= z).sum(axis=-1, keepdims=True)
    powers = np.maximum(logits - np.take_along_axis(tau, size - 1, axis=-1), 0) ** 2
    return powers / powers.sum(axis=-1, keepdims=True)  # what rounding has left


def window_pattern(n, radius):
    """Let each position attend to those at most `radius` away.

    Parameters
    ----------
    n, radius : int
        `radius` from 0.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or out of range.

    References
    ----------
    Beltagy, Peters and Cohan (2020), Longformer, section 3.1.

    Examples
    --------
    >>> window_pattern(4, 1).astype(int)
    array([[1, 1, 0, 0],
           [1, 1, 1, 0],
           [0, 1, 1, 1],
           [0, 0, 1, 1]])
    """
    return dilated_pattern(n, radius, 1)


def dilated_pattern(n, radius, dilation):
    """Let each position attend to `radius` positions on either side, `dilation` steps apart.

    Parameters
    ----------
    n, radius, dilation : int
        `radius` from 0, `dilation` from 1; 1 is the plain window.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or out of range.

    References
    ----------
    Beltagy, Peters and Cohan (2020), Longformer, section 3.1.

    Examples
    --------
    >>> dilated_pattern(5, 1, 2)[0].astype(int)
    array([1, 0, 1, 0, 0])
    """
    n = _validate.integer(n, "n", low=1)
    radius = _validate.integer(radius, "radius", low=0)
    dilation = _validate.integer(dilation, "dilation", low=1)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return (apart <= radius * dilation) & (apart % dilation == 0)


def global_pattern(n, positions):
    """Let some positions attend to all, and all attend to them.

    Parameters
    ----------
    n : int
    positions : sequence of int
        The global ones, from 0 to n - 1.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If `n` is not positive or a position does not exist.

    References
    ----------
    Beltagy, Peters and Cohan (2020), Longformer, section 3.1.

    Examples
    --------
    >>> global_pattern(3, [0]).astype(int)
    array([[1, 1, 1],
           [1, 1, 0],
           [1, 0, 1]])
    """
    n = _validate.integer(n, "n", low=1)
    if isinstance(positions, str) or not np.iterable(positions):
        raise TypeError(f"positions must be a sequence of integers, got {positions!r}")
    chosen = [_validate.integer(p, "positions", low=0, high=n - 1) for p in positions]
    pattern = np.eye(n, dtype=bool)
    pattern[chosen, :] = pattern[:, chosen] = True
    return pattern


def random_pattern(n, k, rng):
    """Let each position attend to itself and to k others, drawn without repetition.

    Parameters
    ----------
    n, k : int
        `k` from 0 to n - 1.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or out of range, or `rng` is no generator.

    References
    ----------
    Zaheer et al. (2020), Big Bird, section 2.

    Examples
    --------
    >>> random_pattern(5, 2, np.random.default_rng(0)).sum(axis=1)
    array([3, 3, 3, 3, 3])
    """
    n = _validate.integer(n, "n", low=1)
    k = _validate.integer(k, "k", low=0, high=n - 1)
    pattern = np.zeros((n, n), dtype=bool)
    np.put_along_axis(pattern, random_order(n, rng)[:, : k + 1], True, axis=1)
    return pattern


def random_order(n, rng):
    """Order all positions at random for each position, itself first.

    The first k others are those of `random_pattern`, for any k.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of int, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If `n` is no positive integer, or `rng` is no generator.

    Examples
    --------
    >>> random_order(3, np.random.default_rng(0))[:, 0]
    array([0, 1, 2])
    """
    n = _validate.integer(n, "n", low=1)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    luck = rng.random((n, n))
    np.fill_diagonal(luck, 2)  # larger than all others
    return np.argsort(-luck, axis=1, kind="stable")


def block_pattern(n, size):
    """Let each position attend to those of its own block of `size` neighbours.

    Parameters
    ----------
    n, size : int
        The last block is shorter if `size` does not divide n.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or not positive.

    References
    ----------
    Child et al. (2019), Generating long sequences with sparse transformers, section 4.3.

    Examples
    --------
    >>> block_pattern(3, 2).astype(int)
    array([[1, 1, 0],
           [1, 1, 0],
           [0, 0, 1]])
    """
    n = _validate.integer(n, "n", low=1)
    size = _validate.integer(size, "size", low=1)
    block = np.arange(n) // size
    return block[:, None] == block


def layers_to_full_reach(pattern):
    """Return how many layers it takes until every output can draw on every input.

    In a pattern with its diagonal this is the diameter of the graph: the most steps between two
    positions.

    Parameters
    ----------
    pattern : array_like of bool, shape (n, n)

    Returns
    -------
    int or None
        None if it never happens.

    Raises
    ------
    TypeError, ValueError
        If `pattern` is not boolean or not square.

    References
    ----------
    Yun et al. (2020), O(n) connections are expressive enough, section 3.

    Examples
    --------
    >>> layers_to_full_reach(window_pattern(7, 2))
    3
    """
    pattern = _validate.boolean_array(pattern, "pattern", ndim=2)
    _validate.check_shape(pattern, "pattern", shape=(len(pattern), len(pattern)))
    if not _reaches_everything(pattern):
        return None
    step = pattern.astype(np.float32)
    reach, layers = pattern, 1
    while not reach.all():
        reach = (reach.astype(np.float32) @ step) > 0
        layers += 1
    return layers


def _reaches_everything(pattern):
    """Tell whether some power of a pattern is full: ways lead everywhere, and do not alternate."""
    parts, _ = connected_components(csr_array(pattern), connection="strong")
    if parts > 1 or not pattern.any():
        return False
    return pattern.diagonal().any() or nx.is_aperiodic(
        nx.from_numpy_array(pattern, create_using=nx.DiGraph)
    )
