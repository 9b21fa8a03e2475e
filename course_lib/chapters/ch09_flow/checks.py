"""The checks of chapter 09: how much can travel from input to output."""

import networkx as nx
import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, read_value
from course_lib.exercises.judging import compare, compare_number, read_pair
from course_lib.flow import attention_flow, layered_graph, max_flow
from course_lib.language import say
from course_lib.rollout import residual_layers, rollout

FIRST = np.array([[0.9, 0.1], [0.2, 0.8]])
SECOND = np.array([[0.6, 0.4], [0.3, 0.7]])


def _judge_by_hand(cases, values):
    right = attention_flow([FIRST, SECOND], residual=0)[0, 0]
    mistakes = [
        (rollout([FIRST, SECOND], residual=0)[0, 0], "That is the rollout: products, not minima."),
        (0.6, "That is the way through position 0; the other way carries something, too."),
        (0.2, "That is the way through position 1; the other way carries something, too."),
        (attention_flow([SECOND, FIRST], residual=0)[0, 0], "Output 0 stands above layer 2."),
        (1.0, "So much can leave the output, but the way through 1 ends in an edge of 0.2."),
        (1.1, "So much could enter the input, but only 1 can leave the output."),
        (attention_flow([FIRST, SECOND], residual=0)[0, 1], "That is the flow to input 1."),
    ]
    compare_number(values[0], right, "`first_to_first`", mistakes)


def _networks(rng):
    """Make one graph whose best flow needs a detour, and random ones."""
    crafted = np.array([[0.1, 0.8, 0.1], [0.0, 0.5, 0.5], [0.7, 0.2, 0.1]])
    cases = [(crafted, 0, 2), (crafted, 1, 0)]
    for n in (4, 5):
        weights = softmax(2 * rng.normal(size=(n, n)))
        cases += [(weights, 0, n - 1), (weights, n - 1, 1)]
    return cases


def _flow_within(weights, start, end):
    graph = nx.DiGraph()
    for i, j in np.ndindex(weights.shape):
        graph.add_edge(i, j, capacity=float(weights[i, j]))
    return nx.maximum_flow_value(graph, start, end)


def _judge_within(cases, values):
    for (weights, start, end), value in zip(cases, values, strict=True):
        mistakes = [
            (weights[start, end], "That is the direct edge alone; there are ways round."),
            (_flow_within(weights.T, start, end), "The edges run the wrong way."),
            (1 - weights[start, start], "That is all that can leave; not all of it can arrive."),
        ]
        right = _flow_within(weights, start, end)
        compare(value, right, say("The flow from {start} to {end}", start=start, end=end), mistakes)


def _models(rng):
    """Make models with one layer, with two that do not commute, and with more."""
    turn = np.array([np.roll(np.eye(3), 1, axis=1), np.eye(3)[[1, 0, 2]]])
    cases = [(0.5 * turn + 0.5 * np.eye(3), 0, 1), (turn, 0, 2)]
    for layers, n in ((1, 3), (3, 3), (4, 4)):
        model = softmax(2 * rng.normal(size=(layers, n, n)))
        cases += [(model, 0, n - 1), (model, n - 1, 0)]
    return cases


def _judge_model(cases, values):
    for (layers, output, input_), value in zip(cases, values, strict=True):
        upside_down = max_flow(layers[::-1], output, input_, residual=0)[0]
        mistakes = [
            (upside_down, "The layers are upside down: layers[0] is the one at the inputs."),
            (max_flow(layers, input_, output, residual=0)[0], "Output and input are swapped."),
            (max_flow(layers, output, input_)[0], "The residual is mixed in already."),
            (rollout(layers, residual=0)[output, input_], "That is the rollout."),
            (layers.mean(axis=0)[output, input_], "Every layer needs nodes of its own."),
        ]
        right = max_flow(layers, output, input_, residual=0)[0]
        compare(value, right, say("The flow through {count} layers", count=len(layers)), mistakes)


def _cuts(rng):
    """Make layered graphs and graphs with edges back, with random sides."""
    cases = []
    for layers in (softmax(rng.normal(size=(3, 3, 3))), softmax(2 * rng.normal(size=(2, 4, 4)))):
        graph = layered_graph(layers)
        nodes = list(graph)
        cases += [(graph, {node for node in nodes if rng.random() < 0.5}) for _ in range(2)]
    within = nx.DiGraph()
    for i, j in np.ndindex(4, 4):
        within.add_edge(i, j, capacity=float(rng.random()))
    return [(within, {0, 2}), (within, {1}), *cases]


def _judge_cut(cases, values):
    for (graph, side), value in zip(cases, values, strict=True):
        edges = list(graph.edges(data="capacity"))
        back = sum(c for u, v, c in edges if u not in side and v in side)
        right = sum(c for u, v, c in edges if u in side and v not in side)
        count = sum(1 for u, v, _ in edges if u in side and v not in side)
        leaving = sum(c for u, _, c in edges if u in side)
        mistakes = [
            (right + back, "Edges that lead back into the side do not count."),
            (back, "Those are the edges that lead into the side; count those that lead out."),
            (count, "That is how many edges there are; add up their capacities."),
            (leaving, "Edges between two nodes of the side do not cross the cut."),
        ]
        compare(value, right, "The capacity of the cut", mistakes)


def _two_layers(rng):
    sizes = (2, 3, 5)
    return [(SECOND, FIRST), *(tuple(softmax(2 * rng.normal(size=(2, n, n)))) for n in sizes)]


def _judge_two_layers(cases, values):
    for (second, first), value in zip(cases, values, strict=True):
        right = attention_flow([first, second], residual=0)
        narrow = np.minimum(second[:, :, None], first[None])
        mistakes = [
            (second @ first, "That is the rollout: take minima instead of products."),
            (attention_flow([second, first], residual=0), "The two layers are swapped."),
            (narrow.max(axis=1), "That is the best single way; all ways together carry more."),
            (right.T, "The result is transposed: rows are outputs."),
            (np.minimum(second, first), "A way passes a position k between, and k varies."),
            (narrow.sum(axis=2), "Sum over the position between, not over the inputs."),
        ]
        compare(value, right, "The flow through two layers", mistakes)


def _stacks(rng):
    """Make models with the flows below their last layer."""
    cases = []
    for layers, n, spread in ((3, 3, 2), (4, 4, 3), (2, 5, 2)):
        model = residual_layers(softmax(spread * rng.normal(size=(layers, n, n))))
        cases.append((model, attention_flow(model[:-1], residual=0)))
    return cases


def _judge_bounds(cases, values):
    for (layers, below), value in zip(cases, values, strict=True):
        least, most = read_pair(value, "`flow_bounds`", "least", "most")
        n = len(below)
        mistakes = [
            (
                below @ layers[-1],
                "The layer comes first: its row mixes the flows below.",
            ),
            (layers[0] @ below, "The lower bound takes the last layer, layers[-1]."),
            (np.minimum(layers[-1][:, :, None], below).sum(axis=1), _MINIMA),
            (rollout(layers, residual=0), "Mix the flows below, not their rollout."),
            (below, "One more layer mixes the flows below."),
        ]
        compare(least, layers[-1] @ below, "The lower bound", mistakes)
        arriving = layers[0].sum(axis=0)
        right = np.tile(np.minimum(1, arriving), (n, 1))
        mistakes = [
            (np.tile(arriving, (n, 1)), "No more than 1 can leave an output: take the minimum."),
            (right.T, "The upper bound belongs to the input: one number for each column."),
            (np.tile(np.minimum(1, layers[-1].sum(axis=0)), (n, 1)), "Take the first layer."),
            (np.ones((n, n)), "Rows sum to 1; it is the columns that limit what arrives."),
        ]
        compare(most, right, "The upper bound", mistakes)


_MINIMA = "Pipes above the last layer are shared: shares of flows are products, not minima."


def _flows(rng):
    """Make flows of which some are at their bound, and one input that could take in more."""
    cases = []
    for n, spread, depth in ((4, 2, 4), (5, 3, 5), (4, 4, 3)):
        layers = residual_layers(softmax(spread * rng.normal(size=(depth, n, n))))
        cases.append((attention_flow(layers, residual=0), layers[0]))
    first = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.5, 0.3, 0.2]])
    flow = np.array([[1.0, 0.8, 0.2], [1.0, 0.5, 0.1], [0.7, 0.8, 0.2]])
    return [(flow, first), *cases]


def _judge_saturated(cases, values):
    for (flow, first), value in zip(cases, values, strict=True):
        n = len(flow)
        arriving = first.sum(axis=0)
        at_bound = flow > np.minimum(1, arriving) - 1e-6
        mistakes = [
            ((flow > arriving - 1e-6).mean(), "Not more than 1 can leave an output: min(1, …)."),
            ((flow > np.minimum(1, arriving)[:, None] - 1e-6).mean(), _ALONG_ROWS),
            ((flow > 1 - 1e-6).mean(), "The bound is not 1 for every input."),
            (at_bound.sum(), "That is how many; divide by the number of pairs."),
            (at_bound.sum() / n, "Divide by all n · n pairs."),
            (1 - at_bound.mean(), "That is the share that is not at the bound."),
        ]
        compare(value, at_bound.mean(), "The share", mistakes)


_ALONG_ROWS = "The bound belongs to the input, a column; here it is compared along the rows."


CHECKS = {
    "flow-1": Check(judge=_judge_by_hand, call=read_value),
    "flow-2": Check(inputs=_networks, judge=_judge_within),
    "flow-3": Check(inputs=_models, judge=_judge_model),
    "flow-4": Check(inputs=_cuts, judge=_judge_cut),
    "flow-5": Check(inputs=_two_layers, judge=_judge_two_layers),
    "flow-6": Check(inputs=_stacks, judge=_judge_bounds),
    "flow-7": Check(inputs=_flows, judge=_judge_saturated),
}
