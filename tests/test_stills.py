"""What stays of a live figure: its still, its start, files of it and a link to it."""

import base64
import itertools
import json
import re
import xml.etree.ElementTree as ET

import nbformat
import numpy as np
import pytest

from course_lib import language, theme
from course_lib.authoring.source import ROOT
from course_lib.data import load_attention
from course_lib.plots.picture import text_width
from course_lib.widgets import (
    attention_explorer,
    flow_explorer,
    heatmap_explorer,
    query_plane,
    ranking_explorer,
    rollout_explorer,
)
from course_lib.widgets.shared import texts
from course_lib.widgets.shared.drawing import FIRST, SECOND, SIZE, TEXT
from course_lib.widgets.shared.weights import all_of, packed, received, sent
from tests.support.figures import all_views, controls, open_all, random_weights
from tests.support.notebooks import write_notebook
from tests.support.usable import assert_fits

TOKENS = ["the", "<b>cat", "sat &", "sat &"]
VIEWS = all_views(TOKENS)
KINDS = [view.named_still().kind for view in VIEWS]
MOST_BYTES = 15_000
CONTROLS = {"next step", "back", "all numbers", "Save", "Start again"}  # in no file
STATE = "models.map((model) => Object.keys(model.get('start')).map((name) => model.get(name)))"
START = "models.map((model) => Object.values(model.get('start')))"


# --- stills --------------------------------------------------------------------------------------


def test_every_kind_of_figure_is_here():
    from course_lib.authoring.figures import WIDGETS

    assert sorted(KINDS) == sorted(path.parent.name for path in WIDGETS.glob("*/view.js"))


@pytest.mark.parametrize("view", VIEWS, ids=KINDS)
def test_a_still_is_a_small_file_that_needs_nothing_and_tells_what_it_shows(view):
    still = view.named_still()
    drawing = ET.fromstring(still.svg)
    assert len(still.svg) < MOST_BYTES
    title = drawing.find("{*}title")
    assert title.text == still.sentence
    assert re.search(r"\d", still.sentence)  # it says something of the data
    assert drawing.get("role") == "img"
    addresses = [value for e in drawing.iter() for key, value in e.items() if "href" in key]
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    numbers = [value for e in drawing.iter() for value in e.attrib.values() if "nan" in value]
    assert not numbers
    shown = still._repr_html_()
    source = re.search('src="data:image/svg[+]xml;base64,(.*?)"', shown)[1]
    assert base64.b64decode(source).decode() == still.svg
    assert "<b>" not in shown


def test_stills_write_numbers_and_tokens_as_live_figures_do():
    """The same file is read by the test of texts.js."""
    written = json.loads((ROOT / "tests" / "js" / "written.json").read_text(encoding="utf-8"))
    for value, decimals, text in written["number"]:
        assert texts.number(value, decimals) == text
    for share, text in written["percent"]:
        assert texts.percent(share) == text
    for tokens, labels in written["labels"]:
        assert texts.labels(tokens) == labels
    for tokens, names in written["names"]:
        assert texts.token_names(tokens) == names


def test_sentences_of_stills_show_the_white_space_of_a_token():
    stills = [view.named_still() for view in all_views(["x", "a b", "y", "z"])]
    told = [still.sentence for still in stills if still.kind != "pooling"]  # has names, not tokens
    assert not [sentence for sentence in told if "a b" in sentence]
    assert sum("a␣b" in sentence for sentence in told) > 3


def test_no_line_of_a_still_ends_between_a_number_and_its_percent_sign():
    told = "".join(view.named_still()._repr_html_() for view in VIEWS)
    assert re.search(r"\d\u00a0%", told)
    assert not re.search(r"\d %", told)


def test_stills_have_the_light_colours_of_the_theme():
    colours = theme.stylesheet("colours.css")
    for name, colour in {"first": FIRST, "second": SECOND, "own-text": TEXT}.items():
        assert f"--course-{name}: light-dark({colour}," in colours


def test_a_still_shows_the_figure_as_it_stands():
    weights, tokens = load_attention("it_tired")
    figure = attention_explorer(weights, tokens, layer=3, head=1)
    view, before = figure.view, figure.view.still()
    count = int((weights[3, 1] > np.float32(0.05)).sum())
    assert f"edges above 0.05: {count}." in before.sentence
    controls(figure)["layer"]  # is linked in the browser, and here by the trait
    view.layer, view.threshold = 0, 0.3
    after = view.still()
    assert f"edges above 0.3: {int((weights[0, 1] > np.float32(0.3)).sum())}." in after.sentence
    assert after.svg != before.svg
    assert len(before.svg) < MOST_BYTES


def test_a_still_of_many_positions_stays_small():
    weights = random_weights(2, 2, 150, 150)
    for make in (attention_explorer, rollout_explorer):
        assert len(make(weights).view.still().svg) < 2 * MOST_BYTES


def test_stills_of_what_has_no_answer_say_so():
    apart = np.array([[1.0, 0.0], [0.0, 1.0]])
    told = ranking_explorer(apart, measure="stationary_distribution").view.still().sentence
    assert "TokenRank" in told
    bag = VIEWS[KINDS.index("pooling")]
    bag.removed = [0, 1]
    assert "Nobody is left" in bag.still().sentence
    bag.removed = []


def test_a_token_keeps_its_name_where_it_stands_elsewhere():
    tokens = ["a", "b", "a", "c"]
    view = heatmap_explorer(random_weights(1, 2, 4, 4), tokens, order="spectral").view
    order = view.orders[0]
    assert order != sorted(order)
    drawing = ET.fromstring(view.still().svg)
    drawn = [part.text for part in drawing.findall(".//{*}text")]
    expected = [["a [0]", "b", "a [2]", "c"][k] for k in order]
    assert expected == [text for text in drawn if text in expected][: len(expected)]


def box_of(drawing, words):
    """Return where a text of a still stands: left, top, right, bottom."""
    [found] = [part for part in drawing.findall(".//{*}text") if part.text == words]
    x, y = float(found.get("x")), float(found.get("y"))
    width = text_width([words], SIZE)
    left = x - width if found.get("text-anchor") == "end" else x
    return left, y - SIZE, left + width, y


def meet(one, other):
    return all(a < b for a, b in zip((*one[:2], *other[:2]), (*other[2:], *one[2:]), strict=True))


def test_labels_of_the_plane_stand_apart():
    plane = query_plane().view
    for query in itertools.product([-1.5, -0.1, 0.0, 0.4, 1.5], repeat=2):
        plane.query = list(query)
        drawing = ET.fromstring(plane.still().svg)
        query, output = (box_of(drawing, words) for words in ("query", "output"))
        assert not meet(query, output)
    assert meet(query, query)


def test_a_still_speaks_the_language_that_is_chosen():
    with language.speaking("de"):
        assert flow_explorer(random_weights(2, 1, 3, 3)).view.still().sentence


@pytest.mark.parametrize(("n", "exact"), [(4, False), (4, True), (70, False), (70, True)])
def test_what_is_sent_can_be_read_again(n, exact):
    weights = random_weights(2, 3, n, n)
    read = received(sent(weights, exact=exact), weights.shape)
    np.testing.assert_allclose(read, weights, atol=1e-7 if n < 65 else 4e-3 * weights.max())
    view = attention_explorer(weights).view
    assert packed(weights, None)["weights"] == view.weights
    np.testing.assert_allclose(all_of(view).sum(axis=-1), 1)


@pytest.mark.browser
@pytest.mark.notebook
def test_a_notebook_shows_its_still_where_no_figure_lives(browser, tmp_path):
    """In nbconvert's HTML, without a network: there the widget's own output is empty."""
    from nbclient import NotebookClient  # both load much
    from nbconvert import HTMLExporter

    code = (
        "from course_lib.widgets import attention_explorer\n"
        "attention_explorer([[0.9, 0.1], [0.4, 0.6]], ['it', '<b>runs'], threshold=0.3)"
    )
    write_notebook(tmp_path / "one.ipynb", [code])
    notebook = nbformat.read(tmp_path / "one.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=False).execute()
    live, still = notebook.cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in live.data
    assert live.data["text/plain"] == ""
    told = "edges above 0.3: 3. The strongest: it → it 0.90, <b>runs → <b>runs 0.60"
    assert told in still.data["text/plain"]
    (tmp_path / "one.html").write_text(HTMLExporter().from_notebook_node(notebook)[0], "utf-8")
    page = browser.new_context(offline=True).new_page()  # scripts are missing, and told of
    page.goto((tmp_path / "one.html").as_uri(), wait_until="domcontentloaded")
    image = page.locator(".course-still img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    assert told in page.locator(".course-still figcaption").inner_text()
    page.context.close()


# --- all figures on one page ---------------------------------------------------------------------


REPLACED = "document.querySelectorAll('.replaced').length === models.length"


def of_kinds(*kinds):
    """Return the views of some kinds, for what one kind tells of all."""
    return [VIEWS[KINDS.index(kind)] for kind in kinds]


@pytest.mark.browser
def test_a_still_gives_way_to_its_figure_and_is_what_is_printed(page, tmp_path):
    open_all(page, tmp_path, VIEWS[:2], alive=False)
    stills, boxes = page.locator(".course-still img"), page.locator(".course-figure")
    assert stills.count() == 2
    assert stills.first.is_visible()
    open_all(page, tmp_path, VIEWS)
    page.wait_for_function(REPLACED)
    assert stills.count() == boxes.count() == len(VIEWS)
    seen = "all => all.filter((e) => e.checkVisibility()).length"
    assert stills.evaluate_all(seen) == 0
    assert boxes.evaluate_all(seen) == len(VIEWS)
    page.emulate_media(media="print")
    assert stills.evaluate_all(seen) == len(VIEWS)
    assert boxes.evaluate_all(seen) == 0
    page.emulate_media(media="screen")
    page.evaluate("stops.forEach((stop) => stop())")
    assert stills.evaluate_all(seen) == len(VIEWS)


@pytest.mark.browser
def test_a_figure_that_was_changed_is_printed_as_it_stands(page, tmp_path):
    """One that was not is printed as its still; afterwards all stills are back."""
    k, views = 1, of_kinds("attention", "edge", "plane")
    open_all(page, tmp_path, views)
    page.wait_for_function(REPLACED)
    stills = page.locator(".course-still")
    page.evaluate(f"models[{k}].set('step', 1), models[{k}].save_changes()")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    drawn = stills.locator("> svg")
    assert drawn.count() == 1
    assert drawn.is_visible()
    texts = set(drawn.locator("text").all_text_contents())
    assert any(text.startswith("step 1 of 8") for text in texts)
    assert drawn.locator("rect").count() > 2 * 3  # the bars of two vectors, which CSS draws
    assert not CONTROLS & texts
    assert stills.nth(k).locator("img, figcaption").count() == 0
    assert stills.locator("img").count() == len(views) - 1
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert drawn.count() == 0
    assert stills.locator("img").count() == len(views)


@pytest.mark.browser
def test_every_figure_starts_again_as_it_began(page, tmp_path):
    """Each choice is set to an end of what it may be; then the button brings all of them back."""
    open_all(page, tmp_path, VIEWS)
    page.wait_for_function(REPLACED)
    moved = """() => models.map((model) => {
      const [limits, start] = ["limits", "start"].map((name) => model.get(name));
      for (const [name, { low, high, length }] of Object.entries(limits)) {
        const other = low === undefined ? !start[name] : start[name] === high ? low : high;
        model.set(name, length ? (length[0] ? [low, high] : [0]) : other);
      }
      return Object.keys(limits).length;
    })"""
    count = page.evaluate(moved)
    assert [kind for kind, n in zip(KINDS, count, strict=True) if not n] == ["training"]
    assert page.evaluate(STATE) != page.evaluate(START)
    for button in page.get_by_role("button", name="Start again").all():
        button.click()
    assert page.evaluate(STATE) == page.evaluate(START)


@pytest.mark.browser
def test_every_figure_can_be_saved_by_keyboard(page, tmp_path):
    """The files parse and need nothing else; a light drawing also where the page is dark."""
    for k, kind in enumerate(KINDS):
        if k % 5 == 0:  # a browser asks its reader before a page's eleventh file
            open_all(page, tmp_path, VIEWS[k : k + 5])
            page.evaluate("document.documentElement.dataset.theme = 'dark'")
        box = page.locator(f"#figure-{k % 5}")
        files = {}
        for ending in ("SVG", "JSON"):
            box.locator("summary").focus()
            page.keyboard.press("Enter")
            box.locator("details[open]").wait_for()
            box.get_by_role("button", name=f"as {ending}").focus()
            with page.expect_download() as waiting:
                page.keyboard.press("Enter")
            assert waiting.value.suggested_filename == f"{kind}-1.{ending.lower()}"
            files[ending] = waiting.value.path().read_text("utf-8")
            assert not box.locator("details").evaluate("menu => menu.open")
        drawing = ET.fromstring(files["SVG"])
        assert drawing.find("{*}rect").get("fill") == "rgb(255, 255, 255)", kind
        assert not [e for e in drawing.iter() if e.get("class") or "var(" in str(e.attrib)]
        assert not CONTROLS & {text.strip() for text in drawing.itertext()}, kind
        numbers = json.loads(files["JSON"])
        assert numbers["changes"] == {}, kind
        if kind != "training":
            assert numbers["shown"], kind


@pytest.mark.browser
def test_a_link_leads_to_a_figure_as_it_stands(page, tmp_path):
    views = of_kinds("attention", "flow", "heads", "ranking")
    k, other = 3, 1
    choices = {"removed": [2, 0], "damping": 0.5, "layer": 1, "head_choice": 2}
    told = "".join(f"&{name}={json.dumps(value)}" for name, value in choices.items())
    hostile = "&measure_choice=99&tokens=[%22%3Cimg%3E%22]&words={}&_esm=1&threshold=%"
    open_all(page, tmp_path, views, fragment=f"#figure=ranking-1{told}{hostile}")
    page.wait_for_function(REPLACED)
    now = {name: page.evaluate("([k, n]) => models[k].get(n)", [k, name]) for name in choices}
    assert now == choices
    assert page.evaluate(f"models[{k}].get('measure_choice')") == 1
    assert page.evaluate(f"models[{k}].get('tokens')") == TOKENS
    assert page.locator(f"#figure-{k}").evaluate(
        "box => Math.abs(box.getBoundingClientRect().top) < innerHeight"
    )
    start = f"JSON.stringify(models[{other}].get('start'))"
    # The button writes what the link was read from, and leaves out what is as it began.
    box = page.locator(f"#figure-{k}")
    box.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash.startsWith('#figure=ranking-1')")
    assert "measure" not in page.evaluate("location.hash")
    assert "damping=0.5" in page.evaluate("location.hash")
    assert "ink" in box.locator(".course-link").inner_text()
    # A link that is opened on the page leads from one figure to another.
    page.evaluate("location.hash = '#figure=flow-1&output=3&input=<script>'")
    page.wait_for_function(f"models[{other}].get('output') === 3")
    assert json.loads(page.evaluate(start))["input"] == page.evaluate(
        f"models[{other}].get('input')"
    )


@pytest.mark.browser
def test_no_link_is_offered_where_an_address_makes_no_sense(page, tmp_path):
    open_all(page, tmp_path, VIEWS[:1])
    page.wait_for_selector(".course-link")
    page = page.context.new_page()  # what is added to a page stays, and others come after this
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.body.setAttribute("
        "'data-jp-theme-light', 'true'))"
    )
    open_all(page, tmp_path, VIEWS[:1])
    page.wait_for_selector(".replaced", state="attached")
    assert page.locator(".course-link").count() == 0
    assert page.locator(".course-reset").count() == 1
    assert errors == []


@pytest.mark.browser
def test_escape_lets_go_of_what_is_chosen(page, tmp_path):
    open_all(page, tmp_path, of_kinds("rollout"))
    page.evaluate("models[0].set('output', 2)")
    page.locator("#figure-0 [tabindex='0']").first.focus()
    page.keyboard.press("Escape")  # first of what has the focus
    page.keyboard.press("Escape")
    assert page.evaluate("models[0].get('output')") is None


@pytest.mark.browser
def test_bars_fit_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 800})
    open_all(page, tmp_path, VIEWS)
    page.wait_for_selector(".course-link")
    assert_fits(page, 390)
    heights = page.locator(".course-bar").evaluate_all("bars => bars.map((b) => b.offsetHeight)")
    assert max(heights) < 40  # one line
    small = "all => all.filter((e) => Math.min(e.offsetWidth, e.offsetHeight) < 24).length"
    assert page.locator(".course-bar > *").evaluate_all(small) == 0
