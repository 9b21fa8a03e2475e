"""Attacks on the grader: none scores, none harms, none outlives its run or delays what follows.

They lie in tests/attacks, one a file; the first line says what it tries. Their names do not end in
.py, for no tool is to import them.
"""

import os
import time
from pathlib import Path

import pytest

from course_lib.exercises.exercise import PASSED
from course_lib.grading import judge, tree
from course_lib.grading.judge import Grader
from course_lib.grading.sandbox import Limits
from tests.support.grading import SHORT, need_sandbox, of_one_cell

pytestmark = pytest.mark.xdist_group("grading")
FILES = sorted(Path(__file__).with_name("attacks").glob("*.cell"))
GROUPS = 8
HONEST = """
import numpy as np
def safe_softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
"""
HERE = "attack-was-here"


@pytest.fixture(scope="module")
def grader():
    need_sandbox()
    with Grader(Limits(**SHORT)) as made:
        yield made


def read(path):
    """Return the key and the source of an attack."""
    source = path.read_text("utf-8")
    second = source.splitlines()[1]
    key = second.removeprefix("# exercise: ") if second.startswith("# exercise: ") else "weights-2"
    return key, source


def descendants(process):
    """Return the processes that a process has started, and these in turn."""
    found = []
    for listed in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(listed.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        found.append((parent, int(listed.parent.name)))
    below, before = {process}, set()
    while below != before:
        before = set(below)
        below |= {child for parent, child in found if parent in below}
    return below - {process}


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
    for sandbox in grader.sandboxes.values():
        if sandbox.is_open and len(descendants(sandbox.process.pid)) > 1:
            found.append("something is left running")
    found += [f"{left} is left" for left in marks_left()]
    (honest,) = grader.grade(of_one_cell("weights-2", HONEST), keys=["weights-2"])
    if honest.state != PASSED:
        found.append(f"the next answer is judged falsely: {honest}")
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_no_attack_scores_or_harms(grader, group):
    found = {path.stem: complaints(grader, path) for path in FILES[group::GROUPS]}
    assert {name: told for name, told in found.items() if told} == {}


def test_there_are_many_and_each_says_what_it_tries():
    assert len(FILES) >= 60
    for path in FILES:
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# "), path
        assert first.endswith("."), path


# Are attacks seen that succeed? Each of these takes one of the walls away.


def attack(name):
    return next(path for path in FILES if path.stem == name)


def test_a_library_that_still_has_the_answer_is_seen(monkeypatch):
    need_sandbox()
    monkeypatch.setattr(tree, "_emptied", lambda source, module, names: source)
    with Grader(Limits(**SHORT)) as weak:
        assert complaints(weak, attack("library_function")) == ["it scores"]


def test_a_judge_that_believes_what_the_worker_says_is_seen(grader, monkeypatch):
    monkeypatch.setattr(judge, "read_reply", lambda reply, *rest: (reply.data, None, []))
    monkeypatch.setattr(
        judge,
        "_judged",
        lambda exercise, cases, data, _: (PASSED if b"passed" in data else "wrong", ""),
    )
    assert "it scores" in complaints(grader, attack("forge_frame"))


def test_what_is_left_running_or_lying_about_is_seen(grader, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path(HERE).touch()
    started = descendants(os.getpid())
    assert f"{tmp_path / HERE} is left" in complaints(grader, attack("exit_at_once"))
    assert started == descendants(os.getpid())  # the sandboxes that were there before
    assert len(started) >= 2
