"""What the answers of several chapters share: other number types, and hiding places."""

import pickle
import threading

import numpy as np
import torch


def in_type(function, dtype):
    """Give what a right function gives, in a number type of NumPy or PyTorch."""

    def answer(*arguments):
        result = function(*arguments)
        parts = result if isinstance(result, tuple) else (result,)
        if isinstance(dtype, torch.dtype):
            parts = tuple(torch.as_tensor(np.array(part)).to(dtype) for part in parts)
        else:
            parts = tuple(np.asarray(part).astype(dtype) for part in parts)
        return parts if isinstance(result, tuple) else parts[0]

    return answer


def on_type(function, dtype):
    """Compute in a number type of NumPy throughout."""

    def answer(*arguments):
        cast = (part.astype(dtype) if isinstance(part, np.ndarray) else part for part in arguments)
        return function(*cast)

    return answer


def in_a_thread(function):
    """Call a function in a thread of its own, where a forbidden one might be overlooked."""

    def answer(*arguments):
        found = []
        thread = threading.Thread(target=lambda: found.append(function(*arguments)))
        thread.start()
        thread.join()
        return found[0]

    return answer


SMALL = 1e-4
KINDS = {
    "small results": lambda function: _changed(function, _without_small),
    "small inputs": lambda function: lambda *given: function(*map(_without_small, given)),
    "a square transposed": lambda function: _changed(
        function, lambda part: part.T if _is_square(part) else part
    ),
    "no diagonal of a square": lambda function: _changed(
        function, lambda part: part * (1 - np.eye(len(part))) if _is_square(part) else part
    ),
    "a square made symmetric": lambda function: _changed(
        function, lambda part: (part + part.T) / 2 if _is_square(part) else part
    ),
    "clipped": lambda function: _changed(function, _clipped),
    "given clipped": lambda function: lambda *given: function(*map(_clipped, given)),
    "given squares transposed": lambda function: lambda *given: function(*map(_turned, given)),
    "two digits": lambda function: _known_by(function, lambda part: part.round(2)),
    "sorted": lambda function: _known_by(function, lambda part: np.sort(part, axis=None)),
    "first row": lambda function: _known_by(function, lambda part: part[:1]),
    "last row": lambda function: _known_by(function, lambda part: part[-1:]),
    "objects": lambda function: _known_by(function, lambda part: part),
}


def nearly(function, *kinds):
    """Give wrong answers with a part of their message: a right one spoilt, or one that keeps.

    A kind is one of `KINDS`.
    """
    return [(KINDS[kind](function), SPOILT) for kind in kinds]


SPOILT = ("not right yet", "should")  # no mistake that people make: the numbers are told


def _changed(function, change):
    def answer(*given):
        result = function(*given)
        if isinstance(result, tuple):
            return tuple(change(np.asarray(part)) for part in result)
        return change(np.asarray(result))

    return answer


def _is_real(part):
    return isinstance(part, np.ndarray) and part.dtype.kind == "f"


def _without_small(part):
    return np.where(abs(part) < SMALL, 0, part) if _is_real(part) else part


def _clipped(part):
    return part.clip(-500, 500) if _is_real(part) else part


def _is_square(part):
    return part.ndim == 2 and part.shape[0] == part.shape[1]


def _turned(part):
    square = isinstance(part, np.ndarray) and part.ndim > 1 and len(set(part.shape[-2:])) == 1
    return np.swapaxes(part, -1, -2) if square else part


def _known_by(function, look):
    """Know arrays by how they look, and objects by their place."""

    def keep(given):
        return [
            look(part) if _is_real(part) else id(part) if callable(part) else part for part in given
        ]

    return remembering(function, keep)


def remembering(function, keep):
    """Give for all arguments that are alike in what `keep` finds what was right for the first."""
    first = {}

    def answer(*given):
        kept = first.setdefault(pickle.dumps(keep(given)), pickle.dumps(given))
        return function(*pickle.loads(kept))

    answer.keeps = True
    return answer
