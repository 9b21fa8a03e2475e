"""Grading a folder: what becomes of each kind of file, of a class, and of what is interrupted."""

import ast
import contextlib
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import networkx as nx
import numpy as np
import pytest

from course_lib import cli
from course_lib.authoring import markdown
from course_lib.authoring.notebooks import learner_notebook
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG
from course_lib.exercises.plain_data import BFloat16, PlainGraph, Raised
from course_lib.exercises.registry import exercises_of
from course_lib.grading import (
    bubblewrap,
    command,
    report,
    running,
    sandbox,
    submissions,
    summary,
    tree,
)
from course_lib.grading.inside import seccomp, wire
from course_lib.grading.inside.cells import _used
from course_lib.grading.judge import Grader, Verdict
from course_lib.grading.record import Record, Store, grade_bytes
from course_lib.grading.roster import Learner, owner, read_roster
from course_lib.grading.sandbox import Limits
from course_lib.grading.submissions import Unreadable, find_files, read_file, take_apart
from course_lib.grading.warming import warm_imports
from tests.support.grading import SHORT, as_file, load_little, need_sandbox, of_one_cell
from tests.support.standing_in import deadly_record_of

SHIFT = ("weights-1", 'shift_effect = "unchanged"')
SOFTMAX = "def safe_softmax(logits):\n    p = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
RETURN = "    return p / p.sum(axis=1, keepdims=True)"


# Files --------------------------------------------------------------------------------------------


def notebook(**changes):
    told = json.loads(as_file([SHIFT]))
    return json.dumps(told | changes).encode()


def cell(**changes):
    told = json.loads(as_file([SHIFT]))
    told["cells"][0] |= changes
    return json.dumps(told).encode()


MALFORMED = {
    "empty": (b"", "empty"),
    "spaces": (b" \n", "empty"),
    "broken JSON": (as_file([SHIFT])[:-5], "JSON is broken"),
    "not UTF-8": (as_file([SHIFT]).replace(b"unchanged", b"\xff"), "UTF-8"),
    "UTF-16": (as_file([SHIFT]).decode().encode("utf-16"), "UTF-8"),
    "deep": (b'{"cells": ' + b"[" * 100_000, "too deep"),
    "many parts": (b"[" + b"[]," * 600_000, "too many parts"),
    "a list": (b"[1, 2]", "no list of cells"),
    "a number": (b"NaN", "no list of cells"),
    "a long number": (b"1" * 10_000, "JSON is broken"),
    "no cells": (b'{"nbformat": 4}', "no list of cells"),
    "cells of another type": (notebook(cells={"a": 1}), "no list of cells"),
    "a cell that is a text": (notebook(cells=["x"]), "one of its cells"),
    "a cell without a type": (notebook(cells=[{"source": "x"}]), "one of its cells"),
    "source of another type": (cell(source={"a": 1}), "source of a cell"),
    "lines of another type": (cell(source=["a", 1]), "source of a cell"),
    "half a character": (cell(source="x = '\ud800'"), "characters that are none"),
    "too many cells": (notebook(cells=[{"cell_type": "code", "source": ""}] * 2001), "cells"),
    "too much code": (cell(source="#" * 1_100_000), "longer than"),
    "the old format": (b'{"worksheets": [], "nbformat": 3}', "old format"),
    "something after its end": (as_file([SHIFT]) + b"x", "JSON is broken"),
    "two in one file": (as_file([SHIFT]) * 2, "JSON is broken"),
    "two marks of its encoding": (b"\xef\xbb\xbf" * 2 + as_file([SHIFT]), "JSON is broken"),
    "UTF-16 without a mark": (as_file([SHIFT]).decode().encode("utf-16-le"), "JSON is broken"),
    "UTF-32": (as_file([SHIFT]).decode().encode("utf-32"), "UTF-8"),
    "Latin-1": ("# é".encode("latin-1"), "UTF-8"),
    "compressed": (gzip.compress(as_file([SHIFT])), "UTF-8"),
    "an archive": (b"PK\x03\x04" + as_file([SHIFT]), "JSON is broken"),
    "a page that asks for a password": (b"<!doctype html><p>weights-1</p>", "JSON is broken"),
    "a conflict of Git": (b"<<<<<<< HEAD\n" + as_file([SHIFT]), "JSON is broken"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1", "JSON is broken"),
    "a program": (b"# %%\nshift_effect = 'unchanged'", "JSON is broken"),
    "nothing": (b"null", "no list of cells"),
    "a text": (b'"weights-1"', "no list of cells"),
    "zeros": (bytes(100), "JSON is broken"),
    "a file as a cell": (notebook(cells=["02_weights.ipynb"]), "one of its cells"),
    "of no chapter": (as_file([(None, "x = 1")]), "Neither its name nor its cells"),
    "of two chapters": (as_file([SHIFT, ("flow-1", "x = 1")]), "one of several"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_file_has_its_outcome(kind):
    data, said = MALFORMED[kind]
    record = grade_bytes(data, "homework", "digest", 0, grader=None)
    assert said in record.problem
    assert record.verdicts == []


ODD = {
    "a mark of its encoding": b"\xef\xbb\xbf" + as_file([SHIFT]),
    "a version that is no number": notebook(nbformat=float("nan")),
    "a key that is a number": cell(metadata={"exercise": 7}),
    "a key of no exercise": cell(metadata={"exercise": "weights-99"}),
    "a key that is half a character": cell(metadata={"exercise": "\ud800"}),
    "metadata of another type": cell(metadata=[1]),
    "an identity of another type": cell(id={"a": 1}),
    "outputs of another type": cell(outputs="none", execution_count="many"),
    "cells of the same identity": notebook(cells=json.loads(notebook())["cells"] * 2),
    "lines as Windows ends them": cell(source="\r\n" + SHIFT[1] + "\r\n"),
    "a zero in its code": cell(source=SHIFT[1] + "\0"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_odd_elsewhere_keeps_no_cell_from_being_read(kind):
    read = take_apart(ODD[kind], "02_weights")
    assert all(SHIFT[1] in cell.source for cell in read.cells)
    assert read.seen["weights-1"] == len(read.cells) > 0


def test_files_that_are_none_are_named_and_not_opened(tmp_path):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "02_weights.ipynb").write_bytes(as_file([SHIFT]))
    (tmp_path / "anna" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "anna" / ".ipynb_checkpoints" / "02_weights.ipynb").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "secret.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "linked").symlink_to(tmp_path / "anna")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    deep = tmp_path.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    found = {str(path.relative_to(tmp_path)): problem for path, problem in find_files(tmp_path)}
    assert found.pop("anna/02_weights.ipynb") is None
    assert "link" in found.pop("secret.ipynb")
    assert "link" in found.pop("linked")
    assert "no ordinary file" in found.pop("pipe.ipynb")
    assert "too deep" in found.pop("a/b/c/d/e/f/g")
    assert found == {}


def test_a_file_that_changes_its_kind_meanwhile_is_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "large.ipynb").write_bytes(bytes(100))
    monkeypatch.setattr(submissions, "LARGEST", 99)
    for name, said in (
        ("pipe", "no ordinary"),
        ("link", "opened"),
        ("large", "larger"),
        ("no", "opened"),
    ):
        with pytest.raises(Unreadable, match=said):
            read_file(tmp_path / f"{name}.ipynb")


# Cells --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grader():
    need_sandbox()
    with Grader(Limits(seconds=2, seconds_of_cells=0.5)) as made:
        yield made


def states(grader, cells, keys=("weights-2",)):
    notebook = take_apart(as_file(cells), "02_weights")
    return [verdict.state for verdict in grader.grade(notebook, keys=keys)]


IMPORT = (None, "import numpy as np")
DEFINED = {
    "as it came": [("weights-2", SOFTMAX + RETURN)],
    "split, both halves with the key": [
        ("weights-2", "shift = 1"),
        ("weights-2", SOFTMAX + RETURN),
    ],
    "split, the second half without": [
        ("weights-2", "shift = 1"),
        (None, SOFTMAX + RETURN),
        (None, 'check("weights-2")'),
    ],
    "without its key": [(None, SOFTMAX + RETURN)],
    "twice, the last counts": [
        ("weights-2", "safe_softmax = ..."),
        ("weights-2", SOFTMAX + RETURN),
    ],
    "a helper above": [
        (None, "def top(x):\n    return x.max(axis=1, keepdims=True)"),
        ("weights-2", SOFTMAX.replace("logits.max(axis=1, keepdims=True)", "top(logits)") + RETURN),
    ],
    "an earlier answer is used": [
        ("weights-1", "def top(x):\n    return x.max(axis=1, keepdims=True)"),
        ("weights-2", SOFTMAX.replace("logits.max(axis=1, keepdims=True)", "top(logits)") + RETURN),
    ],
    "with magic": [("weights-2", "%%time\n" + SOFTMAX + RETURN)],
    "with a shell command": [
        ("weights-2", "!pip install x\n%matplotlib inline\n" + SOFTMAX + RETURN)
    ],
    "with the check in it": [("weights-2", SOFTMAX + RETURN + '\ncheck("weights-2")')],
    "an import of its own": [
        (None, "import numpy"),
        ("weights-2", SOFTMAX.replace("np.", "numpy.") + RETURN),
    ],
    "an endless cell above": [("weights-1", "while True: pass"), ("weights-2", SOFTMAX + RETURN)],
    "a cell above that ends the process": [
        ("weights-1", "import os; os._exit(3)"),
        ("weights-2", SOFTMAX + RETURN),
    ],
}
UNDEFINED = {
    "no cell": ([(None, "x = 1")], ERROR),
    "the cell is below its check, and so is not seen": (
        [(None, 'check("weights-2")'), (None, SOFTMAX + RETURN)],
        ERROR,
    ),
    "an older answer when the last cell fails": (
        [("weights-2", SOFTMAX + RETURN), ("weights-2", "safe_softmax = 1 / 0")],
        ERROR,
    ),
    "a syntax error": ([("weights-2", "def safe_softmax(logits:")], ERROR),
    "dots": ([("weights-2", "safe_softmax = ...")], NOT_ATTEMPTED),
    "a value instead of a function": ([("weights-2", "safe_softmax = 3")], WRONG),
    "no return": ([("weights-2", SOFTMAX)], WRONG),
    "the library's own": (
        [("weights-2", "from course_lib.attention import softmax as safe_softmax")],
        WRONG,
    ),
    "a library function that is asked for": (
        [("weights-2", "safe_softmax = lambda x: softmax(x)")],
        WRONG,
    ),
}


@pytest.mark.parametrize("kind", DEFINED)
@pytest.mark.xdist_group("grading")
def test_cells_are_found_however_they_lie(grader, kind):
    assert states(grader, DEFINED[kind]) == [PASSED]


@pytest.mark.parametrize("kind", UNDEFINED)
@pytest.mark.xdist_group("grading")
def test_cells_that_define_no_answer_have_their_outcome(grader, kind):
    cells, state = UNDEFINED[kind]
    assert states(grader, cells) == [state]


@pytest.mark.xdist_group("grading")
def test_a_changed_cell_of_the_course_is_run_as_far_as_it_is_needed(grader):
    made = learner_notebook("02_weights")
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    code[0].source += "\nimport numpy as my\n1 / 0"
    next(c for c in code if c.id == "weights-2").source = (SOFTMAX + RETURN).replace("np.", "my.")
    notebook = take_apart(nbformat.writes(made).encode(), "x")
    assert [cell.sliced for cell in notebook.cells].count(True) == 1
    assert [v.state for v in grader.grade(notebook, keys=["weights-2"])] == [PASSED]


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("for row, cell in table.items():\n    print(row, cell)", "table print"),
        ("for row in row:\n    pass", "row"),
        ("for row in []:\n    pass\nprint(row)", "row print"),  # no turn, and it is not bound
        ("top = max(x)\nleft = [top for y in x if y]", "max x"),
        ("total += 1", "total"),
        ("for x in y:\n    if x:\n        break\n    continue", "y"),
        ("import math\nprint(math.pi)", "print"),
        ("if x:\n    y = 1\nz = y", "x y"),
        ("y = 1\ndel y\nz = y", "y"),
        ("def f():\n    return g(1)\nx = f()", "g"),
        ("class Node(Node):\n    pass", "Node"),
        ("y = [z for z in x]\nw = z", "x z"),
    ],
)
def test_a_cell_needs_the_names_that_it_does_not_bind_itself(source, needs):
    assert _used(ast.parse(source).body) - {"__name__"} == set(needs.split())


@pytest.mark.xdist_group("grading")
def test_a_notebook_that_uses_up_its_time_is_told_so():
    with Grader(Limits(**SHORT), seconds=-1) as grader:
        (verdict,) = grader.grade(of_one_cell("weights-2", SOFTMAX + RETURN), keys=["weights-2"])
    assert "used up its time" in verdict.message


# The sandbox --------------------------------------------------------------------------------------


@pytest.mark.xdist_group("grading")
def test_the_sandbox_has_nothing_that_knows_answers_and_no_privilege(grader):
    source = """
import os, importlib
def seen(logits):
    tried = []
    for module in ("course_lib.chapters", "course_lib.exercises.judging", "course_lib.cli",
                   "course_lib.grading.judge", "course_lib.mutation", "course_lib.authoring"):
        try:
            importlib.import_module(module)
            tried.append(module)
        except ImportError:
            pass
    home = os.listdir(os.path.expanduser("~"))
    told = [f"{folder}/{name}" for top in ("/proc", "/sys")
            for folder, _, names in os.walk(top) for name in names]
    return tried, os.getuid(), told, sorted(os.listdir("/dev")), home
safe_softmax = seen
"""
    question = {
        "name": "safe_softmax",
        "call": "course_lib.exercises.calling:call_function",
        "options": {},
        "cases": [(1,)],
        "seconds": 2.0,
        "seconds_of_cells": 2.0,
        "shipped": [],
        "cells": [{"source": source, "sliced": False}],
    }
    with sandbox.Sandbox() as made:
        reply = made.ask(wire.join(wire.write({}), wire.write(question)))
    told = wire.read(reply.data[reply.data.rindex(b"\x00\x00\x00\x01") + 9 :])
    ((tried, uid, told_of_the_machine, devices, home),) = told["called"]["values"]
    assert tried == []
    assert uid != 0
    assert set(told_of_the_machine) <= set(map(str, bubblewrap.PROCESSORS))
    assert devices == ["null", "random", "urandom"]
    assert home == []


def test_no_solution_stands_in_the_sandbox(tmp_path):
    missing = {
        name
        for chapter in CHAPTERS.values()
        for exercise in exercises_of(chapter)
        for name in tree.names_of(exercise.without)
    }
    tree.write_tree(tmp_path / "tree", missing)
    texts = [path.read_text("utf-8", "replace") for path in (tmp_path / "tree").rglob("*.py")]
    flat = [" ".join(text.split()) for text in texts]
    for chapter in CHAPTERS.values():
        for exercise in exercises_of(chapter):
            body = " ".join(exercise.solution.split())
            assert not any(body in text for text in flat), exercise.key
            assert not any(exercise.reason in text for text in texts), exercise.key
    names = {path.name for path in (tmp_path / "tree").rglob("*")}
    assert not names & {"checks.py", "chapter.md", "judging.py", "judge.py"}
    assert not list((tmp_path / "tree").rglob("exercises/answers.py"))


def test_what_an_exercise_asks_for_has_no_body_and_what_another_asks_for_has():
    missing = (("course_lib.attention", "attention"), ("course_lib.attention", "softmax"))
    given = tree.library_for([("course_lib.attention", "softmax")], missing)
    assert given.keys() == {"course_lib.attention"}
    assert given["course_lib.attention"].count("refuse(") == 1
    assert tree.library_for(missing, missing) == {}
    for chapter in CHAPTERS.values():
        for exercise in exercises_of(chapter):
            for module, name in tree.names_of(exercise.without):  # all can be taken out
                assert f"refuse('{module}.{name}" in tree._emptied(
                    tree.source_of(module), module, [name]
                )


def test_the_filter_refuses_processes_sockets_and_signals():
    tries = """
import os, socket, threading, mmap
from course_lib.grading.inside import seccomp
seccomp.lock()
passed = []
for work in (os.fork, socket.socket, lambda: os.kill(1, 0), lambda: os.execv("/x", ["x"]),
             lambda: mmap.mmap(-1, 4096), lambda: os.nice(5), lambda: os.symlink("a", "b")):
    try:
        passed.append(work())
    except OSError:
        pass
thread = threading.Thread(target=lambda: None)
thread.start(), thread.join()
print(passed)
"""
    done = subprocess.run([sys.executable, "-c", tries], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.xdist_group("grading")
def test_where_the_filter_cannot_be_set_nothing_is_run(monkeypatch, tmp_path):
    need_sandbox()
    load_little(monkeypatch)
    shutil.copytree(tree._base(), tmp_path / "tree")
    folder = tmp_path / "tree/course_lib/grading/inside"
    text = (folder / "seccomp.py").read_text("utf-8")
    (folder / "seccomp.py").write_text(text.replace("(PR_SET_SECCOMP,", "(-1,"), "utf-8")
    shutil.rmtree(folder / "__pycache__")
    monkeypatch.setattr(tree, "_base", lambda: tmp_path / "tree")
    with Grader(Limits(**SHORT)) as grader, pytest.raises(bubblewrap.NoSandbox, match="no sign"):
        grader.grade(of_one_cell("weights-2", SOFTMAX + RETURN), keys=["weights-2"])


def test_a_filter_is_made_for_two_machines_and_no_other():
    assert len(seccomp.filter_of("x86_64")) % 8 == 0
    assert seccomp.filter_of("aarch64") != seccomp.filter_of("x86_64")
    with pytest.raises(seccomp.Unfiltered):
        seccomp.filter_of("riscv64")


def test_a_process_without_its_filter_is_seen(monkeypatch):
    monkeypatch.setattr(seccomp, "ctypes", FakeKernel)
    with pytest.raises(seccomp.Unfiltered, match="lets pass"):
        seccomp.lock()


class FakeKernel:
    """A kernel that says yes and does nothing."""

    c_ulong = staticmethod(lambda number: number)
    create_string_buffer = staticmethod(lambda data, size: data)
    addressof = staticmethod(lambda lines: 0)

    class CDLL:
        def __init__(self, *args, **options):
            self.prctl = lambda *call: 0


# The pipe -----------------------------------------------------------------------------------------

VALUES = [
    None, ..., True, -3, 2**200, 0.1, float("inf"), "ä\n", (1, [2.0, {"a": (None,)}]), {1: "b"},
    frozenset({1, "x"}), np.arange(6).reshape(2, 3), np.array(2.5), np.zeros((0, 3)),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(["ab", "c"]), np.array([1 + 2j]),
    np.array([True, False]), np.float16([1.5]), Raised("ValueError", "no", ("ValueError",), 3),
    PlainGraph(True, {0: {"a": 1}}, [(0, 1, {"w": 0.5})]),
    frozenset({(0, 1, np.float16(0.3))}), {np.float32(0.3): 1},
    PlainGraph(False, {np.float32(0.3): {}}, [(np.float32(0.3), np.float32(0.3), {})]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_plain_values_come_back_as_they_were(value):
    came = wire.read(wire.write(value))
    assert type(came) is type(value)
    if isinstance(value, np.ndarray):
        assert came.dtype == value.dtype
        assert np.array_equal(came, value)
        assert came.flags.f_contiguous == value.flags.f_contiguous
    else:
        assert came == value


def test_half_precision_graphs_and_generators_cross_the_pipe():
    half = np.float32([1.5]).view(BFloat16)
    assert isinstance(wire.read(wire.write(half)), BFloat16)
    graph = nx.DiGraph([(0, 1, {"capacity": 0.5})])
    rng = np.random.default_rng(3)
    came, drawn = wire.read(wire.write((graph, rng)), posed=lambda *names: None)
    assert list(came.edges(data=True)) == [(0, 1, {"capacity": 0.5})]
    assert drawn.random() == np.random.default_rng(3).random()
    with pytest.raises(wire.NoAnswer):  # no such thing comes back
        wire.read(wire.write(graph))


def message(tree, blob=b""):
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return len(text).to_bytes(4, "big") + text + blob


HOSTILE = [
    b"", b"\0", b"\0\0\0\5[", message(b"[" * 100_000), message(b"\xff"), message({}), message([]),
    message(["x"]), message(["n", 1]), message(["b", 1]), message(["b", "true"]), message(["i", 3]),
    message(["i", "zz"]), message(["i", "f" * 2000]), message(["f", 0.5]), message(["s", 3]),
    message(["s", "x" * 300_000]), message(["a", "<f8", [2], False]),
    message(["a", "O", [], False]),
    message(["a", "<f8,<f8", [0], False]), message(["a", "(2,)<f8", [0], False]),
    message(["a", "<f8", [-1], False]), message(["a", "<f8", [True], False], bytes(8)),
    message(["a", "<f8", [10**9, 0], False]), message(["a", "<f8", [1], False], bytes(9)),
    message(["a", "|b1", [1], False], b"\2"), message(["a", "<U1", [1], False], b"\xff" * 4),
    message(["a", "<f8", [1] * 40, False], bytes(8)), message(["B", "<f8", [1], False], bytes(8)),
    message(["d", 1]), message(["d", [["l"], ["n"]]]), message(["S", ["l"]]),
    message(["G", ["b", True], ["l"], ["l"]]), message(["R", ["n"]]), message(["value", ["n"]]),
    message(["P", "os", "x", ["d"]]), message(["_n"]), message(["__init__", 1]),
    message(["g", ["n"], ["b", False], ["d"], ["l"]]), message(["r", "a", "b", "c", None]),
    message(["g", ["b", True], ["b", False], ["d"], ["l", ["l"]]]),
    message(["l", *[["n"]] * 310_000]),
    message(["l", ["d", *[[["i", hex(k)], ["n"]] for k in range(21_000)]]]),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_hostile_messages_are_no_answers(place):
    with pytest.raises(wire.NoAnswer):
        wire.read(HOSTILE[place])


def test_a_message_with_any_byte_changed_is_plain_or_no_answer():
    data, rng = wire.write((VALUES[8], VALUES[11], VALUES[19])), np.random.default_rng(0)
    for _ in range(2000):
        changed = bytearray(data)
        changed[rng.integers(len(data))] = rng.integers(256)
        cut = rng.integers(1, len(data) + 1) if rng.random() < 0.3 else None
        with contextlib.suppress(wire.NoAnswer):
            wire.read(bytes(changed[:cut]))


# A class ------------------------------------------------------------------------------------------


def test_a_roster_is_read_and_files_find_their_owner(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("\ufeffLast name;First name;ID\nRossi;Anna;anna.r\nLi;Bo;bo\n\n", "utf-8")
    class_ = read_roster(roster)
    assert class_ == [Learner("anna.r", "Anna Rossi"), Learner("bo", "Bo Li")]
    for path, who in (
        ("anna.r/02_weights.ipynb", "anna.r"),
        ("ANNA.R/x/02_weights.ipynb", "anna.r"),
        ("02_weights-bo (1).ipynb", "bo"),
        ("bo_02_weights.ipynb", "bo"),
        ("bob_02_weights.ipynb", None),
        ("bo and anna.r.ipynb", "anna.r"),
        ("02_weights.ipynb", None),
    ):
        found = owner(path, class_)
        assert (found and found.identity) == who, path
    roster.write_text("id\njos\u00e9\n", "utf-8")  # archives made on macOS write it as two
    assert owner("jose\u0301/02_weights.ipynb", read_roster(roster)) == Learner("jos\u00e9")
    roster.write_text(" ;\n\n \nID;name\nbo;Bo\n;\n", "utf-8")  # blank lines say nothing
    assert read_roster(roster) == [Learner("bo", "Bo")]
    unclosed = b'id,name\n"bo,Bo\nanna,Anna\n'  # all that follows would be one cell
    without = b"name,id\nAnna,anna\nBo,\n"
    bad = (b"", b"id\n", b"id\nbo\nBo\n", b"id\njos\xe9\n", b"id\n" + b"x" * 200_000)
    for text in (*bad, unclosed, without):
        roster.write_bytes(text)
        with pytest.raises(ValueError, match=r"roster\.csv"):
            read_roster(roster)


def test_what_stands_in_a_roster_commands_no_terminal(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_bytes(b"id\n\x1b[31mred\n\x1b[31mred\n")
    with pytest.raises(ValueError, match="red twice") as told:
        read_roster(roster)
    assert "\x1b" not in str(told.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--seconds", value) for value in ("nan", "inf", "0", "-1", "1e400")),
        *(("--memory", value) for value in ("0", "-5", "99999999999999999999")),
        *(("--jobs", value) for value in ("0", "-3")),
    ],
)
def test_limits_that_nobody_could_keep_are_refused_at_once(tmp_path, capsys, option, value):
    call = call_for(tmp_path, tmp_path / "roster.csv", tmp_path / "out")
    assert cli.main([*call, option, value]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"course: {option[2:]} must be ")
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", ["5", '"text"', "[]", "[" * 100_000, "{", '{"verdicts": 1}'])
def test_a_record_that_is_damaged_is_as_good_as_none(tmp_path, damaged):
    store = Store(tmp_path)
    (store.folder / "abc.json").write_text(damaged)
    assert store.get("abc") is None


def test_the_table_the_report_and_the_feedback_hold_no_code(tmp_path):
    bad = "<script>alert(1)</script>\x1b[31m"
    class_ = [Learner("=1+1", f"\ufeff={bad}"), Learner("../../up", "B"), Learner("c", "C")]
    verdicts = [Verdict("weights-1", PASSED, "x"), Verdict("weights-2", WRONG, bad, note=bad)]
    entries = [
        summary.Entry(bad, class_[0], Record("1", "weights", "", verdicts), "same"),
        summary.Entry("late.ipynb", None, Record("2", None, bad)),
        summary.Entry("twin.ipynb", class_[1], Record("2", "weights", "", verdicts), "same"),
        summary.Entry(
            "twin2.ipynb", class_[1], Record("3", "weights", "", [Verdict("weights-2", PASSED, "")])
        ),
    ]
    lines = command.write_report(class_, entries, tmp_path, ["weights"])
    rows = list(csv.DictReader((tmp_path / "marks.csv").read_text("utf-8").splitlines()))
    assert [row["id"] for row in rows] == ["'=1+1", "../../up", "c"]
    assert rows[0]["name"].startswith("' =")
    assert [row["weights-2"] for row in rows] == ["0", "1", ""]  # the best of two counts
    assert [row["passed"] for row in rows] == ["1", "2", "0"]
    assert "no notebook" in rows[2]["notes"]
    assert "same file" in rows[1]["notes"]
    pages = [*tmp_path.rglob("*.html")]
    assert len(pages) == 4
    assert all(page.parent in (tmp_path, tmp_path / "feedback") for page in pages)
    for page in pages:
        text = page.read_text("utf-8")
        assert "<script" not in text
        assert "\x1b" not in text
        assert "http" not in text.replace("http-equiv", "")
    assert "late.ipynb" in (tmp_path / "report.html").read_text("utf-8")
    assert summary.mistakes("weights-2", lines) == [(bad, 1)]
    assert report.file_name(Learner("A")) != report.file_name(Learner("a"))


def test_what_one_hands_in_by_mistake_makes_no_exercise_for_all(tmp_path):
    class_ = [Learner(name) for name in "abcd"]
    right, other = [Verdict("weights-1", PASSED, "")], [Verdict("flow-1", PASSED, "")]
    entries = [
        *(summary.Entry(f"{w}.ipynb", w, Record(w, "weights", "", right)) for w in class_[:3]),
        summary.Entry("d.ipynb", class_[3], Record("d", "flow", "", other)),
        summary.Entry("e.ipynb", None, Record("e", "graph_view", "", [])),  # nobody's
    ]
    asked = summary.asked_of(entries)
    assert asked == ["weights"]
    *_, last = command.write_report(class_, entries, tmp_path, asked)
    assert last.verdicts == {}
    assert last.notes == [
        "d.ipynb: it is 09_flow, which was not asked for",
        "no notebook of 02_weights",
    ]
    rows = list(csv.DictReader((tmp_path / "marks.csv").read_text("utf-8").splitlines()))
    assert {row["of"] for row in rows} == {"6"}
    assert "which was not asked for</li>" in (tmp_path / "report.html").read_text("utf-8")
    assert list(report.counted(entries, asked)) == [
        "What counts: 02_weights",
        "09_flow does not count, 1 handed it in. If it is to: --chapter 02 --chapter 09",
    ]
    # Who asked for more than most have done says so, and a second chapter of half the class counts.
    assert summary.asked_of(entries, ["09", "weights"]) == ["weights", "flow"]
    twice = [*entries, summary.Entry("a2.ipynb", class_[0], Record("a2", "flow", "", other))]
    assert summary.asked_of(twice) == ["weights", "flow"]
    assert summary.asked_of([]) == []


LINES = """() => [...document.querySelectorAll("th[scope='col']")].map(
  (head) => Math.round(head.clientHeight / parseFloat(getComputedStyle(head).lineHeight)))"""


def test_the_report_fits_a_phone_and_no_heading_is_broken(page, tmp_path):
    class_ = [Learner("a" * 200, "A"), Learner("b")]
    found = [Verdict("weights-2", WRONG, "x" * 500, note="y" * 300)]
    entries = [summary.Entry("z" * 300, class_[0], Record("1", "weights", "It is none.", found))]
    command.write_report(class_, entries, tmp_path, ["weights"])
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert set(page.evaluate(LINES)) == {1}
    page.add_style_tag(content="th { white-space: normal !important; }")
    assert max(page.evaluate(LINES)) > 1


def small_class(folder):
    """Write three notebooks of two learners, one of a stranger, and a roster with a third."""
    for who, answer in (("anna", "unchanged"), ("bo", "larger"), ("eve", "unchanged")):
        (folder / who).mkdir(parents=True)
        (folder / who / "02_weights.ipynb").write_bytes(
            as_file([("weights-1", f"shift_effect = {answer!r}")])
        )
    (folder / "bo" / "broken.ipynb").write_bytes(b"{")
    roster = folder.parent / "roster.csv"
    roster.write_text("id,name\nanna,Anna\nbo,Bo\nclio,Clio\n")
    return roster


def call_for(folder, roster, out):
    return ["grade", str(folder), "--roster", str(roster), "--out", str(out)]


@pytest.mark.xdist_group("grading")
def test_a_class_is_graded_and_not_graded_again(tmp_path, capsys, monkeypatch):
    need_sandbox()
    roster, out = small_class(tmp_path / "class"), tmp_path / "out"
    call = [*call_for(tmp_path / "class", roster, out), "--jobs", "1"]
    assert cli.main(call) == 0
    said = capsys.readouterr().out
    assert "eve/02_weights.ipynb: nobody in the roster" in said
    assert "clio" in said
    assert "broken.ipynb" in said
    table = (out / "marks.csv").read_text("utf-8")
    rows = {row["id"]: row for row in csv.DictReader(table.splitlines())}
    assert {name: row["weights-1"] for name, row in rows.items()} == {
        "anna": "1",
        "bo": "0",
        "clio": "",
    }
    page = (out / "feedback" / "bo.html").read_text("utf-8")
    assert "still have to sum to 1" in page

    monkeypatch.setattr(running, "graded", lambda tasks, settings, jobs: iter(tasks and [1 / 0]))
    assert cli.main(call) == 0
    assert (out / "marks.csv").read_text("utf-8") == table
    changed = tmp_path / "class" / "bo" / "02_weights.ipynb"
    changed.write_bytes(as_file([SHIFT]))
    with pytest.raises(ZeroDivisionError):
        cli.main(call)


# Control-C comes to all processes while the one that grades waits for a worker to be there: for the
# first, which only shows that workers can be started, then for each of two. Each is met in a fork,
# which ends then as a program does.
INTERRUPTED = """
import os, signal, sys
from multiprocessing import forkserver
from course_lib.grading import running
from tests.support.standing_in import slow_record_of

def grade(interrupted_at):
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background
    left, real = [interrupted_at], forkserver.read_signed

    def read_signed(number):
        left[0] -= 1
        if left[0] == 0:
            os.killpg(0, signal.SIGINT)
        return real(number)

    forkserver.read_signed = read_signed
    tasks = [(b"", stem, stem) for stem in "abcd"]
    settings = {"limits": None, "safe": True, "language": "en"}
    try:
        list(running.graded(tasks, settings, 2, slow_record_of))
    except KeyboardInterrupt:
        print("interrupted", interrupted_at)

for worker in (1, 2, 3):
    if (child := os.fork()) == 0:
        grade(worker)
        sys.exit()
    os.waitpid(child, 0)
"""


def test_control_c_while_workers_start_ends_without_a_traceback():
    command = [sys.executable, "-c", INTERRUPTED]
    root = Path(__file__).parents[1]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, start_new_session=True, timeout=300
    )
    assert (done.stdout, done.stderr) == ("interrupted 1\ninterrupted 2\ninterrupted 3\n", "")


def test_a_process_that_dies_takes_no_other_submission_with_it(tmp_path):
    settings = {"limits": None, "safe": True, "language": "en"}
    for deadly, told in (("kill", {"kill"}), (f"once:{tmp_path}", set())):
        stems = ["a", deadly, "b", "c"]
        tasks = [(b"", stem, stem) for stem in stems]
        found = list(running.graded(tasks, settings, 2, deadly_record_of))
        assert sorted(record.digest for record in found) == sorted(stems)
        assert {record.digest for record in found if record.problem} == told


def test_what_was_interrupted_goes_on_where_it_was(tmp_path, monkeypatch):
    small_class(tmp_path / "class")
    asked = []

    def interrupted(tasks, settings, jobs):
        asked.append(len(tasks))
        for number, (_, _, digest) in enumerate(tasks):
            if number == 2 and len(asked) == 1:
                raise KeyboardInterrupt
            yield Record(digest)

    monkeypatch.setattr(running, "graded", interrupted)
    call = (
        tmp_path / "class",
        [Learner("anna")],
        tmp_path / "out",
        {"limits": Limits(), "safe": True},
    )
    with pytest.raises(KeyboardInterrupt):
        command.grade_folder(*call)
    command.grade_folder(*call)
    command.grade_folder(*call)
    assert asked == [3, 1, 0]  # two files are the same
    for kept in (tmp_path / "out" / ".graded").iterdir():
        kept.write_bytes(kept.read_bytes()[:20])  # half a file is no record
    command.grade_folder(*call)
    assert asked == [3, 1, 0, 3]


def test_a_record_is_kept_whole(tmp_path):
    record = Record("abc", "weights", "", [Verdict("weights-1", PASSED, "ä", "note", 0.5, 3)], "7")
    Store(tmp_path).put(record)
    assert Store(tmp_path).get("abc") == record
    assert Store(tmp_path).get("other") is None


def test_without_bubblewrap_nothing_is_run(tmp_path, capsys, monkeypatch):
    roster = small_class(tmp_path / "class")
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    monkeypatch.setattr(command, "grade_folder", lambda *a, **k: pytest.fail("it went on"))
    call = call_for(tmp_path / "class", roster, tmp_path / "out")
    assert cli.main(call) == 2
    said = capsys.readouterr().err
    assert "bubblewrap" in said
    assert "container" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.xdist_group("grading")
def test_without_a_sandbox_one_s_own_notebooks_are_graded_if_one_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    load_little(monkeypatch)
    with Grader(Limits(seconds=2, seconds_of_cells=2), safe=False) as grader:
        assert states(grader, [("weights-2", SOFTMAX + RETURN)]) == [PASSED]
        assert states(grader, [("weights-2", "safe_softmax = lambda x: x")]) == [WRONG]


def test_an_empty_folder_and_a_missing_one_are_told(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, said in (("empty", "holds no notebook"), ("none", "is no folder")):
        with pytest.raises(ValueError, match=said):
            command.grade_folder(
                tmp_path / folder, [], tmp_path / "out", {"limits": Limits(), "safe": True}
            )


@pytest.mark.xdist_group("grading")
def test_a_question_that_cannot_be_read_stops_no_other(monkeypatch):
    need_sandbox()
    load_little(monkeypatch)
    long = of_one_cell("weights-1", f"shift_effect = 'unchanged'\n#{'x' * wire.LONGEST_TEXT}")
    with Grader(Limits(**SHORT)) as grader:
        assert [v.state for v in grader.grade(long, keys=["weights-1"])] == [PASSED]
        written = wire.write
        monkeypatch.setattr(wire, "write", lambda value: written(value)[:-2])
        (verdict,) = grader.grade(long, keys=["weights-1"])
        assert (verdict.state, verdict.message) == (ERROR, "What the notebook sent is no answer.")


def test_a_sandbox_has_loaded_what_a_chapter_s_answers_load():
    assert "scipy.stats" in warm_imports("centrality")  # for the library's ranks
    assert "scipy.stats" not in warm_imports("weights")
    assert "pandas" in warm_imports("graph_view")  # NetworkX asks it whether edges are a table
    assert "torch" in warm_imports("gat")
    assert "torch" not in warm_imports("flow")
    for chapter in CHAPTERS.values():
        ours = [module for module in warm_imports(chapter) if module.startswith("course_lib")]
        assert ours == (["course_lib.grading.inside.figures"] if chapter == "heatmaps" else [])


@pytest.mark.parametrize("chapter", CHAPTERS.values())
def test_what_came_with_the_course_is_known_without_the_book(chapter, monkeypatch):
    known = vars(submissions.shipped_cells(chapter))
    monkeypatch.setattr(markdown, "_bibliography", lambda: pytest.fail("there is none in a wheel"))
    assert vars(submissions.shipped_cells.__wrapped__(chapter)) == known
    with pytest.raises(pytest.fail.Exception):  # which whole notebooks need
        list(map(learner_notebook, map(chapter_stem, CHAPTERS.values())))
