"""The text modules against PyTorch's own attention, with masks, gradients and greedy decoding."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attention import multi_head_attention
from course_lib.nn import text
from course_lib.nn.text import (
    PAD,
    MultiHeadAttention,
    SelfAttention,
    TextClassifier,
    Translator,
    causal_mask,
    masked_softmax,
    padding_mask,
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
            output, weights = module(a, b, mask=mask, return_weights=True)
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


TOKENS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, PAD, PAD]])


def test_padding_changes_nothing():
    torch.manual_seed(0)
    model = TextClassifier(9, 2, 8).eval()
    logits, weights = model(TOKENS, return_weights=True)
    trimmed, alone = model(TOKENS[1:, :3], return_weights=True)
    torch.testing.assert_close(logits[1:], trimmed)
    torch.testing.assert_close(weights[1:, ..., :3, :3], alone)
    assert weights.shape == (2, 2, 4, 5, 5)
    assert (weights[1, ..., 3:] == 0).all()
    assert torch.equal(padding_mask(TOKENS)[1, 0], torch.tensor([True] * 3 + [False] * 2))


def test_an_empty_text_has_an_answer_without_nan():
    model = TextClassifier(9, 2, 8)
    assert torch.isfinite(model(torch.zeros(1, 4, dtype=torch.long))).all()


def test_without_positions_the_order_of_words_is_invisible():
    torch.manual_seed(0)
    order = torch.tensor([4, 2, 0, 1, 3])
    blind, seeing = (TextClassifier(9, 2, 8, positional=p).eval() for p in (False, True))
    torch.testing.assert_close(blind(TOKENS[:1]), blind(TOKENS[:1, order]))
    assert not torch.allclose(seeing(TOKENS[:1]), seeing(TOKENS[:1, order]), atol=1e-4)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="tokens must be at most 4 long, got 5"):
        TextClassifier(9, 2, 4)(TOKENS)


@pytest.fixture
def translator():
    torch.manual_seed(0)
    return Translator(9, 7, source_length=8, target_length=6, d_model=16).eval()


def test_the_decoder_does_not_look_ahead(translator):
    target = torch.tensor([[1, 2, 3, 4]])
    changed = torch.tensor([[1, 2, 5, 6]])
    one, other = (translator(TOKENS[:1], t) for t in (target, changed))
    torch.testing.assert_close(one[:, :2], other[:, :2])
    assert not torch.allclose(one[:, 2:], other[:, 2:], atol=1e-4)


def test_greedy_writes_the_most_likely_tokens(translator):
    written, weights = translator.greedy(TOKENS, start=1, length=5)
    assert written.shape == (2, 5)
    assert weights.shape == (2, 2, 4, 5, 5)
    given = torch.cat([torch.ones(2, 1, dtype=torch.long), written[:, :-1]], dim=1)
    logits, expected = translator(TOKENS, given, return_weights=True)
    assert torch.equal(logits[..., 1:].argmax(dim=-1) + 1, written)
    torch.testing.assert_close(weights, expected)
    assert (weights[1, ..., 3:] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 4, 5))


def test_greedy_never_writes_filling_even_when_it_is_the_likeliest(translator):
    with torch.no_grad():
        translator.predict.bias[0] = 100.0
    written, _ = translator.greedy(TOKENS, start=1, length=5)
    assert (written > 0).all()


def test_translating_does_not_depend_on_the_padding(translator):
    alone, _ = translator.greedy(TOKENS[1:, :3], start=1, length=5)
    batch, _ = translator.greedy(TOKENS, start=1, length=5)
    assert torch.equal(alone, batch[1:])


def test_a_row_sums_to_1_however_low_its_logits_are():
    for dtype in (torch.float16, torch.float32):
        lowest = torch.finfo(dtype).min
        mask = torch.tensor([True, False, True])
        weights = text.masked_softmax(torch.tensor([lowest, 0.0, lowest], dtype=dtype), mask)
        assert weights.tolist() == [0.5, 0, 0.5]


def test_a_mask_of_two_axes_is_not_taken_for_one_of_filling():
    attention = text.SelfAttention(4, 2)
    with pytest.raises(ValueError, match="padding_mask makes one for filling"):
        attention(torch.ones(2, 3, 4), mask=torch.ones(2, 3, dtype=torch.bool))
