"""Answers to the exercises of chapter 09 as people write them, rightly and wrongly."""

import networkx as nx
import numpy as np
import torch
from scipy.optimize import linprog

from course_lib.rollout import rollout


def within_by_weight(weights, start, end):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return nx.maximum_flow(graph, start, end, capacity="weight")[0]


def within_by_cut(weights, start, end):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return np.float32(nx.minimum_cut_value(graph, start, end, capacity="weight"))


def within_half(weights, start, end):
    graph = nx.from_numpy_array(weights)  # not a DiGraph: one direction is lost
    return nx.maximum_flow_value(graph, start, end, capacity="weight")


def pipes(layers):
    graph = nx.DiGraph()
    for below, layer in enumerate(layers):
        for i, j in np.argwhere(layer > 0).tolist():
            graph.add_edge((below + 1, i), (below, j), capacity=layer[i, j])
    n = layers.shape[-1]
    graph.add_nodes_from((k, i) for k in (0, len(layers)) for i in range(n))
    return graph


def model_by_cut(layers, output, input):
    return nx.minimum_cut_value(pipes(layers), (len(layers), output), (0, input))


def model_by_program(layers, output, input):
    """Maximum flow as a linear program: one variable an edge."""
    graph = pipes(layers)
    edges = list(graph.edges(data="capacity"))
    start, end = (len(layers), output), (0, input)
    inner = [node for node in graph if node not in (start, end)]
    kept = [[(v == node) - (u == node) for u, v, _ in edges] for node in inner]
    arriving = [-(v == end) for _, v, _ in edges]
    bounds = [(0, capacity) for *_, capacity in edges]
    return -linprog(arriving, A_eq=kept, b_eq=np.zeros(len(inner)), bounds=bounds).fun


def model_numbered(layers, output, input):
    graph, n = nx.DiGraph(), layers.shape[-1]
    for below, layer in enumerate(layers):
        for i in range(n):
            for j in range(n):
                graph.add_edge((below + 1) * n + i, below * n + j, width=layer[i, j])
    return torch.tensor(
        nx.maximum_flow_value(graph, len(layers) * n + output, input, capacity="width")
    )


def cut_by_loop(graph, side):
    total = 0
    for u in side:
        for v, edge in graph[u].items():
            total += edge["capacity"] if v not in side else 0
    return total


def cut_by_boundary(graph, side):
    return np.sum([capacity for *_, capacity in nx.edge_boundary(graph, side, data="capacity")])


def crossing(graph, keep, size=lambda capacity: capacity):
    return sum(size(c) for u, v, c in graph.edges(data="capacity") if keep(u, v))


def two_by_loop(second, first):
    n = len(first)
    return [[sum(np.minimum(second[u], first[:, v])) for v in range(n)] for u in range(n)]


def two_by_torch(second, first):
    second, first = torch.tensor(second), torch.tensor(first)
    return torch.minimum(second[:, :, None], first[None]).sum(1)


def two_in_float32(second, first):
    pairs = np.minimum(second[:, None], first.T[None]).astype(np.float32)
    return pairs.sum(axis=-1)


def bounds_by_loop(layers, below):
    n = len(below)
    least = [
        [sum(layers[-1][u, k] * below[k, v] for k in range(n)) for v in range(n)] for u in range(n)
    ]
    most = [[min(1, sum(layers[0][:, v])) for v in range(n)] for _ in range(n)]
    return least, most


def bounds_by_torch(layers, below):
    layers, below = torch.tensor(layers), torch.tensor(below)
    most = layers[0].sum(0).clamp(max=1).expand(len(below), -1)
    return [layers[-1] @ below, most]


def bounds_with(least=None, most=None):
    def answer(layers, below):
        right = bounds_by_torch(layers, below)
        return (
            right[0] if least is None else least(layers, below),
            right[1] if most is None else most(layers, below),
        )

    return answer


def tiled(row):
    return np.tile(row, (len(row), 1))


def share_by_loop(flow, first_layer):
    n, found = len(flow), 0
    for u in range(n):
        for v in range(n):
            found += abs(flow[u, v] - min(1, first_layer[:, v].sum())) < 1e-6
    return found / n**2


def share_by_isclose(flow, first_layer):
    return np.isclose(flow, first_layer.sum(0).clip(max=1), rtol=0, atol=1e-6).mean()


def share_with(bound, count=np.mean):
    return lambda flow, first_layer: count(flow > bound(first_layer) - 1e-6)


def usual_bound(first_layer):
    return np.minimum(1, first_layer.sum(axis=0))


RIGHT = {
    "flow-1": [0.8, np.float32(0.8), torch.tensor(0.8)],
    "flow-2": [within_by_weight, within_by_cut],
    "flow-3": [model_by_cut, model_by_program, model_numbered],
    "flow-4": [cut_by_loop, cut_by_boundary],
    "flow-5": [two_by_loop, two_by_torch, two_in_float32],
    "flow-6": [bounds_by_loop, bounds_by_torch],
    "flow-7": [share_by_loop, share_by_isclose, share_with(usual_bound)],
}

WRONG = {
    "flow-1": [
        (0.62, "rollout"),
        (0.6, "through position 0"),
        (0.2, "through position 1"),
        (0.7, "above layer 2"),
        (1.0, "ends in an edge"),
        (1.1, "only 1 can leave"),
        (0.5, "the flow to input 1"),
    ],
    "flow-2": [
        (lambda weights, start, end: weights[start, end], "direct edge"),
        (lambda weights, start, end: within_by_weight(weights.T, start, end), "wrong way"),
        (lambda weights, start, end: 1 - weights[start, start], "not all of it can arrive"),
        (within_half, "all that can leave"),
        (
            lambda weights, start, end: nx.maximum_flow(
                nx.from_numpy_array(weights, create_using=nx.DiGraph), start, end
            ),
            "unbounded",
        ),
        (
            lambda weights, start, end: nx.maximum_flow(
                nx.from_numpy_array(weights, create_using=nx.DiGraph), start, end, capacity="weight"
            ),
            "should be an array of numbers",
        ),
    ],
    "flow-3": [
        (lambda layers, output, input: model_by_cut(layers[::-1], output, input), "upside down"),
        (
            lambda layers, output, input: model_by_cut(layers, input, output),
            "Output and input are swapped",
        ),
        (
            lambda layers, output, input: rollout(layers, residual=0)[output, input],
            "Output and input are swapped",
        ),
        (
            lambda layers, output, input: model_by_cut(
                0.5 * layers + 0.5 * np.eye(layers.shape[-1]), output, input
            ),
            "Output and input are swapped",
        ),
        (
            lambda layers, output, input: layers.mean(axis=0)[output, input],
            "Output and input are swapped",
        ),
        (lambda layers, output, input: 1.0, "not right yet"),
    ],
    "flow-4": [
        (
            lambda graph, side: crossing(graph, lambda u, v: (u in side) != (v in side)),
            "lead back into the side",
        ),
        (lambda graph, side: crossing(graph, lambda u, v: v in side and u not in side), "lead out"),
        (
            lambda graph, side: crossing(
                graph, lambda u, v: u in side and v not in side, lambda capacity: 1
            ),
            ("how many edges there are", "lead back into the side"),
        ),
        (lambda graph, side: crossing(graph, lambda u, v: u in side), "between two nodes"),
        (lambda graph, side: crossing(graph, lambda u, v: True), "not right yet"),
        (lambda graph, side: 0, "The capacity of the cut: not right yet"),
    ],
    "flow-5": [
        (lambda second, first: second @ first, "rollout"),
        (lambda second, first: two_by_torch(first, second), "swapped"),
        (lambda second, first: np.minimum(second[:, :, None], first[None]).max(1), "single way"),
        (lambda second, first: two_by_torch(second, first).T, "transposed"),
        (np.minimum, "position k"),
        (
            lambda second, first: np.minimum(second[:, :, None], first[None]).sum(2),
            "not over the inputs",
        ),
        (lambda second, first: np.minimum(second[:, :, None], first[None]), "shape"),
    ],
    "flow-6": [
        (bounds_with(least=lambda layers, below: below @ layers[-1]), "layer comes first"),
        (bounds_with(least=lambda layers, below: below), "One more layer"),
        (
            bounds_with(
                least=lambda layers, below: np.minimum(layers[-1][:, :, None], below).sum(1)
            ),
            "products, not minima",
        ),
        (bounds_with(most=lambda layers, below: tiled(layers[0].sum(axis=0))), "No more than 1"),
        (bounds_with(most=lambda layers, below: tiled(usual_bound(layers[0])).T), "to the input"),
        (bounds_with(most=lambda layers, below: tiled(usual_bound(layers[-1]))), "first layer"),
        (bounds_with(most=lambda layers, below: np.ones_like(below)), "columns that limit"),
        (bounds_with(most=lambda layers, below: usual_bound(layers[0])), "shape"),
        (lambda layers, below: layers[-1] @ below, "two things"),
    ],
    "flow-7": [
        (share_with(lambda first: first.sum(axis=0)), "min(1"),
        (share_with(lambda first: usual_bound(first)[:, None]), "along the rows"),
        (share_with(lambda first: 1.0), "not 1 for every input"),
        (share_with(usual_bound, np.sum), "how many"),
        (lambda flow, first: share_by_loop(flow, first) * len(flow), "all n · n pairs"),
        (lambda flow, first: 1 - share_by_loop(flow, first), "not at the bound"),
        (
            lambda flow, first: (flow == usual_bound(first)).mean() - 0.01,
            "The share: not right yet",
        ),
    ],
}
