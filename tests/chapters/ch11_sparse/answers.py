"""Answers to the exercises of chapter 11 as people write them, rightly and wrongly."""

import numpy as np
import torch
from scipy import sparse as matrices

from course_lib import sparsity
from course_lib.attention import softmax
from course_lib.nn.sparse import sparse_attention
from course_lib.nn.sparse import sparsemax as torch_sparsemax


def rows_by_loop(weights, cutoff):
    out = []
    for row in weights:
        left = [w if w > cutoff else 0.0 for w in row]
        if not sum(left):
            left[int(np.argmax(row))] = 1.0
        out.append([w / sum(left) for w in left])
    return out


def rows_by_torch(weights, cutoff):
    w = torch.tensor(weights)
    first = torch.nn.functional.one_hot(w.argmax(1), len(w)).bool()
    left = w * ((w > cutoff) | first)
    return left / left.sum(1, keepdim=True)


def rows_dropped(weights, cutoff):
    return np.where(weights > cutoff, weights, 0)


def rows_divided(weights, cutoff):
    left = rows_dropped(weights, cutoff)
    return left / left.sum(axis=1, keepdims=True)


def rows_else(choose):
    def answer(weights, cutoff):
        rows = rows_divided(weights, cutoff)
        empty = np.isnan(rows).any(axis=1)
        rows[empty] = choose(weights)[empty]
        return rows

    return answer


def rows_on_the_cutoff(weights, cutoff):
    left = np.where(weights >= cutoff, weights, 0)
    left[np.arange(len(left)), weights.argmax(1)] = weights.max(1)
    return left / left.sum(axis=1, keepdims=True)


def rows_with_ties(weights, cutoff):
    left = weights * ((weights > cutoff) | (weights == weights.max(1, keepdims=True)))
    return left / left.sum(axis=1, keepdims=True)


def needed_by_loop(weights, mass):
    counts = []
    for row in weights:
        held, count = 0.0, 0
        for w in sorted(row, reverse=True):
            if held >= mass - 1e-12:
                break
            held, count = held + w, count + 1
        counts.append(count)
    return np.mean(counts)


def needed_by_torch(weights, mass):
    held = torch.tensor(weights).sort(dim=1, descending=True).values.cumsum(1)
    return (held >= mass - 1e-9).int().argmax(1).double().mean() + 1


def held(weights, axis=1, flip=True):
    ordered = np.sort(weights, axis=axis)
    return (np.flip(ordered, axis) if flip else ordered).cumsum(axis=axis)


def simplex_by_bisection(logits):
    low, high = logits.min() - 1.0, logits.max()
    for _ in range(200):
        tau = (low + high) / 2
        low, high = (tau, high) if np.maximum(logits - tau, 0).sum() > 1 else (low, tau)
    return np.maximum(logits - tau, 0)


def simplex_with(choose):
    def answer(logits):
        z = np.sort(logits)[::-1]
        tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        return choose(logits, z, tau)

    return answer


def along_by_loop(query, key, value, edge_index):
    own = {}
    for i, j in edge_index.T.tolist():
        own.setdefault(i, []).append(j)
    output = np.zeros((len(query), value.shape[1]))
    for i, keys in own.items():
        output[i] = softmax(key[keys] @ query[i] / np.sqrt(query.shape[1])) @ value[keys]
    return output


def along_by_library(query, key, value, edge_index):
    tensors = (torch.tensor(x) for x in (query, key, value))
    return sparse_attention(*tensors, torch.tensor(edge_index))


def along_by_scipy(query, key, value, edge_index):
    i, j = edge_index
    logits = np.einsum("ed,ed->e", query[i], key[j]) / np.sqrt(query.shape[1])
    top = np.full(len(query), -np.inf)
    np.maximum.at(top, i, logits)
    powers = np.exp(logits - top[i])
    powers /= np.bincount(i, powers, minlength=len(query))[i]
    return matrices.coo_array((powers, (i, j)), shape=(len(query), len(key))) @ value


def along_dense(query, key, value, edge_index):
    logits = np.full((len(query), len(key)), -np.inf)
    i, j = edge_index
    logits[i, j] = (query[i] * key[j]).sum(1) / np.sqrt(query.shape[1])
    top = logits.max(1, keepdims=True)
    powers = np.exp(logits - np.where(np.isinf(top), 0, top))
    total = powers.sum(1, keepdims=True)
    return powers / np.where(total == 0, 1, total) @ value


def along_masked(query, key, value, edge_index):
    mask = np.zeros((len(query), len(key)), dtype=bool)
    mask[tuple(edge_index)] = True
    out = np.zeros((len(query), value.shape[1]))
    for i in range(len(query)):
        if mask[i].any():
            weights = softmax(query[i] @ key[mask[i]].T / np.sqrt(query.shape[1]))
            out[i] = weights @ value[mask[i]]
    return out


def along_unshifted(query, key, value, edge_index):
    i, j = edge_index
    powers = np.exp((query[i] * key[j]).sum(1) / np.sqrt(query.shape[1]))
    total = np.bincount(i, powers, minlength=len(query))
    out = np.zeros((len(query), value.shape[1]))
    np.add.at(out, i, (powers / total[i])[:, None] * value[j])
    return out


def simplex_sorted(order):
    def answer(logits):
        z = order(logits)
        tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        return np.maximum(logits - tau[(z > tau).sum() - 1], 0)

    return answer


def along_in_single_precision(query, key, value, edge_index):
    return along_by_loop(*(x.astype(np.float32) for x in (query, key, value)), edge_index)


def along_shifted(shift):
    def answer(query, key, value, edge_index):
        i, j = edge_index
        logits = (query[i] * key[j]).sum(1) / np.sqrt(query.shape[1])
        powers = np.exp(logits - shift(logits, i, len(query)))
        total = np.bincount(i, powers, minlength=len(query))
        out = np.zeros((len(query), value.shape[1]))
        with np.errstate(invalid="ignore"):
            np.add.at(out, i, (powers / total[i])[:, None] * value[j])
        return out

    return answer


def largest_from_zero(logits, i, n):
    largest = np.zeros(n)
    np.maximum.at(largest, i, logits)
    return largest[i]


def largest_last(logits, i, n):
    largest = np.full(n, -np.inf)
    largest[i] = np.maximum(largest[i], logits)
    return largest[i]


def along_own_value(query, key, value, edge_index):
    return np.where(np.isin(np.arange(len(query)), edge_index[0])[:, None], value, 0)


def along_one_softmax(query, key, value, edge_index):
    i, j = edge_index
    weights = softmax((query[i] * key[j]).sum(1) / np.sqrt(query.shape[1]))
    out = np.zeros((len(query), value.shape[1]))
    np.add.at(out, i, weights[:, None] * value[j])
    return out


def along_added_once(query, key, value, edge_index):
    i, j = edge_index
    logits = (query[i] * key[j]).sum(1) / np.sqrt(query.shape[1])
    largest = np.full(len(query), -np.inf)
    np.maximum.at(largest, i, logits)
    powers = np.exp(logits - largest[i])
    total = np.bincount(i, powers, minlength=len(query))
    out = np.zeros((len(query), value.shape[1]))
    out[i] += (powers / total[i])[:, None] * value[j]
    return out


def along_last_only(query, key, value, edge_index):
    i, j = edge_index
    out = np.zeros((len(query), value.shape[1]))
    out[i] = value[j]
    return out


RIGHT = {
    "sparse-1": [rows_by_loop, rows_by_torch],
    "sparse-2": [
        lambda kept: 2.0 * kept - 1,
        lambda kept: np.where(kept, -1, 1),
        lambda kept: [1.0 if k else -1.0 for k in kept],
    ],
    "sparse-3": [needed_by_loop, needed_by_torch],
    "sparse-4": [
        simplex_by_bisection,
        lambda logits: torch_sparsemax(torch.tensor(logits)),
        lambda logits: sparsity.sparsemax(logits).astype(np.float32),
    ],
    "sparse-5": [171, 171.0, np.int64(171)],
    "sparse-6": [
        lambda n, r: sum(min(i + r, n - 1) - max(i - r, 0) + 1 for i in range(n)),
        lambda n, r: int(sparsity.window_pattern(n, r).sum()),
        lambda n, r: n + 2 * sum(max(n - k, 0) for k in range(1, r + 1)),
    ],
    "sparse-7": [along_by_loop, along_by_library, along_by_scipy, along_in_single_precision],
}

WRONG = {
    "sparse-1": [
        (rows_dropped, "do not sum to 1 again"),
        (rows_divided, "NaN"),
        (lambda w, c: np.nan_to_num(rows_divided(w, c)), "keeps its largest"),
        (rows_else(lambda w: w), "only, not all"),
        (rows_else(lambda w: np.full(w.shape, 1 / len(w))), "it does not become uniform"),
        (rows_on_the_cutoff, "not above it"),
        (rows_with_ties, "keep the first"),
        (
            lambda w, c: rows_by_torch(w, c) / rows_by_torch(w, c).sum(0).clamp(min=1e-9),
            "columns",
        ),
    ],
    "sparse-2": [
        (lambda kept: np.ones(len(kept)), "not reached"),
        (lambda kept: kept.astype(float), "not reached"),
        (lambda kept: np.where(kept, 2.0, -2.0), "between"),
        (lambda kept: np.zeros(len(kept)), "not reached"),
        (lambda kept: np.linspace(-1, 1, len(kept)), "not reached"),
        (lambda kept: 1.0, "shape"),
    ],
    "sparse-3": [
        (lambda w, m: needed_by_loop(w, m) - 1, "One more"),
        (lambda w, m: needed_by_loop(w, m) * len(w), "not their sum"),
        (lambda w, m: needed_by_loop(w, m) / len(w), "not their share"),
        (lambda w, m: (w.cumsum(1) < m - 1e-9).sum(1).mean() + 1, "Take the largest"),
        (lambda w, m: (held(w, flip=False) < m - 1e-9).sum(1).mean() + 1, "not the smallest"),
        (lambda w, m: (held(w, axis=0) < m - 1e-9).sum(0).mean() + 1, "columns"),
        (lambda w, m: (held(w) < m - 1e-9).sum(1) + 1, "shape"),
        (lambda w, m: (held(w) <= m + 1e-9).sum(1).mean() + 1, "a sum that equals it"),
    ],
    "sparse-4": [
        (lambda logits: softmax(logits), "softmax"),
        (simplex_with(lambda x, z, tau: np.maximum(x - tau[-1], 0)), "Sort the logits"),
        (simplex_with(lambda x, z, tau: np.maximum(x - tau[0], 0)), "taken for k = 1"),
        (simplex_with(lambda x, z, tau: x - tau[(z > tau).sum() - 1]), "What is below 0"),
        (
            simplex_with(lambda x, z, tau: np.maximum(x - tau[(z > tau).sum() % len(z)], 0)),
            "τ is taken",
        ),
        (simplex_sorted(np.sort), "largest first"),
        (simplex_sorted(np.array), "largest first"),
        (
            simplex_with(lambda x, z, tau: np.maximum(z - tau[(z > tau).sum() - 1], 0)),
            "The weights are sorted",
        ),
        (
            lambda logits: np.maximum(logits, 0) / (np.maximum(logits, 0).sum() or 1),
            "nothing is divided",
        ),
    ],
    "sparse-5": [
        (170, "170 layers reach 510 steps"),
        (511 / 3, "round up"),
        (74, "lead forward"),
        (511, "at once"),
        (85, "not only the middle"),
        (256, "Three positions"),
        ("many", "numbers"),
    ],
    "sparse-6": [
        (lambda n, r: n * (2 * r + 1), "cut off"),
        (lambda n, r: n * (2 * r + 1) - r * (r + 1), "wider than the text"),
        (lambda n, r: 2 * sum(max(n - k, 0) for k in range(1, r + 1)), "attends to itself as well"),
        (lambda n, r: n * n, "That is every pair"),
        (
            lambda n, r: n * (2 * min(r, n - 1) + 1) - min(r, n - 1) * (min(r, n - 1) + 1) / 2,
            "cut off at *both* ends",
        ),
    ],
    "sparse-7": [
        (along_dense, "(n, n) array"),
        (along_masked, "(n, n) array"),
        (along_unshifted, "NaN"),
        (along_shifted(lambda logits, i, n: logits.max()), "each query's own"),
        (along_shifted(largest_from_zero), "each query's own"),
        (along_shifted(largest_last), "its last edge only"),
        (along_own_value, "value[j]"),
        (along_one_softmax, "softmax of its own"),
        (along_added_once, "np.add.at"),
        (
            lambda q, k, v, e: along_by_loop(q * np.sqrt(q.shape[1] / v.shape[1]), k, v, e),
            "the keys' size",
        ),
        (along_last_only, "not right yet"),
        (lambda q, k, v, e: along_by_loop(q * np.sqrt(q.shape[1]), k, v, e), "√d"),
        (lambda q, k, v, e: along_by_loop(q, k, v, e[::-1]), "Row 0"),
        (lambda q, k, v, e: along_by_loop(0 * q, k, v, e), "All keys count alike"),
    ],
}
