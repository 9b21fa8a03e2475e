"""Answers to the exercises of chapter 02 as people write them, rightly and wrongly."""

import numpy as np
import scipy.special
import torch
import torch.nn.functional as F

softmax = scipy.special.softmax


def safe_by_scipy(logits):
    return softmax(logits, axis=1)


def safe_by_torch(logits):
    return torch.softmax(torch.tensor(logits), dim=1)


def safe_by_loop(logits):
    rows = []
    for row in logits:
        exponentials = np.exp(row - max(row))
        rows.append(exponentials / sum(exponentials))
    return rows


def safe_in_float32(logits):
    return softmax(logits.astype(np.float32), axis=1)


def safe_by_logsumexp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def safe_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def as_written(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def one_maximum(logits):
    return as_written(logits - logits.max())


def column_maximum(logits):
    return as_written(logits - logits.max(axis=0))


def clipped(logits):
    return as_written(np.clip(logits, -500, 500))


def nan_to_zero(logits):
    return np.nan_to_num(as_written(logits))


def weights_by_einsum(query, key):
    return softmax(np.einsum("id,jd->ij", query, key) / query.shape[1] ** 0.5, axis=-1)


def weights_by_loop(query, key):
    n, m, d = len(query), len(key), query.shape[1]
    logits = [[sum(query[i] * key[j]) / d**0.5 for j in range(m)] for i in range(n)]
    return [list(softmax(row)) for row in logits]


def weights_by_sdpa(query, key):
    query, key = torch.tensor(query, requires_grad=True), torch.tensor(key)
    identity = torch.eye(len(key), dtype=query.dtype)
    return F.scaled_dot_product_attention(query[None], key[None], identity[None])[0]


def weights_in_float32(query, key):
    return weights_by_einsum(query.astype(np.float32), key.astype(np.float32))


def weights_scaled_early(query, key):
    quarter = query.shape[1] ** 0.25
    return softmax((query / quarter) @ (key / quarter).T, axis=1)


def with_scale(scale, axis=1):
    return lambda query, key: softmax(query @ key.T * scale(query, key), axis=axis)


def root_of_d(query, key):
    return query.shape[1] ** -0.5


def causal_by_torch(query, key, value):
    query, key, value = (torch.tensor(part)[None] for part in (query, key, value))
    output = F.scaled_dot_product_attention(query, key, value, is_causal=True)[0]
    identity = torch.eye(value.shape[1], dtype=value.dtype)[None]
    return output, F.scaled_dot_product_attention(query, key, identity, is_causal=True)[0]


def causal_by_loop(query, key, value):
    n, d = query.shape
    weights = np.zeros((n, n))
    for i in range(n):
        weights[i, : i + 1] = softmax(key[: i + 1] @ query[i] / np.sqrt(d))
    return weights @ value, weights


def causal_renormalised(query, key, value):
    weights = np.tril(weights_by_einsum(query, key))
    weights /= weights.sum(axis=1, keepdims=True)
    return [weights @ value, weights]


def causal_large_negative(query, key, value):
    n, d = query.shape
    logits = (query @ key.T / np.sqrt(d)).astype(np.float32)
    weights = softmax(logits + np.triu(np.full((n, n), -1e9), k=1), axis=1)
    return weights @ value, weights


def causal_masked(mask, scale=root_of_d):
    def answer(query, key, value):
        logits = query @ key.T * scale(query, key)
        logits = np.where(mask(len(query)), logits, -np.inf)
        exponentials = np.exp(logits)
        weights = exponentials / np.maximum(exponentials.sum(axis=1, keepdims=True), 1e-300)
        return weights @ value, weights

    return answer


def causal_not_renormalised(query, key, value):
    weights = np.tril(weights_by_einsum(query, key))
    return weights @ value, weights


def causal_zero_logits(query, key, value):
    weights = softmax(np.tril(query @ key.T / np.sqrt(query.shape[1])), axis=1)
    return weights @ value, weights


def causal_swapped(query, key, value):
    return causal_by_loop(query, key, value)[::-1]


def causal_output_only(query, key, value):
    return causal_by_loop(query, key, value)[0]


def causal_wrong_output(query, key, value):
    weights = causal_by_loop(query, key, value)[1]
    return weights_by_einsum(query, key) @ value, weights


def relabelled_by_loop(weights, order):
    n = len(order)
    return [[weights[order[i], order[j]] for j in range(n)] for i in range(n)]


def relabelled_by_permutation(weights, order):
    permutation = np.eye(len(order))[order]
    return permutation @ weights @ permutation.T


def sharpest_by_hand(weights):
    with np.errstate(all="ignore"):
        terms = np.where(weights > 0, -weights * np.log(weights), 0)
    table = terms.sum(axis=-1).mean(axis=-1)
    return np.unravel_index(table.argmin(), table.shape)


def sharpest_by_scipy(weights):
    table = scipy.special.entr(weights).sum(-1).mean(-1)
    return [int(i) for i in np.argwhere(table == table.min())[0]]


def sharpest_by_loop(weights):
    best = None
    for layer in range(len(weights)):
        for head in range(len(weights[layer])):
            spread = scipy.stats.entropy(weights[layer, head], axis=-1).mean()
            if best is None or spread < best[0]:
                best = (spread, layer, head)
    return best[1:]


def sharpest_with_nan(weights):
    with np.errstate(all="ignore"):
        table = -(weights * np.log(weights)).sum(axis=-1).mean(axis=-1)
    return np.unravel_index(np.nanargmin(table), table.shape)


def widest(weights):
    table = scipy.special.entr(weights).sum(-1).mean(-1)
    return np.unravel_index(table.argmax(), table.shape)


def sharpest_turned(weights):
    return tuple(sharpest_by_hand(weights))[::-1]


def sharpest_flat(weights):
    return scipy.special.entr(weights).sum(-1).mean(-1).argmin()


RIGHT = {
    "weights-1": ["unchanged", " Unchanged ", np.str_("unchanged")],
    "weights-2": [
        safe_by_scipy,
        safe_by_torch,
        safe_by_loop,
        safe_in_float32,
        safe_by_logsumexp,
        safe_in_place,
    ],
    "weights-3": [
        weights_by_einsum,
        weights_by_loop,
        weights_by_sdpa,
        weights_in_float32,
        weights_scaled_early,
    ],
    "weights-4": [causal_by_torch, causal_by_loop, causal_renormalised, causal_large_negative],
    "weights-5": [
        relabelled_by_loop,
        relabelled_by_permutation,
        lambda weights, order: weights[np.ix_(order, order)],
        lambda weights, order: torch.tensor(weights)[order][:, order].float(),
    ],
    "weights-6": [sharpest_by_hand, sharpest_by_scipy, sharpest_by_loop],
}

WRONG = {
    "weights-1": [
        ("larger", "sum to 1"),
        ("smaller", "sum to 1"),
        ("sharper", "Is the ratio"),
        ("the same", "should be one of"),
        (5, "should be one of"),
        (True, "should be one of"),
    ],
    "weights-2": [
        (as_written, "overflow"),
        (one_maximum, "each row"),
        (lambda logits: softmax(logits, axis=0), "columns"),
        (lambda logits: softmax(logits), "row by row"),
        (column_maximum, "not right yet"),
        (clipped, "not right yet"),
        (nan_to_zero, "not right yet"),
        (lambda logits: logits - logits.max(axis=1, keepdims=True), "not right yet"),
        (lambda logits: softmax(logits, axis=1).T, "shape"),
        (lambda logits: np.full(logits.shape, 1 / logits.shape[1]), "not right yet"),
    ],
    "weights-3": [
        (with_scale(lambda q, k: 1), "not scaled"),
        (with_scale(lambda q, k: 1 / q.shape[1]), "divided by d"),
        (with_scale(lambda q, k: len(k) ** -0.5), "number of keys"),
        (with_scale(lambda q, k: len(q) ** -0.5), "number of queries"),
        (with_scale(lambda q, k: q.shape[1] ** 0.5), "divide by it"),
        (with_scale(root_of_d, axis=0), "columns"),
        (lambda query, key: weights_by_einsum(query, key).T, "Transposed"),
        (lambda query, key: weights_by_einsum(key, query), "Transposed"),
        (lambda query, key: query @ key.T / np.sqrt(query.shape[1]), "logits"),
        (lambda query, key: np.eye(len(query), len(key)), "not right yet"),
        (lambda query, key: query @ key, "ValueError"),
    ],
    "weights-4": [
        (
            lambda q, k, v: (weights_by_einsum(q, k) @ v, weights_by_einsum(q, k)),
            "Nothing is masked",
        ),
        (causal_not_renormalised, "after the softmax"),
        (causal_zero_logits, "-inf"),
        (causal_masked(lambda n: ~np.tri(n, dtype=bool)), "inverted"),
        (causal_masked(lambda n: np.tri(n, k=-1, dtype=bool)), "diagonal"),
        (causal_masked(lambda n: np.tri(n, dtype=bool).T), "turned round"),
        (causal_masked(lambda n: np.tri(n, dtype=bool), lambda q, k: 1), "not scaled"),
        (causal_swapped, "shape"),
        (causal_output_only, "two things"),
        (causal_wrong_output, "The output"),
    ],
    "weights-5": [
        (lambda weights, order: weights, "Nothing has moved"),
        (lambda weights, order: weights[order], "Only the rows"),
        (lambda weights, order: weights[:, order], "Only the columns"),
        (lambda weights, order: weights[np.argsort(order)][:, np.argsort(order)], "other way"),
        (lambda weights, order: weights[order][:, order].T, "transposed"),
        (lambda weights, order: weights[order, order], "np.ix_"),
    ],
    "weights-6": [
        (widest, "small entropy"),
        (sharpest_turned, "wrong way round"),
        (sharpest_with_nan, "0 · log 0"),
        (sharpest_flat, "two things"),
        (lambda weights: (0, 0), "got layer 0, head 0"),
    ],
}
