"""The models of chapters 06 and 07: each trained from one seed, and what is measured of it.

`course_lib.nn.runs` runs them all and keeps the results.
"""

import numpy as np
import torch
from torch import nn

from course_lib.centrality import rank_correlation
from course_lib.data.dates import alignment
from course_lib.nn import explain, tasks
from course_lib.nn.training import train
from course_lib.nn.vision import attention_distance

TEXTS = 100  # on which explanations are compared

# How each model is trained, here and in the chapters.
OPINIONS = {"epochs": 10, "learning_rate": 5e-3}
BAG = {"epochs": 20, "learning_rate": 3e-2}
DATES = {"epochs": 5, "learning_rate": 5e-3}
DIGITS = {"epochs": 60, "learning_rate": 1e-2}
PATCHES = {"epochs": 20, "learning_rate": 5e-3}


def opinions(task, seed, *, uniform=False, **options):
    """Train a classifier of opinions, with the attention it learns or a uniform one."""
    model = tasks.opinions_model(task, seed, **options)
    loss = tasks.uniform_loss if uniform else tasks.label_loss
    seconds = train(model, loss, task.train, seed=seed, **OPINIONS)

    def right(words, labels):
        weights = [explain.uniform_weights(words)] * 2 if uniform else None
        return tasks.accuracy(model, words, labels, weights=weights)

    found = _by_kind(task, right) | {"seconds": seconds}
    return found | (_explanations(model, task) if not uniform and not options else {})


def bag(task, seed):
    """Train logistic regression on how often each word occurs."""
    words = len(task.vocabulary)
    model = tasks.seeded(lambda: nn.Linear(words, 2), seed)
    counted = [tasks.bag_of_words(task.train[0], words), task.train[1]]
    seconds = train(model, tasks.label_loss, counted, seed=seed, **BAG)

    def right(texts, labels):
        return tasks.accuracy(model, tasks.bag_of_words(texts, words), labels)

    return _by_kind(task, right) | {"seconds": seconds}


def _by_kind(task, right):
    negated = torch.tensor([opinion.negated for opinion in task.test_opinions])
    words, labels = task.test
    return {
        "all": right(words, labels),
        "negated": right(words[negated], labels[negated]),
        "unseen combinations": right(*task.unseen),
    }


def _explanations(model, task):
    words = task.test[0][:TEXTS]
    importance = {
        "attention": explain.attention_importance(model, words),
        "gradient": explain.gradient_importance(model, words),
        "leave one out": explain.leave_one_out(model, words),
    }
    pairs = [("attention", "gradient"), ("attention", "leave one out")]
    pairs.append(("gradient", "leave one out"))
    found = {f"{a} ~ {b}": mean_correlation(importance[a], importance[b], words) for a, b in pairs}
    generator = torch.Generator().manual_seed(0)
    _, moved, apart = explain.adversarial_attention(model, words, generator=generator)
    fooled = (moved <= 0.05).float().mean().item()
    return found | {"adversary found": fooled, "adversary apart": apart.mean().item()}


def mean_correlation(first, second, words):
    """Return the mean rank correlation of two measures over texts, filling left out."""
    return float(
        np.mean(
            [
                rank_correlation(a[real].numpy(), b[real].numpy())
                for a, b, real in zip(first, second, words != 0, strict=True)
            ]
        )
    )


def dates(task, seed):
    """Train a translator of dates; measure exact matches and where its cross-attention points."""
    model = tasks.dates_model(task, seed)
    seconds = train(model, tasks.dates_loss, task.train, seed=seed, **DATES)
    written, weights = tasks.translate(model, task, task.test[0])
    exact = np.mean([got == iso for got, (_, iso) in zip(written, task.test_pairs, strict=True)])
    heads = weights[:, -1].numpy()  # (count, h, 10, m)
    pointing = [pointed(heads[:, [h]], task.test_pairs) for h in range(heads.shape[1])]
    return {
        "exact": float(exact),
        "mean head points right": pointed(heads, task.test_pairs),
        "best head points right": max(pointing),
        "seconds": seconds,
    }


def pointed(heads, pairs):
    """Return how often the largest weight, heads averaged, is on a character of the alignment."""
    hits = []
    for weights, (text, _) in zip(heads.mean(axis=1), pairs, strict=True):
        right = alignment(text)
        rows = np.flatnonzero(right.any(axis=1))
        hits += right[rows, weights[rows, : len(text)].argmax(axis=1)].tolist()
    return float(np.mean(hits))


def digits(task, seed, *, attention):
    """Train a small convolutional network on the digits, with the attention block or without."""
    model = tasks.digits_model(seed, attention=attention)
    seconds = train(model, tasks.label_loss, task.train, seed=seed, **DIGITS)
    found = {"accuracy": tasks.accuracy(model, *task.test), "seconds": seconds}
    if attention:
        with torch.no_grad():
            _, weights = model(task.test[0], return_weights=True)
        found["gamma"] = model.attention.gamma.item()
        found["distance"] = attention_distance(weights, 8, 8).mean().item()
        found["largest weight"] = weights.amax(dim=-1).mean().item()
        received = weights.mean(dim=1)  # of each pixel, over all queries
        favourite = received.argmax(dim=1, keepdim=True)
        found["favourite share"] = received.amax(dim=1).mean().item()
        brightness = task.test[0].flatten(1).gather(1, favourite)
        found["favourite brightness"] = brightness.mean().item()
    return found


def patches(task, seed):
    """Train the vision transformer in small."""
    model = tasks.patches_model(seed)
    seconds = train(model, tasks.label_loss, task.train, seed=seed, **PATCHES)
    return {"accuracy": tasks.accuracy(model, *task.test), "seconds": seconds}
