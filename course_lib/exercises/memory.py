"""How much memory an answer takes while it runs, in NumPy, PyTorch and Python itself."""

import copy
import sys
import tracemalloc
from contextlib import contextmanager

from course_lib.exercises.plain import Raised, attempt


def call_measured(answer, cases):
    """Call a learner's function once for each case; return pairs (plain value, bytes).

    The bytes are the most that Python and NumPy held at one time, or those of PyTorch's largest
    tensor, whichever is more. What is no value (`Raised`, None, dots) stands without them.
    """
    values = []
    for case in cases:
        given = copy.deepcopy(case)
        with measured() as held:
            value = attempt(lambda given=given: answer(*given))
        passed_on = value is None or value is ... or isinstance(value, Raised)
        values.append(value if passed_on else (value, held["bytes"]))
    return values


@contextmanager
def measured():
    """Yield a dict that holds ``bytes`` once the block has ended."""
    held = {}
    tracemalloc.start()
    try:
        with _tensors() as sizes:
            yield held
    finally:
        held["bytes"] = max(tracemalloc.get_traced_memory()[1], *sizes)
        tracemalloc.stop()


@contextmanager
def _tensors():
    """Yield a list to which the bytes of each tensor that PyTorch makes are added."""
    sizes = [0]
    if "torch" not in sys.modules:
        yield sizes
        return
    from torch.overrides import TorchFunctionMode

    class Count(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            for tensor in made if isinstance(made, tuple | list) else [made]:
                if hasattr(tensor, "untyped_storage"):  # a view shares that of its base
                    sizes.append(tensor.untyped_storage().nbytes())
            return made

    with Count():
        yield sizes
