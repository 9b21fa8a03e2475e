"""What chapter 02 says in general, on all recorded sentences, other seeds and other sizes."""

import matplotlib
import networkx as nx
import numpy as np
import pytest

from course_lib.attention import attention, attention_logits, causal_mask, entropy, softmax
from course_lib.data import available, load_attention, load_head_vectors
from course_lib.graph import attention_graph
from course_lib.plots.cells import COLOURS
from course_lib.widgets.plane.view import KEYS, REACH

SENTENCES = sorted(available())
DIMENSIONS = [4, 16, 64, 256, 1024]
seeds = pytest.mark.parametrize("seed", range(5))


def isomorphic(before, after):
    return nx.is_isomorphic(
        attention_graph(before),
        attention_graph(after),
        edge_match=lambda a, b: np.isclose(a["weight"], b["weight"]),
    )


@seeds
def test_a_shift_changes_nothing_and_a_difference_of_1_is_a_factor_of_e(seed):
    logits = np.random.default_rng(seed).normal(size=(3, 6))
    np.testing.assert_allclose(softmax(logits + 5), softmax(logits))
    weights = softmax([[0.3, 1.3, *logits[0]]])[0]
    assert weights[1] / weights[0] == pytest.approx(np.e)


@seeds
def test_a_higher_temperature_evens_out_the_weights(seed):
    scores = 3 * np.random.default_rng(seed).normal(size=(40, 5))
    widths = [entropy(softmax(scores / temperature)) for temperature in (0.3, 1, 2, 5)]
    assert (np.diff(widths, axis=0) > 0).all()


@pytest.mark.parametrize(("dtype", "first"), [("float16", 12), ("float64", 710)])
def test_where_exp_overflows(dtype, first):
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(np.arange(1000, dtype=dtype))).argmax() == first


@seeds
def test_only_with_the_scale_the_entropy_stays_as_d_grows(seed):
    def spread(d, scale):
        query, key = np.random.default_rng([seed, d]).normal(size=(2, 128, d))
        return entropy(softmax(attention_logits(query, key, scale=scale))).mean()

    scaled = [spread(d, 1 / np.sqrt(d)) for d in DIMENSIONS]
    unscaled = [spread(d, 1) for d in DIMENSIONS]
    assert max(scaled) - min(scaled) < 0.3
    assert (np.diff(unscaled) < 0).all()
    assert unscaled[-1] < 0.3


@seeds
def test_the_variance_of_a_dot_product_is_d(seed):
    query, key = np.random.default_rng(seed).normal(size=(2, 2000, 64))
    assert (query @ key.T).var() == pytest.approx(64, rel=0.1)
    assert attention_logits(query, key).var() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("gap", [0.0, 1.0, 3.0, 9.0])
def test_a_weight_grows_with_its_logit_at_the_rate_a_times_1_minus_a(gap):
    logits, step = np.array([gap, 0.0, -0.5, 0.3]), 1e-6
    weight, nudged = softmax(logits)[0], softmax(logits + step * np.eye(4)[0])[0]
    assert (nudged - weight) / step == pytest.approx(weight * (1 - weight), abs=1e-5)


@seeds
def test_outputs_lie_between_the_values(seed):
    rng = np.random.default_rng(seed)
    query, key, value = rng.normal(size=(3, 6, 4)) * [[[5]], [[1]], [[1]]]
    output, _ = attention(query, key, value)
    assert (output >= value.min(axis=0)).all()
    assert (output <= value.max(axis=0)).all()


@seeds
def test_a_causal_mask_leaves_a_dag_with_self_loops(seed):
    x = np.random.default_rng(seed).normal(size=(6, 4))
    graph = attention_graph(attention(x, x, x, mask=causal_mask(6))[1])
    assert nx.number_of_selfloops(graph) == 6
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert nx.is_directed_acyclic_graph(graph)


@seeds
def test_masking_keys_is_deleting_them(seed):
    rng = np.random.default_rng(seed)
    x, mask = rng.normal(size=(6, 4)), rng.permutation([True] * 4 + [False] * 2)
    weights = attention(x, x, x, mask=mask[None])[1]
    deleted = attention(x[mask], x[mask], x[mask])[1]
    np.testing.assert_allclose(weights[np.ix_(mask, mask)], deleted)


@seeds
def test_a_new_order_is_an_isomorphism_only_without_the_causal_mask(seed):
    rng = np.random.default_rng(seed)
    x, order = rng.normal(size=(5, 4)), np.array([3, 0, 4, 1, 2])
    output, weights = attention(x, x, x)
    moved_output, moved = attention(x[order], x[order], x[order])
    assert isomorphic(weights, moved)
    np.testing.assert_allclose(moved_output, output[order])
    np.testing.assert_allclose(moved, weights[order][:, order])
    causal = attention(x, x, x, mask=causal_mask(5))[1]
    moved_causal = attention(x[order], x[order], x[order], mask=causal_mask(5))[1]
    assert not isomorphic(causal, moved_causal)


def test_renormalising_after_the_softmax_fails_where_a_later_key_takes_everything():
    weights = softmax([[0.0, 1.0], [0.0, 1.0]]) * causal_mask(2)
    np.testing.assert_allclose((weights / weights.sum(axis=1, keepdims=True))[0], [1, 0])
    weights = softmax([[0.0, 1000.0], [0.0, 1.0]]) * causal_mask(2)
    assert weights[0].sum() == 0


def test_a_large_negative_number_serves_only_below_all_allowed_logits():
    assert softmax([5.0, -1e9])[1] == 0
    assert softmax([-2e9, -1e9])[1] == 1
    assert softmax([-2e9, -np.inf])[1] == 0


def test_a_long_query_gives_most_to_the_key_it_points_at_in_the_first_figure():
    keys = np.array(KEYS)
    for place, key in enumerate(keys):
        query = key * REACH / np.abs(key).max()  # as far as the plane goes
        assert softmax(attention_logits(query[None], keys))[0, place] > 0.7


def test_a_large_weight_is_drawn_dark_in_a_heatmap_of_this_course():
    colours = matplotlib.colormaps[COLOURS]([0.0, 1.0])[:, :3].mean(axis=1)
    assert colours[0] > 0.8 > 0.4 > colours[1]  # so the sharpest head is a dark line


@pytest.mark.parametrize("name", SENTENCES)
def test_no_head_is_as_wide_as_can_be_and_the_sharpest_looks_at_the_token_before(name):
    weights, tokens = load_attention(name)
    table = entropy(weights).mean(axis=-1) / np.log(len(tokens))
    assert table.max() < 0.95
    assert (table.max(axis=1) - table.min(axis=1) > 0.2).all()
    head = weights[np.unravel_index(table.argmin(), table.shape)]
    assert (head[1:].argmax(axis=1) == np.arange(len(tokens) - 1)).all()
    assert np.diag(head, -1).min() > 0.9


@pytest.mark.parametrize("name", ["it_tired", "agreement"])
def test_much_weight_on_a_short_value_brings_a_smaller_share(name):
    head = load_head_vectors(name)[4, 5]
    output, weights = attention(head.query, head.key, head.value)
    sizes = np.linalg.norm(head.value, axis=1)
    assert sizes[0] < 0.1 * sizes[1:].min()
    shares = weights * (output @ head.value.T) / (output**2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    words = slice(1, None)
    assert (weights[words, 0] > 0.5).all()
    assert (shares[words, 0] < weights[words, 0]).all()
    assert np.median(shares[words, 0]) < 0.15
    # With a value as long as the others', the same weight brings most of the output.
    longer = head.value.copy()
    longer[0] *= np.median(sizes) / sizes[0]
    output = weights @ longer
    shares = weights * (output @ longer.T) / (output**2).sum(axis=1, keepdims=True)
    assert np.median(shares[words, 0]) > 0.5


def test_the_later_keys_of_the_head_that_writes_are_masked():
    head = load_head_vectors("repetition", model="smollm2")[18, 6]
    second = [i for i, token in enumerate(head.tokens) if token == "blue"][1]
    assert not head.mask[second, second + 1 :].any()
    assert head.mask[second, : second + 1].all()


def test_rotary_positions_make_logits_depend_on_distance_alone():
    """A pair of entries is rotated by an angle that grows with the position."""
    query, key = np.random.default_rng(0).normal(size=(2, 2))

    def rotated(vector, position):
        c, s = np.cos(0.3 * position), np.sin(0.3 * position)
        return np.array([[c, -s], [s, c]]) @ vector

    logits = [rotated(query, i) @ rotated(key, i - 2) for i in range(2, 9)]
    np.testing.assert_allclose(logits, logits[0])
    assert rotated(query, 5) @ rotated(key, 2) != pytest.approx(logits[0])
