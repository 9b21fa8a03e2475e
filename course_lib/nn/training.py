"""Training, one step at a time: whoever takes the steps decides when to stop.

With what all trainings share: first parameters that follow from a seed, a loss, and a measure.
"""

import math
import time
from typing import NamedTuple

import torch
from torch import nn

from course_lib import _validate

LARGEST_SEED = 2**63 - 1


def seeded(make, seed):
    """Return ``make()``, a model whose first parameters follow from `seed` alone.

    PyTorch draws them from its one global generator, which is left as it was.
    """
    seed = _validate.integer(seed, "seed", low=0, high=LARGEST_SEED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


class Step(NamedTuple):
    """What is known after a step of training.

    Attributes
    ----------
    done, total : int
        Steps taken, and steps in all.
    loss : float
        On the examples of this step, before it changed the model.
    """

    done: int
    total: int
    loss: float


def training_steps(model, loss_of, examples, *, epochs, seed, batch=64, learning_rate=3e-3):
    """Train a model and yield a `Step` after each step.

    Nothing happens until the steps are taken, and nothing after the last one that was: to stop
    early, take no more. The same seed, model and number of threads give the same result again.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place. It is in evaluation mode when training ends.
    loss_of : callable -> Tensor, shape ()
        Called with the model and the parts of some examples, it returns their mean loss.
    examples : sequence of Tensor, each of shape (count, ...)
        The parts of all examples, such as texts and labels.
    epochs : int
        How often each example is seen.
    seed : int
        Of the order of the examples.
    batch : int, default 64
        Examples in a step.
    learning_rate : float, default 0.003
        The largest: it rises at the start and falls to nothing at the end.

    Yields
    ------
    Step

    Raises
    ------
    TypeError, ValueError
        On the first step, if the examples differ in number, there are none, a number is out of
        range, or no gradients are recorded.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization (AdamW); Smith and Topin
    (2019), Super-convergence (one cycle of the learning rate).

    Examples
    --------
    >>> x = torch.tensor([[0.0], [1.0], [2.0]])
    >>> line = torch.nn.Linear(1, 1)
    >>> def loss_of(model, x, y):
    ...     return (model(x) - y).square().mean()
    >>> steps = list(training_steps(line, loss_of, (x, 2 * x), epochs=100, seed=0))
    >>> steps[-1].done, steps[-1].total, steps[-1].loss < steps[0].loss
    (100, 100, True)
    """
    count, epochs, batch, order = _checked(examples, epochs, batch, seed)
    learning_rate = _validate.real(learning_rate, "learning_rate", low=0)
    total = epochs * math.ceil(count / batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, foreach=True)  # is quicker
    # A single step has no time to rise and fall: it begins near the top.
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=max(total, 2), div_factor=25 if total > 1 else 1
    )
    done = 0
    try:
        for _ in range(epochs):
            for chosen in torch.randperm(count, generator=order).split(batch):
                if not model.training:  # whoever took the last step may have looked at the model
                    model.train()
                loss = loss_of(model, *(part[chosen] for part in examples))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                done += 1
                yield Step(done, total, loss.item())
    finally:  # also when nobody takes the next step
        model.eval()


def train(model, loss_of, examples, **settings):
    """Train to the end, as `training_steps` does; return the seconds that it took."""
    start = time.perf_counter()
    for _ in training_steps(model, loss_of, examples, **settings):
        pass
    return time.perf_counter() - start


def label_loss(model, inputs, labels):
    """Return the mean cross-entropy of labels (count, ...), for logits (count, ..., classes).

    Raises
    ------
    TypeError, ValueError
        If a tensor has another type, shape or device, or a label is none of the classes.
    """
    logits, labels = _answered(model, inputs, labels)
    return nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten().long())


@torch.no_grad()
def accuracy(model, inputs, labels, **options):
    """Return the share of labels (count, ...) that the likeliest of (count, ..., classes) are.

    Raises
    ------
    TypeError, ValueError
        As `label_loss`.
    """
    logits, labels = _answered(model, inputs, labels, **options)
    return (logits.argmax(dim=-1) == labels).float().mean().item()


def _answered(model, inputs, labels, **options):
    """Return the logits of a model, (count, ..., classes), and labels that can be among them."""
    _validate.tensor(inputs, "inputs", _validate.NUMBERS, ...)
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    if parameter is not None:
        _validate.together(inputs, "inputs", parameter, "the model's parameters")
    logits = model(inputs, **options)
    _validate.tensor(logits, "what model returns", _validate.FLOATS, ..., "classes")
    _validate.tensor(labels, "labels", _validate.INTEGERS, *logits.shape[:-1])
    _validate.together(labels, "labels", logits, "the model's logits")
    return logits, _validate.within(labels, "labels", 0, logits.shape[-1] - 1)


def _checked(examples, epochs, batch, seed):
    if not torch.is_grad_enabled():
        raise ValueError("training must not stand in torch.no_grad or torch.inference_mode")
    if not isinstance(examples, tuple | list) or not all(
        isinstance(part, torch.Tensor) and part.ndim for part in examples
    ):
        raise TypeError("examples must be a sequence of tensors, each of shape (count, ...)")
    counts = {len(part) for part in examples}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"examples must be parts of one length, got lengths {sorted(counts)}")
    epochs = _validate.integer(epochs, "epochs", low=1)
    batch = _validate.integer(batch, "batch", low=1)
    order = torch.Generator().manual_seed(_validate.integer(seed, "seed", low=0, high=LARGEST_SEED))
    return counts.pop(), epochs, batch, order
