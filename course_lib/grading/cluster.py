"""Grade on the workers of a Dask scheduler: the same function as on this machine, elsewhere.

Each worker needs the same course, Linux and bubblewrap. Submissions travel as bytes, and what comes
back from a worker is what it found out, never anything of a submission but plain text.
"""

import secrets
import threading

from course_lib import language
from course_lib.grading.judge import Grader
from course_lib.grading.record import Record, grade_bytes, version
from course_lib.language import say

_graders, _one_at_a_time = {}, threading.Lock()


def graded(tasks, settings, scheduler):
    """Yield a `Record` for each task, in the order in which they are done.

    A task whose worker dies is given to another one. Who kills several workers is told so.

    Parameters
    ----------
    tasks : list of (bytes, str, str)
        The file, its stem, its digest.
    settings : dict
        Arguments of `Grader`, and the language.
    scheduler : str
        Its address, "tcp://…".

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValueError
        If a worker has another version of the course.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
    except ModuleNotFoundError:
        why = say("this needs Dask: pip install 'attention-as-a-graph[grade]'")
        raise ImportError(why) from None

    with Client(scheduler, timeout=20) as client:
        # A key for each digest: the scheduler itself sees to it that none is done twice.
        waiting = [
            client.submit(grade_there, *task, settings, version(), key=f"grade-{task[2]}")
            for task in tasks
        ]
        for future in as_completed(waiting):
            try:
                yield future.result()
            except KilledWorker:
                digest = future.key.removeprefix("grade-")
                yield Record(digest, problem=say("It ended every process that graded it."))
            future.release()


def grade_there(data, stem, digest, settings, expected):
    """Grade a file in a worker; one at a time in each, whose sandboxes serve the next one."""
    if version() != expected:
        raise ValueError(say("a worker has another version of the course"))
    settings = dict(settings)
    spoken = settings.pop("language")
    with _one_at_a_time, language.speaking(spoken):
        grader = _graders.setdefault(repr(settings), Grader(**settings))
        return grade_bytes(data, stem, digest, secrets.randbits(64), grader)
