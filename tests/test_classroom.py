"""A class: names, codes, limits, sentences, and what the store keeps."""

import csv
import io
import itertools
import json
import re
import sqlite3
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import cli, language
from course_lib.authoring import tables
from course_lib.chapters import CHAPTERS
from course_lib.classroom import codes, export, minutes, summary
from course_lib.classroom.events import MOST, Malformed, exercise_keys, read_events
from course_lib.classroom.joining import ClassError, enter
from course_lib.classroom.limits import MOST_BUCKETS, Limit
from course_lib.classroom.names import LONGEST, NameRefused, clean_name, labels
from course_lib.classroom.sentences import sentence_behind, sentences, without_braces
from course_lib.classroom.store import Full, Store, Unknown
from course_lib.exercises.exercise import PASSED, assess
from course_lib.exercises.plain_data import Raised
from course_lib.exercises.registry import exercises_of
from tests.support.classroom import event

A, B = "a" * 32, "b" * 32  # tokens


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada \t\n Lovelace ", "Ada Lovelace"),
        ("\u202eadA\u2066", "adA"),
        ("A\x00d\x1b[31ma\x07", "Ad[31ma"),
        ("z\u0300\u0301\u0302\u0303\u0304\u0305a", "z\u0300\u0301\u0302a"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # a text like any other
        ("نگار\u200cجان", "نگار\u200cجان"),
        ("é", "é"),
        ("🦔", "🦔"),
        ("\ud800Ada", "Ada"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be_seen(typed, shown):
    assert clean_name(typed) == shown


@pytest.mark.parametrize("typed", ["", " ", "\u200b\u202e", "\u200d", "\u0301", None, 7, ["Ada"]])
def test_what_cannot_be_seen_is_no_name(typed):
    with pytest.raises(NameRefused):
        clean_name(typed)


@pytest.mark.parametrize("typed", ["x" * (LONGEST + 1), "Ada" + " " * 10**6])
def test_a_huge_name_is_refused(typed):
    with pytest.raises(NameRefused, match="at most 40 characters"):
        clean_name(typed)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_a_name_is_clean_whatever_was_typed(typed):
    try:
        name = clean_name(typed)
    except NameRefused:
        return
    assert clean_name(name) == name
    assert 0 < len(name) <= LONGEST
    kinds = {unicodedata.category(c) for c in name if c not in "\u200c\u200d"}
    assert not [kind for kind in kinds if kind[0] == "C"]


def test_equal_names_are_told_apart():
    assert labels(["Ada", "Ada (2)", "Ada", "Ada"]) == ["Ada", "Ada (2)", "Ada (3)", "Ada (4)"]


# --- codes and limits -----------------------------------------------------------------------------


def test_a_code_is_known_however_it_is_typed():
    code = codes.new_code()
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    assert not set("0O1IL") & set(code)
    for typed in (code.lower(), code.replace("-", " "), f" {code}\n"):
        assert codes.same_code(typed, code)
    for typed in ("", code[:-1], code + "A", None, 5, "\ud800", "x" * 10**6):
        assert not codes.same_code(typed, code)
    assert len({codes.new_secret() for _ in range(100)}) == 100


def test_a_limit_allows_a_burst_and_fills_again():
    now = [0.0]
    limit = Limit(burst=3, rate=0.5, clock=lambda: now[0])
    for _ in range(3):
        assert limit.wait("a") == 0
        limit.take("a")
    assert limit.wait("a") == 2
    assert limit.wait("b") == 0
    now[0] = 2.0
    assert limit.wait("a") == 0
    limit.take("a", 10)
    assert limit.wait("a") == 20
    now[0] = 1000.0
    assert limit.wait("a") == 0


def test_a_limit_does_not_fill_the_memory():
    limit = Limit(burst=3, rate=0.01)
    for k in range(2 * MOST_BUCKETS):
        limit.take(k)
    assert len(limit._buckets) <= MOST_BUCKETS
    assert limit.wait(2 * MOST_BUCKETS - 1) == 0
    assert limit._left(2 * MOST_BUCKETS - 1) < 3


# --- sentences ------------------------------------------------------------------------------------


def test_a_message_gives_its_sentence_and_none_of_its_values():
    secret = "password 'hunter2' in {braces}"
    message = f"`f` stopped with KeyError: {secret}"
    behind = sentence_behind(message)
    assert behind == "`{name}` stopped with {error}: {message}"
    assert without_braces(behind) == "`…` stopped with …: …"
    placed = Raised("KeyError", secret, line=2).told
    assert placed != secret
    assert sentence_behind(f"`f` stopped with KeyError: {placed}") == behind
    assert sentence_behind("What nobody ever said.") == ""
    assert sentence_behind("") == ""
    with language.speaking("de"):
        german = language.say(behind, name="f", error="KeyError", message=secret)
    assert german != message
    assert sentence_behind(german, "de") == behind


def test_what_learners_write_costs_no_time():
    # With regular expressions, a message of these pieces would take for ever.
    assert sentence_behind("` {name} `, {got}: of the " * 200) in sentences() | {""}


@pytest.mark.parametrize("chapter", ["weights", "graph_view"])
def test_messages_of_wrong_answers_are_known(chapter):
    for exercise in exercises_of(chapter):
        for wrong in (
            7,
            "no",
            None,
            lambda *given: None,
            lambda *given: "no",
            lambda *given: 1 / 0,
        ):
            result = assess(exercise, {exercise.answer: wrong})
            if result.state != PASSED:
                behind = sentence_behind(result.message)
                assert behind, result.message
                for part in re.split(r"\{[^}]*\}", behind):
                    assert part in result.message


# --- events ---------------------------------------------------------------------------------------

WRONG_EVENTS = [
    {"id": "x"}, {"id": A.upper()}, {"id": None}, {"id": A + "\n"},
    {"key": 7}, {"key": "x" * 101}, {"key": None},
    {"state": "great"}, {"state": ["wrong"]}, {"state": {}},
    {"age": "1"}, {"age": None}, {"age": True}, {"age": 1e300}, {"age": float("nan")},
    {"age": float("inf")}, {"age": 10**400}, {"first": 1}, {"first": None}, {"sentence": None},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG_EVENTS, ids=str)
def test_an_event_of_wrong_types_is_refused(change):
    good = event()
    assert read_events({"events": [good]})[0][0].id == good["id"]
    with pytest.raises(Malformed, match=next(iter(change))):
        read_events({"events": [good | change]})


@pytest.mark.parametrize(
    "content", [None, [], {}, {"events": {}}, {"events": [1]}, {"events": [[]]},
                {"events": [event() for _ in range(MOST + 1)]}],
)  # fmt: skip
def test_what_is_no_list_of_events_is_refused(content):
    with pytest.raises(Malformed):
        read_events(content)


def test_an_unknown_exercise_holds_up_no_other_event():
    odd = [event(key) for key in ("../../etc/passwd", "weights-99", "", "weights-1' --")]
    events, unknown = read_events({"events": [event(), *odd]})
    assert [e.key for e in events] == ["weights-1"]
    assert unknown == [e["id"] for e in odd]


def test_free_text_never_comes_onto_the_board():
    sent = [event(sentence=text) for text in ("<b>hello</b>", "`{name}` is None.")]
    assert [e.sentence for e in read_events({"events": sent})[0]] == ["", "`{name}` is None."]


# --- the store ------------------------------------------------------------------------------------


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    made = Store(tmp_path / "class.sqlite", clock=clock)
    yield made
    made.close()


def add(store, token, *events):
    return store.add(token, read_events({"events": list(events)})[0]).result()


def cells(store):
    return {row["name"]: row["cells"] for row in summary.board(store)["learners"]}


def line(store, key="weights-1"):
    return next(x for x in summary.board(store)["exercises"] if x["key"] == key)


def test_an_event_that_comes_twice_is_counted_once(store):
    for token, name in ((A, "Ada"), (B, "Ben")):
        store.join(token, name).result()
    sent = [event(), event("weights-2")]
    assert add(store, A, *sent) == 2
    assert add(store, A, *sent) == 0
    assert add(store, A, sent[0], sent[0], event()) == 1
    assert add(store, B, sent[0]) == 1  # another's id takes nothing from anybody
    assert cells(store)["Ada"]["weights-1"]["tries"] == 2


def test_a_class_that_is_opened_again_is_the_same(tmp_path):
    first = Store(tmp_path / "a.sqlite")
    first.join(A, "Ada").result()
    add(first, A, event())
    first.release(["weights-1"], True).result()
    facts = first.id, first.code, first.key
    first.close()
    second = Store(tmp_path / "a.sqlite")
    assert (second.id, second.code, second.key) == facts
    assert add(second, A, event("weights-2")) == 1
    assert set(cells(second)["Ada"]) == {"weights-1", "weights-2"}
    assert line(second)["released"]
    second.close()
    assert (tmp_path / "a.sqlite").stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_who_leaves_is_forgotten_to_the_last_byte(store, tmp_path):
    store.join(A, "Rumpelstiltskin").result()
    store.join(B, "Ben").result()
    add(store, A, event(), event("weights-2", "passed"))
    files = lambda: b"".join(p.read_bytes() for p in tmp_path.glob("class.sqlite*"))  # noqa: E731
    assert b"Rumpelstiltskin" in files()
    store.leave(A).result()
    assert b"Rumpelstiltskin" not in files()
    assert store.read("SELECT COUNT(*) FROM events") == [(0,)]
    assert [row["name"] for row in summary.board(store)["learners"]] == ["Ben"]
    for again in (store.leave(A), store.add(A, [])):
        with pytest.raises(Unknown):
            again.result()


def test_a_refused_job_undoes_itself_and_no_other(store):
    store.join(A, "Ada").result()
    asked = [store.add(A, []), store.add("nobody", []), store.join(B, "Ben"), store.leave("x")]
    outcomes = [type(job.exception()).__name__ for job in asked]
    assert outcomes == ["NoneType", "Unknown", "NoneType", "Unknown"]
    assert list(cells(store)) == ["Ada", "Ben"]


def test_there_is_an_end_to_what_one_learner_can_store(store, monkeypatch):
    monkeypatch.setattr("course_lib.classroom.store.MOST_EVENTS", 3)
    monkeypatch.setattr("course_lib.classroom.store.MOST_LEARNERS", 1)
    store.join(A, "Ada").result()
    add(store, A, event(), event())
    with pytest.raises(Full):
        add(store, A, event(), event())
    assert store.read("SELECT COUNT(*) FROM events") == [(2,)]
    with pytest.raises(Full):
        store.join(B, "Ben").result()
    store.join(A, "Ada L").result()  # a new name needs no room
    assert list(cells(store)) == ["Ada L"]


def test_nobody_is_told_yes_when_the_disk_is_full(store):
    store.join(A, "Ada").result()
    pages = store.read("PRAGMA page_count")[0][0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    asked = [store.add(A, read_events({"events": [event() for _ in range(MOST)]})[0])
             for _ in range(20)]  # fmt: skip
    kept = sum(job.result() for job in asked if job.exception() is None)
    refused = [job for job in asked if job.exception()]
    assert refused
    assert all(isinstance(job.exception(), sqlite3.OperationalError) for job in refused)
    assert store.read("SELECT COUNT(*) FROM events") == [(kept,)]
    store._writer.execute("PRAGMA max_page_count = 100000")
    assert add(store, A, event()) == 1


@pytest.mark.parametrize("kind", ["text", "another database", "a later version", "a folder"])
def test_a_file_that_holds_no_class_is_refused(tmp_path, kind):
    path = tmp_path / "x.sqlite"
    if kind == "text":
        path.write_text("hello " * 1000)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a later version":
        Store(path).close()
    if kind in ("another database", "a later version"):
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE IF NOT EXISTS mine (x)")
            db.execute(f"PRAGMA user_version = {99}")
        db.close()
    with pytest.raises((ValueError, OSError)):
        Store(path)


# --- what the board shows -------------------------------------------------------------------------


def test_states_and_who_is_stuck(store, clock):
    store.join(A, "Ada").result()
    clock.now += 3600
    add(store, A, event("weights-1", "not attempted", age=3000))
    assert cells(store)["Ada"] == {}
    add(store, A, event("weights-1", "error", age=1200), event("weights-1", "wrong", age=600))
    shown = cells(store)["Ada"]["weights-1"]
    assert (shown["state"], shown["tries"], shown["stuck"]) == ("wrong", 2, True)
    assert shown["since"] == clock.now - 1200
    add(store, A, event("weights-2", "wrong", age=60))
    assert not cells(store)["Ada"]["weights-1"]["stuck"]
    assert cells(store)["Ada"]["weights-2"]["stuck"]
    add(store, A, event("weights-1", "passed", age=50), event("weights-1", "wrong", age=40))
    assert cells(store)["Ada"]["weights-1"]["state"] == "passed"  # once passed, always passed
    assert line(store)["tried"] == line(store)["passed"] == 1
    assert line(store, "weights-2")["stuck"] == 0  # given up, or put off
    add(store, A, event("weights-2", "wrong"))
    assert line(store, "weights-2")["stuck"] == 1


def test_a_clock_that_lies_is_bounded(store, clock):
    store.join(A, "Ada").result()
    joined = clock.now
    clock.now += 100
    add(store, A, event(age=1e11), event("weights-2", age=40), event("weights-3", age=-1e11))
    happened = dict(store.read("SELECT key, happened FROM events"))
    expected = {"weights-1": joined, "weights-2": clock.now - 40, "weights-3": clock.now}
    assert happened == pytest.approx(expected, abs=1e-4, rel=0)


def test_events_keep_their_order_whatever_the_network_does_to_their_ages(store, clock):
    store.join(A, "Ada").result()
    clock.now += 100
    keys = ["weights-3", "weights-1", "weights-2"]
    for key, age in zip(keys, (0, 30, 30), strict=True):
        add(store, A, event(key, age=age))
    rows = store.read("SELECT key, happened FROM events ORDER BY happened")
    assert [key for key, _ in rows] == keys
    assert len({happened for _, happened in rows}) == 3


def test_the_commonest_message_is_that_of_most_learners(store):
    often, common = "`{name}` is None.", "`{name}` gave None. Is a `return` missing?"
    for k, token in enumerate((A, B, "c" * 32)):
        store.join(token, f"L{k}").result()
    add(store, A, *[event(sentence=often) for _ in range(9)])
    add(store, A, event(sentence=common))
    add(store, B, event(sentence=common), event(sentence=""))
    assert line(store)["message"] == without_braces(common)
    assert line(store)["message_learners"] == 2


def minutes_of(store, clock, *passes):
    """Let three learners pass exercises, each so many minutes after the one before."""
    tokens = [A, B, "c" * 32]
    for token in tokens:
        store.join(token, token[0]).result()
    for wait, key, first in passes:
        clock.now += 60 * wait
        for token in tokens:
            add(store, token, event(key, "passed", first=first))
    return summary.measured(store)


def test_minutes_are_those_since_the_exercise_before(store, clock):
    passes = [(5, "weights-1", True), (8, "weights-3", True), (2, "weights-2", True)]
    measured = minutes_of(store, clock, *passes, (1, "weights-3", True))
    assert measured == {"weights-1": [5] * 3, "weights-3": [8] * 3, "weights-2": [2] * 3}
    assert line(store)["median"] == 5


def test_neither_pauses_nor_what_was_passed_before_are_measured(store, clock):
    passes = [(1, "weights-1", False), (3, "weights-2", True), (600, "weights-3", True)]
    measured = minutes_of(store, clock, *passes, (4, "weights-4", True))
    assert measured == {"weights-2": [4] * 3, "weights-4": [4] * 3}


def test_a_median_of_few_is_not_shown():
    assert summary.middle([1.0, 9.0]) is None
    assert summary.middle([1.0, 9.0, 4.0]) == 4.0


def test_the_grid_as_a_table_starts_no_formula(store):
    for token, name in ((A, "=HYPERLINK(1)"), ("c" * 32, "＝1+1"), (B, 'say "hi", Ben')):
        store.join(token, name).result()
    add(store, A, event(), event(), event("weights-2", "passed"))
    table = list(csv.reader(io.StringIO(export.as_csv(store))))
    assert table[0] == ["learner", "exercise", "state", "wrong_tries"]
    assert len(table) == 1 + 3 * len(exercise_keys())
    assert ["'=HYPERLINK(1)", "weights-1", "wrong", "2"] in table
    assert ["'＝1+1", "weights-1", "not tried", "0"] in table
    assert ["'=HYPERLINK(1)", "weights-2", "passed", "0"] in table
    assert ['say "hi", Ben', "weights-2", "not tried", "0"] in table


# --- minutes for lesson plans ---------------------------------------------------------------------


def test_minutes_of_two_classes_are_joined(tmp_path, store, clock, capsys):
    minutes_of(store, clock, (5, "weights-1", True))
    paths = [tmp_path / "minutes.json", tmp_path / "class.json"]
    paths[0].write_text(export.minutes_as_json(store))
    paths[1].write_text(export.as_json(store))
    saved = tmp_path / "all.json"
    assert cli.main(["minutes", *map(str, paths), "--save", str(saved)]) == 0
    said = capsys.readouterr().out.splitlines()
    planned = exercises_of("weights")[0].minutes
    assert said[1].split() == ["weights-1", str(planned), "5", "6"]
    assert minutes.together([saved]) == {"weights-1": [5] * 6}
    assert "aaaa" not in paths[0].read_text()  # who it was, nobody can say
    names = [row["name"] for row in json.loads(paths[1].read_text())["learners"]]
    assert names == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "x", "minutes": {}}', '{"minutes": {}}',
             '{"format": "course-class-1", "minutes": {"weights-1": ["5"]}}',
             '{"format": "course-class-1", "minutes": {"weights-1": [-5]}}',
             '{"format": "course-class-1", "minutes": {"weights-1": [1e9]}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_export_is_told(tmp_path, text, capsys):
    path = tmp_path / "x.json"
    path.write_text(text)
    assert cli.main(["minutes", str(path)]) == 2
    assert "is no export of a class" in capsys.readouterr().err


# --- the course around it -------------------------------------------------------------------------


def test_the_exercises_of_the_board_are_those_of_the_course():
    assert list(exercise_keys()) == [
        exercise.key for name in CHAPTERS.values() for exercise in exercises_of(name)
    ]


def test_without_the_extra_the_command_says_what_to_install():
    program = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from course_lib import cli; sys.exit(cli.main(['class', '--port', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "course: this needs uvicorn: pip install 'attention-as-a-graph[teach]'\n"
    )


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "a b", "x:port", "http://", "a@b", "x" * 9 + ":"]
)
def test_what_is_no_address_is_told(tmp_path, address):
    with pytest.raises(ClassError, match="is no address"):
        enter(tmp_path, address, "CODE", "Ada")
    assert not list(itertools.islice(tmp_path.iterdir(), 1))


def test_recorded_minutes_stand_beside_the_planned_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MEASURED", tmp_path / "measured.json")
    assert tables.measured() == ["", "No class has been recorded here yet.", ""]
    minutes.save({"weights-1": [1.0, 2.5, 9.0], "weights-2": [4.0]}, tables.MEASURED)
    first, second = exercises_of("weights")[:2]
    assert tables.measured()[3:-1] == [
        f"| weights-1: {first.title} | {first.minutes} | 2.5 | 3 |",
        f"| weights-2: {second.title} | {second.minutes} | too few | 1 |",
    ]
