"""Plain data on a pipe: text in JSON and the bytes of arrays, nothing that runs.

A message is the length of the text, the text, and the bytes. `read` takes nothing on trust: it
refuses whatever it does not know, whatever is too long or too deep, and bytes that are left over.
"""

import json
import math
import re
import struct

import numpy as np

from course_lib.exercises.plain_data import BFloat16, PlainGraph, Raised, hashable, is_graph

LENGTH = struct.Struct(">I")
DTYPES = "biufcUS"  # kinds of numbers and texts; no objects, no records
DTYPE = re.compile(rf"[<|][{DTYPES}][0-9]{{1,6}}")
LAST_CHARACTER, SURROGATES = 0x10FFFF, 0xD800 >> 11
LONGEST_AXIS = 10_000_000
DEEPEST = 24
MOST_PARTS = 300_000
MOST_KEYS = 20_000  # of all dicts and sets together: numbers can be chosen so that they collide
LONGEST_TEXT = 200_000
LONGEST_INTEGER = 1000  # hexadecimal digits


class NoAnswer(ValueError):
    """What came is no message of this format."""


def write(value):
    """Return a value as bytes.

    Raises
    ------
    TypeError
        If a part of it is nothing that this format knows.
    """
    blobs = []
    text = json.dumps(_written(value, blobs), separators=(",", ":")).encode()
    return b"".join([LENGTH.pack(len(text)), text, *blobs])


def read(data, *, posed=None):
    """Return the value that bytes hold.

    Parameters
    ----------
    data : bytes
    posed : callable (module, name) -> class, optional
        Finds the classes of what is posed to a learner. Only inside the sandbox are there any.

    Raises
    ------
    NoAnswer
    """
    try:
        (length,) = LENGTH.unpack_from(data)
        tree = json.loads(data[LENGTH.size : LENGTH.size + length].decode("utf-8"))
        reader = _Reader(memoryview(data)[LENGTH.size + length :], posed)
        value = reader.value(tree, 0)
        if LENGTH.size + length > len(data) or reader.place != len(reader.blob):
            raise NoAnswer("its length")
        return value
    except NoAnswer:
        raise
    except Exception as error:  # whatever it is, it is no answer
        raise NoAnswer(type(error).__name__) from None


def join(first, second):
    """Return two messages as one."""
    return LENGTH.pack(len(first)) + first + second


def split(data):
    """Return two messages that were joined."""
    end = LENGTH.size + LENGTH.unpack_from(data)[0]
    return data[LENGTH.size : end], data[end:]


def _written(value, blobs):
    if value is None:
        return ["n"]
    if value is Ellipsis:
        return ["e"]
    if isinstance(value, bool):
        return ["b", bool(value)]
    if isinstance(value, np.generic | np.ndarray) and not isinstance(value, float | str):
        return _array(value, blobs)
    if isinstance(value, int):
        return ["i", hex(int(value))]
    if isinstance(value, float):
        return ["f", float(value).hex()]
    if isinstance(value, str):
        return ["s", str(value)]
    if isinstance(value, Raised):
        kinds = [str(kind) for kind in value.kinds]
        return ["r", str(value.type), str(value.message), kinds, value.line]
    if isinstance(value, PlainGraph):
        parts = [value.directed, value.several, value.nodes, value.edges]
        return ["g", *(_written(part, blobs) for part in parts)]
    if isinstance(value, tuple | list | frozenset | set):
        kind = next(k for k, t in KINDS.items() if isinstance(value, t))
        return [kind, *(_written(part, blobs) for part in value)]
    if isinstance(value, dict):
        return ["d", *([_written(k, blobs), _written(v, blobs)] for k, v in value.items())]
    return _posed(value, blobs)


KINDS = {"t": tuple, "l": list, "S": frozenset, "s.": set}


def _array(value, blobs):
    array = np.asarray(value)
    kind = "B" if isinstance(value, BFloat16) else "a"
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(float)
    if array.dtype.kind not in DTYPES:
        raise TypeError(f"an array of {array.dtype} came back")
    array = array.astype(array.dtype.newbyteorder("<"))
    blobs.append(array.tobytes())
    # What was laid out by columns is so again: a learner's `reshape(-1)` must see no difference.
    return [kind, array.dtype.str, list(array.shape), array.flags.f_contiguous]


def _posed(value, blobs):
    """Describe what is posed to a learner, and never comes back."""
    if is_graph(value):
        nodes = list(value.nodes(data=True))
        parts = [value.is_directed(), nodes, list(value.edges(data=True))]
        return ["G", *(_written(part, blobs) for part in parts)]
    if isinstance(value, np.random.Generator):
        return ["R", _written(value.bit_generator.state, blobs)]
    module = type(value).__module__.removeprefix(CHAPTERS)
    if module == type(value).__module__:
        raise TypeError(f"a {type(value).__name__} is no plain data")
    return ["P", module, type(value).__name__, _written(vars(value), blobs)]


CHAPTERS = "course_lib.chapters."


class _Reader:
    """Reads one message; counts what it has read."""

    def __init__(self, blob, posed):
        self.blob, self.posed = blob, posed
        self.place = self.parts = self.keys = 0

    def value(self, tree, depth):
        self.parts += 1
        if depth > DEEPEST or self.parts > MOST_PARTS:
            raise NoAnswer("too deep or too much")
        if not isinstance(tree, list) or not tree or not isinstance(tree[0], str):
            raise NoAnswer("no part")
        kind, *rest = tree
        if kind in ("S", "s.", "d"):
            self.keys += len(rest)
            if self.keys > MOST_KEYS:
                raise NoAnswer("too many keys")
        if kind in ("S", "s."):
            return KINDS[kind](hashable(self.value(part, depth + 1)) for part in rest)
        if kind in KINDS:
            return KINDS[kind](self.value(part, depth + 1) for part in rest)
        if kind == "d":
            return {hashable(self.value(k, depth + 1)): self.value(v, depth + 1) for k, v in rest}
        read = getattr(self, f"_{kind}", None) if kind in ALONE or self._is_posed(kind) else None
        if read is None:
            raise NoAnswer("an unknown kind")
        return read(*rest) if kind in ALONE else read(depth + 1, *rest)

    def _is_posed(self, kind):
        return kind == "g" or (self.posed is not None and kind in "GRP")

    def _n(self):
        return None

    def _e(self):
        return Ellipsis

    def _b(self, value):
        return _checked(value, bool)

    def _i(self, digits):
        if len(_checked(digits, str)) > LONGEST_INTEGER:
            raise NoAnswer("a long integer")
        return int(digits, 16)

    def _f(self, digits):
        return float.fromhex(_checked(digits, str))

    def _s(self, text):
        # A question may hold any text: a cell may be longer than what comes back.
        if len(_checked(text, str)) > LONGEST_TEXT and self.posed is None:
            raise NoAnswer("a long text")
        return text

    def _r(self, kind, message, kinds, line):
        kinds = tuple(self._s(kind)[:200] for kind in _checked(kinds, list)[:50])
        line = None if line is None else _checked(line, int)
        return Raised(self._s(kind)[:200], self._s(message), kinds, line)

    def _a(self, dtype, shape, by_columns):
        if not DTYPE.fullmatch(_checked(dtype, str)):
            raise NoAnswer("an array of another kind")
        dtype = np.dtype(dtype)
        shape = tuple(_checked(size, int) for size in _checked(shape, list))
        if len(shape) > 32 or any(not 0 <= size <= LONGEST_AXIS for size in shape):
            raise NoAnswer("an array of another shape")
        count = math.prod(shape)
        end = self.place + count * dtype.itemsize
        if end > len(self.blob):
            raise NoAnswer("an array without its numbers")
        part, self.place = self.blob[self.place : end], end
        array = np.frombuffer(part, dtype, count).reshape(shape).copy()
        if dtype.kind == "b" and (array.view(np.uint8) > 1).any():
            raise NoAnswer("a truth value that is neither")
        if dtype.kind == "U":
            codes = array.reshape(-1).view(np.uint32)
            if ((codes > LAST_CHARACTER) | ((codes >> 11) == SURROGATES)).any():
                raise NoAnswer("a text of no characters")
        return array.copy("F") if _checked(by_columns, bool) else array

    def _B(self, dtype, shape, by_columns):
        if dtype != "<f4":
            raise NoAnswer("an array of another kind")
        return self._a(dtype, shape, by_columns).view(BFloat16)

    def _g(self, depth, *parts):
        directed, several, nodes, edges = (self.value(part, depth) for part in parts)
        _checked(directed, bool), _checked(several, bool), _checked(nodes, dict)
        if not all(isinstance(data, dict) for data in nodes.values()):
            raise NoAnswer("nodes without attributes")
        if not all(len(_checked(edge, tuple)) == 3 for edge in _checked(edges, list)):
            raise NoAnswer("an edge that is none")
        edges = [(*hashable((u, v)), _checked(data, dict)) for u, v, data in edges]
        hash(tuple(edge[:2] for edge in edges))
        return PlainGraph(directed, nodes, edges, several)

    def _G(self, depth, *parts):
        import networkx as nx  # not before: a sandbox without graphs starts in half the time

        directed, nodes, edges = (self.value(part, depth) for part in parts)
        graph = nx.DiGraph() if directed else nx.Graph()
        graph.add_nodes_from(nodes)
        graph.add_edges_from(edges)
        return graph

    def _R(self, depth, state):
        generator = np.random.Generator(np.random.PCG64(0))
        generator.bit_generator.state = self.value(state, depth)
        return generator

    def _P(self, depth, module, name, state):
        kind = self.posed(module, name)
        made = kind.__new__(kind)
        vars(made).update(self.value(state, depth))
        return made


ALONE = tuple("nebifsraB")


def _checked(value, kind):
    if type(value) is not kind:
        raise NoAnswer(f"no {kind.__name__}")
    return value
