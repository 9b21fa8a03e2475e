"""Chapter 02's exercises by ways that are slow, plainly right, and not the solutions' ideas."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def shares(logits):
    """Compute each weight by itself, from how far the others lie above it, without a maximum."""

    def power(difference):
        return math.exp(difference) if difference < 700 else math.inf

    return [1 / sum(power(other - logit) for other in logits) for logit in logits]


def safe_softmax(logits):
    return [shares(row) for row in logits.tolist()]


def attention_weights(query, key):
    root = math.sqrt(len(query[0]))
    return [shares([math.fsum(q * k) / root for k in key]) for q in query]


def causal_attention(query, key, value):
    """Each query alone with the tokens up to its own: what is deleted needs no mask."""
    n = len(query)
    output, weights = [], np.zeros((n, n))
    for i in range(n):
        seen = slice(i + 1)
        tensors = [torch.tensor(part)[None] for part in (query[i : i + 1], key[seen])]
        carried = torch.tensor(np.hstack([value[seen], np.eye(i + 1)]))[None]
        row = F.scaled_dot_product_attention(*tensors, carried)[0, 0].numpy()
        output.append(row[: value.shape[1]])
        weights[i, seen] = row[value.shape[1] :]
    return np.array(output), weights


def relabelled(weights, order):
    """Tell each weight by the names of its two tokens, and look the names up in the new order."""
    n = len(order)
    by_names = {(f"token {i}", f"token {j}"): weights[i, j] for i in range(n) for j in range(n)}
    names = [f"token {old}" for old in order]
    return [[by_names[query, key] for key in names] for query in names]


def sharpest_head(weights):
    layers, heads = weights.shape[:2]
    total = {
        (layer, head): math.fsum(
            weight * -math.log(weight)
            for weight in weights[layer, head].ravel().tolist()
            if weight > 0
        )
        for layer in range(layers)
        for head in range(heads)
    }
    return min(total, key=total.get)


BRUTE = {
    "weights-2": safe_softmax,
    "weights-3": attention_weights,
    "weights-4": causal_attention,
    "weights-5": relabelled,
    "weights-6": sharpest_head,
}
