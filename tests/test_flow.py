"""Attention flow against NetworkX, closed forms and bounds, on layers that are not symmetric."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.attention import softmax
from course_lib.data import load_attention
from course_lib.flow import attention_flow, layered_graph, max_flow
from course_lib.rollout import residual_layers, rollout


@st.composite
def models(draw):
    layers, n = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return softmax(draw(st.sampled_from([1, 3])) * rng.normal(size=(layers, n, n)))


def example(layers=3, n=5):
    return softmax(2 * np.random.default_rng(0).normal(size=(layers, n, n)))


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
    assert np.allclose(attention_flow(weights, residual=residual), expected, atol=1e-6)


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


def test_one_layer_is_its_edge_and_two_have_a_closed_form():
    first, second = residual_layers(example(2))
    assert np.array_equal(attention_flow(example(2)[:1]), first)
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
    assert (flow >= rollout(weights) - 1e-6).all()
    assert (flow <= np.minimum(1, first.sum(axis=0)) + 1e-9).all()


@settings(deadline=None, max_examples=30)
@given(models(), st.integers(0, 2**32 - 1))
def test_relabelling_commutes(weights, seed):
    order = np.random.default_rng(seed).permutation(weights.shape[-1])
    moved = weights[..., order, :][..., order]
    assert np.allclose(attention_flow(moved), attention_flow(weights)[order][:, order], atol=1e-6)


def test_deep_flow_saturates_and_forgets_the_output():
    flow = attention_flow(example(layers=12, n=8))
    bound = np.minimum(1, residual_layers(example(layers=12, n=8))[0].sum(axis=0))
    assert np.array_equal(flow, np.broadcast_to(bound, flow.shape))


def test_a_pair_without_a_way_has_no_flow():
    apart = np.stack([np.eye(3)] * 3)
    assert np.array_equal(attention_flow(apart), np.eye(3))
    assert max_flow(apart, 0, 2) == (0.0, [])


def test_a_recorded_model_within_a_millionth():
    weights, _ = load_attention("short")
    assert np.abs(attention_flow(weights) - networkxs(weights.mean(axis=1))).max() < 1e-6


def test_the_weights_are_not_changed():
    weights = example()
    before = weights.copy()
    attention_flow(weights)
    max_flow(weights, 0, 1)
    assert np.array_equal(weights, before)
