"""Every explanation of the tournament, from one trace of a model on a text. NumPy only."""

from typing import NamedTuple

import numpy as np

from course_lib import _validate
from course_lib.centrality import in_strength, pagerank
from course_lib.explain.context_mixing import gradient_rollout, mixed_through, row_shares
from course_lib.flow import attention_flow, flow_from
from course_lib.rollout import rollout

SIGNED = ("gradient × input", "AttnLRP")


class Trace(NamedTuple):
    """What a model did with a text, as `course_lib.nn.tracing.trace` records it.

    Attributes
    ----------
    of_outputs : {"mean", "first", "last"}
        Which outputs the answer is made of: all alike, or that of the first or last position.
    weights, gradients : numpy.ndarray, shape (l, h, n, n)
        Attention, and the gradient of the answer by it.
    value_aware, alti, zeroing : numpy.ndarray, shape (l, n, n)
        Of each layer; rows of the first and the third are not divided by their sums.
    gradient_times_input, relevance : numpy.ndarray, shape (n,)
        The second by AttnLRP. Signed.
    """

    of_outputs: str
    weights: np.ndarray
    gradients: np.ndarray
    value_aware: np.ndarray
    alti: np.ndarray
    zeroing: np.ndarray
    gradient_times_input: np.ndarray
    relevance: np.ndarray


def explanations(trace, tokens, rng):
    """Return what each method says of a text.

    The first three of `METHODS` know nothing of the model: random scores, a token's position, and
    the number of its letters and digits. They are what a method must beat.

    Parameters
    ----------
    trace : Trace
    tokens : sequence of str, length n
    rng : numpy.random.Generator
        For the scores called "random".

    Returns
    -------
    scores : dict of str to numpy.ndarray of float64, shape (n,)
        Method -> a score for each token; those of `SIGNED` may be negative.
    matrices : dict of str to numpy.ndarray of float64, shape (n, n)
        The graphs behind the scores, where there are any; rows sum to 1, or to 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is something else, or there are not n tokens.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be a Trace, got {type(trace).__name__}")
    _validate.generator(rng, "rng")
    n = trace.weights.shape[-1]
    tokens = _validate.token_list(tokens, n)
    graphs = _graphs(trace)
    mean = trace.weights.mean(axis=(0, 1))
    vectors = {
        "random": rng.random(n),
        "position": np.arange(n),
        "length": [sum(map(str.isalnum, token)) for token in tokens],
        "in-strength": in_strength(mean),
        "PageRank": pagerank(mean),
        "gradient × input": trace.gradient_times_input,
        "AttnLRP": trace.relevance,
    }
    scores = {name: _at_answer(matrix, trace.of_outputs) for name, matrix in graphs.items()}
    scores |= vectors
    relevance = gradient_rollout(trace.weights, trace.gradients)  # its rows' sizes count
    scores["gradient rollout"] = _at_answer(relevance, trace.of_outputs)
    sums = relevance.sum(axis=-1, keepdims=True)
    graphs["gradient rollout"] = relevance / np.where(sums > 0, sums, 1)
    return {name: np.asarray(scores[name], dtype=float) for name in METHODS}, graphs


def _graphs(trace):
    """Return the matrices whose rows sum to 1, by method."""
    weights = trace.weights
    value_aware = row_shares(trace.value_aware)
    # Where no value matters, as far as the precision goes, a position is left to itself.
    untouched = trace.zeroing.sum(axis=-1, keepdims=True) == 0
    zeroing = row_shares(trace.zeroing + untouched * np.eye(trace.zeroing.shape[-1]))
    return {
        "last layer": weights[-1].mean(axis=0),
        "mean of layers": weights.mean(axis=(0, 1)),
        "rollout": rollout(weights),
        "rollout from layer 1": rollout(weights, start_layer=1),
        "flow": _flow(trace),
        "value-aware": value_aware.mean(axis=0),
        "value-aware rollout": rollout(value_aware),
        "Value Zeroing": zeroing.mean(axis=0),
        "Value Zeroing rollout": mixed_through(zeroing),
        "ALTI": mixed_through(trace.alti),
    }


METHODS = (
    "random",
    "position",
    "length",
    "last layer",
    "mean of layers",
    "in-strength",
    "PageRank",
    "rollout",
    "rollout from layer 1",
    "flow",
    "value-aware",
    "value-aware rollout",
    "Value Zeroing",
    "Value Zeroing rollout",
    "ALTI",
    "gradient rollout",
    "gradient × input",
    "AttnLRP",
)


def _flow(trace):
    """Return the flows of all outputs, rows divided by sums; of the last one where it answers."""
    if trace.of_outputs != "last":
        return row_shares(attention_flow(trace.weights))
    n = trace.weights.shape[-1]
    flows = np.eye(n)
    flows[-1] = flow_from(trace.weights, n - 1)
    return row_shares(flows)


def _at_answer(matrix, of_outputs):
    """Return a row for the answer: the mean of all, or one of them."""
    return {"mean": matrix.mean(axis=0), "first": matrix[0], "last": matrix[-1]}[of_outputs]
