"""Make the learner's notebook, the solved notebook and the book's page from one source.

The source of a chapter is ``notebooks/source/NN_topic.md``, a MyST text notebook. On top of what
jupytext reads, it knows

- code cells with ``:exercise: weights-2``: the solution stands between ``### BEGIN SOLUTION`` and
  ``### END SOLUTION``; the learner finds dots in its place;
- ``:::{exercise} weights-2`` around the task, which gets its heading from the exercise's
  definition, and ``:::{solution} weights-2`` around the reason why the solution works, before
  which the hints appear;
- ``:::{note}`` and its kin, ``{cite:t}`` and ``{cite:p}``, and links to other ``.md`` pages.

In a notebook all of these become plain Markdown. The output is the same byte for byte each time.
"""

import ast
import copy
import hashlib
import re
from functools import cache
from pathlib import Path

import jupytext
import nbformat

from course_lib.exercises.registry import CHAPTERS, chapter_stem, find_exercise

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
SOURCES = NOTEBOOKS / "source"
PAGES = ROOT / "book" / "chapters"
BIBLIOGRAPHY = ROOT / "book" / "references.bib"

SOLUTION = re.compile(
    r"^(?P<indent>[ ]*)### BEGIN SOLUTION\n(?P<body>.*?)^[ ]*### END SOLUTION\n?", re.M | re.S
)
DIRECTIVE = re.compile(r"^:::\{(?P<name>\w+)\}[ ]*(?P<title>.*)\n(?P<body>(?s:.*?))^:::[ ]*$", re.M)
CITATION = re.compile(r"\{cite:(?P<kind>[tp])\}`(?P<keys>[^`]+)`")
LINK = re.compile(r"\]\((?P<up>(?:\.\./)*)(?P<stem>\w+)\.md(?P<anchor>#[\w-]*)?\)")
LEFT_OVER = re.compile(r"^:::|\{[a-z:]+\}`|^```\{", re.M)


class SourceError(ValueError):
    """A source that cannot be built; the message names the file and the place."""


def stems():
    """Return the file stems of all chapters, "01_graph_view" and so on."""
    return [chapter_stem(number) for number in CHAPTERS]


def read_source(stem):
    """Return the source of a chapter as a notebook: cells with solutions and directives in them."""
    path = SOURCES / f"{stem}.md"
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    for cell in notebook.cells:
        if "exercise" in cell.metadata and len(SOLUTION.findall(cell.source + "\n")) != 1:
            raise SourceError(f"{path.name}: {cell.metadata['exercise']} needs one solution")
    return notebook


def learner_notebook(stem):
    """Return the notebook that a learner opens: dots for solutions, plain Markdown, no outputs."""
    notebook = _plain_notebook(stem, solved=False)
    notebook.metadata["course"]["built"] = fingerprint(notebook)
    return notebook


def solved_notebook(stem):
    """Return the same notebook with the solutions in it."""
    return _plain_notebook(stem, solved=True)


def page(stem):
    """Return the book's page as MyST text: stub, folded hints, folded and executed solution."""
    notebook = read_source(stem)
    solutions, cells = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cells += _page_cells(cell, solutions)
        elif "exercise" in cell.metadata:
            solutions[cell.metadata["exercise"]] = with_solution(cell.source)
            stub = without_solution(cell.source)
            cells.append(nbformat.v4.new_markdown_cell(f"```python\n{stub}\n```"))
        elif not _speaks_to_the_learner(cell):
            cells.append(cell)
    notebook.cells = cells
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    return jupytext.writes(notebook, fmt="md:myst")


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


def fingerprint(notebook):
    """Return a hash of what the cells say, whatever their outputs."""
    said = "\0".join(f"{cell.cell_type}\0{cell.source}" for cell in notebook.cells)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def was_edited(path):
    """Tell whether somebody worked in a notebook since it was built."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # unreadable, so it is not what we wrote
        return True
    return notebook.metadata.get("course", {}).get("built") != fingerprint(notebook)


def write_notebooks(folder=NOTEBOOKS):
    """Write the learner's notebooks; one that somebody worked in is never touched.

    Returns
    -------
    list of str
        A line for each chapter that says what happened.
    """
    lines = []
    for stem in stems():
        path = Path(folder) / f"{stem}.ipynb"
        text = as_text(learner_notebook(stem))
        if not path.exists() or not was_edited(path):
            written = _write_if_changed(path, text)
            lines.append(f"{path.name}: {'written' if written else 'up to date'}")
        else:
            fresh = path.with_name(f"{stem}.new.ipynb")
            _write_if_changed(fresh, text)
            lines.append(f"{path.name}: has your work in it and was left alone; see {fresh.name}")
    return lines


def write_solved(folder):
    """Write the solved notebooks into a folder and return their paths."""
    return _write_all(folder, {f"{s}.ipynb": as_text(solved_notebook(s)) for s in stems()})


def write_pages(folder=PAGES):
    """Write the book's pages into a folder, where they changed, and return their paths."""
    return _write_all(folder, {f"{stem}.md": page(stem) for stem in stems()})


def as_text(notebook):
    """Return a notebook as the text of its file."""
    return nbformat.writes(notebook, version=4) + "\n"


def _plain_notebook(stem, *, solved):
    source = read_source(stem)
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
    for cell in source.cells:
        cell = copy.deepcopy(cell)
        key = cell.metadata.get("exercise")
        if cell.cell_type == "markdown":
            cell.source = _plain_markdown(cell.source, stem)
        elif key and solved:
            cell.source = with_solution(cell.source)
        elif key:
            cell.source = without_solution(cell.source)
            cell.metadata["tags"] = ["raises-exception"]
        notebook.cells.append(cell)
    _number_cells(notebook)
    nbformat.validate(notebook)
    return notebook


def _number_cells(notebook):
    """Give each cell an id that outlives changes elsewhere: its section and its place in it."""
    section, place = "opening", 0
    for cell in notebook.cells:
        heading = re.search(r"^#{1,4} (.+)$", cell.source, re.M)
        if cell.cell_type == "markdown" and heading:
            words = re.findall(r"[a-z0-9]+", heading[1].lower())
            section, place = "-".join(words)[:50], 0
        cell.id = cell.metadata.get("exercise") or f"{section}-{place}"
        place += 1


def _stub(found):
    indent = found["indent"]
    if indent:
        return f"{indent}return ...  # your code here\n"
    names = [
        target.id
        for statement in ast.parse(found["body"]).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    ]
    return "".join(f"{name} = ...  # your answer here\n" for name in names)


def _speaks_to_the_learner(cell):
    """Tell whether a code cell is of no use to a reader of the page: checks and scorecards."""
    return re.match(r"(check|scorecard)\(", cell.source) is not None


def _plain_markdown(text, stem):
    text = DIRECTIVE.sub(_plain_directive, text)
    text = CITATION.sub(_plain_citation, text)
    text = LINK.sub(_notebook_link, text)
    left = LEFT_OVER.search(text)
    if left:
        raise SourceError(f"{stem}.md: {left[0]!r} cannot be shown in a notebook")
    return text


def _plain_directive(found):
    name, title, body = found["name"], found["title"].strip(), found["body"].strip()
    if name == "exercise":
        return _task(title, body)
    if name == "solution":
        return _hints(title) + (
            f"\n\nThe solution, and why it works: `!course solution {title}` in a cell, or the book."
        )
    quoted = "\n".join(f"> {line}".rstrip() for line in body.splitlines())
    return f"> **{title or name.capitalize()}**\n>\n{quoted}"


def _task(key, body):
    exercise = find_exercise(key)
    return (
        f"### Exercise {exercise.number}. {exercise.title}\n\n"
        f"*{exercise.kind.capitalize()}, about {exercise.minutes} minutes.*\n\n{body}"
    )


def _hints(key):
    return "\n\n".join(
        f'<details class="hint">\n<summary>Hint {number}</summary>\n\n{hint}\n\n</details>'
        for number, hint in enumerate(find_exercise(key).hints, start=1)
    )


def _page_cells(cell, solutions):
    """Return the cells of a page for a text cell; a solution brings a code cell of its own."""
    cells, start, text = [], 0, cell.source
    for found in DIRECTIVE.finditer(text):
        if found["name"] not in ("exercise", "solution"):
            continue
        cells.append(text[start : found.start()])
        key, body = found["title"].strip(), found["body"].strip()
        if found["name"] == "exercise":
            cells.append(_task(key, body))
        else:
            opening = '<details class="solution">\n<summary>Solution</summary>'
            cells += [f"{_hints(key)}\n\n{opening}", nbformat.v4.new_code_cell(solutions[key])]
            cells.append(f"{body}\n\n</details>")
        start = found.end()
    cells.append(text[start:])
    return [
        nbformat.v4.new_markdown_cell(part.strip()) if isinstance(part, str) else part
        for part in cells
        if not isinstance(part, str) or part.strip()
    ]


def _notebook_link(found):
    anchor = found["anchor"] or ""
    if found["stem"] in stems():
        return f"]({found['stem']}.ipynb{anchor})"
    return f"](../book/{found['stem']}.md{anchor})"


def _plain_citation(found):
    references = [_reference(key.strip()) for key in found["keys"].split(",")]
    if found["kind"] == "t":
        return ", ".join(f"[{names} ({year})]({url})" for names, year, url in references)
    return f"({'; '.join(f'[{names}, {year}]({url})' for names, year, url in references)})"


def _reference(key):
    """Return the names, the year and the address of a work in the bibliography."""
    try:
        entry = _bibliography().entries[key]
    except KeyError:
        raise SourceError(f"{BIBLIOGRAPHY.name} has no work {key!r}") from None
    names = [" ".join(person.last_names) for person in entry.persons["author"]]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    return " and ".join(names), entry.fields["year"], entry.fields["url"]


@cache
def _bibliography():
    # Only authors build notebooks, so only they need the book's extra.
    from pybtex.database import parse_file

    return parse_file(str(BIBLIOGRAPHY))


def _write_all(folder, texts):
    for name, text in texts.items():
        _write_if_changed(Path(folder) / name, text)
    return [Path(folder) / name for name in texts]


def _write_if_changed(path, text):
    """Write a file unless it says the same already; tell whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8", newline="\n")
    return True
