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


def dropping_small(function):
    """Take what is smaller than 1e-4 for 0."""

    def answer(*arguments):
        result = np.asarray(function(*arguments))
        return np.where(abs(result) < 1e-4, 0, result)

    return answer


def clipping(function):
    """Clip all arrays that are given to 500."""

    def answer(*arguments):
        clipped = (
            np.clip(part, -500, 500) if isinstance(part, np.ndarray) else part for part in arguments
        )
        return function(*clipped)

    return answer


def failing_at_two(function, place=0):
    """Know no answer where the last axis of an argument has two places."""

    def answer(*arguments):
        if arguments[place].shape[-1] == 2:
            raise NotImplementedError("two")
        return function(*arguments)

    return answer


def turning_squares(function):
    """Transpose each square result."""

    def answer(*arguments):
        result = np.asarray(function(*arguments))
        return result.T if result.shape == result.shape[::-1] else result

    return answer


def turning_given_squares(function):
    """Transpose each square among the arguments, and each stack of them."""

    def answer(*arguments):
        return function(*map(_turned_square, arguments))

    return answer


def _turned_square(part):
    square = isinstance(part, np.ndarray) and part.ndim > 1 and len(set(part.shape[-2:])) == 1
    return np.swapaxes(part, -1, -2) if square else part
