"""What chapter 01 says in general, on all recorded sentences and beyond them."""

import networkx as nx
import numpy as np
import pytest

from course_lib.attention import attention, softmax
from course_lib.data import available, load_attention, load_head_vectors
from course_lib.graph import attention_graph, attention_matrix, kept_mass, top_edges

SENTENCES = sorted(available())
MEANT = {
    "it_tired": ("dog", "ball"),
    "it_far": ("ball", "dog"),
    "it_small": ("lift", "sofa"),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_without_a_mask_every_head_is_a_complete_graph(name):
    weights, tokens = load_attention(name)
    assert (weights > 0).all()
    graph = attention_graph(weights[0, 0], tokens)
    assert graph.number_of_edges() == len(tokens) ** 2
    assert {degree for _, degree in graph.out_degree()} == {len(tokens)}
    assert nx.is_strongly_connected(graph)
    assert np.array_equal(attention_matrix(graph), weights[0, 0])


def test_a_mask_leaves_a_graph_that_is_neither():
    causal = np.tri(4) / np.tri(4).sum(axis=1, keepdims=True)
    graph = attention_graph(causal)
    assert graph.number_of_edges() < 16
    assert not nx.is_strongly_connected(graph)


@pytest.mark.parametrize("name", SENTENCES)
def test_every_layer_gives_the_first_token_more_than_an_equal_share(name):
    weights, tokens = load_attention(name)
    assert tokens[0] == "[CLS]"
    assert (weights[..., 0].mean(axis=(1, 2)) > 1.5 / len(tokens)).all()


@pytest.mark.parametrize("name", sorted(available("smollm2")))
def test_in_the_model_that_writes_the_first_token_draws_much_whatever_it_is(name):
    weights, _ = load_attention(name, model="smollm2")
    received = weights.mean(axis=(1, 2))  # layer, key
    assert received[:, 0].mean() > 0.35
    assert (received.argmax(axis=1) == 0).mean() > 0.8


@pytest.mark.parametrize("model", ["minilm", "smollm2"])
def test_in_real_models_the_first_token_can_receive_more_than_half(model):
    for name in available(model):
        received = load_attention(name, model=model)[0][..., 0].mean(axis=-1)
        assert (received > 0.5).mean() > 0.25, name


def test_with_words_as_nodes_later_rows_overwrite_earlier_ones():
    words = ["the", "cat", "saw", "the", "cat"]
    weights = softmax(np.random.default_rng(0).normal(size=(5, 5)))
    graph = nx.DiGraph()
    for (i, j), weight in np.ndenumerate(weights):
        graph.add_edge(words[i], words[j], weight=weight)
    assert graph.number_of_edges() == 9
    assert graph["cat"]["saw"]["weight"] == weights[4, 2]


@pytest.mark.parametrize("seed", range(20))
def test_columns_can_have_any_positive_sums(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    wanted = n * rng.dirichlet(np.full(n, 0.3))
    weights = np.tile(wanted / n, (n, 1))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights.sum(axis=0), wanted)


def test_the_strongest_edges_of_the_first_head_end_at_the_sink():
    weights, tokens = load_attention("it_tired")
    assert {key for _, key, _ in top_edges(weights[3, 1], 6)} == {tokens.index("[CLS]")}
    past = [edge for edge in top_edges(weights[3, 1], 40) if edge[1] != 0]
    assert len(past) >= 6


@pytest.mark.parametrize("name", SENTENCES)
def test_heads_differ_in_what_a_tenth_of_the_edges_holds(name):
    weights, tokens = load_attention(name)
    heads = weights.reshape(-1, len(tokens) ** 2)
    k = int(np.ceil(0.1 * heads.shape[1]))
    held = np.sort(heads, axis=1)[:, -k:].sum(axis=1) / len(tokens)
    assert held.max() > 1.5 * held.min()


def test_dropped_edges_can_hold_much_of_the_attention():
    weights, _ = load_attention("it_tired")
    assert kept_mass(weights[3, 1], 0.2) < 0.75


def test_the_first_head_falls_apart_long_before_much_of_the_mass_is_gone():
    head = load_attention("it_tired")[0][3, 1]
    assert nx.is_strongly_connected(attention_graph(head, threshold=0.001))
    assert not nx.is_strongly_connected(attention_graph(head, threshold=0.01))
    assert kept_mass(head, 0.01) > 0.95


def preferences():
    """Tell for each sentence which heads prefer the noun that is meant."""
    for name, nouns in MEANT.items():
        weights, tokens = load_attention(name)
        rows = weights[:, :, tokens.index("it")]
        meant, other = (rows[..., tokens.index(noun)] for noun in nouns)
        yield meant > other


def test_the_first_head_is_right_about_two_sentences_and_no_head_about_three():
    tired, far, small = preferences()
    assert tired[3, 1]
    assert far[3, 1]
    assert not (tired & far & small).any()
    right, wrong = (tired & far).sum(), (~tired & ~far).sum()
    assert 0 < right <= wrong < 5  # the others prefer the same noun in both
    weights, tokens = load_attention("it_tired")
    assert tokens[weights[3, 1, tokens.index("it")].argmax()] == "dog"


def test_the_same_word_at_two_places_attends_to_different_things():
    weights, tokens = load_attention("repeated_words")
    first, second = (place for place, token in enumerate(tokens) if token == "dog")
    distances = np.abs(weights[:, :, first] - weights[:, :, second]).sum(axis=-1) / 2
    assert distances.max() > 0.5


def test_a_spring_layout_differs_from_run_to_run_unless_it_has_a_seed():
    graph = attention_graph(np.array([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4], [0.1, 0.6, 0.3]]))
    first, second = nx.spring_layout(graph), nx.spring_layout(graph)
    assert not all(np.allclose(first[i], second[i]) for i in graph)
    first, second = nx.spring_layout(graph, seed=1), nx.spring_layout(graph, seed=1)
    assert all(np.allclose(first[i], second[i]) for i in graph)


def test_the_opened_edge_is_that_of_the_first_picture_and_made_of_vectors():
    weights, tokens = load_attention("it_tired")
    head = load_head_vectors("it_tired")[3, 1]
    output, own = attention(head.query, head.key, head.value)
    i, j = tokens.index("it"), tokens.index("dog")
    assert own[i, j] == pytest.approx(weights[3, 1, i, j], abs=0.001)
    # What moves is the value of the key: with another one there, the reader's output changes,
    # and the weight does not.
    other = head.value.copy()
    other[j] += 1
    moved, same = attention(head.query, head.key, other)
    np.testing.assert_array_equal(same, own)
    np.testing.assert_allclose(moved[i] - output[i], own[i, j])
