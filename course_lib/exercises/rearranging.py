"""Further cases that have much in common with others: their twins.

An answer that keeps results by less than the whole of its arguments shows on them, as one that
looks at the first row, at sorted or at rounded numbers. Not every task allows each kind, so that
a check names those that its own does, for instance ``twins=MIXED + reordered(0) + nudged(0)``.
A kind says what a twin shares with its case: an answer that knows its arguments by that is refused.
"""

import dataclasses
from collections.abc import Callable
from itertools import chain, islice

import numpy as np

from course_lib.exercises.crossing import pairs_of_one_form, same_data
from course_lib.exercises.judging import same

MOST = 2  # cases of each kind
NUDGES = {2: 0.003, 3: 0.0003}  # such numbers have as many digits in common as often as not


@dataclasses.dataclass(frozen=True)
class Twins:
    """A kind of further cases.

    Attributes
    ----------
    made : callable (cases) -> iterator of (tuple, tuple)
        A case and its twin.
    shared : callable (case) -> tuple
        What a case has in common with its twin.
    """

    made: Callable
    shared: Callable


def with_twins(check):
    """Return a check with some cases of each kind that it names, if they fit."""

    def inputs(rng):
        cases = check.inputs(rng)
        kinds = (twins.made(cases) for twins in check.twins)
        fitting = ((twin for _, twin in kind if _fits(check, twin)) for kind in kinds)
        return [*cases, *chain.from_iterable(islice(kind, MOST) for kind in fitting)]

    return dataclasses.replace(check, inputs=inputs) if check.twins else check


def _fits(check, case):
    return check.fits is None or check.fits(*case)


def telling(right, kinds, *, same=same):
    """Return the kinds without twins for which the same is right as for their cases.

    For tasks whose answer is one of a few: most rearrangements leave it as it is.

    Parameters
    ----------
    right : callable (*case)
    kinds : tuple of Twins
    same : callable (one, other) -> bool
        As the judge compares answers.
    """

    def of_kind(kind):
        def made(cases):
            pairs = kind.made(cases)
            return (pair for pair in pairs if not same(*(right(*case) for case in pair)))

        return dataclasses.replace(kind, made=made)

    return tuple(map(of_kind, kinds))


def changed(change, *arguments, shared):
    """Return kinds of twins: in each, one of the arguments is changed.

    Parameters
    ----------
    change : callable (array) -> array
    *arguments : int
        Which arguments of a call are changed.
    shared : callable (array) -> array
        What such an array has in common with the changed one.
    """

    def kind(k):
        def made(cases):
            for case in filter(lambda case: _is_array(case[k]), cases):
                new = change(case[k])
                if not same_data(new, case[k]):
                    yield case, (*case[:k], new, *case[k + 1 :])

        def all_shared(case):
            return (*case[:k], shared(case[k]), *case[k + 1 :]) if _is_array(case[k]) else case

        return Twins(made, all_shared)

    return tuple(map(kind, arguments))


def reordered(*arguments, axis=0):
    """Return kinds of twins: rows come in the opposite order, or all but the first or the last do.

    What counts as rows is told by `axis`.
    """

    def but(stays):
        def change(part):
            backwards = np.arange(part.shape[axis])[::-1]
            return part.take(np.roll(backwards, 1 if stays == 0 else -1), axis)

        def shared(part):
            return [part.take(stays, axis), *in_order(part)]

        return changed(change, *arguments, shared=shared)

    def backwards(part):
        return np.flip(part, axis)

    return but(0) + but(-1) + changed(backwards, *arguments, shared=in_order)


def reordered_causal(*arguments):
    """Return kinds of twins: in causal weights, the numbers of each row in the opposite order."""

    def change(weights):
        rows = enumerate(weights, start=1)
        return np.stack([np.append(row[:seen][::-1], row[seen:]) for seen, row in rows])

    return changed(change, *arguments, shared=in_order)


def in_order(part):
    """Return the size of an array and its numbers, the smallest first."""
    return [part.shape, np.sort(part, axis=None)]


def nudged(*arguments):
    """Return kinds of twins: numbers differ a little; to two digits, or to three, they are equal.

    In each row one number has given a little to another, if it can. Sums of rows, zeros and
    signs stay.
    """

    def kinds(digits):
        return changed(
            lambda part: _nudged(part, digits), *arguments, shared=lambda part: part.round(digits)
        )

    return tuple(kind for digits in NUDGES for kind in kinds(digits))


def _nudged(numbers, digits):
    new, nudge = numbers.copy(), NUDGES[digits]
    for row in new.reshape(-1, new.shape[-1]):
        gives, takes = (
            np.flatnonzero((other.round(digits) == row.round(digits)) & (other * row > 0))
            for other in (row - nudge, row + nudge)
        )
        if len(gives) and len(takes):
            row[gives[0]] -= nudge
            row[takes[0]] += nudge
    return new


def _mixed(mix, rest):
    def made(cases):
        for one, other in pairs_of_one_form(cases):
            twin = tuple(
                mix(*parts) if _has_rows(parts[0]) else parts[1]
                for parts in zip(one, other, strict=True)
            )
            if not all(map(same_data, twin, other)):
                yield other, twin

    def shared(case):
        return tuple(rest(part) if _has_rows(part) else part for part in case)

    return Twins(made, shared)


# One row of each array is that of one case, and the others are those of another case.
MIXED = (
    _mixed(lambda one, other: np.concatenate([one[:1], other[1:]]), lambda part: part[1:]),
    _mixed(lambda one, other: np.concatenate([other[:-1], one[-1:]]), lambda part: part[:-1]),
)


def _is_array(part):
    return isinstance(part, np.ndarray) and part.size > 0


def _has_rows(part):
    return _is_array(part) and len(part) > 1
