"""Every argument of every live figure of the gallery, exchanged for what it should not be.

The figure is made, or a ValueError or TypeError names a parameter. Nothing warns, which pytest
makes an error of, and nothing waits for the end of what has none.
"""

import inspect
import itertools
import re

import numpy as np
import pytest
import torch

from course_lib import widgets
from tests.support.bounded import bounded
from tests.support.gallery import all_figures
from tests.support.hostile import NAN, Unprintable

NAMES = sorted(name for name in widgets.__all__ if name[0].islower())
STRANGE = [
    *(lambda v=v: v for v in (None, True, -1, 2**70, 10**5000, 1.5, NAN, 1e308, 1j, object(), len)),
    *(
        lambda v=v: v
        for v in ("", "a", "\ud800", b"a", [], (), {}, {1: 2}, [[]], ..., {10**5000: 1})
    ),
    *(lambda v=v: np.array(v) for v in (1, [1, 2], [[1.0]], ["a"], [None], [[1j]])),
    lambda: np.ma.masked_all(3),
    lambda: torch.ones(2, 2, requires_grad=True),
    lambda: torch.ones(2, 2, device="meta"),
    Unprintable,
    lambda: {Unprintable(): 1},
    *(lambda make=make: make() for make in (itertools.count, lambda: itertools.repeat("a"))),
    lambda: iter(int, 1),  # zeros for ever
    lambda: iter([0, 0]),
]
ENTRIES = (NAN, np.inf, -np.inf, 1e308, -1e308, 1e39, 5e-324, -1.0, 2.0)


@pytest.fixture(scope="module")
def right():
    """Return the arguments with which the gallery makes each figure."""
    seen, patch = {}, pytest.MonkeyPatch()

    def keeping(name, make):
        def made(*positional, **named):
            bound = inspect.signature(make).bind(*positional, **named)
            bound.apply_defaults()
            seen[name] = dict(bound.arguments)
            return make(*positional, **named)

        return made

    with patch.context() as here:
        for name in NAMES:
            here.setattr(widgets, name, keeping(name, getattr(widgets, name)))
        all_figures()
    return seen


def judged(name, arguments):
    """Make a figure; return what is wrong with the outcome, or None."""
    try:
        with bounded(20):
            getattr(widgets, name)(**arguments)
    except (TypeError, ValueError) as error:
        if not any(re.search(rf"\b{parameter}\b", str(error)) for parameter in arguments):
            return f"an error that names no parameter: {error!r}"
    except Exception as error:
        return f"an error of another kind: {error!r}"
    return None


def exchanged(value):
    """Yield what may stand where a value stands: something strange, or its array with an odd entry.

    So may what stands in a dict or in a sequence, one level down.
    """
    yield from (make() for make in STRANGE)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield from poisoned(value)
        yield torch.tensor(np.array(value)).bfloat16()
    elif isinstance(value, dict):
        first = next(iter(value))
        yield from (value | {first: make()} for make in STRANGE)
        yield from (value | {make(): value[first]} for make in (lambda: "\ud800", Unprintable))
        if isinstance(value[first], np.ndarray):
            yield from (value | {first: array} for array in poisoned(value[first]))
    elif isinstance(value, list):
        yield from ([make(), *value[1:]] for make in STRANGE)


def poisoned(array):
    for entry in ENTRIES:
        made = np.array(array, dtype=float)
        made.flat[made.size // 2] = entry
        yield made


@pytest.mark.parametrize("name", [name for name in NAMES if name != "watch_training"])
def test_an_odd_argument_is_taken_or_refused_by_name(right, name):
    for parameter, value in right[name].items():
        for odd in exchanged(value):
            wrong = judged(name, right[name] | {parameter: odd})
            assert wrong is None, (parameter, type(odd), wrong)


def test_heads_in_half_precision_are_compared_as_others():
    weights = torch.tensor([[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]])
    orders = [
        widgets.heatmap_explorer(given).children[-1].orders
        for given in (weights.numpy(), weights.bfloat16(), list(weights.bfloat16()))
    ]
    assert orders[0] == orders[1] == orders[2]
