"""A bound on the time that a call of a test may take."""

import signal
from contextlib import contextmanager


class TooLong(AssertionError):
    """Rings in a call that does not come back."""


@contextmanager
def bounded(seconds):
    """End what takes longer; tests run in the main thread."""

    def ring(number, frame):
        raise TooLong(f"still at work after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
