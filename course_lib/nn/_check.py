"""Checks on tensors that come in, as `course_lib._validate` does on arrays.

Shapes and types are checked, values only where a wrong one would give a wrong answer in silence: a
module is called at every step of a training.
"""

import functools

import torch

KINDS = {
    "floating-point numbers": torch.Tensor.is_floating_point,
    "integers": lambda x: x.dtype in (torch.int64, torch.int32),
    "booleans (True = not hidden)": lambda x: x.dtype == torch.bool,
}
FLOATS, INTEGERS, BOOLEANS = KINDS


def tensor(x, name, kind, *shape):
    """Return `x` if it is a tensor of a kind and a shape, or raise an error that names `name`.

    An axis of `shape` is a length, or a word for any length; `...` in front stands for any axes.
    """
    if not isinstance(x, torch.Tensor) or not KINDS[kind](x):
        raise TypeError(
            f"{name} must be a tensor of {kind}, got {getattr(x, 'dtype', type(x).__name__)}"
        )
    axes = [axis for axis in shape if axis is not ...]
    found = x.shape[max(0, x.ndim - len(axes)) :] if ... in shape else x.shape
    if len(found) != len(axes) or any(
        isinstance(axis, int) and axis != length for axis, length in zip(axes, found, strict=True)
    ):
        expected = ", ".join("..." if axis is ... else str(axis) for axis in shape)
        comma = "," if len(shape) == 1 else ""
        raise ValueError(f"{name} must have shape ({expected}{comma}), got {tuple(x.shape)}")
    return x


def expanded(x, name, kind, *shape):
    """Return a tensor of a kind expanded to a shape, or raise an error that names `name`."""
    x = tensor(x, name, kind, ...)
    try:
        return x.expand(shape)
    except RuntimeError:
        raise ValueError(
            f"{name} must be broadcastable to {tuple(shape)}, got shape {tuple(x.shape)}"
        ) from None


def generator(value, name):
    """Return `value` if it is PyTorch's random generator, or raise an error that names `name`."""
    if not isinstance(value, torch.Generator):
        raise TypeError(f"{name} must be a torch.Generator, got {type(value).__name__}")
    return value


def within(x, name, low, high, *, verb="be"):
    """Return integers `x` if all are from `low` to `high`, or raise an error that names `name`."""
    if x.numel() and not low <= x.min() <= x.max() <= high:
        worst = x.min() if x.min() < low else x.max()
        raise ValueError(f"{name} must {verb} from {low} to {high}, got {worst.item()}")
    return x


def first_derivatives_only(backward):
    """Make a backward pass say that it cannot be derived again.

    PyTorch's own `once_differentiable` does not always: second derivatives may come out as 0.
    """

    @functools.wraps(backward)
    def guarded(ctx, *gradients):
        if torch.is_grad_enabled():  # only with create_graph=True
            raise NotImplementedError(f"{backward.__qualname__} has no second derivatives")
        return backward(ctx, *gradients)

    return guarded
