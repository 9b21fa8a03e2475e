"""Chapters in other languages: their code is the original's, and notebook and page work."""

import copy
import os

import nbformat
import pytest

from course_lib.authoring import (
    derived,
    markdown,
    notebooks,
    pages,
    source,
    tables,
    translation,
)
from course_lib.chapters.reading import SourceError, file_stem, is_sample, told, views
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.language import languages, speaking
from course_lib.working import shipped
from course_lib.working.reading import NotOurs, read_chapter
from tests.support.notebooks import nbval

TRANSLATED = [view for view in views(source.stems()) if view[1] != "en"]
STEM, SPOKEN = "01_graph_view", "de"
GERMAN = f"{STEM}.{SPOKEN}"


def is_stale(path, view):
    fresh = notebooks.as_text(notebooks.learner_notebook(*view))
    return not path.exists() or path.read_text(encoding="utf-8") != fresh


@pytest.mark.parametrize("view", TRANSLATED, ids="-".join)
class TestForm:
    def test_there_is_a_catalogue_and_the_committed_notebook_is_fresh(self, view):
        assert view[1] in languages()
        path = source.NOTEBOOKS / f"{file_stem(*view)}.ipynb"
        if path.exists() and notebooks.was_edited(path) and not os.environ.get("CI"):
            pytest.skip(f"{path.name} has somebody's work in it")
        assert not is_stale(path, view), "stale: run `course build`"

    def test_cells_have_ids_of_their_own_and_the_first_code_speaks(self, view):
        notebook = notebooks.learner_notebook(*view)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        code = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert code.source.endswith(f'speak("{view[1]}")')
        assert notebook.metadata["course"]["language"] == view[1]

    def test_each_exercise_stands_between_its_task_and_its_check_and_hints(self, view):
        cells = notebooks.learner_notebook(*view).cells
        keys = [cell.metadata["exercise"] for cell in cells if "exercise" in cell.metadata]
        assert keys == told(view[0], view[1]) != []
        for place, cell in enumerate(cells):
            if key := cell.metadata.get("exercise"):
                with speaking(view[1]):
                    task = find_exercise(key)
                assert task.title in cells[place - 1].source
                assert cells[place + 1].source == f'check("{key}")'
                assert cells[place + 2].source.count('<details class="hint">') == 2
                assert task.hints[0] in cells[place + 2].source

    def test_its_page_and_that_of_the_original_lead_to_one_another(self, view):
        stem, spoken = view
        assert f"({file_stem(*view)}.md)" in pages.page(stem).partition("\n## ")[0]
        assert f"({stem}.md)" in pages.page(stem, spoken).partition("\n## ")[0]


def test_a_stale_translation_is_seen(tmp_path):
    path = tmp_path / f"{GERMAN}.ipynb"
    path.write_text(notebooks.as_text(notebooks.learner_notebook(STEM, SPOKEN)), encoding="utf-8")
    assert not is_stale(path, (STEM, SPOKEN))
    path.write_text(path.read_text(encoding="utf-8").replace("Knoten", "Kanten"))
    assert is_stale(path, (STEM, SPOKEN))
    assert is_stale(tmp_path / "missing.ipynb", (STEM, SPOKEN))


def test_the_contents_list_every_translation():
    listed = [line.split()[-1] for line in tables.translated()]
    assert listed == [f"chapters/{file_stem(*view)}" for view in TRANSLATED]
    assert "\n".join(tables.translated()) in derived.derived_text("book.yml")


def test_a_sample_says_so_at_its_top_and_leads_on_at_its_end():
    first, *_, last = notebooks.learner_notebook(STEM, SPOKEN).cells
    assert "> **Ein Auszug**" in first.source
    assert f"]({STEM}.ipynb)" in last.source
    assert "Ein Auszug" in pages.page(STEM, SPOKEN)
    assert "[Deutsch (Auszug)]" in pages.page(STEM)
    assert "Auszug" not in notebooks.as_text(notebooks.learner_notebook(STEM))


def test_a_link_leads_to_the_translation_or_else_to_the_original():
    text = f"[a]({STEM}.md#x) [b]({STEM}.en.md) [c](02_weights.md) [d](../glossary.md)"
    with speaking(SPOKEN):
        notebook = markdown.plain_markdown(text, STEM)
        page = markdown.LINK.sub(markdown.page_link, text)
    assert notebook == (
        f"[a]({GERMAN}.ipynb#x) [b]({STEM}.ipynb) [c](02_weights.ipynb) [d](../book/glossary.md)"
    )
    assert page == f"[a]({GERMAN}.md#x) [b]({STEM}.md) [c](02_weights.md) [d](../glossary.md)"
    english = markdown.plain_markdown(text.replace(".en", ".de"), STEM)
    assert english.startswith(f"[a]({STEM}.ipynb#x) [b]({GERMAN}.ipynb)")


ORIGINAL = [
    'weights, tokens = load_attention("it_tired")\nprint(len(tokens), "tokens")',
    'def twice(x):\n    """Twice x."""\n    return 2 * x  # not squared',
    'draw(graph, title="Three tokens")\nfor w in weights:\n    print(f"{w:.1f} is a weight")',
]
READ = [
    'weights, tokens = load_attention("it_tired")\nprint(len(tokens), "Tokens")',
    'def twice(x):\n    """Das Doppelte von x."""\n    return 2 * x  # nicht das Quadrat',
    'draw(graph, title="Drei Tokens")\nfor w in weights:\n    print(f"Gewicht {w:.1f}")',
]


def cells_of(sources):
    return [nbformat.v4.new_code_cell(text) for text in sources]


def compare(translated, *, sample=False):
    original = [nbformat.v4.new_markdown_cell("Text."), *cells_of(ORIGINAL)]
    translation.compare_code(translated, original, "chapter.xx.md", sample=sample)


def test_what_a_reader_reads_in_code_may_be_translated():
    compare(cells_of(ORIGINAL))
    compare(cells_of(READ))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"it_tired"', '"it_far"'),
        ("2 * x", "x ** 2"),
        ("def twice", "def doppelt"),
        ("draw(graph, ", "draw(graph, layout='rows', "),
        ("{w:.1f}", "{w:.2f}"),
        ("len(tokens)", "len(weights)"),
    ],
)
def test_other_code_is_refused(old, new):
    cells = cells_of(text.replace(old, new) for text in READ)
    for sample in (False, True):
        with pytest.raises(SourceError, match=r"chapter.xx.md: chapter.md has no such code"):
            compare(cells, sample=sample)


def test_only_a_sample_may_leave_code_out_and_nobody_may_change_its_order():
    first, second, third = cells_of(READ)
    compare([first, third], sample=True)
    with pytest.raises(SourceError, match="no such code"):
        compare([first, third])
    with pytest.raises(SourceError, match="is missing, from here on: draw"):
        compare([first, second])
    with pytest.raises(SourceError, match="no such code"):
        compare([second, first], sample=True)
    unsaid = copy.deepcopy(second)
    unsaid.metadata["exercise"] = "weights-1"
    with pytest.raises(SourceError, match="no such code"):
        compare([first, unsaid], sample=True)


def test_headings_without_latin_letters_give_cells_ids():
    cells = [nbformat.v4.new_markdown_cell(f"## {text}") for text in ("注意", "行列", "GAT")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebooks._number_cells(notebook, "ja")
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == 3


def test_a_translation_is_laid_out_in_working_folders_unless_it_is_a_sample(monkeypatch):
    assert is_sample(STEM, SPOKEN)
    assert GERMAN not in shipped.file_stems()
    monkeypatch.setattr(shipped, "is_sample", lambda stem, spoken: False)  # translated whole
    shown = shipped.notebooks()
    found = {stem: shown[stem] for stem in (STEM, GERMAN)}  # whatever other languages there are
    for stem, data in found.items():
        assert read_chapter(data, stem).metadata["course"]["chapter"] == "graph_view"
    with pytest.raises(NotOurs, match="not this chapter"):
        read_chapter(found[STEM], GERMAN)
    with pytest.raises(NotOurs, match="not this chapter"):
        read_chapter(found[GERMAN], STEM)


def test_what_is_not_translated_is_told_in_english():
    english = [exercise.title for exercise in exercises_of(STEM)]
    with speaking(SPOKEN):
        german = [exercise.title for exercise in exercises_of(STEM)]
        assert exercises_of(STEM)[0].kind == "implement"
    assert len(german) == len(english)
    assert german[2:] == english[2:]
    assert not set(german[:2]) & set(english)


@pytest.mark.notebook
def test_a_solved_translation_passes_and_an_unsolved_one_is_told_so_in_its_language(tmp_path):
    nbformat.write(notebooks.solved_notebook(STEM, SPOKEN), tmp_path / "solved.ipynb")
    unsolved = notebooks.learner_notebook(STEM, SPOKEN)
    unsolved.cells = [cell for cell in unsolved.cells if cell.source != 'check("graph_view-2")']
    nbformat.write(unsolved, tmp_path / "unsolved.ipynb")
    run = nbval(tmp_path, "--course-hints", "-p", "tests.support.warm_kernels")
    # No chapter is passed by its sample, which leaves exercises out.
    left_out = {exercise.key for exercise in exercises_of(STEM)} - set(told(STEM, SPOKEN))
    assert {item for file, item in run.failures if file == "solved"} == left_out
    report = run.failures["unsolved", "graph_view-1"]
    assert report.startswith("○ graph_view-1: Noch nicht begonnen. In `edge_list` stehen")
    assert "Tipp: Zwei `for`-Schleifen" in report
    missing = run.failures["unsolved", "graph_view-2"]
    assert missing.startswith("graph_view-2: Die Aufgabe wurde nicht geprüft.")
    assert f"solved.ipynb: 2 von {2 + len(left_out)} Aufgaben gelöst" in run.output
