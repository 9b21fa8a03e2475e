"""What did a classifier of texts go by? Attention, gradients, and leaving words out.

Each measure of importance has a number for each token of (batch, n) tokens, and 0 for padding.
Distances are between distributions over the classes (total variation) or between rows of weights
(Jensen-Shannon), as in Jain and Wallace (2019), Attention is not explanation.
"""

import torch

from course_lib import _validate
from course_lib.data.vocabulary import PAD
from course_lib.nn._gradients import passable, with_gradients
from course_lib.nn.attention import masked_softmax, padding_mask


@torch.no_grad()
def attention_importance(model, tokens):
    """Return the attention that each token gets, averaged over layers, heads and queries.

    Parameters
    ----------
    model : TextClassifier
    tokens : int Tensor, shape (batch, n)

    Returns
    -------
    Tensor, shape (batch, n)
        Each row sums to 1; that of a text of nothing but padding is 0.
    """
    _, weights = model(tokens, return_weights=True)
    queries = (tokens != PAD)[:, None, None, :, None]  # (batch, 1, 1, n, 1)
    received = (weights * queries).sum(dim=-2) / queries.sum(dim=-2).clamp(min=1)
    return received.mean(dim=(1, 2))


@with_gradients
def gradient_importance(model, tokens):
    r"""Return how steeply the answer changes with each token.

    .. math:: g_t = \Big| e_t \cdot \frac{\partial\, p(\text{answer})}{\partial e_t} \Big|

    with :math:`e_t` the vector of the token, and the answer the likeliest class.

    Parameters
    ----------
    model : TextClassifier
    tokens : int Tensor, shape (batch, n)

    Returns
    -------
    Tensor, shape (batch, n)

    References
    ----------
    Jain and Wallace (2019), section 4.1: the derivative by the entry of a one-hot token.
    There the attention weights are held fixed; here gradients flow through them too.
    """
    tokens = _passable(tokens)
    vectors = model.embedding(tokens).detach().requires_grad_()  # (batch, n, d_model)
    answer = model.from_vectors(vectors, tokens).softmax(dim=-1).amax(dim=-1)  # (batch,)
    (gradient,) = torch.autograd.grad(answer.sum(), vectors)
    steepness = (model.embedding.token(tokens).detach() * gradient).sum(dim=-1).abs()
    return steepness * (tokens != PAD)


@torch.no_grad()
def leave_one_out(model, tokens):
    """Return how far the answer moves when each token is hidden from the others and the mean.

    Parameters
    ----------
    model : TextClassifier
    tokens : int Tensor, shape (batch, n)

    Returns
    -------
    Tensor, shape (batch, n)
        Total variation distance of the answers, from 0 to 1. Positions stay as they were.

    References
    ----------
    Li, Monroe and Jurafsky (2016); Jain and Wallace (2019), section 4.1, where the token is taken
    out and the others move up; here it is hidden and they keep their positions.
    """
    answer = model(tokens).softmax(dim=-1)  # (batch, classes)
    n = tokens.shape[1]
    hidden = tokens.unsqueeze(1).repeat(1, n, 1)  # (batch, left out, n)
    hidden.diagonal(dim1=1, dim2=2).fill_(PAD)
    without = model(hidden.flatten(0, 1)).softmax(dim=-1)  # (batch * n, classes)
    without = without.unflatten(0, (-1, n))
    return total_variation(answer.unsqueeze(1), without) * (tokens != PAD)


def _passable(tokens):
    return passable(_validate.tensor(tokens, "tokens", _validate.INTEGERS, "batch", "n"))


def total_variation(p, q):
    """Return half the sum of the differences, from 0 to 1, of distributions on the last axis."""
    _check_pair(p, q)
    return (p - q).abs().sum(dim=-1) / 2


def jensen_shannon(p, q):
    """Return the Jensen-Shannon divergence in nats, from 0 to log 2, along the last axis."""
    _check_pair(p, q)
    middle = (p + q) / 2
    # Rounding may leave a trace of less than 0 where the two are alike.
    return ((_relative(p, middle) + _relative(q, middle)) / 2).clamp(min=0)


def _check_pair(p, q):
    _validate.tensor(p, "p", _validate.FLOATS, ..., "n")
    _validate.tensor(q, "q", _validate.FLOATS, ..., p.shape[-1])
    _validate.together(q, "q", p, "p")
    try:
        torch.broadcast_shapes(p.shape, q.shape)
    except RuntimeError:
        raise ValueError(
            f"q must have leading axes that broadcast against those of p, {tuple(p.shape)}, got "
            f"{tuple(q.shape)}"
        ) from None


def _relative(p, q):
    tiny = torch.finfo(p.dtype).tiny  # 0 log 0 is 0, and its gradient finite
    return (p * (p.clamp(min=tiny) / q.clamp(min=tiny)).log()).sum(dim=-1)


def uniform_weights(tokens):
    """Return weights that are the same for all tokens but the padding: (batch, 1, 1, n)."""
    _validate.tensor(tokens, "tokens", _validate.INTEGERS, "batch", "n")
    real = padding_mask(tokens).unsqueeze(1).float()
    return real / real.sum(dim=-1, keepdim=True).clamp(min=1)


@torch.no_grad()
def shuffled_weights(weights, tokens, generator):
    """Deal the weights of every row out anew among its real keys, in a random order.

    Parameters
    ----------
    weights : Tensor, shape (batch, layers, h, n, n)
    tokens : int Tensor, shape (batch, n)
    generator : torch.Generator

    Returns
    -------
    Tensor, shape (batch, layers, h, n, n)

    Raises
    ------
    TypeError, ValueError
        If a tensor has another shape or type, or `generator` is none.
    """
    _validate.tensor(tokens, "tokens", _validate.INTEGERS, "batch", "n")
    real = padding_mask(tokens)[:, None, None]  # (batch, 1, 1, 1, n)
    batch, n = tokens.shape
    _validate.tensor(weights, "weights", _validate.FLOATS, batch, "layers", "h", n, n)
    _validate.together(weights, "weights", tokens, "tokens")
    _validate.generator(generator, "generator", torch.Generator)
    real = real.expand(weights.shape)
    luck = torch.rand(weights.shape, generator=generator, device=generator.device)
    luck = luck.to(weights.device).masked_fill(~real, 2)
    places = (~real).float().argsort(dim=-1, stable=True)  # the real ones, then the padding
    dealt = weights.gather(-1, luck.argsort(dim=-1))
    return torch.empty_like(weights).scatter(-1, places, dealt)


@with_gradients
def adversarial_attention(model, tokens, *, allowed=0.05, steps=300, generator):
    """Search for attention unlike the model's own under which it answers nearly the same.

    All layers and heads may change. From a random start, gradient steps push the
    Jensen-Shannon divergence from the model's own weights up while the total variation distance
    of the answers stays below `allowed`.

    Parameters
    ----------
    model : TextClassifier
        Its parameters do not change.
    tokens : int Tensor, shape (batch, n)
    allowed : float, default 0.05
    steps : int, default 300
    generator : torch.Generator

    Returns
    -------
    weights : Tensor, shape (batch, layers, h, n, n)
    moved : Tensor, shape (batch,)
        How far the answer moved; a text is fooled only where this is at most `allowed`.
    apart : Tensor, shape (batch,)
        The divergence from the model's own weights, averaged over layers, heads and queries.

    Raises
    ------
    TypeError, ValueError
        If `tokens` has another shape or type, a number is out of range, or `generator` is none.

    References
    ----------
    Jain and Wallace (2019), section 4.2.2, there for the one attention layer of their models.
    """
    allowed = _validate.real(allowed, "allowed", low=0, high=1)
    steps = _validate.integer(steps, "steps", low=0)
    _validate.generator(generator, "generator", torch.Generator)
    tokens = _passable(tokens)
    with torch.no_grad():
        logits, own = model(tokens, return_weights=True)
        answer = logits.softmax(dim=-1)
    real = padding_mask(tokens)[:, None, None]  # (batch, 1, 1, 1, n)
    start = torch.randn(own.shape, generator=generator, dtype=own.dtype, device=generator.device)
    changed = start.to(own.device).requires_grad_()
    optimizer = torch.optim.Adam([changed], lr=0.1)

    def outcome():
        weights = masked_softmax(changed, real)
        moved = total_variation(model(tokens, weights=weights).softmax(dim=-1), answer)
        queries = real.transpose(-1, -2).squeeze(-1)  # (batch, 1, 1, n)
        apart = (jensen_shannon(weights, own) * queries).sum(dim=-1)  # (batch, layers, h)
        apart = apart / queries.sum(dim=-1).clamp(min=1)
        return weights, moved, apart.mean(dim=(1, 2))

    for _ in range(steps):
        _, moved, apart = outcome()
        loss = 20 * (moved - allowed / 2).relu() - apart
        (changed.grad,) = torch.autograd.grad(loss.sum(), changed)
        optimizer.step()
    return tuple(part.detach() for part in outcome())
