"""What attacks achieve on other graders: measured by hand, told in the book, checked here.

The peers are not installed here; `python -m tests.support.peer_graders` measures them again.
"""

import json

import pytest

from course_lib.authoring import graders
from tests.support.attacks import FILES, read
from tests.support.peer_graders import PEERS, about, makes_sense, outcome

STEMS = {path.stem for path in FILES}
KEYS = {read(path)[0] for path in FILES}
NOTHING = {
    "score": 0,
    "processes": [],
    "files": 0,
    "changed": [],
    "leaked": False,
    "ended": False,
    "log": "",
}


def complaints(measured):
    """Return what speaks against a measurement, or against telling it today."""
    attacks, found = measured["attacks"], []
    if not set(attacks) <= STEMS:
        found.append(f"attacks that there are no more: {sorted(set(attacks) - STEMS)}")
    for stem, told in attacks.items():
        if set(told) != {"kind", "names ours", *graders.NAMES}:
            found.append(f"{stem}: not on every grader")
        if told.get("ours"):
            found.append(f"{stem}: {told['ours']} on ours, which the tests deny")
    for name in graders.NAMES:
        grader = PEERS.get(name, "ours")
        asked = {key for key in KEYS if makes_sense(grader, key)}
        if {key for key, scores in measured["honest"].get(name, {}).items() if scores} != asked:
            found.append(f"{name}: not every right answer scores")
    return found


@pytest.fixture
def measured():
    return graders.read()


def test_the_measurement_is_whole_and_ours_lets_nothing_through(measured):
    assert complaints(measured) == []
    for path in FILES:  # those that are not measured yet have a kind, too
        assert about(path).items() <= (measured["attacks"].get(path.stem) or about(path)).items()


def test_attacks_that_no_peer_has_had_are_counted(measured, monkeypatch):
    for stem in list(measured["attacks"])[:3]:
        del measured["attacks"][stem]
    monkeypatch.setattr(graders, "read", lambda: measured)
    left = len(STEMS) - len(measured["attacks"])
    assert graders.graders_later().startswith(f"{left} were written since")


def test_an_attack_that_is_new_or_succeeds_and_work_that_fails_are_seen(measured):
    measured["attacks"]["no more"] = measured["attacks"]["loop"]
    measured["attacks"]["sleep"]["ours"] = ["delays"]
    measured["honest"]["nbgrader"]["weights-2"] = False
    assert len(complaints(measured)) == 3


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, []),
        ({"score": 1.0}, ["scores"]),
        ({"processes": ["sleep"]}, ["leaves"]),
        ({"files": 1}, ["leaves"]),
        ({"changed": ["/home"]}, ["harms"]),
        ({"leaked": True}, ["harms"]),
        ({"ended": True, "score": None}, ["delays"]),
        ({"score": None}, ["no mark"]),
        ({"log": "ImportError: Module 'os' is blacklisted and cannot be imported."}, ["refused"]),
    ],
)
def test_what_an_attack_achieves_is_named(told, found):
    assert outcome(NOTHING | told) == found


def test_tables_count_attacks(monkeypatch, tmp_path):
    nothing = {name: [] for name in graders.NAMES}
    attacks = {
        "a": nothing | {"kind": "one", "nbgrader": ["scores", "leaves"]},
        "b": nothing | {"kind": "one", "prairielearn": None, "nbgrader": ["no mark"]},
        "c": nothing | {"kind": "two", "ours": ["delays"]},
    }
    path = tmp_path / "graders.json"
    path.write_text(json.dumps({"attacks": attacks}))
    monkeypatch.setattr(graders, "MEASURED", path)
    assert graders.graders()[3:-1] == [
        "| one | 2 | 0 | 0 | 1 | 0 |",
        "| two | 1 | 1 | 0 | 0 | 0 |",
        "| together | 3 | 1 | 0 | 1 | 0 |",
    ]
    rows = graders.graders_ends()[3:-1]
    assert rows[0].endswith("| 0 | 0 | 1 | 0 |")
    assert rows[-1] == "| could not be asked | 0 | 0 | 0 | 1 |"
