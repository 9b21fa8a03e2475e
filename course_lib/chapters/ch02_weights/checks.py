"""The checks of chapter 02: scaled dot-product attention."""

import numpy as np

from course_lib.attention import (
    attention,
    attention_logits,
    causal_mask,
    entropy,
    softmax,
)
from course_lib.chapters.ch02_weights.models import (
    PLANTED,
    alike_to_two_digits,
    clear_model,
    in_wide_company,
    planted,
    with_faint_weights,
)
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_choice,
    read_pair,
    same,
    same_copied,
)
from course_lib.exercises.rearranging import nudged, reordered, telling
from course_lib.exercises.sizing import Sizes

NOT_THE_LARGEST = "An entry far above what is subtracted from its row still overflows."
COLUMNS = "The columns sum to 1, but the rows should."


# Exercise 1: a shift ------------------------------------------------------------------------------


def _judge_shift(cases, values):
    for value in values:
        compare_choice(
            value,
            "unchanged",
            "`shift_effect`",
            {
                "larger": "The weights of a row still have to sum to 1. Can they all grow?",
                "smaller": "The weights of a row still have to sum to 1. Can they all shrink?",
                "sharper": "Does the ratio exp(a + 5) / exp(b + 5) differ from exp(a) / exp(b)?",
            },
        )


# Exercise 2: softmax ------------------------------------------------------------------------------


def _logits(rng):
    n, m = (int(size) for size in rng.integers(2, 7, size=2))
    near, square = rng.normal(size=(n, m)), rng.normal(size=(rng.integers(7, 10),) * 2)
    square[6:] -= 800
    rows_apart = np.array([[1000.0, 1001.0, 999.0], [-2000.0, -2001.0, -2002.0]])
    # A tie at the top keeps two weights at 1/2, however far the rest of the row.
    apart = 32768.0 * np.array([[1, 1, -1, -1], [1, -1, 1, 1], [0, -1, -1, 0]])
    # Too far above the minimum, not the mean; and exponentials of which only the sum overflows.
    steep = np.array([[0.0, 800.0, 800.0, 800.0], [0.0, 709.5, 709.5, 709.5]])
    high = np.array([[2e6, 2e6 + 1, 2e6 - 2], [-2e6, 0.0, -2e6 - 1]])
    huge = 2.0**23 * np.array([[0.0, 1.0, 1.0], [-1.0, 0.0, -1.0]])
    # Those that stay are near one another, or small beside the largest.
    pairs = np.array([[1024.0, 1016.0, -1024.0, -1024.0], [9.0, 0.0, -1.0, -2.6]])
    tied = np.array([[2.0, 1.0, 2.0, 2.0, 0.0]])
    faint = np.array([[0.0, -15.0, -17.0]])  # weights far below 1 in a million count, too
    many = rng.normal(size=rng.integers(25, 40, size=2))
    many[::2, rng.integers(12, 25)] += 900
    cases = [near, near[:1] - 800, rows_apart, apart, np.array([[0.0, 3000.0]]), steep, high, huge]
    cases += [pairs, square, tied, faint, many, near[:1, :1]]
    return [(case,) for case in cases]


# A shift costs hardly a digit; a small number that is added to the sum costs more.
SHIFTED = {"rtol": 1e-6, "atol": 1e-9}


def _same_softmax(got, expected):
    exact = getattr(got, "dtype", None) == np.float64
    return same(got, expected, tolerance=SHIFTED if exact else None)


def _judge_safe_softmax(cases, values):
    def exponentials_shifted_by(shift):
        return lambda logits: _as_written(logits - shift(logits))

    def by_whole(logits):
        return softmax(logits.ravel()).reshape(logits.shape)

    mistakes = [
        (_as_written, "Logits of 1000 still overflow: exp gives inf, and inf / inf is NaN."),
        (
            exponentials_shifted_by(np.max),
            "One maximum for the whole matrix: a row far below it becomes 0 / 0. "
            "Take the maximum of each row.",
        ),
        (
            exponentials_shifted_by(lambda logits: logits.mean(axis=1, keepdims=True)),
            NOT_THE_LARGEST,
        ),
        (
            exponentials_shifted_by(lambda logits: logits.min(axis=1, keepdims=True)),
            NOT_THE_LARGEST,
        ),
        (lambda logits: softmax(logits, axis=0), COLUMNS),
        (by_whole, "All entries sum to 1: do it row by row."),
    ]
    compare_all("The weights", cases, values, softmax, mistakes, same=_same_softmax)


def _as_written(logits):
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


# Exercise 3: from queries and keys ----------------------------------------------------------------


def _near_vectors(rng, n, m, d):
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


def _query_key(rng):
    # Mostly few and small numbers: where softmax saturates, every scale looks right.
    n, m, d = (int(size) for size in rng.permutation(np.arange(2, 9))[:3])
    sizes = ((3, 5, 4), (4, 2, 7), (1, 6, 9), (5, 5, 2), (3, 4, 1), (4, 4, 4), (n, m, d))
    sizes += ((11, 12, 10), (2, 2, 2), (3, 1, 2))
    sizes += (tuple(int(size) for size in rng.integers(20, 40, size=3)),)
    near = [_near_vectors(rng, *size) for size in sizes]
    near.append((0.01 * near[-1][0], near[-1][1]))
    # Far logits, all exact in half precision: with d = 1 or 4 the scale is 1 or 1/2.
    tied = 32768.0 * np.eye(4)[[0, 1, 2]], np.array([[1.0, -1, 0, 0], [1, 1, 0, 0], [0, 1, 1, -1]])
    high = np.array([[1024.0, -1024, 32768, -32768]]).T, np.array([[1.0], [255 / 256], [0.5]])
    unlike = (rng.normal(size=(4, 3)) * [[0.2], [1], [3], [0]], rng.normal(size=(6, 3)) + 1)
    # Weights below 1 in 10,000, and some far below, are not 0.
    faint = np.array([[4.0], [1.0]]), np.array([[0.0], [0.6], [3.2], [0.27]])
    return [*near, tied, high, unlike, faint]


def _judge_weights(cases, values):
    def scaled_by(scale):
        return lambda query, key: softmax(query @ key.T * scale(query, key))

    def logits(query, key):
        return query @ key.T / np.sqrt(query.shape[1])

    turned = "Transposed: a row for each query, a column for each key."
    mistakes = [
        (
            scaled_by(lambda q, k: 1),
            "The logits are not scaled: divide them by the square root of d.",
        ),
        (
            scaled_by(lambda q, k: 1 / q.shape[1]),
            "The logits are divided by d; its square root is wanted.",
        ),
        (
            scaled_by(lambda q, k: len(k) ** -0.5),
            "Divided by the square root of the number of keys; use that of d.",
        ),
        (
            scaled_by(lambda q, k: len(q) ** -0.5),
            "Divided by the square root of the number of queries; use that of d.",
        ),
        (
            scaled_by(lambda q, k: q.shape[1] ** 0.5),
            "Multiplied by the square root of d: divide by it.",
        ),
        (lambda query, key: softmax(logits(query, key), axis=0), COLUMNS),
        (lambda query, key: softmax(logits(query, key)).T, turned),
        (lambda query, key: softmax(logits(key, query)), turned),
        (logits, "These are the logits; softmax turns them into weights."),
    ]
    right = scaled_by(lambda q, k: q.shape[1] ** -0.5)
    compare_all("The weights", cases, values, right, mistakes)


# Exercise 4: a causal mask ------------------------------------------------------------------------

FAR = 20_000.0  # so far below 0 allowed logits may lie; the text says so


def _near_sequence(rng, n, d_key, d_value):
    return tuple(rng.normal(size=(n, d)) for d in (d_key, d_key, d_value))


def _sequences(rng):
    sizes = ((4, 3, 2), (5, 2, 3), (1, 4, 4), (4, 3, 4), rng.integers(3, 8, size=3), (11, 5, 6))
    sizes += ((2, 3, 1),)
    sizes += (rng.integers(20, 40, size=3),)
    near = [_near_sequence(rng, *size) for size in sizes]
    near[1][1][1] = near[1][2][2] = 0  # logits of 0 that are not masked, and a value of 0
    # Logits far below 0, and a later one far above: with four features the scale is exactly 1/2.
    nearer = np.array([[1, 1, 1, 1], [1, 1, 1, 0.5], [1, 1, 1, 1]])
    below = (np.full((3, 4), -FAR / 2), nearer, rng.normal(size=(3, 2)))
    later = (
        np.array([[50_000.0, 2, 0, 0]] * 3),
        np.array([[0.0, 1, 0, 0], [0, -1, 0, 0], [1, 0, 0, 0]]),
        rng.normal(size=(3, 5)),
    )
    high = (
        np.array([[1024.0], [-1024.0], [1024.0]]),
        np.array([[1.0], [255 / 256], [0.5]]),
        rng.normal(size=(3, 2)),
    )
    # One's own key may lie further below two others than an exponential reaches.
    own_below = np.array([[1024.0]] * 3), np.array([[1.0], [255 / 256], [0.0]]), np.eye(3)
    faint = np.full((4, 1), 4.0), np.array([[3.2], [0.6], [0.27], [0.0]]), np.eye(4)
    return [*near, below, later, high, own_below, faint]


def _judge_causal(cases, values):
    outputs, weights = [], []
    for (query, _, value), returned in zip(cases, values, strict=True):
        shapes = (len(query), value.shape[1]), (len(query), len(query))
        pair = read_pair(returned, "`causal_attention`", "output", "weights", shapes=shapes)
        outputs.append(pair[0])
        weights.append(pair[1])

    def right(query, key, value):
        return attention(query, key, value, mask=causal_mask(len(query)))

    def of_logits(change):
        """Change the scaled logits or the weights, given the causal mask."""
        return lambda query, key, value: change(attention_logits(query, key), causal_mask(len(key)))

    def scaled_by(scale):
        return lambda q, k, v: _only(q @ k.T * scale(q.shape[1]), causal_mask(len(k)))

    mistakes = [
        (
            of_logits(lambda z, mask: softmax(z)),
            "Nothing is masked: a query still attends to later positions.",
        ),
        (
            of_logits(lambda z, mask: softmax(z) * mask),
            "Masked after the softmax, so the rows no longer sum to 1.",
        ),
        (
            of_logits(lambda z, mask: _shares(softmax(z) * mask)),
            "Where a later key has by far the largest logit, nothing is left to share out: "
            "hide later keys before the softmax, and before the maximum in it.",
        ),
        (
            of_logits(lambda z, mask: softmax(z * mask)),
            "A logit of 0 is not a weight of 0: use -inf.",
        ),
        (of_logits(lambda z, mask: softmax(np.where(mask, z, -np.inf), axis=0)), COLUMNS),
        (of_logits(lambda z, mask: softmax(z, axis=0) * mask), COLUMNS),
        (
            of_logits(lambda z, mask: _only(z, ~mask)),
            "The mask is inverted: queries see only what comes later.",
        ),
        *(
            (
                of_logits(lambda z, mask, only=only: only(z, mask & ~np.eye(len(z), dtype=bool))),
                "A token may attend to itself: keep the diagonal.",
            )
            for only in (_only, _mostly)
        ),
        (
            of_logits(lambda z, mask: _only(z, mask.T)),
            "The mask is turned round: row i may see columns 0 to i.",
        ),
        (scaled_by(lambda d: 1), "The logits are not scaled by 1/√d."),
        (scaled_by(lambda d: d**0.5), "Multiplied by the square root of d: divide by it."),
        (scaled_by(lambda d: 1 / d), "The logits are divided by d; its square root is wanted."),
    ]
    compare_all(
        "The weights", cases, weights, lambda *case: right(*case)[1], mistakes, same=_like_weights
    )
    later = max(np.abs(np.triu(np.asarray(got, dtype=float), k=1)).max() for got in weights)
    if later:
        raise Wrong(
            "A weight on a later position should be exactly 0, got {weight}.",
            weight=f"{later:.3g}",
        )
    mistakes = [
        (
            lambda query, key, value: attention(query, key, value)[0],
            "The output is that of weights without a mask.",
        ),
        (
            lambda *case: right(*case)[1].T @ case[2],
            "The output is made with the weights transposed.",
        ),
    ]
    compare_all("The output", cases, outputs, lambda *case: right(*case)[0], mistakes)


def _like_weights(got, expected):
    """Compare weights; a row that could attend to nothing is 0 or NaN, as people divide."""
    return same(got, expected) or same(got, np.nan_to_num(expected))


def _shares(numbers):
    return numbers / numbers.sum(axis=1, keepdims=True)


def _only(logits, mask):
    """Return softmax over the masked logits; NaN in a row without any key."""
    masked = np.where(mask, logits, -np.inf)
    return _as_written(masked - masked.max(axis=1, keepdims=True))


def _mostly(logits, mask):
    """Return softmax with a large negative number elsewhere: even in a row without any key."""
    return softmax(np.where(mask, logits, -1e9))


# Exercise 5: another order ------------------------------------------------------------------------


def _relabelling(rng, n):
    return softmax(rng.normal(size=(n, n))), rng.permutation(n)


def _relabellings(rng):
    sizes = [4, 1, 2, 3, *(int(n) for n in rng.integers([5, 5, 20, 5], [9, 9, 40, 9]))]
    # A cycle is not its own inverse.
    orders = [np.array(order) for order in ([1, 2, 3, 0], [0], [1, 0], [2, 0, 1])]
    orders += [rng.permutation(n) for n in sizes[4:]]
    orders[-1] = np.arange(sizes[-1])[::-1].copy()
    return [(softmax(rng.normal(size=(n, n))), o) for n, o in zip(sizes, orders, strict=True)]


def _judge_relabelled(cases, values):
    def moved(weights, order):
        return weights[order][:, order]

    mistakes = [
        (lambda w, order: w, "Nothing has moved: use `order` for rows and columns."),
        (lambda w, order: w[order], "Only the rows have moved; the keys have new places too."),
        (
            lambda w, order: w[:, order],
            "Only the columns have moved; the queries have new places too.",
        ),
        (
            lambda w, order: moved(w, np.argsort(order)),
            "Moved the other way: new position i holds order[i].",
        ),
        (lambda w, order: moved(w, order).T, "Moved rightly, but transposed."),
        (
            lambda w, order: w[order, order],
            "`weights[order, order]` picks single entries; see np.ix_.",
        ),
    ]
    compare_all("The relabelled matrix", cases, values, moved, mistakes, same=same_copied)


# Exercise 6: the sharpest head --------------------------------------------------------------------


def _models(rng):
    models = [planted(rng, *pair, rival_first=k % 2) for k, pair in enumerate(PLANTED)]
    models += [
        in_wide_company(rng),
        with_faint_weights(),
        *(clear_model(rng, n) for n in (5, 5, 4, 8)),
    ]
    models += [clear_model(rng, 2, shape=(3, 4)), clear_model(rng, 3, shape=(4, 1))]
    models += alike_to_two_digits(rng)
    return [(model,) for model in models]


def _sharpest(weights):
    return _place(entropy(weights).mean(axis=-1))


def _judge_sharpest(cases, values):
    read = [read_pair(value, "`sharpest_head`", "layer", "head") for value in values]

    def chosen_by(table_of):
        return lambda weights: _place(table_of(weights))

    def spread(weights):
        return entropy(weights).mean(axis=-1)

    def with_nan(weights):
        return -(weights * np.log(weights)).sum(axis=-1).mean(axis=-1)

    def turned(weights):
        return chosen_by(spread)(weights)[::-1]

    mistakes = [
        (turned, "The two numbers are the wrong way round: layer first, then head."),
        (
            chosen_by(lambda weights: -spread(weights)),
            "This head attends most widely: small entropy means sharp.",
        ),
        (chosen_by(with_nan), _ZERO_LOG_ZERO),
        (chosen_by(lambda weights: np.nan_to_num(with_nan(weights), nan=np.inf)), _ZERO_LOG_ZERO),
        (
            chosen_by(lambda weights: entropy(weights).min(axis=-1)),
            "This is the head with the sharpest query; the mean over all queries is wanted.",
        ),
        (
            chosen_by(lambda weights: entropy(weights).max(axis=-1)),
            "In this head even the widest query is fairly sharp; the mean over all queries is "
            "wanted.",
        ),
    ]
    compare_all("The layer and the head", cases, read, chosen_by(spread), mistakes)


_ZERO_LOG_ZERO = "This head comes out if 0 · log 0 is NaN, as in NumPy. Count it as 0."


def _place(table):
    return tuple(int(i) for i in np.unravel_index(np.argmin(table), table.shape))


CHECKS = {
    "weights-1": Check(call=read_value, judge=_judge_shift),
    "weights-2": Check(
        twins=reordered(0) + nudged(0),
        inputs=_logits,
        judge=_judge_safe_softmax,
        without=(softmax,),
        sizes=Sizes(lambda rng, n, m: (rng.normal(size=(n, m)),), (1, 1)),
        particular=lambda weights: (weights,),
    ),
    "weights-3": Check(
        twins=reordered(0, 1) + nudged(0),
        inputs=_query_key,
        judge=_judge_weights,
        without=(attention, attention_logits),
        sizes=Sizes(_near_vectors, (1, 1, 1)),
        particular=lambda weights: (weights, 8 * weights),
    ),
    "weights-4": Check(
        twins=reordered(0, 1, 2) + nudged(2),
        inputs=_sequences,
        judge=_judge_causal,
        without=(attention,),
        sizes=Sizes(_near_sequence, (1, 1, 1)),
        particular=lambda weights: (weights, 8 * weights, weights),
    ),
    "weights-5": Check(
        twins=reordered(0),
        inputs=_relabellings,
        judge=_judge_relabelled,
        sizes=Sizes(_relabelling),
        particular=lambda weights: (weights, np.array([2, 0, 3, 1])),
    ),
    "weights-6": Check(
        twins=telling(_sharpest, reordered(0)),
        inputs=_models,
        judge=_judge_sharpest,
        sizes=Sizes(lambda rng, n: (clear_model(rng, n, shape=(2, 2)),), (2,)),
    ),
}
