"""Bags of digits and generated graphs: every label follows from what is there."""

import networkx as nx
import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_lib.chapters.ch12_pooling.bags import SIZES, SPLITS, make_bags
from course_lib.chapters.ch12_pooling.graph_classes import KINDS, make_graphs


@pytest.fixture(scope="module")
def bags():
    return {split: make_bags(300, np.random.default_rng(0), split=split) for split in SPLITS}


def test_a_bag_is_positive_if_there_is_a_nine(bags):
    for split in SPLITS:
        for bag in bags[split]:
            assert bag.label == (bag.digits == 9).any()
            assert (bag.digits == 9).sum() <= 2
            assert SIZES[0] <= len(bag.digits) <= SIZES[1]
            assert bag.pictures.shape == (len(bag.digits), 64)
        assert np.mean([bag.label for bag in bags[split]]) == 0.5


def test_pictures_are_the_digits_and_none_is_in_both_splits(bags):
    data = load_digits()
    rows = (data.data / 16).astype(np.float32)
    known = {row.tobytes(): digit for row, digit in zip(rows, data.target, strict=True)}
    seen = {}
    for split in SPLITS:
        pictures = np.concatenate([bag.pictures for bag in bags[split]])
        digits = np.concatenate([bag.digits for bag in bags[split]])
        assert [known[row.tobytes()] for row in pictures] == digits.tolist()
        seen[split] = {row.tobytes() for row in pictures}
    assert not seen["train"] & seen["test"]


def test_the_size_of_a_bag_tells_nothing(bags):
    sizes = [[len(b.digits) for b in bags["train"] if b.label == label] for label in (0, 1)]
    assert abs(np.mean(sizes[0]) - np.mean(sizes[1])) < 1


@pytest.mark.parametrize("make", [make_bags, make_graphs])
def test_the_same_seed_makes_the_same(make):
    first, again, other = (make(12, np.random.default_rng(seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert not np.array_equal(first[0][0], other[0][0])


@pytest.mark.parametrize("make", [make_bags, make_graphs])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, np.random.default_rng(0)), ValueError, "count"),
        ((1.5, np.random.default_rng(0)), TypeError, "count"),
        ((10_001, np.random.default_rng(0)), ValueError, "count"),
        ((3, 0), TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_input_is_named(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make(*arguments)


def test_a_split_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="split must be one of"):
        make_bags(2, np.random.default_rng(0), split="validation")


@pytest.fixture(scope="module")
def graphs():
    return make_graphs(400, np.random.default_rng(0))


def as_networkx(made):
    graph = nx.Graph()
    graph.add_nodes_from(range(made.n))
    graph.add_edges_from(made.edge_index.T.tolist())
    return graph


def test_both_directions_are_there_once_and_no_loop(graphs):
    for made in graphs:
        pairs = [tuple(pair) for pair in made.edge_index.T.tolist()]
        assert len(set(pairs)) == len(pairs)
        assert {(j, i) for i, j in pairs} == set(pairs)
        assert all(i != j for i, j in pairs)
        assert pairs == sorted(pairs)


def test_no_kind_is_told_by_its_number_of_edges(graphs):
    # Otherwise counting would be enough, and nothing would be shown about pooling.
    assert {made.edge_index.shape[1] / made.n for made in graphs} == {4}


def test_the_kinds_are_what_they_are_called(graphs):
    found = {kind: [] for kind in KINDS}
    for made in graphs:
        graph = as_networkx(made)
        degrees = [d for _, d in graph.degree]
        found[KINDS[made.label]].append((nx.average_clustering(graph), np.std(degrees)))
    clustering = {kind: np.mean([c for c, _ in values]) for kind, values in found.items()}
    scatter = {kind: np.mean([s for _, s in values]) for kind, values in found.items()}
    assert clustering["ring"] > clustering["communities"] > clustering["random"]
    assert scatter["hubs"] > scatter["random"] > scatter["ring"]
