"""Grade one submission with a peer, inside a jail, and print what became of it as JSON.

This file runs in the jail, as its root and with the standard library alone; the grader and the
learner's code run as another user. `peer_graders` makes the jail.
"""

import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

UID = 61234  # the first of the users of learners' code
WALL = 60  # seconds until a grading that goes on is ended
JOB, GRADE, HOME = Path("/job"), Path("/grade"), Path("/grader")
SECRET = "canary-5ab0c1"
MARK = "attack-was-here*"
LIMITS = {
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_CPU: 40,
    resource.RLIMIT_FSIZE: 64 << 20,
    resource.RLIMIT_NPROC: 100,
    resource.RLIMIT_CORE: 0,
}


def commands(peer, learner):
    """Return the command of a grader, and the user who gives it."""
    if peer == "nbgrader":
        program = Path(sys.executable).with_name("nbgrader")
        return [program, "autograde", "ps1", "--student", "attacker", "--create"], learner
    told = ["-p", "prairielearn-grader", "--color=no", "--worker-username", "ag"]
    alone = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"]  # other plugins only take time
    return [*alone, sys.executable, "-m", "pytest", *told, GRADE], 0


def lay_out(user):
    """Put the task and the submission where the grader wants them, and canaries beside it."""
    shutil.copytree(JOB / "task", GRADE, dirs_exist_ok=True)
    canaries = [HOME / f"{SECRET}.txt", GRADE / "submitted/honest/ps1/chapter.ipynb"]
    for canary in canaries:
        canary.parent.mkdir(parents=True, exist_ok=True)
        canary.write_text(SECRET)
    canaries += sorted(path for path in (GRADE / "source").rglob("*") if path.is_file())
    for path in (GRADE / "fonts", *(GRADE / "fonts").rglob("*")):
        path.chmod(0o777)  # Matplotlib's cache, which it wants to write
    for top in (GRADE, HOME):
        for path in (top, *top.rglob("*")):
            os.chown(path, user, user)
    return {path: digest(path) for path in canaries}


def digest(path):
    """Return what a file holds, shortened; None where it is gone."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def run(command, user):
    """Run a grader; return whether it had to be ended."""

    def become():
        for limit, most in LIMITS.items():
            resource.setrlimit(limit, (most, most))
        if user:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

    with open("/log", "wb") as log:
        told = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": GRADE}
        process = subprocess.Popen(command, preexec_fn=become, start_new_session=True, **told)
        try:
            process.wait(WALL)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return True
    return False


def processes(user):
    """Return the commands of processes that learners' code or the grader has left."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            dead = "State:\tZ" in (folder / "status").read_text()
            if folder.stat().st_uid == user and not dead:
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:100])
        except OSError:
            continue
    return found


def marks():
    """Return the files of attacks that lie about."""
    tops = (GRADE, HOME, Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
    found = [path for top in tops if top.is_dir() for path in top.rglob(MARK)]
    return found + [path for top in ("/", "/dev") for path in Path(top).glob(MARK)]


def score_of(peer):
    """Return the share of the points, or None where there is no mark."""
    try:
        if peer == "nbgrader":
            with sqlite3.connect(GRADE / "gradebook.db") as gradebook:
                [[score]] = gradebook.execute("select max(auto_score) from grade")
            return score
        results = json.loads((GRADE / "autograder_results.json").read_text())
        return results["score"] if results.get("gradable", True) else None
    except (OSError, ValueError, LookupError, sqlite3.Error):
        return None


def shown(peer):
    """Return everything that goes back to the learner."""
    if peer == "nbgrader":
        files = [p for p in (GRADE / "autograded").rglob("*") if p.is_file()]
    else:
        files = [GRADE / "autograder_results.json"]
    return b"".join(path.read_bytes() for path in files if path.is_file())


def main(peer, learner):
    """Grade, look round, tell."""
    command, user = commands(peer, int(learner))
    before = lay_out(user)
    begun = time.monotonic()
    ended = run(command, user)
    took = time.monotonic() - begun
    time.sleep(0.5)
    left = (
        [] if ended else processes(int(learner))
    )  # what is ended by force has left nothing by itself
    told = {
        "score": score_of(peer),
        "ended": ended,
        "seconds": round(took, 1),
        "processes": left,
        "files": len(marks()),
        "changed": [str(path) for path, was in before.items() if digest(path) != was],
        "leaked": SECRET.encode() in shown(peer),
        "log": Path("/log").read_text("utf-8", "replace")[-3000:],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
