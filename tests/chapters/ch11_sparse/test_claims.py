"""What chapter 11 says in general, tried on all that is recorded and on random input."""

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import connected_components

from course_lib.attention import softmax
from course_lib.data import available, load_attention, load_head_vectors
from course_lib.nn import sparse as nn_sparse
from course_lib.patterns import expander_pattern, spectral_gap
from course_lib.sparsity import (
    entmax15,
    error_bound,
    global_pattern,
    kept_mass,
    layers_to_full_reach,
    random_pattern,
    sparsemax,
    threshold,
    window_pattern,
)

seeds = pytest.mark.parametrize("seed", range(5))
CUTOFFS = 0.02, 0.05, 0.1, 0.2


def first_figure():
    """The head and the values of the chapter's first figure."""
    recorded, tokens = load_attention("it_tired")
    values = np.random.default_rng(0).normal(size=(len(tokens), 16))
    return recorded[2, 3], values / np.linalg.norm(values, axis=1, keepdims=True)


def test_the_first_figure_loses_its_paths_long_before_its_attention():
    head, _ = first_figure()
    sparse = threshold(head, 0.1)
    assert (sparse > 0).mean() < 0.2
    assert kept_mass(head, sparse).mean() > 2 / 3
    assert connected_components(sparse > 0, connection="strong")[0] == len(head)
    assert connected_components(sparse > 0, connection="weak")[0] == 1


def test_the_bound_holds_for_every_recorded_head_and_is_far_for_random_values():
    for name in available():
        weights, tokens = load_attention(name)
        rng = np.random.default_rng(len(tokens))
        values = rng.normal(size=(len(tokens), 16))
        for cutoff in CUTOFFS:
            sparse = threshold(weights, cutoff)
            moved = np.linalg.norm((weights - sparse) @ values, axis=-1)
            # Recorded in half precision: rows sum to 1 but for some thousandths.
            assert (moved <= error_bound(weights, sparse, values) + 5e-3).all()
    head, values = first_figure()
    for cutoff in CUTOFFS:
        sparse = threshold(head, cutoff)
        moved = np.linalg.norm((head - sparse) @ values, axis=1).max()
        assert moved < 0.6 * error_bound(head, sparse, values).max()


def test_ten_tokens_are_the_fewest_with_an_empty_row():
    assert not (softmax(np.zeros(10)) > 0.1).any()
    rng = np.random.default_rng(0)
    assert (softmax(rng.normal(size=(1000, 9))) > 0.1).any(axis=1).all()


@seeds
def test_sparsemax_is_nearest_and_does_not_notice_a_shift(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=8)
    weights = sparsemax(logits)
    assert np.allclose(sparsemax(logits + 5), weights)
    others = softmax(3 * rng.normal(size=(1000, 8)))
    apart = np.linalg.norm(others - logits, axis=1)
    assert np.linalg.norm(weights - logits) <= apart.min()
    z = -np.sort(-logits)
    above = z > (z.cumsum() - 1) / np.arange(1, 9)
    assert above[: above.sum()].all()  # the first ones, without a gap


def test_entmax_lies_between_the_two_with_two_logits():
    apart = np.linspace(0.01, 6, 300)
    pairs = np.stack([apart, np.zeros(300)], axis=1)
    low, middle, high = (f(pairs)[:, 0] for f in (softmax, entmax15, sparsemax))
    assert (low <= middle + 1e-12).all()
    assert (middle <= high + 1e-12).all()
    assert (low < 1).all()


@seeds
@pytest.mark.parametrize("way", [nn_sparse.sparsemax, nn_sparse.entmax15])
def test_a_key_of_weight_0_gets_no_gradient(way, seed):
    row = torch.tensor(2 * np.random.default_rng(seed).normal(size=6), requires_grad=True)
    weights = way(row)
    assert (weights == 0).any()
    (weights * torch.arange(6)).sum().backward()
    assert (row.grad[weights == 0] == 0).all()


def test_a_window_needs_more_layers_as_the_text_grows_and_a_global_position_two():
    for n, radius in ((7, 2), (16, 3), (33, 4), (64, 3)):
        assert layers_to_full_reach(window_pattern(n, radius)) == -(-(n - 1) // radius)
        joined = window_pattern(n, radius) | global_pattern(n, [n // 3])
        assert layers_to_full_reach(joined) == 2


@seeds
def test_few_random_keys_do_what_a_hundred_layers_of_a_window_would(seed):
    joined = window_pattern(512, 3) | random_pattern(512, 3, np.random.default_rng(seed))
    assert joined.mean() < 0.02
    assert layers_to_full_reach(joined) < 171 - 100


def test_heads_differ_widely_in_the_edges_that_they_need():
    shares = []
    for name in available():
        weights, tokens = load_attention(name)
        held = np.cumsum(-np.sort(-np.asarray(weights, dtype=float)), axis=-1)
        shares.append(((held < 0.9).sum(axis=-1) + 1).mean(axis=-1) / len(tokens))
    shares = np.mean(shares, axis=0)
    assert (shares < 1 / 4).sum() > 5
    assert (shares > 1 / 2).sum() > 5
    assert (shares < 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_expanders_read_all_alike_and_random_keys_do_not(seed):
    n, rng = 512, np.random.default_rng(seed)
    window, drawn, expander = (
        window_pattern(n, 3),
        random_pattern(n, 6, rng),
        expander_pattern(n, 3, rng),
    )
    assert max(drawn.sum(), expander.sum()) < 1.01 * window.sum() + 7
    gaps = [spectral_gap(pattern) for pattern in (window, expander, drawn)]
    assert gaps[0] < 1e-3 < 0.2 < gaps[1] < gaps[2]
    assert layers_to_full_reach(expander) < 10
    if drawn.sum(axis=0).min() == 1:  # nobody reads a position but itself
        assert layers_to_full_reach(drawn) is None
    assert drawn.sum(axis=0).min() <= 3
    assert drawn.sum(axis=0).max() >= 12
    assert (expander.sum(axis=0) == 7).mean() > 0.9
    assert expander.sum(axis=0).min() >= 5


def test_with_a_gap_of_one_a_walk_forgets_its_start_after_a_few_steps_and_not_at_once():
    n, pattern = 16, np.zeros((16, 16), dtype=bool)
    for i in range(n):  # i shifted by a bit: four steps replace all bits
        pattern[i, [2 * i % n, (2 * i + 1) % n]] = True
    assert spectral_gap(pattern) == pytest.approx(1, abs=1e-3)
    assert layers_to_full_reach(pattern) == 4


def test_flex_attention_lists_only_the_blocks_that_a_mask_does_not_leave_empty():
    from torch.nn.attention.flex_attention import create_block_mask

    def window(_batch, _head, query, key):
        return (query - key).abs() <= 32

    mask = create_block_mask(window, None, None, 1024, 1024, device="cpu", BLOCK_SIZE=128)
    listed = mask.kv_num_blocks.sum() + mask.full_kv_num_blocks.sum()
    assert listed == 8 + 7 + 7  # of 64: those on the diagonal and beside it


def test_a_mean_key_may_hide_a_key_that_fits_well():
    key = np.array([[5.0], [-5.0], [1.0], [1.0]])  # two blocks of two
    logits = key[:, 0]
    assert logits.argmax() // 2 == 0
    assert key.reshape(2, 2).mean(axis=1).argmax() == 1


def attention_of(vectors):
    """The weights of a head whose queries and keys are recorded."""
    logits = vectors.query @ vectors.key.T / np.sqrt(vectors.query.shape[1])
    return softmax(logits if vectors.mask is None else np.where(vectors.mask, logits, -np.inf))


def test_with_the_values_of_real_heads_some_outputs_pass_half_of_their_bound():
    largest = []
    texts = {"minilm": ("it_tired", "agreement"), "smollm2": ("agreement", "repetition")}
    for model, text in [(model, text) for model, names in texts.items() for text in names]:
        for head in load_head_vectors(text, model=model).values():
            weights = attention_of(head)
            for cutoff in CUTOFFS:
                sparse = threshold(weights, cutoff)
                moved = np.linalg.norm((weights - sparse) @ head.value, axis=1)
                bound = error_bound(weights, sparse, head.value)
                lost = bound > 1e-6
                largest.append((moved[lost] / bound[lost]).max())
    assert 0.6 < max(largest) < 0.8


@seeds
def test_with_random_values_single_outputs_pass_half_of_their_bound_too(seed):
    for name in ("it_tired", "agreement"):
        weights, tokens = load_attention(name)
        values = np.random.default_rng(seed).normal(size=(len(tokens), 16))
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        sparse = threshold(weights, 0.1)
        moved = np.linalg.norm((weights - sparse) @ values, axis=-1)
        bound = error_bound(weights, sparse, values)
        share = np.divide(moved, bound, where=bound > 1e-6, out=np.zeros(bound.shape))
        heads = share.max(axis=-1)
        assert np.median(heads) > 0.5  # in most heads, one or the other
        assert heads.max() < 0.95


@seeds
def test_layers_to_full_reach_are_the_diameter(seed):
    rng = np.random.default_rng(seed)
    for pattern in (
        window_pattern(40, 3),
        window_pattern(40, 2) | random_pattern(40, 1, rng),
        window_pattern(40, 2) | global_pattern(40, [7]),
        expander_pattern(40, 2, rng),
    ):
        graph = nx.from_numpy_array(pattern, create_using=nx.DiGraph)
        assert layers_to_full_reach(pattern) == nx.diameter(graph)


def test_few_steps_do_not_make_an_expander():
    gaps = []
    for n in (20, 100, 400):
        stars = nx.disjoint_union(nx.star_graph(n // 2 - 1), nx.star_graph(n // 2 - 1))
        stars.add_edge(0, n // 2)
        pattern = (nx.to_numpy_array(stars) + np.eye(n)) > 0
        assert layers_to_full_reach(pattern) == 3
        gaps.append(spectral_gap(pattern))
    assert gaps[2] < 0.1 * gaps[0]
    assert gaps[2] < 0.01 < spectral_gap(expander_pattern(400, 2, np.random.default_rng(0)))


@seeds
def test_random_keys_have_a_larger_gap_than_orders_with_as_many_edges(seed):
    rng = np.random.default_rng(seed)
    assert spectral_gap(random_pattern(256, 6, rng)) > spectral_gap(expander_pattern(256, 3, rng))


@seeds
def test_the_logits_above_their_tau_are_the_first_ones_without_a_gap(seed):
    rng = np.random.default_rng(seed)
    for _ in range(200):
        z = np.sort(rng.normal(scale=rng.choice([0.01, 1, 30]), size=rng.integers(1, 9)))[::-1]
        if rng.random() < 0.5:
            z = np.round(z)  # ties
        above = z > (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        assert above[: above.sum()].all()
        np.testing.assert_array_equal(sparsemax(z) > 0, above)


def test_sparsemax_has_no_zeros_where_logits_lie_close_together():
    assert (sparsemax(np.array([0, 0.1, 0.2])) > 0).all()
    assert (sparsemax(np.array([0, 0.1, 1.2])) == 0).any()


def test_twice_the_text_has_four_times_the_pairs_and_about_twice_the_edges():
    for n in (512, 1024, 2048):
        longer, shorter = window_pattern(2 * n, 32), window_pattern(n, 32)
        assert longer.size == 4 * shorter.size
        assert 2 < longer.sum() / shorter.sum() < 2.1
