"""Attention over pictures: pixels or patches as tokens, which chapter 07 looks at.

A picture is a tensor of shape (batch, channels, height, width). As tokens its pixels are numbered
row by row, so pixel (i, j) is token i * width + j.
"""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn import _check
from course_lib.nn.text import EncoderLayer, SelfAttention, stack


class SelfAttention2d(nn.Module):
    r"""Self-attention among all pixels, mixed in by a learned factor that starts at 0.

    .. math::
        y = \gamma\, W_o (V A^\top) + x, \qquad A = \mathrm{softmax}(Q^\top K)

        Q = W_q x, \qquad K = W_k x, \qquad V = W_v x

    The projections are 1 × 1 convolutions to fewer channels and back. There is no 1/√d in the
    logits: the paper has none.

    Parameters
    ----------
    in_channels : int
        C, of the picture and of the result.
    inner_channels : int, optional
        Of queries, keys and values. Default: C / 8 as in the paper, rounded down, but at least 1.

    Attributes
    ----------
    gamma : Parameter, shape ()
        At 0 the block is the identity, and of its parameters only this one has a gradient.

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive.

    References
    ----------
    Zhang et al. (2019), Self-attention generative adversarial networks, section 3, equations 1
    to 3.

    Examples
    --------
    >>> block = SelfAttention2d(4)
    >>> picture = torch.randn(1, 4, 2, 3)
    >>> torch.equal(block(picture), picture)
    True
    """

    def __init__(self, in_channels, *, inner_channels=None):
        super().__init__()
        in_channels = _validate.integer(in_channels, "in_channels", low=1)
        if inner_channels is None:
            inner_channels = max(1, in_channels // 8)
        inner = _validate.integer(inner_channels, "inner_channels", low=1)
        self.query = nn.Conv2d(in_channels, inner, 1, bias=False)
        self.key = nn.Conv2d(in_channels, inner, 1, bias=False)
        self.value = nn.Conv2d(in_channels, inner, 1, bias=False)
        self.output = nn.Conv2d(inner, in_channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x, *, return_weights=False):
        """Return a picture of the shape of `x`, and on request the weights (batch, h*w, h*w).

        Raises
        ------
        TypeError, ValueError
            If `x` is no floating-point tensor (batch, in_channels, height, width).
        """
        channels = self.query.in_channels
        _check.tensor(x, "x", _check.FLOATS, "batch", channels, "height", "width")
        query, key, value = (f(x).flatten(2) for f in (self.query, self.key, self.value))
        weights = (query.transpose(1, 2) @ key).softmax(dim=-1)  # (batch, pixels, pixels)
        mixed = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        y = self.gamma * self.output(mixed) + x
        return (y, weights) if return_weights else y


class PatchAttention(nn.Module):
    """Self-attention among square patches of a picture, as in a vision transformer's first layer.

    Parameters
    ----------
    in_channels, patch : int
        Channels of the picture, and the side of a patch in pixels.
    d_model, num_heads : int
        As for `course_lib.nn.text.SelfAttention`.

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive, or `num_heads` does not divide `d_model`.

    References
    ----------
    Dosovitskiy et al. (2021), An image is worth 16x16 words, section 3.1. Here without positions
    and without a class token.

    Examples
    --------
    >>> output, weights = PatchAttention(1, 4, 8, 2)(torch.randn(1, 1, 8, 12), return_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([1, 6, 8]), torch.Size([1, 2, 6, 6]))
    """

    def __init__(self, in_channels, patch, d_model, num_heads):
        super().__init__()
        self.patch = _validate.integer(patch, "patch", low=1)
        self.in_channels = _validate.integer(in_channels, "in_channels", low=1)
        d_model = _validate.integer(d_model, "d_model", low=1)
        self.embed = nn.Linear(in_channels * patch * patch, d_model)
        self.attention = SelfAttention(d_model, num_heads)

    def forward(self, x, *, return_weights=False):
        """Return (batch, patches, d_model), and on request (batch, h, patches, patches) weights.

        Raises
        ------
        TypeError, ValueError
            If `x` is no floating-point tensor (batch, in_channels, height, width), or the patches
            do not fit.
        """
        _check.tensor(x, "x", _check.FLOATS, "batch", self.in_channels, "height", "width")
        return self.attention(self.embed(to_patches(x, self.patch)), return_weights=return_weights)


class PatchClassifier(nn.Module):
    """A vision transformer in small: patches with learned positions, encoder layers, their mean.

    Parameters
    ----------
    side : int
        Height and width of the pictures, a multiple of `patch`; they have one channel.
    patch, classes : int
    d_model, num_heads, num_layers : int

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

    def __init__(self, side, patch, classes=10, *, d_model=32, num_heads=4, num_layers=2):
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
        self.classify = nn.Linear(d_model, _validate.integer(classes, "classes", low=1))

    def forward(self, x, *, return_weights=False):
        """Return logits, and on request the weights (batch, layers, h, patches, patches).

        Raises
        ------
        TypeError, ValueError
            If `x` is no floating-point tensor (batch, 1, side, side).
        """
        _check.tensor(x, "x", _check.FLOATS, "batch", 1, self.side, self.side)
        x = self.embed(to_patches(x, self.patch)) + self.position
        collected = []
        for layer in self.layers:
            x, weights = layer(x)
            collected.append(weights)
        logits = self.classify(self.norm(x).mean(dim=1))
        return (logits, torch.stack(collected, dim=1)) if return_weights else logits


class DigitClassifier(nn.Module):
    """Two convolutions, on request self-attention among all pixels, and the mean over them.

    Parameters
    ----------
    channels : int, default 16
    classes : int, default 10
    attention : bool, default True
        Without it, a place of the picture knows the 5 × 5 pixels around it and no others. All
        other parameters begin with the same numbers, with it and without.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or not positive.

    Examples
    --------
    >>> logits, weights = DigitClassifier()(torch.zeros(2, 1, 8, 8), return_weights=True)
    >>> logits.shape, weights.shape
    (torch.Size([2, 10]), torch.Size([2, 64, 64]))
    """

    def __init__(self, channels=16, classes=10, *, attention=True):
        super().__init__()
        channels = _validate.integer(channels, "channels", low=1)
        classes = _validate.integer(classes, "classes", low=1)
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.classify = nn.Linear(channels, classes)
        self.attention = SelfAttention2d(channels) if attention else None  # last: draws last

    def forward(self, x, *, return_weights=False):
        """Return logits (batch, classes) for (batch, 1, h, w), and on request the weights.

        Raises
        ------
        TypeError, ValueError
            If `x` has another shape or type.
        """
        _check.tensor(x, "x", _check.FLOATS, "batch", 1, "height", "width")
        x, weights = self.first(x).relu(), None
        x = self.second(x).relu()
        if self.attention is not None:
            x, weights = self.attention(x, return_weights=True)
        logits = self.classify(x.mean(dim=(2, 3)))
        return (logits, weights) if return_weights else logits


def to_patches(x, patch):
    """Cut pictures into square patches, row by row.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, height, width)
    patch : int
        The side of a patch; height and width must be multiples of it.

    Returns
    -------
    Tensor, shape (batch, patches, channels * patch * patch)

    Raises
    ------
    TypeError, ValueError
        If `x` has another shape or type, or the patches do not fit.

    Examples
    --------
    >>> to_patches(torch.arange(8.0).reshape(1, 1, 2, 4), 2)
    tensor([[[0., 1., 4., 5.],
             [2., 3., 6., 7.]]])
    """
    _check.tensor(x, "x", _check.FLOATS, "batch", "channels", "height", "width")
    patch = _validate.integer(patch, "patch", low=1)
    height, width = x.shape[-2:]
    if height % patch or width % patch:
        raise ValueError(f"patch must divide height and width, got {patch} for {height} × {width}")
    return nn.functional.unfold(x, kernel_size=patch, stride=patch).transpose(1, 2)


def attention_distance(weights, height, width):
    r"""Return how far pixels (or patches) look, on average, on their grid.

    .. math:: d = \frac1n \sum_{ij} A_{ij}\, \lVert p_i - p_j \rVert

    Parameters
    ----------
    weights : Tensor, shape (..., n, n)
        Attention weights of the n = height * width places.
    height, width : int
        Of the grid.

    Returns
    -------
    Tensor, shape (...)
        In steps of the grid.

    Raises
    ------
    TypeError, ValueError
        If `weights` has another shape or type, or the grid does not have n places.

    References
    ----------
    Dosovitskiy et al. (2021), An image is worth 16x16 words, figure 7 and appendix D.7.

    Examples
    --------
    >>> attention_distance(torch.tensor([[0.0, 1.0], [0.0, 1.0]]), 1, 2)
    tensor(0.5000)
    """
    height = _validate.integer(height, "height", low=1)
    width = _validate.integer(width, "width", low=1)
    _check.tensor(weights, "weights", _check.FLOATS, ..., "n", "n")
    if not weights.shape[-2] == weights.shape[-1] == height * width:
        raise ValueError(
            f"weights must have height * width = {height * width} places, got shape "
            f"{tuple(weights.shape)}"
        )
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([rows, columns], dim=-1).reshape(-1, 2).double()  # half has no cdist
    apart = torch.cdist(places, places).to(weights)
    return (weights * apart).sum(dim=-1).mean(dim=-1)
