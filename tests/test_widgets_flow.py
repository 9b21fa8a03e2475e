"""The live figure of flow: what it sends, what it refuses, what it computes and draws."""

import itertools
import re

import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.data import load_attention
from course_lib.flow import max_flow
from course_lib.rollout import residual_layers
from course_lib.widgets import flow_explorer
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import drawn, set_traits
from tests.support.pages import read

TOKENS = ["the", "cat", "sat", "the", "mat"]
WEIGHTS = softmax(2 * np.random.default_rng(9).normal(size=(3, 2, 5, 5)))

# Flows of many states at once: [value, flow on every edge, edges of the cut, bound, met].
# Nothing is drawn for them.
SOLVE = """states => states.map((state) => {
  const asked = { get: (name) => state[name] ?? model.get(name) };
  const { value, flow, cut, capacity, bound, met, layers } = module.flowState(asked);
  return { value, flow: [...flow], cut, capacity, bound, met, count: layers.count };
})"""


# --- what is sent, what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "names"),
    [
        (WEIGHTS, ["output", "input", "first layer", "last layer", "residual share"]),
        (WEIGHTS[:, 0], ["output", "input", "first layer", "last layer", "residual share"]),
        (WEIGHTS[:1], ["output", "input", "residual share"]),
        (np.ones((2, 1, 1)), ["first layer", "last layer", "residual share"]),
        (np.ones((1, 1, 1)), ["residual share"]),
    ],
)
def test_only_controls_that_leave_a_choice_are_shown(weights, names):
    assert list(controls(flow_explorer(weights))) == names


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    options = {"output": 3, "input": 1, "first_layer": 1, "last_layer": 2, "residual": 0.25}
    figure = flow_explorer(WEIGHTS, TOKENS, **options)
    view = assert_linked(figure)
    assert {name: getattr(view, name) for name in options} == options
    assert controls(figure)["output"].label == "the [3]"
    assert controls(figure)["input"].options == (
        "the [0]",
        "cat",
        "sat",
        "the [3]",
        "mat",
    )
    assert flow_explorer(WEIGHTS).children[-1].last_layer == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: flow_explorer(WEIGHTS[0, 0]), ValueError, "weights must have at least 3 axes"),
        (lambda: flow_explorer(WEIGHTS[None]), ValueError, "weights must have 3 or 4 axes"),
        (lambda: flow_explorer(WEIGHTS[..., :4]), ValueError, "weights must be square"),
        (lambda: flow_explorer([np.eye(513)]), ValueError, "weights must have at most 512"),
        (lambda: flow_explorer(None), TypeError, "weights must hold real numbers"),
        (lambda: flow_explorer(WEIGHTS, "word"), TypeError, "tokens must be a sequence"),
        (lambda: flow_explorer(WEIGHTS, output=5), ValueError, "output must be between 0 and 4"),
        (lambda: flow_explorer(WEIGHTS, output=None), TypeError, "output must be an integer"),
        (lambda: flow_explorer(WEIGHTS, input=-1), ValueError, "input must be between 0 and 4"),
        (lambda: flow_explorer(WEIGHTS, input="it"), TypeError, "input must be an integer"),
        (lambda: flow_explorer(WEIGHTS, first_layer=3), ValueError, "first_layer must be between"),
        (lambda: flow_explorer(WEIGHTS, first_layer=0.5), TypeError, "first_layer must be an int"),
        (lambda: flow_explorer(WEIGHTS, last_layer=3), ValueError, "last_layer must be between"),
        (
            lambda: flow_explorer(WEIGHTS, first_layer=2, last_layer=1),
            ValueError,
            "last_layer must be between 2 and 2, got 1",
        ),
        (lambda: flow_explorer(WEIGHTS, residual=-1), ValueError, "residual must be between"),
        (lambda: flow_explorer(WEIGHTS, residual=None), TypeError, "residual must be a real"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- numbers -------------------------------------------------------------------------------------


def states_of(n, layers, residuals, *, most=None):
    """Return states of the controls: all of them, or a sample of at most `most`."""
    names = ("output", "input", "first_layer", "last_layer", "residual")
    ranges = (range(n), range(n), range(layers), range(layers), residuals)
    states = [dict(zip(names, state, strict=True)) for state in itertools.product(*ranges)]
    if most is None or len(states) <= most:
        return states
    chosen = np.random.default_rng(0).choice(len(states), most, replace=False)
    return [states[k] for k in chosen]


def in_order(states):
    """Return those whose first layer is not above the last: controls cannot say another thing."""
    return [state for state in states if state["first_layer"] <= state["last_layer"]]


def layers_in(weights, state):
    """Return the matrices of the layers between the two that are chosen."""
    low, high = sorted([state["first_layer"], state["last_layer"]])
    return residual_layers(weights, residual=state["residual"])[low : high + 1]


def assert_is_a_flow(flow, layers, output, input, value):
    """Check capacities and that nothing is lost or made on the way."""
    assert (flow >= -1e-9).all()
    assert (flow <= layers + 1e-6).all()
    leaving, arriving = flow.sum(axis=2), flow.sum(axis=1)
    n = layers.shape[-1]
    np.testing.assert_allclose(leaving[-1], value * np.eye(n)[output], atol=1e-9)
    np.testing.assert_allclose(arriving[0], value * np.eye(n)[input], atol=1e-9)
    np.testing.assert_allclose(leaving[:-1], arriving[1:], atol=1e-9)


def assert_is_a_cut(cut, layers, output, input, value):
    """Check that the cut has the flow's capacity and lets nothing through."""
    rest = layers.copy().reshape(-1)
    assert rest[cut].sum() == pytest.approx(value, abs=1e-6)
    rest[cut] = 0
    reached = np.eye(layers.shape[-1], dtype=bool)[output]
    for layer in rest.reshape(layers.shape)[::-1]:
        reached = reached @ (layer > 1e-7)  # smaller ones are what float32 leaves of 0
    assert not reached[input]


def assert_solved(page, weights, states):
    for state, solved in zip(states, read(page, SOLVE, states), strict=True):
        layers = layers_in(weights, state)
        output, input = state["output"], state["input"]
        low, high = sorted([state["first_layer"], state["last_layer"]])
        chosen = weights[low : high + 1]
        expected, _ = max_flow(chosen, output, input, residual=state["residual"])
        value = solved["value"]
        assert value == pytest.approx(expected, abs=1e-6), state
        assert solved["capacity"] == pytest.approx(value, abs=1e-6)
        assert_is_a_flow(np.reshape(solved["flow"], layers.shape), layers, output, input, value)
        assert_is_a_cut(solved["cut"], layers, output, input, value)
        bound = min(1, layers[0][:, input].sum())
        assert solved["bound"] == pytest.approx(bound, abs=1e-6)
        if abs(expected - bound) > 1e-6 or expected == bound:
            assert solved["met"] == (abs(expected - bound) < 1e-6), state


def sparse(layers, n, seed):
    """Return layers in which most weights are 0, and some rows have one weight only."""
    rng = np.random.default_rng(seed)
    weights = rng.random((layers, n, n)) * (rng.random((layers, n, n)) < 0.3)
    weights[..., np.arange(n), rng.integers(n, size=n)] += 0.1
    return weights / weights.sum(axis=-1, keepdims=True)


MODELS = {
    "random": (softmax(2 * np.random.default_rng(1).normal(size=(3, 5, 5))), [0.0, 0.5, 0.9, 1.0]),
    "sharp, with heads": (WEIGHTS, [0.0, 0.15]),
    "with zeros": (sparse(4, 6, 2), [0.0]),
    "with zeros and residual": (sparse(4, 6, 3), [0.0, 0.7]),
    "one layer": (WEIGHTS[:1], [0.0, 0.5]),
    "one token": (np.ones((3, 1, 1)), [0.0, 0.5]),
    "permutations": (np.eye(4)[[[1, 2, 3, 0], [3, 2, 1, 0], [0, 2, 1, 3]]], [0.0, 0.5]),
    "deep": (softmax(3 * np.random.default_rng(4).normal(size=(12, 8, 8))), [0.5, 0.95]),
}


class TestNumbers:
    @pytest.mark.parametrize("name", MODELS)
    def test_flow_cut_and_bound_are_those_of_course_lib(self, page, tmp_path, name):
        weights, residuals = MODELS[name]
        open_view(page, tmp_path, flow_explorer(weights).children[-1])
        states = states_of(weights.shape[-1], len(weights), residuals, most=300)
        assert_solved(page, weights, states)

    @pytest.mark.parametrize("name", ["it_tired", "long"])
    def test_on_recorded_attention_too(self, page, tmp_path, name):
        weights, tokens = load_attention(name)
        open_view(page, tmp_path, flow_explorer(weights, tokens).children[-1])
        assert_solved(page, weights, states_of(len(tokens), 6, [0.0, 0.5, 0.9], most=40))

    def test_the_order_of_the_two_layers_does_not_matter(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS).children[-1])
        there, back = page.evaluate(
            SOLVE,
            [
                {"output": 4, "input": 1, "first_layer": 1, "last_layer": 2},
                {"output": 4, "input": 1, "first_layer": 2, "last_layer": 1},
            ],
        )
        assert there == back
        assert there["count"] == 2


# --- what is drawn and told ----------------------------------------------------------------------

TOLD = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const root = document.querySelector(".flow-view");
  const texts = [...root.querySelectorAll("p")].slice(0, 3).map((p) => p.textContent);
  return [root.dataset.value, root.dataset.cut, texts, root.outerHTML];
})"""


class TestDrawing:
    def test_one_end_of_the_range_takes_the_other_along(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS, TOKENS).children[-1])
        ends = "() => ['first_layer', 'last_layer'].map((name) => model.get(name))"
        for change, expected in [
            ({"last_layer": 1}, [0, 1]),
            ({"first_layer": 2}, [2, 2]),
            ({"last_layer": 0}, [0, 0]),
        ]:
            set_traits(page, **change)
            assert page.evaluate(ends) == expected

    def test_every_state_of_every_control_is_told_in_finite_numbers(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS, TOKENS).children[-1])
        states = in_order(states_of(5, 3, [0.0, 0.5, 1.0]))
        for state, shown in zip(states, read(page, TOLD, states), strict=True):
            value, size, (flow, cut, bound), html = shown
            assert not re.search(r"NaN|undefined|Infinity", html), state
            low, high = sorted([state["first_layer"], state["last_layer"]])
            chosen = WEIGHTS[low : high + 1]
            ends = state["output"], state["input"]
            expected, _ = max_flow(chosen, *ends, residual=state["residual"])
            assert float(value) == pytest.approx(expected, abs=1e-6)
            if expected == 0:
                assert flow.startswith("There is no flow from output")
                assert (size, cut, bound) == ("0", "", "")
                continue
            counts = [int(k) for k in re.findall(r"(\d+) in layer", cut)] or [int(size)]
            assert sum(counts) == int(size)
            assert cut.startswith(f"The cut has {size} edge")
            assert f"Layer {low} lets" in bound
            most = min(1, layers_in(WEIGHTS, state)[0][:, ends[1]].sum())
            assert ("; met: " if expected > most - 1e-6 else "; not met: ") in bound

    def test_flow_and_cut_are_drawn_by_their_size(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS, TOKENS).children[-1])
        for state in in_order(states_of(5, 3, [0.0, 0.5, 0.9], most=40)):
            set_traits(page, **state)
            (solved,) = read(page, SOLVE, [state])
            layers = layers_in(WEIGHTS, state)
            places = [
                tuple(int(k) for k in np.unravel_index(e, layers.shape)) for e in solved["cut"]
            ]
            assert set(drawn(page, "cut")) == set(places)
            flow = np.reshape(solved["flow"], layers.shape)
            flow[tuple(np.transpose(places))] = 0  # those are drawn as the cut
            carried = drawn(page, "carried")
            assert set(carried) == set(zip(*np.where(flow > 0.002), strict=True))
            for edge, width in carried.items():
                assert width == pytest.approx(0.5 + 13 * flow[edge], rel=0.17)
            dashes = page.locator(".strokes.cut").first.evaluate(
                "strokes => getComputedStyle(strokes).strokeDasharray"
            )
            assert dashes != "none"

    def test_the_cut_leads_from_filled_nodes_to_empty_ones(self, page, tmp_path):
        view = flow_explorer(WEIGHTS, TOKENS, output=1, input=4, residual=0.9).children[-1]
        open_view(page, tmp_path, view)
        filled = page.locator(".layered .row").evaluate_all(
            "rows => rows.map((row) => "
            "[...row.querySelectorAll('.dot')].map((dot) => dot.classList.contains('reached')))"
        )
        cut = drawn(page, "cut")
        assert cut
        assert all(filled[p + 1][i] and not filled[p][j] for p, i, j in cut)
        notes = page.locator(".note").all_text_contents()
        expected = [sum(p == layer for p, _, _ in cut) for layer in range(3)]
        assert notes == [f"{count} cut" if count else "" for count in expected]

    def test_what_is_written_beside_the_layers_stays_on_the_sheet(self, page, tmp_path):
        weights, tokens = np.full((2, 1, 64, 64), 1 / 64), [f"t{k}" for k in range(64)]
        view = flow_explorer(weights, tokens, output=0, input=1, residual=0.0).children[-1]
        open_view(page, tmp_path, view)
        assert "64 cut" in page.locator(".note").all_text_contents()
        left = "texts => Math.min(...texts.map((text) => text.getBBox().x))"
        assert page.locator(".layered .tick").evaluate_all(left) >= 0

    def test_the_readout_tells_flow_cut_and_bound(self, page, tmp_path):
        # Layer 0 lets .25 from "a" and .5 from "b" into "b", and layer 1 lets more than that pass.
        first = [[0.75, 0.25], [0.5, 0.5]]
        second = [[0.5, 0.5], [0.4, 0.6]]
        view = flow_explorer([first, second], ["a", "b"], output=1, input=1, residual=0)
        open_view(page, tmp_path, view.children[-1])
        told = page.locator(".flow-view p").all_text_contents()[:3]
        assert told == [
            "Flow from output “b” to input “b”: 0.75.",
            "The cut has 2 edges, all in layer 0; their capacities sum to 0.75.",
            "Layer 0 lets 0.75 into “b”, so at most min(1, 0.75) = 0.75 can arrive; "
            "met: no output can send “b” more.",
        ]
        set_traits(page, first_layer=1)
        told = page.locator(".flow-view p").all_text_contents()[:3]
        assert told[1:] == [
            "The cut has 1 edge, in layer 1; its capacity is 0.60.",
            "Layer 1 lets 1.10 into “b”, so at most min(1, 1.10) = 1.00 can arrive; "
            "not met: the bottleneck lies elsewhere.",
        ]

    def test_a_pair_without_a_way_is_told_plainly(self, page, tmp_path):
        view = flow_explorer([np.eye(3)] * 2, ["a", "b", "c"], output=0, input=2, residual=0)
        open_view(page, tmp_path, view.children[-1])
        told = page.locator(".readout").text_content()
        assert told == (
            "There is no flow from output “a” to input “c”: "
            "no path of edges leads from one to the other."
        )
        assert drawn(page, "carried") == drawn(page, "cut") == {}

    @pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (2, 2, 2), (12, 2, 64, 64)])
    def test_small_and_large_models_are_drawn(self, page, tmp_path, shape):
        n = shape[-1]
        view = flow_explorer(np.full(shape, 1 / n), output=n - 1).children[-1]
        open_view(page, tmp_path, view)
        assert page.locator(".layered .dot").count() == (shape[0] + 1) * n
        assert "NaN" not in page.locator(".flow-view").evaluate("root => root.outerHTML")
        value = float(page.locator(".flow-view").get_attribute("data-value"))
        expected, _ = max_flow(np.full(shape, 1 / n), n - 1, 0)
        assert value == pytest.approx(expected, abs=1e-6)


# --- pointer and keyboard ------------------------------------------------------------------------


def node(page, role, position):
    return page.locator(f'.node[data-role="{role}"][data-position="{position}"]')


def chosen(page):
    return page.evaluate("[model.get('output'), model.get('input')]")


class TestChoosing:
    def test_a_click_chooses_an_output_or_an_input(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS, TOKENS).children[-1])
        node(page, "output", 3).locator(".dot").click()
        node(page, "input", 1).locator(".label").click()
        assert chosen(page) == [3, 1]
        pressed = page.locator('.node[aria-pressed="true"]').evaluate_all(
            "nodes => nodes.map(({ dataset }) => [dataset.role, +dataset.position])"
        )
        assert sorted(pressed) == [["input", 1], ["output", 3]]
        told = page.locator(".readout").text_content()
        assert told.startswith("Flow from output “the [3]” to input “cat”: ")

    def test_arrow_keys_and_enter_choose_too_and_the_focus_stays(self, page, tmp_path):
        open_view(page, tmp_path, flow_explorer(WEIGHTS, TOKENS, output=4, input=4).children[-1])
        page.keyboard.press("Tab")
        for key in ("ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        assert chosen(page) == [2, 4]
        for key in ("ArrowDown", "ArrowLeft", " "):
            page.keyboard.press(key)
        assert chosen(page) == [2, 1]
        page.keyboard.press("ArrowUp")
        focused = page.evaluate("({ ...document.activeElement.dataset })")
        assert focused == {"role": "output", "position": "1"}
        page.keyboard.press("Tab")  # one stop for all nodes
        assert page.evaluate("document.activeElement.textContent") == "Start again"


# --- a view's life -------------------------------------------------------------------------------


class TestLife:
    def test_a_view_can_be_shown_twice_and_removed(self, page, tmp_path):
        view = flow_explorer(WEIGHTS, TOKENS).children[-1]
        assert_shown_twice_and_removed(
            page, tmp_path, view, dict(output=2, input=3, first_layer=1, residual=0.2)
        )

    @pytest.mark.parametrize("width", [360, 1000])
    def test_odd_tokens_are_shown_as_text_and_nothing_overflows(self, page, tmp_path, width):
        page.set_viewport_size({"width": width, "height": 800})
        odd = ["<b>&amp;", "", "🙂🙂🙂", "</script>", "word" * 30]
        open_view(page, tmp_path, flow_explorer(WEIGHTS, odd, output=4).children[-1])
        labels = page.locator(".layered .label").all_text_contents()
        assert labels[:3] == ["<b>&amp;", "(empty)", "🙂🙂🙂"]
        assert page.locator(".course-figure p b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_text_stands_out_in_every_theme(self, page, tmp_path):
        view = flow_explorer(WEIGHTS, TOKENS, output=1, input=4, residual=0.9).children[-1]
        colours = [
            (".readout", "color"),
            ("p.second", "color"),
            (".layered .label", "fill"),
            (".layered .tick", "fill"),
            (".layered .note", "fill"),
            (".key", "color"),
            (".gauge", "color"),
            (".gauge .bar > span", "color"),
            (".strokes.cut", "stroke"),
        ]
        assert_readable(page, tmp_path, view, colours)
