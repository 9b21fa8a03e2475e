"""How much an answer computes, told by the arrays that it makes, be they NumPy's or PyTorch's.

The most memory that is held at once does not tell attention along edges from all n² logits row by
row. What tells them apart is the sum over all large arrays, also those that live for one line.
"""

import sys
import tracemalloc
from contextlib import contextmanager

from course_lib.exercises.calling import copied
from course_lib.exercises.memory import tensors_made
from course_lib.exercises.plain_data import Raised, attempt


class TooMuch(BaseException):
    """Ends an answer that has made far more than it may; `except Exception` does not catch it."""


class Meter:
    """Adds up the bytes of arrays; small ones do not count.

    Attributes
    ----------
    total : int
        Bytes so far.
    most : int
        What ends the answer if it is exceeded.
    """

    def __init__(self, least, most):
        self.least, self.most, self.total = least, most, 0

    def add(self, size):
        """Count a line that made so many bytes; the line itself counts as one."""
        self.total += size if size >= self.least else 1
        if self.total > self.most:
            raise TooMuch


@contextmanager
def metered(*, least, most):
    """Measure what a block makes; end it where that is too much.

    Parameters
    ----------
    least : int
        Bytes from which on an array counts.
    most : int
        Bytes that may come together.

    Yields
    ------
    Meter
    """
    meter = Meter(least, most)
    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    before = sys.gettrace()
    try:
        with tensors_made(meter.add):
            sys.settrace(_tracer(meter))
            try:
                yield meter
            finally:
                sys.settrace(before)
    except TooMuch:
        pass
    finally:
        if not tracing:
            tracemalloc.stop()


def _tracer(meter):
    """Return a trace function that adds what NumPy takes from one line of Python to the next."""
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()

    def look(frame, event, argument):
        nonlocal held
        now, peak = tracemalloc.get_traced_memory()
        grown, held = peak - held, now
        tracemalloc.reset_peak()
        meter.add(grown)
        return look

    return look


def call_measured(answer, cases):
    """Call a function on copies of the cases; return each value with whether it made too much.

    Arrays of so many numbers as there are positions count, and together they may take half a byte
    for each pair of positions.
    """
    values = []
    for case in cases:
        given, value, n = copied(case), None, positions(case)
        if n < 1000:
            value = attempt(lambda given=given: answer(*given))
            values.append(value if _passed_on(value) else (value, False))
            continue
        with metered(least=2 * n, most=n * n // 2) as meter:
            value = attempt(lambda given=given: answer(*given))
        too_much = meter.total > meter.most
        values.append(value if _passed_on(value) and not too_much else (value, too_much))
    return values


def positions(case):
    """Return how many positions a case has."""
    return case[0] if isinstance(case[0], int) else len(case[0])


def _passed_on(value):
    return value is None or value is ... or isinstance(value, Raised)
