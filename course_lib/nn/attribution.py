"""What an answer draws on its tokens: gradients, relevance, values set to zero, tokens hidden.

All take an `OpenTransformer` and one text. Scores are for the answer that the model gives.
"""

from collections.abc import Sequence

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn._gradients import passable, with_gradients
from course_lib.nn.open_transformer import OpenTransformer
from course_lib.nn.rules import PLAIN, Rules

EPS = 1e-9  # below this, a number is not divided by

# AttnLRP as rules for gradients: relevance is then gradient times input (Achtibat et al. 2024,
# section 3). Linear maps (epsilon rule) and the softmax (first-order expansion) need none.
LRP = Rules(
    # both factors of a product get half of its relevance: the uniform rule
    product=lambda product: (product + product.detach()) / 2,
    # a norm hands relevance on as it is: its deviation counts as a constant
    scale=torch.Tensor.detach,
    # so does a function of single numbers, a multiple of its input: the identity rule
    activation=lambda f, x: x * (f(x) / torch.where(x.abs() < EPS, EPS, x)).detach(),
)


def gradient_times_input(model, ids):
    r"""Return each token's vector times the gradient by it.

    .. math:: s_j = x_j \cdot \frac{\partial f}{\partial x_j}

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)

    Returns
    -------
    Tensor, shape (n,)
        Signed. x is what the first layer reads, f is ``model.answer.target``.

    References
    ----------
    Shrikumar, Greenside, Shcherbina and Kundaje (2016), Not just a black box; Denil, Demiraj and
    de Freitas (2014), Extraction of salient sentences from labelled documents, for texts.
    """
    return _times_input(model, ids, PLAIN)


def attn_lrp(model, ids):
    r"""Return the relevance of each token by AttnLRP.

    The target's value is handed back layer by layer. A linear map shares it by the summands, the
    softmax by its first-order expansion, a product halves it between its factors, norms and
    activations hand it on. What the biases and the softmax take stays with them, so the scores sum
    to the target's value less their part.

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)

    Returns
    -------
    Tensor, shape (n,)
        Signed.

    References
    ----------
    Achtibat et al. (2024), AttnLRP: attention-aware layer-wise relevance propagation for
    transformers, section 3; here with its epsilon of 0, as gradients.
    """
    return _times_input(model, ids, LRP)


@with_gradients
def _times_input(model, ids, rules):
    ids = _text(model, ids)
    x = model.embed(ids).detach().requires_grad_()
    answer = model(x, rules=rules)
    target = model.answer.target(answer, model.answer.chosen(answer.detach()))
    (gradient,) = torch.autograd.grad(target.sum(), x)
    return (x.detach() * gradient).sum(dim=-1)[0]


@with_gradients
def weight_gradients(model, ids):
    """Return the attention weights and the gradient of the target by them, (l, h, n, n) each.

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)
    """
    ids = _text(model, ids)
    x = model.embed(ids).detach().requires_grad_()
    seen = torch.ones_like(ids, dtype=torch.bool)
    steps = model.steps(x, seen)
    answer = model.answer(steps[-1].output, seen)
    target = model.answer.target(answer, model.answer.chosen(answer.detach()))
    weights = [step.weights for step in steps]
    gradients = torch.autograd.grad(target.sum(), weights)
    return torch.cat(weights).detach(), torch.cat(gradients)


@torch.no_grad()
def value_zeroing(model, ids):
    r"""Return how far each layer's outputs turn when the value of one token is set to zero.

    .. math:: C_{ij} = 1 - \cos(\tilde x_i, \tilde x_i^{\neg j})

    with :math:`\tilde x_i` the layer's output, and :math:`\tilde x_i^{\neg j}` the same where all
    heads of this layer read a zero vector from token j, with the weights as they are.

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)

    Returns
    -------
    Tensor, shape (l, n, n)
        From 0 to 2, not divided by row sums.

    References
    ----------
    Mohebbi, Zuidema, Chrupała and Alishahi (2023), Quantifying context mixing in transformers,
    section 3.
    """
    ids = _text(model, ids)
    n, found = ids.shape[1], []
    for layer, step in zip(model.layers, model.steps(model.embed(ids)), strict=True):
        x = step.x.expand(n, -1, -1)  # (zeroed, n, d_model)
        without = layer(x, model.mask(x), heard=~torch.eye(n, dtype=torch.bool)).output
        whole, without = step.output.double(), without.double()  # small turns would be lost
        found.append(1 - nn.functional.cosine_similarity(whole, without, dim=-1).mT)
    # What cannot be read cannot turn anything; rounding might.
    return torch.stack(found).clamp(min=0) * model.mask(model.embed(ids))[0]


WAYS = ("hidden", "deleted", "silenced")


@torch.no_grad()
def drops_without(model, ids, sets, *, way="hidden", most=2048):
    """Return how far the answer falls when sets of tokens are taken away.

    Parameters
    ----------
    model : OpenTransformer
    ids : int Tensor, shape (n,)
    sets : sequence of sequence of int
        The positions to be taken away, for each question. Not all, nor the one whose output makes
        the answer.
    way : {"hidden", "deleted", "silenced"}, default "hidden"
        "hidden": a token can be attended to by none, in no layer, and its attention goes to others.
        "deleted": the text without it is read, later tokens move up. "silenced": its values are
        0 in every layer, and it can still be attended to; weights of later layers follow from what
        the others have become. In all three it is left out of a mean at the end.
    most : int, default 2048
        So many tokens are read at a time.

    Returns
    -------
    Tensor, shape (sets,)
        ``model.answer.drop`` of the answer without them, less that with all: 0 where it stays,
        and above 0 where the tokens spoke for the answer.

    Raises
    ------
    TypeError, ValueError
        If an argument is something else, or a set takes away too much.

    References
    ----------
    Li, Monroe and Jurafsky (2016), Understanding neural networks through representation erasure.
    """
    ids = _text(model, ids)
    kept = _kept(sets, ids.shape[1], model.answer.of_outputs)
    way = _validate.choice(way, "way", WAYS)
    most = _validate.integer(most, "most", low=1)
    if way == "deleted":
        answers = [model(model.embed(ids[:, row])) for row in kept]
    else:
        x = model.embed(ids)
        parts = kept.split(max(1, most // ids.shape[1]))
        answers = [_without(model, x.expand(len(part), -1, -1), part, way) for part in parts]
    whole = model(model.embed(ids))
    chosen = model.answer.chosen(whole)
    drops = torch.cat([model.answer.drop(answer, chosen) for answer in answers])
    return drops - model.answer.drop(whole, chosen)


def _without(model, x, kept, way):
    """Return the answers (batch, k) where only some tokens are kept, (batch, n)."""
    if way == "hidden":
        return model(x, kept)
    return model.answer(model.steps(x, heard=kept)[-1].output, kept)


def _kept(sets, n, of_outputs):
    """Return which tokens are kept, (sets, n), if the answer can still be given."""
    if isinstance(sets, str) or not isinstance(sets, Sequence) or not sets:
        raise TypeError(
            f"sets must be a sequence of sequences of positions, got {_validate.shown(sets)}"
        )
    sets = [_validate.integers(places, "sets", low=0, high=n - 1) for places in sets]
    kept = torch.ones(len(sets), n, dtype=torch.bool)
    for row, hidden in zip(kept, sets, strict=True):
        row[hidden] = False
    needed = {"mean": kept.any(dim=-1), "first": kept[:, 0], "last": kept[:, -1]}
    if not needed[of_outputs].all():
        raise ValueError("sets must leave a token, and the one whose output makes the answer")
    return kept


def _text(model, ids):
    """Return one text as a batch of one."""
    if not isinstance(model, OpenTransformer):
        raise TypeError(f"model must be an OpenTransformer, got {type(model).__name__}")
    ids = passable(_validate.tensor(ids, "ids", _validate.INTEGERS, "n"))[None]
    _validate.together(ids, "ids", model.layers[0].output.weight, "the model's parameters")
    if not ids.numel():
        raise ValueError("ids must not be empty")
    return _validate.within(ids, "ids", 0, model.vocabulary - 1)
