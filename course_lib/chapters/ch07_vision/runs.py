"""The models of chapter 07, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

import torch

from course_lib.chapters.ch07_vision import tasks
from course_lib.nn.training import accuracy, label_loss, train
from course_lib.nn.vision import attention_distance


def digits():
    """Return the models as functions of a seed."""
    task = tasks.digits_task()
    return {
        "convolutions": partial(convolve, task, attention=False),
        "with attention": partial(convolve, task, attention=True),
        "patches": partial(attend_to_patches, task),
    }


MODELS = {"digits": digits}
SEEDS = {"digits": range(10)}  # quick, and the differences are small


def convolve(task, seed, *, attention):
    """Train a small convolutional network on the digits, with the attention block or without."""
    model = tasks.digits_model(seed, attention=attention)
    seconds = train(model, label_loss, task.train, seed=seed, **tasks.DIGITS_TRAINING)
    found = {"accuracy": accuracy(model, *task.test), "seconds": seconds}
    if attention:
        with torch.no_grad():
            _, weights = model(task.test[0], return_weights=True)
        found["gamma"] = model.attention.gamma.item()
        found["distance"] = attention_distance(weights, tasks.SIDE, tasks.SIDE).mean().item()
        found["largest weight"] = weights.amax(dim=-1).mean().item()
        received = weights.mean(dim=1)  # of each pixel, over all queries
        favourite = received.argmax(dim=1, keepdim=True)
        found["favourite share"] = received.amax(dim=1).mean().item()
        brightness = task.test[0].flatten(1).gather(1, favourite)
        found["favourite brightness"] = brightness.mean().item()
    return found


def attend_to_patches(task, seed):
    """Train the vision transformer in small."""
    model = tasks.patches_model(seed)
    seconds = train(model, label_loss, task.train, seed=seed, **tasks.PATCHES_TRAINING)
    return {"accuracy": accuracy(model, *task.test), "seconds": seconds}
