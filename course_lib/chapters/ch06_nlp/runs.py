"""The models of chapter 06, each trained from one seed, and what is measured of it.

`course_lib.chapters.record` runs them all and keeps the results in ``runs.json`` beside this file.
"""

from functools import partial

import numpy as np
import torch
from torch import nn

from course_lib.centrality import rank_correlation
from course_lib.chapters.ch06_nlp import tasks
from course_lib.chapters.ch06_nlp.dates import alignment
from course_lib.nn import explain
from course_lib.nn.training import accuracy, label_loss, seeded, train

TEXTS = 100  # on which explanations are compared


def opinions():
    """Return the models of part 1 as functions of a seed."""
    task = tasks.opinions_task()
    return {
        "attention": partial(classify, task),
        "uniform attention": partial(classify, task, uniform=True),
        "no positions": partial(classify, task, positional=False),
        "bag of words": partial(count_words, task),
    }


def dates():
    """Return the model of part 2."""
    return {"translator": partial(translate, tasks.dates_task())}


MODELS = {"opinions": opinions, "dates": dates}
SEEDS = {"opinions": range(5), "dates": range(5)}


def classify(task, seed, *, uniform=False, **options):
    """Train a classifier of opinions, with the attention it learns or a uniform one."""
    model = tasks.opinions_model(task, seed, **options)
    loss = tasks.uniform_loss if uniform else label_loss
    seconds = train(model, loss, task.train, seed=seed, **tasks.OPINIONS_TRAINING)

    def right(words, labels):
        weights = [explain.uniform_weights(words)] * 2 if uniform else None
        return accuracy(model, words, labels, weights=weights)

    found = _by_kind(task, right) | {"seconds": seconds}
    if uniform or options:
        return found
    with torch.no_grad():
        _, weights = model(task.test[0], return_weights=True)
    best = tasks.negators_found(weights, task.test_opinions).max().item()
    return found | {"best head finds negators": best} | _explanations(model, task)


def count_words(task, seed):
    """Train logistic regression on how often each word occurs."""
    words = len(task.vocabulary)
    model = seeded(lambda: nn.Linear(words, 2), seed)
    counted = [tasks.bag_of_words(task.train[0], words), task.train[1]]
    seconds = train(model, label_loss, counted, seed=seed, **tasks.BAG_TRAINING)

    def right(texts, labels):
        return accuracy(model, tasks.bag_of_words(texts, words), labels)

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
    """Return the mean rank correlation of two measures over texts, padding left out."""
    return float(
        np.mean(
            [
                rank_correlation(a[real].numpy(), b[real].numpy())
                for a, b, real in zip(first, second, words != 0, strict=True)
            ]
        )
    )


def translate(task, seed):
    """Train a translator of dates; measure exact matches and where its cross-attention points."""
    model = tasks.dates_model(task, seed)
    seconds = train(model, tasks.dates_loss, task.train, seed=seed, **tasks.DATES_TRAINING)
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
