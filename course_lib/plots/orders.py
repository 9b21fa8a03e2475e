"""Orders of tokens that show what the order of the sentence hides."""

import numpy as np
from scipy.sparse.csgraph import connected_components

from course_lib import _validate

DIGITS = 9  # entries that differ by less are equal, so that every machine sorts alike


def spectral_order(weights):
    r"""Return an order in which tokens that attend to one another stand side by side.

    Tokens are sorted by their entries in the Fiedler vector: the eigenvector of the second
    smallest eigenvalue of

    .. math:: L = I - D^{-1/2} S D^{-1/2}, \qquad S = \tfrac12 (A + A^\top)

    with D the row sums of S, after self-attention is left out, and each entry divided by the
    root of the token's row sum.

    Parameters
    ----------
    weights : array_like, shape (n, n)
        Attention weights, rows summing to 1.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Positions in their new order, the end nearer to position 0 first. Parts that no edge joins
        follow one another, each in its own order; equal entries keep the order of the sentence.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights.

    References
    ----------
    Fiedler (1973), Algebraic connectivity of graphs; von Luxburg (2007), A tutorial on spectral
    clustering, section 3.

    Examples
    --------
    >>> weights = [[0.2, 0.0, 0.8], [0.0, 1.0, 0.0], [0.8, 0.0, 0.2]]
    >>> spectral_order(weights).tolist()
    [0, 2, 1]
    """
    weights = _validate.weights_array(weights)
    alike = (weights + weights.T) / 2
    np.fill_diagonal(alike, 0)
    count, part = connected_components(alike > 0, directed=False)
    parts = [np.flatnonzero(part == k) for k in range(count)]
    return np.concatenate(
        [members[_by_fiedler(alike[np.ix_(members, members)])] for members in parts]
    )


def _by_fiedler(alike):
    """Return the order of the tokens of one connected part."""
    if len(alike) < 3:
        return np.arange(len(alike))
    root = np.sqrt(alike.sum(axis=1))
    vectors = np.linalg.eigh(np.eye(len(alike)) - alike / np.outer(root, root))[1]
    fiedler = np.round(vectors[:, 1] / root, DIGITS)
    order = np.argsort(fiedler, kind="stable")
    # The sign of an eigenvector is arbitrary: begin at the end nearer to position 0.
    if 2 * np.flatnonzero(order == 0)[0] >= len(order):
        order = np.argsort(-fiedler, kind="stable")
    return order
