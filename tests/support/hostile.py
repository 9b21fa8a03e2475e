"""Arguments for every kind of parameter: good ones in odd clothes, and wrong ones.

A `Kind` says what a parameter takes. Values are made by functions, anew for each call, because
some are used up (generators) or could be changed (arrays).
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import torch

from course_lib.attention import softmax

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Kind:
    """Functions that make good and wrong values of a parameter.

    The first `alike` good ones are the same value in other clothes.
    """

    good: list
    wrong: list
    alike: int = 1

    def also(self, *wrong):
        """Return the kind with more wrong values, given as they are."""
        return Kind(self.good, [*self.wrong, *map(_as, wrong)], self.alike)

    def or_none(self):
        """Return the kind of a parameter that may be None."""
        wrong = [make for make in self.wrong if make is not NONE]
        return Kind([*self.good, NONE], wrong, self.alike)


def _as(value):
    return lambda: value


NONE = _as(None)


class Unprintable:
    """What cannot even be shown in a message."""

    def __repr__(self):
        raise RuntimeError("no repr")


def _itself():
    """Return a list that holds itself."""
    values = []
    values.append(values)
    return values


# --- arrays --------------------------------------------------------------------------------------

CLOTHES = {
    "array": np.array,
    "list": lambda array: array.tolist(),
    "tuple of arrays": lambda array: tuple(map(np.array, array)),
    "fortran": np.asfortranarray,
    "not contiguous": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "reversed twice": lambda array: array[::-1].copy()[::-1],
    "read-only": lambda array: np.broadcast_to(array, array.shape),
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "unmasked": np.ma.array,
    "tensor": lambda array: torch.tensor(np.array(array)),
    "frame": lambda array: pd.DataFrame(array) if array.ndim == 2 else np.array(array),
}
PRECISIONS = {
    "float32": lambda array: array.astype(np.float32),
    "float16": lambda array: array.astype(np.float16),
    "longdouble": lambda array: array.astype(np.longdouble),
    "bfloat16": lambda array: torch.tensor(array).bfloat16(),
    "bfloat16 made float32": lambda array: torch.tensor(array).bfloat16().float().numpy(),
    "list of bfloat16": lambda array: list(torch.tensor(array).bfloat16()),
}


def _dressed(make, clothes):
    return [lambda m=make, c=wear: c(m()) for wear in clothes.values()]


def _poisoned(make, value):
    """Return a function that makes an array with one wrong entry."""

    def poisoned():
        array = np.array(make(), dtype=float)
        array.flat[array.size // 2] = value
        return array

    return poisoned


def _no_numbers(make, *, finite=True):
    return [
        NONE,
        _as("text"),
        _as(b"text"),
        lambda: make().astype(str),
        lambda: make().astype(complex),
        lambda: make() > 0,
        lambda: make().astype(object),
        lambda: [[1.0, 2.0], [3.0]],
        lambda: [...],
        lambda: {"a": make()},
        lambda: {1.0, 2.0},
        lambda: (x for x in make()),
        lambda: pd.DataFrame({"a": ["x", "y"]}),
        lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
        lambda: torch.tensor(make(), requires_grad=True),
        lambda: np.ma.masked_greater_equal(make(), np.median(make())),
        lambda: [np.ma.masked_all(3), np.ma.masked_all(3)],
        _poisoned(make, NAN),
        _poisoned(make, INF),
        *([_poisoned(make, -INF)] if finite else []),
        lambda: [],
        lambda: [[]],
        lambda: np.zeros((0, 2)),
        lambda: np.zeros((2, 0)),
        lambda: 10**400,
        lambda: [[10**400, 1.0], [1.0, 1.0]],
        _itself,
        lambda: np.ones((1,) * 64),
        lambda: np.full(make().shape, np.longdouble("1e4000")),  # beyond float64
    ]


def matrix(*shape, positive=False):
    """Return the kind of an array of finite real numbers of a shape."""

    def make():
        array = np.random.default_rng(sum(shape)).normal(size=shape)
        return abs(array) if positive else array

    good = [
        *_dressed(make, CLOTHES),
        *_dressed(make, PRECISIONS),
        lambda: np.round(3 * make()).astype(np.int8) + np.arange(shape[-1]),
    ]
    wrong = [*_no_numbers(make), lambda: 3.0, lambda: make()[..., None][0][:0]]
    return Kind(good, wrong, len(CLOTHES))


def logits(*shape):
    """Return the kind of logits, which may hold -inf."""
    plain = matrix(*shape)
    make = plain.good[0]
    hidden = _poisoned(make, -INF)
    extreme = [lambda scale=scale: np.sign(make()) * scale for scale in (1e308, 5e-324, 0.0)]
    wrong = [*_no_numbers(make, finite=False), lambda: 3.0, lambda: np.full(shape, -INF)]
    return Kind([*plain.good, hidden, *extreme], wrong, plain.alike)


def weights(*shape, square=True):
    """Return the kind of attention weights of a shape."""

    def make(sharpness=1.0):
        return softmax(sharpness * np.random.default_rng(sum(shape)).normal(size=shape))

    def scaled(factor):
        array = make()
        array[(0,) * (array.ndim - 1)] *= factor
        return array

    def negative():
        array = make()
        array[..., 0] -= 1
        array[..., 1] += 1
        return array

    good = [
        *_dressed(make, CLOTHES),
        *_dressed(make, PRECISIONS),
        *(lambda s=s: make(s) for s in (0.0, 20.0, 300.0)),
        *(lambda f=f: scaled(f) for f in (1.005, 0.995)),
    ]
    wrong = [
        *_no_numbers(make),
        *(lambda f=f: scaled(f) for f in (0.0, 0.9, 0.99, 1.01, 2.0, 1e308, 1e-308)),
        negative,
        lambda: make()[0] if make().ndim == 2 else make()[0, 0, 0],
        *([lambda: make()[..., :-1, :]] if square else []),
    ]
    return Kind(good, wrong, len(CLOTHES))


def mask(*shape):
    """Return the kind of a boolean mask that leaves every row something."""

    def make():
        return np.tri(*shape[-2:], dtype=bool) & np.ones(shape, bool)

    clothes = {name: wear for name, wear in CLOTHES.items() if name != "big-endian"}
    wrong = [
        lambda: "mask",
        lambda: make().astype(int),
        lambda: make().astype(float),
        lambda: [[True], [True, False]],
        lambda: np.ma.masked_equal(make(), True),
        lambda: np.zeros((0, 2), bool),
        lambda: np.zeros((7, *shape), bool),
        lambda: np.zeros(shape, bool),
        lambda: np.ones((*shape[:-1], shape[-1] + 1), bool),
        NONE,
    ]
    return Kind(_dressed(make, clothes), wrong, len(clothes))


# --- single values -------------------------------------------------------------------------------

_NO_NUMBER = [
    *map(_as, ("2", b"2", True, np.True_, 1j, np.complex128(2), [2], (), {}, ..., NAN, INF)),
    lambda: np.array([2]),
    lambda: torch.tensor(True),
    lambda: np.ma.masked,
    Unprintable,
    NONE,
]


def whole(low, high=None, *, wrong=(), bound=None):
    """Return the kind of an integer; `low` and `high` are taken, what is below `bound` is not.

    The bound is `low` unless given; further wrong ones may be given too.
    """
    good = [_as(kind(low)) for kind in (int, np.int64, np.array, torch.tensor)]
    good += [_as(2**70)] if high is None else [_as(high), _as(np.int8(high))]
    outside = [(low if bound is None else bound) - 1, 1.5, np.float64(low), -(2**70), *wrong]
    return Kind(good, [*_NO_NUMBER, *map(_as, outside)])


def place(n):
    """Return the kind of a position among n."""
    return whole(0, n - 1, wrong=(n, 2**70, 10**5000))


def positions_of(n):
    """Return the kind of one position or several."""
    good = [*map(_as, (0, n - 1, [0], (1,), np.array([1]), range(1))), lambda: iter([0])]
    wrong = [n, -1, 0.5, None, True, "0", b"0", [0, 0], [n], [0.5], [True], {0: 1}, {0}, [[0]]]
    wrong += [pd.DataFrame({0: [0]})]
    return Kind(good, [*map(_as, wrong), lambda: iter(int, 1)])


def count(*, least=1):
    """Return the kind of a number of positions."""
    return whole(least, 4, wrong=(2**63 - 1, 2**40))


def share(*, one=True, zero=True):
    """Return the kind of a number from 0 to 1."""
    good = [0.25, np.float32(0.5), Fraction(1, 3), Decimal("0.1"), np.array(0.1)]
    good += [0, 0.0] if zero else []
    good += [1, True - 0.0] if one else []
    wrong = [-0.1, -5e-324, 1.1, 10**400, 10**5000, "0.5", -1]
    wrong += [] if one else [1, 1.0]
    return Kind([*map(_as, good), lambda: torch.tensor(0.5)], [*_NO_NUMBER, *map(_as, wrong)])


def number():
    """Return the kind of any finite number."""
    good = [0.0, -2, 1e-300, np.float32(3), Fraction(1, 3)]
    return Kind(list(map(_as, good)), [*_NO_NUMBER, _as(10**400)])


def choice(*options):
    """Return the kind of one of some options."""
    wrong = ["median", None, 2, b"mean", ["mean"], np.array(options, dtype=object), {}, NAN]
    return Kind(list(map(_as, options)), list(map(_as, wrong)))


def flag():
    """Return the kind of True or False."""
    return Kind(
        list(map(_as, (True, False, np.True_))), list(map(_as, (0, 1, "yes", None, [True])))
    )


def rng():
    """Return the kind of a source of random numbers."""
    wrong = [0, np.random, "rng", np.random.default_rng, torch.Generator(), None]
    return Kind([lambda: np.random.default_rng(0)], list(map(_as, wrong)))


def token_numbers(*, most=20):
    """Return the kind of numbers of tokens below 60, of which a model reads no more than `most`."""
    ids = [7, 3, 11]
    good = [
        *map(_as, (ids, tuple(ids), np.array(ids), np.array(ids, dtype=np.int8))),
        *(lambda kind=kind: kind(ids) for kind in (np.ma.array, iter, torch.tensor)),
        lambda: pd.Series(ids, index=[9, 8, 7]),
        lambda: np.array(ids, dtype=object),
        *map(_as, ([0], range(20), [59] * 3)),
    ]
    wrong = [5, True, b"ab", [], [[]], [1.0], [-1], [60], [2**70], [True], ["1"], [None], {1: 2}]
    wrong += [{1}, ..., NAN, pd.DataFrame([ids]), pd.DataFrame(), np.array(3), [ids]]
    wrong += ["a text", "", np.zeros((4, 4)), np.ma.masked_equal(ids, 3), torch.tensor([3.0])]
    wrong += [[0] * (most + 1)] if most else []
    return Kind(good, [NONE, *map(_as, wrong)], 9)


def image():
    """Return the kind of an image."""
    pixels = np.random.default_rng(0).integers(0, 256, size=(9, 7, 3), dtype=np.uint8)
    shares = pixels / 255
    clothes = ("array", "not contiguous", "fortran", "read-only", "unmasked", "tensor")
    good = [lambda wear=CLOTHES[name]: wear(pixels) for name in clothes]
    good += [_as(shares), shares.tolist, _as(pixels[..., 0]), _as(pixels[:1, :1])]
    good += [lambda: pd.DataFrame(shares[..., 0]), lambda: torch.tensor(shares).bfloat16()]
    wrong = [None, 5, "a", b"a", {}, [], [[1, 2], [3]], [[10**400]], 1j * pixels, pixels > 9]
    wrong += [shares - 1, NAN * shares, pixels[:0], pixels[None], np.moveaxis(pixels, -1, 0)]
    wrong += [np.dstack([pixels, pixels]), np.ma.masked_greater(pixels, 9), shares.astype(object)]
    return Kind(good, [*map(_as, wrong), lambda: (row for row in pixels)], len(clothes))


def tokens(n):
    """Return the kind of n tokens."""
    words = ["<!--", "$x$", "猫"] * n
    words = words[:n]
    good = [
        *map(_as, (words, tuple(words))),
        lambda: np.array(words),
        lambda: pd.Series(words, index=range(n, 0, -1)),
        lambda: pd.Index(words),
        lambda: (word for word in words),
        lambda: {k: word for k, word in enumerate(words)}.values(),
        *map(_as, (list(range(n)), [""] * n)),
        lambda: dict.fromkeys(range(n)).keys(),
    ]
    wrong = [
        *map(_as, ("a" * n, b"a" * n, 5, words[1:], [*words, "on"], [None] * n, [NAN] * n)),
        *map(_as, ([b"a"] * n, [words] * n, dict.fromkeys(range(n)), set(range(n)), ...)),
        lambda: ["\ud800", *words[1:]],
        lambda: pd.DataFrame([words] * n),
        lambda: np.ma.masked_all(n, dtype=object),
        lambda: pd.Series([*words[1:], pd.NA]),
        lambda: iter(str, 1),  # for ever
    ]
    return Kind(good, wrong, 7).or_none()


def text():
    """Return the kind of a title: any text, or none."""
    good = list(map(_as, ("a title", "", "from $5 to $9", "<!--")))
    return Kind(good, list(map(_as, (5, ["title"], b"title", "\ud800", ..., np.eye(2))))).or_none()


def name_of(*names):
    """Return the kind of a name in a list."""
    wrong = ("none such", None, 0, [names[0]], b"short", np.array([names[0], "short"]), np.ones(2))
    return Kind(list(map(_as, names)), list(map(_as, wrong)))


def graph(make):
    """Return the kind of an attention graph."""
    wrong = [
        [[0.5, 0.5]],
        None,
        nx.Graph([(0, 1)]),
        nx.MultiDiGraph([(0, 1)]),
        nx.DiGraph(),
        nx.DiGraph([("it", "runs")]),
        nx.DiGraph([(False, True, {"weight": 0.5})]),
        nx.DiGraph([(0, 1)]),
        *(nx.DiGraph([(0, 1, {"weight": w})]) for w in (NAN, -0.5, "heavy", None, True, 1j, [1])),
        nx.DiGraph([(0, 2, {"weight": 0.5})]),
        nx.DiGraph([(0, 1, {"weight": 10**5000})]),
        nx.DiGraph([(0, 1, {"weight": 0.5})], direction="back"),
        nx.DiGraph([(("query", 0), ("query", 1), {"weight": 0.5})]),
        nx.DiGraph([(("key", 0), ("query", 0), {"weight": 0.5})]),
        nx.DiGraph([(("query", 0), ("key", 1), {"weight": 0.5})]),
        nx.DiGraph([(("query",), ("key", 0), {"weight": 0.5})]),
    ]
    return Kind(make, list(map(_as, wrong)))
