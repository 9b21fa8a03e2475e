"""Functions that PyTorch's transforms take as one step, without a look inside.

`torch.compile`, `torch.export` and `FakeTensorMode` follow a function with tensors that hold no
numbers. What sorts and checks numbers, multiplies sparse matrices or asks NumPy cannot be followed
so. Here it becomes an operator of PyTorch, with a second function that says which tensors come out.
"""

import torch

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
