"""The models of chapter 08, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

from course_lib.chapters.ch08_gat import tasks
from course_lib.chapters.ch08_gat.models import Lookup, NodeClassifier, UniformAttention
from course_lib.nn.gat import GraphAttention, GraphAttentionV2
from course_lib.nn.training import accuracy, label_loss, seeded, train


def karate():
    """Return the models that sort the members of a club, as functions of a seed."""
    task = tasks.karate_task()
    layers = {
        "GAT": GraphAttention,
        "GATv2": GraphAttentionV2,
        "all neighbours alike": UniformAttention,
    }
    return {name: partial(classify, task, layer=layer) for name, layer in layers.items()}


def dictionaries():
    """Return the models that look words up."""
    task = tasks.dictionaries_task()
    layers = {"GAT": GraphAttention, "GATv2": GraphAttentionV2}
    return {name: partial(look_up, task, layer=layer) for name, layer in layers.items()}


MODELS = {"karate": karate, "dictionaries": dictionaries}
SEEDS = {"karate": range(10), "dictionaries": range(5)}  # who is labelled makes a difference


def classify(task, seed, *, layer):
    """Sort the members of the club from two labels a group; the seed also chooses the labels."""
    known = tasks.labelled_nodes(task.labels, 2, seed)
    model = seeded(lambda: NodeClassifier(34, 2, layer=layer), seed)
    edges = model.first.edges(task.edge_index, 34)
    loss = tasks.node_loss(task, edges)
    seconds = train(model, loss, (known,), seed=seed, **tasks.KARATE_TRAINING)
    right = tasks.unseen_accuracy(model, task, edges, known)
    return {"accuracy": right, "seconds": seconds}


def look_up(dictionaries, seed, *, layer):
    """Look words up in dictionaries with one layer."""
    examples, test = dictionaries
    model = seeded(lambda: Lookup(test[1].shape[1], layer), seed)
    seconds = train(model, label_loss, examples, seed=seed, **tasks.LOOKUP_TRAINING)
    return {"accuracy": accuracy(model, *test), "seconds": seconds}
