"""The command `course`."""

import subprocess
import sys

import pytest

import course_lib
from course_lib import cli
from course_lib.exercises import progress
from course_lib.working import shipped
from tests.support.notebooks import IMPORTS, write_notebook


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


@pytest.mark.notebook
@pytest.mark.parametrize("named", ["02", "weights", "notebooks/02_weights.ipynb"])
def test_check_takes_a_number_a_name_or_a_path(folder, named, capfd):
    cells = [IMPORTS, 'shift_effect = "larger"', 'check("weights-1")']
    write_notebook(folder / "02_weights.ipynb", cells)
    assert cli.main(["check", named]) == 1
    said = capfd.readouterr().out
    assert "have to sum to 1" in said
    assert "Traceback" not in said


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
        (["hint", "weights-99"], "key must name an exercise"),
        (["solution", "flowers-1"], "key must name an exercise"),
    ],
)
def test_mistakes_are_told_in_one_line(folder, capsys, arguments, said):
    write_notebook(folder / "02_weights.ipynb", [IMPORTS])
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
