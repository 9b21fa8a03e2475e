"""How much memory an answer takes while it runs, in NumPy, PyTorch and Python itself."""

import sys
import tracemalloc
from contextlib import contextmanager, nullcontext

from course_lib.exercises.calling import copied
from course_lib.exercises.plain_data import Raised, attempt


def call_measured(answer, cases):
    """Call a learner's function once for each case; return pairs (plain value, bytes).

    The bytes are the most that Python and NumPy held at one time, or those of PyTorch's largest
    tensor, whichever is more. What is no value (`Raised`, None, dots) stands without them.
    """
    values = []
    for case in cases:
        given = copied(case)
        with measured() as held:
            value = attempt(lambda given=given: answer(*given))
        passed_on = value is None or value is ... or isinstance(value, Raised)
        values.append(value if passed_on else (value, held["bytes"]))
    return values


@contextmanager
def measured():
    """Yield a dict that holds ``bytes`` once the block has ended."""
    held, sizes = {}, [0]
    tracemalloc.start()
    try:
        with tensors_made(sizes.append):
            yield held
    finally:
        held["bytes"] = max(tracemalloc.get_traced_memory()[1], *sizes)
        tracemalloc.stop()


def tensors_made(tell):
    """Return a context in which `tell` is given the bytes of each tensor that PyTorch makes.

    A view, and what is written in place, has the memory of another tensor and is not told.
    """
    torch = sys.modules.get("torch")
    if torch is None:  # then nothing was made with it: an answer has been tried before
        return nullcontext()
    from torch.overrides import TorchFunctionMode

    class Listener(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            tracing = sys.gettrace()
            sys.settrace(None)  # lines inside PyTorch are none of the answer's
            try:
                made = function(*args, **(kwargs or {}))
                known = {_memory(part)[0] for part in args if isinstance(part, torch.Tensor)}
                for part in made if isinstance(made, tuple | list) else [made]:
                    if isinstance(part, torch.Tensor) and _memory(part)[0] not in known:
                        tell(_memory(part)[1])
            finally:
                sys.settrace(tracing)
            return made

    return Listener()


def _memory(tensor):
    """Return the address and the bytes of a tensor's memory: a view has that of its base."""
    if str(tensor.layout) != "torch.strided":
        return None, 0
    return tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes()
