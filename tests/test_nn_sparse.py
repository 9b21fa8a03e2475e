"""Attention along edges and in windows: against PyTorch's dense attention, forward and backward."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from course_lib import patterns, sparsity
from course_lib.nn import sparse
from course_lib.nn.edges import Edges


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def passes(attend, leading, n_query, n_key, seed=0):
    """Return the output and the three gradients of an attention function."""
    shapes = ((n_query, 4), (n_key, 4), (n_key, 3))
    inputs = [rand(*leading, *shape, seed=seed + k) for k, shape in enumerate(shapes)]
    inputs = [x.requires_grad_() for x in inputs]
    output = attend(*inputs)
    (output * rand(*output.shape, seed=seed + 9)).sum().backward()
    return [output.detach(), *(x.grad for x in inputs)]


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_along_edges_is_dense_attention_with_a_mask(leading):
    pattern = torch.tensor(patterns.random_pattern(7, 2, np.random.default_rng(0)))
    pattern[5] = False  # attends to nobody
    for scale in (None, 0.3):
        found = passes(
            lambda q, k, v, scale=scale: sparse.sparse_attention(
                q, k, v, pattern.nonzero().T, scale=scale
            ),
            leading,
            7,
            7,
        )
        expected = passes(
            lambda q, k, v, scale=scale: scaled_dot_product_attention(
                q, k, v, attn_mask=pattern, scale=scale
            ),
            leading,
            7,
            7,
        )
        torch.testing.assert_close(found, [part.nan_to_num() for part in expected])
        assert (found[0][..., 5, :] == 0).all()


def test_prepared_edges_and_other_keys_than_queries():
    pattern = torch.rand(5, 8, generator=torch.Generator().manual_seed(0)) < 0.5
    pattern[:, 0] = True
    edges = sparse.pattern_edges(pattern)
    found = passes(lambda q, k, v: sparse.sparse_attention(q, k, v, edges), (2,), 5, 8)
    expected = passes(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=pattern), (2,), 5, 8
    )
    torch.testing.assert_close(found, expected)


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_windows_are_dense_attention_with_a_window(n, radius, seed):
    mask = torch.tensor(patterns.window_pattern(n, radius))
    found = passes(lambda q, k, v: sparse.window_attention(q, k, v, radius), (2,), n, n, seed=seed)
    expected = passes(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=mask), (2,), n, n, seed=seed
    )
    torch.testing.assert_close(found, expected)


def test_what_is_kept_for_the_backward_pass_grows_with_the_edges():
    kept = {}
    for n in (64, 128, 256):
        edges = sparse.pattern_edges(torch.tensor(patterns.window_pattern(n, 2)))
        q, k, v = (rand(n, 4, seed=s).requires_grad_() for s in range(3))
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda x, sizes=sizes: sizes.append(x.numel()) or x, lambda x: x
        ):
            output = sparse.sparse_attention(q, k, v, edges)
        kept[n] = sum(sizes)
        assert output.shape == (n, 4)
    assert kept[256] / kept[64] == pytest.approx(4, rel=0.1)  # n² would be 16


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
def test_the_torch_functions_are_numpys_with_gradients(name):
    ours, numpys = getattr(sparse, name), getattr(sparsity, name)
    logits = 2 * rand(3, 5, 7)
    expected = torch.tensor(numpys(logits.numpy()))
    torch.testing.assert_close(ours(logits), expected)
    torch.testing.assert_close(ours(logits.transpose(0, 2), dim=0), expected.transpose(0, 2))
    assert torch.autograd.gradcheck(ours, (logits[0].clone().requires_grad_(),))


def test_a_gradient_never_leaves_the_support():
    logits = torch.tensor([2.0, 1.8, -3.0], requires_grad=True)
    for function in (sparse.sparsemax, sparse.entmax15):
        (gradient,) = torch.autograd.grad(function(logits)[0], logits)
        assert gradient[2] == 0
        assert gradient.sum().item() == pytest.approx(0, abs=1e-6)


X = rand(2, 5, 4)
EDGES = torch.tensor([[0, 1], [1, 4]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sparse.sparse_attention(X, X[0], X, EDGES), ValueError, "key must have shape"),
        (lambda: sparse.sparse_attention(X, X, X[0], EDGES), ValueError, "value must have shape"),
        (lambda: sparse.sparse_attention(X, X[..., :3], X, EDGES), ValueError, "key must have"),
        (lambda: sparse.sparse_attention(X, X, X[:, :3], EDGES), ValueError, "value must have"),
        (lambda: sparse.sparse_attention(X, X, X, EDGES + 1), ValueError, "edge_index must name"),
        (lambda: sparse.sparse_attention(X, X, X, Edges(EDGES, 6)), ValueError, "edges of 5"),
        (
            lambda: sparse.pattern_edges(torch.ones(3, 3)),
            TypeError,
            "pattern must be a tensor of booleans",
        ),
        (lambda: sparse.window_attention(X, X, X, 0), ValueError, "radius"),
        (lambda: sparse.window_attention(X, X[:, :3], X, 1), ValueError, "key must have shape"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(name, dtype):
    # More keys than bfloat16 can count to.
    logits = torch.randn(2, 2000, generator=torch.Generator().manual_seed(0)).to(dtype)
    function = getattr(sparse, name)
    found = function(logits)
    assert found.dtype == dtype
    torch.testing.assert_close(found, function(logits.double()).to(dtype))


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
def test_minus_infinity_leaves_a_key_out(name):
    function = getattr(sparse, name)
    logits = torch.tensor([[0.5, -torch.inf, 0.2, 1.0]], requires_grad=True)
    weights = function(logits)
    torch.testing.assert_close(weights[:, [0, 2, 3]], function(logits[:, [0, 2, 3]]))
    assert weights[0, 1] == 0
    (gradient,) = torch.autograd.grad(weights[0, 3], logits)
    assert gradient.isfinite().all()
    assert gradient[0, 1] == 0


def test_what_lies_far_below_has_no_weight_however_far():
    for dtype in (torch.float32, torch.float64):
        lowest = torch.finfo(dtype).min
        logits = torch.tensor([0.0, -0.1, lowest, lowest], dtype=dtype)
        for name in ("sparsemax", "entmax15"):
            near = getattr(sparse, name)(logits[:2])
            torch.testing.assert_close(getattr(sparse, name)(logits)[:2], near)
            numpys = getattr(sparsity, name)(logits.double().numpy())
            assert numpys[2:].tolist() == [0, 0]
            np.testing.assert_allclose(numpys[:2], near, atol=1e-6)


def test_half_precision_and_empty_axes():
    pattern = torch.tensor(patterns.window_pattern(5, 1))
    edges = sparse.pattern_edges(pattern)
    x = rand(2, 5, 4).half()
    found = sparse.sparse_attention(x, x, x, edges)
    assert found.dtype == torch.float16
    expected = scaled_dot_product_attention(x.float(), x.float(), x.float(), pattern)
    torch.testing.assert_close(found.float(), expected, atol=2e-3, rtol=0)
    assert sparse.sparse_attention(X[:0], X[:0], X[:0], edges).shape == (0, 5, 4)
    none = torch.zeros(2, 0, dtype=torch.long)
    assert sparse.sparse_attention(X[:, :0], X, X, none).shape == (2, 0, 4)
    assert sparse.window_attention(X[:, :0], X[:, :0], X[:, :0], 1).shape == (2, 0, 4)


def test_a_window_wider_than_the_text_costs_no_more():
    torch.testing.assert_close(
        sparse.window_attention(X, X, X, 10**9), scaled_dot_product_attention(X, X, X)
    )


def test_types_that_differ_are_refused():
    with pytest.raises(TypeError, match="value must be of the type of query"):
        sparse.sparse_attention(X, X, X.float(), EDGES)
    with pytest.raises(
        ValueError, match="edge_index must be on the device of query, cpu, got meta"
    ):
        sparse.sparse_attention(X, X, X, EDGES.to("meta"))
    with pytest.raises(ValueError, match="query must have at least one feature"):
        sparse.sparse_attention(X[..., :0], X[..., :0], X, EDGES)


def test_gradients_and_second_derivatives_are_those_of_small_steps():
    edges = Edges(torch.tensor([[0, 0, 1, 3], [1, 4, 2, 2]]), 5)
    inputs = [rand(1, 5, 2, seed=seed).requires_grad_() for seed in range(3)]
    along = functools.partial(sparse.sparse_attention, edge_index=edges)
    assert torch.autograd.gradcheck(along, inputs)
    assert torch.autograd.gradgradcheck(along, inputs)
    logits = (2 * rand(2, 4)).requires_grad_()
    for function in (sparse.sparsemax, sparse.entmax15):
        assert torch.autograd.gradgradcheck(function, (logits,))


@pytest.mark.parametrize("which", ["key", "value"])
def test_a_key_outside_of_the_window_does_not_matter(which):
    x = rand(2, 9, 4)
    inputs = {"query": x, "key": x.clone(), "value": x.clone()}
    expected = sparse.window_attention(**inputs, radius=2)
    inputs[which][0, 8, 1] = torch.nan
    found = sparse.window_attention(**inputs, radius=2)
    torch.testing.assert_close(found[0, :6], expected[0, :6])
    torch.testing.assert_close(found[1], expected[1])
    assert found[0, 6:].isnan().all()
    pattern = sparse.pattern_edges(torch.tensor(patterns.window_pattern(9, 2)))
    along = sparse.sparse_attention(**inputs, edge_index=pattern)
    torch.testing.assert_close(along[0, :6], expected[0, :6])
    assert along[0, 6:].isnan().any(dim=-1).all()


def test_an_axis_of_minus_infinity_is_refused_as_by_numpy():
    logits = torch.tensor([[0.0, -torch.inf], [1.0, -torch.inf]])
    for name in ("sparsemax", "entmax15"):
        assert getattr(sparse, name)(logits).tolist() == [[1, 0], [1, 0]]
        with pytest.raises(ValueError, match="logits must hold a finite number"):
            getattr(sparse, name)(logits, dim=np.int64(0))
