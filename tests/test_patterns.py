"""Patterns of attention: against NetworkX, and by definition."""

import networkx as nx
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from course_lib import patterns as p

RNG = np.random.default_rng(0)
PATTERNS = {
    "window": p.window_pattern(12, 2),
    "dilated": p.dilated_pattern(12, 2, 3),
    "global": p.global_pattern(12, [0, 7]),
    "random": p.random_pattern(12, 3, RNG),
    "block": p.block_pattern(12, 5),
    "window and global": p.window_pattern(12, 1) | p.global_pattern(12, [4]),
    "window and random": p.window_pattern(12, 1) | p.random_pattern(12, 1, RNG),
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_layers_to_full_reach_is_the_diameter(pattern):
    assert pattern.diagonal().all()
    graph = nx.from_numpy_array(pattern, create_using=nx.DiGraph)
    if nx.is_strongly_connected(graph):
        assert p.layers_to_full_reach(pattern) == nx.diameter(graph)
    else:
        assert p.layers_to_full_reach(pattern) is None


def test_patterns_by_definition():
    i, j = np.indices((9, 9))
    assert np.array_equal(p.window_pattern(9, 2), abs(i - j) <= 2)
    dilated = np.isin(i - j, [-6, -3, 0, 3, 6])
    assert np.array_equal(p.dilated_pattern(9, 2, 3), dilated)
    everywhere = (i == j) | (i == 4) | (j == 4)
    assert np.array_equal(p.global_pattern(9, [4]), everywhere)
    assert np.array_equal(p.block_pattern(9, 4), i // 4 == j // 4)
    drawn = p.random_pattern(9, 3, np.random.default_rng(1))
    assert (drawn.sum(axis=1) == 4).all()
    assert np.array_equal(drawn, p.random_pattern(9, 3, np.random.default_rng(1)))
    assert not np.array_equal(drawn, drawn.T)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_an_expander_has_two_neighbours_an_order_and_a_gap(d):
    pattern = p.expander_pattern(60, d, np.random.default_rng(d))
    assert np.array_equal(pattern, pattern.T)
    assert pattern.diagonal().all()
    assert 3 <= pattern.sum(axis=1).min() <= pattern.sum(axis=1).max() <= 2 * d + 1
    assert np.array_equal(pattern, p.expander_pattern(60, d, np.random.default_rng(d)))
    once = [p._joined([np.random.default_rng(k).permutation(60) for _ in range(d)]) for k in (7, 8)]
    assert all(p.spectral_gap(pattern) >= p.spectral_gap(one) - 0.1 for one in once)
    assert p.expander_pattern(1, d, np.random.default_rng(0)).shape == (1, 1)


def test_the_spectral_gap_is_that_of_the_walk():
    for pattern in PATTERNS.values():
        steps = pattern / pattern.sum(axis=1, keepdims=True)
        sizes = np.sort(np.abs(scipy.linalg.eigvals(steps)))
        assert p.spectral_gap(pattern) == pytest.approx(1 - sizes[-2], abs=1e-6)
    assert p.spectral_gap(PATTERNS["block"]) == pytest.approx(0, abs=1e-9)  # it falls apart
    assert p.spectral_gap([[False, True], [True, False]]) == 0  # it alternates
    cycle = p._joined([np.arange(40)])  # a closed form
    assert p.spectral_gap(cycle) == pytest.approx(2 / 3 * (1 - np.cos(2 * np.pi / 40)))
    with pytest.raises(ValueError, match="each row, got none in 1"):
        p.spectral_gap([[True, True], [False, False]])


def test_a_pattern_that_alternates_never_reaches_everything():
    assert p.layers_to_full_reach([[False, True], [True, False]]) is None
    assert p.layers_to_full_reach(np.ones((3, 3), dtype=bool)) == 1


def test_patterns_that_alternate_or_fall_apart_never_reach_everything():
    lengths = (2, 3, 5, 7, 11, 13, 17, 19, 23)  # would repeat only after 223,092,870 layers
    shift = np.zeros((100, 100), dtype=bool)
    start = 0
    for length in lengths:
        places = start + np.arange(length)
        shift[places, np.roll(places, -1)] = True
        start += length
    assert p.layers_to_full_reach(shift) is None
    assert p.layers_to_full_reach(~np.eye(2, dtype=bool)) is None  # there and back
    assert p.layers_to_full_reach(~np.eye(3, dtype=bool)) == 2
    assert p.layers_to_full_reach([[False]]) is None
    assert p.layers_to_full_reach([[True]]) == 1
    assert p.layers_to_full_reach(p.block_pattern(6, 3)) is None


@pytest.mark.parametrize("n", [2, 3, 10, 60])
def test_a_pattern_may_need_almost_n_squared_layers(n):
    # Wielandt (1950): a circle with one short cut needs the most of all, n² - 2n + 2.
    pattern = np.roll(np.eye(n, dtype=bool), 1, axis=1)
    pattern[n - 1, 1 % n] = True
    assert p.layers_to_full_reach(pattern) == n**2 - 2 * n + 2


@given(st.integers(1, 6), st.floats(0.1, 0.9), st.integers(0, 2**32 - 1))
def test_the_number_of_layers_is_that_of_powers_one_by_one(n, density, seed):
    pattern = np.random.default_rng(seed).random((n, n)) < density
    power, layers = pattern, 1
    while not power.all() and layers <= n**2:
        power, layers = power @ pattern, layers + 1
    assert p.layers_to_full_reach(pattern) == (layers if power.all() else None)
