"""The tasks of chapter 08: nodes of a graph to be sorted, and a dictionary to be looked up in."""

from typing import NamedTuple

import networkx as nx
import torch
from torch import nn

from course_lib import _validate
from course_lib.nn import _check
from course_lib.nn.edges import edge_softmax
from course_lib.nn.gat import GraphAttention


class Karate(NamedTuple):
    """Zachary's karate club: who went with whom when it broke apart.

    Attributes
    ----------
    x : Tensor, shape (34, 34)
        Nothing is known of a member but who it is: one-hot rows.
    edge_index : int Tensor, shape (2, 156)
        Both directions of the 78 ties.
    labels : int Tensor, shape (34,)
        0 for the teacher's group, 1 for the officer's.
    """

    x: torch.Tensor
    edge_index: torch.Tensor
    labels: torch.Tensor


def karate_task():
    """Return the karate club as it comes with NetworkX (Zachary 1977)."""
    graph = nx.karate_club_graph()
    ties = torch.tensor(list(graph.edges)).T
    labels = torch.tensor([int(graph.nodes[i]["club"] == "Officer") for i in graph])
    return Karate(torch.eye(len(graph)), torch.cat([ties, ties.flip(0)], dim=1), labels)


def labelled_nodes(labels, count, seed):
    """Draw `count` nodes of each group, whose label training may see: a sorted int Tensor."""
    count = _validate.integer(count, "count", low=1, high=int(torch.bincount(labels).min()))
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        drawn.append(members[torch.randperm(len(members), generator=generator)[:count]])
    return torch.cat(drawn).sort().values


class UniformAttention(GraphAttention):
    """The same layer with nothing to choose: a node attends to all its neighbours alike."""

    def attend(self, queries, keys, edges):
        """Return one over the number of neighbours for each edge, (h, E)."""
        wide = torch.promote_types(queries.dtype, torch.float32)
        return edge_softmax(queries.new_zeros(self.num_heads, len(edges), dtype=wide), edges)


class NodeClassifier(nn.Module):
    """Two graph attention layers: four heads side by side, then a feature for each class.

    Parameters
    ----------
    in_features, classes : int
    hidden : int, default 8
        Features of a head of the first layer.
    layer : class, default GraphAttention
        Or `GraphAttentionV2`, or `UniformAttention`.

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
        hidden, attended = self.first(x, edge_index, return_weights=True)
        logits = self.second(nn.functional.elu(hidden), edge_index)
        return (logits, attended) if return_weights else logits


def dictionary_graph(size):
    """Return the edges of a lookup: each of `size` queries attends to each of `size` entries.

    Nodes 0 to size - 1 are the queries, the entries follow.
    """
    size = _validate.integer(size, "size", low=1)
    queries = torch.arange(size).repeat_interleave(size)
    return torch.stack([queries, size + torch.arange(size).repeat(size)])


def dictionary_batch(count, size, generator):
    """Draw dictionaries: features of queries and entries, and the values to be found.

    Parameters
    ----------
    count, size : int
        How many dictionaries, and how many words each has.
    generator : torch.Generator

    Returns
    -------
    x : Tensor, shape (count, 2 * size, 2 * size)
        A query knows its word (one-hot), an entry its word and its value (one-hot).
    values : int Tensor, shape (count, size)
        Of the word of each query.

    References
    ----------
    Brody, Alon and Yahav (2022), How attentive are graph attention networks?, section 4.1.
    """
    count = _validate.integer(count, "count", low=1)
    size = _validate.integer(size, "size", low=2)
    _check.generator(generator, "generator")
    words = torch.eye(size)
    values = torch.stack([torch.randperm(size, generator=generator) for _ in range(count)])
    queries = torch.cat([words, torch.zeros(size, size)], dim=1).expand(count, -1, -1)
    entries = torch.cat([words.expand(count, -1, -1), words[values]], dim=2)
    return torch.cat([queries, entries], dim=1), values


def dictionaries_task(size=10, train=2000, test=500):
    """Return training and test dictionaries: two pairs of features and values."""
    x, values = dictionary_batch(train + test, size, torch.Generator().manual_seed(0))
    return (x[:train], values[:train]), (x[train:], values[train:])


class Lookup(nn.Module):
    """One graph attention layer and a reader of its outputs, to look words up.

    Parameters
    ----------
    size : int
        Words of a dictionary.
    layer : class
        `GraphAttention` or `GraphAttentionV2`.
    hidden : int, default 32
    """

    def __init__(self, size, layer, *, hidden=32):
        super().__init__()
        self.size = size
        self.attention = layer(2 * size, hidden, self_loops=False)
        self.read = nn.Linear(hidden, size)
        self.edge_index = dictionary_graph(size)

    def forward(self, x):
        """Return logits (count, size, size) of the values, for (count, 2 size, 2 size)."""
        count, n, _ = x.shape
        shift = n * torch.arange(count).repeat_interleave(self.edge_index.shape[1])
        together = self.edge_index.repeat(1, count) + shift  # all dictionaries as one graph
        found = self.attention(x.flatten(0, 1), together).unflatten(0, (count, n))
        return self.read(found[:, : self.size])


def node_loss(task, edges):
    """Return the loss of some nodes of a task, given by their numbers, as a function.

    `edges` are the task's edges as a layer of the model returns them, self-loops included.
    """

    def loss_of(model, nodes):
        return nn.functional.cross_entropy(model(task.x, edges)[nodes], task.labels[nodes])

    return loss_of


def lookup_loss(model, x, values):
    """Return the mean cross-entropy of the values that were looked up."""
    return nn.functional.cross_entropy(model(x).flatten(0, 1), values.flatten())


@torch.no_grad()
def lookup_accuracy(model, x, values):
    """Return the share of words whose value was found."""
    return (model(x).argmax(dim=2) == values).float().mean().item()


@torch.no_grad()
def unseen_accuracy(model, task, edges, known):
    """Return the share of the nodes without a given label that are sorted rightly."""
    right = model(task.x, edges).argmax(dim=1) == task.labels
    right[known] = False
    return right.sum().item() / (len(right) - len(known))
