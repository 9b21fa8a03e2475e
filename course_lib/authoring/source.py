"""Read the source of a chapter: where things lie, solutions and the dots that replace them."""

import ast
import re
from pathlib import Path

import jupytext

from course_lib.chapters import CHAPTERS, chapter_folder, chapter_stem

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PAGES = ROOT / "book" / "chapters"
BIBLIOGRAPHY = ROOT / "book" / "references.bib"

SOLUTION = re.compile(
    r"^(?P<indent>[ ]*)### BEGIN SOLUTION\n(?P<body>.*?)^[ ]*### END SOLUTION\n?", re.M | re.S
)
DIRECTIVE = re.compile(r"^:::\{(?P<name>\w+)\}[ ]*(?P<title>.*)\n(?P<body>(?s:.*?))^:::[ ]*$", re.M)


class SourceError(ValueError):
    """A source that cannot be built; the message names the file and the place."""


def stems():
    """Return the file stems of all chapters, "01_graph_view" and so on."""
    return [chapter_stem(number) for number in CHAPTERS]


def read_source(stem):
    """Return the source of a chapter as a notebook: cells with solutions and directives in them."""
    path = chapter_folder(stem) / "chapter.md"
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    for cell in notebook.cells:
        if "exercise" in cell.metadata and len(SOLUTION.findall(cell.source + "\n")) != 1:
            raise SourceError(f"{path.name}: {cell.metadata['exercise']} needs one solution")
    return notebook


def solution_of(exercise):
    """Return the code of an exercise's solution, and the reason why it works."""
    code = why = None
    for cell in read_source(chapter_stem(exercise.chapter)).cells:
        if cell.metadata.get("exercise") == exercise.key:
            code = with_solution(cell.source)
        for found in DIRECTIVE.finditer(cell.source):
            if found["name"] == "solution" and found["title"].strip() == exercise.key:
                why = found["body"].strip()
    return code, why


def with_solution(source):
    """Return an exercise cell with its solution and without the markers."""
    return SOLUTION.sub(lambda found: found["body"], source + "\n").rstrip("\n")


def without_solution(source):
    """Return an exercise cell as the learner finds it: dots where the solution was."""
    return SOLUTION.sub(_stub, source + "\n").rstrip("\n")


def _stub(found):
    indent = found["indent"]
    if indent:
        return f"{indent}return ...  # your code here\n"
    assigned = [s for s in ast.parse(found["body"]).body if isinstance(s, ast.Assign)]
    answer = assigned[-1].targets[0].id  # what is assigned before is a step to it
    return f"{answer} = ...  # your answer here\n"


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
