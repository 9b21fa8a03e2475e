"""Attention against PyTorch's own, with masks and gradients."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attention import multi_head_attention
from course_lib.nn.attention import (
    MultiHeadAttention,
    SelfAttention,
    causal_mask,
    masked_softmax,
)

D, HEADS = 12, 3


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def pair():
    """Our attention and PyTorch's, with the same weights."""
    torch.manual_seed(0)
    ours = MultiHeadAttention(D, HEADS).double()
    theirs = nn.MultiheadAttention(D, HEADS, bias=False, batch_first=True).double()
    with torch.no_grad():
        stacked = [part.weight for part in (ours.query, ours.key, ours.value)]
        theirs.in_proj_weight.copy_(torch.cat(stacked))
        theirs.out_proj.weight.copy_(ours.output.weight)
    return ours, theirs


@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_pytorchs_forward_and_backward(pair, masked):
    ours, theirs = pair
    x, y = rand(2, 4, D), rand(2, 5, D, seed=1)
    mask = torch.rand(2, 4, 5, generator=torch.Generator().manual_seed(2)) < 0.6 if masked else None
    if masked:
        mask[..., 0] = True
    results = []
    for module in pair:
        a, b = x.clone().requires_grad_(), y.clone().requires_grad_()
        if module is ours:
            own = None if mask is None else mask[:, None]
            output, weights = module(a, b, mask=own, return_weights=True)
        else:
            theirs_mask = None if mask is None else ~mask.repeat_interleave(HEADS, dim=0)
            output, weights = module(a, b, b, attn_mask=theirs_mask, average_attn_weights=False)
        (output * rand(2, 4, D, seed=3)).sum().backward()
        results.append((output, weights, a.grad, b.grad))
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected)
    torch.testing.assert_close(
        torch.cat([part.weight.grad for part in (ours.query, ours.key, ours.value)]),
        theirs.in_proj_weight.grad,
    )


def test_attention_is_the_numpy_reference():
    torch.manual_seed(0)
    module, x = SelfAttention(D, HEADS).double(), rand(5, D)
    mask = causal_mask(5)
    output, weights = module(x[None], mask=mask, return_weights=True)
    matrices = [p.weight.detach().numpy().T for p in (module.query, module.key, module.value)]
    expected, expected_weights = multi_head_attention(
        x.numpy(),
        *matrices,
        module.output.weight.detach().numpy().T,
        num_heads=HEADS,
        mask=mask.numpy(),
    )
    np.testing.assert_allclose(output[0].detach().numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(weights[0].detach().numpy(), expected_weights, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_a_query_that_may_attend_to_nothing_gets_zeros(dtype):
    logits = rand(2, 3, 4).to(dtype).requires_grad_()
    mask = torch.ones(2, 3, 4, dtype=torch.bool)
    mask[0, 1] = False
    weights = masked_softmax(logits, mask)
    assert (weights[0, 1] == 0).all()
    assert torch.allclose(weights[1].sum(-1).float(), torch.ones(3), atol=1e-2)
    (weights * torch.arange(4)).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[0, 1] == 0).all()


def test_heads_must_divide_and_masks_must_be_boolean():
    with pytest.raises(ValueError, match=r"num_heads must divide d_model equally: 10 .* 3"):
        SelfAttention(10, 3)
    with pytest.raises(ValueError, match="num_heads"):
        SelfAttention(4, 0)
    with pytest.raises(TypeError, match="mask must be a tensor of booleans"):
        SelfAttention(4, 2)(torch.ones(1, 2, 4), mask=torch.ones(2, 2))


def test_a_row_sums_to_1_however_low_its_logits_are():
    for dtype in (torch.float16, torch.float32):
        lowest = torch.finfo(dtype).min
        mask = torch.tensor([True, False, True])
        weights = masked_softmax(torch.tensor([lowest, 0.0, lowest], dtype=dtype), mask)
        assert weights.tolist() == [0.5, 0, 0.5]


def test_a_mask_of_two_axes_is_not_taken_for_one_of_filling():
    attention = SelfAttention(4, 2)
    with pytest.raises(ValueError, match="padding_mask makes one for filling"):
        attention(torch.ones(2, 3, 4), mask=torch.ones(2, 3, dtype=torch.bool))
