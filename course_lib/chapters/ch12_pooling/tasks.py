"""The tasks of chapter 12: bags of digits with one label, and graphs of four kinds."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from course_lib.chapters.ch12_pooling.bags import WANTED, make_bags
from course_lib.chapters.ch12_pooling.graph_classes import make_graphs, rewired
from course_lib.chapters.ch12_pooling.models import MOST_NEIGHBOURS, pool_nodes

FEW = 100  # bags to learn from, where many would make it too easy

# How each model is trained, in the chapter and in the recorded runs.
BAGS_TRAINING = {"epochs": 20, "learning_rate": 5e-3}
FEW_BAGS_TRAINING = {"epochs": 100, "learning_rate": 5e-3}
MANY_EPOCHS = 1000  # of few bags, for the mean
GRAPHS_TRAINING = {"epochs": 15, "learning_rate": 1e-2}


class Bags(NamedTuple):
    """Bags of digits, padded; the question is whether there is a 9 in a bag.

    Attributes
    ----------
    pictures : Tensor, shape (bags, n, 64)
        Zeros behind the last digit of a bag.
    mask : bool Tensor, shape (bags, n)
        True = a digit.
    labels : Tensor, shape (bags,)
        1.0 if there is a 9.
    digits : int Tensor, shape (bags, n)
        Which digit each is, -1 where there is none: not for training.
    """

    pictures: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    digits: torch.Tensor


def bags_task(train=2000, test=500):
    """Return training and test bags as two `Bags`; no picture is in both."""
    return tuple(
        _padded(make_bags(count, np.random.default_rng(seed), split=split))
        for count, seed, split in ((train, 0, "train"), (test, 1, "test"))
    )


def _padded(bags):
    longest = max(len(bag.digits) for bag in bags)
    pictures = torch.zeros(len(bags), longest, bags[0].pictures.shape[1])
    digits = torch.full((len(bags), longest), -1)
    for k, bag in enumerate(bags):
        pictures[k, : len(bag.digits)] = torch.tensor(bag.pictures)
        digits[k, : len(bag.digits)] = torch.tensor(bag.digits)
    labels = torch.tensor([float(bag.label) for bag in bags])
    return Bags(pictures, digits >= 0, labels, digits)


def bag_loss(model, pictures, mask, labels):
    """Return the mean cross-entropy of yes and no."""
    return nn.functional.binary_cross_entropy_with_logits(model(pictures, mask), labels)


@torch.no_grad()
def shown(model, bags, k):
    """Return what the figure shows of bag k, as `PooledBag` takes it: title, images, and so on."""
    there = bags.mask[k]
    h = model.encode(bags.pictures[k][there])
    scores, votes = model.pool.scores(h)[:, 0], h @ model.answer.weight[0]
    names = bags.digits[k][there].numpy().astype(str)
    images = bags.pictures[k][there].view(-1, 8, 8)
    return f"bag {k}: {len(h)} digits", images, scores, votes, names, int(bags.labels[k])


@torch.no_grad()
def bag_accuracy(model, bags):
    """Return the share of bags that the model answers rightly."""
    yes = model(bags.pictures, bags.mask) > 0
    return (yes == bags.labels.bool()).float().mean().item()


@torch.no_grad()
def localisation(model, bags):
    """Return how often a nine has more weight than another digit of its bag: an AUC.

    Over all pairs of a nine and another digit in one bag; equal weights count half.
    """
    _, weights = model(bags.pictures, bags.mask, return_weights=True)
    nines, others = bags.digits == WANTED, bags.mask & (bags.digits != WANTED)
    pairs = nines.unsqueeze(2) & others.unsqueeze(1)  # (bags, n, n)
    first, second = weights.unsqueeze(2), weights.unsqueeze(1)
    won = (first > second).double() + 0.5 * (first == second)
    return won[pairs].mean().item()


@torch.no_grad()
def unmasked_accuracy(model, bags, rows=24):
    """Return the share of right answers if rows of zeros bring each bag to `rows`, unmasked.

    The zeros stand in the place of a digit's features, behind the encoder.
    """
    count, features = len(bags.labels), model.answer.in_features
    h = torch.zeros(count, rows, features)
    h[:, : bags.mask.shape[1]] = model.encode(bags.pictures) * bags.mask.unsqueeze(2)
    everybody = torch.arange(count).repeat_interleave(rows)
    pooled, _ = pool_nodes(model.pool, h.flatten(0, 1), everybody, count)
    yes = model.answer(pooled).squeeze(1) > 0
    return (yes == bags.labels.bool()).float().mean().item()


@torch.no_grad()
def evenness(model, bags):
    """Return how evenly the weights of each bag are spread, (bags,): 1 if all are alike.

    It is the effective number of digits, the exponential of the entropy, over their number.
    """
    _, weights = model(bags.pictures, bags.mask, return_weights=True)
    entropy = -torch.special.xlogy(weights, weights).sum(dim=1)
    return entropy.exp() / bags.mask.sum(dim=1)


@torch.no_grad()
def certainty(model, bags):
    """Return how far the logit of each bag is from 0, (bags,)."""
    return model(bags.pictures, bags.mask).abs()


class GraphTask(NamedTuple):
    """Graphs of the four kinds, their nodes known by their number of neighbours.

    Attributes
    ----------
    x : list of Tensor, each of shape (n, 10)
        One-hot: 0 to 8 neighbours, and 9 or more.
    edges : list of int Tensor, each of shape (2, E)
    labels : int Tensor, shape (graphs,)
        Indices into `KINDS`.
    """

    x: list
    edges: list
    labels: torch.Tensor

    def batch(self, numbers):
        """Put graphs beside one another as one: x, edge_index, and each node's graph from 0."""
        sizes = torch.tensor([len(self.x[k]) for k in numbers])
        starts = torch.cumsum(sizes, 0) - sizes
        edges = [self.edges[k] + start for k, start in zip(numbers, starts, strict=True)]
        graph = torch.arange(len(sizes)).repeat_interleave(sizes)
        return torch.cat([self.x[k] for k in numbers]), torch.cat(edges, dim=1), graph


def graphs_task(train=1000, test=400, *, rewire=False):
    """Return training and test graphs as two `GraphTask`.

    With `rewire` all edges are redrawn, but each node keeps its number of neighbours.
    """
    tasks = []
    for count, seed in ((train, 0), (test, 1)):
        rng = np.random.default_rng(seed)
        graphs = make_graphs(count, rng)
        graphs = [rewired(graph, rng) for graph in graphs] if rewire else graphs
        neighbours = [np.bincount(graph.edge_index[0], minlength=graph.n) for graph in graphs]
        eye = torch.eye(MOST_NEIGHBOURS + 1)
        x = [eye[torch.tensor(count).clamp(max=MOST_NEIGHBOURS)] for count in neighbours]
        edges = [torch.tensor(graph.edge_index) for graph in graphs]
        tasks.append(GraphTask(x, edges, torch.tensor([graph.label for graph in graphs])))
    return tuple(tasks)


def graph_loss(task):
    """Return the loss of some graphs of a task, given by their numbers, as a function."""

    def loss_of(model, numbers):
        logits = model(*task.batch(numbers), len(numbers))
        return nn.functional.cross_entropy(logits, task.labels[numbers])

    return loss_of


@torch.no_grad()
def graph_answers(model, task):
    """Return the kind that the model finds for each graph of a task, (graphs,)."""
    count = len(task.labels)
    return model(*task.batch(range(count)), count).argmax(dim=1)
