"""The tasks of chapter 06: opinions and dates."""

import numpy as np
import pytest
import torch

from course_lib.chapters.ch06_nlp import runs, tasks
from course_lib.chapters.ch06_nlp.dates import alignment
from course_lib.chapters.ch06_nlp.sentiment import reversals
from course_lib.chapters.runs import load_runs


@pytest.fixture(scope="module")
def opinions():
    return tasks.opinions_task()


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


def test_a_head_that_looks_at_negators_alone_finds_them_all(opinions):
    chosen = [opinion for opinion in opinions.test_opinions if opinion.negated][:20]
    weights = torch.rand(20, 1, 2, 19, 19, generator=torch.Generator().manual_seed(0))
    for given, opinion in zip(weights, chosen, strict=True):
        right = torch.tensor(reversals(opinion.words))
        n = len(right)
        given[:, 0, :n, :n] += right
        given[:, 1, :n, :n] -= right.float()
    assert tasks.negators_found(weights, chosen).tolist() == [[1, 0]]


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
    assert runs.pointed(heads, pairs) == 1
    heads[0, :, 0, 0] = 9  # the first digit of the year points at the day
    assert runs.pointed(heads, pairs) == 7 / 8


def test_the_bag_of_words_comes_out_as_recorded(opinions):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    again = runs.count_words(opinions, 0)
    torch.set_num_threads(threads)
    recorded = load_runs("opinions")["bag of words"]
    for name in ("all", "negated", "unseen combinations"):
        assert again[name] == pytest.approx(recorded[name][0], abs=0.02)
