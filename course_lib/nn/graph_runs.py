"""The models of chapters 08 and 12: each trained from one seed, and what is measured of it.

`course_lib.nn.runs` runs them all and keeps the results.
"""

import torch

from course_lib.data.graph_classes import KINDS
from course_lib.nn import graph_tasks, pooling_tasks
from course_lib.nn.tasks import seeded
from course_lib.nn.training import train

FEW = 100  # bags to learn from, where many would make it too easy

# How each model is trained, here and in the chapters.
KARATE = {"epochs": 100, "learning_rate": 1e-2}
LOOKUP = {"epochs": 10, "learning_rate": 4e-2, "batch": 32}
BAGS = {"epochs": 20, "learning_rate": 5e-3}
FEW_BAGS = {"epochs": 100, "learning_rate": 5e-3}
GRAPHS = {"epochs": 15, "learning_rate": 1e-2}


def karate(task, seed, *, layer):
    """Sort the members of the club from two labels a group; the seed also chooses the labels."""
    known = graph_tasks.labelled_nodes(task.labels, 2, seed)
    model = seeded(lambda: graph_tasks.NodeClassifier(34, 2, layer=layer), seed)
    edges = model.first.edges(task.edge_index, 34)
    loss = graph_tasks.node_loss(task, edges)
    seconds = train(model, loss, (known,), seed=seed, **KARATE)
    right = graph_tasks.unseen_accuracy(model, task, edges, known)
    return {"accuracy": right, "seconds": seconds}


def lookup(dictionaries, seed, *, layer):
    """Look words up in dictionaries with one layer."""
    examples, test = dictionaries
    model = seeded(lambda: graph_tasks.Lookup(test[1].shape[1], layer), seed)
    seconds = train(model, graph_tasks.lookup_loss, examples, seed=seed, **LOOKUP)
    return {"accuracy": graph_tasks.lookup_accuracy(model, *test), "seconds": seconds}


def bags(bags, seed, *, pool, few=False):
    """Tell bags with a nine from others; with `few`, from other hundred bags for each seed."""
    examples, test = bags
    chosen = slice(seed * FEW, (seed + 1) * FEW) if few else slice(None)
    parts = [part[chosen] for part in (examples.pictures, examples.mask, examples.labels)]
    model = seeded(lambda: pooling_tasks.BagClassifier(pool), seed)
    settings = FEW_BAGS if few else BAGS
    seconds = train(model, pooling_tasks.bag_loss, parts, seed=seed, **settings)
    found = {"accuracy": pooling_tasks.bag_accuracy(model, test), "seconds": seconds}
    if pool in ("attention", "gated"):
        found["localisation"] = pooling_tasks.localisation(model, test)
    return found


def graphs(tasks, seed, *, pool):
    """Tell the four kinds of graphs from one another."""
    examples, test = tasks
    model = seeded(lambda: pooling_tasks.GraphClassifier(pool), seed)
    numbers = torch.arange(len(examples.labels))
    seconds = train(model, pooling_tasks.graph_loss(examples), (numbers,), seed=seed, **GRAPHS)
    right = pooling_tasks.graph_answers(model, test) == test.labels
    found = {"accuracy": right.float().mean().item(), "seconds": seconds}
    for label, kind in enumerate(KINDS):
        found[kind] = right[test.labels == label].float().mean().item()
    return found
