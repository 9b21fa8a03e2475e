"""Answers to the exercises of chapter 07 as people write them, rightly and wrongly."""

import math

import numpy as np
import torch
from torch import nn

from course_lib.chapters.runs import load_runs
from course_lib.nn.vision import SelfAttention2d, attention_distance

RUNS = load_runs("digits")
WITH, WITHOUT = (RUNS[name]["accuracy"] for name in ("with attention", "convolutions"))
GAIN = WITH - WITHOUT
ERROR = GAIN.std(ddof=1) / math.sqrt(len(GAIN))


def tokens_by_loop(picture):
    _, height, width = picture.shape
    return [picture[:, i, j] for i in range(height) for j in range(width)]


def distance_by_loop(weights, height, width):
    total = 0.0
    for i in range(height * width):
        for j in range(height * width):
            step = math.dist(divmod(i, width), divmod(j, width))
            total += weights[i, j] * step
    return total / len(weights)


def distance_by_complex(weights, height, width):
    rows, columns = np.indices((height, width)).reshape(2, -1)
    places = rows + 1j * columns
    return np.vdot(weights, np.abs(places[:, None] - places)) / len(places)


def distance_with(change):
    def answer(weights, height, width):
        rows, columns = np.divmod(np.arange(height * width), width)
        apart = rows[:, None] - rows, columns[:, None] - columns
        return change(weights, *apart)

    return answer


class Given(nn.Module):
    """What the stub of vision-4 gives."""

    def __init__(self, channels, inner):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Conv2d(channels, inner, 1, bias=False) for _ in range(3)
        )
        self.output = nn.Conv2d(inner, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))


class ByLibrary(SelfAttention2d):
    def __init__(self, channels, inner):
        super().__init__(channels, inner_channels=inner)

    def forward(self, x):
        return super().forward(x, return_weights=True)


class ByEinsum(Given):
    def forward(self, x):
        q, k, v = (f(x) for f in (self.query, self.key, self.value))
        logits = torch.einsum("bchw,bcij->bhwij", q, k).flatten(3).flatten(1, 2)
        weights = logits.softmax(-1)
        mixed = torch.einsum("bnm,bcm->bcn", weights, v.flatten(2)).reshape(v.shape)
        return x + self.gamma * self.output(mixed), weights


class BySdpa(Given):
    def forward(self, x):
        q, k, v = (f(x).flatten(2).mT for f in (self.query, self.key, self.value))
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, scale=1)
        y = self.output(mixed.mT.reshape(len(x), -1, *x.shape[2:]))
        return [self.gamma * y + x, torch.softmax(q @ k.mT, -1)]


class Steps(Given):
    """The right block in steps that a subclass may get wrong."""

    def forward(self, x):
        q, k, v = (f(x).flatten(2) for f in (self.query, self.key, self.value))
        weights = self.weigh(q, k)
        return self.finish(x, self.mix(v, weights).reshape(self.fold(x))), weights

    def weigh(self, q, k):
        return (q.mT @ k).softmax(-1)

    def mix(self, v, weights):
        return v @ weights.mT

    def fold(self, x):
        return (len(x), -1, *x.shape[2:])

    def finish(self, x, mixed):
        return self.gamma * self.output(mixed) + x


def but(**changes):
    return type("Other", (Steps,), changes)


class Silent(Given):
    def forward(self, x):
        return x


class Renamed(nn.Module):
    def __init__(self, channels, inner):
        super().__init__()
        self.q = nn.Conv2d(channels, inner, 1)

    def forward(self, x):
        return x, x


def shuffled_by_loop(block, picture, order):
    def shuffle(x):
        flat = [list(channel.ravel()) for channel in np.asarray(x)]
        return np.array([[row[k] for k in order] for row in flat]).reshape(x.shape)

    return np.max(np.abs(block(shuffle(picture)) - shuffle(block(picture))))


def shuffled_by_torch(block, picture, order):
    def shuffle(x):
        return torch.tensor(x).flatten(1)[:, order.tolist()].reshape(x.shape).numpy()

    return (
        (torch.tensor(block(shuffle(picture))) - torch.tensor(shuffle(block(picture)))).abs().max()
    )


def shuffle(x, order):
    return x.reshape(len(x), -1)[:, order].reshape(x.shape)


RIGHT = {
    "vision-1": [
        tokens_by_loop,
        lambda picture: picture.transpose(1, 2, 0).reshape(-1, len(picture)),
        lambda picture: torch.tensor(picture).flatten(1).T,
    ],
    "vision-2": [
        distance_by_loop,
        distance_by_complex,
        lambda w, height, width: attention_distance(torch.tensor(w), height, width),
    ],
    "vision-3": [
        lambda c: max(1, c // 8),
        lambda c: c // 8 or 1,
        lambda c: 1 if c < 8 else int(c / 8),
    ],
    "vision-4": [ByLibrary, ByEinsum, BySdpa, Steps],
    "vision-5": ["gamma", " Gamma "],
    "vision-6": [shuffled_by_loop, shuffled_by_torch],
    "vision-7": [
        GAIN.mean() / ERROR,
        torch.tensor(GAIN.mean() / ERROR),
        round(GAIN.mean() / ERROR, 3),
    ],
}

WRONG = {
    "vision-1": [
        (lambda picture: picture.reshape(-1, len(picture)), "Reshaping alone mixes"),
        (lambda picture: picture.T.reshape(-1, len(picture)), "column by column"),
        (lambda picture: picture.reshape(len(picture), -1), "One token a row"),
        (lambda picture: picture.transpose(1, 2, 0), "shape"),
        (lambda picture: picture.ravel(), "shape"),
        (lambda picture: picture[::-1].reshape(len(picture), -1).T, "not right yet"),
    ],
    "vision-2": [
        (
            lambda w, height, width: distance_by_loop(w, width, height),
            ("Height and width are swapped", "as much as their weights say"),
        ),
        (distance_with(lambda w, r, c: (w * abs(r)).sum(1).mean()), "not right yet"),
        (distance_with(lambda w, r, c: (w * (r**2 + c**2)).sum(1).mean()), "Take the root"),
        (distance_with(lambda w, r, c: (w * (abs(r) + abs(c))).sum(1).mean()), "Straight lines"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum()), "sum over the queries"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).mean()), "mean over the queries only"),
        (distance_with(lambda w, r, c: np.hypot(r, c).mean()), "as their weights say"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum(1)), "shape"),
    ],
    "vision-3": [
        (lambda c: c // 8, "no channels at all"),
        (lambda c: c // 8 or c, "an eighth would be too few"),
        (lambda c: -(-c // 8), "Round down"),
        (lambda c: c / 8, "A number of channels is whole"),
        (lambda c: max(8, c // 8), "At least one is enough"),
        (lambda c: 1, "not right yet"),
        (lambda c: c, "too few"),
        (lambda c: str(max(1, c // 8)), "numbers"),
        (lambda c: max(1.0, c // 8), "whole number"),
        (lambda c: max(1, np.floor(c / 8)), "whole number"),
    ],
    "vision-4": [
        (but(weigh=lambda self, q, k: (q.mT @ k).softmax(1)), "columns of the weights"),
        (but(weigh=lambda self, q, k: (q.mT @ k).softmax(-1).mT), "transposed"),
        (but(weigh=lambda self, q, k: (q.mT @ k / q.shape[1] ** 0.5).softmax(-1)), "no scale"),
        (but(weigh=lambda self, q, k: (k.mT @ q).softmax(-1)), "exchanged"),
        (but(weigh=lambda self, q, k: q.mT @ k), "Those are the logits"),
        (but(mix=lambda self, v, weights: (weights @ v.mT).contiguous()), "came as (n, inner)"),
        (but(finish=lambda self, x, mixed: self.gamma * (self.output(mixed) + x)), "not x"),
        (
            but(
                finish=lambda self, x, mixed: self.gamma * self.output(mixed) + (1 - self.gamma) * x
            ),
            "added whole",
        ),
        (but(mix=lambda self, v, weights: v @ weights), "transposed weights"),
        (but(finish=lambda self, x, mixed: self.gamma * self.output(mixed)), "not added"),
        (but(finish=lambda self, x, mixed: self.output(mixed) + x), "γ is missing"),
        (
            but(
                finish=lambda self, x, mixed: (
                    self.gamma * self.output(mixed).reshape(*x.shape[:2], *x.shape[:1:-1]).mT + x
                )
            ),
            "Height and width are swapped",
        ),
        (but(mix=lambda self, v, weights: v.detach() @ weights.mT), "gradient"),
        (Silent, "two things"),
        (Renamed, "leave `__init__` as it was"),
    ],
    "vision-5": [
        ("query", "which is 0"),
        ("output", "which is 0"),
        ("value", "which is 0"),
        ("all", "product"),
        ("none", "move it a little"),
        ("x", "should be one of"),
    ],
    "vision-6": [
        (lambda b, x, order: abs(b(shuffle(x, order)) - b(x)).max(), "once behind it"),
        (lambda b, x, order: abs(shuffle(b(x), order) - b(x)).max(), "once behind it"),
        (lambda b, x, order: (b(shuffle(x, order)) - shuffle(b(x), order)).max(), "absolute"),
        (lambda b, x, order: (shuffle(b(x), order) - b(shuffle(x, order))).max(), "absolute"),
        (
            lambda b, x, order: (abs(b(shuffle(x, order))) - abs(shuffle(b(x), order))).max(),
            "absolute",
        ),
        (
            lambda b, x, order: abs(
                b(shuffle(x, np.argsort(order))) - shuffle(b(x), np.argsort(order))
            ).max(),
            "The other way",
        ),
        (lambda b, x, order: abs(shuffle(b(x), order) - x).max(), "two results"),
        (
            lambda b, x, order: abs(b(shuffle(x, order)) - shuffle(b(x), np.argsort(order))).max(),
            "shuffle them the same way twice",
        ),
        (
            lambda b, x, order: abs(b(shuffle(x, order)) - shuffle(b(x), order)).mean(),
            "mean difference",
        ),
        (lambda b, x, order: 0.0, "The largest difference: not right yet"),
        (lambda b, x, order: abs(b(shuffle(x, order)) - shuffle(b(x), order)), "shape"),
    ],
    "vision-7": [
        (-GAIN.mean() / ERROR, "with attention minus without"),
        (GAIN.mean(), "standard error"),
        (GAIN.mean() / GAIN.std(ddof=1), "√seeds"),
        (GAIN.mean() / GAIN.std() * math.sqrt(len(GAIN)), "ddof=1"),
        (
            GAIN.mean() / math.sqrt((WITH.var(ddof=1) + WITHOUT.var(ddof=1)) / len(GAIN)),
            "seed by seed",
        ),
        (ERROR, "standard error"),
        (1.96, "not right yet"),
        (GAIN.mean() / (GAIN.std(ddof=1) / len(GAIN)), "the root"),
        (str(GAIN.mean() / ERROR), "numbers"),
    ],
}
