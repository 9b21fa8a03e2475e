"""Further cases that share a row, or all numbers, with others.

An answer that keeps results by less than the whole of its arguments shows on them, as one that
looks at the first row or at sorted numbers.
"""

import numpy as np

from course_lib.exercises.crossing import pairs_of_one_form, same_data

MOST = 2  # cases of each kind


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
            new += [case for case, _ in zip(valid, range(MOST), strict=False)]
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
