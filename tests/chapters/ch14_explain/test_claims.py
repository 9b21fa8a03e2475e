"""What chapter 14 says in general, on all recorded texts and all seeds."""

import numpy as np
import pytest
import torch

from course_lib.centrality import rank_correlation
from course_lib.chapters.ch06_nlp import tasks
from course_lib.chapters.runs import load_runs
from course_lib.data import (
    available,
    load_attention,
    load_head_vectors,
    load_leave_one_out,
    load_tournament,
)
from course_lib.explain import METHODS, agreement, area, gradient_rollout, paired, permutation_null
from course_lib.nn.open_transformer import open_model

RUNS = load_runs("opinions")["attention"]
CONTESTS = "minilm", "opinions", "smollm2"
OF_ATTENTION = METHODS[METHODS.index("last layer") : METHODS.index("gradient rollout") + 1]
ROLLOUTS = [m for m in METHODS if "rollout" in m and m != "gradient rollout"]


@pytest.fixture(scope="module")
def tournament():
    return {name: load_tournament(name) for name in CONTESTS}


@pytest.fixture(scope="module")
def scores(tournament):
    return {
        name: {m: np.array([agreement(text, m) for text in texts]) for m in METHODS}
        for name, texts in tournament.items()
    }


@pytest.fixture(scope="module")
def brackets(tournament):
    """The scores without special tokens."""
    return {
        name: {m: np.array([agreement(text, m, special=False) for text in texts]) for m in METHODS}
        for name, texts in tournament.items()
    }


def means_of(scores):
    return {name: {m: found[m].mean() for m in METHODS} for name, found in scores.items()}


@pytest.fixture(scope="module")
def means(scores):
    return means_of(scores)


@pytest.fixture(scope="module")
def chance(tournament):
    """The lowest and highest mean of most random orders."""
    rng = np.random.default_rng(1)
    return {
        name: np.quantile(permutation_null(texts, rng, draws=300), (0.025, 0.975))
        for name, texts in tournament.items()
    }


def first_and_second(found):
    return sorted(METHODS, key=lambda m: -found[m].mean())[:2]


def p_value(found, first, second):
    return paired(found[first], found[second], np.random.default_rng(1))[3]


def test_there_are_forty_texts_or_more_of_each_model(tournament):
    assert all(len(texts) >= 40 for texts in tournament.values())
    assert len({text.group for text in tournament["opinions"]}) == 3  # seeds


def test_measures_agree_poorly_and_two_of_them_least_in_every_seed():
    pairs = [RUNS[f"{a} ~ leave one out"] for a in ("gradient", "attention")]
    pairs.append(RUNS["attention ~ gradient"])
    assert all(((pair > 0) & (pair < 0.6)).all() for pair in pairs)
    assert (pairs[0] < np.minimum(*pairs[1:])).all()
    assert (RUNS["adversary found"] > 0.95).all()


def test_on_sentences_attnlrp_agrees_best_and_without_special_tokens_alti(means, brackets):
    found, words = means["minilm"], means_of(brackets)["minilm"]
    assert max(found, key=found.get) == "AttnLRP"
    assert max(words, key=words.get) == "ALTI"
    assert abs(found["ALTI"] - found["length"]) < 0.1 < words["ALTI"] - words["length"]


def test_on_sentences_counting_letters_beats_chance_flow_and_rollout(scores, brackets, chance):
    for found in (scores["minilm"], brackets["minilm"]):
        assert found["length"].mean() > 3 * chance["minilm"][1]
        for other in ("flow", "rollout"):
            assert found["length"].mean() > found[other].mean()
            assert p_value(found, "length", other) < 0.001


def test_on_opinions_all_that_look_at_attention_lie_close_together(means):
    found = means["opinions"]
    near = [found[m] for m in OF_ATTENTION]
    assert max(near) - min(near) < 0.15
    for name in ("rollout", "flow"):
        assert found[name] > max(near) - 0.05
    assert min(near) > max(found[m] for m in ("random", "position", "length")) + 0.2


def test_on_the_causal_model_rollouts_and_sums_of_columns_are_worse_than_chance(
    means, brackets, chance
):
    low, high = chance["smollm2"]
    for found in (means["smollm2"], means_of(brackets)["smollm2"]):
        assert all(found[m] < low for m in (*ROLLOUTS, "in-strength", "PageRank", "flow"))
        assert all(found[m] > high for m in ("ALTI", "gradient rollout"))  # products as well


def test_there_they_favour_early_tokens(tournament):
    for name in (*ROLLOUTS, "in-strength", "PageRank", "flow"):
        early = [
            rank_correlation(text.scores[name], -text.scores["position"])
            for text in tournament["smollm2"]
        ]
        assert np.mean(early) > 0.6, name


def test_rollout_is_at_chance_good_and_worse_than_chance(means, chance):
    low, high = chance["minilm"]
    assert low < means["minilm"]["rollout"] < high
    assert means["opinions"]["rollout"] > 5 * chance["opinions"][1]
    assert means["smollm2"]["rollout"] < chance["smollm2"][0]


def test_a_winner_is_told_from_the_second_on_sentences_with_all_tokens_only(scores, brackets):
    told = {
        (name, kind): p_value(found[name], *first_and_second(found[name])) < 0.05
        for kind, found in (("all", scores), ("brackets", brackets))
        for name in CONTESTS
    }
    assert [where for where, is_told in told.items() if is_told] == [("minilm", "all")]


def test_on_the_next_token_the_first_is_told_from_length_and_position_without_the_sink_only(
    scores, brackets
):
    for found in (scores, brackets):
        for name in ("minilm", "opinions"):
            first = first_and_second(found[name])[0]
            assert all(p_value(found[name], first, m) < 0.001 for m in ("length", "position"))
    with_sink, without = scores["smollm2"], brackets["smollm2"]
    assert first_and_second(with_sink)[0] == first_and_second(without)[0] == "gradient rollout"
    for method in ("length", "position"):
        assert p_value(with_sink, "gradient rollout", method) > 0.3
        assert p_value(without, "gradient rollout", method) < 0.01
        assert without["gradient rollout"].mean() > without[method].mean() + 0.2


@pytest.mark.parametrize("left_out", [1, 2, -2])
def test_no_other_token_decides_so(tournament, left_out):
    texts = []
    for text in tournament["smollm2"]:
        special = np.zeros(len(text.tokens), dtype=bool)
        special[left_out] = True
        texts.append(text._replace(special=special))
    found = {
        m: np.array([agreement(text, m, special=False) for text in texts])
        for m in ("gradient rollout", "length", "position")
    }
    assert all(p_value(found, "gradient rollout", m) > 0.2 for m in ("length", "position"))


def test_gradient_rollout_puts_the_sink_first_and_the_judge_in_the_middle(tournament):
    behind = [(text.drops[1:-1] > text.drops[0]).mean() for text in tournament["smollm2"]]
    assert 0.4 < np.mean(behind) < 0.6
    assert all(text.scores["gradient rollout"].argmax() == 0 for text in tournament["smollm2"])


def test_texts_differ_more_than_the_better_methods(scores, means):
    for name in ("opinions", "smollm2"):
        best = sorted(means[name].values())[-5:]
        assert min(scores[name][m].std(ddof=1) for m in METHODS) > best[-1] - best[0]


def test_the_safest_is_ahead_by_little_and_is_so_without_special_tokens(scores, means, brackets):
    bracketed = means_of(brackets)
    lowest_there = {m: min(found[m] for found in bracketed.values()) for m in METHODS}
    assert max(METHODS, key=lowest_there.get) == "gradient rollout"
    lowest = {m: min(found[m] for found in means.values()) for m in METHODS}
    first, second, *_ = sorted(METHODS, key=lambda m: -lowest[m])
    assert (first, second) == ("gradient rollout", "AttnLRP")
    assert all(lowest[m] == means["smollm2"][m] for m in (first, second))
    over_all = {m: sum(found[m] for found in means.values()) for m in METHODS}
    assert max(over_all, key=over_all.get) == "AttnLRP"
    for other in (second, "length"):
        pair = scores["smollm2"][first], scores["smollm2"][other]
        assert paired(*pair, np.random.default_rng(1))[3] > 0.05


def test_at_an_earlier_token_of_the_same_texts_another_method_is_the_safest(means, tournament):
    texts = load_tournament("smollm2 earlier")
    for text, whole in zip(texts, tournament["smollm2"], strict=True):
        assert list(text.tokens) == list(whole.tokens)[: len(text.tokens)]
    lowest = {
        m: min(means["minilm"][m], means["opinions"][m], np.mean([agreement(t, m) for t in texts]))
        for m in METHODS
    }
    assert max(METHODS, key=lowest.get) == "AttnLRP"


def test_the_judges_own_order_is_not_ahead_at_first_and_far_behind_attnlrp_later(tournament):
    own, lrp, aware, rollout, random = (
        np.array([text.deletion[m] for text in tournament["opinions"]])
        for m in ("leave one out", "AttnLRP", "value-aware", "rollout", "random")
    )
    rng = np.random.default_rng(1)
    assert min(paired(own[:, 0], other[:, 0], rng)[3] for other in (lrp, aware)) > 0.3
    assert paired(lrp[:, -1], own[:, -1], rng)[3] < 0.02
    own, lrp, aware, rollout, random = (m.mean(axis=0) for m in (own, lrp, aware, rollout, random))
    assert min(own[0], lrp[0], aware[0], rollout[0]) > 3 * random[0]
    assert own[-1] < own[0]
    assert lrp[-1] > max(own[-1], aware[-1], rollout[-1], random[-1])
    assert area(own) < area(lrp)


def test_if_the_answer_is_the_vector_of_cls_alone_another_method_leads():
    texts = load_tournament("minilm first")
    found = {m: np.array([agreement(text, m) for text in texts]) for m in METHODS}
    assert max(METHODS, key=lambda m: found[m].mean()) == "gradient rollout"
    for method in ("AttnLRP", "mean of layers"):
        mean, *_, p = paired(found["length"], found[method], np.random.default_rng(1))
        assert mean > 0, method
        assert p < 0.01, method


def test_other_judges_differ_about_special_tokens_and_deleting_agrees_with_nothing(tournament):
    def mean(contest, method, **options):
        return np.mean([agreement(text, method, **options) for text in tournament[contest]])

    chosen = ("AttnLRP", "ALTI", "value-aware", "mean of layers", "rollout")
    for method in chosen:
        words = [mean("minilm", method, way=w, special=False) for w in ("hidden", "silenced")]
        assert abs(words[0] - words[1]) < 0.05
    assert abs(mean("minilm", "ALTI") - mean("minilm", "ALTI", way="silenced")) > 0.3
    assert all(abs(mean("opinions", m, way="deleted")) < 0.2 for m in METHODS if m != "position")


def test_a_leak_makes_random_orders_look_good_and_a_fair_choice_does_not():
    effects = [load_leave_one_out(name)[0] for name in available()]
    heads = [load_attention(name)[0].mean(axis=2).reshape(72, -1) for name in available()]

    def judged(orders):
        return np.array(
            [
                rank_correlation(each, np.broadcast_to(effect, np.shape(each)))
                for each, effect in zip(orders, effects, strict=True)
            ]
        ).T

    def fair(found):
        others = found.sum(axis=1, keepdims=True) - found
        return found[others.argmax(axis=0), np.arange(found.shape[1])].mean()

    real, luck = judged(heads), []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        found = judged([rng.random((72, len(effect))) for effect in effects])
        assert found.max(axis=0).mean() > 0.55
        luck += [fair(rng.permuted(found, axis=0)) for _ in range(100)]
    assert abs(np.mean(luck)) < 0.03
    assert fair(real) > max(luck)
    assert real.max(axis=0).mean() - 0.2 < fair(real) < real.max(axis=0).mean()


def test_silenced_values_leave_the_first_weights_and_move_those_of_later_layers():
    opinions = tasks.opinions_task()
    opened = open_model(tasks.opinions_model(opinions, seed=0))
    text = opinions.test[0][:1]
    x = opened.embed(text[text != 0][None])
    heard = torch.ones(x.shape[:2], dtype=torch.bool)
    heard[0, 1] = False
    with torch.no_grad():
        (first, second), (first_without, second_without) = (
            opened.steps(x),
            opened.steps(x, heard=heard),
        )
    assert torch.equal(first.weights, first_without.weights)
    assert (second.weights - second_without.weights).abs().max() > 1e-3


def test_luck_grows_with_the_number_of_candidates():
    effects = [load_leave_one_out(name)[0] for name in available()]
    rng, found = np.random.default_rng(0), []
    for candidates in (1, 8, 72):
        best = [
            max(rank_correlation(rng.random(len(effect)), effect) for _ in range(candidates))
            for effect in effects
        ]
        found.append(np.mean(best))
    assert (np.diff(found) > 0.03).all()


def test_gradient_rollout_is_the_published_update_less_the_identity():
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(4), size=(3, 2, 4))
    gradients = rng.normal(size=weights.shape)
    positive = (weights * gradients).clip(min=0).mean(axis=1)
    product = np.linalg.multi_dot([np.eye(4) + layer for layer in positive[::-1]])
    np.testing.assert_allclose(gradient_rollout(weights, gradients), product - np.eye(4))


def test_the_first_tokens_hidden_make_good_orders_alike_and_later_ones_do_not(tournament):
    curves = {
        m: np.mean([text.deletion[m] for text in tournament["opinions"]], axis=0)
        for m in ("leave one out", "AttnLRP", "gradient rollout", "value-aware", "rollout")
    }
    random = np.mean([text.deletion["random"] for text in tournament["opinions"]], axis=0)
    assert min(curve[0] for curve in curves.values()) > 3 * random[0]
    assert max(curve[0] for curve in curves.values()) < 1.5 * min(c[0] for c in curves.values())
    assert max(curves, key=lambda m: curves[m][-1]) == "AttnLRP"
    assert (np.diff(curves["leave one out"]) < 0).all()


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("minilm", "it_tired"),
        ("minilm", "agreement"),
        ("smollm2", "agreement"),
        ("smollm2", "repetition"),
    ],
)
def test_the_value_of_the_first_token_is_short_in_every_recorded_head(model, text):
    for head in load_head_vectors(text, model=model).values():
        first, *others = np.linalg.norm(head.value, axis=1)
        assert first < 0.5 * np.median(others)
