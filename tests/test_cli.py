"""The command `course`."""

import os
import subprocess
import sys
from datetime import datetime
from types import SimpleNamespace

import pytest

import course_lib
from course_lib import cli
from course_lib.exercises import copies, progress
from course_lib.exercises.registry import exercises_of
from course_lib.working import shipped
from tests.support.notebooks import IMPORTS, write_notebook

ANSWERS = {exercise.key: exercise.solution for exercise in exercises_of("weights")}
# A complete notebook in the ways in which people write their cells; True: it is tagged, and fails.
HONEST = [
    (f"{IMPORTS}\nfrom course_lib.attention import *", False),
    ("check('weights-1')", False),  # too early; the last one counts
    ("import os\nimport helper\n\nos.makedirs('elsewhere')\n%cd -q elsewhere", False),
    (ANSWERS["weights-1"], False),
    ("%%time\ncheck('weights-1')", False),
    ("%%time\n" + ANSWERS["weights-2"], False),
    ("!echo checking\n%time check(key='weights-2')", False),
    (ANSWERS["weights-3"], False),
    # It does not define the answer, so that is as right as before.
    ("attention_weights([1., 2.], None)  # attention_weights = 1", True),
    ("from course_lib.exercises import check as judge\njudge('weights-3')", False),
    *((ANSWERS[f"weights-{number}"], False) for number in range(4, 7)),
    ("%%capture\nfor number in range(4, 7):\n    check(f'weights-{number}')", False),
    ("exit()", False),
    ("", False),
]
# Files of a learner, beside the notebook, that are named like what Python or pytest import.
SHADOWS = (
    "random token string re types json numpy networkx pytest conftest __init__ course_lib IPython "
    "ipython_config jupyter_config zmq nbval sitecustomize"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


@pytest.mark.notebook
def test_an_honest_notebook_passes_whatever_its_name_and_whatever_lies_beside_it(folder, capfd):
    for name in SHADOWS.split():
        (folder / f"{name}.py").write_text("raise RuntimeError('a file of the learner')")
    (folder / "helper.py").write_text("")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    tags = {place: ["raises-exception"] for place, (_, fails) in enumerate(HONEST) if fails}
    path = folder / "-k [1]::02_weights ü.ipynb"
    write_notebook(path, [cell for cell, _ in HONEST], tags=tags)
    # No command line is parsed for the name, not even ours.
    assert cli.main(["check", f"notebooks/{path.name}"]) == 0
    assert capfd.readouterr().out.split("\n") == ["", "6 of 6 exercises passed", ""]
    assert progress.passed(folder) == set(ANSWERS)  # beside the notebook, not elsewhere


@pytest.mark.notebook
def test_a_learner_reads_what_is_wrong_and_hints_if_they_are_asked_for(folder, monkeypatch, capfd):
    cells = [IMPORTS, 'shift_effect = "larger"', 'check("weights-1")', "1 / 0"]
    write_notebook(folder / "-02_weights.ipynb", cells)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    monkeypatch.chdir(folder)
    assert cli.main(["check", "-02_weights.ipynb", "--hints"]) == 1
    said = capfd.readouterr().out.strip().splitlines()
    assert said[0] == "`1 / 0` stopped with ZeroDivisionError: division by zero"
    assert "✗ weights-1: Not right yet" in said[1]
    assert "have to sum to 1" in said[1]
    assert said[2].startswith("Hint: ")
    assert [line.partition(":")[0] for line in said[3:8]] == list(ANSWERS)[1:]
    assert said[8:] == ["0 of 6 exercises passed"]


def test_what_is_no_notebook_is_told_in_one_sentence(folder, capfd):
    (folder / "02_weights.ipynb").write_bytes(b"")
    assert cli.main(["check", "02"]) == 1
    assert capfd.readouterr().out == "\nThis notebook cannot be judged. It is empty.\n"


@pytest.fixture
def started(monkeypatch):
    """Collect the commands that would be started."""
    commands = []

    def run(command, **how):
        commands.append((command, how))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


@pytest.mark.parametrize("named", ["02", "weights", "notebooks/02_weights.ipynb"])
def test_check_takes_a_number_a_name_or_a_path(folder, started, named):
    path = write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    assert cli.main(["check", named]) == 0
    command, how = started.pop()
    assert f"--course-notebook={path.name}" in command
    assert how["cwd"] == folder


def test_it_is_said_which_state_of_a_notebook_is_judged(folder, started, capsys):
    path = write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    os.utime(path, (0, datetime(2026, 1, 31, 12, 3).timestamp()))
    cli.main(["check", "02"])
    assert "as it was saved at 31 January 2026, 12:03" in capsys.readouterr().err


def test_a_check_can_be_interrupted(folder, monkeypatch, capsys):
    def interrupted(command, **how):
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    assert cli.main(["check", "02"]) == 130
    assert capsys.readouterr().out == ""


def test_the_copy_of_the_course_that_judges_is_the_one_that_was_called(folder, started, capsys):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    assert cli.main(["check", "02"]) == 0
    assert "another copy" not in capsys.readouterr().err
    (folder.parent / "pyproject.toml").touch()
    (folder.parent / "course_lib").mkdir()
    (folder.parent / "course_lib" / "cli.py").touch()
    assert cli.main(["check", "02"]) == 0
    said = capsys.readouterr().err
    assert f"lies in another copy of the course, {folder.parent}." in said
    assert f"judged by the one in {copies.COPY}." in said
    for _, how in started:
        assert how["env"]["PYTHONPATH"].startswith(str(copies.COPY))


def test_progress_lists_every_chapter(folder, capsys):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    progress.record("weights-1", folder)
    assert cli.main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "02 weights: 1 of 6 passed" in said
    assert "01 graph_view: 0 of" in said
    assert said.count("✓") == 1


def test_a_reader_that_stops_early_ends_progress_quietly(folder):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    command = [sys.executable, "-m", "course_lib.cli", "progress"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_the_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"course {course_lib.__version__}\n"


def test_a_language_is_chosen(folder, capsys):
    assert cli.main(["hint", "graph_view-1", "--language", "de"]) == 0
    assert "Zwei `for`-Schleifen" in capsys.readouterr().out
    assert cli.main(["solution", "graph_view-1", "--language", "de"]) == 0
    assert "Der Zeilenindex ist die Query" in capsys.readouterr().out
    assert cli.main(["hint", "graph_view-1"]) == 0
    assert "Two loops are enough" in capsys.readouterr().out
    write_notebook(folder / "01_graph_view.ipynb", [IMPORTS])
    assert cli.main(["check", "01", "--language", "de"]) == 2
    assert "01_graph_view.de.ipynb" in capsys.readouterr().err


def test_hints_and_solutions(capsys):
    assert cli.main(["hint", "weights-3"]) == 0
    first = capsys.readouterr().out
    cli.main(["hint", "weights-3", "2"])
    assert capsys.readouterr().out != first
    assert cli.main(["solution", "weights-3"]) == 0
    said = capsys.readouterr().out
    assert "np.sqrt(d)" in said
    assert "number of features" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "99"], "chapter must be one of"),
        (["check", "nowhere.ipynb"], "there is no notebook"),
        (["check", "folder.ipynb"], "folder.ipynb is a folder"),
        (["hint", "weights-99"], "key must name an exercise"),
        (["solution", "flowers-1"], "key must name an exercise"),
    ],
)
def test_mistakes_are_told_in_one_line(folder, capsys, arguments, said):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    (folder.parent / "folder.ipynb").mkdir()
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert said in error
    assert len(error.splitlines()) == 1


def test_build_writes_solved_notebooks_and_pages(tmp_path, capsys):
    assert cli.main(["build", "--solved", str(tmp_path / "solved")]) == 0
    assert cli.main(["build", "--pages", str(tmp_path / "pages")]) == 0
    assert "02_weights" in capsys.readouterr().out
    assert (tmp_path / "solved" / "02_weights.ipynb").exists()
    assert (tmp_path / "pages" / "02_weights.md").exists()


def test_a_wheel_builds_no_chapters_and_says_why(monkeypatch, capsys):
    monkeypatch.setattr(shipped, "IN_WHEEL", True)
    assert cli.main(["build"]) == 2
    assert "only a clone" in capsys.readouterr().err


WRONG_FILES = {
    "nowhere": "there is no nowhere",
    "nowhere/file": "there is no nowhere",
    "folder": "folder is a folder, and a file is needed",
    "file/in it": "file is a file, and a folder is needed",
    "latin": "latin ",
    "empty": "empty ",
    "file": "file ",
}
READS = {  # all commands that are given a file, and what they make of one that says nothing
    "doctor --read FILE": {"latin", "empty", "file"},
    "minutes FILE": set(),
    "class --file FILE --host 127.0.0.1 --port 0": {"nowhere", "empty"},  # these begin a class
    "grade . --roster FILE --out out --unsafe": set(),
    "look --model . --text-file FILE": {"empty", "file"},
}


@pytest.mark.parametrize("command", READS)
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(folder, command, capsys):
    folder = folder.parent
    (folder / "folder").mkdir()
    for name, data in (("latin", b"\xff caf\xe9"), ("empty", b""), ("file", b"hello")):
        (folder / name).write_bytes(data)
    for name, said in WRONG_FILES.items():
        if name in READS[command]:
            continue
        assert cli.main([name if word == "FILE" else word for word in command.split()]) == 2
        error = capsys.readouterr().err.removeprefix("course: --unsafe")
        error = error[error.index("course: ") :]
        assert error.startswith(f"course: {said}"), (command, name)
        assert "Errno" not in error
        assert len(error.splitlines()) == 1


WRITES = {  # what the sentence begins with: what was typed, and no file that nobody has heard of
    "start FILE": "file is a file",
    "start FILE/in/it": "file is a file",
    "build --solved FILE": "file is a file",
    "build --pages FILE/in/it": "file is a file",
    "build --slides FILE 02": "file is a file",
    "pack --platform windows --to FILE": "file ",
    "pack --platform windows --to FILE/in/it": "file is a file",
    "minutes export.json --save FILE/minutes.json": "file is a file",
    "minutes export.json --save nowhere/minutes.json": "there is no nowhere\n",
    "minutes export.json --save .": ". is a folder",
    "doctor --read FILE": "you may not read or write secret",
}


@pytest.mark.parametrize("command", WRITES)
def test_a_place_that_cannot_be_written_is_named_in_one_sentence(
    folder, command, capsys, monkeypatch
):
    folder, said = folder.parent, WRITES[command]
    name = "secret" if "secret" in said else "file"
    (folder / "file").write_text("hello")
    (folder / "export.json").write_text('{"format": "course-class-1", "minutes": {}}')

    def refused(self, **how):
        raise PermissionError(13, "Permission denied", str(self))

    if name == "secret":  # the tests may run as root, who may read everything
        monkeypatch.setattr(type(folder), "read_bytes", refused)
    assert cli.main(command.replace("FILE", name).split()) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"course: {said}")
    assert "Errno" not in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    ["start LOOP", "start LOOP/in/it", "update LOOP", "lab LOOP", "doctor LOOP",
     "pack --platform windows --to LOOP", "minutes LOOP", "doctor --read LOOP",
     "grade LOOP --roster LOOP --out out --unsafe", "class --file LOOP/x --port 0"],
)  # fmt: skip
def test_links_that_lead_in_a_circle_are_told_in_one_sentence(folder, command, capsys, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "loop").symlink_to("loop")
    assert cli.main(command.replace("LOOP", "loop").split()) == 2
    *_, error = capsys.readouterr().err.splitlines()
    assert error.startswith("course: ")
    assert "loop" in error
    assert (folder.parent / "loop").is_symlink()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["start", ""], "folder"),
        (["update", ""], "folder"),
        (["doctor", "--read", ""], "read"),
        (["minutes", ""], "export"),
        (["mutate", ""], "chapter"),
        (["build", "--solved", ""], "solved"),
        (["grade", "", "--roster", "r.csv", "--out", "out"], "submissions"),
        (["look", "--text-file", "", "--model", "."], "text-file"),
        (["look", "--image", "", "--model", "."], "image"),
        (["look", "a", "--model", ".", "--save", ""], "save"),
    ],
)
def test_an_empty_argument_is_no_folder_and_no_missing_option(folder, capsys, command, name):
    before = sorted(folder.parent.rglob("*"))
    assert cli.main(command) == 2
    assert capsys.readouterr().err == f"course: {name} must not be empty\n"
    assert sorted(folder.parent.rglob("*")) == before


def test_control_d_at_a_question_ends_the_command(folder, monkeypatch, capsys):
    def ended(prompt):
        raise EOFError

    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    monkeypatch.setattr("builtins.input", ended)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    assert cli.main(["join", "127.0.0.1:1", "K7QM-3TXB"]) == 130
    assert capsys.readouterr().err == ""


def test_nothing_slow_is_loaded_before_control_c_is_met():
    seen = "import sys, course_lib.cli; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert not {"numpy", "networkx", "IPython", "nbformat"} & set(run.stdout.split())


@pytest.mark.parametrize("host", ["\u00e4" * 80, "a..b"])
def test_what_is_no_host_is_told_in_one_sentence(folder, capsys, host):
    assert cli.main(["class", "--host", host, "--port", "0", "--file", "c.sqlite"]) == 2
    assert "nothing can listen at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "codec"),
    [({"PYTHONIOENCODING": "cp1252"}, "cp1252"), ({"LC_ALL": "C", "PYTHONUTF8": "0",
      "PYTHONCOERCECLOCALE": "0"}, "ascii")],
)  # fmt: skip
def test_what_a_code_does_not_have_is_shown_as_a_question_mark(folder, environment, codec):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    command = [sys.executable, "-m", "course_lib.cli", "progress"]
    run = subprocess.run(
        command, capture_output=True, check=False, env=copies.environment(**environment)
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert "? weights-1" in run.stdout.decode(codec)


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(folder, monkeypatch, closed):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    monkeypatch.setattr(sys, closed, None)
    assert cli.main(["progress"]) == 0
    assert cli.main(["check", "99"]) == 2


def test_a_disk_that_is_full_is_told_without_a_number(folder, monkeypatch, capsys):
    def fail(data):
        raise OSError(28, "No space left on device")

    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
    monkeypatch.setattr(sys.stdout, "write", fail)
    assert cli.main(["progress"]) == 2
    assert capsys.readouterr().err == "course: No space left on device\n"


def test_what_one_may_not_even_look_at_is_told_in_a_sentence(tmp_path, monkeypatch, capsys):
    real = os.stat

    def refused(path, **how):
        if str(path) == "elsewhere.ipynb":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **how)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.os, "stat", refused)
    status = cli.main(["check", "elsewhere.ipynb"])
    monkeypatch.undo()
    assert status == 2
    assert capsys.readouterr().err == "course: you may not read or write elsewhere.ipynb\n"
