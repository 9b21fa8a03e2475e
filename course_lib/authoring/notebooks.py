"""Make the notebook that a learner opens and the solved one; never overwrite anybody's work."""

import copy
import hashlib
import re
from pathlib import Path

import nbformat

from course_lib.authoring.addresses import install_cell, repository
from course_lib.authoring.markdown import CITATION, farewell, plain_markdown, welcome
from course_lib.authoring.quizzes import notebook_cells, with_quiz
from course_lib.authoring.source import (
    NOTEBOOKS,
    read_source,
    stems,
    without_solution,
    write_files,
    write_if_changed,
)
from course_lib.chapters.reading import file_stem, views, with_solution
from course_lib.exercises.opening import open_notebook
from course_lib.language import speaking


def learner_notebook(stem, spoken="en", *, cited=True):
    """Return the notebook that a learner opens: dots for solutions, plain Markdown, no outputs.

    Without what it cites it can be built where there is no bibliography, as in a wheel.
    """
    notebook = _plain_notebook(stem, spoken, solved=False, cited=cited)
    if address := repository():
        installing = nbformat.v4.new_code_cell(install_cell(address), id="install")
        notebook.cells.insert(1, installing)
    notebook.metadata["course"]["built"] = fingerprint(notebook)
    return notebook


def solved_notebook(stem, spoken="en"):
    """Return the same notebook with the solutions in it."""
    return _plain_notebook(stem, spoken, solved=True)


def fingerprint(notebook):
    """Return a hash of what the cells say, whatever their outputs."""
    said = "\0".join(f"{cell.cell_type}\0{cell.source}" for cell in notebook.cells)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def was_edited(path):
    """Tell whether somebody worked in a notebook since it was built."""
    try:
        notebook = open_notebook(path)
        return notebook.metadata["course"]["built"] != fingerprint(notebook)
    except (ValueError, KeyError, TypeError):  # not what we wrote
        return True


def write_notebooks(folder=NOTEBOOKS):
    """Write the learner's notebooks; one that somebody worked in is never touched.

    Returns
    -------
    list of str
        A line for each chapter in each language that says what happened.
    """
    lines = []
    for stem, spoken in views(stems()):
        path = Path(folder) / f"{file_stem(stem, spoken)}.ipynb"
        text = as_text(learner_notebook(stem, spoken))
        if not path.exists() or not was_edited(path):
            written = write_if_changed(path, text)
            lines.append(f"{path.name}: {'written' if written else 'up to date'}")
        else:
            fresh = path.with_suffix(".new.ipynb")
            write_if_changed(fresh, text)
            lines.append(f"{path.name}: has your work in it and was left alone; see {fresh.name}")
    return lines


def write_solved(folder):
    """Write the solved notebooks into a folder and return their paths."""
    texts = {
        f"{file_stem(*view)}.ipynb": as_text(solved_notebook(*view)) for view in views(stems())
    }
    return write_files(folder, texts)


def as_text(notebook):
    """Return a notebook as the text of its file."""
    return nbformat.writes(notebook, version=4) + "\n"


def _plain_notebook(stem, spoken, *, solved, cited=True):
    with speaking(spoken):
        source = read_source(stem, spoken)
        if not cited:
            for cell in source.cells:
                cell.source = CITATION.sub("", cell.source)
        return _built(source, stem, spoken, solved=solved)


def _built(source, stem, spoken, *, solved):
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
            "course": {"chapter": stem.partition("_")[2]},
        }
    )
    if spoken != "en":
        notebook.metadata["course"]["language"] = spoken
    cells = copy.deepcopy(source.cells)
    cells[0].source += f"\n\n{welcome()}"
    cells[-1].source += farewell(stem)
    for cell in cells:
        key = cell.metadata.get("exercise")
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, stem)
        elif key and solved:
            cell.source = with_solution(cell.source)
        elif key:
            cell.source = without_solution(cell.source)
            cell.metadata["tags"] = ["raises-exception"]
    notebook.cells = with_quiz(cells, notebook_cells(stem, spoken))
    _number_cells(notebook, spoken)
    nbformat.validate(notebook)
    return notebook


def _number_cells(notebook, spoken):
    """Give each cell an id that outlives changes elsewhere: its section and its place in it.

    Ids are ASCII, which headings of another language need not be: its sections are numbered.
    """
    section, place, count = "opening", 0, 0
    for cell in notebook.cells:
        heading = re.search(r"^#{1,4} (.+)$", cell.source, re.M)
        if cell.cell_type == "markdown" and heading:
            words = re.findall(r"[a-z0-9]+", heading[1].lower())
            count += 1
            section, place = "-".join(words)[:50] if spoken == "en" else f"section-{count}", 0
        cell.id = cell.metadata.get("exercise") or f"{section}-{place}"
        place += 1
