"""Answers to the exercises of chapter 12 as people write them, rightly and wrongly."""

import numpy as np
import torch
from scipy.stats import mannwhitneyu

from course_lib.attention import attention, softmax
from course_lib.nn.attention import masked_softmax
from course_lib.nn.pooling import AttentionPooling, overlap_penalty


def pool_by_library(h, v, w):
    pool = AttentionPooling(h.shape[1], len(w)).double()
    with torch.no_grad():
        pool.hidden.weight.copy_(torch.tensor(v))
        pool.hidden.bias.zero_()
        pool.score.weight.copy_(torch.tensor(w)[None])
    pooled, weights = pool(torch.tensor(h)[None], return_weights=True)
    return pooled[0], weights[0]


def pool_by_loop(h, v, w):
    scores = [w @ np.tanh(v @ node) for node in h]
    powers = [np.exp(score - max(scores)) for score in scores]
    weights = [power / sum(powers) for power in powers]
    return sum(a * node for a, node in zip(weights, h, strict=True)), weights


def pool_by_attention(h, v, w):
    output, weights = attention(w[None], np.tanh(h @ v.T), h, scale=1)
    return output[0], weights[0]


def masked_by_torch(scores, features, mask):
    weights = masked_softmax(torch.tensor(scores), torch.tensor(mask))
    real = torch.tensor(features).nan_to_num(0) * torch.tensor(mask)[..., None]
    return torch.einsum("gn,gnd->gd", weights, real), weights


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


def masked_with(number, *, clean=True, multiply=False):
    def answer(scores, features, mask):
        weights = softmax(scores) * mask if multiply else softmax(np.where(mask, scores, number))
        features = np.where(mask[..., None], features, 0) if clean else features
        return (weights[:, None] @ features)[:, 0], weights

    return answer


def masked_with_infinity(scores, features, mask):
    powers = np.exp(np.where(mask, scores, -np.inf))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return (weights[:, None] @ features)[:, 0], weights


def masked_afterwards(scores, features, mask):
    weights = softmax(np.where(mask, scores, -1e9)) * mask
    return np.einsum("gn,gnd->gd", weights, np.where(mask[..., None], features, 0)), weights


def masked_unshifted(scores, features, mask):
    powers = np.where(mask, np.exp(scores), 0)
    total = powers.sum(axis=1, keepdims=True)
    weights = powers / np.where(total == 0, 1, total)
    return np.einsum("gn,gnd->gd", weights, np.where(mask[..., None], features, 0)), weights


def masked_too_late(scores, features, mask):
    weights = softmax(np.where(mask, scores, -1e9))
    return (weights[:, None] @ np.nan_to_num(features))[:, 0], weights * mask


def masked_with_nan_left(scores, features, mask):
    _, weights = masked_by_loop(scores, features, mask)
    return (weights[:, None] @ features)[:, 0], weights


def auc_by_loop(weights, wanted):
    pairs = [(a, b) for a in weights[wanted] for b in weights[~wanted]]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def auc_by_scipy(weights, wanted):
    yes, no = weights[wanted], weights[~wanted]
    return mannwhitneyu(yes, no).statistic / (len(yes) * len(no))


def auc_of(compare):
    return lambda weights, wanted: compare(weights[wanted][:, None], weights[~wanted])


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
    weights = masked_softmax(torch.tensor(scores).expand(own.shape), torch.tensor(own))
    return weights @ torch.tensor(features)


def index_unshifted(scores, features, graph, num_graphs):
    powers = np.exp(scores)
    totals = np.bincount(graph, powers, minlength=num_graphs)
    pooled = np.zeros((num_graphs, features.shape[1]))
    np.add.at(pooled, graph, (powers / totals[graph])[:, None] * features)
    return pooled


def index_with_one_maximum(scores, features, graph, num_graphs):
    powers = np.exp(scores - scores.max())
    totals = np.bincount(graph, powers, minlength=num_graphs)
    weights = powers / np.where(totals == 0, 1, totals)[graph]
    pooled = np.zeros((num_graphs, features.shape[1]))
    np.add.at(pooled, graph, weights[:, None] * features)
    return pooled


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


def index_with_nan(scores, features, graph, num_graphs):
    pooled = index_by_add(scores, features, graph, num_graphs)
    pooled[np.bincount(graph, minlength=num_graphs) == 0] = np.nan
    return pooled


RIGHT = {
    "pooling-1": [pool_by_library, pool_by_loop, pool_by_attention],
    "pooling-2": ["mean", " Mean", "MEAN"],
    "pooling-3": [masked_by_torch, masked_by_loop, masked_afterwards],
    "pooling-4": [
        lambda h, v, w: (w.reshape(1, -1), np.tanh(np.einsum("hf,nf->nh", v, h)), h),
        lambda h, v, w: [torch.tensor(w)[None], torch.tanh(torch.tensor(h @ v.T)), torch.tensor(h)],
        lambda h, v, w: (-w[None], np.tanh(-h @ v.T), h),
        lambda h, v, w: (w[None], np.tanh(h @ v.T) + w / (w @ w), h),
    ],
    "pooling-5": [auc_by_loop, auc_by_scipy],
    "pooling-6": [
        lambda weights: overlap_penalty(torch.tensor(weights)),
        lambda weights: np.linalg.norm(weights @ weights.T - np.eye(len(weights))) ** 2,
        lambda weights: sum(
            (a @ b - (i == j)) ** 2 for i, a in enumerate(weights) for j, b in enumerate(weights)
        ),
    ],
    "pooling-7": [index_by_add, index_by_matrix],
}

WRONG = {
    "pooling-1": [
        (lambda h, v, w: (softmax(h @ v.T @ w) @ h, softmax(h @ v.T @ w)), "tanh is missing"),
        (lambda h, v, w: (np.tanh(h @ v.T) @ w @ h, np.tanh(h @ v.T) @ w), "scores"),
        (lambda h, v, w: (h.mean(axis=0), np.full(len(h), 1 / len(h))), "All nodes count alike"),
        (
            lambda h, v, w: (pool_by_loop(h, v, w)[1] @ np.tanh(h), pool_by_loop(h, v, w)[1]),
            "mix h itself",
        ),
        (lambda h, v, w: pool_by_attention(h, v, w)[::-1], "wrong way round"),
        (
            lambda h, v, w: (h.sum(axis=0), softmax((np.tanh(h @ v.T) @ w)[:, None])[:, 0]),
            "Each node has weight 1",
        ),
        (lambda h, v, w: (softmax(np.tanh(h @ v.T @ w)) @ h, softmax(np.tanh(h @ v.T @ w))), "V h"),
        (lambda h, v, w: pool_by_attention(h, v, w)[0], "two things"),
        (
            lambda h, v, w: (h * pool_by_attention(h, v, w)[1][:, None], softmax(h @ v.T @ w)),
            "The tanh is missing",
        ),
        (lambda h, v, w: (h.mean(axis=0), pool_by_attention(h, v, w)[1]), "plain mean"),
    ],
    "pooling-2": [
        ("max", "larger than"),
        ("both", "does not notice"),
        ("neither", "divided by twelve"),
        ("sum", "should be one of"),
        (0, "should be one of"),
    ],
    "pooling-3": [
        (masked_with(-1e9), "attends to its filling"),
        (masked_with_infinity, "NaN"),
        (masked_with(0.0), "filling needs a weight of 0"),
        (masked_with(0, multiply=True), "sum to 1"),
        (lambda s, f, m: masked_by_loop(s, f, ~m), "turned round"),
        (masked_with_nan_left, "0 times NaN"),
        (masked_unshifted, "subtract the largest"),
        (masked_too_late, "made of filling"),
        (lambda s, f, m: masked_with(0)(s * m, f, m), "a score like others"),
        (lambda s, f, m: masked_by_loop(s, f, m)[0], "two things"),
    ],
    "pooling-4": [
        (lambda h, v, w: (w[None], h @ v.T, h), "The tanh is missing"),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T), np.tanh(h)), "as they are"),
        (lambda h, v, w: (w, np.tanh(h @ v.T), h), "shape"),
        (lambda h, v, w: (w[None] / np.sqrt(len(w)), np.tanh(h @ v.T), h), "scale=1"),
        (lambda h, v, w: (w[None] * np.sqrt(len(w)), np.tanh(h @ v.T), h), "scale=1"),
        (lambda h, v, w: (-w[None], np.tanh(h @ v.T), h), "The sign of the query"),
        (lambda h, v, w: (w[None], np.tanh(h @ v.T)), "three things"),
    ],
    "pooling-5": [
        (auc_of(lambda a, b: (a > b).mean()), "A tie counts half"),
        (auc_of(lambda a, b: (a >= b).mean()), "half, not whole"),
        (lambda weights, wanted: auc_by_loop(weights, ~wanted), "The other way round"),
        (lambda weights, wanted: weights[wanted].sum(), "the weight of the wanted ones"),
        (auc_of(lambda a, b: ((a > b) + 0.5 * (a == b)).sum()), "the number of pairs"),
        (lambda weights, wanted: float(wanted[weights.argmax()]), "All pairs count"),
        (auc_of(lambda a, b: a > b), "shape"),
        (lambda weights, wanted: weights[wanted].mean() > weights[~wanted].mean(), "yes or no"),
    ],
    "pooling-6": [
        (lambda a: np.linalg.norm(a @ a.T - np.eye(len(a))), "no root"),
        (lambda a: (a @ a.T - np.eye(len(a))).sum(), "before you sum"),
        (lambda a: ((a @ a.T) ** 2).sum(), "identity"),
        (lambda a: ((a.T @ a - np.eye(a.shape[1])) ** 2).sum(), "Multiply hop by hop"),
        (lambda a: ((a @ a.T - np.eye(len(a))) ** 2).mean(), "not their mean"),
        (lambda a: np.abs(a @ a.T - np.eye(len(a))).sum(), "absolute"),
        (lambda a: (a @ a.T - np.eye(len(a))) ** 2, "shape"),
    ],
    "pooling-7": [
        (index_mean, "use the scores"),
        (index_over_all, "each graph needs its own"),
        (index_unshifted, "subtract"),
        (index_with_one_maximum, "vanishes"),
        (index_added_once, "np.add.at"),
        (lambda s, f, graph, n: (index_by_add(s, f, graph, n), softmax(s)), "Only the pooled"),
        (lambda s, f, graph, n: index_by_add(s, f, graph, n).T, "shape"),
        (index_without_empty, "shape"),
        (index_with_nan, "no nodes"),
        (lambda s, f, graph, n: index_by_add(s, f, np.sort(graph), n), "not right yet"),
    ],
}
