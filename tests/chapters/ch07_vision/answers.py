"""Answers to the exercises of chapter 07 as people write them, rightly and wrongly."""

import math
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import scipy.stats
import sympy
import torch
from torch import nn

from course_lib.nn.vision import SelfAttention2d, attention_distance, to_patches
from tests.support.answers import nearly


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


def in_type(dtype):
    class Other(Steps):
        def __init__(self, channels, inner):
            super().__init__(channels, inner)
            self.register_buffer("seen", torch.zeros(3))
            self.to(dtype)

        def forward(self, x):
            return super().forward(x.to(dtype))

    return Other


class MixedAfterOutput(Given):
    def forward(self, x):
        batch, _, height, width = x.shape
        q, k, v = (f(x).view(batch, -1, height * width) for f in (self.query, self.key, self.value))
        weights = nn.functional.softmax(torch.bmm(q.permute(0, 2, 1), k), dim=2)
        v = self.output(v.view(batch, -1, height, width)).flatten(2)  # works on each pixel alone
        brought = torch.einsum("bij,bcj->bci", weights, v).view_as(x)
        return torch.addcmul(x, self.gamma, brought), weights


class ByLoop(Given):
    def forward(self, x):
        images, weights = [], []
        for image in x:
            q, k, v = (f(image[None])[0].flatten(1).T for f in (self.query, self.key, self.value))
            weights.append(torch.stack([torch.softmax(k @ row, dim=0) for row in q]))
            mixed = (weights[-1] @ v).T.reshape(-1, *image.shape[1:])
            images.append(self.output(mixed[None])[0].mul(self.gamma).add_(image))
        return torch.stack(images), torch.stack(weights)


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


def largest_alone(logits):
    """Where logits lie far apart, give all to the largest."""
    weights, far = logits.softmax(-1), logits.amax(-1) - logits.amin(-1) > 50
    alone = nn.functional.one_hot(logits.argmax(-1), logits.shape[-1])
    return torch.where(far[..., None], alone.to(logits.dtype), weights)


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


def apart(block, x, order):
    return block(shuffle(x, order)) - shuffle(block(x), order)


def cut_off(difference, least):
    return difference if difference > least else 0.0


def shuffled_by_pixels(block, picture, order):
    def turned(x):
        return np.stack(list(x.reshape(len(x), -1).T))[order].T.reshape(x.shape)

    return np.linalg.norm((block(turned(picture)) - turned(block(picture))).ravel(), np.inf)


def tokens_of(change):
    """Return the tokens of an image that was changed first."""
    return lambda picture: np.reshape(change(picture), (len(picture), -1)).T


def without_loops(weights, r, c):
    """Take a query's mean over the other places only."""
    others = weights * (1 - np.eye(len(weights)))
    return ((others * np.hypot(r, c)).sum(1) / others.sum(1).clip(1e-9)).mean()


def nearest(look):
    """Return an answer to vision-2 that asks where a row of weights looks in a way of its own."""

    def answer(weights, height, width):
        places = np.stack(np.divmod(np.arange(height * width), width), axis=1)
        return look(weights, places)

    return answer


def error(gains, ddof=1):
    return np.std(gains, ddof=ddof) / np.sqrt(len(gains))


def errors_by_loop(gains):
    mean = sum(gains) / len(gains)
    variance = sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1)
    return mean / math.sqrt(variance / len(gains))


RIGHT = {
    "vision-1": [
        tokens_by_loop,
        lambda picture: picture.transpose(1, 2, 0).reshape(-1, len(picture)),
        lambda picture: torch.tensor(picture).flatten(1).T,
        lambda picture: np.einsum("chw->hwc", picture).reshape(-1, len(picture)),
        lambda picture: np.stack([channel.ravel() for channel in picture], axis=1),
        lambda picture: pd.DataFrame({k: channel.ravel() for k, channel in enumerate(picture)}),
        lambda picture: picture.reshape(len(picture), -1).T.astype(np.float16),
        lambda picture: torch.tensor(picture).bfloat16().permute(1, 2, 0).flatten(0, 1),
        lambda picture: picture.reshape(len(picture), -1).T.astype(object),
        lambda picture: zip(*(channel.ravel() for channel in picture), strict=True),
        lambda picture: np.array(picture.reshape(len(picture), -1), np.float32).T.tolist(),
    ],
    "vision-2": [
        distance_by_loop,
        distance_by_complex,
        lambda w, height, width: distance_by_loop(w.T, height, width),  # there and back are as far
        lambda w, height, width: np.float16(distance_by_loop(w, height, width)),
        lambda w, height, width: torch.tensor(distance_by_loop(w, height, width)).bfloat16(),
        lambda w, height, width: Fraction(float(distance_by_loop(w, height, width))),
        lambda w, height, width: Decimal(float(distance_by_complex(w, height, width))),
        distance_with(lambda w, r, c: np.einsum("ij,ij->", w, np.hypot(r, c)) / len(w)),
        distance_with(lambda w, r, c: np.average(np.hypot(r, c), weights=w)),
        distance_with(lambda w, r, c: np.trace(w @ np.sqrt(r**2 + c**2)) / len(w)),
        distance_with(
            lambda w, r, c: (torch.tensor(w) * torch.tensor(np.hypot(r, c))).sum(1).mean()
        ),
    ],
    "vision-3": [
        lambda c: max(1, c // 8),
        lambda c: c // 8 or 1,
        lambda c: 1 if c < 8 else int(c / 8),
        lambda c: np.maximum(1, c >> 3),
        lambda c: torch.tensor(c).div(8, rounding_mode="floor").clamp(min=1),
        lambda c: np.array([1, c // 8]).max(),
        lambda c: 1 + max(c - 8, 0) // 8,
        lambda c: int(np.clip(math.floor(c / 8), 1, None)),
        lambda c: sorted([1, divmod(c, 8)[0]])[-1],
        lambda c: len(range(8, c + 1, 8)) or 1,
        lambda c: np.uint16(max(c // 8, 1)),
    ],
    "vision-4": [
        ByEinsum,
        BySdpa,
        Steps,
        MixedAfterOutput,
        ByLoop,
        but(weigh=lambda self, q, k: ((z := q.mT @ k) - z.logsumexp(-1, keepdim=True)).exp()),
        in_type(torch.float64),
        in_type(torch.float16),
        in_type(torch.bfloat16),
        lambda channels, inner: Steps(channels, inner),
    ],
    "vision-5": [
        "gamma",
        " Gamma ",
        "gamma.",
        '"gamma"',
        "GAMMA",
        np.str_("gamma"),
        np.array("gamma"),
        "`gamma`",
    ],
    "vision-6": [
        shuffled_by_loop,
        shuffled_by_torch,
        shuffled_by_pixels,
        lambda *case: max(apart(*case).max(), -apart(*case).min()),
        lambda *case: np.float16(np.abs(apart(*case)).max()),
        lambda *case: torch.tensor(apart(*case)).abs().max().bfloat16(),
        lambda *case: Fraction(float(np.abs(apart(*case)).max())),
        lambda *case: max(np.abs(apart(*case)).ravel().tolist()),
        lambda *case: pd.Series(apart(*case).ravel()).abs().max(),
        lambda b, x, order: np.abs(  # the same order of results on both sides changes nothing
            shuffle(b(shuffle(x, order)), np.argsort(order)) - b(x)
        ).max(),
    ],
    "vision-7": [
        errors_by_loop,
        lambda gains: gains.mean() / gains.std(ddof=1) * np.sqrt(len(gains)),
        lambda gains: statistics.mean(gains) / (statistics.stdev(gains) / len(gains) ** 0.5),
        lambda gains: scipy.stats.ttest_1samp(gains, 0).statistic,
        lambda gains: scipy.stats.ttest_ind(gains, np.zeros_like(gains)).statistic,
        lambda gains: np.mean(gains) / scipy.stats.sem(gains),
        lambda gains: pd.Series(gains).mean() / pd.Series(gains).sem(),
        lambda gains: torch.tensor(gains).mean() / torch.tensor(gains).std() * len(gains) ** 0.5,
        lambda gains: np.float16(errors_by_loop(gains)),
        lambda gains: torch.tensor(errors_by_loop(gains)).bfloat16(),
        lambda gains: Fraction(float(errors_by_loop(gains))),
        lambda gains: sympy.Float(float(errors_by_loop(gains))),
    ],
}

WRONG = {
    "vision-1": [
        (lambda picture: picture.reshape(-1, len(picture)), "Reshaping alone mixes"),
        (lambda picture: picture.T.reshape(-1, len(picture)), "column by column"),
        (lambda picture: picture.reshape(len(picture), -1), "Each token should be a row"),
        (lambda picture: picture.transpose(1, 2, 0), "shape"),
        (lambda picture: picture.ravel(), "shape"),
        (lambda picture: picture[::-1].reshape(len(picture), -1).T, "not right yet"),
        (tokens_of(lambda picture: picture[:, ::-1]), "not right yet"),
        (tokens_of(lambda picture: picture[:, :, ::-1]), "not right yet"),
        (tokens_of(lambda picture: picture.clip(0, 1)), "not right yet"),
        (tokens_of(lambda picture: picture.round(1)), "not right yet"),
        (tokens_of(lambda picture: np.sort(picture.reshape(len(picture), -1))), "not right yet"),
        (lambda picture: picture[:3].reshape(3, -1).T, ("shape", "cannot reshape")),
        (
            lambda picture: picture.reshape(-1, picture.shape[-1] * picture.shape[0]),
            ("shape", "cannot reshape"),
        ),
        (
            lambda picture: picture.transpose(1, 0, 2).reshape(-1, len(picture)),
            "not right yet",
        ),
        (lambda picture: (t := picture.reshape(len(picture), -1).T)[t.any(1)], "shape"),
        (
            lambda picture: to_patches(torch.tensor(picture)[None], 1)[0],
            "calls `course_lib.nn.vision.to_patches`",
        ),
        (
            lambda picture: picture.reshape(3, -1).T if len(picture) == 3 else None,
            ("None", "cannot reshape"),
        ),
        *nearly(tokens_by_loop, "given clipped"),
        *nearly(tokens_by_loop, "a square transposed"),
    ],
    "vision-2": [
        (
            lambda w, height, width: distance_by_loop(w, width, height),
            ("Height and width are swapped", "by its attention weight"),
        ),
        (distance_with(lambda w, r, c: (w * abs(r)).sum(1).mean()), "not right yet"),
        (distance_with(lambda w, r, c: (w * (r**2 + c**2)).sum(1).mean()), "Take the root"),
        (
            distance_with(
                lambda w, r, c: (
                    (w * np.sqrt(sum(s.astype(np.uint8) ** 2 for s in (r, c)) * 1.0)).sum(1).mean()
                )
            ),
            "not right yet",
        ),
        (distance_with(lambda w, r, c: (w * (abs(r) + abs(c))).sum(1).mean()), "Straight lines"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum()), "sum over the queries"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).mean()), "mean over the queries only"),
        (distance_with(lambda w, r, c: np.hypot(r, c).mean()), "by its attention weight"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum(1)), "shape"),
        (
            lambda w, height, width: attention_distance(torch.tensor(w), height, width),
            "calls `course_lib.nn.vision.attention_distance`",
        ),
        (
            distance_with(lambda w, r, c: (w * np.maximum(abs(r), abs(c))).sum(1).mean()),
            "not right",
        ),
        (distance_with(lambda w, r, c: (w * abs(c)).sum(1).mean()), "not right yet"),
        (distance_with(lambda w, r, c: np.median((w * np.hypot(r, c)).sum(1))), "not right yet"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum(1).max()), "not right yet"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c)).sum(1)[0]), "not right yet"),
        (distance_with(lambda w, r, c: (w * np.hypot(r, c))[w > 0.1].sum() / len(w)), "not right"),
        (
            distance_with(lambda w, r, c: np.hypot(r, c)[np.arange(len(w)), w.argmax(1)].mean()),
            "not right yet",
        ),
        (
            distance_with(lambda w, r, c: np.hypot((w * r).sum(1), (w * c).sum(1)).mean()),
            "not right yet",
        ),
        (
            nearest(lambda w, p: (w * np.linalg.norm(p[:, None] - p + 1, axis=2)).sum(1).mean()),
            "not right yet",
        ),
        (
            nearest(
                lambda w, p: (
                    (w * np.linalg.norm((p[:, None] - p) / np.maximum(p.max(0), 1), axis=2))
                    .sum(1)
                    .mean()
                )
            ),
            "not right yet",
        ),
        (
            nearest(
                lambda w, p: (
                    (
                        w
                        * np.linalg.norm(
                            np.minimum(abs(p[:, None] - p), p.max(0) + 1 - abs(p[:, None] - p)),
                            axis=2,
                        )
                    )
                    .sum(1)
                    .mean()
                )
            ),
            "not right yet",
        ),
        (
            distance_with(lambda w, r, c: (w * np.hypot(r, c).clip(max=5)).sum(1).mean()),
            "not right",
        ),
        (
            distance_with(lambda w, r, c: (w * np.hypot(r, c).clip(max=9)).sum(1).mean()),
            "not right",
        ),
        (
            distance_with(
                lambda w, r, c: (
                    (w * np.sqrt(abs(np.int8(r) ** 2 + np.int8(c) ** 2).astype(float)))
                    .sum(1)
                    .mean()
                )
            ),
            "not right",
        ),
        (distance_with(without_loops), "not right yet"),
        (distance_with(lambda w, r, c: 1.5), "not right yet"),
    ],
    "vision-3": [
        (lambda c: c // 8, "no channels at all"),
        (lambda c: c // 8 or c, "that gives all channels"),
        (lambda c: -(-c // 8), "Round down"),
        (lambda c: c / 8, "A number of channels is whole"),
        (lambda c: max(8, c // 8), "The least should be 1"),
        (lambda c: 1, "not right yet"),
        (lambda c: c, "not right yet"),
        (lambda c: max(1, c / 8), "whole"),
        (lambda c: max(1, round(c / 8)), "not right yet"),
        (lambda c: 1 + c // 8, "not right yet"),
        (lambda c: max(1, c // 16), "not right yet"),
        (lambda c: 1 if c < 64 else c // 8, "not right yet"),
        (lambda c: c // 8 if c % 8 == 0 else 1, "not right yet"),
        (lambda c: max(1, int(math.log2(c))), "not right yet"),
        (lambda c: min(12, max(1, c // 8)), "not right yet"),
        (lambda c: {15: 1, 16: 2, 23: 2, 24: 3, 64: 8, 100: 12}.get(c, 1), "not right yet"),
        (lambda c: max(1, min(c // 8, 256)), "not right yet"),
        (lambda c: c // 8 or True, "whole number"),
        (
            lambda c: SelfAttention2d(c).query.out_channels,
            "calls `course_lib.nn.vision.SelfAttention2d`",
        ),
        (lambda c: str(max(1, c // 8)), "should be a number"),
        (lambda c: max(1.0, c // 8), "whole number"),
        (lambda c: max(1, np.floor(c / 8)), "whole number"),
    ],
    "vision-4": [
        (but(weigh=lambda self, q, k: (q.mT @ k).softmax(1)), "columns of the weights"),
        (but(weigh=lambda self, q, k: (q.mT @ k).softmax(-1).mT), "transposed"),
        (but(weigh=lambda self, q, k: (q.mT @ k / q.shape[1] ** 0.5).softmax(-1)), "no scale"),
        (but(weigh=lambda self, q, k: (k.mT @ q).softmax(-1)), "exchanged"),
        (but(weigh=lambda self, q, k: q.mT @ k), "Those are the logits"),
        *(
            (
                but(weigh=lambda self, q, k, most=most: (q.mT @ k).clip(max=most).softmax(-1)),
                "not right yet",
            )
            for most in (100, 3000, 8000)
        ),
        *(
            (
                but(
                    weigh=lambda self, q, k, least=least: nn.functional.threshold(
                        (q.mT @ k).softmax(-1), least, 0
                    )
                ),
                "not right yet",
            )
            for least in (1e-4, 1e-6)
        ),
        (but(weigh=lambda self, q, k: largest_alone(q.mT @ k)), "not right yet"),
        (but(mix=lambda self, v, weights: (weights @ v.mT).contiguous()), "came as (n, inner)"),
        (but(finish=lambda self, x, mixed: self.gamma * (self.output(mixed) + x)), "not x"),
        (
            but(
                finish=lambda self, x, mixed: self.gamma * self.output(mixed) + (1 - self.gamma) * x
            ),
            "added whole",
        ),
        (but(mix=lambda self, v, weights: v @ weights), "transposed weights"),
        (but(mix=lambda self, v, weights: v @ weights.mean(0).mT), "not right yet"),
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
        (ByLibrary, "calls `course_lib.nn.vision.SelfAttention2d.forward`"),
        (
            but(finish=lambda self, x, mixed: self.gamma.abs() * self.output(mixed) + x),
            "not right yet",
        ),
        (
            but(finish=lambda self, x, mixed: self.gamma.tanh() * self.output(mixed) + x),
            "not right yet",
        ),
        (
            but(finish=lambda self, x, mixed: self.gamma.detach() * self.output(mixed) + x),
            "no gradient reaches gamma",
        ),
        (
            but(finish=lambda self, x, mixed: self.gamma * self.output(mixed.relu()) + x),
            "not right yet",
        ),
        (
            but(finish=lambda self, x, mixed: self.output(mixed) * self.gamma**2 + x),
            "not right yet",
        ),
        (
            but(finish=lambda self, x, mixed: self.gamma * self.output(mixed) + x.relu()),
            "not right yet",
        ),
        (
            but(weigh=lambda self, q, k: (q.mT @ k)[:1].softmax(-1).expand(len(q), -1, -1)),
            "not right",
        ),
        (
            but(weigh=lambda self, q, k: (q.mT @ k).exp() / (q.mT @ k).exp().sum(-1, keepdim=True)),
            "NaN",
        ),
        (but(weigh=lambda self, q, k: (q.mT @ k).clamp(-9, 9).softmax(-1)), "not right yet"),
        (
            but(
                weigh=lambda self, q, k: (
                    (q.mT @ k).flatten(1).softmax(-1).unflatten(1, (q.shape[2], -1))
                )
            ),
            "not right yet",
        ),
        (but(weigh=lambda self, q, k: (q.mT @ k).sigmoid()), "not right yet"),
        (
            but(
                weigh=lambda self, q, k: (
                    q.mT @ k / (q.shape[1] if q.shape[1] > 5 else 1) ** 0.5
                ).softmax(-1)
            ),
            "not right yet",
        ),
        (
            but(mix=lambda self, v, weights: v @ weights.detach().mT),
            "no gradient reaches query.weight",
        ),
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
        ("key", "which is 0"),
        ("gamma and output", "should be one of"),
        (0, "should be one of"),
        (["gamma"], "should be one of"),
        ("value.weight", "should be one of"),
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
            "the wrong way round",
        ),
        (
            lambda b, x, order: abs(shuffle(b(shuffle(x, order)), order) - b(x)).max(),
            "the wrong way round",
        ),
        (
            lambda b, x, order: abs(b(shuffle(x, order)) - shuffle(b(x), order)).mean(),
            "mean difference",
        ),
        (lambda b, x, order: 0.0, "not right yet"),
        *(
            (lambda *case, k=k: abs(apart(*case)[k]).max(), ("not right yet", "bounds"))
            for k in (0, 1, -1)
        ),
        (lambda *case: abs(apart(*case)[:, 0]).max(), "not right yet"),
        (lambda *case: abs(apart(*case)[:, -1]).max(), "not right yet"),
        (lambda *case: abs(apart(*case).mean(axis=0)).max(), "not right yet"),
        (lambda *case: np.linalg.norm(apart(*case)), "not right yet"),
        (lambda *case: np.linalg.norm(apart(*case), axis=0).max(), "not right yet"),
        (lambda *case: np.median(abs(apart(*case))), "not right yet"),
        (lambda *case: float(abs(apart(*case)).max() > 1e-6), "not right yet"),
        *(
            (lambda *case, least=least: cut_off(abs(apart(*case)).max(), least), "not right yet")
            for least in (1e-3, 1e-4)
        ),
        (lambda *case: min(abs(apart(*case)).max(), 10), "not right yet"),
        (
            lambda b, x, order: abs(
                np.sort(b(shuffle(x, order)).ravel()) - np.sort(b(x).ravel())
            ).max(),
            "not right yet",
        ),
        (
            lambda b, x, order: abs(
                b(x.reshape(-1, len(x))[order].reshape(x.shape))
                - b(x).reshape(-1, len(x))[order].reshape(x.shape)
            ).max(),
            "not right yet",
        ),
        (
            lambda b, x, order: abs(apart(b, x, np.roll(np.arange(len(order)), 1))).max(),
            "not right yet",
        ),
        (lambda b, x, order: abs(b(shuffle(x, order)) - shuffle(b(x), order)), "shape"),
        *nearly(shuffled_by_loop, "given squares transposed"),
    ],
    "vision-7": [
        (lambda gains: -errors_by_loop(gains), "The sign"),
        (lambda gains: abs(errors_by_loop(gains)), "Keep the sign"),
        (lambda gains: np.mean(gains), "standard error"),
        (lambda gains: np.mean(gains) / np.std(gains, ddof=1), "divided by √n"),
        (lambda gains: np.mean(gains) / np.std(gains), "ddof=1"),
        (lambda gains: np.mean(gains) / error(gains, 0), "ddof=1"),
        *(
            (lambda gains, most=most: np.mean(gains) / error(gains, int(len(gains) <= most)), "not")
            for most in (30, 100)
        ),
        (lambda gains: errors_by_loop(gains[:30]), "not right yet"),
        (lambda gains: (e := errors_by_loop(gains)) * (abs(e) > 1e-3), "not right yet"),
        (lambda gains: np.mean(gains) / (error(gains) + 1e-8), "not right yet"),
        (error, "standard error"),
        (lambda gains: 1 / errors_by_loop(gains), "Turn it over"),
        (lambda gains: np.mean(gains) / (np.std(gains, ddof=1) / len(gains)), "the root"),
        (lambda gains: np.median(gains) / error(gains), "median"),
        (lambda gains: scipy.stats.ttest_1samp(gains, 0).pvalue, "not right yet"),
        (lambda gains: scipy.stats.trim_mean(gains, 0.1) / error(gains), "not right yet"),
        (lambda gains: np.sum(gains) / np.sqrt(np.sum(gains**2)), "not right yet"),
        (lambda gains: -2.25, "not right yet"),
        (lambda gains: errors_by_loop(np.unique(gains)), "not right yet"),
        (lambda gains: errors_by_loop(gains[gains != 0]), "not right yet"),
        (lambda gains: np.clip(errors_by_loop(gains), -1000, 1000), "not right yet"),
        (lambda gains: 0.0, "not right yet"),
        (lambda gains: errors_by_loop(gains[:10]), "not right yet"),
        (lambda gains: np.mean(gains) / np.var(gains, ddof=1), "not right yet"),
        (lambda gains: np.sum(gains) / error(gains), "not right yet"),
        (
            lambda gains: np.mean(gains) / np.std(gains, ddof=1) * np.sqrt(len(gains) - 1),
            "not right",
        ),
        (lambda gains: np.mean(np.sign(gains)) * np.sqrt(len(gains)), "not right yet"),
        (lambda gains: round(errors_by_loop(gains)), "not right yet"),
        (lambda gains: (gains - gains.mean()) / error(gains), "shape"),
        (lambda gains: str(errors_by_loop(gains)), "should be a number"),
        (lambda gains: np.mean(gains) / (np.ptp(gains) / 4 / np.sqrt(len(gains))), "not right yet"),
        *nearly(errors_by_loop, "given clipped"),
    ],
}
