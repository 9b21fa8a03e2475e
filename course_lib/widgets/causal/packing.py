"""What `causal_explorer` sends to the browser: weights in whole percent, scores, losses."""

import numpy as np

from course_lib.heads import duplicate_score, induction_score, offset_score, position_score

LEAST = 5  # percent: edges of less are not drawn
SCORES = ("previous", "induction", "duplicate", "first")
TOP = np.iinfo(np.uint16).max


def copies(tokens):
    """Return the pairs (i, j) of positions, j before i, that hold the same token."""
    return [(i, j) for i, token in enumerate(tokens) for j in range(i) if tokens[j] == token]


def head_scores(weights, tokens):
    """Return how much each head attends as its kind would, by kind: shape (4, l, h).

    "previous": to the position before; "first": to position 0. "induction": from a token that
    stood before to what came after its earlier copies, and "duplicate": to these copies; 0 where
    no token comes again. Each is a mean over the positions that can do so.
    """
    weights = np.asarray(weights)
    nothing = np.zeros(weights.shape[:2])
    n, again = len(tokens), len(set(tokens)) < len(tokens)
    return np.stack(
        [
            offset_score(weights, -1) if n > 1 else nothing,
            induction_score(weights, tokens) if again else nothing,
            duplicate_score(weights, tokens) if again else nothing,
            position_score(weights, 0),
        ]
    )


def packed_percents(weights):
    """Return bytes for the weights of a causal model, (l, h, n, n), in whole percent.

    For each query i, each key j up to i, and each head of each layer there is a bit, eight in a
    byte with the first one highest, that says whether the weight is 5 percent or more when it is
    rounded; then come the percents of those that are, a byte each.
    """
    n = weights.shape[-1]
    flat = weights.reshape(-1, n, n)[:, *np.tril_indices(n)].T
    percents = np.rint(100 * flat).astype(np.uint8)
    drawn = percents >= LEAST
    return np.packbits(drawn).tobytes() + percents[drawn].tobytes()


def packed_scores(scores):
    """Return scores from 0 to 1 as bytes, in steps of 1/65535."""
    return np.rint(TOP * np.clip(scores, 0, 1)).astype("<u2").tobytes()


def packed_losses(losses, most):
    """Return losses as bytes, a byte each: the integer q stands for ``most * (q / 255) ** 2``."""
    return np.rint(255 * np.sqrt(losses / most)).astype(np.uint8).tobytes()
