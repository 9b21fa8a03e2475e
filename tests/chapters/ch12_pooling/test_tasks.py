"""The tasks of chapter 12: bags with a nine, and graphs of four kinds."""

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from course_lib.chapters.ch12_pooling import models, tasks
from course_lib.chapters.ch12_pooling.bags import WANTED, make_bags
from course_lib.chapters.ch12_pooling.graph_classes import KINDS, make_graphs
from course_lib.nn.training import seeded, training_steps


@pytest.fixture(scope="module")
def bags():
    return tasks.bags_task(train=60, test=40)


@pytest.fixture(scope="module")
def graphs():
    return tasks.graphs_task(train=60, test=40)


def test_padded_bags_are_the_bags(bags):
    for padded, seed, split in zip(bags, (0, 1), ("train", "test"), strict=True):
        made = make_bags(len(padded.labels), np.random.default_rng(seed), split=split)
        for k, bag in enumerate(made):
            there = padded.mask[k]
            assert there.sum() == len(bag.digits)
            np.testing.assert_allclose(padded.pictures[k][there], bag.pictures, rtol=1e-6)
            assert padded.digits[k][there].tolist() == bag.digits.tolist()
            assert padded.labels[k] == bag.label == (WANTED in bag.digits)
        assert (padded.pictures[~padded.mask] == 0).all()
        assert (padded.digits[~padded.mask] == -1).all()


@pytest.mark.parametrize("pool", models.POOLS)
def test_a_bag_in_a_batch_is_answered_as_by_itself(bags, pool):
    test = bags[1]
    model = seeded(lambda: models.BagClassifier(pool), 0)
    with torch.no_grad():
        together = model(test.pictures, test.mask)
        alone = [
            model(test.pictures[k][there][None], there[there][None])[0]
            for k, there in enumerate(test.mask)
        ]
    torch.testing.assert_close(together, torch.stack(alone))


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_plain_pools_are_numpys_and_have_no_weights(bags, pool):
    test = bags[1]
    model = seeded(lambda: models.BagClassifier(pool), 0)
    with torch.no_grad():
        for k, there in enumerate(test.mask):
            h = model.encode(test.pictures[k][there]).numpy()
            pooled, weights = models.pool_nodes(
                pool, torch.tensor(h), torch.zeros(len(h), dtype=torch.int64), 1
            )
            np.testing.assert_allclose(pooled[0], getattr(h, pool)(axis=0), rtol=1e-5)
            assert weights is None
    with pytest.raises(ValueError, match=f"return_weights .* pool='{pool}'"):
        tasks.localisation(model, test)
    with pytest.raises(ValueError, match="pool must be one of"):
        models.make_pool("sum", 3)


@pytest.mark.parametrize("pool", ["attention", "gated"])
def test_weights_are_shares_and_make_the_answer(bags, pool):
    test = bags[1]
    model = seeded(lambda: models.BagClassifier(pool), 0)
    with torch.no_grad():
        logits, weights = model(test.pictures, test.mask, return_weights=True)
        h = model.encode(test.pictures)
        expected = model.answer((weights[:, None] @ h)[:, 0])[:, 0]
    assert (weights[~test.mask] == 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(weights)))
    torch.testing.assert_close(logits, expected)


def test_localisation_counts_pairs_as_scikit_learn_does(bags):
    test = bags[1]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randint(0, 4, test.mask.shape, generator=generator).float()  # with ties

    def model(pictures, mask, return_weights):
        return None, drawn

    won = pairs = 0.0
    for k, there in enumerate(test.mask):
        wanted = (test.digits[k][there] == WANTED).numpy()
        if wanted.all() or not wanted.any():
            continue
        count = wanted.sum() * (~wanted).sum()
        won += count * roc_auc_score(wanted, drawn[k][there])
        pairs += count
    assert tasks.localisation(model, test) == pytest.approx(won / pairs)


def test_accuracy_of_bags_by_hand(bags):
    test = bags[1]
    for answer, share in ((1.0, test.labels.mean()), (-1.0, 1 - test.labels.mean())):
        logits = torch.full_like(test.labels, answer)
        right = tasks.bag_accuracy(lambda *_, logits=logits: logits, test)
        assert right == pytest.approx(share.item())


def test_the_features_of_a_node_are_its_neighbours_counted(graphs):
    for task, seed in zip(graphs, (0, 1), strict=True):
        for k, made in enumerate(make_graphs(len(task.labels), np.random.default_rng(seed))):
            graph = nx.Graph(made.edge_index.T.tolist())
            graph.add_nodes_from(range(made.n))
            expected = [min(graph.degree(node), 9) for node in range(made.n)]
            assert task.x[k].argmax(dim=1).tolist() == expected
            assert (task.x[k].sum(dim=1) == 1).all()
            assert task.labels[k] == made.label


def test_a_batch_is_one_graph_in_parts(graphs):
    task, numbers = graphs[0], [7, 2, 11]
    x, edges, graph = task.batch(numbers)
    assert graph.unique().tolist() == [0, 1, 2]
    assert torch.equal(graph[edges[0]], graph[edges[1]])
    for part, number in enumerate(numbers):
        assert torch.equal(x[graph == part], task.x[number])
        start = (graph < part).sum()
        inside = edges[:, graph[edges[0]] == part]
        assert torch.equal(inside - start, task.edges[number])


@pytest.mark.parametrize("pool", models.POOLS)
def test_a_graph_in_a_batch_is_answered_as_by_itself(graphs, pool):
    test = graphs[1]
    model = seeded(lambda: models.GraphClassifier(pool), 0)
    with torch.no_grad():
        together = model(*test.batch(range(6)), 6)
        alone = torch.cat([model(*test.batch([k]), 1) for k in range(6)])
    assert together.shape == (6, len(KINDS))
    torch.testing.assert_close(together, alone)
    assert torch.equal(tasks.graph_answers(model, test)[:6], together.argmax(dim=1))


def test_a_classifier_of_graphs_learns(graphs):
    train, test = graphs
    model = seeded(lambda: models.GraphClassifier("mean"), 0)
    loss = tasks.graph_loss(train)
    numbers = torch.arange(len(train.labels))
    before = loss(model, numbers).item()
    settings = {"epochs": 30, "batch": 10, "learning_rate": 1e-2}
    for _ in training_steps(model, loss, (numbers,), seed=0, **settings):
        pass
    assert loss(model, numbers).item() < before / 2
    right = (tasks.graph_answers(model, test) == test.labels).float().mean()
    assert right > 0.5  # one in four by guessing
