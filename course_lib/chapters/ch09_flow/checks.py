"""The checks of chapter 09: how much can travel from input to output."""

import networkx as nx
import numpy as np

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.chapters.ch09_flow.shortcuts import (
    in_exact_parts,
    layer_by_layer,
    swept_cut,
    through_each_level,
    widest_first,
    with_a_way_back,
    with_a_wrong_turn,
    with_faint_edges,
)
from course_lib.exercises.exercise import Check, read_value
from course_lib.exercises.judging import compare_all, compare_number, read_pair, same
from course_lib.exercises.particular import ORDINARY, twice, with_ordinary
from course_lib.exercises.rearranging import MIXED, changed, in_order, reordered, telling
from course_lib.exercises.sizing import LARGEST, Sizes
from course_lib.flow import attention_flow, flow_from, layered_graph, max_flow
from course_lib.language import say
from course_lib.rollout import residual_layers, rollout

FIRST = np.array([[0.9, 0.1], [0.2, 0.8]])
SECOND = np.array([[0.6, 0.4], [0.3, 0.7]])


def _judge_by_hand(cases, values):
    right = attention_flow([FIRST, SECOND], residual=0)[0, 0]
    mistakes = [
        (rollout([FIRST, SECOND], residual=0)[0, 0], "That is the rollout: products, not minima."),
        (0.6, "That is the path through position 0; the other path carries something, too."),
        (0.2, "That is the path through position 1; the other path carries something, too."),
        (attention_flow([SECOND, FIRST], residual=0)[0, 0], "Output 0 stands above layer 2."),
        (1.0, "So much can leave the output, but the path through 1 ends in an edge of 0.2."),
        (1.1, "So much could enter the input, but only 1 can leave the output."),
        (attention_flow([FIRST, SECOND], residual=0)[0, 1], "That is the flow to input 1."),
    ]
    for value in values:
        compare_number(value, right, "`first_to_first`", mistakes)


def _network_of(rng, n):
    weights = in_exact_parts(softmax(2 * rng.normal(size=(n, n))))
    return weights, *rng.choice(n, 2, replace=False).tolist()


def _networks(rng):
    """Make graphs of many kinds; in some the narrow place is at neither of the two ends."""
    crafted = np.array([[0.1, 0.8, 0.1], [0.0, 0.5, 0.5], [0.7, 0.2, 0.1]])
    chain = 0.3 * np.eye(4, k=1) + 0.6 * np.eye(4) + 0.1 * np.eye(4, k=-1)
    cases = [(crafted, 0, 2), (crafted, 0, 1), (crafted, 1, 0), (chain, 0, 3), (chain, 3, 0)]
    cases += [(np.triu(chain), 3, 0), (np.array([[0.2, 0.8], [0.4, 0.6]]), 0, 1)]
    for n in rng.permutation([4, 5, 6, 7]).tolist():
        start, end = rng.choice(n, 2, replace=False).tolist()
        cases.append((softmax(2 * rng.normal(size=(n, n))), start, end))
        cases.append(with_a_narrow_middle(rng, n))
    orders = np.arange(8), np.arange(8)[::-1], rng.permutation(8)
    # The narrowest cut parts six tokens from six: a look at small sets of tokens misses it.
    cases.append(with_a_narrow_middle(rng, 12))
    # All that flows takes six steps.
    order = rng.permutation(7)
    steps = (0.4 * np.eye(7, k=1) + 0.6 * np.eye(7))[order][:, order]
    cases.append((steps, *np.argsort(order)[[0, 6]].tolist()))
    cases += [with_a_wrong_turn(order) for order in orders]
    cases += [with_a_way_back(), (with_faint_edges(2, 8e-6), 0, 1)]
    for _ in tries("a graph whose narrowest place is between no groups"):
        weights = softmax(3 * rng.normal(size=(9, 9)))
        if swept_cut(weights, 0, 1) - _flow_within(weights, 0, 1) > 1e-3:
            return [(in_exact_parts(w), *ends) for w, *ends in [*cases, (weights, 0, 1)]]


def with_a_narrow_middle(rng, n):
    """Return two groups of tokens that hardly look at one another, and a token of each."""
    order = rng.permutation(n)
    group = np.argsort(order) < n // 2
    far = np.where(group[:, None] == group, 0, 3)
    return softmax(rng.normal(size=(n, n)) - far), int(order[0]), int(order[-1])


def _flow_within(weights, start, end):
    graph = nx.DiGraph()
    for i, j in np.ndindex(weights.shape):
        graph.add_edge(i, j, capacity=float(weights[i, j]))
    return nx.maximum_flow_value(graph, start, end)


def _judge_within(cases, values):
    compare_all(
        lambda weights, start, end: say("The flow from {start} to {end}", start=start, end=end),
        cases,
        values,
        _flow_within,
        [
            (
                lambda weights, start, end: weights[start, end],
                "That is the direct edge alone; there are detours.",
            ),
            (
                lambda weights, start, end: _flow_within(weights, end, start),
                "That is the flow from `end` to `start`.",
            ),
            (
                lambda weights, start, end: 1 - weights[start, start],
                "That is all that can leave; not all of it can arrive.",
            ),
            (
                lambda weights, start, end: weights[:, end].sum() - weights[end, end],
                "That is all that can arrive; not all of it can leave.",
            ),
            (
                lambda weights, start, end: min(
                    1 - weights[start, start], weights[:, end].sum() - weights[end, end]
                ),
                "So much can leave the start and enter the end; between them it may be narrower.",
            ),
        ],
    )


def _model_of(rng, layers, n):
    weights = in_exact_parts(softmax(2 * rng.normal(size=(layers, n, n))))
    return weights, *rng.integers(n, size=2).tolist()


def _models(rng):
    """Make models with one layer, with two that do not commute, with more, and unreachable inputs.

    In the last ones the flow is less than what the formula for two layers gives layer by layer,
    from below or from above, and than what can leave the output and enter the input, and more
    than what goes along the widest paths one after the other.
    """
    turn = np.array([np.roll(np.eye(3), 1, axis=1), np.eye(3)[[1, 0, 2]]])
    cases = [(0.5 * turn + 0.5 * np.eye(3), 0, 1), (turn, 0, 2), (np.ones((2, 1, 1)), 0, 0)]
    cases.append((np.array(2 * [with_faint_edges(3, 2.5e-6)]), 0, 1))
    # With more than ten positions, 10 * level + position stands for two nodes at once.
    wide = softmax(2 * np.sin(np.arange(288.0)).reshape(2, 12, 12))
    cases.append((0.5 * np.eye(12) + 0.5 * wide, 0, 10))
    for layers, n in ((2, 2), (1, 3), (2, 4), (3, 3), (4, 4)):
        cases.append(_model_of(rng, layers, n))
    for _ in tries("models whose flow no shortcut gives"):
        model = softmax(2 * rng.normal(size=(rng.integers(3, 6), 4, 4)))
        output, input_ = rng.integers(4, size=2).tolist()
        flow = max_flow(model, output, input_, residual=0)[0]
        others = layer_by_layer(model)[output, input_], min(1, model[0, :, input_].sum())
        others = *others, through_each_level(model, output, input_)
        others = *others, widest_first(model, output, input_)
        if min(abs(flow - other) for other in others) > 1e-3:
            cases.append((model, output, input_))
            if len(cases) == 15:
                return [(in_exact_parts(layers), *ends) for layers, *ends in cases]


def _mixed_again(layers):
    return 0.5 * layers + 0.5 * np.eye(layers.shape[-1])


def _judge_model(cases, values):
    def flow(layers, output, input_):
        return max_flow(layers, output, input_, residual=0)[0]

    def bound(layers, output, input_):
        return min(1, layers[0, :, input_].sum())

    compare_all(
        lambda layers, *_: say("The flow through {count} layers", count=len(layers)),
        cases,
        values,
        flow,
        [
            (
                lambda layers, output, input_: flow(layers[::-1], output, input_),
                "The layers are upside down: layers[0] is the one at the inputs.",
            ),
            (
                lambda layers, output, input_: flow(layers, input_, output),
                "Output and input are swapped.",
            ),
            (
                lambda layers, output, input_: flow(_mixed_again(layers), output, input_),
                "The residual is mixed in already.",
            ),
            (
                lambda layers, output, input_: rollout(layers, residual=0)[output, input_],
                "That is the rollout.",
            ),
            (
                lambda layers, output, input_: layers.mean(axis=0)[output, input_],
                "Every layer needs nodes of its own.",
            ),
            (
                lambda layers, output, input_: layer_by_layer(layers)[output, input_],
                "Layer by layer, pipes are used more than once: solve for all layers together.",
            ),
            (bound, "That is what can arrive; the layers above may let less through."),
        ],
    )


def _cuts(rng):
    """Make layered graphs and graphs with edges back; with sides of all sizes, none and all."""
    cases, large = [], softmax(rng.normal(size=(3, 6, 6)))
    for layers, sizes in ((large, (16, 9)), (softmax(2 * rng.normal(size=(2, 4, 4))), (7, 4))):
        graph = layered_graph(layers)
        nodes = list(graph)
        chosen = [rng.permutation(len(nodes))[:size].tolist() for size in sizes]
        cases += [(graph, {nodes[k] for k in places}) for places in chosen]
    within = nx.DiGraph()
    for i, j in np.ndindex(5, 5):
        # Equal capacities, too: they are pipes of their own.
        capacity = float(rng.choice([0.25, 0.5, rng.random()]))
        within.add_edge(i, j, capacity=capacity, weight=float(rng.random()))
    order, inside = rng.permutation(5).tolist(), int(rng.integers(2, 4))
    some = set(order[:inside])
    for v in order[3:]:  # two equal ones lead out of it
        within.edges[order[0], v]["capacity"] = 0.25
    unequal = nx.DiGraph()  # pipes of very different capacities
    unequal.add_edge(0, 1, capacity=5e-5)
    unequal.add_edge(1, 0, capacity=900.0)
    alone = nx.DiGraph()
    alone.add_edge(0, 0, capacity=0.5)
    three = nx.DiGraph()
    three.add_weighted_edges_from(
        [(0, 1, 0.3), (1, 2, 0.6), (2, 0, 0.2), (2, 1, 0.7)], weight="capacity"
    )
    cases += [(unequal, {0}), (unequal, {1}), (alone, {0}), (three, {0, 2}), (three, {0, 1, 2})]
    for n in (4, 6, 7, 8, 9, 10):
        graph = nx.complete_graph(n, nx.DiGraph)
        for u, v in graph.edges:
            graph.edges[u, v].update(capacity=float(rng.random()), weight=float(rng.random()))
        cases.append((graph, set(rng.permutation(n)[2:].tolist())))
    sides = (some, {int(rng.integers(5))}, set(), set(range(5)))
    return [*cases, *((within, side) for side in sides)]


def _capacity(graph, crosses):
    return sum((c for u, v, c in graph.edges(data="capacity") if crosses(u, v)), 0.0)


def _judge_cut(cases, values):
    def out(graph, side):
        return _capacity(graph, lambda u, v: u in side and v not in side)

    def back(graph, side):
        return _capacity(graph, lambda u, v: u not in side and v in side)

    compare_all(
        "The capacity of the cut",
        cases,
        values,
        out,
        [
            (
                lambda graph, side: out(graph, side) + back(graph, side),
                "Edges that lead back into the side do not count.",
            ),
            (back, "Those are the edges that lead into the side; count those that lead out."),
            (
                lambda graph, side: sum(u in side and v not in side for u, v in graph.edges),
                "That is how many edges there are; add up their capacities.",
            ),
            (
                lambda graph, side: _capacity(graph, lambda u, v: u in side),
                "Edges between two nodes of the side do not cross the cut.",
            ),
        ],
    )


def _two_layers(rng):
    crafted = [(np.eye(3)[[1, 1, 2]], np.eye(3)[[2, 0, 0]]), (np.ones((1, 1)), np.ones((1, 1)))]
    sizes = rng.permutation([2, 3, 4, 5]).tolist()
    drawn = [tuple(softmax(2 * rng.normal(size=(2, n, n)))) for n in sizes]
    # Many faint edges carry something together.
    faint = 1e-4 * np.ones((9, 9)) + (1 - 9e-4) * np.eye(9)
    return [(SECOND, FIRST), *crafted, *drawn, (faint, np.roll(faint, 1, axis=1))]


def _judge_two_layers(cases, values):
    def paths(second, first):
        return np.minimum(second[:, :, None], first[None])

    def right(second, first):
        return paths(second, first).sum(axis=1)

    compare_all(
        "The flow through two layers",
        cases,
        values,
        right,
        [
            (
                lambda second, first: second @ first,
                "That is the rollout: take minima instead of products.",
            ),
            (lambda second, first: right(first, second), "The two layers are swapped."),
            (
                lambda second, first: paths(second, first).max(axis=1),
                "That is the best single path; all paths together carry more.",
            ),
            (
                lambda second, first: right(second, first).T,
                "The result is transposed: rows are outputs.",
            ),
            (np.minimum, "A path passes a position k in between, and k varies."),
            (
                lambda second, first: paths(second, first).sum(axis=2),
                "Sum over the position between, not over the inputs.",
            ),
        ],
    )


def _stack_of(rng, layers, n):
    model = softmax(2 * rng.normal(size=(layers, n, n)))
    return model, attention_flow(model[:-1], residual=0)


def _stacks(rng):
    """Make models with the flows below their last layer."""
    cases = []
    for n in rng.permutation([2, 3, 4, 5]).tolist():
        share = rng.choice([0.2, 0.5])
        model = softmax(3 * rng.normal(size=(rng.integers(2, 5), n, n)))
        cases.append(residual_layers(model, residual=share))
    one_hot = np.eye(3)[[[0, 0, 1], [2, 1, 1], [1, 2, 0]]]
    # Nobody above looks at position 1, the only one that looks at input 1: nothing gets there.
    unseen = np.eye(3)[[[0, 1, 2], [0, 0, 2], [1, 2, 0]]]
    first, *others = softmax(2 * rng.normal(size=(4, 3, 3)))  # the same flows below
    alike = [np.stack([first, other]) for other in others]
    alike.append(alike[0].copy())
    alike[-1][0, 0] = alike[1][1, 0]  # the same last layer, and the same last flows below
    faint = np.stack(2 * [with_faint_edges(3, 3e-5)])
    models = (*cases, one_hot, unseen, faint, np.ones((2, 1, 1)), *alike)
    return [(model, attention_flow(model[:-1], residual=0)) for model in models]


def _with_last_turned(layers):
    return np.concatenate([layers[:-1], layers[-1:, ::-1]])


def _belong_together(layers, below):
    """Tell whether these are the flows below the last of the layers."""
    return same(below, attention_flow(layers[:-1], residual=0))


def _judge_bounds(cases, values):
    pairs = [read_pair(value, "`flow_bounds`", "least", "most") for value in values]
    compare_all(
        "The lower bound",
        cases,
        [least for least, _ in pairs],
        lambda layers, below: layers[-1] @ below,
        [
            (
                lambda layers, below: below @ layers[-1],
                "The product is the wrong way round: rows of the last layer mix the flows below.",
            ),
            (
                lambda layers, below: layers[0] @ below,
                "The lower bound takes the last layer, layers[-1].",
            ),
            (
                lambda layers, below: np.minimum(layers[-1][:, :, None], below).sum(axis=1),
                "The pipes below are shared: shares of flows are products, not minima.",
            ),
            (
                lambda layers, below: rollout(layers, residual=0),
                "Mix the flows below, not their rollout.",
            ),
            (lambda layers, below: below, "One more layer still has to mix the flows below."),
        ],
    )

    def tiled(row):
        return np.tile(row, (len(row), 1))

    def arriving(layers):
        return layers[0].sum(axis=0)

    compare_all(
        "The upper bound",
        cases,
        [most for _, most in pairs],
        lambda layers, below: tiled(np.minimum(1, arriving(layers))),
        [
            (
                lambda layers, below: tiled(arriving(layers)),
                "No more than 1 can leave an output: take the minimum.",
            ),
            (
                lambda layers, below: tiled(np.minimum(1, arriving(layers))).T,
                "The upper bound belongs to the input: one number for each column.",
            ),
            (
                lambda layers, below: tiled(np.minimum(1, layers[-1].sum(axis=0))),
                "Take the first layer.",
            ),
            (
                lambda layers, below: np.ones_like(below),
                "Rows sum to 1; it is the columns that limit what arrives.",
            ),
        ],
    )


def _flow_of(rng, n):
    first = softmax(rng.normal(size=(n, n)))
    return _most(first) * rng.permuted(np.resize([1, 0.9], n * n)).reshape(n, n), first


def _flows(rng):
    """Make flows that lie at their bound, a little above it, a little below it, and not so little.

    In the first, input 0 could take in more than an output gives, and two flows end between a
    millionth and a thousandth below their bounds.
    """
    first = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.5, 0.3, 0.2]])
    flow = np.array([[1 - 1.1e-6, 0.8, 0.2], [1 + 1e-8, 0.5, 0.2 - 5e-4], [0.7, 0.8 - 9e-7, 0.2]])
    cases = [(flow, first), (np.full((2, 2), 0.3), np.full((2, 2), 0.5))]  # none reaches its bound
    cases += [
        (0.2 * rng.random((3, 3)), np.full((3, 3), 1 / 3)),
        (np.ones((1, 1)), np.ones((1, 1))),
        # At an input that hardly anybody looks at, one flow is below its bound.
        (np.array([[3e-5, 0.5], [6e-5, 1]]), np.array(2 * [[3e-5, 1 - 3e-5]])),
        (np.array([[3e-6, 0.5], [6e-6, 1]]), np.array(2 * [[3e-6, 1 - 3e-6]])),
        # The same numbers, at two places.
        (np.array([[0.4, 0.3], [0.3, 0.3]]), np.array(2 * [[0.2, 0.8]])),
        (np.array([[0.3, 0.4], [0.3, 0.3]]), np.array(2 * [[0.2, 0.8]])),
    ]
    # With two columns exchanged, all flows are still within their bounds: .6, .9 and 1.
    for flow in (
        [[0.2, 0.9, 0.6], [0.2, 0.4, 0.6], [0.1, 0.9, 0.6]],
        [[0.6, 0.5, 0.2], [0.6, 0.3, 0.2], [0.4, 0.6, 0.1]],
    ):
        cases.append((np.array(flow), np.array(3 * [[0.2, 0.3, 0.5]])))
    cases.append(one_at_its_bound(rng))
    for n in rng.permutation([3, 4, 5]).tolist():
        layers = residual_layers(softmax(3 * rng.normal(size=(4, n, n))))
        bound = np.minimum(1, layers[0].sum(axis=0))
        flow = attention_flow(layers, residual=0)
        flow = np.where(rng.random((n, n)) < rng.uniform(0.2, 0.6), bound, flow)
        flow[rng.integers(n), rng.integers(n)] -= 3e-6
        cases.append((np.maximum(flow, 0), layers[0]))
    return cases


def one_at_its_bound(rng, n=150):
    """Return flows of so many tokens that one of the pairs is a very small share of them."""
    flow = 0.5 * rng.random((n, n))
    flow[tuple(rng.integers(n, size=2))] = 1
    return flow, np.full((n, n), 1 / n)


def _saturated(flow, first):
    return _at(_most(first), flow)


def _most(first):
    return np.minimum(1, first.sum(axis=0))


def _at(bound, flow):
    return (flow > bound - 1e-6).mean()


def _judge_saturated(cases, values):
    compare_all(
        "The share",
        cases,
        values,
        _saturated,
        [
            (
                lambda flow, first: _at(first.sum(axis=0), flow),
                "Not more than 1 can leave an output: min(1, …).",
            ),
            (
                lambda flow, first: _at(_most(first)[:, None], flow),
                "The bound belongs to the input, a column; here it is compared along the rows.",
            ),
            (lambda flow, first: _at(1, flow), "The bound is not 1 for every input."),
            (
                lambda flow, first: _saturated(flow, first) * flow.size,
                "That is how many; divide by the number of pairs.",
            ),
            (
                lambda flow, first: _saturated(flow, first) * len(flow),
                "Divide by all n · n pairs.",
            ),
            (
                lambda flow, first: 1 - _saturated(flow, first),
                "That is the share that is not at the bound.",
            ),
            (
                lambda flow, first: (flow >= _most(first)).mean(),
                "Some flows end a rounding below their bound: 1e-6 is allowed.",
            ),
        ],
    )


def _are_within(flow, first):
    return bool((flow <= _most(first) + 1e-7).all())


OURS = (layered_graph, max_flow, attention_flow, flow_from)

CHECKS = {
    "flow-1": Check(judge=_judge_by_hand, call=read_value),
    "flow-2": Check(
        inputs=_networks,
        twins=telling(_flow_within, MIXED + reordered(0)),
        judge=_judge_within,
        without=OURS,
        fits=lambda weights, start, end: start != end,
        sizes=Sizes(_network_of, (2,)),
        particular=lambda weights: (in_exact_parts(weights), 0, 2),
    ),
    "flow-3": Check(
        inputs=_models,
        twins=MIXED + reordered(0),
        judge=_judge_model,
        without=OURS,
        # Few layers where there are many positions: who tries every path shall come to an end.
        sizes=Sizes(lambda rng, n: _model_of(rng, LARGEST + 1 - n, n)),
        particular=lambda weights: (with_ordinary(weights), 0, 2),
    ),
    "flow-4": Check(
        inputs=_cuts, judge=_judge_cut, fits=lambda graph, side: side <= set(graph.nodes)
    ),
    "flow-5": Check(
        inputs=_two_layers,
        twins=MIXED + reordered(0),
        judge=_judge_two_layers,
        without=OURS,
        sizes=Sizes(lambda rng, n: tuple(softmax(2 * rng.normal(size=(2, n, n))))),
        particular=lambda weights: (weights, np.roll(np.eye(4), 1, axis=1)),
    ),
    "flow-6": Check(
        twins=changed(_with_last_turned, 0, shared=in_order),
        inputs=_stacks,
        judge=_judge_bounds,
        fits=_belong_together,
        sizes=Sizes(_stack_of, (2, 1)),
        particular=lambda weights: (twice(weights), weights),
    ),
    "flow-7": Check(
        inputs=_flows,
        twins=telling(_saturated, MIXED + reordered(0, axis=1)),
        judge=_judge_saturated,
        fits=_are_within,
        sizes=Sizes(_flow_of),
        particular=lambda weights: (_most(weights) * (ORDINARY > 0.11), weights),
    ),
}
