"""Further cases that share a row, all numbers, or two digits of them, with others.

An answer that keeps results by less than the whole of its arguments shows on them, as one that
looks at the first row, at sorted or at rounded numbers. Not every task allows them: `with_twins`
makes what the fields `turns` and `nudges` of a check name, one argument at a time, and a check
whose cases have rows that may be exchanged with those of others wraps its inputs: `rearranged`.
"""

import dataclasses
from itertools import chain, islice

import numpy as np

from course_lib.exercises.crossing import pairs_of_one_form, same_data

MOST = 2  # cases of each kind
NUDGE = 0.003  # such numbers have the same two digits as often as not


def with_twins(check):
    """Return a check with a twin of a case for each argument that it names."""
    kinds = [(k, turned) for k in check.turns] + [(k, nudged) for k in check.nudges]

    def inputs(rng):
        cases = check.inputs(rng)
        found = (islice(_twins(cases, k, make, check.fits), MOST) for k, make in kinds)
        return [*cases, *chain.from_iterable(found)]

    return dataclasses.replace(check, inputs=inputs) if kinds else check


def _twins(cases, k, make, fits):
    """Yield cases that differ from others in argument k, which is made of theirs."""
    for case in cases:
        other = make(case[k])
        twin = (*case[:k], other, *case[k + 1 :])
        if not same_data(other, case[k]) and (fits is None or fits(*twin)):
            yield twin


def turned(rows):
    """Return an array with all rows but the first in the opposite order."""
    return np.concatenate([rows[:1], rows[:0:-1]]) if len(rows) else rows


def nudged(numbers):
    """Return an array in each row of which one number has given a little to another, if it can.

    To two digits all are what they were. Sums of rows, zeros and signs stay.
    """
    new = numbers.copy()
    for row in new.reshape(-1, new.shape[-1]):
        gives, takes = (
            np.flatnonzero((other.round(2) == row.round(2)) & (other * row > 0))
            for other in (row - NUDGE, row + NUDGE)
        )
        if len(gives) and len(takes):
            row[gives[0]] -= NUDGE
            row[takes[0]] += NUDGE
    return new


def rearranged(inputs, *, fits=None, turn=lambda part: part[::-1]):
    """Return a maker of cases that has some more than `inputs`, made of its first ones.

    Parameters
    ----------
    inputs : callable (numpy.random.Generator) -> list of tuple
        As in a `Check`.
    fits : callable (*case) -> bool, optional
        Whether a new case is valid.
    turn : callable (array) -> array, or None
        Puts an argument's numbers into another order that is valid as well; rows are reversed by
        default. With None, no case is made like this.
    """

    def made(rng):
        cases = inputs(rng)
        kinds = [_mixed(cases, _first_of), _mixed(cases, _last_of)]
        if turn:
            kinds.append(_turned(cases, turn))
        new = []
        for kind in kinds:
            valid = (case for case in kind if fits is None or fits(*case))
            new += islice(valid, MOST)
        return [*cases, *new]

    return made


def _first_of(one, other):
    return np.concatenate([one[:1], other[1:]])


def _last_of(one, other):
    return np.concatenate([other[:-1], one[-1:]])


def _mixed(cases, mix):
    """Yield cases whose arrays have one row of one case and the others of another case."""
    for one, other in pairs_of_one_form(cases):
        case = tuple(
            mix(*parts) if _has_rows(parts[0]) else parts[0]
            for parts in zip(one, other, strict=True)
        )
        if not any(all(map(same_data, case, old)) for old in (one, other)):
            yield case


def _turned(cases, turn):
    """Yield cases that have one argument in another order."""
    for case in cases:
        for k, part in enumerate(case):
            turned = turn(part) if _has_rows(part) else part
            if not same_data(turned, part):
                yield (*case[:k], turned, *case[k + 1 :])
                break


def _has_rows(part):
    return isinstance(part, np.ndarray) and part.ndim > 0 and len(part) > 1
