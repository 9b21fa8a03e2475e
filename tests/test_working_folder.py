"""The working folder on disk: laid out, found, brought up to date, and never overwritten."""

import dataclasses
import os
import socket
import subprocess

import nbformat
import pytest

from course_lib import cli
from course_lib.authoring.notebooks import as_text, fingerprint
from course_lib.exercises import progress
from course_lib.exercises.opening import Unreadable, open_notebook
from course_lib.working import files, layout, shipped, update
from course_lib.working.folder import notebooks_folder, working_folder
from course_lib.working.merge import Changes, merge
from course_lib.working.reading import NotOurs, read_chapter
from course_lib.working.report import started_lines, update_lines

STUB = "shift_effect = ...  # your answer here"
ANSWER = 'shift_effect = "unchanged"'
PAGE = "See [weights](../notebooks/02_weights.ipynb) and the [glossary](glossary.md#edge)."


def chapter(text, stub=STUB):
    """Return a small chapter 02 as the course ships it."""
    cells = [
        nbformat.v4.new_markdown_cell(f"# Weights\n\n{text} [x](../book/conventions.md)", id="top"),
        nbformat.v4.new_code_cell(stub, id="weights-1", metadata={"exercise": "weights-1"}),
        nbformat.v4.new_code_cell('check("weights-1")', id="check"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"course": {"chapter": "weights"}})
    notebook.metadata["course"]["built"] = fingerprint(notebook)
    return as_text(notebook)


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """Let the installed course be a checkout with one chapter; return how to ship another text."""
    top = tmp_path / "course"
    (top / "notebooks").mkdir(parents=True)
    (top / "book").mkdir()
    (top / "book" / "glossary.md").write_text("An edge.")
    (top / "book" / "instructors.md").write_text("No notebook links here.")
    monkeypatch.setattr(shipped, "TOP", top)
    monkeypatch.setattr(shipped, "IN_WHEEL", False)

    def ship(text, stub=STUB, page=PAGE):
        (top / "notebooks" / "02_weights.ipynb").write_text(chapter(text, stub))
        (top / "book" / "conventions.md").write_text(page)
        return top

    ship("first")
    return ship


@pytest.fixture
def work(ship, tmp_path):
    """Return a working folder with an answer in its chapter."""
    layout.start(tmp_path / "work")
    solve(tmp_path / "work" / "notebooks" / "02_weights.ipynb")
    return tmp_path / "work"


def solve(path):
    path.write_text(path.read_text().replace(STUB, ANSWER.replace('"', '\\"')))


def contents(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def told(outcomes):
    return "\n".join(update_lines(outcomes))


def test_start_lays_out_notebooks_and_the_pages_they_lead_to(ship, tmp_path):
    done = layout.start(tmp_path / "work")
    names = {name for name in contents(tmp_path / "work") if not name.startswith(".")}
    assert names == {"notebooks/02_weights.ipynb", "book/conventions.md", "book/glossary.md"}
    assert "1 notebook laid out" in started_lines(done)[0]


def test_start_overwrites_nothing(ship, tmp_path):
    mine = tmp_path / "work" / "notebooks" / "02_weights.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = layout.start(tmp_path / "work")
    assert mine.read_text() == "mine"
    assert "Left as it is, for it was there already: 02_weights.ipynb" in started_lines(done)


def test_a_second_start_changes_nothing_and_points_to_the_update(ship, work):
    before = contents(work)
    assert started_lines(layout.start(work)) == [f"{work}: started before, nothing changed"]
    ship("second")
    said = started_lines(layout.start(work))
    assert "1 chapter in another version: `course update`" in said[-1]
    assert contents(work) == before


def test_a_chapter_that_the_learner_took_away_is_not_called_outdated(ship, work):
    (work / "notebooks" / "02_weights.ipynb").unlink()
    assert layout.start(work).outdated == []


def test_who_was_interrupted_can_start_once_more(ship, tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(layout, "keep_base", fail)
        with pytest.raises(OSError, match="disk full"):
            layout.start(tmp_path / "work")
    (tmp_path / "work" / "book" / "glossary.md").unlink()
    assert layout.start(tmp_path / "work").laid_out == ["glossary.md"]


def test_the_course_s_own_folder_is_no_place_to_work(ship):
    with pytest.raises(ValueError, match="own folder"):
        layout.start(ship("first"))


def test_work_in_the_checkout_is_carried_over(ship, tmp_path):
    own = ship("first") / "notebooks"
    subprocess.run(["git", "init", "-q"], cwd=own.parent, check=True)
    subprocess.run(["git", "add", "."], cwd=own.parent, check=True)
    by = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *by, "commit", "-qm", "first"], cwd=own.parent, check=True)
    solve(own / "02_weights.ipynb")
    (own / ".progress.json").write_text('{"passed": ["weights-1"]}')
    done = layout.start(tmp_path / "work")
    assert done.carried_over == ["02_weights.ipynb", ".progress.json"]
    assert "carried over: 02_weights.ipynb" in "\n".join(started_lines(done))
    there = tmp_path / "work" / "notebooks"
    assert contents(there) == contents(own)
    # The next version: the one that the learner worked in is found in the history.
    ship("second")
    (outcome, *_) = update.update(tmp_path / "work")
    assert outcome.base_known
    assert outcome.changes.answers == ["weights-1"]
    (tmp_path / "work" / ".course" / "shipped").rename(tmp_path / "lost")
    (there / "02_weights.ipynb").write_bytes((there / "02_weights.old-1.ipynb").read_bytes())
    (outcome, *_) = update.update(tmp_path / "work")
    assert outcome.base_known


def test_what_cannot_be_read_is_not_carried_over_and_is_named(ship, tmp_path):
    (ship("first") / "notebooks" / "02_weights.ipynb").write_text("<<<<<<< HEAD")
    done = layout.start(tmp_path / "work")
    assert "not carried over: 02_weights.ipynb" in "\n".join(started_lines(done))
    assert not (tmp_path / "work" / "notebooks" / "02_weights.ipynb").exists()


def test_an_update_keeps_the_answer_and_an_exact_copy(ship, work):
    old = (work / "notebooks" / "02_weights.ipynb").read_bytes()
    ship("second", stub="# say it\n" + STUB)
    outcomes = update.update(work)
    new = (work / "notebooks" / "02_weights.ipynb").read_text()
    assert "second" in new
    assert "first" not in new
    assert "unchanged" in new
    assert (work / "notebooks" / "02_weights.old-1.ipynb").read_bytes() == old
    said = told(outcomes)
    assert "kept: your answers to weights-1" in said
    assert "    # say it\n" in said
    assert "the old file is kept as 02_weights.old-1.ipynb" in said


def test_a_second_update_changes_nothing(ship, work):
    ship("second", page=PAGE + " More.")
    update.update(work)
    before = contents(work)
    assert told(update.update(work)) == "Up to date already: 3 files"
    assert contents(work) == before


def test_each_update_keeps_its_own_copy(ship, work):
    for text in ("second", "third"):
        ship(text)
        update.update(work)
    copies = sorted(path.name for path in work.rglob("*.old-*"))
    assert copies == ["02_weights.old-1.ipynb", "02_weights.old-2.ipynb"]
    assert "unchanged" in (work / "notebooks" / "02_weights.ipynb").read_text()


def test_an_untouched_chapter_is_replaced_without_a_copy(ship, tmp_path):
    layout.start(tmp_path / "work")
    ship("second")
    update.update(tmp_path / "work")
    assert contents(tmp_path / "work")["notebooks/02_weights.ipynb"] == chapter("second").encode()
    assert list((tmp_path / "work").rglob("*.old-*")) == []


def test_an_interrupted_update_leaves_the_old_file_and_can_be_done_again(ship, work, monkeypatch):
    path = work / "notebooks" / "02_weights.ipynb"
    old = path.read_bytes()
    ship("second")

    def fail(draft, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        with pytest.raises(KeyboardInterrupt):
            update.update(work)
    assert path.read_bytes() == old
    assert list(work.rglob("*.draft")) == []
    (outcome, *_) = update.update(work)
    assert outcome.base_known
    assert "unchanged" in path.read_text()


def test_what_is_saved_while_an_update_runs_is_not_overwritten(ship, work, monkeypatch):
    path = work / "notebooks" / "02_weights.ipynb"
    ship("second")

    def merge_slowly(base, worked, fresh):
        path.write_text("saved meanwhile")
        return merge(base, worked, fresh)

    monkeypatch.setattr(update, "merge", merge_slowly)
    assert "left alone; it was saved just now" in told(update.update(work))
    assert path.read_text() == "saved meanwhile"


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Changes)])
def test_the_report_tells_every_kind_of_change(field):
    before, changes = Changes(), Changes()
    kind = type(getattr(before, field))
    setattr(changes, field, {int: 7, bool: True, list: ["a"], dict: {"a": "b"}}[kind])
    outcomes = [update.Outcome("x", update.UPDATED, changes=c) for c in (before, changes)]
    assert told(outcomes[:1]) != told(outcomes[1:])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<<<<<<< HEAD\n{}", "cannot be read"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"a": 1}]}', "cannot be"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "cannot be read"),
        (as_text(nbformat.v4.new_notebook()).encode(), "is not this chapter's notebook"),
    ],
)
def test_what_is_no_chapter_is_left_alone_and_named(ship, work, data, why):
    path = work / "notebooks" / "02_weights.ipynb"
    path.write_bytes(data)
    ship("second")
    assert f"02_weights.ipynb: left alone; it {why}" in told(update.update(work))
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: os.mkfifo(path), "cannot be read (no ordinary file)"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read (no ordinary file)"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read"),
        (lambda path: path.symlink_to(path.name), "cannot be read"),
        (
            lambda path: path.write_text(chapter("HALF").replace("HALF", "\\ud800")),
            "cannot be read",
        ),
        (
            lambda path: path.write_text(chapter("").replace('"course": {', '"course": 0, "x": {')),
            "is not this chapter's notebook",
        ),
    ],
)
def test_what_is_no_file_to_read_stops_no_other(ship, work, make, why):
    path = work / "notebooks" / "02_weights.ipynb"
    path.unlink()
    make(path)
    kind = path.lstat().st_mode
    assert layout.start(work).outdated == []
    ship("second", page="Another page.")
    said = told(update.update(work))
    assert f"02_weights.ipynb: left alone; it {why}" in said
    assert "conventions.md: brought up to date" in said
    assert path.lstat().st_mode == kind


def test_a_page_that_cannot_be_read_is_left_alone(ship, work):
    page = work / "book" / "conventions.md"
    page.unlink()
    page.mkdir()
    assert "conventions.md: left alone; it cannot be read" in told(update.update(work))


def socket_at(path):
    with socket.socket(socket.AF_UNIX) as listening:
        folder = os.open(path.parent, os.O_RDONLY)  # its whole name may be too long for a socket
        listening.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="without it, names are too long")
@pytest.mark.parametrize("make", [os.mkfifo, socket_at, lambda path: path.symlink_to("/dev/zero")])
def test_nobody_waits_for_what_is_no_file(ship, work, monkeypatch, capsys, make):
    monkeypatch.chdir(work)
    notebooks = work / "notebooks"
    path, page = notebooks / "02_weights.ipynb", work / "book" / "conventions.md"
    for taken in (path, page):
        taken.unlink()
        make(taken)
    for command in (["check", "02"], ["reset", "02"]):
        assert cli.main(command) == 2
        assert capsys.readouterr().err == f"course: {path} is no ordinary file\n"
    assert "conventions.md: left alone; it cannot be read (no ordinary" in told(update.update(work))
    for name in progress.FILES:
        make(notebooks / name)
    assert cli.main(["progress"]) == 0
    assert ".progress.jsonl could not be read: no ordinary file" in capsys.readouterr().err
    assert progress.record("weights-1", notebooks)
    assert "could not be saved" in capsys.readouterr().err
    (notebooks / ".class").mkdir()
    make(notebooks / ".class" / "class.json")
    assert cli.main(["leave"]) == 0
    with pytest.raises(Unreadable, match=r"^It is no ordinary file\.$"):
        open_notebook(path)


def test_start_puts_nothing_in_the_place_of_a_link_that_leads_nowhere(ship, tmp_path):
    link = tmp_path / "work" / "notebooks" / "02_weights.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to("elsewhere")
    assert "02_weights.ipynb" in layout.start(tmp_path / "work").there_already
    assert link.is_symlink()


def test_a_link_stays_one_and_who_may_read_a_file_stays_too(ship, work, tmp_path):
    link, path = work / "notebooks" / "02_weights.ipynb", tmp_path / "elsewhere.ipynb"
    link.rename(path)
    link.symlink_to(path)
    path.chmod(0o600)
    old = path.read_bytes()
    ship("second")
    update.update(work)
    assert link.is_symlink()
    assert b"second" in path.read_bytes()
    (copy,) = work.rglob("*.old-1.ipynb")
    assert copy.read_bytes() == old
    assert {p.stat().st_mode & 0o777 for p in (path, copy)} == {0o600}


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_copy_that_cannot_be_finished_is_not_begun(ship, work, monkeypatch, trouble):
    path = work / "notebooks" / "02_weights.ipynb"
    before = contents(work)
    ship("second")
    write = files._files.write_whole

    def fail(place, data):
        if ".old-" in place.name:
            raise trouble
        write(place, data)

    monkeypatch.setattr(files._files, "write_whole", fail)
    with pytest.raises(type(trouble)):
        update.update(work)
    assert path.read_bytes() == before["notebooks/02_weights.ipynb"]
    assert list(work.rglob("*.old-*")) == list(work.rglob("*.draft")) == []


def test_a_translation_is_a_notebook_of_its_own():
    english = chapter("first").encode()
    german = english.replace(b'"chapter":', b'"language": "de", "chapter":')
    for data, stem, other in (
        (english, "02_weights", "02_weights.de"),
        (german, "02_weights.de", "02_weights"),
    ):
        assert read_chapter(data, stem).cells
        with pytest.raises(NotOurs):
            read_chapter(data, other)


def test_an_old_notebook_without_ids_and_base_loses_nothing(ship, work):
    path = work / "notebooks" / "02_weights.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 4
    notebook.metadata["course"]["built"] = "0123456789abcdef"
    for cell in notebook.cells:
        del cell["id"]
    path.write_text(as_text(notebook))
    ship("second")
    said = told(update.update(work))
    assert "the version that you worked in is not known" in said
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert len(sources) == 4
    assert sources[2:] == [ANSWER, 'check("weights-1")']


def test_a_missing_chapter_is_laid_out_and_one_that_ended_is_left(ship, work):
    own = work / "notebooks" / "02_weights.ipynb"
    own.rename(own.with_name("13_gone.ipynb"))
    (work / ".course" / "shipped" / "13_gone.0.ipynb").touch()
    said = told(update.update(work))
    assert "02_weights.ipynb: laid out" in said
    assert "13_gone.ipynb: left alone; it is no longer part of the course" in said
    assert own.read_bytes() == chapter("first").encode()


def test_a_page_that_somebody_wrote_into_is_kept_beside_the_new_one(ship, work):
    page = work / "book" / "conventions.md"
    ship("first", page="The second page.")
    update.update(work)
    assert list(work.rglob("*.old-*")) == []
    page.write_text("my note")
    ship("first", page="The third page.")
    assert "kept as conventions.old-1.md" in told(update.update(work))
    assert page.read_text() == "The third page."
    assert page.with_name("conventions.old-1.md").read_text() == "my note"


@pytest.mark.parametrize("here", [".", "notebooks", "book", ".."])
def test_the_folder_is_found_from_here_below_and_above(work, here):
    assert working_folder(work / here) == work
    assert notebooks_folder(work / here) == work / "notebooks"


def test_a_working_folder_comes_before_the_notebooks_of_the_checkout(ship):
    top = ship("first")
    assert notebooks_folder(top) == top / "notebooks"
    layout.start(top / "work")
    assert notebooks_folder(top) == top / "work" / "notebooks"


def test_where_no_folder_is_or_several_are_the_message_says_what_to_do(ship, tmp_path):
    with pytest.raises(ValueError, match="course start FOLDER"):
        working_folder(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        working_folder(tmp_path / "nowhere")
    for name in ("a", "b"):
        layout.start(tmp_path / name)
    with pytest.raises(ValueError, match=r"several working folders are here \(a, b\)"):
        working_folder(tmp_path)


def test_the_commands_start_and_update(ship, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["start", "work"]) == 0
    solve(tmp_path / "work" / "notebooks" / "02_weights.ipynb")
    ship("second")
    assert cli.main(["update"]) == 0
    assert "kept: your answers to weights-1" in capsys.readouterr().out
    assert cli.main(["update", "nowhere"]) == 2
    assert "there is no folder" in capsys.readouterr().err
