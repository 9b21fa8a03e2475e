"""The exercises of chapter 14 by other ideas than their solutions': slow, and plainly right."""

import math
from fractions import Fraction
from itertools import combinations, product

import numpy as np


def hide_each(predict, text):
    """Total variation by its other definition: the largest difference of any set of classes."""
    changes = []
    for place in range(len(text)):
        hidden = [0 if k == place else word for k, word in enumerate(text)]
        p, q = (predict(np.array([t]))[0].tolist() for t in (text, hidden))
        sets = product([False, True], repeat=len(p))
        changes.append(
            max(
                sum(a - b for a, b, inside in zip(p, q, chosen, strict=True) if inside)
                for chosen in sets
            )
        )
    return changes


def value_zeroing(layer, values):
    """The angle between two outputs by the triangle that they span."""
    n, d = values.shape
    found = np.zeros((n, n))
    whole = layer(values).tolist()
    for j in range(n):
        without = [[0.0] * d if k == j else list(row) for k, row in enumerate(values.tolist())]
        for i, (one, other) in enumerate(zip(whole, layer(without).tolist(), strict=True)):
            a, b, c = math.hypot(*one), math.hypot(*other), math.dist(one, other)
            # 1 - cos, from c² = a² + b² - 2ab cos
            found[i, j] = 1 - (a**2 + b**2 - c**2) / (2 * a * b)
    return found


def gradient_rollout(weights, gradients):
    """Multiplied out: each set of layers that a path uses, and each path through them."""
    depth, h, n, _ = weights.shape
    matrices = np.zeros((depth, n, n))
    for layer, head, i, j in np.ndindex(depth, h, n, n):
        matrices[layer, i, j] += max(weights[layer, head, i, j] * gradients[layer, head, i, j], 0)
    matrices /= h
    total = np.eye(n)
    for count in range(1, depth + 1):
        for used in combinations(range(depth), count):
            for path in product(range(n), repeat=count + 1):  # from the input upwards
                weight = 1.0
                for k, layer in enumerate(used):
                    weight *= matrices[layer, path[k + 1], path[k]]
                total[path[-1], path[0]] += weight
    return total


def deletion_area(predict, text, order):
    """Trapezoid by trapezoid."""
    first = predict(np.array([text]))[0].tolist()
    followed = first.index(max(first))
    area, last, left = 0.0, first[followed], text.tolist()
    for place in order.tolist():
        left[place] = 0
        now = predict(np.array([left]))[0][followed]
        area += (last + now) / 2 / len(text)
        last = now
    return area


def fair_best(scores):
    """For each text, a league of the other texts."""
    count, texts = scores.shape
    total = 0.0
    for text in range(texts):
        means = {
            candidate: math.fsum(scores[candidate, k] for k in range(texts) if k != text)
            for candidate in range(count)
        }
        total += scores[max(means, key=means.get), text]
    return total / texts


def flip_p_value(differences, signs):
    """With exact fractions, so that nothing is lost to rounding but what the differences lost."""
    exact = [Fraction(float(d)) for d in differences]
    measured, beyond = abs(sum(exact)), 0
    for row in signs.tolist():
        flipped = abs(sum(sign * d for sign, d in zip(row, exact, strict=True)))
        beyond += flipped >= measured - Fraction(1e-9) * len(exact)
    return Fraction(1 + beyond, 1 + len(signs))


BRUTE = {
    "explain-1": hide_each,
    "explain-3": value_zeroing,
    "explain-4": gradient_rollout,
    "explain-5": deletion_area,
    "explain-6": fair_best,
    "explain-7": flip_p_value,
}
