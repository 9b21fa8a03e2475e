"""The checks of chapter 10: following attention through layers."""

import functools

import numpy as np

from course_lib.attention import softmax
from course_lib.centrality import rank_correlation
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare, compare_number, read_array
from course_lib.language import say
from course_lib.rollout import distance_from_rank_one, residual_layers, rollout


def _heads(rng):
    return [
        (softmax(2 * rng.normal(size=(h, n, n))), r)
        for h, n, r in ((3, 4, 0.5), (4, 3, 0.25), (1, 5, 0.0), (2, 2, 0.8))
    ]


def _judge_residual(cases, values):
    for (heads, residual), value in zip(cases, values, strict=True):
        right = residual_layers([heads], residual=residual)[0]
        mean = heads.mean(axis=0)
        eye = np.eye(len(mean))
        mistakes = [
            (residual * mean + (1 - residual) * eye, "The two shares are swapped."),
            (
                mean + residual * eye,
                "The weights are not made smaller: rows sum to more than 1.",
            ),
            ((1 - residual) * mean + residual, "The residual belongs on the diagonal only."),
            ((1 - residual) * mean, "The residual is missing: add it on the diagonal."),
            ((1 - residual) * heads + residual * eye, "Take the mean over the heads, axis 0."),
            ((1 - residual) * heads.sum(axis=0) + residual * eye, "Take the mean, not the sum."),
            (mean, "The residual is missing."),
        ]
        compare(
            value, right, say("The layer with residual {residual}", residual=residual), mistakes
        )


def _layers(rng):
    """Make layers that do not commute."""
    turn = np.array([np.roll(np.eye(3), 1, axis=1), np.eye(3)[[1, 0, 2]]])
    shapes = ((2, 3, 3), (4, 4, 4), (1, 3, 3))
    return [(turn,), *((softmax(2 * rng.normal(size=shape)),) for shape in shapes)]


def _judge_product(cases, values):
    for (layers,), value in zip(cases, values, strict=True):
        backwards = np.linalg.multi_dot(layers) if len(layers) > 1 else layers[0]
        mistakes = [
            (backwards, "The layers are multiplied the wrong way round: the first stands right."),
            (rollout(layers), "The residual is already mixed in; this mixes it in again."),
            (layers.prod(axis=0), "That multiplies entry by entry; use the product of matrices."),
            (layers[-1], "Only the last layer came back."),
        ]
        compare(
            value,
            rollout(layers, residual=0),
            say("The product of {count} layers", count=len(layers)),
            mistakes,
        )


def _judge_by_hand(cases, values):
    first, second = np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([[0.2, 0.8], [0.6, 0.4]])
    right = rollout([first, second])[0, 0]
    mistakes = [
        (rollout([second, first])[0, 0], "The layers are the wrong way round: begin in layer 2."),
        (rollout([first, second], residual=0)[0, 0], "That is without the residual."),
        ((first @ second)[0, 0], "That is without the residual, and the layers are swapped."),
        (0.6 * 0.9, "That is the way that stays at 0; there is another one, through 1."),
        (0.4 * 0.2, "That is the way through 1; the one that stays at 0 counts too."),
        (rollout([first, second])[0, 1], "That is how much output 0 draws on input 1."),
    ]
    compare_number(values[0], right, "`first_on_first`", mistakes)


def _raw(rng):
    sizes = (((3, 4, 4), 0.5), ((2, 3, 3), 0.2), ((4, 3, 3), 0))
    return [(4 * rng.random(shape) + 0.05, residual) for shape, residual in sizes]


def _judge_mended(cases, values):
    for (raw, residual), value in zip(cases, values, strict=True):
        shares = raw / raw.sum(axis=-1, keepdims=True)
        right = rollout(shares, residual=residual)
        eye = np.eye(raw.shape[-1])
        early = (1 - residual) * raw + residual * eye
        early = early / early.sum(axis=-1, keepdims=True)
        late = _product((1 - residual) * raw + residual * eye)
        mistakes = [
            (_product(shares), "The residual is missing."),
            (rollout(shares[::-1], residual=residual), "The layers are the wrong way round."),
            (_product(early), "Normalise before the residual is mixed in, not after."),
            (late, "The rows do not sum to 1: divide each row of each layer by its sum."),
            (late / late.sum(axis=-1, keepdims=True), "Only the product is normalised: too late."),
            (rollout(softmax(raw), residual=residual), "Divide by the sums; no softmax is needed."),
        ]
        columns = raw / raw.sum(axis=-2, keepdims=True)
        columns = _product((1 - residual) * columns + residual * eye)
        mistakes.append((columns, "The columns are divided by their sums; it is the rows."))
        compare(
            value, right, say("The rollout with residual {residual}", residual=residual), mistakes
        )


def _product(layers):
    return functools.reduce(lambda product, layer: layer @ product, layers)


WALKS = 800
CHANCE = 0.1  # more than five standard deviations of a share over so many walks


def _walks(rng):
    """Make walks whose end is certain, in layers that do not commute, and some that are not."""
    turn = np.eye(4)[[[1, 2, 3, 0], [1, 0, 2, 3], [0, 2, 1, 3]]]
    sharp = softmax(3 * rng.normal(size=(3, 3, 3)))
    seed = int(rng.integers(2**32))
    return [
        (turn, 0, 10, np.random.default_rng(seed)),
        (turn, 2, 10, np.random.default_rng(seed)),
        (sharp, 1, WALKS, np.random.default_rng(seed)),
    ]


def _judge_walks(cases, values):
    for (layers, output, walks, _), value in zip(cases, values, strict=True):
        n = layers.shape[-1]
        right = rollout(layers, residual=0)[output]
        shares = read_array(value, "The shares", shape=(n,))
        if np.allclose(shares, right, atol=1e-9 if walks < WALKS else CHANCE):
            continue
        if np.allclose(shares.sum(), walks):
            raise Wrong("Those are counts; divide them by the number of walks.")
        for mistaken, sentence in (
            (rollout(layers[::-1], residual=0)[output], _FORWARDS),
            (layers[-1][output], "Each walk takes one step in every layer, not only in the last."),
            (
                rollout(layers, residual=0)[:, output],
                "Start at the output: row, not column.",
            ),
        ):
            if walks < WALKS and np.allclose(shares, mistaken):
                raise Wrong(sentence)
        raise Wrong(
            "From output {output}, {high:.0%} of the walks ended at input {place}; the "
            "rollout says {right:.0%}.",
            output=output,
            high=shares.max(),
            place=shares.argmax(),
            right=right[shares.argmax()],
        )


_FORWARDS = "The walk starts in the first layer; an output stands above the last one."


def _collapsing(rng):
    cases = [
        (softmax(2 * rng.normal(size=(6, n, n))), limit) for limit in (0.3, 0.02) for n in (6, 5)
    ]
    same = np.full((3, 4, 4), 0.25)
    return [*cases, (same, 0.5), (np.array([np.eye(3)] * 4), 0.1)]


def _first_below(matrices, limit):
    """Return the number of the first matrix nearer to rank one than `limit`, counted from 1."""
    near = (depth for depth, m in enumerate(matrices, 1) if distance_from_rank_one(m) < limit)
    return next(near, len(matrices) + 1)


def _judge_collapse(cases, values):
    for (weights, limit), value in zip(cases, values, strict=True):
        parts = [weights[:depth] for depth in range(1, len(weights) + 1)]
        right = _first_below([rollout(part, residual=0) for part in parts], limit)
        mistakes = [
            (right - 1, "Count layers, not indices: after the first layer the answer is 1."),
            (_first_below(weights, limit), "That looks at the layers one by one; multiply them."),
            (_first_below([rollout(part) for part in parts], limit), "Leave the residual out."),
        ]
        compare(
            value,
            right,
            say("The layers until the distance is below {limit}", limit=limit),
            mistakes,
        )


@functools.cache
def _agreement(residual):
    """Return the mean rank correlation of rollout's rows with leave one out."""
    found = []
    for name in available():
        effects = load_leave_one_out(name)[1]
        matrix = rollout(load_attention(name)[0], residual=residual)
        for i in range(len(matrix)):
            others = np.arange(len(matrix)) != i
            found.append(rank_correlation(matrix[i, others], effects[i, others]))
    return float(np.mean(found))


def _judge_share(cases, values):
    shares = (np.arange(10) / 10).tolist()
    right = max(shares, key=_agreement)
    got = read_array(values[0], "`best_residual`", shape=()).item()
    if round(got, 6) not in shares:
        raise Wrong("`best_residual` should be one of 0, 0.1, up to 0.9, got {got:.4g}.", got=got)
    if round(got, 6) != right:
        raise Wrong(
            "With {got:.1f} the mean is {agreement:.2f}; one is higher.",
            got=got,
            agreement=_agreement(round(got, 6)),
        )


CHECKS = {
    "rollout-1": Check(inputs=_heads, judge=_judge_residual),
    "rollout-2": Check(inputs=_layers, judge=_judge_product),
    "rollout-3": Check(judge=_judge_by_hand, call=read_value),
    "rollout-4": Check(inputs=_raw, judge=_judge_mended),
    "rollout-5": Check(inputs=_walks, judge=_judge_walks),
    "rollout-6": Check(inputs=_collapsing, judge=_judge_collapse),
    "rollout-7": Check(judge=_judge_share, call=read_value),
}
