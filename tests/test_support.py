"""What test modules share is itself right: work is done once, and two runs are compared."""

import functools
import itertools
import os
import pickle
import random
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
import torch

from course_lib.nn.training import training_steps
from tests.support.chapters import (
    SOLVED,
    UNSOLVED,
    WIDGET,
    differences,
    error_stream,
    renamed,
    run_pairs,
    verdicts,
)
from tests.support.notebooks import IMPORTS
from tests.support.once import once
from tests.support.trained_once import shared_trainings, sharing
from tests.support.training import X, line, square_loss, steps_of


def test_long_work_is_done_once_and_a_failure_is_not_remembered(tmp_path):
    done = []

    def work():
        done.append(len(done))
        if len(done) == 1:
            raise RuntimeError("out of memory")
        return {"done": len(done)}

    with pytest.raises(RuntimeError, match="out of memory"):
        once(tmp_path / "work", work)
    assert [once(tmp_path / "work", work) for _ in range(3)] == [{"done": 2}] * 3
    assert len(done) == 2


def cell_that_showed(*outputs):
    cell = nbformat.v4.new_code_cell("print(random())")
    cell.outputs = [nbformat.from_dict(output) for output in outputs]
    return cell


def said(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def displayed(model, text):
    data = {WIDGET: {"model_id": model}, "text/plain": text}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def test_an_output_that_changes_is_seen():
    first = [cell_that_showed(said("1\n"), said("2\n"), displayed("abc", "Box"))]
    again = [cell_that_showed(said("1\n2\n"), displayed("def", "Box"))]
    assert differences(first, again) == []
    for changed in (
        [said("1\n3\n"), displayed("abc", "Box")],
        [said("1\n2\n"), displayed("abc", "Tab")],
        [said("1\n2\n", name="stderr"), displayed("abc", "Box")],
        [said("1\n2\n")],
    ):
        assert differences(first, [cell_that_showed(*changed)]) == ["print(random())"]
        timed = cell_that_showed(*changed)
        timed.metadata["tags"] = ["nbval-ignore-output"]
        assert differences([timed], first) == []


def test_what_is_printed_to_the_error_stream_is_seen():
    first, second = cell_that_showed(said("1")), cell_that_showed(said("oh", name="stderr"))
    assert error_stream([first]) == []
    assert error_stream([first, second]) == ["oh"]


OPEN, DONE = "spread = ...", "spread = 256**-0.5 * 32**0.5"
CHECK = 'check("nlp-1")'


def notebook_of(*sources):
    """A notebook whose second cell is an exercise, as those of chapters are marked."""
    cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{place}")
        for place, source in enumerate([IMPORTS, *sources])
    ]
    cells[1].metadata["exercise"] = "nlp-1"
    return nbformat.v4.new_notebook(cells=cells)


TRAINS = "watch_training = None  # await watch_training("


LOUD = "import logging, warnings\nwarnings.warn('one')\nlogging.warning('two')"
# Unsolved, solved, what is said of the exercise in both, which cells fail.
SMALL = [
    ([OPEN, CHECK, LOUD], [DONE, CHECK, LOUD], ["not attempted", "passed"], []),
    ([DONE, CHECK], ["spread = 0.125", CHECK], ["passed", "wrong"], []),
    (  # what comes after an exercise finds it unsolved
        [OPEN, CHECK, "spread + 1", "1 / 0"],
        [DONE, CHECK, "spread + 1", "1 / 0"],
        ["not attempted", "passed"],
        ["Cell 7", "Cell 8"],
    ),
    (  # with a training, one notebook runs behind the other
        [OPEN, CHECK, TRAINS, "spread + 1"],
        [DONE, CHECK, TRAINS, "1 / 0"],
        ["not attempted", "passed"],
        ["Cell 4", "Cell 10"],
    ),
]


@pytest.mark.notebook
def test_each_of_the_two_states_of_a_chapter_is_judged():
    runs = run_pairs([tuple(notebook_of(*cells) for cells in small[:2]) for small in SMALL])
    for (_, solved, states, failing), found in zip(SMALL, runs, strict=True):
        assert verdicts(found.unsolved) == [("nlp-1", states[0])]
        assert verdicts(found.solved) == [("nlp-1", states[1])]
        assert [name for _, name in found.run.failures if name.startswith("Cell")] == failing
        assert [cell.source for cell in found.solved] == [IMPORTS, *solved]
        assert len(found.unsolved) == len(found.solved)
    [said] = error_stream(runs[0].ran)
    assert "UserWarning: one" in said
    assert "two" in said
    assert all(error_stream(found.ran) == [] for found in runs[1:])


def test_only_unsolved_a_training_is_stopped_at_once():
    cell = nbformat.v4.new_code_cell("losses = await watch_training(steps)", id="train")
    assert renamed(cell, SOLVED).source == cell.source
    stopped = renamed(cell, UNSOLVED).source
    names = {"steps": (SimpleNamespace(loss=loss) for loss in (3.0, 2.0))}
    exec(stopped, names)
    assert names["losses"] == [3.0]
    assert next(names["steps"]).loss == 2.0  # no other step was taken


def noisy_loss(model, x, y):
    """A loss that no seed makes the same again."""
    return square_loss(model, x, y) + random.SystemRandom().random()


def drawing_loss(model, x, y):
    """A loss with dropout: what it draws follows from the state of PyTorch's own generator."""
    return square_loss(model, torch.nn.functional.dropout(x, 0.5), y)


def looked_at(steps, model, every):
    """Take all steps; return the losses, and what the model says now and then."""
    losses, said = [], []
    for step in steps:
        losses.append(step.loss)
        if step.done % every == 0:
            said.append(model(X[:1]).item())
    return losses, said


def taken(folder, *, loss=square_loss, seed=0, every=10, epochs=40):
    """Train a line with shared trainings; return how it went and how often it was trained."""
    asked = []

    @functools.wraps(loss)
    def counted(*arguments):
        asked.append(1)
        return loss(*arguments)

    model = line()
    steps = sharing(training_steps, folder, own_steps=5, long=0)
    taking = steps(model, counted, (X, 3 * X), epochs=epochs, seed=seed)
    return *looked_at(taking, model, every), model(X).tolist(), model.training, len(asked)


def test_a_training_is_done_once_and_handed_over_with_what_was_looked_at(tmp_path):
    first, again = taken(tmp_path), taken(tmp_path)
    assert first[-1] == 40
    assert again == (*first[:-1], 5)
    plain = line()
    losses = looked_at(steps_of(plain, epochs=40), plain, every=10)
    assert (*losses, plain(X).tolist()) == first[:3]


@pytest.mark.parametrize("other", [{"seed": 1}, {"epochs": 41}])
def test_another_training_is_done_to_its_end(tmp_path, other):
    taken(tmp_path)
    assert taken(tmp_path, **other)[-1] >= 40


@pytest.mark.parametrize("loss", [noisy_loss, drawing_loss])
def test_a_training_that_differs_from_run_to_run_is_not_handed_over(tmp_path, loss):
    first, again = (taken(tmp_path, loss=loss) for _ in range(2))
    assert first[-1] == again[-1] == 40
    assert first[0] != again[0]


def test_who_looks_or_stops_where_nobody_did_is_told_so(tmp_path):
    taken(tmp_path)
    with pytest.raises(RuntimeError, match="after step 7"):
        taken(tmp_path, every=7)
    model = line()
    steps = sharing(training_steps, tmp_path, own_steps=5, long=0)
    with pytest.raises(RuntimeError, match="nobody stopped"):
        stopped_after(steps(model, square_loss, (X, 3 * X), epochs=40, seed=0), 6)


def stopped_after(steps, count):
    for _ in itertools.islice(steps, count):
        pass
    steps.close()


def test_the_module_that_trains_is_replaced_when_it_is_loaded(tmp_path):
    code = """
import sys, tests.support.startup
assert "torch" not in sys.modules
from course_lib.nn.training import train, training_steps
print(training_steps.__code__.co_filename, train.__globals__["training_steps"] is training_steps)
"""
    environment = os.environ | shared_trainings(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [sharing.__code__.co_filename, "True"]


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import xml\nxml.dom.Node", "xml.dom.Node"),
        ("import concurrent as c\ndef f():\n    return c.futures.wait(x)", "concurrent.futures"),
        ("import os.path\nos.path.join.nothing\nos.environ['x'].nothing", None),
        ("import warnings", None),
        ("from this import d", "Zen of Python"),
    ],
)
def test_what_is_used_without_an_import_is_seen_where_all_is_loaded_at_once(source, missing):
    code = f"""
from types import SimpleNamespace
from tests.support.loading import load
load([SimpleNamespace(source={source!r})])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (missing or "") in done.stderr
    assert bool(done.stderr) == bool(missing)


TWICE = """
import pickle, sys
from tests.support.second_run import in_a_fork, run
cells = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps([in_a_fork(lambda: run(cells)) for _ in range(2)]))
"""


def test_a_second_run_has_the_outputs_of_a_kernel_and_what_is_drawn_differs():
    sources = ["print('one')\n1 + 1", "import asyncio\nawait asyncio.sleep(0, 'waited')"]
    sources += ["import random\nrandom.SystemRandom().random()", "1 / 0"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    done = subprocess.run(
        [sys.executable, "-c", TWICE], input=pickle.dumps(cells), capture_output=True, check=True
    )
    one, other = pickle.loads(done.stdout)
    printed, valued = one[0].outputs
    assert (printed.name, printed.text) == ("stdout", "one\n")
    assert (valued.output_type, valued.data["text/plain"]) == ("execute_result", "2")
    assert [output.data["text/plain"] for output in one[1].outputs] == ["'waited'"]
    assert one[3].outputs[0].ename == "ZeroDivisionError"
    assert differences(one, other) == [sources[2]]
