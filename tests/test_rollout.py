"""Rollout against explicit paths, products and random walks, on layers that do not commute."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.attention import softmax
from course_lib.rollout import distance_from_rank_one, residual_layers, rollout, rollout_row

RNG = np.random.default_rng(0)
MODEL = softmax(2 * RNG.normal(size=(3, 2, 4, 4)))  # 3 layers, 2 heads, 4 tokens


@st.composite
def models(draw):
    shape = [draw(st.integers(1, 4)) for _ in range(3)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layers, heads, n = shape
    return softmax(2 * rng.normal(size=(layers, heads, n, n)))


def over_paths(layers, output, source):
    """Sum the products of weights over all paths from an output down to an input, one by one."""
    n, total = layers.shape[-1], 0.0
    for between in itertools.product(range(n), repeat=len(layers) - 1):
        path = (output, *between, source)  # from the last layer to the first
        steps = zip(path, path[1:], layers[::-1], strict=False)
        total += np.prod([layer[i, j] for i, j, layer in steps])
    return total


@pytest.mark.parametrize("residual", [0, 0.3, 0.5])
def test_rollout_sums_over_all_paths(residual):
    result = rollout(MODEL, residual=residual)
    layers = (1 - residual) * MODEL.mean(axis=1) + residual * np.eye(4)
    for output, source in itertools.product(range(4), repeat=2):
        assert result[output, source] == pytest.approx(over_paths(layers, output, source))


def test_later_layers_are_multiplied_from_the_left():
    first, second, third = MODEL.mean(axis=1)
    assert np.allclose(rollout(MODEL, residual=0), third @ second @ first)
    assert not np.allclose(rollout(MODEL, residual=0), first @ second @ third)


def test_two_layers_by_hand():
    first, second = [[1.0, 0.0], [0.5, 0.5]], [[0.25, 0.75], [0.0, 1.0]]
    # With the residual the layers are [[1, 0], [.25, .75]] and [[.625, .375], [0, 1]].
    expected = [[0.625 + 0.375 * 0.25, 0.375 * 0.75], [0.25, 0.75]]
    assert np.allclose(rollout([first, second]), expected)


@given(models(), st.floats(0, 1), st.sampled_from(["mean", "max", "min"]))
def test_rows_sum_to_one_and_a_row_is_a_row_of_the_whole(weights, residual, fusion):
    whole = rollout(weights, residual=residual, fusion=fusion)
    assert np.allclose(whole.sum(axis=1), 1)
    last = len(whole) - 1
    row = rollout_row(weights, last, residual=residual, fusion=fusion)
    assert np.allclose(row, whole[last])


@given(models(), st.integers(0, 2**32 - 1))
def test_relabelling_tokens_commutes(weights, seed):
    order = np.random.default_rng(seed).permutation(weights.shape[-1])
    moved = weights[..., order, :][..., order]
    assert np.allclose(rollout(moved), rollout(weights)[order][:, order])


def test_it_is_the_end_of_a_random_walk():
    rng, walks = np.random.default_rng(1), 20_000
    place = np.full(walks, 2)
    for layer in residual_layers(MODEL)[::-1]:
        place = (rng.random(walks)[:, None] > layer[place].cumsum(axis=1)).sum(axis=1)
    shares = np.bincount(place, minlength=4) / walks
    # Five standard errors of a share of one half.
    assert np.abs(shares - rollout(MODEL)[2]).max() < 5 * 0.5 / np.sqrt(walks)


def test_all_residual_is_the_identity_and_the_start_layer_leaves_layers_out():
    assert np.array_equal(rollout(MODEL, residual=1), np.eye(4))
    assert np.allclose(rollout(MODEL, start_layer=1), rollout(MODEL[1:]))
    assert not np.allclose(rollout(MODEL, start_layer=1), rollout(MODEL[:-1]))


@pytest.mark.parametrize(("fusion", "function"), [("max", np.max), ("min", np.min)])
def test_fusions_are_renormalised(fusion, function):
    fused = function(MODEL, axis=1)
    expected = fused / fused.sum(axis=-1, keepdims=True)
    assert np.allclose(residual_layers(MODEL, fusion=fusion, residual=0), expected)


def test_discarding_drops_the_weakest_and_rows_still_sum_to_one():
    layers = residual_layers(MODEL, residual=0, discard=0.5)
    assert np.allclose(layers.sum(axis=-1), 1)
    fused = MODEL.mean(axis=1)
    for layer, before in zip(layers, fused, strict=True):
        dropped = layer == 0
        assert dropped.sum() <= 8
        assert before[dropped].max() <= before[~dropped].min()
    everything_but_one = residual_layers(MODEL, residual=0, discard=0.99)
    assert np.array_equal(everything_but_one.argmax(-1), fused.argmax(-1))
    assert (everything_but_one.max(-1) > 0).all()


def test_a_minimum_without_any_weight_is_named():
    never_the_same = [[[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]]
    with pytest.raises(ValueError, match=r"fusion 'min' .* layer 0, row 0"):
        rollout(never_the_same, fusion="min")


def test_the_weights_are_not_changed():
    before = MODEL.copy()
    rollout(MODEL, discard=0.5, fusion="max")
    assert np.array_equal(MODEL, before)


@given(st.integers(0, 2**32 - 1))
def test_the_mean_row_is_the_nearest_matrix_of_equal_rows(seed):
    rng = np.random.default_rng(seed)
    matrix = softmax(rng.normal(size=(4, 5)))
    distance = distance_from_rank_one(matrix)
    for row in rng.normal(matrix.mean(axis=0), 0.1, size=(20, 5)):
        assert np.linalg.norm(matrix - row) / np.linalg.norm(matrix) >= distance
    assert 0 <= distance < 1
    assert distance_from_rank_one(7 * matrix) == pytest.approx(distance)


def test_equal_rows_have_rank_one():
    assert distance_from_rank_one(np.ones((3, 3)) / 3) == 0
    assert distance_from_rank_one([[1, 0], [0, 1]]) == pytest.approx(np.sqrt(0.5))


@pytest.mark.parametrize("share", [0.07, 0.28, 0.29, 0.55, 0.57, 0.58])
def test_a_share_of_a_hundred_is_a_whole_number_of_weights(share):
    ranks = np.random.default_rng(0).permutation(100).reshape(10, 10) + 1.0
    weights = ranks / ranks.sum(axis=1, keepdims=True)
    order = weights.ravel().argsort()
    strongest = weights == weights.max(axis=1, keepdims=True)
    kept = residual_layers(weights[None], residual=0, discard=share)[0] > 0
    expected = np.ones(100, dtype=bool)
    expected[order[: round(100 * share)]] = False
    assert np.array_equal(kept, expected.reshape(10, 10) | strongest)


def test_no_size_of_a_matrix_is_too_large_for_its_distance_from_rank_one():
    exact = distance_from_rank_one(np.eye(3))
    for scale in (1e200, 1e308, 1e-200, 5e-324):
        assert distance_from_rank_one(scale * np.eye(3)) == pytest.approx(exact)


def test_leading_axes_are_matrices_for_themselves():
    distances = distance_from_rank_one(MODEL)
    assert distances.shape == MODEL.shape[:-2]
    assert distances[1, 0] == distance_from_rank_one(MODEL[1, 0])


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
def test_axes_in_front_are_models_for_themselves(fusion):
    models = softmax(2 * np.random.default_rng(4).normal(size=(2, 3, 4, 2, 5, 5)))
    options = {"residual": 0.3, "fusion": fusion, "discard": 0.2, "start_layer": 1}
    several = rollout(models, **options)
    layers, row = residual_layers(models, **options), rollout_row(models, 3, **options)
    assert several.shape == (2, 3, 5, 5)
    for model in np.ndindex(2, 3):
        assert np.allclose(several[model], rollout(models[model], **options), atol=1e-15)
        assert np.array_equal(layers[model], residual_layers(models[model], **options))
        assert np.allclose(row[model], several[model][3], atol=1e-15)


def test_the_model_of_a_minimum_without_any_weight_is_named():
    models = np.full((2, 1, 2, 2, 2), 0.5)
    models[1, 0, :, 1] = np.eye(2)
    with pytest.raises(ValueError, match=r"layer 0, row 1 of \(1,\) has none"):
        rollout(models, fusion="min")
