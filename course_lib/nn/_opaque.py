"""Functions that PyTorch's transforms take as one step, without a look inside.

`torch.compile`, `torch.export` and `FakeTensorMode` follow a function with tensors that hold no
numbers. What sorts and checks numbers, multiplies sparse matrices or asks NumPy cannot be followed
so. Here it becomes an operator of PyTorch, with a second function that says which tensors come out.
"""

import torch

from course_lib import _validate

LIBRARIES = {}  # an operator's entry in PyTorch's table lasts as long as its library


def opaque(schema, empty, *, unbatched=None):
    """Make an operator of a function of tensors; its backward pass is left to whoever calls it.

    Parameters
    ----------
    schema : str
        Its arguments and what it returns, as PyTorch writes them.
    empty : callable
        Takes the same arguments, and returns tensors of the right shape, type and device.
    unbatched : str, optional
        What must be the same throughout `torch.vmap`. Without it there is no rule for `vmap`.
    """

    def decorate(function):
        name = function.__name__.strip("_")
        LIBRARIES.pop(name, None)  # of this module, before it was loaded again
        library = LIBRARIES[name] = torch.library.Library("course_lib", "FRAGMENT")
        library.define(name + schema)
        library.impl(name, _precise(function), "CompositeExplicitAutograd")
        torch.library.register_fake(f"course_lib::{name}", empty, lib=library)
        if unbatched is not None:
            torch.library.register_vmap(f"course_lib::{name}", _refusal(unbatched), lib=library)
        return getattr(torch.ops.course_lib, name).default

    return decorate


def of_numbers(function, name, x, *rest):
    """Return a function of a tensor whose result has a size that follows from the numbers in it.

    `torch.compile` and `torch.export` go on with a size that they do not know.

    Raises
    ------
    ValueError
        If the tensor has no numbers; it names the parameter.
    """
    if torch.compiler.is_compiling():
        return function(x, *rest)
    try:
        return function(x, *rest)
    except RuntimeError:  # NotImplementedError is one
        if not _validate.is_hollow(x):
            raise
        raise ValueError(
            f"{name} must hold numbers, for the size of the result follows from them; got a "
            f"{'tensor on meta' if x.is_meta else 'fake tensor'}"
        ) from None


def _precise(function):
    """Return the function out of autocast's reach: sparse matrices know no half precision."""

    def called(first, *rest):
        if not torch.is_autocast_enabled(first.device.type):
            return function(first, *rest)
        with torch.autocast(first.device.type, enabled=False):
            return function(first, *rest)

    return called


def _refusal(name):
    def refuse(info, in_dims, *arguments):
        raise ValueError(
            f"{name} must be the same throughout torch.vmap; put graphs beside one another instead"
        )

    return refuse
