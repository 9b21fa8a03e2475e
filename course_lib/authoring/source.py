"""Read the source of a chapter as a notebook, and write what is made of it."""

import copy
import re
from functools import cache
from pathlib import Path

import jupytext

from course_lib.authoring import translation
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import SOLUTION, SourceError, answer_name, chapter_path, is_sample
from course_lib.language import say

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PAGES = ROOT / "book" / "chapters"
BIBLIOGRAPHY = ROOT / "book" / "references.bib"
# What the slides show besides what they show anyway: course_lib/authoring/slides/__init__.py.
MARK = re.compile(r"^% (?P<mark>slide|no slide)\n", re.M)


def stems():
    """Return the file stems of all chapters, "01_graph_view" and so on."""
    return [chapter_stem(number) for number in CHAPTERS]


def read_source(stem, spoken="en"):
    """Return the source of a chapter as a notebook: cells with solutions and directives in them.

    A translation also has a cell that speaks its language, and a sample says what it is.
    """
    path = chapter_path(stem, spoken)
    text = path.read_text(encoding="utf-8")
    notebook = _parsed(MARK.sub("", text))
    for cell in notebook.cells:
        if "exercise" in cell.metadata and len(SOLUTION.findall(cell.source + "\n")) != 1:
            raise SourceError(f"{path.name}: {cell.metadata['exercise']} needs one solution")
    if spoken != "en":
        sample = is_sample(stem, spoken)
        translation.compare_code(notebook.cells, read_source(stem).cells, path.name, sample=sample)
        if sample:
            notebook.cells = translation.marked_as_sample(notebook, stem)
        first_code = [cell.cell_type for cell in notebook.cells].index("code")
        notebook.cells.insert(first_code, translation.speaking_cell(spoken))
    return notebook


def read_marked(stem):
    """Return the source of a chapter as a notebook in which the marks for slides still stand."""
    text = chapter_path(stem).read_text(encoding="utf-8")
    return _parsed(text)


def _parsed(text):
    """Return a text as a notebook that may be changed: to copy one is faster than to read it."""
    return copy.deepcopy(_read(text))


@cache
def _read(text):
    return jupytext.reads(text, fmt="md:myst")


def without_solution(source):
    """Return an exercise cell as the learner finds it: dots where the solution was."""
    return SOLUTION.sub(_stub, source + "\n").rstrip("\n")


def _stub(found):
    indent = found["indent"]
    if indent:
        return f"{indent}return ...  # {say('your code here')}\n"
    return f"{answer_name(found['body'])} = ...  # {say('your answer here')}\n"


def write_files(folder, texts):
    """Write texts into a folder, by file name; return the paths."""
    paths = [Path(folder) / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_if_changed(path, text)
    return paths


def write_if_changed(path, text):
    """Write a file unless it says the same already; tell whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8", newline="\n")
    return True
