"""The figure of attention without its weak edges, against `course_lib.sparsity`."""

import itertools

import networkx as nx
import numpy as np
import pytest

from course_lib import sparsity
from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.widgets import sparsity_explorer
from course_lib.widgets.shared.texts import number, percent
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits

RNG = np.random.default_rng(21)
N, FEATURES = 6, 4
WEIGHTS = softmax(1.5 * RNG.normal(size=(2, 3, N, N)))
WEIGHTS[1, 2, 3] = [0.1, 0.3, 0.1, 0.3, 0.1, 0.1]  # equal weights: the lower position is kept
VALUES = RNG.normal(size=(N, FEATURES))
TOKENS = ["it", "was", "too", "tired", "to", "run"]


def make(weights=WEIGHTS, tokens=TOKENS, **options):
    return sparsity_explorer(weights, tokens, **{"values": VALUES} | options)


# --- what is sent, what is refused ----------------------------------------------------------------


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = make(layer=1, head=0, method="top k", cutoff=0.3, k=2)
    view = assert_linked(figure)
    assert (view.layer, view.head_choice, view.method_choice) == (1, 1, 1)
    assert (view.threshold, view.k) == (0.3, 2)
    assert list(controls(figure)) == ["layer", "head", "keep by", "threshold", "k"]
    assert list(controls(make(WEIGHTS[0, 0]))) == ["keep by", "threshold", "k"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"weights": 2 * WEIGHTS}, ValueError, "weights must have rows that sum to 1"),
        ({"tokens": ["it"]}, ValueError, "tokens must have one entry"),
        ({"values": VALUES[:5]}, ValueError, r"values must have shape \(6, features\)"),
        ({"values": VALUES[0]}, ValueError, "values must have 2 axes"),
        ({"values": np.ones((N, 65))}, ValueError, "at most 64 features"),
        ({"values": VALUES * np.nan}, ValueError, "values must be finite"),
        ({"layer": 2}, ValueError, "layer must be between 0 and 1"),
        ({"head": 3}, ValueError, "head must be between 0 and 2"),
        ({"method": "half"}, ValueError, "method must be"),
        ({"cutoff": 1.1}, ValueError, "cutoff must be between 0 and 1"),
        ({"k": 0}, ValueError, "k must be between 1 and 6"),
        ({"k": 2.0}, TypeError, "k must be an integer"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


# --- what the browser computes --------------------------------------------------------------------

STATE = """() => {
  const state = module.sparsityState(model);
  for (const name in state) if (state[name].buffer) state[name] = Array.from(state[name]);
  return state;
}"""


def assert_state(state, dense, sparse):
    np.testing.assert_allclose(np.reshape(state["matrix"], (N, N)), sparse, atol=1e-12)
    assert state["edges"] == np.flatnonzero(sparse).tolist()
    kept = sparsity.kept_mass(dense, sparse)
    np.testing.assert_allclose(state["kept"], kept, atol=1e-12)
    assert state["mass"] == pytest.approx(kept.mean())
    errors = np.linalg.norm((dense - sparse) @ VALUES, axis=1)
    np.testing.assert_allclose(state["errors"], errors, atol=1e-12)
    bounds = sparsity.error_bound(dense, sparse, VALUES)
    np.testing.assert_allclose(state["bounds"], bounds, atol=1e-12)
    assert (errors <= bounds + 1e-12).all()
    steps = dict(nx.all_pairs_shortest_path_length(nx.DiGraph(sparse > 0)))
    ways = [steps[i][j] for i, j in itertools.permutations(range(N), 2) if j in steps[i]]
    assert (state["joined"], state["steps"]) == (len(ways), max(ways, default=0))
    return len(ways)


def test_every_setting_gives_what_the_library_computes(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    joined = set()
    for layer, choice in itertools.product(range(2), range(4)):
        dense = WEIGHTS[layer].mean(axis=0) if choice == 0 else WEIGHTS[layer, choice - 1]
        for cutoff in (0.0, 0.1, 0.24, 0.3, 1.0):
            set_traits(page, layer=layer, head_choice=choice, method_choice=0, threshold=cutoff)
            expected = sparsity.threshold(dense, cutoff)
            joined.add(assert_state(page.evaluate(STATE), dense, expected))
        for k in range(1, N + 1):
            set_traits(page, method_choice=1, k=k)
            joined.add(assert_state(page.evaluate(STATE), dense, sparsity.top_k(dense, k)))
    assert N * (N - 1) in joined
    assert min(joined) < N * (N - 1) / 2


# --- what the browser draws -----------------------------------------------------------------------


def test_only_kept_edges_are_drawn_and_the_text_tells_the_price(page, tmp_path):
    view = make(layer=1, head=2, method="top k", k=2).children[-1]
    open_view(page, tmp_path, view)
    dense = WEIGHTS[1, 2]
    sparse = sparsity.top_k(dense, 2)
    drawn = page.locator(".graph .edge").evaluate_all(
        "paths => paths.map((p) => [+p.dataset.query, +p.dataset.key])"
    )
    assert sorted(drawn) == np.argwhere(sparse > 0).tolist()
    kept = sparsity.kept_mass(dense, sparse)
    moved = np.linalg.norm((dense - sparse) @ VALUES, axis=1).max()
    bound = sparsity.error_bound(dense, sparse, VALUES).max()
    status = page.locator(".status").inner_text()
    assert status.startswith(
        f"12 of 36 edges are kept, and {percent(kept.mean())} of the attention; at least "
        f"{percent(kept.min())} in every row. An output moves by up to {number(moved, 3)}; the "
        f"bound says at most {number(bound, 3)}. "
    )
    steps = dict(nx.all_pairs_shortest_path_length(nx.DiGraph(sparse > 0)))
    missing = sum(j not in steps[i] for i, j in itertools.permutations(range(N), 2))
    assert status.endswith(f"{missing} of 30 pairs of tokens are no longer joined by any way.")
    set_traits(page, k=N)
    assert (
        page.locator(".status")
        .inner_text()
        .endswith("Every token still reaches every other, in at most 1 step.")
    )


def test_a_cell_that_is_left_out_says_so(page, tmp_path):
    open_view(page, tmp_path, make(head=0, method="top k", k=1).children[-1])
    gone = int(np.argmin(WEIGHTS[0, 0, 2]))
    page.locator(f".cells .cell[data-query='2'][data-key='{gone}']").hover()
    assert page.locator(".readout").inner_text().endswith("It is left out.")


def test_everything_is_readable_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".status", "color"), ("figcaption", "color")]
    assert_readable(page, tmp_path, make().children[-1], colours)


def test_two_views_show_the_same_and_leave_nothing_behind(page, tmp_path):
    changes = {"method_choice": 1}, {"k": 1}, {"layer": 1}
    assert_shown_twice_and_removed(page, tmp_path, make().children[-1], *changes)
