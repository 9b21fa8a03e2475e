"""What chapter 13 says in general, on all recorded texts, other seeds, and by intervention."""

import networkx as nx
import numpy as np
import pytest
import torch

from course_lib.chapters.ch13_causal import cases, tasks
from course_lib.chapters.ch13_causal.models import LENGTH, WORDS, AttentionOnly
from course_lib.chapters.runs import load_runs
from course_lib.data import available, load_attention, load_head_effects, load_predictions
from course_lib.heads import duplicate_score, induction_score, position_score
from course_lib.nn.training import seeded
from course_lib.rollout import rollout_row

EFFECTS, RUNS = load_head_effects(), load_runs("patterns")
TEXTS = {name: load_attention(name, model="smollm2") for name in available("smollm2")}
HALF = 24
WHOLE = EFFECTS["losses.none"][:, HALF:]
BY_TEXT = {
    way: (EFFECTS[f"losses.{way}"][..., HALF:] - WHOLE).mean(axis=-1) for way in ("zero", "mean")
}
COST = {way: found.mean(axis=-1) for way, found in BY_TEXT.items()}
SCORES = {kind: EFFECTS[f"score.{kind}"] for kind in ("previous", "induction", "duplicate")}


def best(scores, count):
    order = np.argsort(-scores, axis=None)[:count]
    return [divmod(int(place), scores.shape[1]) for place in order]


# --- the graph ---


@pytest.mark.parametrize("seed", range(5))
def test_a_complete_causal_graph_has_one_topological_order_only(seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(7)
    weights = cases._in_order(cases.causal_weights(rng, 7), order)
    graph = nx.from_numpy_array(weights - np.diag(np.diag(weights)), create_using=nx.DiGraph)
    (only,) = nx.all_topological_sorts(graph)
    assert only[::-1] == order.tolist()
    graph.remove_edge(order[1], order[0])  # with an edge less, there may be more
    assert len(list(nx.all_topological_sorts(graph))) > 1


@pytest.mark.parametrize("name", TEXTS)
def test_token_0_is_the_sink_of_this_model(name):
    weights, _ = TEXTS[name]
    received = weights[:, :, 1:].mean(axis=(0, 1, 2))
    assert received.argmax() == 0
    assert received[0] > 3 * np.delete(received, 0).max()
    assert position_score(weights[:, :, 1:], 0).mean(axis=1).min() < 0.2  # not in every layer


# --- scores ---


def test_the_loss_falls_in_all_texts_but_not_equally():
    first = EFFECTS["losses.none"][:, : HALF - 1].mean(axis=1)
    second = WHOLE.mean(axis=1)
    assert (second < first - 4).all()
    assert second.max() > 2 * second.min()
    even = np.log(49_152)  # of its tokens
    assert EFFECTS["ids"].max() < 49_152
    assert (second < even - 2).all()
    assert (first > even + 1).all()


def test_nearly_every_word_is_likelier_in_the_second_copy():
    losses = EFFECTS["losses.none"]
    fell = losses[:, : HALF - 1] - losses[:, HALF:]
    assert ((fell > 0).mean(axis=1) > 0.9).all()
    told, _ = load_predictions("random_twice")
    tokens = TEXTS["random_twice"][1]
    second = range(HALF, 2 * HALF - 1)
    right = np.mean([told[query][0].strip() == tokens[query + 1] for query in second])
    assert 0.5 < right < 0.8  # often the first guess, and far from always


def test_bright_heads_nearly_always_look_most_at_what_comes_next():
    query = np.arange(HALF, 2 * HALF)
    looked = TEXTS["random_twice"][0][:, :, query].argmax(axis=-1)
    for head in best(SCORES["induction"], 4):
        assert (looked[head] == query - HALF + 1).mean() > 0.8


def test_even_attention_would_score_a_few_hundredths():
    even = np.tri(2 * HALF) / np.arange(1, 2 * HALF + 1)[:, None]
    twice = list(range(HALF)) * 2
    assert 0.02 < induction_score(even, twice) < 0.05
    assert 0.02 < duplicate_score(even, twice) < 0.05
    assert max(scores.max() for scores in SCORES.values()) > 0.5


def test_the_wrong_score_finds_others_with_high_values():
    found = duplicate_score(*TEXTS["random_twice"])
    assert not set(best(found, 5)) & set(best(SCORES["induction"], 5))
    assert found.max() > 0.5


def test_two_lower_heads_make_equal_paths_and_the_upper_one_hears_one():
    (upper,), lower = best(SCORES["induction"], 1), best(SCORES["previous"], 4)
    weights, _ = TEXTS["random_twice"]
    i = np.arange(HALF, 2 * HALF)
    k = i - HALF + 1
    paths = [(weights[upper][i, k] * weights[low][k, k - 1]).mean() for low in lower]
    assert abs(paths[0] - paths[1]) < 0.02
    assert min(paths) > max(paths) - 0.1  # the others follow closely
    heard = [EFFECTS["composition.key"][low + upper] for low in lower]
    assert heard[0] > 2.5 * max(heard[1:])


WITHOUT, HEARD = EFFECTS["score.induction.without"], EFFECTS["composition.key"]


def without_each(reader):
    """Return the reader's score without each earlier head, and how well it could hear them."""
    layer, head = reader
    return WITHOUT[:layer, :, layer, head], HEARD[:layer, :, layer, head]


def test_one_previous_token_head_stands_behind_nine_of_the_ten_induction_heads():
    source, deaf = best(SCORES["previous"], 2)
    readers = best(SCORES["induction"], 10)
    fell = [reader for reader in readers if best(-without_each(reader)[0], 1) == [source]]
    assert len(fell) == 9
    assert all(WITHOUT[source + reader] < SCORES["induction"][reader] / 2 for reader in fell)
    assert all(abs(WITHOUT[deaf + r] - SCORES["induction"][r]) < 0.02 for r in readers)
    for reader in readers[:4]:
        assert HEARD[source + reader] in np.sort(without_each(reader)[1], axis=None)[-2:]
    (other,) = set(readers) - set(fell)
    after, heard = without_each(other)
    assert (other, *best(-after, 1), *best(heard, 1)) == ((20, 6), (19, 3), (19, 3))
    assert SCORES["previous"][19, 3] > 0.6


def test_random_matrices_compose_by_one_over_the_root_of_the_width():
    rng, d = np.random.default_rng(0), 576
    for _ in range(5):
        qk, ov = (rng.normal(size=(d, 64)) @ rng.normal(size=(64, d)) for _ in range(2))
        score = np.linalg.norm(qk @ ov) / (np.linalg.norm(qk) * np.linalg.norm(ov))
        assert score == pytest.approx(d**-0.5, rel=0.1)
    assert np.median(HEARD[HEARD > 0]) == pytest.approx(d**-0.5, rel=0.1)  # most pairs, too


def test_composition_is_no_proof():
    reader = best(SCORES["induction"], 1)[0]
    after, heard = without_each(reader)
    (loudest,) = best(heard, 1)
    assert reader == (18, 6)
    assert after[loudest] > SCORES["induction"][reader] - 0.1
    source = best(SCORES["previous"], 1)[0]
    weaker = [r for r in best(SCORES["induction"], 10) if WITHOUT[source + r] < 0.5]
    places = [(without_each(r)[1] > HEARD[source + r]).sum() for r in weaker]
    assert max(places) > 90


# --- switching off ---


def test_by_zero_most_costly_heads_are_in_the_first_layers_and_by_the_mean_most_of_it_is_gone():
    costly = best(COST["zero"], 6)
    assert sum(layer < 3 for layer, _ in costly) >= 4
    by_zero, by_mean = (sum(COST[way][head] for head in costly) for way in ("zero", "mean"))
    assert by_mean < by_zero / 2
    assert sum(layer < 3 for layer, _ in best(COST["mean"], 6)) <= 3
    assert COST["mean"][:3].sum() < COST["zero"][:3].sum() / 2


def test_one_previous_token_head_costs_most_on_average_and_another_next_to_nothing():
    first, second = best(SCORES["previous"], 2)
    assert best(COST["mean"], 1) == [first]
    assert best(BY_TEXT["mean"][..., 1], 1) != [first]  # not on each text
    assert BY_TEXT["mean"][first].min() > 2
    assert SCORES["previous"][first] - SCORES["previous"][second] < 0.02
    assert abs(COST["mean"][second]) < 0.2


def test_the_best_induction_head_costs_in_every_text_and_the_third_best_nothing():
    first, _, third = best(SCORES["induction"], 3)
    assert BY_TEXT["mean"][first].min() > 1.5
    assert SCORES["induction"][third] > 0.6
    assert abs(COST["mean"][third]) < 0.05


@pytest.mark.parametrize("kind", ["previous", "induction"])
@pytest.mark.parametrize("way", COST)
def test_scores_and_costs_correlate_weakly_and_their_ranks_hardly(way, kind):
    pair = np.array([COST[way].ravel(), SCORES[kind].ravel()])
    assert 0.1 < np.corrcoef(pair)[0, 1] < 0.35
    assert abs(np.corrcoef(pair.argsort().argsort())[0, 1]) < 0.12
    # A few heads have much of both: without six of them, nothing is left of the correlation.
    parts = np.sort((pair - pair.mean(axis=1, keepdims=True)).prod(axis=0))
    assert parts[:-6].sum() < 0


def test_a_mean_over_texts_can_deceive():
    assert BY_TEXT["mean"][1, 5].max() > 8
    assert BY_TEXT["mean"][1, 5].min() < -1
    assert (1, 5) in best(COST["mean"], 3)


def loss(name, way):
    return EFFECTS[f"losses.{way}.{name}"][..., HALF:].mean(axis=(-2, -1))


@pytest.mark.parametrize("way", COST)
def test_the_ten_induction_heads_are_far_outside_their_null(way):
    own, null = loss("induction", way), loss("like_induction", way)
    assert own > null.max() + 4
    assert own > WHOLE.mean() + 0.6 * (EFFECTS["losses.none"][:, : HALF - 1].mean() - WHOLE.mean())
    # in each text, too
    each = EFFECTS[f"losses.{way}.like_induction"][..., HALF:].mean(axis=-1)
    assert (EFFECTS[f"losses.{way}.induction"][:, HALF:].mean(axis=-1) > each.max(axis=0)).all()


def test_the_five_previous_token_heads_pass_by_the_mean_only():
    assert loss("previous", "mean") > loss("like_previous", "mean").max() + 1
    assert loss("previous", "zero") < np.sort(loss("like_previous", "zero"))[-2]
    # Of the null sets that harm most by zero, it is the heads of the lowest layers that do it.
    rises = [
        [COST["zero"][tuple(head)] for head in sorted(heads)]
        for heads in EFFECTS["set.like_previous"].tolist()
    ]
    harm = loss("like_previous", "zero")
    worst = np.argsort(-harm)[:5]
    lowest = np.array(rises)[:, :2].sum(axis=1)  # layers 1 and 2
    assert lowest[worst].min() > 2 * np.median(np.array(rises)[:, 2:].sum(axis=1))


def test_on_each_text_the_ten_pass_and_the_five_do_not():
    def by_text(name, way):
        return EFFECTS[f"losses.{way}.{name}"][..., HALF:].mean(axis=-1)

    for way in ("zero", "mean"):
        assert (by_text("induction", way) > by_text("like_induction", way).max(axis=0) + 1).all()
    passed = by_text("previous", "mean") > by_text("like_previous", "mean").max(axis=0)
    assert passed.any()
    assert not passed.all()


def test_the_ten_together_cost_more_than_one_by_one_on_average():
    each = sum(BY_TEXT["mean"][tuple(head)] for head in EFFECTS["set.induction"])
    together = (EFFECTS["losses.mean.induction"][:, HALF:] - WHOLE).mean(axis=-1)
    assert together.mean() > each.mean() + 1
    assert (together > each).sum() == 3  # not on every text


# --- training ---


def test_two_layers_learn_the_path_at_once_from_every_seed():
    runs = RUNS["two layers"]
    assert len(runs["loss"]) == 5
    assert runs["accuracy"].min() > 0.99
    steps = np.array([runs[f"{what} half-way at"] for what in ("loss", "previous", "induction")])
    assert np.ptp(steps, axis=0).max() <= 10
    assert (runs["induction"] > 0.95).all()
    assert (runs["induction, layer 0 silent"] < 0.2).all()
    assert (runs["loss, layer 0 silent"] > 3).all()


def test_one_layer_does_not_whatever_heads_and_time_unless_the_length_is_fixed():
    for name, runs in RUNS.items():
        if name.startswith("one layer") and "period" not in name:
            assert 0.15 < runs["accuracy"].min() <= runs["accuracy"].max() < 0.4, name
            assert runs["induction"].max() < 0.3
            assert runs["loss"].max() < np.log(32) - 1  # better than nothing
    assert RUNS["one layer, always period 12"]["accuracy"].min() > 0.99


def test_a_new_seed_learns_it_as_suddenly():
    examples, test = tasks.patterns_task(train=3200, test=64)
    model, kept = seeded(lambda: AttentionOnly(2), 5), []
    for step in tasks.measured_steps(
        model, examples, test, kept, seed=5, every=20, **(tasks.PATTERNS_TRAINING | {"epochs": 8})
    ):
        if step.done == 140:
            break
    losses = [entry["loss"] for entry in kept]
    assert losses[3] > 0.85 * losses[0]
    assert losses[-1] < 0.1
    assert kept[-1]["accuracy"] > 0.98
    for layer in (0, 1):  # neither head is of use without the other: worse than an even guess
        alone = tasks.measure(model, test, silent=(layer,))
        assert alone["accuracy"] < 0.25
        assert alone["loss"] > np.log(WORDS)


def test_what_stands_at_the_first_a_knows_nothing_of_the_b_after_it():
    model = seeded(lambda: AttentionOnly(2), 0)
    text = torch.arange(LENGTH)[None] % WORDS
    other = text.clone()
    other[0, 5] = (text[0, 5] + 1) % WORDS
    with torch.no_grad():
        moved = (model(text) - model(other)).abs().amax(dim=2)[0]
    assert moved[:5].max() == 0
    assert moved[5:].min() > 0


def test_texts_and_measures_are_what_they_say():
    texts = tasks.make_patterns(50, 3)
    logits = torch.zeros(50, LENGTH, 32)
    for row, period in zip(texts.tokens.tolist(), texts.periods.tolist(), strict=True):
        assert 8 <= period <= 16
        assert len(set(row[:period])) == period
        assert all(row[i] == row[i - period] for i in range(period, LENGTH))
    known = tasks.repeated(texts.periods)
    for i, t in np.argwhere(known.numpy())[:200]:  # column t is about token t + 1
        assert t >= texts.periods[i]
    assert tasks.losses(logits, texts.tokens).mean().item() == pytest.approx(np.log(32))
    model = AttentionOnly(2)
    found = tasks.measure(model, texts)
    with torch.no_grad():
        _, weights = model(texts.tokens, return_weights=True)
    by_hand = [
        np.mean([weights[b, 1, 0, i, i - p + 1].item() for i in range(p, 2 * p)])
        for b, p in enumerate(texts.periods.tolist())
    ]
    counts = texts.periods.numpy()
    assert found["induction"] >= np.average(by_hand, weights=counts) - 1e-6
    assert not torch.equal(model(texts.tokens), model(texts.tokens, silent=(0,)))


# --- walks ---


@pytest.mark.parametrize("name", TEXTS)
def test_rollout_collapses_on_token_0_then_shows_a_u(name):
    weights, tokens = TEXTS[name]
    last = len(tokens) - 1
    for residual in (0, 0.5):
        assert rollout_row(weights, last, residual=residual)[0] > 0.99
    for residual in (0.95, 0.99):
        row = rollout_row(weights, last, residual=residual)
        assert min(row[0], row[last]) > np.delete(row, [0, last]).max()


def test_for_a_u_the_share_has_to_be_large():
    query = HALF + HALF // 2
    for residual, has_it in ((0.9, False), (0.95, True), (0.99, True)):
        row = rollout_row(TEXTS["random_twice"][0], query, residual=residual)
        assert (min(row[0], row[query]) > row[1:query].max()) == has_it


MID_COPY = range(HALF + 2, 2 * HALF - 1)  # the copied word is then neither the sink nor next to it


def ranks_of_copied_word(weights, residual):
    """Return the rank of the word that comes next, for each query, but for the sink and itself."""
    rows = {query: rollout_row(weights, query, residual=residual) for query in MID_COPY}
    return [1 + (row[1:i] > row[i - HALF + 1]).sum() for i, row in rows.items()]


def test_at_no_share_does_the_copied_word_come_first_unless_its_heads_are_alone():
    weights, tokens = TEXTS["random_twice"]
    copying = SCORES["induction"].argmax(axis=1)
    alone = weights[np.arange(len(weights)), copying][:, None]
    for residual in (0, 0.5, 0.9, 0.95, 0.99):
        assert min(ranks_of_copied_word(weights, residual)) > 1
    assert ranks_of_copied_word(alone, 0.99) == [1] * len(MID_COPY)
    told, _ = load_predictions("random_twice")
    query = HALF + HALF // 2
    assert told[query][0].strip() == tokens[query + 1]  # which the model expects
    # The induction heads are what does it: of other heads, one for each layer is not enough.
    rng = np.random.default_rng(0)
    others = rng.integers(8, size=len(weights))
    others += others >= copying
    other = weights[np.arange(len(weights)), others][:, None]
    assert min(ranks_of_copied_word(other, 0.99)) > 1


@pytest.mark.parametrize("seed", range(3))
def test_the_share_of_token_0_never_shrinks_on_the_way_down(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        layers = cases.causal_weights(rng, 5, 6, scale=3)
        assert (np.diff(cases.on_first(layers)) >= -1e-12).all()
