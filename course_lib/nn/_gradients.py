"""Gradients that a function needs for itself, wherever it is called from."""

import torch

from course_lib import _validate


def with_gradients(function):
    """Have a function record gradients, also under `torch.no_grad` and `torch.inference_mode`."""
    return torch.inference_mode(mode=False)(torch.enable_grad()(function))


def passable(x):
    """Return a tensor, or a copy of one of inference mode, by which no gradient could pass."""
    return x.clone() if _validate.is_of_inference(x) else x
