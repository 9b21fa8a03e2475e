"""Sparse weights: against masked softmax, projections, and by definition."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import sparsity as s
from course_lib.attention import softmax
from course_lib.data import load_attention


def rand(*shape, seed=0, spread=2.0):
    return spread * np.random.default_rng(seed).normal(size=shape)


# --- fewer weights --------------------------------------------------------------------------------


@pytest.mark.parametrize("cutoff", [0.0, 0.1, 0.3])
def test_threshold_is_softmax_with_the_dropped_logits_masked(cutoff):
    logits = rand(2, 5, 7)
    weights = softmax(logits)
    keep = weights > cutoff
    rows = keep.any(axis=-1)
    masked = softmax(np.where(keep | ~rows[..., None], logits, -np.inf))
    found = s.threshold(weights, cutoff)
    np.testing.assert_allclose(found[rows], masked[rows])


def test_a_row_without_a_large_weight_keeps_its_first_largest():
    weights = np.array([[0.1] * 10, [0.05, 0.15, *[0.1] * 8]])
    found = s.threshold(weights, 0.2)
    assert found[0].tolist() == [1.0] + [0.0] * 9
    assert found[1].tolist() == [0.0, 1.0] + [0.0] * 8


def test_a_weight_on_the_cutoff_is_dropped_as_in_the_graph():
    assert s.threshold([[0.25, 0.75]], 0.25).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("k", [1, 2, 7])
def test_top_k_keeps_the_largest_in_proportion(k):
    weights = softmax(rand(3, 5, 7))
    found = s.top_k(weights, k)
    assert ((found > 0).sum(axis=-1) == k).all()
    smallest = np.where(found > 0, weights, np.inf).min(axis=-1)
    assert (np.where(found == 0, weights, 0).max(axis=-1) <= smallest).all()
    ratio = np.where(found > 0, found / weights, np.nan)
    np.testing.assert_allclose(np.nanmin(ratio, axis=-1), np.nanmax(ratio, axis=-1))
    np.testing.assert_allclose(found.sum(axis=-1), 1)


def test_of_equal_weights_the_first_are_kept():
    assert s.top_k([[0.25] * 4], 2).tolist() == [[0.5, 0.5, 0, 0]]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 999), st.floats(0, 1))
@settings(deadline=None)
def test_the_output_moves_at_most_as_far_as_the_bound(n_query, n_key, seed, cutoff):
    weights, values = softmax(rand(n_query, n_key, seed=seed)), rand(n_key, 3, seed=seed + 1)
    for sparse in (s.threshold(weights, cutoff), s.top_k(weights, (n_key + 1) // 2)):
        moved = np.linalg.norm(weights @ values - sparse @ values, axis=1)
        assert (moved <= s.error_bound(weights, sparse, values) + 1e-12).all()


def test_the_bound_can_be_reached():
    weights = [[0.5, 0.5]]
    sparse, values = [[1.0, 0.0]], [[1.0], [-1.0]]
    moved = np.linalg.norm(np.subtract(weights, sparse) @ values, axis=1)
    assert moved == s.error_bound(weights, sparse, values) == 1


def test_the_mass_is_what_lay_on_the_kept_edges():
    weights, _ = load_attention("it_tired")
    sparse = s.threshold(weights, 0.1)
    expected = 1 - np.where(sparse > 0, 0, weights).sum(axis=-1)
    np.testing.assert_allclose(s.kept_mass(weights, sparse), expected)
    change = np.abs(weights - sparse).sum(axis=-1) / 2
    np.testing.assert_allclose(change, 1 - s.kept_mass(weights, sparse), atol=1e-12)


# --- relatives of softmax -------------------------------------------------------------------------


def nearest_on_the_simplex(z):
    """Return the projection found by a general solver."""
    found = scipy.optimize.minimize(
        lambda p: ((p - z) ** 2).sum(),
        np.full(len(z), 1 / len(z)),
        jac=lambda p: 2 * (p - z),
        bounds=[(0, 1)] * len(z),
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x


@pytest.mark.parametrize("seed", range(8))
def test_sparsemax_is_the_projection_onto_the_simplex(seed):
    z = rand(6, seed=seed, spread=1)
    np.testing.assert_allclose(s.sparsemax(z), nearest_on_the_simplex(z), atol=1e-5)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8))
@settings(deadline=None)
def test_entmax_solves_its_equation(logits):
    z = np.array(logits) / 2
    tau = scipy.optimize.brentq(
        lambda t: (np.maximum(z - t, 0) ** 2).sum() - 1, z.max() - 1.1, z.max(), xtol=1e-14
    )
    expected = np.maximum(z - tau, 0) ** 2
    np.testing.assert_allclose(s.entmax15(logits), expected, atol=1e-6)


@pytest.mark.parametrize("function", [s.sparsemax, s.entmax15])
def test_both_are_distributions_that_a_shift_does_not_change(function):
    logits = rand(2, 3, 9)
    weights = function(logits)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert (weights >= 0).all()
    assert (weights == 0).any()
    np.testing.assert_allclose(function(logits + 3), weights)
    order = np.random.default_rng(1).permutation(9)
    np.testing.assert_allclose(function(logits[..., order]), weights[..., order])
    np.testing.assert_allclose(function([[1e6, 0.0]]), [[1, 0]])


def test_entmax_lies_between_softmax_and_sparsemax():
    logits = rand(200, 8)
    support = [(f(logits) > 0).sum() for f in (s.sparsemax, s.entmax15, softmax)]
    assert support[0] < support[1] < support[2]


@pytest.mark.parametrize("function", [s.sparsemax, s.entmax15])
@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
def test_both_along_any_axis(function, axis):
    logits = rand(3, 4, 5)
    logits[1, 2, 3] = -np.inf
    weights = function(logits, axis=axis)
    assert np.array_equal(weights, np.apply_along_axis(function, axis, logits))
    assert weights[1, 2, 3] == 0
    without = np.delete(np.moveaxis(logits, axis, -1)[0, 0], 0)
    assert np.allclose(function(np.insert(without, 0, -np.inf))[1:], function(without))


def test_the_bound_of_each_head_is_that_of_its_own_values():
    weights, values = softmax(rand(2, 3, 4, 5)), rand(2, 3, 5, 6)
    sparse = s.top_k(weights, 2)
    bounds = s.error_bound(weights, sparse, values)
    assert bounds.shape == (2, 3, 4)
    for k in np.ndindex(2, 3):
        np.testing.assert_allclose(bounds[k], s.error_bound(weights[k], sparse[k], values[k]))
    shared = s.error_bound(weights, sparse, values[0, 0])
    np.testing.assert_allclose(
        shared[1, 2], s.error_bound(weights[1, 2], sparse[1, 2], values[0, 0])
    )
