"""The checks of chapter 03: many graphs on one set of nodes."""

import numpy as np

from course_lib.attention import attention, merge_heads, multi_head_attention, softmax, split_heads
from course_lib.exercises.exercise import Check, Wrong
from course_lib.exercises.judging import compare, read_pair
from course_lib.exercises.plain import Raised
from course_lib.heads import head_distance, offset_score
from course_lib.language import say


def _features(rng):
    return [
        (rng.normal(size=(n, d)), h) for n, d, h in ((3, 4, 2), (5, 6, 3), (2, 8, 4), (4, 5, 1))
    ]


def _judge_split(cases, values):
    for (x, h), value in zip(cases, values, strict=True):
        n, d = x.shape
        right = split_heads(x, h)
        mistakes = [
            (x.reshape(h, n, d // h), _SCRAMBLED),
            (x.reshape(n, h, d // h), "The heads should come first: shape (h, n, d // h)."),
            (x.reshape(n, d // h, h).transpose(2, 0, 1), _STRIDED),
        ]
        compare(value, right, say("The heads of a {n} × {d} matrix", n=n, d=d), mistakes)


_SCRAMBLED = (
    "The shape is right, but a reshape alone mixes tokens: head 0 holds the first tokens whole "
    "instead of the first features of every token."
)
_STRIDED = "Each head takes every h-th feature; it should take a block of neighbouring features."


def _projected(rng):
    cases = []
    for n, d, h in ((3, 4, 2), (5, 6, 3), (4, 4, 1), (6, 8, 4)):
        x = rng.normal(size=(n, d))
        cases.append((x, *(rng.normal(size=(4, d, d)) / np.sqrt(d)), h))
    return cases


def _judge_multi_head(cases, values):
    for (x, w_q, w_k, w_v, w_o, h), value in zip(cases, values, strict=True):
        output, weights = read_pair(value, "`multi_head`", "output", "weights")
        right_output, right = multi_head_attention(x, w_q, w_k, w_v, w_o, num_heads=h)
        query, key, values_ = (split_heads(x @ w, h) for w in (w_q, w_k, w_v))
        d = x.shape[1]
        turned = multi_head_attention(x, w_q.T, w_k.T, w_v.T, w_o.T, num_heads=h)
        no_projection = attention(*(split_heads(x, h),) * 3)[1]
        compare(
            weights,
            right,
            "The weights",
            [
                (attention(query, key, values_, scale=1 / np.sqrt(d))[1], _WRONG_ROOT),
                (attention(query, key, values_, scale=1)[1], "The logits are not scaled."),
                (no_projection, "The heads are cut from x itself: project with w_q and w_k first."),
                (turned[1], "The projections are applied as w.T; here it is x @ w."),
                (right.mean(axis=0), "One matrix came back: return the weights of every head."),
            ],
        )
        heads = attention(query, key, values_)[0]
        without = merge_heads(heads)
        unprojected = merge_heads(right @ split_heads(x, h)) @ w_o
        compare(
            output,
            right_output,
            "The output",
            [
                (without, "The heads are side by side, but W_o does not mix them yet."),
                (heads.reshape(x.shape) @ w_o, _SCRAMBLED_MERGE),
                (unprojected, "The values are not projected: use x @ w_v."),
                (turned[0], "The projections are applied as w.T; here it is x @ w."),
            ],
        )


_WRONG_ROOT = "The scale is 1/√d_model; each head works in d_head = d_model / h dimensions."
_SCRAMBLED_MERGE = "A reshape alone mixes tokens: move the head axis behind the tokens first."


def _sizes(rng):
    return [(8, 2), (384, 12), (6, 6), (10, 3), (4, 8), (7, 2)]


def _judge_head_size(cases, values):
    for (d_model, h), value in zip(cases, values, strict=True):
        if d_model % h == 0:
            if isinstance(value, Raised):
                raise Wrong(
                    "{d_model} features do split into {h} heads, yet it raised an error.",
                    d_model=d_model,
                    h=h,
                )
            compare(
                value,
                d_model // h,
                say("The head size for {d_model} features and {h} heads", d_model=d_model, h=h),
            )
        elif not isinstance(value, Raised):
            raise Wrong(
                "{d_model} features do not split into {h} heads; that should be an error.",
                d_model=d_model,
                h=h,
            )
        elif not value.is_a("ValueError"):
            raise Wrong(
                "The error should be a ValueError, got {error}: {message}",
                error=value.type,
                message=value.message,
            )
        elif str(d_model) not in value.message or str(h) not in value.message:
            raise Wrong("The message should name both numbers, d_model and num_heads.")


def _heads(rng):
    n = 5
    itself = softmax(6 * np.eye(n) + rng.normal(size=(2, n, n)))
    mixed = softmax(rng.normal(size=(3, n, n)))
    # One row has its largest weight on the diagonal, but no column.
    crafted = np.array([[[0.5, 0.3, 0.2], [0.6, 0.25, 0.15], [0.7, 0.2, 0.1]]])
    return [(crafted,), (itself,), (mixed,), (softmax(rng.normal(size=(4, 6, 6))),)]


def _judge_self_share(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        n = weights.shape[-1]
        itself = (weights.argmax(axis=-1) == np.arange(n)).mean()
        columns = (weights.argmax(axis=-2) == np.arange(n)).mean()
        diagonal = np.diagonal(weights, axis1=-2, axis2=-1).mean()
        mistakes = [
            (columns, "That looks down the columns: each query is a row."),
            (diagonal, "That is the mean weight on itself; count how often it is the largest."),
            (itself * n, "Divide by all rows of all heads, not by the number of heads."),
        ]
        compare(value, itself, "The share", mistakes)


def _models(rng):
    """Make models with a previous-token head at (2, 1) and a next-token head at (0, 3)."""
    cases = []
    for n in (5, 6, 4):
        logits = rng.normal(size=(3, 4, n, n))
        logits[2, 1] += 5 * np.eye(n, k=-1)
        logits[0, 3] += 7 * np.eye(n, k=1)
        cases.append((softmax(logits),))
    return cases


def _judge_previous(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        layer, head = read_pair(value, "`previous_token_head`", "layer", "head")
        scores = offset_score(weights, -1)
        expected = _place(scores)
        if (layer, head) == expected:
            continue
        if (layer, head) == _place(offset_score(weights, 1)):
            raise Wrong(
                "This head looks at the next token: row i, column i - 1 is the previous one."
            )
        if (layer, head) == expected[::-1]:
            raise Wrong("The two numbers are the wrong way round: layer first, then head.")
        if (layer, head) == _place(offset_score(weights, 0)):
            raise Wrong("This head looks at the token itself.")
        raise Wrong(
            "Expected layer {right_layer}, head {right_head}, got layer {layer}, head {head}.",
            right_layer=expected[0],
            right_head=expected[1],
            layer=layer,
            head=head,
        )


def _place(scores):
    return tuple(int(i) for i in np.unravel_index(np.argmax(scores), scores.shape))


def _layers(rng):
    return [(softmax(2 * rng.normal(size=(h, n, n))),) for h, n in ((2, 4), (3, 5), (5, 3))]


def _judge_nearest(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        distances = head_distance(weights.mean(axis=0), weights)
        mistakes = [
            (distances.mean(), "That is the mean distance; the nearest head has the smallest."),
            (distances.max(), "That is the head farthest away."),
            (0.0, "Each head is compared with itself, or the mean with the mean."),
            (distances.argmin(), "That is which head is nearest; its distance is wanted."),
            (distances, "Those are the distances of all heads; return the smallest."),
        ]
        compare(value, distances.min(), "The distance", mistakes)


CHECKS = {
    "multi_head-1": Check(inputs=_features, judge=_judge_split),
    "multi_head-2": Check(inputs=_sizes, judge=_judge_head_size, may_raise=True),
    "multi_head-3": Check(inputs=_heads, judge=_judge_self_share),
    "multi_head-4": Check(inputs=_projected, judge=_judge_multi_head),
    "multi_head-5": Check(inputs=_models, judge=_judge_previous),
    "multi_head-6": Check(inputs=_layers, judge=_judge_nearest),
}
