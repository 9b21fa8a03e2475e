"""What is right in the exercises of chapter 08, and what well-known mistakes give."""

import itertools

import numpy as np

from course_lib.attention import softmax


def edge_softmax(logits, query, shift=np.max):
    """Return the weights of edges; `shift` says what is subtracted from the logits of a node."""
    weights = np.zeros(len(logits))
    for node in np.unique(query):
        mine = query == node
        powers = np.exp(logits[mine] - shift(logits[mine]))
        weights[mine] = powers / powers.sum()
    return weights


def with_one_maximum(logits, query, *, repaired=False):
    """Return weights for which the largest of all logits was subtracted."""
    powers = np.exp(logits - logits.max())
    sums = np.bincount(query, powers)[query]
    return powers / np.where(repaired & (sums == 0), 1, sums)


OWN = "Subtract the largest logit of each node's own edges, neither none nor one for all."


EDGE_MISTAKES = [
    (
        lambda logits, query: edge_softmax(logits, query)[np.argsort(query, kind="stable")],
        "The weights are right, but in the order of the nodes, not of the edges.",
    ),
    (
        lambda logits, query: softmax(logits),
        "That is one softmax over all edges; each node has its own.",
    ),
    (
        lambda logits, query: 1 / np.bincount(query)[query],
        "All edges of a node count alike: the logits are not used.",
    ),
    (
        lambda logits, query: np.exp(logits - own_largest(logits, query)),
        "Divide by the sum over the edges of the same node.",
    ),
    (lambda logits, query: edge_softmax(logits, query, lambda own: 0), OWN),
    (lambda logits, query: with_one_maximum(logits, query), OWN),
    (lambda logits, query: with_one_maximum(logits, query, repaired=True), OWN),
    (
        lambda logits, query: edge_softmax(logits, query, lambda own: max(0, own.max())),
        "Where all logits of a node lie below 0, 0 is not their maximum: an array that collects "
        "the largest begins at −∞.",
    ),
    *(
        (
            lambda logits, query, shift=shift: edge_softmax(logits, query, shift),
            "What is subtracted is not the largest of the node's own logits.",
        )
        for shift in (np.mean, np.median, np.min, lambda own: own[0], lambda own: own[-1])
    ),
]


def own_largest(logits, query):
    """Return for each edge the largest logit of its node's edges."""
    return np.array([logits[query == node].max() for node in query])


def masked_softmax(logits, allowed, lonely=0.0):
    """Return weights of rows; `lonely` stands in a row that may not attend."""
    weights = np.zeros(logits.shape)
    for i, (values, real) in enumerate(zip(logits.astype(float), allowed, strict=True)):
        if real.any():
            weights[i, real] = softmax(values[real])
        else:
            weights[i] = lonely
    return weights


def free_softmax(logits):
    """Return a softmax of each row that knows no mask."""
    return softmax(logits.astype(float))


def each_to_itself(logits, allowed):
    """Return weights where a row without edges attends to itself."""
    return masked_softmax(logits, allowed) + np.diag(~allowed.any(axis=1))


SPARED = {  # how a row without edges is kept from 0 / 0
    "not": lambda total: total,
    "by a small number": lambda total: np.maximum(total, 1e-9),  # 0 in half precision
    "by a one": lambda total: np.where(total == 0, 1, total),
}


def shifted_by(largest, spare, *, wide, product=True):
    """Return a softmax whose powers are hidden after a shift that is not the edges' own.

    It is computed with float64 if `wide`, else with the logits' own precision; the powers are
    multiplied by the mask, where infinity becomes NaN, or else replaced by 0.
    """

    def weigh(logits, allowed):
        logits = logits.astype(float) if wide else logits
        powers = np.exp(logits - largest(logits))
        powers = powers * allowed if product else np.where(allowed, powers, 0)
        return powers / SPARED[spare](powers.sum(axis=1, keepdims=True))

    return weigh


def by_nothing(logits):
    """Return what is subtracted if nothing is."""
    return logits.dtype.type(0)


def by_largest_of_row(logits):
    """Return the largest logit of each row, be there an edge or not."""
    return logits.max(axis=1, keepdims=True)


MASK_MISTAKES = [
    (
        lambda logits, allowed: masked_softmax(logits, allowed, 1 / len(logits)),
        "A row without edges attends to everybody; it should be all zeros.",
    ),
    (
        lambda logits, allowed: masked_softmax(logits, allowed, np.nan),
        "A row without edges gives NaN; it should be all zeros.",
    ),
    (each_to_itself, "A row without edges is all zeros, on the diagonal too."),
    (
        lambda logits, allowed: softmax(np.where(allowed, logits.astype(float), 0)),
        "A logit of 0 still has weight: exp(0) = 1.",
    ),
    (
        lambda logits, allowed: masked_softmax(logits, ~allowed),
        "The mask is turned round: True = there is one.",
    ),
    (lambda logits, allowed: free_softmax(logits), "The mask is not used."),
    (
        lambda logits, allowed: free_softmax(logits) * allowed,
        "Rows with edges do not sum to 1: mask before the softmax.",
    ),
    (lambda logits, allowed: masked_softmax(logits, allowed.T), "The mask is transposed."),
    (
        lambda logits, allowed: masked_softmax(logits.T, allowed.T).T,
        "The softmax goes over the columns.",
    ),
    *(
        (
            shifted_by(by_nothing, spare, wide=wide, product=product),
            "The exponential overflows: subtract the largest logit of each row's edges first.",
        )
        for spare, wide, product in itertools.product(SPARED, (False, True), (False, True))
    ),
    *(
        (
            shifted_by(by_largest_of_row, spare, wide=wide),
            "What is subtracted can lie far above the logits of all edges of a row, so that their "
            "powers are 0: subtract the largest of the edges.",
        )
        for spare, wide in itertools.product(SPARED, (False, True))
    ),
]


def sums(h, a_query, a_key):
    """Return the logits of all pairs before LeakyReLU."""
    return (h @ a_query)[:, None] + h @ a_key


def leaky(x, slope):
    """Return LeakyReLU of an array."""
    return np.where(x > 0, x, slope * x)


def pair_logits(h, a_query, a_key, slope):
    """Return the logits of all pairs."""
    return leaky(sums(h, a_query, a_key), slope)


FIRST_ADD = "Add first, LeakyReLU after that."


SPLIT_MISTAKES = [
    (lambda *case: pair_logits(*case).T, "Transposed: queries are the rows."),
    (lambda h, q, k, slope: sums(h, q, k), "LeakyReLU is missing."),
    (lambda h, q, k, slope: leaky(h @ q, slope)[:, None] + leaky(h @ k, slope), FIRST_ADD),
    (lambda h, q, k, slope: sums(leaky(h, slope), q, k), FIRST_ADD),
    (lambda h, q, k, slope: pair_logits(h, q, k, 0.2), "`slope` is not always 0.2."),
    (lambda *case: softmax(pair_logits(*case)), "Logits are asked for, not weights."),
    (
        lambda h, q, k, slope: pair_logits(h, q, k, 0.0),
        "What is negative is multiplied by `slope`, not cut.",
    ),
    (
        lambda h, q, k, slope: leaky(np.outer(h @ q, h @ k), slope),
        "The two numbers are added, not multiplied.",
    ),
    (lambda h, q, k, slope: pair_logits(h, q, q, slope), "The key's number comes from `a_key`."),
    (
        lambda h, q, k, slope: -leaky(-sums(h, q, k), slope),
        "The slope is for what is negative.",
    ),
]


def numbers_held(n, edges, features):
    """Return how many numbers the three forms hold."""
    return np.array([n * n * 2 * features, n * n, edges])


PAIR = "A pair has an order: (i, j) and (j, i) are two, and (i, i) is one."


AS_GIVEN = "Count the edges of the list as it is given, no more and no fewer."


HELD_MISTAKES = [
    (lambda n, e, f: (n * n * f, n * n, e), "Two vectors are joined: 2 F."),
    (lambda n, e, f: (n * (n - 1) * 2 * f, n * (n - 1), e), "A node pairs with itself as well."),
    (lambda n, e, f: (n * n * 2 * f, n * n, e + n), AS_GIVEN),
    (lambda n, e, f: (n * n * 2 * f, n * n, 2 * e), AS_GIVEN),
    (
        lambda n, e, f: (n * n * 2 * f, n * n, e * 2 * f),
        "The edge list adds two numbers for each edge; it joins nothing.",
    ),
    *(
        (
            lambda n, e, f, more=more: (n * n * 2 * f, n * n, more(n, e, f)),
            "The features themselves do not count: every form has them.",
        )
        for more in (lambda n, e, f: max(e, n * f), lambda n, e, f: e + n * f)
    ),
    *(
        (lambda n, e, f, d=d: (n * (n + d) * f, n * (n + d) // 2, e), PAIR)
        for d in (-1, 1)  # without pairs of a node with itself, and with them
    ),
    (lambda n, e, f: (n * n * f, n * n / 2, e), PAIR),
    (lambda n, e, f: (e * 2 * f, n * n, e), "The pairwise form makes *all* pairs."),
    (lambda n, e, f: (n * n * 2 * f, 2 * n, e), "Split, it still holds a logit for each pair."),
    (lambda n, e, f: 4 * numbers_held(n, e, f), "Numbers, not bytes."),
    (lambda n, e, f: 8 * numbers_held(n, e, f), "Numbers, not bytes."),
    (lambda n, e, f: numbers_held(n, e, f)[::-1], "The other way round: pairwise, split, edges."),
]


def inside(edge_index, labels):
    """Tell of each edge whether its ends are of one group."""
    return labels[edge_index[0]] == labels[edge_index[1]]


def share_by_node(edge_index, weights, labels, row=0):
    """Return how much stays inside by node; row 1 sums what arrives."""
    return np.bincount(edge_index[row], weights * inside(edge_index, labels), minlength=len(labels))


def own_share(edge_index, weights, labels):
    """Return the mean share of the nodes that edges leave."""
    return share_by_node(edge_index, weights, labels)[np.unique(edge_index[0])].mean()


LEAVING = "Sum over the edges that *leave* a node, row 0."


SHARE_MISTAKES = [
    (lambda e, w, y: share_by_node(e, w, y, 1)[np.unique(e[0])].mean(), LEAVING),
    (lambda e, w, y: share_by_node(e, w, y, 1)[np.unique(e[1])].mean(), LEAVING),
    (
        lambda e, w, y: share_by_node(e, w, y).mean(),
        "Take the mean over the nodes that edges leave: the share of one without edges is not 0 "
        "but unknown.",
    ),
    (
        lambda e, w, y: share_by_node(e, w, y).sum() / (e[0].max() + 1),
        "Take the mean over the nodes that edges leave, not over all numbers up to the largest.",
    ),
    (
        lambda e, w, y: share_by_node(e, w, y)[np.unique(e)].mean(),
        "A node that edges only arrive at does not count.",
    ),
    (
        lambda e, w, y: share_by_node(e, w, y).sum() / max(len(np.unique(e[0, inside(e, y)])), 1),
        "A node whose edges all lead outside has share 0, and it counts.",
    ),
    (
        lambda e, w, y: (w * inside(e, y)).sum(),
        "That is the sum over all nodes; take their mean.",
    ),
    (
        lambda e, w, y: inside(e, y).mean(),
        "The weights are not used: that is the share of edges.",
    ),
    (
        lambda e, w, y: own_share(e, 1 / np.bincount(e[0])[e[0]], y),
        "The weights are not used: that counts all neighbours alike.",
    ),
    (lambda e, w, y: 1 - own_share(e, w, y), "That is what goes to *other* groups."),
    (lambda e, w, y: (w * inside(e, y)).mean(), "The mean is over nodes, not over edges."),
]


def favourites(logits, axis=1):
    """Return how many keys are the favourite of some query."""
    return len(np.unique(logits.argmax(axis=axis)))


FAVOURITE_MISTAKES = [
    (lambda logits: len(np.unique(logits.max(axis=1))), "Count keys, not values of logits."),
    (
        lambda logits: favourites(logits, axis=0),
        "That asks the keys; each row is a query.",
    ),
    (len, "Count each favourite once, however many queries share it."),
    (lambda logits: favourites(-logits), "The favourite has the *largest* logit."),
]
