"""How an answer is called: the part of a check that may run in another process than the rest.

Nothing here knows what is right. When strangers' notebooks are graded, this runs beside their code,
in a sandbox, and what is told here is plain data that nobody need believe.
"""

import copy
import sys
from dataclasses import dataclass, field

import numpy as np

from course_lib.exercises.plain_data import Raised, attempt

CHANGED = "changed its arguments"  # the type of a `Raised` that stands for a value


def call_function(answer, cases):
    """Call a learner's function once for each case; return plain values or `Raised`.

    Arrays of one size are given in the same memory, one after the other, and so are objects of one
    class: an answer that knows them by their place, and not by what they hold, shows.
    """
    places = {}
    return [attempt(lambda case=case: answer(*_placed(case, places))) for case in cases]


def call_keeping(answer, cases):
    """Call a function that must leave its arguments as they are, else as `call_function` does.

    Where an array, or a list or dict of them, is another afterwards, a `Raised` of type `CHANGED`
    stands for the value. What was changed and put back is no harm.
    """
    values = []
    places = {}
    for case in cases:
        given = _placed(case, places)
        value = attempt(lambda given=given: answer(*given))
        is_value = value is not None and value is not ... and not isinstance(value, Raised)
        values.append(value if not is_value or _alike(given, case) else Raised(CHANGED, ""))
    return values


def _alike(one, other):
    """Tell whether arguments hold the same numbers; what is no data, as a function, is passed."""
    if isinstance(one, np.ndarray):
        form = (one.shape, one.dtype) == (other.shape, other.dtype)
        return form and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        one, other = list(one.items()), list(other.items())
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return one is other or one == other or not isinstance(one, bool | int | float | str)


def _placed(case, places):
    """Return a copy of a case whose parts stand where others of their kinds stood before."""
    given = copied(case)
    for k, new in enumerate(given):
        if type(new) is np.ndarray and new.dtype != object:
            place = places.setdefault((k, new.shape, new.dtype.str), new)
            if place.shape == new.shape and place.dtype == new.dtype and place.flags.writeable:
                place[...] = new
                given = (*given[:k], place, *given[k + 1 :])
        elif type(new) is list or _is_plain_object(new):
            place = places.setdefault((k, type(new)), new)
            if type(new) is list:
                place[:] = new
            elif place is not new:
                vars(place).clear()
                vars(place).update(vars(new))
            given = (*given[:k], place, *given[k + 1 :])
    return given


class _Plain:
    """An object that is what stands in its `__dict__`, as functions and containers are not."""


def _is_plain_object(value):
    return hasattr(value, "__dict__") and type(value).__basicsize__ == _Plain.__basicsize__


def copied(case):
    """Return a copy of a case, made out of sight of `isolation.watched`.

    To copy a generator of random numbers takes a hundred calls of Python, and none is the answer's.
    """
    watching = sys.getprofile()
    if not callable(watching):  # nothing, or a profiler that cannot be set again
        return copy.deepcopy(case)
    sys.setprofile(None)
    try:
        return copy.deepcopy(case)
    finally:
        sys.setprofile(watching)


def read_value(answer, cases):
    """Bring back a value that the learner assigned to a name; there is one empty case."""
    return [attempt(lambda: answer) for _ in cases]


@dataclass(frozen=True)
class Found:
    """What a name holds, before it is called.

    Attributes
    ----------
    there : bool
        Whether the name is defined.
    dots, callable, of_library : bool
        Whether it is ``...``, can be called, is a function of the course's library.
    kind : str
        The name of its class.
    """

    there: bool = False
    dots: bool = False
    callable: bool = False
    of_library: bool = False
    kind: str = ""


def find(namespace, name):
    """Return the `Found` of a name, and what it holds."""
    if name not in namespace:
        return Found(), None
    answer = namespace[name]
    of_library = (getattr(answer, "__module__", None) or "").startswith("course_lib")
    return Found(True, answer is ..., callable(answer), of_library, type(answer).__name__), answer


@dataclass(frozen=True)
class Called:
    """What came of a call: plain values, one for each case, or that it took too long.

    Attributes
    ----------
    values : list
    used : list of str
        Names of functions it called that it must not.
    late : bool
        Whether it did not come to an end.
    """

    values: list = field(default_factory=list)
    used: list = field(default_factory=list)
    late: bool = False


def run_module(answer, cases):
    """Build a learner's module once for each case and run it forward and backward.

    A case is (arguments of the class, parameters by name, inputs, probe): arrays all but the
    arguments. The module gets the parameters, is called on the inputs, and its first output is
    multiplied by the probe and summed, for gradients. Buffers of its own do not matter, nor in
    which floating-point type it computes. PyTorch is imported only here.

    Returns
    -------
    list
        For each case `Raised`, ``...``, or a dict: ``shapes`` of the parameters, and where they
        are those of the case also ``outputs`` (a tuple of arrays) and ``gradients`` (parameter ->
        array or None, and ``"x"``, of the first input).
    """
    return [attempt(lambda case=case: _run(answer, *copied(case))) for case in cases]


def _run(answer, arguments, parameters, inputs, probe):
    import torch

    module = answer(*arguments)
    if module is ... or not isinstance(module, torch.nn.Module):
        return module
    shapes = {name: tuple(value.shape) for name, value in module.named_parameters()}
    if shapes != {name: np.shape(value) for name, value in parameters.items()}:
        return {"shapes": shapes}
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.tensor(parameters[name]))
    x, *rest = (torch.tensor(value) for value in inputs)
    x.requires_grad_()
    outputs = module(x.clone(), *rest)  # a copy, which may be changed in place
    if outputs is ... or outputs is None:
        return outputs
    outputs = tuple(outputs) if isinstance(outputs, tuple | list) else (outputs,)
    gradients = {}
    if getattr(outputs[0], "requires_grad", False) and outputs[0].shape == probe.shape:
        (outputs[0] * torch.tensor(probe)).sum().backward()
        gradients = {name: value.grad for name, value in module.named_parameters()}
        gradients["x"] = x.grad
    return {"shapes": shapes, "outputs": outputs, "gradients": gradients}
