"""Work whose memory is known: in a module of its own, which a new process loads in no time."""

import numpy as np


def hold(count):
    """Return work that makes a large array and keeps a small one."""
    return lambda: np.ones(count)[:5].copy()
