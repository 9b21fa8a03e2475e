"""Answers to the exercises of chapter 06 as people write them, rightly and wrongly."""

import math
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import sympy
import torch
from torch import nn

from course_lib.chapters.runs import load_runs
from course_lib.nn.attention import SelfAttention, masked_softmax, merge_heads, split_heads
from tests.support.answers import nearly

RUNS = load_runs("opinions")
ADVANTAGE = (RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"]).mean()


GAPS = RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"]


def mean_of_kinds(*kinds):
    kinds = kinds or ("all", "negated", "unseen combinations")
    return np.mean([RUNS["attention"][k] - RUNS["uniform attention"][k] for k in kinds])


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


class ByLibrarysSoftmax(Projections):
    def forward(self, x, mask):
        q, k, v = (split_heads(f(x), self.num_heads) for f in (self.query, self.key, self.value))
        weights = masked_softmax(q @ k.mT / q.shape[-1] ** 0.5, mask[:, None, None])
        return self.output(merge_heads(weights @ v)), weights


class ByLoop(Projections):
    def forward(self, x, mask):
        size = x.shape[-1] // self.num_heads
        heads, weights = [], []
        for h in range(self.num_heads):
            part = slice(h * size, (h + 1) * size)
            q, k, v = (f(x)[..., part] for f in (self.query, self.key, self.value))
            weights.append(self.share(q @ k.mT / size**0.5, mask[:, None, :]))
            heads.append(weights[-1] @ v)
        return self.output(torch.cat(heads, -1)), torch.stack(weights, 1)

    def share(self, logits, allowed):
        logits = torch.where(allowed, logits, -1e9)
        powers = torch.exp(logits - logits.amax(-1, keepdim=True)) * allowed
        return powers / powers.sum(-1, keepdim=True).clamp(min=1e-20)


class WithoutShift(ByLoop):
    def share(self, logits, allowed):
        powers = torch.exp(logits) * allowed
        return powers / powers.sum(-1, keepdim=True).clamp(min=1e-20)


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
        weights = logits.masked_fill(~allowed, torch.finfo(logits.dtype).min).softmax(-1)
        return weights.masked_fill(~allowed, 0)


def but(**changes):
    return type("Other", (With,), {k: staticmethod(v) for k, v in changes.items()})


class ByTrimming(Projections):
    """Text by text, with the keys that are real alone."""

    def forward(self, x, mask):
        b, n, d = x.shape
        weights = x.new_zeros(b, self.num_heads, n, n)
        mixed = []
        for text in range(b):
            q, k, v = (
                f(x[text]).view(n, self.num_heads, -1).transpose(0, 1)
                for f in (self.query, self.key, self.value)
            )
            real = mask[text]
            share = (q @ k[:, real].mT / q.shape[-1] ** 0.5).softmax(-1)
            weights[text, :, :, real] = share
            mixed.append((share @ v[:, real]).transpose(0, 1).reshape(n, d))
        return self.output(torch.stack(mixed)), weights


class InPlace(Projections):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.register_buffer("root", torch.tensor(math.sqrt(d_model / num_heads)))

    def forward(self, x, mask):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        hidden = mask.logical_not()[:, None, None, :]
        weights = (q @ k.mT).div_(self.root).masked_fill_(hidden, -1e30).softmax(-1)
        weights = weights * ~hidden
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


class BySdpa(Projections):
    def forward(self, x, mask):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        keys = mask[:, None, None, :].expand(*q.shape[:3], k.shape[2])
        show = nn.functional.scaled_dot_product_attention
        mixed = show(q, k, v, attn_mask=keys)
        one = torch.eye(k.shape[2]).expand(*k.shape[:3], k.shape[2])
        return self.output(mixed.transpose(1, 2).flatten(2)), show(q, k, one, attn_mask=keys)


class OnlyKeysOfReal(Projections):
    """Rows of padding are 0: what these ask does not matter."""

    def forward(self, x, mask):
        output, weights = With.forward(self, x, mask)
        return output * mask[..., None], weights * mask[:, None, :, None]

    scale = staticmethod(lambda d, h: d // h)
    share = staticmethod(lambda logits, allowed: ByMask.weigh(logits, allowed))
    finish = lambda self, mixed: self.output(mixed)  # noqa: E731


def in_type(dtype):
    class Other(With):
        def __init__(self, d_model, num_heads):
            super().__init__(d_model, num_heads)
            self.to(dtype)

        def forward(self, x, mask):
            return super().forward(x.to(dtype), mask)

    return Other


class WithoutBlankWords(With):
    """Take vectors of zeros for padding, too."""

    def forward(self, x, mask):
        return super().forward(x, mask & x.any(dim=-1))


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


class DetachedWeights(With):
    def forward(self, x, mask):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        logits = (q @ k.mT / q.shape[-1] ** 0.5).detach()
        weights = ByMask.weigh(logits, mask[:, None, None].expand(logits.shape))
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


class HeadsOfMemory(With):
    def forward(self, x, mask):
        b, n, _ = x.shape
        q, k, v = (f(x).view(b, self.num_heads, n, -1) for f in (self.query, self.key, self.value))
        logits = q @ k.mT / q.shape[-1] ** 0.5
        weights = ByMask.weigh(logits, mask[:, None, None].expand(logits.shape))
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


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


def half(after, before):
    return np.abs(after - before).sum(axis=1) / 2


def share_by_loop(weights, right):
    hits = [row[int(np.argmax(w))] for w, row in zip(weights, right, strict=True) if any(row)]
    return sum(hits) / len(hits)


def share_by_torch(weights, right):
    weights, right = torch.tensor(weights), torch.tensor(right)
    hits = right.gather(1, weights.argmax(1, keepdim=True)).squeeze(1)
    return hits[right.any(1)].float().mean()


def changed(predict, texts, order):
    return predict(texts[:, order]) - predict(texts)


def largest(look):
    """Return an answer to nlp-5 that looks at the changes in a way of its own."""
    return lambda predict, texts, order: look(np.abs(changed(predict, texts, order)))


def change_word_by_word(predict, texts, order):
    moved = np.empty_like(texts)
    for j, source in enumerate(order):
        moved[:, j] = texts[:, source]
    return [np.max(np.abs(np.subtract(predict(moved), predict(texts))))][0]


def change_by_pandas(predict, texts, order):
    moved = pd.DataFrame(texts)[list(order)].to_numpy()
    return (pd.DataFrame(predict(moved)) - pd.DataFrame(predict(texts))).abs().max().max()


def share_with(look):
    """Return an answer to nlp-7: the mean of what is found in the rows that have a right key."""
    return lambda w, r: np.mean([look(a, b) for a, b in zip(w, r, strict=True) if b.any()])


def pointing_in(change):
    """Look at the weights rounded, or at some of them."""

    def answer(weights, right):
        rows = right.any(axis=1)
        return right[np.arange(len(right)), change(weights).argmax(axis=1)][rows].mean()

    return answer


def pointing_of_undecided(weights, right):
    """No query counts that cannot miss."""
    rows = right.any(axis=1) & ~right.all(axis=1)
    return right[np.arange(len(right)), weights.argmax(axis=1)][rows].sum() / max(rows.sum(), 1)


RIGHT = {
    "nlp-1": [
        torch.tensor(0.35),
        np.float32(0.354),
        1 / math.sqrt(8),
        np.float32(0.3535534),
        torch.tensor(0.125).sqrt(),
        0.354,
        0.35,
        np.float16(8**-0.5),
        Fraction(354, 1000),
        Decimal("0.35355"),
        np.array(8**-0.5),
        sympy.sqrt(2) / 4,
        torch.tensor(8**-0.5, dtype=torch.bfloat16),
    ],
    "nlp-2": [
        lambda d, h: (3 * (d // h) ** 2, 3 * d * d),
        lambda d, h: [3 * d * d / h / h, 3.0 * d**2],
        lambda d, h: np.array([3 * (d / h) ** 2, 3 * d**2]),
        lambda d, h: torch.tensor([3 * (d // h) ** 2, 3 * d**2]),
        lambda d, h: (Fraction(3 * d * d, h * h), Decimal(3 * d * d)),
        lambda d, h: (
            sum(d // h for _ in range(3 * d // h)),
            sum(3 * d // h * d for _ in range(h)),
        ),
        lambda d, h: pd.Series([3 * (d // h) ** 2, 3 * d**2]),
        lambda d, h: iter([np.int64(3 * (d // h) ** 2), np.float32(3 * d * d)]),
        lambda d, h: namedtuple("Count", "article ours")(3 * (d // h) ** 2, 3 * d * d),
        lambda d, h: np.array([3 * (d // h) ** 2, 3 * d * d], dtype=object),
        lambda d, h: tuple(
            3 * nn.Linear(a, b, bias=False).weight.numel() for a, b in ((d // h, d // h), (d, d))
        ),
    ],
    "nlp-3": [
        ByLoop,
        ByEinsum,
        With,
        ByTrimming,
        InPlace,
        BySdpa,
        OnlyKeysOfReal,
        in_type(torch.float64),
        in_type(torch.bfloat16),
        in_type(torch.float16),
        partial(With),
    ],
    "nlp-4": [
        ADVANTAGE,
        torch.tensor(ADVANTAGE),
        round(ADVANTAGE, 4),
        float(f"{ADVANTAGE:.3g}"),
        np.float32(ADVANTAGE),
        Fraction(ADVANTAGE),
        Decimal(float(ADVANTAGE)),
        np.array(ADVANTAGE),
        np.float16(ADVANTAGE),
        sympy.Float(ADVANTAGE),
    ],
    "nlp-5": [
        change_by_loop,
        change_by_torch,
        change_word_by_word,
        change_by_pandas,
        lambda predict, texts, order: np.ptp(
            np.stack([predict(texts), predict(texts[:, order])]), axis=0
        ).max(),
        lambda *case: np.float32(max(changed(*case).max(), -changed(*case).min())),
        lambda *case: np.linalg.norm(changed(*case).ravel(), ord=np.inf),
        lambda *case: np.abs(changed(*case)).max().astype(np.float16),
        lambda *case: torch.tensor(np.abs(changed(*case)).max(), dtype=torch.bfloat16),
        lambda predict, texts, order: max(
            abs(predict(t[None, order]) - predict(t[None])).max() for t in texts
        ),
        lambda *case: Fraction(np.abs(changed(*case)).max()),
    ],
    "nlp-7": [
        share_by_loop,
        share_by_torch,
        share_with(lambda w, r: r[w.argmax()]),
        lambda w, r: np.float16(share_by_loop(w, r)),
        lambda w, r: Fraction(share_by_loop(w, r)).limit_denominator(1000),
        lambda w, r: (r & (w == w.max(1, keepdims=True))).any(1).sum() / r.any(1).sum(),
        lambda w, r: np.take_along_axis(r, w.argmax(1)[:, None], 1)[r.any(1)].mean(),
        lambda w, r: r[np.arange(len(r)), w.argmax(1)].mean() / r.any(1).mean(),
        lambda w, r: (
            pd.DataFrame(r).loc[r.any(1)].apply(lambda row: row[w[row.name].argmax()], 1).mean()
        ),
        lambda w, r: r[np.arange(len(r)), w.argsort(1)[:, -1]][r.any(1)].astype(np.float32).mean(),
        lambda w, r: torch.tensor(share_by_loop(w, r)).bfloat16(),
    ],
}

WRONG = {
    "nlp-1": [
        (0.125, "variance"),
        (1, "right scale"),
        (math.sqrt(32), "before anything"),
        (math.sqrt(8), "the factor by which"),
        (4, "32 features"),
        (math.sqrt(8) / 16, "not 8"),
        (2, "not its variance"),
        (math.sqrt(2), "by 256"),
        ("0.3536", "should be a number"),
        (0.5, "not right yet"),
        (0.36, "not right yet"),
        (0.3, "not right yet"),
        (-(8**-0.5), "not right yet"),
        ([8**-0.5], "shape"),
        (math.inf, "infinite"),
        ((0.35, 0.36), "shape"),
    ],
    "nlp-2": [
        (lambda d, h: np.array((3 * (d // h) ** 2, 3 * d * d)).astype(np.int16), "not right yet"),
        (lambda d, h: (3 * d * d, 3 * (d // h) ** 2), "The two numbers are swapped"),
        (lambda d, h: (3 * d * d // h, 3 * d * d), "h times too many"),
        (lambda d, h: (3 * d * d, 3 * d * d), "one head's features"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * (d * d + d)), "no biases"),
        (lambda d, h: ((d // h) ** 2, 3 * d * d), "three projections"),
        (lambda d, h: (3 * (d // h) ** 2 + d * d, 3 * d * d), "output projection"),
        (lambda d, h: (3 * (d // h) ** 2, 4 * d * d), "output projection"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * d * d // h), "matrices of its own"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * d * d * h), "All heads together"),
        (lambda d, h: 3 * d * d, "two things"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * h * (d // h) ** 2), "matrices of its own"),
        (lambda d, h: (3 * d, 3 * d * h), "not right yet"),
        (lambda d, h: (3 * (d // h) ** 2, 3 * d * d + 1), "not right yet"),
        (
            lambda d, h: (3 * (d / h) ** 2, 3 * d**2) if d < 100 and h > 1 else (3, 3),
            "not right yet",
        ),
        (lambda d, h: {(8, 2): (48, 192), (12, 3): (48, 432)}.get((d, h), (3, 3)), "not right yet"),
        (lambda d, h: (3 * (d // 2) ** 2, 3 * d * d), "not right yet"),
        (lambda d, h: (3 * 4**2, 3 * d * d), "not right yet"),
        (lambda d, h: (3 * h * h, 3 * d * d), "not right yet"),
        (lambda d, h: (4 * (d // h) ** 2, 4 * d * d), "not right yet"),
        (lambda d, h: (3 * (d // h) ** 2, float(np.float32(3 * d * d))), "not right yet"),
        (lambda d, h: (3 * min(d // h, 500) ** 2, 3 * d * d), "not right yet"),
    ],
    "nlp-3": [
        (WithoutBlankWords, "not right yet"),
        (but(scale=lambda d, h: d), "√d_model"),
        (but(scale=lambda d, h: 1), "not divided"),
        (but(share=lambda logits, allowed: logits.softmax(-1)), "The mask does nothing"),
        (but(share=lambda logits, allowed: ByMask.weigh(logits, ~allowed)), "wrong way round"),
        (but(share=lambda logits, allowed: ByMask.weigh(logits, allowed.mT)), "columns"),
        (ByLibrary, "calls `course_lib.nn.attention.MultiHeadAttention.forward`"),
        (ByLibrarysSoftmax, "calls `course_lib.nn.attention.masked_softmax`"),
        (
            but(share=lambda logits, allowed: ByMask.weigh(logits, allowed | (len(logits) == 1))),
            "not right yet",
        ),
        (WithoutShift, "not right yet"),
        (
            but(share=lambda logits, allowed: ByMask.weigh(logits, allowed) + 1e-6 * ~allowed),
            "exactly 0",
        ),
        *(
            (
                but(share=lambda z, allowed, most=most: ByMask.weigh(z.clip(-most, most), allowed)),
                "not right yet",
            )
            for most in (500, 3000, 6000)
        ),
        *(
            (
                but(
                    share=lambda logits, allowed, low=low: (
                        logits.masked_fill(~allowed, low).softmax(-1) * allowed
                    )
                ),
                "not right yet",
            )
            for low in (0, -20, -100, -1e4)
        ),
        (
            but(
                share=lambda logits, allowed: (
                    (logits.softmax(-1) * allowed)
                    / (logits.softmax(-1) * allowed).sum(-1, keepdim=True).clamp(min=1e-30)
                )
            ),
            "not right yet",
        ),
        (
            but(share=lambda logits, allowed: (logits * allowed).softmax(-1) * allowed),
            "not right yet",
        ),
        (
            but(  # real tokens first, as if there were no gaps
                share=lambda logits, allowed: ByMask.weigh(
                    logits, allowed.sort(dim=-1, descending=True).values
                )
            ),
            "not right yet",
        ),
        (
            but(share=lambda logits, allowed: ByMask.weigh(logits, allowed[:1].expand_as(allowed))),
            "not right yet",
        ),
        (
            but(share=lambda logits, allowed: ByMask.weigh(logits, allowed & allowed.flip(-1))),
            "not right yet",
        ),
        (but(share=lambda logits, allowed: ByMask.weigh(0 * logits, allowed)), "not right yet"),
        *(
            (
                but(
                    share=lambda logits, allowed, least=least: (
                        (weights := ByMask.weigh(logits, allowed)) * (weights > least)
                    )
                ),
                "not right yet",
            )
            for least in (1e-4, 1e-6)
        ),
        (but(scale=lambda d, h: h), "number of heads"),
        (HeadsOfMemory, "across tokens"),
        (DetachedWeights, "no gradient reaches query.weight"),
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
            "nothing but padding",
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
        ((RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"])[3], "one seed"),
        (
            (RUNS["attention"]["negated"] - RUNS["bag of words"]["negated"]).mean(),
            "bag of words",
        ),
        (0.5, "not right yet"),
        (0.04, "not right yet"),
        (float(f"{ADVANTAGE:.2g}"), "three digits"),
        (mean_of_kinds(), "not right yet"),
        (mean_of_kinds("all", "negated"), "not right yet"),
        (
            (RUNS["attention"]["negated"] - RUNS["no positions"]["negated"]).mean(),
            "without positions",
        ),
        (GAPS.sum(), "sum over the seeds"),
        (GAPS.std(ddof=1), "the spread"),
        (ADVANTAGE / RUNS["uniform attention"]["negated"].mean(), "not right yet"),
        (str(ADVANTAGE), "should be a number"),
        (RUNS["attention"]["negated"] - RUNS["uniform attention"]["negated"], "shape"),
    ],
    "nlp-5": [
        (
            lambda predict, texts, order: change_by_loop(predict, texts.astype(np.uint8), order),
            "not right yet",
        ),
        (
            lambda predict, texts, order: (
                (found := abs(predict(texts[:, order]) - predict(texts)).max()) * (found > 0.01)
            ),
            "not right yet",
        ),
        (
            lambda p, t, order: abs(p(np.where(t == 0, 0, t[:, order])) - p(t)).max(),
            "not right yet",
        ),
        (lambda p, t, order: abs(p(t[:, order]) - p(t))[:4].max(), "not right yet"),
        (lambda p, t, order: abs(p(t[:, order]) - p(t))[:, :4].max(), "not right yet"),
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
            "not right yet",
        ),
        (lambda predict, texts, order: 0.0, "not right yet"),
        (lambda predict, texts, order: abs(predict(texts[:, order]) - predict(texts)), "shape"),
        *(
            (largest(lambda c, k=k: c[:, k].max()), ("not right yet", "out of bounds"))
            for k in (1, 2, -1)
        ),
        *(
            (largest(lambda c, k=k: c[k].max()), ("not right yet", "out of bounds"))
            for k in (1, -1)
        ),
        (largest(lambda c: c[:, 0].max()), "not only the first"),
        (largest(lambda c: np.median(c)), "not right yet"),
        (largest(lambda c: c[:20].max()), "not right yet"),
        (largest(lambda c: c.max() * (len(c) > 1)), "not right yet"),
        (largest(lambda c: c.max(axis=1).mean()), "not right yet"),
        (largest(lambda c: np.linalg.norm(c, axis=1).max()), "not right yet"),
        (largest(lambda c: c.max() ** 2), "not right yet"),
        (largest(lambda c: round(c.max(), 2)), "not right yet"),
        (
            lambda predict, texts, order: max(
                abs(predict(texts[:, order]).max(1) - predict(texts).max(1))
            ),
            "not right yet",
        ),
        (
            lambda *case: abs(
                changed(*case)[np.arange(len(case[1])), case[0](case[1]).argmax(1)]
            ).max(),
            "not right yet",
        ),
        (
            lambda predict, texts, order: abs(
                np.sort(predict(texts[:, order])) - np.sort(predict(texts))
            ).max(),
            "not right yet",
        ),
        (
            lambda predict, texts, order: abs(
                predict(texts[:, np.roll(np.arange(len(order)), 1)]) - predict(texts)
            ).max(),
            "not right yet",
        ),
        (
            lambda predict, texts, order: abs(predict(texts[:, order]) / predict(texts) - 1).max(),
            "not right yet",
        ),
        *nearly(change_by_loop, "small results"),
    ],
    "nlp-7": [
        (pointing_in(lambda weights: weights.round(2)), "not right yet"),
        (pointing_in(lambda weights: weights[:, :10]), "not right yet"),
        (lambda w, r: share_by_loop(w[:12], r[:12]), "not right yet"),
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)].mean(), "leave them out"),
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)].sum(), "number of rows"),
        (pointing_of_undecided, "not right yet"),
        (lambda w, r: (w * r).sum(1)[r.any(1)].mean(), "weight on the right keys"),
        (lambda w, r: (w * r).sum() / len(w), "That is a mean weight"),
        (lambda w, r: r.any(axis=1).mean(), "not right yet"),
        (lambda w, r: r[np.arange(len(r)), w.argmin(1)][r.any(1)].mean(), "smallest"),
        (lambda w, r: r[w.argmax(0), np.arange(r.shape[1])][r.any(0)].mean(), "each key"),
        (lambda w, r: r[np.arange(len(r)), w.argmax(1)], "shape"),
        (share_with(lambda w, r: r.argmax() == w.argmax()), "not right yet"),
        (share_with(lambda w, r: np.flatnonzero(r)[-1] == w.argmax()), "not right yet"),
        (share_with(lambda w, r: w[r].sum() > 0.5), "not right yet"),
        (share_with(lambda w, r: w[r].sum() > w[~r].sum()), "not right yet"),
        (share_with(lambda w, r: w[r].mean() > w.mean()), "not right yet"),
        (share_with(lambda w, r: (w[r] > 0.5).any()), "not right yet"),
        (share_with(lambda w, r: w[r].max()), "not right yet"),
        (share_with(lambda w, r: r.mean()), "not right yet"),
        (pointing_in(lambda weights: (100 * weights).astype(np.int8)), "not right yet"),
        (share_with(lambda w, r: r[w > 0.9 * w.max()].any()), "not right yet"),
        (share_with(lambda w, r: r[np.isclose(w, w.max(), atol=0.05)].any()), "not right yet"),
        (share_with(lambda w, r: r[(w * r).argmax()]), "not right yet"),
        (share_with(lambda w, r: r[np.argsort(w)[-2:]].any()), "not right yet"),
        (lambda w, r: (r & (w == w.max())).sum() / r.any(1).sum(), "not right yet"),
        (lambda w, r: (r & (w == w.max(1, keepdims=True))).sum() / r.sum(), "not right yet"),
        (lambda w, r: 1.0, "not right yet"),
        (lambda w, r: 100 * share_by_loop(w, r), "not right yet"),
    ],
}
