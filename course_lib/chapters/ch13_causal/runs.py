"""The models of chapter 13, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

from course_lib.chapters.ch13_causal import tasks
from course_lib.chapters.ch13_causal.models import AttentionOnly
from course_lib.nn.training import seeded, train


def patterns():
    """Return the models that go on with a pattern, as functions of a seed."""
    task, one_period = tasks.patterns_task(), tasks.patterns_task(periods=(12, 12))
    return {
        "two layers": partial(two_layers, task),
        "one layer": partial(one_layer, task),
        "one layer, 4 heads, twice as long": partial(one_layer, task, num_heads=4, longer=2),
        "one layer, always period 12": partial(one_layer, one_period),
    }


MODELS = {"patterns": patterns}
SEEDS = {"patterns": range(5)}


def two_layers(task, seed):
    """Train the small model; tell when it learned what, and what its upper head does alone."""
    examples, test = task
    model, kept = seeded(lambda: AttentionOnly(2), seed), []
    for _ in tasks.measured_steps(
        model, examples, test, kept, seed=seed, **tasks.PATTERNS_TRAINING
    ):
        pass
    found = {name: kept[-1][name] for name in kept[-1] if name != "step"}
    for name in ("loss", "previous", "induction"):
        found[f"{name} half-way at"] = tasks.halfway(kept, name)
    alone = tasks.measure(model, test, silent=(0,))
    return found | {f"{name}, layer 0 silent": alone[name] for name in ("loss", "induction")}


def one_layer(task, seed, *, num_heads=1, longer=1):
    """Train a model that has no second layer."""
    examples, test = task
    model = seeded(lambda: AttentionOnly(1, num_heads), seed)
    settings = tasks.PATTERNS_TRAINING | {"epochs": longer * tasks.PATTERNS_TRAINING["epochs"]}
    train(model, tasks.pattern_loss, examples, seed=seed, **settings)
    return tasks.measure(model, test)
