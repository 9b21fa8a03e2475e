"""The models of chapter 12, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

import torch

from course_lib.chapters.ch12_pooling import tasks
from course_lib.chapters.ch12_pooling.graph_classes import KINDS
from course_lib.chapters.ch12_pooling.models import POOLS, BagClassifier, GraphClassifier
from course_lib.nn.training import seeded, train


def bags(*, few=False):
    """Return the models that find a nine in a bag, as functions of a seed."""
    task = tasks.bags_task()
    return {pool: partial(classify_bags, task, pool=pool, few=few) for pool in POOLS}


def graphs():
    """Return the models that tell kinds of graphs from one another."""
    task = tasks.graphs_task()
    pools = ("attention", "mean", "max")
    return {pool: partial(classify_graphs, task, pool=pool) for pool in pools}


MODELS = {"bags": bags, "few bags": partial(bags, few=True), "graphs": graphs}
SEEDS = dict.fromkeys(MODELS, range(5))


def classify_bags(task, seed, *, pool, few=False):
    """Tell bags with a nine from others; with `few`, from other hundred bags for each seed."""
    examples, test = task
    chosen = slice(seed * tasks.FEW, (seed + 1) * tasks.FEW) if few else slice(None)
    parts = [part[chosen] for part in (examples.pictures, examples.mask, examples.labels)]
    model = seeded(lambda: BagClassifier(pool), seed)
    settings = tasks.FEW_BAGS_TRAINING if few else tasks.BAGS_TRAINING
    seconds = train(model, tasks.bag_loss, parts, seed=seed, **settings)
    found = {"accuracy": tasks.bag_accuracy(model, test), "seconds": seconds}
    if pool in ("attention", "gated"):
        found["localisation"] = tasks.localisation(model, test)
    return found


def classify_graphs(task, seed, *, pool):
    """Tell the four kinds of graphs from one another."""
    examples, test = task
    model = seeded(lambda: GraphClassifier(pool), seed)
    numbers = torch.arange(len(examples.labels))
    seconds = train(
        model, tasks.graph_loss(examples), (numbers,), seed=seed, **tasks.GRAPHS_TRAINING
    )
    right = tasks.graph_answers(model, test) == test.labels
    found = {"accuracy": right.float().mean().item(), "seconds": seconds}
    for label, kind in enumerate(KINDS):
        found[kind] = right[test.labels == label].float().mean().item()
    return found
