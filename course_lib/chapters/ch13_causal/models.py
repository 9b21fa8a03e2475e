"""The model of chapter 13: a transformer of nothing but attention, as small as can be."""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.attention import SelfAttention, causal_mask
from course_lib.nn.transformer import stack

WORDS = 32  # the vocabulary: numbers from 0
LENGTH = 32  # the most positions
D_MODEL = 64


class AttentionOnly(nn.Module):
    """Causal layers of attention with residual connections, and no networks on tokens.

    Parameters
    ----------
    num_layers : int
    num_heads : int, default 1
        In each layer.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits: attention-only
    transformers. Theirs has no layer normalisation, and gives positions to queries and keys alone.
    """

    def __init__(self, num_layers, num_heads=1):
        super().__init__()
        self.words = nn.Embedding(WORDS, D_MODEL)
        self.places = nn.Embedding(LENGTH, D_MODEL)
        self.layers = stack(SelfAttention, num_layers, D_MODEL, num_heads)
        self.norms = nn.ModuleList(nn.LayerNorm(D_MODEL) for _ in range(num_layers + 1))
        self.answer = nn.Linear(D_MODEL, WORDS, bias=False)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, tokens, *, silent=(), return_weights=False):
        """Return logits (batch, n, WORDS) of the token after each of (batch, n) tokens.

        Parameters
        ----------
        tokens : int Tensor, shape (batch, n)
        silent : collection of int, default ()
            Layers whose heads say nothing: they attend, but nothing is added.
        return_weights : bool, default False
            Return also the weights (batch, l, h, n, n).
        """
        _validate.tensor(tokens, "tokens", _validate.INTEGERS, "batch", "n")
        n = tokens.shape[1]
        x = self.words(tokens) + self.places.weight[:n]  # (batch, n, D_MODEL)
        mask, found = causal_mask(n), []
        for number, (attention, norm) in enumerate(zip(self.layers, self.norms[:-1], strict=True)):
            mixed, weights = attention(norm(x), mask=mask, return_weights=True)
            if number not in silent:
                x = x + mixed
            found.append(weights)  # (batch, h, n, n)
        logits = self.answer(self.norms[-1](x))
        return (logits, torch.stack(found, dim=1)) if return_weights else logits
