"""What exercise 3 of chapter 06 poses, and what the right module gives, or one with a mistake."""

import numpy as np

NAMES = ("query", "key", "value", "output")


def draw_texts(rng, d, h, mask, *, spread=1.0, blank=()):
    """Make a case of `run_module`: a module of h heads with its parameters, and texts.

    Nothing is asked of rows of padding, so no gradient comes from them. Tokens at the places that
    are `blank` are vectors of zeros, and yet no padding.
    """
    mask = np.asarray(mask, dtype=bool)
    parameters = {f"{name}.weight": rng.normal(size=(d, d)) / np.sqrt(d) for name in NAMES}
    x, probe = rng.normal(size=(2, *mask.shape, d))
    probe[_unasked(mask)] = 0
    parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
    x = (np.sqrt(spread) * x).astype(np.float32)
    x[:, list(blank)] = 0
    return (d, h), parameters, (x, mask), probe.astype(np.float32)


def far_texts(mask, logit=-16384.0, nearer=0):
    """Make a case in which real keys have one and the same logit, far below that of padding.

    Powers of two, so that it comes out exactly in half precision as well. Where `nearer` is 1, a
    token is half as far.
    """
    mask, d = np.asarray(mask, dtype=bool), 4
    one = np.zeros((d, d), dtype=np.float32)
    one[0, 0] = 1
    parameters = dict.fromkeys(("query.weight", "key.weight"), one)
    parameters |= {f"{name}.weight": np.eye(d, dtype=np.float32) for name in NAMES[2:]}
    parameters["key.weight"] = np.sign(logit).astype(np.float32) * one
    x = np.zeros((*mask.shape, d), dtype=np.float32)
    x[..., 0] = np.where(mask, np.sqrt(2 * abs(logit)), 0) / (
        1 + np.array(nearer)
    )  # the root of d_head is 2
    x[..., 1] = np.arange(mask.shape[1])
    return (d, 1), parameters, (x, mask), np.zeros_like(x)


def small_weight():
    """Make a case in which a ten-millionth of a large value is all that a token gets.

    Powers of two, so that it comes out in half precision as well.
    """
    (d, h), parameters, (x, mask), probe = far_texts([[True, True]], logit=8.0, nearer=[0, 1])
    parameters["key.weight"] = 2 * parameters["query.weight"]
    x[0, :, :2] = [[4, 0], [0, 32768]]  # the first token's logits are 32 / 2 and 0
    return (d, h), parameters, (x, mask), probe


def _unasked(mask):
    """Return which rows do not matter: padding, but not in a text that has nothing else."""
    return ~mask & mask.any(axis=-1, keepdims=True)


def asked(array, arguments, parameters, inputs, probe):
    """Return output (batch, n, d) or weights (batch, h, n, n) with 0 in rows that do not matter."""
    rows = _unasked(inputs[1])
    rows = rows[..., None] if array.ndim == 3 else rows[:, None, :, None]
    array = array.copy()  # of the same type, which tells the precision
    array[np.broadcast_to(rows, array.shape) & np.isfinite(array)] = 0
    return array


def reference(
    arguments,
    parameters,
    inputs,
    probe,
    *,
    scale=lambda d, h: d / h,
    use="keys",
    turned=None,
    axis=-1,
    split="features",
    whole=False,
    bare=False,
):
    """Return output, weights and leaves of the right module, or of one with a mistake.

    `use` says what the mask is used for: to hide "keys", as it should, or "queries"; "inverted", or
    inverted only "before" the softmax; only "after" it; so that an empty text is "unhidden" or
    "nan"; or for "none" of this. `turned`: the transposed "logits" or "weights"; `axis`: of the
    softmax; `split`: heads cut out of "features" or of the rows as they lie in "memory"; `whole`:
    heads not put back; `bare`: without the last projection.
    """
    import torch

    d, h = arguments
    x, mask = (torch.tensor(part) for part in inputs)
    x.requires_grad_()
    matrices = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}

    def heads(name):
        rows = x @ matrices[f"{name}.weight"].T
        if split == "memory":
            return rows.reshape(len(x), h, x.shape[1], d // h)
        return rows.unflatten(-1, (h, -1)).transpose(1, 2)

    query, key, value = map(heads, NAMES[:3])
    logits = query @ key.transpose(-1, -2) / np.sqrt(scale(d, h))
    logits = logits.transpose(-1, -2) if turned == "logits" else logits
    keys = mask[:, None, None, :].expand(logits.shape)
    allowed = {"queries": keys.transpose(-1, -2), "inverted": ~keys}.get(use, keys)
    if use not in ("none", "after"):
        lowest = -torch.inf if use == "nan" else torch.finfo(x.dtype).min
        logits = logits.masked_fill(allowed if use == "before" else ~allowed, lowest)
    weights = logits.softmax(dim=axis)
    if use not in ("none", "unhidden", "nan"):
        weights = weights * allowed
    weights = weights.transpose(-1, -2) if turned == "weights" else weights
    mixed = weights @ value
    mixed = mixed.reshape(x.shape) if whole else mixed.transpose(1, 2).flatten(2)
    output = mixed if bare else mixed @ matrices["output.weight"].T
    return output, weights, matrices | {"x": x}
