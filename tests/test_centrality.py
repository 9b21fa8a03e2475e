"""Centrality against NetworkX, SciPy's eigenvectors and brute force, on asymmetric graphs."""

import itertools
import math
from fractions import Fraction

import igraph
import networkx as nx
import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.attention import attention, causal_mask, softmax
from course_lib.centrality import (
    BLOCK,
    betweenness,
    closeness,
    hits,
    in_strength,
    pagerank,
    rank_correlation,
    remove_tokens,
    row_correlations,
    stationary_distribution,
)
from course_lib.graph import attention_graph

MEASURES = [in_strength, pagerank, stationary_distribution, betweenness, closeness]
PERIODIC = np.roll(np.eye(3), 1, axis=1)  # 0 -> 1 -> 2 -> 0
TWO_PARTS = np.kron(np.eye(2), [[0.25, 0.75], [0.5, 0.5]])


@st.composite
def attention_weights(draw, least=2):
    n, seed = draw(st.integers(least, 6)), draw(st.integers(0, 2**32 - 1))
    return softmax(2 * np.random.default_rng(seed).normal(size=(n, n)))


def example(n=6, seed=0):
    return softmax(2 * np.random.default_rng(seed).normal(size=(n, n)))


@given(attention_weights(), st.floats(0, 0.99))
def test_pagerank_is_networkxs(weights, damping):
    graph = attention_graph(weights)
    expected = nx.pagerank(graph, alpha=damping, tol=1e-12, max_iter=5000)
    assert np.allclose(pagerank(weights, damping=damping), list(expected.values()), atol=1e-8)


def test_direction_decides_what_pagerank_means():
    weights = example()
    flow = nx.pagerank(attention_graph(weights, direction="flow"), tol=1e-12)
    assert not np.allclose(pagerank(weights), list(flow.values()), atol=1e-3)


@given(attention_weights())
def test_the_stationary_distribution_is_scipys_eigenvector(weights):
    values, left = scipy.linalg.eig(weights, left=True, right=False)
    vector = np.real(left[:, np.argmin(abs(values - 1))])
    assert np.allclose(stationary_distribution(weights), vector / vector.sum())


def test_pagerank_tends_to_the_stationary_distribution():
    weights = example()
    gaps = [
        np.abs(pagerank(weights, damping=c) - stationary_distribution(weights)).max()
        for c in (0.5, 0.9, 0.99, 0.9999)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-4


def test_a_causal_mask_leads_every_walk_to_the_first_token():
    x = np.random.default_rng(0).normal(size=(5, 3))
    weights = attention(x, x, x, mask=causal_mask(5))[1]
    assert np.array_equal(stationary_distribution(weights), [1, 0, 0, 0, 0])


def test_doubly_stochastic_weights_have_a_uniform_stationary_distribution():
    weights = (np.eye(4) + np.roll(np.eye(4), 1, axis=1) + np.roll(np.eye(4), 3, axis=0)) / 3
    assert np.allclose(stationary_distribution(weights), 1 / 4)
    assert np.allclose(pagerank(weights), 1 / 4)


def test_a_periodic_walk_has_its_share_of_time():
    assert np.allclose(stationary_distribution(PERIODIC), 1 / 3)
    assert np.allclose(pagerank(PERIODIC, damping=0.99), 1 / 3)


def test_a_sink_takes_everything():
    sink = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    assert np.array_equal(stationary_distribution(sink), [1, 0, 0])
    assert betweenness(sink).tolist() == [0, 0, 0]
    assert closeness(sink)[2] == 0


def test_two_parts_that_are_never_left_are_named():
    with pytest.raises(ValueError, match=r"weights .* 2 parts, .* \[0, 1\] or at \[2, 3\]"):
        stationary_distribution(TWO_PARTS)
    assert np.allclose(pagerank(TWO_PARTS)[:2], pagerank(TWO_PARTS)[2:])
    assert betweenness(TWO_PARTS).tolist() == [0] * 4


@given(attention_weights())
def test_hits_is_networkxs(weights):
    values = np.linalg.svd(weights, compute_uv=False)
    if values[1] > 0.999 * values[0]:
        return  # nearly two answers
    hubs, authorities = nx.hits(attention_graph(weights), max_iter=10_000, tol=1e-12)
    ours = hits(weights)
    assert np.allclose(ours[0], list(hubs.values()), atol=1e-6)
    assert np.allclose(ours[1], list(authorities.values()), atol=1e-6)


def test_hits_without_one_answer_says_so():
    with pytest.raises(ValueError, match="weights must have one largest singular value"):
        hits(PERIODIC)


def ways(weights, start, end):
    """Return every way without repeats from start to end, with its product of weights."""
    others = [k for k in range(len(weights)) if k not in (start, end)]
    for size in range(len(others) + 1):
        for between in itertools.permutations(others, size):
            way = (start, *between, end)
            product = np.prod([weights[i, j] for i, j in itertools.pairwise(way)])
            if product > 0:
                yield way, product


@given(attention_weights(least=3))
def test_betweenness_and_closeness_by_brute_force(weights):
    n = len(weights)
    counts, lengths = np.zeros(n), np.zeros((n, n))
    for start, end in itertools.permutations(range(n), 2):
        found = list(ways(weights, start, end))
        best = max(product for _, product in found)
        lengths[start, end] = -np.log(best)
        shortest = [way for way, product in found if product >= best * (1 - 1e-12)]
        for way in shortest:
            counts[list(way[1:-1])] += 1 / len(shortest)
    assert np.allclose(betweenness(weights), counts / ((n - 1) * (n - 2)))
    assert np.allclose(closeness(weights), (n - 1) / lengths.sum(axis=0))


@st.composite
def simple_fractions(draw):
    """Rows of few halves, thirds and so on: many ways have exactly the same product."""
    n = draw(st.integers(3, 5))
    parts = draw(
        st.lists(st.lists(st.integers(0, 2), min_size=n, max_size=n), min_size=n, max_size=n)
    )
    rows = [row if any(row) else [1] * n for row in parts]
    return [[Fraction(part, sum(row)) for part in row] for row in rows]


@given(simple_fractions())
def test_equally_short_ways_share_a_pair_exactly(weights):
    n = len(weights)
    counts = [Fraction(0)] * n
    for start, end in itertools.permutations(range(n), 2):
        found = {}  # (product, edges of weight 1) -> ways
        for size in range(n - 1):
            others = [k for k in range(n) if k not in (start, end)]
            for between in itertools.permutations(others, size):
                way = (start, *between, end)
                edges = [weights[i][j] for i, j in itertools.pairwise(way)]
                if all(edges):
                    found.setdefault((math.prod(edges), -edges.count(1)), []).append(way)
        shortest = found[max(found)] if found else []
        for way in shortest:
            for k in way[1:-1]:
                counts[k] += Fraction(1, len(shortest))
    expected = [float(count / ((n - 1) * (n - 2))) for count in counts]
    assert np.allclose(betweenness(np.array(weights, dtype=float)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [64, 200])  # the second is compared in more than one block
def test_betweenness_is_igraphs_at_size(n):
    weights = softmax(np.random.default_rng(n).normal(size=(n, n)))
    weights[weights < 0.2 / n] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    tails, heads = np.nonzero(weights * ~np.eye(n, dtype=bool))
    graph = igraph.Graph(n, list(zip(tails, heads, strict=True)), directed=True)
    expected = graph.betweenness(weights=list(-np.log(weights[tails, heads])))
    assert np.allclose(betweenness(weights) * (n - 1) * (n - 2), expected, rtol=0, atol=1e-9)


def test_far_weights_break_nothing():
    steps = np.full((8, 8), 1e-300) + np.roll(np.eye(8), 1, axis=1)
    for weights in (np.kron(np.eye(2)[::-1], np.eye(4)), steps / steps.sum(axis=1, keepdims=True)):
        found = betweenness(weights)
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()


def test_weights_are_not_lengths():
    weights = np.array([[0.0, 0.9, 0.1], [0.1, 0.0, 0.9], [0.5, 0.5, 0.0]])
    assert betweenness(weights)[1] > 0  # 0 -> 1 -> 2 is strong, 0 -> 2 is weak
    graph = attention_graph(weights)
    taken_as_lengths = nx.betweenness_centrality(graph, weight="weight")
    assert taken_as_lengths[1] == 0


def test_a_cycle_of_certain_edges_is_no_endless_way():
    weights = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
    assert betweenness(weights).tolist() == [0, 0, 0]
    assert closeness(weights)[2] == 0
    assert np.isfinite(closeness(weights)).all()


@given(attention_weights(), st.integers(0, 2**32 - 1))
def test_relabelling_commutes(weights, seed):
    order = np.random.default_rng(seed).permutation(len(weights))
    moved = weights[order][:, order]
    for measure in MEASURES:
        assert np.allclose(measure(moved), measure(weights)[order], atol=1e-9), measure.__name__


@pytest.mark.parametrize("measure", MEASURES)
def test_one_token_alone(measure):
    assert measure([[1.0]]).shape == (1,)


def test_shapes_and_sums():
    weights = example()
    assert in_strength(weights).sum() == pytest.approx(6)
    assert np.array_equal(in_strength(weights), weights.sum(axis=0))
    for measure in (pagerank, stationary_distribution):
        assert measure(weights).sum() == pytest.approx(1)


@given(st.integers(0, 2**32 - 1))
def test_removing_tokens_is_masking_them_as_keys(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(5, 5))
    gone = rng.choice(5, size=rng.integers(1, 5), replace=False)
    stay = np.setdiff1d(np.arange(5), gone)
    expected = softmax(logits[np.ix_(stay, stay)])
    assert np.allclose(remove_tokens(softmax(logits), gone), expected)


def test_removing_changes_the_ranking_of_the_rest():
    weights = np.array([[0.0, 0.9, 0.1], [0.5, 0.0, 0.5], [0.9, 0.1, 0.0]])
    assert np.argsort(-in_strength(weights)).tolist() == [0, 1, 2]
    assert np.allclose(remove_tokens(weights, [0]), [[0, 1], [1, 0]])
    assert np.array_equal(remove_tokens(weights, []), weights)


def test_a_token_left_with_nothing_is_named():
    weights = [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    with pytest.raises(ValueError, match=r"without \[0\], \[1\] have nothing"):
        remove_tokens(weights, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=9))
def test_rank_correlation_is_pearsons_of_mean_ranks(pairs):
    first, second = np.array(pairs).T
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        with pytest.raises(ValueError, match="must hold different scores"):
            rank_correlation(first, second)
        return

    def ranks(scores):
        return [(scores < x).sum() + (scores == x).sum() / 2 for x in scores]

    expected = np.corrcoef(ranks(first), ranks(second))[0, 1]
    assert np.isclose(rank_correlation(first, second), expected)
    assert np.isclose(rank_correlation(first, -second), -expected)


# --- exact shares ---------------------------------------------------------------------------------


def in_fractions(weights, damping=None):
    """Return where a walk is found in the long run, by Gauss's elimination in exact fractions.

    The diagonal is what the other weights of a row leave of 1: in float64 it may have lost them.
    """
    n = len(weights)
    chain = [[Fraction(float(weight)) for weight in row] for row in weights]
    for i, row in enumerate(chain):
        row[i] = 1 - sum(row[:i]) - sum(row[i + 1 :])
    if damping is not None:
        c = Fraction(damping)
        chain = [[(1 - c) / n + c * weight for weight in row] for row in chain]
    left = [[chain[j][i] - (i == j) for j in range(n)] for i in range(n)]
    left[-1], right = [Fraction(1)] * n, [Fraction(0)] * (n - 1) + [Fraction(1)]
    for k in range(n):
        pivot = next(row for row in range(k, n) if left[row][k] != 0)
        for side in (left, right):
            side[k], side[pivot] = side[pivot], side[k]
        for row in range(n):
            if row != k and left[row][k] != 0:
                factor = left[row][k] / left[k][k]
                left[row] = [x - factor * y for x, y in zip(left[row], left[k], strict=True)]
                right[row] -= factor * right[k]
    return np.array([float(right[k] / left[k][k]) for k in range(n)])


TINY = 1e-16  # 1 - TINY / 2 is 1


@pytest.mark.parametrize(
    ("weights", "exact"),
    [
        (
            softmax([[40, 0, 0], [1, 40, 0], [0, 2, 40]]),
            [0.537329670874, 0.356163350206, 0.106506978919],
        ),
        ([[1 - TINY, TINY], [TINY / 2, 1 - TINY / 2]], [1 / 3, 2 / 3]),
        ([[1, 1e-300], [1e-310, 1]], [1e-10, 1]),
        ([[0, 1], [5e-324, 1]], [5e-324, 1]),
        ([[1, 3e-20, 0], [0, 1, 2e-20], [1e-20, 0, 1]], [2 / 11, 3 / 11, 6 / 11]),
    ],
)
def test_nearly_separate_parts_have_their_exact_shares(weights, exact):
    assert np.allclose(stationary_distribution(weights), exact, rtol=1e-8, atol=0)
    assert np.allclose(in_fractions(weights), exact, rtol=1e-8, atol=0)


@given(
    st.integers(1, 7),
    st.sampled_from([1, 10, 40, 300]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([None, 0.0, 0.85, 0.995, 1 - 2**-30, 1 - 2**-53]),
)
@settings(deadline=None, max_examples=60)
def test_every_share_is_that_of_exact_fractions(n, sharpness, seed, damping):
    weights = softmax(sharpness * np.random.default_rng(seed).normal(size=(n, n)))
    weights = np.maximum(weights, 1e-140)  # their products stay in float64
    exact = in_fractions(weights, damping)
    if damping is None:
        ours = stationary_distribution(weights)
        seen = exact > 1e-280
    else:
        ours, seen = pagerank(weights, damping=damping), exact > 0
        assert (ours > 0).all()
    assert np.allclose(ours[seen], exact[seen], rtol=1e-12, atol=1e-14 if damping else 0)


@pytest.mark.parametrize("n", [BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 2 * BLOCK + 1, 150])
def test_blocks_of_states_are_eliminated_like_single_ones(n):
    weights = example(n)
    shares = stationary_distribution(weights)
    assert np.abs(shares @ weights - shares).max() < 1e-16
    assert shares.sum() == pytest.approx(1)


def test_who_leads_to_a_part_that_is_never_left_has_no_share():
    inside = np.array([[1 - 1e-17, 1e-17], [3e-17, 1 - 3e-17]])  # the first is 1 in float64
    weights = np.zeros((4, 4))
    weights[1:3, 1:3], weights[0], weights[3] = inside, 0.25, [0.5, 0, 0.5, 0]
    assert np.allclose(stationary_distribution(weights), [0, 0.75, 0.25, 0])


@pytest.mark.parametrize("measure", MEASURES)
def test_leading_axes_are_matrices_for_themselves(measure):
    weights = softmax(np.random.default_rng(3).normal(size=(2, 3, 5, 5)))
    found = measure(weights)
    assert found.shape == (2, 3, 5)
    for layer, head in np.ndindex(2, 3):
        assert np.array_equal(found[layer, head], measure(weights[layer, head]))


def test_leading_axes_of_hits_and_of_removing():
    weights = softmax(np.random.default_rng(3).normal(size=(2, 3, 5, 5)))
    hubs, authorities = hits(weights)
    assert np.allclose(hubs[1, 2], hits(weights[1, 2])[0])
    assert np.allclose(authorities[1, 2], hits(weights[1, 2])[1])
    rest = remove_tokens(weights, [1, 4])
    assert np.array_equal(rest[0, 1], remove_tokens(weights[0, 1], [1, 4]))
    stranded = np.stack([np.eye(3)[[1, 0, 2]], np.full((3, 3), 1 / 3)])
    with pytest.raises(ValueError, match=r"without \[0\], \[1\] have nothing"):
        remove_tokens(stranded, 0)


def test_leading_axes_of_rank_correlations():
    first, second = np.random.default_rng(6).integers(5, size=(2, 2, 3, 8))
    found = rank_correlation(first, second)
    assert found.shape == (2, 3)
    for k in np.ndindex(2, 3):
        expected = scipy.stats.spearmanr(first[k], second[k]).statistic
        assert found[k] == pytest.approx(expected)
        assert found[k] == rank_correlation(first[k], second[k])
    matrices = np.random.default_rng(7).normal(size=(2, 3, 4, 4))
    rows = row_correlations(matrices, matrices[::-1])
    assert np.array_equal(rows[0, 2], row_correlations(matrices[0, 2], matrices[1, 2]))
    with pytest.raises(ValueError, match=r"effects must have the shape .* \(4, 4\), got \(3, 3\)"):
        row_correlations(matrices[0, 0], matrices[0, 0, :3, :3])
