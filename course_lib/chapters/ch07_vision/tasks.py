"""The task of chapter 07: scikit-learn's handwritten digits."""

from typing import NamedTuple

import torch

from course_lib.chapters.ch07_vision.models import DigitClassifier, PatchClassifier
from course_lib.data.digits import split_digits
from course_lib.nn.training import seeded

SIDE, PATCH = 8, 2  # pixels of an image and of a patch, either way
WIDE = 50  # channels with which the convolutions have about as many parameters as the transformer

# How each model is trained, in the chapter and in the recorded runs.
DIGITS_TRAINING = {"epochs": 60, "learning_rate": 1e-2}
BRIEF_TRAINING = DIGITS_TRAINING | {"epochs": 20}
PATCHES_TRAINING = {"epochs": 20, "learning_rate": 5e-3}


class Digits(NamedTuple):
    """Scikit-learn's handwritten digits.

    Attributes
    ----------
    train, test : (Tensor, Tensor)
        Images (count, 1, height, width) from 0 to 1, and labels (count,).
    """

    train: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]


def digits_task(test=500):
    """Return the task of chapter 07 as `Digits`."""
    parts = [
        (torch.tensor(images).unsqueeze(1), torch.tensor(labels))
        for images, labels in split_digits(test)
    ]
    return Digits(*parts)


def digits_model(seed, **options):
    """Return an untrained `DigitClassifier`; without attention it begins with equal parameters."""
    return seeded(lambda: DigitClassifier(**options), seed)


def patches_model(seed):
    """Return an untrained `PatchClassifier` for the digits, cut into 4 × 4 patches."""
    return seeded(lambda: PatchClassifier(SIDE, PATCH), seed)
