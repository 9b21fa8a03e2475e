"""Attention over images: pixels or patches as tokens.

An image is a tensor of shape (batch, channels, height, width). As tokens its pixels are numbered
row by row, so pixel (i, j) is token i * width + j.
"""

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.attention import SelfAttention


class SelfAttention2d(nn.Module):
    r"""Self-attention among all pixels, mixed in by a learned factor that starts at 0.

    .. math::
        y &= \gamma\, W_o (V A^\top) + x, \qquad A = \mathrm{softmax}(Q^\top K)

        Q &= W_q x, \qquad K = W_k x, \qquad V = W_v x

    The projections are 1 × 1 convolutions to fewer channels and back. There is no 1/√d in the
    logits: the paper has none.

    Parameters
    ----------
    in_channels : int
        C, of the image and of the result.
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
    >>> image = torch.randn(1, 4, 2, 3)
    >>> torch.equal(block(image), image)
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
        """Return an image of the shape of `x`, and on request the weights (batch, h*w, h*w).

        Raises
        ------
        TypeError, ValueError
            If `x` is no floating-point tensor (batch, in_channels, height, width).
        """
        channels = self.query.in_channels
        _validate.tensor(x, "x", _validate.FLOATS, "batch", channels, "height", "width")
        _validate.alike(x, "x", self.query.weight, "the module's parameters")
        # (batch, inner, n) each, n = h * w
        query, key, value = (f(x).flatten(2) for f in (self.query, self.key, self.value))
        weights = (query.transpose(1, 2) @ key).softmax(dim=-1)  # (batch, n, n)
        mixed = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])  # (batch, inner, h, w)
        y = self.gamma * self.output(mixed) + x
        return (y, weights) if return_weights else y


class PatchAttention(nn.Module):
    """Self-attention among square patches of an image, as in a vision transformer's first layer.

    Parameters
    ----------
    in_channels, patch : int
        Channels of the image, and the side of a patch in pixels.
    d_model, num_heads : int
        As for `course_lib.nn.attention.SelfAttention`.

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
        _validate.tensor(x, "x", _validate.FLOATS, "batch", self.in_channels, "height", "width")
        _validate.alike(x, "x", self.embed.weight, "the module's parameters")
        return self.attention(self.embed(to_patches(x, self.patch)), return_weights=return_weights)


def to_patches(x, patch):
    """Cut images into square patches, row by row.

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
    _validate.tensor(x, "x", _validate.FLOATS, "batch", "channels", "height", "width")
    patch = _validate.integer(patch, "patch", low=1)
    height, width = x.shape[-2:]
    if not x.shape[1] * height * width:
        raise ValueError(f"x must have at least one pixel, got shape {tuple(x.shape)}")
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
    _validate.tensor(weights, "weights", _validate.FLOATS, ..., "n", "n")
    if not weights.shape[-2] == weights.shape[-1] == height * width:
        raise ValueError(
            f"weights must have height * width = {height * width} places, got shape "
            f"{tuple(weights.shape)}"
        )
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([rows, columns], dim=-1).reshape(-1, 2).double()  # half has no cdist
    apart = torch.cdist(places, places).to(weights)  # (n, n)
    return (weights * apart).sum(dim=-1).mean(dim=-1)
