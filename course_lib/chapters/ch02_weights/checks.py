"""The checks of chapter 02: scaled dot-product attention."""

import numpy as np

from course_lib.attention import attention, attention_logits, causal_mask, entropy, softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare, compare_choice, read_pair


def _judge_shift(cases, values):
    for value in values:
        compare_choice(
            value,
            "unchanged",
            "`shift_effect`",
            {
                "larger": "The weights of a row still have to sum to 1. Can they all grow?",
                "smaller": "The weights of a row still have to sum to 1. Can they all shrink?",
                "sharper": "Is the ratio exp(a + 5) / exp(b + 5) another than exp(a) / exp(b)?",
            },
        )


def _query_key(rng):
    # Few and small numbers: where softmax saturates, every scale looks right.
    sizes = ((3, 5, 4), (4, 2, 7), (1, 6, 9), (5, 5, 2))
    return [(rng.normal(size=(n, d)), rng.normal(size=(m, d))) for n, m, d in sizes]


def _judge_weights(cases, values):
    for (query, key), value in zip(cases, values, strict=True):
        n, d = query.shape
        m = len(key)
        raw = query @ key.T
        mistakes = [
            (softmax(raw), "The logits are not scaled: divide them by the square root of d."),
            (softmax(raw / d), "The logits are divided by d; its square root is wanted."),
            (softmax(raw / np.sqrt(m)), "The square root of the number of keys; d is wanted."),
            (softmax(raw / np.sqrt(n)), "The square root of the number of queries; d is wanted."),
            (softmax(raw * np.sqrt(d)), "Multiplied by the square root of d: divide by it."),
            (softmax(raw / np.sqrt(d), axis=0), "The columns sum to 1, but the rows should."),
            (
                softmax(raw / np.sqrt(d)).T,
                "Transposed: a row for each query, a column for each key.",
            ),
            (
                softmax(raw.T / np.sqrt(d)),
                "Transposed: a row for each query, a column for each key.",
            ),
            (raw / np.sqrt(d), "These are the logits; softmax turns them into weights."),
        ]
        compare(value, softmax(raw / np.sqrt(d)), "The weights", mistakes)


def _logits(rng):
    far_apart = np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -1002.0]])
    return [(rng.normal(size=(3, 4)),), (far_apart,), (rng.normal(size=(2, 5)) - 800,)]


def _judge_safe_softmax(cases, values):
    for (logits,), value in zip(cases, values, strict=True):
        with np.errstate(all="ignore"):
            naive = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            total = np.exp(logits - logits.max())
            overall = total / total.sum(axis=1, keepdims=True)
        mistakes = [
            (softmax(logits, axis=0), "The columns sum to 1, but the rows should."),
            (
                softmax(logits.ravel()).reshape(logits.shape),
                "All entries sum to 1: do it row by row.",
            ),
        ]
        if np.isnan(value).any():
            if _same_nans(value, naive):
                raise Wrong("Logits of 1000 still overflow: exp gives inf, and inf / inf is NaN.")
            if _same_nans(value, overall):
                raise Wrong(
                    "One maximum for the whole matrix: a row far below it becomes 0 / 0. "
                    "Take the maximum of each row."
                )
        compare(value, softmax(logits), "The weights", mistakes)


def _same_nans(value, mistake):
    return np.shape(value) == mistake.shape and bool((np.isnan(value) == np.isnan(mistake)).all())


def _sequences(rng):
    return [
        tuple(rng.normal(size=(n, d)) for d in (d_key, d_key, d_value))
        for n, d_key, d_value in ((4, 3, 2), (5, 2, 3), (1, 4, 4), (6, 4, 5))
    ]


def _judge_causal(cases, values):
    for (query, key, value), returned in zip(cases, values, strict=True):
        output, weights = read_pair(returned, "`causal_attention`", "output", "weights")
        n = len(query)
        mask = causal_mask(n)
        right_output, right = attention(query, key, value, mask=mask)
        full = attention(query, key, value)[1]
        logits = attention_logits(query, key)
        mistakes = [
            (full, "Nothing is masked: a query still attends to later positions."),
            (full * mask, "Masked after the softmax, so the rows no longer sum to 1."),
            (softmax(logits * mask), "A logit of 0 is not a weight of 0: use -inf."),
            (softmax(logits, axis=0) * mask, "The columns sum to 1, but the rows should."),
            (_only(logits, ~mask), "The mask is inverted: queries see only what comes later."),
            (_only(logits, ~mask.T), "A token may attend to itself: keep the diagonal."),
            (_only(logits, mask.T), "The mask is turned round: row i may see columns 0 to i."),
            (softmax(np.where(mask, query @ key.T, -np.inf)), "The logits are not scaled by 1/√d."),
        ]
        compare(weights, right, "The weights", mistakes)
        compare(output, right_output, "The output")


def _only(logits, mask):
    """Return softmax over the masked logits; a row without any key becomes zeros."""
    exponentials = np.exp(logits) * mask
    sums = exponentials.sum(axis=1, keepdims=True)
    return np.divide(exponentials, sums, out=np.zeros_like(exponentials), where=sums > 0)


def _relabellings(rng):
    cycle = np.array([1, 2, 3, 0])  # not its own inverse
    cases = [(softmax(rng.normal(size=(4, 4))), cycle)]
    for n in (5, 6, 3):
        order = np.roll(np.arange(n), 1)
        cases.append((softmax(rng.normal(size=(n, n))), order))
    return cases


def _judge_relabelled(cases, values):
    for (weights, order), value in zip(cases, values, strict=True):
        inverse = np.argsort(order)
        mistakes = [
            (weights, "Nothing has moved: use `order` for rows and columns."),
            (weights[order], "Only the rows have moved; the keys have new places too."),
            (weights[:, order], "Only the columns have moved; the queries have new places too."),
            (weights[inverse][:, inverse], "Moved the other way: new position i holds order[i]."),
            (weights[order][:, order].T, "Moved rightly, but transposed."),
            (weights[order, order], "`weights[order, order]` picks single entries; see np.ix_."),
        ]
        compare(value, weights[order][:, order], "The relabelled matrix", mistakes)


def _models(rng):
    cases = [(_planted_heads(rng),), (_planted_heads(rng),)]
    cases[1][0][2, 1] = np.eye(5)  # the sharpest head there can be, with log 0 in it
    return cases


def _planted_heads(rng):
    """Return weights (3, 4, 5, 5) whose sharpest head is (2, 1) and whose widest is (0, 3)."""
    temperature = rng.uniform(0.7, 1.4, size=(3, 4, 1, 1))
    temperature[2, 1], temperature[1, 0], temperature[0, 3] = 0.05, 0.2, 50
    return softmax(rng.normal(size=(3, 4, 5, 5)) / temperature)


def _judge_sharpest(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        spread = entropy(weights).mean(axis=-1)
        layer, head = read_pair(value, "`sharpest_head`", "layer", "head")
        expected = np.unravel_index(np.argmin(spread), spread.shape)
        widest = np.unravel_index(np.argmax(spread), spread.shape)
        if (layer, head) == (expected[1], expected[0]) != tuple(expected):
            raise Wrong("The two numbers are the wrong way round: layer first, then head.")
        if (layer, head) == tuple(widest):
            raise Wrong("This head attends most widely: small entropy means sharp.")
        if (layer, head) != tuple(expected):
            raise Wrong(
                "Expected layer {right_layer}, head {right_head}, got layer {layer}, head "
                "{head}. Is 0 · log 0 counted as 0?",
                right_layer=expected[0],
                right_head=expected[1],
                layer=layer,
                head=head,
            )


CHECKS = {
    "weights-1": Check(call=read_value, judge=_judge_shift),
    "weights-2": Check(inputs=_logits, judge=_judge_safe_softmax),
    "weights-3": Check(inputs=_query_key, judge=_judge_weights),
    "weights-4": Check(inputs=_sequences, judge=_judge_causal),
    "weights-5": Check(inputs=_relabellings, judge=_judge_relabelled),
    "weights-6": Check(inputs=_models, judge=_judge_sharpest),
}
