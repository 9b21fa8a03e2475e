"""How gradients pass the steps of a transformer that are not linear, and the norms among these."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn


class Rules(NamedTuple):
    """How gradients pass the steps that are not linear; what is computed is always the same.

    Attributes
    ----------
    product : callable
        Of the product of two things that both depend on the input.
    scale : callable
        Of what a norm divides by.
    activation : callable
        Of a function and what it is applied to, number by number.
    """

    product: Callable
    scale: Callable
    activation: Callable


PLAIN = Rules(lambda product: product, lambda scale: scale, lambda f, x: f(x))


class Norm:
    """LayerNorm, or RMSNorm where nothing is centred: g (x - mean) / deviation + b."""

    def __init__(self, module):
        self.gain = module.weight
        self.bias = getattr(module, "bias", None)
        self.centred = isinstance(module, nn.LayerNorm)
        self.eps = module.eps if self.centred else module.variance_epsilon

    def centre(self, x):
        """Return x without its mean, or x where the norm does not take it away."""
        return x - x.mean(dim=-1, keepdim=True) if self.centred else x

    def deviation(self, x):
        """Return what each vector is divided by, (..., 1)."""
        return (self.centre(x).square().mean(dim=-1, keepdim=True) + self.eps).sqrt()

    def linear(self, parts, deviation):
        """Return parts of what is normalised as they are in the result, the bias apart."""
        return self.gain * self.centre(parts) / deviation

    def __call__(self, x, rules=PLAIN):
        """Return the normalised vectors."""
        normed = self.linear(x, rules.scale(self.deviation(x)))
        return normed if self.bias is None else normed + self.bias
