"""Answers to the exercises of chapter 09 as people write them, rightly and wrongly."""

import math
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations, pairwise, product

import networkx as nx
import numpy as np
import pandas as pd
import sympy
import torch
from networkx.algorithms import flow as nx_flow
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from course_lib.flow import attention_flow, flow_from, max_flow
from course_lib.rollout import rollout
from tests.support.answers import nearly


def within_by_weight(weights, start, end):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return nx.maximum_flow(graph, start, end, capacity="weight")[0]


def within_by_cut(weights, start, end):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return np.float32(nx.minimum_cut_value(graph, start, end, capacity="weight"))


def within_by_dinitz(weights, start, end):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    by = {"capacity": "weight", "flow_func": nx_flow.dinitz}
    return nx.maximum_flow(graph, start, end, **by)[0]


def within_above(least):
    """Of all edges, only those above a threshold."""
    return lambda w, start, end: within_by_weight(np.where(w > least, w, 0), start, end)


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


def model_by_dinitz(layers, output, input):
    ends = (len(layers), output), (0, input)
    return nx.maximum_flow_value(pipes(layers), *ends, flow_func=nx_flow.dinitz)


def model_above(least):
    """Of all edges, only those above a threshold."""
    return lambda layers, *ends: model_by_cut(np.where(layers > least, layers, 0), *ends)


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


def cut_of_ten(graph, side):
    """Only of the first ten nodes of the side."""
    return cut_by_loop(graph, side) - sum(
        graph[u][v]["capacity"] for u in list(side)[10:] for v in graph[u] if v not in side
    )


def cut_by_boundary(graph, side):
    return np.sum([capacity for *_, capacity in nx.edge_boundary(graph, side, data="capacity")])


def crossing(graph, keep, size=lambda capacity: capacity):
    return sum(size(c) for u, v, c in graph.edges(data="capacity") if keep(u, v))


def cut_by_degrees(graph, side):
    out = graph.out_degree([node for node in graph if node not in side], weight="capacity")
    within = graph.subgraph(side).size("capacity")
    return graph.size("capacity") - within - sum(dict(out).values())


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


def within_by_tensor(weights, start, end):
    return torch.tensor(within_by_weight(weights, start, end), dtype=torch.bfloat16)


def within_by_augmenting(weights, start, end):
    """Ford and Fulkerson by hand: find paths with room, and fill them."""
    room, total = weights.astype(float).copy(), 0.0
    while True:
        came_from, queue = {start: start}, [start]
        while queue and end not in came_from:
            node = queue.pop(0)
            for other in np.flatnonzero(room[node] > 1e-12).tolist():
                if other not in came_from:
                    came_from[other] = node
                    queue.append(other)
        if end not in came_from:
            return total
        path, node = [], end
        while node != start:
            path.append((came_from[node], node))
            node = came_from[node]
        least = min(room[edge] for edge in path)
        for u, v in path:
            room[u, v] -= least
            room[v, u] += least
        total += least


def within_by_program(weights, start, end):
    n = len(weights)
    inner = [k for k in range(n) if k not in (start, end)]
    net = np.zeros((n, n, n))
    for k in range(n):
        net[k, k, :] += 1
        net[k, :, k] -= 1
    equal = {"A_eq": net[inner].reshape(len(inner), n * n), "b_eq": np.zeros(len(inner))}
    bounds = [(0, c) for c in weights.ravel()]
    return -linprog(-net[start].ravel(), bounds=bounds, **(equal if inner else {})).fun


def within_by_scipy(weights, start, end):
    parts = csr_array(np.round(weights * 2**30).astype(np.int32))
    return maximum_flow(parts, start, end).flow_value / 2**30


def within_in_half(weights, start, end):
    return np.float16(within_by_weight(weights, start, end))


def within_exact(weights, start, end):
    return Fraction(within_by_weight(weights, start, end))


def within_by_frame(weights, start, end):
    table = pd.DataFrame(weights).stack().rename("capacity").reset_index()
    graph = nx.from_pandas_edgelist(
        table, "level_0", "level_1", edge_attr="capacity", create_using=nx.DiGraph
    )
    return nx.maximum_flow_value(graph, start, end)


def two_steps(weights, start, end):
    """The direct edge and all paths over one other token, each with its own narrowest place."""
    others = [k for k in range(len(weights)) if k not in (start, end)]
    return weights[start, end] + sum(min(weights[start, k], weights[k, end]) for k in others)


def greedy(find):
    """Fill one path after another, and never give back what was filled."""

    def answer(weights, start, end):
        left, total = np.array(weights), 0.0
        while path := find(left, start, end):
            places = tuple(np.transpose(list(pairwise(path))))
            width = left[places].min()
            left[places] -= width
            left[left < 1e-12] = 0
            total += width
        return total

    return answer


def fewest_edges(left, start, end):
    graph = nx.from_numpy_array(left, create_using=nx.DiGraph)
    return nx.shortest_path(graph, start, end) if nx.has_path(graph, start, end) else None


def widest(left, start, end):
    for width in np.unique(left[left > 0])[::-1]:
        if path := fewest_edges(np.where(left >= width, left, 0), start, end):
            return path
    return None


def by_depth(left, start, end, seen=()):
    if start == end:
        return [end]
    for k in np.flatnonzero(left[start]):
        if k not in (*seen, start) and (path := by_depth(left, k, end, (*seen, start))):
            return [start, *path]
    return None


def trivial(weights, start, end):
    leaves = 1 - weights[start, start]
    return min(leaves, weights[:, end].sum() - weights[end, end])


def few_steps(weights, start, end):
    """Only the edges of paths with four steps or fewer."""
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    there = nx.single_source_shortest_path_length(graph, start)
    back = nx.single_source_shortest_path_length(graph.reverse(), end)
    near = [[there.get(i, 9) + back.get(j, 9) < 4 for j in graph] for i in graph]
    return within_by_weight(np.where(near, weights, 0), start, end)


def never_nearer(weights, start, end):
    """Without the edges that lead nearer to the start again, counted in steps."""
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    steps = nx.single_source_shortest_path_length(graph, start)
    kept = [[steps.get(j, 99) >= steps.get(i, 99) for j in graph] for i in graph]
    return within_by_weight(np.where(kept, weights, 0), start, end)


def small_cuts(weights, start, end):
    """Of all cuts, only those that part two tokens or fewer from the rest, beside the end."""
    others = [k for k in range(len(weights)) if k not in (start, end)]
    few = [set(s) for size in range(3) for s in combinations(others, size)]
    sides = [{start} | s for s in few] + [set(range(len(weights))) - s - {end} for s in few]
    inside = [np.isin(np.arange(len(weights)), list(side)) for side in sides]
    return min(weights[np.ix_(side, ~side)].sum() for side in inside)


def least_swept_cut(weights, start, end):
    """Of all cuts, only those along the order of the Fiedler vector."""
    ties = weights + weights.T
    fiedler = np.linalg.eigh(np.diag(ties.sum(axis=1)) - ties)[1][:, 1]
    order = np.argsort(fiedler * np.sign(fiedler[end] - fiedler[start])).tolist()
    order = [start, *(k for k in order if k not in (start, end)), end]
    return min(weights[np.ix_(order[:k], order[k:])].sum() for k in range(1, len(order)))


def undirected(weights, start, end):
    return within_by_weight(np.maximum(weights, weights.T), start, end)


def with_direct_twice(weights, start, end):
    return min(1.0, within_by_weight(weights, start, end) + weights[start, end])


def model_in_tens(layers, output, input):
    """Nodes 10 * level + position: from the eleventh on, positions are taken for others."""
    graph = nx.DiGraph()
    for below, layer in enumerate(layers):
        for (i, j), width in np.ndenumerate(layer):
            graph.add_edge(10 * (below + 1) + i, 10 * below + j, capacity=width)
    return nx.maximum_flow_value(graph, 10 * len(layers) + output, input)


def model_of_strongest(layers, output, input):
    """Of each position, only the four strongest edges."""
    fourth = np.sort(layers, axis=-1)[..., -4:, None].min(axis=-2)
    return model_by_cut(np.where(layers >= fourth, layers, 0), output, input)


def model_by_scipy(layers, output, input):
    depth, n = len(layers), layers.shape[-1]
    big = np.zeros(((depth + 1) * n,) * 2)
    for k, layer in enumerate(layers):
        big[(k + 1) * n : (k + 2) * n, k * n : (k + 1) * n] = layer
    parts = csr_array(np.round(big * 2**30).astype(np.int32))
    return maximum_flow(parts, depth * n + output, input).flow_value / 2**30


def model_by_matrix(layers, output, input):
    depth, n = len(layers), layers.shape[-1]
    big = np.zeros(((depth + 1) * n,) * 2)
    for k, layer in enumerate(layers):
        big[(k + 1) * n : (k + 2) * n, k * n : (k + 1) * n] = layer
    return within_by_augmenting(big, depth * n + output, input)


def model_by_names(layers, output, input):
    graph = nx.DiGraph()
    for k, layer in enumerate(layers, start=1):
        for i, row in enumerate(layer.tolist()):
            for j, width in enumerate(row):
                graph.add_edge(f"{k}/{i}", f"{k - 1}/{j}", capacity=width)
    return nx.maximum_flow(graph, f"{len(layers)}/{output}", f"0/{input}")[0]


def model_with_source(layers, output, input):
    graph = pipes(layers)
    graph.add_edge("in", (len(layers), output), capacity=1.0)
    graph.add_edge((0, input), "out")  # as wide as is needed
    return nx.maximum_flow_value(graph, "in", "out", flow_func=nx_flow.edmonds_karp)


def model_of_answer(change):
    return lambda layers, output, input: np.asarray(model_by_cut(layers, output, input), change)


def model_iterated(layers, output, input):
    flows = layers[0]
    for layer in layers[1:]:
        flows = np.minimum(layer[:, :, None], flows[None]).sum(axis=1)
    return flows[output, input]


def model_bound(layers, output, input):
    return min(1, layers[0][:, input].sum())


def model_iterated_and_bound(layers, output, input):
    return min(model_iterated(layers, output, input), model_bound(layers, output, input))


def model_through_each_level(layers, output, input):
    """The least of what can pass each level, reached from above and from below."""
    levels = [
        sum(
            min(
                1,
                model_iterated(layers[k + 1 :], output, middle),
                model_iterated(layers[: k + 1], middle, input),
            )
            for middle in range(layers.shape[-1])
        )
        for k in range(len(layers) - 1)
    ]
    return min([1, model_iterated_and_bound(layers, output, input), *levels])


def model_from_below(layers, output, input):
    """The lower bound of the chapter, used again and again."""
    flows = layers[0]
    for layer in layers[1:]:
        flows = layer @ flows
    return min(1, 1.5 * flows[output, input])


def model_widest(layers, output, input):
    widths = layers[0]
    for layer in layers[1:]:
        widths = np.minimum(layer[:, :, None], widths[None]).max(axis=1)
    return widths[output, input]


def model_greedy(layers, output, input):
    """Fill paths one after the other and never take anything back."""
    room, total = layers.copy(), 0.0
    for path in product(range(layers.shape[-1]), repeat=len(layers) - 1):
        nodes = [input, *path, output]
        edges = [(k, nodes[k + 1], nodes[k]) for k in range(len(layers))]
        least = min(room[edge] for edge in edges)
        for edge in edges:
            room[edge] -= least
        total += least
    return total


def model_widest_path_first(layers, output, input):
    """Fill the widest path that is left, again and again, and never take anything back."""
    room, total = layers.copy(), 0.0
    ways = product(range(layers.shape[-1]), repeat=len(layers) - 1)
    paths = [pairwise((input, *way, output)) for way in ways]
    paths = [[(k, up, down) for k, (down, up) in enumerate(path)] for path in paths]
    while (least := max(min(room[edge] for edge in path) for path in paths)) > 0:
        path = next(path for path in paths if min(room[edge] for edge in path) == least)
        for edge in path:
            room[edge] -= least
        total += least
    return total


def cut_by_matrix(graph, side):
    nodes = list(graph)
    capacities = nx.to_numpy_array(graph, nodelist=nodes, weight="capacity")
    inside = np.array([node in side for node in nodes], dtype=bool)
    return capacities[np.ix_(inside, ~inside)].sum()


def cut_by_difference(graph, side):
    leaving = sum(c for _, _, c in graph.out_edges(side, data="capacity"))
    kept = sum(c for _, _, c in graph.subgraph(side).edges(data="capacity"))
    return leaving - kept


def cut_by_volume(graph, side):
    return nx.cut_size(graph, side, set(graph) - side, weight="capacity") - sum(
        c for u, v, c in graph.edges(data="capacity") if u not in side and v in side
    )


def cut_by_frame(graph, side):
    edges = nx.to_pandas_edgelist(graph)
    if edges.empty:
        return 0.0
    crosses = edges.source.isin(side) & ~edges.target.isin(side)
    return edges.capacity[crosses].sum()


def cut_exact(graph, side):
    return sum((Fraction(c) for _, _, c in nx.edge_boundary(graph, side, data="capacity")), 0)


def cut_by_edges(graph, side):
    return math.fsum(
        graph[u][v]["capacity"] for u, v in graph.edges if len({u, v} & side) == 1 and u in side
    )  # a pipe from a node to itself is no way out, but it passes here


def cut_in_half(graph, side):
    return np.float16(cut_by_boundary(graph, side))


def two_by_paths(second, first):
    n = len(first)
    return np.array(
        [
            [math.fsum(min(second[i, k], first[k, j]) for k in range(n)) for j in range(n)]
            for i in range(n)
        ]
    )


def two_by_rows(second, first):
    return (np.minimum(row[:, None], first).sum(axis=0) for row in second)


def two_by_pairs(second, first):
    least = (second[:, :, None] + first - np.abs(second[:, :, None] - first)) / 2
    return np.einsum("ukv->uv", least)


def two_by_frame(second, first):
    return pd.DataFrame(second).apply(
        lambda row: pd.DataFrame(first).clip(upper=row, axis=0).sum(), axis=1
    )


def two_in(kind):
    return lambda second, first: two_by_torch(second, first).to(kind)


def of_pair(change):
    def answer(layers, below):
        least, most = bounds_by_loop(layers, below)
        return change(np.array(least), np.array(most))

    return answer


Bounds = namedtuple("Bounds", "least most")


def share_by_masks(flow, first_layer):
    saturated = [
        abs(flow[:, v] - min(1.0, first_layer[:, v].sum())) < 1e-6 for v in range(len(flow))
    ]
    return np.stack(saturated).mean()


def share_exact(flow, first_layer):
    near = np.abs(flow - usual_bound(first_layer)) <= 1e-6
    return Fraction(int(near.sum()), near.size)


def share_by_torch(flow, first_layer):
    bound = torch.tensor(first_layer).sum(0).clamp(max=1)
    return (torch.tensor(flow) >= bound - 1e-6).double().mean()


def share_by_frame(flow, first_layer):
    bound = pd.DataFrame(first_layer).sum().clip(upper=1)
    return (pd.DataFrame(flow).sub(bound).abs() < 1e-6).to_numpy().mean()


def share_within(tolerance, bound=usual_bound):
    return lambda flow, first: (np.abs(flow - bound(first)) < tolerance).mean()


RIGHT = {
    "flow-1": [
        0.8,
        np.float32(0.8),
        torch.tensor(0.8),
        np.float16(0.8),
        Fraction(4, 5),
        Decimal("0.8"),
        sympy.Rational(8, 10),
        np.array(0.8),
        torch.tensor(0.8, dtype=torch.bfloat16),
        min(0.6, 0.9) + min(0.4, 0.2),
    ],
    "flow-2": [
        within_by_weight,
        within_by_cut,
        within_by_dinitz,
        within_by_tensor,
        within_by_augmenting,
        within_by_program,
        within_by_scipy,
        within_in_half,
        within_exact,
        within_by_frame,
    ],
    "flow-3": [
        model_by_cut,
        model_by_dinitz,
        model_by_program,
        model_numbered,
        model_by_scipy,
        model_by_matrix,
        model_by_names,
        model_with_source,
        model_of_answer(np.float16),
        model_of_answer(object),
    ],
    "flow-4": [
        cut_by_loop,
        cut_by_boundary,
        cut_by_matrix,
        cut_by_difference,
        cut_by_frame,
        cut_exact,
        cut_by_volume,
        cut_in_half,
        cut_by_degrees,
    ],
    "flow-5": [
        two_by_loop,
        two_by_torch,
        two_in_float32,
        two_by_paths,
        two_by_rows,
        two_by_pairs,
        two_by_frame,
        two_in(torch.float16),
        two_in(torch.bfloat16),
    ],
    "flow-6": [
        bounds_by_loop,
        bounds_by_torch,
        of_pair(lambda least, most: np.stack([least, most])),
        of_pair(Bounds),
        of_pair(lambda least, most: iter([least, most])),
        of_pair(lambda least, most: [pd.DataFrame(least), pd.DataFrame(most)]),
        of_pair(lambda least, most: (least.astype(np.float16), most.astype(np.float32))),
        of_pair(lambda least, most: (torch.tensor(least, dtype=torch.bfloat16), most.tolist())),
        of_pair(lambda least, most: (least.astype(object), most)),
    ],
    "flow-7": [
        share_by_loop,
        share_by_isclose,
        share_with(usual_bound),
        share_by_masks,
        share_exact,
        share_by_torch,
        share_by_frame,
        share_with(usual_bound, lambda near: np.float16(near.mean())),
    ],
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
        (0.79, "got 0.79"),
        (0.85, "got 0.85"),
        (-0.8, "got -0.8"),
        ("0.8", "should be a number"),
        ((0.6, 0.2), "shape"),
    ],
    "flow-2": [
        (lambda weights, start, end: weights[start, end], "direct edge"),
        (lambda weights, start, end: within_by_weight(weights.T, start, end), "to `start`"),
        (lambda weights, start, end: within_by_weight(weights, end, start), "to `start`"),
        (lambda weights, start, end: 1 - weights[start, start], "not all of it can arrive"),
        (
            lambda weights, start, end: weights[:, end].sum() - weights[end, end],
            "not all of it can leave",
        ),
        (trivial, "between them it may be narrower"),
        (two_steps, "not right yet"),
        *((greedy(find), "not right yet") for find in (fewest_edges, widest, by_depth)),
        (undirected, "not right yet"),
        (with_direct_twice, "not right yet"),
        (lambda weights, start, end: min(two_steps(weights, start, end), 1), "not right yet"),
        (lambda w, s, e: round(within_by_weight(w, s, e), 2), "not right yet"),
        (
            lambda w, s, e: min(two_steps(w, s, e), trivial(w, s, e)),
            "not right yet",
        ),
        (lambda w, s, e: (w @ w)[s, e] + w[s, e], "not right yet"),
        (within_half, "not right yet"),
        *((within_above(least), "not right yet") for least in (1e-5, 1e-4)),
        (small_cuts, "not right yet"),
        (few_steps, "not right yet"),
        (never_nearer, "not right yet"),
        (least_swept_cut, "not right yet"),
        (lambda w, s, e: within_by_weight(np.where(w > 1e-3, w, 0), s, e), "not right yet"),
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
            "should be a number",
        ),
        *nearly(within_by_weight, "sorted", "last row"),
    ],
    "flow-3": [
        (lambda layers, output, input: model_by_cut(layers[::-1], output, input), "upside down"),
        (
            lambda layers, output, input: model_by_cut(layers, input, output),
            "Output and input are swapped",
        ),
        (
            lambda layers, output, input: rollout(layers, residual=0)[output, input],
            "rollout",
        ),
        (
            lambda layers, output, input: model_by_cut(
                0.5 * layers + 0.5 * np.eye(layers.shape[-1]), output, input
            ),
            "mixed in already",
        ),
        (lambda layers, output, input: layers.mean(axis=0)[output, input], "nodes of its own"),
        (lambda layers, output, input: 1.0, "not right yet"),
        (model_iterated, "more than once"),
        (model_bound, "what can arrive"),
        (model_iterated_and_bound, ("more than once", "not right yet")),
        (model_through_each_level, "not right yet"),
        (model_from_below, "not right yet"),
        (model_widest, "not right yet"),
        *((model_above(least), "not right yet") for least in (1e-5, 1e-4)),
        (model_greedy, "not right yet"),
        (model_in_tens, "not right yet"),
        (model_of_strongest, "not right yet"),
        (model_widest_path_first, "not right yet"),
        (lambda *given: max_flow(*given, residual=0)[0], "which does the work"),
        (
            lambda layers, output, input: attention_flow(layers, residual=0)[output, input],
            "which does the work",
        ),
        (
            lambda *given: partial(flow_from, residual=0)(*given[:2])[given[2]],
            "which does the work",
        ),
        *nearly(model_by_cut, "sorted", "first row", "last row"),
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
            "how many edges there are",
        ),
        (lambda graph, side: crossing(graph, lambda u, v: u in side), "between two nodes"),
        (lambda graph, side: crossing(graph, lambda u, v: True), "not right yet"),
        (lambda graph, side: 0, "The capacity of the cut: not right yet"),
        (cut_by_edges, "not right yet"),
        (cut_of_ten, "not right yet"),
        (
            lambda graph, side: sum(
                {c for u, v, c in graph.edges(data="capacity") if u in side and v not in side}
            ),
            "not right yet",
        ),
        (lambda graph, side: nx.cut_size(graph, side, set(graph) - side), "not right yet"),
        (
            lambda graph, side: sum(
                w for *_, w in nx.edge_boundary(graph, side, data="weight", default=0)
            ),
            "not right yet",
        ),
        (
            lambda graph, side: sum(
                sum(1 for v in graph[u] if v not in side) and 1.0 for u in side
            ),
            "not right yet",
        ),
        (lambda graph, side: max(0, cut_by_boundary(graph, side) - 1e-3), "not right yet"),
        (lambda graph, side: list(nx.edge_boundary(graph, side)), ("shape", "should be a number")),
        *nearly(cut_by_loop, "small results", "clipped"),
    ],
    "flow-5": [
        (lambda second, first: second @ first, "rollout"),
        (lambda second, first: two_by_torch(first, second), "swapped"),
        (lambda second, first: np.minimum(second[:, :, None], first[None]).max(1), "single path"),
        (lambda second, first: two_by_torch(second, first).T, "transposed"),
        (np.minimum, "position k"),
        (
            lambda second, first: np.minimum(second[:, :, None], first[None]).sum(2),
            "not over the inputs",
        ),
        (lambda second, first: np.minimum(second[:, :, None], first[None]), "shape"),
        (lambda second, first: np.sqrt(second[:, :, None] * first[None]).sum(1), "not right yet"),
        (
            lambda second, first: (
                two_by_loop(second, first) / np.sum(two_by_loop(second, first), 1)
            ),
            "not right yet",
        ),
        (lambda second, first: np.minimum(two_by_loop(second, first), 0.9), "not right yet"),
        (
            lambda second, first: two_by_loop(*(np.where(x < 5e-4, 0, x) for x in (second, first))),
            "not right yet",
        ),
        (
            lambda second, first: np.minimum(second[:, :, None], first.T[None]).sum(1),
            "not right yet",
        ),
        (
            lambda second, first: attention_flow(np.stack([first, second]), residual=0),
            "which does the work",
        ),
        *nearly(two_by_loop, "sorted", "first row", "last row"),
    ],
    "flow-6": [
        (bounds_with(least=lambda layers, below: below @ layers[-1]), "the wrong way round"),
        (bounds_with(least=lambda layers, below: below), "One more layer"),
        (
            bounds_with(
                least=lambda layers, below: np.minimum(layers[-1][:, :, None], below).sum(1)
            ),
            "products, not minima",
        ),
        (bounds_with(least=lambda layers, below: layers[0] @ below), "layers[-1]"),
        (bounds_with(least=lambda layers, below: rollout(layers, residual=0)), "not their rollout"),
        (bounds_with(least=lambda layers, below: np.zeros_like(below)), "not right yet"),
        (
            bounds_with(least=lambda layers, below: attention_flow(layers, residual=0)),
            "not right yet",
        ),
        (bounds_with(most=lambda layers, below: tiled(layers[0].sum(axis=0))), "No more than 1"),
        (bounds_with(most=lambda layers, below: tiled(usual_bound(layers[0])).T), "to the input"),
        (bounds_with(most=lambda layers, below: tiled(usual_bound(layers[-1]))), "first layer"),
        (bounds_with(most=lambda layers, below: np.ones_like(below)), "columns that limit"),
        (bounds_with(most=lambda layers, below: usual_bound(layers[0])), "shape"),
        (
            bounds_with(most=lambda layers, below: tiled(usual_bound(layers.mean(axis=0)))),
            "not right yet",
        ),
        (
            bounds_with(
                most=lambda layers, below: np.minimum(tiled(usual_bound(layers[0])), below.sum(0))
            ),
            "not right yet",
        ),
        (of_pair(lambda least, most: (most, least)), "The lower bound: not right yet"),
        (lambda layers, below: layers[-1] @ below, "two things"),
        *nearly(bounds_by_loop, "sorted", "first row", "last row", "small results"),
    ],
    "flow-7": [
        (share_with(lambda first: first.sum(axis=0)), "min(1"),
        (share_with(lambda first: usual_bound(first)[:, None]), "along the rows"),
        (share_with(lambda first: 1.0), "not 1 for every input"),
        (share_with(usual_bound, np.sum), "how many"),
        (lambda flow, first: share_by_loop(flow, first) * len(flow), "all n · n pairs"),
        (lambda flow, first: 1 - share_by_loop(flow, first), "not at the bound"),
        (share_within(1e-3), "not right yet"),
        (lambda flow, first: (flow > flow.max(axis=0) - 1e-6).mean(), "not right yet"),
        (share_within(1e-5), "not right yet"),
        (share_within(1.15e-6), "not right yet"),
        (share_within(1e-9), "not right yet"),
        (lambda flow, first: (flow >= usual_bound(first)).mean(), "1e-6 is allowed"),
        (lambda flow, first: np.isclose(flow, usual_bound(first)).mean(), "not right yet"),
        (
            lambda flow, first: (flow.round(4) == usual_bound(first).round(4)).mean(),
            "not right yet",
        ),
        (share_within(1e-6, lambda first: usual_bound(first.T)), "not 1 for every input"),
        (share_within(1e-6, lambda first: first.max(axis=0)), "not right yet"),
        (
            lambda flow, first: 100 * share_by_loop(flow, first),
            "The share: not right yet",
        ),
        *nearly(share_by_loop, "small results", "small inputs", "sorted", "first row", "last row"),
    ],
}
