"""The attacks on the grader, and what they have achieved.

They lie in tests/attacks, one a file; the first line says what it tries. Their names do not end in
.py, for no tool is to import them.
"""

import contextlib
import time
from pathlib import Path

from course_lib.exercises.exercise import PASSED
from course_lib.grading import judge
from tests.support.grading import of_one_cell

FILES = sorted((Path(__file__).parents[1] / "attacks").glob("*.cell"))
MOST = "weights"  # the chapter that most are on: its sandbox loads little
HONEST = """
import numpy as np
def safe_softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
"""
HERE = "attack-was-here"


def read(path):
    """Return the key and the source of an attack."""
    source = path.read_text("utf-8")
    second = source.splitlines()[1]
    key = second.removeprefix("# exercise: ") if second.startswith("# exercise: ") else "weights-2"
    return key, source


def on(chapter):
    """Return the attacks on exercises of a chapter; those on an exercise stand together."""
    found = [path for path in FILES if read(path)[0].rpartition("-")[0] == chapter]
    return sorted(found, key=lambda path: read(path)[0])


def descendants(process, listed=None):
    """Return the processes that a process has started, and these in turn.

    Where several are asked for, all `parents_and_children` are `listed` once.
    """
    listed = parents_and_children() if listed is None else listed
    below, before = {process}, set()
    while below != before:
        before = set(below)
        below |= {child for parent, child in listed if parent in below}
    return below - {process}


def parents_and_children():
    """Return the number of each process of this machine, after that of its parent."""
    found = []
    for listed in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(listed.read_text().rpartition(")")[2].split()[1])
            found.append((parent, int(listed.parent.name)))
    return found


def marks_left():
    """Return files that an attack has left where it should not write."""
    folders = (Path.cwd(), Path.home(), Path("/tmp"), Path("/var/tmp"), Path("/"), Path("/dev"))
    return [path for folder in folders for path in folder.glob(f"{HERE}*")]


def complaints(grader, path):
    """Return what an attack has achieved."""
    key, source = read(path)
    begun = time.monotonic()
    (verdict,) = grader.grade(of_one_cell(key, source), keys=[key])
    took, found = time.monotonic() - begun, []
    if verdict.state == PASSED:
        found.append("it scores")
    if took > grader.limits.wall + judge.JUDGING + 30:  # a new sandbox may have to start
        found.append(f"it took {took:.0f} s")
    listed = parents_and_children()
    for sandbox in grader.sandboxes.values():
        if sandbox.is_open and len(descendants(sandbox.process.pid, listed)) > 1:
            found.append("something is left running")
    found += [f"{left} is left" for left in marks_left()]
    (honest,) = grader.grade(of_one_cell("weights-2", HONEST), keys=["weights-2"])
    if honest.state != PASSED:
        found.append(f"the next answer is judged falsely: {honest}")
    return found
