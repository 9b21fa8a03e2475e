"""Attention against PyTorch and SciPy, on asymmetric data: a transpose must fail."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn.functional import scaled_dot_product_attention

from course_lib.attention import (
    attention,
    attention_logits,
    causal_mask,
    entropy,
    merge_heads,
    multi_head_attention,
    padding_mask,
    softmax,
    split_heads,
)
from course_lib.nn import attention as nn_attention

RNG = np.random.default_rng(0)
matrices = hnp.arrays(
    float,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.floats(-50, 50),
)
sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)


def query_key_value(n=3, m=5, d=4, d_value=2, lead=()):
    return (
        RNG.normal(size=(*lead, n, d)),
        RNG.normal(size=(*lead, m, d)),
        RNG.normal(size=(*lead, m, d_value)),
    )


def sdpa(query, key, value, mask=None, scale=None):
    """Return PyTorch's output, and its weights by giving it the identity as values."""
    query, key, value = map(torch.tensor, (query, key, value))
    options = {"attn_mask": None if mask is None else torch.tensor(mask), "scale": scale}
    identity = torch.eye(key.shape[-2], dtype=key.dtype).expand(*key.shape[:-2], -1, -1)
    output = scaled_dot_product_attention(query, key, value, **options)
    return output.numpy(), scaled_dot_product_attention(query, key, identity, **options).numpy()


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
def test_softmax_is_scipys(axis):
    logits = RNG.normal(size=(3, 5)) * 4
    assert np.allclose(softmax(logits, axis=axis), scipy.special.softmax(logits, axis=axis))
    assert not np.allclose(softmax(logits), softmax(logits, axis=0))


@given(matrices, st.floats(-1000, 1000))
def test_softmax_rows_sum_to_one_and_shifts_change_nothing(logits, shift):
    weights = softmax(logits)
    assert np.allclose(weights.sum(axis=-1), 1)
    assert (weights >= 0).all()
    assert np.allclose(softmax(logits + shift), weights, atol=1e-9)


def test_softmax_takes_logits_of_any_size():
    assert softmax([1e308, 0.0]).tolist() == [1.0, 0.0]
    assert softmax([-1e308, -1e308]).tolist() == [0.5, 0.5]
    assert softmax([0.0, -np.inf]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("scale", [None, 1.0, 0.3])
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_attention_is_sdpa(scale, lead):
    query, key, value = query_key_value(lead=lead)
    output, weights = attention(query, key, value, scale=scale)
    expected_output, expected = sdpa(query, key, value, scale=scale)
    assert weights.shape == (*lead, 3, 5)
    assert np.allclose(weights, expected)
    assert np.allclose(output, expected_output)


def test_masked_attention_is_sdpa():
    query, key, value = query_key_value(lead=(2,))
    mask = RNG.random((2, 3, 5)) > 0.4
    mask[..., 0] = True
    output, weights = attention(query, key, value, mask=mask)
    expected_output, expected = sdpa(query, key, value, mask=mask)
    assert np.allclose(weights, expected)
    assert np.allclose(output, expected_output)
    assert (weights[~mask] == 0).all()


def test_one_key_set_serves_a_batch_of_queries():
    query, key, value = query_key_value()
    batch = np.stack([query, 2 * query])
    output, weights = attention(batch, key, value)
    assert np.allclose(weights[1], attention(2 * query, key, value)[1])
    assert np.allclose(output[0], attention(query, key, value)[0])


def test_gradients_are_those_of_sdpa():
    query, key, value = query_key_value(n=2, m=3)
    upstream = RNG.normal(size=(2, 2))
    tensors = [torch.tensor(part, requires_grad=True) for part in (query, key, value)]
    scaled_dot_product_attention(*tensors).backward(torch.tensor(upstream))
    step = 1e-6
    for place, tensor in enumerate(tensors):
        for index in np.ndindex(tensor.shape):
            moved = [part.copy() for part in (query, key, value)]
            moved[place][index] += step
            above = (attention(*moved)[0] * upstream).sum()
            moved[place][index] -= 2 * step
            below = (attention(*moved)[0] * upstream).sum()
            slope = (above - below) / (2 * step)
            assert slope == pytest.approx(tensor.grad[index].item(), abs=1e-6)


@given(sizes, seeds)
def test_attention_commutes_with_relabelling(n, seed):
    rng = np.random.default_rng(seed)
    x, order = rng.normal(size=(n, 3)), rng.permutation(n)
    output, weights = attention(x, x, x)
    moved_output, moved = attention(x[order], x[order], x[order])
    assert np.allclose(moved, weights[order][:, order])
    assert np.allclose(moved_output, output[order])


@given(sizes, seeds)
def test_masking_keys_is_deleting_them(m, seed):
    rng = np.random.default_rng(seed)
    query, key, value = rng.normal(size=(3, 2)), rng.normal(size=(m, 2)), rng.normal(size=(m, 4))
    keep = rng.random(m) > 0.5
    keep[rng.integers(m)] = True
    output, weights = attention(query, key, value, mask=keep)
    deleted_output, deleted = attention(query, key[keep], value[keep])
    assert np.allclose(weights[:, keep], deleted)
    assert (weights[:, ~keep] == 0).all()
    assert np.allclose(output, deleted_output)


def test_logits_have_a_row_for_each_query():
    query, key, _ = query_key_value()
    logits = attention_logits(query, key)
    assert logits.shape == (3, 5)
    assert logits[2, 4] == pytest.approx(query[2] @ key[4] / 2)
    assert np.allclose(attention_logits(query, key, scale=-3), -6 * logits)


def test_a_query_that_may_attend_to_nothing_is_named():
    query, key, value = query_key_value()
    mask = np.ones((3, 5), dtype=bool)
    mask[1] = False
    with pytest.raises(ValueError, match=r"mask must let every query .* row\(s\) 1 have nothing"):
        attention(query, key, value, mask=mask)


def test_causal_mask_is_pytorchs():
    query, key, value = query_key_value(n=4, m=4)
    expected = scaled_dot_product_attention(
        *(torch.tensor(part)[None] for part in (query, key, value)), is_causal=True
    )
    assert np.allclose(attention(query, key, value, mask=causal_mask(4))[0], expected[0].numpy())


def test_padding_equals_trimming():
    lengths = [2, 4, 1]
    x = RNG.normal(size=(3, 4, 5))
    _, weights = attention(x, x, x, mask=padding_mask(lengths, 4))
    for sequence, length, padded in zip(x, lengths, weights, strict=True):
        trimmed = sequence[:length]
        assert np.allclose(padded[:length, :length], attention(trimmed, trimmed, trimmed)[1])
        assert (padded[:, length:] == 0).all()


@given(sizes, st.integers(1, 4), st.integers(1, 3))
def test_merging_undoes_splitting(n, h, d_head):
    x = np.arange(2.0 * n * h * d_head).reshape(2, n, h * d_head)
    heads = split_heads(x, h)
    assert heads.shape == (2, h, n, d_head)
    assert np.array_equal(heads[:, 0], x[..., :d_head])
    assert np.array_equal(merge_heads(heads), x)


@pytest.mark.parametrize("masked", [False, True])
def test_multi_head_attention_is_pytorchs_with_copied_weights(masked):
    n, d, h = 5, 12, 3
    x = RNG.normal(size=(2, n, d))
    w_q, w_k, w_v, w_o = RNG.normal(size=(4, d, d)) / np.sqrt(d)
    module = torch.nn.MultiheadAttention(d, h, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.tensor(np.concatenate([w_q.T, w_k.T, w_v.T])))
        module.out_proj.weight.copy_(torch.tensor(w_o.T))
    mask = causal_mask(n) if masked else None
    theirs = None if mask is None else torch.tensor(~mask)  # there, True forbids
    tensor = torch.tensor(x)
    expected_output, expected = module(
        tensor, tensor, tensor, attn_mask=theirs, average_attn_weights=False
    )
    output, weights = multi_head_attention(x, w_q, w_k, w_v, w_o, num_heads=h, mask=mask)
    assert np.allclose(weights, expected.detach().numpy())
    assert np.allclose(output, expected_output.detach().numpy())
    transposed = multi_head_attention(x, w_q.T, w_k.T, w_v.T, w_o.T, num_heads=h, mask=mask)
    assert not np.allclose(transposed[0], output)


def test_the_error_names_both_numbers():
    w = np.eye(8)
    with pytest.raises(ValueError, match=r"num_heads must divide .* 8 is not a multiple of 3"):
        multi_head_attention(np.ones((2, 8)), w, w, w, w, num_heads=3)


def test_entropy_is_scipys_and_zero_for_one_hot_rows():
    weights = softmax(RNG.normal(size=(2, 3, 5)))
    assert np.allclose(entropy(weights), scipy.stats.entropy(weights, axis=-1))
    assert entropy(np.eye(4)).tolist() == [0.0] * 4
    assert entropy(np.full((1, 7), 1 / 7)) == pytest.approx(np.log(7))


def test_arguments_are_never_changed():
    query, key, value = query_key_value()
    mask = causal_mask(5)[:3]
    before = [part.copy() for part in (query, key, value, mask)]
    attention(query, key, value, mask=mask)
    softmax(query)
    entropy(softmax(query))
    assert all(np.array_equal(a, b) for a, b in zip(before, (query, key, value, mask), strict=True))


def test_a_mask_adds_no_axes():
    query, key = np.ones((1, 2)), np.ones((4, 2))
    for mask in (np.ones((6, 4), bool), np.ones((3, 1, 4), bool)):
        with pytest.raises(ValueError, match="mask must broadcast to the shape of the logits"):
            attention(query, key, key, mask=mask)
    assert attention(query[None], key, key, mask=np.ones((1, 1, 4), bool))[0].shape == (1, 1, 2)


def test_a_mask_of_each_text_is_the_same_for_all_heads_as_in_pytorch():
    # Two texts and two heads: an axis of length 2 could be either.
    rng, heads = np.random.default_rng(4), 2
    x, ws = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 4, 4))
    mask = padding_mask([1, 3], 3)
    output, weights = multi_head_attention(x, *ws, num_heads=heads, mask=mask)
    assert (weights[0, :, :, 1:] == 0).all()  # padding, hidden from both heads
    assert (weights[1] > 0).all()
    module = nn_attention.SelfAttention(4, heads).double()
    layers = (module.query, module.key, module.value, module.output)
    for layer, w in zip(layers, ws, strict=True):
        layer.weight.data = torch.tensor(w.T)
    theirs = module(torch.tensor(x), mask=torch.tensor(mask), return_weights=True)
    np.testing.assert_allclose(output, theirs[0].detach().numpy())
    np.testing.assert_allclose(weights, theirs[1].detach().numpy())
    with pytest.raises(
        ValueError, match=r"mask must tell texts from heads, .*\[:, None\] is one a"
    ):
        multi_head_attention(x, *ws, num_heads=heads, mask=np.ones((2, 3, 3), bool))
    of_texts = np.broadcast_to(mask, (2, 3, 3))[:, None]
    explicit = multi_head_attention(x, *ws, num_heads=heads, mask=of_texts)
    np.testing.assert_array_equal(weights, explicit[1])
    for text in range(2):
        alone = multi_head_attention(x[text], *ws, num_heads=heads, mask=mask[text])
        np.testing.assert_allclose(weights[text], alone[1])


def test_with_one_axis_more_than_x_each_head_has_its_mask():
    rng = np.random.default_rng(5)
    x, ws = rng.normal(size=(3, 4)), rng.normal(size=(4, 4, 4))
    mask = np.stack([np.ones((3, 3), bool), causal_mask(3)])
    weights = multi_head_attention(x, *ws, num_heads=2, mask=mask)[1]
    assert np.array_equal(weights > 0, mask)
    batch = multi_head_attention(x[None], *ws, num_heads=2, mask=mask[None])[1]
    assert np.array_equal(batch[0], weights)


def test_rounding_leads_entropy_nowhere_above_its_most():
    for n in range(2, 300):
        assert entropy(np.full((1, n), 1 / n)) <= np.log(n)
