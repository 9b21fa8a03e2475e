"""Quizzes, the glossary beside its words, the index, the search and the list of exercises.

They are looked at in a browser, on a book of a few pages.
"""

import json
import os
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from course_lib.authoring.serving import serving
from course_lib.authoring.source import ROOT
from course_lib.chapters import CHAPTERS, chapter_stem, quizzes
from course_lib.chapters.reading import chapter_path
from course_lib.exercises.registry import exercises_of
from course_lib.plots import lines
from tests.support.book import module_of_book
from tests.support.reading import reading


@pytest.fixture(scope="module")
def address(small_book):
    with serving(small_book) as address:
        yield address


@pytest.fixture
def reader(online, address):
    with reading(online, address) as page:
        yield page


def test_what_a_page_asks_elsewhere_and_what_it_stores_is_seen_and_gone(online, address):
    first = reading(online, address)
    page = first.__enter__()
    page.open("index.html")
    page.evaluate("localStorage.left = sessionStorage.left = 1; 0")
    page.evaluate("fetch('http://elsewhere.example/x').catch(() => 0)")
    with pytest.raises(AssertionError, match=r"asked elsewhere: http://elsewhere\.example/x"):
        first.__exit__(None, None, None)
    with reading(online, address) as page:
        page.open("index.html")
        assert page.evaluate("[localStorage.left, sessionStorage.left]") == [None, None]


def test_a_quiz_says_why_an_answer_is_right_or_wrong(reader):
    reader.open("chapters/02_weights.html")
    box = reader.locator(".course-quiz")
    groups = box.get_by_role("group").filter(has=reader.get_by_role("radio"))
    for group, question in zip(groups.all(), quizzes.quiz("weights"), strict=True):
        radios, said = group.get_by_role("radio"), group.get_by_role("status")
        assert said.inner_text() == ""
        radios.first.focus()
        reader.keyboard.press("Space")
        for place, option in enumerate(question.options):
            if place:
                reader.keyboard.press("ArrowDown")
                assert said.inner_text() == "Enter tells whether this is right."
                assert said.get_attribute("data-right") is None
                reader.keyboard.press(("Enter", "Space")[place % 2])
            assert radios.nth(place).is_checked()
            verdict = f"{'ABCD'[place]} is {'right' if option.right else 'wrong'}."
            assert said.inner_text().startswith(verdict)
            assert said.get_attribute("data-right") == ("" if option.right else None)
            if "$" not in option.why:
                assert option.why in said.inner_text()
    names = [group.evaluate("g => g.querySelector('legend').innerText") for group in groups.all()]
    assert all(name.startswith(f"{n}. ") for n, name in enumerate(names, start=1))


def test_without_a_script_the_answers_of_a_quiz_fold_open(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/02_weights.html")
    first = page.locator(".course-quiz fieldset").first
    assert not first.get_by_text("C is right.").is_visible()
    first.locator("summary").click()
    assert first.get_by_text("C is right.").is_visible()
    context.close()


def test_a_word_shows_its_entry_of_the_glossary(reader):
    reader.open("chapters/02_weights.html")
    words, entry = reader.locator("a.glossary-term"), reader.get_by_role("tooltip")
    assert not entry.is_visible()
    word = words.filter(has_text="entropy").first
    word.focus()
    assert "how widely a query attends" in entry.inner_text()
    assert "ln(n)" in entry.inner_text()
    assert word.get_attribute("aria-describedby") == entry.get_attribute("id")
    reader.keyboard.press("Escape")
    assert not entry.is_visible()
    reader.mouse.move(0, 0)
    word.hover()
    assert entry.is_visible()
    entry.hover()  # the pointer may go there, to read or to copy
    reader.wait_for_timeout(400)
    assert entry.is_visible()
    word.click()
    reader.wait_for_url("**/glossary.html#entropy")
    reader.locator("#entropy").wait_for(state="attached")


def test_a_tap_shows_the_entry_and_a_second_one_follows_the_link(browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{address}/chapters/02_weights.html")
    word = page.locator("a.glossary-term").first
    word.tap()
    entry = page.get_by_role("tooltip")
    assert entry.is_visible()
    box = entry.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    assert page.url.endswith("02_weights.html")
    word.tap()
    page.wait_for_url("**/glossary.html#*")
    context.close()


def test_words_are_explained_once_in_a_section_and_not_in_code_headings_or_links(reader):
    reader.open("chapters/08_gat.html")
    found = reader.evaluate(
        """() => [...document.querySelectorAll("article a.glossary-term")].map((word) => [
          word.closest("h1, h2, h3, pre, code, .course-quiz, a a") === null,
          word.closest("article > section > section").id, word.hash])"""
    )
    assert len(found) > 30
    assert all(apart for apart, *_ in found)
    places = [(section, entry) for _, section, entry in found]
    assert len(set(places)) == len(places)
    known = json.loads(
        reader.evaluate("JSON.stringify(Object.keys(globalThis.courseGlossary).map(k => '#' + k))")
    )
    assert {entry for _, entry in places} <= set(known)


def test_only_whole_words_are_found_also_in_the_plural():
    terms = module_of_book("_ext/glossary_terms")
    text = (
        "Two queries, a cross-query, a query-key, keystone, DAGs, dags, the AUC. A key and Query."
    )
    document = publish_doctree(f"{text} ``query``")
    terms.link_terms(document, ["Query", "Key", "DAG", "Area under the curve (AUC)"], "g.html")
    links = {link.astext(): link["refuri"] for link in document.findall(nodes.reference)}
    assert links == {
        "queries": "g.html#query",
        "DAGs": "g.html#dag",
        "AUC": "g.html#area-under-the-curve-auc",
        "key": "g.html#key",
    }
    assert document.astext().replace("\n", " ") == f"{text} query"


def test_words_of_two_meanings_are_in_the_glossary():
    terms = module_of_book("_ext/glossary_terms")
    entries = terms.read_glossary(ROOT / "book" / "glossary.md")
    assert set(entries) >= terms.AMBIGUOUS
    assert not any(mark in text for text in entries.values() for mark in "$*`")


def test_the_index_leads_to_chapters_and_glossary(reader, small_book):
    reader.open("index.html")
    reader.locator("nav").get_by_role("link", name="Index", exact=True).first.click()
    reader.wait_for_url("**/genindex.html")
    entry = reader.locator("table.indextable > tbody > tr > td > ul > li").filter(
        has_text="Static attention"
    )
    links = entry.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert links == ["chapters/08_gat.html#what-it-cannot-prefer", "glossary.html#static-attention"]
    for name, anchor in (link.split("#") for link in links):
        assert (small_book / name).read_text(encoding="utf-8").count(f' id="{anchor}"') == 1
    assert not reader.get_by_text("You need; chapter").count()


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("rollout", "glossary.html#rollout"),
        ("sink", "glossary.html#attention-sink"),
        ("GATv2", "chapters/08_gat.html#gatv2"),
        ("padding", "chapters/02_weights.html#a-mask-deletes-edges"),
        ("temperture", "chapters/02_weights.html#a-picture-first"),  # a letter is missing
        ("lonley", "chapters/08_gat.html#gat-2"),  # two are swapped
    ],
)
def test_the_search_leads_to_the_section(reader, small_book, asked, place):
    reader.open(f"search.html?q={asked}")
    links = reader.locator("#search-results ul li a")
    reader.get_by_text("Search finished").wait_for()
    found = links.evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert place in found
    assert len(set(found)) == len(found)
    told = reader.locator("#search-results [role=status]").all_inner_texts()
    assert len(told) == (asked in ("temperture", "lonley"))
    assert "System Settings" not in reader.locator("#search-results ul").inner_text()
    name, anchor = place.split("#")
    assert (small_book / name).read_text(encoding="utf-8").count(f' id="{anchor}"') == 1


def test_the_search_works_without_a_server_and_says_when_it_finds_nothing(browser, small_book):
    page = browser.new_page()
    page.goto(f"{(small_book / 'search.html').as_uri()}?q=temperture")
    page.get_by_text("Search finished").wait_for()
    assert page.locator("#search-results ul li a").count() >= 2
    page.goto(f"{(small_book / 'search.html').as_uri()}?q=qqqqqqqqq")
    page.get_by_text("No page has “qqqqqqqqq”; try a shorter word").wait_for()
    assert page.locator("#search-results [role=status]").count() == 0
    page.close()


def test_the_search_names_the_mended_word_and_quotes_the_text_alone(reader):
    reader.open("search.html?q=logits temperture")
    told = reader.locator("#search-results [role=status]")
    assert told.inner_text() == "No page says “temperture”. Here is what says “temperature”."
    quoted = reader.evaluate(
        """() => Search.htmlToText(`<main role="main">Light Dark<article>
          <p id="a">One <i class="katex-mathml">x x</i><i class="katex-html">x</i></p>
          </article></main>`, "#a")"""
    )
    assert quoted == "One x"
    scores = reader.evaluate(
        """() => ["api/attention", "chapters/02_weights", "glossary"].map((page) =>
          Scorer.score([page, "", "", null, 15, "", "title"]))"""
    )
    assert scores[0] < min(scores[1:])


def test_a_word_leads_to_the_section_that_has_it_most():
    document = publish_doctree(
        "Title\n=====\n\nsink\n\nFirst\n-----\n\nOne sink, two sinks.\n\n"
        "Sparse\n------\n\nsink edges\n\nLast\n----\n\nsparse sparse sparse 12\n",
        settings_overrides={"doctitle_xform": False},
    )
    found = module_of_book("_ext/section_search").words_of_sections(document)
    assert "sink" in found["first"]
    assert "sparse" in found["sparse"]
    assert found["last"] == ["last"]


MATHS = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<line>[^$\n]+)\$", re.S)
# Letters that are used for something else before.
USED_BEFORE = {r"h_i", r"p_i", r"d_i"}


def symbols():
    """Return the rows of the table of symbols: LaTeX of the symbol, LaTeX as told, chapter."""
    text = (ROOT / "book" / "conventions.md").read_text(encoding="utf-8")
    table = text[text.index("| symbol |") :].partition("\n\n")[0].splitlines()[2:]
    rows = []
    for row in table:
        symbol, _, _, first, _, latex = (cell.strip() for cell in row[1:-1].split("|"))
        chapter = re.fullmatch(r"\[chapter (\d+)\]\(\.\./notebooks/(\w+)\.ipynb\)", first)
        assert chapter_stem(chapter[1]) == chapter[2]
        rows.append(
            (re.findall(r"\$([^$]+)\$", symbol), re.findall("`([^`]+)`", latex), chapter[2])
        )
    return rows


def first_use(symbol):
    """Return the first chapter in whose formulas a symbol stands."""
    found = re.compile(rf"(?<![A-Za-z\\]){re.escape(symbol)}(?![A-Za-z])")
    for number in CHAPTERS:
        formulas = MATHS.finditer(chapter_path(number).read_text(encoding="utf-8"))
        if any(found.search(formula["block"] or formula["line"]) for formula in formulas):
            return chapter_stem(number)
    return None


@pytest.mark.parametrize("row", symbols(), ids=lambda row: "-".join(row[0]))
def test_a_symbol_is_told_as_it_is_typed_and_with_the_chapter_that_brings_it(row):
    shown, typed, chapter = row
    assert shown == typed
    for symbol in shown:
        if symbol in ("n", "i", "j"):  # the first chapter has them in code
            assert chapter_stem("01") == chapter
        elif len(symbol) == 1 or symbol in USED_BEFORE:
            text = chapter_path(chapter).read_text(encoding="utf-8")
            assert any(
                symbol in (found["block"] or found["line"]) for found in MATHS.finditer(text)
            )
        else:
            parts = [first_use(part) for part in re.split(r", (?=W)", symbol)]
            assert set(parts) == {chapter}


def test_a_symbol_in_a_wrong_place_is_seen():
    assert first_use(r"b_v") == chapter_stem("flow")
    assert first_use(r"\nowhere") is None


def test_exercises_are_filtered_by_chapter_kind_and_minutes(reader):
    reader.open("exercises.html")
    tasks = [exercise for name in CHAPTERS.values() for exercise in exercises_of(name)]
    told, rows = reader.get_by_role("status"), reader.locator("article tbody tr:visible")

    def shown(chosen):
        assert rows.count() == len(chosen)
        time = sum(task.minutes for task in chosen)
        text = f"{len(chosen)} of {len(tasks)} exercises, {time} minutes together."
        assert told.inner_text() == text

    shown(tasks)
    assert box_of(reader.locator("article table"))["width"] > 800  # nothing stands beside it
    reader.get_by_label("Kind").focus()
    reader.keyboard.type("find")  # by the keyboard alone
    bugs = [task for task in tasks if task.kind == "find the bug"]
    shown(bugs)
    reader.get_by_label("Minutes").select_option("8")
    shown([task for task in bugs if task.minutes <= 8])
    reader.get_by_label("Chapter").select_option(label="02 Weights")
    shown([task for task in bugs if task.minutes <= 8 and task.chapter == "weights"])
    # The choices stand in the address: a link brings them, and so does coming back.
    assert parse_qs(urlsplit(reader.url).query) == {
        "chapter": ["02 Weights"],
        "kind": ["find the bug"],
        "minutes": ["8"],
    }
    reader.reload()
    shown([task for task in bugs if task.minutes <= 8 and task.chapter == "weights"])
    reader.get_by_label("Minutes").select_option("5")
    assert rows.count() == 0
    assert told.inner_text() == "No exercise is all of this. “Show all” takes the choices back."
    reader.get_by_role("button", name="Show all").click()
    reader.wait_for_function("() => !document.querySelector('tbody tr[hidden]')")
    shown(tasks)
    assert urlsplit(reader.url).query == ""
    reader.open("exercises.html?kind=no+such+kind&minutes=5")
    shown([task for task in tasks if task.minutes <= 5])


def test_on_a_phone_exercises_are_read_without_scrolling_sideways(reader):
    reader.set_viewport_size({"width": 390, "height": 664})
    reader.open("exercises.html")
    rows = reader.locator("article tbody tr")
    assert {round(row["width"]) for row in map(box_of, rows.all()[:8])} == {
        round(box_of(rows.first)["width"])
    }
    for row in rows.all()[:8]:
        assert box_of(row)["width"] <= 390
        for cell in row.locator("td").all():
            box = box_of(cell)
            assert box["x"] + box["width"] <= 391
    assert reader.evaluate("document.documentElement.scrollWidth") <= 390
    assert names_before(rows.filter(has_text="weights-1")) == ["", "", "", "", "minutes", "needs"]
    reader.get_by_label("Kind").select_option("predict")
    assert rows.first.is_hidden()  # graph_view-1, which stacks as the others do


def names_before(row):
    """Return the names of columns that a stacked row shows before its cells."""
    return row.locator("td").evaluate_all(
        """cells => cells.filter((cell) => cell.checkVisibility())
          .map((cell) => getComputedStyle(cell, "::before").content.split('"')[1]?.trim() ?? "")"""
    )


TOUCHED = """[...document.querySelectorAll(".bd-article .katex")].filter((formula) => {
  const touches = (near, place) => near?.nodeType === 3 && /\\S/.test(near.data.at(place) ?? "");
  return touches(formula.previousSibling, -1) || touches(formula.nextSibling, 0);
}).map((formula) => {
  const kept = formula.closest(".unbroken");
  return [formula.textContent, new Set([...(kept?.getClientRects() ?? [])].map(({ top }) =>
    Math.round(top))).size];
})"""


def test_on_a_phone_no_line_begins_with_the_comma_after_a_formula(reader):
    reader.open("conventions.html")
    for width in range(320, 400, 8):
        reader.set_viewport_size({"width": width, "height": 664})
        touched = reader.evaluate(TOUCHED)
        assert len(touched) > 5
        assert [formula for formula, lines in touched if lines != 1] == []


def test_on_a_phone_a_static_figure_keeps_its_letters_and_scrolls_in_its_box(reader, small_book):
    figure = lines([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", title="A line", alt="It rises.")
    image = module_of_book("_ext/pictures").as_files(
        figure._repr_html_(), small_book / "_images", "_images"
    )
    page = (small_book / "glossary.html").read_text(encoding="utf-8")
    box = f'<div class="cell_output"><div class="output text_html">{image}</div></div>'
    page = f"</h1>{box}".join(page.rsplit("</h1>", 1))  # the first is on paper only
    reader.route("**/glossary.html", lambda route: route.fulfill(body=page, content_type=HTML))
    reader.set_viewport_size({"width": 390, "height": 664})
    reader.open("glossary.html")
    reader.unroute("**/glossary.html")
    image, box = reader.locator(".output img"), reader.locator(".output:has(img)")
    full = round(100 * figure.figure.get_figwidth())
    assert 0.7 * full < box_of(image)["width"] < full
    assert box_of(image)["height"] / box_of(image)["width"] == pytest.approx(4 / 6.4, abs=0.01)
    assert box.get_attribute("tabindex") == "0"
    assert box.get_attribute("aria-label").startswith("Figure: Glossary")
    assert reader.evaluate("document.documentElement.scrollWidth") <= 390
    reader.set_viewport_size({"width": 1200, "height": 664})
    reader.wait_for_function("() => !document.querySelector('.output[tabindex]')")
    assert 0.9 * full < box_of(image)["width"] <= full


HTML = "text/html; charset=utf-8"
SIDEWAYS = """[...document.querySelectorAll(".pst-scrollable-table-container")]
    .filter((box) => box.scrollWidth > box.clientWidth).length"""


def test_on_a_phone_a_wide_table_stacks_and_each_cell_names_its_column(reader):
    reader.set_viewport_size({"width": 390, "height": 664})
    reader.open("conventions.html")
    assert reader.evaluate(SIDEWAYS) == 0
    table = reader.locator("table.table").filter(has_text="LaTeX")
    names = table.locator("thead th").all_inner_texts()
    assert names[:3] == ["symbol", "meaning", "shape"]
    row = table.locator("tbody tr").filter(has_text="features of a query or a key")
    assert names_before(row) == ["", "meaning", "first in", "in code", "LaTeX"]  # it has no shape
    assert box_of(row)["x"] + box_of(row)["width"] <= 390
    narrow = reader.locator("table:not(.stacks) td:first-child code:only-child")
    assert narrow.count() > 5
    in_a_line = narrow.evaluate_all(
        "all => all.map((code) => code.textContent.length / code.getClientRects().length)"
    )
    assert min(in_a_line) > 6  # a long name is broken, but not every few letters
    table.evaluate("table => table.classList.remove('stacks')")
    assert reader.evaluate(SIDEWAYS) == 1
    reader.set_viewport_size({"width": 1200, "height": 664})
    table.evaluate("table => table.classList.add('stacks')")
    assert table.locator("thead th").first.is_visible()
    assert table.locator("tr").first.evaluate("row => getComputedStyle(row).display") == "table-row"


def test_on_paper_long_tables_begin_where_they_stand_and_no_answer_is_cut_off(reader):
    reader.open("conventions.html")
    reader.emulate_media(media="print")
    tables = reader.locator("article table.table").evaluate_all(
        """tables => tables.map((table) => [table.rows.length, getComputedStyle(table).breakInside,
          getComputedStyle(table.parentElement).overflowX])"""
    )
    assert {(rows > 8, inside) for rows, inside, _ in tables} == {(True, "auto"), (False, "avoid")}
    assert {overflow for *_, overflow in tables} == {"visible"}
    reader.open("chapters/02_weights.html")
    assert not reader.locator(".course-quiz summary:visible").count()
    assert reader.locator(".course-quiz label:visible").count() > 10


def test_which_tables_are_wide():
    least_width = module_of_book("_ext/stacked_tables").least_width

    assert least_width(table_of(("a b", "some words"), ("words", "c"))) == 5 + 5 + 2 * 2
    assert least_width(table_of(("a", "``weights.transpose()``"))) == 1 + 11 + 2 * 2


def test_a_sentence_wants_more_than_a_narrow_column():
    is_wide = module_of_book("_ext/stacked_tables").is_wide
    words, sentence = "a" * 11, "one word " * 7
    assert is_wide(table_of((words, words, words, sentence)))
    assert not is_wide(table_of((words, words, words, sentence[:50])))
    assert not is_wide(table_of((words, sentence)))


def test_tables_that_each_chapter_has_stack_in_all():
    stacked = module_of_book("_ext/stacked_tables")
    table = table_of(("misconception", "a question"), ("all", "why?"), head=1)
    assert not stacked.is_wide(table)
    stacked.label_cells(None, table.document, "page")
    assert "stacks" in table["classes"]


def test_code_in_a_table_is_broken_between_the_words_of_a_name():
    stacked = module_of_book("_ext/stacked_tables")
    table = table_of(("``tests/test_graph.py``", "``GraphAttention(2, heads=1)``"))
    stacked.label_cells(None, table.document, "page")
    first, second = table.findall(nodes.literal)
    assert [part.astext() for part in first] == ["tests/", "", "test_", "", "graph.", "", "py"]
    assert [part.astext() for part in second if part.astext()] == [
        *("Graph", "Attention("),
        *("2, heads=", "1)"),
    ]


def test_a_wide_table_says_what_its_cells_are_of_and_whether_it_counts():
    def labelled(*rows):
        table = table_of(*rows, head=1)
        module_of_book("_ext/stacked_tables").label_cells(None, table.document, "page")
        labels = [entry.get("label") for entry in table.findall(nodes.entry)][len(rows[0]) :]
        return "numbered" in table["classes"], labels

    long = "antidisestablishmentarianism"
    counted = [("", "the snippet", "what you see"), ("1", long, long), ("", "", long)]
    assert labelled(*counted) == (True, ["", "", "what you see"] * 2)
    named = [("", "minutes", "kind"), ("one", long, long)]
    assert labelled(*named) == (False, ["", "minutes", ""])
    assert labelled(("", "a"), ("1", "narrow")) == (False, [None, None])


def table_of(*rows, head=0):
    lines = "".join("   * - " + "\n     - ".join(row) + "\n" for row in rows)
    text = f".. list-table::\n   :header-rows: {head}\n\n{lines}"
    return next(iter(publish_doctree(text).findall(nodes.table)))


def box_of(part):
    return part.bounding_box() or {"x": 0, "width": 0}


def test_without_a_script_all_exercises_are_shown(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/exercises.html")
    tasks = [exercise for name in CHAPTERS.values() for exercise in exercises_of(name)]
    assert page.locator("article tbody tr:visible").count() == len(tasks)
    assert page.locator("select").count() == 0
    context.close()


def test_the_tests_of_a_browser_stay_on_one_worker(reader, request):
    # Otherwise each worker starts a browser for each module, and makes its other fixtures again.
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@test_study_aids")
