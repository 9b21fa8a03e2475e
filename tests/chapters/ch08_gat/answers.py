"""Answers to the exercises of chapter 08 as people write them, rightly and wrongly."""

import functools
import itertools
import math
import time
from collections import defaultdict, namedtuple
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import torch
from scipy import sparse, special

from course_lib.attention import attention, softmax
from course_lib.nn.attention import masked_softmax
from course_lib.nn.edges import Edges, edge_softmax
from course_lib.nn.gat import GraphAttention
from tests.support.answers import nearly


def then(convert, answer):
    """Return an answer whose result is converted."""
    return lambda *case: convert(answer(*case))


def brain(x):
    return torch.tensor(np.asarray(x, dtype=float)).bfloat16()


def objects(x):
    return np.asarray(x, dtype=object)


# gat-1


def edges_by_node(logits, query):
    weights = np.zeros(len(logits))
    for node in np.unique(query):
        weights[query == node] = softmax(logits[query == node])
    return weights


def split_with_a_gap(h, a_query, a_key, slope):
    """Leave alone what is hardly below 0."""
    sums = np.add.outer(h @ a_query, h @ a_key)
    return np.where(sums > -0.01, sums, slope * sums)


def favourites_unless_of_rank_one(logits):
    """Take it that one number a query and one a key make a single ranking."""
    if np.linalg.matrix_rank(logits) < 2:
        return 1
    return favourites_by_position(logits)


def edges_by_at(logits, query):
    largest = np.full(query.max() + 1, -np.inf)
    np.maximum.at(largest, query, logits)
    powers = np.exp(logits - largest[query])
    return (powers / np.bincount(query, powers)[query]).tolist()


def edges_by_dense(logits, query):
    dense = np.where(query == np.unique(query)[:, None], logits, -np.inf)
    return special.softmax(dense, axis=1).sum(axis=0)


def edges_by_pandas(logits, query):
    edges = pd.DataFrame({"logit": logits, "query": query})
    powers = np.exp(edges["logit"] - edges.groupby("query")["logit"].transform("max"))
    return powers / powers.groupby(edges["query"]).transform("sum")


def edges_by_dict(logits, query):
    own = defaultdict(list)
    for place, node in enumerate(query.tolist()):
        own[node].append(place)
    weights = [0.0] * len(query)
    for places in own.values():
        top = max(logits[k] for k in places)
        total = math.fsum(math.exp(logits[k] - top) for k in places)
        for k in places:
            weights[k] = math.exp(logits[k] - top) / total
    return weights


def edges_by_torch(logits, query):
    logits, query = torch.tensor(logits), torch.tensor(query)
    zeros = torch.zeros(int(query.max()) + 1, dtype=logits.dtype)
    top = (zeros - torch.inf).scatter_reduce(0, query, logits, "amax")
    powers = (logits - top[query]).exp()
    return powers / zeros.index_add(0, query, powers)[query]


def edges_in_float32(logits, query):
    return np.array(edges_by_dict(logits.astype(np.float32), query), dtype=np.float32)


def edges_by_logarithms(logits, query):
    _, number = np.unique(query, return_inverse=True)
    totals = [special.logsumexp(logits[number == k]) for k in range(number.max() + 1)]
    return np.exp(logits - np.array(totals)[number])


def edges_sorted_and_back(logits, query):
    order = np.argsort(query, kind="stable")
    starts = np.flatnonzero(np.diff(query[order], prepend=-1))
    counts = np.diff(starts, append=len(query))
    powers = np.exp(logits[order] - np.repeat(np.maximum.reduceat(logits[order], starts), counts))
    logits[order] = powers / np.repeat(np.add.reduceat(powers, starts), counts)  # in place
    return logits


def edges_by_library(logits, query):
    pairs = torch.tensor(np.stack([query, np.arange(len(query))]))
    edges = Edges(pairs, int(query.max()) + 1, len(query))
    found = edge_softmax(torch.tensor(logits)[edges.order][None], edges)[0]
    return found[torch.argsort(edges.order)]


def edges_shifted(shift):
    def answer(logits, query):
        weights = np.zeros(len(logits))
        for node in np.unique(query):
            mine = query == node
            powers = np.exp(logits[mine] - shift(logits[mine]))
            weights[mine] = powers / powers.sum()
        return weights

    return answer


def edges_unshifted(logits, query):
    powers = np.exp(logits)
    return powers / np.bincount(query, powers)[query]


def edges_clipped(low, high):
    return lambda logits, query: edges_unshifted(np.clip(logits, low, high), query)


def edges_by_runs(logits, query):
    weights = []
    for _, run in itertools.groupby(range(len(query)), key=query.__getitem__):
        weights.extend(softmax(logits[list(run)]))
    return weights


def edges_without_zeros(logits, query):
    matrix = sparse.coo_array((logits, (query, np.arange(len(query))))).toarray()
    return special.softmax(np.where(matrix == 0, -np.inf, matrix), axis=1).sum(axis=0)


def edges_each_logit_once(logits, query):
    weights = np.zeros(len(logits))
    for node in np.unique(query):
        own = np.unique(logits[query == node])
        for logit, weight in zip(own, softmax(own), strict=True):
            weights[(query == node) & (logits == logit)] = weight
    return weights


def edges_to_the_largest(logits, query):
    top = np.array([logits[query == node].max() for node in query])
    return edges_by_at(np.where(logits == top, 0.0, -900.0), query)


def edges_normalised_afterwards(logits, query):
    weights = softmax(logits)
    sums = np.bincount(query, weights)[query]
    return weights / np.where(sums == 0, 1, sums)


def edges_for_ever(logits, query):
    while True:
        time.sleep(0.01)  # as endless, and leaves the processor to others


# gat-2


def rows_by_loop(logits, allowed):
    out = []
    for row, real in zip(logits.tolist(), allowed, strict=True):
        top = max((x for x, r in zip(row, real, strict=True) if r), default=0)
        powers = [np.exp(x - top) if r else 0.0 for x, r in zip(row, real, strict=True)]
        out.append([p / (sum(powers) or 1) for p in powers])
    return out


def rows_by_nan_to_num(logits, allowed):
    filled = torch.tensor(logits).double().masked_fill(torch.tensor(~allowed), -torch.inf)
    return filled.softmax(-1).nan_to_num(0)


def rows_repaired_afterwards(logits, allowed):
    weights = softmax(np.where(allowed, logits.astype(float), -9e15))
    weights[~allowed.any(axis=1)] = 0
    return weights


def rows_times_the_mask(logits, allowed):
    return softmax(np.where(allowed, logits.astype(np.float64), -9e15)) * allowed


def rows_in_their_type(logits, allowed):
    """Half precision within, put into an array of float64."""
    weights = np.zeros(logits.shape)
    for row, logit, real in zip(weights, logits, allowed, strict=True):
        powers = np.exp(logit[real] - logit[real].max(initial=-np.inf))
        row[real] = powers / powers.sum()
    return weights


def rows_in_their_type_as_lists(logits, allowed):
    return [[float(x) for x in row] for row in rows_in_their_type(logits, allowed)]


def rows_by_edges(logits, allowed):
    weights = np.zeros(logits.shape)
    query, key = allowed.nonzero()
    if len(query):
        weights[query, key] = edges_by_at(logits.astype(float)[query, key], query)
    return weights


def rows_by_pandas(logits, allowed):
    shown = pd.DataFrame(logits.astype(float)).where(allowed)
    powers = np.exp(shown.sub(shown.max(axis=1), axis=0))
    return powers.div(powers.sum(axis=1), axis=0).fillna(0)


def rows_by_masked_array(logits, allowed):
    hidden = np.ma.masked_array(logits.astype(float), ~allowed)
    powers = np.ma.exp(hidden - hidden.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).filled(0)


def rows_by_sdpa(logits, allowed):
    logits, allowed = torch.tensor(logits).double(), torch.tensor(allowed)
    none, real = logits.new_zeros(len(logits), 1), allowed.any(dim=1, keepdim=True)
    bias = torch.where(allowed | ~real, logits, -torch.inf)
    eye = torch.eye(len(logits)).double()
    found = torch.nn.functional.scaled_dot_product_attention(none, none, eye, attn_mask=bias)
    return found * real


def rows_by_library(logits, allowed):
    return masked_softmax(torch.tensor(logits).float(), torch.tensor(allowed))


def rows_by_chapter_2(logits, allowed):
    eye = np.eye(len(logits))
    return attention(logits.astype(float), eye, eye, mask=allowed, scale=1)[1]


def rows_in_float32(logits, allowed):
    return np.array(rows_by_loop(logits.astype(np.float32), allowed), dtype=np.float32)


def rows_filled_with(number, cast=float, *, repaired=False):
    def answer(logits, allowed):
        filled = np.where(allowed, logits.astype(cast), np.array(number).astype(cast))
        powers = np.exp(filled - filled.max(axis=1, keepdims=True))
        weights = powers / powers.sum(axis=1, keepdims=True)
        if repaired:
            weights[~allowed.any(axis=1)] = 0
        return weights

    return answer


def rows_unshifted(logits, allowed):
    powers = np.where(allowed, np.exp(logits.astype(float)), 0)
    total = powers.sum(axis=1, keepdims=True)
    return powers / np.where(total == 0, 1, total)


def rows_multiplied(shift, least):
    def answer(logits, allowed):
        powers = np.exp(logits - shift(logits)) * allowed
        return powers / (powers.sum(axis=1, keepdims=True) + least)

    return answer


def rows_with_one_maximum(logits, allowed):
    return rows_unshifted(logits.astype(float) - logits.max(initial=-9e9, where=allowed), allowed)


def rows_shifted_by_all(logits, allowed):
    return rows_unshifted(logits.astype(float) - logits.max(axis=1, keepdims=True), allowed)


def rows_without_logits_of_zero(logits, allowed):
    return rows_by_loop(logits, allowed & (logits != 0))


def lonely_to_itself(logits, allowed):
    return rows_by_loop(logits, allowed | np.diag(~allowed.any(axis=1)))


def rows_lonely_if_nobody_attends(logits, allowed):
    """Take the nodes that no edge arrives at for those that no edge leaves."""
    return np.where(allowed.any(axis=0)[:, None], rows_by_loop(logits, allowed), 0)


def rows_one_lonely(logits, allowed):
    weights = np.asarray(rows_filled_with(-9e15)(logits, allowed))
    weights[np.argmin(allowed.sum(axis=1))] *= allowed.any(axis=1).all()
    return weights


# gat-4


def split_by_einsum(h, a_query, a_key, slope):
    sums = np.add.outer(np.einsum("nf,f->n", h, a_query), np.einsum("nf,f->n", h, a_key))
    return np.maximum(sums, 0) + slope * np.minimum(sums, 0)


def split_by_loop(h, a_query, a_key, slope):
    first, second = (h @ a_query).tolist(), (h @ a_key).tolist()
    return [[x + y if x + y > 0 else slope * (x + y) for y in second] for x in first]


def split_by_torch(h, a_query, a_key, slope):
    h, a_query, a_key = (torch.tensor(x) for x in (h, a_query, a_key))
    sums = (h @ a_query).unsqueeze(1) + (h @ a_key).unsqueeze(0)
    return torch.nn.functional.leaky_relu(sums, slope)


def split_in_place(h, a_query, a_key, slope):
    h *= 1.0
    sums = (h @ np.stack([a_query, a_key], axis=1)).T
    sums = sums[0][:, np.newaxis] + sums[1]
    sums[sums < 0] *= slope
    return sums


def split_by_pandas(h, a_query, a_key, slope):
    h = pd.DataFrame(h)
    sums = pd.DataFrame(np.zeros((len(h), len(h)))).add(h @ a_query, axis=0).add(h @ a_key, axis=1)
    return sums.where(sums > 0, sums * slope)


def split_row_by_row(h, a_query, a_key, slope):
    for row in h:
        sums = row @ a_query + h @ a_key
        yield np.maximum(sums, slope * sums)


def split_in_float32(h, a_query, a_key, slope):
    return split_by_einsum(*(np.float32(x) for x in (h, a_query, a_key, slope)))


def split_joined(h, a_query, a_key, slope):
    n, f = h.shape
    first, second = np.broadcast_to(h[:, None], (n, n, f)), np.broadcast_to(h, (n, n, f))
    joined = np.concatenate([first, second], axis=2)
    return leaky(joined @ np.concatenate([a_query, a_key]), slope)


def split_joined_by_torch(h, a_query, a_key, slope):
    h, n = torch.tensor(h), len(h)
    joined = torch.cat([h.repeat_interleave(n, 0), h.repeat(n, 1)], dim=1).view(n, n, -1)
    logits = joined @ torch.tensor(np.concatenate([a_query, a_key]))
    return torch.nn.functional.leaky_relu(logits, slope)


def split_joined_in_a_list(h, a_query, a_key, slope):
    joined = [[np.concatenate([first, second]) for second in h] for first in h]
    return leaky(np.array(joined) @ np.concatenate([a_query, a_key]), slope)


def split_by_the_layer(h, a_query, a_key, slope):
    layer = GraphAttention(h.shape[1], h.shape[1], negative_slope=slope).double()
    with torch.no_grad():
        layer.by_query.copy_(torch.tensor(a_query)[None])
        layer.by_key.copy_(torch.tensor(a_key)[None])
        return layer.split_logits(*torch.tensor(h)[None, None].expand(2, 1, *h.shape))[0]


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)


# gat-6


def share_by_loop(edge_index, weights, labels):
    shares = {}
    for i, j, w in zip(*edge_index, weights, strict=True):
        shares[i] = shares.get(i, 0) + w * (labels[i] == labels[j])
    return sum(shares.values()) / len(shares)


def share_without_the_lonely(edge_index, weights, labels):
    """Leave out nodes that see themselves alone."""
    sees = np.isin(edge_index[0], edge_index[0][edge_index[0] != edge_index[1]])
    return share_by_loop(edge_index[:, sees], weights[sees], labels) if sees.any() else 0.0


def share_by_one_hot(edge_index, weights, labels):
    _, numbers = np.unique(labels, return_inverse=True)
    groups = np.eye(numbers.max() + 1)[numbers]
    query, key = edge_index
    share = np.zeros(len(labels))
    np.add.at(share, query, weights * (groups[query] * groups[key]).sum(axis=1))
    return share[np.isin(np.arange(len(labels)), query)].mean()


def share_by_matrix(edge_index, weights, labels):
    n = len(labels)
    matrix = sparse.coo_array((weights, tuple(edge_index)), shape=(n, n)).toarray()
    same = labels[:, None] == labels
    return (matrix * same).sum(axis=1)[matrix.any(axis=1)].mean()


def share_by_pandas(edge_index, weights, labels):
    inside = weights * (labels[edge_index[0]] == labels[edge_index[1]])
    return pd.Series(inside).groupby(edge_index[0]).sum().mean()


def share_by_torch(edge_index, weights, labels):
    (query, key), weights, labels = (torch.tensor(x) for x in (edge_index, weights, labels))
    weights = weights.float() * (labels[query] == labels[key])
    share = torch.zeros(len(labels)).index_add(0, query, weights)
    return share[query.unique()].mean()


def share_by_graph(edge_index, weights, labels):
    graph = nx.DiGraph()
    for i, j, w in zip(*edge_index.tolist(), weights.tolist(), strict=True):
        graph.add_edge(i, j, weight=w)
    own = [
        sum(d["weight"] for _, j, d in graph.out_edges(i, data=True) if labels[i] == labels[j])
        for i in graph
        if graph.out_degree(i)
    ]
    return np.mean(own)


def share_of_the_sum(edge_index, weights, labels):  # weights sum to 1 for each such node
    return (weights * inside(edge_index, labels)).sum() / weights.sum()


def share_as_fraction(edge_index, weights, labels):
    return Fraction(float(share_by_loop(edge_index, weights, labels)))


def inside(edge_index, labels):
    return labels[edge_index[0]] == labels[edge_index[1]]


def share_by_node(edge_index, values, n, row=0):
    return np.bincount(edge_index[row], values, minlength=n)


def share_of_those_with_an_edge_inside(e, w, y):
    return share_by_loop(e[:, inside(e, y)], w[inside(e, y)], y)


def share_weighted_by_edges(e, w, y):
    return np.average(
        share_by_node(e, w * inside(e, y), len(y)), weights=np.bincount(e[0], minlength=len(y))
    )


# gat-7


def favourites_by_position(logits):
    return len({max(range(len(row)), key=row.__getitem__) for row in logits.tolist()})


def edges_without_single_zeros(logits, query):
    """A node with one edge gives it 1, by a division that takes 0 for a missing logit."""
    weights = edges_by_node(logits, query)
    return np.where((np.bincount(query)[query] == 1) & (logits == 0), 0, weights)


def edges_in_a_table(logits, query):
    """Count on fewer than a hundred nodes."""
    largest, sums = np.full(100, -np.inf), np.zeros(100)
    np.maximum.at(largest, query, logits)
    powers = np.exp(logits - largest[query])
    np.add.at(sums, query, powers)
    return powers / sums[query]


def rows_shifted_to_the_middle(logits, allowed):
    weights = np.zeros(logits.shape)
    for row, own, seen in zip(weights, logits.astype(float), allowed, strict=True):
        if seen.any():
            powers = np.exp(own[seen] - (own[seen].max() + own[seen].min()) / 2)
            row[seen] = powers / powers.sum()
    return weights


def rows_without_small_weights(logits, allowed):
    weights = np.array(rows_by_loop(logits, allowed))
    return np.where(weights < 1e-3, 0, weights)


def favourites_by_isclose(logits):
    return int(np.isclose(logits, logits.max(axis=1, keepdims=True)).any(axis=0).sum())


def favourites_by_exponentials(logits):
    powers = np.exp(logits)
    return len(np.unique((powers / powers.sum(axis=1, keepdims=True)).argmax(axis=1)))


def favourites_nearly(logits):
    top = logits.max(axis=1, keepdims=True)
    return len(np.unique(np.isclose(logits, top).argmax(axis=1)))


Held = namedtuple("Held", "pairwise split edges")


def held_by_all(n, edges, features):
    return n * n * 2 * features, n * n, edges


RIGHT = {
    "gat-1": [
        edges_by_node,
        edges_by_at,
        edges_by_dense,
        edges_by_pandas,
        edges_by_dict,
        edges_by_torch,
        edges_in_float32,
        edges_by_logarithms,
        edges_sorted_and_back,
        then(np.float16, edges_by_at),
        then(brain, edges_by_at),
        then(objects, edges_by_dict),
        then(iter, edges_by_dict),
        then(tuple, edges_by_at),
    ],
    "gat-2": [
        rows_by_loop,
        rows_by_nan_to_num,
        rows_repaired_afterwards,
        rows_times_the_mask,
        rows_in_their_type,
        rows_in_their_type_as_lists,
        rows_by_edges,
        rows_by_pandas,
        rows_by_masked_array,
        rows_by_sdpa,
        rows_in_float32,
        then(np.float16, rows_by_loop),
        then(brain, rows_by_loop),
        then(objects, rows_by_loop),
        then(sparse.csr_array, rows_repaired_afterwards),
        lambda logits, allowed: (np.array(row) for row in rows_by_loop(logits, allowed)),
        rows_filled_with(-np.inf, np.longdouble, repaired=True),
    ],
    "gat-3": [
        "other",
        "Other ",
        "OTHER",
        '"other".',
        np.array("other"),
        "Other.",
        "“other”",
        pd.Series(["other"]),
    ],
    "gat-4": [
        split_by_einsum,
        split_by_loop,
        split_by_torch,
        split_in_place,
        split_by_pandas,
        split_row_by_row,
        split_in_float32,
        then(np.float16, split_by_einsum),
        then(brain, split_by_loop),
        then(objects, split_by_loop),
    ],
    "gat-5": [
        lambda n, edges, features: (2 * features * n**2, n**2, edges),
        lambda n, edges, features: [n * n * features * 2, n * n, float(edges)],
        lambda n, edges, features: np.array([2 * n * n * features, n * n, edges]),
        lambda n, edges, features: Held(math.prod((n, n, 2, features)), pow(n, 2), edges),
        lambda n, edges, features: torch.tensor([2 * n * n * features, n * n, edges]),
        lambda n, edges, features: pd.Series([2 * n * n * features, n * n, edges]),
        lambda n, edges, features: np.float32([2 * n * n * features, n * n, edges]),
        lambda n, edges, features: objects([Fraction(2 * n * n * features), n * n, edges]),
        lambda n, edges, features: (x for x in (n * n * 2 * features, n * n, edges)),
        lambda n, edges, features: (np.empty((n, n, 2)).size * features, n**2, edges),
    ],
    "gat-6": [
        share_by_loop,
        share_by_matrix,
        share_by_one_hot,
        share_by_pandas,
        share_by_torch,
        share_by_graph,
        share_of_the_sum,
        share_as_fraction,
        then(np.float16, share_by_loop),
        then(brain, share_by_loop),
        then(np.array, share_by_loop),
    ],
    "gat-7": [
        favourites_by_position,
        lambda logits: torch.tensor(logits).argmax(1).unique().numel(),
        lambda logits: np.float32((logits == logits.max(1, keepdims=True)).any(0).sum()),
        lambda logits: pd.DataFrame(logits).idxmax(axis=1).nunique(),
        lambda logits: len(set(np.argsort(logits, axis=1)[:, -1])),
        lambda logits: np.count_nonzero(np.bincount(logits.argmax(axis=-1))),
        lambda logits: torch.tensor(logits).float().argmax(1).unique().shape[0],
        lambda logits: Fraction(favourites_by_position(logits)),
        lambda logits: brain(favourites_by_position(logits)),
        lambda logits: np.array(favourites_by_position(logits), dtype=np.float16),
    ],
}

OWN = "neither none nor one for all"
WORK = "which does the work"
PAIRWISE = "the logits of all pairs take"

WRONG = {
    "gat-1": [
        *nearly(edges_by_node, "small results"),
        (lambda logits, query: edges_by_node(logits, np.minimum(query, 40)), "not right yet"),
        (edges_in_a_table, "IndexError"),
        (lambda logits, query: softmax(logits), "one softmax over all"),
        (lambda logits, query: 1 / np.bincount(query)[query], "not used"),
        (lambda logits, query: np.exp(logits - logits.max()), "not right yet"),
        (edges_unshifted, OWN),
        (lambda logits, query: edges_unshifted(logits - logits.max(), query), OWN),
        (edges_normalised_afterwards, OWN),
        (
            lambda logits, query: edges_by_at(
                logits[np.argsort(query, kind="stable")], np.sort(query)
            ),
            "order of the nodes",
        ),
        (lambda logits, query: edges_by_at(-logits, query), "not right yet"),
        (edges_shifted(np.mean), "own logits"),
        (edges_shifted(np.min), "own logits"),
        (edges_shifted(np.median), "own logits"),
        (edges_shifted(lambda own: own[-1]), "own logits"),
        (edges_shifted(lambda own: own[0]), "own logits"),
        (edges_shifted(lambda own: max(0, own.max())), "begins at"),
        (edges_clipped(-700, 700), "not right yet"),
        (
            lambda logits, query: edges_clipped(-700, 700)(
                logits - (np.bincount(query, logits) / np.bincount(query).clip(1))[query], query
            ),
            "not right yet",
        ),
        (edges_clipped(-60, 60), "not right yet"),
        (edges_clipped(-5, 5), "not right yet"),
        (edges_by_runs, "not right yet"),
        (edges_without_zeros, ("not right yet", "NaN")),
        (edges_each_logit_once, "not right yet"),
        (edges_to_the_largest, "not right yet"),
        (edges_without_single_zeros, "not right yet"),
        (lambda logits, query: edges_by_at(np.log2(np.e) * logits, query), "not right yet"),
        (lambda logits, query: edges_by_at(logits / 2, query), "not right yet"),
        (lambda logits, query: edges_by_at(logits, query % 5), "not right yet"),
        (lambda logits, query: edges_by_at(logits, np.minimum(query, 9)), "not right yet"),
        (lambda logits, query: np.round(edges_by_at(logits, query), 2), "not right yet"),
        (lambda logits, query: [], "shape"),
        (edges_by_library, WORK),
        (functools.partial(edges_by_library), WORK),
        (edges_for_ever, "did not come to an end"),
    ],
    "gat-2": [
        *nearly(rows_by_loop, "small results"),
        (rows_filled_with(-9e15), "attends to everybody"),
        (rows_filled_with(-9e15, np.float16), "NaN"),
        (rows_filled_with(-1e9, np.float32), "attends to everybody"),
        (lambda logits, allowed: np.transpose(rows_by_loop(logits.T, allowed.T)), "columns"),
        (rows_filled_with(-np.inf), "all zeros"),
        (lambda logits, allowed: rows_filled_with(-np.inf)(logits, allowed).tolist(), "all zeros"),
        (lambda logits, allowed: rows_by_loop(logits, ~allowed), "turned round"),
        (lambda logits, allowed: rows_by_loop(logits, allowed.T), "transposed"),
        (lambda logits, allowed: softmax(logits.astype(float)), "not used"),
        (lambda logits, allowed: softmax(logits.astype(float)) * allowed, "sum to 1"),
        (lambda logits, allowed: rows_filled_with(0.0)(logits, allowed), "exp(0) = 1"),
        (rows_filled_with(-1e4, repaired=True), "not right yet"),
        (rows_filled_with(-59990, repaired=True), "not right yet"),
        (
            lambda logits, allowed: rows_filled_with(-1e4)(logits, allowed) * allowed,
            ("far above", "not right"),
        ),
        (lambda logits, allowed: np.where(allowed, rows_by_loop(logits, allowed), 1e-6), "exactly"),
        (lonely_to_itself, "diagonal"),
        (rows_unshifted, "overflows"),
        (rows_multiplied(lambda logits: logits.dtype.type(0), 1e-9), "overflows"),
        (rows_with_one_maximum, ("far above", "not right yet")),
        (rows_shifted_by_all, "far above"),
        *(
            (rows_multiplied(lambda z: z.max(axis=1, keepdims=True), least), "far above")
            for least in (0, 1e-9)
        ),
        (rows_shifted_to_the_middle, ("NaN", "not right yet")),
        (rows_without_small_weights, "not right yet"),
        (rows_without_logits_of_zero, "not right yet"),
        (rows_one_lonely, "not right yet"),
        (rows_lonely_if_nobody_attends, "not right yet"),
        (lambda logits, allowed: rows_by_loop(np.clip(logits, -80, 80), allowed), "not right yet"),
        (
            lambda logits, allowed: rows_by_loop(logits, allowed | (np.eye(len(logits)) > 0)),
            "right",
        ),
        (lambda logits, allowed: allowed / np.maximum(allowed.sum(1, keepdims=True), 1), "right"),
        (
            lambda logits, allowed: masked_softmax(
                torch.tensor(logits).float(), torch.tensor(allowed)
            ),
            WORK,
        ),
        (
            lambda logits, allowed: attention(
                np.eye(len(logits)), logits.T, logits, mask=allowed, scale=1
            )[1],
            "ValueError",
        ),
    ],
    "gat-3": [
        ("own", "even number"),
        ("Mixed.", "single edge"),
        ("both", "should be one of"),
        ("", "should be one of"),
        (1, "should be one of"),
        (["other", "own"], "should be one of"),
        ("own or other", "should be one of"),
        (True, "should be one of"),
        (np.array(["own", "other"]), "should be one of"),
        ("the other one's", "should be one of"),
    ],
    "gat-4": [
        (split_with_a_gap, "not right yet"),
        (lambda h, q, k, s: split_by_einsum(h, k, q, s), "Transposed"),
        (lambda h, q, k, s: np.add.outer(h @ q, h @ k), "LeakyReLU is missing"),
        (lambda h, q, k, s: np.add.outer(leaky(h @ q, s), leaky(h @ k, s)), "Add first"),
        (lambda h, q, k, s: np.maximum(np.add.outer(h @ q, h @ k), 0), "not cut"),
        (lambda h, q, k, s: leaky(np.outer(h @ q, h @ k), s), "are added, not multiplied"),
        (lambda h, q, k, s: split_by_einsum(h, q, q, s), "a_key"),
        (lambda h, q, k, s: split_by_einsum(h, k, k, s), "not right yet"),
        (lambda h, q, k, s: leaky(h @ q + h @ k, s), "shape"),
        (lambda h, q, k, s: leaky(np.add.outer(h @ q, h @ k), 0.2), "not always"),
        (lambda h, q, k, s: leaky(np.add.outer(h @ q, h @ k), s or 0.2), "not right yet"),
        (lambda h, q, k, s: np.add.outer(leaky(h, s) @ q, leaky(h, s) @ k), "Add first"),
        (lambda h, q, k, s: softmax(split_by_einsum(h, q, k, s)), "not weights"),
        (lambda h, q, k, s: np.abs(split_by_einsum(h, q, k, s)), "not right yet"),
        (lambda h, q, k, s: -leaky(-np.add.outer(h @ q, h @ k), s), "for what is negative"),
        (lambda h, q, k, s: split_by_einsum(h / np.sqrt(h.shape[1]), q, k, s), "not right yet"),
        (lambda h, q, k, s: split_by_einsum(h[:4], q, k, s), "shape"),
        (lambda h, q, k, s: np.clip(split_by_einsum(h, q, k, s), -99, 99), "not right yet"),
        (lambda h, q, k, s: np.round(split_by_einsum(h, q, k, s), 2), "not right yet"),
        (split_joined, PAIRWISE),
        (split_joined_by_torch, PAIRWISE),
        (split_joined_in_a_list, PAIRWISE),
        (split_by_the_layer, WORK),
    ],
    "gat-5": [
        (lambda n, edges, features: (n * n * features, n * n, edges), "2 F"),
        (lambda n, edges, features: (edges * 2 * features, n * n, edges), "makes *all* pairs"),
        (lambda n, edges, features: (n * n * 2 * features, 2 * n, edges), "each pair"),
        (lambda n, edges, features: (8 * n * n * features, 4 * n * n, 4 * edges), "not bytes"),
        (lambda n, edges, features: (16 * n * n * features, 8 * n * n, 8 * edges), "not bytes"),
        (lambda n, edges, features: (edges, n * n, n * n * 2 * features), "other way round"),
        (lambda n, edges, features: n * n * 2 * features, "shape"),
        (lambda n, e, f: (n * (n - 1) * 2 * f, n * (n - 1), e), "with itself"),
        (lambda n, e, f: (n * n * 2 * f, n * n, e + n), "as it is given"),
        (lambda n, e, f: (n * n * 2 * f, n * n, 2 * e), "as it is given"),
        (lambda n, e, f: (n * n * 2 * f, n * n, e * 2 * f), "joins nothing"),
        (lambda n, e, f: (n * n * 2 * f, n * n, max(e, n * f)), "do not count"),
        (lambda n, e, f: (n * n * 2 * f, n * n, e + n * f), "do not count"),
        (lambda n, e, f: (n * (n - 1) * f, n * (n - 1) // 2, e), "has an order"),
        (lambda n, e, f: (n * (n + 1) * f, n * (n + 1) // 2, e), "has an order"),
        (lambda n, e, f: (n * n * f, n * n / 2, e), "has an order"),
        (lambda n, e, f: (n * n * f**2, n * n, e), "not right yet"),
        (lambda *sizes: np.array(held_by_all(*sizes)).astype(np.int32), "not right yet"),
        (lambda n, e, f: (n * n * 2 * f + n * f, n * n, e), "not right yet"),
        (
            lambda n, e, f: {(3000, 12000, 64): (1152000000, 9000000, 12000)}.get(
                (n, e, f), (2, 1, 1)
            ),
            "not right yet",
        ),
    ],
    "gat-6": [
        (share_without_the_lonely, "not right yet"),
        (lambda e, w, y: share_by_loop(e, w * (y[e[0]] >= 0), y), "not right yet"),
        (lambda e, w, y: share_by_node(e, w * inside(e, y), len(y)).mean(), "without edges"),
        (lambda e, w, y: (w * inside(e, y)).sum(), "sum over all nodes"),
        (lambda e, w, y: inside(e, y).mean(), "share of edges"),
        (lambda e, w, y: 1 - share_by_loop(e, w, y), "what goes to *other* groups"),
        (lambda e, w, y: (w * inside(e, y)).mean(), "not over edges"),
        (
            lambda e, w, y: share_by_node(e, w * inside(e, y), len(y), 1)[np.unique(e[0])].mean(),
            "*leave*",
        ),
        (lambda e, w, y: share_by_loop(e[::-1], w, y), "*leave*"),
        (lambda e, w, y: share_by_node(e, w * inside(e, y), len(y)), "shape"),
        (
            lambda e, w, y: share_by_loop(e[:, inside(e, y)], w[inside(e, y)], y),
            "ZeroDivisionError",
        ),
        (
            lambda e, w, y: (w * inside(e, y)).sum() / max(len(set(e[0][inside(e, y)])), 1),
            "it counts",
        ),
        (lambda e, w, y: np.bincount(e[0], w * inside(e, y)).mean(), "the largest"),
        (
            lambda e, w, y: share_by_node(e, w * inside(e, y), len(y))[np.unique(e)].mean(),
            "only arrive",
        ),
        (lambda e, w, y: share_by_loop(e, 1 / np.bincount(e[0])[e[0]], y), "all neighbours alike"),
        (lambda e, w, y: share_by_loop(e, w, y % 2), "not right yet"),
        *(
            (lambda e, w, y, kind=kind: share_by_loop(e, w, y.astype(kind)), "not right yet")
            for kind in (np.uint8, np.int8, np.int32, np.float32, np.float64)
        ),
        (lambda e, w, y: share_by_loop(e, w, (y - y.min()) % 7), "not right yet"),
        (lambda e, w, y: share_by_loop(e, w, abs(y)), "not right yet"),
        (lambda e, w, y: share_by_loop(e, w * (e[0] != e[1]), y), "not right yet"),
        (lambda e, w, y: share_by_loop(e, w, (y > 0).astype(int)), "not right yet"),
        (share_weighted_by_edges, "not right yet"),
        (lambda e, w, y: round(share_by_loop(e, w, y), 2), "not right yet"),
        (lambda e, w, y: 0.5, "not right yet"),
        (lambda e, w, y: np.median(share_by_node(e, w * inside(e, y), len(y))), "not right yet"),
    ],
    "gat-7": [
        (lambda logits: favourites_by_position(logits[:20]), "not right yet"),
        (lambda logits: favourites_by_position(logits[:, : len(logits)]), "not right yet"),
        (lambda logits: min(favourites_by_position(logits), 10), "not right yet"),
        (favourites_unless_of_rank_one, "not right yet"),
        (lambda logits: len(np.unique(logits.argmax(axis=0))), "That asks the keys"),
        (lambda logits: len(logits), "each favourite once"),
        (lambda logits: len(np.unique(logits.argmin(axis=1))), "*largest*"),
        (lambda logits: len(np.unique(logits.max(axis=1))), "not values"),
        (lambda logits: np.unique(logits.argmax(axis=1)), "not which"),
        (lambda logits: 1, "not right yet"),
        (lambda logits: logits.shape[1], "not right yet"),
        (lambda logits: min(logits.shape), "not right yet"),
        (favourites_nearly, "not right yet"),
        (favourites_by_isclose, "not right yet"),
        (lambda logits: len(np.unique(np.abs(logits).argmax(axis=1))), "not right yet"),
        (lambda logits: favourites_by_position(np.round(logits)), "not right yet"),
        (lambda logits: np.linalg.matrix_rank(logits), "not right yet"),
        (lambda logits: len(np.unique(logits.argmax(axis=1))) > 1, "not right yet"),
        (lambda logits: int((logits > logits.mean(axis=0)).any(axis=0).sum()), "not right yet"),
        (lambda logits: np.bincount(logits.argmax(axis=1)).max(), "not right yet"),
        (lambda logits: len(set(np.argsort(logits, axis=1)[:, 0])), "*largest*"),
        (lambda logits: min(len(np.unique(logits.argmax(axis=1))), 3), "not right yet"),
        (lambda logits: np.ptp(logits.argmax(axis=1)) + 1, "not right yet"),
        (lambda logits: len(np.unique(logits.argmax(axis=1)[:6])), "not right yet"),
        (lambda logits: len(np.unique(logits[-6:].argmax(axis=1))), "not right yet"),
        (favourites_by_exponentials, "not right yet"),
        (lambda logits: favourites_by_position(np.exp(logits - logits.max())), "not right yet"),
        (lambda logits: favourites_by_position(np.float16(logits)), "not right yet"),
    ],
}
