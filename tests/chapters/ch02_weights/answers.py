"""Answers to the exercises of chapter 02 as people write them, rightly and wrongly."""

import functools
import math
from collections import namedtuple
from decimal import Decimal, localcontext
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
import torch
import torch.nn.functional as F

from course_lib.attention import attention, attention_logits, multi_head_attention
from course_lib.attention import softmax as softmax_of_the_library
from tests.support.answers import nearly

softmax = scipy.special.softmax
Attended = namedtuple("Attended", "output weights")
Place = namedtuple("Place", "layer head")


def returned_as(answer, change):
    """Return an answer whose results come in another type."""
    return lambda *case: change(answer(*case))


def half(value):
    return np.asarray(value).astype(np.float16)


def bfloat16(value):
    return torch.tensor(np.array(value)).bfloat16()


def objects(value):
    return np.array([[Fraction(number) for number in row] for row in np.asarray(value).tolist()])


# Exercise 2 ---------------------------------------------------------------------------------------


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


def safe_by_pandas(logits):
    table = pd.DataFrame(logits)
    exponentials = table.sub(table.max(axis=1), axis=0).map(math.exp)
    return exponentials.div(exponentials.sum(axis=1), axis=0)


def safe_by_sigmoids(logits):
    """Each weight from the differences to all others."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


def safe_by_decimals(logits):
    rows = []
    for row in logits.tolist():
        most = max(map(Decimal, row))
        exponentials = [(max(Decimal(z) - most, Decimal(-1000))).exp() for z in row]
        rows.append([e / sum(exponentials) for e in exponentials])
    return rows


def as_written(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def shifted_by(shift):
    return lambda logits: as_written(logits - shift(logits))


def in_each_row(function):
    return shifted_by(lambda logits: function(logits, axis=1, keepdims=True))


def column_maximum(logits):
    return as_written(logits - logits.max(axis=0))


def clipped(logits):
    return as_written(np.clip(logits, -500, 500))


def shifted_and_clipped(logits):
    return as_written(np.clip(logits - logits.max(), -700, None))


def scaled_down(logits):
    return as_written(logits / np.abs(logits).max(axis=1, keepdims=True))


def nan_to_zero(logits):
    return np.nan_to_num(as_written(logits))


def in_longdouble(logits):
    return as_written(logits.astype(np.longdouble))


def with_a_little_added(little):
    """Keep the sum from 0, which it never is."""

    def answer(logits):
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / (exponentials.sum(axis=1, keepdims=True) + little)

    return answer


def safe_if_large(logits):
    large = np.abs(logits).max() > 500
    return as_written(logits - 1000 * np.sign(logits) if large else logits)


def largest_only(logits):
    one_hot = logits == logits.max(axis=1, keepdims=True)
    return one_hot / one_hot.sum(axis=1, keepdims=True)


def by_decimals_as_written(logits):
    with localcontext() as context:
        context.Emax = 999999
        rows = [[Decimal(z).exp(context) for z in row] for row in logits.clip(-9e5, 9e5).tolist()]
        return [[e / sum(row) for e in row] for row in rows]


# Exercise 3 ---------------------------------------------------------------------------------------


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


def weights_in(dtype):
    return lambda query, key: weights_by_einsum(query.astype(dtype), key.astype(dtype))


def weights_in_bfloat16(query, key):
    query, key = (torch.tensor(part).bfloat16() for part in (query, key))
    return torch.softmax((query @ key.T).float() / query.shape[1] ** 0.5, dim=-1).bfloat16()


def weights_scaled_early(query, key):
    quarter = query.shape[1] ** 0.25
    return softmax((query / quarter) @ (key / quarter).T, axis=1)


def weights_by_pandas(query, key):
    logits = pd.DataFrame(query) @ pd.DataFrame(key).T / math.sqrt(key.shape[-1])
    return logits.apply(softmax, axis=1, raw=True)


def weights_by_generator(query, key):
    return (softmax_of_the_library(key @ q / np.sqrt(len(q))) for q in query)


def with_scale(scale, axis=1):
    return lambda query, key: softmax(query @ key.T * scale(query, key), axis=axis)


def root_of_d(query, key):
    return query.shape[1] ** -0.5


def with_logits(change):
    return lambda query, key: softmax(change(query @ key.T * root_of_d(query, key)), axis=1)


def weights_by_cosine(query, key):
    lengths = np.linalg.norm(query, axis=1)[:, None] * np.linalg.norm(key, axis=1)
    return softmax(query @ key.T / np.maximum(lengths, 1e-12), axis=1)


def weights_by_distance(query, key):
    return softmax(-((query[:, None] - key) ** 2).sum(-1) / 2 * root_of_d(query, key), axis=1)


def weights_scaled_twice(query, key):
    root = query.shape[1] ** 0.5
    return softmax((query / root) @ (key / root).T, axis=1)


def weights_by_spread(query, key):
    logits = query @ key.T
    return softmax(logits / max(logits.std(), 1e-12), axis=1)


def weights_from_a_table(query, key):
    root = {4: 2.0, 7: math.sqrt(7), 9: 3.0, 2: math.sqrt(2), 1: 1.0}.get(query.shape[1], 2.0)
    return softmax(query @ key.T / root, axis=1)


def weights_as_written(query, key):
    return as_written(query @ key.T * root_of_d(query, key))


def weights_by_squares(query, key):
    logits = query @ key.T * root_of_d(query, key)
    return (1 + logits**2) / (1 + logits**2).sum(axis=1, keepdims=True)


# Exercise 4 ---------------------------------------------------------------------------------------


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


def causal_large_negative(query, key, value):
    n, d = query.shape
    logits = (query @ key.T / np.sqrt(d)).astype(np.float32)
    weights = softmax(logits + np.triu(np.full((n, n), -1e9), k=1), axis=1)
    return weights @ value, weights


def causal_by_masked_fill(query, key, value):
    query, key, value = map(torch.from_numpy, (query, key, value))
    later = torch.ones(len(query), len(key), dtype=torch.bool).triu(1)
    logits = (query @ key.T / math.sqrt(query.shape[1])).masked_fill(later, -torch.inf)
    return Attended(logits.softmax(-1) @ value, logits.softmax(-1))


def causal_by_einsum(query, key, value):
    logits = np.einsum("id,jd->ij", query, key) / np.sqrt(query.shape[-1])
    logits[np.triu_indices(len(query), k=1)] = np.finfo(float).min
    weights = softmax_of_the_library(logits)
    return [np.einsum("ij,jd->id", weights, value), weights]


def causal_shifted_by_allowed(query, key, value):
    """Exponentials after a shift by the largest allowed logit, then the mask."""
    mask = np.tri(len(query))
    logits = attention_logits(query, key)
    most = np.where(mask, logits, -np.inf).max(axis=1, keepdims=True)
    exponentials = np.exp(np.minimum(logits - most, 0)) * mask
    weights = exponentials / exponentials.sum(axis=1, keepdims=True)
    return weights @ value, weights


def causal_by_rows(query, key, value):
    rows = causal_by_loop(query, key, value)
    return ([tuple(row) for row in part] for part in rows)


def causal_by_pandas(query, key, value):
    output, weights = causal_by_loop(query, key, value)
    return pd.DataFrame(output), pd.DataFrame(weights)


def causal_masked(mask, scale=root_of_d):
    def answer(query, key, value):
        logits = query @ key.T * scale(query, key)
        logits = np.where(mask(len(query)), logits, -np.inf)
        most = logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits - np.where(np.isinf(most), 0, most))
        weights = exponentials / np.maximum(exponentials.sum(axis=1, keepdims=True), 1e-300)
        return weights @ value, weights

    return answer


def causal_from_logits(change, output=None):
    """Wrong answers: what becomes of the scaled logits and the mask."""

    def answer(query, key, value):
        weights = change(attention_logits(query, key), np.tri(len(query), dtype=bool))
        return weights @ value, weights

    return answer


def causal_filled(fill):
    return causal_from_logits(lambda z, mask: softmax(np.where(mask, z, fill), axis=1))


def causal_renormalised(query, key, value):
    weights = np.tril(weights_by_einsum(query, key))
    weights /= weights.sum(axis=1, keepdims=True)
    return [weights @ value, weights]


def causal_renormalised_carefully(query, key, value):
    weights = np.tril(weights_by_einsum(query, key)) + 1e-12 * np.tri(len(query))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ value, weights


def causal_not_renormalised(query, key, value):
    weights = np.tril(weights_by_einsum(query, key))
    return weights @ value, weights


def causal_swapped(query, key, value):
    return causal_by_loop(query, key, value)[::-1]


def causal_output_only(query, key, value):
    return causal_by_loop(query, key, value)[0]


def causal_output(change):
    """Right weights, and another output."""

    def answer(query, key, value):
        weights = causal_by_loop(query, key, value)[1]
        return change(weights, query, key, value), weights

    return answer


def causal_logits_returned(query, key, value):
    logits = np.where(np.tri(len(query)), attention_logits(query, key), -np.inf)
    return softmax(logits, axis=1) @ value, logits


def causal_of_the_library(query, key, value):
    return attention(query, key, value, mask=np.tri(len(query), dtype=bool))


def causal_cut_by_the_library(query, key, value):
    rows = [attention(query[i : i + 1], key[: i + 1], value[: i + 1]) for i in range(len(query))]
    weights = np.zeros((len(query), len(query)))
    for i, (_, row) in enumerate(rows):
        weights[i, : i + 1] = row
    return np.vstack([output for output, _ in rows]), weights


# Exercise 5 ---------------------------------------------------------------------------------------


def relabelled_by_loop(weights, order):
    n = len(order)
    return [[weights[order[i], order[j]] for j in range(n)] for i in range(n)]


def relabelled_by_permutation(weights, order):
    permutation = np.eye(len(order))[order]
    return permutation @ weights @ permutation.T


def relabelled_by_networkx(weights, order):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return nx.to_numpy_array(graph, nodelist=order.tolist())


def relabelled_by_pandas(weights, order):
    return pd.DataFrame(weights).loc[order, order]


def relabelled_by_torch(weights, order):
    order = torch.tensor(order)
    return torch.tensor(weights).index_select(0, order).index_select(1, order).float()


def relabelled_in_place(weights, order):
    weights[:] = weights[order]
    weights[:] = weights[:, order]
    return weights


def relabelled_by_scatter(weights, order):
    """Each old place is sent to its new one."""
    new = np.empty_like(weights)
    place = np.argsort(order)
    new[np.ix_(place, place)] = weights
    return new


def relabelled_by_generator(weights, order):
    return (weights[old].take(order) for old in order)


def relabelled_by_roll(weights, order):
    return np.roll(weights, (-order[0], -order[0]), axis=(0, 1))


def relabelled_by_swaps(weights, order):
    """Swap tokens one after another, which undoes part of it."""
    weights = weights.copy()
    for i, old in enumerate(order):
        weights[[i, old]] = weights[[old, i]]
        weights[:, [i, old]] = weights[:, [old, i]]
    return weights


def relabelled_sorted(weights, order):
    return np.take_along_axis(weights[order], np.argsort(weights[order], axis=1), axis=1)


def moved(weights, rows, columns):
    return weights[rows][:, columns]


# Exercise 6 ---------------------------------------------------------------------------------------


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


def sharpest_by_torch(weights):
    table = torch.special.entr(torch.tensor(weights)).sum(-1).mean(-1)
    return torch.stack(torch.unravel_index(table.argmin(), table.shape))


def sharpest_in_bits(weights):
    table = np.nansum(-weights * np.log2(weights), axis=(-2, -1))
    return Place(*divmod(table.argmin(), table.shape[1]))


def sharpest_by_pandas(weights):
    table = pd.DataFrame(scipy.special.entr(weights).sum(axis=(2, 3)))
    return table.stack().idxmin()


def sharpest_in(dtype):
    return lambda weights: np.array(sharpest_by_hand(weights.astype(dtype)), dtype=dtype)


def sharpest_with_tiny(weights):
    table = -(weights * np.log(weights + 1e-12)).sum(-1).mean(-1)
    return map(int, np.unravel_index(table.argmin(), table.shape))


def sharpest_by_perplexity(weights):
    """The mean of logarithms, the other way round."""
    perplexity = np.exp(scipy.special.entr(weights).sum(-1))
    table = np.exp(np.log(perplexity).mean(-1))
    return tuple(np.argwhere(table == table.min())[0])


def chosen_by(table_of):
    """Wrong answers: by what a head is chosen; the largest wins."""

    def answer(weights):
        with np.errstate(all="ignore"):
            table = table_of(weights)
        return np.unravel_index(np.argmax(table), table.shape)

    return answer


def spread(weights):
    return scipy.special.entr(weights).sum(axis=-1)


def of_columns(weights):
    return scipy.stats.entropy(weights + 1e-12, axis=-2)


def sharpest_with_nan(weights):
    with np.errstate(all="ignore"):
        table = -(weights * np.log(weights)).sum(axis=-1).mean(axis=-1)
    return np.unravel_index(table.argmin(), table.shape)


def sharpest_without_nan(weights):
    with np.errstate(all="ignore"):
        table = -(weights * np.log(weights)).sum(axis=-1).mean(axis=-1)
    return np.unravel_index(np.nanargmin(table), table.shape)


def sharpest_turned(weights):
    return tuple(sharpest_by_hand(weights))[::-1]


def sharpest_by_margins(weights):
    """The sharpest layer, and the sharpest head over all layers."""
    table = spread(weights).mean(axis=-1)
    return table.sum(axis=1).argmin(), table.sum(axis=0).argmin()


def sharpest_of(axis):
    """The sharpest layer and then its head, or the head that is sharp in most layers first."""

    def answer(weights):
        table = np.moveaxis(spread(weights).mean(axis=-1), axis, 0)
        first = table.mean(axis=1).argmin()
        pair = first, table[first].argmin()
        return pair[::-1] if axis else pair

    return answer


def sharpest_flat(weights):
    return scipy.special.entr(weights).sum(-1).mean(-1).argmin()


def midrange(logits, axis, keepdims):
    return (logits.max(axis, keepdims=keepdims) + logits.min(axis, keepdims=keepdims)) / 2


def weights_untransposed(query, key):
    """Forget to transpose, where the shapes let it pass."""
    square = len(query) == len(key) == key.shape[1]
    return softmax(query @ (key if square else key.T) / np.sqrt(key.shape[1]))


def causal_twice(weights, query, key, value):
    """Mask the output, too, where the shapes let it pass."""
    output = weights @ value
    return np.tril(output) if len(value) == value.shape[1] else output


def entropy_above(weights, least):
    """Leave out what is small, though there may be much of it."""
    kept = np.where(weights < least, 1, weights)
    return -(kept * np.log(kept)).sum(axis=-1).mean(axis=-1)


def least_place(table):
    return np.unravel_index(table.argmin(), table.shape)


RIGHT = {
    "weights-1": [
        "unchanged",
        " Unchanged ",
        "UNCHANGED",
        "unchanged.",
        "'unchanged'",
        np.str_("unchanged"),
        np.array("unchanged"),
        np.array(["unchanged"]),
        np.array(["Unchanged."], dtype=object)[0],
    ],
    "weights-2": [
        safe_by_scipy,
        safe_by_torch,
        safe_by_loop,
        safe_in_float32,
        safe_by_logsumexp,
        safe_in_place,
        safe_by_pandas,
        safe_by_sigmoids,
        safe_by_decimals,
        in_each_row(np.max),
        returned_as(safe_by_scipy, half),
        returned_as(safe_by_scipy, bfloat16),
        returned_as(safe_by_scipy, objects),
        returned_as(safe_by_scipy, iter),
    ],
    "weights-3": [
        weights_by_einsum,
        weights_by_loop,
        weights_by_sdpa,
        weights_in(np.float32),
        weights_in(np.float16),
        weights_in_bfloat16,
        weights_scaled_early,
        weights_by_pandas,
        weights_by_generator,
        returned_as(weights_by_einsum, objects),
        returned_as(weights_by_einsum, half),
        with_logits(np.asfortranarray),
    ],
    "weights-4": [
        causal_by_torch,
        causal_by_loop,
        causal_large_negative,
        causal_by_masked_fill,
        causal_by_einsum,
        causal_shifted_by_allowed,
        causal_by_rows,
        causal_by_pandas,
        causal_masked(lambda n: np.tri(n, dtype=bool)),
        returned_as(causal_by_loop, lambda pair: tuple(map(half, pair))),
        returned_as(causal_by_loop, lambda pair: tuple(map(bfloat16, pair))),
        returned_as(causal_by_loop, lambda pair: [objects(pair[0]), pair[1].tolist()]),
        lambda q, k, v: map(half, causal_by_loop(*map(half, (q, k, v)))),
        lambda q, k, v: causal_by_torch(*(part.astype(np.float32) for part in (q, k, v))),
    ],
    "weights-5": [
        relabelled_by_loop,
        relabelled_by_permutation,
        relabelled_by_networkx,
        relabelled_by_pandas,
        relabelled_by_torch,
        relabelled_in_place,
        relabelled_by_scatter,
        relabelled_by_generator,
        lambda weights, order: weights[np.ix_(order, order)],
        returned_as(relabelled_by_permutation, half),
        returned_as(relabelled_by_permutation, bfloat16),
        returned_as(relabelled_by_permutation, objects),
    ],
    "weights-6": [
        sharpest_by_hand,
        sharpest_by_scipy,
        sharpest_by_loop,
        sharpest_by_torch,
        sharpest_in_bits,
        sharpest_by_pandas,
        sharpest_in(np.float32),
        sharpest_in(np.float16),
        sharpest_with_tiny,
        sharpest_by_perplexity,
        returned_as(sharpest_by_scipy, lambda pair: np.array(list(map(Fraction, pair)))),
    ],
}

NOT_YET = "not right yet"


def only_if_exp_overflows(logits):
    """Return a shift that keeps each exponential finite, but not their sum."""
    largest = logits.max(axis=1, keepdims=True)
    return np.where(abs(logits).max(axis=1, keepdims=True) > 709.7, largest, 0)


def causal_of_what_is_not_zero(query, key, value):
    """Take the zeros that `np.tril` leaves for the mask."""
    logits = np.tril(query @ key.T / np.sqrt(query.shape[1]))
    hidden = (logits == 0) & ~np.eye(len(query), dtype=bool)
    weights = softmax(np.where(hidden, -np.inf, logits), axis=1)
    return weights @ value, weights


def divided_along_the_other_axis(logits):
    """Right wherever the shapes forbid the slip: on what is not square."""
    n, m = logits.shape
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=n != m)


def safe_for_few_rows(logits):
    return np.vstack([softmax(logits[:6], axis=1), as_written(logits[6:])])


def causal_from_own_key(query, key, value):
    """Subtract each query's logit for its own key, as far as an exponential reaches."""
    logits = query @ key.T / np.sqrt(query.shape[1])
    powers = np.tril(np.exp(np.minimum(logits - np.diag(logits)[:, None], 700)))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return weights @ value, weights


WRONG = {
    "weights-1": [
        ("larger", "sum to 1"),
        ("smaller", "sum to 1"),
        ("sharper", "Does the ratio"),
        ("Sharper.", "Does the ratio"),
        ("the same", "should be one of"),
        ("not unchanged", "should be one of"),
        ("unchanged, larger", "should be one of"),
        (["unchanged", "larger"], "should be one of"),
        ("", "should be one of"),
        (5, "should be one of"),
        (True, "should be one of"),
        (lambda: "unchanged", "should be a value"),
    ],
    "weights-2": [
        (lambda logits: np.where((w := softmax(logits)) < 1e-6, 0, w), NOT_YET),
        (shifted_by(lambda logits: logits[:, :10].max(axis=1, keepdims=True)), "NaN"),
        (lambda logits: np.vstack([softmax(logits[:10], axis=1), as_written(logits[10:])]), "NaN"),
        (
            lambda logits: softmax(
                np.where(logits < logits.max(axis=1, keepdims=True) - 9.5, -np.inf, logits), axis=1
            ),
            NOT_YET,
        ),
        (with_a_little_added(1e-5), NOT_YET),
        (as_written, "overflow"),
        (shifted_by(np.max), "each row"),
        (in_each_row(np.mean), "far above what is subtracted"),
        (in_each_row(midrange), ("far above", "NaN")),
        (in_each_row(np.min), "far above what is subtracted"),
        (in_each_row(np.median), "NaN"),
        (shifted_by(lambda logits: logits[:, :1]), "NaN"),
        (shifted_by(lambda logits: logits[:, -1:]), "NaN"),
        (shifted_by(np.mean), "NaN"),
        (shifted_by(lambda logits: logits.max(axis=1, keepdims=True).clip(-700)), "NaN"),
        (shifted_by(lambda logits: np.abs(logits).max(axis=1, keepdims=True)), "NaN"),
        (in_longdouble, "NaN"),
        (shifted_by(lambda logits: np.percentile(logits, 90, axis=1, keepdims=True)), "NaN"),
        (shifted_by(lambda logits: logits.max(axis=1, keepdims=True).clip(0)), "NaN"),
        (shifted_by(lambda logits: logits.max(axis=1, keepdims=True).clip(-1e4, 1e4)), "NaN"),
        (lambda logits: np.nan_to_num(as_written(logits), nan=1.0), NOT_YET),
        (lambda logits: softmax(logits.clip(-1e6, 1e6), axis=1), NOT_YET),
        (lambda logits: softmax(logits, axis=1).round(3), NOT_YET),
        (safe_if_large, "NaN"),
        (shifted_by(only_if_exp_overflows), (NOT_YET, "NaN")),
        (divided_along_the_other_axis, NOT_YET),
        (safe_for_few_rows, ("NaN", NOT_YET)),
        (lambda logits: softmax(logits, axis=0), "columns"),
        (lambda logits: softmax(logits), "row by row"),
        (column_maximum, ("NaN", NOT_YET)),
        (shifted_and_clipped, NOT_YET),
        (clipped, NOT_YET),
        (scaled_down, NOT_YET),
        (nan_to_zero, NOT_YET),
        (largest_only, NOT_YET),
        (by_decimals_as_written, NOT_YET),
        (lambda logits: logits - logits.max(axis=1, keepdims=True), NOT_YET),
        (lambda logits: np.exp(logits - logits.max(axis=1, keepdims=True)), NOT_YET),
        (lambda logits: softmax(logits, axis=1).T, ("shape", NOT_YET)),
        (lambda logits: np.full(logits.shape, 1 / logits.shape[1]), NOT_YET),
        (lambda logits: softmax_of_the_library(logits), "which does the work"),
        (functools.partial(softmax_of_the_library, axis=1), "which does the work"),
        (
            lambda logits: attention(
                logits, np.eye(logits.shape[1]), np.eye(logits.shape[1]), scale=1
            )[1],
            "which does the work",
        ),
    ],
    "weights-3": [
        (weights_untransposed, NOT_YET),
        (with_logits(lambda logits: np.maximum(logits, -1e4)), NOT_YET),
        (with_scale(lambda q, k: min(q.shape[1], 12) ** -0.5), NOT_YET),
        (
            with_logits(lambda logits: np.where(np.arange(logits.shape[1]) < 15, logits, -np.inf)),
            NOT_YET,
        ),
        (with_scale(lambda q, k: max(q.shape[1], 2) ** -0.5), NOT_YET),
        (with_scale(lambda q, k: 1), "not scaled"),
        (with_scale(lambda q, k: 1 / q.shape[1]), "divided by d"),
        (with_scale(lambda q, k: len(k) ** -0.5), "number of keys"),
        (with_scale(lambda q, k: len(q) ** -0.5), "number of queries"),
        (with_scale(lambda q, k: q.shape[1] ** 0.5), "divide by it"),
        (with_scale(lambda q, k: q.size**-0.5), NOT_YET),
        (with_scale(lambda q, k: 0.5), NOT_YET),
        (with_scale(lambda q, k: 64**-0.5), NOT_YET),
        (with_scale(root_of_d, axis=0), "columns"),
        (with_scale(root_of_d, axis=None), NOT_YET),
        (with_logits(lambda logits: np.clip(logits, -5, 5)), NOT_YET),
        (with_logits(lambda logits: np.clip(logits, -50, 50)), NOT_YET),
        *(
            (with_logits(lambda logits, most=most: np.clip(logits, -most, most)), NOT_YET)
            for most in (1000, 3000, 10000, 30000)
        ),
        (with_logits(np.abs), NOT_YET),
        (with_scale(lambda q, k: 1 / round(q.shape[1] ** 0.5)), NOT_YET),
        (with_scale(lambda q, k: max(q.shape) ** -0.5), NOT_YET),
        (lambda query, key: as_written(query @ key.T / np.sqrt(query.shape[1]) - 1024), "NaN"),
        (with_logits(lambda logits: logits.round(2)), NOT_YET),
        (with_logits(lambda logits: logits * (np.abs(logits) > 0.01)), NOT_YET),
        (weights_as_written, "NaN"),
        (weights_by_cosine, NOT_YET),
        (weights_by_distance, NOT_YET),
        (weights_by_spread, NOT_YET),
        (weights_by_squares, NOT_YET),
        (weights_from_a_table, NOT_YET),
        (weights_scaled_twice, "divided by d"),
        (lambda query, key: weights_by_einsum(query, key).T, "Transposed"),
        (lambda query, key: weights_by_einsum(key, query), "Transposed"),
        (lambda query, key: query @ key.T / np.sqrt(query.shape[1]), "These are the logits"),
        (lambda query, key: np.eye(len(query), len(key)), NOT_YET),
        (lambda query, key: query @ key, "ValueError"),
        (lambda query, key: softmax(attention_logits(query, key), axis=1), "which does the work"),
        (lambda query, key: attention(query, key, key)[1], "which does the work"),
        *nearly(weights_by_einsum, "small results"),
    ],
    "weights-4": [
        (causal_from_own_key, "not right yet"),
        (causal_output(causal_twice), "The output"),
        (causal_masked(lambda n: np.tri(n, dtype=bool) & ~np.tri(n, k=-14, dtype=bool)), NOT_YET),
        (causal_output(lambda w, q, k, v: w[:, :12] @ v[:12]), "The output"),
        (causal_from_logits(lambda z, mask: softmax(z, axis=1)), "Nothing is masked"),
        (causal_not_renormalised, "after the softmax"),
        (causal_renormalised, "nothing is left"),
        (causal_of_what_is_not_zero, NOT_YET),
        *(
            (
                causal_from_logits(
                    lambda z, m, low=low: softmax(np.where(m, z.clip(low, -low), -np.inf), axis=1)
                ),
                NOT_YET,
            )
            for low in (-1000, -5000, -15000)
        ),
        (
            causal_from_logits(
                lambda z, m: as_written(np.where(m, z - z.max(1)[:, None], -np.inf))
            ),
            "nothing is left",
        ),
        (
            causal_from_logits(lambda z, m: as_written(np.where(m, z.clip(-500, 500), -np.inf))),
            NOT_YET,
        ),
        (
            causal_from_logits(lambda z, m: softmax(np.where(m, z, z.min() - 20), axis=1)),
            "exactly 0",
        ),
        (causal_masked(lambda n: np.tri(n, dtype=bool) & ~np.tri(n, k=-4, dtype=bool)), NOT_YET),
        (causal_output(lambda w, q, k, v: w @ k), "The output"),
        (causal_output(lambda w, q, k, v: v[w.argmax(axis=1)]), "The output"),
        (lambda q, k, v: (causal_by_loop(q, k, v)[1],) * 2, "The output"),
        (causal_renormalised_carefully, NOT_YET),
        (causal_from_logits(lambda z, mask: softmax(z * mask, axis=1)), "-inf"),
        (causal_masked(lambda n: ~np.tri(n, dtype=bool)), "inverted"),
        (causal_masked(lambda n: np.tri(n, k=-1, dtype=bool)), "diagonal"),
        (
            causal_from_logits(
                lambda z, mask: softmax(np.where(np.tri(len(z), k=-1) > 0, z, -1e6), axis=1)
            ),
            "diagonal",
        ),
        (causal_masked(lambda n: np.tri(n, dtype=bool).T), "turned round"),
        (causal_masked(lambda n: np.tri(n, k=1, dtype=bool)), NOT_YET),
        (causal_masked(lambda n: np.tri(n, dtype=bool), lambda q, k: 1), "not scaled"),
        (
            causal_masked(lambda n: np.tri(n, dtype=bool), lambda q, k: 1 / q.shape[1]),
            "divided by d",
        ),
        (causal_masked(lambda n: np.tri(n, dtype=bool), lambda q, k: len(q) ** -0.5), NOT_YET),
        (
            causal_from_logits(lambda z, mask: softmax(np.where(mask, z, -np.inf), axis=0)),
            "columns",
        ),
        (causal_from_logits(lambda z, mask: softmax(z - 20_000 * ~mask, axis=1)), NOT_YET),
        (causal_filled(-20), (NOT_YET, "exactly 0")),
        (causal_filled(-100), (NOT_YET, "exactly 0")),
        (causal_filled(-1e3), (NOT_YET, "exactly 0")),
        (causal_filled(-1e4), (NOT_YET, "exactly 0")),
        (
            causal_from_logits(lambda z, mask: softmax(np.where(mask, z, z.min() - 1), axis=1)),
            NOT_YET,
        ),
        (causal_from_logits(lambda z, mask: as_written(np.where(mask, z, -np.inf))), "NaN"),
        (
            causal_from_logits(lambda z, mask: softmax(np.where(mask, z, z - 30), axis=1)),
            (NOT_YET, "exactly 0"),
        ),
        (causal_logits_returned, ("infinite", NOT_YET)),
        (causal_swapped, "wrong way round"),
        (causal_output_only, "two things"),
        (causal_output(lambda w, q, k, v: weights_by_einsum(q, k) @ v), "without a mask"),
        (causal_output(lambda w, q, k, v: w.T @ v), "transposed"),
        (causal_output(lambda w, q, k, v: np.cumsum(v, axis=0)), "The output"),
        (causal_output(lambda w, q, k, v: v), "The output"),
        (causal_of_the_library, "which does the work"),
        (causal_cut_by_the_library, "which does the work"),
        (
            lambda q, k, v: multi_head_attention(
                q, *[np.eye(q.shape[1])] * 4, num_heads=1, mask=np.tri(len(q), dtype=bool)
            ),
            "which does the work",
        ),
    ],
    "weights-5": [
        (lambda weights, order: moved(weights, order, order).round(6), NOT_YET),
        (lambda w, order: moved(w, order, order) if len(order) < 15 else w, NOT_YET),
        (lambda weights, order: weights, "Nothing has moved"),
        (lambda weights, order: weights[order], "Only the rows"),
        (lambda weights, order: weights[:, order], "Only the columns"),
        (lambda weights, order: moved(weights, np.argsort(order), np.argsort(order)), "other way"),
        (lambda weights, order: moved(weights, order, order).T, "transposed"),
        (lambda weights, order: weights[order, order], "np.ix_"),
        (lambda weights, order: moved(weights, order, np.argsort(order)), NOT_YET),
        (lambda weights, order: moved(weights, order[::-1], order[::-1]), NOT_YET),
        (lambda weights, order: weights[::-1, ::-1], NOT_YET),
        (lambda weights, order: np.diag(np.diag(weights)[order]), NOT_YET),
        (lambda weights, order: moved(weights, np.roll(order, 1), np.roll(order, 1)), NOT_YET),
        (lambda weights, order: moved(weights, order[order], order[order]), NOT_YET),
        (lambda weights, order: weights[order][order], NOT_YET),
        (lambda weights, order: (weights + moved(weights, order, order)) / 2, NOT_YET),
        (lambda w, order: moved(w, order, order) if len(order) < 9 else w, NOT_YET),
        (relabelled_by_roll, NOT_YET),
        (relabelled_by_swaps, NOT_YET),
        (relabelled_sorted, NOT_YET),
    ],
    "weights-6": [
        (lambda weights: least_place(entropy_above(weights, 1e-3)), NOT_YET),
        (chosen_by(lambda w: -np.log(np.sqrt(w).sum(axis=-1)).mean(axis=-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., :20].mean(axis=-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., :6].mean(axis=-1)), NOT_YET),
        (chosen_by(lambda w: -scipy.stats.entropy(w[..., 1:], axis=-1).mean(axis=-1)), NOT_YET),
        (chosen_by(lambda w: -np.round(spread(w).mean(-1), 2)), NOT_YET),
        (chosen_by(lambda w: spread(w).mean(-1)), "small entropy"),
        (sharpest_turned, ("wrong way round", "not right yet")),
        (sharpest_with_nan, "0 · log 0"),
        (sharpest_without_nan, "0 · log 0"),
        (sharpest_flat, "two things"),
        (chosen_by(lambda w: -spread(w).min(-1)), "sharpest query"),
        (chosen_by(lambda w: -spread(w).max(-1)), "widest query"),
        (chosen_by(lambda w: -np.median(spread(w), axis=-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., 0]), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., 1]), ("widest query", NOT_YET)),
        (chosen_by(lambda w: -spread(w)[..., -1]), NOT_YET),
        (chosen_by(lambda w: -of_columns(w).mean(-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w.mean(axis=-2))), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., 1:].mean(-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w)[..., :-1].mean(-1)), ("widest query", NOT_YET)),
        (chosen_by(lambda w: -scipy.stats.trim_mean(spread(w), 0.2, axis=-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w.round(2)).mean(-1)), NOT_YET),
        (chosen_by(lambda w: (w * np.log(w + 0.01)).sum(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: -np.exp(spread(w)).mean(-1)), ("widest query", NOT_YET)),
        (chosen_by(lambda w: -np.round(spread(w).mean(-1), 1)), NOT_YET),
        (chosen_by(lambda w: (w * np.log(w + 0.003)).sum(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: (w * np.log(w + 0.001)).sum(axis=(-2, -1))), NOT_YET),
        (sharpest_by_margins, NOT_YET),
        (sharpest_of(axis=0), NOT_YET),
        (sharpest_of(axis=1), NOT_YET),
        (chosen_by(lambda w: w.max(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: w.max(axis=-1).mean(axis=-1)), NOT_YET),
        (chosen_by(lambda w: (w**2).sum(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: w.std(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: -(w > 0.1).sum(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: (w == 0).sum(axis=(-2, -1))), NOT_YET),
        (chosen_by(lambda w: -spread(w).std(axis=-1)), NOT_YET),
        (chosen_by(lambda w: np.trace(w, axis1=-2, axis2=-1)), NOT_YET),
        (chosen_by(lambda w: -spread(w).mean(-1)[:1]), NOT_YET),
        (lambda weights: (0, 0), NOT_YET),
        (lambda weights: (2, 1), NOT_YET),
        (lambda weights: tuple(np.add(sharpest_by_hand(weights), 1)), NOT_YET),
        (lambda weights: sharpest_by_hand(weights)[1], "two things"),
        *nearly(sharpest_by_hand, "two digits", "sorted"),
    ],
}
