"""The inputs of the checks of chapter 03, and the ideas that they must separate from the right one.

What stands here without a sentence of its own in ``checks.py`` is a shortcut or a slip that no
message names: the cases are drawn until it differs.
"""

import numpy as np
from scipy.special import rel_entr

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.exercises.separating_cases import separating
from course_lib.heads import head_distance, offset_score


def place(scores):
    """Return (layer, head) where a table of scores is largest."""
    return tuple(int(i) for i in np.unravel_index(np.argmax(scores), scores.shape))


def features(rng):
    """Make features and numbers of heads: also n = h = d_head, one head, one feature a head."""
    shapes = [
        (1, 6, 3),
        (3, 4, 2),
        (3, 9, 3),
        (4, 5, 1),
        (2, 5, 5),
        (2, 1, 1),
        (2, 2, 2),
        (2, 3, 1),
    ]
    n, h, width = rng.integers(2, 8, size=3)
    many = rng.integers(10, 14)
    shapes += [(h, h * width, h), (n, h * width, h), (n, h * width, 1), (n, many * width, many)]
    shapes.append((15 + many, 2 * (12 + many), 2))
    drawn = [(5 * rng.normal(size=(n, d)), int(h)) for n, d, h in shapes]
    return [*drawn, (10_000 * rng.normal(size=(4, 6)) * [[0], [1], [1], [1]], 3)]


def features_of(rng, n, h, width):
    """Make features of n tokens that h heads can share."""
    return rng.normal(size=(n, h * width)), h


def sizes(rng):
    """Make features and heads that divide and that do not; also more heads than features."""
    h, width, rest = (int(number) for number in rng.integers(3, 40, size=3))
    uneven = (h * width + 1 + rest % (h - 1), h)
    crafted = [
        (2, 2),
        (3, 2),
        (8, 2),
        (384, 12),
        (6, 6),
        (7, 1),
        (10, 3),
        (4, 8),
        (7, 2),
        (1, 3),
        (9, 6),
    ]
    crafted += [(15, 7), (15, 5)]
    many = 64 + h  # so many that a remainder of 1, or one too few, is a small part of a feature
    uneven_many = [(many * width + 1, many), (many * width - 1, many), (many * 40, many)]
    # As floating-point numbers the first two would divide, and the others give another size; the
    # features of the last do not fit into 64 bits, only those of a head.
    huge = [(2**60 + 1, 2), ((2**54 + 1) * h, h), (3 * (2**60 + 1), 3), (64 * (2**60 + 1), 64)]
    return [*crafted, (h * width, h), uneven, (12 * h, 4), (width, width * h), *uneven_many, *huge]


def with_clear_favourites(weights):
    """Return the weights with the largest one of each row made 2.1 % larger: it is alone."""
    raised = weights.copy()
    favourite = raised.argmax(axis=-1, keepdims=True)
    largest = np.take_along_axis(raised, favourite, axis=-1)
    np.put_along_axis(raised, favourite, 1.021 * largest, axis=-1)
    return raised / raised.sum(axis=-1, keepdims=True)


def towards_themselves(weights):
    """Return the weights with the favourite of every other query exchanged for the query itself."""
    new = weights.copy()
    for head in new:
        for i in range(0, len(head), 2):
            favourite = head[i].argmax()
            head[i, [i, favourite]] = head[i, [favourite, i]]
    return new


def self_share(weights):
    """Return the share of queries whose largest weight is on themselves."""
    return (weights.argmax(axis=-1) == np.arange(weights.shape[-1])).mean()


def _diagonal(weights):
    return np.diagonal(weights, axis1=-2, axis2=-1)


SELF_IDEAS = [
    lambda weights: self_share(weights[0]),
    lambda weights: self_share(weights[-1]),
    lambda weights: self_share(weights.mean(axis=0)),
    lambda weights: np.median([self_share(head) for head in weights]),
    lambda weights: max(self_share(head) for head in weights),
    lambda weights: self_share(weights.max(axis=0)),
    lambda weights: self_share(np.swapaxes(weights, -1, -2)),
    lambda weights: self_share(weights[:, 1:, 1:]) if weights.shape[-1] > 1 else 1.0,
    lambda weights: (_diagonal(weights) > 0.5).mean(),
    lambda weights: (_diagonal(weights) > 1 / weights.shape[-1]).mean(),
    lambda weights: (_diagonal(weights) >= 0.9 * weights.max(axis=-1)).mean(),
    lambda weights: (_diagonal(weights) >= np.median(weights, axis=-1)).mean(),
    lambda weights: (_diagonal(weights) > weights.max(axis=-1) - 0.05).mean(),
    lambda weights: _diagonal(weights).mean(),
    lambda weights: (_diagonal(weights) == weights.max(axis=-1)).any(axis=0).mean(),
    lambda weights: (_diagonal(weights) == weights.max(axis=-1)).all(axis=0).mean(),
    lambda weights: np.mean([self_share(head) for head in weights if self_share(head)] or [0.0]),
    lambda weights: 1.0,
    lambda weights: 0.0,
]


def _draw_heads(rng):
    h, n = rng.integers(1, 5), rng.integers(2, 9)
    logits = rng.choice([0.5, 2, 5]) * rng.normal(size=(h, n, n)) + rng.uniform(0, 3) * np.eye(n)
    return (with_clear_favourites(softmax(logits)),)


def heads_of(rng, h, n):
    """Make h heads of n tokens."""
    return (with_clear_favourites(softmax(2 * rng.normal(size=(h, n, n)))),)


def heads(rng):
    """Make heads that look at themselves now and then, and the extremes.

    In wide ones the largest weight is small, and not far above the others.
    """
    crafted = np.array([[[0.5, 0.3, 0.2], [0.6, 0.25, 0.15], [0.7, 0.2, 0.1]]])
    one_hot = np.eye(6)[rng.permutation(6)][None]
    even = with_clear_favourites(softmax(0.01 * (rng.normal(size=(6, 100, 100)) + np.eye(100))))
    wide = with_clear_favourites(softmax(0.01 * rng.normal(size=(1, 260, 260))))
    drawn = separating(rng, _draw_heads, self_share, SELF_IDEAS)
    beside = [np.stack([crafted[0], np.eye(3)[order]]) for order in ([0, 1, 2], [1, 2, 0])]
    drawn += [(two,) for two in beside]
    drawn.append((with_clear_favourites(softmax(2 * rng.normal(size=(3, 3, 3)))),))
    drawn += [(np.array([[[0.7, 0.3], first]]),) for first in ([0.2, 0.8], [0.8, 0.2])]
    # The largest weight is hardly more than 2 % above the other one.
    drawn.append((np.array([[[0.495, 0.505], [0.505, 0.495]]]),))
    # To two digits all of them are 0, as before.
    drawn.append((towards_themselves(wide),))
    return [(crafted,), (one_hot,), (np.ones((1, 1, 1)),), (even,), (wide,), *drawn]


def projected_of(rng, n, d, h):
    """Make features of n tokens, four projections, and a number of heads."""
    return (rng.normal(size=(n, d)), *(rng.normal(size=(4, d, d)) / np.sqrt(d)), int(h))


def _far(rng):
    """Make logits of 1024 and -1024: rows of equal ones, and of both kinds; and 16,384.

    All numbers on the way to the logits are powers of two, so that every number type has them.
    """
    _, *projections, h = projected_of(rng, 8, 8, 2)
    w_q, w_k = np.zeros((2, 8, 8))
    w_k[:, :4], w_q[:, :4] = 1, 512 * rng.choice([-1, 1], size=(8, 1))  # equal keys
    w_q[:2, :4] = [[512], [-512]]
    w_k[:, 4:], w_q[:, 4:] = rng.choice([-1, 1], size=(2, 8, 4))
    w_q[:, 4:] *= rng.choice([512, 0.5], size=(8, 1))
    w_q[2, 4:], w_k[:2, 4:] = 512, [[1, 1, 1, 1], [1, 1, 1, 0.5]]  # 1024 beside 896
    w_q[3, 4:], w_k[2:, 7] = [0, 0, 0, 32768], -1  # 16,384 beside 8,192
    return np.eye(8), w_q, w_k, *projections[2:], h


def projected(rng):
    """Make features and projections of several sizes, at random ones, and far logits."""
    shapes = [
        (3, 4, 2),
        (5, 6, 3),
        (4, 4, 1),
        (6, 8, 4),
        (1, 4, 2),
        (3, 3, 3),
        (2, 1, 1),
        (2, 2, 2),
    ]
    n, h, width = rng.integers(2, 6, size=3)
    shapes += [(n, h * width, h), (n, h * width, 1), (h, h * h, h), (12 + n, 3 * width, 3)]
    # A token of zeros, and projections that make much of little and little of much.
    x, *projections, h = projected_of(rng, 4, 4, 2)
    sizes = np.array([2.0**11, 2.0**-11, 1, 2.0**-16])[:, None, None]
    uneven = x * [[1], [1], [0], [1]], *sizes * projections, h
    return [*(projected_of(rng, *shape) for shape in shapes), _far(rng), uneven]


def previous_head(weights):
    """Return (layer, head) with the largest mean weight on the previous token."""
    return place(offset_score(weights, -1))


def _by_score(score):
    """Return the idea to take the head whose weights on the previous tokens score highest."""
    return lambda weights: place(score(np.diagonal(weights, -1, axis1=-2, axis2=-1)))


def _share_of_favourites(weights):
    favourite = weights[:, :, 1:].argmax(axis=-1)
    return place((favourite == np.arange(weights.shape[-1] - 1)).mean(axis=-1))


def _above_the_column(weights):
    """Return how much more than others the next query gives each token, on average."""
    return offset_score(weights, -1) - weights[..., :-1].mean(axis=(-1, -2))


def _layer_first(weights):
    scores = offset_score(weights, -1)
    layer = int(scores.mean(axis=1).argmax())
    return layer, int(scores[layer].argmax())


def _head_first(weights):
    scores = offset_score(weights, -1)
    head = int(scores.mean(axis=0).argmax())
    return int(scores[:, head].argmax()), head


PREVIOUS_IDEAS = [
    _share_of_favourites,
    _layer_first,
    _head_first,
    lambda weights: (_layer_first(weights)[0], _head_first(weights)[1]),
    _by_score(lambda parts: parts.max(axis=-1)),
    _by_score(lambda parts: parts.min(axis=-1)),
    _by_score(lambda parts: np.median(parts, axis=-1)),
    _by_score(lambda parts: parts.mean(axis=-1).round(1)),
    _by_score(lambda parts: parts[..., 0]),
    _by_score(lambda parts: parts[..., -1]),
    _by_score(lambda parts: parts[..., 1:].sum(axis=-1)),
    _by_score(lambda parts: parts[..., :-1].sum(axis=-1)),
    _by_score(lambda parts: (parts**2).mean(axis=-1)),
    _by_score(lambda parts: np.sqrt(parts).mean(axis=-1)),
    _by_score(lambda parts: np.log(parts + 1e-9).mean(axis=-1)),
    _by_score(lambda parts: -parts.mean(axis=-1)),
    _by_score(lambda parts: parts.mean(axis=-1) - parts.std(axis=-1)),
    _by_score(lambda parts: (parts * np.arange(1, parts.shape[-1] + 1)).sum(axis=-1)),
    _by_score(lambda parts: (parts * np.arange(parts.shape[-1], 0, -1)).sum(axis=-1)),
    _by_score(lambda parts: np.sort(parts)[..., 1:-1].mean(axis=-1)),
    lambda weights: place(offset_score(weights, -1) + weights[..., 0, 0] / weights.shape[-1]),
    lambda weights: place(offset_score(weights, -1) - offset_score(weights, 0)),
    lambda weights: place(offset_score(weights, -1) - _diagonal(weights)[..., 1:].mean(axis=-1)),
    lambda weights: place(offset_score(weights, -1) - offset_score(weights, 1)),
    lambda weights: place(_above_the_column(weights)),
    lambda weights: place(np.tril(weights, -1).sum(axis=(-1, -2))),
    lambda weights: place(np.triu(weights, 1).sum(axis=(-1, -2))),
    lambda weights: place(np.stack([np.roll(weights, 1, -1)]).diagonal(0, -2, -1).mean(-1)[0]),
    lambda weights: place(offset_score(weights, -2)),
    lambda weights: place(weights[..., 0].mean(axis=-1)),
    lambda weights: place(weights.max(axis=-1).mean(axis=-1)),
    lambda weights: place((weights**2).sum(axis=(-1, -2))),
    lambda weights: (0, 0),
    lambda weights: tuple(size - 1 for size in weights.shape[:2]),
]


def draw_model(rng):
    """Make a model with one head that is clearly best at the previous token."""
    for _ in tries("a model with one best head"):
        layers, count, n = rng.integers(2, 5), rng.integers(2, 5), rng.integers(4, 8)
        sharp = rng.choice([0.5, 2, 4], size=(layers, count, n, 1))
        weights = softmax(sharp * rng.normal(size=(layers, count, n, n)))
        offset = rng.choice([-2, -1, -1, 0, 1], size=(layers, count, 1, 1))
        aim = np.clip(np.arange(n) + offset[..., 0, 0, None], 0, n - 1)
        share = rng.uniform(0, 1, size=(layers, count, n, 1)) ** rng.choice([0.3, 1, 3])
        weights = (1 - share) * weights + share * np.eye(n)[aim]
        low, high = np.sort(offset_score(weights, -1).ravel())[-2:]
        if high - low > 0.03:
            return (weights,)


def few_tokens(rng, shape):
    """Make a model of few tokens or few heads in which another head is best than (0, 0)."""
    for _ in tries("a model with another best head"):
        weights = softmax(2 * rng.normal(size=shape))
        scores = offset_score(weights, -1)
        low, high = np.sort(scores.ravel())[-2:]
        if high - low > 0.03 and place(scores) != (0, 0):
            return (weights,)


def _many_tokens(rng, n=18):
    """Make a model of many heads; the best one is steady and then sharp, its rivals are not."""
    weights = softmax(rng.normal(size=(6, 6, n, n)))
    shares = [np.r_[np.full(n - 4, 0.38), np.ones(3)], np.full(n - 1, 0.45), np.full(n - 1, 0.3)]
    shares[2][:8] = 0.6
    rivals = np.array([(0, 5), (3, 1), (2, 2), (5, 0)])
    for (layer, head), share in zip(
        [rng.integers(4, 6, size=2), *rng.permutation(rivals)[:2]], shares, strict=True
    ):
        others = np.tri(n, dtype=bool) & ~np.eye(n, k=-1, dtype=bool)
        spread = others[1:] * (1 - share[:, None]) / others[1:].sum(axis=1, keepdims=True)
        weights[layer, head, 1:] = spread + share[:, None] * np.eye(n)[:-1]
    return (weights,)


def models(rng, mistakes):
    """Make models in which no idea of the above and none of the mistakes finds all the heads."""
    drawn = separating(
        rng, draw_model, previous_head, [*PREVIOUS_IDEAS, *mistakes], apart=lambda a, b: a != b
    )
    few = [few_tokens(rng, shape) for shape in ((1, 4, 2, 2), (3, 1, 3, 3), (2, 2, 4, 4))]
    ring = np.roll(np.eye(4), 1, axis=1)
    one_hot = np.array([[ring, np.eye(4)[::-1]], [ring, np.eye(4)[[1, 0, 1, 2]]]])
    return [*few, _many_tokens(rng), (one_hot,), *drawn]


def nearest(weights):
    """Return the distance from the mean over heads to the nearest head."""
    return head_distance(weights.mean(axis=0), weights).min()


def _rows_apart(weights):
    """Return the Jensen-Shannon distance of each row of each head from the row of the mean."""
    mean = weights.mean(axis=0)
    return head_distance(mean[:, None], weights[..., None, :])  # a query is a matrix of one row


def _nearest_by(measure):
    """Return the idea to take the head that is nearest by another measure; of equals, the right."""

    def idea(weights):
        mean = weights.mean(axis=0)
        measured = measure(weights, mean)
        return head_distance(mean, weights)[measured < measured.min() + 1e-9].min()

    return idea


NEAREST_IDEAS = [
    lambda weights: _rows_apart(weights).min(axis=0).mean(),
    lambda weights: _rows_apart(weights).min(),
    lambda weights: _rows_apart(weights).max(axis=-1).min(),
    lambda weights: np.median(_rows_apart(weights), axis=-1).min(),
    lambda weights: np.sqrt((_rows_apart(weights) ** 2).mean(axis=-1)).min(),
    lambda weights: (_rows_apart(weights) ** 2).mean(axis=-1).min(),
    lambda weights: nearest(weights) * np.sqrt(np.log(2)),
    lambda weights: np.median(head_distance(weights.mean(axis=0), weights)),
    lambda weights: head_distance(weights.mean(axis=0), weights)[0],
    lambda weights: head_distance(weights.mean(axis=0), weights)[-1],
    lambda weights: head_distance(weights[:1], weights[1:]).min(),
    lambda weights: head_distance(weights[:, None], weights).max(axis=0).min(),
    lambda weights: abs(weights.mean(axis=0) - weights).sum(axis=-1).mean(axis=-1).min() / 2,
    lambda weights: np.sqrt(((weights.mean(axis=0) - weights) ** 2).sum(axis=(1, 2))).min(),
    _nearest_by(lambda weights, mean: ((mean - weights) ** 2).sum(axis=(1, 2))),
    _nearest_by(lambda weights, mean: abs(mean - weights).sum(axis=(1, 2))),
    _nearest_by(lambda weights, mean: (_rows_apart(weights) ** 2).mean(axis=-1)),
    _nearest_by(lambda weights, mean: rel_entr(weights, mean).sum(axis=(1, 2))),
    _nearest_by(lambda weights, mean: -np.sqrt(weights * mean).sum(axis=(1, 2))),
    _nearest_by(lambda weights, mean: head_distance(weights[:, None], weights).sum(axis=0)),
    lambda weights: nearest(np.unique(weights, axis=0)),
    lambda weights: 0.0,
    lambda weights: 1.0,
]


def _draw_layer(rng):
    h, n = rng.integers(2, 6), rng.integers(3, 7)
    sharp = rng.choice([0.3, 1, 3, 6], size=(h, n, 1))
    logits = sharp * rng.normal(size=(h, n, n))
    hidden = rng.random((h, n, n)) < rng.choice([0, 0.4])
    hidden &= ~np.eye(n, dtype=bool)
    weights = softmax(np.where(hidden, -np.inf, logits))
    return (weights[rng.integers(h, size=h)] if rng.random() < 0.2 else weights,)


def layer_of(rng, h, n):
    """Make a layer of h heads of n tokens."""
    return (softmax(2 * rng.normal(size=(h, n, n))),)


def layers(rng, ideas=NEAREST_IDEAS):
    """Make layers of different heads, with zeros and one-hot rows; one of a single head.

    Further ones are drawn until none of the ideas finds all distances.
    """
    one_hot = np.eye(4)[rng.integers(4, size=(3, 4))]
    one_hot[0] = np.eye(4)  # at least this head is another than the mean of all
    one_hot[1] = np.eye(4)[::-1]
    alone = softmax(rng.normal(size=(1, 5, 5)))
    many = softmax(rng.uniform(0.5, 3, size=(9, 1, 1)) * rng.normal(size=(9, 15, 15)))
    many = many[np.argsort(-head_distance(many.mean(axis=0), many))]  # the nearest head last
    moved = one_hot[[0, 1, 0]]  # the first head and all numbers are the same
    if np.array_equal(moved, one_hot):
        moved = one_hot[[0, 1, 1]]
    return [
        (alone,),
        (one_hot,),
        (moved,),
        (many,),
        (softmax(2 * rng.normal(size=(2, 2, 2))),),
        (softmax(2 * rng.normal(size=(3, 3, 3))),),
        (np.ones((3, 1, 1)),),
        *separating(rng, _draw_layer, nearest, ideas),
    ]
