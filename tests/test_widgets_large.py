"""Live figures of more than 64 positions: quantised weights, a canvas, the strongest edges."""

import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.centrality import hits, remove_tokens
from course_lib.flow import max_flow
from course_lib.rollout import residual_layers, rollout_row
from course_lib.sparsity import top_k
from course_lib.widgets import (
    Example,
    attention_explorer,
    examples_explorer,
    flow_explorer,
    heads_explorer,
    heatmap_explorer,
    ranking_explorer,
    rollout_explorer,
    sparsity_explorer,
)
from course_lib.widgets.shared.texts import number
from course_lib.widgets.shared.weights import quantised
from tests.support.layered import drawn as drawn_edges
from tests.support.layered import set_traits
from tests.support.pages import read

N = 70  # 4,900 cells, so that fewer edges are drawn than there are
TOKENS = [f"t{k}" for k in range(N)]
WEIGHTS = softmax(2 * np.random.default_rng(3).normal(size=(2, 2, N, N)))

CANVAS = """(map) => {
  const canvas = document.querySelectorAll("canvas.pixels")[map];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [...data];
}"""
COLOURS = """() => {
  const { color, outlineColor } = getComputedStyle(document.querySelector("canvas.pixels"));
  return [color, outlineColor].map((colour) => colour.match(/\\d+/g).slice(0, 3).map(Number));
}"""


def decoded(sent, steps, matrices):
    count, top = int(np.prod(matrices.shape[:-2])), np.iinfo(steps).max
    scales = np.frombuffer(sent[: 4 * count], "<f4").reshape(*matrices.shape[:-2], 1, 1)
    entries = np.frombuffer(sent[4 * count :], np.dtype(steps).newbyteorder("<"))
    return scales * (entries.reshape(matrices.shape) / top) ** 2, scales, top


@pytest.mark.parametrize("steps", [np.uint8, np.uint16])
def test_quantised_weights_are_as_near_as_the_docstring_says(steps):
    ramp = np.linspace(0, 0.7, 90**2).reshape(90, 90)
    matrices = np.stack([ramp, ramp**4, np.eye(90), np.zeros((90, 90))])
    near, scales, top = decoded(quantised(matrices, steps), steps, matrices)
    off = np.abs(near - matrices)
    rounding = 1e-7 * scales  # of the scales, which are float32
    assert (off <= np.sqrt(matrices * scales) / top + scales / top**2 + rounding).all()
    np.testing.assert_array_equal(near > 0, matrices > 0)  # ramp ** 4 has weights near 1e-16
    assert (off[:3] < scales[:3] / top).all()
    assert off[0].max() > 0.5 * scales[0].max() / top  # the bound is no larger than it must be
    np.testing.assert_array_equal(near[2:], matrices[2:])


def test_64_positions_are_sent_as_they_are_and_more_in_a_byte_each():
    small = attention_explorer(np.full((64, 64), 1 / 64)).children[-1]
    large = attention_explorer(np.full((3, 65, 65), 1 / 65)).children[-1]
    assert len(small.weights) == 4 * 64**2
    assert len(large.weights) == 3 * (4 + 65**2)


def test_the_browser_decodes_what_python_sent(page, tmp_path):
    open_view(page, tmp_path, attention_explorer(WEIGHTS, TOKENS, layer=1, head=0).children[-1])
    for choice, matrix in [(1, WEIGHTS[1, 0]), (0, WEIGHTS[1].mean(axis=0))]:
        set_traits(page, head_choice=choice)
        shown = read(page, "() => [...module.attentionState(model).matrix]")
        assert np.abs(np.reshape(shown, (N, N)) - matrix).max() < WEIGHTS[1].max() / 255


def test_the_strongest_edges_are_drawn_and_the_status_says_so(page, tmp_path):
    figure = attention_explorer(WEIGHTS, TOKENS, head=0, threshold=0.0)
    open_view(page, tmp_path, figure.children[-1])
    edges = "paths => paths.map((p) => (p.getAttribute('d').match(/Q|C/g) ?? []).length)"

    def drawn():
        counts = page.locator("path.edge:not(.lit)").evaluate_all(edges)
        return sum(counts), page.locator(".status").inner_text()

    count, status = drawn()
    above = page.evaluate("module.attentionState(model).edges.length")
    assert count == 1500 < above
    assert status.startswith(f"{above} of 4900 edges are above the threshold")
    assert status.endswith("The strongest 1500 of these are drawn.")
    set_traits(page, threshold=0.2)
    count, status = drawn()
    assert count == page.evaluate("module.attentionState(model).edges.length") < 1500
    assert status.startswith(f"{count} of 4900 edges drawn")
    page.locator(".node[data-position='3'] .dot").hover()
    lit = page.locator("path.edge.lit").evaluate_all(edges)
    shown = np.reshape(read(page, "() => [...module.attentionState(model).matrix]"), (N, N))
    of_node = np.zeros((N, N), dtype=bool)
    of_node[3], of_node[:, 3] = True, True
    assert sum(lit) == ((shown > 0.2) & of_node).sum()


@pytest.mark.parametrize("scale_choice", [1, 3])
def test_every_cell_has_the_colour_of_its_value(page, tmp_path, scale_choice):
    view = heatmap_explorer(WEIGHTS, TOKENS).children[-1]
    view.scale_choice = scale_choice
    open_view(page, tmp_path, view)
    page.wait_for_function("document.querySelector('canvas.sharp') !== null")
    strengths = read(
        page,
        """() => {
          const state = module.linkedState(model);
          const scales = module.scalesOf(state, model.get("scale_choice"));
          return [state.first, state.second, state.difference].map((map, k) =>
            [...map].map((value) => scales[k].strength(value) ?? 9));
        }""",
    )
    first, second = page.evaluate(COLOURS)
    for k, strength in enumerate(np.array(strengths)):
        pixels = np.reshape(read(page, CANVAS, k), (N * N, 4))
        shown = strength != 9  # the log scale has no colour for a weight of 0
        np.testing.assert_allclose(pixels[shown, 3], 255 * np.abs(strength[shown]), atol=1)
        strong = shown & (pixels[:, 3] > 100)  # in weaker ones the canvas rounds
        expected = np.where((strength < 0)[:, None], second, first)
        assert strong.any()
        np.testing.assert_allclose(pixels[strong, :3], expected[strong], atol=3)


def test_a_large_rollout_is_multiplied_between_other_tasks(page, tmp_path):
    logits = 3 * np.random.default_rng(5).normal(size=(5, 200, 200))
    open_view(page, tmp_path, rollout_explorer(softmax(logits), output=3).children[-1])
    done = "() => document.querySelector('.map').ariaBusy === 'false'"
    page.wait_for_function(done)
    before, after, busy, readout = read(
        page,
        f"""() => {{
          const before = ({CANVAS})(0);
          model.set("residual", 0.9);
          const {{ ariaBusy }} = document.querySelector(".map");
          return [before, ({CANVAS})(0), ariaBusy, document.querySelector(".readout").innerText];
        }}""",
    )
    assert busy == "true"
    assert after == before
    set_traits(page, residual=0.2)  # what was begun is given up
    page.wait_for_function(done)
    product = np.array(read(page, "() => [...module.rolloutState(model).product]"))
    pixels = np.reshape(read(page, CANVAS, 0), (-1, 4))
    np.testing.assert_allclose(pixels[:, 3], 255 * np.sqrt(product), atol=1)
    assert page.locator(".distances li").count() == 5
    assert page.locator(".readout").inner_text() != readout != ""


DRAWN = "document.querySelector('[aria-busy=true]') === null"


def off_diagonal(matrices):
    return matrices * ~np.eye(matrices.shape[-1], dtype=bool)


def test_a_large_layered_graph_draws_its_strongest_lines_and_says_so(page, tmp_path):
    view = rollout_explorer(WEIGHTS, TOKENS, residual=0.1, output=3).children[-1]
    open_view(page, tmp_path, view)
    page.wait_for_function(DRAWN)
    layers = residual_layers(WEIGHTS, residual=0.1)
    near = WEIGHTS.max() / 255
    grey = drawn_edges(page, "weights")
    least = min(off_diagonal(layers)[edge] for edge in grey)
    assert (off_diagonal(layers) > max(0.02, least) + 2 * near).sum() <= len(grey) <= 1500
    assert all(i != j for _, i, j in grey)
    first = layers[1, 3]
    walked = {j: width for (p, _, j), width in drawn_edges(page, "carried").items() if p == 1}
    assert set(np.flatnonzero(first > 0.002 + near)) <= set(walked)
    points = read(
        page, "() => [...document.querySelectorAll('.points path')].map((p) => p.outerHTML)"
    )
    count = sum(outline.count("M") for outline in points)
    assert count == (np.sqrt(first) * 2.7 * 1.5 > 4.05 / 16).sum()
    assert "the strongest 1500 are drawn" in page.locator("figcaption").inner_text()
    shown = read(page, "() => [...module.rolloutRow(module.rolloutState(model).layers, 3)]")
    assert np.abs(shown - rollout_row(WEIGHTS, 3, residual=0.1)).max() < near


def test_a_large_flow_is_found_between_other_tasks(page, tmp_path):
    sharp = softmax(3 * np.random.default_rng(6).normal(size=(3, N, N)))
    open_view(page, tmp_path, flow_explorer(sharp, TOKENS, output=2, input=9).children[-1])
    for output, input, residual in [(2, 9, 0.5), (69, 0, 0.0)]:
        set_traits(page, output=output, input=input, residual=residual)
        page.wait_for_function(DRAWN)
        expected, _ = max_flow(sharp, output, input, residual=residual)
        value = float(page.locator(".flow-view").get_attribute("data-value"))
        assert value == pytest.approx(expected, abs=N * sharp.max() / 255**2 + 2e-3)
        told = page.locator(".readout").inner_text()
        assert told.startswith(f"Flow from output “t{output}” to input “t{input}”: {number(value)}")
        lit = page.locator(".node.lit").evaluate_all("all => all.map((n) => n.dataset.position)")
        assert sorted(map(int, lit)) == sorted([output, input])
    cut = page.evaluate("module.flowState(model).cut.length")
    assert len(drawn_edges(page, "cut")) == min(cut, 1500) > 0


def test_a_large_ranking_is_computed_between_other_tasks(page, tmp_path):
    weights = softmax(3 * np.random.default_rng(8).normal(size=(300, 300)))
    view = ranking_explorer(weights, [f"t{k}" for k in range(300)]).children[-1]
    view.threshold = 0.02
    open_view(page, tmp_path, view)
    page.wait_for_function(DRAWN)
    heading, busy, before, after = read(
        page,
        """() => {
          const heading = () => document.querySelector(".heading b").textContent;
          const before = heading();
          model.set("measure_choice", 4);
          const busy = document.querySelector(".ranking-view").ariaBusy;
          return [heading(), busy, before, document.querySelectorAll(".ranks li").length];
        }""",
    )
    assert (heading, busy, before, after) == ("PageRank", "true", "PageRank", 300)
    set_traits(page, removed=[7])  # what was begun is given up
    page.wait_for_function(DRAWN)
    hubs, _ = hits(remove_tokens(weights, [7]))
    scores = np.insert(hubs, 7, -1)
    order = np.argsort(-scores, kind="stable")[:5]
    best = page.locator(".ranks .token").all_text_contents()[:5]
    assert best == [f"t{k}" for k in order]
    drawn = int(page.locator(".ranking-view").get_attribute("data-drawn"))
    assert drawn == 1500
    assert "the strongest 1500 are drawn" in page.locator("figcaption").inner_text()
    node = page.locator(f".node[data-position='{order[0]}']")
    assert node.get_attribute("aria-label") == f"t{order[0]}"
    node.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert node.get_attribute("aria-label").startswith(f"“t{order[0]}”: Hub ")


def test_the_cells_take_the_colours_of_another_theme(page, tmp_path):
    page.emulate_media(color_scheme="light")
    open_view(page, tmp_path, attention_explorer(WEIGHTS, TOKENS, head=0).children[-1])
    strongest = int(WEIGHTS[0, 0].argmax())

    def shown():
        page.wait_for_timeout(200)
        first, _ = page.evaluate(COLOURS)
        return first, read(page, CANVAS, 0)[4 * strongest : 4 * strongest + 3]

    (light, cell), _ = shown(), page.emulate_media(color_scheme="dark")
    assert cell == light
    dark, cell = shown()
    assert cell == dark != light


def test_cells_are_read_by_pointer_and_by_arrow_keys(page, tmp_path):
    open_view(page, tmp_path, attention_explorer(WEIGHTS, TOKENS, head=0).children[-1])
    readout, cells = page.locator(".readout"), page.locator("rect.cells")
    box = cells.bounding_box()
    for i, j in [(5, 9), (5, 10), (69, 0)]:
        x = box["x"] + (j + 0.5) * box["width"] / N
        page.mouse.move(x, box["y"] + (i + 0.5) * box["height"] / N)
        assert readout.inner_text().startswith(f"t{i} → t{j}: ")
        assert page.locator(".node.lit").count() == 2
    page.mouse.move(5, 5)
    assert page.locator(".node.lit").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # all tokens are one stop
    for key in ("ArrowDown", "Shift+ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert readout.inner_text().startswith("t0 → t11: ")
    page.keyboard.press("Shift+Tab")
    assert readout.inner_text().startswith("“t0” attends most to")


def test_a_screen_reader_hears_the_matrix_once(page, tmp_path):
    open_view(page, tmp_path, attention_explorer(WEIGHTS, TOKENS, head=1).children[-1])
    assert page.locator(".heatmap .cell[role]").count() == 0
    told = page.locator("rect.cells").get_attribute("aria-label")
    i, j = divmod(int(WEIGHTS[0, 1].argmax()), N)
    assert told.startswith("attention heatmap, 70 rows and 70 columns.")
    assert f"The strongest cell: t{i} → t{j}: {number(WEIGHTS[0, 1, i, j])}" in told


def test_a_small_graph_of_a_head_draws_its_strongest_lines(page, tmp_path):
    open_view(page, tmp_path, heads_explorer(WEIGHTS, TOKENS, threshold=0.0).children[-1])
    lines = "cards => cards.map((card) => card.outerHTML.match(/M[\\d.]+ 7L/g).length)"
    assert page.locator(".head").evaluate_all(lines) == [400, 400]
    assert "no more than its 400 strongest lines" in page.locator("figcaption").inner_text()
    set_traits(page, first=1, second=0)
    difference = read(page, "() => [...module.headsState(model).difference]")
    near = 2 * WEIGHTS[0].max() / 255
    assert np.abs(np.reshape(difference, (N, N)) - (WEIGHTS[0, 1] - WEIGHTS[0, 0])).max() < near
    assert page.locator(".head.first").get_attribute("data-head") == "1"


def test_rows_of_sparse_attention_sum_to_1_again(page, tmp_path):
    values = np.random.default_rng(1).normal(size=(N, 3))
    figure = sparsity_explorer(WEIGHTS[0, 0], TOKENS, values=values, method="top k", k=N)
    open_view(page, tmp_path, figure.children[-1])
    told = page.locator(".status").inner_text()
    assert "100\u00a0% of the attention" in told  # nothing is left out
    set_traits(page, k=5)
    state = page.evaluate(
        "(({ kept, errors }) => [[...kept], [...errors]])(module.sparsityState(model))"
    )
    sparse = top_k(WEIGHTS[0, 0], 5)
    kept = (WEIGHTS[0, 0] * (sparse > 0)).sum(axis=-1)
    errors = np.linalg.norm((WEIGHTS[0, 0] - sparse) @ values, axis=-1)
    np.testing.assert_allclose(state, [kept, errors], atol=2e-3)


def test_a_large_example_is_cut_from_behind_a_small_one(page, tmp_path):
    large = softmax(2 * np.random.default_rng(4).normal(size=(2, 2, N, 66)))
    small = softmax(np.random.default_rng(5).normal(size=(2, 2, 2, 3)))
    examples = [
        Example("small", list("ab"), list("cde"), small),
        Example("large", TOKENS, TOKENS[:66], large),
    ]
    open_view(page, tmp_path, examples_explorer(examples, layer=1, head=0).children[-1])
    shown = "() => [...module.exampleState(model, module.chosenExample(model)).matrix]"
    np.testing.assert_allclose(read(page, shown), small[1, 0].ravel(), atol=1e-7)
    assert page.locator("canvas").count() == 0
    set_traits(page, example=1)
    assert np.abs(read(page, shown) - large[1, 0].ravel()).max() < large[1].max() / 255
    assert page.locator("canvas").evaluate("c => [c.width, c.height]") == [66, N]
