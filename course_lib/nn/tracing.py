"""Run a model on one text and keep what the explanations of `course_lib.explain` are made of."""

import torch

from course_lib.explain.context_mixing import alti, value_aware_weights, value_parts
from course_lib.explain.methods import Trace
from course_lib.nn import attribution


def trace(model, ids):
    """Return the `course_lib.explain.Trace` of a model on a text.

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)

    Returns
    -------
    Trace

    Raises
    ------
    TypeError, ValueError
        If `model` is no `OpenTransformer`, or `ids` are no integers of one axis.
    """
    weights, gradients = attribution.weight_gradients(model, ids)
    with torch.no_grad():
        steps = model.steps(model.embed(ids[None]))
        layers = list(zip(model.layers, steps, strict=True))
        mixing = [value_aware_weights(*_mixing(layer, step)) for layer, step in layers]
        nearness = [alti(*normed_parts(layer, step)) for layer, step in layers]
    return Trace(
        model.answer.of_outputs,
        weights.double().numpy(),
        gradients.double().numpy(),
        _stack(mixing),
        _stack(nearness),
        attribution.value_zeroing(model, ids).double().numpy(),
        attribution.gradient_times_input(model, ids).double().numpy(),
        attribution.attn_lrp(model, ids).double().numpy(),
    )


@torch.no_grad()
def normed_parts(layer, step):
    """Return what each position has from each one after attention, and the sum with the biases.

    The residual belongs to a position's own part. Where a norm follows, as in BERT, its linear
    part acts on each of them, with the deviation that the sum has.

    Parameters
    ----------
    layer : Layer
    step : course_lib.nn.open_transformer.Step
        Of one text.

    Returns
    -------
    parts : numpy.ndarray of float64, shape (n, n, d_model)
    whole : numpy.ndarray of float64, shape (n, d_model)

    References
    ----------
    Kobayashi, Kuribayashi, Yokoi and Inui (2021), Incorporating residual and normalization layers
    into analysis of masked language models, section 3; Ferrando et al. (2022), section 3.
    """
    n = step.x.shape[1]
    parts = torch.from_numpy(value_parts(*_mixing(layer, step)))
    parts[range(n), range(n)] += step.x[0]
    attended = step.attended[0]
    if layer.before:
        return parts.numpy(), attended.double().numpy()
    norm = layer.norms[0]
    parts = norm.linear(parts, norm.deviation(attended)[:, None])
    return parts.numpy(), norm(attended).double().numpy()


def _mixing(layer, step):
    arrays = step.weights[0], step.values[0], layer.head_outputs.detach()
    return tuple(array.double().numpy() for array in arrays)


def _stack(matrices):
    return torch.stack([torch.from_numpy(matrix) for matrix in matrices]).numpy()
