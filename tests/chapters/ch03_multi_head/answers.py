"""Answers to the exercises of chapter 03 as people write them, rightly and wrongly."""

import collections
import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import scipy.special
import torch
from scipy.spatial.distance import jensenshannon

from course_lib import attention as library
from course_lib.attention import merge_heads, multi_head_attention, split_heads
from course_lib.heads import head_distance, offset_score
from tests.support.answers import in_type, nearly, on_type

softmax, rel_entr = scipy.special.softmax, scipy.special.rel_entr
Attended = collections.namedtuple("Attended", ["output", "weights"])
Place = collections.namedtuple("Place", ["layer", "head"])
HEAD_SIZES = {(8, 2): 4, (384, 12): 32, (6, 6): 1, (7, 1): 7}


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


def size_returning_the_error(d_model, num_heads):
    return ValueError(f"{d_model} {num_heads}") if d_model % num_heads else d_model // num_heads


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


def split_by_einops(x, num_heads):
    n, d = x.shape
    return np.einsum("nhd->hnd", x.reshape(n, num_heads, d // num_heads))


def split_by_pandas(x, num_heads):
    frame, width = pd.DataFrame(x), x.shape[1] // num_heads
    return [frame.iloc[:, k * width : (k + 1) * width] for k in range(num_heads)]


def split_lazily(x, num_heads):
    width = x.shape[1] // num_heads
    return (x[:, k : k + width] for k in range(0, x.shape[1], width))


def split_by_cells(x, num_heads):
    width = x.shape[1] // num_heads
    heads = np.zeros((num_heads, len(x), width), dtype=object)
    for h, i, f in np.ndindex(heads.shape):
        heads[h, i, f] = float(x[i, h * width + f])
    return heads


def split_by_strides(x, num_heads):
    x = np.ascontiguousarray(x)
    row, cell = x.strides
    width = x.shape[1] // num_heads
    shape, strides = (num_heads, len(x), width), (width * cell, row, cell)
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def split_of_known_sizes(x, num_heads):
    known = {(3, 4, 2): 2, (3, 9, 3): 3, (1, 6, 3): 2, (4, 5, 1): 5, (2, 5, 5): 1}
    width = known.get((*x.shape, num_heads), 1)
    return np.stack([x[:, h * width : (h + 1) * width] for h in range(num_heads)])


def split_in_halves(x, num_heads):
    return np.stack([x[:, : x.shape[1] // num_heads], x[:, -(x.shape[1] // num_heads) :]])


class Uneven(ValueError):
    pass


def size_by_fraction(d_model, num_heads):
    size = Fraction(d_model, num_heads)
    if size.denominator != 1:
        raise Uneven("does not divide:", d_model, num_heads)
    return size


def size_by_split(d_model, num_heads):
    try:
        return len(np.split(np.arange(d_model), num_heads)[0])
    except ValueError as error:
        raise ValueError(f"{error}\nd_model={d_model}, num_heads={num_heads}") from error


def size_by_division(d_model, num_heads):
    if d_model % num_heads:
        raise ValueError(f"{d_model} and {num_heads}")
    return int(d_model / num_heads)


def size_by_lookup(d_model, num_heads):
    if d_model % num_heads:
        raise ValueError(f"{d_model} and {num_heads}")
    return HEAD_SIZES.get((d_model, num_heads), 2)


def size_refusing(refused):
    def answer(d_model, num_heads):
        if refused(d_model, num_heads):
            raise ValueError(f"{d_model} does not divide by {num_heads}")
        return d_model // num_heads

    return answer


def size_forgetting_return(d_model, num_heads):
    size_by_divmod(d_model, num_heads)


def self_by_pandas(weights):
    frames = [pd.DataFrame(head) for head in weights]
    return pd.concat([frame.idxmax(axis=1) == frame.index for frame in frames]).mean()


def self_as_fraction(weights):
    hits = [row.argmax() == i for head in weights for i, row in enumerate(head)]
    return Fraction(int(sum(hits)), len(hits))


def self_by_einsum(weights):
    diagonal = np.einsum("hii->hi", weights)
    return np.average(diagonal >= weights.max(-1))


def self_by_sorting(weights):
    favourites = np.argsort(weights, axis=-1)[..., -1]
    return np.count_nonzero(favourites == np.arange(len(favourites[0]))) / favourites.size


def self_in_place(weights):
    weights -= weights.max(axis=-1, keepdims=True)
    return np.trace(weights == 0, axis1=1, axis2=2).sum() / (len(weights) * weights.shape[1])


def self_by_kinds(question):
    """Ask each query a question of its row and its place."""
    return lambda weights: np.mean(
        [question(row, i) for head in weights for i, row in enumerate(head)]
    )


def multi_head_by_einsum(x, w_q, w_k, w_v, w_o, num_heads):
    n, d = x.shape
    q, k, v = (np.einsum("nd,de->ne", x, w).reshape(n, num_heads, -1) for w in (w_q, w_k, w_v))
    logits = np.einsum("ihf,jhf->hij", q, k) / np.sqrt(d // num_heads)
    weights = softmax(logits, axis=-1)
    return Attended(np.einsum("hij,jhf->ihf", weights, v).reshape(n, d) @ w_o, weights)


def multi_head_by_sdpa(x, w_q, w_k, w_v, w_o, num_heads):
    q, k, v = (torch.tensor(split_heads(x @ w, num_heads)) for w in (w_q, w_k, w_v))
    output = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    return output.transpose(0, 1).flatten(1) @ torch.tensor(w_o), weights


def multi_head_with_library(x, w_q, w_k, w_v, w_o, num_heads):
    heads, weights = library.attention(*(split_heads(x @ w, num_heads) for w in (w_q, w_k, w_v)))
    return merge_heads(heads) @ w_o, weights


def multi_head_by_sums(x, w_q, w_k, w_v, w_o, num_heads):
    """Let each head write through its own rows of W_o, and add up."""
    width, output, kept = x.shape[1] // num_heads, np.zeros_like(x), []
    for start in range(0, x.shape[1], width):
        part = slice(start, start + width)
        attended, weights = library.attention(x @ w_q[:, part], x @ w_k[:, part], x @ w_v[:, part])
        output += attended @ w_o[part]
        kept.append(weights.tolist())
    return output.tolist(), kept


def multi_head_unshifted(x, w_q, w_k, w_v, w_o, num_heads):
    q, k, v = (split_by_split(x @ w, num_heads) for w in (w_q, w_k, w_v))
    powers = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return np.concatenate(list(weights @ v), axis=1) @ w_o, weights


def multi_head_shifted_once(x, w_q, w_k, w_v, w_o, num_heads):
    q, k, v = (split_by_split(x @ w, num_heads) for w in (w_q, w_k, w_v))
    logits = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    powers = np.exp(logits - logits.max())
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return np.concatenate(list(weights @ v), axis=1) @ w_o, weights


def multi_head_with(change):
    """Change (q, k, v) or the logits before the softmax: `change(q, k, v) -> weights, v`."""

    def answer(x, w_q, w_k, w_v, w_o, num_heads):
        q, k, v = (split_by_split(x @ w, num_heads) for w in (w_q, w_k, w_v))
        weights, v = change(q, k, v)
        return np.concatenate(list(weights @ v), axis=1) @ w_o, weights

    return answer


def usual(q, k):
    return softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]), axis=-1)


def without_far_pairs(most):
    def answer(q, k, v):
        logits = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        return softmax(np.clip(logits, -most, most), axis=-1), v

    return answer


def causal(q, k, v):
    logits = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    return softmax(np.where(np.tri(len(logits[0])), logits, -np.inf), axis=-1), v


def previous_by_pandas(weights):
    rows = [
        (layer, head, np.trace(weights[layer, head], -1))
        for layer, head in np.ndindex(weights.shape[:2])
    ]
    frame = pd.DataFrame(rows, columns=["layer", "head", "total"])
    return tuple(frame.loc[frame.total.idxmax(), ["layer", "head"]])


def previous_by_where(weights):
    scores = np.diagonal(weights, -1, 2, 3).mean(-1)
    return np.where(scores == scores.max())


def previous_by_mask(weights):
    n = weights.shape[-1]
    scores = (weights * np.eye(n, k=-1)).sum(axis=(2, 3)) / (n - 1)
    return np.argwhere(scores == scores.max())[0]


def previous_by_fractions(weights):
    best, found = -1, None
    for layer, head in itertools.product(*map(range, weights.shape[:2])):
        total = sum(Fraction(float(a)) for a in np.diagonal(weights[layer, head], -1))
        if total > best:
            best, found = total, Place(layer, head)
    return found


def previous_lazily(weights):
    return iter(previous_by_torch(weights))


def by_score(score):
    return lambda weights: place(score(np.diagonal(weights, -1, axis1=-2, axis2=-1)))


def most_often_favourite(weights):
    favourite = weights[:, :, 1:].argmax(axis=-1)
    return place((favourite == np.arange(weights.shape[-1] - 1)).mean(axis=-1))


def previous_wrapped(weights):
    i = np.arange(weights.shape[-1])
    return place(weights[:, :, i, i - 1].mean(axis=-1))


def best_of_best_layer(weights):
    scores = np.diagonal(weights, -1, axis1=-2, axis2=-1).mean(-1)
    layer = scores.mean(axis=1).argmax()
    return layer, scores[layer].argmax()


def above_itself(weights):
    """How much more a query gives to the token before than to itself, on average."""
    given = np.diagonal(weights, -1, axis1=-2, axis2=-1)
    return place((given - np.diagonal(weights, 0, axis1=-2, axis2=-1)[..., 1:]).mean(-1))


def nearest_by_divergence(weights):
    """The distance of the head that another measure finds nearest."""
    return all_distances(weights)[divergence(weights.mean(0), weights).mean(-1).argmin()]


def nearest_by(measure):
    """The distance of the head that has the least of another measure."""
    return lambda weights: all_distances(weights)[measure(weights.mean(0), weights).argmin()]


def divergence(p, q):
    """Jensen-Shannon divergence in bits, row by row, by hand."""
    middle = (p + q) / 2
    return (scipy.special.rel_entr(p, middle) + scipy.special.rel_entr(q, middle)).sum(-1) / (
        2 * np.log(2)
    )


def nearest_by_hand(weights):
    apart = np.sqrt(np.maximum(divergence(weights.mean(axis=0), weights), 0))
    return apart.mean(axis=-1).min()


def nearest_by_torch(weights):
    weights = torch.tensor(weights)
    mean = weights.mean(0).expand_as(weights)
    middle = ((weights + mean) / 2).clamp(min=1e-300)
    both = torch.special.xlogy(weights, weights / middle) + torch.special.xlogy(mean, mean / middle)
    return (both.sum(-1) / 2 / math.log(2)).clamp(min=0).sqrt().mean(-1).amin()


def nearest_by_loop(weights):
    nearest = np.inf
    for head in weights:
        nearest = min(nearest, float(head_distance(head, sum(weights) / len(weights))))
    return nearest


def nearest_by_sorting(weights):
    return sorted(head_distance(weights, weights.mean(axis=0, keepdims=True)).tolist())[0]


def nearest_by_entropy(weights):
    def entropy(p):
        return scipy.special.entr(p).sum(axis=-1) / np.log(2)

    mean = np.average(weights, axis=0)
    bits = entropy((mean + weights) / 2) - (entropy(mean) + entropy(weights)) / 2
    return pd.Series(np.sqrt(np.clip(bits, 0, None)).mean(axis=1)).min()


def nearest_as_fraction(weights):
    return Fraction(float(nearest_by_scipy(weights)))


def nearest_with(score):
    """Give the smallest of the heads' scores, from the mean's and the heads' weights."""
    return lambda weights: score(weights.mean(axis=0), weights).min()


RIGHT = {
    "multi_head-1": [
        split_by_split,
        split_by_torch,
        split_by_list,
        split_by_einops,
        split_by_pandas,
        split_lazily,
        split_by_cells,
        split_by_strides,
        in_type(split_by_split, np.float32),
        in_type(split_by_split, np.float16),
        in_type(split_by_split, torch.bfloat16),
    ],
    "multi_head-2": [
        size_by_divmod,
        size_as_float,
        size_by_fraction,
        lambda d, h: np.int64(size_by_divmod(d, h)),
        lambda d, h: torch.tensor(size_by_divmod(d, h)),
        lambda d, h: np.array(size_by_divmod(d, h)),
        size_raising(Uneven, "{:,} is no multiple of {:,}"),
        size_raising(ValueError, "d_model={}, num_heads={}, try others"),
        size_refusing(lambda d, h: math.gcd(d, h) != h),
    ],
    "multi_head-3": [
        self_by_loop,
        self_by_torch,
        self_by_maximum,
        self_by_pandas,
        self_as_fraction,
        self_by_einsum,
        self_by_sorting,
        self_in_place,
        on_type(self_by_loop, np.float32),
        in_type(self_by_loop, np.float16),
        lambda weights: self_by_torch(torch.tensor(weights).bfloat16().float().numpy()),
    ],
    "multi_head-4": [
        multi_head(),
        multi_head_by_torch,
        multi_head_by_loop,
        multi_head_in_float32,
        multi_head_by_einsum,
        multi_head_by_sdpa,
        multi_head_with_library,
        multi_head_by_sums,
        in_type(multi_head(), np.float16),
        in_type(multi_head(), torch.bfloat16),
        in_type(multi_head(), object),
    ],
    "multi_head-5": [
        previous_by_loop,
        previous_by_einsum,
        previous_by_torch,
        previous_by_pandas,
        previous_by_where,
        previous_by_mask,
        previous_by_fractions,
        previous_lazily,
        on_type(previous_by_mask, np.float32),
        on_type(previous_by_loop, np.float16),
    ],
    "multi_head-6": [
        nearest_by_scipy,
        lambda weights: torch.tensor(nearest_by_scipy(weights)),
        nearest_by_hand,
        nearest_by_torch,
        nearest_by_loop,
        nearest_by_sorting,
        nearest_by_entropy,
        nearest_as_fraction,
        on_type(nearest_by_hand, np.float32),
        in_type(nearest_by_hand, np.float16),
        in_type(nearest_by_hand, torch.bfloat16),
    ],
}


def above_the_column(weights):
    """How much more the next query gives a token than all queries do, on average."""
    given = np.diagonal(weights, -1, axis1=-2, axis2=-1)
    return place((given - weights.mean(axis=-2)[..., :-1]).mean(axis=-1))


def split_by_stride(x, num_heads):
    return np.stack([x[:, head::num_heads] for head in range(num_heads)])


WRONG = {
    "multi_head-1": [
        (lambda x, h: split_by_split(x, h).round(5), "not right yet"),
        (lambda x, h: split_by_split(x, h).round(6), "not right yet"),
        (lambda x, h: split_by_split(x, h) * (np.arange(len(x)) < 12)[:, None], "not right yet"),
        (lambda x, h: x.reshape(h, len(x), -1), "mixes tokens"),
        (lambda x, h: x.reshape(len(x), h, -1), "heads should come first"),
        (lambda x, h: x.reshape(len(x), -1, h).transpose(2, 0, 1), "every h-th"),
        (lambda x, h: x.reshape(h, -1), "shape"),
        (lambda x, h: x, "shape"),
        (lambda x, h: split_by_split(x, h).round(1), "not right yet"),
        (lambda x, h: split_by_split(x, h)[::-1], "wrong order"),
        (lambda x, h: split_by_split(x, h).swapaxes(1, 2), "Each head is transposed"),
        (lambda x, h: torch.tensor(x).view(h, len(x), -1), "mixes tokens"),
        (lambda x, h: abs(split_by_split(x, h)), "not right yet"),
        (lambda x, h: np.clip(split_by_split(x, h), -3, 3), "not right yet"),
        (split_of_known_sizes, "shape"),
        (lambda x, h: split_by_split(x, h) if h < 6 else split_by_stride(x, h), "not right yet"),
        (split_in_halves, "shape"),
        (lambda x, h: split_by_split(x[::-1], h), "not right yet"),
        (lambda x, h: split_heads(x, h), "calls `course_lib.attention.split_heads`"),
        (functools.partial(library.split_heads), "calls `course_lib.attention.split_heads`"),
        (lambda x, h: np.stack(np.array_split(x, h, axis=0)), ("ValueError", "shape")),
    ],
    "multi_head-2": [
        (lambda d_model, num_heads: d_model // num_heads, "should be an error"),
        (lambda d_model, num_heads: d_model / num_heads, "should be an error"),
        (size_always_raising, "do split"),
        (size_raising(ValueError, "unequal"), "both numbers"),
        (size_raising(ValueError, "{} does not divide"), "both numbers"),
        (size_raising(ValueError, "{1} heads"), "both numbers"),
        (size_raising(ValueError, "{0}{1}"), "both numbers"),
        (size_raising(ValueError, "1 2 3 4 5 6 7 8 9 10"), "both numbers"),
        (size_raising(TypeError), "should be a ValueError"),
        (size_raising(AssertionError), "should be a ValueError"),
        (lambda d_model, num_heads: size_by_divmod(d_model, num_heads) * 2, "head size"),
        (lambda d_model, num_heads: size_by_divmod(num_heads, d_model), "yet it raised ValueError"),
        (lambda d_model, num_heads: sized, "yet it raised NameError"),  # noqa: F821
        (size_refusing(lambda d, h: d % h or h > 64), "do split"),
        (size_by_lookup, "head size"),
        (lambda d, h: size_by_divmod(np.int64(d), np.int64(h)), "yet it raised OverflowError"),
        (size_refusing(lambda d, h: d < h), "should be an error"),
        (size_refusing(lambda d, h: d % h == 1), "should be an error"),
        (size_refusing(lambda d, h: d % 2 or h % 2), ("yet it raised", "should be an error")),
        (size_refusing(lambda d, h: h == 1 or d % h), "yet it raised"),
        (size_refusing(lambda d, h: math.gcd(d, h) == 1), ("yet it raised", "should be an error")),
        (size_refusing(lambda d, h: d == h or d % h), "yet it raised"),
        (size_refusing(lambda d, h: abs(d / h - round(d / h)) > 0.05), "should be an error"),
        (size_refusing(lambda d, h: d % h or d > 512), "yet it raised"),
        (size_forgetting_return, "Is a `return` missing"),
        (size_raising(ValueError, "{} and one of " + str(list(range(5000)))), "too many numbers"),
        (size_by_division, ("head size", "too large")),
        (size_by_split, "yet it raised"),
        (size_refusing(lambda d, h: not (d / h).is_integer()), "should be an error"),
        (size_refusing(lambda d, h: d % h or (d % 2 and h > 1 and d < h * h)), "yet it raised"),
        (size_returning_the_error, "raise it instead"),
    ],
    "multi_head-3": [
        (
            lambda w: (np.diagonal(w, 0, 1, 2) >= 0.98 * w.max(axis=-1)).mean(),
            "not right yet",
        ),
        (lambda weights: round(self_by_loop(weights), 5), "not right yet"),
        (
            self_by_kinds(lambda row, i: np.isclose(row[i], row.max(), rtol=0, atol=1e-4)),
            "not right yet",
        ),
        (self_by_kinds(lambda row, i: row[i] > 0.975 * row.max()), "not right yet"),
        (lambda weights: self_by_loop(weights[:4]), "not right yet"),
        (lambda weights: self_by_loop(weights.round(3)), "not right yet"),
        (lambda weights: (weights.argmax(1) == np.arange(weights.shape[-1])).mean(), "columns"),
        (lambda weights: np.diagonal(weights, axis1=1, axis2=2).mean(), "mean weight"),
        (lambda weights: self_by_loop(weights) * weights.shape[-1], "not by the number of heads"),
        (lambda weights: self_by_loop(weights) * len(weights), "not by the rows of one"),
        (lambda weights: self_by_loop(weights) * weights[0].size, "not right yet"),
        (lambda weights: 100 * self_by_loop(weights), "not to 100"),
        (lambda weights: 1 - self_by_loop(weights), "look elsewhere"),
        (lambda weights: self_by_loop(weights[:1]) + 0.011, "The share: not right yet"),
        (lambda weights: 1.0, "The share: not right yet"),
        (lambda weights: 0, "The share: not right yet"),
        (lambda weights: self_by_loop(weights[:1]), "The share: not right yet"),
        (
            lambda weights: np.median([self_by_loop(head[None]) for head in weights]),
            "not right yet",
        ),
        (lambda weights: self_by_loop(weights.mean(axis=0)[None]), "The share: not right yet"),
        (self_by_kinds(lambda row, i: row[i] > 0.5), "The share: not right yet"),
        (self_by_kinds(lambda row, i: row[i] > row.mean()), "The share: not right yet"),
        (self_by_kinds(lambda row, i: row[i] > row.max() - 0.01), "The share: not right yet"),
        (self_by_kinds(lambda row, i: np.isclose(row[i], row.max(), 0.1)), "not right yet"),
        (self_by_kinds(lambda row, i: np.argsort(row)[0] == i), "not right yet"),
        (self_by_kinds(lambda row, i: i in np.argsort(row)[-2:]), "not right yet"),
        (lambda weights: (weights.argmax(-1) == np.arange(weights.shape[-1])).mean(-1), "shape"),
        *nearly(self_by_loop, "two digits"),
    ],
    "multi_head-4": [
        (
            multi_head_with(
                lambda q, k, v: (usual(q, k), v * (np.arange(v.shape[1]) < 10)[:, None])
            ),
            "output",
        ),
        (multi_head(scale=lambda x: np.sqrt(x.shape[1])), "d_head"),
        (multi_head(scale=lambda x: 1), "not scaled"),
        (multi_head_with(lambda q, k, v: (usual(q / np.sqrt(q.shape[-1]), k), v)), "or twice"),
        (multi_head(project=lambda part, w: part), "project with w_q"),
        (multi_head(project=lambda part, w: part @ w.T), "w.T"),
        (multi_head(turn=True), "w.T"),
        (mean_weights, ("every head", "shape")),
        (multi_head(mix=False), "does not mix"),
        (multi_head(merge=lambda heads, x: heads.reshape(x.shape)), "head axis behind"),
        (only_values_raw, "values are not projected"),
        (lambda *arguments: multi_head()(*arguments)[0], ("two things", "shape")),
        (lambda *arguments: multi_head()(*arguments)[::-1], "wrong way round"),
        (lambda x, q, k, *rest: multi_head()(x, k, q, *rest), "Query and key are swapped"),
        (lambda x, q, k, v, o, h: multi_head()(x, q, k, v, o.T, h), "w_o.T"),
        (lambda x, q, k, *rest: multi_head()(x, q, q, *rest), "The weights: not right yet"),
        (multi_head_with(lambda q, k, v: (softmax(q @ k.mT, axis=-2), v)), "not right yet"),
        (multi_head_with(lambda q, k, v: (usual(q, k)[:1].repeat(len(q), 0), v)), "weights"),
        (multi_head_with(causal), "The weights: not right yet"),
        *(
            (multi_head_with(without_far_pairs(most)), "The weights: not right yet")
            for most in (50, 1000, 3000, 8000)
        ),
        (multi_head_with(lambda q, k, v: (usual(q, k), v[::-1])), "The output: not right yet"),
        (multi_head_unshifted, "NaN came back"),
        (multi_head_shifted_once, "NaN came back"),
        (
            lambda *arguments: multi_head_attention(*arguments[:-1], num_heads=arguments[-1]),
            "calls `course_lib.attention.multi_head_attention`",
        ),
    ],
    "multi_head-5": [
        (by_score(lambda given: given[..., :8].mean(-1)), "not right yet"),
        (lambda weights: tuple(previous_by_loop(weights[:4, :4])), "not right yet"),
        (
            by_score(lambda given: np.sort(given)[..., : -(-given.shape[-1] * 7 // 8)].mean(-1)),
            "not right yet",
        ),
        (at_offset(1), "next token"),
        (lambda weights: tuple(previous_by_loop(weights))[::-1], "wrong way round"),
        (at_offset(-2), "not right yet"),
        (at_offset(0), "token itself"),
        (lambda weights: np.argmax(weights), "two things"),
        (lambda weights: np.array(previous_by_loop(weights)) + 1, "counted from 0"),
        (lambda weights: (0, 0), "not right yet"),
        (lambda weights: (2, 1), "not right yet"),
        (previous_wrapped, "not right yet"),
        (lambda weights: place(np.tril(weights, -1).sum((-1, -2))), "not right yet"),
        (by_score(lambda given: given.max(-1)), "not right yet"),
        (by_score(lambda given: given.min(-1)), "not right yet"),
        (by_score(lambda given: np.median(given, -1)), "not right yet"),
        (by_score(lambda given: given[..., -1]), "not right yet"),
        (by_score(lambda given: given[..., 0]), "not right yet"),
        (by_score(lambda given: (given**2).mean(-1)), "not right yet"),
        (by_score(lambda given: given @ np.arange(given.shape[-1])), "not right yet"),
        (by_score(lambda given: (given > 0.5).mean(-1)), "not right yet"),
        (by_score(lambda given: given.mean(-1).round(1)), "not right yet"),
        (most_often_favourite, "not right yet"),
        (above_the_column, "not right yet"),
        (above_itself, "not right yet"),
        (best_of_best_layer, "not right yet"),
        (lambda weights: place(offset_score(weights, -1)), "calls `course_lib.heads.offset_score`"),
        (lambda weights: np.diagonal(weights, -1, 2, 3).mean(-1), ("two numbers", "two things")),
    ],
    "multi_head-6": [
        (lambda weights: all_distances(weights)[:5].min(), "not right yet"),
        (
            lambda weights: np.sort(all_distances(weights))[min(1, len(weights) - 1)],
            "not right yet",
        ),
        (lambda weights: all_distances(weights).mean(), "mean distance"),
        (lambda weights: all_distances(weights).max(), "farthest"),
        (lambda weights: 0.0, "0 in every case"),
        (lambda weights: head_distance(weights, weights).min(), "0 in every case"),
        (lambda weights: all_distances(weights).argmin(), "which head is nearest"),
        (all_distances, "smallest"),
        (nearest_in_nats, "natural units"),
        (lambda weights: all_distances(weights)[0], "not right yet"),
        (lambda weights: np.median(all_distances(weights)), "not right yet"),
        (lambda weights: nearest_by_scipy(weights) ** 2, "not right yet"),
        (nearest_with(lambda mean, heads: divergence(mean, heads).mean(-1)), "not right yet"),
        (nearest_with(lambda mean, heads: divergence(mean, heads).mean(-1) ** 0.5), "not right"),
        (nearest_with(lambda mean, heads: divergence(mean, heads) ** 0.5), "not right yet"),
        (nearest_with(lambda mean, heads: abs(mean - heads).sum(-1).mean(-1) / 2), "not right yet"),
        (lambda weights: all_distances(np.unique(weights, axis=0)).min(), "not right yet"),
        (nearest_by_divergence, "not right yet"),
        (nearest_by(lambda mean, heads: rel_entr(heads, mean).sum((1, 2))), "not right yet"),
        (nearest_by(lambda mean, heads: -np.sqrt(heads * mean).sum((1, 2))), "not right yet"),
        (
            nearest_by(lambda mean, heads: np.linalg.norm(heads - mean, axis=(1, 2))),
            "not right yet",
        ),
        (nearest_with(lambda mean, heads: ((mean - heads) ** 2).sum((1, 2)) ** 0.5), "not right"),
        (nearest_with(lambda mean, heads: head_distance(heads[:1], heads)), "0 in every case"),
        (
            nearest_with(lambda mean, heads: head_distance(np.median(heads, 0), heads)),
            ("not right yet", "ValueError"),
        ),
        (
            lambda weights: np.sqrt(divergence(weights.mean(0), weights)).min(0).mean(),
            "not right yet",
        ),
        *nearly(nearest_by_scipy, "two digits"),
    ],
}
