"""Arguments that do not fit together, and odd ones with their right answers; see test_fuzz.py."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib import _validate
from course_lib import attention as a
from course_lib import centrality as c
from course_lib import flow as f
from course_lib import graph as g
from course_lib import heads as h
from course_lib import rollout as r
from course_lib import sparsity as sp
from course_lib.source import show_source

INF = float("inf")
W = [[0.9, 0.1], [0.4, 0.6]]
X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
EYE = np.eye(2)

# Where two arguments do not fit, or an answer does not exist; test_fuzz.py asks for the rest.
TOGETHER = [
    (a.softmax, {"logits": [[0.0, 1.0], [-INF, -INF]]}, r"logits .* row\(s\) 1 have nothing"),
    (a.attention_logits, {"query": np.ones((2, 2, 2)), "key": np.ones((3, 2, 2))}, "key .* axes"),
    (
        a.attention,
        {"query": np.ones((2, 2, 2)), "key": EYE, "value": np.ones((3, 2, 2))},
        "value must have leading axes",
    ),
    (
        a.attention,
        {
            "query": X,
            "key": X,
            "value": X,
            "mask": np.eye(3, dtype=bool)[[0, 1, 1]] & [1, 0, 1] > 0,
        },
        r"mask .* row\(s\) 1, 2 have nothing",
    ),
    (c.remove_tokens, {"weights": [[0.0, 1.0], [1.0, 0.0]], "positions": [0]}, "positions"),
    (h.head_distance, {"first": [EYE] * 2, "second": [EYE] * 3}, "second must broadcast"),
    (
        r.rollout,
        {"weights": [[EYE, 1 - EYE]], "fusion": "min"},
        "fusion 'min' must leave .* layer 0, row 0",
    ),
    (f.attention_flow, {"weights": [[EYE, 1 - EYE]], "fusion": "min"}, "fusion 'min' must leave"),
    (g.kept_mass, {"weights": [[0.0, 0.0], [0.5, 0.5]], "threshold": 0}, "sums to 0; leave out"),
    (g.kept_mass, {"weights": [[2.0, 3.0]], "threshold": 0}, "Logits need a softmax"),
    (c.hits, {"weights": np.stack([W, EYE])}, "got 1 twice"),
]


@pytest.mark.parametrize("case", TOGETHER, ids=lambda case: case[0].__name__)
def test_arguments_that_do_not_fit_are_refused(case):
    function, arguments, message = case
    with pytest.raises(ValueError, match=message):
        function(**arguments)


@pytest.mark.parametrize("thing", [None, "softmax", len, np.ndarray], ids=str)
def test_only_a_function_has_a_source_to_show(thing):
    with pytest.raises(TypeError, match="functions must be Python functions"):
        show_source(thing)


def test_the_source_is_shown_without_its_docstring():
    shown = show_source(a.causal_mask).data
    assert "np.tri(n, dtype=bool)" in shown
    assert "Parameters" not in shown


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
    assert g.kept_mass(convert(weights), 0.3) == g.kept_mass(weights, 0.3)
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


HALF = {
    "float16": lambda weights: weights.astype(np.float16),
    "float16 tensor": lambda weights: torch.tensor(weights).half(),
    "bfloat16": lambda weights: torch.tensor(weights).bfloat16(),
    "list of bfloat16": lambda weights: list(torch.tensor(weights).bfloat16()),
    "float16 made float32": lambda weights: weights.astype(np.float16).astype(np.float32),
    "bfloat16 made float32": lambda weights: torch.tensor(weights).bfloat16().float().numpy(),
    "bfloat16 made float64": lambda weights: torch.tensor(weights).bfloat16().double().tolist(),
    "softmax in bfloat16": lambda weights: torch.tensor(np.log(weights)).bfloat16().softmax(-1),
}


@pytest.mark.parametrize("kind", HALF)
def test_what_half_precision_gives_is_taken_and_bounded(kind):
    exact = a.softmax(np.random.default_rng(0).normal(size=(3, 64, 64)))
    exact[0] = 1 / 64 + 0 * exact[0]
    exact[1, :, :63], exact[1, :, 63] = 1 / 65, 2 / 65  # 1/65 is rounded upwards everywhere
    half = HALF[kind](exact)
    values = np.random.default_rng(1).normal(size=(64, 4))
    assert (a.entropy(half) <= np.log(64)).all()
    assert (h.head_distance(half, half) == 0).all()
    for damping in (0.85, 0.995, 1 - 1e-9):
        ranks = c.pagerank(half, damping=damping)
        assert (ranks > 0).all()
        assert np.allclose(ranks.sum(axis=-1), 1, atol=1e-14)
    assert np.allclose(c.stationary_distribution(half).sum(axis=-1), 1, atol=1e-14)
    assert np.allclose(c.in_strength(half).sum(axis=-1), 64)
    assert np.allclose(r.rollout(half).sum(axis=-1), 1)
    assert g.attention_multigraph(half).number_of_nodes() == 64
    assert np.allclose(g.attention_matrix(g.attention_graph(half[2])), _rows(half[2]), atol=1e-15)
    sparse = sp.top_k(half[2], 5)
    assert (sp.kept_mass(half[2], sparse) <= 1).all()
    moved = np.linalg.norm((_rows(half[2]) - sparse) @ values, axis=1)
    assert (moved <= sp.error_bound(half[2], sparse, values) + 1e-12).all()


def _rows(half):
    """Return weights in float64, each row divided by its sum, by means of its own."""
    rows = [[float(weight) for weight in row] for row in half]
    return np.array([[weight / sum(row) for weight in row] for row in rows])


@pytest.mark.parametrize("n", [4, 37, 512, 4096])
@pytest.mark.parametrize("spread", [0.0, 1.0, 10.0])
def test_bfloat16_stays_within_the_tolerance_that_is_said(n, spread):
    logits = torch.tensor(spread * np.random.default_rng(n).normal(size=(50, n))).bfloat16()
    powers = (logits - logits.amax(dim=-1, keepdim=True)).exp()
    for weights in (
        logits.softmax(dim=-1),
        logits.float().softmax(dim=-1).bfloat16(),
        powers / powers.sum(dim=-1, keepdim=True),  # each step is rounded
    ):
        sums = weights.double().sum(dim=-1)
        assert abs(sums - 1).max() < _validate.ROW_SUM_TOLERANCE
        assert np.allclose(a.entropy(weights), a.entropy(weights.double() / sums[:, None]))


def test_rows_of_float64_are_left_as_they_are_and_others_divided_by_their_sums():
    weights = [[0.1] * 10]
    assert _validate.weights_array(weights, square=False).tolist() == weights
    assert _validate.weights_array([[0.5, 0.505]], square=False).tolist() == [
        [0.5 / 1.005, 0.505 / 1.005]
    ]
    with pytest.raises(ValueError, match=r"sums to 1\.01; half precision .* 0\.0078"):
        _validate.weights_array([[0.5, 0.51]], square=False)


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "bfloat16"])
def test_a_weight_is_not_above_itself(kind):
    weights = np.array([[0.4, 0.6], [0.3, 0.7]])
    stored = torch.tensor(weights).to(getattr(torch, kind))
    for same in (stored, list(stored)):
        graph = g.attention_graph(same, threshold=0.4)
        assert set(graph.edges) == {(0, 1), (1, 1)}
    assert set(g.attention_graph(stored, threshold=0.39).edges) == {(0, 0), (0, 1), (1, 1)}
    assert g.kept_mass(stored, 0.4) == pytest.approx(0.65, abs=2e-3)
    assert (sp.threshold(stored, 0.4) > 0).tolist() == [[False, True], [False, True]]


@given(st.floats(0, 1))
def test_a_threshold_is_rounded_to_bfloat16_as_pytorch_does(number):
    assert _validate._nearest_bfloat16(number) == torch.tensor(number).bfloat16().item()


HIDDEN = np.ma.array([[0.9, 0.1], [0.4, 0.6]], mask=[[False, True], [False, False]])


def test_a_masked_array_is_refused_unless_nothing_is_masked():
    for hidden in (HIDDEN, [HIDDEN[0], HIDDEN[1]]):
        with pytest.raises(TypeError, match=r"weights must not be a masked array.*filled\(0\)"):
            a.entropy(hidden)
    assert np.array_equal(a.entropy(np.ma.array(W)), a.entropy(W))
    with pytest.raises(TypeError, match="mask must not be a masked array"):
        a.attention(EYE, EYE, EYE, mask=np.ma.masked_equal(EYE.astype(bool), False))


def test_tokens_come_in_any_sequence_but_not_in_none():
    words = ["it", "runs"]
    frame = pd.DataFrame({"token": words}, index=[7, 3])
    for tokens in (frame["token"], frame["token"].values, iter(words), (w for w in words)):
        graph = g.attention_multigraph([W, W], tokens)  # a generator serves every head
        assert list(graph.nodes(data="token")) == [(0, "it"), (1, "runs")]
    for tokens in (frame, {"it": 0, "runs": 1}, {"it", "runs"}, [words, words], [None, "runs"]):
        with pytest.raises((TypeError, ValueError), match="tokens must"):
            g.attention_graph(W, tokens)
    weights = pd.DataFrame(W, index=words, columns=words)
    assert np.array_equal(a.entropy(weights), a.entropy(W))
    assert c.remove_tokens(weights, frame.index[:0]).tolist() == W


@pytest.mark.parametrize("error", [KeyError("k"), RuntimeError(), AttributeError("a"), OSError(5)])
def test_an_array_that_cannot_be_made_is_an_error_that_names_the_parameter(error):
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise error

    for function, name in ((a.softmax, "logits"), (c.pagerank, "weights"), (r.rollout, "weights")):
        with pytest.raises(TypeError, match=rf"^{name} must be an array of numbers: \S"):
            function(Broken())
