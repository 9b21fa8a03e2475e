"""The class's server and the learner's outbox, over a real network connection."""

import http.client
import itertools
import json
import random
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress

import pytest

from course_lib import cli, language
from course_lib.classroom import calling, joining, membership, outbox
from course_lib.classroom.codes import new_secret
from course_lib.classroom.events import MOST
from course_lib.classroom.wire import LARGEST
from course_lib.exercises import check as course_check
from course_lib.exercises import join, leave, progress, report
from course_lib.exercises.registry import find_exercise
from tests.support.classroom import (
    all_sent,
    check,
    event,
    is_idle,
    room,
    start_process,
    until,
)

FOREIGN = "http://evil.example"


@pytest.fixture
def classroom(tmp_path):
    with room(tmp_path / "class.sqlite") as running:
        yield running


@pytest.fixture
def quick(monkeypatch):
    """An outbox that does not wait long."""
    monkeypatch.setattr(outbox, "PAUSE", 0.02)
    monkeypatch.setattr(outbox, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(outbox, "IDLE", 0.2)


@pytest.fixture
def folder(tmp_path, quick):
    """A learner's folder of notebooks."""
    path = tmp_path / "notebooks"
    path.mkdir()
    (path / "01_graph_view.ipynb").touch()
    yield path
    membership.forget(path)  # its thread ends


def enter(classroom, folder, name="Ada"):
    return joining.enter(folder, f"127.0.0.1:{classroom.port}", classroom.store.code, name)


def shown(classroom):
    return {row["name"]: row["cells"] for row in classroom.board()["learners"]}


def count(classroom):
    return classroom.store.read("SELECT COUNT(*) FROM events")[0][0]


# --- hostile messages -----------------------------------------------------------------------------

BODIES = {
    "no JSON": b"{",
    "not UTF-8": b'{"events": "\xff\xfe"}',
    "a list": b"[]",
    "a number": b"7",
    "deep": b"[" * 60_000,
    "a huge number": b'{"events": ' + b"9" * 60_000 + b"}",
    "empty": b"",
    "a NUL": b'{"events": [\x00]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/join", "/events", "/leave", "/board/open"])
def test_what_is_no_object_is_refused(classroom, path, body):
    token = classroom.join("Ada")
    headers = {"Content_Type": "application/json", "Origin": classroom.base}
    assert classroom.send(path, data=body, token=token, **headers)[0] == 400
    assert list(shown(classroom)) == ["Ada"]


@pytest.mark.parametrize("name", [None, 7, [], {}, "", "\u202e", "x" * 41, "x" * 50_000])
def test_a_name_that_will_not_do_is_refused_and_the_learner_told(classroom, folder, name):
    content = {"code": classroom.store.code, "name": name, "token": new_secret()}
    status, body, _ = classroom.send("/join", content)
    assert (status, json.loads(body)["refused"]) == (400, "name")
    assert shown(classroom) == {}


@pytest.mark.parametrize("token", [None, 5, "", "short", "x" * 101, "ü" * 40, ["x" * 40]])
def test_a_token_that_can_be_guessed_is_refused(classroom, token):
    content = {"code": classroom.store.code, "name": "Ada", "token": token}
    assert classroom.send("/join", content)[0] == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(classroom):
    token = classroom.join("Ada")
    connection = http.client.HTTPConnection("127.0.0.1", classroom.port, timeout=20)
    connection.putrequest("POST", "/events")
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders(b" " * (LARGEST + 1))
    assert connection.getresponse().status == 413
    connection.close()


def test_who_sends_too_slowly_is_not_waited_for(classroom, monkeypatch):
    monkeypatch.setattr("course_lib.classroom.wire.SLOWEST", 0.2)
    with socket.create_connection(("127.0.0.1", classroom.port)) as slow:
        slow.settimeout(20)
        head = "POST /join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert b" 408 " in slow.recv(1000)


def test_who_asks_nothing_does_not_hold_a_connection(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.classroom.serving.PATIENCE", 0.2)
    with room(tmp_path / "class.sqlite") as running:
        answered = b"POST /class HTTP/1.1\r\nHost: x\r\n\r\n"
        for begun in (b"", b"GET /board HTTP/1.1\r\nX: ", answered, answered + b"GET /bo"):
            with socket.create_connection(("127.0.0.1", running.port)) as silent:
                silent.settimeout(20)
                silent.sendall(begun)
                said = b""
                while more := silent.recv(10_000):
                    said += more
                assert (b" 200 OK" in said) == begun.startswith(answered)


def test_what_is_no_http_harms_nobody(classroom):
    for noise in (b"\x00" * 1000, b"GET " + b"x" * 200_000, b"\x16\x03\x01\x02\x00\x01", b""):
        with socket.create_connection(("127.0.0.1", classroom.port)) as odd:
            odd.settimeout(20)
            try:
                odd.sendall(noise + b"\r\n\r\n")
                odd.recv(1000)
            except ConnectionError:
                pass
    assert classroom.join("Ada")


@pytest.mark.parametrize(
    "path",
    ["/board/files/../app.py", "/board/files/%2e%2e%2fapp.py", "/board/files/..%5capp.py",
     "/board/files//etc/passwd", "/board/files/board.html%00.js", "/board/export/../data",
     "/class.sqlite", "/.class/class.json", "/board/files/"],
)  # fmt: skip
def test_no_path_leads_out_of_the_pages(classroom, path):
    connection = http.client.HTTPConnection("127.0.0.1", classroom.port, timeout=20)
    connection.putrequest("GET", path, skip_host=False)  # as it is: nothing is normalised
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status in (401, 404, 405)
    assert b"import" not in answer.read()
    connection.close()


def test_every_answer_carries_the_policy(classroom):
    token = classroom.join("Ada")
    answers = [
        classroom.send("/board"),
        classroom.send("/board/files/board.js"),
        classroom.send("/nothing"),
        classroom.send("/events", {"events": []}, token=token),
        classroom.send("/board/data"),
        classroom.send("/events", data=b"{", token=token),
    ]
    assert [status for status, *_ in answers] == [200, 200, 404, 200, 401, 415]
    for _, _, headers in answers:
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Access-Control-Allow-Origin"] is None
        assert headers["Server"] is None


ATOMS = [None, True, 0, -1, 2**63, 10**30, 1e308, float("nan"), "", "x", "\ud800", "\0", "a" * 32,
         "weights-1", "wrong", "clear", "remove", "release", [], {}, [[]]]  # fmt: skip
FIELDS = ["id", "key", "state", "age", "first", "sentence", "events", "do", "keys", "learner",
          "code", "name", "token"]  # fmt: skip


def anything(rng, depth=0):
    """Return some JSON."""
    kind = rng.random()
    if depth > 3 or kind < 0.5:
        return rng.choice(ATOMS)
    if kind < 0.7:
        return [anything(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(FIELDS): anything(rng, depth + 1) for _ in range(rng.randint(0, 5))}


def test_no_message_makes_the_server_fail(classroom):
    rng = random.Random(14)
    token, cookie = classroom.join("Ada"), classroom.open()
    for _ in range(300):
        path = rng.choice(["/join", "/events", "/board/open", "/board/change", "/class"])
        odd = anything(rng)
        almost = event() | {rng.choice(list(event())): odd}
        joining_oddly = {"code": classroom.store.code, "token": new_secret(), "name": odd}
        content = rng.choice([odd, {"events": [almost]}, joining_oddly])
        headers = {"token": token, "cookie": cookie, "Origin": classroom.base}
        status = classroom.send(path, content, **headers)[0]
        assert status < 500, (path, content)
    assert classroom.tell(classroom.join("Ben"), event()) == 200


# --- who may do what ------------------------------------------------------------------------------


def test_nobody_speaks_for_another(classroom):
    ada, ben = classroom.join("Ada"), classroom.join("Ben")
    forged = event() | {"learner": 1, "name": "Ada", "token": ada}
    assert classroom.tell(ben, forged) == 200
    assert shown(classroom)["Ada"] == {}
    for token in ("", "x" * 32, ada[:-1], ada.upper(), "Ada", f"{ben} {ada}"):
        assert classroom.tell(token, event()) == 401
        assert classroom.send("/leave", {}, token=token)[0] == 401
    assert classroom.send("/leave", {"learner": 1}, token=ben)[0] == 200
    assert list(shown(classroom)) == ["Ada"]


def test_learners_get_to_see_nothing_of_others(classroom):
    ada, ben = classroom.join("Ada"), classroom.join("Ben")
    for path, content in (("/events", {"events": [event()]}), ("/leave", {})):
        said = classroom.send(path, content, token=ben)[1]
        assert b"Ada" not in said
        assert ada.encode() not in said


BOARD = ["/board/data", "/board/export/class.csv", "/board/export/class.json",
         "/board/export/minutes.json"]  # fmt: skip
CHANGES = [
    {"do": "clear"},
    {"do": "remove", "learner": 1},
    {"do": "release", "keys": ["weights-1"]},
]


def test_only_the_key_opens_changes_and_exports_the_board(classroom):
    token = classroom.join("Ada")
    classroom.tell(token, event())
    key, code = classroom.store.key, classroom.store.code
    guesses = ["", f"course_board={token}", f"course_board={code}", f"course_board={key}",
               "course_board=", "course_board=\xff"]  # fmt: skip
    for cookie in guesses:
        for path in BOARD:
            assert classroom.send(path, cookie=cookie, token=token)[0] == 401
        for change in CHANGES:
            answer = classroom.send(
                "/board/change", change, cookie=cookie, token=token, Origin=classroom.base
            )
            assert answer[0] == 401
    for guess in (code, token, "", key[:-1], None, 7, [key]):
        assert classroom.send("/board/open", {"key": guess}, Origin=classroom.base)[0] == 403
    cookie = classroom.open()
    assert all(classroom.send(path, cookie=cookie)[0] == 200 for path in BOARD)
    assert set(shown(classroom)["Ada"]) == {"weights-1"}
    # The board shows the code, which learners know, and never the key or a token.
    for path in BOARD:
        said = classroom.send(path, cookie=cookie)[1].decode()
        assert key not in said
        assert token not in said


def test_the_board_cannot_be_changed_from_another_site(classroom):
    classroom.join("Ada")
    cookie = classroom.open()
    assert "HttpOnly" in classroom.send(
        "/board/open", {"key": classroom.store.key}, Origin=classroom.base
    )[2]["Set-Cookie"]  # fmt: skip
    for headers in ({}, {"Origin": FOREIGN}, {"Origin": "null"}, {"Origin": classroom.base + "0"}):
        for change in CHANGES:
            assert classroom.send("/board/change", change, cookie=cookie, **headers)[0] == 403
    form = {"Content_Type": "text/plain", "Origin": classroom.base}
    assert classroom.send("/board/change", data=b'{"do": "clear"}', cookie=cookie, **form)[0] == 415
    assert classroom.send("/board/change", cookie=cookie)[0] == 405  # GET
    assert list(shown(classroom)) == ["Ada"]
    changed = classroom.send("/board/change", CHANGES[1], cookie=cookie, Origin=classroom.base)
    assert changed[0] == 200
    assert shown(classroom) == {}


@pytest.mark.parametrize(
    "change",
    [{}, {"do": "drop"}, {"do": "remove", "learner": "1"}, {"do": "remove", "learner": 10**30},
     {"do": "release", "keys": "weights-1"}, {"do": "release", "keys": ["weights-99"]},
     {"do": "release", "keys": [["x"]]}, {"do": ["clear"]}, {"do": "release"}],
    ids=str,
)  # fmt: skip
def test_a_change_that_nobody_offers_is_refused(classroom, change):
    answer = classroom.send("/board/change", change, cookie=classroom.open(), Origin=classroom.base)
    assert answer[0] == 400


def test_whoever_guesses_codes_is_slowed_down_and_a_class_that_mistypes_is_not(classroom):
    def attempt(code):
        content = {"code": code, "name": "Ada", "token": new_secret()}
        return classroom.send("/join", content)[0]

    honest = [attempt("TYPO") for _ in range(40)] + [attempt(classroom.store.code)] * 10
    assert set(honest[:40]) == {403}
    assert set(honest[40:]) == {200}
    guesses = [attempt(f"{k:08}") for k in range(60)]
    assert guesses[-1] == 429
    assert attempt(classroom.store.code) == 429  # no oracle either
    keys = [
        classroom.send("/board/open", {"key": str(k)}, Origin=classroom.base)[0] for k in range(20)
    ]
    assert keys[-1] == 429


def test_one_learner_cannot_flood_the_class(classroom):
    ada, ben = classroom.join("Ada"), classroom.join("Ben")
    answers = [
        classroom.tell(ada, *[event() for _ in range(MOST)]) for _ in range(1000 // MOST + 20)
    ]
    assert 429 in answers
    assert classroom.tell(ben, event()) == 200


def test_200_honest_learners_behind_one_address_hit_no_limit(classroom):
    def learner(k):
        token = classroom.join(f"L{k}")
        return [classroom.tell(token, event(), event()) for _ in range(3)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(learner, range(200)))
    assert {status for each in answers for status in each} == {200}
    assert count(classroom) == 200 * 6


# --- a learner's course ---------------------------------------------------------------------------


def test_a_check_tells_the_verdict_and_nothing_that_was_written(classroom, folder):
    said = enter(classroom, folder)
    assert "You are in the class as Ada" in said
    check(folder, state="error", message="`f` stopped with KeyError: 'my secret'")
    check(folder, "weights-2", "passed", message="A title")
    until(lambda: count(classroom) == 2)
    rows = classroom.store.read("SELECT key, state, sentence FROM events ORDER BY key")
    assert rows == [
        ("weights-1", "error", "`{name}` stopped with {error}: {message}"),
        ("weights-2", "passed", ""),
    ]
    assert b"secret" not in classroom.send("/board/export/class.json", cookie=classroom.open())[1]


@pytest.fixture
def sent(monkeypatch):
    """What leaves this machine."""
    messages = []
    real = calling.call

    def watched(base, path, content, **options):
        messages.append(json.dumps(content))
        return real(base, path, content, **options)

    monkeypatch.setattr(calling, "call", watched)
    return messages


def test_the_real_check_tells_the_class_and_sends_no_code(classroom, folder, sent, monkeypatch):
    monkeypatch.setattr(progress, "notebook_folder", lambda: folder)
    answer = find_exercise("weights-1")
    held = {answer.answer: "my own words"}
    monkeypatch.setattr(report.answers, "names_to_judge", lambda: held)
    course_check("weights-1")  # in no class: nothing is written down
    assert not (folder / ".class").exists()
    enter(classroom, folder)
    course_check("weights-1")
    exec(answer.solution, held)
    course_check("weights-1")
    course_check("weights-1")
    until(lambda: all_sent(folder))
    rows = classroom.store.read("SELECT state, first FROM events ORDER BY happened")
    assert rows == [("wrong", 0), ("passed", 1), ("passed", 0)]
    assert "weights-1" in "".join(sent)  # what is looked at is what leaves
    assert "my own words" not in "".join(sent)
    assert answer.answer not in "".join(sent)
    monkeypatch.setenv(report.VERDICTS, str(folder / "verdicts"))  # `course check` or a grader
    course_check("weights-1")
    until(lambda: all_sent(folder))
    assert count(classroom) == 3


def test_a_check_neither_waits_nor_fails_without_a_network(tmp_path, folder, monkeypatch):
    member = membership.Membership("http://127.0.0.1:1", "x", "t" * 32, "Ada")
    membership.begin(folder, member)

    over = threading.Event()

    def never(*_, **__):
        over.wait()
        raise calling.Unreachable

    monkeypatch.setattr(calling, "call", never)
    check(folder)  # returns
    assert len(membership.tells_path(folder, member).read_bytes().split()) > 0
    for harm in ("disk", "thread", "note"):
        with monkeypatch.context() as broken:
            if harm == "disk":
                broken.setattr(outbox, "_append", lambda *_: (_ for _ in ()).throw(OSError(28)))
            elif harm == "thread":
                broken.setattr(outbox, "_senders", {})
                broken.setattr(threading.Thread, "start", lambda _: 1 / 0)
            else:
                broken.setattr(json, "dumps", lambda *_: 1 / 0)
            check(folder)  # and again
    over.set()


# What might lie in a folder that somebody else has made.
FORGED = [
    json.dumps({"base": "http://127.0.0.1:1", "class_id": "x", "token": "t", "name": "A"} | change)
    for change in (
        {"base": "file:///etc"}, {"base": "ftp://x:1"}, {"base": "http://x:1/path?"}, {"base": []},
        {"token": 7}, {"released": 5}, {"heard": "long ago"}, {"leaving": 0}, {"name": None},
    )
]  # fmt: skip


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"base": 1}', '{"a": 1}', '"x"', "[" * 100_000, *FORGED]
)
def test_a_damaged_membership_is_none(folder, content):
    (folder / ".class").mkdir()
    (folder / ".class" / "class.json").write_text(content)
    check(folder)
    assert membership.membership_in(folder) is None
    assert joining.quit_class(folder) == "You are in no class."


def test_who_loses_the_network_catches_up_in_order(tmp_path, folder):
    path = tmp_path / "class.sqlite"
    with room(path) as first:
        enter(first, folder)
        check(folder, "weights-1")
        until(lambda: count(first) == 1)
        port = first.port
    for number in range(2, 7):
        check(folder, f"weights-{number}")
        time.sleep(0.01)
    process, *_ = start_process(path, port)
    try:
        until(lambda: all_sent(folder))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with sqlite3.connect(path) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM events ORDER BY happened")]
    db.close()
    assert keys == [f"weights-{number}" for number in range(1, 7)]


def test_a_line_that_was_cut_off_or_edited_costs_no_other(classroom, folder):
    enter(classroom, folder)
    path = membership.tells_path(folder, membership.membership_in(folder))
    until(lambda: is_idle(folder))
    path.write_bytes(b'{"id": "cut o\n7\n\xff\xfe\n{"id": 5, "key": "weights-1", "time": "x"}\n{"i')
    check(folder)
    check(folder, "weights-2")
    until(lambda: all_sent(folder))
    assert set(shown(classroom)["Ada"]) == {"weights-1", "weights-2"}


def test_a_sign_in_page_or_another_class_is_no_class(tmp_path, classroom, folder, monkeypatch):
    enter(classroom, folder)
    until(lambda: is_idle(folder))
    member = membership.membership_in(folder)
    member.class_id = "another class that was here yesterday"
    membership.keep(folder, member)
    check(folder)
    with pytest.raises(calling.Unreachable, match="another class"):
        outbox.send_once(folder)
    assert not all_sent(folder)


def answer_of(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def drop_by_drop(start):
    """Yield an answer that never comes to its end."""
    yield start
    while True:
        time.sleep(0.02)
        yield b" "


HEAD = b"HTTP/1.1 200 OK\r\n"
LIES = {
    "a page": lambda: [answer_of(b"<html>Please accept our terms")],
    "body that never ends": lambda: itertools.chain(
        [HEAD + b"\r\n"], itertools.repeat(b" " * 9999)
    ),
    "body drop by drop": lambda: drop_by_drop(HEAD + b"Connection: close\r\n\r\n"),
    "head drop by drop": lambda: drop_by_drop(HEAD + b"X: "),
    "patience": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "somewhere else": lambda: [b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"],
    "noise": lambda: [bytes(range(256))],
    "a number too long": lambda: [answer_of(b'{"class": "C", "released": %s}' % (b"9" * 5000))],
    "deep": lambda: [answer_of(b"[" * 90_000)],
    "lengths": lambda: [HEAD + b"Content-Length: 99999999999999999999\r\n\r\n{}"],
}


@contextmanager
def liar(lie):
    """Answer at an address with whatever a function yields; yield the address."""

    def answer(line):
        with line, suppress(OSError):
            line.recv(65536)
            for part in lie():
                line.sendall(part)

    def listen():
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=[listening.accept()[0]], daemon=True).start()

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("lie", LIES)
def test_who_only_seems_to_be_a_class_keeps_nobody(tmp_path, monkeypatch, lie):
    monkeypatch.setattr(
        calling.call, "__kwdefaults__", calling.call.__kwdefaults__ | {"seconds": 1}
    )
    monkeypatch.setattr(calling, "ALL_PARTS", 0.3)  # those who lie for ever are waited for less
    with liar(LIES[lie]) as address:
        with pytest.raises(joining.ClassError, match="No class answers"):
            joining.enter(tmp_path, address, "K7QM-3TXB", "Ada")
        member = membership.Membership(calling.base_of(address), "C", "t" * 22, "Ada")
        membership.begin(tmp_path, member)
        with pytest.raises(calling.Unreachable):
            outbox.send_once(tmp_path, seconds=1)
        assert "will release" in joining.held_back("weights-1", tmp_path)
        assert membership.membership_in(tmp_path) == member
        with pytest.raises(joining.ClassError, match="could not be reached"):
            joining.quit_class(tmp_path)
    assert membership.membership_in(tmp_path).leaving


@pytest.mark.parametrize("released", [5, None, {"a": 1}, "weights-1", ["\x1b[2J", 7, "weights-1"]])
def test_what_a_class_says_is_released_is_believed_only_as_a_list(tmp_path, released):
    said = json.dumps({"class": "C", "released": released}).encode()
    with liar(lambda: [answer_of(said)]) as address:
        member = membership.Membership(calling.base_of(address), "C", "t" * 22, "Ada")
        membership.begin(tmp_path, member)
        told = joining.held_back("weights-1", tmp_path)
    assert (told is None) == (type(released) is list)


def test_two_notebooks_at_the_same_time_lose_nothing(classroom, folder):
    enter(classroom, folder)

    def notebook(chapter):
        for k in range(40):
            check(folder, f"{chapter}-{1 + k % 5}")
            if k % 10 == 0:
                outbox.send_once(folder)  # another process sends the same, and marks it

    threads = [threading.Thread(target=notebook, args=[c]) for c in ("weights", "flow", "gat")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: all_sent(folder))
    assert count(classroom) == 120


def test_who_was_taken_off_the_board_sends_nothing_more(classroom, folder):
    enter(classroom, folder)
    change = {"do": "remove", "learner": 1}
    classroom.send("/board/change", change, cookie=classroom.open(), Origin=classroom.base)
    check(folder)
    until(lambda: membership.membership_in(folder) is None)
    assert count(classroom) == 0


# --- joining and leaving --------------------------------------------------------------------------


def test_names_are_changed_and_may_be_shared(classroom, folder, tmp_path):
    enter(classroom, folder, "Ada")
    check(folder)
    until(lambda: count(classroom) == 1)
    classroom.join("Ada")
    assert list(shown(classroom)) == ["Ada", "Ada (2)"]
    assert "as Emmy" in enter(classroom, folder, " Emmy\u202e ")
    assert list(shown(classroom)) == ["Emmy", "Ada"]
    assert set(shown(classroom)["Emmy"]) == {"weights-1"}


def test_the_commands(classroom, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    address = f"http://127.0.0.1:{classroom.port}/board"
    assert cli.main(["join", address, "wrong", "Ada"]) == 2
    assert "This is not the code of the class" in capsys.readouterr().err
    assert cli.main(["join", "127.0.0.1:1", "x", "Ada"]) == 2
    assert "No class answers at 127.0.0.1:1" in capsys.readouterr().err
    assert cli.main(["join", address, classroom.store.code.lower(), "\u202e"]) == 2
    assert "Choose a name" in capsys.readouterr().err
    assert not (folder / ".class").exists()
    assert cli.main(["join", address, classroom.store.code.lower(), "Ada"]) == 0
    assert list(shown(classroom)) == ["Ada"]
    assert cli.main(["leave"]) == 0
    assert capsys.readouterr().out.endswith("You have left the class, and it has forgotten you.\n")
    assert shown(classroom) == {}
    assert not (folder / ".class").exists()
    assert cli.main(["leave"]) == 0
    assert capsys.readouterr().out == "You are in no class.\n"


def test_the_cells(classroom, folder, monkeypatch, capsys):
    for module in ("progress", "class_cells"):
        monkeypatch.setattr(f"course_lib.exercises.{module}.notebook_folder", lambda: folder)
    with language.speaking("de"):
        join(f"127.0.0.1:{classroom.port}", "falsch", "Ada")  # a sentence, and no traceback
        join(f"127.0.0.1:{classroom.port}", classroom.store.code, "Ada")
        leave()
        leave()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 4
    assert "Code" in said[0]
    assert "als Ada" in said[1]
    assert said[3] == "Du bist in keiner Gruppe."


def test_who_leaves_without_a_network_tells_nothing_more_and_is_forgotten_later(tmp_path, folder):
    path = tmp_path / "class.sqlite"
    with room(path) as first:
        enter(first, folder)
        check(folder)
        until(lambda: count(first) == 1)
        port = first.port
    with pytest.raises(joining.ClassError, match="Nothing more is told"):
        joining.quit_class(folder)
    check(folder, "weights-2")
    assert joining.held_back("weights-1", folder) is None
    assert not outbox.send_once(folder)
    process, *_ = start_process(path, port)
    try:
        assert "it has forgotten you" in joining.quit_class(folder)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*) FROM learners").fetchone() == (0,)
    db.close()


# --- solutions ------------------------------------------------------------------------------------


def test_solutions_wait_for_their_release_in_a_class_and_nowhere_else(
    classroom, folder, monkeypatch, capsys
):
    monkeypatch.chdir(folder)

    def printed(key="weights-1"):
        assert cli.main(["solution", key]) == 0
        return capsys.readouterr().out

    solution = find_exercise("weights-1").solution
    assert solution in printed()
    enter(classroom, folder)
    said = printed()
    assert solution not in said
    assert "will release this solution" in said
    assert "a courtesy and no lock" in said
    cookie = classroom.open()

    def change(do, *keys):
        content = {"do": do, "keys": keys}
        headers = {"cookie": cookie, "Origin": classroom.base}
        assert classroom.send("/board/change", content, **headers)[0] == 200

    change("release", "weights-1", "weights-3")
    assert solution in printed()
    assert "will release" in printed("weights-2")
    change("hold back", "weights-1")
    assert "will release" in printed()
    joining.quit_class(folder)
    assert solution in printed()


def test_a_class_that_is_gone_holds_nothing_back(folder):
    member = membership.Membership("http://127.0.0.1:1", "x", "t" * 32, "Ada", ["weights-2"])
    membership.begin(folder, member)
    assert joining.held_back("weights-1", folder)
    assert joining.held_back("weights-2", folder) is None  # released when it was last heard
    member.heard -= joining.FORGOTTEN + 1
    membership.keep(folder, member)
    assert joining.held_back("weights-1", folder) is None


# --- robustness -----------------------------------------------------------------------------------


def test_killed_in_the_middle_and_started_again_loses_nothing(tmp_path, quick):
    path = tmp_path / "class.sqlite"
    process, port, code, key = start_process(path)
    folders = [tmp_path / f"learner {k}" for k in range(4)]
    for k, folder in enumerate(folders):
        folder.mkdir()
        joining.enter(folder, f"127.0.0.1:{port}", code, f"Learner {k}")
    stop = threading.Event()
    told = [0] * len(folders)

    def work(k):
        while not stop.is_set():
            check(folders[k], f"weights-{1 + told[k] % 6}")
            told[k] += 1
            time.sleep(0.01)

    threads = [threading.Thread(target=work, args=[k]) for k in range(len(folders))]
    for thread in threads:
        thread.start()
    try:
        until(lambda: min(told) > 20)
        process.kill()
        process.wait()
        process.stdout.close()
        so_far = min(told)
        until(lambda: min(told) > so_far + 20)
        process, *again = start_process(path, port)
        assert again == [port, code, key]
        so_far = min(told)
        until(lambda: min(told) > so_far + 20)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    until(lambda: all(all_sent(folder) for folder in folders))
    process.kill()
    process.wait()
    process.stdout.close()
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT learner, COUNT(*) FROM events GROUP BY learner").fetchall()
    db.close()
    assert [number for _, number in rows] == told
    for folder in folders:
        membership.forget(folder)


def test_a_port_that_is_taken_is_told(classroom, capsys, tmp_path):
    command = ["class", "--file", str(tmp_path / "x.sqlite"), "--host", "127.0.0.1"]
    assert cli.main([*command, "--port", str(classroom.port)]) == 2
    assert "choose another with --port" in capsys.readouterr().err
    assert cli.main([*command, "--port", "99999"]) == 2
    assert "choose another with --port" in capsys.readouterr().err
    assert not (tmp_path / "x.sqlite").exists()


def test_a_folder_that_cannot_be_written_is_told(classroom, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("course_lib._files.write_whole", full)
        with pytest.raises(joining.ClassError, match="No space left"):
            enter(classroom, folder)
    enter(classroom, folder)
    with monkeypatch.context() as broken:
        broken.setattr("course_lib._files.write_whole", full)
        with pytest.raises(joining.ClassError, match="No space left"):
            joining.quit_class(folder)
    assert "it has forgotten you" in joining.quit_class(folder)
