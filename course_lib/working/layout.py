"""Lay out a working folder."""

from dataclasses import dataclass, field
from pathlib import Path

from course_lib._files import read
from course_lib.working import shipped
from course_lib.working.files import is_there, write_whole
from course_lib.working.folder import base_path, is_started, mark_path, page_base_path, real
from course_lib.working.reading import NotOurs, built_of, read_chapter, read_notebook

ABOUT = b"""The course keeps here what it shipped. `course update` compares your notebooks with it,
to tell your work from its own text. Please leave it as it is.
"""


@dataclass
class Started:
    """What `start` did: the names of what it laid out, carried over, or found in the folder."""

    folder: Path
    anew: bool
    laid_out: list = field(default_factory=list)
    carried_over: list = field(default_factory=list)
    there_already: list = field(default_factory=list)
    unreadable: list = field(default_factory=list)
    outdated: list = field(default_factory=list)


def start(folder):
    """Lay out a working folder, and overwrite nothing.

    In a folder that was started before, nothing is done: what the installed course has in another
    version is only named. An update is never a surprise, because a notebook may be open just then,
    with work in it that is not saved yet.

    Raises
    ------
    ValueError
        If the folder is the course's own repository, whose notebooks belong to git.
    """
    folder = Path(folder)
    if not shipped.IN_WHEEL and real(folder) == shipped.TOP:
        raise ValueError("this is the course's own folder: choose another, `course start work`")
    notebooks = shipped.notebooks()
    pages = shipped.pages(notebooks)
    done = Started(folder, anew=not is_started(folder))
    if done.anew:
        carried = _carried_over(done)
        for name, data in (_files(notebooks, pages) | carried).items():
            path = folder / name
            if is_there(path):
                done.there_already.append(path.name)
            else:
                write_whole(path, data)
                (done.carried_over if name in carried else done.laid_out).append(path.name)
        for name, data in pages.items():
            write_whole(page_base_path(folder, name), data)
        for stem, data in notebooks.items():
            keep_base(folder, stem, data)
        # Last, for this makes it a working folder: who was interrupted can start once more.
        write_whole(mark_path(folder), ABOUT)
    done.outdated = _outdated(folder, notebooks)
    return done


def keep_base(folder, stem, data):
    """Keep a notebook as it was shipped, named by the hash that it carries."""
    path = base_path(folder, stem, built_of(read_notebook(data)))
    if not path.exists():
        write_whole(path, data)


def _files(notebooks, pages):
    """Return what a new working folder holds: name -> bytes."""
    laid_out = {f"notebooks/{stem}.ipynb": data for stem, data in notebooks.items()}
    return laid_out | {f"book/{name}": data for name, data in pages.items()}


def _carried_over(done):
    """Return what was done in the checkout's own notebooks, where learners once worked."""
    carried = {}
    for path in shipped.worked_in():
        try:
            data = read(path)
            read_notebook(data)
            carried[f"notebooks/{path.name}"] = data
        except NotOurs:
            done.unreadable.append(path.name)
    for path in shipped.progress_files():
        carried[f"notebooks/{path.name}"] = read(path)
    return carried


def _outdated(folder, notebooks):
    """Return the stems of the chapters that are new, or there in another version."""
    found = []
    for stem, data in notebooks.items():
        path = folder / "notebooks" / f"{stem}.ipynb"
        built = built_of(read_notebook(data))
        try:
            there = path.is_file() and built_of(read_chapter(read(path), stem))
        except (NotOurs, OSError):
            continue
        # A notebook that is gone, but was laid out once, is one that the learner took away.
        if there != built and (there or not base_path(folder, stem, built).exists()):
            found.append(stem)
    return found
