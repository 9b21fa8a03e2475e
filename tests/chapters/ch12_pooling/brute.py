"""The exercises of chapter 12 done one number at a time, as slowly and as plainly as can be."""

from fractions import Fraction
from itertools import product
from math import exp, inf, tanh


def shares(scores):
    """Return a softmax: one over the sum of how many times as large each power is."""
    return [1 / sum(power(other - own) for other in scores) for own in scores]


def power(x):
    return exp(x) if x < 700 else inf


def mixed(weights, rows, features):
    """Return the sum of the rows, each times its weight."""
    return [sum(a * row[k] for a, row in zip(weights, rows, strict=True)) for k in range(features)]


def keys(h, v):
    return [[tanh(dot(row, node)) for row in v.tolist()] for node in h.tolist()]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def attention_pool(h, v, w):
    weights = shares([dot(w.tolist(), key) for key in keys(h, v)])
    return mixed(weights, h.tolist(), h.shape[1]), weights


def pool_masked(scores, features, mask):
    vectors, weights = [], []
    for graph in range(len(scores)):
        there = [k for k in range(scores.shape[1]) if mask[graph, k]]
        own = shares([float(scores[graph, k]) for k in there])
        vectors.append(mixed(own, [features[graph, k] for k in there], features.shape[2]))
        found = dict(zip(there, own, strict=True))
        weights.append([found.get(k, 0.0) for k in range(scores.shape[1])])
    return vectors, weights


def as_attention(h, v, w):
    return [w.tolist()], keys(h, v), h.tolist()


def localisation(weights, wanted):
    first = [x for x, real in zip(weights.tolist(), wanted, strict=True) if real]
    second = [x for x, real in zip(weights.tolist(), wanted, strict=True) if not real]
    points = [2 if a > b else 1 if a == b else 0 for a, b in product(first, second)]
    return Fraction(sum(points), 2 * len(points))


def penalty(weights):
    total = 0
    for (i, a), (j, b) in product(enumerate(weights.tolist()), repeat=2):
        total += (dot(a, b) - (1 if i == j else 0)) ** 2
    return total


def pool_by_index(scores, features, graph, num_graphs):
    pooled = []
    for number in range(num_graphs):
        mine = [k for k, other in enumerate(graph.tolist()) if other == number]
        weights = shares([float(scores[k]) for k in mine])
        pooled.append(mixed(weights, [features[k] for k in mine], features.shape[1]))
    return pooled


BRUTE = {
    "pooling-1": attention_pool,
    "pooling-3": pool_masked,
    "pooling-4": as_attention,
    "pooling-5": localisation,
    "pooling-6": penalty,
    "pooling-7": pool_by_index,
}
