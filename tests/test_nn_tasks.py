"""The tasks of chapters 06 and 07, and the record of every model that was trained."""

import json
import re

import numpy as np
import pytest
import torch

from course_lib.chapters import chapter_folder
from course_lib.data import FOLDER, load_runs
from course_lib.data.dates import alignment
from course_lib.nn import graph_runs, model_runs, runs, tasks


@pytest.fixture(scope="module")
def opinions():
    return tasks.opinions_task()


def test_a_seeded_model_is_the_same_again_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, other = (tasks.digits_model(seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    for a, b, c in zip(first.parameters(), second.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.numel() == 1 or not torch.equal(a, c)


def test_the_models_with_and_without_attention_begin_alike():
    with_attention, without = (tasks.digits_model(3, attention=a).state_dict() for a in (1, 0))
    for name, parameter in without.items():
        assert torch.equal(parameter, with_attention[name])


def test_no_opinion_is_in_two_parts(opinions):
    texts = [{tuple(row.tolist()) for row in part[0]} for part in opinions[1:4]]
    assert [len(part) for part in texts] == [5000, 1500, 500]
    assert len(set.union(*texts)) == 7000
    words = opinions.vocabulary.decode(opinions.test[0])
    assert [tuple(row) for row in words] == [opinion.words for opinion in opinions.test_opinions]
    labels = [opinion.label for opinion in opinions.test_opinions]
    assert opinions.test[1].tolist() == labels


def test_no_date_is_in_two_parts_and_texts_agree():
    task = tasks.dates_task(train=300, test=100)
    train, test = ({tuple(row.tolist()) for row in part[0]} for part in (task.train, task.test))
    assert (len(train), len(test)) == (300, 100)
    assert not train & test
    decoded = zip(task.letters.decode(task.test[0]), task.signs.decode(task.test[1]), strict=True)
    assert [("".join(a), "".join(b)[1:]) for a, b in decoded] == task.test_pairs
    assert (task.test[1][:, 0] == task.signs.numbers[tasks.START]).all()


def test_digits_are_split_without_a_rest():
    task = tasks.digits_task()
    assert task.train[0].shape == (1297, 1, 8, 8)
    assert task.test[0].shape == (500, 1, 8, 8)
    assert (task.test[0].min(), task.test[0].max()) == (0, 1)
    assert set(task.test[1].tolist()) == set(range(10))


def test_bag_of_words_counts():
    texts = torch.tensor([[1, 3, 1, 0], [2, 0, 0, 0]])
    assert tasks.bag_of_words(texts, 4).tolist() == [[0, 2, 0, 1], [0, 0, 1, 0]]


def test_the_loss_of_a_date_is_that_of_the_next_sign():
    task = tasks.dates_task(train=20, test=5)
    model = tasks.dates_model(task, 0)
    written, iso = task.test
    logits = model(written, iso[:, :-1]).log_softmax(dim=-1)
    each = [-logits[i, t, iso[i, t + 1]] for i in range(5) for t in range(10)]
    torch.testing.assert_close(tasks.dates_loss(model, written, iso), torch.stack(each).mean())


def test_pointing_is_counted_by_hand():
    pairs = [("3 may 2026", "2026-05-03")]
    heads = np.full((1, 2, 10, 12), 0.01)
    right = np.zeros((10, 12))
    right[:, :10] = alignment("3 may 2026")
    heads[0] += right
    assert model_runs.pointed(heads, pairs) == 1
    heads[0, :, 0, 0] = 9  # the first digit of the year points at the day
    assert model_runs.pointed(heads, pairs) == 7 / 8


# --- what was recorded ----------------------------------------------------------------------------


def test_every_model_was_recorded_with_every_seed():
    written = json.loads((FOLDER / "runs.json").read_text(encoding="utf-8"))["runs"]
    assert list(dict.fromkeys(record["task"] for record in written)) == list(runs.MODELS)
    for task, models in runs.MODELS.items():
        loaded = load_runs(task)
        assert list(loaded) == list(models())
        for found in loaded.values():
            for values in found.values():
                assert values.shape == (len(runs.SEEDS[task]),)
                assert np.isfinite(values).all()


def test_tasks_can_be_recorded_one_by_one_and_the_others_are_kept(tmp_path, monkeypatch):
    old = [{"task": "dates", "model": "translator", "seed": 0, "exact": 0.5}]
    old.append({"task": "graphs", "model": "max", "seed": 0, "accuracy": 0.25})
    file = tmp_path / "runs.json"
    file.write_text(json.dumps({"torch": "0", "runs": old}), encoding="utf-8")
    monkeypatch.setattr(runs, "FILE", file)
    monkeypatch.setitem(runs.SEEDS, "graphs", range(2))
    monkeypatch.setitem(
        runs.MODELS, "graphs", lambda: {"mean": lambda seed: {"accuracy": seed / 3}}
    )
    runs.main(["graphs"])
    record = json.loads(file.read_text(encoding="utf-8"))
    new = [
        {"task": "graphs", "model": "mean", "seed": s, "accuracy": round(s / 3, 4)} for s in (0, 1)
    ]
    assert record == {"torch": torch.__version__.split("+")[0], "runs": [old[0], *new]}
    with pytest.raises(SystemExit):
        runs.main(["cats"])


def test_load_runs_is_the_file():
    written = json.loads((FOLDER / "runs.json").read_text(encoding="utf-8"))["runs"]
    row = next(r for r in written if r["model"] == "with attention" and r["seed"] == 4)
    assert load_runs("digits")["with attention"]["gamma"][4] == row["gamma"]
    with pytest.raises(ValueError, match=r"task must be one of opinions, dates, .*; got 'cats'"):
        load_runs("cats")


def test_what_the_chapters_set_out_to_reach_was_reached():
    opinions, dates = load_runs("opinions"), load_runs("dates")["translator"]
    assert opinions["attention"]["negated"].mean() >= 0.95
    assert opinions["bag of words"]["negated"].max() < 0.8
    assert dates["exact"].mean() >= 0.98
    lookup, bags = load_runs("dictionaries"), load_runs("bags")
    assert lookup["GATv2"]["accuracy"].min() > 0.9 > 0.2 > lookup["GAT"]["accuracy"].max()
    assert min(bags[pool]["localisation"].mean() for pool in ("attention", "gated")) >= 0.95


def test_the_bag_of_words_comes_out_as_recorded(opinions):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    again = model_runs.bag(opinions, 0)
    torch.set_num_threads(threads)
    recorded = load_runs("opinions")["bag of words"]
    for name in ("all", "negated", "unseen combinations"):
        assert again[name] == pytest.approx(recorded[name][0], abs=0.02)


@pytest.mark.parametrize(
    ("chapter", "models"),
    [
        ("06_nlp", [model_runs.OPINIONS, model_runs.BAG, model_runs.DATES]),
        ("07_vision", [model_runs.DIGITS, model_runs.PATCHES]),
        ("08_gat", [graph_runs.KARATE, graph_runs.LOOKUP]),
        ("12_pooling", [graph_runs.BAGS]),
    ],
)
def test_a_chapter_trains_as_the_recorded_runs_did(chapter, models):
    text = (chapter_folder(chapter) / "chapter.md").read_text(encoding="utf-8")
    settings = re.findall(r"((?:\w+=[\de.-]+, )+)seed=0\)", text)
    found = [re.findall(r"(\w+)=([\de.-]+)", setting) for setting in settings]
    assert [{name: float(value) for name, value in pairs} for pairs in found] == models
