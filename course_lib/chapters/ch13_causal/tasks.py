"""The task of chapter 13: go on with a pattern that was seen once."""

from typing import NamedTuple

import torch
from torch import nn

from course_lib.chapters.ch13_causal.models import LENGTH, WORDS
from course_lib.nn.training import training_steps

PERIODS = (8, 16)  # of a pattern, both ends included
PATTERNS_TRAINING = {"epochs": 4, "learning_rate": 3e-3}
EVERY = 5  # steps between two measurements


class Patterns(NamedTuple):
    """Texts that repeat a pattern of distinct random words.

    Attributes
    ----------
    tokens : int Tensor, shape (texts, LENGTH)
    periods : int Tensor, shape (texts,)
        The length of each pattern: another one in each text, so that no place tells the word.
    """

    tokens: torch.Tensor
    periods: torch.Tensor


def patterns_task(train=6400, test=256, *, periods=PERIODS):
    """Return texts to learn from and unseen ones as two `Patterns`."""
    return tuple(make_patterns(*pair, periods=periods) for pair in ((train, 0), (test, 1)))


def make_patterns(count, seed, *, periods=PERIODS):
    """Return random texts."""
    generator = torch.Generator().manual_seed(seed)
    low, high = periods
    periods = torch.randint(low, high + 1, (count,), generator=generator)
    words = torch.rand(count, WORDS, generator=generator).argsort(dim=1)  # distinct ones
    places = torch.arange(LENGTH) % periods[:, None]
    return Patterns(words.gather(1, places), periods)


def repeated(periods):
    """Return which of a text's tokens but the first can be known, (texts, LENGTH - 1).

    Those that follow a token which was there before.
    """
    return torch.arange(1, LENGTH) > periods[:, None]


def losses(logits, tokens):
    """Return −ln of the probability of each token but the first, (texts, n - 1)."""
    return nn.functional.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")


def pattern_loss(model, tokens, periods):
    """Return the mean loss of the tokens that can be known."""
    return losses(model(tokens), tokens)[repeated(periods)].mean()


@torch.no_grad()
def measure(model, texts, *, silent=()):
    """Return loss and accuracy on what can be known, and the best score of each kind of head.

    "previous" is the mean weight on the position before, where a pattern is said first;
    "induction" the mean weight on the position after the earlier copy, where it is said next.
    """
    tokens, periods = texts
    logits, weights = model(tokens, silent=silent, return_weights=True)
    known = repeated(periods)
    right = logits[:, :-1].argmax(dim=2) == tokens[:, 1:]
    query = torch.arange(LENGTH)
    first = (query > 0) & (query <= periods[:, None])
    second = (query >= periods[:, None]) & (query < 2 * periods[:, None])
    after = (query - periods[:, None] + 1).clamp(min=0)  # (texts, n): a key for each query
    before = (query - 1).clamp(min=0).expand_as(after)
    return {
        "loss": losses(logits, tokens)[known].mean().item(),
        "accuracy": right[known].float().mean().item(),
        "previous": _score(weights, before, first).max().item(),
        "induction": _score(weights, after, second).max().item(),
    }


def _score(weights, keys, asked):
    """Return the mean weight of each head on one key a query, over the queries asked: (l, h)."""
    at = keys[:, None, None, :, None].expand(*weights.shape[:-1], 1)
    found = weights.gather(-1, at)[..., 0]  # (texts, l, h, n)
    return (found * asked[:, None, None]).sum(dim=(0, 3)) / asked.sum()


def measured_steps(model, examples, test, kept, *, seed, every=EVERY, **settings):
    """Train and yield the steps; append to `kept` what `measure` says, now and then.

    Each entry has also the number of steps that were taken: "step".
    """
    kept.append({"step": 0, **measure(model, test)})
    for step in training_steps(model, pattern_loss, examples, seed=seed, **settings):
        if step.done % every == 0:
            kept.append({"step": step.done, **measure(model, test)})
        yield step


def halfway(kept, name):
    """Return the first measured step at which a number has gone half of its way, or more."""
    start, end = kept[0][name], kept[-1][name]
    return next(entry["step"] for entry in kept if abs(entry[name] - start) >= abs(end - start) / 2)
