"""What chapter 03 says in general, on all recorded sentences and on other random numbers."""

import numpy as np
import pytest

from course_lib.attention import attention, multi_head_attention, split_heads
from course_lib.data import available, load_attention, load_head_vectors
from course_lib.graph import attention_multigraph
from course_lib.heads import head_distance, offset_score, position_score

each_sentence = pytest.mark.parametrize("sentence", available())
each_seed = pytest.mark.parametrize("seed", range(10))


def recorded(sentence):
    return load_attention(sentence)[0]


def pairs_of_heads(layer):
    first, second = np.triu_indices(len(layer), k=1)
    return head_distance(layer[first], layer[second])


def without_projections(seed, n, heads, width):
    parts = split_heads(np.random.default_rng(seed).normal(size=(n, heads * width)), heads)
    return attention(parts, parts, parts)[1]


def share_on_itself(weights):
    return (weights.argmax(axis=-1) == np.arange(weights.shape[-1])).mean()


def test_in_the_first_figure_the_middle_layers_look_at_the_first_token():
    to_first = (position_score(recorded("it_tired"), 0) > 0.5).sum(axis=1)
    assert (to_first[1:5] >= 6).all()
    assert (to_first[[0, 5]] <= 1).all()


def test_an_unequal_split_is_told_by_numpy_without_the_numbers():
    with pytest.raises(ValueError, match="does not result in an equal division"):
        np.split(np.arange(8), 3)
    with pytest.raises(ValueError, match="reshape"):
        np.zeros((5, 8)).reshape(5, 3, 8 // 3)


@each_seed
def test_without_projections_tokens_look_at_themselves_if_there_are_features_enough(seed):
    weights = without_projections(seed, 8, 4, 16)  # as in the chapter
    assert share_on_itself(weights) == 1
    assert (np.diagonal(weights, axis1=-2, axis2=-1).mean(axis=-1) > 0.5).all()
    assert share_on_itself(without_projections(seed, 32, 4, 4)) < 0.5


@each_seed
def test_vectors_of_the_same_length_look_at_themselves_most(seed):
    x = np.random.default_rng(seed).normal(size=(32, 4))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert share_on_itself(attention(x, x, x)[1][None]) == 1


@each_seed
def test_random_projections_break_the_diagonal_only_if_query_and_key_differ(seed):
    rng = np.random.default_rng(seed)
    x, (w_q, w_k, w_v, w_o) = rng.normal(size=(8, 64)), rng.normal(size=(4, 64, 64)) / 8
    weights = multi_head_attention(x, w_q, w_k, w_v, w_o, num_heads=4)[1]
    assert share_on_itself(weights) < 0.4
    weights = multi_head_attention(x, w_q, w_q, w_v, w_o, num_heads=4)[1]
    assert share_on_itself(weights) > 0.8


def test_two_heads_of_the_first_layer_join_the_same_two_tokens():
    weights, tokens = load_attention("it_tired")
    layer = attention_multigraph(weights[0], tokens, threshold=0.5)
    edges = [(i, j) for i, j, _ in layer.edges(keys=True) if i != j]
    assert len(set(edges)) < len(edges)


@each_sentence
def test_the_same_heads_look_at_neighbours_and_none_at_the_separator(sentence):
    weights = recorded(sentence)
    previous, following = offset_score(weights, -1), offset_score(weights, 1)
    assert np.unravel_index(previous.argmax(), previous.shape) == (0, 2)
    assert np.unravel_index(following.argmax(), following.shape) == (1, 8)
    first, n = position_score(weights, 0), weights.shape[-1]
    assert min(previous.max(), following.max(), first.max()) > 0.5
    separator = position_score(weights, n - 1).max()
    assert separator < 0.5
    if sentence == "it_tired":
        assert 1.5 < separator * n < 2.5


@each_sentence
def test_the_mean_is_between_the_heads(sentence):
    for layer in recorded(sentence):
        nearest = head_distance(layer.mean(axis=0), layer).min()
        assert 0.05 < nearest < 0.75 * pairs_of_heads(layer).mean()


def test_the_mean_is_between_the_heads_of_the_model_that_writes():
    for layer in load_attention("repetition", model="smollm2")[0][::3]:
        nearest = head_distance(layer.mean(axis=0), layer).min()
        assert 0.05 < nearest < 0.75 * pairs_of_heads(layer).mean()


@pytest.mark.parametrize("text", sorted(available("smollm2")))
def test_the_same_heads_of_the_model_that_writes_win_on_all_texts(text):
    weights, _ = load_attention(text, model="smollm2")
    assert best_of(offset_score(weights, -1)) == (16, 0)
    assert best_of(position_score(weights, 0)) == (18, 8)
    assert not np.triu(weights, 1).any()  # nobody looks at the next token


def best_of(scores):
    return tuple(map(int, np.unravel_index(np.argmax(scores), scores.shape)))


def test_two_heads_that_share_keys_and_values_differ_by_their_queries_alone():
    heads = load_head_vectors("repetition", model="smollm2")
    induction, first = heads[18, 6], heads[18, 8]
    np.testing.assert_array_equal(induction.key, first.key)
    np.testing.assert_array_equal(induction.value, first.value)
    blue, pot = 15, 5
    assert first.tokens[blue] == first.tokens[pot - 1] == "blue"
    assert first.tokens[pot] == "pot"
    rows = {at: attention(h.query, h.key, h.value, mask=h.mask)[1][blue] for at, h in heads.items()}
    assert rows[18, 6].argmax() == pot
    assert rows[18, 8].argmax() == 0
    assert all(row[pot] < 0.01 for at, row in rows.items() if at != (18, 6))
    # Put the query of one into the other, and it looks where that one looked.
    swapped = attention(induction.query, first.key, first.value, mask=first.mask)[1]
    assert swapped[blue].argmax() == pot
