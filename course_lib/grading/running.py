"""Grade many files at once, in processes of this machine, and outlive one that dies.

Each process has its own sandboxes. At most as many files are under way as there are processes, so
that a process that dies takes few with it: they are tried once more, one at a time.
"""

import concurrent.futures
import contextlib
import multiprocessing
import os
import secrets
import signal
import threading
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver, resource_tracker
from multiprocessing.util import Finalize

from course_lib import language
from course_lib.grading.judge import Grader
from course_lib.grading.record import Record, grade_bytes
from course_lib.language import say

CONTROL_C = {signal.SIGINT}
_grader = None


def graded(tasks, settings, jobs, work=None):
    """Yield a `Record` for each task, in the order in which they are done.

    Parameters
    ----------
    tasks : list of (bytes, str, str)
        The file, its stem, its digest.
    settings : dict
        Arguments of `Grader`.
    jobs : int
    work : callable, optional
        What each task is given to: `grade`.
    """
    waiting, tried = list(reversed(tasks)), set()
    while waiting:
        jobs = 1 if tried else jobs
        yield from _until_broken(waiting, tried, settings, jobs, work or grade)


def _until_broken(waiting, tried, settings, jobs, work):
    """Yield records until all are done or the pool breaks; then `waiting` holds what is left."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["course_lib.exercises.faster", "course_lib.grading.judge"])
    _start_forkserver(context)
    pool = concurrent.futures.ProcessPoolExecutor(jobs, context, _prepare, (settings,))
    running = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop()
                with _control_c_waits():  # a pool that is left while it starts ends in tracebacks
                    running[pool.submit(work, *task)] = task
            done, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                yield future.result()
                del running[future]
    except BrokenProcessPool:
        for task in running.values():
            if task[2] in tried:
                yield Record(task[2], problem=say("The program that grades it ended twice."))
            else:
                tried.add(task[2])
                waiting.append(task)
    finally:
        pool.shutdown(cancel_futures=True)


def _start_forkserver(context):
    """Start the process that workers come from, and wait until it has loaded what they need."""
    resource_tracker.ensure_running()
    # A terminal sends Control-C to all processes; we end them. It is met when ours has gone on.
    with _masked(signal.SIG_BLOCK), _on_control_c(signal.SIG_IGN):
        forkserver.ensure_running()
    first = context.Process(target=os.getpid, daemon=True)  # that does nothing of any weight
    first.start()
    first.join()


def grade(data, stem, digest):
    """Grade a file with this process's grader, with inputs that nobody can know."""
    # So that nobody waits for its end: a worker is started with Control-C blocked.
    with _on_control_c(signal.default_int_handler), _masked(signal.SIG_UNBLOCK):
        return grade_bytes(data, stem, digest, secrets.randbits(64), _grader)


@contextlib.contextmanager
def _on_control_c(handler):
    """Have Control-C do something else for a while, and in what is started meanwhile for good."""
    if threading.current_thread() is not threading.main_thread():  # only that one may say so
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _masked(how):
    """Block Control-C for a while, or meet it where it is blocked, also what came since."""
    before = signal.pthread_sigmask(how, CONTROL_C)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _control_c_waits():
    """Have Control-C wait until what is begun is done."""
    met = []
    with _on_control_c(lambda *_: met.append(True)):
        yield
    if met:
        raise KeyboardInterrupt


def _prepare(settings):
    global _grader
    settings = dict(settings)
    language.speak(settings.pop("language"))
    _grader = Grader(**settings)
    Finalize(None, _grader.close, exitpriority=10)
