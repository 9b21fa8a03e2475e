"""The models of chapter 08: two that sort the nodes of a graph or look words up in one."""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.edges import edge_softmax
from course_lib.nn.gat import GraphAttention


class UniformAttention(GraphAttention):
    """The same layer with nothing to choose: a node attends to all its neighbours alike."""

    def attend(self, queries, keys, edges):
        """Return one over the number of neighbours for each edge, (h, E)."""
        wide = torch.promote_types(queries.dtype, torch.float32)
        return edge_softmax(queries.new_zeros(self.num_heads, len(edges), dtype=wide), edges)


class FixedAttention(GraphAttention):
    """The same layer with weights that training does not move: those before the first step."""

    kept = None

    def attend(self, queries, keys, edges):
        """Return the weights of the first call, (h, E)."""
        if self.kept is None:
            self.kept = super().attend(queries, keys, edges).detach()
        return self.kept


class RandomJudge(GraphAttention):
    """The same layer whose vector a stays as it was drawn: only W is trained."""

    def _make_parameters(self, in_features, out_features, num_heads):
        super()._make_parameters(in_features, out_features, num_heads)
        self.by_query.requires_grad_(False)
        self.by_key.requires_grad_(False)


class NodeClassifier(nn.Module):
    """Two graph attention layers: four heads side by side, then a feature for each class.

    Parameters
    ----------
    in_features, classes : int
    hidden : int, default 8
        Features of a head of the first layer.
    layer : class, default GraphAttention
        Or `GraphAttentionV2`, `UniformAttention`, `FixedAttention`, `RandomJudge`.

    References
    ----------
    Veličković et al. (2018), Graph attention networks, section 3.3.
    """

    def __init__(self, in_features, classes, *, hidden=8, layer=GraphAttention):
        super().__init__()
        self.first = layer(in_features, hidden, 4)
        self.second = layer(4 * hidden, classes)

    def forward(self, x, edge_index, *, return_weights=False):
        """Return logits (n, classes), and on request `Edges` and weights of the first layer."""
        hidden, attended = self.first(x, edge_index, return_weights=True)  # (n, 4 * hidden)
        logits = self.second(nn.functional.elu(hidden), edge_index)  # (n, classes)
        return (logits, attended) if return_weights else logits


def dictionary_graph(size):
    """Return the edges of a lookup: each of `size` queries attends to each of `size` entries.

    Nodes 0 to size - 1 are the queries, the entries follow.
    """
    size = _validate.integer(size, "size", low=1)
    queries = torch.arange(size).repeat_interleave(size)
    return torch.stack([queries, size + torch.arange(size).repeat(size)])


class Lookup(nn.Module):
    """One graph attention layer and a reader of its outputs, to look words up.

    Parameters
    ----------
    size : int
        Words of a dictionary.
    layer : class
        `GraphAttention` or `GraphAttentionV2`.
    hidden : int, default 32
        Features of a head.
    heads : int, default 1
    """

    def __init__(self, size, layer, *, hidden=32, heads=1):
        super().__init__()
        self.size = size
        self.attention = layer(2 * size, hidden, heads, self_loops=False)
        self.read = nn.Linear(hidden * heads, size)
        self.edge_index = dictionary_graph(size)

    def forward(self, x):
        """Return logits (count, size, size) of the values, for (count, 2 size, 2 size)."""
        count, n, _ = x.shape
        shift = n * torch.arange(count).repeat_interleave(self.edge_index.shape[1])
        together = self.edge_index.repeat(1, count) + shift  # all dictionaries as one graph
        found = self.attention(x.flatten(0, 1), together)  # (count * n, heads * hidden)
        queries = found.unflatten(0, (count, n))[:, : self.size]
        return self.read(queries)  # (count, size, size)
