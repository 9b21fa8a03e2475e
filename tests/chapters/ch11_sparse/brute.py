"""The exercises of chapter 11 by other ideas than their solutions': slow, and plainly right."""

import math
from fractions import Fraction

import numpy as np


def weight_by_weight(weights, cutoff):
    rows = []
    for row in weights.tolist():
        kept = [w if w > cutoff else 0.0 for w in row]
        if not any(w > cutoff for w in row):
            place = row.index(max(row))
            kept = [row[j] if j == place else 0.0 for j in range(len(row))]
        rows.append([w / math.fsum(kept) for w in kept])
    return rows


def one_way_and_the_other(kept):
    values = []
    for is_kept in kept.tolist():
        values.append(1.0 if is_kept else -1.0)
    return values


def one_after_the_other(weights, mass):
    """Take the largest of what is left, in exact fractions, until the mass is reached."""
    counts = []
    for row in weights.tolist():
        left, held = [Fraction(w) for w in row], Fraction(0)
        # A sum that falls short by rounding has reached the mass.
        while Fraction(mass) - held > Fraction(1, 10**9):
            held += left.pop(left.index(max(left)))
        counts.append(len(row) - len(left))
    return sum(counts) / len(counts)


def by_bisection(logits):
    """The sum falls as τ rises: halve the interval in which it is 1."""
    low, high = min(logits) - 1, max(logits)
    for _ in range(100):
        tau = (low + high) / 2
        if math.fsum(max(z - tau, 0) for z in logits) > 1:
            low = tau
        else:
            high = tau
    return [max(z - tau, 0) for z in logits]


def pair_by_pair(n, radius):
    edges = 0
    for i in range(n):
        for j in range(max(0, i - radius), n):
            if j > i + radius:
                break
            edges += 1
    return edges


def query_by_query(query, key, value, edge_index):
    keys = {}
    for i, j in edge_index.T.tolist():
        keys.setdefault(i, []).append(j)
    output = np.zeros((len(query), value.shape[1]))
    for i, own in keys.items():
        logits = [
            math.fsum(a * b for a, b in zip(query[i], key[j], strict=True))
            / math.sqrt(len(query[i]))
            for j in own
        ]
        powers = [math.exp(logit - max(logits)) for logit in logits]
        for j, power in zip(own, powers, strict=True):
            output[i] += power / math.fsum(powers) * value[j]
    return output


def block_by_block(query, key, size, k):
    """Sort the names of the other blocks by their products, for each query alone."""
    n, d = query.shape
    chosen = []
    for i in range(n):
        products = {}
        for first in range(0, n, size):
            mean = [math.fsum(key[first : first + size, c]) / size for c in range(d)]
            if first != i - i % size:
                products[first // size] = math.fsum(query[i, c] * mean[c] for c in range(d))
        best = {i // size, *sorted(products, key=products.get, reverse=True)[:k]}
        chosen.append([block in best for block in range(n // size)])
    return chosen


BRUTE = {
    "sparse-1": weight_by_weight,
    "sparse-2": one_way_and_the_other,
    "sparse-3": one_after_the_other,
    "sparse-4": by_bisection,
    "sparse-6": pair_by_pair,
    "sparse-7": query_by_query,
    "sparse-8": block_by_block,
}
