"""The record of every model that was trained: what is there, and how it is made."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_lib.chapters import FOLDER, record
from course_lib.chapters.runs import load_runs


def test_every_model_was_recorded_with_every_seed():
    for folder, module in record.chapters_that_train().items():
        written = json.loads((folder / "runs.json").read_text(encoding="utf-8"))["runs"]
        assert list(dict.fromkeys(row["task"] for row in written)) == list(module.MODELS)
        for task, models in module.MODELS.items():
            loaded = load_runs(task)
            assert list(loaded) == list(models())
            for found in loaded.values():
                for values in found.values():
                    assert values.shape == (len(module.SEEDS[task]),)
                    assert np.isfinite(values).all()


def test_every_chapter_with_recorded_runs_says_how_they_were_made():
    recorded = {file.parent for file in FOLDER.glob("ch*/runs.json")}
    assert recorded == set(record.chapters_that_train())


def test_tasks_can_be_recorded_one_by_one_and_the_others_are_kept(tmp_path, monkeypatch):
    old = [{"task": "dates", "model": "translator", "seed": 0, "exact": 0.5}]
    old.append({"task": "graphs", "model": "max", "seed": 0, "accuracy": 0.25})
    file = tmp_path / "runs.json"
    file.write_text(json.dumps({"torch": "0", "runs": old}), encoding="utf-8")

    def graphs():
        return {"mean": lambda seed: {"accuracy": seed / 3}}

    module = SimpleNamespace(
        MODELS={"dates": None, "graphs": graphs}, SEEDS={"dates": range(5), "graphs": range(2)}
    )
    monkeypatch.setattr(record, "chapters_that_train", lambda: {tmp_path: module})
    threads = torch.get_num_threads()
    record.main(["graphs"])
    torch.set_num_threads(threads)
    new = [
        {"task": "graphs", "model": "mean", "seed": s, "accuracy": round(s / 3, 4)} for s in (0, 1)
    ]
    version = torch.__version__.split("+")[0]
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "torch": version,
        "runs": [old[0], *new],
    }
    with pytest.raises(SystemExit):
        record.main(["cats"])


def test_load_runs_is_the_file():
    file = FOLDER / "ch07_vision" / "runs.json"
    written = json.loads(file.read_text(encoding="utf-8"))["runs"]
    row = next(r for r in written if r["model"] == "with attention" and r["seed"] == 4)
    assert load_runs("digits")["with attention"]["gamma"][4] == row["gamma"]
    with pytest.raises(
        ValueError, match=r"task must be one of 'opinions', 'dates', .*, got 'cats'"
    ):
        load_runs("cats")


def test_what_the_chapters_set_out_to_reach_was_reached():
    opinions, dates = load_runs("opinions"), load_runs("dates")["translator"]
    assert opinions["attention"]["negated"].mean() >= 0.95
    assert opinions["bag of words"]["negated"].max() < 0.8
    assert dates["exact"].mean() >= 0.98
    lookup, bags = load_runs("dictionaries"), load_runs("bags")
    assert lookup["GATv2"]["accuracy"].min() > 0.9 > 0.2 > lookup["GAT"]["accuracy"].max()
    assert min(bags[pool]["localisation"].mean() for pool in ("attention", "gated")) >= 0.95


def retyped_settings(text):
    """Return the settings of a training that a text states itself instead of taking them."""
    return re.findall(r"\b(?:epochs|learning_rate|batch)=[\d.]\S*", text)


def test_no_chapter_retypes_the_settings_of_its_trainings():
    for folder in record.chapters_that_train():
        text = (folder / "chapter.md").read_text(encoding="utf-8")
        assert "_TRAINING" in text
        assert retyped_settings(text) == []


def test_a_retyped_setting_is_seen():
    assert retyped_settings("steps(model, epochs=10,\n    learning_rate=.1)") == [
        "epochs=10,",
        "learning_rate=.1)",
    ]
