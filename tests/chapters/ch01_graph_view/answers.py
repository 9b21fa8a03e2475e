"""Answers to the exercises of chapter 01 as people write them, rightly and wrongly."""

import functools
import itertools
import math
from collections import namedtuple
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import scipy.sparse as sp
import sympy
import torch

from course_lib.graph import attention_graph, attention_multigraph, top_edges
from tests.support.answers import in_a_thread

Edge = namedtuple("Edge", "query key weight")
Counts = namedtuple("Counts", "by_word by_position")


# Exercise 1 ---------------------------------------------------------------------------------------


def edges_by_argwhere(weights, threshold):
    return [(i, j, weights[i, j]) for i, j in np.argwhere(weights > threshold)]


def edges_as_set(weights, threshold):
    return {(i, j, weights[i, j]) for i, j in np.argwhere(weights > threshold)}


def edges_by_torch(weights, threshold):
    weights = torch.tensor(weights)
    return [(i, j, weights[i, j]) for i, j in (weights > threshold).nonzero()]


def edges_in(dtype):
    """What comes back is in another type of number."""

    def answer(weights, threshold):
        places = np.argwhere(weights > threshold)
        weights = weights.astype(dtype)
        return [Edge(int(i), int(j), weights[i, j]) for i, j in places]

    return answer


def edges_as_set_in_half_precision(weights, threshold):
    return {(i, j, np.float16(weights[i, j])) for i, j in np.argwhere(weights > threshold)}


def edges_in_bfloat16(weights, threshold):
    weights = torch.tensor(weights)
    places = (weights > threshold).nonzero().tolist()
    return [(i, j, weights[i, j].bfloat16()) for i, j in places]


def edges_as_array(weights, threshold):
    i, j = np.nonzero(weights > threshold)
    return np.column_stack([i, j, weights[i, j]])


def edges_of_rows_by_their_index(weights, threshold):
    """Right as long as no row occurs twice."""
    rows = weights.tolist()
    return [(rows.index(row), j, w) for row in rows for j, w in enumerate(row) if w > threshold]


def edges_as_objects(weights, threshold):
    edges = [[i, j, Fraction(weights[i, j])] for i, j in np.argwhere(weights > threshold).tolist()]
    return np.array(edges, dtype=object).reshape(-1, 3)


def edges_by_networkx(weights, threshold):
    graph = nx.from_numpy_array(np.where(weights > threshold, weights, 0), create_using=nx.DiGraph)
    return list(graph.edges(data="weight"))


def edges_by_generator(weights, threshold):
    for (i, j), weight in np.ndenumerate(weights):
        if weight > threshold:
            yield i, j, float(weight)


def edges_by_key(weights, threshold):
    """The keys in the outer loop: another order."""
    n = len(weights)
    return [[i, j, weights[i][j]] for j in range(n) for i in range(n) if weights[i][j] > threshold]


def edges_by_pandas(weights, threshold):
    table = pd.DataFrame(weights).stack().reset_index()
    return table[table[0] > threshold]


def edges_where(kept, turned=False, first=0):
    """Wrong answers: which edges are kept, and how they are written."""

    def answer(weights, threshold):
        edges = np.argwhere(kept(weights, threshold)) + first
        where = [(j, i) if turned else (i, j) for i, j in edges.tolist()]
        values = [weights[i - first, j - first] for i, j in edges.tolist()]
        return [(*place, weight) for place, weight in zip(where, values, strict=True)]

    return answer


def loops_left_out(weights, threshold):
    return (weights > threshold) & ~np.eye(len(weights), dtype=bool)


def edges_unweighted(weights, threshold):
    return [tuple(edge) for edge in np.argwhere(weights > threshold)]


def edges_weight_one(weights, threshold):
    return [(i, j, 1.0) for i, j in np.argwhere(weights > threshold)]


def edges_less_threshold(weights, threshold):
    return [(i, j, weights[i, j] - threshold) for i, j in np.argwhere(weights > threshold)]


def edges_undirected(weights, threshold):
    return list(nx.from_numpy_array(np.where(weights > threshold, weights, 0)).edges(data="weight"))


def edges_twice(weights, threshold):
    return edges_by_argwhere(weights, threshold) * 2


def edges_returned_early(weights, threshold):
    edges = []
    for i in range(len(weights)):
        for j in range(len(weights)):
            if weights[i, j] > threshold:
                edges.append((i, j, weights[i, j]))
        return edges


def edges_of_the_library(weights, threshold):
    return list(attention_graph(weights, threshold=threshold).edges(data="weight"))


def edges_from_the_top(weights, threshold):
    most = max(1, int((weights > threshold).sum()))
    return [edge for edge in top_edges(weights, most) if edge[2] > threshold]


def edges_of_a_layer(weights, threshold):
    return list(attention_multigraph(weights[None], threshold=threshold).edges(data="weight"))


def edges_compared_in(dtype):
    return edges_where(lambda weights, t: weights.astype(dtype) > dtype(t))


def edges_clearly_above(least):
    return edges_where(lambda weights, t: weights > t + least)


def edges_rounded(digits):
    return edges_where(lambda weights, t: np.round(weights, digits) > round(t, digits))


# Exercise 3 ---------------------------------------------------------------------------------------


def flow_by_transpose(weights):
    return nx.from_numpy_array(np.asarray(weights).T, create_using=nx.DiGraph)


def flow_by_reverse(weights):
    return nx.from_numpy_array(weights, create_using=nx.DiGraph).reverse()


def flow_in_float32(weights):
    graph = nx.empty_graph(len(weights), create_using=nx.DiGraph)
    edges = np.argwhere(weights.T).tolist()
    graph.add_weighted_edges_from((j, i, np.float32(weights[i, j])) for j, i in edges)
    return graph


def flow_in_float16(weights):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(weights)))
    half = weights.astype(np.float16)
    graph.add_weighted_edges_from((j, i, half[i, j]) for i, j in np.argwhere(weights > 0).tolist())
    return graph


def flow_in_bfloat16(weights):
    tensor = torch.tensor(weights, dtype=torch.bfloat16)
    graph = nx.empty_graph(len(weights), create_using=nx.DiGraph)
    graph.add_weighted_edges_from((j, i, tensor[i, j]) for i, j in np.argwhere(weights).tolist())
    return graph


def flow_by_loop(weights):
    graph = nx.DiGraph()
    for i in range(len(weights)):
        graph.add_node(i, token=f"word {i}")
        for j in range(len(weights)):
            if weights[i, j]:
                graph.add_edge(j, i, weight=weights[i, j], head=0)
    return graph


def flow_in_fractions(weights):
    graph = nx.DiGraph(list(zip(range(len(weights)), range(len(weights)), strict=True)))
    for i, row in enumerate(weights.tolist()):
        for j, weight in enumerate(row):
            graph.add_edge(j, i, weight=Fraction(weight))
    graph.remove_edges_from([(u, v) for u, v, w in graph.edges(data="weight") if w == 0])
    return graph


def flow_by_scipy(weights):
    return nx.from_scipy_sparse_array(sp.csr_array(weights.T), create_using=nx.DiGraph)


def flow_by_pandas(weights):
    table = pd.DataFrame(weights).T
    return nx.from_pandas_adjacency(table, create_using=nx.DiGraph)


def flow_by_numpy_nodes(weights):
    graph = nx.DiGraph()
    graph.add_nodes_from(np.arange(len(weights))[::-1])
    for i, j in zip(*np.nonzero(weights), strict=True):
        graph.add_edge(j, i, weight=weights[i, j])
    return graph


def flow_as_article(weights):
    return nx.from_numpy_array(weights, create_using=nx.DiGraph)


def flow_as_article_with_zeros(weights):
    graph = nx.DiGraph()
    graph.add_weighted_edges_from((i, j, w) for (i, j), w in np.ndenumerate(weights))
    return graph


def flow_undirected(weights):
    return nx.from_numpy_array(weights)


def flow_without_weights(weights):
    graph = nx.empty_graph(len(weights), create_using=nx.DiGraph)
    graph.add_edges_from((j, i) for i, j in np.argwhere(weights > 0).tolist())
    return graph


def flow_with_zero_edges(weights):
    graph = nx.DiGraph()
    graph.add_weighted_edges_from((j, i, w) for (i, j), w in np.ndenumerate(weights))
    return graph


def flow_of_text_nodes(weights):
    return nx.relabel_nodes(flow_by_transpose(weights), str)


def flow_without_lonely_nodes(weights):
    graph = nx.DiGraph()
    pairs = np.argwhere(weights > 0).tolist()
    graph.add_weighted_edges_from((j, i, weights[i, j]) for i, j in pairs if i != j)
    return graph


def flow_above(least):
    return lambda weights: flow_by_transpose(np.where(weights > least, weights, 0))


def flow_without_loops(weights):
    return flow_by_transpose(weights - np.diag(np.diag(weights)))


def flow_strongest_direction(weights):
    return flow_by_transpose(np.where(weights >= weights.T, weights, 0))


def flow_with_equals_once(weights):
    """Of two tokens that attend to each other equally, only one edge."""
    return flow_by_transpose(
        np.where((weights == weights.T) & np.tri(len(weights), k=-1).astype(bool), 0, weights)
    )


def flow_of_rounded(weights):
    return flow_by_transpose(np.round(weights, 2))


def flow_with_weights_rounded(weights):
    """Every edge is there; what it weighs is rounded."""
    graph = flow_by_transpose(weights)
    for *_, data in graph.edges(data=True):
        data["weight"] = round(data["weight"], 6)
    return graph


def flow_normalised(weights):
    return flow_by_transpose(weights / weights.sum(axis=0).clip(1e-300))


def flow_twice(weights):
    graph = nx.MultiDiGraph(flow_by_transpose(weights))
    graph.add_edges_from(list(graph.edges(data=True)))
    return graph


def flow_weights_as_text(weights):
    graph = flow_by_transpose(weights)
    for *_, data in graph.edges(data=True):
        data["weight"] = f"{data['weight']:.6f}"
    return graph


# Exercise 4 ---------------------------------------------------------------------------------------


def sink_by_loop(n):
    rows = [[0.9] + [0.1 / (n - 1)] * (n - 1) for _ in range(n)]
    return rows


def sink_by_softmax(n):
    logits = torch.zeros(n, n)
    logits[:, 0] = 2 + math.log(n)
    return torch.softmax(logits, dim=1)


def sink_as(dtype):
    def answer(n):
        weights = np.ones((n, n), dtype=dtype)
        weights[:, 0] = 3 * n
        return weights / weights.sum(axis=1, keepdims=True)

    return answer


def sink_in_bfloat16(n):
    return sink_by_softmax(n).bfloat16()


def sink_in_fractions(n):
    rest = Fraction(1, 4 * (n - 1))
    return np.array([[Fraction(3, 4), *[rest] * (n - 1)]] * n)


def sink_random(n):
    weights = np.random.default_rng(n).uniform(0.5, 1.5, size=(n, n))
    weights[:, 0] = 2 * n
    return pd.DataFrame(weights / weights.sum(axis=1, keepdims=True))


def sink_barely(n):
    weights = np.full((n, n), 0.499 / (n - 1))
    weights[:, 0] = 0.501
    return tuple(map(tuple, weights))


def sink_from_some(n):
    """Not all queries need to give so much."""
    weights = np.full((n, n), 0.02 / (n - 1))
    weights[:, 0] = 0.98
    weights[0] = 1 / n
    return weights if n > 2 else sink_by_loop(n)


def sink_by_rows(n):
    return ([0.8, *itertools.repeat(0.2 / (n - 1), n - 1)] for _ in range(n))


def sink_with_zeros(n):
    weights = np.zeros((n, n))
    weights[:, 0] = 1
    return weights


def sink_in_rows(n):
    return np.asarray(sink_by_loop(n)).T


def sink_elsewhere(n):
    return np.asarray(sink_by_loop(n))[:, ::-1]


def sink_not_normalised(n):
    weights = np.full((n, n), 0.1)
    weights[:, 0] = 0.9
    return weights


def sink_uniform(n):
    return np.full((n, n), 1 / n)


def sink_with_rest(rest):
    """A fixed number in all other columns."""

    def answer(n):
        weights = np.full((n, n), rest)
        weights[:, 0] = 1 - rest * (n - 1)
        return weights

    return answer


def sink_by_chance(first):
    """Draw each row; its first share is large on average."""

    def answer(n):
        return np.random.dirichlet([first(n), *[1] * (n - 1)], size=n)  # noqa: NPY002

    answer.by_chance = True
    return answer


def sink_but_for(size):
    """Give the first too little at one size."""
    return lambda n: sink_by_share(n, 0.4 if n == size else 0.8)


def sink_by_share(n, share):
    return np.column_stack([np.full(n, share), np.full((n, n - 1), (1 - share) / (n - 1))])


def sink_of_unsteady_rows(n):
    """Forget a part of the rows now and then."""
    return sink_by_share(n, 0.8) * np.random.choice([0.6, 1])  # noqa: NPY002


def sink_with_logit(logit):
    def answer(n):
        logits = np.zeros((n, n))
        logits[:, 0] = logit
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    return answer


def sink_half(n):
    weights = np.full((n, n), 0.5 / (n - 1))
    weights[:, 0] = 0.5
    return weights


def sink_in_one_row(n):
    weights = np.full((n, n), 1 / n)
    weights[0] = sink_by_loop(n)[0]
    return weights


def sink_largest_only(n):
    """More than any other column, but not more than half."""
    weights = np.ones((n, n))
    weights[:, 0] = 1.9
    return weights / weights.sum(axis=1, keepdims=True)


def sink_whole_sums_to_one(n):
    return np.asarray(sink_by_loop(n)) / n


def sink_table(n):
    return {2: [[0.9, 0.1], [0.9, 0.1]], 3: [[0.8, 0.1, 0.1]] * 3}.get(n, np.full((n, n), 1 / n))


def sink_negative(n):
    weights = np.full((n, n), -0.5 / (n - 1))
    weights[:, 0] = 1.5
    return weights


# Exercise 5 ---------------------------------------------------------------------------------------


def share_sorted_list(weights, share):
    flat = sorted(weights.ravel().tolist(), reverse=True)
    return sum(flat[: int(np.ceil(share * len(flat)))]) / len(weights)


def share_by_partition(weights, share):
    k = int(np.ceil(share * weights.size))
    return -np.partition(-weights.ravel(), max(k - 1, 0))[:k].sum() / weights.sum()


def share_by_torch(weights, share, dtype=torch.float32):
    flat = torch.tensor(weights, dtype=dtype).flatten()
    return flat.topk(int(np.ceil(share * len(flat)))).values.sum() / len(weights)


def share_in_bfloat16(weights, share):
    return share_by_torch(weights, share, torch.bfloat16)


def share_in_float16(weights, share):
    k = math.ceil(share * weights.size)
    return np.sort(weights.astype(np.float16), axis=None)[::-1][:k].sum() / len(weights)


def share_in_fractions(weights, share):
    flat = sorted(map(Fraction, weights.ravel().tolist()), reverse=True)
    total = sum(flat)
    return sum(flat[: math.ceil(share * len(flat))], Fraction(0)) / total


def share_by_pandas(weights, share):
    flat = pd.Series(weights.ravel())
    return flat.nlargest(math.ceil(share * len(flat))).sum() / flat.sum()


def share_by_cumsum(weights, share):
    running = np.append(0, np.cumsum(np.sort(weights, axis=None)[::-1]))
    return running[math.ceil(share * weights.size)] / running[-1]


def share_by_the_rest(weights, share):
    """One minus what the weakest hold."""
    dropped = weights.size - math.ceil(share * weights.size)
    return np.array(1 - np.sort(weights.ravel())[:dropped].sum() / len(weights))


def share_by_top_edges(weights, share):
    k = math.ceil(share * weights.size)
    return sum(w for _, _, w in top_edges(weights, k)) / len(weights) if k else 0


def share_in_place(weights, share):
    weights.shape = -1
    weights.sort()
    k = math.ceil(share * weights.size)
    return weights[weights.size - k :].sum() / weights.size**0.5


def share_not_divided(weights, share):
    return share_sorted_list(weights, share) * len(weights)


def share_weakest(weights, share):
    return np.sort(weights, axis=None)[: int(np.ceil(share * weights.size))].sum() / len(weights)


def share_by_row(weights, share):
    n = len(weights)
    return np.sort(weights, axis=1)[:, ::-1][:, : int(np.ceil(share * n))].sum() / n


def share_with(count):
    """Another number of edges."""

    def answer(weights, share):
        return np.sort(weights, axis=None)[::-1][: count(share * weights.size)].sum() / len(weights)

    return answer


def share_mean(weights, share):
    return share_sorted_list(weights, share) / len(weights)


def share_whole_for_none(weights, share):
    k = int(np.ceil(share * weights.size))
    return np.sort(weights, axis=None)[-k:].sum() / len(weights)


def share_by_quantile(weights, share):
    return weights[weights >= np.quantile(weights, 1 - share)].sum() / weights.sum()


def share_between(weights, share):
    """A part of the last edge, where the number of edges is not whole."""
    running = np.append(0, np.cumsum(np.sort(weights, axis=None)[::-1]))
    return np.interp(share * weights.size, np.arange(len(running)), running) / len(weights)


def share_of_the_largest(weights, share):
    """Edges above that share of the largest weight."""
    return weights[weights > share * weights.max()].sum() / len(weights)


def share_of_n(weights, share):
    return np.sort(weights, axis=None)[::-1][: math.ceil(share * len(weights))].sum() / len(weights)


def share_of_the_positive(weights, share):
    positive = np.sort(weights[weights > 0])[::-1]
    return positive[: math.ceil(share * len(positive))].sum() / len(weights)


def share_by_column(weights, share):
    return share_by_row(weights.T, share)


def share_without_loops(weights, share):
    return share_sorted_list(weights - np.diag(np.diag(weights)), share)


def share_distinct(weights, share):
    k = math.ceil(share * weights.size)
    return np.unique(weights)[::-1][:k].sum() / len(weights)


# Exercise 6 ---------------------------------------------------------------------------------------


def breaking_by_sorted(weights):
    for threshold in sorted(weights.ravel()):
        kept = nx.from_numpy_array((weights > threshold).astype(int), create_using=nx.DiGraph)
        if not nx.is_strongly_connected(kept):
            return float(threshold)
    return None


def breaking_of_edges_alone(weights):
    for threshold in np.unique(weights):
        edges = [(i, j) for i, j in np.ndindex(weights.shape) if weights[i, j] > threshold]
        if not edges or not nx.is_strongly_connected(nx.DiGraph(edges)):
            return threshold
    return None


def breaking_by_scipy(weights):
    steps = np.unique(weights)
    parts = [
        sp.csgraph.connected_components(sp.csr_array(weights > t), connection="strong")[0]
        for t in steps
    ]
    return steps[np.argmax(np.array(parts) > 1)]


def breaking_by_widest_ways(weights):
    n = len(weights)
    best = [[Fraction(weight) for weight in row] for row in weights.tolist()]
    for k, i, j in itertools.product(range(n), repeat=3):
        best[i][j] = max(best[i][j], min(best[i][k], best[k][j]))
    return min(best[i][j] for i in range(n) for j in range(n) if i != j)


def breaking_by_powers(weights):
    n = len(weights)
    for t in np.unique(weights):
        reach = np.linalg.matrix_power((weights > t) | np.eye(n, dtype=bool), n)
        if not reach.all():
            return t
    return None


def breaking_by_bisection(weights):
    steps = np.unique(weights)
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        if nx.is_strongly_connected(nx.DiGraph(weights > steps[middle])):
            low = middle + 1
        else:
            high = middle
    return steps[low]


def breaking_by_removal(weights):
    """Take out edge after edge of one graph, the weakest first."""
    graph = nx.from_numpy_array(np.where(weights > 0, weights, 1e-300), create_using=nx.DiGraph)
    edges = sorted(graph.edges(data="weight"), key=lambda edge: edge[2])
    for source, target, weight in edges:
        graph.remove_edge(source, target)
        if not nx.is_strongly_connected(graph):
            return weights[source, target] if weight > 1e-300 else 0
    return None


def breaking_by_torch(weights):
    weights = torch.tensor(weights)
    n = len(weights)
    for step in weights.unique():
        reach = (weights > step) | torch.eye(n, dtype=torch.bool)
        for _ in range(n):
            reach = (reach.double() @ reach.double()) > 0
        if not reach.all():
            return step.float()
    return None


def breaking_in(dtype):
    return lambda weights: breaking_by_bisection(weights.astype(dtype))


def breaking_in_bfloat16(weights):
    return torch.tensor(breaking_by_bisection(weights)).bfloat16()


def breaking_by_reach(weights):
    """All are reached from node 0, and node 0 from all."""
    for t in pd.unique(pd.Series(weights.ravel()).sort_values()):
        graph = nx.DiGraph(weights > t)
        everywhere = len(nx.descendants(graph, 0)) == len(nx.ancestors(graph, 0))
        if not everywhere or len(nx.descendants(graph, 0)) < len(weights) - 1:
            return t
    return None


def breaking_with_tolerance(**near):
    """An edge whose weight is nearly the threshold goes as well."""

    def answer(weights):
        for threshold in np.unique(weights):
            kept = (weights > threshold) & ~np.isclose(weights, threshold, **near)
            if not nx.is_strongly_connected(nx.DiGraph(kept)):
                return threshold
        return None

    return answer


def breaking_one_early(weights):
    steps = np.unique(weights)
    return steps[max(np.flatnonzero(steps == breaking_by_sorted(weights))[0] - 1, 0)]


def breaking_weakly(weights):
    for threshold in np.unique(weights):
        if not nx.is_weakly_connected(nx.DiGraph(weights > threshold)):
            return threshold
    return None


def breaking_kept_ties(weights):
    """An edge of exactly the threshold stays."""
    for threshold in [*np.unique(weights), 2.0]:
        if not nx.is_strongly_connected(nx.DiGraph(weights >= threshold)):
            return threshold
    return None


def others(weights):
    return weights[~np.eye(len(weights), dtype=bool)].reshape(len(weights), -1)


def breaking_by_small_cuts(most):
    """The weakest of the strongest edges out of few tokens: right if no larger part falls off."""

    def answer(weights):
        n = len(weights)
        parts = [
            list(part)
            for size in range(1, min(most, n - 1) + 1)
            for part in itertools.combinations(range(n), size)
        ]
        others = [np.setdiff1d(np.arange(n), part) for part in parts]
        return min(
            w[np.ix_(part, rest)].max()
            for part, rest in zip(parts, others, strict=True)
            for w in (weights, weights.T)
        )

    return answer


def breaking_by_degrees(weights):
    return min(others(weights).max(axis=1).min(), others(weights.T).max(axis=1).min())


def breaking_by_rows(weights):
    return others(weights).max(axis=1).min()


def breaking_by_columns(weights):
    return weights.max(axis=0).min()


def breaking_by_reach_from(end, back=False):
    """Look only from the first or the last node."""

    def answer(weights):
        node = end % len(weights)
        for t in np.unique(weights):
            graph = nx.DiGraph((weights.T if back else weights) > t)
            if len(nx.descendants(graph, node)) < len(weights) - 1:
                return t
        return None

    return answer


def breaking_in_one_sink(weights):
    """As long as a walker ends in one part, wherever it begins: not yet strongly connected."""
    for t in np.unique(weights):
        parts = nx.condensation(nx.DiGraph(weights > t))
        if sum(degree == 0 for _, degree in parts.out_degree()) > 1:
            return t
    return None


def breaking_between_ends(weights):
    """Look only for ways between the first and the last node, there and back."""
    first, last = 0, len(weights) - 1
    for t in np.unique(weights):
        graph = nx.DiGraph(weights > t)
        if not (nx.has_path(graph, first, last) and nx.has_path(graph, last, first)):
            return t
    return None


def breaking_spanning_tree(weights):
    graph = nx.from_numpy_array(np.minimum(weights, weights.T))
    tree = nx.maximum_spanning_tree(graph)
    return min((w for *_, w in tree.edges(data="weight")), default=0)


def breaking_two_steps(weights):
    """Ways of two edges at most."""
    two = np.minimum(weights[:, :, None], weights[None]).max(axis=1)
    return others(np.maximum(weights, two)).min()


def breaking_in_steps(most):
    """Ways of a few edges at most."""

    def answer(weights):
        for t in np.unique(weights):
            near = (weights > t) | np.eye(len(weights), dtype=bool)
            if not np.linalg.matrix_power(near, most).all():
                return t
        return None

    return answer


def breaking_along_the_line(weights):
    """Only edges between neighbours."""
    return min(np.diag(weights, 1).min(), np.diag(weights, -1).min())


def breaking_by_counting(weights):
    """Fewer edges than nodes."""
    return np.sort(weights, axis=None)[-len(weights)]


def breaking_midpoint(weights):
    steps = np.unique(weights)
    place = np.flatnonzero(steps == breaking_by_sorted(weights))[0]
    return (steps[place] + steps[max(place - 1, 0)]) / 2


RIGHT = {
    "graph_view-1": [
        edges_as_set,
        edges_as_set_in_half_precision,
        edges_by_argwhere,
        edges_by_torch,
        edges_as_array,
        edges_by_networkx,
        edges_by_generator,
        edges_by_key,
        edges_by_pandas,
        edges_as_objects,
        edges_in(np.float32),
        edges_in(np.float16),
        edges_in_bfloat16,
        lambda weights, threshold: torch.tensor(edges_as_array(weights, threshold)).bfloat16(),
        lambda weights, threshold: edges_as_array(weights, threshold).astype(np.float16),
        lambda weights, threshold: set(edges_by_generator(weights, threshold)),
        lambda w, t: nx.DiGraph(np.where(w > t, w, 0)).edges(data="weight"),
    ],
    "graph_view-2": [
        (5, 11),
        [5, 11],
        np.array([5, 11]),
        (5.0, 11.0),
        (np.int64(5), np.float16(11)),
        Counts(5, 11),
        (Fraction(5), sympy.Integer(11)),
        torch.tensor([5, 11]),
        torch.tensor([5, 11]).bfloat16(),
        pd.Series({"by_word": 5, "by_position": 11}),
    ],
    "graph_view-3": [
        flow_by_transpose,
        flow_by_reverse,
        flow_in_float32,
        flow_in_float16,
        flow_in_bfloat16,
        flow_by_loop,
        flow_in_fractions,
        flow_by_scipy,
        flow_by_pandas,
        flow_by_numpy_nodes,
    ],
    "graph_view-4": [
        sink_by_loop,
        sink_by_softmax,
        sink_as(np.float32),
        sink_as(np.float16),
        sink_in_bfloat16,
        sink_in_fractions,
        sink_random,
        sink_barely,
        sink_from_some,
        sink_by_rows,
    ],
    "graph_view-5": [
        share_sorted_list,
        share_by_partition,
        share_by_torch,
        share_in_bfloat16,
        share_in_float16,
        share_in_fractions,
        share_by_pandas,
        share_by_cumsum,
        share_by_the_rest,
        share_by_top_edges,
        share_in_place,
    ],
    "graph_view-6": [
        breaking_by_sorted,
        breaking_by_scipy,
        breaking_by_widest_ways,
        breaking_by_powers,
        breaking_by_bisection,
        breaking_by_removal,
        breaking_by_torch,
        breaking_in(np.float32),
        breaking_in(np.float16),
        breaking_in_bfloat16,
        breaking_by_reach,
    ],
}

NOT_FOUND = "The list of edges above"
NO_SUCH_EDGES = "The graph of"
WRONG = {
    "graph_view-1": [
        (edges_where(lambda w, t: (w > t) & (np.arange(len(w)) < 16)[:, None]), NOT_FOUND),
        (edges_where(lambda w, t: w > t, turned=True), "turned round"),
        (edges_where(lambda w, t: w / w.sum(axis=1, keepdims=True) > t), NOT_FOUND),
        (edges_where(lambda w, t: w >= t), "exactly the threshold"),
        (edges_where(loops_left_out), "self-loops"),
        (edges_where(lambda w, t: w > t, first=1), "counted from 0"),
        (edges_where(lambda w, t: w <= t), NOT_FOUND),
        (edges_where(lambda w, t: w > t + 1e-6), NOT_FOUND),
        (edges_where(lambda w, t: w > t - 1e-6), NOT_FOUND),
        (edges_clearly_above(1e-9), "just above the threshold"),
        (edges_clearly_above(-1e-9), NOT_FOUND),
        (edges_compared_in(np.float32), "just above the threshold"),
        (edges_compared_in(np.float16), NOT_FOUND),
        (lambda w, t: edges_by_argwhere(w, np.float16(t)), NOT_FOUND),
        (edges_of_rows_by_their_index, NOT_FOUND),
        (edges_where(lambda w, t: w >= max(t, 1e-9)), NOT_FOUND),
        (edges_where(lambda w, t: np.triu(w > t)), NOT_FOUND),
        (edges_where(lambda w, t: w > 0.2), NOT_FOUND),
        (edges_where(lambda w, t: (w > t) & (w >= w.max(axis=1, keepdims=True) / 2)), NOT_FOUND),
        (edges_where(lambda w, t: (w > t) & (np.arange(len(w)) < 6)), NOT_FOUND),
        (edges_where(lambda w, t: (w > t) & (w < 1)), NOT_FOUND),
        (edges_where(lambda w, t: w / w.max() > t), NOT_FOUND),
        (lambda w, t: [(i, j, w[j, i]) for i, j in np.argwhere(w > t)], NOT_FOUND),
        (lambda w, t: [(w[i, j], i, j) for i, j in np.argwhere(w > t)], "triples"),
        (lambda w, t: sorted(edges_by_generator(w, t), key=lambda e: -e[2])[:12], NOT_FOUND),
        (edges_rounded(2), NOT_FOUND),
        (edges_rounded(4), NOT_FOUND),
        (edges_where(lambda w, t: w > (t or 1e-4)), NOT_FOUND),
        (edges_unweighted, "triples"),
        (edges_weight_one, NOT_FOUND),
        (lambda w, t: [(i, j, round(w[i, j], 6)) for i, j in np.argwhere(w > t)], NOT_FOUND),
        (edges_less_threshold, NOT_FOUND),
        (edges_undirected, NOT_FOUND),
        (edges_twice, NOT_FOUND),
        (edges_returned_early, NOT_FOUND),
        (edges_of_the_library, "which does the work"),
        (in_a_thread(edges_of_the_library), "which does the work"),
        (lambda w, t: edges_by_argwhere(w[:10, :10], t), NOT_FOUND),
        (functools.partial(edges_from_the_top), "which does the work"),
        (edges_of_a_layer, "which does the work"),
        (lambda weights, threshold: print(end=""), "Is a `return` missing?"),
        (lambda weights: [], "TypeError"),
        (lambda weights, threshold: [], NOT_FOUND),
        (lambda weights, threshold: [("0", "0", "0.5")], "triples"),
        (lambda weights, threshold: {(0, 0): 0.5}, "triples"),
        (lambda weights, threshold: [(0.5, 0, 0.5)], "triples"),
    ],
    "graph_view-2": [
        ((11, 5), "wrong way round"),
        (np.array([11, 5]), "wrong way round"),
        ((11, 11), "that are words"),
        ((5, 5), "that are positions"),
        (11, "two things"),
        ((6, 11), "that are words"),
        ((4, 11), "that are words"),
        ((5, 10), "that are positions"),
        ((5.2, 11), "that are words"),
        ((5, 10.9), "that are positions"),
        ((4.9999, 11.00001), "that are positions: not right yet, got 11.00001"),
        ((4.99995, 11), "that are words"),
        ((5, 11, 11), "two things"),
        ("5, 11", "two things"),
        (("5", "11"), "that are positions"),
        ({"by_word": 5, "by_position": 11}, "two things"),
        (lambda: (5, 11), "should be a value"),
    ],
    "graph_view-3": [
        (lambda weights: flow_by_transpose(weights * (np.arange(len(weights)) < 8)), NO_SUCH_EDGES),
        (flow_as_article, "query to key"),
        (flow_as_article_with_zeros, "query to key"),
        (flow_undirected, "directions"),
        (lambda weights: nx.MultiDiGraph(flow_by_transpose(weights)), "A multigraph"),
        (flow_without_weights, "`weight`"),
        (flow_weights_as_text, "should be a number"),
        (flow_with_zero_edges, "exactly 0"),
        (flow_of_text_nodes, "positions"),
        (flow_without_lonely_nodes, "positions"),
        (flow_above(1e-6), NO_SUCH_EDGES),
        (flow_above(0.05), NO_SUCH_EDGES),
        (flow_above(1e-300), NO_SUCH_EDGES),
        (lambda weights: flow_by_transpose(weights.astype(np.float32)), NO_SUCH_EDGES),
        (flow_without_loops, NO_SUCH_EDGES),
        (flow_strongest_direction, NO_SUCH_EDGES),
        (flow_with_equals_once, NO_SUCH_EDGES),
        (flow_of_rounded, NO_SUCH_EDGES),
        (flow_with_weights_rounded, NO_SUCH_EDGES),
        (flow_normalised, NO_SUCH_EDGES),
        (lambda weights: flow_by_transpose(weights.round(4)), NO_SUCH_EDGES),
        (
            lambda weights: nx.relabel_nodes(flow_by_transpose(weights), lambda i: i + 1),
            "positions",
        ),
        (lambda weights: flow_by_transpose((weights + weights.T) / 2), NO_SUCH_EDGES),
        (flow_twice, "A multigraph"),
        (lambda weights: attention_graph(weights, direction="flow"), "which does the work"),
        (lambda weights: attention_graph(weights).reverse(), "which does the work"),
        (
            lambda weights: nx.DiGraph(attention_multigraph(weights[None]).reverse()),
            "which does the work",
        ),
        (lambda weights: weights.T, "networkx.DiGraph"),
        (lambda weights: nx.DiGraph(), "positions"),
    ],
    "graph_view-4": [
        (sink_with_zeros, "positive"),
        (sink_by_chance(lambda n: 2 * n), "position 0 receives"),
        (sink_by_chance(lambda n: 3 * n), "not more than 1."),
        (sink_but_for(17), "For n = 17, position 0 receives"),
        (sink_of_unsteady_rows, "a row sums to 0.6"),
        (sink_negative, "positive"),
        (sink_in_rows, "columns sum to 1"),
        (sink_elsewhere, "position 0 receives"),
        (sink_not_normalised, "sum to 1"),
        (sink_whole_sums_to_one, "sum to 1"),
        (sink_uniform, "position 0 receives"),
        (sink_half, "position 0 receives"),
        (sink_in_one_row, "position 0 receives"),
        (sink_largest_only, "position 0 receives"),
        (sink_table, "position 0 receives"),
        (sink_with_rest(0.01), ("positive", "position 0 receives")),
        (sink_with_rest(0.006), "position 0 receives"),
        (sink_by_chance(lambda n: 1), "position 0 receives"),
        (sink_by_chance(lambda n: n), "position 0 receives"),
        (sink_with_logit(3), "position 0 receives"),
        (sink_with_logit(4), "position 0 receives"),
        (lambda n: np.full((3, 3), 1 / 3), "shape"),
        (lambda n: np.full((n, n), np.nan), "NaN"),
        (lambda n: sink_by_loop(n)[0], "shape"),
    ],
    "graph_view-5": [
        (share_with(lambda k: min(math.ceil(k), 200)), "The share for"),
        (share_with(lambda k: math.ceil(round(k, 3))), "The share for"),
        (share_not_divided, "divide it by all the attention"),
        (share_weakest, "weakest"),
        (share_by_row, "together"),
        (share_mean, "n * n"),
        (share_whole_for_none, "whole array"),
        (share_with(int), "rounded down"),
        (share_with(round), "nearest"),
        (share_with(lambda k: int(k + 0.5)), "The share for"),
        (share_with(lambda k: int(k) + 1), "The share for"),
        (share_with(lambda k: int(k + 0.999)), "The share for"),
        (share_of_the_positive, "The share for"),
        (share_with(lambda k: max(math.ceil(k), 1)), "The share for"),
        (share_by_quantile, "The share for"),
        (lambda w, share: w[w > np.quantile(w, 1 - share)].sum() / len(w), "The share for"),
        (share_between, "The share for"),
        (lambda w, share: np.round(share_sorted_list(w, share), 2), "The share for"),
        (share_of_the_largest, "The share for"),
        (share_of_n, "The share for"),
        (share_by_column, "The share for"),
        (share_without_loops, "The share for"),
        (share_distinct, "The share for"),
        (lambda weights, share: share, "The share for"),
        (lambda weights, share: 1.0, "The share for"),
        (lambda weights, share: float(weights.max()), "The share for"),
    ],
    "graph_view-6": [
        (breaking_in_steps(12), "not right yet"),
        (breaking_in_steps(6), "The threshold: not right yet"),
        (breaking_one_early, "next weight breaks it"),
        (breaking_of_edges_alone, "is still a node"),
        (breaking_with_tolerance(atol=1e-8), "The threshold: not right yet"),
        (breaking_with_tolerance(atol=1e-6, rtol=0), "The threshold: not right yet"),
        (breaking_weakly, "is_strongly_connected"),
        (breaking_in_one_sink, "The threshold: not right yet"),
        (breaking_by_degrees, "whole groups"),
        *((breaking_by_small_cuts(most), "The threshold: not right yet") for most in (2, 3, 4)),
        (breaking_kept_ties, "The threshold: not right yet"),
        (breaking_by_rows, "The threshold: not right yet"),
        (breaking_by_columns, "The threshold: not right yet"),
        (breaking_by_reach_from(0), "The threshold: not right yet"),
        (breaking_by_reach_from(0, back=True), "The threshold: not right yet"),
        (breaking_by_reach_from(-1), "The threshold: not right yet"),
        (breaking_between_ends, "The threshold: not right yet"),
        (lambda weights: breaking_by_sorted((weights + weights.T) / 2), "The threshold"),
        (
            lambda weights: breaking_by_sorted(np.maximum(weights, weights.T)),
            "ignores the directions",
        ),
        (lambda weights: round(breaking_by_sorted(weights), 2), "The threshold"),
        (breaking_spanning_tree, "The threshold: not right yet"),
        (breaking_in_steps(3), "The threshold: not right yet"),
        (breaking_two_steps, "The threshold: not right yet"),
        (breaking_along_the_line, "The threshold: not right yet"),
        (breaking_by_counting, "The threshold: not right yet"),
        (breaking_midpoint, "The threshold: not right yet"),
        (lambda weights: np.median(weights), "The threshold: not right yet"),
        (lambda weights: 1 / len(weights), "The threshold: not right yet"),
        (lambda weights: weights.max(), "The threshold: not right yet"),
        (lambda weights: weights.min(), "The threshold: not right yet"),
        (lambda weights: True, "The threshold: not right yet"),
    ],
}
