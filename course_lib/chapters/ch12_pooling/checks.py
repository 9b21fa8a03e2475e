"""The checks of chapter 12: pooling by attention."""

import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare,
    compare_choice,
    has_nan,
    read_array,
    read_pair,
)
from course_lib.language import later, say


def _nodes(rng):
    shapes = ((5, 3, 4), (4, 4, 4), (1, 2, 3), (6, 2, 5))
    return [
        (rng.normal(size=(n, d)), rng.normal(size=(hidden, d)), 0.5 * rng.normal(size=hidden))
        for n, d, hidden in shapes
    ]


def _judge_pool(cases, values):
    for (h, v, w), value in zip(cases, values, strict=True):
        pooled, weights = read_pair(
            value,
            "`attention_pool`",
            later("the pooled vector"),
            later("the weights"),
            shapes=(h.shape[1:], h.shape[:1]),
        )
        scores = np.tanh(h @ v.T) @ w
        right = softmax(scores)
        mistakes = [
            (scores, "Those are the scores; a softmax over the nodes makes weights of them."),
            (softmax(h @ v.T @ w), "The tanh is missing."),
            (np.tanh(softmax(h @ v.T @ w)), "First tanh, then w, the softmax last."),
            (softmax(np.tanh(h @ v.T @ w)), "tanh is taken of V h, before w makes one number."),
            (np.ones(len(h)), "Each node has weight 1: does the softmax run over the nodes?"),
            (np.full(len(h), 1 / len(h)), "All nodes count alike: the scores are not used."),
            (softmax(scores / np.sqrt(len(w))), "There is no 1/√d here."),
        ]
        compare(weights, right, say("The weights of {count} nodes", count=len(h)), mistakes)
        mistakes = [
            (right @ np.tanh(h), "The weights mix h itself, not its tanh."),
            (right[:, None] * h, "Sum over the nodes: one vector is asked for."),
            (h.mean(axis=0), "That is the plain mean; use the weights."),
        ]
        compare(
            pooled, right @ h, say("The pooled vector of {count} nodes", count=len(h)), mistakes
        )


def _judge_filling(cases, values):
    reasons = {
        "max": "Can a zero be larger than what is there, if nothing is below 0?",
        "both": "One of the two does not notice zeros, if nothing is below 0.",
        "neither": "Twelve rows are summed and divided by twelve. What did the four rows give?",
    }
    compare_choice(values[0], "mean", "`changed_by_filling`", reasons)


def _batches(rng):
    """Make padded batches with an empty graph; the last has large scores, and NaN in filling."""
    cases = []
    for graphs, n, d in ((3, 4, 2), (2, 5, 3), (4, 3, 4), (3, 4, 2)):
        mask = np.arange(n) < rng.integers(1, n, size=(graphs, 1))
        mask[rng.integers(graphs)] = False
        features = rng.normal(size=(graphs, n, d))
        features[~mask] = 7.0
        cases.append((rng.normal(size=(graphs, n)), features, mask))
    scores, features, mask = cases[-1]
    scores += 900  # exponentials of such scores overflow
    features[~mask] = np.nan
    return cases


def _pooled(scores, features, mask):
    weights = np.zeros(scores.shape)
    for row, score, real in zip(weights, scores, mask, strict=True):
        if real.any():
            row[real] = softmax(score[real])
    return (weights[:, None] @ np.where(mask[..., None], features, 0))[:, 0], weights


def _judge_masked(cases, values):
    for (scores, features, mask), value in zip(cases, values, strict=True):
        pooled, weights = read_pair(
            value, "`pool_masked`", later("the pooled vectors"), later("the weights")
        )
        right, right_weights = _pooled(scores, features, mask)
        empty = ~mask.any(axis=1)
        if has_nan(weights, mask.shape):
            if scores.max() > 100 and np.isnan(np.asarray(weights)[~empty]).any():
                raise Wrong("Scores of about 900 give NaN: subtract the largest of each graph.")
            if np.isnan(np.asarray(weights)[empty]).any():
                raise Wrong("A graph without nodes has NaN as weights; zeros are asked for.")
        uniform = right_weights.copy()
        uniform[empty] = 1 / mask.shape[1]
        free = softmax(scores)
        mistakes = [
            (uniform, "A graph without nodes attends to its filling; its weights should be 0."),
            (free, "The mask is not used."),
            (free * mask, "Weights of a graph do not sum to 1: mask before the softmax."),
            (_pooled(scores, features, ~mask)[1], "The mask is turned round: True = a node."),
            (
                softmax(scores * mask),
                "A score of 0 is a score like others: filling needs a weight of 0.",
            ),
        ]
        compare(
            weights, right_weights, say("The weights of {count} graphs", count=len(mask)), mistakes
        )
        if has_nan(pooled, right.shape):
            raise Wrong("0 times NaN is NaN: replace the features of the filling, too.")
        mistakes = [
            (
                (uniform[:, None] @ features)[:, 0],
                "The weights are right, but where there is no node, the vector is made of filling.",
            ),
        ]
        compare(
            pooled, right, say("The pooled vectors of {count} graphs", count=len(mask)), mistakes
        )


def _judge_query(cases, values):
    for (h, v, w), value in zip(cases, values, strict=True):
        if not isinstance(value, tuple | list) or len(value) != 3:
            raise Wrong("`as_attention` should return three things: query, key, value.")
        query, key, values_ = (
            read_array(part, what)
            for part, what in zip(value, ("The query", "The key", "The value"), strict=True)
        )
        shapes = {"query": (1, len(w)), "key": (len(h), len(w)), "value": h.shape}
        for (name, shape), part in zip(shapes.items(), (query, key, values_), strict=True):
            if part.shape != shape:
                raise Wrong(
                    "The {name} should have shape {shape}, got {found}.",
                    name=name,
                    shape=shape,
                    found=part.shape,
                )
        scores = np.tanh(h @ v.T) @ w
        mistakes = [
            (scores / np.sqrt(len(w)), "With `scale=1` nothing is to be divided by √d."),
            (scores * np.sqrt(len(w)), "With `scale=1` there is no √d to be made up for."),
            (-scores, "The sign of the query is turned round."),
            (h @ v.T @ w, "The tanh is missing."),
        ]
        weighed = [(softmax(wrong), sentence) for wrong, sentence in mistakes]
        made = softmax(query @ key.T)[0]
        compare(made, softmax(scores), "The weights that query and keys make", weighed)
        compare(values_, h, "The values", [(np.tanh(h), "The values are the nodes as they are.")])


def _weighted_bags(rng):
    cases = []
    for n in (5, 8, 4):
        wanted = np.zeros(n, dtype=bool)
        wanted[rng.choice(n, 2, replace=False)] = True
        cases.append((softmax(rng.normal(size=n)), wanted))
    tied = np.array([0.25, 0.25, 0.125, 0.25, 0.125])
    alike = np.full(3, 1 / 3)
    return [
        *cases,
        (tied, np.array([True, False, False, False, True])),
        (alike, np.array([False, True, False])),
    ]


def _judge_localisation(cases, values):
    for (weights, wanted), value in zip(cases, values, strict=True):
        first, second = weights[wanted][:, None], weights[~wanted]
        more, tie = first > second, first == second
        right = (more + 0.5 * tie).mean()
        mistakes = [
            (more.mean(), "A tie counts half."),
            ((more | tie).mean(), "A tie counts half, not whole."),
            (1 - right, "The other way round: how often the *wanted* one has more."),
            (weights[wanted].sum(), "That is the weight of the wanted ones; compare pairs."),
            ((more + 0.5 * tie).sum(), "Divide by the number of pairs."),
            (float(wanted[weights.argmax()]), "All pairs count, not only the largest weight."),
        ]
        if np.asarray(value).dtype == bool and np.ndim(value) == 0:
            raise Wrong("A share of pairs is asked for, not yes or no.")
        got = read_array(value, "`localisation`", shape=())
        compare(got, right, say("The share of {count} pairs", count=more.size), mistakes)


def _hops(rng):
    cases = [(softmax(rng.normal(size=shape)),) for shape in ((2, 5), (3, 4), (4, 3))]
    return [*cases, (np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),)]


def _judge_penalty(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        gram = weights @ weights.T
        apart = gram - np.eye(len(weights))
        right = (apart**2).sum()
        wide = weights.T @ weights - np.eye(weights.shape[1])
        mistakes = [
            (np.sqrt(right), "The square of the norm is asked for: no root."),
            (apart.sum(), "Square the entries before you sum them."),
            ((gram**2).sum(), "Subtract the identity first."),
            ((wide**2).sum(), "Multiply hop by hop: A Aᵀ has shape (hops, hops)."),
            ((apart**2).mean(), "The sum of the squares, not their mean."),
            (np.abs(apart).sum(), "Squares, not absolute values."),
        ]
        got = read_array(value, "`penalty`", shape=())
        compare(got, right, say("The penalty of {count} hops", count=len(weights)), mistakes)


def _rows(rng):
    cases = []
    for nodes, count in ((7, 3), (9, 4), (5, 2)):
        graph = np.concatenate([np.arange(count), rng.integers(count, size=nodes - count)])
        graph = rng.permutation(graph)
        cases.append((rng.normal(size=nodes), rng.normal(size=(nodes, 2)), graph, count))
    scores = np.array([900.0, -900.0, 899.0, -901.0])
    features = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    return [*cases, (scores, features, np.array([3, 1, 3, 1]), 5)]  # 0, 2 and 4 are empty


def _judge_index(cases, values):
    for (scores, features, graph, count), value in zip(cases, values, strict=True):
        right = np.zeros((count, features.shape[1]))
        mean, everybody, last = right.copy(), right.copy(), right.copy()
        for k in np.unique(graph):
            mine = graph == k
            weights = softmax(scores[mine])
            right[k] = weights @ features[mine]
            mean[k] = features[mine].mean(axis=0)
            everybody[k] = softmax(scores)[mine] @ features[mine]
            last[k] = weights[-1] * features[mine][-1]
        if isinstance(value, tuple | list) and [np.ndim(part) for part in value] == [2, 1]:
            raise Wrong("Only the pooled vectors are asked for here, not the weights.")
        if has_nan(value, right.shape):
            raise Wrong(
                "NaN comes back: a graph may have no nodes, and scores may be large; subtract the "
                "largest of each graph's own."
            )
        mistakes = [
            (mean, "That is the mean of each graph; use the scores."),
            (
                everybody,
                "Beside a score of 900, one of −900 vanishes: subtract the largest of each graph."
                if np.ptp(scores) > 100
                else "The softmax runs over all nodes; each graph needs its own.",
            ),
            (
                last,
                "Where a graph stands in `graph` several times, `pooled[graph] += …` adds once "
                "only; take one graph at a time, or `np.add.at`.",
            ),
        ]
        compare(value, right, say("The pooled vectors of {count} graphs", count=count), mistakes)


CHECKS = {
    "pooling-1": Check(inputs=_nodes, judge=_judge_pool),
    "pooling-2": Check(judge=_judge_filling, call=read_value),
    "pooling-3": Check(inputs=_batches, judge=_judge_masked),
    "pooling-4": Check(inputs=_nodes, judge=_judge_query),
    "pooling-5": Check(inputs=_weighted_bags, judge=_judge_localisation),
    "pooling-6": Check(inputs=_hops, judge=_judge_penalty),
    "pooling-7": Check(inputs=_rows, judge=_judge_index),
}
