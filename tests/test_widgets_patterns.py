"""The builder of patterns: what it sends, refuses, computes and draws."""

import networkx as nx
import numpy as np
import pytest

from course_lib import sparsity
from course_lib.authoring.browser import open_view
from course_lib.widgets import pattern_explorer
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits

N = 11


def make(n=N, **options):
    return pattern_explorer(n, **{"rng": np.random.default_rng(3)} | options)


def expected_pattern(
    n=N, *, radius=1, dilation=1, global_positions=0, random_keys=0, block=1, seed=3
):
    places = [int(g * n / global_positions) for g in range(global_positions)]
    return (
        sparsity.dilated_pattern(n, radius, dilation)
        | sparsity.global_pattern(n, places)
        | sparsity.random_pattern(n, random_keys, np.random.default_rng(seed))
        | sparsity.block_pattern(n, block)
    )


# --- what is sent, what is refused ----------------------------------------------------------------


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    given = {"radius": 2, "dilation": 3, "global_positions": 1, "random_keys": 4, "block": 5}
    figure = make(**given, layers=6)
    view = assert_linked(figure)
    assert {name: getattr(view, name) for name in given} == given
    assert (view.layers, view.position) == (6, N // 2)
    assert controls(figure)["window"].max == N // 2


def test_without_a_generator_the_random_keys_are_always_the_same():
    views = [pattern_explorer(9).children[-1] for _ in range(2)]
    assert views[0].order == views[1].order
    order = np.frombuffer(views[0].order, np.uint8).reshape(9, 9)
    np.testing.assert_array_equal(np.sort(order, axis=1), [np.arange(9)] * 9)
    np.testing.assert_array_equal(order[:, 0], np.arange(9))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 3}, ValueError, "n must be between 4 and 64, got 3"),
        ({"n": 65}, ValueError, "n must be between 4 and 64, got 65"),
        ({"n": 8.0}, TypeError, "n must be an integer"),
        ({"radius": 6}, ValueError, "radius must be between 0 and 5"),
        ({"dilation": 0}, ValueError, "dilation must be between 1 and 8"),
        ({"global_positions": 9}, ValueError, "global_positions must be between 0 and 8"),
        ({"n": 5, "random_keys": 5}, ValueError, "random_keys must be between 0 and 4"),
        ({"block": 0}, ValueError, "block must be between 1 and 5"),
        ({"layers": 13}, ValueError, "layers must be between 1 and 12"),
        ({"position": 11}, ValueError, "position must be between 0 and 10"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


# --- what the browser computes --------------------------------------------------------------------

STATE = """() => {
  const state = module.patternState(model);
  return { ...state, pattern: Array.from(state.pattern), layers: Array.from(state.layers) };
}"""
START = {"radius": 1, "dilation": 1, "global_positions": 0, "random_keys": 0, "block": 1}


def test_all_settings_give_the_patterns_of_the_library(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    settings = [
        {name: value} for name in START for value in range(name in ("dilation", "block"), 6)
    ]
    settings += [
        {"radius": 0},  # nobody reaches anybody else
        {"radius": 2, "dilation": 4},
        {"radius": 0, "random_keys": 1},
        {"radius": 1, "global_positions": 2, "random_keys": 2},
        {"radius": 2, "dilation": 2, "block": 4, "random_keys": 1},
    ]
    never = 0
    for setting in settings:
        chosen = START | setting
        set_traits(page, **chosen)
        state = page.evaluate(STATE)
        pattern = expected_pattern(**chosen)
        np.testing.assert_array_equal(np.reshape(state["pattern"], (N, N)), pattern)
        assert state["edges"] == pattern.sum()
        assert state["full"] == sparsity.layers_to_full_reach(pattern)
        never += state["full"] is None
        steps = dict(nx.all_pairs_shortest_path_length(nx.DiGraph(pattern)))
        layers = [
            [max(1, steps[i].get(j, -1)) if j in steps[i] else 0 for j in range(N)]
            for i in range(N)
        ]
        np.testing.assert_array_equal(np.reshape(state["layers"], (N, N)), layers)
    assert 0 < never < len(settings)


# --- what the browser draws -----------------------------------------------------------------------


def painted(page):
    """Return how strongly each cell of the grid is painted, read back from the paths."""
    levels = page.locator(".level").evaluate_all(
        "paths => paths.map((p) => [+p.getAttribute('fill-opacity'), p.getAttribute('d')])"
    )
    shades, cell = np.zeros((N, N)), 372 / N
    for shade, outline in levels:
        for run in outline.split("M")[1:]:
            x, rest = run.split(" ")
            y, wide = rest.split("h")[0], rest.split("h")[1].split("v")[0]
            row, column = round((float(y) - 26) / cell), round((float(x) - 26) / cell)
            count = round(float(wide) / cell)
            assert (shades[row, column : column + count] == 0).all()
            shades[row, column : column + count] = shade
    return shades


@pytest.mark.parametrize("most", [1, 2, 4, 12])
def test_cells_and_nodes_are_the_paler_the_later_they_are_reached(page, tmp_path, most):
    view = make(random_keys=0, radius=1, layers=most, position=2).children[-1]
    open_view(page, tmp_path, view)
    layers = np.maximum(np.abs(np.subtract.outer(np.arange(N), np.arange(N))), 1)
    shades = painted(page)
    np.testing.assert_array_equal(shades > 0, layers <= most)
    assert len(np.unique(shades[shades > 0])) == min(most, 6)
    for one, other in zip(range(1, 6), range(2, 7), strict=True):
        if other <= most:
            assert shades[layers == one].min() > shades[layers == other].max()
    numbers = page.locator(".node text").all_text_contents()
    assert numbers == [str(k) if k <= most else "" for k in layers[2]]


def test_arrows_lead_from_the_chosen_position_to_its_keys(page, tmp_path):
    open_view(page, tmp_path, make(random_keys=2, position=4).children[-1])
    keys = np.flatnonzero(expected_pattern(random_keys=2)[4])
    drawn = page.locator(".graph .edge").evaluate_all(
        "paths => paths.map((p, j) => (p.getAttribute('d') ? j : -1)).filter((j) => j >= 0)"
    )
    assert drawn == [j for j in keys if j != 4]
    assert page.locator(".node.chosen").get_attribute("data-position") == "4"


def test_a_click_on_a_row_or_a_position_chooses_it(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    box = page.locator(".grid").bounding_box()
    scale = box["width"] / 400
    for row in (0, 7, N - 1):
        y = box["y"] + scale * (26 + (row + 0.5) * 372 / N)
        page.mouse.click(box["x"] + 200 * scale, y)
        assert page.evaluate("model.get('position')") == row
        top = float(page.locator(".band").get_attribute("y"))
        assert top == pytest.approx(26 + row * 372 / N)
    page.mouse.click(box["x"] + 200 * scale, box["y"] + 8 * scale)  # above the first row
    assert page.evaluate("model.get('position')") == N - 1
    page.locator(".node[data-position='3']").click()
    assert page.evaluate("model.get('position')") == 3


def test_one_tab_stop_and_the_keyboard_chooses(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    assert page.locator("[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("model.get('position')") == 1


def test_the_texts_say_what_is_shown(page, tmp_path):
    view = make(layers=2, position=0).children[-1]
    open_view(page, tmp_path, view)
    status = page.locator(".status").inner_text()
    assert status == (
        "31 of 121 edges (25.6\u00a0%). Every output reaches every input after 10 layers. "
        "Within 2 layers: 40\u00a0% of all pairs."
    )
    assert page.locator(".readout").inner_text() == (
        "Position 0 attends to 2 positions; within 2 layers it draws on 3 of 11, within 3 layers "
        "it draws on 4 of 11, within 4 layers it draws on 5 of 11; after 10 layers on 11."
    )
    set_traits(page, radius=0, layers=1)
    assert "never reach some inputs" in page.locator(".status").inner_text()
    assert page.locator(".readout").inner_text() == "Position 0 attends to 1 position."


def test_everything_is_readable_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".status", "color"), ("figcaption", "color")]
    colours += [(".axis", "fill"), (".level", "fill"), (".node:not(.dark) text", "fill")]
    assert_readable(page, tmp_path, make(layers=3).children[-1], colours)


def test_two_views_show_the_same_and_leave_nothing_behind(page, tmp_path):
    changes = {"layers": 4}, {"random_keys": 3}, {"position": 9}
    assert_shown_twice_and_removed(page, tmp_path, make().children[-1], *changes)


def test_it_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 700})
    open_view(page, tmp_path, make(64).children[-1])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
