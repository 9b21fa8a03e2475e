"""What is right in the exercises of chapter 12, and what well-known mistakes give."""

import functools

import numpy as np

from course_lib.attention import softmax
from course_lib.language import later

# Exercises 1 and 4: nodes h, V and w.


def scores_of(h, v, w):
    """Return the scores of the nodes."""
    return np.tanh(h @ v.T) @ w


def pool_weights(h, v, w):
    """Return the weights of the nodes."""
    return softmax(scores_of(h, v, w))


def pool_vector(h, v, w):
    """Return the pooled vector."""
    return pool_weights(h, v, w) @ h


TANH_MISSING = later("The tanh is missing.")
NODE_WEIGHT_MISTAKES = [
    (scores_of, "Those are the scores; a softmax over the nodes makes weights of them."),
    (lambda h, v, w: softmax(h @ v.T @ w), TANH_MISSING),
    (lambda h, v, w: np.tanh(softmax(h @ v.T @ w)), "First tanh, then w, the softmax last."),
    (
        lambda h, v, w: softmax(np.tanh(h @ v.T @ w)),
        "tanh is taken of V h, before w makes one number.",
    ),
    (
        lambda h, v, w: np.ones(len(h)),
        "Each node has weight 1: does the softmax run over the nodes?",
    ),
    (
        lambda h, v, w: np.full(len(h), 1 / len(h)),
        "All nodes count alike: the scores are not used.",
    ),
    (
        lambda h, v, w: softmax(scores_of(h, v, w) / np.sqrt(len(w))),
        "There is no 1/√d here.",
    ),
    (
        lambda h, v, w: np.exp(scores_of(h, v, w)) / np.exp(scores_of(h, v, w)).sum(),
        "NaN comes back where scores are large: subtract the largest of them first.",
    ),
]
NODE_VECTOR_MISTAKES = [
    (
        lambda h, v, w: pool_weights(h, v, w) @ np.tanh(h),
        "The weights mix h itself, not its tanh.",
    ),
    (
        lambda h, v, w: pool_weights(h, v, w)[:, None] * h,
        "Sum over the nodes: one vector is asked for.",
    ),
    (lambda h, v, w: h.mean(axis=0), "That is the plain mean; use the weights."),
]
KEY_MISTAKES = [
    (
        lambda h, v, w: softmax(scores_of(h, v, w) / np.sqrt(len(w))),
        "With `scale=1` nothing is to be divided by √d.",
    ),
    (
        lambda h, v, w: softmax(scores_of(h, v, w) * np.sqrt(len(w))),
        "With `scale=1` there is no √d to be made up for.",
    ),
    (lambda h, v, w: softmax(-scores_of(h, v, w)), "The sign of the query is turned round."),
    (lambda h, v, w: softmax(h @ v.T @ w), TANH_MISSING),
]
VALUE_MISTAKES = [(lambda h, v, w: np.tanh(h), "The values are the nodes as they are.")]

# Exercise 3: scores, features and mask of a padded batch.


def masked_weights(scores, features, mask, empty=0.0):
    """Return the weights of a batch; `empty` stands for each in a graph without nodes."""
    weights = np.zeros(scores.shape)
    for row, score, real in zip(weights, scores, mask, strict=True):
        if real.any():
            row[real] = unchecked_softmax(score[real])
        else:
            row[:] = empty
    return weights


def masked_vectors(scores, features, mask):
    """Return the pooled vectors of a batch."""
    weights = masked_weights(scores, features, mask)
    return (weights[:, None] @ np.where(mask[..., None], features, 0))[:, 0]


def unchecked_softmax(scores):
    """Return a softmax of rows that may hold anything."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def filled(number, *, repaired):
    """Return the mistake of a number that stands for padding."""

    def mistake(scores, features, mask):
        weights = unchecked_softmax(np.where(mask, scores, number))
        return weights * mask if repaired else weights

    return mistake


def _shares(powers):
    """Return powers divided by the sum of their row, which may be 0."""
    sums = powers.sum(axis=-1, keepdims=True)
    return powers / np.where(sums == 0, 1, sums)


def shifted_by_padding(scores, features, mask):
    """Return the weights of a softmax that subtracts the largest of all scores in a row."""
    finite = np.where(np.isfinite(scores), scores, -np.inf)
    top = finite.max(axis=-1, keepdims=True)
    powers = np.where(mask, np.exp(finite - np.where(np.isfinite(top), top, 0)), 0)
    return _shares(powers)


def multiplied_by_mask(scores, features, mask, *, of_all):
    """Return the weights of a softmax whose powers are multiplied by the mask: NaN stays NaN."""
    sought = scores if of_all else np.where(mask, scores, -np.inf)
    top = sought.max(axis=-1, keepdims=True)
    powers = np.exp(scores - np.where(top == -np.inf, 0, top)) * mask
    return _shares(powers)


MASK_MISTAKES = [
    (
        lambda scores, features, mask: masked_weights(scores, features, mask, 1 / mask.shape[1]),
        "A graph without nodes attends to its padding; its weights should be 0.",
    ),
    (
        lambda scores, features, mask: masked_weights(scores, features, mask, np.nan),
        "A graph without nodes has NaN as weights; zeros are asked for.",
    ),
    (lambda scores, features, mask: unchecked_softmax(scores), "The mask is not used."),
    (
        lambda scores, features, mask: unchecked_softmax(scores) * mask,
        "Mask before the softmax: what stands in the padding must not count in its sum.",
    ),
    (
        lambda scores, features, mask: masked_weights(scores, features, ~mask),
        "The mask is turned round: True = a node.",
    ),
    (
        shifted_by_padding,
        "The largest score is sought in the padding, too: subtract the largest of the nodes.",
    ),
    *(
        (
            functools.partial(multiplied_by_mask, of_all=of_all),
            "0 times NaN is NaN: replace the scores of the padding before the exponential.",
        )
        for of_all in (False, True)
    ),
    (
        lambda scores, features, mask: unchecked_softmax(scores * mask),
        "A score of 0 is a score like others: padding needs a weight of 0.",
    ),
    *(
        (
            filled(number, repaired=repaired),
            "The number that stands for padding is not below all scores; `-np.inf` is.",
        )
        for number in (0.0, -50.0, -100.0, -1e3, -1e4, -1e5, -1e6, -1e9)
        for repaired in (False, True)
    ),
]
MASKED_VECTOR_MISTAKES = [
    (
        lambda scores, features, mask: (masked_weights(scores, features, mask)[:, None] @ features)[
            :, 0
        ],
        "0 times NaN is NaN: replace the features of the padding, too.",
    ),
    (
        lambda scores, features, mask: np.einsum(
            "gn,gnd->gd",
            masked_weights(scores, features, mask, 1 / mask.shape[1]),
            np.where(np.isfinite(features), features, 0),
        ),
        "The weights are right, but where there is no node, the vector is made of padding.",
    ),
]

# Exercise 5: weights and what is wanted.


def tables(weights, wanted):
    """Return for all pairs whether the wanted one has more, and whether they tie."""
    first, second = weights[wanted][:, None], weights[~wanted]
    return first > second, first == second


def won(weights, wanted, tie=0.5):
    """Return the share of pairs won; a tie counts as much as is said."""
    more, tied = tables(weights, wanted)
    return (more + tie * tied).mean()


PAIR_MISTAKES = [
    (lambda weights, wanted: won(weights, wanted, 0), "A tie counts half."),
    (lambda weights, wanted: won(weights, wanted, 1), "A tie counts half, not whole."),
    (
        lambda weights, wanted: 1 - won(weights, wanted),
        "The other way round: how often the *wanted* one has more.",
    ),
    (
        lambda weights, wanted: weights[wanted].sum(),
        "That is the weight of the wanted ones; compare pairs.",
    ),
    (
        lambda weights, wanted: won(weights, wanted) * wanted.sum() * (~wanted).sum(),
        "Divide by the number of pairs.",
    ),
    (
        lambda weights, wanted: float(wanted[weights.argmax()]),
        "All pairs count, not only the largest weight.",
    ),
]

# Exercise 6: the weights of hops.


def apart(weights):
    """Return the matrix whose squares are summed."""
    return weights @ weights.T - np.eye(len(weights))


def hop_penalty(weights):
    """Return the penalty of hops that look alike or widely."""
    return (apart(weights) ** 2).sum()


def without_diagonal(weights):
    """Return the overlap of different hops."""
    gram = weights @ weights.T
    return ((gram - np.diag(np.diag(gram))) ** 2).sum()


PENALTY_MISTAKES = [
    (
        lambda weights: np.sqrt(hop_penalty(weights)),
        "The square of the norm is asked for: no root.",
    ),
    (lambda weights: apart(weights).sum(), "Square the entries before you sum them."),
    (lambda weights: ((weights @ weights.T) ** 2).sum(), "Subtract the identity first."),
    (lambda weights: hop_penalty(weights.T), "Multiply hop by hop: A Aᵀ has shape (hops, hops)."),
    (lambda weights: (apart(weights) ** 2).mean(), "The sum of the squares, not their mean."),
    (lambda weights: np.abs(apart(weights)).sum(), "Squares, not absolute values."),
    (without_diagonal, "The diagonal counts, too: how far each sum of squares is from 1."),
]

# Exercise 7: nodes of many graphs in one row.


def by_index(weigh):
    """Return what pools each graph with the weights that `weigh(scores, mine)` gives its nodes."""

    def pool(scores, features, graph, num_graphs):
        pooled = np.zeros((num_graphs, features.shape[1]))
        for k in np.unique(graph):
            mine = graph == k
            pooled[k] = weigh(scores, mine) @ features[mine]
        return pooled

    return pool


def own_weights(scores, mine):
    """Return the softmax of one graph's nodes."""
    return softmax(scores[mine])


def last_only(scores, mine):
    """Return the weights of a graph's nodes where each overwrites the one before."""
    return own_weights(scores, mine) * (np.arange(mine.sum()) == mine.sum() - 1)


def unshifted(scores, mine, shift=0.0):
    """Return weights for which the same number was subtracted everywhere."""
    powers = np.exp(scores[mine] - shift)
    return powers / powers.sum()


def with_largest_of_all(scores, mine):
    """Return weights for which the largest score of all graphs was subtracted."""
    return unshifted(scores, mine, scores.max())


def empty_nan(weigh):
    """Return what pools like `by_index(weigh)`, but gives NaN for a graph without nodes."""

    def pool(scores, features, graph, num_graphs):
        pooled = by_index(weigh)(scores, features, graph, num_graphs)
        pooled[~np.isin(np.arange(num_graphs), graph)] = np.nan
        return pooled

    return pool


pool_by_index = by_index(own_weights)
OWN_LARGEST = later("Subtract the largest score of each graph's own nodes.")
INDEX_MISTAKES = [
    (
        by_index(lambda scores, mine: np.full(mine.sum(), 1 / mine.sum())),
        "That is the mean of each graph; use the scores.",
    ),
    (
        by_index(lambda scores, mine: softmax(scores)[mine]),
        "The softmax runs over all nodes; each graph needs its own.",
    ),
    (
        by_index(last_only),
        "Where a graph stands in `graph` several times, `pooled[graph] += …` adds once only; "
        "take one graph at a time, or `np.add.at`.",
    ),
    *(
        (empty_nan(weigh), "A graph without nodes gives NaN; zeros are asked for.")
        for weigh in (own_weights, unshifted, with_largest_of_all)
    ),
    (by_index(unshifted), OWN_LARGEST),
    (by_index(with_largest_of_all), OWN_LARGEST),
    (
        by_index(lambda scores, mine: np.nan_to_num(with_largest_of_all(scores, mine))),
        OWN_LARGEST,
    ),
]
