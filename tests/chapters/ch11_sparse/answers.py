"""Answers to the exercises of chapter 11 as people write them, rightly and wrongly."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import scipy.special
import sympy
import torch
from scipy import sparse as matrices

from course_lib import patterns, sparsity
from course_lib.attention import softmax
from course_lib.nn.edges import Edges, edge_dots, edge_softmax, edge_sum
from course_lib.nn.sparse import sparse_attention
from course_lib.nn.sparse import sparsemax as torch_sparsemax
from tests.support.answers import nearly


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
            if held >= mass - 1e-9:
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


# More styles that are right.


def as_type(answer, convert):
    return lambda *case: convert(answer(*case))


def halves(array):
    return np.asarray(array).astype(np.float16)


def singles(array):
    return np.asarray(array).astype(np.float32)


def brains(array):
    return torch.as_tensor(np.array(array, dtype=float)).to(torch.bfloat16)


def objects(array):
    array = np.asarray(array)
    exact = [Fraction(float(x)).limit_denominator(10**9) for x in array.ravel()]
    made = np.empty(array.size, dtype=object)
    made[:] = exact
    return made.reshape(array.shape)


def in_type(answer, kind):
    """Compute all of it in a type."""
    return lambda first, *rest: answer(first.astype(kind), *rest)


def rows_in_place(weights, cutoff):
    first = weights.argmax(1)
    best = weights.max(1)
    weights[weights <= cutoff] = 0
    weights[np.arange(len(weights)), first] = best
    weights /= weights.sum(1)[:, None]
    return weights


def rows_by_einsum(weights, cutoff):
    kept = weights * (weights > cutoff)
    empty = kept.sum(1) == 0
    kept[empty, weights[empty].argmax(1)] = 1
    return np.einsum("ij,i->ij", kept, 1 / kept.sum(1))


def rows_by_frame(weights, cutoff):
    frame = pd.DataFrame(weights)

    def one(row):
        kept = row.where(row > cutoff, 0.0)
        if kept.sum() == 0:
            kept[row.idxmax()] = 1.0
        return kept / kept.sum()

    return frame.apply(one, axis=1)


def needed_by_search(weights, mass):
    return np.mean([np.searchsorted(held(row[None])[0], mass - 1e-9) + 1 for row in weights])


def needed_by_selection(weights, mass):
    n = len(weights)
    sums = [np.partition(weights, n - k, axis=1)[:, n - k :].sum(1) for k in range(1, n + 1)]
    enough = np.array(sums) >= mass - 1e-9
    return (enough.argmax(0) + 1.0).mean()


def needed_by_frame(weights, mass):
    counts = []
    for _, row in pd.DataFrame(weights).iterrows():
        sums = row.sort_values(ascending=False).cumsum()
        counts.append(1 + int((sums < mass - 1e-9).sum()))
    return pd.Series(counts).mean()


def needed_by_accumulate(weights, mass):
    total = 0
    for row in weights.tolist():
        sums = itertools.accumulate(sorted(row)[::-1])
        total += 1 + sum(1 for s in sums if s < mass - 1e-9)
    return Fraction(total, len(weights))


def simplex_by_leaving_out(logits):
    support = np.ones(len(logits), dtype=bool)
    while True:
        point = np.where(support, logits - (logits[support].sum() - 1) / support.sum(), 0)
        if (point >= 0).all():
            return point
        support &= point > 0


def simplex_by_loop(logits):
    total, tau = 0.0, None
    for k, z in enumerate(sorted(logits, reverse=True), 1):
        total += z
        if z > (total - 1) / k:
            tau = (total - 1) / k
    return [max(z - tau, 0.0) for z in logits]


def simplex_by_torch(logits):
    x = torch.tensor(logits)
    z, _ = x.sort(descending=True)
    tau = (z.cumsum(0) - 1) / torch.arange(1, len(z) + 1)
    return (x - tau[z > tau][-1]).clamp(min=0)


def simplex_by_frame(logits):
    series = pd.Series(logits)
    z = series.sort_values(ascending=False, ignore_index=True)
    tau = (z.cumsum() - 1) / (z.index + 1)
    return (series - tau[z > tau].iloc[-1]).clip(lower=0)


def simplex_by_maximum(logits):
    z = np.sort(logits)[::-1]
    tau = ((z.cumsum() - 1) / np.arange(1, len(z) + 1)).max()  # the largest of them is the right
    return np.clip(logits - tau, 0, None)


def along_by_torch(query, key, value, edge_index):
    query, key, value, (i, j) = (torch.tensor(x) for x in (query, key, value, edge_index))
    n = len(query)
    logits = (query[i] * key[j]).sum(1) / query.shape[1] ** 0.5
    top = torch.full((n,), -torch.inf, dtype=query.dtype).scatter_reduce(0, i, logits, "amax")
    powers = (logits - top[i]).exp()
    total = torch.zeros(n, dtype=query.dtype).index_add(0, i, powers)
    output = torch.zeros(n, value.shape[1], dtype=value.dtype)
    return output.index_add(0, i, (powers / total[i])[:, None] * value[j])


def along_sorted(query, key, value, edge_index):
    i, j = edge_index[:, edge_index[0].argsort()]
    queries, starts = np.unique(i, return_index=True)
    logits = np.einsum("ed,ed->e", query[i], key[j]) / np.sqrt(query.shape[1])
    counts = np.diff([*starts, len(i)])
    powers = np.exp(logits - np.repeat(np.maximum.reduceat(logits, starts), counts))
    weights = powers / np.repeat(np.add.reduceat(powers, starts), counts)
    output = np.zeros(value.shape)
    output[queries] = np.add.reduceat(weights[:, None] * value[j], starts, axis=0)
    return output


def along_scanning(query, key, value, edge_index):
    output = np.zeros(value.shape)
    for i in np.unique(edge_index[0]):
        keys = edge_index[1][edge_index[0] == i]
        weights = scipy.special.softmax(key[keys] @ query[i] * query.shape[1] ** -0.5)
        output[i] = weights @ value[keys]
    return output


def along_by_frame(query, key, value, edge_index):
    i, j = edge_index
    frame = pd.DataFrame({"i": i, "logit": (query[i] * key[j]).sum(1) / query.shape[1] ** 0.5})
    powers = np.exp(frame.logit - frame.groupby("i").logit.transform("max"))
    weights = powers / powers.groupby(frame.i).transform("sum")
    mixed = pd.DataFrame(weights.to_numpy()[:, None] * value[j]).groupby(i).sum()
    return mixed.reindex(range(len(query)), fill_value=0.0)


def along_edge_by_edge(query, key, value, edge_index):
    """Hold the largest logit so far, and rescale what there is when a larger one comes."""
    n, root = len(query), np.sqrt(query.shape[1])
    top, total, output = [-np.inf] * n, [0.0] * n, np.zeros(value.shape)
    for i, j in zip(*edge_index.tolist(), strict=True):
        logit = query[i] @ key[j] / root
        new = max(top[i], logit)
        old, power = np.exp(top[i] - new), np.exp(logit - new)
        total[i] = total[i] * old + power
        output[i] = output[i] * old + power * value[j]
        top[i] = new
    return output / np.where(np.array(total) == 0, 1, total)[:, None]


def along_in_half_precision(query, key, value, edge_index):
    return halves(along_sorted(*(x.astype(np.float16) for x in (query, key, value)), edge_index))


# More ideas that are wrong.


def rows_last_of_ties(weights, cutoff):
    kept = weights > cutoff
    kept[np.arange(len(weights)), len(weights) - 1 - weights[:, ::-1].argmax(1)] = True
    return np.where(kept, weights, 0) / np.where(kept, weights, 0).sum(1, keepdims=True)


def rows_unpaired(weights, cutoff):
    kept = weights > cutoff
    kept[:, weights.argmax(1)] = True
    return np.where(kept, weights, 0) / np.where(kept, weights, 0).sum(1, keepdims=True)


def rows_strongest_last(weights, cutoff):
    """The strongest of the column instead of the row where nothing is left."""
    left = rows_dropped(weights, cutoff)
    empty = left.sum(1) == 0
    left[empty, weights.argmax(0)[empty]] = 1
    return left / left.sum(1, keepdims=True)


def rows_halving(weights, cutoff):
    return np.array([rows_by_loop([row], min(cutoff, row.max() / 2))[0] for row in weights])


def rows_relative(weights, cutoff):
    return rows_by_loop(weights / weights.max(1, keepdims=True), cutoff)


def rows_shrunk(weights, cutoff):
    left = np.maximum(weights - cutoff, 0)
    left[np.arange(len(left)), weights.argmax(1)] += 1e-12
    return left / left.sum(1, keepdims=True)


def rows_softened(weights, cutoff):
    return softmax(np.where(np.asarray(rows_by_loop(weights, cutoff)) > 0, weights, -np.inf))


def simplex_in_rounds(rounds):
    def answer(logits):
        support = np.ones(len(logits), dtype=bool)
        for _ in range(rounds):
            point = np.where(support, logits - (logits[support].sum() - 1) / support.sum(), 0)
            support &= point > 0
        return np.maximum(point, 0)

    return answer


def simplex_bracketed(low, high, rounds):
    def answer(logits):
        a, b = low, high
        for _ in range(rounds):
            tau = (a + b) / 2
            a, b = (tau, b) if np.maximum(logits - tau, 0).sum() > 1 else (a, tau)
        return np.maximum(logits - tau, 0)

    return answer


def simplex_near_the_top(logits):
    support = logits > logits.max() - 1
    return np.where(support, logits - (logits[support].sum() - 1) / support.sum(), 0)


def along_clipped(limit):
    def answer(query, key, value, edge_index):
        logits = (query[edge_index[0]] * key[edge_index[1]]).sum(1) / np.sqrt(query.shape[1])
        return _from_logits(np.clip(logits, -limit, limit), value, edge_index)

    return answer


def _from_logits(logits, value, edge_index):
    frame = pd.DataFrame(
        np.exp(logits)[:, None] * np.c_[np.ones(len(logits)), value[edge_index[1]]]
    )
    sums = frame.groupby(edge_index[0]).sum().reindex(range(len(value)), fill_value=0.0).to_numpy()
    return sums[:, 1:] / np.where(sums[:, :1] == 0, 1, sums[:, :1])


def shift_by(reduce):
    """Shift each query's logits by something of its own that is not the largest."""

    def shift(logits, i, n):
        return pd.Series(logits).groupby(i).transform(reduce).to_numpy()

    return shift


def along_row_by_row(query, key, value, edge_index):
    output, own = np.zeros(value.shape), {}
    for i, j in edge_index.T.tolist():
        own.setdefault(i, []).append(j)
    for i, keys in own.items():
        logits = key @ query[i] / np.sqrt(query.shape[1])
        output[i] = softmax(logits[keys]) @ value[keys]
    return output


def along_row_by_row_in_torch(query, key, value, edge_index):
    tensors = [torch.tensor(x) for x in (query, key, value)]
    rows = []
    for i in range(len(query)):
        keys = edge_index[1][edge_index[0] == i]
        logits = (tensors[1] @ tensors[0][i])[keys] / query.shape[1] ** 0.5
        rows.append(torch.softmax(logits, 0) @ tensors[2][keys])
    return torch.stack(rows)


def along_in_chunks(query, key, value, edge_index):
    mask = matrices.coo_array((np.ones(edge_index.shape[1]), edge_index), shape=(len(query),) * 2)
    mask, output = mask.tocsr(), []
    for start in range(0, len(query), 64):
        allowed = mask[start : start + 64].toarray() > 0
        logits = query[start : start + 64] @ key.T / np.sqrt(query.shape[1])
        logits = np.where(allowed, logits, -np.inf)
        top = logits.max(1, keepdims=True)
        powers = np.exp(logits - np.where(np.isinf(top), 0, top))
        output.append(powers @ value / np.maximum(powers.sum(1, keepdims=True), 1e-300))
    return np.concatenate(output)


def along_by_sdpa(query, key, value, edge_index):
    tensors = [torch.tensor(x) for x in (query, key, value)]
    mask = torch.zeros(len(query), len(key), dtype=torch.bool)
    mask[tuple(edge_index)] = True
    output = torch.nn.functional.scaled_dot_product_attention(*tensors, mask)
    return output.nan_to_num()


def window_by_matrix(n, radius):
    apart = np.abs(np.arange(n)[:, None] - np.arange(n))
    return int((apart <= radius).sum())


def window_by_torch(n, radius):
    return int(torch.ones(n, n).tril(radius).triu(-radius).sum())


def rows_cut(kept):
    """Keep what another comparison keeps."""

    def answer(weights, cutoff):
        found = kept(weights, cutoff)
        found[np.arange(len(weights)), weights.argmax(axis=1)] = True
        left = np.where(found, weights, 0)
        return left / left.sum(axis=1, keepdims=True)

    return answer


def rows_with_nearly_the_largest(within):
    """Keep the first weight that is close to the largest, where none is above the cutoff."""

    def answer(weights, cutoff):
        kept = weights > cutoff
        empty = ~kept.any(axis=1)
        nearly = (weights > weights.max(axis=1, keepdims=True) - within).argmax(axis=1)
        kept[empty, nearly[empty]] = True
        left = np.where(kept, weights, 0)
        return left / left.sum(axis=1, keepdims=True)

    return answer


def rows_all_alike(weights, cutoff):
    """If one row has no weight above the cutoff, each keeps its largest only."""
    left = rows_dropped(weights, cutoff)
    return rows_by_loop(weights, cutoff if left.any(axis=1).all() else 1.0)


def needed_short_by(least):
    return lambda weights, mass: (held(weights) < mass - least).sum(axis=1).mean() + 1


def window_by_diagonals(n, radius):
    """Store the window's edges and no others."""
    offsets = range(-min(radius, n - 1), min(radius, n - 1) + 1)
    ones = [np.ones(n - abs(offset)) for offset in offsets]
    return matrices.diags_array(ones, offsets=list(offsets)).nnz


def along_the_librarys_parts(query, key, value, edge_index):
    query, key, value = (torch.tensor(x)[None] for x in (query, key, value))
    edges = Edges(torch.tensor(edge_index), query.shape[1])
    logits = edge_dots(query, key, edges) / query.shape[-1] ** 0.5
    return edge_sum(edge_softmax(logits, edges), value, edges)[0]


def means_of(key, size):
    return key.reshape(-1, size, key.shape[1]).mean(axis=1)


def choose(scores, size, k, own=np.inf):
    """The k + 1 best blocks, the own one with another score."""
    scores = np.array(scores, dtype=float)
    places = np.arange(len(scores))
    if own is not None:
        scores[places, places // size] = own
    best = np.argsort(-scores, axis=1)[:, : k + 1]
    chosen = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(chosen, best, True, axis=1)
    return chosen


def chosen_by(score, own=np.inf, more=0):
    def answer(query, key, size, k):
        return choose(score(query, key, size), size, max(k + more, -1), own)

    return answer


def by_mean(query, key, size):
    return query @ means_of(key, size).T


def blocks_by_loop(query, key, size, k):
    rows = []
    for i, q in enumerate(query):
        means = [key[b : b + size].mean(axis=0) for b in range(0, len(key), size)]
        others = [b for b in range(len(means)) if b != i // size]
        best = sorted(others, key=lambda b: -(q @ means[b]))[:k]
        rows.append([b == i // size or b in best for b in range(len(means))])
    return rows


def blocks_by_torch(query, key, size, k):
    scores = torch.tensor(query) @ torch.tensor(key).unflatten(0, (-1, size)).mean(1).T
    own = torch.arange(len(query)) // size
    scores[torch.arange(len(query)), own] = torch.inf
    return torch.zeros_like(scores).scatter(1, scores.topk(k + 1).indices, 1).bool()


def blocks_by_partition(query, key, size, k):
    scores = np.einsum("id,bsd->ib", query, key.reshape(-1, size, key.shape[1]))  # sums will do
    own = np.arange(len(query))[:, None] // size == np.arange(scores.shape[1])
    scores = np.where(own, np.inf, scores)
    return scores >= np.partition(scores, -k - 1, axis=1)[:, [-k - 1]]


def blocks_by_ranks(query, key, size, k):
    scores = pd.DataFrame(by_mean(query, key, size) / np.sqrt(query.shape[1]))
    own = np.arange(len(query))[:, None] // size == np.arange(scores.shape[1])
    return (scores.mask(own).rank(axis=1, ascending=False) <= k) | own


def blocks_by_reduceat(query, key, size, k):
    logits = query @ key.T
    scores = np.add.reduceat(logits, np.arange(0, len(key), size), axis=1)
    return choose(scores, size, k)


def blocks_for_all_alike(query, key, size, k):
    return chosen_by(lambda q, key, s: by_mean(np.tile(q.mean(axis=0), (len(q), 1)), key, s))(
        query, key, size, k
    )


def blocks_query_by_block(query, key, size, k):
    means = np.repeat(means_of(query, size), size, axis=0)
    return choose(by_mean(means, key, size), size, k)


def blocks_near(query, key, size, k):
    own = np.arange(len(query))[:, None] // size
    return np.abs(own - np.arange(len(query) // size)) <= k


def blocks_above_the_mean(query, key, size, k):
    scores = by_mean(query, key, size)
    return choose(scores, size, 0) | (scores > scores.mean(axis=1, keepdims=True))


def simplex_of_the_largest(most):
    """Look at no more than so many of the largest logits."""

    def row(logits):
        z = -np.sort(-logits)[:most]
        tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        return np.maximum(logits - tau[(z > tau).sum() - 1], 0)

    return row


RIGHT = {
    "sparse-1": [
        rows_by_loop,
        rows_by_torch,
        rows_in_place,
        rows_by_einsum,
        rows_by_frame,
        as_type(rows_by_torch, singles),
        as_type(rows_by_einsum, halves),
        as_type(rows_by_loop, brains),
        as_type(rows_by_loop, objects),
        as_type(rows_by_loop, iter),
        lambda weights, cutoff: (tuple(row) for row in rows_by_loop(weights, cutoff)),
    ],
    "sparse-2": [
        lambda kept: 2.0 * kept - 1,
        lambda kept: np.where(kept, -1, 1),
        lambda kept: [1.0 if k else -1.0 for k in kept],
        lambda kept: torch.where(torch.tensor(kept), 1.0, -1.0),
        lambda kept: pd.Series(kept).map({True: 1, False: -1}),
        lambda kept: np.float16(2) * kept.astype(np.float16) - 1,
        lambda kept: brains(2.0 * kept - 1),
        lambda kept: (Fraction(-1 if k else 1) for k in kept),
        lambda kept: (-1) ** kept.astype(int),
        lambda kept: np.array([Decimal(1) if k else Decimal(-1) for k in kept]),
    ],
    "sparse-3": [
        needed_by_loop,
        needed_by_torch,
        needed_by_search,
        needed_by_selection,
        needed_by_frame,
        needed_by_accumulate,
        as_type(needed_by_search, singles),
        lambda weights, mass: np.float16(needed_by_loop(weights, mass)),
        lambda weights, mass: brains(needed_by_loop(weights, mass)),
        lambda weights, mass: Decimal(float(needed_by_loop(weights, mass))),
        lambda weights, mass: np.array(needed_by_search(weights, mass), dtype=object),
    ],
    "sparse-4": [
        simplex_by_bisection,
        simplex_by_leaving_out,
        simplex_by_loop,
        simplex_by_torch,
        simplex_by_frame,
        simplex_by_maximum,
        as_type(simplex_by_loop, singles),
        as_type(simplex_by_loop, halves),
        as_type(simplex_by_loop, brains),
        as_type(simplex_by_loop, objects),
        as_type(simplex_by_loop, iter),
        lambda logits: sparsity.entmax15(logits) * 0 + simplex_by_loop(logits),
        in_type(simplex_by_loop, np.float32),
    ],
    "sparse-5": [
        171,
        171.0,
        np.int64(171),
        Fraction(171),
        Decimal(171),
        np.float16(171),
        np.array(171),
        torch.tensor(171),
        torch.tensor(171.0, dtype=torch.bfloat16),
        sympy.Integer(171),
        sympy.ceiling(sympy.Rational(511, 3)),
    ],
    "sparse-6": [
        window_by_diagonals,
        lambda n, r: sum(min(i + r, n - 1) - max(i - r, 0) + 1 for i in range(n)),
        lambda n, r: n + 2 * sum(max(n - k, 0) for k in range(1, r + 1)),
        lambda n, r: torch.clamp(n - torch.arange(1, r + 1), min=0).sum() * 2 + n,
        lambda n, r: (
            np.clip(np.arange(n) + r, 0, n - 1) - np.clip(np.arange(n) - r, 0, n) + 1
        ).sum(),
        lambda n, r: Fraction(n * n - max(n - r, 0) * max(n - r - 1, 0)),
        lambda n, r: Decimal(n * n - max(n - r, 0) * max(n - r - 1, 0)),
        lambda n, r: np.float32(n * n - max(n - r, 0) * max(n - r - 1, 0)),
        lambda n, r: (
            matrices.diags_array(
                [np.ones(n - abs(k)) for k in range(-min(r, n - 1), min(r, n - 1) + 1)],
                offsets=range(-min(r, n - 1), min(r, n - 1) + 1),
            ).nnz
        ),
        lambda n, r: sympy.Integer(n * n) - max(n - r, 0) * max(n - r - 1, 0),
    ],
    "sparse-7": [
        along_by_loop,
        along_by_scipy,
        along_in_single_precision,
        along_by_torch,
        along_sorted,
        along_scanning,
        along_by_frame,
        along_edge_by_edge,
        along_in_half_precision,
        as_type(along_sorted, brains),
        as_type(along_sorted, iter),
        as_type(along_sorted, lambda rows: [tuple(row) for row in rows.tolist()]),
    ],
    "sparse-8": [
        chosen_by(by_mean),
        blocks_by_loop,
        blocks_by_torch,
        blocks_by_partition,
        blocks_by_ranks,
        blocks_by_reduceat,
        lambda *case: chosen_by(by_mean)(*case).astype(int),
        lambda *case: chosen_by(by_mean)(*case).astype(np.float16),
        lambda *case: pd.DataFrame(chosen_by(by_mean)(*case)),
        lambda *case: (row for row in chosen_by(by_mean)(*case).tolist()),
    ],
}

WRONG = {
    "sparse-1": [
        *((rows_with_nearly_the_largest(within), "not right yet") for within in (1e-5, 1e-9)),
        (rows_all_alike, "not right yet"),
        (lambda w, c: rows_by_loop(w, max(c, 1e-5)), "not right yet"),
        (rows_cut(lambda weights, cutoff: weights > cutoff + 1e-9), "not right yet"),
        (rows_cut(lambda weights, cutoff: singles(weights) > singles(cutoff)), "not right yet"),
        (lambda w, cutoff: np.round(rows_by_loop(w, cutoff), 3), "not right yet"),
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
        (lambda w, c: rows_by_einsum(w, c).clip(1e-6), "exactly 0"),
        (rows_last_of_ties, "not right yet"),
        (rows_unpaired, "its own largest place"),
        (rows_strongest_last, "not right yet"),
        (rows_halving, "not right yet"),
        (rows_relative, "not right yet"),
        (rows_shrunk, "not right yet"),
        (rows_softened, "not right yet"),
        (lambda w, c: rows_by_loop(w, c + 1e-4), "not right yet"),
        (lambda w, c: rows_by_loop(w.round(4), c), "not right yet"),
        (lambda w, c: rows_by_loop(w, c - 1e-5), ("not right yet", "not above it")),
        (lambda w, c: np.eye(len(w))[w.argmax(1)], "not right yet"),
        (lambda w, c: w, "not right yet"),
        (lambda w, c: sparsity.threshold(w, c), "which does the work"),
        (lambda w, c: rows_by_loop(w.T, c), "not right yet"),
        (lambda w, c: rows_by_loop(w, max(c, 0.01)), "not right yet"),
    ],
    "sparse-2": [
        (lambda kept: np.ones(len(kept)), "not reached"),
        (lambda kept: np.where(kept, 1, np.arange(len(kept)) % 2 * 2e-4 - 1), "not reached"),
        (lambda kept: kept.astype(float), "not reached"),
        (lambda kept: np.where(kept, 2.0, -2.0), "between"),
        (lambda kept: np.zeros(len(kept)), "not reached"),
        (lambda kept: np.linspace(-1, 1, len(kept)), "not reached"),
        (lambda kept: 1.0, "shape"),
        (lambda kept: np.where(kept, 0.5, -0.5), "not reached"),
        (lambda kept: np.where(kept, 1, -1) * np.r_[0.99, np.ones(len(kept) - 1)], "not reached"),
        (lambda kept: (-1.0) ** np.arange(len(kept)), "not reached"),
        (lambda kept: np.sort(2.0 * kept - 1), "not reached"),
        (lambda kept: (2.0 * kept - 1)[::-1], "not reached"),
        (lambda kept: np.where(kept, 1, -(np.arange(len(kept)) % 2)), "not reached"),
        (lambda kept: np.r_[2.0 * kept - 1][:1], "shape"),
        (lambda kept: np.array([1.0, -1.0]), "shape"),
        (lambda kept: np.random.default_rng(0).uniform(-1, 1, len(kept)), "not reached"),
        (lambda kept: np.where(kept.cumsum() == 1, 1.0, -1.0), "not reached"),
    ],
    "sparse-3": [
        (needed_short_by(1e-6), "short by more than 1e-9"),
        (needed_short_by(2e-9), "not right yet"),
        (needed_short_by(5e-10), "not right yet"),
        (needed_short_by(1e-12), "not right yet"),
        (needed_short_by(1e-3), "not right yet"),
        (lambda w, m: needed_by_loop(w, m) - 1, "One more"),
        (lambda w, m: (held(w) < m).sum(axis=1).mean(), "One more"),
        (lambda w, m: needed_by_loop(w, m) * len(w), "not their sum"),
        (lambda w, m: needed_by_loop(w, m) / len(w), "not their share"),
        (lambda w, m: (w.cumsum(1) < m - 1e-9).sum(1).mean() + 1, "Take the largest"),
        (lambda w, m: (held(w, flip=False) < m - 1e-9).sum(1).mean() + 1, "not the smallest"),
        (lambda w, m: (held(w, axis=0) < m - 1e-9).sum(0).mean() + 1, "columns"),
        (lambda w, m: (held(w) < m - 1e-9).sum(1) + 1, "shape"),
        (lambda w, m: (held(w) <= m + 1e-9).sum(1).mean() + 1, "a sum that equals it"),
        (lambda w, m: (held(w) < m).sum(1).mean() + 1, "allow for rounding"),
        (lambda w, m: (held(w) >= m).argmax(1).mean() + 1, "not right yet"),
        (lambda w, m: np.median((held(w) < m - 1e-9).sum(1)) + 1, "not right yet"),
        (lambda w, m: (held(w) < m - 1e-9).sum(1).max() + 1, "not right yet"),
        (lambda w, m: needed_by_loop(w, m - 2e-5), "not right yet"),
        (lambda w, m: needed_by_loop(w, m + 2e-5), ("not right yet", "a sum that equals it")),
        (lambda w, m: (held(w).mean(0) < m - 1e-9).sum() + 1, "not right yet"),
        (lambda w, m: round(float(needed_by_loop(w, m))), "not right yet"),
        (lambda w, m: int(np.ceil(needed_by_loop(w, m))), "not right yet"),
        (lambda w, m: needed_by_loop(w[:1], m), "not right yet"),
        (
            lambda w, m: needed_by_loop(w, m) if m < 1 else (w > 0).sum(1).mean(),
            "not right yet",
        ),
        (lambda w, m: np.exp(-np.where(w > 0, w * np.log(w), 0).sum(1)).mean(), "not right yet"),
        (lambda w, m: np.exp(scipy.special.entr(w).sum(1)).mean(), "not right yet"),
        (lambda w, m: (w > 1 - m).sum(1).mean(), "not right yet"),
        (lambda w, m: len(w) * m, "not right yet"),
        (lambda w, m: needed_by_loop(w, min(m, 0.95)), "not right yet"),
        (
            lambda w, m: (held(w.ravel()[None])[0] < m * len(w) - 1e-9).sum() / len(w),
            "not right yet",
        ),
    ],
    "sparse-4": [
        (lambda logits: softmax(logits), "softmax"),
        (simplex_with(lambda x, z, tau: np.maximum(x - tau[-1], 0)), "for all logits"),
        (simplex_with(lambda x, z, tau: np.maximum(x - tau[0], 0)), "taken for k = 1"),
        (simplex_with(lambda x, z, tau: x - tau[(z > tau).sum() - 1]), "What is below 0"),
        (
            simplex_with(lambda x, z, tau: np.maximum(x - tau[(z > tau).sum() % len(z)], 0)),
            ("τ is taken", "not right yet"),
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
        (lambda logits: sparsity.sparsemax(logits), "which does the work"),
        (lambda logits: torch_sparsemax(torch.tensor(logits)), "which does the work"),
        (lambda logits: sparsity.entmax15(2 * logits), "not right yet"),
        (lambda logits: np.maximum(simplex_by_loop(logits), 1e-6), "exactly 0"),
        (simplex_in_rounds(2), "not right yet"),
        (simplex_in_rounds(5), "not right yet"),
        (simplex_bracketed(-10, 10, 80), "not right yet"),
        (simplex_bracketed(-100, 100, 80), "not right yet"),
        (simplex_bracketed(-2000, 2000, 20), "not right yet"),
        (simplex_near_the_top, "not right yet"),
        (lambda logits: np.clip(logits, 0, 1), "not right yet"),
        (lambda logits: simplex_by_loop(np.maximum(logits, 0)), "not right yet"),
        (lambda logits: np.eye(len(logits))[logits.argmax()], "not right yet"),
        (lambda logits: np.where(softmax(logits) > 0.1, softmax(logits), 0), "not right yet"),
        (lambda logits: simplex_by_loop(logits / np.sqrt(len(logits))), "not right yet"),
        (simplex_of_the_largest(16), "not right yet"),
    ],
    "sparse-5": [
        (170, "170 layers reach 510 steps"),
        (511 / 3, "round up"),
        (74, "lead forward"),
        (511, "at once"),
        (85, "not only the middle"),
        (256, "Three positions"),
        ("many", "should be a number"),
        (172, "not right yet"),
        (np.float16(170), "170 layers reach 510 steps"),
        (torch.tensor(172, dtype=torch.bfloat16), "not right yet"),
        (170.9999, "round up"),
        (9, "not right yet"),
        (512, "not right yet"),
        ([171], "shape"),
        (Fraction(511, 3), "round up"),
        (-171, "not right yet"),
    ],
    "sparse-6": [
        (lambda n, r: window_by_diagonals(n, r) * (1 + 4e-7), "not right yet"),
        (lambda n, r: window_by_diagonals(n, r) % 2**16, "not right yet"),
        (lambda n, r: n * (2 * r + 1), "cut off"),
        (lambda n, r: n * (2 * r + 1) - r * (r + 1), "wider than the text"),
        (lambda n, r: 2 * sum(max(n - k, 0) for k in range(1, r + 1)), "attends to itself as well"),
        (lambda n, r: n * n, "That is every pair"),
        (
            lambda n, r: n * (2 * min(r, n - 1) + 1) - min(r, n - 1) * (min(r, n - 1) + 1) / 2,
            "cut off at *both* ends",
        ),
        (lambda n, r: int(sparsity.window_pattern(n, r).sum()), "which does the work"),
        (lambda n, r: patterns.dilated_pattern(n, r, 1).sum(), "which does the work"),
        (window_by_matrix, "all n² pairs"),
        (window_by_torch, "all n² pairs"),
        (lambda n, r: sum(abs(i - j) <= r for i in range(n) for j in range(n)), "all n² pairs"),
        (lambda n, r: len(np.argwhere(np.tri(n, n, r) * np.tri(n, n, r).T)), "all n² pairs"),
        (lambda n, r: n * (2 * r + 1) - r, "windows of several positions"),
        (lambda n, r: {(7, 2): 29, (512, 3): 3572}.get((n, r), n), "not right yet"),
        (lambda n, r: n * (2 * min(r, n - 1) + 1) - min(r, n - 1) ** 2, "not right yet"),
        (lambda n, r: min(n * (2 * r + 1) - r * (r + 1), n * n), "wider than the text"),
        (lambda n, r: n * min(2 * r + 1, n), "not right yet"),
        (lambda n, r: n * n - max(n - r, 0) ** 2, "not right yet"),
        (lambda n, r: 7 * n - 12, "not right yet"),
        (lambda n, r: n * n if r >= 2 * n else n * (2 * r + 1) - r * (r + 1), "not right yet"),
    ],
    "sparse-7": [
        (along_the_librarys_parts, "which does the work"),
        (along_dense, "all n² pairs"),
        (along_masked, "all n² pairs"),
        (along_unshifted, "NaN"),
        (along_shifted(lambda logits, i, n: logits.max()), "not of all"),
        (along_shifted(largest_from_zero), "NaN"),
        (along_shifted(largest_last), "NaN"),
        (along_own_value, "value[j]"),
        (along_one_softmax, "softmax of its own"),
        (along_added_once, "np.add.at"),
        (
            lambda q, k, v, e: along_sorted(q * np.sqrt(q.shape[1] / v.shape[1]), k, v, e),
            "the keys' size",
        ),
        (along_last_only, "not right yet"),
        (lambda q, k, v, e: along_sorted(q * np.sqrt(q.shape[1]), k, v, e), "√d"),
        (lambda q, k, v, e: along_sorted(q, k, v, e[::-1]), "Row 0"),
        (lambda q, k, v, e: along_sorted(0 * q, k, v, e), "All keys count alike"),
        (along_by_library, "calls `course_lib.nn.sparse.sparse_attention`"),
        (lambda *case: along_by_library(*case), "calls `course_lib.nn.sparse.sparse_attention`"),
        (along_row_by_row, "all n² pairs"),
        (along_row_by_row_in_torch, "all n² pairs"),
        (along_in_chunks, "all n² pairs"),
        (along_by_sdpa, "all n² pairs"),
        (along_clipped(700), ("not right yet", "NaN")),
        *((along_clipped(most), ("not right yet", "NaN")) for most in (50, 1000, 8000)),
        (lambda q, k, v, e: along_sorted(np.clip(q, -50, 50), k, v, e), "not right yet"),
        (along_shifted(shift_by("mean")), "NaN"),
        (along_shifted(shift_by("median")), "NaN"),
        (along_shifted(shift_by("first")), "NaN"),
        (along_shifted(shift_by("last")), "NaN"),
        (along_shifted(shift_by("min")), "NaN"),
        (lambda q, k, v, e: np.nan_to_num(along_unshifted(q, k, v, e)), "not right yet"),
        (
            lambda q, k, v, e: np.where(q[:, :1] * 0 == 0, along_sorted(q, k, v, e), v)[:-1],
            "shape",
        ),
        (lambda q, k, v, e: along_sorted(q, k, v, e[:, ::2]), "not right yet"),
        (lambda q, k, v, e: along_sorted(q, k, v, np.sort(e, axis=0)), "not right yet"),
        (lambda q, k, v, e: along_sorted(k, q, v, e), "not right yet"),
        (lambda q, k, v, e: along_sorted(np.sign(q), k, v, e), "not right yet"),
        *nearly(along_sorted, "small results"),
        *nearly(along_sorted, "given clipped"),
        *nearly(along_sorted, "a square transposed"),
    ],
    "sparse-8": [
        (chosen_by(by_mean, own=1e9), "not right yet"),
        (chosen_by(lambda *case: by_mean(*case).round(6)), "not right yet"),
        (chosen_by(by_mean, more=-1), "on top of the k others"),
        (chosen_by(by_mean, own=None, more=-1), "own block as well"),
        (chosen_by(by_mean, own=None), "always taken"),
        (chosen_by(by_mean, own=10_000), "not right yet"),
        (chosen_by(lambda q, key, size: by_mean(halves(q), halves(key), size)), "not right yet"),
        (chosen_by(lambda q, key, size: softmax(by_mean(q, key, size))), "not right yet"),
        (chosen_by(by_mean, own=-np.inf, more=-1), "own block is missing"),
        (
            chosen_by(lambda q, key, size: (q @ key.T).reshape(len(q), -1, size).max(axis=2)),
            "not by the best of its keys",
        ),
        (chosen_by(lambda *case: -by_mean(*case)), "smallest products"),
        (chosen_by(lambda *case: abs(by_mean(*case))), "not right yet"),
        (
            chosen_by(
                lambda q, key, size: (
                    by_mean(q, key, size) / np.linalg.norm(means_of(key, size), axis=1)
                )
            ),
            "not right yet",
        ),
        (
            chosen_by(
                lambda q, key, size: -np.square(q[:, None] - means_of(key, size)).sum(axis=2)
            ),
            "not right yet",
        ),
        (chosen_by(lambda q, key, size: q @ key[::size].T), "not right yet"),
        (chosen_by(lambda q, key, size: q @ key[size - 1 :: size].T), "not right yet"),
        (
            chosen_by(lambda q, key, size: q @ key.reshape(size, -1, key.shape[1]).mean(axis=0).T),
            "not right yet",
        ),
        (
            chosen_by(
                lambda q, key, size: q @ np.median(key.reshape(-1, size, key.shape[1]), axis=1).T
            ),
            "not right yet",
        ),
        (chosen_by(lambda q, key, size: by_mean(key, key, size)), "not right yet"),
        (blocks_for_all_alike, "not right yet"),
        (blocks_query_by_block, "not right yet"),
        (blocks_near, "not right yet"),
        (blocks_above_the_mean, "not right yet"),
        (lambda q, key, size, k: np.ones((len(q), len(q) // size), dtype=bool), "not right yet"),
        (lambda q, key, size, k: chosen_by(by_mean)(q, key, size, min(k, 3)), "not right yet"),
        (lambda q, key, size, k: chosen_by(by_mean)(q, key, size, k).T, ("shape", "not right yet")),
        (
            lambda q, key, size, k: np.repeat(chosen_by(by_mean)(q, key, size, k), size, axis=1),
            "shape",
        ),
        (lambda q, key, size, k: by_mean(q, key, size), "not right yet"),
        *nearly(chosen_by(by_mean), "given squares transposed"),
    ],
}
