"""The rendered book: whole, alive without a kernel, and without any network."""

import re
import shutil
import threading
from pathlib import Path

import pytest

from course_lib.attention import attention, entropy
from course_lib.authoring.live_figures import BEGIN
from course_lib.authoring.serving import Quiet, serving
from course_lib.authoring.weighing import weight
from course_lib.data import load_attention
from course_lib.graph import attention_graph, kept_mass
from course_lib.heads import head_distance
from course_lib.widgets import query_plane
from tests.support.axe import AXE
from tests.support.book import (
    broken_links,
    fetched_from_elsewhere,
    pages_of,
    pictures_without_text,
)
from tests.support.looks import Known, barriers_in_both_themes, barriers_not_known
from tests.support.reading import reading

pytestmark = pytest.mark.notebook

# What is folded away gets its tab stop when it is opened.
WIDE_IN_REACH = """[...document.querySelectorAll("pre, .pst-scrollable-table-container")]
  .filter((wide) => wide.checkVisibility())
  .every((wide) => wide.scrollWidth <= wide.clientWidth || wide.tabIndex === 0)"""


@pytest.fixture(scope="module")
def site(whole_book):
    return whole_book


@pytest.fixture(scope="module")
def address(site):
    with serving(site) as address:
        yield address


@pytest.fixture
def reader(online, address):
    with reading(online, address) as page:
        yield page


def test_links_lead_somewhere(site):
    assert broken_links(site) == []


def test_nothing_is_fetched_from_elsewhere(site):
    assert fetched_from_elsewhere(site) == []


def test_every_picture_has_a_text_alternative(site):
    assert pictures_without_text(site) == []


def test_the_checks_see_planted_faults(site, tmp_path):
    page = site / "index.html"
    for name in ("conventions.html", "_static/documentation_options.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(site / name, tmp_path / name)
    faults = "<a href='nowhere.html'>x</a><a href='#nowhere'>x</a>"
    faults += "<img src='x.png'><img src='y.png' alt='a picture'>"
    faults += "<script src='https://cdn.example/x.js'></script>"
    text = page.read_text(encoding="utf-8").replace("</body>", faults + "</body>")
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    (tmp_path / "x.css").write_text("@font-face { src: url(https://fonts.example/x.woff2) }")
    found = broken_links(tmp_path)
    assert "index.html: nowhere.html" in found
    assert "index.html: #nowhere" in found
    assert fetched_from_elsewhere(tmp_path) == [
        "index.html: https://cdn.example/x.js",
        "x.css: https://fonts.example/x.woff2",
    ]
    assert pictures_without_text(tmp_path) == ["index.html: x.png", "index.html: y.png"]


def test_pages_are_light(site):
    for page in pages_of(site / "chapters"):
        sizes = weight(site, page)
        assert sizes["page"] < 300, page.name
        assert sizes["pictures"] < 300, page.name
    assert weight(site, site / "chapters" / "01_graph_view.html")["page"] > 50  # weights and code
    text = (site / "chapters" / "01_graph_view.html").read_text(encoding="utf-8")
    assert not re.search("data:image/png|widget-state", text)


PARTS = (["chapters"], ["api"], [".", "teaching"])  # so that several workers can share the pages


def folder_of(page, site):
    return page.parent.relative_to(site).as_posix()


# Figures are looked at in three states by tests/test_accessibility.py.
@pytest.mark.parametrize(
    "folders",
    [pytest.param(part, marks=pytest.mark.xdist_group(f"book {part[0]}")) for part in PARTS],
    ids=" and ".join,
)
def test_every_page_loads_alone_does_not_scroll_sideways_and_has_no_barrier(reader, site, folders):
    widths = [1200, 360]  # the page follows, as on a phone that is turned
    known = Known()
    for paths in loads(site, folders):
        name, folder = paths[0].relative_to(site).as_posix(), folder_of(paths[0], site)
        open_together(reader, name, paths)
        if folder == "chapters":
            reader.locator(".course-figure").first.wait_for()
        assert reader.locator("h1").count() >= 1 or name in ("genindex.html", "search.html")
        for width in widths:
            reader.set_viewport_size({"width": width, "height": 800})
            wide = reader.evaluate(WIDE_ARTICLES)
            assert reader.evaluate("document.documentElement.scrollWidth") <= width, (name, wide)
            if width == 1200:
                assert reader.evaluate(WIDE_FORMULAS) == [], name
        look = barriers_in_both_themes if name in KINDS else barriers_not_known
        assert look(reader, shown_in(reader, widths), known) == [], name
        widths.reverse()  # the next page begins as this one ends


# Pages of these folders are of one template, and what differs is their article. So those that are
# not of the KINDS are looked at as one page, with the articles of all below one another. Around
# them is what surrounds those of the KINDS; its links are followed on every page.
ALIKE = ("api", "teaching")
ARTICLE = re.compile('<article class="bd-article">.*</article>', re.DOTALL)
WIDE_ARTICLES = """
Array.from(document.querySelectorAll("article"))
  .filter((article) => article.scrollWidth > article.clientWidth)
  .map((article) => article.querySelector("h1")?.textContent)
"""


def loads(site, folders):
    """Return the pages of folders in lists, each of which is looked at in one load."""
    alone, together = [], {folder: [] for folder in ALIKE}
    for path in pages_of(site):
        folder = folder_of(path, site)
        if folder in folders:
            of_a_kind = path.relative_to(site).as_posix() in KINDS
            alone_too = of_a_kind or folder not in ALIKE
            alone.append([path]) if alone_too else together[folder].append(path)
    alone.sort(key=lambda paths: paths[0].relative_to(site).as_posix() not in KINDS)
    return alone + [paths for paths in together.values() if paths]


def open_together(reader, name, paths):
    """Open the page of a name, the first of the paths, with the articles of all of them."""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    if len(texts) == 1:
        reader.open(name)
        return
    articles = [ARTICLE.search(text).group() for text in texts]
    assert all("<h1" in article for article in articles)
    body = ARTICLE.sub(lambda _: "".join(articles), texts[0])
    reader.route(f"**/{name}", lambda route: route.fulfill(body=body, content_type="text/html"))
    reader.open(name)
    reader.unroute(f"**/{name}")


PLANTED = """<!doctype html><html lang="en"><title>planted</title><style>
  [data-theme=dark] { background: #111; color: #eee }
  [data-theme=dark] td:last-child { color: #333 }
  a { color: #555; text-decoration: none }
  div, .below { position: relative } div i { position: absolute; inset: 0; background: #888 }
</style><main><h1>Planted barriers</h1>
  <table><tr><th>name</th></tr><tr><td>first words</td><td>last words</td></tr></table>
  <p>With <a href="#there">a link</a> that looks like words.</p>
  <div><i></i><p class="below" style="color: #666">words above a ground</p></div>
  <p>no barrier</p><p>no barrier</p><p>no barrier</p><p>no barrier</p><button></button>
  <p style="letter-spacing: 0 !important">dense</p>
  <details><summary>more words</summary><p style="color: #aaa">words folded away</p></details>
</main></html>"""


def test_planted_barriers_are_found_and_what_is_known_hides_no_other(page):
    def found(look, extra=""):
        page.set_content(PLANTED + extra)
        lines = look(page, lambda theme: page.evaluate(TURN, theme), known)
        return sorted(line.partition(":")[0] for line in lines)

    known = Known()
    # The words above a ground in both themes; the link and the cell when they are dark on dark;
    # what was folded away when it is pale on white.
    colours = ["color-contrast"] * 5
    others = ["avoid-inline-spacing", "button-name"]
    assert found(barriers_in_both_themes) == [*others, *colours, "link-in-text-block"]
    assert found(barriers_not_known) == others
    faint = "<p style='color: #999'>faint words</p>" * 4
    assert found(barriers_not_known, faint) == [*others, *colours[:3]]


TURN = "theme => { document.documentElement.dataset.theme = theme; }"


def test_all_pages_are_looked_at_and_those_of_every_kind_are_there(site):
    assert {folder_of(page, site) for page in pages_of(site)} == {
        name for part in PARTS for name in part
    }
    assert [name for name in KINDS if not (site / name).exists()] == []


WIDE_FORMULAS = """
Array.from(document.querySelectorAll("div.formula"))
  .filter((formula) => formula.scrollWidth > formula.clientWidth + 5)
  .map((formula) => formula.textContent)
"""


def test_a_formula_that_is_too_wide_is_seen(reader):
    reader.open("chapters/08_gat.html")
    formula = reader.locator("div.formula").first
    formula.evaluate("formula => { formula.style.width = '40px'; }")
    assert reader.evaluate(WIDE_FORMULAS) != []


KINDS = [
    "index.html",
    "conventions.html",
    "glossary.html",
    "bibliography.html",
    "benchmarks.html",
    "exercises.html",
    "genindex.html",
    "search.html",
    "api/centrality.html",
    "api/data.digits.html",
    "api/flow.html",
    "teaching/04_centrality.html",
    "chapters/01_graph_view.de.html",
    "chapters/02_weights.html",
    "chapters/05_heatmaps.html",
    "chapters/13_causal.html",
]


# Wait for a size and a theme, with all that scripts and transitions make of them.
FOLLOWS = """async ([theme, width]) => {
  const { dataset } = document.documentElement;
  for (let frame = 0; frame < 600; frame++) {
    await new Promise(requestAnimationFrame);
    const moves = document.getAnimations().some(({ playState }) => playState === "running");
    if (frame > 2 && !moves && dataset.theme === theme && innerWidth === width) return true;
  }
  return false;
}"""


# Nothing has to move on its way there.
AT_ONCE = "* { transition: none !important; animation: none !important }"


def shown_in(reader, widths):
    """Return a function that shows the open page in a theme, light on the second width."""

    def show(theme):
        width = widths[theme == "light"]
        if not reader.evaluate("'axe' in window"):
            reader.add_style_tag(content=AT_ONCE)
            reader.add_script_tag(url=f"/{AXE.name}")
        reader.emulate_media(color_scheme=theme)
        reader.set_viewport_size({"width": width, "height": 800})
        assert reader.evaluate(FOLLOWS, [theme, width])
        reader.wait_for_function(WIDE_IN_REACH)

    return show


def test_a_skip_link_leads_to_the_first_figure(reader):
    reader.open("chapters/01_graph_view.html")
    reader.locator(".course-figure").first.wait_for()
    reader.keyboard.press("Tab")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.textContent") == "Skip to the first live figure"
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.matches('.course-figure-box *')")


def press(page, label, key, times=1):
    """Move a slider with the keyboard and return what its readout says."""
    slider = page.locator(".widget-slider", has_text=label).first
    for _ in range(times):
        slider.get_by_role("slider").press(key)
    return float(slider.locator(".widget-readout").input_value())


def test_the_threshold_changes_the_drawn_edges_to_the_number_of_the_library(reader):
    reader.open("chapters/01_graph_view.html")
    view = reader.locator(".attention-view").first
    view.wait_for()
    weights, tokens = load_attention("it_tired")
    seen = set()
    for key, times in (("ArrowRight", 1), ("ArrowRight", 4), ("PageUp", 1), ("Home", 1)):
        threshold = press(reader, "threshold", key, times)
        graph = attention_graph(weights[3, 1], tokens, threshold=threshold)
        assert view.locator("path.edge").count() == graph.number_of_edges()
        mass = float(view.get_attribute("data-mass"))
        assert mass == pytest.approx(kept_mass(weights[3, 1], threshold), abs=1e-3)
        seen.add(graph.number_of_edges())
    assert len(seen) == 4


class Halting(Quiet):
    """Sends a page up to the end of its first figure's cell, and the rest when it is told to."""

    rest = threading.Event()

    def do_GET(self):
        if not self.path.endswith(".html"):
            super().do_GET()
            return
        first, begin, rest = (
            Path(self.translate_path(self.path)).read_bytes().partition(BEGIN.encode())
        )
        assert rest
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(first + begin)
        self.wfile.flush()
        self.rest.wait(60)
        self.wfile.write(rest)


def test_the_first_figure_is_alive_while_the_page_still_comes(online, site):
    with serving(site, Halting) as address, reading(online, address) as page:
        try:
            page.goto(f"{address}/chapters/01_graph_view.html", wait_until="commit")
            page.locator(".course-live.drawn .attention-view").wait_for()
            press(page, "threshold", "Home")
            edges = page.locator(".attention-view path.edge")
            before = edges.count()
            press(page, "threshold", "ArrowRight", 3)
            assert 0 < edges.count() < before
            page.locator(".course-still.replaced").wait_for(state="attached")
            assert page.evaluate("document.readyState") == "loading"
            assert page.locator(".course-live").count() == 1
        finally:
            Halting.rest.set()
        page.wait_for_load_state("load")
        assert page.locator(".course-live").count() == 2
        page.locator(".course-live.drawn").nth(1).wait_for(state="attached")
        assert page.locator(".course-still:not(.replaced)").count() == 0


def test_the_query_and_the_temperature_move_the_weights(reader):
    reader.open("chapters/02_weights.html")
    view = reader.locator(".query-plane").first
    view.wait_for()
    before = view.get_attribute("data-weights")
    temperature = press(reader, "temperature", "ArrowRight", 5)
    weights = [float(weight) for weight in view.get_attribute("data-weights").split()]
    assert view.get_attribute("data-weights") != before
    points = query_plane().children[-1].points
    _, expected = attention([[1.0, 0.5]], points, points, scale=2**-0.5 / temperature)
    assert weights == pytest.approx(expected[0], abs=1e-3)
    spread = float(view.get_attribute("data-entropy"))
    assert spread == pytest.approx(entropy(expected)[0], abs=1e-3)


def test_two_heads_are_compared(reader):
    reader.open("chapters/03_multi_head.html")
    view = reader.locator(".heads-grid").first
    view.wait_for()
    weights, _ = load_attention("it_tired")
    layer = int(press(reader, "layer", "ArrowRight", 2))
    reader.locator(".widget-dropdown select").nth(1).select_option("head 7")
    distance = float(view.get_attribute("data-distance"))
    assert distance == pytest.approx(
        float(head_distance(weights[layer, 0], weights[layer, 7])), abs=1e-3
    )


def test_hints_and_solutions_are_folded_and_open(reader):
    reader.open("chapters/02_weights.html")
    assert reader.locator("details[open].hint, details[open].solution").count() == 0
    solution = reader.locator("details.solution").nth(1)
    assert not solution.locator("pre").first.is_visible()
    solution.locator("summary").click()
    assert "keepdims=True" in solution.inner_text()
    solution.evaluate("box => { box.style.width = '80px'; }")  # as a side bar that slides does it
    solution.locator("pre[tabindex='0']").first.wait_for()
    reader.wait_for_function(WIDE_IN_REACH)


def test_formulas_are_typeset(reader):
    reader.open("chapters/02_weights.html")
    assert reader.locator(".katex").count() > 20
    formulas = reader.locator(".katex:not(.rest)")  # the rest of a formula whose comma is kept
    assert reader.locator(".katex math").count() == formulas.count()
    assert reader.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('20px KaTeX_Math'))"
    )


def test_the_theme_switch_turns_pages_and_figures_dark(reader):
    reader.open("chapters/01_graph_view.html")
    view = reader.locator(".attention-view").first
    view.wait_for()
    brightness = {}
    for theme in ("light", "dark"):
        reader.locator(".theme-switch-button").click()
        reader.locator(f".theme-change-button[data-mode={theme}]").click()
        reader.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")
        colour = view.evaluate("element => getComputedStyle(element).backgroundColor")
        brightness[theme] = int(re.search(r"\d+", colour).group())
    assert brightness["light"] > 200
    assert brightness["dark"] < 50


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 664)])
def test_the_first_screen_holds_a_figure_that_answers(reader, width, height):
    reader.set_viewport_size({"width": width, "height": height})
    reader.open("index.html")
    view = reader.locator(".attention-view").first
    view.wait_for()
    _, tokens = load_attention("it_tired")
    it, dog = (view.locator(f".node[data-position='{tokens.index(t)}']") for t in ("it", "dog"))
    for box in (it.bounding_box(), dog.bounding_box()):
        assert 0 < box["y"] < height - box["height"]
    before = view.get_attribute("data-mass")
    it.locator(".dot").hover()
    assert "dog" in view.locator(".readout").inner_text()
    reader.locator(".widget-dropdown select").first.select_option("head 7")
    assert view.get_attribute("data-mass") != before
    assert reader.evaluate("scrollY") == 0


def test_the_map_of_the_chapters_is_reached_by_keyboard(reader):
    reader.open("index.html")
    reader.locator("#map-01").focus()
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.id") == "map-02"
    lit = reader.locator("#map-01 rect").evaluate("box => getComputedStyle(box).stroke")
    assert lit == reader.locator("#map-02 rect").evaluate("box => getComputedStyle(box).stroke")
    assert lit != reader.locator("#map-03 rect").evaluate("box => getComputedStyle(box).stroke")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/chapters/02_weights.html")
