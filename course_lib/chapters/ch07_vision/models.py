"""The models of chapter 07, which sort handwritten digits: convolutions, and patches."""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.transformer import EncoderLayer, stack
from course_lib.nn.vision import SelfAttention2d, to_patches

DIGITS = 10  # from 0 to 9


class DigitClassifier(nn.Module):
    """Two convolutions, on request self-attention among all pixels, and the mean over them.

    Parameters
    ----------
    channels : int, default 16
    attention : bool, default True
        Without it, a place of the picture knows the 5 × 5 pixels around it and no others. All
        other parameters begin with the same numbers, with it and without.

    Raises
    ------
    TypeError, ValueError
        If `channels` is no integer or not positive.

    Examples
    --------
    >>> logits, weights = DigitClassifier()(torch.zeros(2, 1, 8, 8), return_weights=True)
    >>> logits.shape, weights.shape
    (torch.Size([2, 10]), torch.Size([2, 64, 64]))
    """

    def __init__(self, channels=16, *, attention=True):
        super().__init__()
        channels = _validate.integer(channels, "channels", low=1)
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.classify = nn.Linear(channels, DIGITS)
        self.attention = SelfAttention2d(channels) if attention else None  # last: draws last

    def forward(self, x, *, return_weights=False):
        """Return logits (batch, 10) for (batch, 1, h, w), and on request the weights.

        Raises
        ------
        TypeError, ValueError
            If `x` has another shape or type.
        """
        _validate.tensor(x, "x", _validate.FLOATS, "batch", 1, "height", "width")
        _validate.alike(x, "x", self.first.weight, "the module's parameters")
        x, weights = self.first(x).relu(), None  # (batch, channels, h, w)
        x = self.second(x).relu()
        if self.attention is not None:
            x, weights = self.attention(x, return_weights=True)
        logits = self.classify(x.mean(dim=(2, 3)))
        return (logits, weights) if return_weights else logits


class PatchClassifier(nn.Module):
    """A vision transformer in small: patches with learned positions, encoder layers, their mean.

    Parameters
    ----------
    side : int
        Height and width of the pictures, a multiple of `patch`; they have one channel.
    patch, d_model, num_heads, num_layers : int

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive, or `patch` does not divide `side`.

    References
    ----------
    Dosovitskiy et al. (2021), section 3.1; here with the mean of the patches instead of a class
    token.

    Examples
    --------
    >>> logits, weights = PatchClassifier(8, 2)(torch.zeros(1, 1, 8, 8), return_weights=True)
    >>> logits.shape, weights.shape
    (torch.Size([1, 10]), torch.Size([1, 2, 4, 16, 16]))
    """

    def __init__(self, side, patch, *, d_model=32, num_heads=4, num_layers=2):
        super().__init__()
        self.side = _validate.integer(side, "side", low=1)
        self.patch = _validate.integer(patch, "patch", low=1)
        d_model = _validate.integer(d_model, "d_model", low=1)
        if side % patch:
            raise ValueError(f"patch must divide side, got {patch} for {side}")
        self.embed = nn.Linear(patch * patch, d_model)
        self.position = nn.Parameter(0.02 * torch.randn((side // patch) ** 2, d_model))
        self.layers = stack(EncoderLayer, num_layers, d_model, num_heads)
        self.norm = nn.LayerNorm(d_model)
        self.classify = nn.Linear(d_model, DIGITS)

    def forward(self, x, *, return_weights=False):
        """Return logits, and on request the weights (batch, layers, h, patches, patches).

        Raises
        ------
        TypeError, ValueError
            If `x` is no floating-point tensor (batch, 1, side, side).
        """
        _validate.tensor(x, "x", _validate.FLOATS, "batch", 1, self.side, self.side)
        _validate.alike(x, "x", self.embed.weight, "the module's parameters")
        x = self.embed(to_patches(x, self.patch)) + self.position  # (batch, patches, d_model)
        collected = []
        for layer in self.layers:
            x, weights = layer(x)
            collected.append(weights)
        logits = self.classify(self.norm(x).mean(dim=1))  # (batch, 10)
        return (logits, torch.stack(collected, dim=1)) if return_weights else logits
