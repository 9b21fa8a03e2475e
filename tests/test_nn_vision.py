"""Attention over pictures against PyTorch's SDPA, and what permuting pixels must not change."""

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from course_lib.nn.vision import PatchAttention, SelfAttention2d, attention_distance, to_patches


def picture(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def block(channels, inner=None, gamma=0.7):
    torch.manual_seed(0)
    made = SelfAttention2d(channels, inner_channels=inner).double()
    with torch.no_grad():
        made.gamma.fill_(gamma)
    return made


@pytest.mark.parametrize(("channels", "inner"), [(16, None), (3, None), (1, None), (5, 4)])
def test_the_block_is_sdpa_on_flattened_pixels(channels, inner):
    module = block(channels, inner)
    results = []
    for theirs in (False, True):
        x = picture(2, channels, 3, 5).requires_grad_()  # not square
        if theirs:
            tokens = [f(x).flatten(2).mT for f in (module.query, module.key, module.value)]
            mixed = scaled_dot_product_attention(*tokens, scale=1.0)
            y = module.gamma * module.output(mixed.mT.unflatten(2, (3, 5))) + x
        else:
            y = module(x)
        (y * picture(2, channels, 3, 5, seed=1)).sum().backward()
        results.append((y, x.grad, module.query.weight.grad.clone()))
        module.zero_grad()
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_permuting_pixels_commutes():
    module, x = block(8), picture(1, 8, 4, 3)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))

    def permuted(z):
        return z.flatten(2)[..., order].unflatten(2, (4, 3))

    torch.testing.assert_close(module(permuted(x)), permuted(module(x)))
    _, weights = module(x, return_weights=True)
    _, moved = module(permuted(x), return_weights=True)
    torch.testing.assert_close(moved[0], weights[0][order][:, order])


def test_at_the_start_the_block_is_the_identity_and_only_gamma_learns():
    module, x = SelfAttention2d(8), picture(2, 8, 3, 3).float()
    y = module(x)
    assert torch.equal(y, x)
    (y * torch.randn_like(y)).sum().backward()
    assert module.gamma.grad.abs() > 0
    for name in ("query", "key", "value", "output"):
        assert (getattr(module, name).weight.grad == 0).all(), name


def test_weights_belong_to_pixels_row_by_row():
    module, x = block(6), picture(1, 6, 2, 3)
    _, weights = module(x, return_weights=True)
    assert weights.shape == (1, 6, 6)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 6, dtype=torch.float64))
    query, key = module.query(x)[0], module.key(x)[0]
    logit = (query[:, 1, 2] * key[:, 0, 1]).sum()  # pixel (1, 2) is token 5, (0, 1) is token 1
    other = (query[:, 1, 2] * key[:, 1, 0]).sum()
    torch.testing.assert_close(weights[0, 5, 1] / weights[0, 5, 3], (logit - other).exp())


@pytest.mark.parametrize("channels", [0, -1, 2.5, "3"])
def test_bad_channels_are_named(channels):
    with pytest.raises((TypeError, ValueError), match="in_channels must"):
        SelfAttention2d(channels)


def test_patches_hold_their_pixels():
    x = picture(2, 3, 4, 6)
    patches = to_patches(x, 2)
    assert patches.shape == (2, 6, 12)
    torch.testing.assert_close(patches[1, 4].reshape(3, 2, 2), x[1, :, 2:4, 2:4])
    with pytest.raises(ValueError, match="patch must divide height and width, got 4 for 4 × 6"):
        to_patches(x, 4)


def test_a_patch_sees_nothing_but_through_attention():
    torch.manual_seed(0)
    module = PatchAttention(1, 2, 8, 2).double()
    x = picture(1, 1, 4, 4)
    output, weights = module(x, return_weights=True)
    assert output.shape == (1, 4, 8)
    assert weights.shape == (1, 2, 4, 4)
    tokens = module.embed(to_patches(x, 2))
    torch.testing.assert_close(output, module.attention(tokens))


def test_attention_distance_is_the_mean_length_of_a_look():
    rng = np.random.default_rng(0)
    weights = rng.random((2, 6, 6))
    weights /= weights.sum(axis=-1, keepdims=True)
    expected = np.zeros(2)
    for head in range(2):
        for i in range(6):
            for j in range(6):
                step = np.hypot(i // 3 - j // 3, i % 3 - j % 3)
                expected[head] += weights[head, i, j] * step / 6
    np.testing.assert_allclose(attention_distance(torch.tensor(weights), 2, 3), expected)
    with pytest.raises(ValueError, match="weights must have height"):
        attention_distance(torch.tensor(weights), 2, 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_attention_distance_comes_in_the_type_of_the_weights(dtype):
    weights = torch.tensor([[0.0, 1.0], [0.0, 1.0]], dtype=dtype)
    found = attention_distance(weights, 1, 2)
    assert found.dtype == dtype
    assert found.item() == 0.5
