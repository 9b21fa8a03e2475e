"""Patterns: who may attend to whom, said beforehand as a graph.

A pattern is a boolean mask (n, n), True = may attend. In all of these a position may attend to
itself, so that no row is empty; two patterns are joined by ``|``.
"""

import networkx as nx
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from course_lib import _validate

DRAWS = 5  # of permutations for an expander; the best is kept


def window_pattern(n, radius):
    """Let each position attend to those at most `radius` away.

    Parameters
    ----------
    n, radius : int
        `n` from 1 to 65,536, `radius` from 0.

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
    n = _validate.positions(n, "n")
    radius = _validate.integer(radius, "radius", low=0)
    dilation = _validate.integer(dilation, "dilation", low=1)
    radius, dilation = min(radius, n), min(dilation, n)  # further than n there is nothing
    apart = np.abs(np.arange(1 - n, n))  # of a key from its query, whichever the query is
    near = (apart <= radius * dilation) & (apart % dilation == 0)
    return sliding_window_view(near, n)[::-1].copy()  # each row begins one earlier in `near`


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
    n = _validate.positions(n, "n")
    chosen = _validate.integers(positions, "positions", low=0, high=n - 1)
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
    n = _validate.positions(n, "n")
    k = _validate.integer(k, "k", low=0, high=n - 1)
    pattern = np.zeros((n, n), dtype=bool)
    np.put_along_axis(pattern, random_order(n, rng)[:, : k + 1], True, axis=1)
    return pattern


def expander_pattern(n, d, rng):
    """Join each position with those before and after it in d random orders, and with itself.

    The orders go round. But for neighbours in several of them, every position has 2d others. A few
    draws are made, and the one with the largest `spectral_gap` is kept.

    Parameters
    ----------
    n, d : int
        `d` at least 1.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)
        Symmetric.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or out of range, or `rng` is no generator.

    References
    ----------
    Shirzad et al. (2023), Exphormer: sparse transformers for graphs, section 3; there permutations
    need not be one cycle, and draws are repeated until the gap is large enough.

    Examples
    --------
    >>> expander_pattern(50, 2, np.random.default_rng(0)).sum(axis=1).max()
    np.int64(5)
    """
    n = _validate.positions(n, "n")
    d = _validate.integer(d, "d", low=1, high=2**10)
    _validate.generator(rng, "rng")
    drawn = [_joined([rng.permutation(n) for _ in range(d)]) for _ in range(DRAWS)]
    return max(drawn, key=spectral_gap)


def _joined(orders):
    """Return the pattern in which neighbours in any of these orders attend to each other."""
    pattern = np.eye(len(orders[0]), dtype=bool)
    for order in orders:
        pattern[order, np.roll(order, 1)] = True
    return pattern | pattern.T


def spectral_gap(pattern):
    """Return how fast a walk along a pattern forgets its start.

    It is 1 minus the size of the second largest eigenvalue of the walk, which takes each edge of a
    position with the same chance. In the long run, where two walks are that began apart differs by
    that factor less after each step.

    Parameters
    ----------
    pattern : array_like of bool, shape (n, n)
        Each row has an edge.

    Returns
    -------
    float
        From 0 to 1: 0 if the walk never forgets, 1 if it has forgotten all after a few steps.

    Raises
    ------
    TypeError, ValueError
        If `pattern` is not boolean or not square, or a row is empty.

    References
    ----------
    Hoory, Linial and Wigderson (2006), Expander graphs and their applications, section 2.3.

    Examples
    --------
    >>> round(spectral_gap(np.ones((4, 4), dtype=bool)), 6)
    1.0
    """
    pattern = _validate.boolean_array(pattern, "pattern", ndim=2)
    _validate.check_shape(pattern, "pattern", shape=(len(pattern), len(pattern)))
    degrees = pattern.sum(axis=1, dtype=float)
    if not degrees.all():
        raise ValueError(f"pattern must have an edge in each row, got none in {degrees.argmin()}")
    if np.array_equal(pattern, pattern.T):  # similar to a symmetric matrix, which is quicker
        root = np.sqrt(degrees)
        sizes = np.abs(np.linalg.eigvalsh(pattern / np.outer(root, root)))
    else:
        sizes = np.abs(np.linalg.eigvals(pattern / degrees[:, None]))
    others = np.sort(sizes)[:-1]
    return float(np.clip(1 - others.max(initial=0), 0, 1))  # rounding may lead beyond


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
    n = _validate.positions(n, "n")
    _validate.generator(rng, "rng")
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
    n = _validate.positions(n, "n")
    size = _validate.integer(size, "size", low=1)
    block = np.arange(n) // min(size, n)
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
    # Once all is reached it stays so, and there may be n² layers: double them, then halve the step.
    reach = [pattern]  # through 1, 2, 4, … layers
    while not reach[-1].all():
        reach.append(_through(reach[-1], reach[-1]))
    layers, reached = 0, np.eye(len(pattern), dtype=bool)
    for power in reversed(range(len(reach))):
        further = _through(reached, reach[power])
        if not further.all():
            layers, reached = layers + 2**power, further
    return layers + 1


def _through(first, second):
    return (first.astype(np.float32) @ second.astype(np.float32)) > 0


def _reaches_everything(pattern):
    """Tell whether some power of a pattern is full: paths lead everywhere, and do not alternate."""
    parts, _ = connected_components(csr_array(pattern), connection="strong")
    if parts > 1 or not pattern.any():
        return False
    return pattern.diagonal().any() or nx.is_aperiodic(
        nx.from_numpy_array(pattern, create_using=nx.DiGraph)
    )
