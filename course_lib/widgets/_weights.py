"""What every view of attention weights has in common: the weights, their tokens, a layer."""

import anywidget
import traitlets

from course_lib import _validate
from course_lib.widgets import _bundle

MOST_TOKENS = 64


class WeightsView(anywidget.AnyWidget):
    """A view that draws weights of shape (layers, heads, n, n); `layer` says which are shown."""

    _css = _bundle.style()
    weights = traitlets.Bytes().tag(sync=True)  # little-endian float32
    shape = traitlets.List(traitlets.Int()).tag(sync=True)  # layers, heads, n
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.05).tag(sync=True)


def packed(weights, tokens):
    """Return the traits `weights`, `shape` and `tokens` for weights of any layout."""
    weights = _validate.weights_array(weights, ndim=(2,))
    if weights.ndim > 4:
        raise ValueError(
            f"weights must have 2, 3 or 4 axes, got {weights.ndim} (shape {weights.shape})"
        )
    n = weights.shape[-1]
    if n > MOST_TOKENS:
        raise ValueError(f"weights must have at most {MOST_TOKENS} positions to be drawn, got {n}")
    weights = weights.reshape((1,) * (4 - weights.ndim) + weights.shape)
    return {
        "weights": weights.astype("<f4").tobytes(),
        "shape": list(weights.shape[:3]),
        "tokens": _validate.token_list(tokens, n),
    }
