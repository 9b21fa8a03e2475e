"""Scores and distances of heads against SciPy and small closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from course_lib.attention import softmax
from course_lib.data import load_attention, load_head_effects, load_recording
from course_lib.heads import (
    composition_score,
    duplicate_score,
    head_distance,
    induction_score,
    offset_score,
    position_score,
)

RNG = np.random.default_rng(0)
HEADS = softmax(2 * RNG.normal(size=(2, 3, 5, 5)))


@pytest.mark.parametrize("offset", range(-4, 5))
def test_offset_score_is_the_mean_over_queries_that_have_such_a_key(offset):
    scores = offset_score(HEADS, offset)
    assert scores.shape == (2, 3)
    pairs = [(i, i + offset) for i in range(5) if 0 <= i + offset < 5]
    expected = np.mean([HEADS[1, 2, i, j] for i, j in pairs])
    assert scores[1, 2] == pytest.approx(expected)


def test_a_previous_token_head_scores_one():
    previous = np.eye(5, k=-1)
    previous[0, 0] = 1
    assert offset_score(previous, -1) == 1
    assert offset_score(previous, 1) == 0


def test_position_score_is_the_mean_column():
    assert np.allclose(position_score(HEADS, 3), HEADS[..., 3].mean(axis=-1))
    assert np.allclose(position_score(HEADS, [0, 4]), HEADS[..., [0, 4]].sum(-1).mean(-1))
    assert np.allclose(position_score(HEADS, range(5)), 1)


def test_head_distance_is_scipys():
    first, second = HEADS[0, 0], HEADS[1, 1]
    expected = np.mean([jensenshannon(p, q, base=2) for p, q in zip(first, second, strict=True)])
    assert head_distance(first, second) == pytest.approx(expected)
    assert head_distance(first.T / first.T.sum(1, keepdims=True), second) != pytest.approx(expected)


def test_head_distance_broadcasts_over_heads():
    distances = head_distance(HEADS[0].mean(axis=0), HEADS[0])
    assert distances.shape == (3,)
    assert distances[2] == pytest.approx(float(head_distance(HEADS[0].mean(axis=0), HEADS[0, 2])))


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_head_distance_is_a_distance(n, seed):
    a, b, c = softmax(3 * np.random.default_rng(seed).normal(size=(3, n, n)))
    assert head_distance(a, a) == 0
    assert head_distance(a, b) == pytest.approx(float(head_distance(b, a)))
    assert 0 <= head_distance(a, b) <= 1
    assert head_distance(a, c) <= head_distance(a, b) + head_distance(b, c) + 1e-9


def test_heads_that_share_no_key_are_at_distance_one():
    assert head_distance(np.eye(3), np.roll(np.eye(3), 1, axis=1)) == pytest.approx(1)


def test_heads_of_cross_attention_have_scores_and_distances():
    first, second = np.array([[[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]], [[0, 0, 1.0], [0, 1.0, 0]]])
    assert position_score(first, 2) == pytest.approx(0.25)
    assert position_score([first, second], [0, 2]).tolist() == [0.625, 0.5]
    assert 0 < head_distance(first, second) < 1
    assert head_distance(second, second[::-1]) == 1


def by_loop(weights, tokens, after):
    """Ask each query with earlier copies for its weight on them, or on what followed them."""
    found = []
    for i in range(len(tokens)):
        keys = [j + after for j in range(i) if tokens[j] == tokens[i]]
        if keys:
            found.append(sum(weights[i, j] for j in keys))
    return np.mean(found)


@pytest.mark.parametrize(("score", "after"), [(duplicate_score, 0), (induction_score, 1)])
def test_scores_of_copies_are_those_of_a_plain_loop(score, after):
    for tokens in ("abaab", "aabba", "aaaaa", "abcda"):
        found = score(HEADS, list(tokens))
        assert found.shape == (2, 3)
        assert found[1, 2] == pytest.approx(by_loop(HEADS[1, 2], tokens, after))
        assert found[1, 2] != pytest.approx(by_loop(HEADS[1, 2].T, tokens, after))


def test_a_null_character_at_the_end_makes_another_token():
    apart = ["a", "b", "a\0", "\0", ""]
    for score in (duplicate_score, induction_score):
        with pytest.raises(ValueError, match="tokens must hold one that occurs twice"):
            score(HEADS, apart)
    assert np.array_equal(
        duplicate_score(HEADS, ["a\0", "b", "a\0", "\0", ""]), duplicate_score(HEADS, list("abacd"))
    )


def test_scores_of_copies_are_those_recorded_on_words_said_twice():
    effects = load_head_effects()
    weights, _ = load_attention("random_twice", model="smollm2")
    ids = load_recording("random_twice").ids
    for name, score in (("induction", induction_score), ("duplicate", duplicate_score)):
        # the recorded ones are means over four sequences, of which this is the first
        assert (
            np.corrcoef(score(weights, ids).ravel(), effects[f"score.{name}"].ravel())[0, 1] > 0.9
        )


def test_composition_is_the_papers_formula():
    reader, writer = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 4, 5))
    for k in range(2):
        norms = [np.sqrt(np.trace(m.T @ m)) for m in (reader[k] @ writer[k], reader[k], writer[k])]
        assert composition_score(reader, writer)[k] == pytest.approx(norms[0] / norms[1] / norms[2])
    np.testing.assert_allclose(
        composition_score(1e200 * reader, 1e-200 * writer), composition_score(reader, writer)
    )
    assert composition_score([[1, 0]], [[0], [1]]) == 0
