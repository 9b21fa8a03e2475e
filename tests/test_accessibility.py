"""Live figures for everybody: names, states, sizes and colours; and every control to its end."""

import re

import numpy as np
import pytest

from course_lib import flow, graph, heads, sparsity
from course_lib.attention import attention, entropy
from course_lib.authoring.browser import open_view
from course_lib.authoring.figures import WIDGETS
from course_lib.authoring.serving import serving
from course_lib.data import load_attention
from course_lib.widgets import query_plane
from tests.support.axe import barriers
from tests.support.gallery import all_figures, write_page
from tests.support.looks import barriers_as_shown
from tests.support.sweeping import sweep

PHONE = {"width": 390, "height": 664}
LAPTOP = {"width": 1200, "height": 900}
NAMES = [path.parent.name for path in sorted(WIDGETS.glob("*/view.js"))]
WEIGHTS, TOKENS = load_attention("it_tired")


@pytest.fixture(scope="module")
def shown(browser, tmp_path_factory):
    """Return the page of all figures; no error, and nothing is asked of another host."""
    folder = tmp_path_factory.mktemp("gallery")
    figures = all_figures()
    name = write_page(folder, figures)
    troubles = []
    with serving(folder) as address:
        context = browser.new_context(viewport=LAPTOP)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
        page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith(("data:", "blob:", address))
                or troubles.append(f"asked elsewhere: {asked.url}")
            ),
        )
        page.goto(f"{address}/{name}", wait_until="load")
        for figure in figures:
            page.locator(f"#{figure} .course-figure").first.wait_for()
        page.troubles, page.figures = troubles, list(figures)
        yield page
        context.close()


@pytest.fixture
def page(shown):
    yield shown
    assert shown.troubles == []


def dress(page, theme, size):
    page.set_viewport_size(size)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)


def test_every_figure_is_shown(page):
    assert sorted(page.figures) == NAMES


# --- what axe finds -------------------------------------------------------------------------------


def test_figures_as_they_begin_have_no_barrier(page):
    dress(page, "light", LAPTOP)
    assert barriers_as_shown(page) == []


def test_a_planted_barrier_is_found(page):
    page.evaluate("""() => {
      const planted = document.createElement("div");
      planted.id = "planted";
      planted.innerHTML = "<svg role='img' width='9' height='9'></svg><button></button>";
      document.querySelector("main").append(planted);
    }""")
    found = {line.partition(":")[0] for line in barriers(page, "#planted")}
    page.evaluate("document.getElementById('planted').remove()")
    assert found == {"button-name", "svg-img-alt"}


STATES = """() => ({
  sliders: [...document.querySelectorAll("[type=range]")].map((input) => [
    input.labels[0]?.textContent,
    input.nextElementSibling.getAttribute("aria-label"),
    input.nextElementSibling.tabIndex,
  ]),
  toggles: [...document.querySelectorAll(".widget-toggle-buttons button")].map((button) => [
    button.getAttribute("aria-pressed"), `${button.classList.contains("mod-active")}`,
  ]),
  matrices: [...document.querySelectorAll(".heatmap .cells")].map((cells) => [
    cells.getAttribute("role"), cells.getAttribute("aria-label"),
    cells.querySelectorAll("[tabindex], [role]").length,
  ]),
})"""


def test_sliders_have_names_toggles_a_state_and_a_matrix_is_one_thing(page):
    found = page.evaluate(STATES)
    assert len(found["sliders"]) > 20
    for name, label, stop in found["sliders"]:
        assert name == label != ""
        assert stop == -1  # the handle is the one tab stop of a slider
    assert len(found["toggles"]) > 8
    assert all(pressed == active for pressed, active in found["toggles"])
    assert len(found["matrices"]) == 8
    for role, told, inside in found["matrices"]:
        assert role == "application"
        assert re.search(r"\d+ rows and \d+ columns\..* The strongest cell: .*\d\.\d\d", told)
        assert inside == 0


# --- a phone --------------------------------------------------------------------------------------

LETTERS = """() => [...document.querySelectorAll(
    ".course-figure :is(text, p, span, td, th, b, button, small, figcaption)")]
  .filter((e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .map((e) => {
    const { a, b } = e instanceof SVGElement ? e.getScreenCTM() : { a: 1, b: 0 };
    const size = parseFloat(getComputedStyle(e).fontSize);
    return [e.closest("section").id, e.textContent, Math.hypot(a, b) * size];
  })"""

TARGETS = """() => [...document.querySelectorAll(
    ".course-figure-box :is(.node[tabindex], button, select, [type=range], .cells[role], .handle)")]
  .filter((e) => e.getClientRects().length)
  .map((e) => {
    const { width, height } = (e.querySelector(".reach") ?? e).getBoundingClientRect();
    return [e.closest("section").id, e.getAttribute("aria-label") ?? e.textContent,
            Math.min(width, height)];
  })"""


CUT = """() => [...document.querySelectorAll("input.widget-readout")]
  .filter((e) => e.scrollWidth > e.clientWidth)
  .map((e) => [e.closest("section").id, e.value])"""


def small(found, least):
    return [entry for entry in found if entry[2] < least]


def test_on_a_phone_all_is_large_enough_to_be_read_and_hit(page):
    dress(page, "dark", PHONE)
    letters, targets = page.evaluate(LETTERS), page.evaluate(TARGETS)
    assert len(letters) > 500
    assert small(letters, 11) == []
    assert len(targets) > 300
    assert small(targets, 24) == []
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    dress(page, "light", {"width": 1200, "height": 800})
    assert page.evaluate(CUT) == []


# The middle of the figure is brought to the middle of the screen.
STUCK = """name => {
  const box = document.querySelector(`#${name} .course-figure-box`);
  const { top, height } = box.getBoundingClientRect();
  scrollBy(0, top + height / 2 - innerHeight / 2);
  const seen = (part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return bottom - top > 0 && top >= -1 && bottom <= innerHeight + 1;
  };
  const row = box.querySelector(":scope > .widget-hbox");
  return [box.getBoundingClientRect().top < 0, seen(row), seen(box.querySelector(".readout"))];
}"""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "training"])
def test_on_a_phone_controls_and_readout_stay_while_the_figure_is_on_the_screen(page, name):
    dress(page, "dark", PHONE)
    scrolled, controls, readout = page.evaluate(STUCK, name)
    assert (controls, readout) == (True, True)
    assert scrolled or name in ("neighbours", "pooling")  # short enough


HANDLE_AT = """() => {
  const handle = document.querySelector(".handle");
  const { left, top, width, height } = handle.querySelector(".reach").getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


def test_a_finger_drags_the_query_down_and_scrolls_the_page_beside_it(browser, tmp_path):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    open_view(page, tmp_path, query_plane(query=(1.0, 0.5)).children[-1])
    page.evaluate("document.body.style.padding = '200px 0 3000px'")
    session = context.new_cdp_session(page)

    def drag_up(x, y):
        for kind, up in [("touchStart", 0), *(("touchMove", k) for k in range(10, 90, 10))]:
            points = [{"x": x, "y": y - up}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        return page.evaluate("[...model.get('query'), scrollY]")

    x, y = page.evaluate(HANDLE_AT)
    at_x, at_y, scrolled = drag_up(x, y)
    assert at_x == pytest.approx(1, abs=0.05)
    assert at_y > 1.5
    assert scrolled == 0
    at_y, scrolled = drag_up(x - 80, y + 100)[1:]
    assert scrolled > 20
    context.close()


# --- every control to its end ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def swept():
    """What was seen of each figure; filled by the first test that asks for it."""
    return {}


def seen_of(page, swept, name):
    if name not in swept:
        swept[name] = sweep(page, name)
    return swept[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_control_goes_to_its_end_and_nothing_odd_is_shown(page, swept, name):
    controls, seen = seen_of(page, swept, name)
    assert controls or name == "training"
    for state in seen:
        assert state["trouble"] == [], state["move"]
    for control in controls:  # each of them moved
        assert len({str(state["values"][control]) for state in seen}) > 1, control


def test_an_odd_number_is_seen(page):
    caption = page.locator("#plane figcaption")
    before = caption.inner_text()
    caption.evaluate("caption => caption.append(' 2.4000000000000004, NaN')")
    _, seen = sweep(page, "plane", rounds=0)
    caption.evaluate("(caption, before) => { caption.textContent = before; }", before)
    assert all(state["trouble"] == [" 2.4000000000000004, NaN"] for state in seen)


def chosen(values):
    """Return the matrix that the controls for layer and head have chosen."""
    layer = WEIGHTS[int(values["layer"])]
    return layer.mean(axis=0) if values["head"] == 0 else layer[values["head"] - 1]


def attention_data(values):
    threshold = float(values["threshold"])
    drawn = graph.attention_graph(chosen(values), TOKENS, threshold=threshold)
    direction = ["attends", "flow"][values["arrows"]]
    return {
        "edges": drawn.number_of_edges(),
        "mass": graph.kept_mass(chosen(values), threshold),
        "direction": direction,
    }


def sparsity_data(values):
    if values["keep by"]:
        kept = sparsity.top_k(chosen(values), int(values["k"]))
    else:
        kept = sparsity.threshold(chosen(values), float(values["threshold"]))
    return {"edges": np.count_nonzero(kept)}


def flow_data(values):
    first, last = int(values["first layer"]), int(values["last layer"])
    assert first <= last  # neither passes the other
    value, _ = flow.max_flow(
        WEIGHTS.mean(axis=1)[first : last + 1],
        values["output"],
        values["input"],
        residual=float(values["residual share"]),
    )
    return {"value": value}


def heads_data(values):
    layer = WEIGHTS[int(values["layer"])]
    return {
        "distance": heads.head_distance(layer[values["first head"]], layer[values["second head"]])
    }


def plane_data(values):
    points = query_plane().children[-1].points
    scale = (2**-0.5 if values["divide the logits by √d"] else 1) / float(values["temperature"])
    _, weights = attention([[1.0, 0.5]], points, points, scale=scale)
    return {"entropy": entropy(weights)[0]}


EXPECTED = {
    "attention": attention_data,
    "flow": flow_data,
    "heads": heads_data,
    "plane": plane_data,
    "sparsity": sparsity_data,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_numbers_are_those_of_the_library_in_every_state(page, swept, name):
    _, seen = seen_of(page, swept, name)
    assert len(seen) > 12
    for state in seen:
        for key, value in EXPECTED[name](state["values"]).items():
            said = state["data"][key]
            told = f"{state['move']}, {state['values']}: {key}"
            if isinstance(value, str):
                assert said == value, told
            else:
                assert float(said) == pytest.approx(float(value), abs=2e-3), told


def test_a_control_whose_value_is_not_used_rests(page, swept):
    for state in seen_of(page, swept, "sparsity")[1]:
        assert state["idle"] == ["threshold" if state["values"]["keep by"] else "k"], state["move"]
    for state in seen_of(page, swept, "ranking")[1]:
        unused = state["values"]["measure"] != 1  # PageRank
        assert state["idle"] == ["damping"] * unused, state["move"]


# After all that: the figures in another state, then pointed at, and in the other theme and size.


def test_figures_whose_controls_were_moved_have_no_barrier(page, swept):
    for name in NAMES:
        seen_of(page, swept, name)
    dress(page, "dark", PHONE)
    assert barriers(page, rules="structure") == []  # the colours of dark pages follow


POINT = """() => {
  for (const figure of document.querySelectorAll(".course-figure")) {
    const parts = figure.querySelectorAll(".node, .cells, .head, [role='radio']");
    const part = parts[parts.length >> 1];
    if (!part) continue;
    const { left, top, width, height } = part.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true };
    for (const kind of ["pointerover", "pointermove"]) {
      part.dispatchEvent(new PointerEvent(kind, at));
    }
    part.dispatchEvent(new MouseEvent("click", at));
  }
}"""


def test_figures_with_something_pointed_at_have_no_barrier(page):
    page.evaluate(POINT)
    dress(page, "dark", LAPTOP)
    assert barriers_as_shown(page) == []
