"""Notebooks of strangers as data: found, read and taken apart, and nothing in them run or trusted.

Whatever is wrong with a file is said of this file and stops no other.
"""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_lib import _files
from course_lib.authoring.notebooks import learner_notebook
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import tasks, views
from course_lib.exercises.matching import Unmatched, chapter_among
from course_lib.language import say

LARGEST = 32 << 20  # bytes of a file: outputs may hold images
MOST_BRACKETS = 500_000  # in a file; each may become an object in memory
MOST_CELLS = 2000
LONGEST_SOURCE = 1 << 20  # characters of all cells together
DEEPEST = 6  # folders
MOST_FILES = 20_000
CHECKED = re.compile(r"""\bcheck\(\s*(?:key\s*=\s*)?["']([a-z_]{1,40}-[0-9]{1,3})["']""")


class Unreadable(ValueError):
    """A submission that cannot be graded; the message is a sentence that says why."""


@dataclass(frozen=True)
class Cell:
    """A cell of code that counts.

    Attributes
    ----------
    source : str
    key : str or None
        Of the exercise whose cell it is.
    sliced : bool
        Whether it came with the course and was changed, so that only what is needed of it is run.
    """

    source: str
    key: str | None = None
    sliced: bool = False


@dataclass(frozen=True)
class Notebook:
    """What is taken from a submission: its chapter, its cells, and how many of them each key sees.

    Attributes
    ----------
    chapter : str
    cells : list of Cell
    seen : dict of str to int
        For each exercise of the chapter, how many cells stand above its end.
    """

    chapter: str
    cells: list
    seen: dict


def find_files(folder):
    """Return the notebooks below a folder as (path, problem or None), in the order of their names.

    No link is followed and nothing but ordinary files is opened. Hidden names and Jupyter's own
    copies are passed over.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(say("{folder} is no folder", folder=folder))
    found = list(_found(folder, 0))
    if len(found) > MOST_FILES:
        raise ValueError(
            say("{folder} holds more than {most} notebooks", folder=folder, most=MOST_FILES)
        )
    return sorted(found)


def _found(folder, depth):
    for entry in os.scandir(folder):
        path = Path(entry.path)
        named = path.suffix.lower() == ".ipynb"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            if named or entry.is_dir():
                yield path, say("It is a link. Put the file itself there.")
        elif entry.is_dir():
            if depth < DEEPEST:
                yield from _found(path, depth + 1)
            else:
                yield path, say("It lies too deep in folders.")
        elif named:
            ordinary = entry.is_file()
            yield path, None if ordinary else say("It is no ordinary file.")


def read_file(path):
    """Return the bytes of an ordinary file; never wait for one, never follow a link."""
    try:
        with _files.opened(path, follow=False) as file:
            data = file.read(LARGEST + 1)
    except _files.NoOrdinaryFile:
        raise Unreadable(say("It is no ordinary file.")) from None
    except OSError as error:
        raise Unreadable(say("It cannot be opened: {why}.", why=error.strerror)) from None
    if len(data) > LARGEST:
        raise Unreadable(
            say("It is larger than {most} MB. Clear its outputs and save it.", most=LARGEST >> 20)
        )
    return data


def take_apart(data, stem):
    """Return the `Notebook` in the bytes of a file.

    Parameters
    ----------
    data : bytes
    stem : str
        The file's name without its ending, which may tell the chapter.

    Raises
    ------
    Unreadable
    """
    cells = _code_cells(_parsed(data))
    text = {key.rpartition("-")[0] for source, _, _ in cells for key in CHECKED.findall(source)}
    keys = {key.rpartition("-")[0] for _, key, _ in cells if key}
    try:
        chapter = chapter_among(stem, (text | keys) & set(CHAPTERS.values()))
    except Unmatched as error:
        raise Unreadable(str(error)) from None
    return _of_chapter(cells, chapter)


def _parsed(data):
    if not data.strip():
        raise Unreadable(say("It is empty."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(say("It is not written in UTF-8.")) from None
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise Unreadable(say("It is no notebook: it has too many parts."))
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable(say("It is no notebook: its parts lie too deep in one another.")) from None
    except ValueError:
        raise Unreadable(say("It is no notebook: its JSON is broken.")) from None


def _code_cells(notebook):
    """Return (source, key or None, id) of the cells of code."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        if isinstance(notebook, dict) and "worksheets" in notebook:
            raise Unreadable(
                say("It is in Jupyter's old format. Open it in JupyterLab and save it.")
            )
        raise Unreadable(say("It is no notebook: it has no list of cells."))
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unreadable(say("It has more than {most} cells.", most=MOST_CELLS))
    cells = [_code_cell(cell) for cell in notebook["cells"]]
    cells = [cell for cell in cells if cell]
    if sum(len(source) for source, _, _ in cells) > LONGEST_SOURCE:
        raise Unreadable(say("Its code is longer than {most} characters.", most=LONGEST_SOURCE))
    return cells


def _code_cell(cell):
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        raise Unreadable(say("It is no notebook: one of its cells is none."))
    if cell["cell_type"] != "code":
        return None
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(say("It is no notebook: the source of a cell is no text."))
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:  # half a character, which JSON can write
        raise Unreadable(say("Its code holds characters that are none.")) from None
    metadata = cell.get("metadata")
    key = metadata.get("exercise") if isinstance(metadata, dict) else None
    identity = cell.get("id")
    return source, key if isinstance(key, str) else None, identity


def _of_chapter(cells, chapter):
    """Return a notebook without the cells that came with the course and are as they were."""
    shipped, keys = shipped_cells(chapter), list(tasks(chapter))
    kept, ends, checks = [], {}, {}
    for source, key, identity in cells:
        key = key if key in keys else None
        for checked in CHECKED.findall(source):
            checks.setdefault(checked, len(kept))
        known = isinstance(identity, str) and identity in shipped.identities
        if key is None and (source.strip() in shipped.sources or not source.strip()):
            continue
        kept.append(Cell(source, key, sliced=key is None and known))
        if key:
            ends[key] = len(kept)
    seen = {}
    for key in keys:
        places = [place for place in (ends.get(key), checks.get(key)) if place is not None]
        seen[key] = max(places, default=len(kept))
    return Notebook(chapter, kept, seen)


@dataclass(frozen=True)
class Shipped:
    """The code cells of a chapter as the course has them.

    Attributes
    ----------
    sources, identities : set of str
        Of all cells that are no exercise's, in all languages.
    above : dict of str to list of str
        The English ones above each exercise's.
    """

    sources: set
    identities: set
    above: dict


@cache
def shipped_cells(chapter):
    """Return the `Shipped` of a chapter."""
    sources, identities, above, passed = set(), set(), {}, []
    for stem, spoken in views([chapter_stem(chapter)]):
        for cell in learner_notebook(stem, spoken, cited=False).cells:
            if cell.cell_type != "code":
                continue
            key = cell.metadata.get("exercise")
            if key is None:
                sources.add(cell.source.strip())
                identities.add(cell.id)
            if spoken == "en":
                if key is None:
                    passed.append(cell.source)
                else:
                    above[key] = list(passed)
    return Shipped(sources, identities, above)
