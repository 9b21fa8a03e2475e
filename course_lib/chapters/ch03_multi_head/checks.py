"""The checks of chapter 03: many graphs on one set of nodes."""

import re
from functools import partial

import numpy as np

from course_lib.attention import attention, merge_heads, multi_head_attention, softmax, split_heads
from course_lib.chapters.ch03_multi_head import cases as made
from course_lib.exercises.exercise import Check, Wrong
from course_lib.exercises.judging import (
    USUAL_TOLERANCE,
    compare_all,
    read_array,
    read_pair,
    same,
    same_copied,
    tolerance_of,
)
from course_lib.exercises.particular import ORDINARY, with_ordinary
from course_lib.exercises.plain_data import Raised
from course_lib.exercises.rearranging import nudged, reordered, telling
from course_lib.exercises.sizing import Sizes
from course_lib.heads import head_distance, offset_score
from course_lib.language import say


def _judge_split(cases, values):
    mistakes = [
        (lambda x, h: x.reshape(h, len(x), -1), _SCRAMBLED),
        (lambda x, h: x.reshape(len(x), h, -1), "The heads should come first: (h, n, d // h)."),
        (lambda x, h: x.reshape(len(x), -1, h).transpose(2, 0, 1), _STRIDED),
        (lambda x, h: split_heads(x, h)[::-1], "The heads are in the wrong order."),
        (lambda x, h: split_heads(x, h).swapaxes(1, 2), "Each head is transposed: (h, n, d // h)."),
    ]
    compare_all(_of_a_matrix, cases, values, split_heads, mistakes, same=same_copied)


def _of_a_matrix(x, h):
    n, d = x.shape
    return say("{h} heads of a {n} × {d} matrix", n=n, d=d, h=h)


_SCRAMBLED = (
    "A reshape alone mixes tokens: head 0 holds the first tokens whole instead of the first "
    "features of every token."
)
_STRIDED = "Each head takes every h-th feature; it should take a block of neighbouring features."


def _judge_head_size(cases, values):
    def exact(got, expected):
        """Compare whole numbers of any size as such; floating-point ones hold the first digits."""
        if np.ndim(got) == 0 and np.asarray(got).dtype.kind == "i":
            return int(got) == expected
        return same(got, expected, tolerance={"rtol": 1e-15, "atol": 0})

    for (d_model, h), value in zip(cases, values, strict=True):
        numbers = {"d_model": d_model, "h": h}
        if d_model % h == 0:
            if isinstance(value, Raised):
                raise Wrong(
                    "{d_model} features do split into {h} heads, yet it raised {error}: {message}",
                    **numbers,
                    error=value.type,
                    message=value.message,
                )
            what = say("The head size for {d_model} features and {h} heads", **numbers)
            compare_all(what, [(d_model, h)], [value], lambda d_model, h: d_model // h, same=exact)
        elif not isinstance(value, Raised):
            raise Wrong(
                "{d_model} features do not split into {h} heads; that should be an error.",
                **numbers,
            )
        elif not value.is_a("ValueError"):
            raise Wrong(
                "The error should be a ValueError, got {error}: {message}",
                error=value.type,
                message=value.message,
            )
        elif not {d_model, h} <= _numbers_in(value.message):
            raise Wrong(
                "The message should name both numbers, {d_model} and {h}; it says: {message}",
                **numbers,
                message=value.message,
            )
        elif len(_numbers_in(value.message)) > MOST_NUMBERS:
            raise Wrong("The message holds too many numbers; name the two that do not divide.")


MOST_NUMBERS = 12  # of a message: also the rest, and sizes that would do


def _numbers_in(message):
    """Return the whole numbers that a message names, also such as 1,024 and 1_024."""
    joined = re.sub(r"(?<=\d)[,_](?=\d{3}(?!\d))", "", message)
    return {int(digits) for digits in re.findall(r"\d+", message + " " + joined)}


def _judge_self_share(cases, values):
    def columns(weights):
        return (weights.argmax(axis=-2) == np.arange(weights.shape[-1])).mean()

    mistakes = [
        (columns, "That looks down the columns: each query is a row."),
        (
            lambda weights: np.diagonal(weights, axis1=-2, axis2=-1).mean(),
            "That is the mean weight on itself; count how often it is the largest.",
        ),
        (
            lambda weights: made.self_share(weights) * weights.shape[-1],
            "Divide by all rows of all heads, not by the number of heads.",
        ),
        (
            lambda weights: made.self_share(weights) * weights.shape[0],
            "Divide by all rows of all heads, not by the rows of one.",
        ),
        (
            lambda weights: made.self_share(weights) * weights.shape[-1] * weights.shape[0],
            "That is how many rows; their share of all rows is wanted.",
        ),
        (lambda weights: 100 * made.self_share(weights), "A share goes from 0 to 1, not to 100."),
        (
            lambda weights: 1 - made.self_share(weights),
            "That is the share of queries that look elsewhere.",
        ),
    ]
    compare_all("The share", cases, values, made.self_share, mistakes, same=same_copied)


def _judge_multi_head(cases, values):
    def shapes(x, w_q, w_k, w_v, w_o, h):
        return x.shape, (h, len(x), len(x))

    pairs = [
        read_pair(value, "`multi_head`", "output", "weights", shapes=shapes(*case))
        for case, value in zip(cases, values, strict=True)
    ]
    compare_all("The weights", cases, [pair[1] for pair in pairs], _weights, _WEIGHT_MISTAKES)
    compare_all("The output", cases, [pair[0] for pair in pairs], _output, _OUTPUT_MISTAKES)


def _parts(x, w_q, w_k, w_v, w_o, h):
    return [split_heads(x @ w, h) for w in (w_q, w_k, w_v)]


def _weights(*case):
    return multi_head_attention(*case[:-1], num_heads=case[-1])[1]


def _output(*case):
    return multi_head_attention(*case[:-1], num_heads=case[-1])[0]


def _scaled(scale):
    return lambda *case: attention(*_parts(*case), scale=scale(case[0].shape[1], case[-1]))[1]


def _turned(part):
    return lambda x, *rest: multi_head_attention(x, *(w.T for w in rest[:-1]), num_heads=rest[-1])[
        part
    ]


def _over_queries(*case):
    query, key, _ = _parts(*case)
    logits = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    return softmax(logits, axis=-2)


def _strided(x, w_q, w_k, w_v, w_o, h):
    query, key, value = ((x @ w).reshape(len(x), -1, h).transpose(2, 0, 1) for w in (w_q, w_k, w_v))
    return attention(query, key, value)[1]


_TURNED = "The projections are applied as w.T; here it is x @ w."
_WEIGHT_MISTAKES = [
    (
        _scaled(lambda d, h: d**-0.5),
        "The scale is 1/√d_model; each head works in d_head = d_model / h dimensions.",
    ),
    (_scaled(lambda d, h: 1), "The logits are not scaled."),
    (
        _scaled(lambda d, h: h / d),
        "The logits are scaled by 1/d_head, or twice: once by 1/√d_head is right.",
    ),
    (
        lambda x, w_q, w_k, w_v, w_o, h: attention(*(split_heads(x, h),) * 3)[1],
        "The heads are cut from x itself: project with w_q and w_k first.",
    ),
    (_turned(1), _TURNED),
    (
        lambda x, w_q, w_k, *rest: _weights(x, w_k, w_q, *rest),
        "Query and key are swapped: w_q makes the queries, which are the rows.",
    ),
    (_over_queries, "The softmax runs over the queries: over the keys each row should sum to 1."),
    (_strided, "Each head takes every h-th feature; it should take a block of neighbouring ones."),
    (
        lambda *case: _weights(*case).mean(axis=0),
        "One matrix came back: return the weights of every head.",
    ),
]
_OUTPUT_MISTAKES = [
    (
        lambda *case: merge_heads(attention(*_parts(*case))[0]),
        "The heads are side by side, but W_o does not mix them yet.",
    ),
    (
        lambda x, *rest: attention(*_parts(x, *rest))[0].reshape(x.shape) @ rest[3],
        "A reshape alone mixes tokens: move the head axis behind the tokens first.",
    ),
    (
        lambda x, w_q, w_k, w_v, w_o, h: _output(x, w_q, w_k, np.eye(len(w_v)), w_o, h),
        "The values are not projected: use x @ w_v.",
    ),
    (_turned(0), _TURNED),
    (
        lambda x, w_q, w_k, w_v, w_o, h: _output(x, w_q, w_k, w_v, w_o.T, h),
        "W_o is applied as w_o.T; here it is merged @ w_o.",
    ),
]


def _models(rng):
    return made.models(rng, [mistake for mistake, _ in _PREVIOUS_MISTAKES])


def _judge_previous(cases, values):
    name = "`previous_token_head`"
    places = []
    for value in values:
        pair = read_pair(value, name, "layer", "head")
        numbers = [read_array(part, name).ravel() for part in pair]  # also what np.where gives
        if any(part.size != 1 for part in numbers):
            raise Wrong("`previous_token_head` should return two numbers, layer and head.")
        places.append(tuple(part.item() for part in numbers))
    what = "`previous_token_head` (layer, head)"
    exact = partial(same, tolerance={"rtol": 0, "atol": 0})
    compare_all(what, cases, places, made.previous_head, _PREVIOUS_MISTAKES, same=exact)


_PREVIOUS_MISTAKES = [
    (
        lambda weights: made.place(offset_score(weights, 1)),
        "This head looks at the next token: row i, column i - 1 is the previous one.",
    ),
    (
        lambda weights: made.previous_head(weights)[::-1],
        "The two numbers are the wrong way round: layer first, then head.",
    ),
    (lambda weights: made.place(offset_score(weights, 0)), "This head looks at the token itself."),
    (
        lambda weights: tuple(number + 1 for number in made.previous_head(weights)),
        "Layers and heads are counted from 0.",
    ),
]


def _same_distance(got, expected):
    """Compare distances: a root of a small difference, of which rounding takes digits away."""
    tolerance = tolerance_of(got)
    usual = {"rtol": 1e-3, "atol": 1e-5}
    return same(got, expected, tolerance=usual if tolerance is USUAL_TOLERANCE else tolerance)


def _judge_nearest(cases, values):
    def distances(weights):
        return head_distance(weights.mean(axis=0), weights)

    mistakes = [
        (
            lambda weights: distances(weights).mean(),
            "That is the mean distance; the nearest head has the smallest.",
        ),
        (lambda weights: distances(weights).max(), "That is the head farthest away."),
        (lambda weights: 0.0, "It is 0 in every case. Is each head compared with the mean?"),
        (
            lambda weights: distances(weights).argmin(),
            "That is which head is nearest; its distance is wanted.",
        ),
        (distances, "Those are the distances of all heads; return the smallest."),
        (
            lambda weights: distances(weights).min() * np.sqrt(np.log(2)),
            "That is in natural units (nats): the distance is 1 where no key is shared.",
        ),
    ]
    compare_all("The distance", cases, values, made.nearest, mistakes, same=_same_distance)


CHECKS = {
    "multi_head-1": Check(
        twins=reordered(0) + nudged(0),
        inputs=made.features,
        judge=_judge_split,
        without=(split_heads,),
        sizes=Sizes(made.features_of, (1, 1, 1)),
        particular=lambda weights: (weights, 2),
    ),
    "multi_head-2": Check(inputs=made.sizes, judge=_judge_head_size, may_raise=True),
    "multi_head-3": Check(
        inputs=made.heads,
        judge=_judge_self_share,
        sizes=Sizes(made.heads_of, (1, 1)),
    ),
    "multi_head-4": Check(
        twins=reordered(0) + nudged(0),
        inputs=made.projected,
        judge=_judge_multi_head,
        without=(multi_head_attention,),
        sizes=Sizes(lambda rng, n, h: made.projected_of(rng, n, 2 * h, h), (1, 1)),
        particular=lambda weights: (weights, ORDINARY, weights, ORDINARY, weights.T, 2),
    ),
    "multi_head-5": Check(
        twins=telling(made.previous_head, reordered(0)),
        inputs=_models,
        judge=_judge_previous,
        without=(offset_score,),
        sizes=Sizes(lambda rng, n: made.few_tokens(rng, (2, 2, n, n)), (2,)),
    ),
    "multi_head-6": Check(
        twins=telling(made.nearest, nudged(0), same=_same_distance),
        inputs=made.layers,
        judge=_judge_nearest,
        sizes=Sizes(made.layer_of, (1, 1)),
        particular=lambda weights: (with_ordinary(weights),),
    ),
}
