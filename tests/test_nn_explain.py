"""Importance of words, and attention changed by others: against plain loops and by definition."""

import math

import pytest
import scipy.spatial.distance
import torch

from course_lib.chapters.ch06_nlp.models import TextClassifier
from course_lib.nn import attribution, explain
from course_lib.nn.open_transformer import open_model
from course_lib.nn.training import seeded

TOKENS = torch.tensor([[3, 1, 4, 1, 5], [2, 6, 5, 0, 0]])
REAL = TOKENS != 0


@pytest.fixture
def model():
    model = seeded(lambda: TextClassifier(8, 3, 6, d_model=8, num_heads=2), 1).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 3  # so that attention is far from uniform
    return model.eval()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def probabilities(model, tokens, **options):
    with torch.no_grad():
        return model(tokens, **options).softmax(dim=-1)


def test_attention_importance_is_what_each_key_gets(model):
    _, weights = model(TOKENS, return_weights=True)
    found = explain.attention_importance(model, TOKENS)
    for row, count in ((0, 5), (1, 3)):
        expected = weights[row, :, :, :count].mean(dim=(0, 1, 2))
        torch.testing.assert_close(found[row], expected)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(2).double())


def test_gradient_is_the_derivative_by_a_one_hot_token(model):
    found = explain.gradient_importance(model, TOKENS)
    one_hot = nn_one_hot(TOKENS).requires_grad_()
    vectors = one_hot @ model.embedding.token.weight
    vectors = vectors + model.embedding.position(torch.arange(5))
    answer = model.from_vectors(vectors, TOKENS).softmax(dim=-1).max(dim=-1).values.sum()
    (gradient,) = torch.autograd.grad(answer, one_hot)
    expected = gradient.gather(-1, TOKENS.unsqueeze(-1)).squeeze(-1).abs() * REAL
    torch.testing.assert_close(found, expected)
    assert (found[REAL] > 0).all()


def nn_one_hot(tokens):
    return torch.nn.functional.one_hot(tokens, 8).double()


def test_leave_one_out_by_a_loop(model):
    found = explain.leave_one_out(model, TOKENS)
    whole = probabilities(model, TOKENS)
    for i in range(2):
        for j in range(5):
            without = TOKENS[i : i + 1].clone()
            without[0, j] = 0
            moved = (probabilities(model, without) - whole[i]).abs().sum() / 2
            torch.testing.assert_close(found[i, j], moved)
    assert (found[~REAL] == 0).all()


def test_distances_are_scipys():
    p, q = (torch.rand(4, 5, generator=generator(k)).double() for k in (0, 1))
    p, q = p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True)
    p[0, 0], q[1] = 0, 0
    q[1, 2] = 1
    p = p / p.sum(-1, keepdim=True)
    expected = scipy.spatial.distance.jensenshannon(p.numpy(), q.numpy(), axis=1) ** 2
    torch.testing.assert_close(explain.jensen_shannon(p, q), torch.tensor(expected))
    torch.testing.assert_close(explain.total_variation(p, q), torch.cdist(p, q, p=1).diagonal() / 2)


def test_jensen_shannon_ends_at_log_2_and_has_finite_gradients():
    p, q = torch.tensor([1.0, 0.0], requires_grad=True), torch.tensor([0.0, 1.0])
    apart = explain.jensen_shannon(p, q)
    assert apart.item() == pytest.approx(math.log(2))
    apart.backward()
    assert p.grad.isfinite().all()


def test_uniform_weights_are_the_mean_over_real_tokens(model):
    weights = explain.uniform_weights(TOKENS)
    assert weights.shape == (2, 1, 1, 5)
    torch.testing.assert_close(weights[1, 0, 0], torch.tensor([1, 1, 1, 0, 0]) / 3)
    trimmed = explain.uniform_weights(TOKENS[1:, :3]).double()
    torch.testing.assert_close(
        probabilities(model, TOKENS[1:], weights=[weights[1:].double()] * 2),
        probabilities(model, TOKENS[1:, :3], weights=[trimmed] * 2),
    )


def test_a_models_own_weights_given_back_change_nothing(model):
    logits, weights = model(TOKENS, return_weights=True)
    for given in (weights, weights.unbind(1)):  # as many texts as layers
        again, used = model(TOKENS, weights=given, return_weights=True)
        torch.testing.assert_close(again, logits)
        torch.testing.assert_close(used, weights)
    with pytest.raises(ValueError, match="weights must have shape"):
        model(TOKENS, weights=weights.transpose(0, 1)[:, :1])
    only_second, used = model(TOKENS, weights=[None, weights[:, 1]], return_weights=True)
    torch.testing.assert_close(only_second, logits)
    with pytest.raises(ValueError, match="weights must be one for each of 2 layers, got 1"):
        model(TOKENS, weights=[None])


def test_filling_may_hold_anything(model):
    vectors = model.embedding(TOKENS).detach()
    expected = model.from_vectors(vectors, TOKENS)
    vectors[TOKENS == 0] = torch.nan
    vectors.requires_grad_()
    found = model.from_vectors(vectors, TOKENS)
    torch.testing.assert_close(found, expected)
    found.sum().backward()
    assert vectors.grad.isfinite().all()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_shuffled_rows_hold_the_same_weights_on_the_same_real_keys(model):
    _, weights = model(TOKENS, return_weights=True)
    shuffled = explain.shuffled_weights(weights, TOKENS, generator())
    torch.testing.assert_close(shuffled.sort(dim=-1).values, weights.sort(dim=-1).values)
    assert (shuffled[1, ..., 3:] == 0).all()
    assert not torch.equal(shuffled, weights)
    assert not torch.equal(shuffled, explain.shuffled_weights(weights, TOKENS, generator(1)))


def test_the_adversary_is_apart_and_reports_what_it_did(model):
    before = [parameter.clone() for parameter in model.parameters()]
    _, own = model(TOKENS, return_weights=True)
    weights, moved, apart = explain.adversarial_attention(
        model, TOKENS, steps=100, generator=generator()
    )
    answer = probabilities(model, TOKENS, weights=weights.unbind(1))
    torch.testing.assert_close(moved, explain.total_variation(answer, probabilities(model, TOKENS)))
    for row, count in ((0, 5), (1, 3)):
        rows = weights[row, :, :, :count]
        torch.testing.assert_close(rows.sum(dim=-1), torch.ones(2, 2, count).double())
        expected = explain.jensen_shannon(rows, own[row, :, :, :count]).mean()
        torch.testing.assert_close(apart[row], expected)
    assert (weights[1, ..., 3:] == 0).all()
    assert (apart > 0.3).all()
    assert (moved <= 0.05).all()
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter, old)
        assert parameter.grad is None


def test_a_text_of_nothing_but_filling_has_weights_of_zero(model):
    tokens = torch.tensor([[1, 2, 0], [0, 0, 0]])
    generator = torch.Generator().manual_seed(0)
    found = explain.adversarial_attention(model, tokens, steps=2, generator=generator)
    assert all(part.isfinite().all() for part in found)
    assert found[0][1].abs().sum() == 0


def test_weights_are_shuffled_among_real_keys_wherever_the_filling_is():
    tokens = torch.tensor([[3, 0, 4, 0]])
    weights = torch.tensor([0.7, 0.0, 0.3, 0.0]).expand(1, 1, 1, 4, 4)
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        dealt = explain.shuffled_weights(weights, tokens, generator)
        assert (dealt[..., [1, 3]] == 0).all()
        torch.testing.assert_close(dealt.sum(-1), torch.ones(1, 1, 1, 4))


def test_alike_distributions_are_not_less_than_nothing_apart():
    p = torch.full((3,), 1 / 3)
    assert explain.jensen_shannon(p, p * (1 + 1e-7)) >= 0


def test_explanations_are_the_same_in_inference_mode_and_of_what_was_made_in_it():
    def with_luck(model, tokens):
        luck = torch.Generator().manual_seed(0)
        return explain.adversarial_attention(model, tokens, steps=3, generator=luck)[0]

    tokens = torch.tensor([[1, 2, 3, 0]])
    model = seeded(lambda: TextClassifier(5, 2, 4, d_model=4, num_heads=1, num_layers=1), 0)
    opened = open_model(model)
    cases = [(explain.gradient_importance, model, tokens), (with_luck, model, tokens)]
    cases += [
        (f, opened, tokens[0]) for f in (attribution.gradient_times_input, attribution.attn_lrp)
    ]
    cases += [(lambda *given: attribution.weight_gradients(*given)[1], opened, tokens[0])]
    for function, explained, text in cases:
        expected = function(explained, text)
        with torch.inference_mode():
            assert torch.equal(function(explained, text), expected)
            inferred = text.clone()
        assert torch.equal(function(explained, inferred), expected)
