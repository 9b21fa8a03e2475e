"""Train every model of chapters 06, 07, 08 and 12 from several seeds and record how well each does.

``python -m course_lib.nn.runs`` writes ``course_lib/data/runs.json``, which
`course_lib.data.load_runs` reads; it takes about five minutes on one core. Names of tasks behind
the command train these alone and keep the others as they were. A chapter trains one of these models
while you watch, and shows all of them from the file.
"""

import argparse
import json
from functools import partial

import torch

from course_lib.data import FOLDER
from course_lib.nn import graph_runs, graph_tasks, model_runs, pooling_tasks, tasks
from course_lib.nn.gat import GraphAttention, GraphAttentionV2

SEEDS = dict.fromkeys(("opinions", "dates", "dictionaries", "bags", "few bags", "graphs"), range(5))
SEEDS |= dict.fromkeys(("digits", "karate"), range(10))  # these are quick, or differ a lot
FILE = FOLDER / "runs.json"


def opinions():
    """Return the models of chapter 06, part 1, as functions of a seed."""
    task = tasks.opinions_task()
    return {
        "attention": partial(model_runs.opinions, task),
        "uniform attention": partial(model_runs.opinions, task, uniform=True),
        "no positions": partial(model_runs.opinions, task, positional=False),
        "bag of words": partial(model_runs.bag, task),
    }


def dates():
    """Return the model of chapter 06, part 2."""
    return {"translator": partial(model_runs.dates, tasks.dates_task())}


def digits():
    """Return the models of chapter 07."""
    task = tasks.digits_task()
    return {
        "convolutions": partial(model_runs.digits, task, attention=False),
        "with attention": partial(model_runs.digits, task, attention=True),
        "patches": partial(model_runs.patches, task),
    }


def karate():
    """Return the models of chapter 08 that sort the members of a club."""
    task = graph_tasks.karate_task()
    layers = {
        "GAT": GraphAttention,
        "GATv2": GraphAttentionV2,
        "all neighbours alike": graph_tasks.UniformAttention,
    }
    return {name: partial(graph_runs.karate, task, layer=layer) for name, layer in layers.items()}


def dictionaries():
    """Return the models of chapter 08 that look words up."""
    task = graph_tasks.dictionaries_task()
    layers = {"GAT": GraphAttention, "GATv2": GraphAttentionV2}
    return {name: partial(graph_runs.lookup, task, layer=layer) for name, layer in layers.items()}


def bags(*, few=False):
    """Return the models of chapter 12 that find a nine in a bag."""
    task = pooling_tasks.bags_task()
    return {
        pool: partial(graph_runs.bags, task, pool=pool, few=few) for pool in pooling_tasks.POOLS
    }


def graphs():
    """Return the models of chapter 12 that tell kinds of graphs from one another."""
    task = pooling_tasks.graphs_task()
    return {
        pool: partial(graph_runs.graphs, task, pool=pool) for pool in ("attention", "mean", "max")
    }


MODELS = {
    "opinions": opinions,
    "dates": dates,
    "digits": digits,
    "karate": karate,
    "dictionaries": dictionaries,
    "bags": bags,
    "few bags": partial(bags, few=True),
    "graphs": graphs,
}


def run(task):
    """Train the models of a task from all its seeds; yield a record of each."""
    for name, model in MODELS[task]().items():
        for seed in SEEDS[task]:
            measured = {key: round(value, 4) for key, value in model(seed).items()}
            yield {"task": task, "model": name, "seed": seed, **measured}


def main(arguments=None):
    """Train the models of the tasks that are named, or of all, and write the file."""
    parser = argparse.ArgumentParser(description="Train the models of the course and record them.")
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(MODELS)}")
    chosen = parser.parse_args(arguments).tasks or list(MODELS)
    for task in chosen:
        if task not in MODELS:
            parser.error(f"task must be one of {', '.join(MODELS)}; got {task!r}")
    torch.set_num_threads(1)  # so that the same numbers come out on any number of cores
    kept = json.loads(FILE.read_text(encoding="utf-8"))["runs"]
    by_task = {task: [r for r in kept if r["task"] == task] for task in MODELS}
    for task in chosen:
        by_task[task] = []
        for record in run(task):
            by_task[task].append(record)
            print(record, flush=True)
    lines = ",\n".join(json.dumps(record) for records in by_task.values() for record in records)
    version = torch.__version__.split("+")[0]
    FILE.write_text(f'{{"torch": "{version}", "runs": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
