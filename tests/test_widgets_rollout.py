"""The live figure of rollout: what it sends, what it refuses, what it computes and draws."""

import itertools

import numpy as np
import pytest

from course_lib import rollout as library
from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.data import load_attention
from course_lib.widgets import rollout_explorer
from course_lib.widgets.shared.texts import number
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import READ, drawn, edges_in, set_traits
from tests.support.pages import read

TOKENS = ["the", "cat", "sat", "on", "the", "mat"]
FUSIONS = ("mean", "max", "min")
RESIDUALS = [0.0, 0.5, 0.85, 1.0]
WEIGHTS = softmax(1.5 * np.random.default_rng(6).normal(size=(3, 2, 6, 6)))

# Two heads that share no key: their minimum is 0 everywhere, in layer 1 only.
APART = WEIGHTS.copy()
APART[1] = np.stack([np.eye(6), np.eye(6)[[1, 2, 3, 4, 5, 0]]])
APART[1, 1, 0] = np.eye(6)[0]  # but row 0 keeps a weight

STATE = """() => {
  const { layers, product, distances } = module.rolloutState(model);
  return { data: [...layers.data], empty: layers.empty, product: [...product], distances };
}"""


# What is computed and drawn in many states, one after the other.
DRAWN = f"""states => states.map(([depth, residual, fusion_choice, output]) => {{
  const traits = {{ depth, residual, fusion_choice, output }};
  for (const name in traits) model.set(name, traits[name]);
  const html = document.querySelector(".rollout-view").outerHTML;
  const broken = /NaN|undefined|Infinity/.test(html);
  return {{ state: ({STATE})(), drawing: ({READ})(), broken }};
}})"""


# --- what is sent, what is refused ----------------------------------------------------------------


def test_layers_without_heads_reach_the_browser_as_layers():
    view = rollout_explorer(WEIGHTS[:, 0], TOKENS).children[-1]
    assert view.shape == [3, 1, 6]
    sent = np.frombuffer(view.weights, "<f4").reshape(3, 6, 6)
    np.testing.assert_array_equal(sent, WEIGHTS[:, 0].astype(np.float32))
    assert rollout_explorer(WEIGHTS).children[-1].shape == [3, 2, 6]


@pytest.mark.parametrize(
    ("weights", "names"),
    [
        (WEIGHTS, ["layers", "residual share", "heads fused by"]),
        (WEIGHTS[:, :1], ["layers", "residual share"]),
        (WEIGHTS[:1], ["residual share", "heads fused by"]),
        (WEIGHTS[0], ["layers", "residual share"]),  # two layers without heads
        (WEIGHTS[:1, 0], ["residual share"]),
    ],
)
def test_only_controls_that_leave_a_choice_are_shown(weights, names):
    assert list(controls(rollout_explorer(weights))) == names


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = rollout_explorer(WEIGHTS, TOKENS, residual=0.3, fusion="max", depth=2, output=4)
    view = assert_linked(figure)
    assert (view.depth, view.residual, view.fusion_choice, view.output) == (2, 0.3, 1, 4)
    assert controls(figure)["layers"].min == 1
    assert controls(figure)["heads fused by"].options == FUSIONS == tuple(library.FUSIONS)
    assert rollout_explorer(WEIGHTS).children[-1].output is None


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: rollout_explorer(WEIGHTS[0, 0]), ValueError, "weights must have at least 3 axes"),
        (lambda: rollout_explorer(WEIGHTS[None]), ValueError, "weights must have 3 or 4 axes"),
        (lambda: rollout_explorer(WEIGHTS[..., :4]), ValueError, "weights must be square"),
        (lambda: rollout_explorer(2 * WEIGHTS), ValueError, "weights must have rows"),
        (lambda: rollout_explorer([np.eye(513)]), ValueError, "weights must have at most 512"),
        (lambda: rollout_explorer("text"), TypeError, "weights must hold real numbers"),
        (lambda: rollout_explorer(WEIGHTS, ["a"]), ValueError, "tokens must have one entry"),
        (lambda: rollout_explorer(WEIGHTS, residual=2), ValueError, "residual must be between"),
        (lambda: rollout_explorer(WEIGHTS, residual="a"), TypeError, "residual must be a real"),
        (lambda: rollout_explorer(WEIGHTS, fusion="sum"), ValueError, "fusion must be one of"),
        (lambda: rollout_explorer(WEIGHTS, depth=0), ValueError, "depth must be between 1 and 3"),
        (lambda: rollout_explorer(WEIGHTS, depth=4), ValueError, "depth must be between 1 and 3"),
        (lambda: rollout_explorer(WEIGHTS, depth=1.5), TypeError, "depth must be an integer"),
        (lambda: rollout_explorer(WEIGHTS, output=6), ValueError, "output must be between 0 and"),
        (lambda: rollout_explorer(WEIGHTS, output="it"), TypeError, "output must be an integer"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_half_precision_is_taken_as_it_is():
    half = softmax(np.random.default_rng(0).normal(size=(2, 40, 40))).astype(np.float16)
    assert rollout_explorer(half).children[-1].shape == [2, 1, 40]


# --- numbers -------------------------------------------------------------------------------------


def assert_shows_the_library_s(page, weights, depth, residual, fusion):
    set_traits(page, depth=depth, residual=residual, fusion_choice=FUSIONS.index(fusion))
    assert_is_the_library_s(read(page, STATE), weights, depth, residual, fusion)


def assert_is_the_library_s(state, weights, depth, residual, fusion):
    """Compare what was computed with the library; returns the library's layers."""
    options = {"residual": residual, "fusion": fusion}
    layers = library.residual_layers(weights[:depth], **options)
    assert state["empty"] is None
    np.testing.assert_allclose(np.reshape(state["data"], layers.shape), layers, atol=1e-6)
    n = layers.shape[-1]
    product = np.reshape(state["product"], (n, n))
    np.testing.assert_allclose(product, library.rollout(weights[:depth], **options), atol=1e-6)
    steps = [library.rollout(weights[: d + 1], **options) for d in range(depth)]
    distances = [library.distance_from_rank_one(step) for step in steps]
    np.testing.assert_allclose(state["distances"], distances, atol=1e-6)
    return layers


class TestNumbers:
    @pytest.mark.parametrize("weights", [WEIGHTS, WEIGHTS[:, 1], WEIGHTS[:1]])
    def test_layers_product_and_distances_are_those_of_course_lib(self, page, tmp_path, weights):
        open_view(page, tmp_path, rollout_explorer(weights).children[-1])
        depths = range(1, len(weights) + 1)
        for depth, residual, fusion in itertools.product(depths, RESIDUALS, FUSIONS):
            assert_shows_the_library_s(page, weights, depth, residual, fusion)

    @pytest.mark.parametrize("name", ["it_tired", "long"])
    def test_on_recorded_attention_too(self, page, tmp_path, name):
        weights, tokens = load_attention(name)
        open_view(page, tmp_path, rollout_explorer(weights, tokens).children[-1])
        for depth, residual, fusion in [(6, 0.5, "mean"), (6, 0.0, "mean"), (4, 0.2, "max")]:
            assert_shows_the_library_s(page, weights, depth, residual, fusion)

    def test_the_walk_s_masses_are_rows_of_the_rollout(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, residual=0.3).children[-1])
        layers = library.residual_layers(WEIGHTS, residual=0.3)
        walk = """output => {
          const { layers } = module.rolloutState(model);
          const masses = module.walkMasses(layers, output);
          const { edges, values } = module.walkedEdges(layers, masses, 0);
          const carried = new Array(layers.data.length).fill(0);
          edges.forEach((e, k) => { carried[e] = values[k]; });
          return [[...masses], carried];
        }"""
        for output in range(6):
            masses, edges = (np.array(part) for part in page.evaluate(walk, output))
            masses, edges = masses.reshape(4, 6), edges.reshape(3, 6, 6)
            expected = np.eye(6)[output]
            for p in (3, 2, 1):
                np.testing.assert_allclose(masses[p], expected, atol=1e-6)
                taken = expected[:, None] * layers[p - 1]
                np.testing.assert_allclose(edges[p - 1], taken, atol=1e-6)
                expected = expected @ layers[p - 1]
            np.testing.assert_allclose(masses[0], expected, atol=1e-6)
            row = library.rollout_row(WEIGHTS, output, residual=0.3)
            np.testing.assert_allclose(masses[0], row, atol=1e-6)

    def test_a_row_that_the_minimum_empties_is_named_where_the_library_refuses_it(
        self, page, tmp_path
    ):
        open_view(page, tmp_path, rollout_explorer(APART, TOKENS, output=2).children[-1])
        readout = page.locator(".readout")
        for depth, fusion in itertools.product([1, 2, 3], FUSIONS):
            set_traits(page, depth=depth, fusion_choice=FUSIONS.index(fusion))
            empty = read(page, STATE)["empty"]
            if fusion == "min" and depth > 1:
                with pytest.raises(ValueError, match="in layer 1, row 1 has none"):
                    library.rollout(APART[:depth], fusion=fusion)
                assert empty == {"layer": 1, "row": 1}
                told = readout.text_content()
                assert told.startswith("There is no rollout: in layer 1 the minimum")
                assert "leaves “cat” no weight above 0" in told
                assert drawn(page, "carried") == {}
                assert page.locator(".distances li").count() == 0
                page.locator(".layered .choosable .reach").nth(3).hover()
                page.locator(".cell").nth(5).hover()
                assert readout.text_content() == told
                page.mouse.move(1, 1)
            else:
                assert empty is None
                assert readout.text_content().startswith("“sat” draws on")


# --- what is drawn -------------------------------------------------------------------------------


class TestDrawing:
    def test_every_state_draws_the_edges_that_the_walk_takes(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        states = list(itertools.product([1, 2, 3], RESIDUALS, range(3), [None, 0, 4]))
        for state, shown in zip(states, read(page, DRAWN, states), strict=True):
            depth, residual, fusion, output = state
            options = depth, residual, FUSIONS[fusion]
            layers = assert_is_the_library_s(shown["state"], WEIGHTS, *options)
            weights = edges_in(shown["drawing"], "weights")
            assert set(weights) == set(zip(*np.where(layers > 0.02), strict=True))
            carried = edges_in(shown["drawing"], "carried")
            row = np.eye(6)[output] if output is not None else np.zeros(6)
            for p in range(depth - 1, -1, -1):
                masses = row[:, None] * layers[p]
                widths = {(i, j): w for (q, i, j), w in carried.items() if q == p}
                assert set(widths) == set(zip(*np.where(masses > 0.002), strict=True))
                for (i, j), width in widths.items():
                    assert width == pytest.approx(0.5 + 13 * masses[i, j], rel=0.17)
                row = row @ layers[p]
            assert not shown["broken"]

    def test_the_nodes_are_as_large_as_the_walk_s_masses(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS, output=3).children[-1])
        radii = page.locator(".layered .row").evaluate_all(
            "rows => rows.map((row) => "
            "[...row.querySelectorAll('.dot')].map((dot) => +dot.getAttribute('r')))"
        )
        assert np.shape(radii) == (4, 6)
        assert np.argmax(radii[3]) == 3
        row = library.rollout_row(WEIGHTS, 3)
        expected = np.maximum(np.sqrt(row), 0.45 / 2.7) * radii[3][3]
        np.testing.assert_allclose(radii[0], expected, atol=0.02)

    def test_distances_stand_below_the_matrix_layer_by_layer(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        for depth in (3, 1):
            set_traits(page, depth=depth)
            shown = page.locator(".distances li")
            steps = [library.rollout(WEIGHTS[: d + 1]) for d in range(depth)]
            expected = [library.distance_from_rank_one(step) for step in steps]
            values = shown.evaluate_all("items => items.map((item) => +item.dataset.distance)")
            np.testing.assert_allclose(values, expected, atol=1e-6)
            assert shown.nth(0).text_content() == f"{number(expected[0])}layer 0"

    @pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 1), (2, 2, 2), (12, 2, 64, 64)])
    def test_small_and_large_models_are_drawn(self, page, tmp_path, shape):
        n = shape[-1]
        weights = np.full(shape, 1 / n)
        open_view(page, tmp_path, rollout_explorer(weights, residual=0, output=n - 1).children[-1])
        assert page.locator(".layered .dot").count() == (shape[0] + 1) * n
        assert "NaN" not in page.locator(".rollout-view").evaluate("root => root.outerHTML")
        assert page.locator(".readout").text_content().startswith(f"“{n - 1}” draws on “0” ")


# --- pointer and keyboard ------------------------------------------------------------------------


def lit_output(page):
    return page.locator(".rollout-view").get_attribute("data-output")


def node(page, role, position):
    return page.locator(f'.node[data-role="{role}"][data-position="{position}"]')


class TestPicking:
    def test_pointing_at_an_output_lights_its_walk_and_its_row(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        readout = page.locator(".readout")
        assert lit_output(page) == ""
        assert readout.text_content().startswith("Point at an output")
        node(page, "output", 2).locator(".dot").hover()
        assert lit_output(page) == "2"
        row = library.rollout(WEIGHTS)[2]
        best = np.argsort(-row)[:5]
        names = {0: "the [0]", 4: "the [4]"}
        listed = ", ".join(f"“{names.get(j, TOKENS[j])}” {number(row[j])}" for j in best)
        rest = number(row.min())
        assert readout.text_content() == f"“sat” draws on {listed}; 1 more hold {rest}."
        held = page.locator('.node.lit[data-role="input"]').evaluate_all(
            "nodes => nodes.map((node) => +node.dataset.position)"
        )
        assert sorted(held) == sorted(best.tolist())
        assert page.locator(".band.row.lit").count() == 1
        assert page.locator(".band.column.lit").count() == 0
        readout.hover()
        assert lit_output(page) == ""
        assert page.locator(".band.lit").count() == 0

    def test_pointing_at_a_cell_lights_the_walk_of_its_row(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS, output=1).children[-1])
        page.locator('.cell[data-query="5"][data-key="3"]').hover()
        assert lit_output(page) == "5"
        share = library.rollout(WEIGHTS)[5, 3]
        told = page.locator(".readout").text_content()
        assert told.startswith(f"“mat” → “on”: {number(share)}. “mat” draws on ")
        page.locator("figcaption").hover()
        assert lit_output(page) == "1"

    def test_a_click_keeps_an_output_and_another_lets_it_go(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        output = node(page, "output", 3)
        output.locator(".dot").click()
        page.locator("figcaption").hover()
        assert page.evaluate("model.get('output')") == 3
        assert (lit_output(page), output.get_attribute("aria-pressed")) == ("3", "true")
        output.locator(".dot").click()
        assert page.evaluate("model.get('output')") is None
        assert (lit_output(page), output.get_attribute("aria-pressed")) == ("", "false")
        node(page, "input", 3).locator(".dot").click()
        assert page.evaluate("model.get('output')") is None

    def test_a_tap_keeps_an_output_and_another_lets_it_go(self, browser, tmp_path):
        context = browser.new_context(offline=True, has_touch=True)
        page = context.new_page()
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        for expected in ("3", "", "3"):
            node(page, "output", 3).locator(".dot").tap()
            assert lit_output(page) == expected
        context.close()

    def test_arrow_keys_walk_over_the_outputs_and_enter_keeps_one(self, page, tmp_path):
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, TOKENS).children[-1])
        page.keyboard.press("Tab")
        assert lit_output(page) == "0"
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"):
            page.keyboard.press(key)
        assert lit_output(page) == "1"
        page.keyboard.press("Enter")
        assert page.evaluate("model.get('output')") == 1
        page.keyboard.press("ArrowRight")
        assert lit_output(page) == "2"
        page.keyboard.press(" ")
        assert page.evaluate("model.get('output')") == 2
        page.keyboard.press("Tab")  # one stop for all outputs: the next one is the matrix
        assert lit_output(page) == "0"
        page.keyboard.press("ArrowDown")
        assert lit_output(page) == "1"
        assert page.locator(".readout").inner_text().startswith("“cat” → “the [0]”: ")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.dataset.position") == "2"


# --- a view's life -------------------------------------------------------------------------------


class TestLife:
    def test_a_view_can_be_shown_twice_and_removed(self, page, tmp_path):
        view = rollout_explorer(WEIGHTS, TOKENS).children[-1]
        assert_shown_twice_and_removed(
            page,
            tmp_path,
            view,
            dict(depth=2, fusion_choice=1, output=4),
            dict(depth=3, residual=0.2),
        )

    @pytest.mark.parametrize("width", [360, 1000])
    def test_odd_tokens_are_shown_as_text_and_nothing_overflows(self, page, tmp_path, width):
        page.set_viewport_size({"width": width, "height": 800})
        odd = ["<b>&amp;", "", "\n", "🙂🙂🙂", "</script>", "word" * 30]
        open_view(page, tmp_path, rollout_explorer(WEIGHTS, odd, output=5).children[-1])
        labels = page.locator(".layered .label").all_text_contents()
        assert labels[:4] == ["<b>&amp;", "(empty)", "␣", "🙂🙂🙂"]
        assert page.locator(".course-figure b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_text_stands_out_in_every_theme(self, page, tmp_path):
        view = rollout_explorer(WEIGHTS, TOKENS, output=2).children[-1]
        colours = [
            (".readout", "color"),
            (".layered .label", "fill"),
            (".layered .tick", "fill"),
            (".key", "color"),
            (".distances li", "color"),
            (".distances span", "color"),
            (".strokes.carried", "stroke"),
        ]
        assert_readable(page, tmp_path, view, colours)
