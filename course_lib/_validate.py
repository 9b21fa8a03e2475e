"""Checks on what comes in: every message names the parameter, what was expected and what came.

For NumPy and PyTorch alike. Arrays are converted, and their values looked at. Tensors stay as they
are and only what could give a wrong answer in silence is looked at: a module is called at every
step of a training.
"""

import operator

import numpy as np

# How far a row of weights may be from 1, by the floating-point size it was stored in.
ROW_SUM_TOLERANCE = {2: 1e-2, 4: 1e-4}
# What a tensor may hold.
FLOATS = "floating-point numbers"
INTEGERS = "integers"
BOOLEANS = "booleans (True = not hidden)"


def real_array(values, name, *, ndim=None, shape=None, allow_minus_inf=False):
    """Return `values` as a float64 array, or raise an error that names `name`.

    `ndim` and `shape` are as for `check_shape`. Integers and every floating-point type are taken;
    booleans, complex numbers, text and objects are not. What comes back may be the caller's own
    array, so it must neither be written to nor be returned.
    """
    array = _as_numpy(values, name)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    check_shape(array, name, ndim=ndim, shape=shape)
    _check_filled(array, name)
    array = array.astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    if np.isfinite(total):  # then every entry is; one pass over a large array instead of four
        return array
    bad = np.isnan(array) | (np.isposinf(array) if allow_minus_inf else np.isinf(array))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def off_diagonal(values, name):
    """Return a square matrix of real numbers without its diagonal, (n, n - 1); n at least 3."""
    array = _as_numpy(values, name)
    check_shape(array, name, ndim=2)
    n = len(array)
    if array.shape != (n, n) or n < 3:
        raise ValueError(f"{name} must be square, of 3 rows or more, got shape {array.shape}")
    return real_array(array[~np.eye(n, dtype=bool)].reshape(n, n - 1), name)


def boolean_array(values, name, *, ndim=None, shape=None):
    """Return `values` as a boolean array; 0 and 1 are refused, they might be the inverse mask."""
    array = _as_numpy(values, name)
    if array.dtype != bool:
        raise TypeError(
            f"{name} must be boolean (True = may attend), got dtype {array.dtype}; "
            f"use {name}.astype(bool) if 1 means may attend"
        )
    check_shape(array, name, ndim=ndim, shape=shape)
    _check_filled(array, name)
    return array


def tensor(x, name, kind, *shape):
    """Return `x` if it is a tensor of a kind and a shape, as for `check_shape`."""
    if not _is_tensor(x, kind):
        got = getattr(x, "dtype", type(x).__name__)
        if isinstance(x, np.ndarray):
            got = f"a NumPy array of {got}; torch.from_numpy makes a tensor of it"
        raise TypeError(f"{name} must be a tensor of {kind}, got {got}")
    check_shape(x, name, shape=shape)
    return x


def expanded(x, name, kind, *shape):
    """Return a tensor of a kind expanded to a shape."""
    x = tensor(x, name, kind, ...)
    try:
        return x.expand(shape)
    except RuntimeError:
        raise ValueError(
            f"{name} must be broadcastable to {tuple(shape)}, got shape {tuple(x.shape)}"
        ) from None


def alike(x, name, other, what):
    """Return a tensor if it has the type and the device of another one, which `what` names.

    Autocast brings types together by itself.
    """
    import torch

    together(x, name, other, what)
    if x.dtype != other.dtype and not torch.is_autocast_enabled(x.device.type):
        raise TypeError(f"{name} must be of the type of {what}, {other.dtype}, got {x.dtype}")
    return x


def together(x, name, other, what):
    """Return a tensor if it is on the device of another one, which `what` names."""
    if x.device != other.device:
        raise ValueError(f"{name} must be on the device of {what}, {other.device}, got {x.device}")
    return x


def seen(condition):
    """Return whether a tensor of one boolean is True; False where a transform hides numbers.

    `torch.compile`, `torch.export`, `torch.vmap` and `FakeTensorMode` follow shapes alone.
    """
    import torch

    if torch.compiler.is_compiling():
        return False
    try:
        return bool(condition)
    except RuntimeError:
        return False


def _is_tensor(x, kind):
    """Return whether something is a tensor of a kind."""
    import torch  # only who has tensors pays for it

    if not isinstance(x, torch.Tensor):
        return False
    if kind == FLOATS:
        return x.is_floating_point()
    return x.dtype in ((torch.bool,) if kind == BOOLEANS else (torch.int64, torch.int32))


def check_shape(array, name, *, ndim=None, shape=None):
    """Raise ValueError where an array or a tensor has other axes than expected.

    `ndim` is the exact number of axes, or ``(least,)`` for a lower bound. An axis of `shape` is a
    length, or a word for any length; `...` in front stands for any axes.
    """
    if isinstance(ndim, tuple):
        if array.ndim < ndim[0]:
            raise ValueError(
                f"{name} must have at least {ndim[0]} axes, got {array.ndim} (shape {array.shape})"
            )
    elif ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got {array.ndim} (shape {array.shape})")
    if shape is not None and not _fits(array.shape, shape):
        axes = ", ".join("..." if axis is ... else str(axis) for axis in shape)
        comma = "," if len(shape) == 1 else ""
        raise ValueError(f"{name} must have shape ({axes}{comma}), got {tuple(array.shape)}")


def _fits(found, shape):
    axes = [axis for axis in shape if axis is not ...]
    if ... in shape:
        found = found[max(0, len(found) - len(axes)) :]
    return len(found) == len(axes) and all(
        isinstance(axis, str) or axis == length for axis, length in zip(axes, found, strict=True)
    )


def _check_filled(array, name):
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")


def weights_array(weights, name="weights", *, ndim=2, square=True):
    """Return attention weights as float64: finite, non-negative, every row summing to 1."""
    stored = _as_numpy(weights, name)
    array = real_array(stored, name, ndim=ndim)
    if square and array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{name} must be square in its last two axes, got shape {array.shape}")
    if array.min() < 0:
        where = tuple(int(i) for i in np.argwhere(array < 0)[0])
        raise ValueError(f"{name} must not be negative, got {array[where]} at index {where}")
    tolerance = ROW_SUM_TOLERANCE.get(
        stored.dtype.itemsize if stored.dtype.kind == "f" else 8, 1e-6
    )
    sums = array.sum(axis=-1)
    off = np.abs(sums - 1) > tolerance
    if off.any():
        row = tuple(int(i) for i in np.argwhere(off)[0])
        raise ValueError(
            f"{name} must have rows that sum to 1, but row {row[0] if len(row) == 1 else row} "
            f"sums to {sums[row]:.6g}"
        )
    return array


def token_list(tokens, n, name="tokens"):
    """Return `n` tokens as a list of str; None gives the positions as text."""
    if tokens is None:
        return [str(position) for position in range(n)]
    if isinstance(tokens, str):
        raise TypeError(f"{name} must be a sequence of strings, got one string {tokens!r}")
    try:
        tokens = [str(token) for token in tokens]
    except TypeError:
        raise TypeError(
            f"{name} must be a sequence of strings, got {type(tokens).__name__}"
        ) from None
    if len(tokens) != n:
        raise ValueError(f"{name} must have one entry a position: expected {n}, got {len(tokens)}")
    return tokens


def integer(value, name, *, low=None, high=None):
    """Return `value` as int; a bool or a float is refused, and so is one outside [low, high]."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    return _in_range(number, name, low, high)


def integers(values, name, *, low=None, high=None):
    """Return a sequence as a list of int, each within [low, high]."""
    if isinstance(values, str) or not np.iterable(values):
        raise TypeError(f"{name} must be a sequence of integers, got {values!r}")
    return [integer(value, name, low=low, high=high) for value in values]


def within(x, name, low, high, *, verb="be"):
    """Return a tensor of integers if all are from `low` to `high`."""
    if seen(((x < low) | (x > high)).any()):
        worst = x.min() if x.min() < low else x.max()
        raise ValueError(f"{name} must {verb} from {low} to {high}, got {worst.item()}")
    return x


def real(value, name, *, low=None, high=None):
    """Return `value` as a finite float within [low, high]."""
    try:
        if isinstance(value, bool | str):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a real number, got {value!r}") from None
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return _in_range(number, name, low, high)


def choice(value, name, options):
    """Return `value` if it is one of `options`."""
    if value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name} must be one of {listed}, got {value!r}")
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
            raise ValueError(f"{name} must be at least {low}, got {number}")
        raise ValueError(f"{name} must be between {low} and {high}, got {number}")
    return number


def _as_numpy(values, name):
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors that need grad
        reason = str(error).splitlines()[0]
        raise TypeError(f"{name} must be an array of numbers: {reason}") from None
