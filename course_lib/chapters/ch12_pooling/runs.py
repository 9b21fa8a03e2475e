"""The models of chapter 12, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

import torch

from course_lib.chapters.ch12_pooling import tasks
from course_lib.chapters.ch12_pooling.graph_classes import KINDS
from course_lib.chapters.ch12_pooling.models import POOLS, BagClassifier, GraphClassifier
from course_lib.nn.training import seeded, train

ATTENDING = ("attention", "gated")  # the pools that have weights


def bags():
    """Return the models that find a nine in a bag, as functions of a seed."""
    task = tasks.bags_task()
    return {pool: partial(classify_bags, task, pool=pool) for pool in POOLS}


def few_bags():
    """Return the same models, which see only a hundred bags, and the mean trained for longer."""
    task = tasks.bags_task()
    models = {pool: partial(classify_few_bags, task, pool=pool) for pool in POOLS}
    longer = partial(classify_few_bags, task, pool="mean", epochs=tasks.MANY_EPOCHS)
    return models | {"mean, longer": longer}


def graphs():
    """Return the models that tell kinds of graphs from one another."""
    task = tasks.graphs_task()
    pools = ("attention", "mean", "max")
    models = {pool: partial(classify_graphs, task, pool=pool) for pool in pools}
    rewired = partial(classify_graphs, tasks.graphs_task(rewire=True), pool="mean")
    return models | {"mean, rewired": rewired}


MODELS = {"bags": bags, "few bags": few_bags, "graphs": graphs}
SEEDS = {"bags": range(10), "few bags": range(10), "graphs": range(5)}


def classify_bags(task, seed, *, pool):
    """Tell bags with a nine from others."""
    examples, test = task
    found, model = _trained(examples, test, seed, pool, tasks.BAGS_TRAINING)
    found["unmasked"] = tasks.unmasked_accuracy(model, test)
    if pool in ATTENDING:
        nines = test.labels.bool()
        even, sure = tasks.evenness(model, test), tasks.certainty(model, test)
        for name, chosen in {"with": nines, "without": ~nines}.items():
            found[f"evenness {name} a 9"] = even[chosen].mean().item()
            found[f"certainty {name} a 9"] = sure[chosen].mean().item()
    return found


def classify_few_bags(task, seed, *, pool, **settings):
    """Do the same from other hundred bags for each seed; also tell how well these are learned."""
    examples, test = task
    chosen = slice(seed * tasks.FEW, (seed + 1) * tasks.FEW)
    seen = tasks.Bags(*(part[chosen] for part in examples))
    found, model = _trained(seen, test, seed, pool, tasks.FEW_BAGS_TRAINING | settings)
    return found | {"seen": tasks.bag_accuracy(model, seen)}


def _trained(examples, test, seed, pool, settings):
    """Return what every classifier of bags is measured by, and the classifier."""
    model = seeded(lambda: BagClassifier(pool), seed)
    train(model, tasks.bag_loss, examples[:3], seed=seed, **settings)
    found = {"accuracy": tasks.bag_accuracy(model, test)}
    if pool in ATTENDING:
        found["localisation"] = tasks.localisation(model, test)
    return found, model


def classify_graphs(task, seed, *, pool):
    """Tell the four kinds of graphs from one another."""
    examples, test = task
    model = seeded(lambda: GraphClassifier(pool), seed)
    numbers = torch.arange(len(examples.labels))
    train(model, tasks.graph_loss(examples), (numbers,), seed=seed, **tasks.GRAPHS_TRAINING)
    right = tasks.graph_answers(model, test) == test.labels
    found = {"accuracy": right.float().mean().item()}
    for label, kind in enumerate(KINDS):
        found[kind] = right[test.labels == label].float().mean().item()
    return found
