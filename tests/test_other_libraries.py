"""What the page of conventions says of other libraries: a new version that differs turns red."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

FIRST_KEY = torch.tensor([[True, False, False]] * 3)
NOTHING = torch.tensor([[True] * 3, [False] * 3, [True] * 3])  # query 1 may attend to nothing


@pytest.fixture
def tokens():
    return torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0))


def multihead():
    module = nn.MultiheadAttention(4, 2, batch_first=True)
    nn.init.ones_(module.out_proj.bias)
    return module


def test_true_lets_attend_in_one_function_of_pytorch_and_forbids_in_its_module(tokens):
    output = functional.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=FIRST_KEY)
    torch.testing.assert_close(output, tokens[:, :1].expand(1, 3, 4))
    for mask in ({"attn_mask": ~FIRST_KEY}, {"key_padding_mask": ~FIRST_KEY[:1]}):
        _, weights = multihead()(tokens, tokens, tokens, **mask)
        torch.testing.assert_close(weights[0], FIRST_KEY.float())


def test_a_query_without_keys_gets_0_from_the_function(tokens):
    output = functional.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=NOTHING)
    assert output[0, 1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
def test_a_query_without_keys_gets_nan_from_the_module_or_its_last_bias(
    training, gradients, need_weights, tokens
):
    module = multihead().train(training)
    with torch.set_grad_enabled(gradients):
        output, _ = module(tokens, tokens, tokens, attn_mask=~NOTHING, need_weights=need_weights)
    if need_weights or not (training or gradients):
        assert output[0, 1].isnan().all()
    else:
        assert output[0, 1].tolist() == [1, 1, 1, 1]


def test_the_module_returns_the_mean_of_its_heads_unless_told_otherwise(tokens):
    module = multihead()
    _, mean = module(tokens, tokens, tokens)
    _, heads = module(tokens, tokens, tokens, average_attn_weights=False)
    torch.testing.assert_close(mean, heads.mean(dim=1))


def test_a_linear_layer_stores_the_transpose(tokens):
    layer = nn.Linear(4, 3, bias=False)
    torch.testing.assert_close(layer(tokens), tokens @ layer.weight.T)


def test_edges_of_pytorch_geometric_lead_to_the_node_that_collects(geometric, tokens):
    edges = torch.tensor([[0, 1, 2], [2, 2, 0]])
    layer = geometric.GATConv(4, 2, add_self_loops=False)
    _, (edges, weights) = layer(tokens[0], edges, return_attention_weights=True)
    arriving = torch.zeros(3).index_add(0, edges[1], weights[:, 0])
    torch.testing.assert_close(arriving, torch.tensor([1.0, 0.0, 1.0]))


def test_an_edge_of_networkx_without_a_capacity_may_carry_anything():
    graph = nx.DiGraph([("start", "middle"), ("middle", "end")])
    with pytest.raises(nx.NetworkXUnbounded):
        nx.maximum_flow(graph, "start", "end")
    graph.edges["start", "middle"]["capacity"] = 0.5
    assert nx.maximum_flow_value(graph, "start", "end") == 0.5


def test_the_size_of_a_cut_counts_both_directions():
    graph = nx.DiGraph([(0, 1, {"weight": 2}), (1, 0, {"weight": 5})])
    assert nx.cut_size(graph, {0}, {1}, weight="weight") == 7


def test_a_large_weight_is_far_away():
    graph = nx.DiGraph([(0, 1, {"weight": 3}), (0, 2, {"weight": 1}), (2, 1, {"weight": 1})])
    assert nx.shortest_path(graph, 0, 1, weight="weight") == [0, 2, 1]


@pytest.mark.filterwarnings("error")
def test_a_matrix_becomes_an_undirected_graph_that_keeps_the_weight_below_the_diagonal():
    graph = nx.from_numpy_array(np.array([[0, 0.2, 0.4], [0.7, 0, 0], [0, 0, 0]]))
    assert not graph.is_directed()
    assert list(graph.edges(data="weight")) == [(0, 1, 0.7), (0, 2, 0.4)]
