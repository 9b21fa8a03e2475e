"""What was recorded of the models that chapters train: ``runs.json`` in a chapter's folder."""

import json

import numpy as np

from course_lib import _validate
from course_lib.chapters import FOLDER


def load_runs(task):
    """Load how well the models of a task did, each trained from several seeds.

    `course_lib.chapters.record` trained them and wrote the files; the chapters train one and show
    all.

    Parameters
    ----------
    task : str
        "opinions" or "dates" (chapter 06), "digits" (07), "karate" or "dictionaries" (08), "bags",
        "few bags" or "graphs" (12), "patterns" (13).

    Returns
    -------
    dict of str to dict of str to numpy.ndarray of float64, shape (seeds,)
        Model -> what was measured -> one value for each seed, 0 first. Shares are from 0 to 1.

    Raises
    ------
    ValueError
        If there is no task called `task`.

    Examples
    --------
    >>> sorted(load_runs("dates")["translator"])
    ['best head points right', 'exact', 'mean head points right', 'seconds']
    """
    files = sorted(FOLDER.glob("ch*/runs.json"))
    runs = [run for f in files for run in json.loads(f.read_text(encoding="utf-8"))["runs"]]
    tasks = list(dict.fromkeys(run["task"] for run in runs))
    task = _validate.choice(task, "task", tasks)
    measured = {}
    for run in sorted((run for run in runs if run["task"] == task), key=lambda run: run["seed"]):
        for name in run.keys() - {"task", "model", "seed"}:
            measured.setdefault(run["model"], {}).setdefault(name, []).append(run[name])
    return {
        model: {name: np.array(values) for name, values in sorted(found.items())}
        for model, found in measured.items()
    }
