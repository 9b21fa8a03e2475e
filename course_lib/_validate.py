"""Checks on what comes in: every message names the parameter, what was expected and what came.

For NumPy and PyTorch alike. Arrays are converted, and their values looked at. Tensors stay as they
are and only what could give a wrong answer in silence is looked at: a module is called at every
step of a training.

**Rows of weights.** A model in half precision rounds its weights, so their rows do not sum to 1.
bfloat16, the coarsest, keeps 8 bits: one rounding moves a weight by at most 2⁻⁸ of itself, and a
softmax that also divides in bfloat16 rounds twice. So a row within 2⁻⁷ of 1 is attention, whatever
type it is stored in now; it is divided by its sum in float64, and no function need think of it
again. What is further off is no attention, and is refused.
"""

import itertools
import sys
from collections.abc import Mapping
from functools import cache

import numpy as np

from course_lib._options import (  # noqa: F401 (one place for all checks)
    choice,
    flag,
    generator,
    instance,
    integer,
    integers,
    pair,
    path,
    positions,
    real,
    sequence,
    shown,
    text,
    title,
    unicode,
)

ROW_SUM_TOLERANCE = 2.0**-7  # how far from 1 the sum of a row of weights may be
LARGEST = 1e70  # of an array whose entries are multiplied with those of another and squared
MOST_AXES = 32  # of an array; NumPy has 64, but not for all that is done with one
ROUNDING = 1e-12  # rows that are off by no more, as float64 leaves them, stay as they are
LARGE = 2**14  # entries of a matrix that is worth a call of its own
# What a tensor may hold.
FLOATS = "floating-point numbers"
INTEGERS = "integers"
BOOLEANS = "booleans (True = not hidden)"
NUMBERS = f"{FLOATS} or {INTEGERS}"


def real_array(values, name, *, ndim=None, shape=None, allow_minus_inf=False):
    """Return `values` as a float64 array, or raise an error that names `name`.

    `ndim` and `shape` are as for `check_shape`. Integers and every floating-point type are taken;
    booleans, complex numbers, text and objects are not. What comes back may be the caller's own
    array, so it must neither be written to nor be returned.
    """
    array = as_numpy(values, name)
    _check_numbers(array, name)
    check_shape(array, name, ndim=ndim, shape=shape)
    _check_filled(array, name)
    array = _as_float64(array)
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    if np.isfinite(total):  # then every entry is; one pass over a large array instead of four
        return array
    _check_finite(array, name, allow_minus_inf)
    return array


def single_array(values, name, **axes):
    """Return `values` as `real_array` does, none beyond float32, in which a figure gets them."""
    array = real_array(values, name, **axes)
    largest = np.abs(array).max()
    if largest > np.finfo(np.float32).max:
        raise ValueError(f"{name} must be numbers that float32 can hold, got {largest:.3g}")
    return array


def moderate_array(values, name, **axes):
    """Return `values` as `real_array` does, none so large that squares of products overflow."""
    array = real_array(values, name, **axes)
    largest = np.abs(array).max()
    if largest > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST:.0e} in size, got {largest:.3g}")
    return array


def _as_float64(array):
    """Return an array as float64; what is further than that reaches becomes infinite."""
    with np.errstate(over="ignore"):
        return array.astype(np.float64, copy=False)


def _check_finite(array, name, allow_minus_inf=False):
    bad = np.isnan(array) | (np.isposinf(array) if allow_minus_inf else np.isinf(array))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at index {where}")


def off_diagonal(values, name):
    """Return square matrices, (..., n, n), without diagonals, (..., n, n - 1); n at least 3."""
    array = as_numpy(values, name)
    check_shape(array, name, ndim=(2,))
    n = array.shape[-1]
    if array.shape[-2] != n or n < 3:
        raise ValueError(f"{name} must be square, of 3 rows or more, got shape {array.shape}")
    rest = array[..., ~np.eye(n, dtype=bool)]
    return real_array(rest.reshape(*array.shape[:-1], n - 1), name)


def boolean_array(values, name, *, ndim=None, shape=None):
    """Return `values` as a boolean array; 0 and 1 are refused, they might be the inverse mask."""
    array = as_numpy(values, name)
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
    if _is_sparse(x):
        raise TypeError(f"{name} must be a dense tensor, got {x.layout}; use {name}.to_dense()")
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
    """Return a tensor if it can meet another one, which `what` names: there, and in a gradient."""
    import torch

    if other.requires_grad and torch.is_grad_enabled() and is_of_inference(x):
        raise ValueError(
            f"{name} must not come from torch.inference_mode where gradients are recorded; use "
            f"{name}.clone(), or torch.no_grad()"
        )
    if x.device != other.device:
        raise ValueError(f"{name} must be on the device of {what}, {other.device}, got {x.device}")
    return x


def is_of_inference(x):
    """Return whether a tensor was made in inference mode, so that no gradient may pass by it."""
    import torch

    return not torch.compiler.is_compiling() and x.is_inference()


def is_hollow(x):
    """Return whether a tensor has a shape and no numbers: on meta, or in FakeTensorMode."""
    from torch._subclasses.fake_tensor import FakeTensor

    return x.is_meta or isinstance(x, FakeTensor)


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
    if kind == NUMBERS:
        return _is_tensor(x, FLOATS) or _is_tensor(x, INTEGERS)
    import torch  # only who has tensors pays for it

    if not isinstance(x, torch.Tensor):
        return False
    if kind == FLOATS:  # but those of 8 bits, with which PyTorch does not compute
        return x.is_floating_point() and x.dtype.itemsize > 1
    return x.dtype in ((torch.bool,) if kind == BOOLEANS else (torch.int64, torch.int32))


def _is_sparse(x):
    import torch

    return x.layout != torch.strided


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
    """Return attention weights as float64: finite, not negative, every row summing to 1.

    Rows within `ROW_SUM_TOLERANCE` of 1 are divided by their sums.
    """
    array = as_numpy(weights, name)
    _check_numbers(array, name)
    check_shape(array, name, ndim=ndim)
    _check_filled(array, name)
    array = _as_float64(array)
    if square and array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{name} must be square in its last two axes, got shape {array.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        sums, least = _sums_and_least(array)
        off = np.abs(sums - 1)
    if not off.max() <= ROW_SUM_TOLERANCE or least < 0:  # with a NaN, neither holds
        _refuse(array, sums[..., 0], name)
    return array if off.max() <= ROUNDING else array / sums


def _sums_and_least(array):
    """Return the sum of each row, (..., 1), and the least of all entries.

    Large matrices are read one by one, the second time while the processor has them at hand.
    """
    parts = array[None]
    if array.flags.c_contiguous and array.shape[-2] * array.shape[-1] >= LARGE:
        parts = array.reshape(-1, *array.shape[-2:])
    # einsum: faster than array.sum and, for rows of this length, than BLAS.
    sums, least = zip(*[(np.einsum("...j->...", part), part.min()) for part in parts], strict=True)
    return np.reshape(sums, (*array.shape[:-1], 1)), min(least)


def _refuse(array, sums, name):
    """Say what keeps an array from being attention weights."""
    _check_finite(array, name)
    if array.min() < 0:
        where = tuple(int(i) for i in np.argwhere(array < 0)[0])
        raise ValueError(f"{name} must not be negative, got {array[where]} at index {where}")
    row = tuple(int(i) for i in np.argwhere(np.abs(sums - 1) > ROW_SUM_TOLERANCE)[0])
    told = (
        f"{name} must have rows that sum to 1, but row {row[0] if len(row) == 1 else row} "
        f"sums to {sums[row]:.6g}"
    )
    if sums[row] == 0:
        raise ValueError(f"{told}; leave out queries that may attend to nothing")
    raise ValueError(
        f"{told}; half precision leaves them within {ROW_SUM_TOLERANCE:.2g} of 1. Logits need a "
        f"softmax first, a part of larger weights a division by its sums"
    )


def above(weights, cutoff, name="weights"):
    """Return which weights are above a cutoff, as exactly as they are stored.

    The cutoff is rounded as they are: 0.4 is not above 0.4, in no precision.
    """
    stored = as_numpy(weights, name)
    if _stored_as(weights) == "bfloat16":
        cutoff = _nearest_bfloat16(cutoff)
    elif stored.dtype.kind == "f":
        cutoff = stored.dtype.type(cutoff)
    return stored > cutoff


def _nearest_bfloat16(number):
    """Round a number to the upper half of a float32, ties to even; return it as float32."""
    bits = int(np.float32(number).view(np.uint32))
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return np.uint32(bits).view(np.float32)


type_name = cache(str)  # NumPy takes as long to write one as to look at a small matrix


def _stored_as(values):
    """Return the name of a tensor's or an array's type, or a list's of them, if it has one."""
    if isinstance(values, list | tuple) and values:
        return _stored_as(values[0])
    dtype = getattr(values, "dtype", "")
    if isinstance(dtype, np.dtype):
        return type_name(dtype)
    return str(dtype).removeprefix("torch.")


def token_list(tokens, n, name="tokens"):
    """Return `n` tokens as a list of str; None gives the positions as text.

    Any sequence or generator of one axis will do, a column of a DataFrame too.
    """
    if tokens is None:
        return [str(position) for position in range(n)]
    if isinstance(tokens, str | bytes):
        raise TypeError(f"{name} must be a sequence of strings, got one string {shown(tokens)}")
    if isinstance(tokens, Mapping | set | frozenset) or getattr(tokens, "ndim", 1) != 1:
        # Their elements would be keys, in no order, or whole rows.
        raise TypeError(f"{name} must be a sequence of strings, got {type(tokens).__name__}")
    _check_unmasked(tokens, name)
    length = len(tokens) if hasattr(tokens, "__len__") else "more"
    try:
        tokens = list(itertools.islice(tokens, n + 1))  # a generator may go on for ever
    except TypeError:
        raise TypeError(
            f"{name} must be a sequence of strings, got {type(tokens).__name__}"
        ) from None
    for token in tokens:
        if not isinstance(token, str | int | np.integer):  # not None or NaN: something is missing
            raise TypeError(f"{name} must be a sequence of strings, got {shown(token)} among them")
    if len(tokens) != n:
        got = len(tokens) if len(tokens) < n else length
        raise ValueError(f"{name} must have one entry a position: expected {n}, got {got}")
    try:
        tokens = [str(token) for token in tokens]
    except ValueError:  # Python writes no integer of more than 4300 digits
        raise ValueError(
            f"{name} must be short enough to be written, got a larger number"
        ) from None
    unicode("".join(tokens), name)
    return tokens


def within(x, name, low, high, *, verb="be"):
    """Return a tensor of integers if all are from `low` to `high`."""
    if seen(((x < low) | (x > high)).any()):
        worst = x.min() if x.min() < low else x.max()
        raise ValueError(f"{name} must {verb} from {low} to {high}, got {worst.item()}")
    return x


def numbers(values, name, *, shape=None):
    """Return real numbers as an array of their own type, NaN among them or not."""
    array = as_numpy(values, name)
    _check_numbers(array, name)
    check_shape(array, name, shape=shape)
    return array


def _check_numbers(array, name):
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")


def as_numpy(values, name):
    """Return `values` as an array of their own type, not yet checked, of bfloat16 as float32."""
    _check_unmasked(values, name)
    try:
        array = np.asarray(_widened(values))
    except Exception as error:  # ragged; or its own `__array__` raises anything
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise TypeError(f"{name} must be an array of numbers: {reason}") from None
    if array.ndim > MOST_AXES:
        raise ValueError(f"{name} must have at most {MOST_AXES} axes, got {array.ndim}")
    return array


def _widened(values):
    """Return bfloat16 as float32, which holds all its numbers: NumPy has no such type."""
    if _stored_as(values) != "bfloat16":
        return values
    if isinstance(values, list | tuple):
        return [_widened(value) for value in values]
    torch = sys.modules.get("torch")
    return values.float() if torch and torch.is_tensor(values) else values.astype(np.float32)


def _check_unmasked(values, name):
    """Raise TypeError for a masked array: as a plain one it would show what its mask hides."""
    try:
        masked = _has_mask(values)
    except RecursionError:
        raise TypeError(f"{name} must be an array, got a list that holds itself") from None
    if masked:
        raise TypeError(
            f"{name} must not be a masked array, because its mask would be lost; use "
            f"{name}.filled(0), or a mask where one is asked for"
        )


def _has_mask(values):
    if isinstance(values, list | tuple):
        nested = list | tuple | np.ma.MaskedArray
        return any(_has_mask(value) for value in values if isinstance(value, nested))
    return np.ma.is_masked(values)
