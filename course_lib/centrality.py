"""Which tokens matter: centrality measures of attention matrices, a number for each token.

A measure of one matrix (n, n) is an array of length n; with leading axes, heads or layers, it is
taken of each matrix for itself.

All of them read the graph in the default direction: an edge i -> j says that i attends to j, so a
token is central if it is attended to. None of them is the importance of a token for the model's
answer.
"""

import numpy as np
import scipy  # whose `stats` loads when it is first used: it takes half a second
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from course_lib import _shortest, _validate

STEPS = 30  # of power iteration, before states are eliminated
BLOCK = 32  # states that are eliminated between two products of whole matrices
EXACT = 1e-14  # what all shares together may still be off when the iteration ends
SAME = 1e-9  # singular values closer than this, relatively, count as equal


def in_strength(weights):
    """Return how much attention each token receives: the sum of its column.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
        Attention weights, rows summing to 1.

    Returns
    -------
    numpy.ndarray, shape (..., n_key)
        From 0 to n_query, which is also the sum.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights.

    References
    ----------
    Barrat, Barthélemy, Pastor-Satorras and Vespignani (2004), The architecture of complex weighted
    networks: the strength of a node, here over the edges that arrive.

    Examples
    --------
    >>> in_strength([[0.75, 0.25], [0.5, 0.5]])
    array([1.25, 0.75])
    """
    return _validate.weights_array(weights, ndim=(2,), square=False).sum(axis=-2)


def pagerank(weights, *, damping=0.85):
    r"""Return the PageRank of each token: where a walk is found that now and then jumps anywhere.

    .. math:: x = \frac{1 - c}{n} \mathbf 1 + c\, A^\top x

    With probability c the walk follows an edge, chosen by its weight; otherwise it jumps to any
    token. A few steps of power iteration, and if these are not enough, the elimination of
    `stationary_distribution`; either way the shares are within 1e-14 of exact, up to the rounding
    of float64.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1. They may be disconnected or periodic.
    damping : float, default 0.85
        c, from 0 (always jump; all equal) to less than 1.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        Positive for c < 1; sums to 1.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `damping` is not from 0 to less than 1.

    References
    ----------
    Page, Brin, Motwani and Winograd (1999), The PageRank citation ranking, section 2.4.

    Examples
    --------
    >>> pagerank([[0.5, 0.5], [1.0, 0.0]], damping=0)
    array([0.5, 0.5])
    """
    weights = _validate.weights_array(weights, ndim=(2,))
    damping = _validate.real(damping, "damping", low=0, high=1)
    if damping == 1:
        raise ValueError("damping must be less than 1, got 1.0; see stationary_distribution")
    n = weights.shape[-1]
    jump = (1 - damping) / n

    def of_one(matrix):
        shares = np.full(n, 1 / n)
        for _ in range(STEPS):  # where a walk soon forgets its start, this is less work
            before, shares = shares, jump + damping * (shares @ matrix)
            if damping * np.abs(shares - before).sum() <= EXACT * (1 - damping):
                return shares / shares.sum()
        return _long_run(jump + damping * matrix)

    return _of_each(of_one, weights)


def stationary_distribution(weights):
    r"""Return where a walk along the edges is found in the long run (TokenRank).

    .. math:: x = A^\top x, \qquad \textstyle\sum_i x_i = 1

    Tokens are eliminated one after another: each hands on where its walk goes next. Nothing is
    ever subtracted, so that each share is exact up to rounding, also where parts of the graph are
    nearly separate.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        Sums to 1. A token that the walk leaves for good has 0. A periodic walk, which never
        settles, has the share of time that it spends at each token.

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers.
    ValueError
        If `weights` are not attention weights, or the walk can end in more than one part of the
        graph, so that the answer depends on where it starts.

    References
    ----------
    Erel et al. (2025), Attention (as discrete-time Markov) chains, arXiv 2507.17657; Grassmann,
    Taksar and Heyman (1985), Regenerative analysis and steady state distributions for Markov
    chains, for the elimination.

    Examples
    --------
    >>> stationary_distribution([[0.5, 0.5], [1.0, 0.0]]).round(4)
    array([0.6667, 0.3333])
    """
    return _of_each(_stationary, _validate.weights_array(weights, ndim=(2,)))


def _stationary(weights):
    ends = _closed_parts(weights)
    if len(ends) > 1:
        raise ValueError(
            "weights must lead every walk into one part of the graph, but it can stay for ever "
            f"in {len(ends)} parts, for instance at {ends[0][:5]} or at {ends[1][:5]}"
        )
    shares = np.zeros(len(weights))
    shares[ends[0]] = _long_run(weights[np.ix_(ends[0], ends[0])])
    return shares


def _long_run(chain):
    """Return the stationary distribution of a chain in which every state leads to every other.

    Without state k, which a walk leaves with probability s = Σ_{j<k} P[k, j], the walk goes from i
    to j with probability P[i, j] + P[i, k] P[k, j] / s, and so on down to state 0. On the way back
    x_k = Σ_{i<k} x_i P[i, k] / s. Of the diagonal nothing is used: s stands for 1 - P[k, k].
    """
    chain, n = chain.copy(), len(chain)
    leaves = np.ones(n)
    for high in range(n, 1, -BLOCK):  # states from high - 1 down to low
        low = max(high - BLOCK, 1)
        for k in range(high - 1, low - 1, -1):
            gone = slice(k + 1, high)  # the others have been added to the whole matrix already
            chain[k, :k] += chain[k, gone] @ chain[gone, :k]
            chain[:k, k] += chain[:k, gone] @ chain[gone, k]
            leaves[k] = chain[k, :k].sum()
            chain[k, :k] /= leaves[k]
        chain[:low, :low] += chain[:low, low:high] @ chain[low:high, :low]
    shares = np.ones(n)
    for k in range(1, n):
        arrives = shares[:k] @ chain[:k, k]
        if arrives > leaves[k]:  # the largest share stays 1: none can leave float64
            shares[:k] *= leaves[k] / arrives
        else:
            shares[k] = arrives / leaves[k]
    return shares / shares.sum()


def hits(weights):
    r"""Return hubs and authorities: who attends to those that many attend to, and who these are.

    .. math:: h \propto A a, \qquad a \propto A^\top h

    The authorities are the first right singular vector of A, the hubs the first left one.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1.

    Returns
    -------
    hubs, authorities : numpy.ndarray, shape (..., n)
        Not negative; each sums to 1.

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers.
    ValueError
        If `weights` are not attention weights, or the largest singular value is not the only
        one of its size, so that there is more than one answer.

    References
    ----------
    Kleinberg (1999), Authoritative sources in a hyperlinked environment, section 3.

    Examples
    --------
    >>> hubs, authorities = hits([[0.0, 1.0], [0.5, 0.5]])
    >>> bool(authorities[1] > authorities[0])
    True
    """
    weights = _validate.weights_array(weights, ndim=(2,))
    left, values, right = np.linalg.svd(weights)
    if weights.shape[-1] > 1:
        twice = values[..., 0] - values[..., 1] <= SAME * values[..., 0]
        if twice.any():
            raise ValueError(
                "weights must have one largest singular value, or hubs and authorities have no "
                f"one answer; got {values[..., 0][twice][0]:.6g} twice"
            )
    hubs, authorities = np.abs(left[..., 0]), np.abs(right[..., 0, :])
    sums = hubs.sum(axis=-1, keepdims=True), authorities.sum(axis=-1, keepdims=True)
    return hubs / sums[0], authorities / sums[1]


def betweenness(weights):
    r"""Return how often a token lies on the shortest path between two others.

    The length of an edge is :math:`-\ln A_{ij}`, so the shortest path is the one with the largest
    product of weights. Weights are closeness and not length: taken as lengths, they would make
    the strongest edge the longest.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1. A weight of 0 is no edge.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        The share of ordered pairs of other tokens, from 0 to 1, whose shortest path leads through
        the token; several equally short paths share a pair. 0 for fewer than three tokens. Of paths
        with the same product, one over fewer edges of weight 1 counts as the shorter.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights.

    References
    ----------
    Freeman (1977), A set of measures of centrality based on betweenness; Brandes (2001), A
    faster algorithm for betweenness centrality.

    Examples
    --------
    >>> chain = [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    >>> betweenness(chain)
    array([0., 1., 0.])
    """
    return _of_each(_betweenness, _validate.weights_array(weights, ndim=(2,)))


def _betweenness(weights):
    n = len(weights)
    if n < 3:
        return np.zeros(n)
    return _shortest.pairs_through(_shortest.edge_lengths(weights)) / ((n - 1) * (n - 2))


def closeness(weights):
    r"""Return how near a token is to those that can reach it.

    The length of an edge is :math:`-\ln A_{ij}`. The closeness of a token is the share of tokens
    that reach it, times the inverse of their mean distance to it.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1. A weight of 0 is no edge.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        0 for a token that no other reaches; at most 1e12, where all weights on the way are 1.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights.

    References
    ----------
    Freeman (1979), Centrality in social networks: conceptual clarification; Wasserman and Faust
    (1994), Social network analysis, page 201, for graphs that are not connected.

    Examples
    --------
    >>> closeness([[0.5, 0.5], [0.0, 1.0]]).round(4)
    array([0.    , 1.4427])
    """
    return _of_each(_closeness, _validate.weights_array(weights, ndim=(2,)))


def _closeness(weights):
    n = len(weights)
    away = _shortest.distances(_shortest.edge_lengths(weights))
    reaches = np.isfinite(away) & ~np.eye(n, dtype=bool)
    count, length = reaches.sum(axis=0), np.where(reaches, away, 0).sum(axis=0)
    return np.divide(count**2, length * (n - 1), out=np.zeros(n), where=count > 0)


def remove_tokens(weights, positions):
    """Return the attention among the other tokens, as if some had never been there to look at.

    Their rows and columns go, and each row that stays is divided by its sum: what a mask over
    these keys does to a softmax.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights, rows summing to 1.
    positions : int or sequence of int
        The k positions to remove, each once; at least one token must stay.

    Returns
    -------
    numpy.ndarray, shape (..., n - k, n - k)
        The tokens that stay keep their order. Measures of it are a new ranking.

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers, or `positions` are not integers.
    ValueError
        If `weights` are not attention weights, a position is out of range or given twice, none
        would stay, or a token that stays attends to nothing but removed ones.

    Examples
    --------
    >>> remove_tokens([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]], 0)
    array([[1.  , 0.  ],
           [0.25, 0.75]])
    """
    weights = _validate.weights_array(weights, ndim=(2,))
    n = weights.shape[-1]
    positions = positions if np.iterable(positions) else [positions]
    gone = _validate.integers(positions, "positions", low=0, high=n - 1)
    if len(set(gone)) < len(gone) or len(gone) == n:
        raise ValueError(f"positions must be different and leave a token, got {gone} of {n}")
    rest = np.delete(np.delete(weights, gone, axis=-2), gone, axis=-1)
    sums = rest.sum(axis=-1, keepdims=True)
    if (sums == 0).any():
        alone = (sums[..., 0] == 0).reshape(-1, n - len(gone)).any(axis=0)  # in any matrix
        stranded = np.delete(np.arange(n), gone)[alone].tolist()
        raise ValueError(
            f"positions must leave every token something to attend to; without {gone}, "
            f"{stranded} have nothing"
        )
    return rest / sums


def rank_correlation(first, second):
    """Return how far two measures rank the same tokens alike (Spearman's rank correlation).

    Parameters
    ----------
    first, second : array_like, shape (..., n)
        Scores of the same n tokens, n at least 2. Only their order counts; equal scores share a
        mean rank.

    Returns
    -------
    float, or numpy.ndarray of float64 of shape (...)
        From -1 (opposite orders) to 1 (the same order).

    Raises
    ------
    TypeError
        If the scores are not real numbers.
    ValueError
        If they are not finite, differ in length or are fewer than two, or if all scores of one
        measure are equal, so that it ranks nothing.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things.

    Examples
    --------
    >>> rank_correlation([0.1, 0.2, 0.7], [1, 10, 100])
    1.0
    """
    first = _validate.real_array(first, "first", ndim=(1,))
    second = _validate.real_array(second, "second", shape=first.shape)
    for scores, name in ((first, "first"), (second, "second")):
        if (scores.min(axis=-1) == scores.max(axis=-1)).any():
            raise ValueError(f"{name} must hold different scores, or it ranks nothing")
    # Pearson's correlation of the ranks, less their mean, which is (n + 1) / 2.
    a, b = (_ranks(scores) - (scores.shape[-1] + 1) / 2 for scores in (first, second))
    found = (a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    found = np.round(found, 12)
    return float(found) if found.ndim == 0 else found


def _ranks(scores):
    """Return the rank of each score along the last axis, from 1; equal scores share a mean rank."""
    if scores.ndim > 1:
        return scipy.stats.rankdata(scores, axis=-1)
    ordered = np.sort(scores)  # of few scores, SciPy takes ten times as long
    below, not_above = (ordered.searchsorted(scores, side) for side in ("left", "right"))
    return (below + 1 + not_above) / 2


def row_correlations(matrix, effects):
    """Return how far each row of a matrix ranks the tokens as the same row of another does.

    Parameters
    ----------
    matrix, effects : array_like, shape (..., n, n)
        For instance a rollout and what leave one out did to each output, n at least 3. The
        diagonals are left out and may hold anything.

    Returns
    -------
    numpy.ndarray, shape (..., n)
        The rank correlation of each pair of rows, from -1 to 1.

    Raises
    ------
    TypeError, ValueError
        If the two are not finite square matrices of one shape (the diagonals apart), or all scores
        of a row are equal, so that it ranks nothing.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things.

    Examples
    --------
    >>> row_correlations([[9, 1, 2], [1, 9, 2], [1, 2, 9]], [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
    array([ 1.,  1., -1.])
    """
    matrix = _validate.off_diagonal(matrix, "matrix")
    effects = _validate.off_diagonal(effects, "effects")
    if effects.shape != matrix.shape:
        raise ValueError(
            f"effects must have the shape of matrix, {_square(matrix)}, got {_square(effects)}"
        )
    for rows, name in ((matrix, "matrix"), (effects, "effects")):
        same = np.argwhere(rows.min(axis=-1) == rows.max(axis=-1)).tolist()
        if same:
            row = same[0][0] if matrix.ndim == 2 else tuple(same[0])
            raise ValueError(f"{name} must hold different scores in row {row}")
    return rank_correlation(matrix, effects)


def _square(rows):
    """Return the shape of matrices whose diagonals were left out."""
    return (*rows.shape[:-1], rows.shape[-2])


def _of_each(measure, weights):
    """Return a measure of each matrix of checked weights, (..., n, n) to (..., n)."""
    if weights.ndim == 2:
        return measure(weights)
    n = weights.shape[-1]
    return np.reshape([measure(matrix) for matrix in weights.reshape(-1, n, n)], weights.shape[:-1])


def _closed_parts(weights):
    """Return the parts of the graph that a walk never leaves, each a list of positions."""
    count, part = connected_components(csr_array(weights > 0), connection="strong")
    leaves = {int(part[i]) for i, j in np.argwhere(weights > 0) if part[i] != part[j]}
    return [np.flatnonzero(part == k).tolist() for k in range(count) if k not in leaves]
