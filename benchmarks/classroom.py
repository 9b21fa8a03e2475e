"""A class of 200 learners who check ten times a second for a minute, its server killed half-way.

Learners are real outboxes: files, threads and messages over the network, in four processes. What
is counted at the end is what each wrote down and what the class's file holds.
"""

import json
import multiprocessing
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import Row
from course_lib.classroom import joining, membership, outbox
from course_lib.exercises.exercise import Result

LEARNERS, RATE, SECONDS = 200, 10, 60
PROCESSES = 4
AWAY = 3  # seconds between the server's end and its new start
CATCH_UP = 300  # seconds that learners have for what is left


def rows(learners=LEARNERS, rate=RATE, seconds=SECONDS, away=AWAY, processes=PROCESSES):
    """Yield a row with what was told, what arrived, and how soon."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "class.sqlite"
        server, port, code = _start(path, 0)
        folders = [Path(folder) / f"learner {k}" for k in range(learners)]
        for k, own in enumerate(folders):
            own.mkdir()
            joining.enter(own, f"127.0.0.1:{port}", code, f"Learner {k}")
        context = multiprocessing.get_context("spawn")
        begun = time.monotonic()
        shares = [folders[k::processes] for k in range(processes)]
        working = [context.Process(target=_learn, args=(s, rate, seconds)) for s in shares]
        for process in working:
            process.start()
        time.sleep(seconds / 2)
        server.kill()
        server.wait()
        time.sleep(away)
        server, *_ = _start(path, port)
        for process in working:
            process.join()
        took = time.monotonic() - begun
        server.kill()
        server.wait()
        told = {note["id"] for own in folders for note in _notes(own)}
        with sqlite3.connect(path) as db:
            arrived = [event for (event,) in db.execute("SELECT id FROM events")]
            waits = sorted(w for (w,) in db.execute("SELECT arrived - happened FROM events"))
        db.close()
        lost, twice = len(told - set(arrived)), len(arrived) - len(set(arrived))
        late = waits[int(0.99 * (len(waits) - 1))]
        yield Row(
            f"class of {learners}, {rate} checks a second each",
            f"{len(told)} told",
            f"{len(arrived)} arrived",
            None,
            f"lost: {lost}, twice: {twice}; server killed once, away {away} s; all in "
            f"{took:.0f} s; half within {waits[len(waits) // 2]:.2f} s, 99 % within {late:.1f} s",
        )


def _start(path, port):
    command = [sys.executable, "-m", "course_lib.cli", "class", "--host", "127.0.0.1"]
    command += ["--file", str(path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = ""
    while "Ctrl+C" not in said:
        line = server.stdout.readline()
        if not line:
            raise RuntimeError(f"the class has not begun: {said}")
        said += line
    server.stdout.close()
    port, code = re.search(r"course join 127\.0\.0\.1:(\d+) (\S+)", said).groups()
    return server, int(port), code


def _learn(folders, rate, seconds):
    """Check at a rate in each of some folders, then wait until all is sent."""
    begun = time.monotonic()
    for step in range(int(rate * seconds)):
        time.sleep(max(0, begun + step / rate - time.monotonic()))
        for folder in folders:
            result = Result(f"weights-{1 + step % 6}", "wrong", "`f` is None.")
            outbox.tell(folder, result, first=True, spoken="en")
    over = time.monotonic() + CATCH_UP
    while not all(_is_sent(folder) for folder in folders) and time.monotonic() < over:
        time.sleep(0.2)


def _is_sent(folder):
    path = membership.tells_path(folder, membership.membership_in(folder))
    return outbox.sent(path) == path.stat().st_size


def _notes(folder):
    path = membership.tells_path(folder, membership.membership_in(folder))
    return [json.loads(line) for line in path.read_text().splitlines() if line]
