"""One source, three views: the builder's rules, and that the committed notebooks are fresh."""

import os
import re

import nbformat
import pytest

from course_lib.authoring import markdown, notebooks, pages, source
from course_lib.chapters import CHAPTERS, reading
from course_lib.chapters.reading import SourceError
from course_lib.exercises.registry import exercises_of

STEMS = source.stems()
HEADER = "---\nkernelspec:\n  display_name: Python 3\n  name: python3\n---\n\n"
SOLVED_CELL = """def twice(x):
    \"\"\"Twice x.\"\"\"
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""


@pytest.fixture
def course(monkeypatch, tmp_path):
    """A course of one chapter, whose source a test may write."""
    monkeypatch.setattr(source, "chapter_path", lambda stem, spoken="en": tmp_path / "chapter.md")
    for module in (notebooks, pages):
        monkeypatch.setattr(module, "stems", lambda: ["02_weights"])

    def write(text):
        (tmp_path / "chapter.md").write_text(HEADER + text)

    write(
        f"# Title\n\nText.\n\n```{{code-cell}} python\n:exercise: weights-1\n{SOLVED_CELL}\n```\n"
    )
    return write


def test_the_solution_becomes_dots_and_back():
    assert "return 2 * x" in reading.with_solution(SOLVED_CELL)
    stub = source.without_solution(SOLVED_CELL)
    assert stub.endswith('    """Twice x."""\n    return ...  # your code here')
    assert "###" not in stub + reading.with_solution(SOLVED_CELL)


def test_a_value_keeps_its_name():
    cell = "### BEGIN SOLUTION\nstep, other = 3, 4\nanswer = (step,\n     2)\n### END SOLUTION"
    assert source.without_solution(cell) == "answer = ...  # your answer here"


def test_an_exercise_without_a_solution_is_refused(course):
    course("# T\n\n```{code-cell} python\n:exercise: weights-1\nx = 1\n```\n")
    with pytest.raises(SourceError, match="weights-1 needs one solution"):
        notebooks.learner_notebook("02_weights")


@pytest.mark.parametrize(
    "left",
    [":::{unclosed}\ntext", ":::{figure} x.png\n:::", "{term}`node`", "```{figure} x.png\n```"],
)
def test_what_a_notebook_cannot_show_is_refused(left):
    with pytest.raises(SourceError, match="cannot be shown in a notebook"):
        markdown.plain_markdown(f"Text.\n\n{left}\n", "02_weights")


def test_directives_become_plain_markdown():
    text = ":::{note} Mind this\nFirst.\n\nSecond.\n:::\n\n:::{solution} weights-1\nWhy.\n:::\n"
    plain = markdown.plain_markdown(text, "02_weights")
    assert "> **Mind this**\n>\n> First.\n>\n> Second." in plain
    assert plain.count("<details") == 2
    assert "Why." not in plain
    assert ":::" not in plain


def test_links_and_citations_work_where_the_notebook_lies():
    text = "[one](01_graph_view.md#here) [two](../conventions.md) {cite:t}`vaswani2017`"
    plain = markdown.plain_markdown(text, "02_weights")
    assert "[one](01_graph_view.ipynb#here)" in plain
    assert "[two](../book/conventions.md)" in plain
    assert re.search(r"\[Vaswani et al\. \(2017\)\]\(https://\S+\)", plain)
    with pytest.raises(SourceError, match="no work 'nobody1900'"):
        markdown.plain_markdown("{cite:p}`nobody1900`", "02_weights")


@pytest.mark.parametrize("stem", STEMS)
def test_a_build_is_the_same_each_time(stem):
    first = notebooks.as_text(notebooks.learner_notebook(stem))
    assert first == notebooks.as_text(notebooks.learner_notebook(stem))
    assert pages.page(stem) == pages.page(stem)


def is_stale(path, stem):
    """Tell whether a notebook is not what its source makes today."""
    fresh = notebooks.as_text(notebooks.learner_notebook(stem))
    return not path.exists() or path.read_text(encoding="utf-8") != fresh


@pytest.mark.parametrize("stem", STEMS)
def test_the_committed_notebook_is_fresh(stem):
    path = source.NOTEBOOKS / f"{stem}.ipynb"
    if path.exists() and notebooks.was_edited(path) and not os.environ.get("CI"):
        pytest.skip(f"{path.name} has somebody's work in it")
    assert not is_stale(path, stem), "stale: run `course build`"


def test_a_stale_notebook_is_seen(course, tmp_path):
    notebooks.write_notebooks(tmp_path)
    path = tmp_path / "02_weights.ipynb"
    assert not is_stale(path, "02_weights")
    course("# Title\n\nA sentence more.\n")
    assert is_stale(path, "02_weights")
    assert is_stale(tmp_path / "missing.ipynb", "02_weights")


def leaked(learner, stem):
    """Return the exercises whose solution can be read in a learner's notebook."""
    text = "\n".join(cell.source for cell in learner.cells)
    leaks = ["a marker"] if "SOLUTION" in text else []
    for cell in source.read_source(stem).cells:
        for found in reading.SOLUTION.finditer(cell.source + "\n"):
            if found["body"].strip() in text:
                leaks.append(cell.metadata["exercise"])
    return leaks


@pytest.mark.parametrize("stem", STEMS)
def test_no_solution_reaches_a_learner(stem):
    assert leaked(notebooks.learner_notebook(stem), stem) == []


def test_a_leaked_solution_is_seen(course):
    assert leaked(notebooks.solved_notebook("02_weights"), "02_weights") == ["weights-1"]
    assert leaked(source.read_source("02_weights"), "02_weights") == ["a marker", "weights-1"]


@pytest.mark.parametrize("stem", STEMS)
def test_the_page_shows_stub_hints_and_solution(stem):
    page = pages.page(stem)
    exercises = [c for c in source.read_source(stem).cells if "exercise" in c.metadata]
    assert page.count("<summary>Solution</summary>") == len(exercises) >= 5
    assert page.count('<details class="hint">') == 2 * len(exercises)
    assert page.count("<details") == page.count("</details>")
    assert len(re.findall(r"^check\(|^scorecard\(", page, re.M)) == 0
    assert "BEGIN SOLUTION" not in page


def test_an_edited_notebook_is_never_overwritten(course, tmp_path):
    folder = tmp_path / "work"
    assert notebooks.write_notebooks(folder) == ["02_weights.ipynb: written"]
    assert notebooks.write_notebooks(folder) == ["02_weights.ipynb: up to date"]
    path = folder / "02_weights.ipynb"

    course("# Another title\n")  # an update reaches a notebook that nobody worked in
    assert notebooks.write_notebooks(folder) == ["02_weights.ipynb: written"]

    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n\nMy own note."
    nbformat.write(notebook, path)
    mine = path.read_bytes()
    course("# A third title\n")
    (line,) = notebooks.write_notebooks(folder)
    assert "left alone" in line
    assert "02_weights.new.ipynb" in line
    assert path.read_bytes() == mine
    assert "A third title" in (folder / "02_weights.new.ipynb").read_text()

    path.write_text("not a notebook at all")  # nor is anything else that lies there
    notebooks.write_notebooks(folder)
    assert path.read_text() == "not a notebook at all"


def test_running_a_notebook_is_no_edit(course, tmp_path):
    notebooks.write_notebooks(tmp_path)
    path = tmp_path / "02_weights.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text="seen")]
    nbformat.write(notebook, path)
    assert not notebooks.was_edited(path)


@pytest.mark.parametrize("chapter", CHAPTERS.values())
def test_solutions_can_be_read_in_a_terminal(chapter):
    for exercise in exercises_of(chapter):
        assert "SOLUTION" not in exercise.solution
        assert not markdown.CITATION.search(exercise.reason), exercise.key
