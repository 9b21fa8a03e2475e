"""The Python side of the live figures: what is sent to the browser, and what is refused."""

import json
import re

import numpy as np
import pytest
from ipywidgets.embed import dependency_state

from course_lib.authoring.browser import open_view
from course_lib.authoring.figures import WIDGETS
from course_lib.widgets import (
    attention_explorer,
    heads_explorer,
    query_plane,
)
from course_lib.widgets.shared.figure import FigureView
from tests.support.figures import (
    assert_linked,
    controls,
    figures_with_tokens,
    random_weights,
)

TOKENS = ["the", "cat", "sat", "sat"]


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4), (2, 3, 4, 4)])
def test_weights_of_every_layout_reach_the_browser_as_float32(shape):
    weights = random_weights(*shape)
    view = attention_explorer(weights, TOKENS).children[-1]
    layers, heads, n = view.shape
    assert (layers, heads, n) == ((1, 1, 1, *shape)[-4:-1])
    sent = np.frombuffer(view.weights, "<f4").reshape(layers, heads, n, n)
    np.testing.assert_array_equal(sent, weights.reshape(sent.shape).astype(np.float32))
    assert view.tokens == TOKENS


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ((4, 4), {"threshold", "arrows", "layout"}),
        ((3, 4, 4), {"head", "threshold", "arrows", "layout"}),
        ((2, 3, 4, 4), {"layer", "head", "threshold", "arrows", "layout"}),
        ((2, 1, 4, 4), {"layer", "threshold", "arrows", "layout"}),
    ],
)
def test_only_controls_that_leave_a_choice_are_shown(shape, names):
    assert set(controls(attention_explorer(random_weights(*shape), TOKENS))) == names


def test_pages_without_jupyter_make_the_controls_that_are_left():
    figure = attention_explorer([[0.5, 0.5], [0.2, 0.8]])
    row = figure.children[0]
    row.children = row.children[:1]
    assert figure.view.controls == [row.children[0].described]


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    weights = random_weights(2, 3, 4, 4)
    options = {"layer": 1, "head": 2, "threshold": 0.25, "direction": "flow", "layout": "rows"}
    figures = [
        attention_explorer(weights, TOKENS, **options),
        heads_explorer(weights, TOKENS, layer=1, first=2, second=0, threshold=0.3),
        query_plane(query=(0.5, -1.0), temperature=2.5, scaled=False),
    ]
    view, *_ = [assert_linked(figure) for figure in figures]
    assert (view.layer, view.head_choice, view.threshold) == (1, 3, 0.25)
    assert (view.direction_choice, view.layout_choice) == (1, 1)
    assert controls(figures[0])["head"].label == "head 2"


GOOD = random_weights(2, 3, 4, 4)
NEGATIVE = [[1.5, -0.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: attention_explorer(GOOD[..., :3]), ValueError, "weights must be square"),
        (lambda: attention_explorer(NEGATIVE), ValueError, "weights must not be negative"),
        (lambda: attention_explorer([[1.0, 1.0], [0.5, 0.5]]), ValueError, "weights must have row"),
        (lambda: attention_explorer([[np.nan, 1], [0, 1]]), ValueError, "weights must be finite"),
        (lambda: attention_explorer("text"), TypeError, "weights must hold real numbers"),
        (lambda: attention_explorer(np.ones((0, 0))), ValueError, "weights must not be empty"),
        (lambda: attention_explorer([1.0]), ValueError, "weights must have at least 2 axes"),
        (lambda: attention_explorer(GOOD[None]), ValueError, "weights must have 2, 3 or 4 axes"),
        (lambda: attention_explorer(np.eye(513)), ValueError, "weights must have at most 512"),
        (lambda: attention_explorer(GOOD, ["a"]), ValueError, "tokens must have one entry"),
        (lambda: attention_explorer(GOOD, "word"), TypeError, "tokens must be a sequence"),
        (lambda: attention_explorer(GOOD, layer=2), ValueError, "layer must be between 0 and 1"),
        (lambda: attention_explorer(GOOD, head=3), ValueError, "head must be between 0 and 2"),
        (lambda: attention_explorer(GOOD, head="mean"), TypeError, "head must be an integer"),
        (lambda: attention_explorer(GOOD, threshold=2), ValueError, "threshold must be between"),
        (lambda: attention_explorer(GOOD, direction="up"), ValueError, "direction must be one of"),
        (lambda: attention_explorer(GOOD, layout="spring"), ValueError, "layout must be one of"),
        (lambda: heads_explorer(GOOD[:, :1]), ValueError, "weights must have at least 2 heads"),
        (lambda: heads_explorer(GOOD, first=3), ValueError, "first must be between 0 and 2"),
        (lambda: heads_explorer(GOOD, second=-1), ValueError, "second must be between 0 and 2"),
        (lambda: heads_explorer(GOOD, layer=0.5), TypeError, "layer must be an integer"),
        (lambda: query_plane([[1.0, 2.0, 3.0]]), ValueError, "keys must have 2 coordinates"),
        (lambda: query_plane([[1.0, 9.0]]), ValueError, "keys must lie between -3 and 3, got 9"),
        (lambda: query_plane([]), ValueError, "keys must have 2 axes"),
        (lambda: query_plane(query=(1, 2, 3)), ValueError, "query must have shape"),
        (lambda: query_plane(temperature=0), ValueError, "temperature must be between 0.1 and 5"),
        (lambda: query_plane(scaled="no"), TypeError, "scaled must be True or False"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


BREAKING = ["<!--", "<script>", "</SCRIPT>", "<b>"]  # what ends or opens an element of a page


def state_of(figure):
    """Return the state that a static page saves of a figure, as JSON."""
    state = dependency_state(figure)
    code = [one["state"].pop("_esm") for one in state.values() if "_esm" in one["state"]]
    assert not any(re.search(r"<!--|</?script", text, re.IGNORECASE) for text in code)
    return json.dumps(state)


def test_no_token_can_end_the_script_that_holds_a_page_s_state():
    for figure in figures_with_tokens(BREAKING):
        state = state_of(figure)
        assert "script" in state.lower()  # the tokens are in it
        assert not re.search("<[!/?a-z]", state, re.IGNORECASE), figure.children[-1]


def test_a_view_that_sends_its_tokens_as_they_are_is_seen(monkeypatch):
    monkeypatch.delattr(FigureView, "get_state")
    states = map(state_of, figures_with_tokens(BREAKING))
    assert all(re.search("<[!/?a-z]", state, re.IGNORECASE) for state in states)


def page_of(state):
    """Return a page as MyST-NB writes it, which replaces one ending in small letters."""
    state = state.replace("</script>", r"<\/script>")
    kind = "application/vnd.jupyter.widget-state+json"
    return f"<!doctype html><script type='{kind}'>{state}</script><p>What follows.</p>"


def test_what_follows_the_state_stays_on_the_page(page):
    for figure in figures_with_tokens(BREAKING):
        state = state_of(figure)
        page.set_content(page_of(state))
        assert page.locator("p").all_inner_texts() == ["What follows."]
        read = page.evaluate("JSON.parse(document.querySelector('script').textContent)")
        assert read == json.loads(state)
    for tokens in (["<!--", "<script>"], ["</SCRIPT>"]):  # as they are, they break it
        page.set_content(page_of(json.dumps(tokens)))
        whole = page.locator("p").all_inner_texts() == ["What follows."]
        script = page.evaluate("document.querySelector('script').textContent")
        assert not whole or script != json.dumps(tokens)


def test_what_breaks_nothing_is_sent_as_it_is():
    tokens = ["a < b", "<", "<<", "x<3"]
    assert (
        attention_explorer(random_weights(4, 4), tokens).children[-1].get_state()["tokens"]
        == tokens
    )


STYLES = [path.read_text("utf-8") for path in sorted(WIDGETS.glob("*/bundle.css"))]
LOOK = """(css) => {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  return [...document.querySelectorAll(".course-figure, .course-figure *")].map((element) => {
    const shown = getComputedStyle(element);
    const name = `${element.tagName} ${element.getAttribute("class")}`;
    return [name, ...["fill", "stroke", "opacity", "display", "position", "margin", "padding",
      "fontSize", "fontWeight", "width", "height"].map((property) => shown[property])];
  });
}"""
# A figure may measure itself once it is laid out, and then move.
SETTLED = "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))"


def changed_by_other_figures(page, folder, view, *more):
    """Return what looks otherwise where the stylesheets of all figures follow a figure's own."""
    open_view(page, folder, view)
    page.evaluate(SETTLED)
    before = page.evaluate(LOOK, "")
    after = page.evaluate(LOOK, "\n".join([*STYLES, *more]))
    return [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]


@pytest.mark.browser
def test_a_figure_looks_the_same_beside_all_others(page, tmp_path):
    """The last stylesheet of a page wins where two rules weigh the same."""
    figures = [*figures_with_tokens(TOKENS), query_plane()]
    changes = {
        type(figure.children[-1]).__name__: changed_by_other_figures(
            page, tmp_path, figure.children[-1]
        )
        for figure in figures
    }
    assert {name: found[:3] for name, found in changes.items() if found} == {}
    planted = ".course-figure .node .dot { fill: red !important; }"
    assert changed_by_other_figures(page, tmp_path, figures[5].children[-1], planted)
