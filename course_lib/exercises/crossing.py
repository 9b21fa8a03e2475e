"""Further cases, made of those of a check: an answer that keeps what it found shows on them.

An answer may remember what it found, by one of its arguments or by their sizes, and be right as
long as no two cases agree in what it looks at. So each argument is taken once from another case:
the new case shares it with that one, and all the others with the first. Two more are nearly the
same as others. `rearranging` adds what only some tasks allow.
"""

import dataclasses
from itertools import islice, product, zip_longest

import numpy as np

from course_lib.exercises.calling import read_value, run_module

MOST = 2  # new cases for each argument
# How far a case goes to another one: an answer that knows rounded numbers again shows. It is a
# power of two, so that what the numbers of both cases add up to exactly still does.
NEAR = 2**-13
TRIED = 6  # cases of one form of which pairs are made
# Of what builds a module or draws, nothing is kept that a next call could give back.
NOT_FUNCTIONS = read_value, run_module


def crossed(check):
    """Return a check of a function with further cases behind its own."""
    if check.call in NOT_FUNCTIONS or check.draws:
        return check
    return dataclasses.replace(
        check, inputs=lambda rng: with_crossed(check.inputs, rng, check.fits)
    )


def with_crossed(inputs, rng, fits=None):
    """Return cases, then such as take arguments from two of them, then an early one again.

    Arguments are exchanged between cases of one form: arrays and lists of the same sizes, whatever
    numbers stand beside them. Where no two are of one form, inputs are made once more.

    Parameters
    ----------
    inputs : callable (numpy.random.Generator) -> list of tuple
    rng : numpy.random.Generator
    fits : callable (*case) -> bool, optional
        Whether arguments of two cases are valid together.
    """
    cases = inputs(rng)
    if len(cases) < 2 or not cases[0]:
        return cases
    made, again = [], None
    for k in range(len(cases[0])):
        found = list(islice(_exchanged(pairs_of_one_form(cases), k, fits), MOST))
        if not found:
            again = again or inputs(rng)
            found = list(islice(_exchanged(pairs_of_one_form(cases, again), k, fits), MOST))
            made += [other for _, other in found]
        made += [case for case, _ in found]
    made += islice(_near(pairs_of_one_form(cases, again), fits), MOST)
    new = {id(case): case for case in made if all(case is not old for old in cases)}
    return [*cases, *new.values(), cases[1]]


def pairs_of_one_form(cases, others=None):
    """Yield pairs of cases that have one form, or of a case and one of some others.

    The first pair of each form comes first, then the second of each.
    """
    groups = _by_form(cases)
    if others is None:
        found = [_in_turns(group[:TRIED]) for group in groups.values()]
    else:
        found = [
            product(groups.get(of_form, [])[:TRIED], group[:TRIED])
            for of_form, group in _by_form(others).items()
        ]
    return (pair for row in zip_longest(*found) for pair in row if pair)


def _in_turns(group):
    for step in range(1, len(group)):
        yield from zip(group, group[step:] + group[:step], strict=True)


def _by_form(cases):
    groups = {}
    for case in cases:
        groups.setdefault(form(case), []).append(case)
    return groups


def _exchanged(pairs, k, fits):
    """Yield cases with argument k of another one, each with that other one.

    Of functions of one argument, that is the other itself.
    """
    for one, other in pairs:
        alike = [same_data(*parts) for parts in zip(one, other, strict=True)]
        rest = alike[:k] + alike[k + 1 :]
        if alike[k] or (rest and all(rest)):
            continue  # the new case would be one of the two
        case = (*one[:k], other[k], *one[k + 1 :]) if rest else other
        if fits is None or fits(*case):
            yield case, other


def _near(pairs, fits):
    """Yield cases that are nearly another one: each number a little nearer to that of a third."""
    for one, other in pairs:
        case = tuple(map(_nearer, one, other))
        if not all(map(same_data, case, one)) and (fits is None or fits(*case)):
            yield case


def _nearer(one, other):
    if not isinstance(one, np.ndarray) or one.dtype != np.float64:
        return one
    finite = np.isfinite(one).all() and np.isfinite(other).all()
    return one + NEAR * (other - one) if finite else one


def form(value):
    """Return what arguments have in common that may stand for one another: types and sizes."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.kind
    if isinstance(value, tuple | list):
        return type(value), tuple(map(form, value))
    return type(value)


def same_data(one, other):
    """Tell whether two arguments hold the same; what is no data is the same only as itself."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        form = (one.shape, one.dtype) == (other.shape, other.dtype)
        return form and one.tobytes() == other.tobytes()
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same_data, one, other))
    return one is other or (isinstance(one, bool | int | float | str) and one == other)
