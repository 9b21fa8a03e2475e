"""What judges share: read an array, test its shape and finiteness, compare it and name mistakes."""

import numpy as np

from course_lib.exercises.exercise import Wrong
from course_lib.language import say

# Right answers may be computed in any floating-point type.
TOLERANCE = {np.dtype(np.float16): {"rtol": 2e-2, "atol": 5e-3}}
USUAL_TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


def read_array(value, what, *, shape=None):
    """Return `value` as a finite float64 array of a shape, or say what is wrong with it."""
    what = say(what)
    try:
        if np.asarray(value).dtype.kind in "USOc":  # NumPy would read numbers out of text
            raise TypeError
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(
            "{what} should be an array of numbers, got {value}.", what=what, value=_shown(value)
        ) from None
    if shape is not None and array.shape != tuple(shape):
        raise Wrong(
            "{what} should have shape {shape}, got {found}.",
            what=what,
            shape=tuple(shape),
            found=array.shape,
        )
    if np.isnan(array).any():
        raise Wrong("{what}: NaN came back.", what=what)
    if np.isinf(array).any():
        raise Wrong("{what}: infinite numbers came back.", what=what)
    return array


def read_pair(value, what, first, second, *, shapes=None):
    """Return the two parts of a pair, or say that two were expected, or in the other order.

    The order can be told if the two have different `shapes`.
    """
    if isinstance(value, np.ndarray) and value.shape == (2,):
        value = tuple(value)
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise Wrong(
            "{what} should return two things, {first} and {second}, in this order.",
            what=say(what),
            first=say(first),
            second=say(second),
        )
    found = tuple(np.shape(part) for part in value)
    if shapes and found != tuple(shapes) and found == tuple(reversed(shapes)):
        raise Wrong(
            "The two are the wrong way round: first {first}, then {second}.",
            first=say(first),
            second=say(second),
        )
    return value


def has_nan(value, shape):
    """Tell whether an array of a shape came back with NaN in it."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return False
    return array.shape == tuple(shape) and bool(np.isnan(array).any())


def same(got, expected):
    """Tell whether two arrays agree within the precision of the type that came back."""
    try:
        got = np.asarray(got)
    except ValueError:  # lists of lists of different lengths
        return False
    expected = np.asarray(expected)
    if got.dtype.kind not in "biuf":
        return False
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
        right, wrong = (_written(array[where]) for array in (expected, got))
        told = {"what": say(what), "right": right, "wrong": wrong}
        if not expected.ndim:
            raise Wrong("{what}: not right yet, expected {right}, got {wrong}.", **told)
        raise Wrong(
            "{what}: not right yet, expected {right} at index {place}, got {wrong}.",
            place=tuple(int(i) for i in where),
            **told,
        )


def compare_numbers(values, expected, what, mistakes):
    """Compare one number for each case, where wrong numbers may be right by chance.

    `mistakes` holds for each case the pairs (number, sentence) of `compare`, in the same order. A
    mistake is named only if it gives the numbers of all cases.
    """
    values = [read_array(value, what, shape=()) for value in values]
    for pairs in zip(*mistakes, strict=True):
        wrong = [number for number, _ in pairs]
        if same(values, wrong) and not same(expected, wrong):
            raise Wrong(pairs[0][1])
    for value, right in zip(values, expected, strict=True):
        compare(value, right, what)


def compare_number(value, expected, what, mistakes=(), *, within=1e-4):
    """Compare one number that was predicted or found, to a precision; never tell the right one.

    `mistakes` are pairs (number, sentence) as for `compare`.
    """
    got = read_array(value, what, shape=()).item()
    if abs(got - expected) <= within:
        return
    for wrong, sentence in mistakes:
        if abs(got - wrong) <= within:
            raise Wrong(sentence)
    raise Wrong("{what}: not right yet, got {wrong}.", what=say(what), wrong=_written(got))


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
    raise Wrong(
        "{what} should be one of {options}, got {value}.",
        what=say(what),
        options=options,
        value=_shown(value),
    )


def _written(number):
    whole = float(number).is_integer() and abs(number) < 1e15
    return f"{number:.0f}" if whole else f"{number:.4g}"


def _shown(value, most=60):
    text = repr(value).replace("\n", " ")
    return text if len(text) <= most else text[: most - 1] + "…"
