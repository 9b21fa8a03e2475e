"""The live figure of the graph of heads: what it sends, refuses, computes and draws."""

import itertools

import numpy as np
import pytest

from course_lib.authoring.browser import open_view
from course_lib.data import load_head_effects
from course_lib.widgets import head_graph
from course_lib.widgets.circuit.view import MOST_EDGES
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.pages import read
from tests.support.usable import (
    assert_fits,
    assert_keys_stay,
    assert_starts_again,
    assert_targets,
)

LAYERS, HEADS = 4, 3
LATER = np.less.outer(np.arange(LAYERS), np.arange(LAYERS))[:, None, :, None]
TABLES = {
    name: np.where(LATER, np.random.default_rng(seed).random((LAYERS, HEADS) * 2), 0)
    for seed, name in enumerate(("key", "query"))
}
SCORES = {
    name: np.random.default_rng(seed).random((LAYERS, HEADS))
    for seed, name in enumerate(("previous", "induction"))
}


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = head_graph(TABLES, SCORES, threshold=0.5, head=(2, 1))
    view = assert_linked(figure)
    assert (view.threshold, view.chosen) == (0.5, 2 * HEADS + 1)
    assert list(controls(figure)) == ["edges", "threshold", "heads coloured by"]
    plain = head_graph(TABLES["key"].reshape(12, 12), heads=3)
    assert list(controls(plain)) == ["threshold"]
    same = head_graph({"": TABLES["key"]}, {"a": SCORES["previous"]})
    assert plain.children[-1].edges == same.children[-1].edges


def test_about_sixty_edges_are_drawn_at_first_and_none_above_is_missing():
    effects = load_head_effects()
    tables = {kind: effects[f"composition.{kind}"] for kind in ("key", "query", "value")}
    figure = head_graph(tables)
    threshold = figure.children[-1].threshold
    assert 40 < (tables["key"] > threshold).sum() < 90
    least = controls(figure)["threshold"].min
    assert all(0 < (table > least).sum() <= MOST_EDGES for table in tables.values())
    assert controls(figure)["threshold"].max >= max(map(np.max, tables.values()))


NEGATIVE = -TABLES["key"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: head_graph("text"), TypeError, "composition must hold real numbers"),
        (lambda: head_graph({}), ValueError, "composition must hold at least one array"),
        (lambda: head_graph(np.eye(4)), ValueError, "heads must be given where composition has"),
        (lambda: head_graph(np.eye(4), heads=3), ValueError, "composition must be square"),
        (lambda: head_graph(np.eye(4), heads=2), ValueError, "composition must be 0 unless"),
        (lambda: head_graph(np.zeros((4, 4)), heads=2), ValueError, "must have an entry above 0"),
        (lambda: head_graph(np.ones((1, 2, 2))), ValueError, "composition must have shape"),
        (lambda: head_graph({"a": NEGATIVE}), ValueError, r"composition\['a'\] must not be neg"),
        (lambda: head_graph(TABLES, [SCORES]), TypeError, "scores must be a dict"),
        (
            lambda: head_graph(TABLES, {"a": 2 * SCORES["previous"]}),
            ValueError,
            r"scores\['a'\] must lie between 0 and 1",
        ),
        (
            lambda: head_graph(TABLES, {"a": np.zeros((3, 3))}),
            ValueError,
            r"scores\['a'\] must be of \(4, 3\) heads",
        ),
        (lambda: head_graph(TABLES, threshold=2), ValueError, "threshold must be between"),
        (lambda: head_graph(TABLES, head=(4, 0)), ValueError, "head must be between 0 and 3"),
        (lambda: head_graph(TABLES, head=4), ValueError, "head must be a pair"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


STATE = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const root = document.querySelector(".circuit-view");
  const drawn = [...root.querySelectorAll(".edge")].map(({ dataset: d }) => [+d.writer, +d.reader]);
  const lit = [...root.querySelectorAll(".edge:is(.into, .out)")].length;
  const met = [...root.querySelectorAll(".node.met")].length;
  const rows = [...root.querySelectorAll(".edge-list:not([hidden]) button")].length;
  const lists = [...root.querySelectorAll(":has(> .edge-list)")].map((list) => [
    list.querySelector(".title").textContent !== "", !list.querySelector(".edge-list").hidden]);
  const scores = [...root.querySelectorAll(".node")].map(({ dataset }) => +dataset.score);
  const broken = /NaN|undefined|Infinity/.test(root.outerHTML);
  return { ...module.circuitState(model), drawn, lit, met, rows, lists, shown: scores, broken };
})"""


def test_every_state_draws_the_edges_above_the_threshold(page, tmp_path):
    open_view(page, tmp_path, head_graph(TABLES, SCORES).children[-1])
    names = ("kind", "threshold", "score_choice", "chosen")
    ends = [range(2), [0.0, 0.3, 0.77, 0.95, 1.0], range(2), [None, 0, 4, 11]]
    states = [dict(zip(names, state, strict=True)) for state in itertools.product(*ends)]
    for state, shown in zip(states, read(page, STATE, states), strict=True):
        table = list(TABLES.values())[state["kind"]].reshape(12, 12)
        edges = {tuple(edge) for edge in np.argwhere(table > state["threshold"]).tolist()}
        assert set(map(tuple, shown["drawn"])) == edges
        told = [edge["strength"] for edge in shown["edges"]]
        np.testing.assert_allclose(told, sorted(table[table > state["threshold"]])[::-1], rtol=1e-6)
        into = {edge for edge in edges if edge[1] == state["chosen"]}
        out = {edge for edge in edges if edge[0] == state["chosen"]}
        assert {(e["writer"], e["reader"]) for e in shown["into"]} == into
        assert {(e["writer"], e["reader"]) for e in shown["out"]} == out
        assert shown["lit"] == len(into | out)
        ends_of = (into | out) if state["chosen"] is not None else edges
        assert shown["met"] == len({end for edge in ends_of for end in edge})
        assert shown["rows"] == min(len(ends_of), 40)
        assert all(titled == listed for titled, listed in shown["lists"])  # no title of nothing
        scores = list(SCORES.values())[state["score_choice"]].ravel()
        np.testing.assert_allclose(shown["scores"], scores, rtol=1e-6)
        np.testing.assert_allclose(shown["shown"], scores, atol=1e-4)
        assert not shown["broken"]


def test_a_head_is_chosen_by_click_by_key_and_from_the_list(page, tmp_path):
    view = head_graph(TABLES, SCORES, threshold=0.3).children[-1]
    open_view(page, tmp_path, view)
    nodes, chosen = page.locator(".node"), "model.get('chosen')"
    nodes.nth(4).click()
    assert page.evaluate(chosen) == 4
    into = np.flatnonzero(TABLES["key"].reshape(12, 12)[:, 4] > 0.3)
    assert (
        page.locator(".readout")
        .text_content()
        .startswith(f"Edges into head 1.1: {len(into)}. The strongest from head ")
    )
    first = page.locator(".edge-list").first.locator("button").first
    best = into[TABLES["key"].reshape(12, 12)[into, 4].argmax()]
    assert first.get_attribute("data-head") == str(best)
    first.click()
    assert page.evaluate(chosen) == best
    nodes.nth(4).click()
    for key, expected in [("ArrowRight", 7), ("ArrowUp", 6), ("ArrowUp", 6), ("End", 11)]:
        page.keyboard.press(key)
        assert page.evaluate(chosen) in (expected, None if key == "ArrowUp" else expected)
    page.keyboard.press("Escape")
    assert page.evaluate(chosen) is None
    assert page.locator(".readout").text_content().startswith("Edges above 0.3: ")
    assert_starts_again(page, view.start, threshold=0.9, chosen=2, kind=1)


@pytest.mark.parametrize("width", [390, 1000])
def test_thirty_layers_can_be_used_with_fingers_and_keys(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 1100})
    table = np.zeros((30, 9, 30, 9))
    table[2, 3, 7], table[11, 1, 18] = 0.5, 0.25
    open_view(page, tmp_path, head_graph(table, {"a": np.eye(30, 9)}, head=(11, 1)).children[-1])
    page.wait_for_function("document.querySelector('.circuit-view').dataset.layers !== undefined")
    layers = page.locator(".circuit-view").get_attribute("data-layers")
    assert layers == ("down" if width < 700 else "across")
    assert_targets(page)
    assert_fits(page, width)
    assert_keys_stay(page, ".circuit-view [role='radiogroup']")


def test_a_view_can_be_shown_twice_and_removed(page, tmp_path):
    view = head_graph(TABLES, SCORES).children[-1]
    assert_shown_twice_and_removed(page, tmp_path, view, dict(kind=1), dict(chosen=5))


def test_text_stands_out_in_every_theme(page, tmp_path):
    view = head_graph(TABLES, SCORES, threshold=0.3, head=(1, 1)).children[-1]
    colours = [(".readout", "color"), (".tick", "fill"), (".edge-list span", "color")]
    assert_readable(page, tmp_path, view, colours)
