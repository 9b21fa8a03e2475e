"""PyTorch's transforms on every module: the plain call again, or a sentence that says why not.

Each cell of the table, module × transform, is *equal to the plain call*, unless `REFUSED` says with
which sentence it is refused. A device that is not there is stood for by `FakeTensorMode`, whose
tensors have a device and a shape and no numbers.
"""

import copy
import functools
import warnings

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from course_lib.chapters.ch06_nlp.models import TextClassifier, Translator
from course_lib.chapters.ch07_vision.models import DigitClassifier, PatchClassifier
from course_lib.nn import attention, edges, explain, gat, pooling, sparse, vision
from course_lib.nn.training import seeded
from course_lib.nn.transformer import DecoderLayer, EncoderLayer


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X, Y = rand(2, 4, 4), rand(2, 3, 4, seed=1)
IMAGES = rand(2, 1, 4, 6)
TEXTS = torch.tensor([[1, 2, 3, 0], [3, 2, 1, 4]])
EDGES = torch.tensor([[0, 1, 2, 3, 3], [1, 2, 0, 0, 1]])
GRAPHS = torch.tensor([0, 0, 1, 1])


def along(x, edge_index):
    return sparse.sparse_attention(x, x.flip(-1), x, edge_index)


def edge_functions(x, edge_index):
    there = edges.Edges(edge_index, 4)
    weights = edges.edge_softmax(edges.edge_dots(x, x.flip(-1), there), there)
    return edges.edge_sum(weights, x, there)


# The module or function, and what it is called with; what comes first is differentiated and batched.
CASES = {
    "SelfAttention": (lambda: attention.SelfAttention(4, 2), (X,)),
    "MultiHeadAttention": (lambda: attention.MultiHeadAttention(4, 2), (X, Y)),
    "EncoderLayer": (lambda: Masked(EncoderLayer(4, 2)), (X, TEXTS)),
    "DecoderLayer": (lambda: Source(DecoderLayer(4, 2)), (X, Y)),
    "TextClassifier": (lambda: TextClassifier(5, 2, 4, d_model=4, num_heads=1), (TEXTS,)),
    "Translator": (lambda: Translator(5, 5, 4, 4, d_model=4, num_heads=1), (TEXTS, TEXTS)),
    "SelfAttention2d": (lambda: vision.SelfAttention2d(1), (IMAGES,)),
    "PatchAttention": (lambda: vision.PatchAttention(1, 2, 4, 2), (IMAGES,)),
    "DigitClassifier": (lambda: DigitClassifier(2), (IMAGES,)),
    "PatchClassifier": (lambda: PatchClassifier(4, 2, d_model=4, num_heads=1), (IMAGES[..., :4],)),
    "GraphAttention": (lambda: gat.GraphAttention(4, 3, 2), (X[0], EDGES)),
    "GraphAttention, split": (lambda: gat.GraphAttention(4, 3, form="split"), (X[0], EDGES)),
    "GraphAttentionV2": (
        lambda: gat.GraphAttentionV2(4, 3, 2, self_loops=False, concat=False),
        (X[0], EDGES),
    ),
    "AttentionPooling": (lambda: pooling.AttentionPooling(4, 3, gated=True, hops=2), (X,)),
    "AttentionPooling, index": (lambda: Indexed(pooling.AttentionPooling(4, 3)), (X[0], GRAPHS)),
    "edges": (lambda: edge_functions, (X, EDGES)),
    "sparse_attention": (lambda: along, (X, EDGES)),
    "window_attention": (lambda: lambda x: sparse.window_attention(x, x, x, 1), (X,)),
    "sparsemax": (lambda: sparse.sparsemax, (X,)),
    "entmax15": (lambda: functools.partial(sparse.entmax15, dim=1), (X,)),
    "masked_softmax": (lambda: lambda x: attention.masked_softmax(x, x > 0), (X,)),
    "overlap_penalty": (lambda: pooling.overlap_penalty, (X,)),
    "attention_distance": (lambda: lambda x: vision.attention_distance(x, 2, 2), (X,)),
    "total_variation": (lambda: lambda x: explain.total_variation(x, x.flip(-1)), (X,)),
    "jensen_shannon": (
        lambda: lambda x: explain.jensen_shannon(x.softmax(-1), x.flip(-1).softmax(-1)),
        (X,),
    ),
}


class Masked(torch.nn.Module):
    """A layer for padded texts."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, tokens):
        return self.layer(x, mask=attention.padding_mask(tokens))[0]


class Source(Masked):
    def forward(self, x, source):
        return self.layer(x, source, source_mask=None)[0]


class Indexed(Masked):
    def forward(self, x, batch):
        return self.layer.pool_index(x, batch, 2)


def made(name):
    make, inputs = CASES[name]
    return seeded(make, 0), inputs


def close(found, expected, tolerance=1e-5):
    torch.testing.assert_close(found.to(expected), expected, atol=tolerance, rtol=tolerance)


def autocast(dtype, module, inputs):
    plain = module(*inputs)
    with torch.autocast("cpu", dtype=dtype):
        found = module(*inputs)
    close(found, plain, 0.05)
    if found.requires_grad:
        found.float().square().sum().backward()
        assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)


def compiled(module, inputs):
    torch.compiler.reset()
    whole = torch.compile(module, backend="aot_eager", fullgraph=True)
    close(whole(*inputs), module(*inputs))


def differentiated(module, inputs):
    first, *rest = inputs

    def loss(x):
        return module(x, *rest).square().sum()

    x = first.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss(x), x)
    close(torch.func.grad(loss)(first), expected)


def batched(module, inputs):
    first, *rest = inputs
    several = torch.stack([first, first.flip(-1), first.flip(0)])
    expected = torch.stack([module(x, *rest) for x in several])
    close(torch.vmap(lambda x: module(x, *rest))(several), expected)
    behind = several.movedim(0, 1)
    close(torch.vmap(lambda x: module(x, *rest), in_dims=1)(behind), expected)


def exported(module, inputs):
    if not isinstance(module, torch.nn.Module):
        module = Called(module)
    close(torch.export.export(module, inputs).module()(*inputs), module(*inputs))


class Called(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def elsewhere(module, inputs):
    """Call it with everything on a GPU that is not there; tensors without numbers know no NumPy."""
    shape = module(*inputs).shape
    with FakeTensorMode(shape_env=ShapeEnv()):

        def moved(x):
            return torch.empty_like(x, device="cuda")

        if isinstance(module, torch.nn.Module):
            module = copy.deepcopy(module)
            for part in module.modules():
                for name, parameter in part.named_parameters(recurse=False):
                    setattr(part, name, torch.nn.Parameter(moved(parameter)))
        found = module(*map(moved, inputs))
    assert (found.device.type, found.shape) == ("cuda", shape)


TRANSFORMS = {
    "bfloat16": functools.partial(autocast, torch.bfloat16),
    "float16": functools.partial(autocast, torch.float16),
    "compile": compiled,
    "grad": differentiated,
    "vmap": batched,
    "export": exported,
    "device": elsewhere,
}
REFUSED = {}
CELLS = [(name, transform) for name in CASES for transform in TRANSFORMS]


@pytest.mark.parametrize(("name", "transform"), CELLS, ids=lambda part: part)
def test_a_transform_is_the_plain_call_or_refused_with_a_sentence(name, transform):
    sentence = REFUSED.get((name, transform))
    module, inputs = made(name)
    if sentence is None:
        TRANSFORMS[transform](module, inputs)
        return
    with pytest.raises(Exception, match=sentence):
        TRANSFORMS[transform](module, inputs)
