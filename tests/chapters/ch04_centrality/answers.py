"""Answers to the exercises of chapter 04 as people write them, rightly and wrongly."""

import itertools

import networkx as nx
import numpy as np
import scipy.special
import scipy.stats
import torch


def degree_by_networkx(n):
    graph = nx.complete_graph(n, nx.DiGraph)
    graph.add_edges_from((i, i) for i in range(n))
    return nx.degree_centrality(graph)[0]


def pagerank_by_networkx(weights, damping):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return list(nx.pagerank(graph, alpha=damping, tol=1e-12, max_iter=10_000).values())


def pagerank_by_solving(weights, damping):
    n = len(weights)
    return np.linalg.solve(np.eye(n) - damping * weights.T, np.full(n, (1 - damping) / n))


def pagerank_by_torch(weights, damping):
    weights = torch.tensor(weights, dtype=torch.float32)
    shares = torch.full((len(weights),), 1 / len(weights))
    for _ in range(1000):
        shares = (1 - damping) / len(weights) + damping * shares @ weights
    return shares


def pagerank_with(step, start=None, steps=1000):
    def answer(weights, damping):
        n = len(weights)
        shares = np.full(n, 1 / n if start is None else start)
        for _ in range(steps):
            shares = step(weights, damping, shares, n)
        return shares

    return answer


def usual(weights, damping, shares, n):
    return (1 - damping) / n + damping * weights.T @ shares


def backwards(weights, damping, shares, n):
    back = weights.T / weights.T.sum(axis=1, keepdims=True)
    return (1 - damping) / n + damping * back.T @ shares


def silent_circulant(n):
    return scipy.linalg.circulant(scipy.special.softmax(np.arange(n)))


def silent_symmetric(n):
    return np.full((n, n), 0.5 / n) + 0.5 * np.eye(n)


def silent_by_sinkhorn(n):
    weights = np.random.default_rng(0).random((n, n)) + 0.1
    for _ in range(300):
        weights /= weights.sum(axis=0)
        weights /= weights.sum(axis=1, keepdims=True)
    return torch.tensor(weights, dtype=torch.float32)


def sink(n):
    weights = np.full((n, n), 0.2 / (n - 1))
    weights[:, 0] = 0.8
    return weights


def way_by_trying_all(weights, start, end):
    others = [i for i in range(len(weights)) if i not in (start, end)]
    ways = [
        [start, *between, end]
        for k in range(len(others) + 1)
        for between in itertools.permutations(others, k)
    ]
    return max(ways, key=lambda way: np.prod([weights[i, j] for i, j in itertools.pairwise(way)]))


def way_by(length):
    def answer(weights, start, end):
        graph = nx.DiGraph()
        for i, j in zip(*np.nonzero(weights), strict=True):
            graph.add_edge(i, j, d=length(weights[i, j]))
        return nx.dijkstra_path(graph, start, end, weight="d")

    return answer


def way_as_array(weights, start, end):
    return np.array(way_by(lambda w: -np.log2(w))(weights, start, end))


def without_by_delete(weights, positions):
    rest = np.delete(np.delete(weights, positions, axis=0), positions, axis=1)
    return rest / rest.sum(axis=1)[:, None]


def without_by_softmax(weights, positions):
    stay = np.setdiff1d(np.arange(len(weights)), positions)
    with np.errstate(divide="ignore"):
        return scipy.special.softmax(np.log(weights[np.ix_(stay, stay)]), axis=1)


def without_by_torch(weights, positions):
    stay = torch.tensor([i for i in range(len(weights)) if i not in positions])
    rest = torch.tensor(weights)[stay][:, stay]
    return rest / rest.sum(1, keepdim=True)


def without_with(finish):
    def answer(weights, positions):
        stay = [i for i in range(len(weights)) if i not in positions]
        return finish(weights, positions, stay)

    return answer


def kept(weights, stay):
    return weights[np.ix_(stay, stay)]


def zeroed(weights, positions, normalise):
    weights = weights.copy()
    weights[positions], weights[:, positions] = 0, 0
    sums = weights.sum(axis=1, keepdims=True)
    return weights / np.where(sums == 0, 1, sums) if normalise else weights


def only_columns(weights, positions, stay):
    return weights[:, stay] / weights[:, stay].sum(axis=1, keepdims=True)


def agreement_by_rankdata(first, second):
    ranks = [scipy.stats.rankdata(scores) for scores in (first, second)]
    return np.corrcoef(*ranks)[0, 1]


def agreement_by_differences(first, second):
    n = len(first)
    gaps = np.argsort(np.argsort(first)) - np.argsort(np.argsort(second))
    return 1 - 6 * (gaps**2).sum() / (n * (n**2 - 1))


def agreement_of_orders(first, second):
    return np.corrcoef(np.argsort(first), np.argsort(second))[0, 1]


RIGHT = {
    "centrality-1": [degree_by_networkx, lambda n: 2 * n / (n - 1), lambda n: 2 + 2 / (n - 1)],
    "centrality-2": [
        pagerank_by_networkx,
        pagerank_by_solving,
        pagerank_by_torch,
        pagerank_with(usual),
    ],
    "centrality-3": [silent_circulant, silent_symmetric, silent_by_sinkhorn],
    "centrality-4": [way_by_trying_all, way_by(lambda w: -np.log(w)), way_as_array],
    "centrality-5": [without_by_delete, without_by_softmax, without_by_torch],
    "centrality-6": [
        agreement_by_rankdata,
        agreement_by_differences,
        lambda first, second: scipy.stats.spearmanr(first, second).statistic,
    ],
    "centrality-7": ["hubs", " Hubs "],
}

WRONG = {
    "centrality-1": [
        (lambda n: 1, "not right yet"),
        (lambda n: 2, "self-loop counts too"),
        (lambda n: n / (n - 1), "both count"),
        (lambda n: 2 * n, "divides by n - 1"),
        (lambda n: 2.4, "not right yet"),
        (lambda n: (2 * n - 1) / (n - 1), "counts twice"),
    ],
    "centrality-2": [
        (pagerank_with(lambda w, c, x, n: (1 - c) / n + c * w @ x), "All shares came out equal"),
        (pagerank_with(backwards), "wrong way"),
        (pagerank_with(lambda w, c, x, n: (1 - c) + c * w.T @ x, start=1), "sum to 1"),
        (pagerank_with(lambda w, c, x, n: usual(w, 1 - c, x, n)), "not to jump"),
        (lambda weights, damping: weights.mean(axis=0), "That is one step"),
        (pagerank_with(usual, steps=3), "not right yet"),
        (lambda weights, damping: pagerank_by_solving(weights, 0.85), "not right yet"),
        (lambda weights, damping: pagerank_by_solving(weights, damping)[:, None], "shape"),
    ],
    "centrality-3": [
        (lambda n: np.full((n, n), 1 / n), "all weights are the same".capitalize()),
        (sink, "PageRank still differs"),
        (np.eye, "positive"),
        (lambda n: np.ones((n, n)), "rows should sum"),
        (lambda n: np.full(n, 1 / n), "shape"),
        (
            lambda n: scipy.special.softmax(np.random.default_rng(3).normal(size=(n, n)), 0),
            "The rows should sum to 1",
        ),
    ],
    "centrality-4": [
        (way_by(lambda w: w), "weights are lengths"),
        (way_by(lambda w: 1 / w), "such as 1 / w"),
        (way_by(lambda w: 1), "if weights are lengths, or if there are none"),
        (
            lambda weights, start, end: way_by(lambda w: -np.log(w))(weights.T, start, end),
            "edges run the wrong way",
        ),
        (lambda weights, start, end: [start, end], "edges run the wrong way"),
        (
            lambda weights, start, end: [*way_by(lambda w: -np.log(w))(weights, start, end)][1:],
            "should begin with",
        ),
        (lambda weights, start, end: weights[start, end], "got [0.0]"),
    ],
    "centrality-5": [
        (without_with(lambda w, gone, stay: kept(w, stay)), "sums to 1 again"),
        (
            without_with(lambda w, gone, stay: kept(w, stay) / kept(w, stay).sum(0)),
            "columns are divided",
        ),
        (
            without_with(lambda w, gone, stay: kept(w, stay) / kept(w, stay).sum(1)),
            "keepdims",
        ),
        (without_with(only_columns), "should not ask"),
        (lambda weights, positions: zeroed(weights, positions, False), "still there"),
        (lambda weights, positions: zeroed(weights, positions, True), "still there"),
        (
            lambda weights, positions: without_by_delete(weights, [0]),
            "should have shape (3, 3), got (4, 4)",
        ),
    ],
    "centrality-6": [
        (lambda first, second: np.corrcoef(first, second)[0, 1], "not their ranks"),
        (
            lambda first, second: np.corrcoef(np.argsort(first), np.argsort(second))[0, 1],
            "once more",
        ),
        (lambda first, second: np.corrcoef(*map(scipy.stats.rankdata, (first, second))), "matrix"),
        (lambda first, second: scipy.stats.kendalltau(first, second).statistic, "Kendall"),
        (lambda first, second: -agreement_by_rankdata(first, second), "The sign is wrong"),
        (lambda first, second: abs(agreement_by_rankdata(first, second)), "The sign is wrong"),
        (lambda first, second: 1.0, "The rank correlation: not right yet"),
    ],
    "centrality-7": [
        ("in-strength", "in-strength reaches"),
        ("PageRank", "PageRank reaches"),
        ("stationary", "stationary reaches"),
        ("authorities", "authorities reaches"),
        ("betweenness", "should be one of"),
        (0.8, "should be one of"),
    ],
}
