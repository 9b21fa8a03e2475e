"""Attention flow against NetworkX, closed forms and bounds, on layers that are not symmetric."""

from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tqdm import tqdm

from course_lib._dinic import compiled
from course_lib._pipes import Pipes
from course_lib.attention import causal_mask, softmax
from course_lib.data import load_attention
from course_lib.flow import attention_flow, flow_from, layered_graph, max_flow
from course_lib.rollout import residual_layers, rollout


@st.composite
def models(draw):
    layers, n = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = draw(st.sampled_from([1, 3])) * rng.normal(size=(layers, n, n))
    return softmax(np.where(causal_mask(n), logits, -np.inf) if draw(st.booleans()) else logits)


def example(layers=3, n=5):
    return softmax(2 * np.random.default_rng(0).normal(size=(layers, n, n)))


def narrow_example(layers=3, n=8):
    """Attention in which each query looks at the two keys after it, and no others."""
    share = np.random.default_rng(3).uniform(size=(layers, n, 1))
    return share * np.roll(np.eye(n), 1, axis=1) + (1 - share) * np.roll(np.eye(n), 2, axis=1)


def bound(weights):
    return np.minimum(1, residual_layers(weights)[0].sum(axis=0))


def networkxs(weights, residual=0.5):
    graph, top, n = layered_graph(weights, residual=residual), len(weights), weights.shape[-1]
    flow = nx.maximum_flow_value
    return np.array([[flow(graph, (top, u), (0, v)) for v in range(n)] for u in range(n)])


def test_the_layered_graph_has_each_position_once_in_every_layer():
    weights = example()
    graph = layered_graph(weights, residual=0.3)
    assert graph.number_of_nodes() == 4 * 5
    layers = 0.7 * weights + 0.3 * np.eye(5)
    assert graph.edges[(3, 1), (2, 4)]["capacity"] == pytest.approx(layers[2, 1, 4])
    assert graph.edges[(1, 4), (0, 1)]["capacity"] == pytest.approx(layers[0, 4, 1])
    for node in graph:
        if node[0] > 0:
            assert graph.out_degree(node, weight="capacity") == pytest.approx(1)
    assert nx.is_directed_acyclic_graph(graph)


def test_heads_are_averaged():
    heads = softmax(np.random.default_rng(1).normal(size=(3, 2, 4, 4)))
    assert np.allclose(attention_flow(heads), attention_flow(heads.mean(axis=1)))


@settings(deadline=None, max_examples=30)
@given(models(), st.sampled_from([0.0, 0.5, 0.9]))
def test_the_flow_is_networkxs(weights, residual):
    expected = networkxs(weights, residual)
    assert np.allclose(attention_flow(weights, residual=residual), expected, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(models(), st.data())
def test_the_cut_is_as_large_as_the_flow_and_lets_nothing_through(weights, data):
    n, top = weights.shape[-1], len(weights)
    output, source = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    value, cut = max_flow(weights, output, source)
    graph = layered_graph(weights)
    assert value == pytest.approx(nx.maximum_flow_value(graph, (top, output), (0, source)))
    assert value == pytest.approx(sum(graph.edges[edge]["capacity"] for edge in cut))
    graph.remove_edges_from(cut)
    assert not nx.has_path(graph, (top, output), (0, source))


@pytest.mark.parametrize("residual", [0.0, 0.5, 1.0])
def test_zeros_are_no_pipes(residual):
    weights = narrow_example()
    flow = attention_flow(weights, residual=residual)
    assert np.allclose(flow, networkxs(weights, residual), atol=1e-12)
    assert (flow == 0).any()


def test_sharp_attention_does_not_saturate_and_is_exact():
    weights = softmax(4 * np.random.default_rng(2).normal(size=(4, 8, 8)))
    flow = attention_flow(weights)
    assert (flow < bound(weights) - 1e-3).mean() > 0.5
    assert np.allclose(flow, networkxs(weights), atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_one_position_takes_in_all(layers):
    weights = np.ones((layers, 1, 1))
    assert np.array_equal(attention_flow(weights), [[1.0]])
    assert np.array_equal(flow_from(weights, 0), [1.0])
    assert max_flow(weights, 0, 0)[0] == 1


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 9])
def test_the_flow_from_one_output_is_its_row(layers):
    weights = example(layers, 7)
    flow = attention_flow(weights, residual=0.2)
    for output in range(7):
        assert np.allclose(flow_from(weights, output, residual=0.2), flow[output], atol=1e-12)


def test_one_layer_is_its_edge_and_two_have_a_closed_form():
    first, second = residual_layers(example(2))
    assert np.allclose(attention_flow(example(2)[:1]), first, rtol=0, atol=1e-15)
    expected = [[np.minimum(second[u], first[:, v]).sum() for v in range(5)] for u in range(5)]
    assert np.allclose(attention_flow(example(2)), expected)


def test_the_flow_of_a_path_is_its_weakest_edge():
    # One way only leads from output 0 to input 1: it stays, stays, and steps in the first layer.
    step = np.array([[0.25, 0.75], [0.0, 1.0]])
    stay = np.eye(2)
    value, cut = max_flow([step, stay, stay], 0, 1, residual=0)
    assert (value, cut) == (0.75, [((1, 0), (0, 1))])
    narrow = np.array([[0.5, 0.5], [0.0, 1.0]])
    assert max_flow([step, stay, narrow], 0, 0, residual=0)[0] == 0.25


@settings(deadline=None, max_examples=30)
@given(models())
def test_the_flow_lies_between_the_rollout_and_the_first_layer_s_bound(weights):
    flow = attention_flow(weights)
    first = residual_layers(weights)[0]
    assert (flow >= rollout(weights) - 1e-12).all()
    assert (flow <= np.minimum(1, first.sum(axis=0)) + 1e-12).all()


@settings(deadline=None, max_examples=30)
@given(models(), st.integers(0, 2**32 - 1))
def test_relabelling_commutes(weights, seed):
    order = np.random.default_rng(seed).permutation(weights.shape[-1])
    moved = weights[..., order, :][..., order]
    assert np.allclose(attention_flow(moved), attention_flow(weights)[order][:, order], atol=1e-12)


def test_deep_flow_saturates_and_forgets_the_output():
    weights = example(layers=12, n=8)
    flow = attention_flow(weights)
    assert np.allclose(flow, np.broadcast_to(bound(weights), flow.shape), rtol=0, atol=1e-12)


@pytest.mark.parametrize("residual", [0, 0.3])
def test_positions_that_lie_on_no_way_make_no_difference(residual):
    """Of a causal model, only those between the input and the output take part."""
    weights = softmax(np.where(causal_mask(6), 4 * example(5, 6), -np.inf))
    weights[4, 5] = np.eye(6)[3]  # the last output reads no further than position 3
    flow = attention_flow(weights, residual=residual)
    pipes = Pipes(residual_layers(weights, residual=residual))
    assert flow.tolist() == [[pipes.solve(u, v, 0, 6) for v in range(6)] for u in range(6)]
    assert np.abs(flow - networkxs(weights, residual)).max() < 1e-12


def test_a_pair_without_a_way_has_no_flow():
    apart = np.stack([np.eye(3)] * 3)
    assert np.array_equal(attention_flow(apart), np.eye(3))
    assert max_flow(apart, 0, 2) == (0.0, [])


def test_a_recorded_model_to_the_last_digits():
    weights, _ = load_attention("short")
    assert np.abs(attention_flow(weights) - networkxs(weights.mean(axis=1))).max() < 1e-12


def test_pairs_of_a_longer_recorded_sentence_to_the_last_digits():
    weights, tokens = load_attention("long")
    graph, n = layered_graph(weights), len(tokens)
    flow = attention_flow(weights)
    open_pairs = np.argwhere(flow < bound(weights) - 1e-3)
    pairs = np.random.default_rng(0).permutation(open_pairs)[:8].tolist()
    for output, source in [*pairs, [1, 0], [n - 1, 5]]:
        exact = nx.maximum_flow_value(graph, (6, output), (0, source))
        assert abs(flow[output, source] - exact) < 1e-12
        assert abs(max_flow(weights, output, source)[0] - exact) < 1e-12


def test_a_bar_shows_how_far_it_has_come(capsys, monkeypatch):
    silent = attention_flow(example())
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("course_lib.flow.tqdm", lambda *a, **k: tqdm(*a, **k | {"delay": 0}))
    assert (attention_flow(example(), progress=True) == silent).all()
    assert "pair" in capsys.readouterr().err


def test_the_weights_are_not_changed():
    weights = example()
    before = weights.copy()
    attention_flow(weights)
    flow_from(weights, 0)
    max_flow(weights, 0, 1)
    assert np.array_equal(weights, before)


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
@pytest.mark.parametrize("start_layer", [0, 1, 2])
def test_heads_are_fused_and_layers_left_out_as_in_rollout(fusion, start_layer):
    weights = softmax(2 * np.random.default_rng(8).normal(size=(3, 2, 4, 4)))
    options = {"fusion": fusion, "start_layer": start_layer}
    fused = residual_layers(weights, residual=0, **options)
    expected = attention_flow(fused)
    flow = attention_flow(weights, **options)
    assert np.allclose(flow, expected)
    assert (flow >= rollout(weights, **options) - 1e-12).all()
    assert np.allclose(flow_from(weights, 2, **options), expected[2])
    value, cut = max_flow(weights, 2, 1, **options)
    assert value == pytest.approx(expected[2, 1], abs=1e-12)
    graph = layered_graph(weights, **options)
    assert sum(graph.edges[edge]["capacity"] for edge in cut) == pytest.approx(value)
    top = 3 - start_layer
    theirs = nx.maximum_flow_value(graph, (top, 2), (0, 1))
    assert theirs == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_axes_in_front_are_models_for_themselves(layers, causal):
    logits = 3 * np.random.default_rng(9).normal(size=(2, 1, layers, 2, 4, 4))
    models = softmax(np.where(causal_mask(4), logits, -np.inf) if causal else logits)
    several, row = attention_flow(models), flow_from(models, 2)
    assert several.shape == (2, 1, 4, 4)
    for model in np.ndindex(2, 1):
        assert np.array_equal(several[model], attention_flow(models[model]))
        assert np.allclose(row[model], several[model][2], atol=1e-12)


def test_a_graph_is_of_one_model():
    for ask in (layered_graph, lambda weights: max_flow(weights, 0, 1)):
        with pytest.raises(ValueError, match="weights must have 3 or 4 axes, got 5"):
            ask(np.full((1, 1, 1, 2, 2), 0.5))


def test_threads_do_not_disturb_one_another():
    models = [softmax(np.random.default_rng(k).normal(size=(5, 12, 12))) for k in range(8)]
    alone = [attention_flow(model) for model in models]
    with ThreadPoolExecutor(4) as pool:
        assert np.array_equal(list(pool.map(attention_flow, models)), alone)


def test_compiled_code_is_done_without_where_no_folder_can_keep_it(monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert compiled("int64(int64)")(lambda x: x + 1)(2) == 3
