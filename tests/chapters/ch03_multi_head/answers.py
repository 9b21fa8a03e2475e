"""Answers to the exercises of chapter 03 as people write them, rightly and wrongly."""

import numpy as np
import scipy.special
import torch
from scipy.spatial.distance import jensenshannon

softmax = scipy.special.softmax


def split_by_split(x, num_heads):
    return np.stack(np.split(x, num_heads, axis=1))


def split_by_torch(x, num_heads):
    return torch.tensor(x).view(len(x), num_heads, -1).transpose(0, 1)


def split_by_list(x, num_heads):
    d = x.shape[1] // num_heads
    return [x[:, head * d : (head + 1) * d].tolist() for head in range(num_heads)]


def size_by_divmod(d_model, num_heads):
    size, rest = divmod(d_model, num_heads)
    if rest:
        raise ValueError(str((d_model, num_heads)))
    return size


def size_as_float(d_model, num_heads):
    return float(size_by_divmod(d_model, num_heads))


def size_raising(error, message="{} {}"):
    def answer(d_model, num_heads):
        if d_model % num_heads:
            raise error(message.format(d_model, num_heads))
        return d_model // num_heads

    return answer


def size_always_raising(d_model, num_heads):
    raise ValueError(f"{d_model} {num_heads}")


def self_by_loop(weights):
    hits = [row.argmax() == i for head in weights for i, row in enumerate(head)]
    return sum(hits) / len(hits)


def self_by_torch(weights):
    weights = torch.tensor(weights)
    return (weights.argmax(-1) == torch.arange(weights.shape[-1])).float().mean()


def self_by_maximum(weights):
    diagonal = np.diagonal(weights, axis1=1, axis2=2)
    return np.mean(diagonal == weights.max(axis=2))


def multi_head(scale=None, project=lambda part, w: part @ w, merge=None, mix=True, turn=False):
    """Build an answer, right unless an option puts a mistake into it."""

    def answer(x, w_q, w_k, w_v, w_o, num_heads):
        if turn:
            w_q, w_k, w_v, w_o = w_q.T, w_k.T, w_v.T, w_o.T
        q, k, v = (split_by_split(project(x, w), num_heads) for w in (w_q, w_k, w_v))
        root = np.sqrt(q.shape[-1]) if scale is None else scale(x)
        weights = softmax(q @ k.transpose(0, 2, 1) / root, axis=-1)
        merged = merge(weights @ v, x) if merge else np.concatenate(list(weights @ v), axis=1)
        return (merged @ w_o if mix else merged), weights

    return answer


def multi_head_by_torch(x, w_q, w_k, w_v, w_o, num_heads):
    d = x.shape[1]
    module = torch.nn.MultiheadAttention(d, num_heads, bias=False, batch_first=True).double()
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.tensor(np.concatenate([w_q.T, w_k.T, w_v.T])))
        module.out_proj.weight.copy_(torch.tensor(w_o.T))
    x = torch.tensor(x)[None]
    output, weights = module(x, x, x, average_attn_weights=False)
    return output[0], weights[0]


def multi_head_by_loop(x, w_q, w_k, w_v, w_o, num_heads):
    d = x.shape[1] // num_heads
    outputs, all_weights = [], []
    for head in range(num_heads):
        part = slice(head * d, (head + 1) * d)
        q, k, v = x @ w_q[:, part], x @ w_k[:, part], x @ w_v[:, part]
        all_weights.append(softmax(q @ k.T / d**0.5, axis=1))
        outputs.append(all_weights[-1] @ v)
    return [np.hstack(outputs) @ w_o, np.array(all_weights)]


def multi_head_in_float32(*arguments):
    *arrays, num_heads = arguments
    return multi_head()(*(array.astype(np.float32) for array in arrays), num_heads)


def only_values_raw(x, w_q, w_k, w_v, w_o, num_heads):
    return multi_head()(x, w_q, w_k, np.eye(len(w_v)), w_o, num_heads)


def mean_weights(*arguments):
    output, weights = multi_head()(*arguments)
    return output, weights.mean(axis=0)


def place(table):
    return np.unravel_index(table.argmax(), table.shape)


def previous_by_loop(weights):
    n = weights.shape[-1]
    return place(np.mean([weights[:, :, i, i - 1] for i in range(1, n)], axis=0))


def previous_by_einsum(weights):
    table = np.einsum("lhii->lh", weights[:, :, 1:, :-1])
    return [int(i) for i in place(table)]


def previous_by_torch(weights):
    table = torch.tensor(weights).diagonal(-1, 2, 3).mean(-1)
    return divmod(int(table.argmax()), table.shape[1])


def at_offset(offset):
    return lambda weights: place(np.diagonal(weights, offset, axis1=-2, axis2=-1).mean(-1))


def nearest_by_scipy(weights):
    mean = weights.mean(axis=0)
    return min(jensenshannon(mean, head, base=2, axis=1).mean() for head in weights)


def all_distances(weights):
    mean = weights.mean(axis=0)
    return np.array([jensenshannon(mean, head, base=2, axis=1).mean() for head in weights])


def nearest_in_nats(weights):
    mean = weights.mean(axis=0)
    return min(jensenshannon(mean, head, axis=1).mean() for head in weights)


RIGHT = {
    "multi_head-1": [split_by_split, split_by_torch, split_by_list],
    "multi_head-2": [size_by_divmod, size_as_float],
    "multi_head-3": [self_by_loop, self_by_torch, self_by_maximum],
    "multi_head-4": [multi_head(), multi_head_by_torch, multi_head_by_loop, multi_head_in_float32],
    "multi_head-5": [previous_by_loop, previous_by_einsum, previous_by_torch],
    "multi_head-6": [nearest_by_scipy, lambda weights: torch.tensor(nearest_by_scipy(weights))],
}

WRONG = {
    "multi_head-1": [
        (lambda x, h: x.reshape(h, len(x), -1), "mixes tokens"),
        (lambda x, h: x.reshape(len(x), h, -1), "heads should come first"),
        (lambda x, h: x.reshape(len(x), -1, h).transpose(2, 0, 1), "every h-th"),
        (lambda x, h: x.reshape(h, -1), "shape"),
        (lambda x, h: x, "shape"),
        (lambda x, h: x.reshape(len(x), h, -1).transpose(1, 0, 2).round(1), "not right yet"),
    ],
    "multi_head-2": [
        (lambda d_model, num_heads: d_model // num_heads, "should be an error"),
        (lambda d_model, num_heads: d_model / num_heads, "should be an error"),
        (size_always_raising, "do split"),
        (size_raising(ValueError, "unequal"), "both numbers"),
        (size_raising(TypeError), "should be a ValueError"),
        (size_raising(AssertionError), "should be a ValueError"),
        (lambda d_model, num_heads: size_by_divmod(d_model, num_heads) * 2, "head size"),
        (lambda d_model, num_heads: size_by_divmod(num_heads, d_model), "raised an error"),
    ],
    "multi_head-3": [
        (lambda weights: (weights.argmax(1) == np.arange(weights.shape[-1])).mean(), "columns"),
        (lambda weights: np.diagonal(weights, axis1=1, axis2=2).mean(), "mean weight"),
        (lambda weights: self_by_loop(weights) * weights.shape[-1], "not by the number of heads"),
        (lambda weights: self_by_loop(weights[:1]) + 0.011, "The share: not right yet"),
        (lambda weights: 1.0, "not by the number of heads"),
    ],
    "multi_head-4": [
        (multi_head(scale=lambda x: np.sqrt(x.shape[1])), "d_head"),
        (multi_head(scale=lambda x: 1), "not scaled"),
        (multi_head(project=lambda part, w: part), "project with w_q"),
        (multi_head(project=lambda part, w: part @ w.T), "w.T"),
        (multi_head(turn=True), "w.T"),
        (mean_weights, "every head"),
        (multi_head(mix=False), "does not mix"),
        (multi_head(merge=lambda heads, x: heads.reshape(x.shape)), "head axis behind"),
        (only_values_raw, "values are not projected"),
        (lambda *arguments: multi_head()(*arguments)[0], "two things"),
        (lambda *arguments: multi_head()(*arguments)[::-1], "shape"),
    ],
    "multi_head-5": [
        (at_offset(1), "next token"),
        (lambda weights: tuple(previous_by_loop(weights))[::-1], "wrong way round"),
        (at_offset(-2), ("Expected layer", "wrong way round", "looks at the token itself")),
        (lambda weights: np.argmax(weights), "two things"),
        (lambda weights: (0, 0), ("got layer 0, head 0", "looks at the token itself")),
    ],
    "multi_head-6": [
        (lambda weights: all_distances(weights).mean(), "mean distance"),
        (lambda weights: all_distances(weights).max(), "farthest"),
        (lambda weights: 0.0, "compared with itself"),
        (
            lambda weights: all_distances(weights).argmin(),
            ("compared with itself", "which head is nearest"),
        ),
        (all_distances, "smallest"),
        (nearest_in_nats, "not right yet"),
    ],
}
