"""Attention pooling: against attention with one query, PyTorch Geometric, and by its properties."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.nn.pooling import AttentionPooling, overlap_penalty
from course_lib.nn.training import seeded

F, HIDDEN = 4, 6


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(**options):
    return seeded(lambda: AttentionPooling(F, HIDDEN, **options), 0).double()


def padded(x, batch, graphs):
    """Return the same nodes as a padded batch and its mask."""
    sizes = torch.bincount(batch, minlength=graphs)
    filled = torch.full((graphs, int(sizes.max()), F), 7.0, dtype=x.dtype)
    mask = torch.arange(filled.shape[1]) < sizes[:, None]
    for graph in range(graphs):
        filled[graph, : sizes[graph]] = x[batch == graph]
    return filled, mask


BATCH = torch.tensor([1, 0, 1, 2, 1, 0])


@pytest.mark.parametrize("gated", [False, True])
def test_it_is_pytorch_geometrics_aggregation_forward_and_backward(geometric, gated):
    ours = made(gated=gated)
    theirs = geometric.AttentionalAggregation(nn.Module())
    theirs.gate_nn.forward = ours.scores
    results = []
    for pool in (lambda x: ours.pool_index(x, BATCH), lambda x: theirs(x, BATCH)):
        x = rand(6, F).requires_grad_()
        ours.zero_grad()
        output = pool(x)
        (output * rand(3, F, seed=1)).sum().backward()
        results.append([output, x.grad, *(p.grad.clone() for p in ours.parameters())])
    torch.testing.assert_close(results[0], results[1])


def test_with_linear_scores_it_is_attention_with_one_learned_query():
    pool, mask = made(), torch.tensor([[True] * 5, [True, True, False, True, False]])
    pool.scores = lambda x: (x @ query).unsqueeze(-1)  # what tanh and the hidden layer bend
    query, x = rand(F, seed=3), rand(2, 5, F)
    expected = nn.functional.scaled_dot_product_attention(
        query.expand(2, 1, F), x, x, attn_mask=mask.unsqueeze(1), scale=1
    ).squeeze(1)
    torch.testing.assert_close(pool(x, mask), expected)


@pytest.mark.parametrize("options", [{}, {"gated": True}, {"hops": 3}])
def test_padded_batches_and_batch_indices_agree(options):
    pool, x = made(**options), rand(6, F)
    by_index, flat = pool.pool_index(x, BATCH, return_weights=True)
    filled, mask = padded(x, BATCH, 3)
    by_mask, weights = pool(filled, mask, return_weights=True)
    torch.testing.assert_close(by_index, by_mask)
    for graph in range(3):
        size = int(mask[graph].sum())
        torch.testing.assert_close(flat[..., graph == BATCH], weights[graph, ..., :size])
        assert (weights[graph, ..., size:] == 0).all()


@given(st.integers(1, 6), st.integers(0, 3), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_neither_order_nor_filling_matters_and_weights_sum_to_1(n, filling, seed):
    pool, x = made(hops=2), rand(1, n, F, seed=seed)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    expected, weights = pool(x, return_weights=True)
    torch.testing.assert_close(pool(x[:, order]), expected)
    longer = torch.cat([x, rand(1, filling, F, seed=seed + 1)], dim=1)
    torch.testing.assert_close(pool(longer, torch.arange(n + filling)[None] < n), expected)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(1, 2, dtype=torch.float64))


def test_an_empty_graph_gives_zeros_is_told_and_has_finite_gradients():
    pool, x = made(), rand(2, 3, F).requires_grad_()
    mask = torch.tensor([[True, True, False], [False] * 3])
    with pytest.warns(UserWarning, match="no nodes in graph 1: pooled to zeros"):
        output = pool(x, mask)
    assert torch.equal(output[1], torch.zeros(F, dtype=torch.float64))
    output.sum().backward()
    assert x.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in pool.parameters())
    with pytest.warns(UserWarning, match="graph 0, 3: pooled"):
        pooled = pool.pool_index(rand(3, F), torch.tensor([1, 2, 1]), 4)
    assert torch.equal(pooled[[0, 3]], torch.zeros(2, F, dtype=torch.float64))


def test_large_scores_stay_finite():
    pool = made()
    with torch.no_grad():
        pool.score.weight *= 1e4
    assert pool(rand(2, 3, F)).isfinite().all()
    assert pool.pool_index(rand(6, F), BATCH).isfinite().all()


def test_the_penalty_is_the_frobenius_norm():
    weights = rand(2, 3, 5).softmax(dim=-1)
    expected = [torch.linalg.matrix_norm(a @ a.T - torch.eye(3)) ** 2 for a in weights]
    torch.testing.assert_close(overlap_penalty(weights), torch.stack(expected))
    assert overlap_penalty(torch.eye(3)) == 0


X = rand(2, 3, F)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: AttentionPooling(0, 3), ValueError, "in_features"),
        (lambda: AttentionPooling(3, 0), ValueError, "hidden_features"),
        (lambda: AttentionPooling(3, 3, hops=0), ValueError, "hops"),
        (lambda: made()(X[0]), ValueError, "x must have shape"),
        (lambda: made()(X[..., :2]), ValueError, r"x must have shape \(batch, n, 4\)"),
        (lambda: made()(X, torch.ones(2, 3)), TypeError, "mask must be a tensor of booleans"),
        (lambda: made()(X, torch.ones(2, 4) > 0), ValueError, "mask must have shape"),
        (lambda: made().pool_index(X, BATCH), ValueError, "x must have shape"),
        (lambda: made().pool_index(X[0], [0, 1, 1]), TypeError, "batch must be a tensor"),
        (lambda: made().pool_index(X[0], BATCH), ValueError, r"batch must have shape \(3,\)"),
        (lambda: made().pool_index(X[0], BATCH[:3], 1), ValueError, "batch must be from 0 to 0"),
        (lambda: made().pool_index(X[0], BATCH[:3] - 1), ValueError, "got -1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("hops", [1, 3])
def test_filling_may_hold_anything(hops):
    pool = made(hops=hops)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    filled = X.masked_fill(~mask.unsqueeze(2), float("nan"))
    for x in (filled, X.masked_fill(~mask.unsqueeze(2), float("inf"))):
        pool.zero_grad()
        pooled = pool(x, mask)
        torch.testing.assert_close(pooled, pool(X, mask))
        pooled.sum().backward()
        assert all(parameter.grad.isfinite().all() for parameter in pool.parameters())
