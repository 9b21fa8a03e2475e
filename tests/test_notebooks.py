"""Whole chapters: they run, unsolved and solved, show the same again, and keep the course's form.

The book's pages are built from this run: see test_book.py.
"""

import ast
import re
import statistics
from html.parser import HTMLParser

import nbformat
import pytest

from course_lib import plots, widgets
from course_lib.authoring import notebooks, source
from course_lib.exercises.registry import exercises_of
from tests.support.chapters import (
    code_cells,
    differences,
    error_stream,
    speaks_to_the_learner,
    verdicts,
)
from tests.support.notebooks import nbval

STEMS = source.stems()
LONGEST_CELL = 25  # lines
MEDIAN_CELL = 7
WIDEST_LINE = 79  # characters: more would scroll sideways on the page


@pytest.mark.notebook
@pytest.mark.xdist_group("chapters")
@pytest.mark.parametrize("stem", STEMS)
class TestRun:
    def test_every_cell_runs_and_every_check_says_what_it_should(self, stem, chapter_runs):
        found = chapter_runs[stem]
        assert found.run.failures == {}
        assert found.run.status == 0
        assert len(found.run.passed) == len(found.ran) + len(exercises_of(stem))

    def test_exercises_are_not_attempted_and_then_passed(self, stem, chapter_runs):
        keys = [exercise.key for exercise in exercises_of(stem)]
        found = chapter_runs[stem]
        assert verdicts(found.unsolved) == [(key, "not attempted") for key in keys]
        assert verdicts(found.solved) == [(key, "passed") for key in keys]

    def test_nothing_is_printed_to_the_error_stream(self, stem, chapter_runs):
        found = chapter_runs[stem]
        assert error_stream(found.ran) == []

    def test_every_figure_has_a_text_alternative(self, stem, chapter_runs):
        found = chapter_runs[stem]
        assert figures_without_text(found.ran) == []


@pytest.mark.notebook
@pytest.mark.xdist_group("second run")
@pytest.mark.parametrize("stem", STEMS)
def test_a_second_run_shows_the_same(stem, chapter_runs, second_run):
    first = [cell for cell in chapter_runs[stem].solved if not speaks_to_the_learner(cell)]
    assert differences(second_run[stem], first) == []


class PictureTexts(HTMLParser):
    """Collects the text alternative of every picture in some HTML."""

    def __init__(self, html):
        super().__init__()
        self.texts = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.texts.append(dict(attributes).get("alt") or "")


def figures_without_text(cells):
    """Return the ids of cells that show a picture without saying what is on it.

    Neither JupyterLab nor MyST-NB takes a text alternative from an output's metadata, so a
    picture has to be HTML: a bare image/png never has one.
    """
    bare = []
    for cell in cells:
        for output in cell.outputs:
            data = output.get("data", {})
            texts = PictureTexts(data.get("text/html", "")).texts
            if "image/png" in data or any(len(text) < 20 for text in texts):
                bare.append(cell.id)
    return bare


def test_a_figure_without_text_is_caught():
    cell = nbformat.v4.new_code_cell("plot()", id="plot")
    for data in (
        {"image/png": "AAAA"},
        {"text/html": "<img src='x'>"},
        {"text/html": "<img alt=''>"},
    ):
        cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
        assert figures_without_text([cell]) == ["plot"]
    told = "<img alt='A heatmap of five tokens' src='x'>"
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": told})]
    assert figures_without_text([cell]) == []


def repeated_ids(notebook):
    """Return the ids that more than one cell has."""
    ids = [cell.id for cell in notebook.cells]
    return sorted({cell_id for cell_id in ids if ids.count(cell_id) > 1})


def too_large(notebook):
    """Return the ids of code cells with too many lines, or with lines that are too long."""
    cells = [(cell.id, cell.source.splitlines()) for cell in code_cells(notebook)]
    return [
        cell_id
        for cell_id, lines in cells
        if len(lines) > LONGEST_CELL or any(len(line) > WIDEST_LINE for line in lines)
    ]


SHOWN = {"show_source"} | {
    name
    for name in (*plots.__all__, *widgets.__all__)
    if name.islower() and name != "watch_training"
}


def statements_of(text):
    """Return the statements of a cell, in which `await` may stand outside of functions."""
    code = compile(text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code.body


def never_shown(notebook):
    """Return the ids of cells that make a figure or a listing and go on: only the last is shown."""
    lost = []
    for cell in code_cells(notebook):
        statements = statements_of(cell.source)
        made = [
            statement
            for statement in statements[:-1]
            if isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Call)
            and isinstance(statement.value.func, ast.Name)
            and statement.value.func.id in SHOWN
        ]
        lost += [cell.id] * bool(made)
    return lost


def test_a_listing_that_is_never_shown_is_caught():
    sources = {
        "one": "show_source(a)",
        "two": "show_source(a)\nshow_source(b)",
        "kept": "x = f()\nx",
    }
    cells = [nbformat.v4.new_code_cell(text, id=name) for name, text in sources.items()]
    assert never_shown(nbformat.v4.new_notebook(cells=cells)) == ["two"]


def test_repeated_ids_and_large_cells_are_caught():
    sources = {"a": "x = 1", "b": "x = 1\n" * 26, "c": "x" * 80}
    cells = [nbformat.v4.new_code_cell(text, id=name) for name, text in sources.items()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.cells.append(cells[0])
    assert repeated_ids(notebook) == ["a"]
    assert too_large(notebook) == ["b", "c"]


@pytest.mark.notebook
def test_plain_nbval_fails_at_each_unsolved_exercise_with_its_hint(tmp_path):
    notebooks.write_notebooks(tmp_path)
    plain = nbval(tmp_path, "--course-hints", files=["01_graph_view.ipynb"])
    keys = [exercise.key for exercise in exercises_of("graph_view")]
    assert plain.status == 1
    assert len(plain.failures) == len(keys)
    for key, report in zip(keys, plain.failures.values(), strict=True):
        assert report.startswith(f"○ {key}: Not attempted yet")
        assert "Hint: " in report


@pytest.mark.parametrize("stem", STEMS)
class TestForm:
    def test_cell_ids_are_unique_and_exercises_are_in_order(self, stem):
        notebook = notebooks.learner_notebook(stem)
        assert repeated_ids(notebook) == []
        keys = [c.metadata["exercise"] for c in notebook.cells if "exercise" in c.metadata]
        assert keys == [exercise.key for exercise in exercises_of(stem)]

    def test_each_exercise_is_followed_by_its_check_and_hints(self, stem):
        cells = notebooks.learner_notebook(stem).cells
        for place, cell in enumerate(cells):
            if "exercise" in cell.metadata:
                key = cell.metadata["exercise"]
                assert cell.metadata["tags"] == ["raises-exception"]
                assert f"### Exercise {key.rpartition('-')[2]}." in cells[place - 1].source
                assert cells[place + 1].source == f'check("{key}")'
                assert "tags" not in cells[place + 1].metadata
                assert cells[place + 2].source.startswith('<details class="hint">')

    def test_an_answer_s_name_is_used_for_nothing_else(self, stem):
        # Otherwise a cell that fails would leave another function of that name to be judged.
        others = "\n".join(
            cell.source
            for cell in code_cells(notebooks.learner_notebook(stem))
            if "exercise" not in cell.metadata
        )
        for exercise in exercises_of(stem):
            name = exercise.answer
            taken = rf"^\s*def {name}\b|^\s*{name}\s*=|import.*\b{name}\b"
            assert not re.search(taken, others, re.M), name

    def test_code_cells_are_short(self, stem):
        notebook = notebooks.solved_notebook(stem)
        assert too_large(notebook) == []
        assert (
            statistics.median(len(c.source.splitlines()) for c in code_cells(notebook))
            <= MEDIAN_CELL
        )

    def test_what_a_cell_makes_to_be_seen_is_shown(self, stem):
        assert never_shown(notebooks.solved_notebook(stem)) == []

    def test_the_chapter_has_its_parts(self, stem):
        cells = notebooks.learner_notebook(stem).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert "**The question:**" in text
        assert "After this chapter you can" in text
        for part in ("A picture first", "article's version", "Honest limits", "Recap"):
            assert part in text, part
        assert "../book/conventions.md" in text
        assert code_cells(notebooks.learner_notebook(stem))[-1].source.startswith("scorecard(")
        objectives = text.partition("After this chapter you can")[2].partition("**You need**")[0]
        assert 3 <= len(re.findall(r"^- ", objectives, re.M)) <= 5
        named = set(
            map(int, re.findall(r"\d+", " ".join(re.findall(r"\(exercises? .*?\)", objectives))))
        )
        assert named == {exercise.number for exercise in exercises_of(stem)}
