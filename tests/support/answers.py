"""What the answers of several chapters share: other number types, and hiding places."""

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
