"""Each symptom on the page about the article, seen on the idea rebuilt in code of our own."""

import re
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch

from course_lib.attention import attention, softmax
from course_lib.centrality import betweenness
from course_lib.data import load_attention

PAGE = Path(__file__).parents[1] / "book" / "article.md"


@cache
def rows():
    """Return the rows of the page's table: the number of the snippet and the exercise's key."""
    number, found = "", []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        key = re.search(r"=exercise (\S+) -->", line)
        if key:
            number = cells[0] or number
            found.append((int(number), key[1]))
    return found


def logits(n, d=16, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(n, d)).T / np.sqrt(d)


def every_pair_is_an_edge():
    weights = softmax(logits(30))
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    assert graph.number_of_edges() == 30**2


def arrows_against_the_information_and_two_shapes():
    weights = np.array([[0.5, 0.5], [0.0, 1.0]])  # drawn from 0 to 1, for weights[0][1] is an edge
    value = np.array([[1.0], [2.0]])
    changed = weights @ value != weights @ (value * [[1.0], [2.0]])
    assert changed[0, 0], "node 0 knows what node 1 says: information went from 1 to 0"
    graph = nx.from_numpy_array(softmax(logits(6)), create_using=nx.DiGraph)
    layouts = [nx.spring_layout(graph, seed=seed)[0] for seed in (1, 2)]
    assert not np.allclose(*layouts, atol=0.05)


def a_large_logit_gives_nan():
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(np.array([1000.0, 0.0]))
        assert np.isnan(exponentials / exponentials.sum()).any()


def rows_close_to_one_hot():
    def largest(d, scale):
        rng = np.random.default_rng(0)
        query, key = rng.normal(size=(2, 64, d))
        return softmax(scale * query @ key.T).max(axis=-1).mean()

    unscaled = [largest(d, 1) for d in (4, 64, 1024)]
    assert unscaled == sorted(unscaled)
    assert unscaled[-1] > 0.9 > 0.2 > largest(1024, 1024**-0.5)


def everybody_attends_most_to_itself():
    x = np.random.default_rng(0).normal(size=(12, 8))
    for part in np.split(x, 2, axis=1):
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        weights = softmax(part @ part.T)
        assert (weights.argmax(axis=1) == np.arange(12)).all()


def an_error_without_numbers():
    with pytest.raises(ValueError, match="equal division") as error:
        np.split(np.zeros((4, 8)), 3, axis=-1)
    assert not re.search(r"\d", str(error.value))


def all_tokens_tie():
    graph = nx.from_numpy_array(softmax(logits(7)), create_using=nx.DiGraph)
    assert len(set(dict(graph.in_degree()).values())) == 1


def an_even_map_looks_sharp():
    even, decided = softmax(0.01 * logits(8)), softmax(5 * logits(8))
    assert np.ptp(even) < 0.02 < 0.8 < np.ptp(decided)
    for weights in (even, decided):  # stretched from its smallest to its largest number
        stretched = (weights - weights.min()) / np.ptp(weights)
        assert (stretched.min(), stretched.max()) == (0, 1)


def numbers_overlap():
    import matplotlib.pyplot as plt
    import seaborn as sns

    weights, tokens = load_attention("long")
    figure, axes = plt.subplots(figsize=(10, 8))
    sns.heatmap(weights[0, 0], annot=True, ax=axes)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts[: len(tokens)]]
    plt.close(figure)
    assert any(left.x1 > right.x0 for left, right in pairwise(boxes))


def logits_spread_too_little():
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 20_000, 32))
    spread = ((query * key).sum(axis=1) / np.sqrt(256)).std()
    assert spread == pytest.approx(1 / np.sqrt(8), rel=0.05)


def too_few_parameters():
    one_for_all = 3 * torch.nn.Linear(32, 32, bias=False).weight.numel()
    each_its_own = torch.nn.MultiheadAttention(256, 8, bias=False).in_proj_weight.numel()
    assert each_its_own == 8**2 * one_for_all


def padding_changes_the_answer():
    x = np.random.default_rng(0).normal(size=(3, 4))
    padded = np.vstack([x, np.zeros((2, 4))])
    alone, _ = attention(x, x, x)
    together, _ = attention(padded, padded, padded)
    assert not np.allclose(alone, together[:3])


def no_channels_are_left():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a layer of no weights is of no use
        layer = torch.nn.Conv2d(4, 4 // 8, kernel_size=1)
    with pytest.raises(RuntimeError, match="at least 1"):
        layer(torch.zeros(1, 4, 2, 2))


def a_lonely_node_attends_to_everybody():
    filled = torch.full((1, 6), -9e15)
    assert torch.equal(torch.softmax(filled, dim=1), torch.full((1, 6), 1 / 6))


def the_flow_is_unbounded():
    graph = nx.from_numpy_array(softmax(logits(5)), create_using=nx.DiGraph)
    with pytest.raises(nx.NetworkXUnbounded):
        nx.maximum_flow(graph, 0, 4)


def the_strongest_edge_is_the_longest_way():
    weights = np.array([[0.0, 0.8, 0.2], [0.2, 0.6, 0.2], [0.1, 0.2, 0.7]])
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    assert nx.shortest_path(graph, 0, 1, weight="weight") == [0, 2, 1]
    assert list(nx.betweenness_centrality(graph, weight="weight").values()) != list(
        betweenness(weights)
    )


def every_output_has_the_same_row():
    product = np.eye(8)
    for seed in range(6):
        product = softmax(logits(8, seed=seed)) @ product
    assert np.ptp(product, axis=0).max() < 0.01


def rows_that_do_not_sum_to_one():
    raw = np.random.default_rng(0).random((5, 5)) * np.arange(1, 6)[:, None]
    mixed = (raw - np.diag(np.diag(raw)) + np.eye(5)) / 2  # half attention, half residual
    kept = np.diag(mixed / mixed.sum(axis=1, keepdims=True))
    assert np.ptp(kept) > 0.1, "half was asked for, everywhere"


def rows_of_nan():
    weights = softmax(0.1 * logits(64))
    kept = np.where(weights > 0.1, weights, 0)
    with np.errstate(invalid="ignore"):
        assert np.isnan(kept / kept.sum(axis=1, keepdims=True)).any()


def nothing_is_saved():
    weights = softmax(5 * logits(40))
    kept = weights > 0.1
    assert kept.sum() < weights.size / 5, "yet all of them were computed"


def gigabytes_for_pairs():
    with torch.device("meta"):  # sizes without the memory
        projected = torch.empty(3000, 64)
        first = projected.repeat_interleave(3000, dim=0)
        pairs = torch.cat([first, projected.repeat(3000, 1)], dim=1)
    assert pairs.numel() * pairs.element_size() > 4 * 10**9


def the_mean_of_nobody():
    scores = torch.tensor([0.3, -1.0, 2.0]).masked_fill(torch.zeros(3) == 0, -1e9)
    assert torch.equal(torch.softmax(scores, dim=0), torch.full((3,), 1 / 3))


SYMPTOMS = {
    (1, "graph_view-6"): every_pair_is_an_edge,
    (2, "graph_view-3"): arrows_against_the_information_and_two_shapes,
    (3, "weights-2"): a_large_logit_gives_nan,
    (3, "weights-3"): rows_close_to_one_hot,
    (4, "multi_head-3"): everybody_attends_most_to_itself,
    (4, "multi_head-2"): an_error_without_numbers,
    (5, "centrality-1"): all_tokens_tie,
    (6, "heatmaps-3"): an_even_map_looks_sharp,
    (6, "heatmaps-5"): numbers_overlap,
    (7, "nlp-1"): logits_spread_too_little,
    (7, "nlp-2"): too_few_parameters,
    (7, "nlp-3"): padding_changes_the_answer,
    (8, "vision-3"): no_channels_are_left,
    (9, "gat-2"): a_lonely_node_attends_to_everybody,
    (10, "flow-2"): the_flow_is_unbounded,
    (10, "centrality-4"): the_strongest_edge_is_the_longest_way,
    (11, "rollout-1"): every_output_has_the_same_row,
    (11, "rollout-4"): rows_that_do_not_sum_to_one,
    (12, "sparse-1"): rows_of_nan,
    (12, "sparse-7"): nothing_is_saved,
    (13, "gat-5"): gigabytes_for_pairs,
    (14, "pooling-3"): the_mean_of_nobody,
}


@pytest.mark.parametrize("symptom", SYMPTOMS.values(), ids=lambda symptom: symptom.__name__)
def test_the_symptom_is_seen(symptom):
    symptom()


def test_each_row_of_the_page_has_its_symptom():
    on_page, told = rows(), list(SYMPTOMS)
    assert set(on_page) ^ set(told) == set(), "book/article.md or SYMPTOMS above lacks these"
    assert on_page == told, "SYMPTOMS stand in the order of the page's rows"
