"""The tasks of chapter 08: nodes of a graph to be sorted, and a dictionary to be looked up in."""

from typing import NamedTuple

import networkx as nx
import torch
from torch import nn

from course_lib import _validate

# How each model is trained, in the chapter and in the recorded runs.
KARATE_TRAINING = {"epochs": 100, "learning_rate": 1e-2}
SHORT_KARATE_EPOCHS = 30
LOOKUP_TRAINING = {"epochs": 10, "learning_rate": 4e-2, "batch": 32}


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


def own_group_only(task):
    """Return the club without the ties between its groups: it tells what training may not see."""
    query, key = task.edge_index
    inside = task.labels[query] == task.labels[key]
    return task._replace(edge_index=task.edge_index[:, inside])


def labelled_nodes(labels, count, seed):
    """Draw `count` nodes of each group, whose label training may see: a sorted int Tensor."""
    count = _validate.integer(count, "count", low=1, high=int(torch.bincount(labels).min()))
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        drawn.append(members[torch.randperm(len(members), generator=generator)[:count]])
    return torch.cat(drawn).sort().values


def node_loss(task, edges):
    """Return the loss of some nodes of a task, given by their numbers, as a function.

    `edges` are the task's edges as a layer of the model returns them, self-loops included.
    """

    def loss_of(model, nodes):
        return nn.functional.cross_entropy(model(task.x, edges)[nodes], task.labels[nodes])

    return loss_of


@torch.no_grad()
def unseen_accuracy(model, task, edges, known):
    """Return the share of the nodes without a given label that are sorted rightly."""
    right = model(task.x, edges).argmax(dim=1) == task.labels
    right[known] = False
    return right.sum().item() / (len(right) - len(known))


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
    _validate.generator(generator, "generator", torch.Generator)
    words = torch.eye(size)
    values = torch.stack([torch.randperm(size, generator=generator) for _ in range(count)])
    # (count, size, 2 * size) each
    queries = torch.cat([words, torch.zeros(size, size)], dim=1).expand(count, -1, -1)
    entries = torch.cat([words.expand(count, -1, -1), words[values]], dim=2)
    return torch.cat([queries, entries], dim=1), values


def dictionaries_task(size=10, train=2000, test=500):
    """Return training and test dictionaries: two pairs of features and values."""
    x, values = dictionary_batch(train + test, size, torch.Generator().manual_seed(0))
    return (x[:train], values[:train]), (x[train:], values[train:])
