"""Graph attention: its three forms against one another, and against PyTorch Geometric's layers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.nn.edges import Edges, edge_dots, edge_softmax, edge_sum
from course_lib.nn.gat import GraphAttention, GraphAttentionV2, with_self_loops
from course_lib.nn.training import seeded

N, F, C, HEADS = 7, 5, 4, 3
# Not symmetric, with a loop at 4; nothing leads out of 5, and nothing at all touches 6.
EDGES = torch.tensor([[0, 0, 1, 2, 3, 3, 4, 4], [1, 5, 2, 0, 0, 2, 4, 1]])


def rand(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


def made(kind, seed=0, **options):
    return seeded(lambda: kind(F, C, HEADS, **options), seed).double()


def results(layer, x, edge_index, probe_seed=9):
    """Return the output and the gradients of x and of all parameters."""
    x = x.clone().requires_grad_()
    output = layer(x, edge_index)
    (output * rand(*output.shape, seed=probe_seed)).sum().backward()
    return output.detach(), x.grad, {n: p.grad for n, p in layer.named_parameters()}


# --- PyTorch Geometric ----------------------------------------------------------------------------


def theirs_v1(geometric, ours):
    theirs = geometric.GATConv(
        F, C, heads=HEADS, concat=ours.concat, add_self_loops=ours.self_loops, negative_slope=0.2
    ).double()
    with torch.no_grad():
        theirs.lin.weight.copy_(ours.linear.weight)
        theirs.att_dst.copy_(ours.by_query[None])  # the target collects: it is our query
        theirs.att_src.copy_(ours.by_key[None])
        theirs.bias.copy_(ours.bias)
    return theirs, {
        "lin.weight": "linear.weight",
        "att_dst": "by_query",
        "att_src": "by_key",
        "bias": "bias",
    }


def theirs_v2(geometric, ours):
    theirs = geometric.GATv2Conv(
        F, C, heads=HEADS, concat=ours.concat, add_self_loops=ours.self_loops, negative_slope=0.2
    ).double()
    with torch.no_grad():
        theirs.lin_r.weight.copy_(ours.query.weight)
        theirs.lin_l.weight.copy_(ours.key.weight)
        theirs.lin_r.bias.zero_()
        theirs.lin_l.bias.zero_()
        theirs.att.copy_(ours.attention[None])
        theirs.bias.copy_(ours.bias)
    return theirs, {
        "lin_r.weight": "query.weight",
        "lin_l.weight": "key.weight",
        "att": "attention",
        "bias": "bias",
    }


@pytest.mark.parametrize("self_loops", [True, False])
@pytest.mark.parametrize("concat", [True, False])
@pytest.mark.parametrize(
    ("kind", "copied"), [(GraphAttention, theirs_v1), (GraphAttentionV2, theirs_v2)]
)
def test_the_layer_is_pytorch_geometrics_forward_and_backward(
    geometric, kind, copied, concat, self_loops
):
    ours = made(kind, concat=concat, self_loops=self_loops)
    with torch.no_grad():
        ours.bias += rand(*ours.bias.shape, seed=4)
    theirs, names = copied(geometric, ours)
    x = rand(N, F, seed=1)
    output, by_x, gradients = results(ours, x, EDGES)
    expected, their_x, their_gradients = results(theirs, x, EDGES.flip(0))
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(by_x, their_x)
    for their_name, name in names.items():
        their_gradient = their_gradients[their_name].reshape(gradients[name].shape)
        torch.testing.assert_close(gradients[name], their_gradient)
    reverse = ours(x, EDGES.flip(0))
    assert not torch.allclose(reverse, expected)  # the direction counts


def test_the_weights_are_pytorch_geometrics(geometric):
    ours = made(GraphAttention)
    theirs, _ = theirs_v1(geometric, ours)
    x = rand(N, F, seed=1)
    _, (edges, weights) = ours(x, EDGES, return_weights=True)
    _, (index, expected) = theirs(x, EDGES.flip(0), return_attention_weights=True)
    dense = torch.zeros(HEADS, N, N, dtype=torch.float64)
    their_dense = torch.zeros_like(dense)
    dense[:, edges.query, edges.key] = weights.detach()
    their_dense[:, index[1], index[0]] = expected.T.detach()
    torch.testing.assert_close(dense, their_dense)


# --- forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("self_loops", [True, False])
@pytest.mark.parametrize(
    ("kind", "form"),
    [(GraphAttention, "split"), (GraphAttention, "pairwise"), (GraphAttentionV2, "pairwise")],
)
def test_all_forms_are_one_layer(kind, form, self_loops):
    x = rand(N, F, seed=2)
    expected = results(made(kind, self_loops=self_loops), x, EDGES)
    found = results(made(kind, form=form, self_loops=self_loops), x, EDGES)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-7)


def test_the_second_kind_cannot_be_split():
    with pytest.raises(ValueError, match="form must be one of"):
        GraphAttentionV2(F, C, form="split")


@pytest.mark.parametrize("kind", [GraphAttention, GraphAttentionV2])
def test_relabelling_the_nodes_commutes(kind):
    layer, x, order = made(kind), rand(N, F, seed=3), torch.randperm(N)
    place = torch.argsort(order)
    torch.testing.assert_close(layer(x[order], place[EDGES]), layer(x, EDGES)[order])


@pytest.mark.parametrize("form", ["edges", "split", "pairwise"])
def test_a_node_without_edges_gets_the_bias_and_finite_gradients(form):
    layer = made(GraphAttention, self_loops=False, form=form)
    with torch.no_grad():
        layer.bias += 1
    output, by_x, _ = results(layer, rand(N, F), EDGES)
    assert torch.equal(output[[5, 6]], layer.bias.detach().expand(2, -1))
    assert by_x.isfinite().all()
    empty = torch.zeros(2, 0, dtype=torch.int64)
    assert torch.equal(layer(rand(N, F), empty), layer.bias.expand(N, -1))


def test_far_apart_queries_keep_their_own_maximum():
    edges = Edges(torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]]), 2)
    logits = torch.tensor([[120.0, 119.0, -120.0, -119.0]])
    expected = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).softmax(dim=-1).reshape(1, -1)
    torch.testing.assert_close(edge_softmax(logits, edges), expected)


@pytest.mark.parametrize("kind", [GraphAttention, GraphAttentionV2])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_to_single_and_finite(kind, dtype):
    layer = seeded(lambda: kind(F, C, HEADS), 0)
    x = rand(N, F, dtype=torch.float32)
    expected = layer(x, EDGES)
    found = layer.to(dtype)(x.to(dtype), EDGES)
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), expected, atol=0.03, rtol=0.03)
    large = layer(60 * x.to(dtype), EDGES)
    assert large.isfinite().all()


def test_dropout_works_in_training_only():
    layer, x = made(GraphAttention, dropout=0.5), rand(N, F)
    torch.manual_seed(0)
    assert not torch.equal(layer(x, EDGES), layer(x, EDGES))
    layer.eval()
    assert torch.equal(layer(x, EDGES), layer(x, EDGES))
    torch.testing.assert_close(layer(x, EDGES), made(GraphAttention)(x, EDGES))


def favourites(layer, x):
    n = len(x)
    everybody = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    _, (_, weights) = layer(x, everybody, return_weights=True)
    return weights.view(layer.num_heads, n, n).argmax(dim=-1)


def test_the_first_kind_has_one_favourite_for_all_queries_and_the_second_may_not():
    x = rand(20, F)
    for seed in range(5):
        assert all(len(set(row.tolist())) == 1 for row in favourites(made(GraphAttention, seed), x))
    distinct = [
        len(set(row.tolist()))
        for seed in range(5)
        for row in favourites(made(GraphAttentionV2, seed), x)
    ]
    assert max(distinct) > 1


# --- edges ----------------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    n_query, n_key = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n_query - 1), st.integers(0, n_key - 1)), unique=True)
    )
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T, n_query, n_key


@given(graphs(), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_steps_along_edges_are_dense_ones_with_a_mask(graph, seed):
    edge_index, n_query, n_key = graph
    edges = Edges(edge_index, n_query, n_key)
    mask = torch.zeros(n_query, n_key, dtype=torch.bool)
    mask[edge_index[0], edge_index[1]] = True
    query, key = rand(2, n_query, 3, seed=seed), rand(2, n_key, 3, seed=seed + 1)
    value = rand(2, n_key, 4, seed=seed + 2)
    for tensor in (query, key, value):
        tensor.requires_grad_()
    weights = edge_softmax(edge_dots(query, key, edges), edges)
    output = edge_sum(weights, value, edges)
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=1
    )
    torch.testing.assert_close(output, expected)
    assert weights.shape == (2, len(edges))
    probe = rand(*output.shape, seed=seed + 3)
    found = torch.autograd.grad((output * probe).sum(), (query, key, value))
    theirs = torch.autograd.grad((expected * probe).sum(), (query, key, value))
    torch.testing.assert_close(found, tuple(gradient.nan_to_num() for gradient in theirs))
    sums = torch.zeros(2, n_query, dtype=torch.float64).index_add_(1, edges.query, weights.detach())
    torch.testing.assert_close(sums, mask.any(dim=1).double().expand(2, -1))


def test_gradients_by_finite_differences():
    edges = Edges(EDGES, N)
    w, q, k, v = (rand(2, len(edges)), rand(2, N, 3), rand(2, N, 3, seed=1), rand(2, N, 2, seed=2))
    for tensor in (w, q, k, v):
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(lambda q, k: edge_dots(q, k, edges), (q, k))
    assert torch.autograd.gradcheck(lambda w, v: edge_sum(w, v, edges), (w, v))
    assert torch.autograd.gradcheck(lambda w: edge_softmax(w, edges), (w,))


def test_edges_remember_where_they_stood():
    edges = Edges(EDGES, N)
    assert torch.equal(torch.stack([edges.query, edges.key]), EDGES[:, edges.order])


def test_self_loops_are_there_once():
    index = with_self_loops(EDGES, N)
    pairs = list(zip(*index.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert {(i, i) for i in range(N)} <= set(pairs)
    assert set(pairs) == {*zip(*EDGES.tolist(), strict=True), *((i, i) for i in range(N))}


@pytest.mark.parametrize(
    ("edge_index", "error", "message"),
    [
        (torch.tensor([[0, 7], [1, 0]]), ValueError, "queries from 0 to 6, got 7"),
        (torch.tensor([[0, 1], [-1, 0]]), ValueError, "keys from 0 to 6, got -1"),
        (torch.tensor([[0, 0], [1, 1]]), ValueError, "each edge once, but 0 → 1 is repeated"),
        (torch.zeros(3, 2, dtype=torch.int64), ValueError, r"shape \(2, E\), got \(3, 2\)"),
        (torch.zeros(2, 2), TypeError, "tensor of integers, got torch.float32"),
        (np.zeros((2, 2), dtype=int), TypeError, "edge_index must be a tensor"),
    ],
)
def test_bad_edges_are_named(edge_index, error, message):
    with pytest.raises(error, match=message):
        made(GraphAttention, self_loops=False)(rand(N, F), edge_index)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GraphAttention(0, C), "in_features"),
        (lambda: GraphAttention(F, 0), "out_features"),
        (lambda: GraphAttention(F, C, 0), "num_heads"),
        (lambda: GraphAttention(F, C, dropout=1.5), "dropout"),
        (lambda: GraphAttention(F, C, negative_slope=-1), "negative_slope"),
        (lambda: GraphAttention(F, C, form="sparse"), "form must be one of"),
        (lambda: made(GraphAttention)(rand(N, F + 1), EDGES), r"x must have shape \(n, 5\)"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- who hears from whom, and what is refused -----------------------------------------------------

KINDS = [GraphAttention, GraphAttentionV2]
FORMS = [(kind, form) for kind in KINDS for form in kind.forms]


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_a_query_hears_from_its_keys_and_nobody_else(kind, form):
    layer, x = made(kind, form=form), rand(N, F).requires_grad_()
    heard = torch.zeros(N, N, dtype=torch.bool)
    for i in range(N):
        (gradient,) = torch.autograd.grad(layer(x, EDGES)[i].sum(), x)
        heard[i] = (gradient != 0).any(dim=1)
    expected = torch.eye(N, dtype=torch.bool)
    expected[EDGES[0], EDGES[1]] = True
    assert torch.equal(heard, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_the_layer_by_finite_differences(kind):
    layer = made(kind, self_loops=False)
    parameters = dict(layer.named_parameters())

    def run(x, *values):
        given = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(layer, given, (x, EDGES))

    values = [p.detach().requires_grad_() for p in parameters.values()]
    assert torch.autograd.gradcheck(run, (rand(N, F).requires_grad_(), *values))


def scored(dtype, form):
    """A layer that takes the first feature for the query's score, and the second for the key's."""
    layer = GraphAttention(2, 2, form=form)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.eye(2))
        layer.by_query.copy_(torch.tensor([[300.0, 0.0]]))
        layer.by_key.copy_(torch.tensor([[0.0, 1.0]]))
    return layer.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("form", GraphAttention.forms)
def test_logits_beyond_half_precision_harm_nobody(form, dtype):
    # Query 0 stands at 90,000, more than float16 holds, the others at 0 and at -6,000.
    x = torch.tensor([[300.0, 0.5], [0.0, 1.5], [-100.0, 1.0]], dtype=dtype)
    edges = torch.cartesian_prod(torch.arange(3), torch.arange(3)).T
    output, (_, weights) = scored(dtype, form)(x, edges, return_weights=True)
    exact, (_, expected) = scored(torch.float64, form)(x.double(), edges, return_weights=True)
    assert output.dtype == dtype
    # At 90,000 single precision counts in steps of 1/128.
    torch.testing.assert_close(weights.double(), expected, rtol=0, atol=4e-3)
    torch.testing.assert_close(output.double(), exact, rtol=2e-2, atol=1.5)


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_dropout_leaves_out_whole_weights_and_doubles_the_rest(kind, form):
    layer, x = made(kind, form=form, dropout=0.5), rand(60, F)
    loops = torch.zeros(2, 0, dtype=torch.int64)  # each node attends to itself alone, fully
    whole = layer.eval()(x, loops)
    torch.manual_seed(0)
    output, (_, weights) = layer.train()(x, loops, return_weights=True)
    factor = (output / whole).unflatten(1, (HEADS, C))
    assert set(factor.abs().round(decimals=6).flatten().tolist()) == {0.0, 2.0}
    assert torch.equal(factor == 0, (factor[..., :1] == 0).expand_as(factor))
    assert (weights == 1).all()  # those before any is left out


@pytest.mark.parametrize("kind", KINDS)
def test_heads_stand_side_by_side_or_are_averaged(kind):
    joined, mean, x = made(kind), made(kind, concat=False), rand(N, F)
    heads = joined(x, EDGES).unflatten(1, (HEADS, C))
    torch.testing.assert_close(mean(x, EDGES), heads.mean(dim=1))


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 8))
    node = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=20, unique=True))
    return n, torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T


@pytest.mark.parametrize(("kind", "form"), FORMS)
@given(graph=graphs(), seed=st.integers(0, 99), self_loops=st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_weights_of_a_query_sum_to_1_and_relabelling_commutes(
    kind, form, graph, seed, self_loops
):
    n, index = graph
    layer = made(kind, seed, self_loops=self_loops, form=form)
    x = 10 * rand(n, F, seed=seed)
    output, (edges, weights) = layer(x, index, return_weights=True)
    senders = set(range(n)) if self_loops else set(index[0].tolist())
    assert set(edges.query.tolist()) == senders
    sums = torch.zeros(HEADS, n, dtype=torch.float64).index_add_(1, edges.query, weights.detach())
    expected = torch.tensor([float(i in senders) for i in range(n)], dtype=torch.float64)
    torch.testing.assert_close(sums, expected.expand(HEADS, n))
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    place = torch.argsort(order)  # node order[i] is called i now
    torch.testing.assert_close(layer(x[order], place[index]), output[order])


def test_queries_of_the_second_kind_can_look_up_any_key():
    # a · LeakyReLU(q_i + k_j) is largest, 0, where the two vectors cancel.
    wanted = torch.tensor([3, 1, 4, 0, 2])
    layer = GraphAttentionV2(5, 5)
    with torch.no_grad():
        layer.query.weight.copy_(torch.eye(5))
        layer.key.weight.copy_(-torch.eye(5)[torch.argsort(wanted)].T)
        layer.attention.fill_(-1)
    everybody = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
    _, (_, weights) = layer(torch.eye(5), everybody, return_weights=True)
    assert torch.equal(weights.view(5, 5).argmax(dim=-1), wanted)


def test_edges_sorted_once_serve_many_passes():
    layer, x = made(GraphAttention), rand(N, F)
    edges = layer.edges(EDGES, N)
    output, (same, weights) = layer(x, edges, return_weights=True)
    assert same is edges
    assert weights.shape == (HEADS, len(edges))
    torch.testing.assert_close(output, layer(x, EDGES))
    torch.testing.assert_close(output, layer(x, EDGES.int()))


BAD_EDGES = [
    ([[0], [1]], TypeError),
    (torch.tensor([[0.0], [1.0]]), TypeError),
    (torch.tensor([[True], [False]]), TypeError),
    (torch.tensor([0, 1]), ValueError),
    (torch.tensor([[0, 1], [1, 2], [2, 0]]), ValueError),
    (torch.tensor([[N], [0]]), ValueError),
    (torch.tensor([[N], [N]]), ValueError),
    (torch.tensor([[-1], [-1]]), ValueError),
    (torch.tensor([[0, 2, 0], [1, 1, 1]]), ValueError),
    (Edges(torch.tensor([[0], [1]]), N - 1), ValueError),
    (Edges(torch.tensor([[0], [1]]), N + 1), ValueError),
    (Edges(torch.tensor([[0], [1]]), N, N - 1), ValueError),
]


@pytest.mark.parametrize("self_loops", [True, False])
@pytest.mark.parametrize(("edges", "error"), BAD_EDGES)
def test_bad_edges_are_named_with_self_loops_and_without(edges, error, self_loops):
    with pytest.raises(error, match="edge_index must"):
        made(GraphAttention, self_loops=self_loops)(rand(N, F), edges)


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (rand(N, F + 1), ValueError),
        (rand(F), ValueError),
        (rand(1, N, F), ValueError),
        (rand(0, F), ValueError),
        (torch.ones(N, F, dtype=torch.int64), TypeError),
        ([[1.0] * F] * N, TypeError),
    ],
)
def test_bad_features_are_named(x, error):
    with pytest.raises(error, match="x must"):
        made(GraphAttention)(x, torch.zeros(2, 0, dtype=torch.int64))


def test_loops_stand_behind_all_other_edges():
    looped = with_self_loops(EDGES, N)
    others = EDGES[:, EDGES[0] != EDGES[1]]
    assert torch.equal(looped, torch.cat([others, torch.arange(N).expand(2, N)], dim=1))


def test_a_query_whose_edges_are_all_left_out_gets_zeros():
    edges = Edges(torch.tensor([[0, 0, 1], [1, 2, 1]]), 3)
    logits = torch.tensor([[0.0, 0.0, -torch.inf]], requires_grad=True)
    weights = edge_softmax(logits, edges)
    assert weights.tolist() == [[0.5, 0.5, 0]]
    weights[0, 0].backward()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("layer", [GraphAttention, GraphAttentionV2])
def test_second_derivatives_are_those_of_small_steps(layer):
    module = seeded(lambda: layer(2, 2, num_heads=2), 0).double()
    x = torch.randn(3, 2, generator=torch.Generator().manual_seed(0)).double().requires_grad_()
    edges = module.edges(torch.tensor([[0, 1], [1, 2]]), 3)
    assert torch.autograd.gradgradcheck(lambda x: module(x, edges), (x,))


@pytest.mark.parametrize("layer", [GraphAttention, GraphAttentionV2])
def test_a_node_that_nobody_asks_may_hold_anything(layer):
    edges = torch.tensor([[0, 1, 2, 3], [1, 2, 0, 0]])  # 3 asks, and is not asked
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    odd = x.clone()
    odd[3, 1] = torch.nan
    for form in layer.forms:
        module = seeded(lambda form=form: layer(3, 2, self_loops=False, form=form), 0)
        torch.testing.assert_close(module(odd, edges)[:3], module(x, edges)[:3])
