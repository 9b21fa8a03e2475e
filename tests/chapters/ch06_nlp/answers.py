"""Answers to the exercises of chapter 06 as people write them, rightly and wrongly."""

import math

import numpy as np
import torch
from torch import nn

from course_lib.chapters.runs import load_runs
from course_lib.nn.attention import SelfAttention

RUNS = load_runs("opinions")
ADVANTAGE = (RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"]).mean()


class Projections(nn.Module):
    """What the stub of nlp-3 gives."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query, self.key, self.value, self.output = (
            nn.Linear(d_model, d_model, bias=False) for _ in range(4)
        )


class ByLibrary(SelfAttention):
    def forward(self, x, mask):
        return super().forward(x, mask=mask.unsqueeze(1), return_weights=True)


class ByLoop(Projections):
    def forward(self, x, mask):
        size = x.shape[-1] // self.num_heads
        heads, weights = [], []
        for h in range(self.num_heads):
            part = slice(h * size, (h + 1) * size)
            q, k, v = (f(x)[..., part] for f in (self.query, self.key, self.value))
            powers = torch.exp(q @ k.mT / size**0.5) * mask[:, None, :]
            weights.append(powers / powers.sum(-1, keepdim=True).clamp(min=1e-20))
            heads.append(weights[-1] @ v)
        return self.output(torch.cat(heads, -1)), torch.stack(weights, 1)


class ByEinsum(Projections):
    def forward(self, x, mask):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.num_heads, -1) for f in (self.query, self.key, self.value))
        logits = torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(d // self.num_heads)
        weights = logits.masked_fill(~mask[:, None, None], -math.inf).softmax(-1).nan_to_num(0)
        return self.output(torch.einsum("bhij,bjhd->bihd", weights, v).reshape(b, n, d)), weights


class With(Projections):
    """The right module but for one thing, set in a subclass."""

    scale = staticmethod(lambda d, h: d // h)
    share = staticmethod(lambda logits, allowed: ByMask.weigh(logits, allowed))

    def forward(self, x, mask):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        logits = q @ k.mT / math.sqrt(self.scale(x.shape[-1], self.num_heads))
        weights = self.share(logits, mask[:, None, None, :].expand(logits.shape))
        return self.finish((weights @ v).transpose(1, 2).flatten(2)), weights

    def finish(self, mixed):
        return self.output(mixed)


class ByMask:
    @staticmethod
    def weigh(logits, allowed):
        weights = logits.masked_fill(~allowed, -1e9).softmax(-1)
        return weights.masked_fill(~allowed, 0)


def but(**changes):
    return type("Other", (With,), {k: staticmethod(v) for k, v in changes.items()})


class WithoutOutput(With):
    def finish(self, mixed):
        return mixed


class OnlyOutput(With):
    def forward(self, x, mask):
        return super().forward(x, mask)[0]


class Detached(With):
    def forward(self, x, mask):
        output, weights = super().forward(x.detach(), mask)
        return output, weights


class Shared(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        d = d_model // num_heads
        self.query, self.key, self.value = (nn.Linear(d, d, bias=False) for _ in range(3))
        self.output = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x, mask):
        return x, mask


class HeadsNotPutBack(With):
    def forward(self, x, mask):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        logits = q @ k.mT / q.shape[-1] ** 0.5
        weights = ByMask.weigh(logits, mask[:, None, None].expand(logits.shape))
        return self.output((weights @ v).reshape(x.shape)), weights


def swapped(module):
    class Swapped(module):
        def forward(self, x, mask):
            return super().forward(x, mask)[::-1]

    return Swapped


def change_by_loop(predict, texts, order):
    before, after = predict(texts), predict(texts[:, order])
    return max(
        abs(float(b) - float(a))
        for x, y in zip(before, after, strict=True)
        for b, a in zip(x, y, strict=True)
    )


def change_by_torch(predict, texts, order):
    texts = torch.tensor(texts)
    before, after = (torch.tensor(predict(t)) for t in (texts, texts[:, order.tolist()]))
    return (before - after).abs().max()


def hide_at_once(predict, text):
    hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
    return np.abs(predict(hidden) - predict(text[None])).sum(axis=1) / 2


def hide_by_torch(predict, text):
    hidden = torch.tensor(text).repeat(len(text), 1)
    hidden.fill_diagonal_(0)
    moved = torch.tensor(predict(hidden)) - torch.tensor(predict(text[None]))
    return 0.5 * moved.abs().sum(-1)


def hide_by_rise(predict, text):
    # of two distributions, the total rise is half the sum of all changes
    hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
    return (predict(hidden) - predict(text[None])).clip(min=0).sum(axis=1)


def hide_with(distance, hidden=None):
    def answer(predict, text):
        eye = np.eye(len(text), dtype=bool)
        texts = np.where(eye, 0, text) if hidden is None else hidden(text, eye)
        return distance(predict(texts), predict(text[None]))

    return answer


def half(after, before):
    return np.abs(after - before).sum(axis=1) / 2


def share_by_loop(weights, right):
    hits = [row[int(np.argmax(w))] for w, row in zip(weights, right, strict=True) if any(row)]
    return sum(hits) / len(hits)


def share_by_torch(weights, right):
    weights, right = torch.tensor(weights), torch.tensor(right)
    hits = right.gather(1, weights.argmax(1, keepdim=True)).squeeze(1)
    return hits[right.any(1)].float().mean()


RIGHT = {
    "nlp-1": [1 / math.sqrt(8), np.float32(0.3535534), torch.tensor(0.125).sqrt(), 0.354],
    "nlp-2": [
        lambda d, h: (3 * (d // h) ** 2, 3 * d * d),
        lambda d, h: [3 * d * d / h / h, 3.0 * d**2],
        lambda d, h: np.array([3 * (d / h) ** 2, 3 * d**2]),
    ],
    "nlp-3": [ByLibrary, ByLoop, ByEinsum, With],
    "nlp-4": [ADVANTAGE, torch.tensor(ADVANTAGE), round(ADVANTAGE, 3)],
    "nlp-5": [
        change_by_loop,
        change_by_torch,
        lambda predict, texts, order: np.ptp(
            np.stack([predict(texts), predict(texts[:, order])]), axis=0
        ).max(),
    ],
    "nlp-6": [hide_at_once, hide_by_torch, hide_by_rise],
    "nlp-7": [share_by_loop, share_by_torch],
}

WRONG = {
    "nlp-1": [
        (0.125, "variance"),
        (1, "right scale"),
        (math.sqrt(32), "before anything"),
        (math.sqrt(8), "turn it over"),
        (4, "32 features"),
        (math.sqrt(8) / 16, "not 8"),
        (2, "not its variance"),
        (math.sqrt(2), "by 256"),
        ("0.3536", "numbers"),
        (0.5, "not right yet"),
    ],
    "nlp-2": [
        (lambda d, h: (3 * d * d, 3 * (d // h) ** 2), "The two numbers are swapped"),
        (lambda d, h: (3 * d * d // h, 3 * d * d), "h times too many"),
        (lambda d, h: (3 * d * d, 3 * d * d), "All heads share"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * (d * d + d)), "no biases"),
        (lambda d, h: ((d // h) ** 2, 3 * d * d), "three projections"),
        (lambda d, h: (3 * (d // h) ** 2 + d * d, 3 * d * d), "output projection"),
        (lambda d, h: (3 * (d // h) ** 2, 4 * d * d), "output projection"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * d * d // h), "h times too few"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * d * d * h), "All heads together"),
        (lambda d, h: 3 * d * d, "two things"),
    ],
    "nlp-3": [
        (but(scale=lambda d, h: d), "√d_model"),
        (but(scale=lambda d, h: 1), "not divided"),
        (but(share=lambda logits, allowed: logits.softmax(-1)), "The mask does nothing"),
        (but(share=lambda logits, allowed: ByMask.weigh(logits, ~allowed)), "wrong way round"),
        (but(share=lambda logits, allowed: ByMask.weigh(logits, allowed.mT)), "columns"),
        (
            but(share=lambda logits, allowed: ByMask.weigh(logits, allowed & allowed.mT)),
            "Only keys are hidden",
        ),
        (
            but(
                share=lambda logits, allowed: (
                    logits.masked_fill(allowed, -1e9).softmax(-1).masked_fill(~allowed, 0)
                )
            ),
            "masked_fill",
        ),
        (but(share=lambda logits, allowed: ByMask.weigh(logits.mT, allowed)), "key times query."),
        (
            but(
                share=lambda logits, allowed: (
                    logits.masked_fill(~allowed, -1e9).softmax(-2).masked_fill(~allowed, 0)
                )
            ),
            "over the queries",
        ),
        (but(scale=lambda d, h: (d // h) ** 2), "not by its root"),
        (HeadsNotPutBack, "beside one another"),
        (swapped(With), "wrong way round"),
        (but(share=lambda logits, allowed: logits.softmax(-1) * allowed), "after the softmax"),
        (
            but(share=lambda logits, allowed: logits.masked_fill(~allowed, -math.inf).softmax(-1)),
            "NaN",
        ),
        (
            but(share=lambda logits, allowed: logits.masked_fill(~allowed, -1e9).softmax(-1)),
            "nothing but filling",
        ),
        (WithoutOutput, "self.output"),
        (OnlyOutput, "two things"),
        (Detached, "no gradient reaches x"),
        (Shared, "leave `__init__` as it was"),
    ],
    "nlp-4": [
        (-ADVANTAGE, "The sign"),
        (100 * ADVANTAGE, "percent"),
        ((RUNS["attention"]["all"] - RUNS["uniform attention"]["all"]).mean(), "all texts"),
        ((RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"])[0], "one seed"),
        (
            (RUNS["attention"]["negated"] - RUNS["bag of words"]["negated"]).mean(),
            "bag of words",
        ),
        (0.5, "not right yet"),
        (RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"], "shape"),
    ],
    "nlp-5": [
        (
            lambda predict, texts, order: (predict(texts[:, order]) - predict(texts)).max(),
            "absolute",
        ),
        (
            lambda predict, texts, order: (predict(texts) - predict(texts[:, order])).max(),
            "absolute",
        ),
        (
            lambda predict, texts, order: half(predict(texts), predict(texts[:, order])).max(),
            "total variation",
        ),
        (
            lambda predict, texts, order: change_by_loop(predict, texts[:1], order),
            "not only the first",
        ),
        (
            lambda predict, texts, order: change_by_loop(predict, texts, np.argsort(order)),
            "The other way",
        ),
        (
            lambda predict, texts, order: abs(predict(texts[:, order]) - predict(texts)).mean(),
            "mean change",
        ),
        (
            lambda predict, texts, order: abs(predict(texts[:, order]) - predict(texts)).sum(),
            "sum of all",
        ),
        (
            lambda predict, texts, order: abs(predict(texts[:, ::-1]) - predict(texts)).max(),
            "The largest change: not right yet",
        ),
        (lambda predict, texts, order: 0.0, "not right yet"),
        (lambda predict, texts, order: abs(predict(texts[:, order]) - predict(texts)), "shape"),
    ],
    "nlp-6": [
        (hide_with(lambda a, b: np.abs(a - b).sum(axis=1)), "half the sum"),
        (hide_with(lambda a, b: np.abs(a - b).max(axis=1)), "half the sum of all the differences"),
        (hide_with(lambda a, b: np.abs(a - b).mean(axis=1)), "not the mean"),
        (hide_with(lambda a, b: np.abs(a - b)[:, b[0].argmax()]), "not one class only"),
        (hide_with(lambda a, b: (b - a)[:, b[0].argmax()]), "not one class only"),
        (hide_with(half, lambda text, eye: np.where(eye, text, 0)), "All the other words"),
        (
            hide_with(half, lambda text, eye: np.where(np.tri(len(text)) > 0, 0, text)),
            "take a fresh copy",
        ),
        (hide_with(half, lambda text, eye: np.where(text == text[:, None], 0, text)), "one place"),
        (hide_with(lambda a, b: (a - b).sum(axis=1) / 2), "add up to 0"),
        (hide_with(lambda a, b: half(a, b).mean()), "shape"),
    ],
    "nlp-7": [
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)].mean(), "leave them out"),
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)].sum(), "number of rows"),
        (lambda w, r: (w * r).sum(1)[r.any(1)].mean(), "weight on the right keys"),
        (lambda w, r: (w * r).sum() / len(w), "That is a mean weight"),
        (lambda w, r: r.any(axis=1).mean(), "The share: not right yet"),
        (lambda w, r: r[np.arange(len(r)), w.argmin(1)][r.any(1)].mean(), "smallest"),
        (lambda w, r: r[w.argmax(0), np.arange(r.shape[1])][r.any(0)].mean(), "each key"),
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)], "shape"),
    ],
}
