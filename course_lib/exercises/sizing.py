"""Further cases: of each small size one, so that an answer that fails at any of them shows."""

import dataclasses
from collections.abc import Callable

from course_lib.exercises.crossing import form

LARGEST = 8


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Sizes that the arguments of a call may have.

    Attributes
    ----------
    made : callable (rng, *sizes) -> tuple
        Makes a case of given sizes.
    smallest : tuple of int
        The smallest of each size.
    """

    made: Callable
    smallest: tuple = (1,)


def with_sizes(check):
    """Return a check in whose cases each size from the smallest to `LARGEST` occurs.

    Where there are several sizes, they are combined at random. What has the form of another case
    is left out.
    """

    def inputs(rng):
        cases = check.inputs(rng)
        known = set(map(form, cases))
        return cases + [case for case in _of_each_size(check.sizes, rng) if form(case) not in known]

    return dataclasses.replace(check, inputs=inputs) if check.sizes else check


def _of_each_size(sizes, rng):
    most = LARGEST + 1 - min(sizes.smallest)
    orders = [
        [int(low + k % (LARGEST + 1 - low)) for k in rng.permutation(most)]
        for low in sizes.smallest
    ]
    return [sizes.made(rng, *chosen) for chosen in zip(*orders, strict=True)]
