"""The task of chapter 07: handwritten digits."""

import torch

from course_lib.chapters.ch07_vision import tasks


def test_the_models_with_and_without_attention_begin_alike():
    with_attention, without = (tasks.digits_model(3, attention=a).state_dict() for a in (1, 0))
    for name, parameter in without.items():
        assert torch.equal(parameter, with_attention[name])


def test_digits_are_split_without_a_rest():
    task = tasks.digits_task()
    assert task.train[0].shape == (1297, 1, 8, 8)
    assert task.test[0].shape == (500, 1, 8, 8)
    assert (task.test[0].min(), task.test[0].max()) == (0, 1)
    assert set(task.test[1].tolist()) == set(range(10))
