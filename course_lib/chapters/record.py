"""Train every model of the chapters from several seeds and record how well each does.

``python -m course_lib.chapters.record`` writes ``runs.json`` in the folder of each chapter that
trains something, as its ``runs.py`` says; it takes about five minutes on one core. Names of tasks
behind the command train these alone and keep the others as they were. A chapter trains one of
these models while you watch, and shows all of them from the file.
"""

import argparse
import importlib
import json

from course_lib.chapters import FOLDER


def main(arguments=None):
    """Train the models of the tasks that are named, or of all, and write the files."""
    modules = chapters_that_train()
    tasks = [task for module in modules.values() for task in module.MODELS]
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.chapters.record",
        description="Train the models of the course and record them.",
    )
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(tasks)}")
    chosen = parser.parse_args(arguments).tasks or tasks
    for task in chosen:
        if task not in tasks:
            parser.error(f"task must be one of {', '.join(tasks)}; got {task!r}")
    for folder, module in modules.items():
        if wanted := [task for task in module.MODELS if task in chosen]:
            write_runs(folder / "runs.json", module, wanted)


def chapters_that_train():
    """Return the module ``runs`` of each chapter that has one, by the chapter's folder."""
    folders = [path.parent for path in sorted(FOLDER.glob("ch*/runs.py"))]
    return {
        folder: importlib.import_module(f"course_lib.chapters.{folder.name}.runs")
        for folder in folders
    }


def write_runs(file, module, tasks):
    """Record some tasks of a chapter in its file, and keep what it says of the others."""
    import torch  # only who trains pays for it

    torch.set_num_threads(1)  # so that the same numbers come out on any number of cores
    kept = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []
    records = []
    for task in module.MODELS:
        if task in tasks:
            for record in train_task(module, task):
                records.append(record)
                print(record, flush=True)
        else:
            records += [record for record in kept if record["task"] == task]
    lines = ",\n".join(map(json.dumps, records))
    version = torch.__version__.split("+")[0]
    file.write_text(f'{{"torch": "{version}", "runs": [\n{lines}\n]}}\n', encoding="utf-8")


def train_task(module, task):
    """Train the models of a task from all its seeds; yield a record of each."""
    for name, model in module.MODELS[task]().items():
        for seed in module.SEEDS[task]:
            measured = {key: round(value, 4) for key, value in model(seed).items()}
            yield {"task": task, "model": name, "seed": seed, **measured}


if __name__ == "__main__":
    main()
