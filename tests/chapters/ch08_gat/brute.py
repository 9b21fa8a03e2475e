"""The exercises of chapter 08 done one number at a time, as slowly and as plainly as can be."""

from fractions import Fraction
from math import exp, inf, prod
from operator import mul


def shares(logits):
    """Return a softmax: one over the sum of how many times as large each power is."""
    return [1 / sum(power(other - own) for other in logits) for own in logits]


def power(x):
    return exp(x) if x < 700 else inf


def edge_weights(logits, query):
    logits, query = logits.tolist(), query.tolist()
    weights = []
    for logit, node in zip(logits, query, strict=True):
        own = [x for x, other in zip(logits, query, strict=True) if other == node]
        weights.append(shares(own)[own.index(logit)])
    return weights


def neighbour_weights(logits, allowed):
    weights = []
    for row, real in zip(logits.tolist(), allowed.tolist(), strict=True):
        found = iter(shares([x for x, there in zip(row, real, strict=True) if there]))
        weights.append([next(found) if there else 0.0 for there in real])
    return weights


def split_logits(h, a_query, a_key, slope):
    a, h = [*a_query.tolist(), *a_key.tolist()], h.tolist()

    def logit(first, second):
        found = sum(map(mul, a, [*first, *second]))
        return found if found > 0 else slope * found

    return [[logit(first, second) for second in h] for first in h]


def numbers_held(n, edges, features):
    pairs = prod([n, n])
    return sum([pairs, pairs]) * features, pairs, sum([edges])


def own_group_share(edge_index, weights, labels):
    found = []
    for node in range(len(labels)):
        leaving = [
            (Fraction(weight), labels[key] == labels[node])
            for query, key, weight in zip(*edge_index.tolist(), weights.tolist(), strict=True)
            if query == node
        ]
        if leaving:
            found.append(sum(weight for weight, inside in leaving if inside))
    return sum(found) / Fraction(len(found))


def distinct_favourites(logits):
    favourites = set()
    for row in logits.tolist():
        for place, logit in enumerate(row):
            if all(logit > other for k, other in enumerate(row) if k != place):
                favourites.add(place)
    return len(favourites)


BRUTE = {
    "gat-1": edge_weights,
    "gat-2": neighbour_weights,
    "gat-4": split_logits,
    "gat-5": numbers_held,
    "gat-6": own_group_share,
    "gat-7": distinct_favourites,
}
