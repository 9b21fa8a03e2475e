"""The linked heatmaps: what they send, what they refuse, what they compute and draw."""

import itertools

import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.data import load_attention
from course_lib.plots import spectral_order
from course_lib.widgets import heatmap_explorer
from tests.support.figures import assert_linked, assert_readable, controls
from tests.support.layered import set_traits
from tests.support.pages import read

TOKENS = ["the", "cat", "sat", "on", "the", "mat"]
WEIGHTS = softmax(2 * np.random.default_rng(5).normal(size=(2, 3, 6, 6)))
WITH_ZEROS = WEIGHTS * (WEIGHTS > 0.04)
WITH_ZEROS /= WITH_ZEROS.sum(axis=-1, keepdims=True)

# What is computed and what is drawn.
STATE = """() => {
  const state = module.linkedState(model);
  const scales = module.scalesOf(state, model.get("scale_choice"));
  const maps = [state.first, state.second, state.difference].map((map) => [...map]);
  const strengths = maps.map((map, k) => map.map((value) => scales[k].strength(value)));
  const painted = [...document.querySelectorAll(".heatmap")].map((map) =>
    [...map.querySelectorAll(".cells .cell")].map((cell) =>
      [cell.getAttribute("class"), Number(cell.getAttribute("fill-opacity"))]));
  return { maps, order: state.order, strengths, painted };
}"""


# --- what is sent, what is refused ----------------------------------------------------------------


def test_the_spectral_order_of_every_head_is_sent():
    view = heatmap_explorer(WEIGHTS, TOKENS).children[-1]
    assert view.orders == [spectral_order(head).tolist() for head in WEIGHTS.reshape(6, 6, 6)]
    assert view.tokens == TOKENS
    assert view.shape == [2, 3, 6]


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = heatmap_explorer(
        WEIGHTS, TOKENS, first=(1, 2), second=(0, 1), scale="log", order="spectral"
    )
    view = assert_linked(figure)
    assert (view.first, view.second, view.scale_choice, view.order_choice) == (5, 1, 3, 1)
    assert controls(figure)["first"].label == "layer 1, head 2"
    assert controls(heatmap_explorer(WEIGHTS[0]))["second"].label == "head 1"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: heatmap_explorer(WEIGHTS[0, 0]), ValueError, "weights must have at least 2 heads"),
        (lambda: heatmap_explorer(-WEIGHTS), ValueError, "weights must not be negative"),
        (lambda: heatmap_explorer(WEIGHTS, ["a"]), ValueError, "tokens must have one entry"),
        (lambda: heatmap_explorer(WEIGHTS, first=(2, 0)), ValueError, r"first\[0\] .* between"),
        (lambda: heatmap_explorer(WEIGHTS, second=(0, 3)), ValueError, r"second\[1\] .* between"),
        (lambda: heatmap_explorer(WEIGHTS, first=3), ValueError, "first must be a pair"),
        (lambda: heatmap_explorer(WEIGHTS, first=(0, "a")), TypeError, "first.* an integer"),
        (lambda: heatmap_explorer(WEIGHTS, scale="big"), ValueError, "scale must be one of"),
        (lambda: heatmap_explorer(WEIGHTS, order="size"), ValueError, "order must be one of"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- what the browser computes and draws ----------------------------------------------------------


def expected_strengths(matrices, scale):
    """Return what the three scales make of first, second and difference; None where masked."""
    first, second, difference = matrices
    shared = max(first.max(), second.max())
    ends = {
        "own": (first.max(), second.max(), np.abs(difference).max() or 1),
        "shared": (shared, shared, shared),
        "unit": (1, 1, 1),
    }
    if scale == "log":
        with np.errstate(divide="ignore"):
            logs = [np.clip(1 + np.log10(m) / 4, 0, 1) for m in (first, second)]
        seen = [np.where(m > 0, s, np.nan) for m, s in zip((first, second), logs, strict=True)]
        return [*seen, difference]
    return [matrix / end for matrix, end in zip(matrices, ends[scale], strict=True)]


@pytest.mark.parametrize("name", ["random", "with zeros", "recorded"])
def test_every_state_of_the_controls_shows_the_weights(name, page, tmp_path):
    weights = {"random": WEIGHTS, "with zeros": WITH_ZEROS}.get(name)
    if weights is None:
        weights = load_attention("short")[0][:2, :3]
    weights = weights.astype(np.float32).astype(float)
    view = heatmap_explorer(weights).children[-1]
    open_view(page, tmp_path, view)
    n = weights.shape[-1]
    heads = weights.reshape(-1, n, n)
    scales = ("own", "shared", "unit", "log")
    for first, second, scale, order in itertools.product((0, 4), (1, 4), range(4), range(2)):
        set_traits(page, first=first, second=second, scale_choice=scale, order_choice=order)
        state = read(page, STATE)
        places = spectral_order(heads[first]) if order else np.arange(n)
        assert state["order"] == places.tolist()
        shown = [heads[k][np.ix_(places, places)] for k in (first, second)]
        shown.append(shown[0] - shown[1])
        for found, matrix in zip(state["maps"], shown, strict=True):
            np.testing.assert_allclose(np.reshape(found, (n, n)), matrix, atol=1e-7)
        strengths = [np.array(s, dtype=float).reshape(n, n) for s in state["strengths"]]
        for got, expected in zip(strengths, expected_strengths(shown, scales[scale]), strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-5)
        for k, (strength, painted) in enumerate(zip(strengths, state["painted"], strict=True)):
            assert ["masked" in shape for shape, _ in painted] == np.isnan(
                strength
            ).ravel().tolist()
            np.testing.assert_allclose(
                [opacity for _, opacity in painted],
                np.nan_to_num(np.abs(strength), nan=1).ravel(),
                atol=1e-3,
            )
            if k == 2:
                minus = [shape.endswith("minus") for shape, _ in painted]
                assert minus == (shown[2] < 0).ravel().tolist()


def test_a_cell_lights_up_in_all_three_and_is_read_out(page, tmp_path):
    view = heatmap_explorer(WEIGHTS, TOKENS, order="spectral").children[-1]
    open_view(page, tmp_path, view)
    assert "Point at a cell" in page.locator(".readout").inner_text()
    order = view.orders[0]
    row, column = 2, 4
    for k in range(3):
        page.locator(".heatmap").nth(k).locator(".cells .cell").nth(6 * row + column).hover()
        boxes = [
            page.locator(".heatmap")
            .nth(m)
            .locator(".band.row")
            .evaluate(
                "e => [e.classList.contains('lit'), e.getAttribute('x'), e.getAttribute('y')]"
            )
            for m in range(3)
        ]
        assert boxes[0] == boxes[1] == boxes[2]
        assert boxes[0][0]
    first, second = WEIGHTS[0, 0], WEIGHTS[0, 1]
    i, j = order[row], order[column]
    names = ["the [0]", "cat", "sat", "on", "the [4]", "mat"]
    a, b = first[i, j], second[i, j]
    assert min(a, b) < 0.01  # so four decimals for all three
    expected = f"first {a:.4f}, second {b:.4f}, difference {a - b:+.4f}.".replace("-", "−")
    said = page.locator(".readout").inner_text()
    assert said == f"“{names[i]}” attends to “{names[j]}”: {expected}"
    labels = page.locator(".heatmap").first.locator("text.label").all_text_contents()
    assert labels[: len(order)] == [names[position] for position in order]


def test_the_numbers_read_out_agree_with_one_another(page, tmp_path):
    first = [[0.0128, 0.9872], [0.25, 0.75]]
    second = [[0.01, 0.99], [0.25, 0.75]]
    third = [[0.00002, 0.99998], [0.25004, 0.74996]]
    open_view(page, tmp_path, heatmap_explorer([first, second, third]).children[-1])
    cells = page.locator(".heatmap").first.locator(".cells .cell")

    def said(cell):
        cells.nth(cell).hover()
        return page.locator(".readout").inner_text().partition(": ")[2]

    assert said(0) == "first 0.0128, second 0.0100, difference +0.0028."
    assert said(2) == "first 0.25, second 0.25, difference 0.00."
    set_traits(page, second=2)
    assert said(0) == "first 0.0128, second <0.0001, difference +0.0128."
    assert said(2) == "first 0.2500, second 0.2500, difference <0.0001."


def test_the_log_scale_says_what_grey_is(page, tmp_path):
    open_view(page, tmp_path, heatmap_explorer(WITH_ZEROS).children[-1])
    assert "grey" not in page.locator("figcaption").inner_text()
    set_traits(page, scale_choice=3)
    assert "grey cell is a weight of 0" in page.locator("figcaption").inner_text()


def test_on_a_phone_the_numbers_stay_in_sight_and_do_not_move_the_maps(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 800})
    tokens = ["extraordinarily"] * 6
    open_view(page, tmp_path, heatmap_explorer(WEIGHTS, tokens).children[-1])
    grid = page.locator(".heatmap").first.locator(".cells")
    before = grid.bounding_box()
    grid.locator(".cell").nth(20).hover()
    assert grid.bounding_box() == before
    readout = page.locator(".readout").bounding_box()
    assert before["y"] < readout["y"] < readout["y"] + readout["height"] <= 800
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_colour_bars_say_where_they_end(page, tmp_path):
    open_view(page, tmp_path, heatmap_explorer(WEIGHTS, TOKENS, scale="own").children[-1])

    def ends():
        bars = page.locator(".legend").evaluate_all(
            "bars => bars.map(bar => [...bar.querySelectorAll('.tick')].map(t => t.textContent))"
        )
        return [ticks[-2] for ticks in bars]

    def short(value):
        return f"{float(f'{value:.2g}'):g}"

    first, second = WEIGHTS[0, 0], WEIGHTS[0, 1]
    difference = np.abs(first - second).max()
    assert ends() == [short(first.max()), short(second.max()), f"+{short(difference)}"]
    set_traits(page, scale_choice=1)
    shared = short(max(first.max(), second.max()))
    assert ends() == [shared, shared, f"+{shared}"]
    set_traits(page, scale_choice=2)
    assert ends() == ["1", "1", "+1"]
    set_traits(page, scale_choice=3)
    assert ends() == ["1", "1", "+1"]
    assert page.locator(".legend").first.locator(".tick").first.text_content() == "≤ 0.0001"


def test_text_stands_out_in_every_theme(page, tmp_path):
    colours = [
        (".heading", "color"),
        ("figcaption", "color"),
        (".tick", "fill"),
    ]
    assert_readable(page, tmp_path, heatmap_explorer(WEIGHTS).children[-1], colours)


def test_a_figure_that_is_closed_stops_listening(page, tmp_path):
    open_view(page, tmp_path, heatmap_explorer(WEIGHTS).children[-1])
    assert page.evaluate("model.listening()") == 4
    page.evaluate("stop()")
    assert page.evaluate("model.listening()") == 0
