"""Bad tensors to every public function and module of `nn`: an error that names the parameter."""

import functools
import inspect

import pytest
import torch

from course_lib.chapters.ch06_nlp import models as text_models
from course_lib.chapters.ch07_vision import models as vision_models
from course_lib.nn import (
    attention,
    attribution,
    edges,
    explain,
    gat,
    pooling,
    sparse,
    tracing,
    training,
    transformer,
    vision,
)
from course_lib.nn.open_transformer import open_model
from course_lib.nn.training import seeded
from tests.support.nn import public_names

NAN, INF = float("nan"), float("inf")
X = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0))
NODES = X[0]
TOKENS = torch.tensor([[1, 2, 0], [3, 1, 2]])
RING = torch.tensor([[0, 1, 2], [1, 2, 0]])
EDGES = edges.Edges(RING, 3)
PICTURES = X[:, None, :2, :4]  # (2, 1, 2, 4)
HEADS = torch.full((2, 3), 1 / 3)
SHARES = torch.full((2, 2, 4, 3, 3), 1 / 3)
GENERATOR = torch.Generator()
with torch.inference_mode():
    INFERRED = X.clone()

# What no function takes as floating-point numbers, as integers, as booleans, as a count: some,
# test_fuzz_torch.py has the others.
NO_FLOATS = ["text", torch.eye(3).long()]
NO_INTEGERS = ["text", torch.eye(2)]
NO_BOOLEANS = ["text", torch.eye(3), torch.eye(3).long()]
NO_COUNT = [0, 1.5]
NO_X = [*NO_FLOATS, NODES, X[..., :3], X[None]]
NO_NODES = [*NO_FLOATS, X, NODES[:, :3], NODES[0], NODES[:0]]
NO_MASK = [*NO_BOOLEANS, torch.ones(4, 3) > 0, torch.ones(3, 2) > 0, torch.ones(3, 3, 3) > 0]
NO_EDGES = [
    *NO_INTEGERS,
    RING[0],
    RING.T,
    RING - 1,
    RING + 1,
    RING.repeat(1, 2),
    edges.Edges(RING, 4),
]
NO_TOKENS = [
    *NO_INTEGERS,
    TOKENS.to("meta"),
    TOKENS[0],
    TOKENS - 1,
    TOKENS + 9,
    TOKENS.repeat(1, 3),
]


def made(kind, *sizes, **options):
    """Return a module and a name for its call."""
    return seeded(lambda: kind(*sizes, **options), 0)


def rows(function, parameter, values, /, **rest):
    """Return cases in which one parameter takes bad values and the others good ones."""
    return [(function, rest | {parameter: value}, parameter) for value in values]


@functools.wraps(training.training_steps)
def all_steps(**arguments):
    return list(training.training_steps(**arguments))


CLASSIFIER = made(text_models.TextClassifier, 6, 2, 4, d_model=4, num_heads=2)
OPENED = open_model(CLASSIFIER)
NO_IDS = [*NO_INTEGERS, TOKENS[0].to("meta"), TOKENS, TOKENS[0] - 1, TOKENS[0] + 9, TOKENS[0, :0]]
TRANSLATOR = made(text_models.Translator, 6, 5, 4, 4, d_model=4, num_heads=2)
DOTS = {"query": X, "key": X}
BAD = [
    *rows(attention.MultiHeadAttention, "d_model", NO_COUNT, num_heads=1),
    *rows(attention.MultiHeadAttention, "num_heads", [*NO_COUNT, 3], d_model=4),
    *rows(attention.SelfAttention, "d_model", NO_COUNT, num_heads=1),
    *rows(attention.SelfAttention, "num_heads", [*NO_COUNT, 3], d_model=4),
    *rows(made(attention.MultiHeadAttention, 4, 2).forward, "x", NO_X, y=X),
    *rows(made(attention.MultiHeadAttention, 4, 2).forward, "y", [*NO_X, X[:1]], x=X),
    *rows(made(attention.MultiHeadAttention, 4, 2).forward, "mask", NO_MASK, x=X, y=X),
    *rows(
        made(attention.MultiHeadAttention, 4, 2).forward,
        "weights",
        [*NO_FLOATS, torch.ones(3, 4), torch.ones(2, 3, 3, 3)],
        x=X,
        y=X,
    ),
    *rows(made(attention.SelfAttention, 4, 2).forward, "x", NO_X),
    *rows(made(attention.SelfAttention, 4, 2).forward, "mask", NO_MASK, x=X),
    *rows(
        made(attention.SelfAttention, 4, 2).forward,
        "weights",
        ["text", torch.eye(3).long(), torch.ones(3, 4)],
        x=X,
    ),
    *rows(attention.masked_softmax, "logits", [*NO_FLOATS, torch.tensor(1.0)], mask=None),
    *rows(attention.masked_softmax, "mask", [*NO_BOOLEANS, torch.ones(4, 4) > 0], logits=X),
    *rows(attention.causal_mask, "n", NO_COUNT),
    *rows(attention.padding_mask, "lengths", [*NO_INTEGERS, TOKENS[0]]),
    *rows(attention.padding_mask, "lengths", [TOKENS, torch.tensor([0, 3])], n=3),
    *rows(attention.padding_mask, "lengths", [torch.tensor([4])], n=3),
    *rows(attention.padding_mask, "n", [0, -1, 1.5, "3", True], lengths=torch.tensor([1])),
    *rows(transformer.stack, "num_layers", NO_COUNT, layer=transformer.EncoderLayer),
    *rows(text_models.Embedding, "vocabulary", NO_COUNT, max_length=2, d_model=2),
    *rows(text_models.Embedding, "max_length", NO_COUNT, vocabulary=4, d_model=2),
    *rows(text_models.Embedding, "d_model", NO_COUNT, vocabulary=4, max_length=2),
    *rows(made(text_models.Embedding, 6, 4, 2).forward, "tokens", NO_TOKENS),
    *(
        case
        for layer in (transformer.EncoderLayer, transformer.DecoderLayer)
        for case in (
            *rows(layer, "d_model", NO_COUNT, num_heads=1),
            *rows(layer, "num_heads", [*NO_COUNT, 3], d_model=4),
        )
    ),
    *(
        case
        for size in ("vocabulary", "classes", "max_length", "d_model", "num_heads", "num_layers")
        for case in rows(
            text_models.TextClassifier,
            size,
            NO_COUNT,
            **{"vocabulary": 6, "classes": 2, "max_length": 4, "d_model": 4} | {"num_heads": 1},
        )
    ),
    *rows(CLASSIFIER.forward, "tokens", NO_TOKENS),
    *rows(CLASSIFIER.from_vectors, "x", [*NO_X, X[:1], X[:, :2]], tokens=TOKENS),
    *rows(CLASSIFIER.from_vectors, "tokens", [*NO_INTEGERS, TOKENS[0]], x=X),
    *rows(
        CLASSIFIER.from_vectors,
        "weights",
        [[None], [None] * 3, ["text", None], [torch.ones(4), None]],
        x=X,
        tokens=TOKENS,
    ),
    *(
        case
        for size in (
            *("source_vocabulary", "target_vocabulary", "source_length", "target_length"),
            *("d_model", "num_heads", "num_layers"),
        )
        for case in rows(
            text_models.Translator,
            size,
            NO_COUNT,
            **dict.fromkeys(("source_vocabulary", "target_vocabulary", "source_length"), 6)
            | {"target_length": 4, "d_model": 4, "num_heads": 1},
        )
    ),
    *rows(TRANSLATOR.encode, "source", NO_TOKENS),
    *rows(TRANSLATOR.forward, "source", NO_TOKENS, target=TOKENS),
    *rows(TRANSLATOR.forward, "target", [*NO_TOKENS, TOKENS[:1]], source=TOKENS),
    *rows(TRANSLATOR.greedy, "source", NO_TOKENS, start=1, length=2),
    *rows(TRANSLATOR.greedy, "start", [-1, 5, 1.5, None], source=TOKENS, length=2),
    *rows(TRANSLATOR.greedy, "length", [*NO_COUNT, 5], source=TOKENS, start=1),
    *rows(vision.SelfAttention2d, "in_channels", NO_COUNT),
    *rows(vision.SelfAttention2d, "inner_channels", [0, -1, 1.5, "2", True], in_channels=4),
    *rows(made(vision.SelfAttention2d, 1).forward, "x", [*NO_FLOATS, X, PICTURES.transpose(1, 2)]),
    *rows(vision.PatchAttention, "in_channels", NO_COUNT, patch=1, d_model=4, num_heads=2),
    *rows(vision.PatchAttention, "patch", NO_COUNT, in_channels=1, d_model=4, num_heads=2),
    *rows(vision.PatchAttention, "d_model", NO_COUNT, in_channels=1, patch=1, num_heads=2),
    *rows(vision.PatchAttention, "num_heads", [*NO_COUNT, 3], in_channels=1, patch=1, d_model=4),
    *rows(
        made(vision.PatchAttention, 1, 2, 4, 2).forward, "x", [*NO_FLOATS, X, PICTURES[:, [0, 0]]]
    ),
    *rows(vision_models.PatchClassifier, "side", NO_COUNT, patch=2),
    *rows(vision_models.PatchClassifier, "patch", [*NO_COUNT, 3], side=8),
    *(
        case
        for size in ("d_model", "num_heads", "num_layers")
        for case in rows(vision_models.PatchClassifier, size, NO_COUNT, side=8, patch=2)
    ),
    *rows(made(vision_models.PatchClassifier, 2, 1).forward, "x", [*NO_FLOATS, X, PICTURES]),
    *rows(vision_models.DigitClassifier, "channels", NO_COUNT),
    *rows(
        made(vision_models.DigitClassifier, 2).forward, "x", [*NO_FLOATS, X, PICTURES[:, [0, 0]]]
    ),
    *rows(vision.to_patches, "x", [*NO_FLOATS, X], patch=1),
    *rows(vision.to_patches, "patch", [*NO_COUNT, 3], x=PICTURES),
    *rows(
        vision.attention_distance,
        "weights",
        [*NO_FLOATS, X, torch.eye(3), X[..., :2]],
        height=1,
        width=2,
    ),
    *rows(vision.attention_distance, "height", NO_COUNT, weights=torch.eye(3), width=3),
    *rows(vision.attention_distance, "width", NO_COUNT, weights=torch.eye(3), height=1),
    *rows(gat.with_self_loops, "edge_index", NO_EDGES[:-2], n=3),
    *rows(gat.with_self_loops, "n", [-1, 1.5, "2", None, True], edge_index=RING[:, :0]),
    *(
        case
        for layer in (gat.GraphAttention, gat.GraphAttentionV2)
        for case in (
            *rows(layer, "in_features", NO_COUNT, out_features=4),
            *rows(layer, "out_features", NO_COUNT, in_features=4),
            *rows(layer, "num_heads", NO_COUNT, in_features=4, out_features=4),
            *rows(
                layer, "negative_slope", [-0.1, 1.1, NAN, "a", None], in_features=4, out_features=4
            ),
            *rows(layer, "dropout", [-0.1, 1.1, NAN, "a", None], in_features=4, out_features=4),
            *rows(layer, "form", ["fast", None, 1], in_features=4, out_features=4),
            *rows(made(layer, 4, 2).forward, "x", NO_NODES, edge_index=RING),
            *rows(made(layer, 4, 2).forward, "edge_index", NO_EDGES, x=NODES),
            *rows(made(layer, 4, 2).logit_parts, "x", NO_NODES),
            *rows(made(layer, 4, 2).project, "x", NO_NODES),
        )
    ),
    *rows(edges.Edges, "edge_index", NO_EDGES[:-1], n_query=3),
    *rows(edges.Edges, "n_query", [-1, 1.5, "2", None, True], edge_index=RING[:, :0]),
    *rows(edges.Edges, "n_key", [-1, 1.5, "2", True], edge_index=RING[:, :0], n_query=3),
    *rows(EDGES.layout, "heads", NO_COUNT),
    *rows(edges.edge_dots, "query", [*NO_FLOATS, NODES, X[:, :2]], key=X, edges=EDGES),
    *rows(edges.edge_dots, "key", [*NO_FLOATS, NODES, X[:1], X[..., :2]], query=X, edges=EDGES),
    *rows(edges.edge_sum, "weights", [*NO_FLOATS, X, HEADS[:, :2]], values=X, edges=EDGES),
    *rows(edges.edge_sum, "values", [*NO_FLOATS, NODES, X[:1]], weights=HEADS, edges=EDGES),
    *rows(edges.edge_softmax, "logits", [*NO_FLOATS, X, HEADS[:, :2]], edges=EDGES),
    *rows(sparse.pattern_edges, "pattern", [*NO_BOOLEANS, RING[0] > 0, None]),
    *(
        case
        for function, rest in (
            (sparse.sparse_attention, {"edge_index": RING}),
            (sparse.window_attention, {"radius": 1}),
        )
        for case in (
            *rows(function, "query", [*NO_FLOATS, torch.ones(3)], key=X, value=X, **rest),
            *rows(function, "key", [*NO_FLOATS, NODES, X[..., :2]], query=X, value=X, **rest),
            *rows(function, "value", [*NO_FLOATS, NODES, X[:, :2]], query=X, key=X, **rest),
            *rows(function, "scale", [NAN, INF, "a"], query=X, key=X, value=X, **rest),
        )
    ),
    *rows(sparse.sparse_attention, "edge_index", NO_EDGES, query=X, key=X, value=X),
    *rows(sparse.window_attention, "radius", NO_COUNT, query=X, key=X, value=X),
    *(
        case
        for function in (sparse.sparsemax, sparse.entmax15)
        for case in (
            *rows(
                function,
                "logits",
                [
                    *NO_FLOATS,
                    torch.tensor(1.0),
                    torch.ones(2, 0),
                    torch.tensor([NAN, 1.0]),
                    torch.tensor([INF, 1.0]),
                    torch.tensor([-INF, -INF]),
                ],
            ),
            *rows(function, "dim", [2, -3, 0.5, "0", None], logits=NODES),
        )
    ),
    *rows(pooling.AttentionPooling, "in_features", NO_COUNT, hidden_features=2),
    *rows(pooling.AttentionPooling, "hidden_features", NO_COUNT, in_features=2),
    *rows(pooling.AttentionPooling, "hops", NO_COUNT, in_features=2, hidden_features=2),
    *rows(made(pooling.AttentionPooling, 4, 2).forward, "x", NO_X),
    *rows(made(pooling.AttentionPooling, 4, 2).forward, "mask", [*NO_BOOLEANS, RING > 5], x=X[:1]),
    *rows(made(pooling.AttentionPooling, 4, 2).scores, "x", [*NO_FLOATS, X[..., :3]]),
    *rows(
        made(pooling.AttentionPooling, 4, 2).pool_index,
        "x",
        [*NO_FLOATS, X, NODES[:, :3]],
        batch=torch.tensor([0, 0, 1]),
    ),
    *rows(
        made(pooling.AttentionPooling, 4, 2).pool_index,
        "batch",
        [*NO_INTEGERS, RING, RING[0, :2], RING[0] - 1, RING[0] + 1],
        x=NODES,
        num_graphs=3,
    ),
    *rows(
        made(pooling.AttentionPooling, 4, 2).pool_index,
        "num_graphs",
        [-1, 1.5, "2", True],
        x=NODES,
        batch=RING[0],
    ),
    *rows(pooling.overlap_penalty, "weights", [*NO_FLOATS, torch.ones(3)]),
    *(
        case
        for function in (
            *(explain.attention_importance, explain.gradient_importance, explain.leave_one_out),
        )
        for case in rows(function, "tokens", NO_TOKENS, model=CLASSIFIER)
    ),
    *(
        case
        for function in (
            *(attribution.gradient_times_input, attribution.attn_lrp, tracing.trace),
            *(attribution.weight_gradients, attribution.value_zeroing),
        )
        for case in rows(function, "ids", NO_IDS, model=OPENED)
    ),
    *rows(attribution.drops_without, "ids", NO_IDS, model=OPENED, sets=[[0]]),
    *(
        case
        for parameter, values in {
            "sets": ["text", 3, [], [0], [[3]], [[-1]], [[0.5]], [[0, 1, 2]]],
            "way": ["lost", None, 1],
            "most": NO_COUNT,
        }.items()
        for case in rows(
            attribution.drops_without,
            parameter,
            values,
            **{"model": OPENED, "ids": TOKENS[1]},
            **({} if parameter == "sets" else {"sets": [[0]]}),
        )
    ),
    *(
        case
        for function in (explain.total_variation, explain.jensen_shannon)
        for case in (
            *rows(function, "p", [*NO_FLOATS, torch.tensor(1.0)], q=HEADS),
            *rows(function, "q", [*NO_FLOATS, HEADS[:, :2]], p=HEADS),
        )
    ),
    *rows(explain.uniform_weights, "tokens", [*NO_INTEGERS, TOKENS[0]]),
    *rows(
        explain.shuffled_weights,
        "weights",
        [*NO_FLOATS, SHARES[0], SHARES[:1], SHARES[..., :2]],
        tokens=TOKENS,
        generator=GENERATOR,
    ),
    *rows(
        explain.shuffled_weights,
        "tokens",
        [*NO_INTEGERS, TOKENS[0]],
        weights=SHARES,
        generator=GENERATOR,
    ),
    *rows(explain.shuffled_weights, "generator", [None, 0], weights=SHARES, tokens=TOKENS),
    *rows(
        explain.adversarial_attention, "tokens", NO_TOKENS, model=CLASSIFIER, generator=GENERATOR
    ),
    *rows(
        explain.adversarial_attention,
        "allowed",
        [-0.1, 1.1, NAN, "a", None],
        model=CLASSIFIER,
        tokens=TOKENS,
        generator=GENERATOR,
    ),
    *rows(
        explain.adversarial_attention,
        "steps",
        [-1, 1.5, None],
        model=CLASSIFIER,
        tokens=TOKENS,
        generator=GENERATOR,
    ),
    *rows(explain.adversarial_attention, "generator", [None, 0], model=CLASSIFIER, tokens=TOKENS),
    *(
        case
        for measure in (training.label_loss, training.accuracy)
        for case in rows(
            measure,
            "inputs",
            [X.tolist(), X.numpy(), X.byte(), X.to(torch.float8_e4m3fn), X.to("meta")],
            model=torch.nn.Linear(4, 4),
            labels=TOKENS,
        )
    ),
    *rows(training.label_loss, "inputs", [INFERRED], model=torch.nn.Linear(4, 4), labels=TOKENS),
    *rows(seeded, "seed", [-1, 1.5, None], make=None),
    *(
        case
        for measure in (training.label_loss, training.accuracy)
        for case in rows(
            measure,
            "labels",
            [*NO_INTEGERS, TOKENS[0], TOKENS.T, TOKENS - 1, TOKENS + 2, TOKENS.to("meta")],
            model=torch.nn.Identity(),
            inputs=X,
        )
    ),
    *(
        case
        for parameter, values in {
            "examples": [None, NODES, [], [[1.0]], [NODES, NODES[:2]], [NODES[:0]]],
            "epochs": NO_COUNT,
            "seed": [-1, 1.5, None],
            "batch": NO_COUNT,
            "learning_rate": [-1, NAN, "a", None],
        }.items()
        for case in rows(
            all_steps,
            parameter,
            values,
            **{"model": torch.nn.Linear(4, 1), "loss_of": None, "examples": [NODES]}
            | {"epochs": 1, "seed": 0},
        )
    ),
]


# All bad arguments of a name in one test: hundreds of tests would take longer than what they do.
BAD_BY_NAME = {}
for case in BAD:
    BAD_BY_NAME.setdefault(case[0].__qualname__, []).append(case)


def complaint(called, arguments):
    """Return the message of the error with which a call is refused."""
    try:
        answer = called(**arguments)
    except (TypeError, ValueError) as error:
        return str(error)
    except Exception as error:
        error.add_note(f"for {arguments}")
        raise
    pytest.fail(f"answered {answer} to {arguments}")


@pytest.mark.parametrize("name", BAD_BY_NAME)
def test_bad_input_is_an_error_that_names_the_parameter(name):
    for called, arguments, parameter in BAD_BY_NAME[name]:
        said = complaint(called, arguments)
        assert f"{parameter} must" in said, arguments
        assert "unexpected keyword" not in said, arguments


# What is on or off takes anything, and so does what is called or given on as it is.
ANYTHING = {
    *("return_weights", "concat", "self_loops", "gated", "positional", "attention"),
    *("model", "loss_of", "layer", "sizes", "edges", "options", "settings", "name"),
    "make",
}
FUZZED = {"EncoderLayer.forward", "DecoderLayer.forward"}  # in test_fuzz_torch.py
PUBLIC = [thing for thing in public_names() if thing.__qualname__ not in FUZZED]


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__qualname__)
def test_every_public_name_has_bad_rows_for_each_parameter(thing):
    tried = {parameter for called, _, parameter in BAD if called.__qualname__ == thing.__qualname__}
    assert tried == set(inspect.signature(thing).parameters) - {"self", *ANYTHING}
