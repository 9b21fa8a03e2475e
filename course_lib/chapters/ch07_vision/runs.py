"""The models of chapter 07, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

import torch

from course_lib.chapters.ch07_vision import tasks
from course_lib.nn.training import accuracy, label_loss, train


def digits():
    """Return the models that the chapter compares, as functions of a seed."""
    task = tasks.digits_task()
    return {
        "convolutions": partial(convolve, task, attention=False),
        "with attention": partial(convolve, task, attention=True),
        "patches": partial(attend_to_patches, task),
    }


def digits_briefly():
    """Return the first two again, with a third of the training."""
    task, training = tasks.digits_task(), tasks.BRIEF_TRAINING
    return {
        "convolutions": partial(convolve, task, attention=False, training=training),
        "with attention": partial(convolve, task, attention=True, training=training),
    }


def wide_digits():
    """Return convolutions with about as many parameters as the vision transformer."""
    return {"convolutions": partial(convolve, tasks.digits_task(), channels=tasks.WIDE)}


MODELS = {
    "digits": digits,
    "digits briefly": digits_briefly,
    "wide digits": wide_digits,
}
SEEDS = {
    "digits": range(10),
    "digits briefly": range(20),  # quick, and the differences are small
    "wide digits": range(5),
}


def convolve(task, seed, *, attention=False, training=tasks.DIGITS_TRAINING, **options):
    """Train a small convolutional network on images, with the attention block or without."""
    model = tasks.digits_model(seed, attention=attention, **options)
    seconds = train(model, label_loss, task.train, seed=seed, **training)
    found = {"accuracy": accuracy(model, *task.test), "seconds": seconds}
    return found | (_favourites(model, *task.test) if attention else {})


@torch.no_grad()
def _favourites(model, images, labels):
    """Measure the pixel of each image that receives the most attention."""
    _, weights = model(images, return_weights=True)
    received = weights.mean(dim=1)  # of each pixel, over all queries
    favourite = received.argmax(dim=1, keepdim=True)
    return {
        "gamma": model.attention.gamma.item(),
        "favourite share": received.amax(dim=1).mean().item(),
        "favourite brightness": images.flatten(1).gather(1, favourite).mean().item(),
    }


def attend_to_patches(task, seed):
    """Train the vision transformer in small."""
    model = tasks.patches_model(seed)
    seconds = train(model, label_loss, task.train, seed=seed, **tasks.PATCHES_TRAINING)
    return {"accuracy": accuracy(model, *task.test), "seconds": seconds}
