"""The exercises of chapter 07 done in the plainest way, by other ideas than the solutions'."""

import math
from itertools import product

import numpy as np
import scipy.stats
import torch
from torch import nn


def pixels_as_tokens(image):
    """Walk over the pixels."""
    channels, height, width = image.shape
    places = product(range(height), range(width))
    return [[image[c, i, j] for c in range(channels)] for i, j in places]


def mean_distance(weights, height, width):
    """Walk over all pairs of places."""
    places = list(product(range(height), range(width)))
    pairs = product(enumerate(places), enumerate(places))
    return math.fsum(weights[i, j] * math.dist(p, q) for (i, p), (j, q) in pairs) / len(places)


def inner_channels(in_channels):
    """Count whole groups of eight."""
    return len(range(8, in_channels + 1, 8)) or 1


class PixelByPixel(nn.Module):
    """One query at a time, with vectors of single pixels."""

    def __init__(self, channels, inner):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Conv2d(channels, inner, 1, bias=False) for _ in range(3)
        )
        self.output = nn.Conv2d(inner, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        _, _, height, width = x.shape
        w_q, w_k, w_v, w_o = (
            f.weight[:, :, 0, 0] for f in (self.query, self.key, self.value, self.output)
        )
        images, weights = [], []
        for image in x:
            pixels = [image[:, i, j] for i, j in product(range(height), range(width))]
            rows, changed = [], []
            for here in pixels:
                logits = torch.stack([(w_q @ here).dot(w_k @ there) for there in pixels])
                powers = (logits - logits.max()).exp()
                row = powers / powers.sum()
                mixed = sum(share * (w_v @ there) for share, there in zip(row, pixels, strict=True))
                rows.append(row)
                changed.append(here + self.gamma * (w_o @ mixed))
            lines = [torch.stack(changed[i * width : (i + 1) * width]) for i in range(height)]
            images.append(torch.stack(lines).permute(2, 0, 1))
            weights.append(torch.stack(rows))
        return torch.stack(images), torch.stack(weights)


def difference_when_shuffled(block, image, order):
    """Carry each pixel to its place by itself."""

    def shuffled(x):
        _, _, width = x.shape
        result = np.zeros_like(x)
        for place, source in enumerate(order):
            result[:, place // width, place % width] = x[:, source // width, source % width]
        return result

    first, second = block(shuffled(image)), shuffled(block(image))
    return max(abs(a - b) for a, b in zip(first.ravel(), second.ravel(), strict=True))


def errors_from_zero(gains):
    """Return what SciPy calls the statistic of a t-test of one sample."""
    return scipy.stats.ttest_1samp(gains, 0).statistic


BRUTE = {
    "vision-1": pixels_as_tokens,
    "vision-2": mean_distance,
    "vision-3": inner_channels,
    "vision-4": PixelByPixel,
    "vision-6": difference_when_shuffled,
    "vision-7": errors_from_zero,
}
