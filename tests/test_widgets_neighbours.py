"""The figure of a given graph: what it sends, refuses, computes and draws."""

import itertools

import numpy as np
import pytest
import torch

from course_lib.authoring.browser import open_view
from course_lib.nn.gat import GraphAttention, GraphAttentionV2
from course_lib.nn.training import seeded
from course_lib.widgets import neighbours_explorer
from course_lib.widgets.shared.texts import number
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits

RNG = np.random.default_rng(1)
N, HEADS, FEATURES = 6, 2, 3
# Node 5 attends to nobody and is attended to; 0 and 1, 0 and 2, 3 and 4 share neighbours.
EDGES = np.array([[4, 0, 0, 1, 1, 1, 2, 2, 3, 3, 0, 4, 4], [3, 1, 2, 2, 1, 3, 1, 2, 3, 5, 0, 4, 5]])
QUERIES, KEYS = RNG.normal(size=(2, HEADS, N, FEATURES))
ATTENTION = RNG.normal(size=(HEADS, FEATURES))
PLACES = RNG.normal(size=(N, 2))
GROUPS = [0, 1, 0, 2, 1, 3]


def make(edges=EDGES, queries=QUERIES, keys=KEYS, attention=ATTENTION, **options):
    return neighbours_explorer(
        edges, queries, keys, attention, **{"positions": PLACES, "groups": GROUPS} | options
    )


def view_of(**options):
    return make(**options).children[-1]


# --- what is sent, what is refused ----------------------------------------------------------------


def test_the_parts_are_sent_in_full_precision_and_edges_sorted():
    view = view_of(queries=QUERIES.astype(np.float32), names=list("abcdef"), marked=[4])
    sent = np.frombuffer(view.parts, "<f8")
    size = HEADS * N * FEATURES
    np.testing.assert_array_equal(sent[:size], QUERIES.astype(np.float32).ravel())
    np.testing.assert_array_equal(sent[size : 2 * size], KEYS.ravel())
    np.testing.assert_array_equal(sent[2 * size :], ATTENTION.ravel())
    assert view.shape == [HEADS, N, FEATURES]
    assert sorted(zip(*EDGES.tolist(), strict=True)) == list(zip(*view.edges, strict=True))
    np.testing.assert_array_equal(view.positions, PLACES)
    assert (view.names, view.groups, view.marked) == (list("abcdef"), GROUPS, [4])


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = make(head=1, slope=0.4, node=3)
    view = assert_linked(figure)
    assert (view.head_choice, view.slope, view.node) == (2, 0.4, 3)
    assert list(controls(figure)) == ["head", "slope"]
    one = make(queries=QUERIES[:1], keys=KEYS[:1], attention=ATTENTION[:1])
    assert list(controls(one)) == ["slope"]


MANY = np.stack(np.unravel_index(np.arange(601), (60, 60)))
WIDE = np.zeros((1, 60, 1))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"edges": [[0], [6]]}, ValueError, "edge_index must name nodes from 0 to 5, got 6"),
        ({"edges": [[0], [-1]]}, ValueError, "from 0 to 5, got -1"),
        ({"edges": [[0.0], [1.0]]}, TypeError, "edge_index must hold integers"),
        ({"edges": [[0, 1]]}, ValueError, r"edge_index must have shape \(2, E\)"),
        ({"edges": np.zeros((2, 0), int)}, ValueError, "E at least 1"),
        ({"edges": [[0, 0], [1, 1]]}, ValueError, "each edge once"),
        ({"queries": QUERIES[0]}, ValueError, "queries must have 3 axes"),
        ({"queries": QUERIES * np.nan}, ValueError, "queries must be finite"),
        ({"queries": np.zeros((1, 61, 1))}, ValueError, "at most 60 nodes"),
        ({"queries": np.zeros((1, 5, 65))}, ValueError, "and 64 features, got 5 and 65"),
        ({"keys": KEYS[:, :5]}, ValueError, "keys must have shape"),
        ({"attention": ATTENTION[0]}, ValueError, "attention must have shape"),
        ({"positions": PLACES[:5]}, ValueError, "positions must have shape"),
        ({"names": ["a"]}, ValueError, "names must have one entry"),
        ({"groups": [0]}, ValueError, "groups must have one entry a node: expected 6, got 1"),
        ({"groups": [4] * 6}, ValueError, r"groups must be between 0 and 3"),
        ({"groups": "012301"}, TypeError, "groups must be a sequence of integers"),
        ({"group_names": ["a"]}, ValueError, "group_names must have one entry"),
        ({"marked": [6]}, ValueError, r"marked must be between 0 and 5"),
        ({"marked_name": 3}, TypeError, "marked_name must be text"),
        ({"slope": 1.5}, ValueError, "slope must be between 0 and 1"),
        ({"head": 2}, ValueError, "head must be between 0 and 1"),
        ({"node": -1}, ValueError, "node must be between 0 and 5"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


def test_more_edges_than_can_be_drawn_are_refused():
    attention = np.ones((1, 1))
    with pytest.raises(ValueError, match="edge_index must have at most 600 edges, got 601"):
        neighbours_explorer(MANY, WIDE, WIDE, attention, positions=np.zeros((60, 2)))


# --- what the browser computes --------------------------------------------------------------------

STATE = """() => {
  const parts = module.logitParts(model.get("parts"), model.get("shape"));
  const edges = model.get("edges");
  const pairs = module.sharedPairs(edges, parts.n);
  const [choice, slope] = [model.get("head_choice"), model.get("slope")];
  const { weights, alike } = module.neighboursState(parts, edges, pairs, { choice, slope });
  return { weights: Array.from(weights), alike, pairs: pairs.length };
}"""


def expected_state(view):
    """The same in NumPy, slowly."""
    edges = np.array(view.edges)
    sums = QUERIES[:, edges[0]] + KEYS[:, edges[1]]
    leaky = np.where(sums > 0, sums, view.slope * sums)
    logits = (leaky * ATTENTION[:, None]).sum(axis=-1)
    weights = np.zeros(logits.shape)
    for node in range(N):
        mine = edges[0] == node
        powers = np.exp(logits[:, mine])
        weights[:, mine] = powers / powers.sum(axis=1, keepdims=True)
    heads = slice(None) if view.head_choice == 0 else [view.head_choice - 1]
    weights = weights[heads].mean(axis=0)
    scores = weights if view.head_choice == 0 else logits[view.head_choice - 1]
    score = {(i, j): s for i, j, s in zip(*edges.tolist(), scores, strict=True)}
    verdicts = [
        (score[i, j] - score[i, k]) * (score[m, j] - score[m, k]) >= 0
        for i, m in itertools.combinations(range(N), 2)
        for j, k in itertools.combinations(range(N), 2)
        if all(pair in score for pair in itertools.product((i, m), (j, k)))
    ]
    return weights, sum(verdicts), len(verdicts)


def test_every_head_and_slope_gives_what_numpy_computes(page, tmp_path):
    view = view_of()
    open_view(page, tmp_path, view)
    seen = set()
    for choice, slope in itertools.product(range(3), (0.0, 0.2, 0.55, 1.0)):
        view.head_choice, view.slope = choice, slope
        set_traits(page, head_choice=choice, slope=slope)
        weights, alike, pairs = expected_state(view)
        state = page.evaluate(STATE)
        np.testing.assert_allclose(state["weights"], weights, atol=1e-12)
        assert (state["alike"], state["pairs"]) == (alike, pairs)
        text = page.locator(".status").inner_text()
        assert text.endswith(f"alike in {alike} of {pairs} cases.")
        seen.add(alike)
    assert len(seen) > 1


@pytest.mark.parametrize("kind", [GraphAttention, GraphAttentionV2])
def test_a_layer_s_parts_give_its_weights_and_only_the_first_kind_is_static(page, tmp_path, kind):
    layer = seeded(lambda: kind(5, 4, 3, negative_slope=0.3), 1)
    x = torch.tensor(RNG.normal(size=(N, 5)), dtype=torch.float32)
    complete = torch.cartesian_prod(torch.arange(N), torch.arange(N)).T
    with torch.no_grad():
        _, (edges, weights) = layer(x, complete, return_weights=True)
    view = neighbours_explorer(
        torch.stack([edges.query, edges.key]), *layer.logit_parts(x), positions=PLACES, slope=0.3
    ).children[-1]
    open_view(page, tmp_path, view)
    alike = []
    for choice in range(4):
        set_traits(page, head_choice=choice)
        state = page.evaluate(STATE)
        expected = weights.mean(dim=0) if choice == 0 else weights[choice - 1]
        np.testing.assert_allclose(state["weights"], expected, atol=1e-5)
        alike.append(state["alike"] == state["pairs"])
    assert all(alike[1:]) == (kind is GraphAttention)


# --- what the browser draws -----------------------------------------------------------------------


def rows(page):
    return [row.split() for row in page.locator(".neighbours li:visible").all_inner_texts()]


def test_the_list_holds_the_neighbours_of_the_node_by_weight(page, tmp_path):
    view = view_of(node=1, names=["ann", "bob", "cy", "di", "eve", "flo"])
    open_view(page, tmp_path, view)
    weights, _, _ = expected_state(view)
    mine = {j: w for i, j, w in zip(*view.edges, weights, strict=True) if i == 1}
    names = {1: "itself", 2: "cy", 3: "di"}
    order = sorted(mine, key=lambda j: -mine[j])
    assert rows(page) == [[names[j], number(mine[j], 3)] for j in order]
    told = ", ".join(f"{names[j]} ({number(mine[j], 3)})" for j in order)
    said = f"bob attends most to {told}. Alike for all 3 would be 0.333."
    assert page.locator(".readout").inner_text() == said
    bars = page.locator(".neighbours li:visible").evaluate_all("""items => items.map((item) => {
      const width = (part) => item.querySelector(part).getBoundingClientRect();
      const scale = width(".scale");
      return [width("i").width / scale.width, (width("b").x + 1 - scale.x) / scale.width];
    })""")
    np.testing.assert_allclose(bars, [[mine[j], 1 / 3] for j in order], atol=0.01)
    assert page.locator(".edges .edge:visible").count() == 3
    set_traits(page, node=5)
    assert rows(page) == []
    assert page.locator(".readout").inner_text() == "flo has no neighbours: it attends to nobody."
    assert page.locator(".edges .edge:visible").count() == 0


def test_pointing_shows_and_clicking_keeps(page, tmp_path):
    open_view(page, tmp_path, view_of(node=1))
    page.locator("[data-position='3']").hover()
    assert page.locator(".heading").inner_text() == "3 attends to"
    assert page.evaluate("model.get('node')") == 1
    page.locator(".heading").hover()
    assert page.locator(".heading").inner_text() == "1 attends to"
    page.locator("[data-position='4']").click()
    assert page.evaluate("model.get('node')") == 4
    page.locator(".heading").hover()
    assert page.locator(".heading").inner_text() == "4 attends to"
    assert page.locator("[aria-pressed='true']").get_attribute("data-position") == "4"


def test_one_tab_stop_and_arrow_keys_go_to_the_nearest_node_on_that_side(page, tmp_path):
    line = [[0, 0], [1, 0], [2, 0], [1, 1], [1, -1], [0, 1]]
    open_view(page, tmp_path, view_of(positions=line, node=1))
    assert page.locator("[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    walked = {"ArrowRight": "1", "ArrowUp": "3", "ArrowDown": "1"}
    for key, position in walked.items():
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.position") == position
        assert page.locator(".heading").inner_text() == f"{position} attends to"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("model.get('node')") == 2


def test_groups_differ_in_shape_and_marks_are_rings(page, tmp_path):
    view = view_of(marked=[2], group_names=["a", "b", "c", "d"], marked_name="told")
    open_view(page, tmp_path, view)
    shapes = page.locator(".node .dot").evaluate_all("dots => dots.map((d) => d.getAttribute('d'))")
    assert len(set(shapes)) == 4
    assert shapes[0] == shapes[2]
    assert page.locator(".node .ring").count() == 1
    assert page.locator(".node:has(.ring)").get_attribute("data-position") == "2"
    assert page.locator(".kinds span").all_inner_texts() == ["a", "b", "c", "d", "told"]
    open_view(page, tmp_path, view_of(groups=None))
    assert page.locator(".kinds span").count() == 0


def test_the_drawing_is_stretched_and_y_goes_up(page, tmp_path):
    open_view(page, tmp_path, view_of(positions=[[0, 0], [4, 0], [4, 1], [2, 0.5], [0, 1], [1, 0]]))
    at = page.locator(".node").evaluate_all(
        "nodes => nodes.map((n) => n.getAttribute('transform').match(/[\\d.]+/g).map(Number))"
    )
    assert at[0] == [34, 366]
    assert at[2] == [366, 34]
    assert at[3] == [200, 200]


def test_everything_is_readable_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".status", "color"), ("figcaption", "color")]
    colours += [(".group-0", "fill"), (".group-1", "fill"), (".group-2", "fill")]
    colours += [(".neighbours .name", "color"), (".neighbours i", "backgroundColor")]
    assert_readable(page, tmp_path, view_of(), colours)


def test_two_views_show_the_same_and_leave_nothing_behind(page, tmp_path):
    assert_shown_twice_and_removed(page, tmp_path, view_of(), {"node": 3}, {"slope": 0.9})


def test_it_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 700})
    open_view(page, tmp_path, view_of(names=["a very long name of a node"] * N))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
