"""Layers of a transformer: attention and a small network on each token, with what holds them.

Chapter 06 stacks them for texts, chapter 07 for images.
"""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.attention import MultiHeadAttention, SelfAttention, of_heads


class EncoderLayer(nn.Module):
    """Self-attention and a small network on each token, both beside a residual connection.

    Normalised before each of the two, not after (Xiong et al. 2020, On layer normalization in
    the transformer architecture, figure 1b).
    """

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, num_heads)
        self.network = _network(d_model)
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])

    def forward(self, x, *, mask=None, weights=None):
        """Return the new (batch, n, d_model) vectors, and the weights (batch, h, n, n)."""
        _check_tokens(x, "x", "batch", self.norms[0])
        mixed, weights = self.attention(
            self.norms[0](x), mask=mask, weights=weights, return_weights=True
        )
        x = x + mixed  # (batch, n, d_model), as everything here but the weights
        return x + self.network(self.norms[1](x)), weights


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention to the source, and a small network on each token."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, num_heads)
        self.cross = MultiHeadAttention(d_model, num_heads)
        self.network = _network(d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))

    def forward(self, x, source, *, source_mask, before=None):
        """Return the new (batch, n, d_model) vectors, and the cross weights (batch, h, n, m).

        `before` holds the vectors (batch, t, d_model) that came in at earlier positions, if only
        those behind them are asked for.
        """
        _check_tokens(x, "x", "batch", self.norms[0])
        if before is not None:
            _check_tokens(before, "before", len(x), self.norms[0])
        _check_tokens(source, "source", len(x), self.norms[0])
        if source_mask is not None:
            sizes = len(x), self.cross.num_heads, x.shape[1], source.shape[1]
            source_mask = of_heads(source_mask, "source_mask", _validate.BOOLEANS, sizes)
            _validate.together(source_mask, "source_mask", x, "x")
        query = key = self.norms[0](x)
        if before is not None:
            key = torch.cat([self.norms[0](before), query], dim=1)  # (batch, t + n, d_model)
        n, seen = query.shape[1], key.shape[1]
        mask = torch.ones(n, seen, dtype=torch.bool, device=x.device).tril(seen - n)  # causal
        x = x + self.attention(query, key, mask=mask)
        mixed, weights = self.cross(self.norms[1](x), source, mask=source_mask, return_weights=True)
        x = x + mixed
        return x + self.network(self.norms[2](x)), weights


def stack(layer, num_layers, *sizes):
    """Return a number of layers of one kind and size as a `torch.nn.ModuleList`."""
    count = _validate.integer(num_layers, "num_layers", low=1)
    return nn.ModuleList(layer(*sizes) for _ in range(count))


def _check_tokens(x, name, batch, norm):
    _validate.tensor(x, name, _validate.FLOATS, batch, "n", *norm.normalized_shape)
    _validate.alike(x, name, norm.weight, "the module's parameters")


def _network(d_model):
    """Return the small network that works on each token by itself, four times as wide within."""
    return nn.Sequential(
        nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
    )
