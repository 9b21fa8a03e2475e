"""Open a notebook's file, whatever became of it, or say in a sentence why that cannot be done.

nbformat would warn of cells without an id or with one that is there twice, and complain in its log
of whatever else it would have written otherwise. None of that keeps a notebook from being judged.
"""

import codecs
import json
import re

from nbformat import v4

from course_lib import _files
from course_lib.language import languages, say

CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.M)
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FORMAT = 4


class Unreadable(ValueError):
    """A file that is no notebook; the message is a sentence that says why."""


def open_notebook(path):
    """Return the notebook in a file.

    Raises
    ------
    Unreadable
        If there is none in it.
    """
    try:
        data = _files.read(path)
    except _files.NoOrdinaryFile:
        raise Unreadable(say("It is no ordinary file.")) from None
    except OSError as error:
        raise Unreadable(say("It could not be opened: {why}.", why=error.strerror)) from None
    try:
        return _notebook(_content(data))
    except (RecursionError, AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(say("Its JSON is not that of a notebook.")) from None


def language_of(path, notebook):
    """Return the language that a notebook says it is in, or its name: "01_graph_view.de.ipynb"."""
    course = notebook.metadata.get("course")
    said = course.get("language") if isinstance(course, dict) else None
    codes = (said, path.stem.rpartition(".")[2])
    return next((code for code in codes if code in languages()), "en")


def _content(data):
    """Return what the JSON in a file stands for."""
    if data.startswith(MARKS) or b"\0" in data[:4]:
        raise Unreadable(
            say("It is not plain UTF-8. Save it so in an editor, without a mark at its start.")
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable(say("It is not written in UTF-8, or it is damaged.")) from None
    if not text.strip():
        raise Unreadable(say("It is empty."))
    try:
        return json.loads(text)
    except ValueError as error:
        if CONFLICT.search(text):
            raise Unreadable(
                say("It holds the marks of a conflict that git could not merge. Choose one side.")
            ) from None
        line = getattr(error, "lineno", 1)
        raise Unreadable(
            say("It is no JSON, as notebooks are, or it is damaged: line {line}.", line=line)
        ) from None


def _notebook(content):
    version = content["nbformat"] if isinstance(content, dict) else None
    if isinstance(version, int) and version != FORMAT:
        raise Unreadable(
            say(
                "It is in version {version} of the format; this course reads version {known}. "
                "Save it anew from JupyterLab.",
                version=version,
                known=FORMAT,
            )
        )
    for part in (content, *content["cells"]):
        if not isinstance(part.get("metadata"), dict):
            part["metadata"] = {}
        tags = part["metadata"].get("tags")
        part["metadata"]["tags"] = [t for t in tags or [] if isinstance(t, str)]
    notebook = v4.to_notebook(content)
    if not all(isinstance(cell.source, str) and cell.cell_type for cell in notebook.cells):
        raise TypeError("a cell without text")
    return notebook
