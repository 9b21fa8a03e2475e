"""The checks of chapter 06: self-attention in language."""

import numpy as np

from course_lib._waiting import tries
from course_lib.chapters.ch06_nlp.modules import (
    asked,
    draw_texts,
    far_texts,
    reference,
    small_weight,
)
from course_lib.chapters.ch06_nlp.predictors import LATE, MANY_WORDS, BagPredictor, draw_predictor
from course_lib.exercises.calling import run_module
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_all, compare_number, read_pair, same
from course_lib.exercises.modules import judge_runs
from course_lib.exercises.rearranging import reordered
from course_lib.exercises.sizing import Sizes
from course_lib.language import later, say

# nlp-1 ------------------------------------------------------------------------------------------

SPREAD = np.sqrt(32 / 256)  # of sums of 32 products of unit variance, divided by √256


def _judge_spread(cases, values):
    mistakes = [
        (32 / 256, "That is the variance; the spread is its square root."),
        (1, "That is the spread with the right scale, 1/√d_head."),
        (np.sqrt(32), "That is the spread before anything is divided."),
        (
            np.sqrt(256) / np.sqrt(32),
            "That is the factor by which the logits are too small: take 1 / it.",
        ),
        (np.sqrt(256 / 16), "A head sees 32 features, so its logits are sums of 32 products."),
        (np.sqrt(8 / 256), "A head has 256 / 8 features, not 8."),
        (32 / np.sqrt(256), "Divide the spread of the sum by √256, not its variance."),
        (np.sqrt(32 / np.sqrt(256)), "The sum is divided by √256, so its variance by 256."),
    ]
    compare_number(values[0], SPREAD, "`spread`", mistakes, within=6e-4)


# nlp-2 ------------------------------------------------------------------------------------------


def _sizes(rng):
    drawn = [(int(h * d), int(h)) for h, d in rng.integers(2, 12, size=(3, 2))]
    return [
        (8, 2),
        (12, 3),
        *((h * int(d), h) for h, d in enumerate(rng.permutation(9) + 1, start=1)),
        (1, 1),
        (16, 1),
        (48, 24),
        (1536, 24),
        (2733, 3),  # more than float32 counts one by one; modules of this size still fit anywhere
        (int(rng.integers(17, 60)), 1),
        *drawn,
    ]


ARTICLE_MISTAKES = (
    (lambda d, h: 3 * d * d // h, "That is h times too many: all heads share three matrices."),
    (lambda d, h: 3 * d * d, "The article's matrices take in one head's features only."),
    (lambda d, h: (d // h) ** 2, "There are three projections: query, key and value."),
    (lambda d, h: 3 * (d // h) ** 2 + d * d, "Leave the output projection out: both have one."),
    (lambda d, h: 3 * ((d // h) ** 2 + d // h), "There are no biases."),
)
MULTI_HEAD_MISTAKES = (
    (lambda d, h: d * d, "There are three projections: query, key and value."),
    (lambda d, h: 4 * d * d, "Leave the output projection out: both have one."),
    (lambda d, h: 3 * d * d // h, "Each of the h heads has d_model × d_head matrices of its own."),
    (lambda d, h: 3 * (d * d + d), "There are no biases."),
    (lambda d, h: 3 * d * d * h, "All heads together make one d_model × d_model matrix."),
)


def _judge_parameters(cases, values):
    def called(d, h):
        return f"`projection_parameters({d}, {h})`"

    def article(d, h):
        return 3 * (d // h) ** 2

    def multi_head(d, h):
        return 3 * d * d

    names = later("the article's number"), later("that of multi-head attention")
    pairs = [
        read_pair(value, called(*case), *names) for case, value in zip(cases, values, strict=True)
    ]
    turned = [
        same(first, multi_head(*case)) and same(second, article(*case))
        for case, (first, second) in zip(cases, pairs, strict=True)
    ]
    if all(turned) and any(h > 1 for _, h in cases):
        raise Wrong("The two numbers are swapped: the article's comes first.")
    for part, right, told, mistakes in (
        (0, article, later("{what}, the article's"), ARTICLE_MISTAKES),
        (1, multi_head, later("{what}, multi-head attention's"), MULTI_HEAD_MISTAKES),
    ):
        compare_all(
            lambda d, h, told=told: say(told, what=called(d, h)),
            cases,
            [pair[part] for pair in pairs],
            right,
            mistakes,
        )


# nlp-3 ------------------------------------------------------------------------------------------


def _texts_with_padding(rng):
    """Make texts of several lengths, also with gaps, and some that are all padding."""
    h, d_head, batch, n = (int(size) for size in rng.integers((2, 2, 2, 3), (4, 4, 4, 6)))
    scattered = rng.random((batch, n)) < 0.6
    scattered[0] = np.arange(n) != 1
    return [
        draw_texts(rng, 8, 2, np.arange(4) < [[4], [2]]),
        draw_texts(rng, 6, 3, np.arange(5) < [[3], [5], [1]]),
        draw_texts(rng, 6, 1, np.arange(4) != [[rng.integers(4)]]),
        draw_texts(rng, 4, 2, [[True, True, False]], blank=[1]),
        draw_texts(rng, 8, 4, np.arange(2) < [[2], [0]]),
        draw_texts(rng, h * d_head, h, scattered),
        draw_texts(rng, 2, 2, [[True]]),
        far_texts([[True, False, True, True, False], [False] * 5]),
        far_texts([[True, True, False, True]], logit=2048.0, nearer=[0, 1, 0, 0]),
        far_texts([[True, True, False, True]], logit=16384.0, nearer=[0, 1, 0, 1]),
        small_weight(),
    ]


INVERTED = "The mask is the wrong way round: True means a real token."
FILLED = (
    "The mask is the wrong way round: True means a real token. `masked_fill` fills where its mask "
    "is True: `~mask`."
)
WEIGHT_MISTAKES = (
    ({"use": "none"}, "The mask does nothing: padding is attended to."),
    ({"use": "inverted"}, INVERTED),
    ({"use": "before"}, FILLED),
    ({"use": "queries"}, "The mask hides rows; it should hide columns, the keys of padding."),
    ({"use": "after"}, "Weights are hidden after the softmax, so rows no longer sum to 1."),
    ({"use": "unhidden"}, "In a text of nothing but padding all weights should be 0."),
    ({"use": "nan"}, "A text of nothing but padding gives NaN; its weights should be 0."),
    ({"scale": lambda d, h: 1}, "The logits are not divided by √d_head."),
    ({"scale": lambda d, h: d}, "Divided by √d_model; a head has d_model / h features."),
    ({"scale": lambda d, h: (d / h) ** 2}, "Divided by d_head, not by its root."),
    ({"scale": lambda d, h: h}, "Divided by the root of the number of heads."),
    ({"turned": "logits"}, "The logits are transposed: query times key, not key times query."),
    ({"turned": "weights"}, "The weights are transposed: query times key, not key times query."),
    ({"axis": -2}, "The softmax runs over the queries; each row should sum to 1."),
    (
        {"split": "memory"},
        "The heads are cut across tokens. Cut the features of each token: "
        "`.unflatten(-1, (h, -1)).transpose(1, 2)`.",
    ),
)
OUTPUT_MISTAKES = (
    ({"bare": True}, "The last projection, `self.output`, is missing."),
    ({"whole": True}, "Put the heads of a token beside one another: `.transpose(1, 2)` first."),
)


def _judge_attention(cases, values):
    judge_runs(
        cases,
        values,
        reference,
        what="`MendedAttention`",
        output=later("the output"),
        subjects=(
            lambda sizes, *_: say("The output of {h} heads", h=sizes[1]),
            lambda sizes, parameters, inputs, probe: say(
                "The weights of {h} heads, mask {mask}",
                h=sizes[1],
                mask=inputs[1].astype(int).tolist(),
            ),
        ),
        mistakes=(OUTPUT_MISTAKES, WEIGHT_MISTAKES),
        seen=asked,
    )
    for (_, _, (_, mask), _), value in zip(cases, values, strict=True):
        weights = np.asarray(value["outputs"][1], dtype=float)
        rows = mask | ~mask.any(axis=1, keepdims=True)  # what other padding asks does not matter
        most = np.abs(weights * rows[:, None, :, None] * ~mask[:, None, None, :]).max()
        if most:
            raise Wrong("Padding should have a weight of exactly 0, got {most:.3g}.", most=most)


# nlp-4 ------------------------------------------------------------------------------------------


def _judge_uniform(cases, values):
    from course_lib.chapters.runs import load_runs

    runs = load_runs("opinions")
    apart = {
        (other, kind): runs["attention"][kind] - found[kind]
        for other, found in runs.items()
        for kind in ("all", "negated", "unseen combinations")
    }
    asked = apart["uniform attention", "negated"]
    right = asked.mean()
    mistakes = [
        (float(f"{right:.2g}"), "As far as it goes that is right: give three digits."),
        (-right, "The sign: learned attention minus uniform attention."),
        (
            apart["uniform attention", "all"].mean(),
            'That is the difference on all texts; the negated ones are "negated".',
        ),
        (
            apart["uniform attention", "unseen combinations"].mean(),
            'That is the difference on unseen pairs; the negated texts are "negated".',
        ),
        *((one, "That is what one seed shows; take the mean over the seeds.") for one in asked),
        (asked.sum(), "That is the sum over the seeds; take their mean."),
        (100 * right, "Leave it a share, from 0 to 1; this is in percent."),
        (asked.std(ddof=1), "That is the spread of the difference; its mean is asked for."),
        (asked.std(), "That is the spread of the difference; its mean is asked for."),
        (apart["no positions", "negated"].mean(), "That is without positions."),
        (apart["bag of words", "negated"].mean(), "That is the bag of words."),
    ]
    compare_number(values[0], right, "`advantage`", mistakes, within=1e-5, digits=3)


# nlp-5 ------------------------------------------------------------------------------------------


def _reordering_of(rng, batch, n, classes):
    predict = draw_predictor(rng, n, classes, words=MANY_WORDS, scale=1)
    return predict, rng.integers(LATE, MANY_WORDS, size=(batch, n)), rng.permutation(n)


def reorderings(rng):
    """Make functions of texts, some of which see the order of the words, and texts for them.

    The largest change stands in the middle of texts and classes, at their start and at their end,
    and is a rise or a fall: a look at some of the answers, or at one sign, is not enough.
    """
    batch, n, classes = (int(size) for size in rng.integers((2, 4, 4), (7, 9, 7)))
    bag = BagPredictor(rng.normal(size=(9, classes)))
    still = _reordering(rng, 3, 5, 4, 1, 1, rise=True)[0]
    return [
        (bag, rng.integers(1, 9, size=(batch, n)), rng.permutation(n)),
        _reordering(rng, 6, 6, 6, 2, 3, rise=True),
        _reordering(rng, 5, 7, 5, 3, 2, rise=False),
        _reordering(rng, batch, n, classes, 0, 0, rise=False),
        _reordering(rng, 30, n, 9, -1, -1, rise=True),
        _reordering(rng, 1, 6, 4, 0, 1, rise=True),
        _reordering(rng, 4, 6, 4, 0, 0, rise=False, answered=True),
        (still, rng.integers(1, 9, size=(3, 5)), np.arange(5)),
        # One that hardly changes: a small change is not none.
        (
            draw_predictor(rng, 5, 3, scale=0.0001),
            rng.integers(1, 9, size=(4, 5)),
            np.roll(np.arange(5), 1),
        ),
        (draw_predictor(rng, 1, 2), rng.integers(1, 9, size=(1, 1)), np.arange(1)),
        (draw_predictor(rng, 3, 3, scale=1), rng.integers(1, 9, size=(2, 3)), np.array([2, 0, 1])),
        (draw_predictor(rng, 2, 2, scale=1), np.array([[1, 2], [3, 4]]), np.array([1, 0])),
        # Padding stands at a place as words do, and moves with them.
        (
            draw_predictor(rng, 6, 3, scale=1),
            rng.integers(1, 9, size=(1, 6)) * (np.arange(6) < 4),
            np.roll(np.arange(6), 1),
        ),
    ]


def _reordering(rng, batch, n, classes, row, column, *, rise, answered=False):
    """Make a case whose largest change is at a row and column, and up or down.

    `answered` says whether it is that of the class that was the likeliest before.
    """
    for _ in tries("a case with one largest change"):
        order, texts = rng.permutation(n), rng.integers(1, 9, size=(batch, n))
        predict = draw_predictor(rng, n, classes, scale=1)
        change = predict(texts[:, order]) - predict(texts)
        size = np.abs(change)
        text, label = np.unravel_index(size.argmax(), size.shape)
        if (change[text, label] > 0) != rise:  # on the way back, what fell rises
            texts, order = texts[:, order], np.argsort(order)
        first, second = np.sort(size.ravel())[[-1, -2]]
        # Half the sum of the changes is as large if one class alone rises or falls, as with three.
        total = size.sum(axis=1).max() / 2
        own_inverse = (order == np.argsort(order)).all()
        likeliest = predict(texts)[text, label] > 0.5
        likeliest |= not answered and predict(texts)[text].argmax() == label
        if (
            not own_inverse
            and likeliest == answered
            and total > 1.05 * first
            and first > 1.05 * second
        ):
            break
    predict.table = np.roll(predict.table, column - label, axis=1)
    predict.places = np.roll(predict.places, column - label, axis=1)
    return predict, np.roll(texts, row - text, axis=0), order


ABSOLUTE = "Take the absolute change of each answer: a fall counts as well."


def _changes(predict, texts, order):
    return predict(texts[:, order]) - predict(texts)


def _judge_order(cases, values):
    def size(*case):
        return np.abs(_changes(*case))

    compare_all(
        lambda predict, texts, order: say(
            "The largest change in {count} texts of {n} words", count=len(texts), n=len(order)
        ),
        cases,
        values,
        lambda *case: size(*case).max(),
        [
            (lambda *case: _changes(*case).max(), ABSOLUTE),
            (lambda *case: -_changes(*case).min(), ABSOLUTE),
            (lambda *case: size(*case).mean(), "That is the mean change, not the largest."),
            (lambda *case: size(*case).sum(), "That is the sum of all changes, not the largest."),
            (
                lambda *case: size(*case).sum(axis=1).max() / 2,
                "That is a total variation; take the largest change.",
            ),
            (lambda *case: size(*case)[0].max(), "All texts count, not only the first."),
            (lambda *case: size(*case)[:, 0].max(), "All classes count, not only the first."),
            (
                lambda predict, texts, order: (
                    np.abs(_changes(predict, texts.T, order)).max()
                    if len(texts) == len(order)
                    else None
                ),
                "Change the order of the words, not of the texts: `texts[:, order]`.",
            ),
            (
                lambda predict, texts, order: size(predict, texts, np.argsort(order)).max(),
                "The other way: place j gets the word that stood at `order[j]`.",
            ),
        ],
    )


# nlp-7 ------------------------------------------------------------------------------------------


def draw_weights(rng, n_query, n_key, concentration=1.0):
    """Draw weights with one largest entry in each row, above the next by a tenth or more."""
    weights = rng.dirichlet(np.full(n_key, concentration), size=n_query)
    rows, best = np.arange(n_query), weights.argmax(axis=1)
    weights[rows, best] *= 1.1
    return weights / weights.sum(axis=1, keepdims=True)


def _alignment_of(rng, n_query, n_key):
    right = rng.random((n_query, n_key)) < 0.5
    right[rng.integers(n_query), rng.integers(n_key)] = True
    return draw_weights(rng, n_query, n_key), right


def alignments(rng):
    """Make weights, sharp and flat ones, and right keys that many, few or no rows have."""
    cases = []
    drawn = [(int(n), int(m), 1) for n, m in rng.integers(4, 12, size=(2, 2))]
    shapes = (7, 7, 1), (4, 7, 0.3), (8, 40, 99), (6, 4, 1), (30, 5, 1)
    for n_query, n_key, concentration in (*shapes, *drawn):
        weights = draw_weights(rng, n_query, n_key, concentration)
        right = rng.random((n_query, n_key)) < 0.5
        right[1] = False  # nothing to point at
        # The largest weights of the first and the last row are right, the smallest are not.
        for row, is_right in ((0, True), (-1, True), (2, False)):
            right[row] = np.arange(n_key) % 2 == 0
            right[row, weights[row].argmax()] = is_right
            right[row, weights[row].argmin()] = not is_right
        cases.append((weights, right))
    sure = np.eye(3)[[1, 2, 0]]
    # Less than half of the weight is on right keys, and the largest; more than half, and it is not.
    rows, keys = rng.permutation(3), rng.permutation(4)
    least = np.full((3, 4), 0.2) + 0.2 * np.eye(4)[[0, 0, 0]]
    few = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 1]]) > 0
    cases.append((least[:, keys], few[rows][:, keys]))
    # The largest weights are hardly larger, and behind many keys; other right keys have less.
    for n in (50, 200):
        favourites = np.eye(n)[rng.integers(30, n, size=3)]
        right = favourites * [[0], [1], [1]] + np.eye(n)[[1, 1, 1]]
        cases.append(((1 + 0.1 * favourites) / (n + 0.1), right > 0))
    # To two digits these weights are the same, and point elsewhere.
    cases.append((np.roll(cases[-2][0], 1, axis=1), cases[-2][1]))
    cases.append((np.array([[0.75, 0.25], [0.4, 0.6]]), np.array([[True, False]] * 2)))
    # A query for which every key is right counts as well; so does one that may miss a single key.
    weights = draw_weights(rng, 3, 5)
    largest = weights == weights.max(axis=1, keepdims=True)
    cases.append((weights, ~largest | [[True], [False], [False]]))
    cases.append((sure[[0, 2, 1]], sure > 0))  # in the first row as sure as the next
    return [*cases, (sure, sure > 0), (sure, np.eye(3) > 0), (np.ones((1, 1)), np.ones((1, 1)) > 0)]


def _judge_pointing(cases, values):
    def hits(weights, right):
        return right[np.arange(len(right)), weights.argmax(axis=1)]

    def on_right(weights, right):
        return (weights * right).sum(axis=1)

    compare_all(
        lambda weights, right: say(
            "The share for {n} queries and {m} keys", n=right.shape[0], m=right.shape[1]
        ),
        cases,
        values,
        lambda weights, right: hits(weights, right)[right.any(axis=1)].mean(),
        [
            (
                lambda *case: hits(*case).mean(),
                "Rows without a right key are counted; leave them out.",
            ),
            (
                lambda *case: hits(*case).sum(),
                "That is a number of rows; divide by how many have a right key.",
            ),
            (
                lambda weights, right: hits(-weights, right)[right.any(axis=1)].mean(),
                "That asks where the *smallest* weight is.",
            ),
            (
                lambda weights, right: on_right(weights, right)[right.any(axis=1)].mean(),
                "That is the weight on the right keys; ask only where the largest weight is.",
            ),
            (lambda *case: on_right(*case).mean(), "That is a mean weight; count the rows."),
            (
                lambda weights, right: hits(weights.T, right.T)[right.any(axis=0)].mean(),
                "That takes the largest weight of each key; a row is a query.",
            ),
        ],
    )


MODULE = "course_lib.nn.attention:"
CHECKS = {
    "nlp-1": Check(judge=_judge_spread, call=read_value),
    "nlp-2": Check(
        inputs=_sizes,
        judge=_judge_parameters,
        fits=lambda d_model, num_heads: d_model % num_heads == 0,
    ),
    "nlp-3": Check(
        inputs=_texts_with_padding,
        judge=_judge_attention,
        call=run_module,
        without=(MODULE + "MultiHeadAttention.forward", MODULE + "masked_softmax"),
    ),
    "nlp-4": Check(judge=_judge_uniform, call=read_value),
    "nlp-5": Check(
        twins=reordered(2),
        inputs=reorderings,
        judge=_judge_order,
        sizes=Sizes(_reordering_of, (1, 1, 2)),
    ),
    "nlp-7": Check(
        inputs=alignments,
        judge=_judge_pointing,
        sizes=Sizes(_alignment_of, (1, 1)),
    ),
}
