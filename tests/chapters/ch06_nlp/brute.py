"""The exercises of chapter 06 done in the plainest way, by other ideas than the solutions'."""

import math
from itertools import product

import numpy as np
import torch
from torch import nn


def count_parameters(d_model, num_heads):
    """Build all the projections and count their numbers."""
    d_head = d_model // num_heads
    article = [nn.Linear(d_head, d_head, bias=False) for _ in range(3)]
    ours = [nn.Linear(d_model, d_head, bias=False) for _ in range(3 * num_heads)]
    return tuple(
        sum(p.numel() for f in modules for p in f.parameters()) for modules in (article, ours)
    )


class OneByOne(nn.Module):
    """Each query by itself, with a list of the keys that are real."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query, self.key, self.value, self.output = (
            nn.Linear(d_model, d_model, bias=False) for _ in range(4)
        )

    def forward(self, x, mask):
        batch, n, d_model = x.shape
        size = d_model // self.num_heads
        weights = torch.zeros(batch, self.num_heads, n, n)
        outputs = []
        for b, i in product(range(batch), range(n)):
            real, parts = mask[b].nonzero()[:, 0].tolist(), []
            for h in range(self.num_heads):
                rows = slice(h * size, (h + 1) * size)
                query = self.query.weight[rows] @ x[b, i]
                keys = [self.key.weight[rows] @ x[b, j] for j in real]
                mixed = torch.zeros(size)
                if real:
                    logits = torch.stack([query @ key / math.sqrt(size) for key in keys])
                    powers = (logits - logits.max()).exp()
                    for j, power in zip(real, powers, strict=True):
                        weights[b, h, i, j] = (power / powers.sum()).detach()
                        value = self.value.weight[rows] @ x[b, j]
                        mixed = mixed + power / powers.sum() * value
                parts.append(mixed)
            outputs.append(self.output.weight @ torch.cat(parts))
        # a text of nothing but padding has a gradient too: that of 0
        still = 0 * (x.sum() + sum(p.sum() for p in self.parameters()))
        return torch.stack(outputs).reshape(x.shape) + still, weights


def largest_change(predict, texts, order):
    """One text at a time, one word at a time, one class at a time."""
    largest = 0.0
    for text in texts:
        moved = [text[source] for source in order]
        before, after = (predict(np.array([t]))[0] for t in (text, moved))
        for one, other in zip(before, after, strict=True):
            largest = max(largest, float(one - other), float(other - one))
    return largest


def pointing_share(weights, right):
    """Row by row: is there a right key that no other key exceeds?"""
    asked, hits = 0, 0
    for row, allowed in zip(weights.tolist(), right.tolist(), strict=True):
        if True in allowed:
            asked += 1
            keys = [j for j, is_right in enumerate(allowed) if is_right]
            hits += any(all(row[j] >= other for other in row) for j in keys)
    return hits / asked


BRUTE = {
    "nlp-2": count_parameters,
    "nlp-3": OneByOne,
    "nlp-5": largest_change,
    "nlp-7": pointing_share,
}
