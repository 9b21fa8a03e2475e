"""What exercises 4 and 6 of chapter 07 pose: modules with parameters, pixels in another order."""

import numpy as np

INNER = ("query", "key", "value")


def draw_block(rng, channels, inner, shape, gamma, *, batch=2, spread=0.7):
    """Make a case of `run_module`: an attention block with its parameters, and images."""
    into, back = (inner, channels, 1, 1), (channels, inner, 1, 1)
    parameters = {f"{name}.weight": rng.normal(size=into) for name in INNER}
    parameters["output.weight"] = rng.normal(size=back) / np.sqrt(inner)
    parameters["gamma"] = np.array(gamma)
    x, probe = rng.normal(size=(2, batch, channels, *shape))
    parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
    return (channels, inner), parameters, ((spread * x).astype(np.float32),), probe.astype("f4")


def far_block(shape, bright, gamma=0.5):
    """Make a case whose logits are 0 to 16,384: bright pixels look at the brightest.

    `bright` is 0, 1/2 or 1: powers of two, so that they come out exactly in half precision as well.
    """
    one = np.ones((1, 1, 1, 1), dtype=np.float32)
    parameters = {f"{name}.weight": one for name in (*INNER, "output")}
    parameters["gamma"] = np.float32(gamma).reshape(())
    x = 128 * np.asarray(bright, dtype=np.float32).reshape(1, 1, *shape)
    return (1, 1), parameters, (x,), np.zeros_like(x)


def small_weight():
    """Make a case in which a ten-millionth of a large value is all that a dark pixel gets."""
    return _of_two_channels(4, [[2, 0], [0, 32768]])  # logits 16 and 0


def two_near_the_top():
    """Make a case with logits of 64, 62 and -512: the largest is far ahead, but not of all."""
    return _of_two_channels(1, [[8, 7.75, -64], [0, 16, 1]])


def _of_two_channels(factor, channels):
    """Make a block whose first channel makes queries and keys, and whose second makes values."""
    first, second = np.eye(2, dtype=np.float32).reshape(2, 1, 2, 1, 1)
    parameters = {"query.weight": first, "key.weight": factor * first, "value.weight": second}
    parameters["output.weight"] = second.reshape(2, 1, 1, 1)
    parameters["gamma"] = np.ones((), dtype=np.float32)
    x = np.array(channels, dtype=np.float32).reshape(1, 2, 1, -1)
    return (2, 1), parameters, (x,), np.zeros_like(x)


def reference(arguments, parameters, inputs, probe, *, mistake=None):
    """Return image, weights and leaves of the right block, or of one with a mistake."""
    import torch

    given = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}
    x = torch.tensor(inputs[0]).requires_grad_()
    query, key, value = (
        torch.einsum("oi,bin->bon", given[f"{name}.weight"][..., 0, 0], x.flatten(2))
        for name in INNER
    )
    logits = query.transpose(1, 2) @ key
    if mistake == "exchanged":
        logits = logits.transpose(1, 2)
    if mistake in ("scale", "scale of channels"):
        logits = logits / np.sqrt(arguments[mistake == "scale"])
    weights = logits.softmax(dim=1 if mistake == "axis" else 2)
    if mistake == "logits":
        weights = logits
    if mistake == "transposed":
        weights = weights.transpose(1, 2)
    mixed = value @ (weights if mistake == "mixing" else weights.transpose(1, 2))
    if mistake == "folded":
        mixed = mixed.transpose(1, 2).reshape(mixed.shape)
    back = torch.einsum("oi,bin->bon", given["output.weight"][..., 0, 0], mixed)
    if mistake == "swapped":
        back = back.unflatten(2, (x.shape[3], x.shape[2])).transpose(2, 3)
    back, gamma = back.reshape(x.shape), given["gamma"]
    y = {
        "gamma": back + x,
        "residual": gamma * back,
        "both": gamma * (back + x),
        "shares": gamma * back + (1 - gamma) * x,
    }.get(mistake, gamma * back + x)
    return y, weights, given | {"x": x}


def shuffle(image, order):
    """Put the pixels of (channels, height, width) in another order, all channels alike."""
    return image.reshape(len(image), -1)[:, order].reshape(image.shape)


def both_ways(block, image, order):
    """Return what comes out if an image is shuffled before a block, and if it is shuffled after."""
    return block(shuffle(image, order)), shuffle(block(image), order)
