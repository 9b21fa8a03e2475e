"""What chapter 08 says in general, tried on recorded runs, other seeds and by intervention."""

import functools

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.stats import ttest_rel
from torch.nn.functional import scaled_dot_product_attention

from course_lib.chapters.ch08_gat import tasks
from course_lib.chapters.ch08_gat.models import NodeClassifier
from course_lib.chapters.runs import load_runs
from course_lib.nn.gat import GraphAttention, GraphAttentionV2
from course_lib.nn.sparse import sparse_attention
from course_lib.nn.training import seeded, train

KARATE = {name: found["accuracy"] for name, found in load_runs("karate").items()}
SHORT = {name: found["accuracy"] for name, found in load_runs("karate, short").items()}


def differ(first, second):
    """Tell whether a paired test finds a difference, seed by seed."""
    return ttest_rel(first, second).pvalue < 0.01


def alike(first, second):
    return np.array_equal(first, second) or ttest_rel(first, second).pvalue > 0.05


def test_a_difference_that_is_planted_is_seen():
    drawn = np.random.default_rng(0).normal(size=(2, 20))
    assert alike(*drawn)
    assert differ(drawn[0], drawn[0] + 0.2 + 0.1 * drawn[1])


def test_the_plain_mean_is_ahead_of_attention_for_most_seeds():
    gain = KARATE["GAT"] - KARATE["plain mean"]
    assert (gain < 0).sum() > len(gain) / 2
    assert (gain > 0).sum() <= 2
    assert differ(KARATE["plain mean"], KARATE["GAT"])
    assert alike(KARATE["GAT"], KARATE["GATv2"])
    assert min(found.mean() for found in KARATE.values()) > 0.85  # all learn well


def test_attention_loses_by_training_longer_and_the_plain_mean_does_not():
    assert alike(SHORT["GAT"], SHORT["plain mean"])
    assert differ(SHORT["GAT"], KARATE["GAT"])
    assert alike(SHORT["plain mean"], KARATE["plain mean"])


def test_it_is_the_moving_weights_and_not_the_learning_of_a():
    assert not alike(KARATE["plain mean"], KARATE["GAT, a fixed"])
    assert alike(KARATE["GAT"], KARATE["GAT, a fixed"])
    assert differ(KARATE["GAT, weights fixed"], KARATE["GAT"])
    assert alike(KARATE["GAT, weights fixed"], KARATE["plain mean"])


def test_a_mean_over_the_own_group_is_always_right():
    assert (KARATE["own group only"] == 1).all()


def test_one_head_cannot_look_up_and_several_can():
    (one, second), few = load_runs("dictionaries").values(), load_runs("dictionaries, 8 heads")
    assert one["accuracy"].max() < 0.15
    assert (second["accuracy"] == 1).all()
    assert few["GAT, 8 heads of 4"]["accuracy"].min() > 0.5
    assert few["GAT, 8 heads of 4"]["accuracy"].max() < 0.9
    assert (few["GAT, 8 heads of 32"]["accuracy"] == 1).all()


def test_one_ranking_of_the_keys_can_keep_all_attention_of_the_club_in_its_groups():
    club = tasks.karate_task()
    graph = nx.Graph(club.edge_index.T.tolist())
    graph.add_edges_from((node, node) for node in range(34))
    kept, ranked = set(), []  # a key may come next if it draws nobody into the other group
    while len(ranked) < 34:
        free = (
            key
            for key in set(graph) - set(ranked)
            if all(club.labels[q] == club.labels[key] or q in kept for q in graph[key])
        )
        ranked.append(next(free))
        kept.update(q for q in graph[ranked[-1]] if club.labels[q] == club.labels[ranked[-1]])
    for query in graph:  # as in a sharp head, whose queries all rank alike
        favourite = min(graph[query], key=ranked.index)
        assert club.labels[favourite] == club.labels[query]


def test_the_club():
    club = tasks.karate_task()
    assert torch.bincount(club.labels).tolist() == [17, 17]
    friends = club.labels[club.edge_index[1, club.edge_index[0] == 8]]
    assert friends.float().mean() > 0.5
    assert club.labels[8] == 0  # and yet
    assert (club.edge_index[0] == 0).sum() == 16
    own = tasks.own_group_only(club)
    assert (club.labels[own.edge_index[0]] == club.labels[own.edge_index[1]]).all()
    assert 0 < own.edge_index.shape[1] < club.edge_index.shape[1]


@pytest.fixture(scope="module")
def trained():
    """Return the club, its edges and the weights of heads: first those that the chapter shows."""
    club, found = tasks.karate_task(), []
    for seed in range(3):
        model = seeded(lambda: NodeClassifier(34, 2), seed)
        edges = model.first.edges(club.edge_index, 34)
        known = tasks.labelled_nodes(club.labels, 2, seed=seed)
        train(model, tasks.node_loss(club, edges), (known,), seed=seed, **tasks.KARATE_TRAINING)
        with torch.no_grad():
            _, (_, weights) = model(club.x, edges, return_weights=True)
        found.append(weights)
    return club, edges, torch.stack(found)


def test_nobody_gets_everything(trained):
    _, _, weights = trained
    assert weights.max() < 0.9


def test_most_of_a_neighbourhood_is_of_the_own_group_and_heads_hardly_gain_or_lose(trained):
    club, edges, weights = trained
    inside = club.labels[edges.query] == club.labels[edges.key]
    even = (inside / torch.bincount(edges.query)[edges.query]).sum() / 34
    assert even > 0.8
    gained = (weights * inside).sum(dim=2) / 34 - even
    assert gained.max() < (1 - even) / 2
    assert gained[0].min() > 0
    assert (gained[1:] < 0).any()


def ranks_alike(logits, allowed):
    """Tell whether all queries rank the keys that they share in one order."""
    n = len(logits)
    for i in range(n):
        for j in range(n):
            shared = allowed[i] & allowed[j]
            if not torch.equal(logits[i, shared].argsort(), logits[j, shared].argsort()):
                return False
    return True


@pytest.mark.parametrize("slope", [0.01, 0.2, 0.7, 1.0])
def test_a_head_ranks_shared_keys_alike_at_every_slope_above_0(slope):
    generator = torch.Generator().manual_seed(1)
    for seed in range(5):
        layer = seeded(lambda: GraphAttention(5, 4, 3, negative_slope=slope), seed).double()
        x = torch.randn(9, 5, generator=generator).double()
        allowed = torch.rand(9, 9, generator=generator) < 0.6
        with torch.no_grad():
            logits = layer.split_logits(*layer.project(x))
        assert all(ranks_alike(head, allowed) for head in logits)
        if slope == 1:  # the ratios of the weights are the same, too
            apart = logits[:, :, :1] - logits
            torch.testing.assert_close(apart, apart[:, :1].expand_as(apart))


def test_a_mean_of_heads_and_the_second_kind_need_not_rank_alike():
    x = torch.randn(9, 5, generator=torch.Generator().manual_seed(1))
    everybody = torch.ones(9, 9, dtype=torch.bool)
    first = seeded(lambda: GraphAttention(5, 4, 4), 0)
    second = seeded(lambda: GraphAttentionV2(5, 4), 0)
    with torch.no_grad():
        heads = first.split_logits(*first.project(x)).softmax(dim=2)
        logits = second.pairwise_logits(*second.project(x))[0]
    assert not ranks_alike(heads.mean(dim=0), everybody)
    assert not ranks_alike(logits, everybody)


def test_where_each_sees_each_gat_has_one_favourite_and_gatv2_may_have_more():
    x = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))

    def favourites(kind, seed):
        layer = seeded(lambda: kind(8, 8), seed)
        with torch.no_grad():
            return len(layer.pairwise_logits(*layer.project(x))[0].argmax(dim=1).unique())

    assert {favourites(GraphAttention, seed) for seed in range(20)} == {1}
    assert max(favourites(GraphAttentionV2, seed) for seed in range(20)) > 1


def test_a_transformer_attends_on_the_complete_graph_or_on_that_of_earlier_tokens():
    query, key, value = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(0))
    i, j = np.indices((6, 6)).reshape(2, -1)
    for causal, kept in ((False, i >= 0), (True, i >= j)):
        along = sparse_attention(query, key, value, torch.tensor(np.stack([i, j])[:, kept]))
        dense = scaled_dot_product_attention(query, key, value, is_causal=causal)
        torch.testing.assert_close(along, dense)


def test_at_slope_0_negative_logits_are_tied():
    layer = seeded(lambda: GraphAttention(5, 4, negative_slope=0), 0)
    with torch.no_grad():
        logits = layer.split_logits(*layer.project(torch.randn(9, 5)))
    assert logits.min() == 0


@pytest.mark.parametrize("kind", [GraphAttention, GraphAttentionV2])
def test_without_self_loops_own_features_sway_the_weights_and_are_not_mixed(kind):
    edges = torch.tensor([[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]])
    moved = []
    for seed in range(5):
        layer = seeded(lambda: kind(4, 4, self_loops=False), seed)
        x = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed))
        other = torch.cat([-x[:1], x[1:]])
        with torch.no_grad():
            moved.append((layer(x, edges)[0] - layer(other, edges)[0]).abs().max().item())
            # Where the neighbours are alike, there is nothing to choose, whatever node 0 holds.
            x[2] = other[2] = x[1]
            torch.testing.assert_close(layer(x, edges)[0], layer(other, edges)[0])
    assert max(moved) > 0.01


def test_averages_alone_make_the_nodes_of_a_connected_graph_alike():
    rng = np.random.default_rng(0)
    graph = nx.connected_watts_strogatz_graph(12, 4, 0.3, seed=0)
    adjacency = nx.to_numpy_array(graph) + np.eye(12)
    x = rng.normal(size=(12, 3))
    spread = [np.ptp(x, axis=0).max()]
    for _ in range(60):
        weights = adjacency * np.exp(rng.normal(size=(12, 12)))
        x = weights / weights.sum(axis=1, keepdims=True) @ x
        spread.append(np.ptp(x, axis=0).max())
    assert spread[-1] < 1e-3 * spread[0]
    assert np.diff(spread).max() < 1e-12


def test_memory_grows_as_the_chapter_says():
    size = functools.cache(kept)
    growth = {form: size(form, 400) / size(form, 200) for form in ("pairwise", "split", "edges")}
    assert growth["pairwise"] == pytest.approx(4, rel=0.03)
    assert 3 < growth["split"] < 4
    assert growth["edges"] == pytest.approx(2, rel=0.05)


def kept(form, n):
    """Return the bytes that are kept for the backward pass, as the chapter counts them."""
    graph = nx.random_regular_graph(4, n, seed=0)
    ties = torch.tensor(list(graph.edges)).T
    both = torch.cat([ties, ties.flip(0)], dim=1)
    layer = seeded(lambda: GraphAttention(64, 64, form=form), 0)
    sizes = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        layer(torch.randn(n, 64), layer.edges(both, n))
    return sum(sizes.values())


def test_how_far_apart_the_weights_of_two_shared_keys_are_depends_on_the_query():
    layer = seeded(lambda: GraphAttention(5, 4), 0)
    with torch.no_grad():
        drawn = [layer.project(torch.randn(9, 5)) for _ in range(20)]
        weights = torch.stack([layer.split_logits(*each)[0].softmax(dim=1) for each in drawn])
    ratios = weights[:, :, 0] / weights[:, :, 1]
    differs = ratios.amax(dim=1) > 1.01 * ratios.amin(dim=1)
    assert differs.any()  # where the slope bends some sums and not others
    assert ((ratios > 1).all(dim=1) | (ratios < 1).all(dim=1)).all()  # the order is the same


def test_the_gatv2_layers_of_the_chapter_have_two_favourites_at_most_and_others_more():
    x = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))
    found = []
    for seed in range(40):
        layer = seeded(lambda: GraphAttentionV2(8, 8, form="pairwise"), seed)
        with torch.no_grad():
            found.append(len(layer.pairwise_logits(*layer.project(x))[0].argmax(dim=1).unique()))
    assert set(found[:5]) == {1, 2}
    assert max(found) > 4
