"""What chapter 04 says in general, on all recorded sentences and on other random numbers."""

import functools

import networkx as nx
import numpy as np
import pytest
from scipy.stats import binomtest, wilcoxon

from course_lib.attention import causal_mask, softmax
from course_lib.centrality import (
    betweenness,
    hits,
    in_strength,
    pagerank,
    rank_correlation,
    remove_tokens,
    stationary_distribution,
)
from course_lib.chapters.ch04_centrality.checks import MEASURES
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.graph import attention_graph

each_sentence = pytest.mark.parametrize("sentence", available())
each_seed = pytest.mark.parametrize("seed", range(10))


@functools.cache
def whole(sentence):
    return load_attention(sentence)[0].mean(axis=(0, 1))


def layers(sentence):
    return load_attention(sentence)[0].mean(axis=1)


def random_weights(seed, n=6):
    return softmax(2 * np.random.default_rng(seed).normal(size=(n, n)))


@each_sentence
def test_the_sink_leads_every_ranking_of_who_is_attended_to(sentence):
    for weights in (whole(sentence), *layers(sentence)):
        for name, measure in MEASURES.items():
            if name != "hubs":
                assert measure(weights).argmax() == 0, name


def test_in_the_middle_layers_the_first_token_receives_about_half():
    received = [in_strength(layer)[0] / len(layer) for layer in layers("it_tired")]
    assert all(0.45 < share < 0.65 for share in received[1:5])
    held = [layer[:, [0, -1]].sum(axis=1).mean() for layer in layers("it_tired")]
    assert all(share > 0.5 for share in held[1:5])


@each_seed
def test_a_step_brings_the_error_down_by_the_damping_or_more(seed):
    weights, damping = random_weights(seed), 0.85
    right = pagerank(weights, damping=damping)
    shares = np.random.default_rng(seed).dirichlet(np.ones(6))
    after = (1 - damping) / 6 + damping * shares @ weights
    assert abs(after - right).sum() <= damping * abs(shares - right).sum() + 1e-12


@each_seed
def test_near_damping_one_the_jumps_count_only_if_there_are_several_ends(seed):
    weights = random_weights(seed)
    near = pagerank(weights, damping=1 - 1e-9)
    assert abs(near - stationary_distribution(weights)).max() < 1e-6
    two_ends = np.eye(6)
    two_ends[2:] = 0
    two_ends[2:, :2] = softmax(np.random.default_rng(seed).normal(size=(4, 2)))
    near = pagerank(two_ends, damping=1 - 1e-9)
    assert abs(near[:2] - in_strength(two_ends)[:2] / 6).max() < 1e-6  # one jump decides
    with pytest.raises(ValueError, match="one part of the graph"):
        stationary_distribution(two_ends)


@each_seed
def test_under_a_causal_mask_the_walk_ends_at_the_first_token_if_weights_look_back(seed):
    logits = np.random.default_rng(seed).normal(size=(6, 6))
    causal = softmax(np.where(causal_mask(6), logits, -np.inf))
    assert stationary_distribution(causal) == pytest.approx(np.eye(6)[0], abs=1e-9)
    causal[3] = np.eye(6)[3]  # it looks at itself only: now the walk can end there
    with pytest.raises(ValueError, match="one part of the graph"):
        stationary_distribution(causal)


@each_sentence
def test_in_the_flow_a_token_gains_by_what_it_gives_to_a_key_that_gets_next_to_nothing(sentence):
    def from_key_to_query(weights):
        graph = attention_graph(weights, direction="flow")
        return np.array(list(nx.pagerank(graph, tol=1e-12).values()))

    weights = layers(sentence)[2]
    key, before, gained = in_strength(weights).argmin(), from_key_to_query(weights), []
    for query in range(len(weights)):
        more = weights.copy()
        more[query, key] *= 20
        more[query] /= more[query].sum()
        gained.append(from_key_to_query(more)[query] > before[query])
    assert np.mean(gained) > 0.8


def test_two_columns_of_sum_one_may_differ_in_pagerank():
    weights = np.array([
        [0.05, 0.05, 0.85, 0.05],
        [0.05, 0.05, 0.45, 0.45],
        [0.85, 0.05, 0.05, 0.05],
        [0.05, 0.85, 0.05, 0.05],
    ])  # fmt: skip
    assert in_strength(weights)[:2] == pytest.approx([1, 1])
    first, second = pagerank(weights)[:2]
    assert first > 1.5 * second


def test_unrelated_orders_scatter_more_widely_the_fewer_tokens_there_are():
    rng = np.random.default_rng(0)
    found = {
        n: [rank_correlation(rng.random(n), rng.random(n)) for _ in range(400)] for n in (4, 12, 40)
    }
    spread = [np.std(values) for values in found.values()]
    assert spread[0] > 1.5 * spread[1] > 2 * spread[2]
    assert all(abs(np.mean(values)) < 0.1 for values in found.values())


@each_sentence
def test_weights_as_lengths_lean_the_other_way_and_lengths_leave_betweenness_silent(sentence):
    weights = whole(sentence)
    graph = attention_graph(weights)
    as_length = list(nx.betweenness_centrality(graph, weight="weight").values())
    assert rank_correlation(as_length, in_strength(weights)) < -0.1
    assert np.count_nonzero(betweenness(weights)) <= 1
    assert weights[0, 0] > 0.5
    assert weights[0, 1:].max() < 0.06
    if sentence == "it_tired":
        assert not betweenness(layers(sentence)[2]).any()


@each_sentence
def test_would_the_sink_share_equally_many_ways_would_lead_through_it(sentence):
    weights = whole(sentence).copy()
    assert betweenness(weights)[0] < 0.05
    weights[0] = 1 / len(weights)
    assert betweenness(weights)[0] > 0.25


@pytest.mark.parametrize("name", sorted(available("smollm2")))
def test_in_the_recorded_model_that_writes_every_walk_ends_at_the_first_token(name):
    for layer in load_attention(name, model="smollm2")[0].mean(axis=1)[::5]:
        assert stationary_distribution(layer) == pytest.approx(np.eye(len(layer))[0], abs=1e-9)


@each_sentence
def test_removing_is_masking_for_one_head(sentence):
    for head in load_attention(sentence)[0][2]:
        logits = np.where(np.arange(len(head)) == 0, -np.inf, np.log(np.maximum(head, 1e-30)))
        assert softmax(logits)[1:, 1:] == pytest.approx(remove_tokens(head, 0), abs=1e-6)


LONGER = [name for name in available() if name != "short"]  # that has two words


@pytest.mark.parametrize("sentence", LONGER)
def test_without_the_marks_the_order_changes_by_pagerank_since_the_marks_decided_it(sentence):
    received, visited = [], []
    for layer in layers(sentence):
        rest = remove_tokens(layer, [0, len(layer) - 1])
        received.append(rank_correlation(in_strength(layer)[1:-1], in_strength(rest)))
        visited.append(rank_correlation(pagerank(layer)[1:-1], pagerank(rest)))
    assert np.argmin(visited) == 0
    assert visited[0] < received[0] - 0.1
    if sentence == "it_tired":
        assert min(received) > 0.9
    first = layers(sentence)[0]
    without = pagerank(remove_tokens(first, [0, len(first) - 1]))
    for mark in (0, -1):  # what if it shared out evenly what it gives to words?
        first[mark, 1:-1] = first[mark, 1:-1].mean()
    assert rank_correlation(pagerank(first)[1:-1], without) > 0.95


@each_sentence
def test_measures_of_who_is_attended_to_agree_and_hubs_less(sentence):
    weights = whole(sentence)
    between_words = remove_tokens(weights, [0, len(weights) - 1])
    hubs = hits(between_words)[0]
    others = [f(between_words) for name, f in MEASURES.items() if name != "hubs"]
    agreement = [rank_correlation(one, other) for one in others for other in others]
    assert min(agreement) > 0.9
    assert max(rank_correlation(hubs, other) for other in others) < min(agreement)


@each_sentence
def test_no_token_matters_more_than_the_first(sentence):
    effects, on_outputs = load_leave_one_out(sentence)
    assert effects.argmax() == 0
    assert np.nanmean(on_outputs, axis=0).argmax() == 0


@each_sentence
def test_a_hub_is_a_token_that_looks_at_the_first(sentence):
    weights = whole(sentence)
    assert rank_correlation(hits(weights)[0][1:-1], weights[1:-1, 0]) > 0.95


def agreements(sentence, kept=lambda token: True, others=False):
    _, tokens = load_attention(sentence)
    effect, on_outputs = load_leave_one_out(sentence)
    if others:
        effect = np.nanmean(on_outputs, axis=0)
    places = [i for i in range(1, len(tokens) - 1) if kept(tokens[i])]
    return {
        name: rank_correlation(f(whole(sentence))[places], effect[places])
        for name, f in MEASURES.items()
    }


def test_the_lead_of_the_hubs_is_within_its_scatter_and_gone_if_measured_otherwise():
    found = [agreements(sentence) for sentence in available()]
    gaps = np.array([one["hubs"] - one["in-strength"] for one in found])
    assert 0 < gaps.mean() < gaps.std(ddof=1)
    assert (gaps > 0).sum() == 8
    assert wilcoxon(gaps).pvalue > 0.2
    assert 0.2 < binomtest(8, 11).pvalue < 0.25
    assert gaps[list(available()).index("short")] / len(gaps) / gaps.mean() > 0.5
    behind = np.array([one["in-strength"] - one["PageRank"] for one in found])
    assert (behind > 1e-9).sum() == 9
    bare = [agreements(name, lambda token: token.strip("#").isalnum()) for name in LONGER]
    means = {name: np.mean([one[name] for one in bare]) for name in MEASURES}
    assert means["hubs"] < means["in-strength"]
    assert max(means.values()) - min(means.values()) < 0.1
    on_others = [agreements(sentence, others=True) for sentence in available()]
    means = {name: np.mean([one[name] for one in on_others]) for name in MEASURES}
    assert means["hubs"] < means["in-strength"]
    means = {name: np.mean([one[name] for one in found]) for name in MEASURES}
    assert means["in-strength"] > max(means.values()) - gaps.std(ddof=1)


@pytest.mark.parametrize("layer", range(6))
def test_in_single_layers_the_hubs_are_ahead_on_most_sentences_except_in_the_last(layer):
    gaps = []
    for sentence in available():
        weights, effects = layers(sentence)[layer], load_leave_one_out(sentence)[0][1:-1]
        hubs, received = hits(weights)[0][1:-1], in_strength(weights)[1:-1]
        gaps.append(rank_correlation(hubs, effects) - rank_correlation(received, effects))
    assert (np.array(gaps) > 0).mean() > 0.6 if layer < 5 else (np.array(gaps) < 0).mean() > 0.6


@each_seed
def test_the_eigenvalues_of_a_causal_graph_are_its_self_loops(seed):
    logits = 2 * np.random.default_rng(seed).normal(size=(6, 6))
    causal = softmax(np.where(causal_mask(6), logits, -np.inf))
    found = np.sort(np.linalg.eigvals(causal))
    np.testing.assert_allclose(found, np.sort(np.diag(causal)), atol=1e-7)
    whole_graph = softmax(logits)
    assert np.abs(np.sort_complex(np.linalg.eigvals(whole_graph)).real - found).max() > 1e-3


@each_sentence
def test_three_roads_lead_to_tokenrank(sentence):
    """As the authors of TokenRank assert: of T = .99 A + .01 / n, by steps, vector and equation."""
    for weights in layers(sentence):
        n = len(weights)
        steps = 0.99 * weights + 0.01 / n
        by_steps = np.full(n, 1 / n)
        for _ in range(5000):
            by_steps = by_steps @ steps
        values, vectors = np.linalg.eig(steps.T)
        vector = vectors[:, np.argmax(values.real)].real
        equation = np.vstack([(steps.T - np.eye(n))[:-1], np.ones(n)])
        solved = np.linalg.solve(equation, np.eye(n)[-1])
        for found in (by_steps, vector / vector.sum(), solved, stationary_distribution(steps)):
            np.testing.assert_allclose(found, pagerank(weights, damping=0.99), rtol=1e-6)


@each_seed
def test_the_walk_under_a_causal_mask_is_held_by_the_largest_later_self_loop(seed):
    logits = 2 * np.random.default_rng(seed).normal(size=(6, 6))
    causal = softmax(np.where(causal_mask(6), logits, -np.inf))
    chances = np.full(6, 1 / 6)
    left = []
    for _ in range(400):
        chances = chances @ causal
        left.append(chances[1:].sum())
        chances[1:] /= left[-1]  # only their proportions matter for what comes
    assert left[-1] == pytest.approx(np.diag(causal)[1:].max(), rel=1e-3)
    whole_graph = softmax(logits)  # without a mask, self-loops say nothing of that kind
    later = np.abs(np.linalg.eigvals(whole_graph[1:, 1:])).max()
    assert later != pytest.approx(np.diag(whole_graph)[1:].max(), rel=0.01)
