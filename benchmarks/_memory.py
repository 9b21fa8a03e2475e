"""The most memory that some work needs, measured in a process of its own."""

import ctypes
import re
from multiprocessing import get_context
from pathlib import Path

from benchmarks import Comparison, megabytes

PROCESS = Path("/proc/self")  # Linux keeps there how large a process is, and how large it was


def against_memory(work, size, ours, peer, theirs, prepare):
    """Compare two cases of ``prepare(*case)``, which returns the work as a function."""
    sizes = peak(prepare, *ours), peer, peak(prepare, *theirs)
    return Comparison(work, size, *sizes, written=megabytes)


def peak(prepare, *case):
    """Return by how many bytes ``prepare(*case)()`` makes a new process grow at most.

    What is prepared is there before, and does not count; nor do the libraries that a first call
    loads. `prepare` must be importable by name.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([prepare.__module__])  # each process begins with it loaded
    with context.Pool(1) as pool:
        return pool.apply(_measured, (prepare, case))


def _measured(prepare, case):
    work = prepare(*case)
    work()
    ctypes.CDLL(None).malloc_trim(0)  # or memory that is free already would be used again unseen
    (PROCESS / "clear_refs").write_text("5")  # the largest size starts anew from the present one
    before = _largest()
    result = work()
    grown = _largest() - before
    del result
    return grown


def _largest():
    status = (PROCESS / "status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
