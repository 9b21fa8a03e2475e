"""Bad input to every public function: an error that names the parameter, or the right answer."""

import inspect

import networkx as nx
import numpy as np
import pytest
import torch

from course_lib import attention as a
from course_lib import centrality as c
from course_lib import flow as f
from course_lib import graph as g
from course_lib import heads as h
from course_lib import patterns as p
from course_lib import rollout as r
from course_lib import sparsity as sp
from course_lib.source import show_source

NAN, INF = float("nan"), float("inf")
W = [[0.9, 0.1], [0.4, 0.6]]
X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
EYE = np.eye(2)
GRAD = torch.ones(2, 2, requires_grad=True)

# What no function takes as an array of numbers.
NO_NUMBERS = [
    "text",
    None,
    [["a", "b"], ["c", "d"]],
    [[1j, 0], [0, 1]],
    [[True, False], [False, True]],
    [[1.0, 2.0], [3.0]],
    [[object(), 1], [1, 1]],
    GRAD,
]
NOT_FINITE = [[[NAN, 1.0], [0.0, 1.0]], [[INF, 1.0], [0.0, 1.0]]]
EMPTY = [[], [[]], np.zeros((0, 2)), np.zeros((2, 0))]
# What is no attention of any shape, and what is no square matrix of it.
NO_ROWS = [
    *NO_NUMBERS,
    *NOT_FINITE,
    *EMPTY,
    [0.5, 0.5],
    [[1.2, -0.2], [0.5, 0.5]],
    [[0.5, 0.4], [0.5, 0.5]],
    [[5, 5], [5, 5]],
]
NO_WEIGHTS = [*NO_ROWS, [[0.5, 0.5]]]
NO_HEADS = [*NO_WEIGHTS, W, [[W]]]
NO_SCORES = ["ab", None, [1.0, NAN], [1.0, 1.0], [[1.0, 2.0]], [], 3.0, [True, False], [1.0, 1j]]
RANKED = [[NAN, 1.0, 2.0], [1.0, NAN, 2.0], [2.0, 1.0, NAN]]
NO_SQUARE = [*NO_NUMBERS, *EMPTY, W, X, [[0, NAN, 1], [1, 0, 2], [1, 2, 0]], np.eye(4)]
NO_COUNT = [0, -1, 1.5, "2", None, True]
NO_THRESHOLD = [-0.1, 1.1, NAN, INF, "0.5", None, True, [0.1]]
NO_TOKENS = ["it", ["it"], ["it", "runs", "on"], 5]
NO_MASK = [[[1, 0], [1, 1]], [[1.0, 0.0], [1.0, 1.0]], "mask", [[True], [True, False]]]


def rows(function, parameter, values, /, **rest):
    """Return cases in which one parameter takes bad values and the others good ones."""
    return [(function, rest | {parameter: value}, parameter) for value in values]


def on_matrices(function, parameters, **rest):
    """Return cases of bad matrices for each of several parameters that take real matrices."""
    good = {name: EYE for name in parameters} | rest
    bad = [*NO_NUMBERS, *NOT_FINITE, *EMPTY, [1.0, 2.0]]
    return [
        case
        for name in parameters
        for case in rows(function, name, bad, **{k: v for k, v in good.items() if k != name})
    ]


NO_LAYERS = [*NO_WEIGHTS, W, [[[[W]]]]]


def on_layers(function, **rest):
    """Return cases of bad layers and options for a function of the rollout."""
    good = {"weights": [W, W]} | rest
    return [
        *rows(function, "weights", NO_LAYERS, **rest),
        *rows(function, "residual", NO_THRESHOLD, **good),
        *rows(function, "fusion", ["median", None], **good),
        *rows(function, "fusion", ["min"], **good | {"weights": [[np.eye(2), 1 - np.eye(2)]]}),
        *rows(function, "discard", [*NO_THRESHOLD, 1.0], **good),
        *rows(function, "start_layer", [2, -1, 0.5, None, True], **good),
    ]


BAD = [
    *rows(a.softmax, "logits", [*NO_NUMBERS, *NOT_FINITE, *EMPTY, 3.0, [-INF, -INF]]),
    *rows(a.softmax, "axis", [2, -3, 0.5, None, "rows"], logits=W),
    *on_matrices(a.attention_logits, ["query", "key"]),
    *rows(
        a.attention_logits, "key", [np.ones((2, 3)), np.ones((3, 2, 2))], query=np.ones((2, 2, 2))
    ),
    *rows(a.attention_logits, "scale", ["big", NAN, INF, True, [1, 2]], query=EYE, key=EYE),
    *on_matrices(a.attention, ["query", "key", "value"]),
    *rows(
        a.attention,
        "value",
        [np.ones((3, 2)), np.ones((3, 2, 2))],
        query=np.ones((2, 2, 2)),
        key=EYE,
    ),
    *rows(
        a.attention,
        "mask",
        [*NO_MASK, np.ones((3, 3), bool), np.zeros((2, 2), bool)],
        query=EYE,
        key=EYE,
        value=EYE,
    ),
    *rows(a.attention, "scale", [NAN, "big"], query=EYE, key=EYE, value=EYE),
    *rows(a.causal_mask, "n", NO_COUNT),
    *rows(a.padding_mask, "lengths", [[0, 1], [4], [1.5], 2, None, [], ["a"]], n=3),
    *rows(a.padding_mask, "n", NO_COUNT, lengths=[1]),
    *on_matrices(a.split_heads, ["x"], num_heads=1),
    *rows(a.split_heads, "num_heads", [*NO_COUNT, 3], x=X),
    *rows(a.merge_heads, "x", [*NO_NUMBERS, *NOT_FINITE, *EMPTY, X]),
    *on_matrices(a.multi_head_attention, ["x", "w_q", "w_k", "w_v", "w_o"], num_heads=1),
    *rows(
        a.multi_head_attention,
        "w_k",
        [np.ones((2, 3)), np.ones((3, 3))],
        x=EYE,
        w_q=EYE,
        w_v=EYE,
        w_o=EYE,
        num_heads=1,
    ),
    *rows(
        a.multi_head_attention,
        "num_heads",
        [*NO_COUNT, 3],
        x=EYE,
        w_q=EYE,
        w_k=EYE,
        w_v=EYE,
        w_o=EYE,
    ),
    *rows(
        a.multi_head_attention,
        "mask",
        [*NO_MASK, np.zeros((2, 2), bool)],
        x=EYE,
        w_q=EYE,
        w_k=EYE,
        w_v=EYE,
        w_o=EYE,
        num_heads=1,
    ),
    *rows(a.entropy, "weights", NO_ROWS),
    *rows(g.attention_graph, "weights", NO_WEIGHTS),
    *rows(g.attention_graph, "tokens", NO_TOKENS, weights=W),
    *rows(g.attention_graph, "direction", ["back", None, 1], weights=W),
    *rows(g.attention_graph, "threshold", NO_THRESHOLD, weights=W),
    *rows(g.attention_multigraph, "weights", NO_HEADS),
    *rows(g.attention_multigraph, "tokens", NO_TOKENS, weights=[W]),
    *rows(g.attention_multigraph, "direction", ["back", None], weights=[W]),
    *rows(g.attention_multigraph, "threshold", NO_THRESHOLD, weights=[W]),
    *rows(
        g.attention_matrix,
        "graph",
        [
            W,
            None,
            nx.Graph([(0, 1)]),
            nx.MultiDiGraph([(0, 1)]),
            nx.DiGraph(),
            nx.DiGraph([("it", "runs")]),
            nx.DiGraph([(0, 1)]),
            nx.DiGraph([(0, 1, {"weight": NAN})]),
            nx.DiGraph([(0, 1, {"weight": -0.5})]),
            nx.DiGraph([(0, 2, {"weight": 0.5})]),
            nx.DiGraph([(0, 1, {"weight": 0.5})], direction="back"),
            nx.DiGraph([(0, 1, {"weight": "heavy"})]),
        ],
    ),
    *rows(g.top_edges, "weights", NO_WEIGHTS, k=1),
    *rows(g.top_edges, "k", [*NO_COUNT, 5], weights=W),
    *rows(g.mass_kept, "weights", NO_WEIGHTS, threshold=0.1),
    *rows(g.mass_kept, "threshold", NO_THRESHOLD, weights=W),
    *rows(h.offset_score, "weights", NO_WEIGHTS, offset=0),
    *rows(h.offset_score, "offset", [2, -2, 0.5, None, True], weights=W),
    *rows(h.position_score, "weights", NO_WEIGHTS, positions=0),
    *rows(h.position_score, "positions", [2, -1, [0, 0], [], 0.5, None, True, [0, 2]], weights=W),
    *(
        case
        for measure in (c.in_strength, c.pagerank, c.hits, c.betweenness, c.closeness)
        for case in rows(measure, "weights", NO_WEIGHTS)
    ),
    *rows(c.hits, "weights", [EYE]),
    *rows(c.stationary_distribution, "weights", [*NO_WEIGHTS, EYE]),
    *rows(c.pagerank, "damping", [*NO_THRESHOLD, 1.0], weights=W),
    *rows(c.remove_tokens, "weights", NO_WEIGHTS, positions=0),
    *rows(c.remove_tokens, "positions", [2, -1, [0, 0], [0, 1], 0.5, None, True, "0"], weights=W),
    *rows(c.remove_tokens, "positions", [0], weights=[[0.0, 1.0], [1.0, 0.0]]),
    *rows(c.rank_correlation, "first", NO_SCORES, second=[1.0, 2.0]),
    *rows(c.rank_correlation, "second", NO_SCORES, first=[1.0, 2.0]),
    *rows(c.row_correlations, "matrix", [*NO_SQUARE, np.ones((3, 3))], effects=RANKED),
    *rows(c.row_correlations, "effects", [*NO_SQUARE, np.ones((3, 3))], matrix=RANKED),
    *rows(
        r.distance_from_rank_one,
        "matrix",
        [*NO_NUMBERS, *NOT_FINITE, *EMPTY, [1.0, 2.0], np.zeros((2, 2))],
    ),
    *(
        case
        for function in (f.layered_graph, f.attention_flow)
        for case in [
            *rows(function, "weights", NO_LAYERS),
            *rows(function, "residual", NO_THRESHOLD, weights=[W]),
        ]
    ),
    *rows(f.max_flow, "weights", NO_LAYERS, output=0, input=0),
    *rows(f.max_flow, "residual", NO_THRESHOLD, weights=[W], output=0, input=0),
    *rows(f.max_flow, "output", [2, -1, 0.5, None, True], weights=[W], input=0),
    *rows(f.max_flow, "input", [2, -1, 0.5, None, True], weights=[W], output=0),
    *rows(f.flow_from, "weights", NO_LAYERS, output=0),
    *rows(f.flow_from, "residual", NO_THRESHOLD, weights=[W], output=0),
    *rows(f.flow_from, "output", [2, -1, 0.5, None, True], weights=[W]),
    *on_layers(r.rollout),
    *on_layers(r.residual_layers),
    *on_layers(r.rollout_row, output=0),
    *rows(r.rollout_row, "output", [2, -1, 0.5, None, True], weights=[W]),
    *rows(h.head_distance, "first", NO_WEIGHTS, second=W),
    *rows(h.head_distance, "second", [*NO_WEIGHTS, np.eye(3)], first=W),
    *rows(h.head_distance, "second", [np.stack([EYE] * 3)], first=np.stack([EYE] * 2)),
    *rows(sp.threshold, "weights", NO_ROWS, cutoff=0.1),
    *rows(sp.threshold, "cutoff", NO_THRESHOLD, weights=W),
    *rows(sp.top_k, "weights", NO_ROWS, k=1),
    *rows(sp.top_k, "k", [*NO_COUNT, 3], weights=W),
    *rows(sp.kept_mass, "weights", NO_ROWS, sparse=W),
    *rows(sp.kept_mass, "sparse", [*NO_ROWS, np.eye(3), [[0.5, 0.5]]], weights=W),
    *rows(sp.error_bound, "weights", NO_ROWS, sparse=W, values=EYE),
    *rows(sp.error_bound, "sparse", [*NO_ROWS, np.eye(3)], weights=W, values=EYE),
    *rows(
        sp.error_bound,
        "values",
        [*NO_NUMBERS, *NOT_FINITE, *EMPTY, [1.0, 2.0], np.ones((3, 2))],
        weights=W,
        sparse=W,
    ),
    *(
        case
        for function in (sp.sparsemax, sp.entmax15)
        for case in rows(function, "logits", [*NO_NUMBERS, *NOT_FINITE, *EMPTY, 3.0, [-INF, -INF]])
    ),
    *rows(p.window_pattern, "n", NO_COUNT, radius=1),
    *rows(p.window_pattern, "radius", NO_COUNT[1:], n=3),
    *rows(p.dilated_pattern, "n", NO_COUNT, radius=1, dilation=2),
    *rows(p.dilated_pattern, "radius", NO_COUNT[1:], n=3, dilation=2),
    *rows(p.dilated_pattern, "dilation", NO_COUNT, n=3, radius=1),
    *rows(p.global_pattern, "n", NO_COUNT, positions=[0]),
    *rows(p.global_pattern, "positions", [[3], [-1], [0.5], 1, "0", None, [True]], n=3),
    *rows(p.random_pattern, "n", NO_COUNT, k=0, rng=np.random.default_rng(0)),
    *rows(p.random_pattern, "k", [*NO_COUNT[1:], 3], n=3, rng=np.random.default_rng(0)),
    *rows(p.random_pattern, "rng", [None, 0, np.random], n=3, k=1),
    *rows(p.random_order, "n", NO_COUNT, rng=np.random.default_rng(0)),
    *rows(p.random_order, "rng", [None, 0, np.random], n=3),
    *rows(p.block_pattern, "n", NO_COUNT, size=1),
    *rows(p.block_pattern, "size", NO_COUNT, n=3),
    *rows(
        p.layers_to_full_reach,
        "pattern",
        [
            "mask",
            None,
            [[1, 0], [1, 1]],
            [True, False],
            np.ones((2, 3), bool),
            np.ones((0, 0), bool),
        ],
    ),
]


# Numbered, because the text of an object has its address in it and differs between workers.
NAMES = [f"{function.__name__}-{name}-{k}" for k, (function, _, name) in enumerate(BAD)]


@pytest.mark.parametrize("case", BAD, ids=NAMES)
def test_bad_input_is_an_error_that_names_the_parameter(case):
    function, arguments, parameter = case
    with pytest.raises((TypeError, ValueError)) as caught:
        function(**arguments)
    assert parameter in str(caught.value)
    assert "unexpected keyword" not in str(caught.value)


@pytest.mark.parametrize("thing", [None, "softmax", len, np.ndarray], ids=str)
def test_only_a_function_has_a_source_to_show(thing):
    with pytest.raises(TypeError, match="functions must be Python functions"):
        show_source(thing)


def test_the_source_is_shown_without_its_docstring():
    shown = show_source(a.causal_mask).data
    assert "np.tri(n, dtype=bool)" in shown
    assert "Parameters" not in shown


def public_functions():
    return [
        function
        for module in (a, c, f, g, h, p, r, sp)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    ]


@pytest.mark.parametrize("function", public_functions(), ids=lambda function: function.__name__)
def test_every_public_function_has_bad_rows_for_each_parameter(function):
    tried = {parameter for called, _, parameter in BAD if called is function}
    parameters = set(inspect.signature(function).parameters)
    assert tried == parameters


ODD = {
    "list": lambda array: array.tolist(),
    "tuple": lambda array: tuple(map(tuple, array.tolist())),
    "float16": lambda array: array.astype(np.float16),
    "float32": lambda array: array.astype(np.float32),
    "torch": torch.tensor,
    "reversed twice": lambda array: array[::-1].copy()[::-1],
    "read-only": lambda array: np.broadcast_to(array, array.shape),
    "fortran": np.asfortranarray,
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_but_right_input_gives_the_right_answer(odd):
    convert = ODD[odd]
    weights = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.0, 0.75]])
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 4.0]])
    assert np.allclose(a.softmax(convert(logits)), a.softmax(logits))
    assert np.allclose(a.attention(*[convert(logits)] * 3)[0], a.attention(*[logits] * 3)[0])
    assert np.allclose(a.entropy(convert(weights)), a.entropy(weights))
    assert np.array_equal(g.attention_matrix(g.attention_graph(convert(weights))), weights)
    assert g.top_edges(convert(weights), 3) == g.top_edges(weights, 3)
    assert g.mass_kept(convert(weights), 0.3) == g.mass_kept(weights, 0.3)
    assert np.allclose(h.offset_score(convert(weights), 1), h.offset_score(weights, 1))
    assert np.allclose(h.head_distance(convert(weights), weights), 0)


def test_nothing_returned_is_the_array_that_came_in():
    weights = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.0, 0.75]])
    results = [
        a.softmax(weights),
        a.attention_logits(weights, weights),
        *a.attention(weights, weights, weights),
        a.split_heads(weights, 1),
        a.split_heads(weights, 3),
        a.merge_heads(weights[None]),
        c.in_strength(weights),
        c.remove_tokens(weights, []),
        f.attention_flow([weights], residual=0),
        f.attention_flow(weights[None], residual=0),
        r.rollout(weights[None], residual=0),
        r.rollout(weights[None, None], residual=0, fusion="max"),
        r.residual_layers(weights[None], residual=0),
        r.rollout_row(weights[None], 0, residual=0),
        sp.threshold(weights, 0),
        sp.top_k(weights, 3),
    ]
    for number, result in enumerate(results):
        assert not np.shares_memory(result, weights), number


def test_integers_are_numbers():
    whole = np.array([[1, 2], [3, 4]])
    assert np.allclose(a.attention(whole, whole, whole)[0], a.attention(*[whole * 1.0] * 3)[0])
    assert np.array_equal(g.attention_matrix(g.attention_graph(np.eye(2, dtype=int))), np.eye(2))
    assert a.causal_mask(np.int64(2)).tolist() == [[True, False], [True, True]]


def test_a_half_precision_model_s_rows_are_taken():
    rows_of_half = a.softmax(np.random.default_rng(0).normal(size=(64, 64))).astype(np.float16)
    assert abs(rows_of_half.sum(axis=1, dtype=float) - 1).max() > 1e-6
    assert g.attention_graph(rows_of_half).number_of_nodes() == 64
