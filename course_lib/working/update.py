"""Bring the installed version of the course into a working folder, and lose nothing."""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_lib._files import read
from course_lib.authoring.notebooks import as_text, fingerprint
from course_lib.working import shipped
from course_lib.working.files import copy_beside, is_there, renew, write_whole
from course_lib.working.folder import MARK, base_path, page_base_path
from course_lib.working.layout import keep_base
from course_lib.working.merge import Changes, merge
from course_lib.working.reading import NotOurs, built_of, read_chapter, read_notebook

UP_TO_DATE, LAID_OUT, UPDATED, LEFT_ALONE = "up to date", "laid out", "updated", "left alone"


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    name : str
        The file's.
    state : str
        UP_TO_DATE, LAID_OUT (it was missing), UPDATED or LEFT_ALONE.
    why : str
        Why it was left alone.
    copy : str
        The name of the copy of the old file; empty if the old one held nothing of a learner's.
    changes : Changes or None
        What became of the cells of an updated notebook.
    base_known : bool
        Whether the version that the learner worked in is known.
    """

    name: str
    state: str
    why: str = ""
    copy: str = ""
    changes: Changes | None = None
    base_known: bool = True


def update(folder):
    """Bring the installed version of every chapter and page; return an `Outcome` for each.

    A notebook that already is of this version is not touched, whatever was done in it. Of any
    other, an exact copy is put beside it before it is replaced, in one step. A missing notebook is
    laid out: to begin a chapter afresh, take the old one away.
    """
    folder = Path(folder)
    notebooks = shipped.notebooks()
    outcomes = []
    for stem, data in notebooks.items():
        # First, so that whatever interrupts us, the base of what lies in the folder is known.
        keep_base(folder, stem, data)
        outcomes.append(_update_notebook(folder, stem, data))
    outcomes += _not_shipped(folder, notebooks)
    pages = shipped.pages(notebooks)
    return outcomes + [_update_page(folder, name, data) for name, data in pages.items()]


def _update_notebook(folder, stem, data):
    path = folder / "notebooks" / f"{stem}.ipynb"
    fresh = read_notebook(data)
    if not is_there(path):
        write_whole(path, data)
        return Outcome(path.name, LAID_OUT)
    try:
        old = read(path)
        worked = read_chapter(old, stem)
    except OSError as error:  # a folder, a link that leads nowhere: no reason to stop here
        return Outcome(path.name, LEFT_ALONE, why=f"cannot be read ({error.strerror})")
    except NotOurs as reason:
        return Outcome(path.name, LEFT_ALONE, why=str(reason))
    if built_of(worked) == built_of(fresh):
        return Outcome(path.name, UP_TO_DATE)
    base = _base(folder, stem, worked)
    merged, changes = merge(base, worked, fresh)
    nbformat.validate(merged)
    if read(path) != old:
        return Outcome(path.name, LEFT_ALONE, why="was saved just now: close it, and update again")
    copy = "" if _is_as_shipped(folder, stem, worked, old) else copy_beside(path, old).name
    renew(path, as_text(merged).encode("utf-8"))
    return Outcome(path.name, UPDATED, copy=copy, changes=changes, base_known=base is not None)


def _not_shipped(folder, notebooks):
    """Return an outcome for each chapter of the folder that the installed course does not have."""
    for path in sorted((folder / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        stem = path.stem
        if stem in notebooks:
            continue
        if stem in shipped.file_stems():
            why = "was worked in at its source, and git does not have the original"
        elif any((folder / MARK / "shipped").glob(f"{stem}.*.ipynb")):
            why = "is no longer part of the course"
        else:
            continue
        yield Outcome(path.name, LEFT_ALONE, why=why)


def _base(folder, stem, worked):
    """Return the notebook that was shipped to a learner, or None."""
    built = built_of(worked)
    if built is None:
        return None
    if built == fingerprint(worked):
        return worked  # nobody worked in it
    path = base_path(folder, stem, built)
    data = read(path) if path.is_file() else shipped.earlier(stem, built)
    return read_notebook(data) if data else None


def _is_as_shipped(folder, stem, worked, data):
    """Tell whether a file is, byte for byte, one that we keep anyway."""
    path = base_path(folder, stem, built_of(worked))
    return path.is_file() and read(path) == data


def _update_page(folder, name, data):
    """Replace a page of ours; one that somebody wrote into is kept beside it."""
    path, base = folder / "book" / name, page_base_path(folder, name)
    state, copy = UP_TO_DATE, ""
    try:
        old = read(path) if is_there(path) else None
    except OSError as error:
        return Outcome(name, LEFT_ALONE, why=f"cannot be read ({error.strerror})")
    if old is None:
        state = LAID_OUT
    elif old != data:
        state = UPDATED
        if not base.is_file() or read(base) != old:
            copy = copy_beside(path, old).name
    if state != UP_TO_DATE:
        write_whole(path, data)
    write_whole(base, data)
    return Outcome(name, state, copy=copy)
