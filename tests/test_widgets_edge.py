"""The live figure of one edge: what it sends, what it refuses, what it computes and draws."""

import itertools
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from course_lib.attention import attention, attention_logits
from course_lib.authoring.browser import open_view, traits
from course_lib.data import HeadVectors, load_head_vectors
from course_lib.widgets import edge_explorer
from course_lib.widgets.edge.view import STEPS
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits
from tests.support.pages import read
from tests.support.sweeping import wander
from tests.support.usable import assert_fits, assert_keys_stay, assert_targets

WORDS = ("the", "cat", "sat", "the")


def made_head(seed, n=4, d=5, width=5, *, mask=None, half=False):
    rng = np.random.default_rng(seed)
    parts = [2 * rng.normal(size=(n, size)) for size in (d, d, width)]
    kind = np.float16 if half else np.float32
    parts = [part.astype(kind).astype(float) for part in parts]
    return HeadVectors(*parts, mask, WORDS[:n])


HEADS = {
    "as float32": made_head(0),
    (3, 1): made_head(1, width=3, mask=np.tri(4, dtype=bool), half=True),
    "two tokens": made_head(2, n=2, d=3, width=2, mask=np.array([[False, True], [True, True]])),
    "zero": made_head(3)._replace(value=np.zeros((4, 2))),
}


# --- what is sent, what is refused ----------------------------------------------------------------


def test_the_control_is_linked_in_the_browser_and_starts_in_agreement():
    view = assert_linked(edge_explorer(HEADS, head=1, query=2, key=3, step="logit"))
    assert (view.head, view.query, view.key, view.step) == (1, 2, 3, 3)
    figure = edge_explorer(HEADS)
    assert controls(figure)["head"].options[:2] == ("as float32", "layer 3, head 1")
    assert not controls(edge_explorer({"one": HEADS["zero"]}))


def test_vectors_go_as_float16_where_nothing_is_lost_by_it():
    sizes = [head["size"] for head in edge_explorer(HEADS).children[-1].heads]
    assert sizes == [4, 2, 4, 4]
    large = HEADS[3, 1]._replace(key=np.full((4, 5), 1e6))
    assert edge_explorer({"a": large}).children[-1].heads[0]["size"] == 4
    sent = traits(edge_explorer(load_head_vectors("it_tired")).children[-1])
    assert len(sent["vectors"]) == 4 * 3 * 15 * 32 * 2


def bad(**parts):
    return lambda: edge_explorer({"a": HEADS[3, 1]._replace(**parts)})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: edge_explorer([1]), TypeError, "heads must be a dict of HeadVectors, got list"),
        (lambda: edge_explorer({}), ValueError, "heads must number from 1 to 12, got 0"),
        (lambda: edge_explorer({"a": np.eye(3)}), TypeError, r"heads\['a'\] must be HeadVectors"),
        (lambda: edge_explorer(HEADS, head=4), ValueError, "head must be between 0 and 3"),
        (lambda: edge_explorer(HEADS, query=4), ValueError, "query must be between 0 and 3"),
        (lambda: edge_explorer(HEADS, head=2, key=2), ValueError, "key must be between 0 and 1"),
        (lambda: edge_explorer(HEADS, step="end"), ValueError, "step must be one of"),
        (bad(query=np.ones(3)), ValueError, r"heads\['a'\].query must have shape \(n, d\)"),
        (bad(key=np.ones((4, 4))), ValueError, r"heads\['a'\].key must have shape \(4, 5\)"),
        (bad(value=np.ones((3, 4))), ValueError, r"heads\['a'\].value must have shape \(4, d_"),
        (bad(key=np.full((4, 5), np.nan)), ValueError, r"heads\['a'\].key must be finite"),
        (bad(mask=np.ones((4, 4))), TypeError, r"heads\['a'\].mask must be boolean"),
        (bad(mask=np.eye(4, k=1, dtype=bool)), ValueError, "attend to a key, row 3 is empty"),
        (bad(tokens=["a"]), ValueError, r"heads\['a'\].tokens must have one entry"),
        (
            bad(query=np.ones((65, 5)), key=np.ones((65, 5)), value=np.ones((65, 5))),
            ValueError,
            "at most 64 tokens",
        ),
        (bad(value=np.ones((4, 129))), ValueError, "at most 128 features"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- numbers -------------------------------------------------------------------------------------

STATE = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const { head, ...told } = module.edgeState(model);
  const root = document.querySelector(".edge-view");
  const numbers = [...root.querySelectorAll(".formula, .readout, .entry")];
  const cells = (row) => [...row.querySelectorAll("td")].map(({ textContent }) => textContent);
  return {
    ...told,
    row: [...root.querySelectorAll(".row-scene tr")].map(cells),
    strips: [...root.querySelectorAll(".strip b")].map(({ textContent }) => textContent),
    shares: [...root.querySelectorAll(".keys small")].map(({ textContent }) => textContent),
    said: numbers.map(({ textContent }) => textContent).join(" "),
    broken: /NaN|undefined|Infinity/.test(root.outerHTML),
  };
})"""


def number(text):
    if text[0] in "<>":  # "<0.0001": something between this and 0
        return number(text[1:]) / 2
    return float(text.replace("−", "-").replace("∞", "inf"))


def close(told, expected, **tolerance):
    np.testing.assert_allclose(told, expected, **({"rtol": 1e-9, "atol": 1e-12} | tolerance))


def assert_right(state, shown, heads):
    """Compare all numbers of a state with those of course_lib and NumPy."""
    head = list(heads.values())[state["head"]]
    i, j = (min(state[end], len(head.tokens) - 1) for end in ("query", "key"))
    output, weights = attention(head.query, head.key, head.value, mask=head.mask)
    logits = attention_logits(head.query, head.key)[i]
    allowed = np.ones(len(logits), bool) if head.mask is None else head.mask[i]
    masked = np.where(allowed, logits, -np.inf)
    assert not shown["broken"]
    close(shown["products"], head.query[i] * head.key[j])
    close(shown["dot"], head.query[i] @ head.key[j])
    close(shown["logits"], logits)
    close(shown["largest"], masked.max())
    close(shown["exponentials"], np.exp(masked - masked.max()))
    close(shown["total"], np.exp(masked - masked.max()).sum())
    close(shown["weights"], weights[i])
    close(shown["brought"], weights[i, j] * head.value[j])
    close(shown["output"], output[i])
    size = output[i] @ output[i]
    if size == 0:
        assert shown["share"] is None
    else:
        close(shown["share"], weights[i, j] * head.value[j] @ output[i] / size)
    told = [number(text) for text in shown["shares"] if text != "masked"]
    close(told, weights[i][allowed], atol=0.00051)
    step = state["step"]
    if 4 <= step <= 6:  # as they are written, to three decimals
        columns = [masked, np.exp(masked - masked.max()), weights[i]][: step - 3]
        rows = [list(map(number, row[:-1])) for row in shown["row"][1 : len(logits) + 1]]
        close(rows, np.transpose(columns), atol=0.00051, rtol=0.05)
    if step in (1, 2, 3, 7, 8):
        vectors = [head.query[i], head.key[j], head.query[i] * head.key[j]]
        if step > 6:
            vectors = [head.value[j], weights[i, j] * head.value[j], output[i]]
        count = len(vectors[0])
        entry = min(state["entry"], count - 1)
        vectors = vectors[: 2 if step in (1, 7) else 3]
        expected = [vector[entry] for vector in vectors]
        close(list(map(number, shown["strips"])), expected, atol=0.00051, rtol=0.05)


def test_every_state_shows_the_numbers_of_course_lib(page, tmp_path):
    open_view(page, tmp_path, edge_explorer(HEADS).children[-1])
    ends = {"query": range(4), "key": range(4), "step": range(9), "entry": range(6)}
    states = wander({"head": range(4), **ends}, 250)
    for state, shown in zip(states, read(page, STATE, states), strict=True):
        assert_right(state, shown, HEADS)
    with pytest.raises(AssertionError):  # a wrong number is seen
        assert_right(states[0], read(page, STATE, [states[-1]])[0], HEADS)


def test_the_recorded_heads_too(page, tmp_path):
    heads = load_head_vectors("it_tired") | load_head_vectors("repetition", model="smollm2")
    open_view(page, tmp_path, edge_explorer(heads).children[-1])
    edges = [(2, 10, 3), (3, 10, 0), (5, 13, 12), (6, 13, 4), (7, 13, 0), (7, 3, 18)]
    states = [
        {"head": head, "query": query, "key": key, "step": step, "entry": 40}
        for head, query, key in edges
        for step in (2, 6, 8)
    ]
    for state, shown in zip(states, read(page, STATE, states), strict=True):
        assert_right(state, shown, heads)


# --- pointer, keyboard, life ---------------------------------------------------------------------

CHOSEN = "['query', 'key', 'step', 'entry'].map((name) => model.get(name))"


def test_an_edge_is_chosen_by_click_and_by_key_and_followed_down(page, tmp_path):
    page.emulate_media(reduced_motion="reduce")
    heads = {"a": made_head(4, n=4, d=8, width=8)}
    open_view(page, tmp_path, edge_explorer(heads).children[-1])
    page.locator('.keys button[data-position="2"]').click()
    assert page.evaluate(CHOSEN) == [0, 2, 0, 0]
    for key, expected in (("ArrowDown", 3), ("ArrowUp", 2), ("Home", 0), ("End", 3)):
        page.keyboard.press(key)
        assert page.evaluate(CHOSEN)[1] == expected
    page.locator(".queries [aria-checked='true']").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(CHOSEN) == [1, 3, 0, 0]
    weights = page.evaluate("module.edgeState(model).weights")
    best = int(np.argmax(weights))
    edge = page.locator(f'.hit[data-query="1"][data-key="{best}"]')
    edge.dispatch_event("click")  # the middle of a curve need not be its stroke
    assert page.evaluate(CHOSEN) == [1, best, 1, 0]
    for step in range(2, len(STEPS)):
        page.get_by_role("button", name="next step").click()
        assert page.evaluate(CHOSEN)[2] == step
    assert page.get_by_role("button", name="next step").is_disabled()
    page.get_by_role("button", name="back").click()
    assert page.evaluate(CHOSEN)[2] == 7
    page.get_by_role("slider", name="entry").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHOSEN)[3] == 1
    bars = page.locator(".bars").first.bounding_box()
    page.mouse.move(bars["x"] + 0.95 * bars["width"], bars["y"] + 5)
    assert page.evaluate(CHOSEN)[3] == 7
    page.locator(".vectors summary").click()
    page.locator(".vectors td").first.wait_for()
    assert page.locator(".vectors td").count() == 8 * 3
    page.locator(".ledger button").nth(2).click()
    assert page.locator(".vectors td").count() == 8 * 4
    page.keyboard.press("ArrowUp")
    assert page.evaluate(CHOSEN)[2] == 1


LINES = """() => {
  const figure = document.querySelector(".course-figure").getBoundingClientRect();
  return [...document.querySelectorAll(".bars, .signed .bar")].map((box) => {
    const { left, top } = box.getBoundingClientRect();
    const line = getComputedStyle(box, "::before");
    const [x, y, width, height] = ["left", "top", "width", "height"].map((name) =>
      parseFloat(line[name]));
    return [left - figure.left + x, top - figure.top + y, width, height];
  });
}"""


def saved_lines(page):
    """Save the figure as SVG; return where it has boxes of one pixel's breadth."""
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="as SVG").click()
    boxes = ET.parse(waiting.value.path()).findall("{*}rect")
    places = [[float(box.get(name, 0)) for name in ("x", "y", "width", "height")] for box in boxes]
    return [place for place in places if min(place[2:]) == 1]


@pytest.mark.parametrize(("step", "upright"), [("products", False), ("row", True)])
def test_a_saved_figure_keeps_its_lines_of_zero(page, tmp_path, step, upright):
    open_view(page, tmp_path, edge_explorer(HEADS, step=step).children[-1])
    shown = page.evaluate(LINES)
    assert shown
    assert all(line[2 if upright else 3] == 1 for line in shown)
    saved = saved_lines(page)
    for line in shown:
        assert any(np.allclose(line, other, atol=0.1) for other in saved), line
    page.add_style_tag(
        content=".edge-view .bars::before, .bar::before { content: none !important }"
    )
    assert len(saved_lines(page)) == len(saved) - len(shown)


MOTION = """() => {
  const flights = [];
  Element.prototype.animate = function () { flights.push(this.textContent); };
  model.set("step", 1);
  const bars = getComputedStyle(document.querySelector(".bars i"), "::before").animationName;
  model.set("step", 0);
  return [flights, bars];
}"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_words_fly_and_bars_grow_unless_motion_is_unwelcome(page, tmp_path, motion):
    page.emulate_media(reduced_motion=motion)
    open_view(page, tmp_path, edge_explorer(HEADS, query=1, key=2).children[-1])
    flights, bars = page.evaluate(MOTION)
    moving = motion == "no-preference"
    assert flights == (["cat", "sat", "cat", "sat"] if moving else [])
    assert (bars != "none") == moving


@pytest.mark.parametrize("width", [390, 1000])
def test_it_can_be_used_with_fingers_and_keys_and_does_not_overflow(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(reduced_motion="reduce")  # words that fly are no targets
    odd = ("<b>&amp;", "", "\n", "word" * 30)
    heads = {"odd": made_head(5)._replace(tokens=odd)}
    heads |= load_head_vectors("repetition", model="smollm2")
    open_view(page, tmp_path, edge_explorer(heads).children[-1])
    for head, step in itertools.product((0, 2), range(len(STEPS))):
        set_traits(page, head=head, step=step, query=13, key=4)
        assert_targets(page)
        assert_fits(page, width)
    for group in (".queries", ".keys", ".ledger"):
        assert_keys_stay(page, group)


def test_a_view_can_be_shown_twice_and_removed(page, tmp_path):
    changes = dict(head=1, step=2), dict(query=2, step=5), dict(key=1, step=8), dict(entry=1)
    assert_shown_twice_and_removed(page, tmp_path, edge_explorer(HEADS).children[-1], *changes)


def test_text_stands_out_in_every_theme(page, tmp_path):
    view = edge_explorer(HEADS, head=1, query=1, step="weight").children[-1]
    colours = [(".readout", "color"), (".formula", "color"), (".keys .masked", "color")]
    colours += [(".row-scene td", "color"), (".ledger .later", "color"), ("figcaption", "color")]
    assert_readable(page, tmp_path, view, colours)
