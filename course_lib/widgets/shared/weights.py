"""What every view of attention weights has in common: the weights, their tokens, a layer."""

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.widgets.shared.figure import FigureView

MOST_TOKENS = 512
MOST_PLAIN = 64  # positions whose weights are sent as they are; those of more are quantised
STEPS = {False: np.uint8, True: np.uint16}  # by whether they are to be exact


class WeightsView(FigureView):
    """A view that draws weights of shape (layers, heads, n, n); `layer` says which are shown."""

    weights = traitlets.Bytes().tag(sync=True)  # little-endian float32 or float64, or quantised
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads, n
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.05).tag(sync=True)


def packed(weights, tokens, *, exact=False):
    """Return the traits `weights`, `shape` and `tokens` for weights of any layout.

    `exact` sends twice as many bytes: for figures whose numbers the shorter form would change.
    Up to 64 positions the weights go as float32, or as float64 if `exact`. Those of more are
    `quantised`, in one byte or two, so that 12 layers of 12 heads and 197 positions fit into 5.6
    or 11.2 MB; of the largest weight of its matrix, an entry is then off by less than 1/255 or
    1/65535.
    """
    weights = _checked(weights, "2, 3 or 4", least=2)
    weights = weights.reshape((1,) * (4 - weights.ndim) + weights.shape)
    return _traits(weights, tokens, exact)


def packed_layers(weights, tokens):
    """Return the same traits for the layers of a model: three axes are layers without heads."""
    weights = _checked(weights, "3 or 4", least=3)
    return _traits(weights[:, None] if weights.ndim == 3 else weights, tokens, exact=False)


def quantised(matrices, steps):
    """Return bytes: a float32 scale a matrix, then each entry as an unsigned integer `steps`.

    The integer q stands for ``scale * (q / top) ** 2``, where scale is the largest entry of the
    matrix and top the largest integer. The square makes the steps of small weights small: an
    entry w is off by at most ``sqrt(w * scale) / top + scale / top ** 2``, and by less than
    ``scale / top``. A positive weight is never sent as 0, so that the graph keeps its edges.

    Parameters
    ----------
    matrices : numpy.ndarray, shape (..., n_query, n_key)
        At least 0.
    steps : numpy.uint8 or numpy.uint16
    """
    top = np.iinfo(steps).max
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    scales = flat.max(axis=(-2, -1)).astype("<f4")
    entries = np.empty(flat.shape, np.dtype(steps).newbyteorder("<"))
    for matrix, scale, sent_as in zip(flat, scales, entries, strict=True):  # copies one at a time
        shares = matrix / (scale or 1)
        sent_as[:] = np.rint(top * np.sqrt(shares)).clip(shares > 0, top)
    return scales.tobytes() + entries.tobytes()


def _checked(weights, axes, *, least):
    weights = _validate.weights_array(weights, ndim=(least,))
    if weights.ndim > 4:
        raise ValueError(
            f"weights must have {axes} axes, got {weights.ndim} (shape {weights.shape})"
        )
    n = weights.shape[-1]
    if n > MOST_TOKENS:
        raise ValueError(f"weights must have at most {MOST_TOKENS} positions to be drawn, got {n}")
    return weights


def sent(weights, *, exact=False):
    """Return weights of shape (layers, heads, n_query, n_key) as bytes; see `packed`."""
    if max(weights.shape[-2:]) > MOST_PLAIN:
        return quantised(weights, STEPS[exact])
    return weights.astype("<f8" if exact else "<f4").tobytes()


def received(content, shape, layers=slice(None)):
    """Return weights as float64 (layers, heads, n_query, n_key) from the bytes of `sent`."""
    matrices, size = shape[0] * shape[1], shape[2] * shape[3]
    if max(shape[2:]) <= MOST_PLAIN:
        kind = "<f8" if len(content) == 8 * matrices * size else "<f4"
        return np.frombuffer(content, kind).reshape(shape)[layers].astype(float)
    steps = np.uint8 if len(content) == matrices * (4 + size) else np.uint16
    scales = np.frombuffer(content, "<f4", matrices).reshape(*shape[:2], 1, 1)[layers]
    entries = np.frombuffer(content, np.dtype(steps).newbyteorder("<"), offset=4 * matrices)
    weights = entries.reshape(shape)[layers] / np.iinfo(steps).max
    weights *= weights  # in place: of 12 layers of 12 heads and 512 positions they fill 300 MB
    weights *= scales
    return weights


def all_of(view):
    """Return the weights of a `WeightsView` with rows that sum to 1: (layers, heads, n, n)."""
    weights = received(view.weights, [*view.shape, view.shape[2]])
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def chosen_matrix(view, weights=None):
    """Return the matrix of the layer and the head that a view shows, with rows that sum to 1."""
    layer = slice(view.layer, view.layer + 1)
    if weights is None:
        weights = received(view.weights, [*view.shape, view.shape[2]], layer)
    heads = weights[0] if len(weights) == 1 else weights[view.layer]
    chosen = heads[view.head_choice - 1] if view.head_choice else heads.mean(axis=0)
    return chosen / chosen.sum(axis=-1, keepdims=True)


def _traits(weights, tokens, exact):
    return {
        "weights": sent(weights, exact=exact),
        "shape": list(weights.shape[:3]),
        "tokens": _validate.token_list(tokens, weights.shape[-1]),
    }
