"""The tasks of chapter 04 done the slow and plain way, by other ideas than the solutions'."""

import itertools

import numpy as np


def degree_of_all(n):
    ends = [end for edge in itertools.product(range(n), repeat=2) for end in edge if end == 0]
    return len(ends) / (n - 1)


def pagerank_by_steps(weights, damping):
    """Sum over the steps since the last jump, until what is left is too small to count."""
    n = len(weights)
    found = [0.0] * n
    after_a_jump = [(1 - damping) / n] * n
    while sum(after_a_jump) > 1e-13:
        found = [a + b for a, b in zip(found, after_a_jump, strict=True)]
        after_a_jump = [
            damping * sum(after_a_jump[i] * float(weights[i, j]) for i in range(n))
            for j in range(n)
        ]
    return np.array(found)


def silent_weights(n):
    """Give half to all alike, a quarter to itself and a quarter to the next token."""
    weights = [[0.5 / n] * n for _ in range(n)]
    for i in range(n):
        weights[i][i] += 0.25
        weights[i][(i + 1) % n] += 0.25
    return weights


def strongest_way(weights, start, end):
    """Lengthen the best ways known so far by an edge, as often as a way can have edges."""
    best = {start: (1.0, [start])}
    for _ in range(len(weights) - 1):
        for i, (product, way) in list(best.items()):
            for j, weight in enumerate(weights[i].tolist()):
                if product * weight > best.get(j, (0.0,))[0]:
                    best[j] = product * weight, [*way, j]
    return best[end][1]


def without(weights, positions):
    n = len(weights)
    rows = []
    for i in range(n):
        if i not in positions:
            row = [float(weights[i, j]) for j in range(n) if j not in positions]
            rows.append([weight / sum(row) for weight in row])
    return rows


def rank_agreement(first, second):
    def ranks(scores):
        return [sum(other < score for other in scores) for score in scores]

    def centred(numbers):
        return [number - sum(numbers) / len(numbers) for number in numbers]

    one, other = centred(ranks(first)), centred(ranks(second))
    both = sum(a * b for a, b in zip(one, other, strict=True))
    return both / (sum(a * a for a in one) * sum(b * b for b in other)) ** 0.5


def factor_by_walking(weights):
    """Let the chance to be at each later token run down, and see by how much it shrinks."""
    chances = [1.0] * (len(weights) - 1)
    for _ in range(600):
        rows = list(zip(chances, weights[1:].tolist(), strict=True))
        stepped = [sum(chance * row[j + 1] for chance, row in rows) for j in range(len(rows))]
        factor = sum(stepped) / sum(chances)
        chances = [chance / sum(stepped) for chance in stepped]
    return factor


BRUTE = {
    "centrality-1": degree_of_all,
    "centrality-2": pagerank_by_steps,
    "centrality-3": silent_weights,
    "centrality-4": strongest_way,
    "centrality-5": without,
    "centrality-6": rank_agreement,
    "centrality-8": factor_by_walking,
}
