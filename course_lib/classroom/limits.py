"""Limits on rates: buckets that fill again, one for each address or learner."""

import time
from dataclasses import dataclass

MOST_BUCKETS = 10_000  # so that who comes from many addresses does not fill the memory


@dataclass
class Limit:
    """So many at once, and so many a second after that, for each key.

    Attributes
    ----------
    burst : float
        What a bucket holds.
    rate : float
        What it gains in a second.
    clock : callable
        The time in seconds.
    """

    burst: float
    rate: float
    clock: object = time.monotonic

    def __post_init__(self):
        self._buckets = {}  # key -> (left, when)

    def wait(self, key):
        """Return the seconds until a key's bucket holds anything; 0 if it does now."""
        return max(0.0, (1 - self._left(key)) / self.rate)

    def take(self, key, amount=1):
        """Take from a key's bucket, also more than it holds: then it has to fill up first."""
        if len(self._buckets) >= MOST_BUCKETS:
            self._forget_full()
        self._buckets[key] = (self._left(key) - amount, self.clock())

    def _left(self, key):
        left, when = self._buckets.get(key, (self.burst, 0.0))
        return min(self.burst, left + self.rate * (self.clock() - when))

    def _forget_full(self):
        kept = {k: v for k, v in self._buckets.items() if self._left(k) < self.burst}
        self._buckets = dict(list(kept.items())[-MOST_BUCKETS // 2 :])
