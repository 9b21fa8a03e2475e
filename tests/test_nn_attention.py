"""Attention against PyTorch's own, with masks and gradients."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attention import multi_head_attention
from course_lib.attention import padding_mask as numpy_s_padding_mask
from course_lib.nn.attention import (
    MultiHeadAttention,
    SelfAttention,
    causal_mask,
    masked_softmax,
    padding_mask,
)
from course_lib.nn.training import seeded

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


CAUSAL_OR_OWN = torch.stack([causal_mask(5), torch.eye(5, dtype=torch.bool)])


@pytest.mark.parametrize(
    "mask",
    [causal_mask(5), CAUSAL_OR_OWN[:, None], CAUSAL_OR_OWN[None, [0, 1, 0]]],
    ids=["all", "texts", "heads"],
)
def test_attention_is_the_numpy_reference(mask):
    torch.manual_seed(0)
    module, x = SelfAttention(D, HEADS).double(), rand(2, 5, D)
    output, weights = module(x, mask=mask, return_weights=True)
    matrices = [p.weight.detach().numpy().T for p in (module.query, module.key, module.value)]
    expected, expected_weights = multi_head_attention(
        x.numpy(),
        *matrices,
        module.output.weight.detach().numpy().T,
        num_heads=HEADS,
        mask=mask.numpy(),
    )
    np.testing.assert_allclose(output.detach().numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(weights.detach().numpy(), expected_weights, atol=1e-12)


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
    with pytest.raises(ValueError, match="padding_mask makes one for padding"):
        attention(torch.ones(2, 3, 4), mask=torch.ones(2, 3, dtype=torch.bool))


def test_a_mask_tells_texts_from_heads_or_is_refused():
    attention = seeded(lambda: SelfAttention(D, 2).double(), 0)
    x = rand(2, 4, D)  # as many texts as heads
    mask = torch.stack([causal_mask(4), torch.eye(4, dtype=torch.bool)])
    _, of_texts = attention(x, mask=mask[:, None], return_weights=True)
    for text in range(2):
        _, alone = attention(x[text, None], mask=mask[text], return_weights=True)
        torch.testing.assert_close(of_texts[text], alone[0])
    _, of_heads = attention(x, mask=mask[None], return_weights=True)
    assert (of_heads[:, 1] == torch.eye(4)).all()
    padding = torch.tensor([[[True, True, False, False]], [[True] * 4]])
    _, padded = attention(x, mask=padding, return_weights=True)
    assert (padded[0, ..., 2:] == 0).all()
    assert (padded[1] > 0).all()
    with pytest.raises(ValueError, match="mask must tell texts from heads"):
        attention(x, mask=mask)
    with pytest.raises(ValueError, match="weights must tell texts from heads"):
        attention(x, weights=of_texts[0])
    for shape in ((3, 1, 4), (2, 3, 4, 4), (1, 1, 1, 4, 4)):
        with pytest.raises(ValueError, match=r"mask must have shape \(n_query, n_key\) = \(4, 4\)"):
            attention(x, mask=torch.ones(shape, dtype=torch.bool))


def mask_of(kind):
    """Return a mask (2, 1, 5, 5) that hides key 3 from queries 0 to 2 of each text, at least."""
    mask = {
        "causal": causal_mask(5).expand(2, 1, 5, 5),
        "filling": (torch.arange(5) != 3).expand(2, 1, 5, 5),
        "heads": torch.stack([causal_mask(5), torch.arange(5).expand(5, 5) != 3]).expand(
            2, 2, 5, 5
        ),
    }
    return mask[kind]


@pytest.mark.parametrize("kind", ["causal", "filling", "heads"])
@pytest.mark.parametrize("odd", [torch.nan, torch.inf, -torch.inf])
def test_a_hidden_key_does_not_matter_forward_or_backward(kind, odd):
    attention, x = seeded(lambda: SelfAttention(D, 2).double(), 0), rand(2, 5, D)
    mask = mask_of(kind)
    bad = x.clone()
    bad[0, 3, 1] = odd
    results = []
    for tokens in (x, bad):
        attention.zero_grad()
        output, weights = attention(tokens, mask=mask, return_weights=True)
        output[:, :3].square().sum().backward()
        gradients = [p.grad.clone() for p in attention.parameters()]
        results.append((output[:, :3], weights[:, :, :3], output[1], *gradients))
    torch.testing.assert_close(*results)
    assert output[0, 3].isnan().all()  # its own row
    assert output[0, 4].isnan().all() == mask[0, :, 4, 3].any()  # and those that see it


def test_a_key_that_is_not_finite_is_seen_where_nothing_hides_it():
    attention, x = SelfAttention(D, 2).double(), rand(2, 4, D)
    x[0, 1, 2] = torch.nan
    for mask in (None, torch.ones(4, 4, dtype=torch.bool)):
        output = attention(x, mask=mask)
        assert output[0].isnan().all()
        assert output[1].isfinite().all()


def test_types_and_devices_that_differ_are_named():
    attention, x = MultiHeadAttention(4, 2), torch.ones(2, 3, 4)
    mask = torch.ones(3, 3, dtype=torch.bool)
    for arguments, message in (
        ({"x": x.double(), "y": x}, "x must be of the type of the module's parameters"),
        ({"x": x, "y": x.half()}, "y must be of the type of the module's parameters"),
        ({"x": x, "y": x, "weights": torch.eye(3).double()}, "weights must be of the type of x"),
    ):
        with pytest.raises(TypeError, match=message):
            attention(**arguments)
    with pytest.raises(ValueError, match=r"x must be on the device of .*, cpu, got meta"):
        attention(x.to("meta"), x)
    with pytest.raises(ValueError, match="mask must be on the device of x, cpu, got meta"):
        attention(x, x, mask=mask.to("meta"))
    with pytest.raises(
        TypeError, match=r"lengths must be .*NumPy array of int64; torch\.from_numpy"
    ):
        padding_mask(np.eye(2, dtype=np.int64))


def test_numpy_s_integers_are_integers():
    attention = SelfAttention(np.int64(4), np.int32(2))
    assert attention(torch.ones(1, 3, 4)).shape == (1, 3, 4)
    assert causal_mask(np.int8(3)).sum() == 6


def test_padding_is_hidden_by_lengths_as_in_numpy_and_by_tokens():
    tokens = torch.tensor([[7, 0, 0], [7, 9, 8]])
    expected = numpy_s_padding_mask([1, 3], 3)
    assert np.array_equal(padding_mask(torch.tensor([1, 3]), 3), expected)
    assert np.array_equal(padding_mask(tokens), expected)
