"""The models of chapter 08, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

from course_lib.chapters.ch08_gat import tasks
from course_lib.chapters.ch08_gat.models import (
    FixedAttention,
    Lookup,
    NodeClassifier,
    RandomJudge,
    UniformAttention,
)
from course_lib.nn.gat import GraphAttention, GraphAttentionV2
from course_lib.nn.training import accuracy, label_loss, seeded, train

PLAIN = "plain mean"  # all neighbours count alike


def karate():
    """Return the models that sort the members of a club, as functions of a seed."""
    task = tasks.karate_task()
    layers = {
        "GAT": GraphAttention,
        "GATv2": GraphAttentionV2,
        PLAIN: UniformAttention,
        "GAT, a fixed": RandomJudge,
        "GAT, weights fixed": FixedAttention,
    }
    models = {name: partial(classify, task, layer=layer) for name, layer in layers.items()}
    within = tasks.own_group_only(task)  # what attention could reach, if it knew all groups
    return models | {"own group only": partial(classify, within, layer=UniformAttention)}


def short_karate():
    """Return the models that sort the members after a shorter training."""
    task = tasks.karate_task()
    layers = {"GAT": GraphAttention, PLAIN: UniformAttention}
    epochs = tasks.SHORT_KARATE_EPOCHS
    return {
        name: partial(classify, task, layer=layer, epochs=epochs) for name, layer in layers.items()
    }


def dictionaries():
    """Return the models that look words up, with one head."""
    task = tasks.dictionaries_task()
    layers = {"GAT": GraphAttention, "GATv2": GraphAttentionV2}
    return {
        name: partial(look_up, task, make=partial(Lookup, layer=layer))
        for name, layer in layers.items()
    }


def dictionaries_with_heads():
    """Return models with eight heads of the first kind: as many features in all, or in each."""
    task = tasks.dictionaries_task()
    return {
        f"GAT, 8 heads of {hidden}": partial(
            look_up, task, make=partial(Lookup, layer=GraphAttention, hidden=hidden, heads=8)
        )
        for hidden in (4, 32)
    }


MODELS = {
    "karate": karate,
    "karate, short": short_karate,
    "dictionaries": dictionaries,
    "dictionaries, 8 heads": dictionaries_with_heads,
}
SEEDS = {"karate": range(20), "karate, short": range(20)}  # who is labelled makes a difference
SEEDS |= {"dictionaries": range(5), "dictionaries, 8 heads": range(3)}


def classify(task, seed, *, layer, **settings):
    """Sort the members of the club from two labels a group; the seed also chooses the labels."""
    known = tasks.labelled_nodes(task.labels, 2, seed)
    model = seeded(lambda: NodeClassifier(34, 2, layer=layer), seed)
    edges = model.first.edges(task.edge_index, 34)
    loss = tasks.node_loss(task, edges)
    train(model, loss, (known,), seed=seed, **tasks.KARATE_TRAINING | settings)
    return {"accuracy": tasks.unseen_accuracy(model, task, edges, known)}


def look_up(dictionaries, seed, *, make):
    """Look words up in dictionaries with one layer."""
    examples, test = dictionaries
    model = seeded(lambda: make(test[1].shape[1]), seed)
    train(model, label_loss, examples, seed=seed, **tasks.LOOKUP_TRAINING)
    return {"accuracy": accuracy(model, *test)}
