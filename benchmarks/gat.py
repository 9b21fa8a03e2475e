"""Graph attention along edges against PyTorch Geometric's GATConv, and the memory of each form."""

from importlib.util import find_spec

import torch

from benchmarks import Row
from benchmarks._measure import against
from course_lib.nn.gat import GraphAttention
from course_lib.nn.tasks import seeded

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
MEMORY_NODES = 1_000  # of Cora's size, "pairwise" alone would need about 4 GB
MISSING = Row(
    "torch_geometric is missing, a peer of these comparisons",
    "",
    note="make bench installs it, and so does: pip install -e '.[dev]'",
)


def rows(sizes=SIZES, memory_nodes=MEMORY_NODES):
    """Yield comparisons for graphs of several sizes, and what each form keeps in memory."""
    if find_spec("torch_geometric") is None:
        yield MISSING
    else:
        for size, graph in sizes.items():
            yield from comparisons(size, *graph)
    yield from memory(memory_nodes)


def comparisons(size, n, num_edges, features):
    """Yield forward and backward passes: with edges sorted once, and sorted in every pass."""
    edge_index, x = random_graph(n, num_edges), random_features(n, features)
    ours = seeded(lambda: GraphAttention(features, OUT, HEADS), 0)
    theirs, flipped = geometric(ours), edge_index.flip(0)  # theirs run from source to target
    edges = ours.edges(edge_index, n)

    def prepared():
        return forward_backward(ours, x, edges)

    def unprepared():
        return forward_backward(ours, x, edge_index)

    def peer():
        return forward_backward(theirs, x, flipped)

    peer()  # writes and imports a module of its own the first time
    rest = {"cases": RUNS, "tolerance": 1e-5}
    reach = TO_REACH.get(size)
    yield against("GAT, forward, backward", size, prepared, "GATConv", peer, to_reach=reach, **rest)
    yield against("GAT, sorting as well", size, unprepared, "GATConv", peer, **rest)


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


def memory(n):
    """Yield how many bytes each form keeps from the forward pass for the backward pass."""
    edge_index, x = random_graph(n, 4 * n), random_features(n, 64)
    kept = {}
    for form in reversed(GraphAttention.forms):
        layer = GraphAttention(64, OUT, HEADS, form=form)
        kept[form] = kept_for_backward(lambda layer=layer: layer(x, edge_index))
    for form in ("split", "pairwise"):
        yield Row(
            f"GAT, memory of edges and {form}",
            f"{kept['edges'] / 1e6:.1f} MB",
            f"{kept[form] / 1e6:,.1f} MB  {form}",
            kept[form] / kept["edges"],
            f"kept for the backward pass; {n:,} nodes, {4 * n:,} edges and self-loops",
        )


def kept_for_backward(work):
    """Return the bytes of all tensors that autograd saves during some work, each storage once."""
    storages = {}

    def save(tensor):
        for part in dense_parts(tensor):
            storage = part.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        result = work()  # held, or memory that is freed could be counted twice
    del result
    return sum(storages.values())


def dense_parts(tensor):
    """Return the tensors that hold the numbers of a dense or a compressed one."""
    if tensor.layout == torch.sparse_csr:
        return tensor.crow_indices(), tensor.col_indices(), tensor.values()
    return (tensor,)


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
