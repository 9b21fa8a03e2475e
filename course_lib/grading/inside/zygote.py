"""The first process in a sandbox: it has imported the libraries, and forks for each question.

It reads nothing that a learner wrote. What it is sent goes through it unread to the child that it
has forked, and what the child answers goes past it, on a pipe of its own. So nothing of one
submission is left in its memory when the next child is forked from it.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import struct
import sys
import time

QUESTION = struct.Struct(">IdIII")  # bytes to come; wall clock; processor s, MB, threads
REPORT = struct.Struct(">iId")  # how the child ended, its memory in kB, processor s
FOLDER = "/tmp"  # where libraries may write while they are loaded; later nobody may
ANSWERS = 3  # the number of the pipe on which children answer
STILL_RUNNING = -1000  # of a child that had to be killed when its time was over
PR_SET_PDEATHSIG = 1
READY = b"ready\n"


def main():
    """Get ready, say so, and answer questions until there are no more."""
    settings = json.loads(sys.argv[1])
    safe = settings["safe"]
    if safe:
        _become(settings["uid"])
    sys.path[:0] = settings["path"]
    for name in settings["imports"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from course_lib.grading.inside import answering

    if safe:
        _empty(FOLDER)
    gc.collect()
    gc.freeze()  # a collection in a child looks through its own objects, not through all of these
    os.write(1, READY)
    while header := _read(0, QUESTION.size):
        question = QUESTION.unpack(header)
        os.write(1, REPORT.pack(*_ask(answering.answer, settings["answers"], safe, *question)))


def _become(uid):
    """Give up being root, if this is root, and everything that comes with it."""
    if os.getpid() != 1:  # what follows would end and remove what is not ours
        raise PermissionError("this is no sandbox")
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if 0 in os.getresuid() + os.getresgid():
        raise PermissionError("the sandbox runs as root")
    # Becoming another user has made it outlive who started it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _ask(answer, pipe, safe, length, seconds, *limits):
    """Fork a child that answers a question; end it when its time is over; return a report."""
    begun = time.monotonic()
    alive, held = os.pipe()  # the child holds one end open as long as it lives
    child = os.fork()
    if child == 0:
        try:
            os.close(alive)
            question = _read(0, length)
            _confine(*limits, safe=safe)
            answer(question, pipe, safe=safe)
        finally:
            os._exit(1)
    os.close(held)
    ended = select.select([alive], [], [], seconds)[0]
    os.close(alive)
    if not ended:
        os.kill(child, signal.SIGKILL)
    else:
        # The end of the pipe may have been closed on purpose.
        ended = _ends(child, begun + seconds)
    _, status, used = os.wait4(child, 0)
    if safe:
        _clear()
    status = os.waitstatus_to_exitcode(status) if ended else STILL_RUNNING
    computed = used.ru_utime + used.ru_stime
    return status, used.ru_maxrss, computed


def _ends(child, deadline):
    """Tell whether a child ends by itself before a time; kill it if not."""
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    return False


def _clear():
    """End whatever else there may be: a child cannot start processes, but nothing hangs on that."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _confine(processor, memory, threads, *, safe):
    """Leave a child nothing but the answer's pipe, and limits; what it prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    if not safe:
        return
    kept = resource.getrlimit(resource.RLIMIT_STACK)[0]
    stack = 8 << 20 if kept == resource.RLIM_INFINITY else min(kept, 8 << 20)
    for limit, most in (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_DATA, memory << 20),
        (resource.RLIMIT_STACK, stack),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(limit, (most, most))


def _empty(folder):
    """Remove what libraries have left in a folder: a child could write to it."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _read(source, length):
    """Return exactly so many bytes, or none at the end."""
    parts = []
    while length and (part := os.read(source, min(length, 1 << 20))):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    main()
