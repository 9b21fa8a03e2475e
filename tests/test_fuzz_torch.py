"""Hostile tensors to every public function and class of `nn`.

Every argument of a right call is exchanged for something else, one or two at a time. The outcome is
an answer, finite where all that came in is finite and in range, or a ValueError or TypeError that
names a parameter: that which was exchanged, if it was by what stands for no number at all. Nothing
that came in is changed, nothing warns, nothing hangs. What breaks two parameters against each other
has rows with the one to be named in `test_nn_bad_input.py`.
"""

import copy
import functools
import inspect
import random
import re
import warnings

import numpy as np
import pytest
import torch

from course_lib.chapters.ch06_nlp.models import Embedding, TextClassifier, Translator
from course_lib.chapters.ch07_vision.models import DigitClassifier, PatchClassifier
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
    vision,
)
from course_lib.nn.open_transformer import open_model
from course_lib.nn.training import seeded
from course_lib.nn.transformer import DecoderLayer, EncoderLayer, stack
from tests.support.bounded import bounded
from tests.support.nn import public_names

X = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0))
TEXTS = torch.tensor([[1, 2, 0], [3, 1, 2]])
RING = torch.tensor([[0, 1, 2], [1, 2, 0]])
SHARES = torch.full((2, 2, 1, 3, 3), 1 / 3)
IMAGES = X[:, None, :2]  # (2, 1, 2, 4)
MASK = torch.tensor([[[True, False, True]], [[True, True, True]]])
THREE = edges.Edges(RING, 3)
CLASSIFIER = seeded(lambda: TextClassifier(5, 2, 4, d_model=4, num_heads=1), 0)
OPENED = open_model(CLASSIFIER)
TRANSLATOR = seeded(lambda: Translator(5, 5, 4, 4, d_model=4, num_heads=1), 0)
POOL = seeded(lambda: pooling.AttentionPooling(4, 2), 0)


def call(make, *sizes, method="forward", **options):
    """Return a method of a module that is made once."""
    return getattr(seeded(lambda: make(*sizes, **options), 0), method)


@functools.wraps(training.training_steps)
def all_steps(model, **arguments):
    return list(training.training_steps(copy.deepcopy(model), **arguments))


def mean_square(model, x, y):
    return (model(x) - y).square().mean()


class Draws:
    """Stands for a generator that is made anew for each call, so that it is the same each time."""


# A right call of each function; every one of its arguments may be exchanged.
RIGHT = {
    attention.MultiHeadAttention: {"d_model": 4, "num_heads": 2},
    attention.SelfAttention: {"d_model": 4, "num_heads": 2},
    call(attention.MultiHeadAttention, 4, 2): {"x": X, "y": X, "mask": MASK, "weights": None},
    call(attention.SelfAttention, 4, 2): {"x": X, "mask": MASK, "weights": None},
    attention.masked_softmax: {"logits": X, "mask": X > 0.5},
    attention.causal_mask: {"n": 3},
    attention.padding_mask: {"lengths": torch.tensor([1, 3]), "n": 3},
    EncoderLayer: {"d_model": 4, "num_heads": 2},
    call(EncoderLayer, 4, 2): {"x": X, "mask": MASK, "weights": None},
    DecoderLayer: {"d_model": 4, "num_heads": 2},
    call(DecoderLayer, 4, 2): {"x": X, "source": X, "source_mask": MASK},
    edges.Edges: {"edge_index": RING, "n_query": 3, "n_key": 3},
    THREE.layout: {"heads": 2},
    edges.edge_dots: {"query": X, "key": X, "edges": THREE},
    edges.edge_sum: {"weights": X[..., 0], "values": X, "edges": THREE},
    edges.edge_softmax: {"logits": X[..., 0], "edges": THREE},
    gat.with_self_loops: {"edge_index": RING, "n": 3},
    gat.GraphAttention: {"in_features": 4, "out_features": 2, "num_heads": 2, "dropout": 0.5},
    gat.GraphAttentionV2: {"in_features": 4, "out_features": 2, "negative_slope": 0.5},
    call(gat.GraphAttention, 4, 2, 2): {"x": X[0], "edge_index": RING},
    call(gat.GraphAttention, 4, 2, form="split"): {"x": X[0], "edge_index": RING},
    call(gat.GraphAttention, 4, 2, form="pairwise"): {"x": X[0], "edge_index": RING},
    call(gat.GraphAttentionV2, 4, 2, concat=False): {"x": X[0], "edge_index": RING},
    call(gat.GraphAttentionV2, 4, 2, form="pairwise"): {"x": X[0], "edge_index": RING},
    call(gat.GraphAttention, 4, 2, method="edges"): {"edge_index": RING, "n": 3},
    call(gat.GraphAttention, 4, 2, method="logit_parts"): {"x": X[0]},
    call(gat.GraphAttention, 4, 2, method="project"): {"x": X[0]},
    call(gat.GraphAttentionV2, 4, 2, method="project"): {"x": X[0]},
    call(gat.GraphAttentionV2, 4, 2, method="logit_parts"): {"x": X[0]},
    sparse.pattern_edges: {"pattern": X[0] > 0.5},
    sparse.sparse_attention: {"query": X, "key": X, "value": X, "edge_index": RING, "scale": 0.5},
    sparse.window_attention: {"query": X, "key": X, "value": X, "radius": 1, "scale": 0.5},
    sparse.sparsemax: {"logits": X, "dim": 1},
    sparse.entmax15: {"logits": X, "dim": 1},
    pooling.AttentionPooling: {"in_features": 4, "hidden_features": 2, "hops": 2},
    POOL.forward: {"x": X, "mask": MASK[:, 0]},
    POOL.pool_index: {"x": X[0], "batch": torch.tensor([0, 1, 1]), "num_graphs": 2},
    POOL.scores: {"x": X},
    pooling.overlap_penalty: {"weights": X},
    vision.SelfAttention2d: {"in_channels": 4, "inner_channels": 2},
    call(vision.SelfAttention2d, 1): {"x": IMAGES},
    vision.PatchAttention: {"in_channels": 1, "patch": 2, "d_model": 4, "num_heads": 2},
    call(vision.PatchAttention, 1, 2, 4, 2): {"x": IMAGES},
    vision.to_patches: {"x": IMAGES, "patch": 2},
    vision.attention_distance: {"weights": X[..., :3], "height": 3, "width": 1},
    call(DigitClassifier, 2): {"x": IMAGES},
    call(PatchClassifier, 2, 1): {"x": IMAGES[..., :2]},
    call(Embedding, 5, 3, 4): {"tokens": TEXTS},
    CLASSIFIER.forward: {"tokens": TEXTS, "weights": SHARES},
    CLASSIFIER.from_vectors: {"x": X, "tokens": TEXTS, "weights": [None, SHARES[:, 0]]},
    TRANSLATOR.forward: {"source": TEXTS, "target": TEXTS},
    TRANSLATOR.encode: {"source": TEXTS},
    TRANSLATOR.greedy: {"source": TEXTS, "start": 1, "length": 2},
    explain.attention_importance: {"model": CLASSIFIER, "tokens": TEXTS},
    explain.gradient_importance: {"model": CLASSIFIER, "tokens": TEXTS},
    explain.leave_one_out: {"model": CLASSIFIER, "tokens": TEXTS},
    explain.total_variation: {"p": X, "q": X},
    explain.jensen_shannon: {"p": X, "q": X},
    explain.uniform_weights: {"tokens": TEXTS},
    explain.shuffled_weights: {"weights": SHARES, "tokens": TEXTS, "generator": Draws},
    explain.adversarial_attention: {
        **{"model": CLASSIFIER, "tokens": TEXTS, "generator": Draws},
        **{"allowed": 0.05, "steps": 2},
    },
    attribution.gradient_times_input: {"model": OPENED, "ids": TEXTS[1]},
    attribution.attn_lrp: {"model": OPENED, "ids": TEXTS[1]},
    attribution.weight_gradients: {"model": OPENED, "ids": TEXTS[1]},
    attribution.value_zeroing: {"model": OPENED, "ids": TEXTS[1]},
    attribution.drops_without: {
        "model": OPENED,
        "ids": TEXTS[1],
        "sets": [[0], [1, 2]],
        "way": "silenced",
    },
    tracing.trace: {"model": OPENED, "ids": TEXTS[1]},
    Embedding: {"vocabulary": 5, "max_length": 3, "d_model": 4},
    TextClassifier: {
        **{"vocabulary": 5, "classes": 2, "max_length": 3, "d_model": 4},
        **{"num_heads": 2, "num_layers": 1},
    },
    Translator: {
        **{"source_vocabulary": 5, "target_vocabulary": 4, "source_length": 3},
        **{"target_length": 3, "d_model": 4, "num_heads": 2, "num_layers": 1},
    },
    DigitClassifier: {"channels": 2},
    PatchClassifier: {"side": 4, "patch": 2, "num_layers": 1},
    stack: {"layer": torch.nn.Identity, "num_layers": 2},
    all_steps: {
        **{"model": torch.nn.Linear(4, 1), "loss_of": mean_square, "examples": [X[0], X[1]]},
        **{"epochs": 1, "seed": 0, "batch": 2, "learning_rate": 0.1},
    },
    training.seeded: {"make": dict, "seed": 0},
    training.label_loss: {"model": torch.nn.Identity(), "inputs": X, "labels": TEXTS},
    training.accuracy: {"model": torch.nn.Identity(), "inputs": X, "labels": TEXTS},
}
KEPT = ("model", "make", "inputs", "edges", "layer", "loss_of")  # given on as they are
NAMES = {function: getattr(function, "__qualname__", str(function)) for function in RIGHT}

CALLS = 16  # of each function with one or two arguments exchanged
KINDS = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32)
KINDS += (torch.uint8, torch.bool, torch.complex64)
ODD = (torch.nan, torch.inf, -torch.inf, 1e30, -1e30, 0.0, -1.0, 7.0)


def drawn_tensor(rng, shape):
    """Return a tensor of any type, with odd numbers in odd places, laid out in odd ways."""
    generator = torch.Generator().manual_seed(rng.randrange(100))
    kind = rng.choice(KINDS)
    numbers = 3 * torch.rand(tuple(shape), generator=generator, dtype=torch.float64)
    if kind.is_floating_point and numbers.numel() and rng.random() < 0.5:
        numbers.view(-1)[rng.randrange(numbers.numel())] = rng.choice(ODD)
    numbers = (numbers > 1.5) if kind == torch.bool else numbers.to(kind)
    if numbers.ndim > 1 and rng.random() < 0.5:
        numbers = numbers.transpose(0, -1).contiguous().transpose(0, -1)  # same, other strides
    return numbers


def strange():
    """Return what is no tensor of a usual size."""
    return [
        *(None, "text", 0, -1, 1, 2, 3, 40, 1.5, np.int64(2), np.float32(0.5), True),
        *(np.ones(3), [], [1, 2], np.array([[0, 1], [1, 0]]), float("nan"), object()),
        torch.tensor(2.0),
    ]


def another(rng, value):
    """Return what may stand where a value stands: one of its kind, or something else altogether."""
    kind = rng.randrange(3) if isinstance(value, torch.Tensor) else 2
    if kind == 0:
        return drawn_tensor(rng, value.shape)
    if kind == 1:
        return drawn_tensor(rng, rng.choices(range(5), k=rng.randrange(6)))
    return rng.choice(strange())


def hostile_calls(function):
    """Yield arguments of a function and which are exchanged: each of them, and some of its pairs.

    To draw them with Hypothesis took five times as long as the calls.
    """
    rng = random.Random(13)
    names = [name for name in RIGHT[function] if name not in KEPT]
    for k in range(CALLS if names else 0):
        first = names[k % len(names)]
        exchanged = list({first: None, rng.choice(names): None}) if rng.random() < 0.5 else [first]
        others = {name: another(rng, RIGHT[function][name]) for name in exchanged}
        yield RIGHT[function] | others, exchanged


def tensors_in(thing):
    """Yield all tensors in what comes in or out."""
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, edges.Edges):
        yield from (thing.query, thing.key, thing.order)
    elif isinstance(thing, tuple | list):
        for part in thing:
            yield from tensors_in(part)


def tame(thing):
    """Return whether an argument holds finite numbers of a usual size alone."""
    return all(not x.is_floating_point() or x.abs().lt(100).all() for x in tensors_in(thing))


def judged(function, arguments, exchanged=()):
    """Call a function; say what is wrong with the outcome, or None."""
    arguments = {
        name: torch.Generator().manual_seed(0) if value is Draws else value
        for name, value in arguments.items()
    }
    before = [x.clone() for value in arguments.values() for x in tensors_in(value)]
    try:
        with bounded(20), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "no nodes in graph")  # it tells that by a warning
            found = function(**arguments)
    except (ValueError, TypeError) as error:
        # What names no parameter comes from inside.
        alone = len(exchanged) == 1 and type(arguments[exchanged[0]]) in (str, float, object)
        named = exchanged if alone else [*arguments, *inspect.signature(function).parameters]
        parameters = "|".join(named)
        if not re.match(rf"({parameters}) must ", str(error)):
            return f"an error that names no parameter: {error!r}"
    except Exception as error:
        return f"an error of another kind: {error!r}"
    else:
        if all(map(tame, arguments.values())) and not all(
            x.isfinite().all() for x in tensors_in(found) if x.is_floating_point()
        ):
            return "finite numbers came in, and others out"
        if any(x is y for x in tensors_in(found) for y in before):
            return "what came in came out"
    after = [x for value in arguments.values() for x in tensors_in(value)]
    pairs = zip(before, after, strict=True)
    if not all(torch.equal(x.nan_to_num(), y.nan_to_num()) for x, y in pairs):
        return "what came in was changed"
    return None


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: NAMES[function])
def test_a_hostile_call_is_answered_or_refused_by_name(function):
    for arguments, exchanged in hostile_calls(function):
        wrong = judged(function, arguments, exchanged)
        assert wrong is None, f"{NAMES[function]}({arguments}): {wrong}"


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: NAMES[function])
def test_the_right_calls_are_right(function):
    assert judged(function, RIGHT[function]) is None


def test_every_public_name_is_tried():
    missing = {thing.__qualname__ for thing in public_names()} - set(NAMES.values())
    assert missing == set()


def changes(x):
    x += 1


def waits(x):
    while True:
        pass


def warns(x):
    warnings.warn("x is odd", stacklevel=1)


def breaks(x):
    return x @ x.new_ones(7)


def divides(x):
    return x / 0


def mumbles(x):
    raise ValueError("bad value")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (changes, "changed"),
        (warns, "another kind: UserWarning"),
        (breaks, "another kind: RuntimeError"),
        (divides, "finite numbers came in"),
        (mumbles, "names no parameter"),
    ],
)
def test_a_planted_fault_is_seen(fault, told):
    assert told in judged(fault, {"x": torch.ones(2, 2)})


def test_an_error_that_names_another_parameter_is_seen():
    def misled(x, y):
        raise ValueError("y must be a tensor")

    arguments = {"x": "text", "y": X}
    assert judged(misled, arguments) is None
    assert "names no parameter" in judged(misled, arguments, ["x"])


def test_what_never_ends_is_ended(monkeypatch):
    monkeypatch.setitem(globals(), "bounded", lambda seconds, bounded=bounded: bounded(1))
    assert "TooLong" in judged(waits, {"x": torch.ones(2)})


def test_sparse_tensors_are_refused_by_name():
    for function, arguments in RIGHT.items():
        for name, value in arguments.items():
            if isinstance(value, torch.Tensor) and name not in KEPT:
                given = arguments | {name: value.to_sparse()}
                if "generator" in given:
                    given["generator"] = torch.Generator()
                with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
                    function(**given)


def test_numbers_of_eight_bits_are_refused_by_name():
    for function, arguments in RIGHT.items():
        for name, value in arguments.items():
            if isinstance(value, torch.Tensor) and value.is_floating_point() and name not in KEPT:
                given = arguments | {name: value.to(torch.float8_e4m3fn)}
                if "generator" in given:
                    given["generator"] = torch.Generator()
                with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
                    function(**given)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (explain.total_variation, "q"),
        (explain.jensen_shannon, "q"),
        (explain.shuffled_weights, "weights"),
    ],
)
def test_what_lies_on_another_device_is_refused_by_name(function, name):
    given = RIGHT[function] | {name: torch.empty_like(RIGHT[function][name], device="meta")}
    if "generator" in given:
        given["generator"] = torch.Generator()
    with pytest.raises(ValueError, match=rf"^{name} must be on the device of"):
        function(**given)
