"""The checks of chapter 12: pooling by attention."""

import functools

import numpy as np

from course_lib.attention import softmax
from course_lib.chapters.ch12_pooling.mistakes import (
    INDEX_MISTAKES,
    KEY_MISTAKES,
    MASK_MISTAKES,
    MASKED_VECTOR_MISTAKES,
    NODE_VECTOR_MISTAKES,
    NODE_WEIGHT_MISTAKES,
    PAIR_MISTAKES,
    PENALTY_MISTAKES,
    VALUE_MISTAKES,
    hop_penalty,
    masked_vectors,
    masked_weights,
    pool_by_index,
    pool_vector,
    pool_weights,
    won,
)
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_choice,
    read_array,
    read_pair,
    read_parts,
    same,
    tolerance_of,
)
from course_lib.exercises.particular import ORDINARY
from course_lib.exercises.rearranging import MIXED, changed, in_order, reordered
from course_lib.exercises.sizing import Sizes
from course_lib.language import later, say

LARGE = 2.0**36  # a feature that shows through a weight of exp(-24)


def _nodes_of(rng, n, d, hidden):
    return rng.normal(size=(n, d)), rng.normal(size=(hidden, d)), 0.7 * rng.normal(size=hidden)


def _nodes(rng):
    sizes = [*rng.integers(2, 7, size=(3, 3)), (4, 4, 4), (1, 2, 3), (5, 1, 1), (3, 2, 2)]
    cases = [_nodes_of(rng, *size) for size in sizes]
    cases[3][0][1:3] = cases[3][0][0]  # three nodes alike
    # Weights of many sizes: the small ones count, too.
    cases.append((rng.normal(size=(12, 3)), rng.normal(size=(5, 3)), 2 * rng.normal(size=5)))
    # Two nodes, and features of all sizes: nothing may be cut off.
    two = [(small_and_large(rng), np.array([[0.5, 0]]), np.array([2.0])) for _ in range(2)]
    return [*cases, *two]


def small_and_large(rng):
    """Return features (2, 2): small ones in the first column, large ones in the second."""
    small, large = 1e-5 * rng.uniform(3, 9, size=2), rng.permutation([900.0, 700])
    return np.stack([small, large], axis=1)


def _nodes_and_far_scores(rng):
    """Add scores of some thousands, one that nearly has all weight, and weights that seem to be 0.

    The tanh of 1024 is 1, and its exponential is infinite.
    """
    h = rng.permutation([[1.0, 1, 0], [1, -1, 0], [-1, 1, 0], [1, -1, 1]])
    h = h[np.argsort(h[:, 0], kind="stable")]
    v, far, nearly = 1024 * np.eye(2, 3), np.array([8192.0, 0.5]), np.array([2.7, 0.0])
    small = np.array([[1.0, 1, 0], [-1, 1, LARGE], [0, 1, 128]])  # logits 12, -12 and 0
    return [
        *_nodes(rng),
        (h, v, far),
        (h[::-1], v, far),
        (h[:2], v, nearly),
        (h[1:] * [-1, 1, 1], v, far),  # all scores below -8000
        (small, v, np.array([12.0, 0])),
    ]


def _judge_pool(cases, values):
    pairs = [
        read_pair(
            value,
            "`attention_pool`",
            later("the pooled vector"),
            later("the weights"),
            shapes=(h.shape[1:], h.shape[:1]),
        )
        for (h, *_), value in zip(cases, values, strict=True)
    ]
    vectors, weights = zip(*pairs, strict=True)

    def subject(h, v, w):
        return say("The weights of {count} nodes", count=len(h))

    compare_all(subject, cases, weights, pool_weights, NODE_WEIGHT_MISTAKES)

    def subject(h, v, w):
        return say("The pooled vector of {count} nodes", count=len(h))

    compare_all(subject, cases, vectors, pool_vector, NODE_VECTOR_MISTAKES)


def _judge_padding(cases, values):
    reasons = {
        "max": "Can a zero be larger than what is there, if nothing is below 0?",
        "both": "One of the two does not notice zeros, if nothing is below 0.",
        "neither": "Twelve rows are summed and divided by twelve. What did the four rows give?",
    }
    compare_choice(values[0], "mean", "`changed_by_filling`", reasons)


def _batch_of(rng, graphs, n, d):
    shape = graphs, n
    return rng.normal(size=shape), rng.normal(size=(*shape, d)), rng.random(shape) < 0.7


def _batches(rng):
    """Make padded batches: nodes anywhere, empty graphs, scores far apart, anything as padding."""
    cases = []
    for padding in (7.0, np.nan, -np.inf):
        graphs, n, d = rng.integers([2, 3, 1], [5, 7, 5])
        mask = rng.random((graphs, n)) < 0.6
        mask[0, :2], mask[1] = (False, True), False
        features = rng.normal(size=(graphs, n, d))
        features[0, 1] = 0  # a node, though it looks like padding
        features[~mask] = padding
        order = rng.permutation(graphs)
        cases.append((rng.normal(size=(graphs, n)), features[order], mask[order]))
    for score in (np.nan, np.inf):
        scores, features, mask = (part.copy() for part in cases[0])
        scores[~mask] = score
        cases.append((scores, features, mask))
    between = np.array([[True, False, True]])
    # Each graph needs its own shift, and padding that is below all scores.
    apart = np.array([[900.0, 901.0, 3.0], [-900.0, -902.0, -901.0]])
    below = np.array([[-5000.0, 1e6, -5001.0]]), rng.normal(size=(1, 3, 2)), between
    usual = np.array([[0.3, 1e6, -0.4]]), rng.normal(size=(1, 3, 2)), between
    scores = -2e9 + np.array([[0.0, 1e9, 0.0], [0.0, 1e9, 1024.0]])
    lowest = scores, rng.normal(size=(2, 3, 2)), between[[0, 0]]
    # Within one graph: only the largest can be subtracted, not their mean or median, first or last.
    wide = np.array([[0.0, 2000.0, -3000.0, 1999.0, -1000.0]])
    scores = rng.normal(size=(2, 2))
    pooled = np.stack([small_and_large(rng), small_and_large(rng)])
    nearly = pooled + np.array([2e-5, 0])
    two = [(scores, features, scores < np.inf) for features in (pooled, nearly)]
    one = np.zeros((1, 1)), np.ones((1, 1, 1))
    return [
        *two,
        *cases,
        (apart, rng.normal(size=(2, 3, 2)), np.ones((2, 3), dtype=bool)),
        below,
        usual,
        lowest,
        (wide, rng.normal(size=(1, 5, 2)), np.ones((1, 5), dtype=bool)),
        small_in_batch(),
        (*one, np.array([[True]])),
        (*one, np.array([[False]])),
    ]


def small_in_batch():
    """Make a case of exercise 3 with small weights, but large features."""
    scores = np.array([[0.0, -24.0, np.nan, -9.5]])
    features = np.array([[[1.0], [LARGE], [np.inf], [512.0]]])
    return scores, features, np.array([[True, True, False, True]])


def small_in_row():
    """Make a case of exercise 7 with small weights, but large features."""
    scores, features = np.array([0.0, -24.0, 3.0, -8.0]), np.array([[1.0], [LARGE], [0], [512.0]])
    return scores, features, np.array([1, 1, 0, 1]), 2


def _judge_masked(cases, values):
    names = "`pool_masked`", later("the pooled vectors"), later("the weights")
    pairs = [
        read_pair(value, *names, shapes=((len(mask), features.shape[2]), mask.shape))
        for (_, features, mask), value in zip(cases, values, strict=True)
    ]
    vectors, weights = zip(*pairs, strict=True)

    def subject(scores, features, mask):
        return say("The weights of {count} graphs", count=len(mask))

    compare_all(subject, cases, weights, masked_weights, MASK_MISTAKES)
    for (*_, mask), found in zip(cases, weights, strict=True):
        most = np.abs(np.asarray(found, dtype=float)[~mask]).max(initial=0)
        if most:
            raise Wrong("Padding should have a weight of exactly 0, got {most:.3g}.", most=most)

    def subject(scores, features, mask):
        return say("The pooled vectors of {count} graphs", count=len(mask))

    compare_all(subject, cases, vectors, masked_vectors, MASKED_VECTOR_MISTAKES)


def _nodes_and_one_alone(rng):
    """Add to some nodes the second of them alone: what is its own must stay what it was."""
    h, v, w = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), 0.7 * rng.normal(size=5)
    h[1] *= 0.1  # the largest and the smallest keys are those of others
    large = 3000 * h, v / 3000, w
    return [*_nodes(rng), (h, v, w), (h[1:2], v, w), large]


def _judge_query(cases, values):
    made, contents, keys = [], [], []
    names = "The query", "The key", "The value"
    for (h, _, w), value in zip(cases, values, strict=True):
        parts = read_parts(value, "`as_attention`", "query", "key", "value")
        shapes = (1, len(w)), (len(h), len(w)), h.shape
        query, key, content = (
            read_array(part, what, shape=shape)
            for part, what, shape in zip(parts, names, shapes, strict=True)
        )
        made.append(softmax(query @ key.T)[0])
        contents.append(content)
        keys.append(key)
    as_precise = functools.partial(same, tolerance=tolerance_of(values))
    compare_all(
        "The weights that query and keys make",
        cases,
        made,
        pool_weights,
        KEY_MISTAKES,
        same=as_precise,
    )
    compare_all("The values", cases, contents, lambda h, v, w: h, VALUE_MISTAKES, same=as_precise)
    for (h, v, _), key, (alone, also, _), own in zip(
        cases, keys, cases[1:], keys[1:], strict=False
    ):
        follows = np.array_equal(v, also) and np.array_equal(h[1:2], alone)
        if follows and not as_precise(own, key[1:2]):
            raise Wrong("A key changes when other nodes join its node: make it of that node alone.")


def _bag_of(rng, n):
    return softmax(rng.normal(size=n)), rng.permutation(n) < rng.integers(1, n)


def _weighted_bags(rng):
    cases = []
    for n in rng.integers(4, 10, size=3):
        wanted = np.zeros(n, dtype=bool)
        wanted[rng.choice(n, rng.integers(1, n), replace=False)] = True
        cases.append((softmax(rng.normal(size=n)), wanted))
    tied = np.array([0.25, 0.25, 0.125, 0.25, 0.125]), np.array([1, 0, 0, 0, 1]) > 0
    as_many = np.array([0.5, 0.125, 0.0625, 0.3125]), np.array([1, 1, 0, 0]) > 0  # of both kinds
    alike = np.full(3, 1 / 3), np.array([False, True, False])
    sharp = softmax(np.array([0.0, -30.0, -31.0, -30.0])), np.array([0, 1, 0, 0]) > 0
    hot = np.array([0.0, 1.0, 0.0]), np.array([True, False, False])
    two = np.array([0.375, 0.625]), np.array([False, True])
    near = np.array([0.400001, 0.4, 0.199999]), np.array([False, True, False])  # and no tie
    # Nearly alike, and the same numbers: the largest is at each place once.
    turned = [(np.full(3, 0.3333) + 1e-4 * row, near[1]) for row in np.eye(3)]
    return [*cases, tied, as_many, alike, sharp, hot, two, near, *turned, one_in_ten_thousand()]


def one_in_ten_thousand():
    """Return a bag with so many pairs; in one of them the wanted member has more weight."""
    half = 150
    others, wanted = half + np.arange(half), np.append(np.arange(1, half), half + 0.5)
    numbers = np.concatenate([others, wanted])
    return numbers / numbers.sum(), np.arange(2 * half) >= half


def _judge_localisation(cases, values):
    if any(np.shape(value) == () and np.asarray(value).dtype.kind == "b" for value in values):
        raise Wrong("A share of pairs is asked for, not yes or no.")

    def subject(weights, wanted):
        return say("The share of {count} pairs", count=wanted.sum() * (~wanted).sum())

    compare_all(subject, cases, values, won, PAIR_MISTAKES)


def _hops(rng):
    shapes = [*rng.integers(2, 6, size=(3, 2)), (1, 4), (3, 1), (3, 3)]
    cases = [softmax(2 * rng.normal(size=shape)) for shape in shapes]
    one_each = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    apart = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]])
    faint = np.array([[1.0, 0.0], [0.003, 0.997]])  # they hardly overlap
    small = np.array([[0.5, 0.49991, 9e-5], [0.0, 0.5, 0.5]])
    return [(weights,) for weights in [*cases, one_each, one_each[[0, 0]], apart, faint, small]]


def _with_first_backwards(weights):
    return np.vstack([weights[:1, ::-1], weights[1:]])


def _judge_penalty(cases, values):
    def subject(weights):
        return say("The penalty of {count} hops", count=len(weights))

    compare_all(subject, cases, values, hop_penalty, PENALTY_MISTAKES)


def _row_of(rng, nodes, d):
    return rng.normal(size=nodes), rng.normal(size=(nodes, d)), rng.integers(3, size=nodes), 3


def _rows(rng):
    cases = []
    for nodes, count, d in rng.integers([6, 2, 1], [10, 5, 6], size=(3, 3)):
        graph = np.concatenate([np.arange(count), rng.integers(count, size=nodes - count)])
        graph = rng.permutation(graph)
        cases.append((rng.normal(size=nodes), rng.normal(size=(nodes, d)), graph, int(count)))
    scores = np.array([1100.0, -1099.0, 1099.0, -1100.0])
    features = rng.normal(size=(4, 3))
    far = scores, features, np.array([3, 1, 3, 1]), 5  # 0, 2 and 4 are empty
    wide = np.array([-1100.0, 1099.0, 1100.0, -1099.0]), features, np.array([0, 0, 0, 0]), 1
    tied = np.array([2.0, 2.0, 2.0, -1.0]), features[:, :1], np.array([1, 0, 1, 1]), 3
    pair = small_and_large(rng)
    pairs = pair, pair[::-1].copy(), pair + np.array([2e-5, 0])  # the last is nearly the first
    two = [(np.array([0, 0.5]), its_features, np.array([1, 0]), 2) for its_features in pairs]
    return [
        *two,
        *cases,
        far,
        wide,
        tied,
        small_in_row(),
        (np.array([-3.0]), features[:1], np.array([2]), 3),
        (rng.normal(size=3), rng.normal(size=(3, 3)), np.array([1, 0, 1]), 2),
    ]


def _judge_index(cases, values):
    if any(
        isinstance(value, tuple | list) and [_dimensions(part) for part in value] == [2, 1]
        for value in values
    ):
        raise Wrong("Only the pooled vectors are asked for here, not the weights.")

    def subject(scores, features, graph, num_graphs):
        return say("The pooled vectors of {count} graphs", count=num_graphs)

    compare_all(subject, cases, values, pool_by_index, INDEX_MISTAKES)


def _dimensions(part):
    try:
        return np.ndim(part)
    except ValueError:  # lists of lists of different lengths
        return None


def _are_finite(scores, features, mask):
    return bool(np.isfinite(scores[mask]).all() and np.isfinite(features[mask]).all())


def _are_in_range(scores, features, graph, num_graphs):
    # Large features, which half precision does not hold, stay with the scores that hide them.
    return bool(graph.max() < num_graphs and abs(features).max() < 1000)


POOL = "course_lib.nn.pooling:AttentionPooling"
CHECKS = {
    "pooling-1": Check(
        inputs=_nodes_and_far_scores,
        twins=MIXED + reordered(0),
        # Large features and far scores stay together: single precision holds no others.
        fits=lambda h, v, w: bool(max(abs(h).max(), abs(w).max()) < 1000),
        judge=_judge_pool,
        without=(f"{POOL}.scores", f"{POOL}.forward", f"{POOL}.pool_index"),
        sizes=Sizes(_nodes_of, (1, 1, 1)),
        particular=lambda weights: (weights * [[1], [0], [1], [1]], ORDINARY, weights[0]),
    ),
    "pooling-2": Check(judge=_judge_padding, call=read_value),
    "pooling-3": Check(
        inputs=_batches,
        fits=_are_finite,
        twins=MIXED + reordered(0),
        judge=_judge_masked,
        without=("course_lib.nn.attention:masked_softmax", f"{POOL}.forward"),
        sizes=Sizes(_batch_of, (1, 1, 1)),
        particular=lambda weights: (weights, np.stack(2 * [weights, ORDINARY]), ORDINARY > 0.11),
    ),
    "pooling-4": Check(
        inputs=_nodes_and_one_alone,
        twins=MIXED + reordered(0),
        judge=_judge_query,
        without=(f"{POOL}.scores",),
        sizes=Sizes(_nodes_of, (1, 1, 1)),
        particular=lambda weights: (weights * [[1], [0], [1], [1]], ORDINARY, weights[0]),
    ),
    "pooling-5": Check(
        inputs=_weighted_bags,
        judge=_judge_localisation,
        sizes=Sizes(_bag_of, (2,)),
        particular=lambda weights: (weights[0], np.array([True, False, False, True])),
    ),
    "pooling-6": Check(
        inputs=_hops,
        # The order of hops, or of nodes for all hops, changes nothing.
        twins=MIXED + changed(_with_first_backwards, 0, shared=in_order),
        judge=_judge_penalty,
        without=("course_lib.nn.pooling:overlap_penalty",),
        sizes=Sizes(lambda rng, *shape: (softmax(2 * rng.normal(size=shape)),), (1, 1)),
        particular=lambda weights: (weights,),
    ),
    "pooling-7": Check(
        inputs=_rows,
        twins=MIXED + reordered(0),
        judge=_judge_index,
        without=(f"{POOL}.pool_index",),
        fits=_are_in_range,
        sizes=Sizes(_row_of, (1, 1)),
        particular=lambda weights: (weights[0], weights, np.array([2, 0, 2, 2]), 3),
    ),
}
