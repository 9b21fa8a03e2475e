"""Attacks on the grader: none scores, none harms, none outlives its run or delays what follows."""

import dataclasses
import os
from pathlib import Path

import pytest

from course_lib.chapters import CHAPTERS
from course_lib.exercises.exercise import PASSED
from course_lib.grading import judge, tree
from course_lib.grading.judge import Grader
from course_lib.grading.sandbox import Limits
from tests.support.attacks import FILES, HERE, HONEST, MOST, complaints, descendants, on, read
from tests.support.grading import SHORT, load_little, need_sandbox, of_one_cell

pytestmark = pytest.mark.xdist_group("grading")
# Others need sandboxes that take long to start: test_grading_answers.py has them.
ATTACKS = on(MOST)
SIZE = 20
NAMESPACES = ("pid", "net", "ipc", "uts", "mnt")


@pytest.fixture(scope="module")
def grader():
    need_sandbox()
    with Grader(Limits(**SHORT)) as made:
        yield made


@pytest.mark.parametrize("first", range(0, len(ATTACKS), SIZE))
def test_no_attack_scores_or_harms(grader, first):
    found = {path.stem: complaints(grader, path) for path in ATTACKS[first : first + SIZE]}
    assert {name: told for name, told in found.items() if told} == {}


def test_there_are_many_and_each_says_what_it_tries():
    assert len(FILES) >= 60
    assert sorted(path for chapter in CHAPTERS.values() for path in on(chapter)) == FILES
    for path in FILES:
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# "), path
        assert first.endswith("."), path


# Are attacks seen that succeed? Each of these takes one of the walls away.


def attack(name):
    return next(path for path in FILES if path.stem == name)


def test_a_library_that_still_has_the_answer_is_seen(monkeypatch):
    need_sandbox()
    load_little(monkeypatch)
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
    grader.grade(of_one_cell("weights-2", HONEST), keys=["weights-2"])
    started = descendants(os.getpid())
    assert f"{tmp_path / HERE} is left" in complaints(grader, attack("exit_at_once"))
    assert started == descendants(os.getpid())  # the sandboxes that were there before
    assert len(started) >= 2


def test_no_answer_gets_more_memory_than_is_allowed(grader, monkeypatch):
    tight = dataclasses.replace(grader.limits, memory=256, seconds_of_cells=1.0)
    for made in (grader, *grader.sandboxes.values()):
        monkeypatch.setattr(made, "limits", tight)
    key, source = read(attack("memory_bomb"))
    (verdict,) = grader.grade(of_one_cell(key, source), keys=[key])
    assert verdict.memory < 256 + 100  # megabytes, with those of the libraries that are loaded


def test_a_sandbox_has_a_network_and_processes_of_its_own(grader):
    grader.grade(of_one_cell("weights-2", HONEST), keys=["weights-2"])
    for sandbox in grader.sandboxes.values():
        shut_in = [pid for pid in descendants(sandbox.process.pid) if apart(pid, "pid")]
        assert shut_in
        # Filters refuse sockets as well, so that no attack would tell that this wall is down.
        assert [kind for kind in NAMESPACES if not all(apart(pid, kind) for pid in shut_in)] == []


def apart(process, kind):
    """Tell whether a process has another namespace than this one; skip where it is a secret."""
    try:
        theirs = os.readlink(f"/proc/{process}/ns/{kind}")
    except PermissionError as secret:
        pytest.skip(str(secret))
    return theirs != os.readlink(f"/proc/self/ns/{kind}")
