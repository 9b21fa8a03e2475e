"""Graphs of attention against NetworkX, on asymmetric matrices."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.attention import attention, causal_mask, softmax
from course_lib.data import load_head_effects
from course_lib.graph import (
    attention_graph,
    attention_matrix,
    attention_multigraph,
    composition_graph,
    kept_mass,
    mass_kept,
    top_edges,
)

WEIGHTS = np.array([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4], [0.1, 0.6, 0.3]])


@st.composite
def attention_weights(draw):
    n, seed = draw(st.integers(1, 7)), draw(st.integers(0, 2**32 - 1))
    return softmax(2 * np.random.default_rng(seed).normal(size=(n, n)))


def test_the_example_tells_a_matrix_from_its_transpose():
    assert not np.allclose(WEIGHTS, WEIGHTS.T)


def test_an_edge_runs_from_query_to_key():
    graph = attention_graph(WEIGHTS, ["she", "saw", "him"])
    assert graph.edges[1, 0]["weight"] == 0.5
    assert graph.edges[0, 1]["weight"] == 0.2
    assert sum(weight for _, _, weight in graph.out_edges(1, data="weight")) == pytest.approx(1)
    assert sum(weight for _, _, weight in graph.in_edges(1, data="weight")) == pytest.approx(0.9)
    assert [token for _, token in graph.nodes(data="token")] == ["she", "saw", "him"]


@given(attention_weights())
def test_it_is_the_graph_that_networkx_makes(weights):
    expected = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    graph = attention_graph(weights)
    assert dict(graph.adjacency()) == dict(expected.adjacency())
    assert np.array_equal(nx.to_numpy_array(graph), attention_matrix(graph))
    flow = attention_graph(weights, direction="flow")
    assert dict(flow.adjacency()) == dict(expected.reverse().adjacency())


@given(attention_weights(), st.sampled_from(["attends", "flow"]))
def test_the_matrix_can_be_read_back(weights, direction):
    assert np.array_equal(attention_matrix(attention_graph(weights, direction=direction)), weights)


def test_a_plain_graph_is_read_in_the_order_of_its_positions():
    graph = nx.DiGraph()
    graph.add_nodes_from([2, 0, 1])
    graph.add_weighted_edges_from([(2, 0, 0.25), (0, 1, 0.5)])
    expected = np.zeros((3, 3))
    expected[2, 0], expected[0, 1] = 0.25, 0.5
    assert np.array_equal(attention_matrix(graph), expected)


@given(attention_weights(), st.floats(0, 1))
def test_a_threshold_keeps_what_lies_above_it(weights, threshold):
    graph = attention_graph(weights, threshold=threshold)
    kept = np.where(weights > threshold, weights, 0)
    assert np.array_equal(attention_matrix(graph), kept)
    assert kept_mass(weights, threshold) == pytest.approx(kept.sum() / len(weights))
    assert graph.size(weight="weight") / len(weights) == pytest.approx(
        kept_mass(weights, threshold)
    )


def test_a_weight_on_the_threshold_is_left_out():
    assert not attention_graph(WEIGHTS, threshold=0.4).has_edge(1, 2)
    assert attention_graph(WEIGHTS, threshold=0.39).has_edge(1, 2)


def test_mass_falls_as_the_threshold_rises():
    masses = [kept_mass(WEIGHTS, threshold) for threshold in np.linspace(0, 1, 21)]
    assert masses == sorted(masses, reverse=True)
    assert (masses[0], masses[-1]) == (1.0, 0.0)


@given(attention_weights(), st.integers(0, 2**32 - 1))
def test_relabelling_gives_an_isomorphic_graph(weights, seed):
    order = np.random.default_rng(seed).permutation(len(weights))
    names = {int(old): new for new, old in enumerate(order)}
    expected = nx.relabel_nodes(attention_graph(weights), names)
    moved = attention_graph(weights[order][:, order])
    assert nx.utils.graphs_equal(
        nx.DiGraph(moved.edges(data=True)), nx.DiGraph(expected.edges(data=True))
    )


@given(attention_weights(), st.data())
def test_top_edges_are_the_strongest(weights, data):
    k = data.draw(st.integers(1, weights.size))
    edges = top_edges(weights, k)
    values = [weight for _, _, weight in edges]
    assert values == sorted(weights.ravel(), reverse=True)[:k]
    assert all(weights[i, j] == weight for i, j, weight in edges)
    assert len({(i, j) for i, j, _ in edges}) == k


def test_equal_edges_come_in_reading_order():
    half = np.full((2, 2), 0.5)
    assert [(i, j) for i, j, _ in top_edges(half, 3)] == [(0, 0), (0, 1), (1, 0)]


@given(attention_weights())
def test_softmax_makes_a_complete_and_strongly_connected_graph(weights):
    graph = attention_graph(weights)
    assert graph.number_of_edges() == weights.size
    assert nx.is_strongly_connected(graph)


def test_a_causal_mask_makes_a_dag_apart_from_self_loops():
    x = np.random.default_rng(0).normal(size=(5, 3))
    graph = attention_graph(attention(x, x, x, mask=causal_mask(5))[1])
    assert not nx.is_directed_acyclic_graph(graph)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert nx.is_directed_acyclic_graph(graph)
    assert all(source > target for source, target in graph.edges)


@pytest.mark.parametrize("direction", ["attends", "flow"])
def test_a_layer_keeps_one_edge_set_a_head(direction):
    heads = np.stack([WEIGHTS, WEIGHTS[::-1]])
    layer = attention_multigraph(heads, list("abc"), direction=direction, threshold=0.15)
    for head, weights in enumerate(heads):
        single = attention_graph(weights, direction=direction, threshold=0.15)
        edges = {(i, j): w for i, j, key, w in layer.edges(keys=True, data="weight") if key == head}
        assert edges == {(i, j): w for i, j, w in single.edges(data="weight")}
    assert [token for _, token in layer.nodes(data="token")] == list("abc")
    assert layer.graph == {"direction": direction, "threshold": 0.15}


def test_repeated_tokens_stay_apart():
    graph = attention_graph(WEIGHTS, ["it", "is", "it"])
    assert graph.number_of_nodes() == 3


def test_the_weights_are_not_changed():
    before = WEIGHTS.copy()
    attention_graph(WEIGHTS, threshold=0.3)
    top_edges(WEIGHTS, 4)
    kept_mass(WEIGHTS, 0.3)
    assert np.array_equal(WEIGHTS, before)


# --- cross-attention ------------------------------------------------------------------------------

CROSS = np.array([[0.7, 0.2, 0.1], [0.0, 0.4, 0.6]])


@pytest.mark.parametrize("direction", ["attends", "flow"])
def test_cross_attention_is_a_bipartite_graph(direction):
    graph = attention_graph(
        CROSS, ["die", "Katze"], key_tokens=["the", "cat", "sat"], direction=direction
    )
    queries, keys = [("query", i) for i in range(2)], [("key", j) for j in range(3)]
    assert list(graph) == [*queries, *keys]
    assert nx.is_bipartite(graph)
    assert [graph.nodes[node]["token"] for node in graph] == ["die", "Katze", "the", "cat", "sat"]
    assert [graph.nodes[node]["bipartite"] for node in graph] == [0, 0, 1, 1, 1]
    ends = (("query", 1), ("key", 2))
    assert graph.edges[ends if direction == "attends" else ends[::-1]]["weight"] == 0.6
    assert graph.number_of_edges() == 5
    expected = nx.bipartite.biadjacency_matrix(graph.to_undirected(), queries, keys).toarray()
    assert np.array_equal(expected, CROSS)
    assert np.array_equal(attention_matrix(graph), CROSS)


def test_square_weights_are_cross_attention_only_with_tokens_for_the_keys():
    assert list(attention_graph(WEIGHTS)) == [0, 1, 2]
    crossed = attention_graph(WEIGHTS, key_tokens=["a", "b", "c"])
    assert crossed.number_of_nodes() == 6
    assert np.array_equal(attention_matrix(crossed), WEIGHTS)


def test_heads_of_cross_attention():
    layer = attention_multigraph([CROSS, CROSS[::-1]], key_tokens=["x", "y", "z"], threshold=0.5)
    assert set(layer.edges(keys=True)) == {
        (("query", 0), ("key", 0), 0),
        (("query", 1), ("key", 2), 0),
        (("query", 1), ("key", 0), 1),
        (("query", 0), ("key", 2), 1),
    }
    assert layer.nodes["key", 1]["token"] == "y"


@pytest.mark.parametrize(
    "nodes",
    [
        [False, True],
        [True, 2, 0],
        [("query", 0)],
        [("query", 0), ("key", 1)],
        [("query",), ("key", 0)],
    ],
)
def test_nodes_that_only_look_like_positions_are_refused(nodes):
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edge(nodes[0], nodes[-1], weight=0.5)
    with pytest.raises(ValueError, match="graph must"):
        attention_matrix(graph)


def test_the_strongest_edges_of_all_heads():
    heads = np.stack([WEIGHTS, WEIGHTS[::-1]])[None]
    assert top_edges(heads, 3) == [(0, 0, 0, 0, 0.7), (0, 1, 2, 0, 0.7), (0, 0, 2, 1, 0.6)]
    assert top_edges(CROSS, 1) == [(0, 0, 0.7)]


def test_the_mass_of_each_head():
    heads = np.stack([WEIGHTS, np.full((3, 3), 1 / 3)])
    assert np.allclose(kept_mass(heads, 0.35), [kept_mass(WEIGHTS, 0.35), 0])
    assert isinstance(kept_mass(WEIGHTS, 0.35), float)
    assert kept_mass(CROSS, 0.3) == pytest.approx((0.7 + 1) / 2)
    assert mass_kept is kept_mass  # the old name


def test_the_graph_of_heads_has_all_heads_and_the_strong_edges_from_writer_to_reader():
    scores = load_head_effects()["composition.key"]
    graph = composition_graph(scores, threshold=0.15)
    assert len(graph) == 270
    assert graph.number_of_edges() == (scores > 0.15).sum() > 0
    assert nx.is_directed_acyclic_graph(graph)
    for (layer, head), (later, reader), weight in graph.edges(data="weight"):
        assert layer < later
        assert weight == scores[layer, head, later, reader]
    with pytest.raises(ValueError, match="reader is later"):
        composition_graph(scores.transpose(2, 3, 0, 1))


def test_a_score_that_is_the_threshold_is_left_out_in_every_precision():
    scores = np.zeros((2, 1, 2, 1))
    scores[0, 0, 1, 0] = 0.4
    for stored in (scores, scores.astype(np.float32), scores.astype(np.float16), scores.tolist()):
        assert not composition_graph(stored, threshold=0.4).edges
        assert len(composition_graph(stored, threshold=0.39).edges) == 1


def test_a_number_too_long_to_be_written_is_no_token():
    with pytest.raises(ValueError, match="tokens must be short enough to be written"):
        attention_graph(np.eye(2), [10**5000, 1])


def test_nodes_that_are_equal_to_positions_are_positions():
    for zero, one in ((0.0, 1.0), (0j, 1 + 0j), (np.int8(0), np.float32(1))):
        graph = nx.DiGraph([(zero, one, {"weight": 0.5})])
        assert np.array_equal(attention_matrix(graph), [[0, 0.5], [0, 0]])


def test_heads_of_what_can_only_be_made_an_array_become_a_multigraph():
    heads = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.5, 0.5]]])

    class Lazy:
        def __array__(self, dtype=None, copy=None):
            return heads

    expected = list(attention_multigraph(heads).edges(keys=True, data=True))
    for heads_of in (Lazy(), memoryview(heads)):
        assert list(attention_multigraph(heads_of).edges(keys=True, data=True)) == expected
