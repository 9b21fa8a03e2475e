"""What test modules share is itself right: work is done once, and two runs are compared."""

from types import SimpleNamespace

import nbformat
import pytest

from tests.support.chapters import (
    SOLVED,
    UNSOLVED,
    WIDGET,
    differences,
    error_stream,
    renamed,
    run_both,
    verdicts,
)
from tests.support.notebooks import IMPORTS
from tests.support.once import once


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


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("unsolved", "solved", "states", "failing"),
    [
        ([OPEN, CHECK], [DONE, CHECK], ["not attempted", "passed"], []),
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
            ["Cell 4", "Cell 9"],
        ),
    ],
)
def test_each_of_the_two_states_of_a_chapter_is_judged(unsolved, solved, states, failing):
    found = run_both(notebook_of(*unsolved), notebook_of(*solved))
    assert verdicts(found.unsolved) == [("nlp-1", states[0])]
    assert verdicts(found.solved) == [("nlp-1", states[1])]
    assert [name for _, name in found.run.failures if name.startswith("Cell")] == failing
    assert [cell.source for cell in found.solved] == [IMPORTS, *solved]
    assert len(found.unsolved) == len(found.solved)


def test_only_unsolved_a_training_is_stopped_at_once():
    cell = nbformat.v4.new_code_cell("losses = await watch_training(steps)", id="train")
    assert renamed(cell, SOLVED).source == cell.source
    stopped = renamed(cell, UNSOLVED).source
    names = {"steps": (SimpleNamespace(loss=loss) for loss in (3.0, 2.0))}
    exec(stopped, names)
    assert names["losses"] == [3.0]
    assert next(names["steps"]).loss == 2.0  # no other step was taken
