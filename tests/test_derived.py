"""What pages repeat of the chapters: written by the build, and fresh."""

import re

import pytest

from course_lib.authoring import derived
from course_lib.authoring.facts import fill
from course_lib.chapters import CHAPTERS, chapter_stem, reading
from course_lib.chapters.reading import SourceError, chapter_path, front_matter
from course_lib.exercises.registry import exercises_of


def is_stale(page):
    """Tell whether a page does not say what the chapters say today."""
    return (derived.ROOT / page).read_text(encoding="utf-8") != derived.derived_text(page)


@pytest.mark.parametrize("page", derived.PAGES)
def test_the_committed_page_is_fresh(page):
    assert not is_stale(page), "stale: run `course build`"


@pytest.fixture
def pages(monkeypatch, tmp_path):
    """A folder that stands for the project's, and a function that writes a page there."""
    monkeypatch.setattr(derived, "ROOT", tmp_path)

    def write(page, text):
        (tmp_path / page).parent.mkdir(exist_ok=True)
        (tmp_path / page).write_text(text)
        return page

    return write


def test_a_stale_number_is_seen_and_mended(pages):
    page = pages("book/index.md", "Solve <!-- =minutes weights 1 3 -->99<!-- = --> minutes.")
    assert is_stale(page)
    by_number = {exercise.number: exercise.minutes for exercise in exercises_of("weights")}
    right = f"Solve <!-- =minutes weights 1 3 -->{by_number[1] + by_number[3]}<!-- = --> minutes."
    assert derived.derived_text(page) == right


def test_a_table_has_a_row_for_each_chapter_and_links_from_where_it_lies(pages):
    for page, up in (("README.md", ""), ("book/index.md", "../")):
        text = derived.derived_text(pages(page, "<!-- =chapters -->\nold\n<!-- = -->\n"))
        links = re.findall(r"\]\((\S+?)\)", text)
        assert links == [f"{up}notebooks/{chapter_stem(number)}.ipynb" for number in CHAPTERS]
        assert "old" not in text
        assert derived.derived_text(pages(page, text)) == text


def test_the_contents_of_the_book_are_the_chapters(pages):
    page = pages("book.yml", "    chapters:\n      # =contents\n      # =\n  - caption: More\n")
    files = re.findall(r"file: chapters/(\S+)", derived.derived_text(page))
    assert files == [chapter_stem(number) for number in CHAPTERS]


def test_an_unknown_place_is_refused(pages):
    with pytest.raises(SourceError, match="nobody knows how to write 'chapter'"):
        derived.derived_text(pages("README.md", "<!-- =chapter -->x<!-- = -->"))


def test_the_glossary_says_which_chapter_brings_a_word(pages):
    text = (reading.chapter_folder("01").parents[2] / "book" / "glossary.md").read_text()
    idea = front_matter("weights")["ideas"][0]
    entry = re.search(rf"^### {re.escape(idea)}\n\n.+\n", text, re.M)[0]
    wrong = text.replace(entry, entry.replace("Chapter 2]", "Chapter 9]"))
    assert wrong != text
    assert derived.derived_text(pages("book/glossary.md", wrong)) == text
    with pytest.raises(SourceError, match=re.escape(idea)):
        derived.derived_text(pages("book/glossary.md", text.replace(entry, "")))


@pytest.mark.parametrize("chapter", CHAPTERS.values())
def test_what_a_chapter_needs_comes_earlier_and_is_linked_in_its_text(chapter):
    text = chapter_path(chapter).read_text(encoding="utf-8")
    paragraph = re.search(r"^\*\*You need\*\*.*?(?=\n\n)", text, re.M | re.S)[0]
    for name in front_matter(chapter)["needs"]:
        assert chapter_stem(name) < chapter_stem(chapter)
        assert f"]({chapter_stem(name)}.md)" in paragraph, name


def test_facts_of_a_chapter_are_filled_in():
    assert fill("{{question}}", "weights") == front_matter("weights")["question"]
    each = [exercise.minutes for exercise in exercises_of("weights")]
    assert fill("{{minutes 2}}", "weights") == str(each[1])
    solving = int(fill("{{solving}}", "weights"))
    assert solving % 5 == 0
    assert 0 <= solving - sum(each) < 5
    with pytest.raises(SourceError, match=r"nothing says what \{\{colour\}\} is"):
        fill("{{colour}}", "weights")
