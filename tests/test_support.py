"""What test modules share is itself right: work is done once, and two runs are compared."""

import nbformat
import pytest

from tests.support.chapters import WIDGET, differences
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
        told = cell_that_showed(*changed)
        told.metadata["tags"] = ["nbval-ignore-output"]
        assert differences([told], first) == []
