"""Attention rollout: follow attention through the layers of a whole model by multiplying them."""

import numpy as np

from course_lib import _validate

FUSIONS = {"mean": np.mean, "max": np.max, "min": np.min}


def rollout(weights, *, residual=0.5, fusion="mean", discard=0.0, start_layer=0):
    r"""Return how much each output token draws on each input token, through all layers.

    .. math:: R = \hat A_L \hat A_{L-1} \cdots \hat A_1, \qquad
              \hat A_l = (1 - r)\, A_l + r\, I

    with A_l the heads of layer l fused into one matrix whose rows sum to 1. Entry (i, j) is the
    probability that a random walk which starts at output i, takes one step a layer from the
    last to the first, and stays where it is with probability r, ends at input j.

    Parameters
    ----------
    weights : array_like, shape (..., l, h, n, n) or (l, n, n)
        Attention weights of l layers, the first layer first; without heads they are taken as
        they are. Axes in front of these are models, or texts, each for itself.
    residual : float, default 0.5
        r, the share of the residual connection, from 0 (none) to 1.
    fusion : {"mean", "max", "min"}, default "mean"
        How the heads of a layer become one matrix. After "max" and "min" each row is divided by
        its sum.
    discard : float, default 0.0
        The share of the weakest weights of each fused matrix that is set to 0, from 0 to less
        than 1. Weights as large as the weakest that stays do so too. Each row keeps its strongest
        weight, and is divided by its sum.
    start_layer : int, default 0
        The first layer that takes part.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n, n)
        Rows (outputs) sum to 1.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, an option is out of range, or the minimum over
        the heads leaves a row of zeros.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3 and
    equation 1. Fusions other than the mean, and the discarding of weak weights, are later
    practice with images and not from that paper.

    Examples
    --------
    >>> first = [[1.0, 0.0], [0.5, 0.5]]
    >>> second = [[0.0, 1.0], [0.0, 1.0]]
    >>> rollout([first, second], residual=0)
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    layers = residual_layers(
        weights, residual=residual, fusion=fusion, discard=discard, start_layer=start_layer
    )
    product, *later = np.moveaxis(layers, -3, 0)
    for layer in later:
        product = layer @ product  # later layers from the left
    return product


def rollout_row(weights, output, *, residual=0.5, fusion="mean", discard=0.0, start_layer=0):
    """Return one row of the rollout: what one output token draws on each input token.

    A row times a matrix for each layer, where the whole rollout takes a product of matrices.

    Parameters
    ----------
    weights, residual, fusion, discard, start_layer
        As for `rollout`.
    output : int
        The output position, from 0 to n - 1.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)
        ``rollout(weights)[..., output, :]``; sums to 1.

    Raises
    ------
    TypeError, ValueError
        As for `rollout`, or if `output` is not a position.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> rollout_row([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]], 0, residual=0)
    array([0.5, 0.5])
    """
    fused = _fused(weights, fusion=fusion, discard=discard, start_layer=start_layer)
    residual = _validate.real(residual, "residual", low=0, high=1)
    n = fused.shape[-1]
    row = np.zeros((*fused.shape[:-3], 1, n))
    row[..., _validate.integer(output, "output", low=0, high=n - 1)] = 1
    for layer in np.moveaxis(fused, -3, 0)[::-1]:  # from the output back to the input
        row = (1 - residual) * row @ layer + residual * row
    return row[..., 0, :]


def residual_layers(weights, *, residual=0.5, fusion="mean", discard=0.0, start_layer=0):
    """Return the matrices that rollout multiplies: heads fused, residual mixed in.

    Parameters
    ----------
    weights, residual, fusion, discard, start_layer
        As for `rollout`.

    Returns
    -------
    numpy.ndarray of float64, shape (..., l - start_layer, n, n)
        One matrix a layer, rows summing to 1.

    Raises
    ------
    TypeError, ValueError
        As for `rollout`.

    References
    ----------
    Abnar and Zuidema (2020), Quantifying attention flow in transformers, section 3.

    Examples
    --------
    >>> residual_layers([[[0.0, 1.0], [1.0, 0.0]]])
    array([[[0.5, 0.5],
            [0.5, 0.5]]])
    """
    fused = _fused(weights, fusion=fusion, discard=discard, start_layer=start_layer)
    residual = _validate.real(residual, "residual", low=0, high=1)
    return (1 - residual) * fused + residual * np.eye(fused.shape[-1])


def distance_from_rank_one(matrix):
    r"""Return how far the rows of a matrix are from being all the same.

    .. math:: \frac{\lVert M - \mathbf 1 x^\top \rVert_F}{\lVert M \rVert_F},
              \qquad x = \text{the mean of the rows}

    Parameters
    ----------
    matrix : array_like, shape (..., n, m)
        For instance a rollout. Not all zeros.

    Returns
    -------
    float, or numpy.ndarray of float64 of shape (...)
        From 0 (every row the same, so the matrix has rank one) to 1.

    Raises
    ------
    TypeError, ValueError
        If `matrix` has fewer than two axes or a number that is not finite, or one is all zeros.

    References
    ----------
    Dong, Cordonnier and Loukas (2021), Attention is not all you need: pure attention loses rank
    doubly exponentially with depth, section 2. They measure the residual with another norm, and
    do not divide.

    Examples
    --------
    >>> distance_from_rank_one([[0.5, 0.5], [0.5, 0.5]])
    0.0
    """
    matrix = _validate.real_array(matrix, "matrix", ndim=(2,))
    largest = np.abs(matrix).max(axis=(-2, -1), keepdims=True)
    if (largest == 0).any():
        raise ValueError("matrix must not be all zeros")
    matrix = matrix / largest  # the distance is the same, and no square leaves float64
    apart = np.linalg.norm(matrix - matrix.mean(axis=-2, keepdims=True), axis=(-2, -1))
    distance = apart / np.linalg.norm(matrix, axis=(-2, -1))
    return float(distance) if distance.ndim == 0 else distance


def _fused(weights, *, fusion, discard, start_layer):
    """Return one matrix a layer, (..., l - start_layer, n, n), its rows summing to 1."""
    weights = _validate.weights_array(weights, ndim=(3,))
    if weights.ndim == 3:
        weights = weights[:, None]
    _validate.choice(fusion, "fusion", tuple(FUSIONS))
    discard = _validate.real(discard, "discard", low=0, high=1)
    last = weights.shape[-4] - 1
    start_layer = _validate.integer(start_layer, "start_layer", low=0, high=last)
    weights = weights[..., start_layer:, :, :, :]
    one = weights.shape[-3] == 1
    fused = weights[..., 0, :, :] if one else FUSIONS[fusion](weights, axis=-3)
    if fusion == "mean" and not discard:
        return fused  # rows that sum to 1 have a mean that does
    return _normalised(_without_weakest(fused, discard), fusion)


def _without_weakest(layers, share):
    """Set the weakest share of each matrix to 0, but never the strongest weight of a row."""
    if share == 1:
        raise ValueError("discard must be less than 1, got 1.0")
    if share == 0:
        return layers
    size = layers.shape[-1] ** 2
    ranked = np.sort(layers.reshape(*layers.shape[:-2], size), axis=-1)
    discarded = min(int(round(share * size, 6)), size - 1)  # .29 * 100 is 28.999…
    weakest_kept = ranked[..., discarded, None, None]
    strongest = layers.max(axis=-1, keepdims=True)
    return np.where((layers >= weakest_kept) | (layers == strongest), layers, 0)


def _normalised(layers, fusion):
    sums = layers.sum(axis=-1, keepdims=True)
    if (sums == 0).any():
        *model, layer, row, _ = (int(i) for i in np.argwhere(sums == 0)[0])
        where = f" of {tuple(model)}" if model else ""
        raise ValueError(
            f"fusion {fusion!r} must leave every query a weight above 0; "
            f"in layer {layer}, row {row}{where} has none"
        )
    return layers / sums
