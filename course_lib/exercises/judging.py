"""What judges share: read what came back, compare it, and name the mistake if there is one name.

The right answer is compared first, in the precision of what came back. Only an answer that is not
right is held against well-known mistakes, and a mistake is named only if it explains *all* cases:
by chance a wrong number is right, or looks like another mistake, in one of them.
"""

import numpy as np

from course_lib._validate import type_name
from course_lib.exercises.exercise import Wrong
from course_lib.exercises.plain_data import BFloat16
from course_lib.language import say

# Right answers may be computed in any floating-point type; in lists of Python's own numbers too,
# the last digits may have been lost before.
USUAL_TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}
TOLERANCE = {
    "float32": {"rtol": 1e-4, "atol": 1e-5},
    "float16": {"rtol": 2e-2, "atol": 5e-3},
    "bfloat16": {"rtol": 6e-2, "atol": 2e-2},
}
# A number that counts something is not computed: it is off by no more than its type must round.
ROUNDING = {"float32": 1e-6, "float16": 2**-11, "bfloat16": 2**-8}
# One that is copied may have been rounded before as well, and been too small for its type; a share
# of what is counted is a quotient of rounded numbers.
COPIES = {"float32": 1e-6, "float16": 2**-9, "bfloat16": 2**-6}
SMALLEST = {"float16": 2**-24}
SMALLEST_USUAL = 1e-37  # of float32 and bfloat16


def tolerance_of(value, *, counted=False, copied=False):
    """Return the tolerance for a plain value: that of the coarsest type of number in it.

    Where numbers are `counted`, only the rounding of their type is allowed; where they are
    `copied`, that of float32 as well.
    """
    if isinstance(value, tuple | list):
        parts = [tolerance_of(part, counted=counted, copied=copied) for part in value]
        return max(parts or [USUAL_TOLERANCE], key=lambda part: part["rtol"])
    kind = "bfloat16" if isinstance(value, BFloat16) else type_name(getattr(value, "dtype", ""))
    if counted:
        return {"rtol": ROUNDING.get(kind, 1e-9), "atol": 0}
    if copied:
        rounding = COPIES.get(kind, COPIES["float32"])
        return {"rtol": rounding, "atol": SMALLEST.get(kind, SMALLEST_USUAL)}
    return TOLERANCE.get(kind, USUAL_TOLERANCE)


def same(got, expected, *, tolerance=None):
    """Tell whether two arrays agree; NaN agrees with NaN.

    Parameters
    ----------
    got : plain value
        What came back.
    expected : array_like
        Integers and booleans count: for them no more is allowed than the type must round.
    tolerance : dict, optional
        ``rtol`` and ``atol`` of `numpy.allclose`; otherwise those of the type that came back.
    """
    try:
        array = np.asarray(got)
    except ValueError:  # lists of lists of different lengths
        return False
    expected = np.asarray(expected)
    if array.dtype.kind not in "biuf" or array.shape != expected.shape:
        return False
    tolerance = tolerance or tolerance_of(got, counted=expected.dtype.kind in "biu")
    return _close(array.astype(float), expected, **tolerance)


def _close(got, expected, rtol, atol):
    """Tell what `numpy.allclose` tells, where NaN agrees with NaN: sooner if all is finite."""
    most = atol + rtol * np.abs(expected)
    if np.isfinite(most).all():
        return bool((np.abs(got - expected) <= most).all())
    return bool(np.allclose(got, expected, rtol=rtol, atol=atol, equal_nan=True))


def same_copied(got, expected):
    """Tell what `same` tells, of numbers that an answer copies, or shares of what it counts.

    Nothing is computed with them, so that an answer that rounds them is another answer.
    """
    return same(got, expected, tolerance=tolerance_of(got, copied=True))


def compare_all(what, cases, values, right, mistakes=(), *, same=same, tell=None):
    """Compare the answers to all cases with what is right; name a mistake that fits them all.

    Parameters
    ----------
    what : str or callable (*case) -> str
        The subject of the message: "The weights".
    cases, values : list
        As a judge gets them.
    right : callable (*case) -> array, number or tuple of numbers
    mistakes : sequence of (callable (*case), str)
        What a well-known mistake gives, and the sentence that the learner is told. None means that
        in this case the mistake makes no difference.
    same : callable (got, expected) -> bool
        Whether an answer is one that was expected; `same` of this module by default.
    tell : callable (what, got, expected), optional
        Raises `Wrong` for an answer that is not right and that no mistake explains, where the
        number that is farthest off would say little.

    Raises
    ------
    Wrong
        With the sentence of the first mistake that gives the answers of all cases; otherwise with
        what is wrong in the first case that is not right.
    """
    pairs = list(zip(cases, values, strict=True))
    places = (k for k, (case, value) in enumerate(pairs) if not same(value, right(*case)))
    place = next(places, None)
    if place is None:
        return
    # The case that is not right comes first: in it most mistakes give something else again, and
    # need not be made in the others.
    case, value = first = pairs.pop(place)

    def explains(mistake, case, value):
        made = mistake(*case)
        return same(value, right(*case) if made is None else made)

    for mistake, sentence in mistakes:
        if all(explains(mistake, *pair) for pair in (first, *pairs)):
            raise Wrong(sentence)
    subject = say(what) if isinstance(what, str) else what(*case)
    (tell or tell_difference)(subject, value, right(*case))


def tell_difference(what, value, expected):
    """Raise `Wrong` with what was expected and what came."""
    got = read_array(value, what, shape=np.shape(expected))
    right = np.asarray(expected, dtype=np.float64)
    if isinstance(expected, tuple):
        told = {"right": _listed(right), "wrong": _listed(got)}
        raise Wrong("{what}: not right yet, expected {right}, got {wrong}.", what=what, **told)
    where = np.unravel_index(np.argmax(np.abs(got - right)), right.shape)
    numbers = told_apart(np.asarray(expected)[where], np.asarray(value)[where], _written)
    told = {"what": what, "right": numbers[0], "wrong": numbers[1]}
    if not right.ndim:
        raise Wrong("{what}: not right yet, expected {right}, got {wrong}.", **told)
    raise Wrong(
        "{what}: not right yet, expected {right} at index {place}, got {wrong}.",
        place=tuple(int(i) for i in where),
        **told,
    )


def compare_number(value, expected, what, mistakes=(), *, within=1e-6, digits=2):
    """Compare one number that was predicted or found; never tell the right one.

    Parameters
    ----------
    value : plain value
    expected : float
    what : str
    mistakes : sequence of (number, sentence)
    within : float
        How far it may lie from the right one, if that is no whole number.
    digits : int
        It may also be the right one as people write it, rounded to so many significant digits or
        to more of them.
    """
    got = read_array(value, what, shape=()).item()

    def is_meant(number):
        whole = float(number).is_integer()  # such a number is counted, and not rounded by people
        tolerance = tolerance_of(value, counted=whole)
        coarse = 0 if tolerance is USUAL_TOLERANCE else tolerance["rtol"]
        close = abs(got - number) <= max(0 if whole else within, coarse * abs(number))
        rounded = [float(f"{number:.{d}g}") for d in range(digits, 16)]
        off = tolerance_of(value, counted=True)["rtol"]  # which the type must round once more
        return close or (not whole and bool(np.isclose(got, rounded, rtol=off, atol=0).any()))

    if is_meant(expected):
        return
    for wrong, sentence in mistakes:
        if is_meant(wrong):
            raise Wrong(sentence)
    wrong = _written(got)
    if wrong.isdigit() and not got.is_integer():  # a nearly whole number
        wrong = repr(got)
    raise Wrong("{what}: not right yet, got {wrong}.", what=say(what), wrong=wrong)


def compare_choice(value, expected, what, reasons):
    """Compare a chosen text or bool with the right one; `reasons` says why a wrong one is wrong.

    Capitals, spaces around it, quotes and a full stop do not matter.
    """
    chosen = read_choice(value)
    if type(chosen) is type(expected) and chosen == expected:
        return
    if isinstance(chosen, str | bool) and chosen in reasons:
        raise Wrong(reasons[chosen])
    options = ", ".join(repr(option) for option in sorted([expected, *reasons], key=str))
    raise Wrong(
        "{what} should be one of {options}, got {value}.",
        what=say(what),
        options=options,
        value=_shown(value),
    )


def read_choice(value):
    """Return a choice as it is compared: text in small letters, without what stands around it."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    return value.strip(" \t\n.!\"'`“”„‘’«»").lower() if isinstance(value, str) else value


def read_array(value, what, *, shape=None):
    """Return `value` as a finite float64 array of a shape, or say what is wrong with it."""
    what = say(what)
    try:
        if np.asarray(value).dtype.kind in "USOc":  # NumPy would read numbers out of text
            raise TypeError
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        told = {"what": what, "value": _shown(value)}
        if shape == ():
            raise Wrong("{what} should be a number, got {value}.", **told) from None
        raise Wrong("{what} should be an array of numbers, got {value}.", **told) from None
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


def read_parts(value, what, *names):
    """Return the parts of an answer that is to have so many: a tuple, a list or stacked arrays.

    `names` say what they are, in their order; they stand in the message.
    """
    parts = _split(value, len(names))
    if parts is None:
        raise Wrong(
            "{what} should give {count} things, in this order: {names}. What came: {value}.",
            what=say(what),
            count=len(names),
            names=", ".join(say(name) for name in names),
            value=_shown(value),
        )
    return parts


def read_pair(value, what, first, second, *, shapes=None):
    """Return the two parts of a pair, or say that two were expected, or in the other order.

    The order can be told if the two have different `shapes`.
    """
    parts = _split(value, 2)
    if parts is None:
        raise Wrong(
            "{what} should return two things, {first} and {second}, in this order.",
            what=say(what),
            first=say(first),
            second=say(second),
        )
    found = tuple(_shape(part) for part in parts)
    if shapes and found != tuple(shapes) and found == tuple(reversed(shapes)):
        raise Wrong(
            "The two are the wrong way round: first {first}, then {second}.",
            first=say(first),
            second=say(second),
        )
    return parts


def _split(value, count):
    """Return so many parts of a tuple, a list or stacked arrays, or None."""
    if isinstance(value, np.ndarray) and value.ndim:
        value = tuple(value)
    return value if isinstance(value, tuple | list) and len(value) == count else None


def _shape(part):
    try:
        return np.shape(part)
    except ValueError:  # lists of lists of different lengths
        return None


def told_apart(right, wrong, written):
    """Return two numbers as `written` writes them, or in full where it writes the same for both."""
    right, wrong = _exact(right), _exact(wrong)
    told = written(right), written(wrong)
    return told if told[0] != told[1] else (repr(right), repr(wrong))


def _listed(numbers):
    return "(" + ", ".join(_written(number) for number in numbers.ravel()) + ")"


def _exact(number):
    """Return a number with all its digits; a whole one may have more than float64 holds."""
    number = np.asarray(number).item()
    return number if isinstance(number, int) else float(number)


def _written(number):
    whole = float(number).is_integer() and abs(number) < 1e15
    return f"{number + 0:.0f}" if whole else f"{number:.4g}"  # -0 + 0 is 0


def _shown(value, most=60):
    text = repr(_pythons_own(value)).replace("\n", " ")
    return text if len(text) <= most else text[: most - 1] + "…"


def _pythons_own(value):
    """Return numbers and texts of NumPy as those of Python, which are written 1.5 and 'mean'."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (tuple, list):
        return type(value)(map(_pythons_own, value))
    return value
