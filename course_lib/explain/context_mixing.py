"""How much each position takes from each other one: more than the weights alone. NumPy only.

Matrices are (n, n) or have layers in front; ``[i, j]`` is what i takes from j, as in all of the
course.
"""

import numpy as np

from course_lib import _validate


def value_parts(weights, values, output):
    r"""Return what each query is given by each key, as vectors.

    .. math:: F_i(x_j) = \sum_h \alpha^h_{ij} f_h(x_j), \qquad f_h(x) = (x W^h_V + b^h_V) W^h_O

    Summed over j, they are what attention adds to position i, without the bias of W_O.

    Parameters
    ----------
    weights : array_like, shape (h, n_query, n_key)
        Attention weights of one layer, rows summing to 1.
    values : array_like, shape (h, n_key, d_head)
        x W_V + b_V of each head.
    output : array_like, shape (h, d_head, d_model)
        W_O, the rows that belong to each head.

    Returns
    -------
    numpy.ndarray of float64, shape (n_query, n_key, d_model)

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or the other arrays do not fit them.

    References
    ----------
    Kobayashi, Kuribayashi, Yokoi and Inui (2020), Attention is not only a weight: analyzing
    transformers with vector norms, section 2.2.

    Examples
    --------
    >>> value_parts([[[0.5, 0.5]]], [[[2.0], [0.0]]], [[[1.0, 1.0]]])
    array([[[1., 1.],
            [0., 0.]]])
    """
    weights = _validate.weights_array(weights, ndim=3, square=False)
    heads, _, n_key = weights.shape
    values = _validate.moderate_array(values, "values", shape=(heads, n_key, "d_head"))
    output = _validate.moderate_array(output, "output", shape=(heads, values.shape[-1], "d_model"))
    return np.einsum("hij,hjf->ijf", weights, values @ output)


def value_aware_weights(weights, values, output):
    r"""Return how large what each query is given by each key is: its norm.

    .. math:: \Big\lVert \sum_h \alpha^h_{ij} f_h(x_j) \Big\rVert

    A large weight on a small vector is a small gift; and heads that pull apart give less than
    their weights say.

    Parameters
    ----------
    weights, values, output
        As for `value_parts`.

    Returns
    -------
    numpy.ndarray of float64, shape (n_query, n_key)
        Not divided by row sums.

    Raises
    ------
    TypeError, ValueError
        As for `value_parts`.

    References
    ----------
    Kobayashi et al. (2020), section 2.2.

    Examples
    --------
    >>> value_aware_weights([[[0.5, 0.5]]], [[[2.0], [0.0]]], [[[3.0, 4.0]]])
    array([[5., 0.]])
    """
    return np.linalg.norm(value_parts(weights, values, output), axis=-1)


def alti(parts, whole):
    r"""Return how much nearer each part brings a sum of vectors to what it is.

    .. math:: c_{ij} = \frac{\max(0,\ \lVert y_i\rVert_1 - \lVert y_i - T_i(x_j)\rVert_1)}
                            {\sum_k \max(0,\ \lVert y_i\rVert_1 - \lVert y_i - T_i(x_k)\rVert_1)}

    Parameters
    ----------
    parts : array_like, shape (..., n_query, n_key, d)
        :math:`T_i(x_j)`: what position i has from j, the residual among it, normalised with the
        layer's own deviation where a norm follows.
    whole : array_like, shape (..., n_query, d)
        :math:`y_i`: the sum of the parts of i and the biases.

    Returns
    -------
    numpy.ndarray of float64, shape (..., n_query, n_key)
        Rows sum to 1. Of several layers, their product, last layer first, is the ALTI of a model.

    Raises
    ------
    TypeError, ValueError
        If an array holds something else than numbers, their shapes do not fit, or no part brings a
        row nearer.

    References
    ----------
    Ferrando, Gállego and Costa-jussà (2022), Measuring the mixing of contextual information in the
    transformer, section 3. Their code divides by the unbiased standard deviation, where
    LayerNorm has the biased one: its parts are smaller by sqrt((d - 1) / d).

    Examples
    --------
    >>> alti([[[3.0, 0.0], [0.0, 1.0]]], [[3.0, 1.0]])
    array([[0.75, 0.25]])
    """
    parts = _validate.moderate_array(parts, "parts", ndim=(3,))
    whole = _validate.moderate_array(whole, "whole", shape=(*parts.shape[:-2], parts.shape[-1]))
    size = np.abs(whole).sum(axis=-1)[..., None]
    nearer = np.maximum(0, size - np.abs(whole[..., None, :] - parts).sum(axis=-1))
    return _shares(nearer, "parts")


def gradient_rollout(weights, gradients):
    r"""Return the relevance of each position for each output, by attention times its gradient.

    .. math:: R \leftarrow R + \bar A_l R, \qquad
              \bar A_l = \frac1h \sum_{\text{heads}} (\nabla A \odot A)^+, \qquad R_0 = I

    Parameters
    ----------
    weights : array_like, shape (l, h, n, n)
        Attention weights, the first layer first.
    gradients : array_like, shape (l, h, n, n)
        The gradient of one number, which is to be explained, by each of them.

    Returns
    -------
    numpy.ndarray of float64, shape (n, n)
        R without I: what layers added. Of a model that answers at one position, its row tells.

    Raises
    ------
    TypeError, ValueError
        If `weights` are not attention weights, or `gradients` are no numbers of the same shape, or
        so large that float64 cannot hold the result.

    References
    ----------
    Chefer, Gur and Wolf (2021), Generic attention-model explainability for interpreting bi-modal
    and encoder-decoder transformers, section 3.

    Examples
    --------
    >>> gradient_rollout([[[[0.5, 0.5], [0, 1]]]], [[[[2.0, -2.0], [0, 1]]]])
    array([[1., 0.],
           [0., 1.]])
    """
    weights = _validate.weights_array(weights, ndim=4)
    gradients = _validate.moderate_array(gradients, "gradients", shape=weights.shape)
    relevance = start = np.eye(weights.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        for layer in np.maximum(0, gradients * weights).mean(axis=1):
            relevance = relevance + layer @ relevance
    if not np.isfinite(relevance).all():
        raise ValueError("gradients must have products over the layers that float64 can hold")
    return relevance - start


def mixed_through(layers):
    """Return the product of the matrices of layers, the last one first, rows divided by sums.

    Parameters
    ----------
    layers : array_like, shape (l, n, n)
        Not negative; no row of zeros. The residual must be in them already, as in Value Zeroing
        and ALTI; `course_lib.rollout` is for weights, where it is not.

    Returns
    -------
    numpy.ndarray of float64, shape (n, n)
        Rows sum to 1.

    Raises
    ------
    TypeError, ValueError
        If `layers` are something else.

    Examples
    --------
    >>> mixed_through([[[1, 0], [1, 1]], [[3, 1], [0, 1]]])
    array([[0.875, 0.125],
           [0.5  , 0.5  ]])
    """
    layers = _validate.moderate_array(layers, "layers", ndim=3)
    if layers.shape[-1] != layers.shape[-2]:
        raise ValueError(f"layers must be square in their last two axes, got {layers.shape}")
    product = None
    for layer in _shares(layers, "layers"):
        product = layer if product is None else layer @ product
    return product


def row_shares(matrices):
    """Return matrices (..., n_query, n_key) with each row divided by its sum.

    Raises
    ------
    TypeError, ValueError
        If a number is negative, or a row is 0.

    Examples
    --------
    >>> row_shares([[3, 1]])
    array([[0.75, 0.25]])
    """
    return _shares(_validate.moderate_array(matrices, "matrices", ndim=(2,)), "matrices")


def _shares(matrices, name):
    if matrices.min() < 0:
        raise ValueError(f"{name} must not be negative, got {matrices.min():.3g}")
    sums = matrices.sum(axis=-1, keepdims=True)
    if not (sums > 0).all():
        row = tuple(int(i) for i in np.argwhere(sums[..., 0] <= 0)[0])
        raise ValueError(f"{name} must leave something in each row, but row {row} is 0")
    return matrices / sums
