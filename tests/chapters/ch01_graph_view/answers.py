"""Answers to the exercises of chapter 01 as people write them, rightly and wrongly."""

import networkx as nx
import numpy as np
import scipy.sparse as sp
import torch


def edges_by_argwhere(weights, threshold):
    return [(i, j, weights[i, j]) for i, j in np.argwhere(weights > threshold)]


def edges_by_torch(weights, threshold):
    weights = torch.tensor(weights, dtype=torch.float32)
    return [(i, j, weights[i, j]) for i, j in (weights > threshold).nonzero()]


def edges_as_array(weights, threshold):
    i, j = np.nonzero(weights > threshold)
    return np.column_stack([i, j, weights[i, j]])


def edges_by_networkx(weights, threshold):
    graph = nx.from_numpy_array(np.where(weights > threshold, weights, 0), create_using=nx.DiGraph)
    return list(graph.edges(data="weight"))


def edges_turned(weights, threshold):
    return [(j, i, weights[i, j]) for i, j in np.argwhere(weights > threshold)]


def edges_at_threshold(weights, threshold):
    return [(i, j, weights[i, j]) for i, j in np.argwhere(weights >= threshold)]


def edges_without_loops(weights, threshold):
    return [(i, j, w) for i, j, w in edges_by_argwhere(weights, threshold) if i != j]


def edges_unweighted(weights, threshold):
    return [tuple(edge) for edge in np.argwhere(weights > threshold)]


def edges_weight_one(weights, threshold):
    return [(i, j, 1.0) for i, j in np.argwhere(weights > threshold)]


def edges_below(weights, threshold):
    return [(i, j, weights[i, j]) for i, j in np.argwhere(weights <= threshold)]


def edges_undirected(weights, threshold):
    return list(nx.from_numpy_array(np.where(weights > threshold, weights, 0)).edges(data="weight"))


def edges_twice(weights, threshold):
    return edges_by_argwhere(weights, threshold) * 2


def flow_by_transpose(weights):
    return nx.from_numpy_array(np.asarray(weights).T, create_using=nx.DiGraph)


def flow_by_reverse(weights):
    return nx.from_numpy_array(weights, create_using=nx.DiGraph).reverse()


def flow_in_float32(weights):
    return nx.from_numpy_array(weights.astype(np.float32).T, create_using=nx.DiGraph)


def flow_by_loop(weights):
    graph = nx.DiGraph()
    for i in range(len(weights)):
        for j in range(len(weights)):
            if weights[i, j]:
                graph.add_edge(j, i, weight=weights[i, j], head=0)
    return graph


def flow_as_article(weights):
    return nx.from_numpy_array(weights, create_using=nx.DiGraph)


def flow_undirected(weights):
    return nx.from_numpy_array(weights)


def flow_without_weights(weights):
    return nx.DiGraph((j, i) for i, j in np.argwhere(weights > 0).tolist())


def flow_with_zero_edges(weights):
    graph = nx.DiGraph()
    graph.add_weighted_edges_from((j, i, w) for (i, j), w in np.ndenumerate(weights))
    return graph


def flow_of_text_nodes(weights):
    return nx.relabel_nodes(flow_by_transpose(weights), str)


def sink_by_loop(n):
    rows = [[0.9] + [0.1 / (n - 1)] * (n - 1) for _ in range(n)]
    return rows


def sink_by_softmax(n):
    logits = torch.zeros(n, n)
    logits[:, 0] = 4
    return torch.softmax(logits, dim=1)


def sink_in_float32(n):
    weights = np.ones((n, n), dtype=np.float32)
    weights[:, 0] = 3 * n
    return weights / weights.sum(axis=1, keepdims=True)


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


def share_sorted_list(weights, share):
    flat = sorted(weights.ravel().tolist(), reverse=True)
    return sum(flat[: int(np.ceil(share * len(flat)))]) / len(weights)


def share_by_partition(weights, share):
    k = int(np.ceil(share * weights.size))
    return np.partition(weights.ravel(), -k)[-k:].sum() / weights.sum()


def share_by_torch(weights, share):
    flat = torch.tensor(weights, dtype=torch.float32).flatten()
    return flat.topk(int(np.ceil(share * len(flat)))).values.sum() / len(weights)


def share_not_divided(weights, share):
    return share_sorted_list(weights, share) * len(weights)


def share_weakest(weights, share):
    return np.sort(weights, axis=None)[: int(np.ceil(share * weights.size))].sum() / len(weights)


def share_by_row(weights, share):
    n = len(weights)
    return np.sort(weights, axis=1)[:, ::-1][:, : int(np.ceil(share * n))].sum() / n


def share_rounded_down(weights, share):
    k = int(share * weights.size)
    return np.sort(weights, axis=None)[::-1][:k].sum() / len(weights)


def share_mean(weights, share):
    return share_sorted_list(weights, share) / len(weights)


def breaking_by_sorted(weights):
    for threshold in sorted(weights.ravel()):
        kept = nx.from_numpy_array((weights > threshold).astype(int), create_using=nx.DiGraph)
        if not nx.is_strongly_connected(kept):
            return float(threshold)
    return None


def breaking_by_scipy(weights):
    steps = np.unique(weights)
    parts = [
        sp.csgraph.connected_components(sp.csr_array(weights > t), connection="strong")[0]
        for t in steps
    ]
    return steps[np.argmax(np.array(parts) > 1)]


def breaking_one_early(weights):
    steps = np.unique(weights)
    return steps[max(np.flatnonzero(steps == breaking_by_sorted(weights))[0] - 1, 0)]


def breaking_weakly(weights):
    for threshold in np.unique(weights):
        if not nx.is_weakly_connected(nx.DiGraph(weights > threshold)):
            return threshold
    return None


def breaking_largest(weights):
    return weights.max()


def breaking_smallest(weights):
    return weights.min()


RIGHT = {
    "graph_view-1": [edges_by_argwhere, edges_by_torch, edges_as_array, edges_by_networkx],
    "graph_view-2": [(5, 11), [5, 11], np.array([5, 11]), (5.0, 11.0)],
    "graph_view-3": [flow_by_transpose, flow_by_reverse, flow_in_float32, flow_by_loop],
    "graph_view-4": [sink_by_loop, sink_by_softmax, sink_in_float32],
    "graph_view-5": [share_sorted_list, share_by_partition, share_by_torch],
    "graph_view-6": [breaking_by_sorted, breaking_by_scipy],
}

WRONG = {
    "graph_view-1": [
        (edges_turned, "turned round"),
        (edges_at_threshold, "exactly the threshold"),
        (edges_without_loops, "self-loops"),
        (edges_unweighted, "triples"),
        (edges_weight_one, "The weights"),
        (edges_below, "Expected"),
        (edges_undirected, "Expected"),
        (edges_twice, "Expected"),
        (lambda weights, threshold: print(end=""), "Is a `return` missing?"),
        (lambda weights: [], "TypeError"),
        (lambda weights, threshold: [], "Expected"),
    ],
    "graph_view-2": [
        ((11, 5), "wrong way round"),
        ((11, 11), "one a word"),
        ((5, 5), "one a position"),
        (11, "two things"),
        ((6, 11), "one a word"),
        ("5, 11", "two things"),
    ],
    "graph_view-3": [
        (flow_as_article, "query to key"),
        (flow_undirected, "directions"),
        (flow_without_weights, "`weight`"),
        (flow_with_zero_edges, "exactly 0"),
        (flow_of_text_nodes, "positions"),
        (lambda weights: weights.T, "networkx.DiGraph"),
        (lambda weights: nx.DiGraph(), "positions"),
    ],
    "graph_view-4": [
        (sink_with_zeros, "positive"),
        (sink_in_rows, "columns sum to 1"),
        (sink_elsewhere, "position 0 receives"),
        (sink_not_normalised, "sum to 1"),
        (sink_uniform, "position 0 receives"),
        (lambda n: np.full((3, 3), 1 / 3), "shape"),
        (lambda n: np.full((n, n), np.nan), "NaN"),
    ],
    "graph_view-5": [
        (share_not_divided, "divide it by all the attention"),
        (share_weakest, "weakest"),
        (share_by_row, "together"),
        (share_rounded_down, "expected"),
        (share_mean, "n * n"),
    ],
    "graph_view-6": [
        (breaking_one_early, "next weight breaks it"),
        (breaking_weakly, "is_strongly_connected"),
        (breaking_largest, "The threshold: not right yet"),
        (breaking_smallest, "The threshold: not right yet"),
        (lambda weights: True, "The threshold: not right yet"),
    ],
}
