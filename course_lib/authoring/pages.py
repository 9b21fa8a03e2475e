"""Make the book's pages: stub, folded hints, folded and executed solution."""

import re

import jupytext
import nbformat

from course_lib.authoring.facts import fill
from course_lib.authoring.markdown import (
    LINK,
    hints,
    page_link,
    task,
    without_hints,
)
from course_lib.authoring.quizzes import page_cells, with_quiz
from course_lib.authoring.source import (
    PAGES,
    read_source,
    stems,
    without_solution,
    write_files,
)
from course_lib.authoring.translation import below_title, other_languages
from course_lib.chapters.reading import DIRECTIVE, file_stem, views, with_solution
from course_lib.language import chosen, say, speaking


def page(stem, spoken="en"):
    """Return the book's page as MyST text: stub, folded hints, folded and executed solution.

    The title carries the chapter's own number: a table of contents would count without the gaps
    that chapters still to come leave.
    """
    with speaking(spoken):
        return jupytext.writes(_page_notebook(stem, spoken), fmt="md:myst")


def _page_notebook(stem, spoken):
    notebook = read_source(stem, spoken)
    solutions, cells = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill(cell.source, stem)
            cells += _page_cells(cell, solutions)
        elif "exercise" in cell.metadata:
            solutions[cell.metadata["exercise"]] = with_solution(cell.source)
            stub = without_solution(cell.source)
            cells.append(nbformat.v4.new_markdown_cell(f"```python\n{stub}\n```"))
        elif not _speaks_to_the_learner(cell):
            cells.append(cell)
    cells = with_quiz(cells, page_cells(stem, spoken))
    cells[0].source = f"# {int(stem[:2])}. {cells[0].source.removeprefix('# ')}"
    if others := other_languages(stem, spoken):
        cells[0].source = below_title(cells[0].source, others)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(page_link, cell.source)
    notebook.cells = cells
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    return notebook


def write_pages(folder=PAGES):
    """Write the book's pages into a folder, where they changed, and return their paths."""
    texts = {f"{file_stem(*view)}.md": page(*view) for view in views(stems())}
    return write_files(folder, texts)


def _speaks_to_the_learner(cell):
    """Tell whether a code cell is of no use to a reader of the page: checks and scorecards."""
    return re.match(r"(check|scorecard)\(", cell.source) is not None


def _page_cells(cell, solutions):
    """Return the cells of a page for a text cell; a solution brings a code cell of its own."""
    cells, start, text = [], 0, without_hints(cell.source)
    for found in DIRECTIVE.finditer(text):
        if found["name"] not in ("exercise", "solution"):
            continue
        cells.append(text[start : found.start()])
        key, body = found["title"].strip(), found["body"].strip()
        if found["name"] == "exercise":
            place = f"({key})=\n" if chosen() == "en" else ""  # other pages link to it
            cells.append(place + task(key, body))
        else:
            opening = f'<details class="solution">\n<summary>{say("Solution")}</summary>'
            cells += [f"{hints(key)}\n\n{opening}", nbformat.v4.new_code_cell(solutions[key])]
            cells.append(f"{body}\n\n</details>")
        start = found.end()
    cells.append(text[start:])
    return [
        nbformat.v4.new_markdown_cell(part.strip()) if isinstance(part, str) else part
        for part in cells
        if not isinstance(part, str) or part.strip()
    ]
