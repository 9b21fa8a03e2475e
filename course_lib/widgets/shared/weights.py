"""What every view of attention weights has in common: the weights, their tokens, a layer."""

import traitlets

from course_lib import _validate
from course_lib.widgets.shared.figure import FigureView

MOST_TOKENS = 64


class WeightsView(FigureView):
    """A view that draws weights of shape (layers, heads, n, n); `layer` says which are shown."""

    weights = traitlets.Bytes().tag(sync=True)  # little-endian float32 or float64
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads, n
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.05).tag(sync=True)


def packed(weights, tokens, *, exact=False):
    """Return the traits `weights`, `shape` and `tokens` for weights of any layout.

    `exact` sends float64, twice the size: for figures whose numbers float32 would change.
    """
    weights = _checked(weights, "2, 3 or 4", least=2)
    weights = weights.reshape((1,) * (4 - weights.ndim) + weights.shape)
    return _traits(weights, tokens, "<f8" if exact else "<f4")


def packed_layers(weights, tokens):
    """Return the same traits for the layers of a model: three axes are layers without heads."""
    weights = _checked(weights, "3 or 4", least=3)
    return _traits(weights[:, None] if weights.ndim == 3 else weights, tokens, "<f4")


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


def _traits(weights, tokens, dtype):
    return {
        "weights": weights.astype(dtype).tobytes(),
        "shape": list(weights.shape[:3]),
        "tokens": _validate.token_list(tokens, weights.shape[-1]),
    }
