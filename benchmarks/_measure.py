"""Timing in turns, so that whatever else the machine does is shared fairly."""

import statistics
import time

import numpy as np

from benchmarks import Comparison


def timed(work, *arguments):
    """Return how long some work took, in seconds, and what it gave."""
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def against(work, size, ours, peer, theirs, cases, **rest):
    """Compare two functions that do the same work, case by case, in turn.

    Work without arguments has empty cases, ``[()] * 5`` to run five times.
    """
    mine, other, apart = [], [], []
    for case in cases:
        seconds, value = timed(ours, *case)
        peer_seconds, peer_value = timed(theirs, *case)
        mine.append(seconds)
        other.append(peer_seconds)
        apart.append(
            np.abs(np.subtract(value, peer_value)).max() / max(np.abs(peer_value).max(), 1e-9)
        )
    times = statistics.median(mine), peer, statistics.median(other)
    return Comparison(work, size, *times, float(max(apart)), **rest)


def against_singly(work, size, ours, peer, theirs, cases, count, runs=3, **rest):
    """Compare `count` flows found at once with a peer that finds them one by one.

    ``ours()`` returns all of them in an array, where ``theirs(*case)`` has the index `case`. The
    peer may be given some of the cases only; then its time for all is extrapolated.
    """
    mine, other, apart = [], [], []
    for run in range(runs):
        seconds, values = timed(ours)
        dealt = [(*timed(theirs, *case), values[case]) for case in cases[run::runs]]
        mine.append(seconds)
        other.append(statistics.mean(seconds for seconds, _, _ in dealt))
        apart += [abs(value - our) for _, value, our in dealt]  # flows are at most 1
    times = statistics.median(mine), peer, count * statistics.median(other)
    sample = "" if len(cases) == count else f"{peer} from {len(cases):,} of {count:,} pairs"
    return Comparison(work, size, *times, float(max(apart)), sample=sample, **rest)
