"""Plain data: what a learner's answer becomes before it is judged.

A judge sees NumPy arrays, numbers, text, tuples, lists, dicts, sets, `PlainGraph` and `Raised`, so
that the answer may have been found in another process than the one that judges it.
"""

import numbers
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np

from course_lib.language import say

LONGEST = 1_000_000  # an iterator with more items than that is taken for an endless one


@dataclass(frozen=True)
class Raised:
    """What the learner's answer raised instead of returning a value.

    Attributes
    ----------
    type : str
        The name of the exception's class.
    message : str
        All that it says, also on further lines.
    kinds : tuple of str
        The names of its class and of all that this class derives from.
    line : int or None
        The line of the learner's cell that raised it.
    """

    type: str
    message: str
    kinds: tuple = ()
    line: int | None = None

    def is_a(self, name):
        """Tell whether the exception is of a class or derives from it, as "ValueError"."""
        return name in (self.type, *self.kinds)

    @property
    def told(self):
        """The first line of the message, with the line of the cell if it is known."""
        first = (self.message.strip().splitlines() or [""])[0]
        if self.line is None:
            return first
        return say("{message} (line {number} of the cell)", message=first, number=self.line)


@dataclass(frozen=True)
class PlainGraph:
    """A NetworkX graph as data: nodes with attributes, edges (source, target, attributes).

    `several` tells whether it may have several edges between the same two nodes.
    """

    directed: bool
    nodes: dict
    edges: list
    several: bool = False


class BFloat16(np.ndarray):
    """A float32 array whose numbers came as bfloat16, a type that NumPy does not have."""


def attempt(produce):
    """Return the plain value of `produce()`, or what it raised."""
    try:
        return plain(produce())
    except (Exception, SystemExit) as error:
        kinds = tuple(kind.__name__ for kind in type(error).__mro__)
        return Raised(type(error).__name__, str(error), kinds, _line_of_cell(error))


def _line_of_cell(error):
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if _in_a_cell(frame)]
    return lines[-1].lineno if lines else None


def _in_a_cell(frame):
    return "ipykernel" in frame.filename or frame.filename.startswith("<ipython-input")


def plain(value):
    """Turn an answer into plain data.

    Every number that `float` takes is a number: also a `Fraction`, a `Decimal` or one of SymPy.
    PyTorch tensors become arrays (also those on a graph of gradients), sparse matrices dense
    arrays, data frames and arrays of objects arrays of numbers or texts, iterators lists. Objects
    in a row that are arrays of different shapes become a list.

    Raises
    ------
    TypeError
        If it cannot be turned into data: the message says what came.
    """
    if type(value) is np.ndarray:  # first, as most answers are
        return _plain_array(value)
    if value is None or value is Ellipsis or isinstance(value, bool | int | float | str):
        return value
    if is_graph(value):
        nodes = {hashable(node): _attributes(data) for node, data in value.nodes(data=True)}
        ends = [(hashable(u), hashable(v), data) for u, v, data in value.edges(data=True)]
        edges = [(u, v, _attributes(data)) for u, v, data in ends]
        return PlainGraph(value.is_directed(), nodes, edges, value.is_multigraph())
    if isinstance(value, tuple | list):
        return (tuple if isinstance(value, tuple) else list)(plain(part) for part in value)
    if isinstance(value, set | frozenset):
        return frozenset(hashable(part) for part in value)
    if isinstance(value, Mapping):
        return {hashable(key): plain(part) for key, part in value.items()}
    if isinstance(value, range | Iterator):
        parts = [plain(part) for part in islice(value, LONGEST + 1)]  # each before the next
        if len(parts) > LONGEST:
            raise TypeError(say("a {kind} came back that does not end", kind=type(value).__name__))
        return parts
    if isinstance(value, BaseException):
        kind = type(value).__name__
        raise TypeError(say("a {kind} came back: raise it instead of returning it", kind=kind))
    if isinstance(value, numbers.Number | np.generic) or not hasattr(value, "__len__"):
        return _plain_number(value)
    return _plain_array(value)


def is_graph(value):
    """Tell whether a value is a graph of NetworkX, which only those load who have one."""
    networkx = sys.modules.get("networkx")
    return networkx is not None and isinstance(value, networkx.Graph)


def _attributes(data):
    """Return the attributes of a node or an edge; None stands for what is no data."""
    kept = dict.fromkeys(map(hashable, data))
    for name, value in data.items():
        with suppress(TypeError):
            kept[hashable(name)] = plain(value)
    return kept


def hashable(value):
    """Return a part of a set, or a key: numbers of NumPy or PyTorch become Python's own.

    Those that were rounded keep their type, which tells how far.
    """
    value = plain(value)
    if isinstance(value, tuple):
        return tuple(map(hashable, value))
    if not isinstance(value, np.ndarray) or value.ndim:
        return value
    return value[()] if value.dtype in (np.float16, np.float32) else value.item()


def _plain_number(value):
    if not hasattr(value, "detach") and not isinstance(value, complex | np.generic | np.ndarray):
        try:
            return float(value)
        except (TypeError, ValueError):
            raise TypeError(_no_data(value)) from None
    return _plain_array(value)


def _plain_array(value):
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            raise TypeError(
                say("a masked array came back: say with `.filled(…)` what stands in its gaps")
            )
        value = value.data
    if hasattr(value, "detach"):  # a PyTorch tensor, without importing PyTorch
        value = value.detach().cpu()
        value = value.to_dense() if hasattr(value, "to_dense") else value
        if "bfloat16" in str(value.dtype):
            return value.float().numpy().view(BFloat16)
        value = value.resolve_conj().resolve_neg().numpy()
    elif hasattr(value, "toarray"):  # a SciPy sparse matrix
        value = value.toarray()
    array = np.array(value)
    if array.dtype != object:
        return array
    if not (array.ndim or isinstance(value, np.ndarray)) and isinstance(value, Iterable):
        return plain(iter(value))  # a view of a graph or a dict, into which NumPy does not look
    parts = [plain(part) for part in array.ravel()]
    if all(map(_is_number, parts)):
        return np.array(parts, dtype=np.float64).reshape(array.shape)
    if all(isinstance(part, str) for part in parts):
        return np.array(parts).reshape(array.shape)
    if array.ndim == 1 and all(isinstance(part, np.ndarray | list | tuple) for part in parts):
        return parts
    raise TypeError(_no_data(value))


def _is_number(part):
    part = np.asarray(part) if isinstance(part, numbers.Real | np.ndarray) else None
    return part is not None and part.ndim == 0 and part.dtype.kind in "biuf"


def _no_data(value):
    return say("a {kind} came back, which is no array, number or graph", kind=type(value).__name__)
