"""The tasks of chapter 13 done the slow and plain way, by other ideas than the solutions'."""

from functools import cache
from itertools import product

import networkx as nx
import numpy as np


def reading_order(weights):
    """A topological order of the graph, against its edges: they point to what came before."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(weights)))
    graph.add_edges_from((i, j) for i, j in np.argwhere(weights > 0).tolist() if i != j)
    return list(nx.topological_sort(graph))[::-1]


def previous_scores(weights):
    layers, heads, n, _ = weights.shape
    found = np.zeros((layers, heads))
    for layer, head in np.ndindex(layers, heads):
        for i in range(1, n):
            found[layer, head] += weights[layer, head, i, i - 1] / (n - 1)
    return found


def induction_scores(weights, half):
    words = list(range(half)) * 2
    return mended(weights, words)


def mended(weights, tokens):
    """Every query and every earlier place: is the same token there?"""
    layers, heads, n, _ = weights.shape
    found = np.zeros((layers, heads))
    for layer, head in np.ndindex(layers, heads):
        sums = {}
        for i, j in product(range(n), range(n)):
            if j < i and tokens[i] == tokens[j]:
                sums[i] = sums.get(i, 0) + weights[layer, head, i, j + 1]
        found[layer, head] = sum(sums.values()) / len(sums)
    return found


def path_strength(lower, upper, half):
    """All paths of two edges; those that end at the earlier copy and come from its right."""
    n = 2 * half
    found = [0.0] * half
    for i, k, j in product(range(n), repeat=3):
        if i >= half and j == i - half and k == j + 1:
            found[i - half] = float(upper[i, k] * lower[k, j])
    return found


def rises(whole, without):
    texts, columns = whole.shape
    half = (columns + 1) // 2
    word_of = {t: t + 1 for t in range(columns)}
    known = [t for t in range(columns) if word_of[t] > half]
    layers, heads = without.shape[:2]
    found = np.zeros((layers, heads))
    for layer, head in np.ndindex(layers, heads):
        new = [without[layer, head, s, t] for s in range(texts) for t in known]
        old = [whole[s, t] for s in range(texts) for t in known]
        found[layer, head] = sum(new) / len(new) - sum(old) / len(old)
    return found


def others_like(heads, num_heads, rng):
    """Draw whole sets, head by head, and take a head only if it is free."""
    drawn = []
    for layer, _ in heads:
        while True:
            pair = (layer, int(rng.integers(num_heads)))
            if pair not in heads and pair not in drawn:
                break
        drawn.append(pair)
    return drawn


def first_token_shares(layers):
    """From where can the walk have come? Every last step, and every walk before it."""
    depth, n, _ = layers.shape

    @cache
    def chance(steps, at):
        if steps == 0:
            return float(at == n - 1)
        return sum(chance(steps - 1, i) * layers[depth - steps, i, at] for i in range(n))

    return [chance(steps, 0) for steps in range(1, depth + 1)]


BRUTE = {
    "causal-1": reading_order,
    "causal-2": previous_scores,
    "causal-3": induction_scores,
    "causal-4": mended,
    "causal-5": path_strength,
    "causal-6": rises,
    "causal-7": others_like,
    "causal-8": first_token_shares,
}
