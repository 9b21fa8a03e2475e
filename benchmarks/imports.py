"""How long the modules without torch take to import, against NumPy alone."""

import statistics
import subprocess
import sys

from benchmarks import Row

RUNS = 9
TIMED = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def rows():
    """Yield one row: `course_lib.attention` against NumPy, in fresh processes, taking turns."""
    times = {"course_lib.attention": [], "numpy": []}
    for _ in range(RUNS):
        for module, seen in times.items():
            command = [sys.executable, "-c", TIMED.format(module)]
            seen.append(float(subprocess.check_output(command, text=True)))
    ours, peer = (1000 * statistics.median(seen) for seen in times.values())
    yield Row(
        "import course_lib.attention",
        f"{ours:.0f} ms",
        f"{peer:.0f} ms  import numpy",
        ours / peer,
        "to reach: 1.2",
    )
