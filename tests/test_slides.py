"""Decks: made of any chapter, alive without a network, and no slide holds more than it shows."""

import re

import jupytext
import pytest

from course_lib.authoring.notebooks import learner_notebook
from course_lib.authoring.plans import read_plan
from course_lib.authoring.serving import serving
from course_lib.authoring.slides import deck as decks
from course_lib.authoring.slides.notes import notes_of
from course_lib.authoring.slides.parts import slides_from, slides_of
from course_lib.authoring.source import MARK, read_marked, stems
from tests.support.reading import reading

pytestmark = pytest.mark.xdist_group("slides")
CELL = "```{code-cell} python\n%s\n```"
SOURCE = f"""# A chapter

## First

A **word** is told. Another sentence is not.

- no
- list

$$a = b$$

{CELL % "attention_explorer(weights)"}

## Second

Nothing in bold here. Two sentences stand in. A third does not.

{CELL % "x = 1"}
"""


def slides_in(text):
    return slides_from(jupytext.reads(text, fmt="md:myst").cells)


def told(text):
    return [(slide.kind, slide.heading, slide.blocks) for slide in slides_in(text)]


def test_a_chapter_without_marks_gives_headings_terms_formulas_and_live_figures():
    assert told(SOURCE) == [
        ("title", "A chapter", []),
        ("text", "First", ["A **word** is told.", "$$a = b$$"]),
        ("code", "First", []),
        ("text", "Second", ["Nothing in bold here. Two sentences stand in."]),
    ]


def test_marks_show_and_hide():
    shown = SOURCE.replace("- no\n", "% slide\n- no\n")
    assert "- no\n- list" in slides_in(shown)[1].blocks
    hidden = SOURCE.replace("$$a", "% no slide\n$$a")
    assert slides_in(hidden)[1].blocks == ["A **word** is told."]
    without = SOURCE.replace(CELL % "attention", "").replace(
        "```{code-cell} python\nattention", "% no slide\n```{code-cell} python\nattention"
    )
    assert "code" not in {slide.kind for slide in slides_in(without)}
    printed = SOURCE.replace("```{code-cell} python\nx", "% slide\n```{code-cell} python\nx")
    assert [slide.cell for slide in slides_in(printed) if slide.kind == "code"] == [0, 1]


def test_neither_notebook_nor_page_knows_of_the_marks():
    marked = [stem for stem in stems() if MARK.search(read_text(stem))]
    assert len(marked) >= 5
    for stem in marked:
        cells = learner_notebook(stem).cells
        assert not any(
            re.search(r"^% ", c.source, re.M) for c in cells if c.cell_type == "markdown"
        )


def read_text(stem):
    return "\n".join(f"{cell.source}\n" for cell in read_marked(stem).cells)


@pytest.mark.parametrize("stem", stems())
def test_every_chapter_gives_a_deck_of_a_length_that_can_be_shown(stem):
    slides = slides_of(stem)
    assert 12 <= len(slides) <= 30
    assert slides[0].kind == "title"
    keys = [slide.exercise for slide in slides if slide.exercise]
    assert keys == re.findall(r"^:::\{exercise\} (\S+)", read_text(stem), re.M)
    assert any(slide.live for slide in slides)
    headings = re.findall(r"^## (.+)", read_text(stem), re.M)
    assert list(dict.fromkeys(s.heading for s in slides if s.heading in headings)) == headings


@pytest.mark.parametrize("stem", stems())
def test_notes_hold_the_plan_and_each_misconception_stands_at_its_exercise(stem):
    slides, plan = slides_of(stem), read_plan(stem)
    notes = dict(
        zip([s.exercise or s.heading for s in slides], notes_of(stem, slides), strict=True)
    )
    assert all(step.what in notes_of(stem, slides)[0] for step in plan.steps)
    met = [wrong for wrong in plan.misconceptions if wrong.where.startswith("exercise")]
    name = slides[next(i for i, s in enumerate(slides) if s.exercise)].exercise.rpartition("-")[0]
    for wrong in met:
        assert wrong.belief in notes[f"{name}-{wrong.where.split()[1]}"]


def test_long_texts_are_split():
    assert decks.split(["x" * 500, "y" * 500, "$$z$$"]) == [["x" * 500], ["y" * 500], ["$$z$$"]]
    assert decks.split(["a", "b"]) == [["a", "b"]]


# In a browser.

OVERFLOWING = """() => [...document.querySelectorAll(".slides > section")].flatMap((slide) => {
  const out = [...slide.querySelectorAll(".body *")].filter((part) => {
    const { bottom, right, width } = part.getBoundingClientRect();
    const [floor, wall] = [innerHeight, innerWidth];
    const UNSEEN = "svg, .live, .katex-mathml";
    return width && !part.closest(UNSEEN) && (bottom > floor + 1 || right > wall + 1);
  });
  const live = [...slide.querySelectorAll(".live")].filter((figure) => {
    const box = figure.getBoundingClientRect();
    return box.bottom > innerHeight + 1 || box.right > innerWidth + 1;
  });
  return out.length + live.length ? [slide.querySelector("h1, h2").textContent] : [];
})"""
SMALL = """() => [...document.querySelectorAll(".slides > section")].flatMap((slide) =>
  [...slide.querySelectorAll("h1, h2, p, li, td, pre, code")]
    .filter((part) => !part.closest(".live, .notes"))
    .filter((part) => parseFloat(getComputedStyle(part).fontSize) < 32)
    .map((part) => part.textContent.slice(0, 30)))"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return a folder of decks, chapter 02 with its outputs, and the address that serves it."""
    folder = tmp_path_factory.mktemp("slides")
    decks.write_decks(folder, ["02"])
    for stem in stems():
        if stem != "02_weights":
            (folder / stem).mkdir()
            (folder / stem / "index.html").write_text(decks.deck(stem), encoding="utf-8")
    with serving(folder) as address:
        yield address


@pytest.fixture
def show(online, served):
    """Open decks; any error, and any request to another host, fails the test."""
    with reading(online, served, 60_000) as page:
        page.set_viewport_size({"width": 1920, "height": 1080})

        def show(stem):
            page.open(f"{stem}/index.html")
            page.wait_for_function("window.Reveal?.isReady()")
            page.evaluate("() => document.fonts.ready.then(() => null)")
            return page

        yield show


@pytest.mark.parametrize("stem", stems())
def test_every_slide_shows_all_that_it_holds(show, stem):
    page = show(stem)
    for width, height in ((1920, 1080), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"Math.abs(Reveal.getScale() - {width / 1920}) < 0.01")
        assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALL) == []


def test_a_slide_that_holds_too_much_and_one_in_small_type_are_seen(show):
    page = show("03_multi_head")
    page.evaluate(
        "document.querySelector('section.exercise .body').innerHTML += '<p>x</p>'.repeat(30)"
    )
    page.evaluate("document.querySelector('section.text .body p').style.fontSize = '20px'")
    assert len(page.evaluate(OVERFLOWING)) == 1
    assert len(page.evaluate(SMALL)) == 1


def test_a_deck_is_alive_and_has_notes(show):
    page = show("02_weights")
    view = page.locator(".live .query-plane")
    view.wait_for(state="attached")
    for _ in range(10):
        if page.locator("section.present .live").count():
            break
        page.keyboard.press("ArrowRight")
    page.wait_for_function("parseFloat(document.querySelector('.live').style.zoom) > 1.2")
    before = view.get_attribute("data-weights")
    page.locator(".live [type=range]").first.press("ArrowRight")
    page.wait_for_function("old => document.querySelector('.query-plane').dataset.weights !== old",
                           arg=before)  # fmt: skip
    place = page.evaluate("Reveal.getIndices().h")
    page.locator("section.present").get_by_role("button", name="Full screen").click()
    page.wait_for_selector(".presenting")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == place
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.presenting') && !document.fullscreenElement")
    page.keyboard.press("ArrowRight")  # from the button, which has the focus
    assert page.evaluate("Reveal.getIndices().h") == place + 1
    page.keyboard.press("ArrowLeft")
    page.evaluate("Reveal.prev()")  # where the section of the figure begins
    assert "Where can the orange dot not go" in page.evaluate("Reveal.getSlideNotes()")
    assert page.locator(".katex").count() > 5
