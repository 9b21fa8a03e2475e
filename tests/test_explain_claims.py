"""What the tournament says in general, held to the recordings: on all texts and on halves of them.

A lead is claimed only where a paired test over the texts tells it from luck.
"""

import numpy as np
import pytest

from course_lib.data import load_tournament
from course_lib.explain import METHODS, agreement, area, paired, permutation_null
from course_lib.explain.tournament import CONTESTS

BLIND = ("random", "position", "length")  # they know nothing of the model
CURVES = ("minilm", "opinions", "smollm2")


@pytest.fixture(scope="module")
def told():
    return {contest: load_tournament(contest) for contest in CONTESTS}


FOUND = {}


def agreed(text, method, **options):
    """Return an agreement, found once for all tests; the text is kept, so that its id stays its."""
    key = id(text), method, *options.items()
    if key not in FOUND:
        FOUND[key] = text, agreement(text, method, **options)
    return FOUND[key][1]


def agreements(texts, method, **options):
    return np.array([agreed(text, method, **options) for text in texts])


def table(texts, **options):
    return {method: agreements(texts, method, **options).mean() for method in METHODS}


def leader(texts, **options):
    means = table(texts, **options)
    return max(means, key=means.get)


def areas(texts, order, curve):
    return np.array([area(getattr(text, curve)[order]) for text in texts])


def sure(first, second):
    mean, _, _, p = paired(first, second, np.random.default_rng(0))
    return mean > 0 and p < 0.01


def null(texts, **options):
    return permutation_null(texts, np.random.default_rng(0), **options)


# --- no method wins everywhere --------------------------------------------------------------------


def test_the_first_place_changes_with_the_model_the_output_the_tokens_and_the_judge(told):
    first = {
        leader(told["minilm"]),
        leader(told["minilm"], special=False),
        leader(told["minilm"], way="silenced"),
        leader(told["minilm first"]),
        leader(told["opinions"]),
        leader(told["opinions"], signed=True),
        leader(told["smollm2"]),
    }
    assert len(first) >= 4
    assert not first & set(BLIND)


def test_no_method_is_among_the_best_three_of_all(told):
    best = [
        set(sorted(means, key=means.get)[-3:])
        for means in map(table, (told[name] for name in ("minilm", "opinions", "smollm2")))
    ]
    assert not set.intersection(*best)


def test_gradient_rollout_alone_beats_every_blind_score_in_every_contest_with_curves(told):
    """Without special tokens, by a paired test; in the language model's too."""

    def beats_all(method):
        return all(
            sure(*(agreements(told[name], each, special=False) for each in (method, blind)))
            for name in CURVES
            for blind in BLIND
        )

    assert [method for method in METHODS if beats_all(method)] == ["gradient rollout"]


# --- the sentence encoder -------------------------------------------------------------------------


def test_rollout_of_the_encoder_is_no_better_than_chance_and_layer_0_makes_it_so(told):
    for half in (told["minilm"][::2], told["minilm"][1::2]):
        low, high = np.quantile(null(half), [0.001, 0.999])
        assert agreements(half, "rollout").mean() < high
        assert low < agreements(half, "rollout", special=False).mean() < high
        assert agreements(half, "rollout from layer 1").mean() > 0.75
    for curve in ("deletion", "insertion"):
        found = [areas(told["minilm"], order, curve) for order in ("rollout", "random")]
        assert paired(*found, np.random.default_rng(0))[3] > 0.2


def test_of_a_mean_of_outputs_in_strength_and_mean_attention_rank_alike(told):
    for text in told["minilm"] + told["opinions"]:
        n = len(text.tokens)
        both = n * text.scores["mean of layers"], text.scores["in-strength"]
        np.testing.assert_allclose(*both, rtol=1e-5)


def test_counting_letters_beats_rollout_flow_and_rolled_out_value_zeroing(told):
    for half in (told["minilm"][::2], told["minilm"][1::2]):
        letters = agreements(half, "length", special=False)
        assert letters.mean() > 2 * np.quantile(null(half, special=False), 0.999)
        for method in ("rollout", "flow", "gradient × input"):
            assert sure(letters, agreements(half, method, special=False))
    letters = agreements(told["minilm"], "length", special=False)
    assert sure(letters, agreements(told["minilm"], "Value Zeroing rollout", special=False))
    # And PageRank is not surely better.
    pagerank = agreements(told["minilm"], "PageRank", special=False)
    assert not sure(pagerank, letters)


def test_what_knows_the_values_gives_special_tokens_little(told):
    """And the judge gives them much only because their attention goes to others."""

    def share(method):
        return np.mean(
            [
                np.abs(text.scores[method][text.special]).sum() / np.abs(text.scores[method]).sum()
                for text in told["minilm"]
            ]
        )

    assert share("mean of layers") > 0.5
    assert max(map(share, ("ALTI", "value-aware", "AttnLRP"))) < 0.2
    hidden = np.array([text.drops[0] for text in told["minilm"]])
    silenced = np.array([text.other_drops["silenced"][0] for text in told["minilm"]])
    others = np.array([text.drops[1:-1].mean() for text in told["minilm"]])
    assert (hidden > 3 * others).all()
    assert np.median(silenced) < np.median(others) / 3


def test_without_special_tokens_the_judges_of_the_encoder_agree_on_the_methods(told):
    tables = [
        np.array(list(table(told["minilm"], special=False, way=way).values()))
        for way in ("hidden", "deleted", "silenced")
    ]
    assert max(np.abs(tables[0] - other).max() for other in tables[1:]) < 0.05
    whole = [
        np.array(list(table(told["minilm"], way=way).values())) for way in ("hidden", "silenced")
    ]
    assert np.abs(whole[0] - whole[1]).max() > 0.3


def test_values_make_attention_better_where_special_tokens_are_left_out(told):
    for half in (told["minilm"][::2], told["minilm"][1::2]):
        means = agreements(half, "mean of layers", special=False)
        for method in ("value-aware", "ALTI"):
            assert sure(agreements(half, method, special=False), means)
    # With them it is the other way round for the judge that hides.
    assert agreements(told["minilm"], "ALTI").mean() < 0.6
    assert agreements(told["minilm"], "mean of layers").mean() > 0.75


# --- the classifier -------------------------------------------------------------------------------


def test_on_the_shallow_classifier_rollout_is_among_the_best(told):
    found = agreements(told["opinions"], "rollout")
    for seed in range(3):
        texts = [text for text in told["opinions"] if text.group == f"seed {seed}"]
        assert agreements(texts, "rollout").mean() > np.quantile(null(texts), 0.999)
    means = table(told["opinions"])
    for method, mean in means.items():
        if mean > found.mean():  # none is surely better
            assert not sure(agreements(told["opinions"], method), found)


def test_only_what_has_a_sign_tells_words_that_speak_against(told):
    """AttnLRP leads with signs, and is in the middle without them."""
    means = table(told["opinions"], signed=True)
    assert sorted(means, key=means.get)[-2:] == ["gradient rollout", "AttnLRP"]
    for method in METHODS:
        if method not in ("AttnLRP", "gradient rollout"):
            found = agreements(told["opinions"], method, signed=True)
            assert sure(agreements(told["opinions"], "AttnLRP", signed=True), found)
    drops = np.concatenate([text.drops for text in told["opinions"]])
    assert 0.2 < (drops < 0).mean() < 0.5
    unsigned = table(told["opinions"])
    assert sorted(unsigned, key=unsigned.get, reverse=True).index("AttnLRP") > 6


def test_a_judge_that_deletes_words_of_an_opinion_agrees_with_nobody(told):
    """The others move to positions where the classifier has learned something else."""
    assert max(table(told["opinions"], way="deleted").values()) < 0.3
    assert max(table(told["opinions"], way="silenced").values()) > 0.5


# --- the language model ---------------------------------------------------------------------------

PRODUCTS = ("rollout", "rollout from layer 1", "flow", "value-aware rollout")
BACKWARD = (*PRODUCTS, "Value Zeroing rollout", "PageRank", "in-strength")


@pytest.mark.parametrize("special", [True, False])
def test_on_the_causal_model_products_of_layers_are_worse_than_chance(told, special):
    texts = told["smollm2"]
    low = np.quantile(null(texts, special=special), 0.01)
    for method in BACKWARD:
        assert agreements(texts, method, special=special).mean() < low
    for order in PRODUCTS:
        assert sure(areas(texts, "random", "deletion"), areas(texts, order, "deletion"))


def test_they_are_so_for_every_group_of_prompts_and_deleted_tokens_but_not_silenced_ones(told):
    texts = told["smollm2"]
    for group in ("clear", "open"):
        part = [text for text in texts if text.group == group]
        assert all(agreements(part, method).mean() < 0 for method in BACKWARD)
    assert all(agreements(told["smollm2 earlier"], method).mean() < 0 for method in BACKWARD)
    assert all(agreements(texts, method, way="deleted").mean() < 0 for method in BACKWARD)
    assert all(agreements(texts, method, way="silenced").mean() > 0 for method in BACKWARD)


def test_because_they_rank_earlier_tokens_higher(told):
    """The score "position" turned round says nearly the same, and flow says just that."""
    alike = {
        method: np.mean(
            [
                agreement(text._replace(drops=np.r_[np.arange(len(text.drops) - 1, 0, -1), np.nan]),
                          method)
                for text in told["smollm2"]
            ]
        )
        for method in (*PRODUCTS, "gradient rollout", "value-aware")
    }  # fmt: skip
    assert min(alike[method] for method in PRODUCTS) > 0.85
    assert alike["flow"] > 0.995


def test_with_the_first_token_no_method_surely_beats_counting_letters(told):
    letters = agreements(told["smollm2"], "length")
    later = agreements(told["smollm2"], "position")
    for method in METHODS:
        found = agreements(told["smollm2"], method)
        assert not sure(found, letters)
        assert not sure(found, later)


def test_values_and_gradients_make_attention_better_on_the_causal_model(told):
    for special in (True, False):
        means = agreements(told["smollm2"], "mean of layers", special=special)
        for method in ("value-aware", "gradient rollout"):
            assert sure(agreements(told["smollm2"], method, special=special), means)


def test_explanations_do_better_where_the_next_token_is_clear(told):
    groups = [
        [text for text in told["smollm2"] if text.group == group] for group in ("clear", "open")
    ]
    for method in ("gradient rollout", "AttnLRP", "ALTI"):
        clear, unclear = (agreements(texts, method) for texts in groups)
        rng = np.random.default_rng(0)
        both = np.concatenate([clear, unclear])
        orders = rng.permuted(np.tile(both, (2000, 1)), axis=1)
        apart = orders[:, : len(clear)].mean(axis=1) - orders[:, len(clear) :].mean(axis=1)
        assert (apart >= clear.mean() - unclear.mean()).mean() < 0.02


# --- curves ---------------------------------------------------------------------------------------


def test_attn_lrp_deletes_better_than_chance_and_rollout_on_every_model(told):
    for contest in CURVES:
        found = areas(told[contest], "AttnLRP", "deletion")
        for order in ("random", "rollout"):
            assert sure(found, areas(told[contest], order, "deletion"))


def test_the_order_of_single_drops_is_not_the_best_order_to_hide_many(told):
    """AttnLRP's order does better on the encoder, on which tokens stand in for one another."""
    both = [areas(told["minilm"], order, "deletion") for order in ("AttnLRP", "leave one out")]
    assert sure(*both)
    both = [areas(told["smollm2"], order, "deletion") for order in ("leave one out", "AttnLRP")]
    assert sure(*both)


# --- a gate that can fail -------------------------------------------------------------------------


def test_a_lead_that_is_luck_is_not_sure():
    rng = np.random.default_rng(3)
    first = rng.normal(size=45)
    assert not sure(first + 0.02 * rng.normal(size=45), first)
    assert sure(first + 0.2 + 0.02 * rng.normal(size=45), first)
    assert not sure(first, first + 0.2)
