"""The layer that an exercise of chapter 14 poses to learners."""

import numpy as np


class Layer:
    """A layer whose attention is given: what it makes of the values of its tokens.

    Parameters
    ----------
    weights : numpy.ndarray, shape (n, n)
    x : numpy.ndarray, shape (n, d)
        What the residual connection carries past the attention.
    matrix : numpy.ndarray, shape (d, d)
        The output projection.
    bends : bool, default False
        Whether a nonlinear step follows.
    """

    def __init__(self, weights, x, matrix, *, bends=False):
        self.weights, self.x, self.matrix, self.bends = weights, x, matrix, bends

    def __call__(self, values):
        """Return the outputs (n, d) for values (n, d)."""
        outputs = self.x + self.weights @ np.asarray(values, dtype=float) @ self.matrix
        return np.tanh(outputs) + 0.1 * outputs if self.bends else outputs
