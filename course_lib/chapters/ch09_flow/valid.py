"""What the texts of chapter 09 allow: the arguments of each exercise's function."""

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from course_lib.attention import softmax
from course_lib.chapters.ch09_flow.checks import one_at_its_bound, with_a_narrow_middle
from course_lib.chapters.ch09_flow.shortcuts import (
    with_a_way_back,
    with_a_wrong_turn,
    with_faint_edges,
)
from course_lib.exercises.strategies import random_layers, random_weights, seeded
from course_lib.flow import attention_flow


def _network(rng, n):
    if rng.random() < 0.1:
        return with_a_wrong_turn(rng.permutation(8)) if rng.random() < 0.7 else with_a_way_back()
    start, end = rng.choice(n, 2, replace=False).tolist()
    if rng.random() < 0.1:  # many tokens, each attending to the next one only
        order = rng.permutation(8)
        steps = (0.5 * np.eye(8, k=1) + 0.5 * np.eye(8))[order][:, order]
        return steps, *np.argsort(order)[[0, 7]].tolist()
    if rng.random() < 0.1:
        return with_faint_edges(n, 10 ** rng.uniform(-6, -3)), start, end
    if rng.random() < 0.05:
        return with_a_narrow_middle(rng, 12)
    return random_weights(rng, n), start, end


def _model(rng, layers, n):
    if rng.random() < 0.3:  # deep and sharp: paths share many edges
        n = 4
        model = softmax(2 * rng.normal(size=(5, n, n)))
    elif rng.random() < 0.3:
        model = np.array(layers * [with_faint_edges(n, 10 ** rng.uniform(-5.5, -4))])
    elif rng.random() < 0.1:  # wide
        n = 12
        model = softmax(2 * rng.normal(size=(2, n, n)))
    else:
        model = random_layers(rng, layers, n)
    return model, *rng.integers(n, size=2).tolist()


def _cut(rng, n, layered):
    graph = nx.DiGraph()
    nodes = [(k % 3, k // 3) if layered else k for k in range(n)]
    graph.add_nodes_from(nodes)
    size = float(rng.choice([1, 1, 3e-5, 900]))  # of all capacities
    for u in nodes:
        for v in nodes:
            if rng.random() < 0.4:  # also from a node to itself
                capacity = size * float(rng.choice([0, 0.5, rng.random()]))
                graph.add_edge(u, v, capacity=capacity, weight=float(rng.random()))
    return graph, {node for node in nodes if rng.random() < rng.choice([0.2, 0.5, 1])}


def _pair(rng, n):
    layers = np.array(random_layers(rng, 2, n))
    if rng.random() < 0.2:  # sharp, with an edge of hardly any capacity everywhere
        layers = 0.9998 * np.eye(n)[rng.integers(n, size=(2, n))] + 2e-4 / n
    return tuple(layers)


def _stack(rng, layers, n):
    model = random_layers(rng, layers, n)
    if rng.random() < 0.1:
        model = np.array(layers * [with_faint_edges(n, 10 ** rng.uniform(-5.5, -4))])
    return model, attention_flow(model[:-1], residual=0)


def _flow(rng, layers, n):
    model = random_layers(rng, layers, n)
    flow = attention_flow(model, residual=0)
    bound = np.minimum(1, model[0].sum(axis=0))
    # A flow that was found with rounding lies a little below its bound, or above it; one that
    # lies a little further below does not count.
    near = rng.choice([0, 1e-8, -1e-8, -5e-7, -1.1e-6, -2e-6, -2e-4], size=(n, n))
    return np.where(rng.random((n, n)) < 0.5, flow, np.maximum(0, bound + near)), model[0]


VALID = {
    "flow-2": seeded(_network, st.integers(2, 6)),
    "flow-3": seeded(_model, st.integers(1, 4), st.integers(1, 4)),
    "flow-4": seeded(_cut, st.integers(1, 16), st.booleans()),
    "flow-5": seeded(_pair, st.integers(1, 5)),
    "flow-6": seeded(_stack, st.integers(2, 4), st.integers(1, 5)),
    "flow-7": seeded(_flow, st.integers(1, 4), st.integers(1, 5)) | seeded(one_at_its_bound),
}
