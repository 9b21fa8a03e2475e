"""What single heads do: scores that find well-known kinds of heads, and distances between heads."""

import numpy as np

from course_lib import _validate
from course_lib.attention import entropy


def offset_score(weights, offset):
    """Return the mean weight that queries give to the key `offset` places further on.

    A head that looks at the previous token scores near 1 at offset -1, one that looks at the
    next token at offset +1, one that looks at itself at 0.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights of any number of heads and layers.
    offset : int
        From -(n - 1) to n - 1. Queries without such a key are left out of the mean.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        A number from 0 to 1 for each head.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `offset` leaves no pair.

    References
    ----------
    Clark et al. (2019), What does BERT look at?, section 3.1.

    Examples
    --------
    >>> float(offset_score([[1.0, 0.0], [0.8, 0.2]], -1))
    0.8
    """
    weights = _validate.weights_array(weights, ndim=(2,))
    n = weights.shape[-1]
    offset = _validate.integer(offset, "offset", low=1 - n, high=n - 1)
    return np.diagonal(weights, offset, axis1=-2, axis2=-1).mean(axis=-1)


def position_score(weights, positions):
    """Return the mean total weight that queries give to some positions.

    With the first position this finds attention sinks, with the positions of the separators
    separator heads.

    Parameters
    ----------
    weights : array_like, shape (..., n_query, n_key)
        Attention weights of any number of heads and layers.
    positions : int or sequence of int
        Key positions, from 0 to n_key - 1, without repeats.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        A number from 0 to 1 for each head; uniform attention scores
        ``len(positions) / n_key``.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `positions` are not positions of theirs.

    References
    ----------
    Clark et al. (2019), What does BERT look at?, section 3.2; Xiao et al. (2024), Efficient
    streaming language models with attention sinks.

    Examples
    --------
    >>> float(position_score([[1.0, 0.0], [0.8, 0.2]], 0))
    0.9
    """
    weights = _validate.weights_array(weights, ndim=(2,), square=False)
    n = weights.shape[-1]
    listed = positions if np.iterable(positions) else [positions]
    listed = _validate.integers(listed, "positions", low=0, high=n - 1)
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(
            f"positions must be distinct and at least one, got {_validate.shown(listed)}"
        )
    return weights[..., listed].sum(axis=-1).mean(axis=-1)


def duplicate_score(weights, tokens):
    """Return the mean weight that tokens which were there before give to their earlier copies.

    Parameters
    ----------
    weights : array_like, shape (..., n, n)
        Attention weights of any number of heads and layers.
    tokens : sequence of str or int
        The n tokens. At least one occurs twice.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        A number from 0 to 1 for each head.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or there are other `tokens` or none that recur.

    References
    ----------
    Wang et al. (2023), Interpretability in the wild: a circuit for indirect object identification
    in GPT-2 small, section 3: duplicate token heads.

    Examples
    --------
    >>> float(duplicate_score([[1, 0, 0], [0.5, 0.5, 0], [0.7, 0.2, 0.1]], list("aba")))
    0.7
    """
    weights, copies = _with_copies(weights, tokens)
    return _mean_on(weights, copies)


def induction_score(weights, tokens):
    """Return the mean weight that tokens which were there before give to what followed then.

    For a query i, that is the weight on all keys j + 1 with an earlier copy of its token at j. A
    head that scores high can go on with a pattern: it looks at what came next the last time.

    Parameters
    ----------
    weights, tokens
        As for `duplicate_score`.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        A number from 0 to 1 for each head.

    Raises
    ------
    TypeError, ValueError
        As for `duplicate_score`.

    References
    ----------
    Olsson et al. (2022), In-context learning and induction heads: prefix matching.

    Examples
    --------
    >>> float(induction_score([[1, 0, 0], [0.5, 0.5, 0], [0.7, 0.2, 0.1]], list("aba")))
    0.2
    """
    weights, copies = _with_copies(weights, tokens)
    return _mean_on(weights, np.roll(copies, 1, axis=1))  # no copy is in the last column


def composition_score(reader, writer):
    r"""Return how much of what one head writes could reach another, as a share of the most.

    .. math:: \frac{\lVert R\,W \rVert_F}{\lVert R \rVert_F \lVert W \rVert_F}

    with Frobenius norms. Random matrices do not score 0: compare with other pairs of heads.

    Parameters
    ----------
    reader : array_like, shape (..., m, d)
        What the later head makes of its input: :math:`W_Q^\top W_K` for its keys, say.
    writer : array_like, shape (..., d, k)
        What the earlier head writes for what it reads, :math:`W_O W_V`. Not 0, nor is `reader`.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        From 0 to 1; leading axes broadcast.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, or a matrix is 0.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits, composition.

    Examples
    --------
    >>> float(composition_score([[1, 0], [0, 0]], [[3], [0]]))
    1.0
    """
    reader = _validate.real_array(reader, "reader", ndim=(2,))
    writer = _validate.real_array(writer, "writer", ndim=(2,))
    _validate.check_shape(writer, "writer", shape=(..., reader.shape[-1], "k"))
    reader, writer = _of_size_one(reader, "reader"), _of_size_one(writer, "writer")
    try:
        return np.minimum(np.linalg.norm(reader @ writer, axis=(-2, -1)), 1)  # but for rounding
    except ValueError:
        raise ValueError(
            f"writer must broadcast against reader: got {writer.shape} against {reader.shape}"
        ) from None


def head_distance(first, second):
    r"""Return the Jensen-Shannon distance between two heads, averaged over queries.

    .. math:: d = \frac1n \sum_i \sqrt{H\!\left(\tfrac{p_i+q_i}{2}\right)
              - \tfrac12 H(p_i) - \tfrac12 H(q_i)}

    with entropies H in bits, p_i and q_i the weights of query i in either head.

    Parameters
    ----------
    first, second : array_like, shape (..., n_query, n_key)
        Attention weights; leading axes broadcast.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        0 for equal heads, 1 for heads that never attend to the same key.

    Raises
    ------
    TypeError, ValueError
        If either is not attention weights, or their shapes do not fit.

    References
    ----------
    Lin (1991), Divergence measures based on the Shannon entropy; Endres and Schindelin (2003),
    A new metric for probability distributions.

    Examples
    --------
    >>> float(head_distance([[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]))
    0.5
    """
    first = _validate.weights_array(first, "first", ndim=(2,), square=False)
    second = _validate.weights_array(second, "second", ndim=(2,), square=False)
    if first.shape[-2:] != second.shape[-2:]:
        raise ValueError(
            f"second must have as many positions as first: expected {first.shape[-2:]}, "
            f"got {second.shape[-2:]}"
        )
    try:
        middle = (first + second) / 2
    except ValueError:
        raise ValueError(
            f"second must broadcast against first: got {second.shape} against {first.shape}"
        ) from None
    nats = entropy(middle) - (entropy(first) + entropy(second)) / 2
    bits = np.clip(nats / np.log(2), 0, 1)  # rounding can leave -1e-17
    return np.sqrt(bits).mean(axis=-1)


def _with_copies(weights, tokens):
    """Return the weights, and (n, n): whether key j is an earlier copy of the token of query i."""
    weights = _validate.weights_array(weights, ndim=(2,))
    # As objects: NumPy's own texts lose null characters at their ends, which are tokens of some.
    found = np.array(_validate.token_list(tokens, weights.shape[-1]), dtype=object)
    copies = np.tril(found[:, None] == found, -1)
    if not copies.any():
        raise ValueError("tokens must hold one that occurs twice, got none")
    return weights, copies


def _mean_on(weights, keys):
    """Return the mean over the queries that have such keys of the weight on all of them."""
    asking = keys.any(axis=1)
    return (weights * keys).sum(axis=-1)[..., asking].mean(axis=-1)


def _of_size_one(matrices, name):
    largest = np.abs(matrices).max(axis=(-2, -1), keepdims=True)
    if not largest.all():
        raise ValueError(f"{name} must not be 0")
    matrices = matrices / largest  # so that no square overflows
    return matrices / np.linalg.norm(matrices, axis=(-2, -1), keepdims=True)
