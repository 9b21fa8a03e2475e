"""The live figures in a real browser: their numbers against course_lib, and every state drawn."""

import itertools
import re

import numpy as np
import pytest

from course_lib import attention, graph, heads
from course_lib.authoring.browser import open_view
from course_lib.widgets import attention_explorer, heads_explorer, query_plane
from course_lib.widgets.shared.texts import number
from tests.support.figures import assert_readable
from tests.support.pages import read

TOKENS = ["the", "cat", "sat", "on", "the", "mat", "."]
THRESHOLDS = [0.0, 0.05, 0.13, 0.4, 1.0]
LAYOUTS = ("circle", "rows")


@pytest.fixture(scope="module")
def weights():
    """Weights of 2 layers with 3 heads; no matrix of them is symmetric."""
    return attention.softmax(1.5 * np.random.default_rng(5).normal(size=(2, 3, 7, 7)))


def matrix_of(weights, layer, choice):
    return weights[layer].mean(axis=0) if choice == 0 else weights[layer, choice - 1]


def set_traits(page, **traits):
    page.evaluate("t => { for (const name in t) model.set(name, t[name]) }", traits)


def drawn_edges(page):
    edges = "nodes => nodes.map(({ dataset }) => [+dataset.query, +dataset.key])"
    return {tuple(edge) for edge in page.locator("path.edge").evaluate_all(edges)}


def kept_edges(matrix, threshold):
    return {tuple(edge) for edge in np.argwhere(matrix > threshold).tolist()}


# --- numbers -------------------------------------------------------------------------------------


def test_matrix_edges_and_mass_equal_those_of_course_lib(page, tmp_path, weights):
    open_view(page, tmp_path, attention_explorer(weights, TOKENS).children[-1])
    for layer, choice, threshold in itertools.product(range(2), range(4), THRESHOLDS):
        set_traits(page, layer=layer, head_choice=choice, threshold=threshold)
        state = page.evaluate(
            "(({ matrix, edges, mass }) => ({ matrix: [...matrix], edges, mass }))"
            "(module.attentionState(model))"
        )
        matrix = matrix_of(weights, layer, choice)
        np.testing.assert_allclose(np.reshape(state["matrix"], (7, 7)), matrix, atol=1e-7)
        assert {divmod(k, 7) for k in state["edges"]} == kept_edges(matrix, threshold)
        assert state["mass"] == pytest.approx(graph.kept_mass(matrix, threshold), abs=1e-6)


def test_a_weight_equal_to_the_threshold_is_no_edge(page, tmp_path):
    uniform = np.full((3, 20, 20), 0.05)  # as float32 it is a little more than 0.05
    open_view(page, tmp_path, attention_explorer(uniform, threshold=0.05).children[-1])
    assert page.locator("path.edge").count() == 0
    set_traits(page, head_choice=2)
    assert page.locator("path.edge").count() == 0
    set_traits(page, threshold=0.049)
    assert page.locator("path.edge").count() == 400


def test_edge_ends_follow_the_direction_of_attention_graph(page, tmp_path, weights):
    open_view(page, tmp_path, attention_explorer(weights, TOKENS).children[-1])
    for direction in graph.DIRECTIONS:
        edges = graph.attention_graph(weights[0, 0], direction=direction, threshold=0.1).edges
        ends = page.evaluate(
            "([d, ij]) => ij.map(([i, j]) => module.edgeEnds(i, j, d))",
            [direction, sorted(kept_edges(weights[0, 0], 0.1))],
        )
        assert {tuple(edge) for edge in ends} == set(edges)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.7])
def test_the_plane_computes_what_attention_does(page, tmp_path, temperature, scaled):
    keys = np.random.default_rng(2).uniform(-3, 3, size=(5, 2))
    figure = query_plane(keys, query=(1.3, -2.1), temperature=temperature, scaled=scaled)
    open_view(page, tmp_path, figure.children[-1])
    scale = (1 / np.sqrt(2) if scaled else 1.0) / temperature
    for query in ([1.3, -2.1], [-0.4, 2.9], [0.0, 0.0]):
        set_traits(page, query=query)
        state = page.evaluate("module.planeState(state)")
        logits = attention.attention_logits([query], keys, scale=scale)[0]
        output, weights = attention.attention([query], keys, keys, scale=scale)
        np.testing.assert_allclose(state["logits"], logits, atol=1e-12)
        np.testing.assert_allclose(state["weights"], weights[0], atol=1e-12)
        np.testing.assert_allclose(state["output"], output[0], atol=1e-12)
        assert state["entropy"] == pytest.approx(attention.entropy(weights)[0], abs=1e-12)
        shown = page.locator(".query-plane").get_attribute("data-output").split()
        np.testing.assert_allclose([float(x) for x in shown], output[0], atol=1e-12)


def test_softmax_does_not_overflow(page, tmp_path):
    open_view(page, tmp_path, query_plane().children[-1])
    assert page.evaluate("module.softmax([1000, 1000, -1e9])") == [0.5, 0.5, 0.0]


def test_head_distance_and_difference_equal_those_of_course_lib(page, tmp_path, weights):
    view = heads_explorer(weights, TOKENS).children[-1]
    open_view(page, tmp_path, view)
    for layer, first, second in itertools.product(range(2), range(3), range(3)):
        set_traits(page, layer=layer, first=first, second=second)
        a, b = weights[layer, first], weights[layer, second]
        shown = float(page.locator(".heads-grid").get_attribute("data-distance"))
        assert shown == pytest.approx(float(heads.head_distance(a, b)), abs=1e-6)
        difference = page.evaluate("[...module.headsState(model).difference]")
        np.testing.assert_allclose(np.reshape(difference, (7, 7)), a - b, atol=1e-7)


def test_heads_that_never_share_a_key_are_at_distance_one(page, tmp_path):
    pair = np.stack([np.eye(4), np.eye(4)[[1, 2, 3, 0]]])
    open_view(page, tmp_path, heads_explorer(pair).children[-1])
    assert page.locator(".heads-grid").get_attribute("data-distance") == "1"


# --- every state of every control ----------------------------------------------------------------


DRAWN = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const root = document.querySelector(".attention-view");
  const edges = [...root.querySelectorAll("path.edge")].map(({ dataset: d }) => [+d.query, +d.key]);
  return { edges, data: { ...root.dataset }, status: root.querySelector(".status").textContent };
})"""


def test_every_state_of_the_attention_view_draws_the_right_edges(page, tmp_path, weights):
    open_view(page, tmp_path, attention_explorer(weights, TOKENS).children[-1])
    names = ("layout_choice", "direction_choice", "layer", "head_choice", "threshold")
    choices = (range(2), range(2), range(2), range(4), THRESHOLDS)
    states = [dict(zip(names, state, strict=True)) for state in itertools.product(*choices)]
    for state, shown in zip(states, read(page, DRAWN, states), strict=True):
        layout, direction, layer, choice, threshold = state.values()
        name = graph.DIRECTIONS[direction]
        matrix = matrix_of(weights, layer, choice)
        expected = graph.attention_graph(matrix, direction=name, threshold=threshold)
        assert set(map(tuple, shown["edges"])) == kept_edges(matrix, threshold)
        data, count = shown["data"], expected.number_of_edges()
        assert int(data["edges"]) == count == len(shown["edges"])
        assert float(data["mass"]) == pytest.approx(graph.kept_mass(matrix, threshold), abs=1e-6)
        assert (data["direction"], data["layout"]) == (name, LAYOUTS[layout])
        assert shown["status"].startswith(f"{count} of 49 edges drawn")


def test_every_state_of_the_heads_grid_draws_the_right_edges(page, tmp_path, weights):
    open_view(page, tmp_path, heads_explorer(weights, TOKENS).children[-1])
    pairs = itertools.product(range(3), range(3))
    for layer, threshold, (first, second) in itertools.product(range(2), THRESHOLDS, pairs):
        set_traits(page, layer=layer, threshold=threshold, first=first, second=second)
        cards = page.locator(".head").evaluate_all(
            "cards => cards.map((card) => [card.dataset.edges, "
            "[...card.querySelectorAll('.bin')].map((p) => p.getAttribute('d')).join('')])"
        )
        for head, (count, lines) in enumerate(cards):
            edges = graph.attention_graph(weights[layer, head], threshold=threshold).edges
            assert int(count) == lines.count("M") == len(edges)


def test_every_state_of_the_plane_draws_finite_numbers(page, tmp_path):
    open_view(page, tmp_path, query_plane().children[-1])
    places = [[x, y] for x in (-3, 0, 2.5) for y in (-1.5, 0, 3)]
    for temperature, scaled, query in itertools.product([0.1, 1.0, 5.0], [True, False], places):
        set_traits(page, temperature=temperature, scaled=scaled, query=query)
        text = page.locator(".query-plane").evaluate("root => root.outerHTML")
        assert not re.search(r"NaN|Infinity|undefined|null", text)


@pytest.mark.parametrize("direction", graph.DIRECTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrows_run_from_source_to_target(page, tmp_path, weights, layout, direction):
    chosen = LAYOUTS.index(layout), graph.DIRECTIONS.index(direction)
    others = {"layout": LAYOUTS[1 - chosen[0]], "direction": graph.DIRECTIONS[1 - chosen[1]]}
    figure = attention_explorer(weights, TOKENS, head=1, threshold=0.0, **others)
    open_view(page, tmp_path, figure.children[-1])
    set_traits(page, layout_choice=chosen[0], direction_choice=chosen[1])  # drawn arrows turn
    dots = page.locator(".node").evaluate_all(
        "nodes => nodes.map((node) => { const dot = node.querySelector('.dot');"
        " return [node.dataset.role, +node.dataset.position,"
        " +dot.getAttribute('cx'), +dot.getAttribute('cy')] })"
    )

    def nearest(x, y):
        role, position, *_ = min(dots, key=lambda dot: np.hypot(dot[2] - x, dot[3] - y))
        return role, position

    paths = page.locator("path.edge").evaluate_all(
        "paths => paths.map((p) => [+p.dataset.query, +p.dataset.key, p.getAttribute('d')])"
    )
    assert len(paths) == 49
    for query, key, line in paths:
        start = re.match(r"M(\S+) ([\d.-]+)", line)
        tip = re.search(r"L(\S+) ([\d.-]+)L", line)  # the middle of the arrow head
        ends = [nearest(*map(float, point.groups())) for point in (start, tip)]
        roles = ("query", "key") if layout == "rows" else ("token", "token")
        expected = [(roles[0], query), (roles[1], key)]
        assert ends == (expected if direction == "attends" else expected[::-1])


# --- pointer and keyboard ------------------------------------------------------------------------


def lit(page):
    return {
        tuple(edge)
        for edge in page.locator("path.edge.lit").evaluate_all(
            "nodes => nodes.map(({ dataset }) => [+dataset.query, +dataset.key])"
        )
    }


def test_hovering_a_token_lights_its_edges_its_row_and_its_column(page, tmp_path, weights):
    figure = attention_explorer(weights, TOKENS, head=0, threshold=0.1)
    open_view(page, tmp_path, figure.children[-1])
    assert lit(page) == set()
    page.locator(".node .dot").nth(2).hover()
    kept = kept_edges(weights[0, 0], 0.1)
    assert lit(page) == {(i, j) for i, j in kept if 2 in (i, j)}
    incoming = page.locator("path.edge.incoming").count()
    assert incoming == sum(j == 2 and i != 2 for i, j in kept)
    assert page.locator(".band.row.lit").count() == page.locator(".band.column.lit").count() == 1
    best = int(weights[0, 0, 2].argmax())
    name = {0: "the [0]", 4: "the [4]"}.get(best, TOKENS[best])
    told = page.locator(".readout").text_content()
    assert told.startswith(f"“sat” attends most to: {name} {number(weights[0, 0, 2, best])}")
    page.mouse.move(5, 5)
    page.locator(".status").hover()
    assert lit(page) == set()
    assert page.locator(".band.lit").count() == 0


@pytest.mark.parametrize("direction", graph.DIRECTIONS)
def test_hovering_a_cell_lights_its_edge_and_tells_its_value(page, tmp_path, weights, direction):
    figure = attention_explorer(weights, TOKENS, head=0, threshold=0.1, direction=direction)
    open_view(page, tmp_path, figure.children[-1])
    matrix = weights[0, 0]
    kept = kept_edges(matrix, 0.1)
    i, j = next((i, j) for i, j in sorted(kept) if i in (1, 2, 3) and j in (5, 6))
    page.locator(f'.cell[data-query="{i}"][data-key="{j}"]').hover()
    assert lit(page) == {(i, j)}
    ends = (TOKENS[i], TOKENS[j]) if direction == "attends" else (TOKENS[j], TOKENS[i])
    told = page.locator(".readout").text_content()
    assert told.startswith(f"{ends[0]} → {ends[1]}: {number(matrix[i, j])}")
    assert f"“{TOKENS[i]}” attends to “{TOKENS[j]}”" in told
    lit_nodes = page.locator(".node.lit").evaluate_all("n => n.map((e) => +e.dataset.position)")
    assert sorted(lit_nodes) == sorted({i, j})
    i, j = next((i, j) for i, j in np.ndindex(7, 7) if (i, j) not in kept)
    page.locator(f'.cell[data-query="{i}"][data-key="{j}"]').hover()
    assert lit(page) == set()
    assert "not drawn" in page.locator(".readout").text_content()


def test_on_two_rows_a_query_lights_its_row_only(page, tmp_path, weights):
    figure = attention_explorer(weights, TOKENS, head=0, threshold=0.1, layout="rows")
    open_view(page, tmp_path, figure.children[-1])
    kept = kept_edges(weights[0, 0], 0.1)
    page.locator('.node[data-role="query"][data-position="3"] .dot').hover()
    assert lit(page) == {(i, j) for i, j in kept if i == 3}
    page.locator('.node[data-role="key"][data-position="3"] .dot').hover()
    assert lit(page) == {(i, j) for i, j in kept if j == 3}


def focused(page):
    return page.evaluate("({ ...document.activeElement.dataset })")


BAND = """() => ["row", "column"].map((name) => {
  const [band] = document.querySelectorAll(`.band.${name}.lit`);
  return ["x", "y", "width", "height"].map((side) => +band.getAttribute(side));
})"""


def lit_cell(page):
    """Return row and column of the one cell that is outlined in the heatmap."""
    row, column = page.evaluate(BAND)
    assert row == column
    x, y, width, height = row
    return round((y - 8) / height), round((x - 92) / width)


def test_arrow_keys_walk_over_tokens_and_cells(page, tmp_path, weights):
    open_view(page, tmp_path, attention_explorer(weights, TOKENS).children[-1])
    readout = page.locator(".readout")
    page.keyboard.press("Tab")
    assert focused(page)["position"] == "0"
    first = readout.text_content()
    page.keyboard.press("ArrowRight")
    assert focused(page)["position"] == "1"
    assert readout.text_content() != first
    assert readout.text_content().startswith("“cat” attends most to")
    page.keyboard.press("Tab")  # one stop for all tokens: the next one is the heatmap
    assert readout.text_content().startswith("the [0] → the [0]: ")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert readout.text_content().startswith("cat → cat: ")
    for key, cell in (("End", (1, 6)), ("Home", (1, 0)), ("Control+End", (6, 6))):
        page.keyboard.press(key)
        assert lit_cell(page) == cell
    page.keyboard.press("Escape")
    assert page.locator(".band.lit").count() == 0
    page.keyboard.press("Control+Home")
    assert lit_cell(page) == (0, 0)
    page.keyboard.press("Shift+Tab")
    assert focused(page)["position"] == "1"


def test_every_token_and_cell_is_reached_by_arrow_keys(page, tmp_path, weights):
    open_view(page, tmp_path, attention_explorer(weights, TOKENS, layout="rows").children[-1])
    seen = set()
    page.keyboard.press("Tab")
    for key in ["ArrowRight"] * 6 + ["ArrowDown"] + ["ArrowLeft"] * 6:
        seen.add(tuple(focused(page).values()))
        page.keyboard.press(key)
    seen.add(tuple(focused(page).values()))
    assert len(seen) == 14
    cells = set()
    page.keyboard.press("Tab")
    for row in range(7):
        for _ in range(7):
            cells.add(lit_cell(page))
            page.keyboard.press("ArrowRight" if row % 2 == 0 else "ArrowLeft")
        page.keyboard.press("ArrowDown")
    assert len(cells) == 49


def test_the_query_is_moved_by_keyboard_and_by_pointer(page, tmp_path):
    open_view(page, tmp_path, query_plane(query=(1.0, 0.5)).children[-1])
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate("model.get('query')") == [1.1, 1.0]
    before = page.locator(".query-plane").get_attribute("data-weights")
    box = page.locator(".plane").bounding_box()

    def pixel(x, y):
        return box["x"] + box["width"] * (x + 3) / 6, box["y"] + box["height"] * (3 - y) / 6

    page.mouse.move(*pixel(1.1, 1.0))
    page.mouse.down()
    page.mouse.move(*pixel(-1, -1))
    page.mouse.move(*pixel(-2, 1.5))
    page.mouse.up()
    np.testing.assert_allclose(page.evaluate("model.get('query')"), [-2, 1.5], atol=0.02)
    assert page.locator(".query-plane").get_attribute("data-weights") != before
    page.mouse.move(*pixel(0, 0))
    np.testing.assert_allclose(page.evaluate("model.get('query')"), [-2, 1.5], atol=0.02)
    for _ in range(12):
        page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("model.get('query')[0]") == -3  # it stays in the plane


def test_heads_are_picked_in_turn_by_click_and_keyboard(page, tmp_path, weights):
    open_view(page, tmp_path, heads_explorer(weights, TOKENS).children[-1])
    page.locator('.head[data-head="2"]').click()
    assert page.evaluate("[model.get('first'), model.get('second')]") == [2, 1]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.evaluate("[model.get('first'), model.get('second')]") == [2, 0]
    assert page.locator(".head.first").get_attribute("data-head") == "2"
    assert page.locator(".head.second").get_attribute("data-head") == "0"
    page.locator('.cell[data-query="1"][data-key="3"]').hover()
    a, b = weights[0, 2, 1, 3], weights[0, 0, 1, 3]
    told = page.locator(".readout").text_content()
    places = 4 if min(a, b, abs(a - b)) < 0.01 else 2  # alike, so that they are seen to add up
    assert told.startswith(
        f"“cat” attends to “on”: head 2 {a:.{places}f}, head 0 {b:.{places}f}, difference "
    )


# --- a view's life -------------------------------------------------------------------------------


def every_view(weights, tokens):
    return [
        attention_explorer(weights, tokens, threshold=0.1).children[-1],
        heads_explorer(weights, tokens).children[-1],
        query_plane().children[-1],
    ]


@pytest.mark.parametrize("which", range(3))
def test_a_view_can_be_shown_twice_and_removed(page, tmp_path, weights, which):
    open_view(page, tmp_path, every_view(weights, TOKENS)[which])
    page.evaluate(
        "const el = document.body.appendChild(document.createElement('div'));"
        "window.stopSecond = module.default.render({ model, el }); 0"
    )
    moves = [{"head_choice": 2, "threshold": 0.02}, {"first": 2}, {"query": [-1, -2]}]
    set_traits(page, **moves[which])
    first, second = page.locator(".course-figure").evaluate_all("f => f.map((e) => e.outerHTML)")
    assert first == second
    page.evaluate("stopSecond()")
    assert page.evaluate("model.listening()") > 0
    page.evaluate("stop()")
    assert page.evaluate("model.listening()") == 0


ODD = ["<b>&amp;", "", "\n", "🙂🙂🙂", "</script>", "שלום", "word" * 30]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("width", [360, 1000])
def test_odd_tokens_are_shown_as_text_and_nothing_overflows(page, tmp_path, weights, which, width):
    page.set_viewport_size({"width": width, "height": 800})
    open_view(page, tmp_path, every_view(weights, ODD)[which])
    for layout in (0, 1) if which == 0 else ():
        set_traits(page, layout_choice=layout)
        labels = page.locator(".node .label").all_text_contents()
        assert labels[:4] == ["<b>&amp;", "(empty)", "␣", "🙂🙂🙂"]
        page.locator(".node .dot").nth(6).hover()
    assert page.locator(".course-figure b").count() == (1 if which == 1 else 0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 1, 1), (2, 2), (1, 2, 40, 40)])
def test_small_and_large_graphs_are_drawn(page, tmp_path, shape, layout):
    n = shape[-1]
    weights = np.full(shape, 1 / n)
    figure = attention_explorer(weights, threshold=0.5 / n, layout=layout)
    open_view(page, tmp_path, figure.children[-1])
    assert page.locator("path.edge").count() == n * n
    assert "NaN" not in page.locator(".course-figure").evaluate("root => root.outerHTML")


def test_one_position_with_two_heads_is_compared(page, tmp_path):
    open_view(page, tmp_path, heads_explorer(np.ones((2, 1, 1))).children[-1])
    assert page.locator(".heads-grid").get_attribute("data-distance") == "0"
    assert "NaN" not in page.locator(".course-figure").evaluate("root => root.outerHTML")


def test_text_and_colours_stand_out_in_every_theme(page, tmp_path, weights):
    figure = heads_explorer(weights, TOKENS)
    colours = [
        (".course-figure", "color"),
        ("figcaption", "color"),
        ("text.label", "fill"),
        (".axis", "fill"),
        (".distance .first", "color"),
        (".distance .second", "color"),
    ]
    assert_readable(page, tmp_path, figure.children[-1], colours)
