"""Notebooks for live coding, and answers that are taken back without being lost."""

import ast
import json

import nbformat
import pytest

from course_lib import cli
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.working import layout, shipped, update
from course_lib.working.report import update_lines
from course_lib.workshop.reset import reset
from course_lib.workshop.variant import write_variant


@pytest.fixture(scope="module")
def shipped_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher") / "work"
    layout.start(folder)
    return folder


@pytest.fixture
def notebooks(shipped_folder):
    """Return the folder of notebooks, with chapter 02 as it was shipped and no other files."""
    folder = shipped_folder / "notebooks"
    path = folder / "02_weights.ipynb"
    before = path.read_bytes()
    yield folder
    path.write_bytes(before)
    for made in folder.glob("02_weights.*.ipynb"):
        made.unlink()


def code(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def answer(path, key, source):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("exercise") == key:
            cell.source = source
    nbformat.write(notebook, path)


def test_the_pretyped_notebook_has_every_solution(notebooks):
    path, kept = write_variant(notebooks, "02", pretyped=True)
    assert kept is None
    cells = {c.metadata["exercise"]: c.source for c in code(path) if c.metadata.get("exercise")}
    assert cells == {exercise.key: exercise.solution for exercise in exercises_of("weights")}


def test_the_live_notebook_says_what_its_empty_cells_make(notebooks):
    path, _ = write_variant(notebooks, "02", pretyped=False)
    shipped = code(notebooks / "02_weights.ipynb")
    emptied = [(a.source, b.source) for a, b in zip(shipped, code(path), strict=True) if a != b]
    assert len(emptied) > 5
    for full, empty in emptied:
        assert ast.parse(empty).body == []
        assert all(name in full for name in empty.partition("type here: ")[2].split(", "))
    told = "\n".join(cell.source for cell in code(path))
    for kept in ("import numpy as np", "query_plane()", 'check("weights-1")', "shift_effect = ..."):
        assert kept in told
    assert "# type here: query, key" in told


def test_a_variant_that_was_worked_in_is_kept(notebooks):
    path, _ = write_variant(notebooks, "02", pretyped=False)
    answer(path, "weights-1", 'shift_effect = "mine"')
    before = path.read_bytes()
    _, kept = write_variant(notebooks, "02", pretyped=False)
    assert kept.read_bytes() == before


def test_an_update_leaves_variants_alone(notebooks):
    write_variant(notebooks, "02", pretyped=True)
    assert "pretyped" not in "\n".join(update_lines(update.update(notebooks.parent)))


def test_reset_takes_every_answer_back_and_keeps_a_copy(notebooks):
    path = notebooks / "02_weights.ipynb"
    fresh = [cell.source for cell in code(path)]
    for key in ("weights-1", "weights-2"):
        answer(path, key, find_exercise(key).solution)
    before = path.read_bytes()
    taken, kept = reset(notebooks, "02")
    assert taken == ["weights-1", "weights-2"]
    assert kept.read_bytes() == before
    assert [cell.source for cell in code(path)] == fresh
    assert reset(notebooks, "02") == ([], None)


def test_reset_of_one_exercise_leaves_the_others_and_own_cells(notebooks):
    path = notebooks / "02_weights.ipynb"
    for key in ("weights-1", "weights-2"):
        answer(path, key, find_exercise(key).solution)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("mine = 1"))
    nbformat.write(notebook, path)
    taken, _ = reset(notebooks, "weights", "weights-2")
    assert taken == ["weights-2"]
    sources = [cell.source for cell in code(path)]
    assert find_exercise("weights-1").solution in sources
    assert find_exercise("weights-2").solution not in sources
    assert sources[-1] == "mine = 1"


def test_what_cannot_be_reset_is_left_alone(notebooks):
    path = notebooks / "02_weights.ipynb"
    with pytest.raises(ValueError, match="no exercise 'weights-99'"):
        reset(notebooks, "02", "weights-99")
    path.write_text("<<<<<<< HEAD")
    with pytest.raises(ValueError, match="left alone"):
        reset(notebooks, "02")
    assert path.read_text() == "<<<<<<< HEAD"


def test_what_somebody_wrote_into_metadata_is_no_exercise_and_no_chapter(notebooks):
    path = notebooks / "02_weights.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["exercise"] = ["weights-1"]
    notebook.cells[1].metadata["exercise"] = {}
    answer(path, "weights-2", "mine = 1")
    notebook.cells[-1].source = "changed"
    nbformat.write(notebook, path)
    taken, _ = reset(notebooks, "02")
    assert taken == []
    notebook.metadata["course"] = 0
    nbformat.write(notebook, path)
    with pytest.raises(ValueError, match="is not this chapter's notebook; it was left alone"):
        reset(notebooks, "02")


@pytest.mark.parametrize(
    "damage",
    [
        lambda notebook: notebook["cells"][0].pop("source"),
        lambda notebook: notebook["metadata"].update(course=""),
        lambda notebook: notebook["cells"][0].update(source="\ud800"),
        lambda notebook: [cell.pop("id") for cell in notebook["cells"]],
    ],
)
def test_a_variant_that_is_damaged_counts_as_worked_in(notebooks, damage):
    path, _ = write_variant(notebooks, "02", pretyped=False)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    damage(notebook)
    path.write_text(json.dumps(notebook))
    before = path.read_bytes()
    path, kept = write_variant(notebooks, "02", pretyped=False)
    assert kept.read_bytes() == before


def test_a_chapter_that_cannot_be_had_is_told(notebooks, monkeypatch):
    monkeypatch.setattr(shipped, "_notebook", lambda path: None)  # worked in, and no git
    with pytest.raises(ValueError, match="worked in at its source"):
        reset(notebooks, "02")
    with pytest.raises(ValueError, match="worked in at its source"):
        write_variant(notebooks, "02", pretyped=True)


def test_the_commands(notebooks, monkeypatch, capsys):
    monkeypatch.chdir(notebooks)
    answer(notebooks / "02_weights.ipynb", "weights-1", "shift_effect = 1")
    assert cli.main(["reset", "02", "--exercise", "weights-1"]) == 0
    assert "02_weights.old-1.ipynb" in capsys.readouterr().out
    assert cli.main(["variant", "02", "--pretyped"]) == 0
    assert "02_weights.pretyped.ipynb" in capsys.readouterr().out
