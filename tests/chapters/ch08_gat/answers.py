"""Answers to the exercises of chapter 08 as people write them, rightly and wrongly."""

import numpy as np
import torch
from scipy import sparse

from course_lib.attention import softmax
from course_lib.nn.attention import masked_softmax
from course_lib.nn.edges import Edges, edge_softmax


def edges_by_library(logits, query):
    edges = Edges(torch.tensor(np.stack([query, np.arange(len(query))])), 9, len(query))
    found = edge_softmax(torch.tensor(logits)[edges.order][None], edges)[0]
    return found[torch.argsort(edges.order)]


def edges_by_at(logits, query):
    largest = np.full(query.max() + 1, -np.inf)
    np.maximum.at(largest, query, logits)
    powers = np.exp(logits - largest[query])
    return (powers / np.bincount(query, powers)[query]).tolist()


def edges_by_dense(logits, query):
    dense = np.where(query == np.arange(9)[:, None], logits, -np.inf)
    with np.errstate(all="ignore"):
        powers = np.exp(dense - dense.max(axis=1, keepdims=True))
        return np.nansum(powers / powers.sum(axis=1, keepdims=True), axis=0)


def edges_unshifted(logits, query):
    powers = np.exp(logits)
    return powers / np.bincount(query, powers)[query]


def edges_with_one_maximum(logits, query):
    return edges_unshifted(logits - logits.max(), query)


def rows_by_loop(logits, allowed):
    out = []
    for row, real in zip(logits.tolist(), allowed, strict=True):
        top = max((x for x, r in zip(row, real, strict=True) if r), default=0)
        powers = [np.exp(x - top) if r else 0.0 for x, r in zip(row, real, strict=True)]
        out.append([p / (sum(powers) or 1) for p in powers])
    return out


def rows_by_torch(logits, allowed):
    return masked_softmax(torch.tensor(logits).float(), torch.tensor(allowed))


def rows_by_nan_to_num(logits, allowed):
    filled = torch.tensor(logits).double().masked_fill(torch.tensor(~allowed), -torch.inf)
    return filled.softmax(-1).nan_to_num(0)


def rows_filled_with(number, cast=float):
    def answer(logits, allowed):
        filled = np.where(allowed, logits.astype(cast), np.array(number).astype(cast))
        powers = np.exp(filled - filled.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    return answer


def rows_filled_in_the_same_type(logits, allowed):
    filled = np.where(allowed, logits, logits.dtype.type(-9e15))
    powers = np.exp(filled - filled.max(axis=1, keepdims=True))
    weights = powers / powers.sum(axis=1, keepdims=True)
    weights[~allowed.any(axis=1)] = 0
    return weights / 1 if logits.dtype != np.float16 else weights * np.nan


def split_by_concatenation(h, a_query, a_key, slope):
    n = len(h)
    a = np.concatenate([a_query, a_key])
    logits = [[a @ np.concatenate([h[i], h[j]]) for j in range(n)] for i in range(n)]
    return torch.nn.functional.leaky_relu(torch.tensor(logits), slope)


def split_by_einsum(h, a_query, a_key, slope):
    sums = np.add.outer(np.einsum("nf,f->n", h, a_query), np.einsum("nf,f->n", h, a_key))
    return np.maximum(sums, 0) + slope * np.minimum(sums, 0)


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)


def share_by_loop(edge_index, weights, labels):
    shares = {}
    for i, j, w in zip(*edge_index, weights, strict=True):
        shares[i] = shares.get(i, 0) + w * (labels[i] == labels[j])
    return sum(shares.values()) / len(shares)


def share_by_one_hot(edge_index, weights, labels):
    groups = np.eye(labels.max() + 1)[labels]
    query, key = edge_index
    share = np.zeros(len(labels))
    np.add.at(share, query, weights * (groups[query] * groups[key]).sum(axis=1))
    return share[np.isin(np.arange(len(labels)), query)].mean()


def share_by_matrix(edge_index, weights, labels):
    n = len(labels)
    matrix = sparse.coo_array((weights, tuple(edge_index)), shape=(n, n)).toarray()
    same = labels[:, None] == labels
    return (matrix * same).sum(axis=1)[matrix.any(axis=1)].mean()


def inside(edge_index, labels):
    return labels[edge_index[0]] == labels[edge_index[1]]


def share_by_node(edge_index, values, n, row=0):
    return np.bincount(edge_index[row], values, minlength=n)


def edges_shifted(shift):
    def answer(logits, query):
        weights = np.zeros(len(logits))
        for node in np.unique(query):
            mine = query == node
            powers = np.exp(logits[mine] - shift(logits[mine]))
            weights[mine] = powers / powers.sum()
        return weights

    return answer


def lonely_to_itself(allowed):
    return allowed | np.diag(~allowed.any(axis=1))


RIGHT = {
    "gat-1": [edges_by_library, edges_by_at, edges_by_dense],
    "gat-2": [rows_by_loop, rows_by_torch, rows_by_nan_to_num],
    "gat-3": ["other", "Other ", "OTHER"],
    "gat-4": [split_by_concatenation, split_by_einsum],
    "gat-5": [
        lambda n, edges, features: (2 * features * n**2, n**2, edges),
        lambda n, edges, features: [n * n * features * 2, n * n, float(edges)],
        lambda n, edges, features: np.array([2 * n * n * features, n * n, edges]),
    ],
    "gat-6": [share_by_loop, share_by_matrix, share_by_one_hot],
    "gat-7": [
        lambda logits: len({max(range(len(row)), key=row.__getitem__) for row in logits.tolist()}),
        lambda logits: torch.tensor(logits).argmax(1).unique().numel(),
        lambda logits: np.float32((logits == logits.max(1, keepdims=True)).any(0).sum()),
    ],
}

WRONG = {
    "gat-1": [
        (lambda logits, query: softmax(logits), "one softmax over all"),
        (lambda logits, query: 1 / np.bincount(query)[query], "not used"),
        (lambda logits, query: np.exp(logits - logits.max()), "not right yet"),
        (edges_unshifted, "neither none"),
        (edges_with_one_maximum, "own edges"),
        (
            lambda logits, query: edges_by_at(
                logits[np.argsort(query, kind="stable")], np.sort(query)
            ),
            "order of the nodes",
        ),
        (lambda logits, query: edges_by_at(-logits, query), "not right yet"),
        (edges_shifted(lambda logits: logits.mean()), "own edges"),
        (edges_shifted(lambda logits: logits.min()), "own edges"),
        (edges_shifted(lambda logits: logits[-1]), "own edges"),
        (edges_shifted(lambda logits: max(0, logits.max())), "begins at"),
    ],
    "gat-2": [
        (rows_filled_with(-9e15), "attends to everybody"),
        (rows_filled_in_the_same_type, "numbers fit"),
        (lambda logits, allowed: np.transpose(rows_by_loop(logits.T, allowed.T)), "columns"),
        (rows_filled_with(-np.inf), "all zeros"),
        (lambda logits, allowed: rows_filled_with(-np.inf)(logits, allowed).tolist(), "all zeros"),
        (lambda logits, allowed: rows_by_loop(logits, ~allowed), "turned round"),
        (lambda logits, allowed: rows_by_loop(logits, allowed.T), "transposed"),
        (lambda logits, allowed: softmax(logits.astype(float)), "not used"),
        (lambda logits, allowed: softmax(logits.astype(float)) * allowed, "sum to 1"),
        (lambda logits, allowed: rows_filled_with(0.0)(logits, allowed), "exp(0) = 1"),
        (lambda logits, allowed: rows_filled_with(-1e4)(logits, allowed) * allowed, "below all"),
        (lambda logits, allowed: rows_by_loop(logits, lonely_to_itself(allowed)), "diagonal"),
    ],
    "gat-3": [
        ("own", "even number"),
        ("mixed", "single edge"),
        ("both", "should be one of"),
        ("", "should be one of"),
        (1, "should be one of"),
    ],
    "gat-4": [
        (lambda h, q, k, s: split_by_einsum(h, k, q, s), "Transposed"),
        (lambda h, q, k, s: np.add.outer(h @ q, h @ k), "LeakyReLU is missing"),
        (lambda h, q, k, s: np.add.outer(leaky(h @ q, s), leaky(h @ k, s)), "Add first"),
        (lambda h, q, k, s: np.maximum(np.add.outer(h @ q, h @ k), 0), "not cut"),
        (lambda h, q, k, s: leaky(np.outer(h @ q, h @ k), s), "are added, not multiplied"),
        (lambda h, q, k, s: split_by_einsum(h, q, q, s), "a_key"),
        (lambda h, q, k, s: leaky(h @ q + h @ k, s), "shape"),
        (lambda h, q, k, s: leaky(np.add.outer(h @ q, h @ k), 0.2), "not always"),
        (lambda h, q, k, s: np.add.outer(leaky(h, s) @ q, leaky(h, s) @ k), "Add first"),
        (lambda h, q, k, s: softmax(split_by_einsum(h, q, k, s)), "not weights"),
    ],
    "gat-5": [
        (lambda n, edges, features: (n * n * features, n * n, edges), "2 F"),
        (lambda n, edges, features: (edges * 2 * features, n * n, edges), "makes *all* pairs"),
        (lambda n, edges, features: (n * n * 2 * features, 2 * n, edges), "each pair"),
        (lambda n, edges, features: (8 * n * n * features, 4 * n * n, 4 * edges), "not bytes"),
        (lambda n, edges, features: (edges, n * n, n * n * 2 * features), "other way round"),
        (lambda n, edges, features: n * n * 2 * features, "shape"),
        (lambda n, e, f: (n * (n - 1) * 2 * f, n * (n - 1), e), "with itself"),
        (lambda n, e, f: (n * n * 2 * f, n * n, e + n), "as it is given"),
        (lambda n, e, f: (n * n * 2 * f, n * n, e * 2 * f), "joins nothing"),
        (lambda n, e, f: (n * n * 2 * f, n * n, max(e, n * f)), "do not count"),
        (lambda n, e, f: (n * (n - 1) * f, n * (n - 1) // 2, e), "has an order"),
        (lambda n, e, f: (n * (n + 1) * f, n * (n + 1) // 2, e), "has an order"),
    ],
    "gat-6": [
        (lambda e, w, y: share_by_node(e, w * inside(e, y), len(y)).mean(), "without edges"),
        (lambda e, w, y: (w * inside(e, y)).sum(), "sum over all nodes"),
        (lambda e, w, y: inside(e, y).mean(), "share of edges"),
        (lambda e, w, y: 1 - share_by_loop(e, w, y), "what goes to *other* groups"),
        (lambda e, w, y: (w * inside(e, y)).mean(), "not over edges"),
        (
            lambda e, w, y: share_by_node(e, w * inside(e, y), len(y), 1)[np.unique(e[0])].mean(),
            "*leave*",
        ),
        (lambda e, w, y: share_by_node(e, w * inside(e, y), len(y)), "shape"),
        (lambda e, w, y: share_by_loop(e[:, inside(e, y)], w[inside(e, y)], y), "it counts"),
        (lambda e, w, y: np.bincount(e[0], w * inside(e, y)).mean(), "the largest"),
    ],
    "gat-7": [
        (lambda logits: len(np.unique(logits.argmax(axis=0))), "That asks the keys"),
        (lambda logits: len(logits), "each favourite once"),
        (lambda logits: len(np.unique(logits.argmin(axis=1))), "*largest*"),
        (lambda logits: len(np.unique(logits.max(axis=1))), "not values"),
        (lambda logits: np.unique(logits.argmax(axis=1)), "not which"),
        (lambda logits: 1, "not right yet"),
    ],
}
