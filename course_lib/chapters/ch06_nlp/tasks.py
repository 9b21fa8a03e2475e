"""The tasks of chapter 06: opinions to be sorted, and dates to be translated.

Each task is the same every time. What differs from run to run is the seed with which a model's
parameters and the order of its examples begin.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from course_lib.chapters.ch06_nlp.dates import make_dates
from course_lib.chapters.ch06_nlp.models import TextClassifier, Translator
from course_lib.chapters.ch06_nlp.sentiment import make_opinions, reversals
from course_lib.data.vocabulary import PAD, Vocabulary
from course_lib.nn.explain import uniform_weights
from course_lib.nn.training import seeded

START = "<"  # the token before the first one that is written
ISO_LENGTH = len("2026-05-03")

# How each model is trained, in the chapter and in the recorded runs.
OPINIONS_TRAINING = {"epochs": 10, "learning_rate": 5e-3}
BAG_TRAINING = {"epochs": 20, "learning_rate": 3e-2}
DATES_TRAINING = {"epochs": 5, "learning_rate": 5e-3}


class Opinions(NamedTuple):
    """Opinions to be sorted into good and bad.

    Attributes
    ----------
    vocabulary : Vocabulary
    train, test, unseen : (Tensor, Tensor)
        Texts (count, n), filled up with 0, and labels (count,). `unseen`: negators with adjectives
        that no training text puts together.
    test_opinions : list of Opinion
        The texts of `test` with what is known of them.
    """

    vocabulary: Vocabulary
    train: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]
    unseen: tuple[torch.Tensor, torch.Tensor]
    test_opinions: list


def opinions_task(train=5000, test=1500, unseen=500):
    """Return the task of chapter 06, part 1, as `Opinions`; all texts are different."""
    rng = np.random.default_rng(0)
    opinions = make_opinions(train + test, rng)
    kept_back = make_opinions(unseen, rng, unseen_combinations=True)
    everything = opinions + kept_back
    vocabulary = Vocabulary(word for opinion in everything for word in opinion.words)
    texts = torch.tensor(vocabulary.encode([opinion.words for opinion in everything]))
    labels = torch.tensor([opinion.label for opinion in everything])
    parts = [part.split([train, test, unseen]) for part in (texts, labels)]
    return Opinions(vocabulary, *zip(*parts, strict=True), opinions[train:])


def opinions_model(task, seed, **options):
    """Return an untrained `TextClassifier` for the task; options as for the class."""
    words, length = len(task.vocabulary), task.train[0].shape[1]
    return seeded(lambda: TextClassifier(words, 2, length, **options), seed)


def uniform_loss(model, words, labels):
    """Return the loss of a model whose attention is the same everywhere, in both layers."""
    weights = uniform_weights(words)
    return nn.functional.cross_entropy(model(words, weights=[weights, weights]), labels)


def bag_of_words(texts, words):
    """Return how often each word stands in each text: (count, n) -> (count, words)."""
    counts = nn.functional.one_hot(texts, words).sum(dim=1).float()
    counts[:, PAD] = 0
    return counts


def negators_found(weights, opinions):
    """Return how often the largest weight of a negated adjective is on its negator.

    Parameters
    ----------
    weights : Tensor, shape (count, layers, h, n, n)
    opinions : list of Opinion
        As many.

    Returns
    -------
    Tensor, shape (layers, h)
    """
    hits = []
    for given, opinion in zip(weights, opinions, strict=True):
        right = torch.tensor(reversals(opinion.words))  # (words, words)
        rows = right.any(dim=1).nonzero()[:, 0]
        best = given[:, :, rows, : len(right)].argmax(dim=-1)  # (layers, h, rows)
        hits.append(right[rows, best])
    return torch.cat(hits, dim=-1).float().mean(dim=-1)


class Dates(NamedTuple):
    """Written dates to be translated.

    Attributes
    ----------
    letters, signs : Vocabulary
        Of the written dates, and of their ISO forms with the start sign.
    train, test : (Tensor, Tensor)
        Written dates (count, m), filled up with 0, and ISO forms (count, 11) behind a start sign.
    test_pairs : list of (str, str)
        The dates of `test` as text.
    """

    letters: Vocabulary
    signs: Vocabulary
    train: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]
    test_pairs: list


def dates_task(train=8000, test=1000):
    """Return the task of chapter 06, part 2, as `Dates`; all written dates are different."""
    pairs = make_dates(train + test, np.random.default_rng(0))
    letters = Vocabulary(letter for written, _ in pairs for letter in written)
    signs = Vocabulary(START + "-0123456789")
    written = torch.tensor(letters.encode([written for written, _ in pairs]))
    iso = torch.tensor(signs.encode([START + iso for _, iso in pairs]))
    parts = [part.split([train, test]) for part in (written, iso)]
    return Dates(letters, signs, *zip(*parts, strict=True), pairs[train:])


def dates_model(task, seed):
    """Return an untrained `Translator` for the task."""
    lengths = task.train[0].shape[1], ISO_LENGTH + 1
    sizes = {"d_model": 48, "num_heads": 4, "num_layers": 1}
    return seeded(lambda: Translator(len(task.letters), len(task.signs), *lengths, **sizes), seed)


def dates_loss(model, written, iso):
    """Return the cross-entropy of each sign, given the written date and the signs before it."""
    logits = model(written, iso[:, :-1])  # (count, 10, signs)
    return nn.functional.cross_entropy(logits.flatten(0, 1), iso[:, 1:].flatten())


def translate(model, task, written):
    """Return ISO forms as texts, and the cross weights (count, layers, h, 10, m)."""
    start = task.signs.numbers[START]
    tokens, weights = model.greedy(written, start=start, length=ISO_LENGTH)
    return ["".join(signs) for signs in task.signs.decode(tokens.tolist())], weights
