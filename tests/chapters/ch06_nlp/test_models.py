"""The models of chapter 06: padding, positions, causality, and greedy decoding."""

import pytest
import torch

from course_lib.chapters.ch06_nlp.models import TextClassifier, Translator
from course_lib.data.vocabulary import PAD
from course_lib.nn.attention import padding_mask

TOKENS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, PAD, PAD]])


def test_padding_changes_nothing():
    torch.manual_seed(0)
    model = TextClassifier(9, 2, 8).eval()
    logits, weights = model(TOKENS, return_weights=True)
    trimmed, alone = model(TOKENS[1:, :3], return_weights=True)
    torch.testing.assert_close(logits[1:], trimmed)
    torch.testing.assert_close(weights[1:, ..., :3, :3], alone)
    assert weights.shape == (2, 2, 4, 5, 5)
    assert (weights[1, ..., 3:] == 0).all()
    assert torch.equal(padding_mask(TOKENS)[1, 0], torch.tensor([True] * 3 + [False] * 2))


def test_an_empty_text_has_an_answer_without_nan():
    model = TextClassifier(9, 2, 8)
    assert torch.isfinite(model(torch.zeros(1, 4, dtype=torch.long))).all()


def test_without_positions_the_order_of_words_is_invisible():
    torch.manual_seed(0)
    order = torch.tensor([4, 2, 0, 1, 3])
    blind, seeing = (TextClassifier(9, 2, 8, positional=p).eval() for p in (False, True))
    torch.testing.assert_close(blind(TOKENS[:1]), blind(TOKENS[:1, order]))
    assert not torch.allclose(seeing(TOKENS[:1]), seeing(TOKENS[:1, order]), atol=1e-4)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="tokens must be at most 4 long, got 5"):
        TextClassifier(9, 2, 4)(TOKENS)


@pytest.fixture
def translator():
    torch.manual_seed(0)
    return Translator(9, 7, source_length=8, target_length=6, d_model=16).eval()


def test_the_decoder_does_not_look_ahead(translator):
    target = torch.tensor([[1, 2, 3, 4]])
    changed = torch.tensor([[1, 2, 5, 6]])
    one, other = (translator(TOKENS[:1], t) for t in (target, changed))
    torch.testing.assert_close(one[:, :2], other[:, :2])
    assert not torch.allclose(one[:, 2:], other[:, 2:], atol=1e-4)


def test_greedy_writes_the_most_likely_tokens(translator):
    written, weights = translator.greedy(TOKENS, start=1, length=5)
    assert written.shape == (2, 5)
    assert weights.shape == (2, 2, 4, 5, 5)
    given = torch.cat([torch.ones(2, 1, dtype=torch.long), written[:, :-1]], dim=1)
    logits, expected = translator(TOKENS, given, return_weights=True)
    assert torch.equal(logits[..., 1:].argmax(dim=-1) + 1, written)
    torch.testing.assert_close(weights, expected)
    assert (weights[1, ..., 3:] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 4, 5))


def test_greedy_never_writes_padding_even_when_it_is_the_likeliest(translator):
    with torch.no_grad():
        translator.predict.bias[0] = 100.0
    written, _ = translator.greedy(TOKENS, start=1, length=5)
    assert (written > 0).all()


def test_translating_does_not_depend_on_the_padding(translator):
    alone, _ = translator.greedy(TOKENS[1:, :3], start=1, length=5)
    batch, _ = translator.greedy(TOKENS, start=1, length=5)
    assert torch.equal(alone, batch[1:])
