"""Read notebooks that a learner, an editor or an old version of Jupyter may have changed."""

import json
import logging
import re
import warnings
from contextlib import contextmanager

import nbformat

from course_lib.chapters.reading import file_stem


class NotOurs(ValueError):
    """A file that is no notebook, or not the notebook of this chapter; the message says which."""


def read_notebook(data):
    """Return a notebook from the bytes of its file, with an id for every cell.

    Ids that lack (before nbformat 4.5) or are there twice are made up; such cells are recognised
    by what they say. What we have noted in metadata is left out where it is not as we note it.

    Raises
    ------
    NotOurs
        If the bytes are no notebook.
    """
    try:
        with _quietly():
            notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
            json.dumps(notebook, ensure_ascii=False).encode("utf-8")  # no half a character
            for place, cell in enumerate(notebook.cells):
                cell.setdefault("id", f"unnamed-{place}")
                _without(cell.metadata, "exercise", str)
            _without(notebook.metadata, "course", dict)
            notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever the damage leads to
        raise NotOurs(f"cannot be read ({type(error).__name__})") from None
    return notebook


def _without(metadata, name, kind):
    """Take a note out of metadata if it is of another kind."""
    if not isinstance(metadata.get(name, kind()), kind):
        del metadata[name]


def read_chapter(data, stem):
    """Return a notebook from its bytes, if it is the one of a file stem: "02_weights.de".

    Raises
    ------
    NotOurs
        If the bytes are no notebook or another one.
    """
    notebook = read_notebook(data)
    course = notebook.metadata.get("course", {})
    if file_stem(course.get("chapter"), course.get("language", "en")) != stem.partition("_")[2]:
        raise NotOurs("is not this chapter's notebook")
    return notebook


def built_of(notebook):
    """Return the hash of the version that a notebook was made from, or None."""
    built = str(notebook.metadata.get("course", {}).get("built"))
    return built if re.fullmatch("[0-9a-f]{16}", built) else None


@contextmanager
def _quietly():
    """Keep what nbformat says of old notebooks from the learner."""
    log = logging.getLogger("traitlets")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
