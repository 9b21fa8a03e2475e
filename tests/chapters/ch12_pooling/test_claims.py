"""What chapter 12 says in general, tried on recorded runs, other seeds and by intervention."""

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.stats import ttest_rel
from sklearn.linear_model import LogisticRegression

from course_lib.attention import softmax
from course_lib.chapters.ch12_pooling import models, tasks
from course_lib.chapters.ch12_pooling.graph_classes import KINDS, make_graphs, rewired
from course_lib.chapters.runs import load_runs
from course_lib.data import load_head_vectors
from course_lib.nn.pooling import AttentionPooling, overlap_penalty
from course_lib.nn.training import seeded, train

BAGS, FEW, GRAPHS = (load_runs(task) for task in ("bags", "few bags", "graphs"))


@pytest.mark.parametrize("pool", models.POOLS)
def test_a_pool_gives_the_same_for_a_bag_and_for_the_same_bag_twice(pool):
    made = seeded(lambda: models.make_pool(pool, 5), 0)
    h = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        once, _ = models.pool_nodes(made, h, torch.zeros(6, dtype=torch.int64), 1)
        twice, _ = models.pool_nodes(made, h.repeat(2, 1), torch.zeros(12, dtype=torch.int64), 1)
    torch.testing.assert_close(once, twice)
    assert not torch.allclose(h.sum(dim=0), h.repeat(2, 1).sum(dim=0))


@pytest.mark.parametrize("pool", ["attention", "gated", "mean"])
def test_an_answer_lies_between_the_votes(pool):
    # So a bag of a 9 and a 4 cannot have a higher logit than both bags of one digit.
    bags = tasks.bags_task(train=2, test=40)[1]
    for seed in range(3):
        model = seeded(lambda: models.BagClassifier(pool), seed)
        with torch.no_grad():
            logits = model(bags.pictures, bags.mask)
            votes = model.answer(model.encode(bags.pictures)).squeeze(2)
        lowest = votes.masked_fill(~bags.mask, torch.inf).amin(dim=1)
        highest = votes.masked_fill(~bags.mask, -torch.inf).amax(dim=1)
        assert ((lowest - 1e-5 <= logits) & (logits <= highest + 1e-5)).all()


def test_a_bend_behind_a_sum_sees_that_two_members_are_the_same():
    # A mean of votes lies between those of single members (above), so no mean of votes can.
    rng = np.random.default_rng(0)
    bags = [rng.integers(10, size=size) for size in rng.integers(1, 7, size=200)]
    repeated = np.array([len(set(bag)) < len(bag) for bag in bags])
    sums = np.stack([np.bincount(bag, minlength=10) for bag in bags])
    assert 20 < repeated.sum() < 180
    np.testing.assert_array_equal(np.maximum(sums - 1, 0).sum(axis=1) > 0, repeated)


def test_with_many_bags_every_pool_is_right_for_nearly_all():
    assert min(found["accuracy"].min() for found in BAGS.values()) > 0.96


def test_from_few_bags_the_mean_learns_its_own_and_not_the_others():
    for name in ("attention", "gated", "max"):
        assert (FEW[name]["accuracy"] - FEW["mean"]["accuracy"]).min() > 0.1
        assert FEW[name]["seen"].mean() > 0.99
    assert FEW["mean"]["seen"].mean() > 0.9
    assert FEW["mean, longer"]["seen"].mean() > 0.99
    assert FEW["mean, longer"]["accuracy"].mean() < FEW["mean"]["accuracy"].mean() + 0.02
    assert FEW["attention"]["localisation"].mean() > 0.9


def test_the_gate_brings_nothing_and_finds_the_9_less_surely():
    for runs in (BAGS, FEW):
        gain = runs["gated"]["accuracy"] - runs["attention"]["accuracy"]
        assert (gain > 0).any()
        assert (gain < 0).any()
        assert ttest_rel(runs["gated"]["accuracy"], runs["attention"]["accuracy"]).pvalue > 0.05
        lost = runs["attention"]["localisation"] - runs["gated"]["localisation"]
        assert (lost > 0).sum() >= 8
    assert (BAGS["gated"]["accuracy"] < BAGS["attention"]["accuracy"]).sum() > 5


def test_without_a_9_weights_are_more_even_and_answers_are_sure():
    found = BAGS["attention"]
    assert found["evenness without a 9"].min() > found["evenness with a 9"].max() + 0.4
    assert found["certainty without a 9"].min() > 4


def test_edges_told_the_networks_nothing_but_how_many():
    pools = [GRAPHS[name]["accuracy"].mean() for name in ("attention", "mean", "max")]
    assert np.ptp(pools) < 0.015
    lost = GRAPHS["mean"]["accuracy"].mean() - GRAPHS["mean, rewired"]["accuracy"].mean()
    assert abs(lost) < 0.015
    for found in GRAPHS.values():
        assert min(found["ring"].mean(), found["hubs"].mean()) > 0.93
        assert min(found["communities"].mean(), found["random"].mean()) > 0.5
        assert max(found["communities"].mean(), found["random"].mean()) < 0.68


def triangles(graphs):
    """Return how often two neighbours of a node are neighbours, shape (graphs, 1)."""
    made = [nx.Graph(edges.T.tolist()) for edges in graphs.edges]
    return np.array([[nx.transitivity(graph)] for graph in made])


@pytest.fixture(scope="module")
def graphs():
    """Return the graphs to learn from and those to be judged by."""
    return tasks.graphs_task()


def test_numbers_of_neighbours_alone_get_as_far_as_the_networks(graphs):
    learned, asked = (np.stack([x.mean(dim=0).numpy() for x in task.x]) for task in graphs)
    labels, wanted = (task.labels.numpy() for task in graphs)
    score = LogisticRegression(C=100, max_iter=5000).fit(learned, labels).score(asked, wanted)
    pools = [GRAPHS[name]["accuracy"].mean() for name in ("attention", "mean", "max")]
    assert min(pools) - 0.01 < score < max(pools) + 0.01


def test_neighbours_who_know_each_other_tell_communities_from_random_graphs(graphs):
    learned, asked = (triangles(task) for task in graphs)
    labels, wanted = (task.labels.numpy() for task in graphs)
    pair = [KINDS.index("communities"), KINDS.index("random")]
    mine, theirs = np.isin(labels, pair), np.isin(wanted, pair)
    fitted = LogisticRegression(C=1e4).fit(learned[mine], labels[mine])
    assert fitted.score(asked[theirs], wanted[theirs]) > 0.75


def test_a_rewired_graph_keeps_the_numbers_of_neighbours_and_little_else():
    rng = np.random.default_rng(0)
    kept = []
    for made in make_graphs(40, rng):
        other = rewired(made, rng)
        before, after = (
            np.bincount(graph.edge_index[0], minlength=graph.n) for graph in (made, other)
        )
        np.testing.assert_array_equal(before, after)
        pairs = [set(zip(*graph.edge_index.tolist(), strict=True)) for graph in (made, other)]
        assert len(pairs[0]) == len(pairs[1]) == other.edge_index.shape[1]
        assert all(i != j and (j, i) in pairs[1] for i, j in pairs[1])
        assert (other.n, other.label) == (made.n, made.label)
        kept.append(len(pairs[0] & pairs[1]) / len(pairs[0]))
    assert np.mean(kept) < 0.5
    assert len(KINDS) == 4
    with pytest.raises(TypeError, match="rng must be"):
        rewired(made, 0)


def test_hops_pay_for_being_alike_and_for_being_spread_out():
    pays = {
        name: overlap_penalty(torch.tensor(rows) * 1.0).item()
        for name, rows in {
            "same": [[1, 0, 0], [1, 0, 0]],
            "one each": [[1, 0, 0], [0, 1, 0]],
            "even": [[1 / 3] * 3] * 2,
            "apart": [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]],
        }.items()
    }
    assert pays["one each"] == 0 < pays["apart"] < pays["even"] < pays["same"]


@pytest.fixture(scope="module")
def first_figure():
    """Return the model of the first figure and the unseen bags."""
    examples, unseen = tasks.bags_task()
    model = seeded(models.BagClassifier, 0)
    train(model, tasks.bag_loss, examples[:3], seed=0, **tasks.BAGS_TRAINING)
    return model, unseen


def test_the_other_9_takes_over_and_without_both_the_answer_changes(first_figure):
    model, unseen = first_figure
    _, _, scores, votes, names, label = tasks.shown(model, unseen, 1)
    assert label == 1
    nines = torch.tensor(names == "9")
    assert nines.sum() == 2
    first, second = nines.nonzero().flatten().tolist()
    for gone, left in ((first, second), (second, first)):
        there = torch.arange(len(names)) != gone
        assert answer(model, scores, votes, there) > 0
        assert scores[there].softmax(0).max() == scores[there].softmax(0)[sum(there[:left])]
    assert answer(model, scores, votes, torch.ones(len(names)) > 0) > 0
    assert answer(model, scores, votes, ~nines) < 0
    assert answer(model, torch.zeros(len(names)), votes, torch.ones(len(names)) > 0) < 0


def answer(model, scores, votes, there):
    return scores[there].softmax(0) @ votes[there] + model.answer.bias.item()


def test_weights_are_uneven_in_the_bags_with_a_9_and_nearly_even_without(first_figure):
    model, unseen = first_figure
    even, labels = tasks.evenness(model, unseen)[:8], unseen.labels[:8].bool()
    assert even[labels].max() < 0.6
    assert even[~labels].min() > 0.9


def test_a_large_weight_can_go_with_a_vote_of_no(first_figure):
    model, unseen = first_figure
    found = 0
    for k in range(8):
        _, _, scores, votes, _, label = tasks.shown(model, unseen, k)
        found += bool(votes[scores.argmax()] + model.answer.bias < 0)
        assert (answer(model, scores, votes, torch.ones(len(scores)) > 0) > 0) == label
    assert found


def test_what_is_measured_without_a_mask_is_what_padding_does(first_figure):
    model, unseen = first_figure
    assert tasks.certainty(model, unseen).shape == (len(unseen.labels),)
    # As many rows as the longest bag has: only the shorter ones are padded.
    assert tasks.unmasked_accuracy(model, unseen, 12) >= tasks.unmasked_accuracy(model, unseen)
    full = unseen.mask.all(dim=1)
    whole = tasks.Bags(*(part[full] for part in unseen))
    assert tasks.unmasked_accuracy(model, whole, 12) == tasks.bag_accuracy(model, whole)


def test_weights_of_an_untrained_pool_move_without_a_mask():
    generator = torch.Generator().manual_seed(0)
    pool = seeded(lambda: AttentionPooling(5, 8), 0)
    h = torch.rand(1, 4, 5, generator=generator)
    padded = torch.cat([h, torch.zeros(1, 8, 5)], dim=1)
    with torch.no_grad():
        assert (pool(padded) - pool(h)).norm() > pool(h).norm() / 2
        torch.testing.assert_close(pool(padded, torch.arange(12)[None] < 4), pool(h))


def test_without_a_mask_attention_may_fall_to_guessing_and_need_not():
    runs = load_runs("bags, unmasked")
    fallen = runs["attention"]["accuracy"] - runs["attention"]["unmasked"]
    assert (fallen > 0.4).sum() == 1
    assert np.sort(np.abs(fallen))[-2] < 0.02
    assert np.abs(runs["mean"]["accuracy"] - runs["mean"]["unmasked"]).max() < 0.02


@pytest.mark.parametrize(("hops", "nodes"), [(2, 1), (3, 2), (6, 3)])
def test_more_hops_than_nodes_always_pay(hops, nodes):
    generator = torch.Generator().manual_seed(0)
    for spread in (0.1, 1, 10, 100):
        logits = spread * torch.randn(50, hops, nodes, generator=generator)
        for weights in logits.softmax(dim=-1):
            # The product has rank at most `nodes`, so so many eigenvalues are 1 away from 1.
            assert overlap_penalty(weights) > hops - nodes - 1e-4
    assert overlap_penalty(torch.eye(hops)) == 0


@pytest.mark.parametrize("nodes", [2, 3, 10, 100])
def test_hops_that_share_all_nodes_pay_less_spread_out_than_sharp(nodes):
    spread_out = torch.full((2, nodes), 1 / nodes)
    sharp = torch.eye(nodes)[[0, 0]]
    assert 0 < overlap_penalty(spread_out) < overlap_penalty(sharp)


def test_the_query_of_cls_depends_on_the_sentence_from_the_second_layer_on():
    first, second = (load_head_vectors(name) for name in ("it_tired", "agreement"))
    for layer, head in first:
        same = np.array_equal(first[layer, head].query[0], second[layer, head].query[0])
        assert same == (layer == 0)


@pytest.mark.parametrize("seed", range(3))
def test_all_kinds_of_graphs_have_twice_as_many_edges_as_nodes(seed):
    for made in make_graphs(80, np.random.default_rng(seed)):
        assert made.edge_index.shape[1] == 2 * 2 * made.n  # both directions


class TwoHops(torch.nn.Module):
    """The chapter's classifier of bags with two hops; returns logits and weights."""

    def __init__(self):
        super().__init__()
        self.encode = models.BagClassifier().encode
        self.pool = AttentionPooling(models.BAG_FEATURES, 16, hops=2)
        self.answer = torch.nn.Linear(2 * models.BAG_FEATURES, 1)

    def forward(self, pictures, mask):
        pooled, weights = self.pool(self.encode(pictures), mask, return_weights=True)
        return self.answer(pooled.flatten(1)).squeeze(1), weights


def alike_hops(seed, factor, examples, unseen, **settings):
    """Train two hops with a penalty; return the cosines of their weights in bags with a 9."""

    def loss(model, pictures, mask, labels):
        logits, weights = model(pictures, mask)
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        return wrong + factor * overlap_penalty(weights).mean()

    model = seeded(TwoHops, seed)
    train(model, loss, examples[:3], seed=seed, **tasks.BAGS_TRAINING | settings)
    with torch.no_grad():
        logits, weights = model(unseen.pictures, unseen.mask)
    nines = unseen.labels.bool()
    assert ((logits > 0) == nines).float().mean() > 0.95  # right for nearly all, either way
    return torch.cosine_similarity(*weights[nines].unbind(1), dim=1).mean()


def test_two_hops_learn_the_same_unless_the_penalty_counts_enough():
    examples, unseen = tasks.bags_task()
    soon = {"epochs": 8}  # by then they are alike, or have parted; a tenth of P has more time
    assert alike_hops(0, 0, examples, unseen, **soon) > 0.99
    assert alike_hops(1, 0.1, examples, unseen) > 0.5
    assert alike_hops(0, 1, examples, unseen, **soon) < 0.1


@pytest.mark.parametrize(("score", "padding_stays_out"), [(-1e3, True), (-2e9, False)])
def test_minus_a_billion_hides_padding_unless_a_score_is_as_low(score, padding_stays_out):
    weights = softmax(np.where([True, False], score, -1e9))
    assert (weights[1] == 0) == padding_stays_out
