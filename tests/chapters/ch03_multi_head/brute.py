"""The tasks of chapter 03 done the slow and plain way, by other ideas than the solutions'."""

import math
from fractions import Fraction

import numpy as np


def split(x, num_heads):
    n, d = x.shape
    width = d // num_heads
    heads = np.empty((num_heads, n, width))
    for token in range(n):
        for feature in range(d):
            head, place = divmod(feature, width)
            heads[head, token, place] = x[token, feature]
    return heads


def head_size(d_model, num_heads):
    size = Fraction(d_model, num_heads)
    if size.denominator == 1:
        return size
    raise ValueError(f"no size of a head makes {num_heads} of them {d_model} wide")


def self_share(weights):
    hits = rows = 0
    for head in weights:
        for i, row in enumerate(head):
            rows += 1
            hits += all(row[i] > weight for j, weight in enumerate(row) if j != i)
    return hits / rows


def multi_head(x, w_q, w_k, w_v, w_o, num_heads):
    n, d = x.shape
    width = d // num_heads
    query, key, value = x @ w_q, x @ w_k, x @ w_v
    output, all_weights = np.zeros((n, d)), np.empty((num_heads, n, n))
    for head in range(num_heads):
        features = range(head * width, (head + 1) * width)
        for i in range(n):
            logits = [
                sum(query[i, f] * key[j, f] for f in features) / math.sqrt(width) for j in range(n)
            ]
            powers = [math.exp(logit - max(logits)) for logit in logits]
            for j in range(n):
                all_weights[head, i, j] = powers[j] / sum(powers)
                for f in features:
                    output[i] += all_weights[head, i, j] * value[j, f] * w_o[f]
    return output, all_weights


def previous_token_head(weights):
    found = {}
    for layer, heads in enumerate(weights):
        for head, rows in enumerate(heads):
            given = [float(rows[i][i - 1]) for i in range(1, len(rows))]
            found[layer, head] = sum(given) / len(given)
    return max(found, key=found.get)


def nearest_head_distance(weights):
    count, n, _ = weights.shape
    distances = []
    for head in weights:
        roots = []
        for i in range(n):
            bits = 0.0
            for j in range(n):
                mean = sum(other[i, j] for other in weights) / count
                middle = (mean + head[i, j]) / 2
                for weight in (mean, head[i, j]):
                    if weight > 0:
                        bits += weight * math.log2(weight / middle) / 2
            roots.append(math.sqrt(max(bits, 0)))
        distances.append(sum(roots) / n)
    return min(distances)


BRUTE = {
    "multi_head-1": split,
    "multi_head-2": head_size,
    "multi_head-3": self_share,
    "multi_head-4": multi_head,
    "multi_head-5": previous_token_head,
    "multi_head-6": nearest_head_distance,
}
