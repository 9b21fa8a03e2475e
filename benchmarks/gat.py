"""Graph attention along edges against PyTorch Geometric's GATConv and the other two forms."""

from importlib.util import find_spec

import torch

from benchmarks import Row
from benchmarks._measure import against
from benchmarks._memory import against_memory
from course_lib.nn.gat import GraphAttention
from course_lib.nn.training import seeded

# Nodes, edges, features: the size of Cora, and graphs of 8 neighbours a node. The edges are random.
SIZES = {
    "Cora's size": (2_708, 10_556, 1_433),
    "10,000 nodes": (10_000, 80_000, 64),
    "100,000 nodes": (100_000, 800_000, 64),
}
HEADS, OUT = 8, 8
# How many times as long the peer should take: ours at most 0.9 of its time.
TO_REACH = dict.fromkeys(SIZES, 1.11)
RUNS = [()] * 9
FORMS_NODES = 1_000  # of Cora's size, "pairwise" alone would need about 4 GB
PEER = "GATConv"
MISSING = Row(
    "torch_geometric is missing, a peer of these comparisons",
    "",
    note="make bench installs it, and so does: pip install -e '.[dev]'",
)


def rows(sizes=SIZES, forms_nodes=FORMS_NODES):
    """Yield comparisons for graphs of several sizes, and of the three forms."""
    if find_spec("torch_geometric") is None:
        yield MISSING
    else:
        for size, graph in sizes.items():
            yield from peers(size, graph)
    graph = forms_nodes, 4 * forms_nodes, 64
    for form in ("split", "pairwise"):
        yield against_memory(
            "GAT, memory of two forms",
            f"{forms_nodes:,} nodes",
            ("edges", *graph),
            form,
            (form, *graph),
            work,
        )


def peers(size, graph):
    """Yield forward and backward passes: with edges sorted once, and sorted in every pass."""
    theirs = work(PEER, *graph)
    rest = {"cases": RUNS, "tolerance": 1e-5}
    reach = TO_REACH.get(size)
    ours = work("edges", *graph)
    yield against("GAT, forward and backward", size, ours, PEER, theirs, to_reach=reach, **rest)
    ours = work("unsorted edges", *graph)
    yield against("GAT, sorting as well", size, ours, PEER, theirs, **rest)
    yield against_memory(
        "GAT, memory", size, ("unsorted edges", *graph), PEER, (PEER, *graph), work
    )


def work(way, n, num_edges, features):
    """Return the passes of one layer as a function that needs no arguments, all made ready.

    `way` is the peer, a form of ours, or "unsorted edges", which are sorted in every pass.
    """
    edges, x = random_graph(n, num_edges), random_features(n, features)
    form = "edges" if way in (PEER, "unsorted edges") else way
    layer = seeded(lambda: GraphAttention(features, OUT, HEADS, form=form), 0)
    if way == PEER:
        layer, edges = geometric(layer), edges.flip(0)  # theirs run from source to target
        forward_backward(layer, x[:2], torch.tensor([[0], [1]]))  # makes a module, the first time
    elif way != "unsorted edges":
        edges = layer.edges(edges, n)
    return lambda: forward_backward(layer, x, edges)


def forward_backward(layer, x, edges):
    """Return the output and the gradients of the weights, flat, one behind the other."""
    layer.zero_grad()
    output = layer(x, edges)
    (output.square().sum() / len(x)).backward()  # gradients about as large as what comes out
    linear = layer.lin if hasattr(layer, "lin") else layer.linear
    return torch.cat([output.detach().flatten(), linear.weight.grad.flatten()]).numpy()


def geometric(ours):
    """Return GATConv with the parameters of ours."""
    from torch_geometric.nn import GATConv

    theirs = GATConv(ours.in_features, OUT, heads=HEADS)
    with torch.no_grad():
        theirs.lin.weight.copy_(ours.linear.weight)
        theirs.att_dst.copy_(ours.by_query[None])
        theirs.att_src.copy_(ours.by_key[None])
    return theirs


def random_graph(n, num_edges, seed=0):
    """Return a list of about so many different edges, without self-loops."""
    generator = torch.Generator().manual_seed(seed)
    number = torch.randint(n * n, (num_edges,), generator=generator).unique()
    number = number[torch.randperm(len(number), generator=generator)]
    edge_index = torch.stack([number // n, number % n])
    return edge_index[:, edge_index[0] != edge_index[1]]


def random_features(n, features, seed=1):
    """Return (n, features) normal numbers."""
    return torch.randn(n, features, generator=torch.Generator().manual_seed(seed))
