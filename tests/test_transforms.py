"""PyTorch's transforms on every module: the plain call again, or a sentence that says why not.

Each cell of the table, module × transform, is *equal to the plain call*; what cannot be stands in
`REFUSED`, with its sentence. A device that is not there is stood for by `FakeTensorMode`, whose
tensors have a device and a shape and no numbers.
"""

import functools
import itertools

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

pytestmark = [
    # What compiles takes seconds to load; PyTorch Geometric has loaded it on its worker.
    pytest.mark.xdist_group("geometric"),
    # Of an object that torch.compile makes by itself.
    pytest.mark.filterwarnings("ignore:.*Function.* should not be instantiated:DeprecationWarning"),
    # PyTorch goes through the examples one by one where it has no rule: slower, and right.
    pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning"),
]


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


ELSEWHERE = "lazy"  # a device whose tensors can be cut and indexed without its libraries

# A module or function, and what it is called with. The first of it is differentiated and batched.
CASES = {
    "SelfAttention": (lambda: attention.SelfAttention(4, 2), (X,)),
    "MultiHeadAttention": (lambda: attention.MultiHeadAttention(4, 2), (X, Y)),
    "EncoderLayer": (lambda: Masked(EncoderLayer(4, 2)), (X, TEXTS)),
    "DecoderLayer": (lambda: Source(DecoderLayer(4, 2)), (X, Y)),
    "TextClassifier": (
        lambda: TextClassifier(5, 2, 4, d_model=4, num_heads=1, num_layers=1),
        (TEXTS,),
    ),
    "Translator": (
        lambda: Translator(5, 5, 4, 4, d_model=4, num_heads=1, num_layers=1),
        (TEXTS, TEXTS),
    ),
    "SelfAttention2d": (lambda: vision.SelfAttention2d(1), (IMAGES,)),
    "PatchAttention": (lambda: vision.PatchAttention(1, 2, 4, 2), (IMAGES,)),
    "DigitClassifier": (lambda: DigitClassifier(2), (IMAGES,)),
    "PatchClassifier": (
        lambda: PatchClassifier(4, 2, d_model=4, num_heads=1, num_layers=1),
        (IMAGES[..., :4],),
    ),
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


def compiled(module, inputs, backend="aot_eager"):
    torch.compiler.reset()
    inputs = [x.requires_grad_() if x.is_floating_point() else x for x in map(torch.clone, inputs)]
    whole = torch.compile(module, backend=backend, fullgraph=True)
    found, expected = whole(*inputs), module(*inputs)
    close(found, expected)
    sources = [x for x in (*inputs, *parameters(module).values()) if x.requires_grad]
    gradients = [
        torch.autograd.grad(y.square().sum(), sources, allow_unused=True, materialize_grads=True)
        for y in (found, expected)
    ]
    for one, other in zip(*gradients, strict=True):
        close(one, other)


def differentiated(module, inputs):
    loss, x = loss_of(module, inputs)
    assert torch.func.grad(loss)(x).abs().sum() > 0
    close(torch.func.grad(loss)(x), gradient(loss, x))


def each_differentiated(module, inputs):
    """Gradients of several examples at once, each its own."""
    loss, x = loss_of(module, inputs)
    several = torch.stack([x, 2 * x, x.flip(0)])
    expected = torch.stack([gradient(loss, x) for x in several])
    close(torch.vmap(torch.func.grad(loss))(several), expected)


def loss_of(module, inputs):
    """Return a loss of the first input, or of a parameter where the input is integers; and it."""
    first, *rest = inputs
    if first.is_floating_point():
        return lambda x: module(x, *rest).square().sum(), first
    name, parameter = next(iter(parameters(module).items()))
    return (
        lambda x: torch.func.functional_call(module, {name: x}, inputs).square().sum(),
        parameter.detach(),
    )


def gradient(loss, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(loss(x), x)[0]


def parameters(module):
    return dict(module.named_parameters()) if isinstance(module, torch.nn.Module) else {}


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
    """Call it with everything on a device that is not there."""
    shape = module(*inputs).shape
    with FakeTensorMode(shape_env=ShapeEnv()):

        def moved(x):
            return torch.empty(x.shape, dtype=x.dtype, device=ELSEWHERE)

        inputs = tuple(moved(x) for x in inputs)
        if isinstance(module, torch.nn.Module):
            there = {name: moved(x) for name, x in parameters(module).items()}
            found = torch.func.functional_call(module, there, inputs)
        else:
            found = module(*inputs)
    assert (found.device.type, found.shape) == (ELSEWHERE, shape)


TRANSFORMS = {
    "bfloat16": functools.partial(autocast, torch.bfloat16),
    "float16": functools.partial(autocast, torch.float16),
    "compile": compiled,
    "grad": differentiated,
    "vmap": batched,
    "vmap of grad": each_differentiated,
    "export": exported,
    "device": elsewhere,
}
# Translator, which holds both, becomes one graph with them.
WITHIN = set(itertools.product(["EncoderLayer", "DecoderLayer"], ["compile", "export"]))
CELLS = [cell for cell in itertools.product(CASES, TRANSFORMS) if cell not in WITHIN]
# What is made of other modules of this table and of PyTorch's own: it must become one graph, as
# they must, but only theirs is taken apart once more into single operations and their gradients.
COMPOSED = {
    *("EncoderLayer", "DecoderLayer", "TextClassifier", "Translator"),
    *("SelfAttention", "PatchAttention", "DigitClassifier", "PatchClassifier", "sparse_attention"),
}


@pytest.mark.parametrize(("name", "transform"), CELLS, ids=lambda part: part)
def test_a_transform_gives_what_the_plain_call_gives(name, transform):
    told = {"backend": "eager"} if transform == "compile" and name in COMPOSED else {}
    TRANSFORMS[transform](*made(name), **told)


class Explained(torch.nn.Module):
    """A way to explain a classifier, as a module, so that both can be moved."""

    def __init__(self, explanation):
        super().__init__()
        self.explanation, self.model = explanation, seeded(CASES["TextClassifier"][0], 0)

    def forward(self, tokens):
        return self.explanation(self.model, tokens)


def dealt(model, tokens):
    _, weights = model(tokens, return_weights=True)
    return explain.shuffled_weights(weights, tokens, torch.Generator())


def searched(model, tokens):
    return explain.adversarial_attention(model, tokens, steps=2, generator=torch.Generator())[0]


@pytest.mark.parametrize(
    "explanation",
    [
        *(explain.attention_importance, explain.gradient_importance, explain.leave_one_out),
        *(dealt, searched),
    ],
)
def test_explanations_stay_on_their_device(explanation):
    elsewhere(Explained(explanation), (TEXTS,))


def over_edges():
    two = torch.stack([EDGES, EDGES.flip(1)])
    torch.vmap(lambda edge_index: along(X, edge_index))(two)


def uncounted_graphs():
    pool = pooling.AttentionPooling(4, 3)
    exported(lambda x, batch: pool.pool_index(x, batch), (X[0], GRAPHS))


def forward_mode(function, *rest):
    torch.func.jvp(lambda x: function(x, *rest), (X,), (X,))


def in_fake_mode(function, x, *rest):
    with FakeTensorMode() as mode:
        function(mode.from_tensor(x), *rest)


LOOPS = functools.partial(gat.with_self_loops, n=4)
OF_META = torch.zeros(len(X[0]), dtype=torch.int64, device="meta")
SQUARE = torch.eye(4, dtype=torch.bool)
# What cannot be, and the sentence that says so.
REFUSED = {
    "loops on meta": (lambda: LOOPS(EDGES.to("meta")), "edge_index must hold numbers"),
    "loops of fakes": (functools.partial(in_fake_mode, LOOPS, EDGES), "edge_index must hold num"),
    "pattern on meta": (lambda: sparse.pattern_edges(SQUARE.to("meta")), "pattern must hold num"),
    "pattern of fakes": (
        functools.partial(in_fake_mode, sparse.pattern_edges, SQUARE),
        "pattern must hold numbers",
    ),
    "uncounted graphs on meta": (
        lambda: pooling.AttentionPooling(4, 3).to("meta").pool_index(X[0].to("meta"), OF_META),
        "num_graphs must be given",
    ),
    "vmap over edges": (over_edges, "edge_index must be the same throughout torch.vmap"),
    "export without num_graphs": (uncounted_graphs, "num_graphs must be given to torch.export"),
    "jvp of edges": (functools.partial(forward_mode, edge_functions, EDGES), "forward mode AD"),
    "jvp of sparsemax": (functools.partial(forward_mode, sparse.sparsemax), "forward mode AD"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(name):
    call, sentence = REFUSED[name]
    with pytest.raises(Exception, match=sentence):
        call()


def test_a_compiled_function_still_looks_at_its_edges():
    compiled_along = torch.compile(along, backend="eager", fullgraph=True)
    compiled_along(X, EDGES)
    with pytest.raises(ValueError, match="edge_index must name keys from 0 to 3, got 4"):
        compiled_along(X, EDGES.new_tensor([[0, 1, 2, 3, 3], [1, 2, 0, 0, 4]]))
    with pytest.raises(ValueError, match="edge_index must name each edge once"):
        compiled_along(X, EDGES.new_tensor([[0, 1, 2, 3, 3], [1, 2, 0, 0, 0]]))


def test_edges_that_a_transform_has_seen_are_as_good_as_before():
    there = edges.Edges(EDGES, 4)
    expected = along(X, EDGES)
    batched(lambda x: along(x, there), (X,))
    differentiated(lambda x: along(x, there), (X,))
    exported(lambda x: along(x, there), (X,))
    close(along(X, there), expected)


class Old(torch.autograd.Function):
    """A function as one wrote it before there were transforms."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


FAULTS = {
    "bfloat16": (lambda x: x.mm(x.T).to_sparse_csr() @ x, "not implemented for 'BFloat16'"),
    "compile": (lambda x: x if x.sum() > 0 else -x, "Data-dependent branching"),
    "grad": (Old.apply, "must override the setup_context"),
    "vmap": (lambda x: x if x.sum() > 0 else -x, "data-dependent control flow"),
    "vmap of grad": (Old.apply, "must override the setup_context"),
    "export": (lambda x: torch.from_numpy(np.tanh(x.detach().numpy())), "not supported"),
    "device": (lambda x: x + torch.ones(4), "same device"),
}


@pytest.mark.parametrize("transform", FAULTS)
def test_a_planted_fault_is_seen(transform):
    function, sentence = FAULTS[transform]
    function(X[0])  # it works as long as nothing is transformed
    with pytest.raises(Exception, match=sentence):
        TRANSFORMS[transform](function, (X[0],))
