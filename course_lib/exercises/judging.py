"""What judges share: read an array, test its shape and finiteness, compare it and name mistakes."""

import numpy as np

from course_lib.exercises.exercise import Wrong

# Right answers may be computed in any floating-point type.
TOLERANCE = {np.dtype(np.float16): {"rtol": 2e-2, "atol": 5e-3}}
USUAL_TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def read_array(value, what, *, shape=None):
    """Return `value` as a finite float64 array of a shape, or say what is wrong with it."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should be an array of numbers, got {_shown(value)}.") from None
    if shape is not None and array.shape != tuple(shape):
        raise Wrong(f"{what} should have shape {tuple(shape)}, got {array.shape}.")
    if np.isnan(array).any():
        raise Wrong(f"{what}: NaN came back.")
    if np.isinf(array).any():
        raise Wrong(f"{what}: infinite numbers came back.")
    return array


def read_pair(value, what, first, second):
    """Return the two parts of a pair, or say that two were expected."""
    if isinstance(value, np.ndarray) and value.shape == (2,):
        value = tuple(value)
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise Wrong(f"{what} should return two things, {first} and {second}, in this order.")
    return value


def same(got, expected):
    """Tell whether two arrays agree within the precision of the type that came back."""
    got = np.asarray(got)
    expected = np.asarray(expected)
    tolerance = TOLERANCE.get(got.dtype, USUAL_TOLERANCE)
    return got.shape == expected.shape and bool(np.allclose(got, expected, **tolerance))


def compare(value, expected, what, mistakes=()):
    """Compare an answer with the expected array.

    `mistakes` are pairs (array, sentence): where the answer equals the array that a well-known
    mistake gives, the sentence is what the learner is told.
    """
    expected = np.asarray(expected, dtype=np.float64)
    for wrong, sentence in mistakes:
        # A mistake that happens to give the right numbers for this case shows nothing.
        if not same(expected, wrong) and same(value, wrong):
            raise Wrong(sentence)
    got = read_array(value, what, shape=expected.shape)
    if not same(value, expected):
        where = np.unravel_index(np.argmax(np.abs(got - expected)), expected.shape)
        place = f" at index {tuple(int(i) for i in where)}" if expected.ndim else ""
        raise Wrong(
            f"{what}: not right yet, expected {expected[where]:.4g}{place}, got {got[where]:.4g}."
        )


def compare_choice(value, expected, what, reasons):
    """Compare a chosen text or bool with the right one; `reasons` says why a wrong one is wrong."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    value = value.strip().lower() if isinstance(value, str) else value
    if value == expected and isinstance(value, bool) == isinstance(expected, bool):
        return
    if isinstance(value, str | bool) and value in reasons:
        raise Wrong(reasons[value])
    options = ", ".join(repr(option) for option in sorted([expected, *reasons], key=str))
    raise Wrong(f"{what} should be one of {options}, got {_shown(value)}.")


def _shown(value, most=60):
    text = repr(value).replace("\n", " ")
    return text if len(text) <= most else text[: most - 1] + "…"
