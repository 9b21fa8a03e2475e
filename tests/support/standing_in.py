"""What stands for grading in worker processes: in a module that each of them loads at once."""

import os
import signal
import time

from course_lib.grading.record import Record


def slow_record_of(data, stem, digest):
    """Stand for grading that takes a while."""
    time.sleep(0.2)
    return Record(digest)


def deadly_record_of(data, stem, digest):
    """Stand for grading: a stem kills its process, always or the first time."""
    kind, _, folder = stem.partition(":")
    if kind == "kill" or (kind == "once" and not os.path.exists(f"{folder}/tried")):
        if kind == "once":
            open(f"{folder}/tried", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return Record(digest)
