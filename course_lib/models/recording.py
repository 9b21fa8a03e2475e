"""What was recorded of a model on one text, and the small file that holds it. NumPy only."""

import dataclasses
import json

import numpy as np

from course_lib import _validate
from course_lib.models import packing

FORMAT = "course_lib recording 1"
OTHERS = ("decoder", "cross")
KINDS = ("encoder", *OTHERS, "image")


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    """The attention of all layers and heads of a model on one text or image.

    Attributes
    ----------
    kind : str
        "encoder", "decoder", "cross" (queries of a decoder, keys of an encoder) or "image".
    weights : numpy.ndarray of float32, shape (l, h, n_query, n_key)
        ``weights[layer, head, i, j]``: how much query i attends to key j. Rows sum to 1.
    queries, keys : tuple of str
        The tokens as one reads them: pieces of the text, without the space before them. Of an
        image: the row and the column of each patch. The same, unless `kind` is "cross".
    ids : numpy.ndarray of int64, shape (n_query,), or None
        The numbers of the queries' tokens; None for an image.
    value_sizes : numpy.ndarray of float32, shape (l, h, n_key), or None
        The norm of each key's value vector times its head's part of the output matrix W_O: how
        much a weight of 1 on it moves the residual stream.
    no_value_sizes : str
        Why `value_sizes` is None; otherwise empty.
    losses : numpy.ndarray of float32, shape (n_query,), or None
        −ln of the probability that a language model gave to each token, from those before it;
        NaN for the first token.
    provenance : dict
        ``model``, ``class``, ``precision``, ``text`` and ``versions`` of the libraries.
    decoder, cross : Recording or None
        The other two graphs of an encoder-decoder, in the recording of its encoder.
    """

    kind: str
    weights: np.ndarray
    queries: tuple
    keys: tuple
    ids: np.ndarray | None = None
    value_sizes: np.ndarray | None = None
    no_value_sizes: str = ""
    losses: np.ndarray | None = None
    provenance: dict = dataclasses.field(default_factory=dict)
    decoder: "Recording | None" = None
    cross: "Recording | None" = None

    def __post_init__(self):
        """Check that all parts fit each other."""
        _validate.choice(self.kind, "kind", KINDS)
        weights = _validate.weights_array(self.weights, ndim=4, square=False)
        if getattr(self.weights, "dtype", None) != np.float32 or np.ma.isMA(self.weights):
            object.__setattr__(self, "weights", weights.astype(np.float32))
        layers, heads, n_query, n_key = weights.shape
        for name, n in [("queries", n_query), ("keys", n_key)]:
            tokens = _validate.token_list(getattr(self, name), n, name)
            object.__setattr__(self, name, tuple(tokens))
        sizes = {"ids": (n_query,), "value_sizes": (layers, heads, n_key), "losses": (n_query,)}
        for name, shape in sizes.items():
            if getattr(self, name) is not None:
                array = _validate.numbers(getattr(self, name), name, shape=shape)
                object.__setattr__(self, name, array)
        _validate.instance(self.provenance, "provenance", dict)
        for name in OTHERS:
            if getattr(self, name) is not None:
                _validate.instance(getattr(self, name), name, Recording)

    def __repr__(self):
        """Return what it is in a line."""
        layers, heads, n_query, n_key = self.weights.shape
        size = f"{layers} layers × {heads} heads × ({n_query}, {n_key})"
        return f"<Recording of {self.provenance.get('model', 'a model')}: {self.kind}, {size}>"

    @property
    def tokens(self):
        """The tokens, if queries and keys are the same; ValueError in cross-attention."""
        if self.kind == "cross":
            raise ValueError("cross-attention has no tokens of one kind: use queries and keys")
        return self.queries

    @property
    def layers(self):
        """The number of layers."""
        return self.weights.shape[0]

    @property
    def heads(self):
        """The number of heads in a layer."""
        return self.weights.shape[1]

    @property
    def causal(self):
        """Whether no query attends to a later position."""
        n_query, n_key = self.weights.shape[-2:]
        return n_query == n_key and not np.triu(self.weights, 1).any()

    def graphs(self):
        """Return every graph of the model by name: one, or three of an encoder-decoder."""
        others = {name: getattr(self, name) for name in OTHERS if getattr(self, name) is not None}
        return {self.kind: self} | others

    def save(self, path):
        """Write the recording into one file, which appears whole or not at all.

        Weights are rounded to float16: by at most 1/2048 of themselves, or 3e-8. No weight above 0
        becomes 0. Of causal attention, only what is not hidden is stored.

        Parameters
        ----------
        path : path
            By custom it ends in ``.npz``. A file that is there is replaced.

        Raises
        ------
        OSError
            If the file cannot be written; then nothing is left half-written.
        TypeError, ValueError
            If `path` is none, or `provenance` holds what JSON cannot.
        """
        arrays = {}
        for name, graph in self.graphs().items():
            arrays |= {f"{name}.{part}": array for part, array in _arrays(graph).items()}
        packing.write(_validate.path(path, "path"), arrays)


def load(path):
    """Load what `Recording.save` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    Recording
        Rows are divided by their sums again.

    Raises
    ------
    OSError
        If there is no such file.
    TypeError, ValueError
        If `path` is none, or the file holds no recording.
    """
    path = _validate.path(path, "path")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
        graphs = {}
        for name in dict.fromkeys(key.partition(".")[0] for key in arrays):
            parts = {k.partition(".")[2]: a for k, a in arrays.items() if k.startswith(f"{name}.")}
            graphs[name] = _graph(parts)
        first, *others = graphs.values()
        return dataclasses.replace(first, **{graph.kind: graph for graph in others})
    except (OSError, MemoryError):
        raise
    except Exception as error:  # a damaged file can fail anywhere: in zip, NumPy or JSON
        raise ValueError(f"{path.name} holds no recording of course_lib.models: {error}") from None


def _arrays(graph):
    """Return the arrays of a file that make up one graph."""
    notes = {
        "format": FORMAT,
        "kind": graph.kind,
        "queries": graph.queries,
        "keys": graph.keys,
        "no_value_sizes": graph.no_value_sizes,
        "provenance": graph.provenance,
    }
    try:
        arrays = {"notes": np.array(json.dumps(notes, ensure_ascii=False))}
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"provenance must hold only what JSON can: {error}") from None
    arrays |= packing.pack(graph.weights)
    optional = {name: getattr(graph, name) for name in ("ids", "value_sizes", "losses")}
    return arrays | {name: array for name, array in optional.items() if array is not None}


def _graph(parts):
    notes = json.loads(str(parts["notes"]))
    if notes.pop("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT!r}")
    notes |= {name: tuple(notes[name]) for name in ("queries", "keys")}
    optional = {name: parts.get(name) for name in ("ids", "value_sizes", "losses")}
    weights = packing.unpack(parts).astype(np.float32)
    return Recording(weights=weights, **notes, **optional)
