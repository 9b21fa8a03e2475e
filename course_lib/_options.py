"""Checks on single options, for `course_lib._validate`: numbers, choices, generators."""

import itertools
import math
import operator
import reprlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 20

MOST_INTEGERS = 2**20
MOST_POSITIONS = 2**16  # of a mask (n, n): more would take over 4 GiB


def shown(value):
    """Return a value as a message shows it: not longer than one can read."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return f"{type(value).__name__} too large to be shown"


def integer(value, name, *, low=None, high=None):
    """Return `value` as int; a bool or a float is refused, and so is one outside [low, high]."""
    try:
        if type(value) is not int and _is_boolean(value):
            raise TypeError
        number = operator.index(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be an integer, got {shown(value)}") from None
    return _in_range(number, name, low, high)


def positions(value, name):
    """Return how many positions a mask or a pattern has."""
    return integer(value, name, low=1, high=MOST_POSITIONS)


def text(value, name):
    """Return `value` if it is text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {shown(value)}")
    return unicode(value, name)


def unicode(value, name):
    """Return text if it can be sent, written and drawn: half a character can not.

    A shell makes such halves of bytes that are not UTF-8.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        place = error.start
        raise ValueError(f"{name} must be Unicode, got {value[place]!r} in it") from None
    return value


def path(value, name):
    """Return a path; a number is refused: `open` would take it for a file that is open already."""
    try:
        named = Path(value)
    except TypeError:
        raise TypeError(f"{name} must be a path, got {shown(value)}") from None
    if "\0" in str(named):
        raise ValueError(f"{name} must not hold a null character, got {shown(value)}")
    return named


def flag(value, name):
    """Return True or False; what merely counts as one of them is refused."""
    if not _is_boolean(value) or np.ndim(value) != 0:
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def _is_no_real(value):
    """Tell whether `float` would make a number of what is none, or drop a part of it."""
    return (
        isinstance(value, str | bytes)
        or _is_boolean(value)
        or np.ndim(value) != 0
        or np.iscomplexobj(value)
        or np.ma.is_masked(value)
    )


def _is_boolean(value):
    return isinstance(value, bool | np.bool_) or str(getattr(value, "dtype", "")).endswith("bool")


def integers(values, name, *, low=None, high=None):
    """Return a sequence as a list of int, each within [low, high].

    A generator is taken, but not one that goes on for ever.
    """
    unordered = isinstance(values, str | bytes | Mapping | set | frozenset)
    if unordered or not np.iterable(values) or getattr(values, "ndim", 1) != 1:  # whole rows, or
        # of a DataFrame the names of its columns
        raise TypeError(f"{name} must be a sequence of integers, got {shown(values)}")
    taken = list(itertools.islice(values, MOST_INTEGERS + 1))
    if len(taken) > MOST_INTEGERS:
        raise ValueError(f"{name} must be at most {MOST_INTEGERS} integers, got more")
    return [integer(value, name, low=low, high=high) for value in taken]


def sequence(values, name, kind, *, most):
    """Return 1 to `most` things of a kind as a list; of what kind each is, is still to be checked.

    A generator is taken, but not one that goes on for ever.
    """
    if isinstance(values, str | bytes | Mapping | kind) or not _is_iterable(values):
        got = type(values).__name__
        raise TypeError(f"{name} must be a sequence of {kind.__name__}, got {got}")
    taken = list(itertools.islice(values, most + 1))
    if not 1 <= len(taken) <= most:
        raise ValueError(f"{name} must number from 1 to {most}, got {len(taken)}")
    return taken


def _is_iterable(values):
    """Tell whether one can go through something: an array without axes only looks as if."""
    return np.iterable(values) and getattr(values, "ndim", 1) > 0


def pair(value, name, meaning):
    """Return a pair as a list; what `meaning` says of it, is told."""
    is_row = isinstance(value, tuple | list) or getattr(value, "ndim", 0) == 1
    if not is_row or len(value) != 2:
        raise ValueError(f"{name} must be a pair ({meaning}), got {shown(value)}")
    return list(value)


def title(value, name):
    """Return what names a thing, a key of a dict for instance, as text."""
    try:
        told = str(value)
    except Exception:  # whatever a class of anybody's does
        told = shown(value)
    return unicode(told, name)


def real(value, name, *, low=None, high=None):
    """Return `value` as a finite float within [low, high]."""
    try:
        if type(value) not in (int, float) and _is_no_real(value):
            raise TypeError
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name} must be finite, got a number beyond float64") from None
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be a real number, got {shown(value)}") from None
    if not -math.inf < number < math.inf:  # nor with NaN; torch.compile can follow it
        raise ValueError(f"{name} must be finite, got {number}")
    return _in_range(number, name, low, high)


def choice(value, name, options):
    """Return `value` if it is one of `options`."""
    # Of the same type, too: 1 is not True, and an array is equal to nothing.
    if not any(isinstance(value, type(option)) and value == option for option in options):
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name} must be one of {listed}, got {shown(value)}")
    return value


def instance(value, name, kind):
    """Return `value` if it is of a kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {shown(value)}")
    return value


def generator(value, name, kind=np.random.Generator):
    """Return `value` if it is a source of random numbers: NumPy's, or ``torch.Generator``."""
    if not isinstance(value, kind):
        public = [part for part in kind.__module__.split(".") if not part.startswith("_")]
        wanted = ".".join([*public, kind.__name__])
        raise TypeError(f"{name} must be a {wanted}, got {type(value).__name__}")
    return value


def _in_range(number, name, low, high):
    if (low is not None and number < low) or (high is not None and number > high):
        if high is None:
            raise ValueError(f"{name} must be at least {low}, got {shown(number)}")
        raise ValueError(f"{name} must be between {low} and {high}, got {shown(number)}")
    return number
