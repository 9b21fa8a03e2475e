"""The checks of chapter 08: attention on a given graph."""

import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare,
    compare_choice,
    compare_numbers,
    has_nan,
    read_array,
)
from course_lib.language import say


def _edge_lists(rng):
    """Make logits with the query of each edge: unsorted, one far below, one node with one edge."""
    cases = []
    for n, count in ((4, 9), (6, 13), (3, 5)):
        query = np.concatenate([np.arange(n), rng.integers(0, n, size=count - n)])
        cases.append((rng.normal(size=count), rng.permutation(query)))
    low = np.array([2, 0, 2, 0, 5])
    cases.append((np.array([-1000.0, 900.0, -1001.0, 898.5, 3.0]), low))
    # A node's own logits lie far apart, the largest not last: only it can be subtracted.
    wide = np.array([4, 1, 4, 4, 1, 1])
    return [*cases, (np.array([0.0, 5.0, 900.0, -1000.0, -800.0, -1600.0]), wide)]


def _edge_softmax(logits, query):
    weights = np.zeros(len(logits))
    for node in np.unique(query):
        mine = query == node
        weights[mine] = softmax(logits[mine])
    return weights


def _judge_edge_weights(cases, values):
    for (logits, query), value in zip(cases, values, strict=True):
        right = _edge_softmax(logits, query)
        alike = 1 / np.bincount(query)[query]
        with np.errstate(all="ignore"):
            powers = np.exp(logits)
            shared = np.exp(logits - logits.max())
            sums = np.bincount(query, shared)[query]
            by_node = right[np.argsort(query, kind="stable")]
        if has_nan(value, logits.shape) and np.abs(logits).max() > 100:
            raise Wrong(
                "Logits far from 0 give NaN: subtract the largest logit of each node's own edges, "
                "neither none nor one for all. (An array that collects them begins at −∞.)"
            )
        mistakes = [
            (by_node, "The weights are right, but in the order of the nodes, not of the edges."),
            (softmax(logits), "That is one softmax over all edges; each node has its own."),
            (alike, "All edges of a node count alike: the logits are not used."),
            (powers, "Divide by the sum over the edges of the same node."),
            (shared / np.where(sums == 0, 1, sums), "Subtract the maximum of each node's own."),
        ]
        compare(value, right, say("The weights of {count} edges", count=len(query)), mistakes)


def _masked(rng):
    """Make logits with masks; some rows have no edge, and some logits are near float16's end."""
    cases = []
    for n in (4, 5, 3):
        allowed = rng.random((n, n)) < 0.5
        allowed[0], allowed[1], allowed[2, :2] = False, True, (True, False)
        cases.append((rng.normal(size=(n, n)), allowed))
    large = np.array([[60000, 59968, -60000], [1, 2, 3], [-60000, 0.5, -60000]], dtype=np.float16)
    allowed = np.array([[True, True, False], [False, False, False], [True, False, True]])
    return [*cases, (large, allowed), (np.zeros((2, 2)), np.zeros((2, 2), dtype=bool))]


def _masked_softmax(logits, allowed):
    weights = np.zeros(logits.shape)
    for row, values, real in zip(weights, logits.astype(float), allowed, strict=True):
        if real.any():
            row[real] = softmax(values[real])
    return weights


def _judge_masked(cases, values):
    for (logits, allowed), value in zip(cases, values, strict=True):
        n = len(logits)
        right = _masked_softmax(logits, allowed)
        empty = ~allowed.any(axis=1)
        if has_nan(value, (n, n)):
            if np.isnan(np.asarray(value)[~empty]).any():
                raise Wrong(
                    "With {dtype} logits, NaN comes back where there are edges. Is the largest of "
                    "the row subtracted, and in a type in which the numbers fit?",
                    dtype=logits.dtype,
                )
            raise Wrong(
                "With {dtype} logits, a row without edges gives NaN; it should be all zeros.",
                dtype=logits.dtype,
            )
        large = np.abs(logits).max() > 100
        got = read_array(value, say("The weights of {n} nodes", n=n), shape=(n, n))
        if large and (got[~empty] < 1e-9).all(axis=1).any():
            raise Wrong(
                "A row with edges has no weight left: is your large negative number below all "
                "logits? `-np.inf` is."
            )
        uniform = right.copy()
        uniform[empty] = 1 / n
        free = softmax(logits.astype(float))
        mistakes = [
            (uniform, "A row without edges attends to everybody; it should be all zeros."),
            (right + np.diag(empty), "A row without edges is all zeros, on the diagonal too."),
            (
                softmax(np.where(allowed, logits.astype(float), 0)),
                "A logit of 0 still has weight: exp(0) = 1.",
            ),
            (_masked_softmax(logits, ~allowed), "The mask is turned round: True = there is one."),
            (free, "The mask is not used."),
            (free * allowed, "Rows with edges do not sum to 1: mask before the softmax."),
            (_masked_softmax(logits, allowed.T), "The mask is transposed."),
            (_masked_softmax(logits.T, allowed.T).T, "The softmax goes over the columns."),
        ]
        compare(
            value,
            right,
            say("The weights of {n} nodes ({dtype})", n=n, dtype=logits.dtype),
            mistakes,
        )


def _judge_swapped(cases, values):
    reasons = {
        "own": "That would be so after an even number of layers. Follow one layer at a time.",
        "mixed": "A softmax over a single edge is 1: there is nothing that it could be mixed with.",
    }
    compare_choice(values[0], "other", "`whose_features`", reasons)


def _features(rng):
    cases = []
    for n, features, slope in ((4, 3, 0.2), (5, 2, 0.0), (3, 4, 1.0), (2, 1, 0.5)):
        h, by_query, by_key = rng.normal(size=(n, features)), *rng.normal(size=(2, features))
        cases.append((h, by_query, by_key, slope))
    return cases


def _pair_logits(h, by_query, by_key, slope):
    first, second = (h @ by_query)[:, None], (h @ by_key)[None, :]
    return _leaky(first + second, slope)


def _leaky(x, slope):
    return np.where(x > 0, x, slope * x)


def _judge_split(cases, values):
    for (h, by_query, by_key, slope), value in zip(cases, values, strict=True):
        right = _pair_logits(h, by_query, by_key, slope)
        first, second = (h @ by_query)[:, None], (h @ by_key)[None, :]
        mistakes = [
            (right.T, "Transposed: queries are the rows."),
            (first + second, "LeakyReLU is missing."),
            (_leaky(first, slope) + _leaky(second, slope), "Add first, LeakyReLU after that."),
            (
                (_leaky(h, slope) @ by_query)[:, None] + _leaky(h, slope) @ by_key,
                "Add first, LeakyReLU after that.",
            ),
            (_leaky(first + second, 0.2), "`slope` is not always 0.2."),
            (softmax(right), "Logits are asked for, not weights."),
            (np.maximum(first + second, 0), "What is negative is multiplied by `slope`, not cut."),
            (_leaky(first * second, slope), "The two numbers are added, not multiplied."),
            (_leaky(first + first.T, slope), "The key's number comes from `a_key`."),
            (np.where(right > 0, slope * right, right), "The slope is for what is negative."),
        ]
        compare(
            value,
            right,
            say("The logits of {count} nodes, slope {slope}", count=len(h), slope=slope),
            mistakes,
        )


def _graph_sizes(rng):
    return [(5, 12, 3), (3000, 12000, 64), (1, 1, 2), (34, 190, 8), (1000, 999, 1)]


def _judge_held(cases, values):
    for (n, edges, features), value in zip(cases, values, strict=True):
        what = f"`numbers_held({n}, {edges}, {features})`"
        got = read_array(value, what, shape=(3,))
        right = np.array([n * n * 2 * features, n * n, edges], dtype=float)
        mistakes = [
            ([n * n * features, n * n, edges], "Two vectors are joined: 2 F."),
            ([n * (n - 1) * 2 * features, n * (n - 1), edges], "A node pairs with itself as well."),
            ([right[0], right[1], edges + n], "The edge list is taken as it is given."),
            ([right[0], right[1], 2 * edges], "The edge list is taken as it is given."),
            (
                [right[0], right[1], edges * 2 * features],
                "The edge list adds two numbers for each edge; it joins nothing.",
            ),
            (
                [right[0], right[1], max(edges, n * features)],
                "The features themselves do not count: every form has them.",
            ),
            (
                [n * (n - 1) * features, n * (n - 1) / 2, edges],
                "A pair has an order: (i, j) and (j, i) are two, and (i, i) is one.",
            ),
            (
                [n * (n + 1) * features, n * (n + 1) / 2, edges],
                "A pair has an order: (i, j) and (j, i) are two.",
            ),
            (
                [right[0] / 2, right[1] / 2, edges],
                "A pair has an order: (i, j) and (j, i) are two.",
            ),
            ([edges * 2 * features, n * n, edges], "The pairwise form makes *all* pairs."),
            ([n * n * 2 * features, 2 * n, edges], "Split, it still holds a logit for each pair."),
            (right * 4, "Numbers, not bytes."),
            (right[::-1], "The other way round: pairwise, split, edges."),
        ]
        compare(got, right, what, mistakes)


def _labelled_graphs(rng):
    cases = []
    for n in (5, 7, 6):
        adjacency = rng.random((n, n)) < 0.5
        adjacency[0] = False  # a node without edges
        adjacency[1, :2] = True
        query, key = np.nonzero(adjacency)
        order = rng.permutation(len(query))
        query, key = query[order], key[order]
        weights = _edge_softmax(rng.normal(size=len(query)), query)
        groups = 3 if n == 7 else 2
        labels = rng.integers(0, groups, size=n)
        labels[1] = (labels[0] + 1) % groups
        cases.append((np.stack([query, key]), weights, labels))
    # One node with many edges, two with one, of which one leads outside, one only attended to.
    star = np.array([[2, 0, 2, 1, 2, 2], [0, 2, 3, 3, 1, 2]])
    cases.append((star, np.array([0.1, 1.0, 0.2, 1.0, 0.3, 0.4]), np.array([0, 1, 0, 0, 0])))
    return cases


def _judge_share(cases, values):
    expected, mistakes = [], []
    for edge_index, weights, labels in cases:
        query, key = edge_index
        inside = labels[query] == labels[key]
        share = np.bincount(query, weights * inside, minlength=len(labels))
        real = np.unique(query)
        by_key = np.bincount(key, weights * inside, minlength=len(labels))
        expected.append(share[real].mean())
        told = [
            (by_key[real].mean(), "Sum over the edges that *leave* a node, row 0."),
            (by_key[np.unique(key)].mean(), "Sum over the edges that *leave* a node, row 0."),
            (
                share.mean(),
                "Take the mean over the nodes that have edges: the share of one without edges is "
                "not 0 but unknown.",
            ),
            (
                share.sum() / (query.max() + 1),
                "Take the mean over the nodes that have edges, not over all numbers up to the "
                "largest.",
            ),
            (
                share[np.unique(query[inside])].mean(),
                "A node whose edges all lead outside has share 0, and it counts.",
            ),
            ((weights * inside).sum(), "That is the sum over all nodes; take their mean."),
            (inside.mean(), "The weights are not used: that is the share of edges."),
            (
                np.mean([inside[query == i].mean() for i in real]),
                "The weights are not used: that counts all neighbours alike.",
            ),
            (1 - share[real].mean(), "That is what goes to *other* groups."),
            ((weights * inside).mean(), "The mean is over nodes, not over edges."),
        ]
        mistakes.append(told)
    compare_numbers(values, expected, "The mean share", mistakes)


def _logit_matrices(rng):
    def static(n):
        return rng.normal(size=(n, 1)) + rng.normal(size=n)

    crafted = np.array([[1.0, 3.0, 2.0], [2.0, 4.0, 1.0], [0.0, 2.0, 1.0], [1.0, 7.0, 3.0]])
    level = np.array([[3.0, 1.0, 0.0], [0.0, 3.0, 1.0], [3.0, 0.0, 1.0]])
    cases = [level, static(6), rng.normal(size=(8, 5)), crafted, rng.normal(size=(3, 9))]
    return [(logits,) for logits in cases]


def _judge_favourites(cases, values):
    expected, mistakes = [], []
    for (logits,), value in zip(cases, values, strict=True):
        if np.ndim(value) == 1:
            raise Wrong("How many favourites there are is asked for, not which.")
        expected.append(len(np.unique(logits.argmax(axis=1))))
        told = [
            (len(np.unique(logits.max(axis=1))), "Count keys, not values of logits."),
            (len(np.unique(logits.argmax(axis=0))), "That asks the keys; each row is a query."),
            (len(logits), "Count each favourite once, however many queries share it."),
            (
                len(np.unique(logits.argmin(axis=1))),
                "The favourite has the *largest* logit.",
            ),
        ]
        mistakes.append(told)
    compare_numbers(values, expected, "The number of favourites", mistakes)


CHECKS = {
    "gat-1": Check(inputs=_edge_lists, judge=_judge_edge_weights),
    "gat-2": Check(inputs=_masked, judge=_judge_masked),
    "gat-3": Check(judge=_judge_swapped, call=read_value),
    "gat-4": Check(inputs=_features, judge=_judge_split),
    "gat-5": Check(inputs=_graph_sizes, judge=_judge_held),
    "gat-6": Check(inputs=_labelled_graphs, judge=_judge_share),
    "gat-7": Check(inputs=_logit_matrices, judge=_judge_favourites),
}
