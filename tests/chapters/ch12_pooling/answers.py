"""Answers to the exercises of chapter 12 as people write them, rightly and wrongly."""

import functools
import itertools
import math
import time
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import torch
from scipy import special
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from course_lib.attention import attention, softmax
from course_lib.nn.attention import masked_softmax
from course_lib.nn.pooling import AttentionPooling, overlap_penalty
from tests.support.answers import nearly


def then(convert, answer):
    """Return an answer whose result is converted, each part of a tuple by itself."""

    def converted(*case):
        found = answer(*case)
        return tuple(map(convert, found)) if isinstance(found, tuple) else convert(found)

    return converted


def brain(x):
    return torch.tensor(np.asarray(x, dtype=float)).bfloat16()


def objects(x):
    return np.asarray(x, dtype=object)


Pooled = namedtuple("Pooled", "vector weights")
Asked = namedtuple("Asked", "query key value")

# pooling-1


def pool_plainly(h, v, w):
    weights = softmax(np.tanh(h @ v.T) @ w)
    return weights @ h, weights


def pool_by_loop(h, v, w):
    scores = [w @ np.tanh(v @ node) for node in h]
    powers = [np.exp(score - max(scores)) for score in scores]
    weights = [power / sum(powers) for power in powers]
    return sum(a * node for a, node in zip(weights, h, strict=True)), weights


def tanh_by_exp(x):
    """As textbooks write it: far from 0, infinity is divided by infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)


def pool_by_attention(h, v, w):
    output, weights = attention(w[None], np.tanh(h @ v.T), h, scale=1)
    return output[0], weights[0]


def pool_by_einsum(h, v, w):
    scores = np.einsum("k,nk->n", w, np.tanh(np.einsum("kd,nd->nk", v, h)))
    weights = special.softmax(scores)
    return [np.einsum("n,nd->d", weights, h), weights]


def pool_by_torch(h, v, w):
    h, v, w = (torch.tensor(x, requires_grad=True) for x in (h, v, w))
    weights = (torch.tanh(torch.nn.functional.linear(h, v)) @ w).softmax(0)
    return (weights[:, None] * h).sum(0), weights


def pool_by_pandas(h, v, w):
    nodes = pd.DataFrame(h)
    scores = np.tanh(nodes @ v.T) @ w
    powers = np.exp(scores - scores.max())
    weights = powers / powers.sum()
    return nodes.mul(weights, axis=0).sum(), weights


def pool_in_float32(h, v, w):
    return pool_by_torch(*(np.float32(x) for x in (h, v, w)))


def pool_by_average(h, v, w):
    scores = np.tanh(h.dot(v.T)).dot(w)
    weights = np.exp(scores - scores.max())
    return Pooled(np.average(h, axis=0, weights=weights), weights / weights.sum())


def pool_by_library(h, v, w):
    pool = AttentionPooling(h.shape[1], len(w)).double()
    with torch.no_grad():
        pool.hidden.weight.copy_(torch.tensor(v))
        pool.hidden.bias.zero_()
        pool.score.weight.copy_(torch.tensor(w)[None])
    pooled, weights = pool(torch.tensor(h)[None], return_weights=True)
    return pooled[0], weights[0]


def pool_weighted(weigh, mix=lambda weights, h: weights @ h):
    def answer(h, v, w):
        weights = weigh(h, v, w)
        return mix(weights, h), weights

    return answer


def right_weights(h, v, w):
    return pool_plainly(h, v, w)[1]


def without_small(h, v, w, least=0.02):
    weights = right_weights(h, v, w)
    return np.where(weights < least, 0, weights)


# pooling-3


def cut_off(weights, least=1e-4):
    return np.where(np.array(weights) < least, 0, weights)


def masked_by_loop(scores, features, mask):
    pooled, weights = [], []
    for s, f, m in zip(scores, features, mask, strict=True):
        top = max(s[m], default=0.0)
        powers = [np.exp(x - top) if r else 0.0 for x, r in zip(s, m, strict=True)]
        a = [p / (sum(powers) or 1.0) for p in powers]
        weights.append(a)
        real = [x * y for x, y, r in zip(a, f, m, strict=True) if r]
        pooled.append(sum(real, start=np.zeros(features.shape[2])))
    return np.array(pooled), np.array(weights)


def masked_changed(change):
    """Return an answer that mixes with weights changed at the last moment."""

    def answer(scores, features, mask):
        weights = change(masked_by_loop(scores, features, mask)[1], mask)
        return (weights[:, None] @ np.where(mask[..., None], features, 0))[:, 0], weights

    return answer


def masked_without_small(least):
    return masked_changed(lambda weights, mask: np.where(weights < least, 0, weights))


def masked_by_torch(scores, features, mask):
    scores, features, mask = (torch.tensor(x) for x in (scores, features, mask))
    weights = scores.masked_fill(~mask, -torch.inf).softmax(1).nan_to_num(0)
    return torch.einsum("gn,gnd->gd", weights, features.masked_fill(~mask[..., None], 0)), weights


def masked_graph_by_graph(scores, features, mask):
    weights, pooled = np.zeros(scores.shape), np.zeros((len(scores), features.shape[2]))
    for g in np.flatnonzero(mask.any(axis=1)):
        weights[g, mask[g]] = softmax(scores[g, mask[g]])
        pooled[g] = weights[g, mask[g]] @ features[g, mask[g]]
    return pooled, weights


def masked_in_place(scores, features, mask):
    scores[~mask] = -np.inf
    features[~mask] = 0
    scores -= np.nan_to_num(scores.max(axis=1, keepdims=True), neginf=0)
    np.exp(scores, out=scores)
    scores /= np.maximum(scores.sum(axis=1, keepdims=True), 1e-300)
    return (scores[..., None] * features).sum(axis=1), scores


def masked_very_low(scores, features, mask):
    weights = softmax(np.where(mask, scores, -9e15)) * mask
    features = np.where(mask[..., None], features, 0)
    return (weights[:, None] @ features)[:, 0], weights


def masked_by_pandas(scores, features, mask):
    shown = pd.DataFrame(scores).where(mask)
    powers = np.exp(shown.sub(shown.max(axis=1), axis=0))
    weights = powers.div(powers.sum(axis=1), axis=0).fillna(0).to_numpy()
    return np.einsum("gn,gnd->gd", weights, np.where(mask[:, :, None], features, 0)), weights


def masked_by_masked_arrays(scores, features, mask):
    hidden = np.ma.masked_array(scores, ~mask)
    powers = np.ma.exp(hidden - hidden.max(axis=1, keepdims=True))
    weights = (powers / powers.sum(axis=1, keepdims=True)).filled(0)
    features = np.ma.masked_array(features, np.broadcast_to(~mask[..., None], features.shape))
    return (weights[..., None] * features.filled(0)).sum(axis=1), weights


def masked_in_float32(scores, features, mask):
    found = masked_by_torch(np.float32(scores), np.float32(features), mask)
    return [part.numpy() for part in found]


def masked_by_library(scores, features, mask):
    weights = masked_softmax(torch.tensor(scores), torch.tensor(mask))
    real = torch.tensor(features).masked_fill(~torch.tensor(mask)[..., None], 0)
    return torch.einsum("gn,gnd->gd", weights, real), weights


def masked_with(number, *, clean=True, multiply=False):
    """Return the answer that puts a number in the place of padding."""

    def answer(scores, features, mask):
        filled = scores if multiply else np.where(mask, scores, number)
        powers = np.exp(filled - filled.max(axis=1, keepdims=True))
        weights = powers / powers.sum(axis=1, keepdims=True) * (mask if multiply else 1)
        features = np.where(mask[..., None], features, 0) if clean else features
        return (weights[:, None] @ features)[:, 0], weights

    return answer


def masked_and_repaired(number):
    def answer(scores, features, mask):
        weights = softmax(np.where(mask, scores, number)) * mask
        return np.einsum("gn,gnd->gd", weights, np.where(mask[..., None], features, 0)), weights

    return answer


def masked_with_infinity(scores, features, mask):
    powers = np.exp(np.where(mask, scores, -np.inf))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return (weights[:, None] @ features)[:, 0], weights


def masked_shifted(shift):
    def answer(scores, features, mask):
        powers = np.where(mask, np.exp(scores - shift(scores, mask)), 0)
        total = powers.sum(axis=1, keepdims=True)
        weights = powers / np.where(total == 0, 1, total)
        return np.einsum("gn,gnd->gd", weights, np.where(mask[..., None], features, 0)), weights

    return answer


def larger_end(own):
    """Return the larger of the first and the last, which need not be the largest."""
    return max(own[0], own[-1])


def masked_own(shift):
    """Subtract a number of each graph's own, but not the largest."""

    def answer(scores, features, mask):
        own = [
            shift(row[real]) if real.any() else 0 for row, real in zip(scores, mask, strict=True)
        ]
        return masked_shifted(lambda *_: np.array(own)[:, None])(scores, features, mask)

    return answer


def masked_too_late(scores, features, mask):
    weights = softmax(np.where(mask, scores, -9e15))
    return (weights[:, None] @ np.nan_to_num(features, posinf=0, neginf=0))[:, 0], weights * mask


def masked_as_a_prefix(scores, features, mask):
    return masked_by_loop(scores, features, np.arange(mask.shape[1]) < mask.sum(1, keepdims=True))


def masked_with_nan_left(scores, features, mask):
    _, weights = masked_by_loop(scores, features, mask)
    return (weights[:, None] @ features)[:, 0], weights


def masked_by_multiplying(of_all):
    def answer(scores, features, mask):
        largest = (scores if of_all else np.where(mask, scores, -np.inf)).max(axis=1, keepdims=True)
        powers = np.exp(scores - np.where(np.isneginf(largest), 0, largest)) * mask
        weights = powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-9)
        return (weights[:, None] @ np.where(mask[..., None], features, 0))[:, 0], weights

    return answer


def masked_without_nan_only(scores, features, mask):
    _, weights = masked_by_loop(scores, features, mask)
    return (weights[:, None] @ np.where(np.isnan(features), 0, features))[:, 0], weights


def masked_mean(scores, features, mask):
    return masked_by_loop(np.zeros(scores.shape), features, mask)


def masked_where_zero(scores, features, mask):
    return masked_by_loop(scores, features, mask & (scores != 0))


def empty_as(number):
    def answer(scores, features, mask):
        pooled, weights = masked_by_loop(scores, features, mask)
        pooled[~mask.any(axis=1)] = number
        return pooled, weights

    return answer


def masked_for_ever(scores, features, mask):
    while True:
        time.sleep(0.01)  # as endless, and leaves the processor to others


# pooling-4


def asked(query=lambda w: w[None], key=np.tanh, value=lambda h: h):
    return lambda h, v, w: (query(w), key(h @ v.T), value(h))


def pooled_as_value(h, v, w):
    return w[None], np.tanh(h @ v.T), np.tile(pool_by_loop(h, v, w)[0], (len(h), 1))


# pooling-5


def auc_by_loop(weights, wanted):
    pairs = [(a, b) for a in weights[wanted] for b in weights[~wanted]]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def auc_by_scipy(weights, wanted):
    yes, no = weights[wanted], weights[~wanted]
    return mannwhitneyu(yes, no).statistic / (len(yes) * len(no))


def auc_by_ranks(weights, wanted):
    ranks = pd.Series(weights).rank()
    many = wanted.sum()
    return (ranks[wanted].sum() - many * (many + 1) / 2) / (many * (~wanted).sum())


def auc_of(compare):
    return lambda weights, wanted: compare(weights[wanted][:, None], weights[~wanted])


def auc_as_fraction(weights, wanted):
    points = [
        (a > b) + Fraction(int(a == b), 2)
        for a, b in itertools.product(weights[wanted].tolist(), weights[~wanted].tolist())
    ]
    return sum(points) / len(points)


def auc_by_torch(weights, wanted):
    first, second = torch.tensor(weights[wanted]), torch.tensor(weights[~wanted])
    return (torch.sign(first[:, None] - second).mean() + 1) / 2


# pooling-7


def index_by_graph(scores, features, graph, num_graphs):
    pooled = np.zeros((num_graphs, features.shape[1]))
    for k in set(graph.tolist()):
        pooled[k] = softmax(scores[graph == k]) @ features[graph == k]
    return pooled


def index_without_small(least):
    def answer(scores, features, graph, num_graphs):
        pooled = np.zeros((num_graphs, features.shape[1]))
        for k in set(graph.tolist()):
            weights = softmax(scores[graph == k])
            pooled[k] = np.where(weights < least, 0, weights) @ features[graph == k]
        return pooled

    return answer


def index_by_add(scores, features, graph, num_graphs):
    top = np.full(num_graphs, -np.inf)
    np.maximum.at(top, graph, scores)
    powers = np.exp(scores - top[graph])
    weights = powers / np.bincount(graph, powers, minlength=num_graphs)[graph]
    pooled = np.zeros((num_graphs, features.shape[1]))
    np.add.at(pooled, graph, weights[:, None] * features)
    return pooled


def index_by_matrix(scores, features, graph, num_graphs):
    own = graph == np.arange(num_graphs)[:, None]
    weights = torch.tensor(np.where(own, scores, -np.inf)).softmax(1).nan_to_num(0)
    return weights @ torch.tensor(features)


def index_by_torch(scores, features, graph, num_graphs):
    scores, features, graph = (torch.tensor(x) for x in (scores, features, graph))
    top = torch.full((num_graphs,), -torch.inf, dtype=scores.dtype)
    top = top.scatter_reduce(0, graph, scores, "amax")
    powers = (scores - top[graph]).exp()
    sums = torch.zeros(num_graphs, dtype=scores.dtype).index_add(0, graph, powers)
    shares = (powers / sums[graph])[:, None] * features
    return torch.zeros(num_graphs, features.shape[1], dtype=scores.dtype).index_add(
        0, graph, shares
    )


def index_by_pandas(scores, features, graph, num_graphs):
    powers = np.exp(scores - pd.Series(scores).groupby(graph).transform("max"))
    weights = powers / powers.groupby(graph).transform("sum")
    pooled = pd.DataFrame(features).mul(weights, axis=0).groupby(graph).sum()
    return pooled.reindex(range(num_graphs), fill_value=0.0)


def index_by_loop(scores, features, graph, num_graphs):
    for k in range(num_graphs):
        mine = [i for i, other in enumerate(graph) if other == k]
        top = max((scores[i] for i in mine), default=0)
        powers = [math.exp(scores[i] - top) for i in mine]
        row = [0.0] * features.shape[1]
        for power, i in zip(powers, mine, strict=True):
            row = [x + power / sum(powers) * y for x, y in zip(row, features[i], strict=True)]
        yield row


def index_by_reduceat(scores, features, graph, num_graphs):
    order = np.argsort(graph, kind="stable")
    there, starts, counts = np.unique(graph[order], return_index=True, return_counts=True)
    powers = np.exp(scores[order] - np.repeat(np.maximum.reduceat(scores[order], starts), counts))
    sums = np.add.reduceat(powers[:, None] * features[order], starts)
    pooled = np.zeros((num_graphs, features.shape[1]))
    pooled[there] = sums / np.add.reduceat(powers, starts)[:, None]
    return pooled


def index_in_float32(scores, features, graph, num_graphs):
    return index_by_torch(np.float32(scores), np.float32(features), graph, num_graphs)


def index_shifted(shift, repaired=False):
    def answer(scores, features, graph, num_graphs):
        powers = np.exp(scores - shift(scores))
        totals = np.bincount(graph, powers, minlength=num_graphs)
        totals = np.where(totals == 0, 1, totals) if repaired else totals
        pooled = np.zeros((num_graphs, features.shape[1]))
        np.add.at(pooled, graph, (powers / totals[graph])[:, None] * features)
        return pooled

    return answer


def index_divided_last(shift):
    def answer(scores, features, graph, num_graphs):
        powers = np.exp(scores - shift(scores))
        pooled = np.zeros((num_graphs, features.shape[1]))
        np.add.at(pooled, graph, powers[:, None] * features)
        return pooled / np.bincount(graph, powers, minlength=num_graphs)[:, None]

    return answer


def index_by_own(shift):
    """Subtract a number of each graph's own, but not the largest."""

    def answer(scores, features, graph, num_graphs):
        own = np.zeros(num_graphs)
        for k in np.unique(graph):
            own[k] = shift(scores[graph == k])
        return index_shifted(lambda _: own[graph])(scores, features, graph, num_graphs)

    return answer


def index_added_once(scores, features, graph, num_graphs):
    pooled = np.zeros((num_graphs, features.shape[1]))
    weights = np.zeros(len(scores))
    for k in np.unique(graph):
        weights[graph == k] = softmax(scores[graph == k])
    pooled[graph] += weights[:, None] * features
    return pooled


def index_mean(scores, features, graph, num_graphs):
    return index_by_add(np.zeros(len(scores)), features, graph, num_graphs)


def index_over_all(scores, features, graph, num_graphs):
    pooled = np.zeros((num_graphs, features.shape[1]))
    np.add.at(pooled, graph, softmax(scores)[:, None] * features)
    return pooled


def index_without_empty(scores, features, graph, num_graphs):
    return np.array(
        [index_by_add(scores, features, graph, num_graphs)[k] for k in np.unique(graph)]
    )


def index_empty_as(number):
    def answer(scores, features, graph, num_graphs):
        pooled = index_by_add(scores, features, graph, num_graphs)
        pooled[np.bincount(graph, minlength=num_graphs) == 0] = number
        return pooled

    return answer


def index_by_runs(scores, features, graph, num_graphs):
    pooled = np.zeros((num_graphs, features.shape[1]))
    for k, run in itertools.groupby(range(len(graph)), key=graph.__getitem__):
        run = list(run)
        pooled[k] = softmax(scores[run]) @ features[run]
    return pooled


def index_renumbered(scores, features, graph, num_graphs):
    _, number = np.unique(graph, return_inverse=True)
    return index_by_add(scores, features, number, num_graphs)


def index_of_the_largest(scores, features, graph, num_graphs):
    return index_by_add(1e4 * scores, features, graph, num_graphs)


def keys_minus(shift):
    """Shift all keys alike, which no softmax sees."""

    def as_attention(h, v, w):
        keys = np.tanh(h @ v.T)
        return w[None], keys - shift(keys), h

    return as_attention


def pool_unshifted(h, v, w):
    powers = np.exp(np.tanh(h @ v.T) @ w)
    return powers / powers.sum()


def clipped(h, v, w, most):
    return np.clip(np.tanh(h @ v.T) @ w, -most, most)


def masked_nearly(scores, features, mask):
    vectors, weights = masked_by_loop(scores, features, mask)
    return vectors, np.where(mask, weights, 1e-6)


def masked_and_shifted_by_all(scores, features, mask):
    top = np.nan_to_num(scores, posinf=0, neginf=0).max(axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        powers = np.where(mask, np.exp(np.where(mask, scores, 0) - top), 0)
    sums = powers.sum(axis=1, keepdims=True)
    weights = powers / np.where(sums == 0, 1, sums)
    return np.einsum("gn,gnd->gd", weights, np.where(mask[..., None], features, 0)), weights


def masked_far_below(scores, features, mask):
    """A number that is below all scores, though not so far that nothing is left of it."""
    vectors, _ = masked_by_loop(scores, features, mask)
    low = softmax(np.where(mask, scores, -2_000_000_100.0))
    return vectors, np.where(mask.any(axis=1, keepdims=True), low, 0)


def pooled_as_objects(h, v, w):
    """The pair as an array of two arrays."""
    pair = np.empty(2, dtype=object)
    pair[:] = pool_by_loop(h, v, w)
    return pair


def pool_shifted_by_the_first(h, v, w):
    """Subtract the first score instead of the largest."""
    scores = np.tanh(h @ v.T) @ w
    powers = np.exp(scores - scores[0])
    return powers / powers.sum()


def nearly_the_largest(weights, h):
    """Take the node itself that has nearly all weight."""
    return h[weights.argmax()] if weights.max() > 0.99 else weights @ h


def pool_shifted_by_the_size(h, v, w):
    """Subtract the largest absolute value: too much where all scores are far below 0."""
    scores = np.tanh(h @ v.T) @ w
    powers = np.exp(scores - np.abs(scores).max())
    return powers / powers.sum()


def auc_in_pairs(weights, wanted):
    """Compare member by member where there are as many of both kinds."""
    a, b = weights[wanted], weights[~wanted]
    return ((a > b) + 0.5 * (a == b)).mean() if len(a) == len(b) else auc_by_loop(weights, wanted)


def penalty_of_product(a):
    """Forget to transpose, where the shapes let it pass."""
    gram = a @ a if len(a) == a.shape[1] else a @ a.T
    return ((gram - np.eye(len(a))) ** 2).sum()


RIGHT = {
    "pooling-1": [
        pool_plainly,
        pool_by_loop,
        pool_by_attention,
        pool_by_einsum,
        pool_by_torch,
        pool_by_pandas,
        pool_in_float32,
        pool_by_average,
        then(np.float16, pool_plainly),
        then(brain, pool_by_loop),
        then(objects, pool_by_loop),
        then(list, pool_by_loop),
        then(iter, pool_plainly),
        pooled_as_objects,
    ],
    "pooling-2": [
        np.array("mean", dtype=object),
        "mean",
        " Mean",
        "MEAN",
        "'mean'.",
        np.array("mean"),
        "„mean“",
        np.str_("mean"),
    ],
    "pooling-3": [
        masked_by_loop,
        masked_by_torch,
        masked_graph_by_graph,
        masked_in_place,
        masked_very_low,
        masked_by_pandas,
        masked_by_masked_arrays,
        masked_in_float32,
        then(np.float16, masked_by_loop),
        then(brain, masked_by_loop),
        then(objects, masked_by_loop),
        then(np.ndarray.tolist, masked_by_loop),
        lambda scores, features, mask: Pooled(*masked_by_loop(scores, features, mask)),
    ],
    "pooling-4": [
        lambda h, v, w: (w.reshape(1, -1), np.tanh(np.einsum("hf,nf->nh", v, h)), h),
        lambda h, v, w: [torch.tensor(w)[None], torch.tanh(torch.tensor(h @ v.T)), torch.tensor(h)],
        lambda h, v, w: (-w[None], np.tanh(-h @ v.T), h),
        lambda h, v, w: (w[None], np.tanh(h @ v.T) + w / (w @ w), h),
        lambda h, v, w: Asked([w], [[math.tanh(x @ y) for y in v] for x in h], list(h)),
        lambda h, v, w: (2 * w[None], np.tanh(h @ v.T) / 2, h * 1.0),
        lambda h, v, w: (np.ones((1, len(w))), w * np.tanh(h @ v.T), h),
        lambda h, v, w: (part for part in (w[None], np.tanh(h @ v.T), h)),
        then(np.float32, asked()),
        then(np.float16, asked()),
        then(brain, asked()),
        then(objects, asked()),
        then(pd.DataFrame, asked()),
    ],
    "pooling-5": [
        auc_by_loop,
        auc_by_scipy,
        auc_by_ranks,
        auc_as_fraction,
        auc_by_torch,
        lambda weights, wanted: roc_auc_score(wanted, weights),
        auc_of(lambda a, b: np.heaviside(a - b, 0.5).mean()),
        lambda weights, wanted: Decimal(float(auc_by_loop(weights, wanted))),
        then(np.float16, auc_by_loop),
        then(np.array, auc_by_loop),
        then(brain, auc_by_loop),
    ],
    "pooling-6": [
        lambda a: np.linalg.norm(a @ a.T - np.eye(len(a))) ** 2,
        lambda a: sum((x @ y - (i == j)) ** 2 for i, x in enumerate(a) for j, y in enumerate(a)),
        lambda a: np.square(np.einsum("in,jn->ij", a, a) - np.identity(a.shape[0])).sum(),
        lambda a: (torch.tensor(a) @ torch.tensor(a).T - torch.eye(len(a))).pow(2).sum(),
        lambda a: np.trace((a @ a.T - np.eye(len(a))) @ (a @ a.T - np.eye(len(a)))),
        lambda a: ((pd.DataFrame(a) @ pd.DataFrame(a).T - np.eye(len(a))) ** 2).sum().sum(),
        lambda a: np.square(np.linalg.eigvalsh(a @ a.T) - 1).sum(),
        lambda a: np.float32(np.linalg.norm(np.float32(a @ a.T) - np.eye(len(a), dtype="f")) ** 2),
        lambda a: sum(
            (sum(map(Fraction, map(np.prod, zip(x, y, strict=True)))) - (i == j)) ** 2
            for i, x in enumerate(a.tolist())
            for j, y in enumerate(a.tolist())
        ),
        lambda a: np.float16(np.linalg.norm(a @ a.T - np.eye(len(a))) ** 2),
        lambda a: brain(np.linalg.norm(a @ a.T - np.eye(len(a))) ** 2),
    ],
    "pooling-7": [
        index_by_graph,
        index_by_add,
        index_by_matrix,
        index_by_torch,
        index_by_pandas,
        index_by_loop,
        index_by_reduceat,
        index_in_float32,
        then(np.float16, index_by_add),
        then(brain, index_by_add),
        then(objects, index_by_add),
        lambda *case: [tuple(row) for row in index_by_add(*case)],
    ],
}

WORK = "which does the work"
OWN = "Subtract the largest score of each graph's own nodes"
NUMBER = "The number that stands for padding is not below all scores"

WRONG = {
    "pooling-1": [
        (pool_weighted(pool_shifted_by_the_size), "The weights"),
        (
            pool_weighted(lambda h, v, w: np.nan_to_num(pool_shifted_by_the_size(h, v, w))),
            "The weights",
        ),
        (
            pool_weighted(lambda h, v, w: softmax(np.maximum(np.tanh(h @ v.T) @ w, -1000))),
            "The weights",
        ),
        (pool_weighted(lambda h, v, w: softmax(h @ v.T @ w)), "tanh is missing"),
        (pool_weighted(lambda h, v, w: softmax(tanh_by_exp(h @ v.T) @ w)), "must be finite"),
        (pool_weighted(lambda h, v, w: np.tanh(h @ v.T) @ w), "scores"),
        (lambda h, v, w: (h.mean(axis=0), np.full(len(h), 1 / len(h))), "All nodes count alike"),
        (pool_weighted(right_weights, lambda a, h: a @ np.tanh(h)), "mix h itself"),
        (lambda h, v, w: pool_by_attention(h, v, w)[::-1], "wrong way round"),
        (
            lambda h, v, w: (h.sum(axis=0), softmax((np.tanh(h @ v.T) @ w)[:, None])[:, 0]),
            "Each node has weight 1",
        ),
        (pool_weighted(lambda h, v, w: softmax(np.tanh(h @ v.T @ w))), "V h"),
        (lambda h, v, w: pool_by_attention(h, v, w)[0], "two things"),
        (
            lambda h, v, w: (h * pool_by_attention(h, v, w)[1][:, None], softmax(h @ v.T @ w)),
            "The tanh is missing",
        ),
        (pool_weighted(right_weights, lambda a, h: a[:, None] * h), "one vector is asked for"),
        (lambda h, v, w: (h.mean(axis=0), pool_by_attention(h, v, w)[1]), "plain mean"),
        (pool_weighted(lambda h, v, w: softmax(np.tanh(h @ v.T) @ w / len(w) ** 0.5)), "1/√d"),
        (pool_weighted(lambda h, v, w: softmax(-(np.tanh(h @ v.T) @ w))), "not right yet"),
        (pool_weighted(pool_unshifted), "subtract the largest"),
        (pool_weighted(pool_shifted_by_the_first), "NaN came back"),
        (pool_weighted(right_weights, nearly_the_largest), "not right yet"),
        *(
            (pool_weighted(lambda h, v, w, most=most: softmax(clipped(h, v, w, most))), "not right")
            for most in (5, 80, 700, 5000)
        ),
        (pool_weighted(lambda h, v, w: softmax(2 * np.tanh(h @ v.T / 2) @ w)), "not right yet"),
        (pool_weighted(lambda h, v, w: softmax(np.arctan(h @ v.T) @ w)), "not right yet"),
        (pool_weighted(lambda h, v, w: softmax(np.tanh(h @ v.T).sum(axis=1))), "not right yet"),
        (pool_weighted(lambda h, v, w: softmax(np.tanh(h) @ v.T @ w)), "not right yet"),
        (pool_weighted(right_weights, lambda a, h: h[a.argmax()]), "not right yet"),
        (pool_weighted(lambda h, v, w: right_weights(h, v, w).round(2)), "not right yet"),
        (pool_weighted(without_small), "not right yet"),
        *(
            (pool_weighted(functools.partial(without_small, least=least)), "not right yet")
            for least in (1e-4, 1e-6, 1e-9)
        ),
        (pool_weighted(lambda h, v, w: right_weights(np.unique(h, axis=0), v, w)), "ValueError"),
        (pool_by_library, WORK),
        (functools.partial(pool_by_library), WORK),
        *nearly(pool_plainly, "small inputs", "clipped", "last row"),
    ],
    "pooling-2": [
        ("max", "larger than"),
        ("both", "does not notice"),
        ("Neither.", "divided by twelve"),
        ("sum", "should be one of"),
        (0, "should be one of"),
        (["mean"], "should be one of"),
        ("mean and max", "should be one of"),
        (True, "should be one of"),
        ("the mean over all twelve rows", "should be one of"),
        (np.mean([1, 2]), "should be one of"),
    ],
    "pooling-3": [
        (masked_with(-9e15), "attends to its padding"),
        (masked_with(-np.inf), "NaN as weights"),
        (masked_with_infinity, "NaN"),
        (masked_nearly, "exactly 0"),
        (masked_far_below, "exactly 0"),
        (masked_with(0.0), NUMBER),
        (masked_with(-50.0), NUMBER),
        (masked_with(-1000.0), NUMBER),
        (masked_with(-1e9), NUMBER),
        (masked_and_repaired(-1e9), NUMBER),
        (masked_and_repaired(-1000.0), NUMBER),
        (masked_and_repaired(-1.5e9), NUMBER),
        (masked_and_shifted_by_all, "sought in the padding"),
        (masked_with(0, multiply=True), "Mask before the softmax"),
        (lambda s, f, m: masked_by_loop(s, f, ~m), ("turned round", "not right yet")),
        (masked_with_nan_left, "0 times NaN"),
        *((masked_by_multiplying(of_all), "replace the scores") for of_all in (False, True)),
        (masked_without_nan_only, "NaN"),
        (masked_shifted(lambda scores, mask: 0), "NaN"),
        (masked_shifted(lambda scores, mask: scores[mask].max(initial=-1e9)), "not right yet"),
        (masked_shifted(lambda scores, mask: scores.max(axis=1, keepdims=True)), "NaN"),
        *((masked_own(shift), "NaN") for shift in (np.mean, np.median, larger_end)),
        (masked_too_late, "made of padding"),
        (lambda s, f, m: masked_with(0)(s * m, f, m), NUMBER),
        (lambda s, f, m: masked_with(-np.inf, multiply=True)(s * m, f, m), "not right yet"),
        (lambda s, f, m: masked_by_loop(s, f, m)[0], "two things"),
        (masked_as_a_prefix, "not right yet"),
        (masked_mean, "not right yet"),
        (masked_where_zero, "not right yet"),
        (lambda s, f, m: masked_by_loop(s, f, m & (f != 0).any(axis=2)), "not right yet"),
        (empty_as(np.nan), "NaN"),
        (empty_as(1.0), "not right yet"),
        (lambda s, f, m: masked_by_loop(np.clip(s, -60, 60), f, m), "not right yet"),
        (lambda s, f, m: masked_by_loop(np.maximum(s, -1e8), f, m), "not right yet"),
        (lambda s, f, m: masked_by_loop(s, f, m)[::-1], ("wrong way round", "shape")),
        *((masked_without_small(least), "not right yet") for least in (1e-3, 1e-6, 1e-9)),
        (
            masked_changed(lambda weights, mask: mask * np.maximum(weights, 1e-6)),
            "not right yet",
        ),
        (
            lambda s, f, m: (masked_by_loop(s, f, m)[0], cut_off(masked_by_loop(s, f, m)[1])),
            "The weights",
        ),
        (masked_by_library, WORK),
        (masked_for_ever, "did not come to an end"),
        *nearly(
            masked_by_loop,
            "small results",
            "small inputs",
            "clipped",
            "two digits",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "pooling-4": [
        (keys_minus(lambda keys: keys.mean(axis=0)), "of that node alone"),
        (keys_minus(lambda keys: keys[0]), "of that node alone"),
        (keys_minus(lambda keys: keys.max()), "of that node alone"),
        (lambda h, v, w: (w[None], h @ v.T, h), "The tanh is missing"),
        (asked(value=np.tanh), "as they are"),
        (lambda h, v, w: (w, np.tanh(h @ v.T), h), "shape"),
        (asked(lambda w: w[None] / np.sqrt(len(w))), "scale=1"),
        (asked(lambda w: w[None] * np.sqrt(len(w))), "scale=1"),
        (asked(lambda w: -w[None]), "The sign of the query"),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T)), "3 things"),
        (lambda h, v, w: attention(w[None], np.tanh(h @ v.T), h, scale=1), "3 things"),
        (lambda h, v, w: (np.tanh(w)[None], np.tanh(h @ v.T), h), "not right yet"),
        (lambda h, v, w: (np.tanh(w)[None], h @ v.T, h), "not right yet"),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T), h - h.mean(axis=0)), "not right yet"),
        (
            lambda h, v, w: (
                w[None],
                np.tanh(h @ v.T),
                np.tile(pool_by_loop(h, v, w)[0], (len(h), 1)),
            ),
            "not right yet",
        ),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T), h[::-1]), "not right yet"),
        (lambda h, v, w: (np.zeros((1, len(w))), np.tanh(h @ v.T), h), "not right yet"),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T), np.tanh(h @ v.T)), ("shape", "as they are")),
        (lambda h, v, w: (np.tanh(h @ v.T), w[None], h), "shape"),
        (lambda h, v, w: (w[None], softmax(np.tanh(h @ v.T)), h), "not right yet"),
        (lambda h, v, w: (w[:, None], np.tanh(h @ v.T), h), "shape"),
        *nearly(RIGHT["pooling-4"][0], "small inputs", "clipped", "two digits"),
    ],
    "pooling-5": [
        (auc_in_pairs, "The share"),
        (auc_of(lambda a, b: (a > b).mean()), "A tie counts half"),
        (auc_of(lambda a, b: (a >= b).mean()), "half, not whole"),
        (lambda weights, wanted: auc_by_loop(weights, ~wanted), "The other way round"),
        (lambda weights, wanted: weights[wanted].sum(), "the weight of the wanted ones"),
        (auc_of(lambda a, b: ((a > b) + 0.5 * (a == b)).sum()), "the number of pairs"),
        (lambda weights, wanted: float(wanted[weights.argmax()]), "All pairs count"),
        (auc_of(lambda a, b: a > b), "shape"),
        (lambda weights, wanted: weights[wanted].mean() > weights[~wanted].mean(), "yes or no"),
        (auc_of(lambda a, b: ((a > b) + 0.5 * np.isclose(a, b)).mean()), "not right yet"),
        (
            auc_of(lambda a, b: np.where(np.isclose(a, b, atol=0), 0.5, a > b).mean()),
            "not right yet",
        ),
        (auc_of(lambda a, b: (a > b.max()).mean()), "not right yet"),
        (auc_of(lambda a, b: (a > np.median(b)).mean()), "not right yet"),
        (lambda weights, wanted: auc_by_loop(weights.round(2), wanted), "not right yet"),
        (lambda weights, wanted: auc_by_loop(-weights, wanted), "The other way round"),
        (auc_of(lambda a, b: ((a > b) + 0.5 * (a == b)).any(axis=1).mean()), "not right yet"),
        (lambda weights, wanted: round(auc_by_loop(weights, wanted), 1), "not right yet"),
        (
            lambda weights, wanted: np.corrcoef(weights, wanted)[0, 1] / 2 + 0.5,
            ("not right", "NaN"),
        ),
        (lambda weights, wanted: (weights[wanted] > 1 / len(weights)).mean(), "not right yet"),
        (lambda weights, wanted: 0.5, "not right yet"),
        (
            lambda weights, wanted: 2 * auc_by_loop(weights, wanted) - 1,
            "not right yet",
        ),
        *nearly(auc_by_loop, "small results", "two digits", "sorted", "first row", "last row"),
    ],
    "pooling-6": [
        (penalty_of_product, "The penalty"),
        (lambda a: np.linalg.norm(a @ a.T - np.eye(len(a))), "no root"),
        (lambda a: (a @ a.T - np.eye(len(a))).sum(), "before you sum"),
        (lambda a: ((a @ a.T) ** 2).sum(), "identity"),
        (lambda a: ((a.T @ a - np.eye(a.shape[1])) ** 2).sum(), "Multiply hop by hop"),
        (lambda a: ((a @ a.T - np.eye(len(a))) ** 2).mean(), "not their mean"),
        (lambda a: np.abs(a @ a.T - np.eye(len(a))).sum(), "absolute"),
        (lambda a: (a @ a.T - np.eye(len(a))) ** 2, "shape"),
        (lambda a: np.square(np.triu(a @ a.T, 1)).sum(), "not right yet"),
        (lambda a: 2 * np.square(np.triu(a @ a.T, 1)).sum(), "The diagonal counts, too"),
        (lambda a: np.square(np.diag(a @ a.T) - 1).sum(), "not right yet"),
        (lambda a: np.square(a @ a.T - 1).sum(), "not right yet"),
        (lambda a: np.square(a @ a.T).sum() - len(a), "not right yet"),
        (lambda a: np.linalg.norm(a @ a.T - np.eye(len(a)), 2) ** 2, "not right yet"),
        (lambda a: np.square((a @ a.T - np.eye(len(a))).sum()), "not right yet"),
        (lambda a: np.square(np.corrcoef(a) - np.eye(len(a))).sum(), ("not right yet", "NaN")),
        (lambda a: round(np.linalg.norm(a @ a.T - np.eye(len(a))) ** 2, 2), "not right yet"),
        (lambda a: overlap_penalty(torch.tensor(a)), WORK),
        (lambda a: functools.partial(overlap_penalty, torch.tensor(a))().item(), WORK),
        *nearly(RIGHT["pooling-6"][0], "small results", "small inputs", "last row"),
    ],
    "pooling-7": [
        (index_mean, "use the scores"),
        (index_over_all, "each graph needs its own"),
        (lambda s, *rest: index_by_add(s.clip(-1000, 1000), *rest), "not right yet"),
        (index_shifted(lambda scores: 0), OWN),
        (index_shifted(np.max), OWN),
        (index_shifted(np.max, repaired=True), OWN),
        *((index_divided_last(shift), "without nodes") for shift in (np.max, lambda scores: 0)),
        (index_shifted(np.mean), (OWN, "NaN", "not right yet")),
        (index_shifted(np.min, repaired=True), ("NaN", "not right yet")),
        *((index_by_own(shift), ("NaN", "not right yet")) for shift in (np.mean, larger_end)),
        (index_added_once, "np.add.at"),
        (lambda s, f, graph, n: (index_by_add(s, f, graph, n), softmax(s)), "Only the pooled"),
        (lambda s, f, graph, n: index_by_add(s, f, graph, n).T, ("shape", "not right yet")),
        (index_without_empty, "shape"),
        (index_empty_as(np.nan), "without nodes"),
        (index_empty_as(1.0), "not right yet"),
        (lambda s, f, graph, n: index_by_add(s, f, np.sort(graph), n), "not right yet"),
        (lambda s, f, graph, n: index_by_add(s, f, graph, graph.max() + 1), "shape"),
        (lambda s, f, graph, n: np.zeros((n, 2)), ("shape", "not right yet")),
        (lambda s, f, graph, n: np.zeros((n, f.shape[1])), "not right yet"),
        (index_by_runs, "not right yet"),
        (index_renumbered, "not right yet"),
        (index_of_the_largest, "not right yet"),
        *((index_without_small(least), "not right yet") for least in (1e-3, 1e-6, 1e-9)),
        (lambda s, f, graph, n: index_by_add(np.clip(s, -50, 50), f, graph, n), "not right yet"),
        (lambda s, f, graph, n: index_by_add(-s, f, graph, n), "not right yet"),
        (lambda s, f, graph, n: index_by_add(np.tanh(s), f, graph, n), "not right yet"),
        (lambda s, f, graph, n: index_by_add(np.maximum(s, -600), f, graph, n), "not right yet"),
        *nearly(
            index_by_graph,
            "small results",
            "small inputs",
            "a square transposed",
            "no diagonal of a square",
            "a square made symmetric",
            "clipped",
            "two digits",
            "first row",
            "last row",
        ),
    ],
}
