"""The checks of chapter 10: following attention through layers."""

import functools
import math
from itertools import accumulate
from operator import ne

import numpy as np
import scipy

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.centrality import row_correlations
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_number,
    read_array,
    same,
    tolerance_of,
)
from course_lib.exercises.particular import twice, with_ordinary
from course_lib.exercises.rearranging import MIXED, reordered
from course_lib.exercises.separating_cases import separating
from course_lib.exercises.sizing import Sizes
from course_lib.explain.context_mixing import mixed_through
from course_lib.language import say
from course_lib.rollout import distance_from_rank_one, residual_layers, rollout, rollout_row


def _faint(*shape, small=5e-5):
    """Return weights that are small outside the diagonal, where they count, too."""
    return np.broadcast_to(small + (1 - small * shape[-1]) * np.eye(shape[-1]), shape)


def _heads(rng):
    """Make heads with every residual share: none, some, and all."""
    cases = []
    for residual in (0.0, 1.0, 0.5, rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9)):
        h, n = rng.integers(1, 5), rng.integers(2, 6)
        cases.append((softmax(2 * rng.normal(size=(h, n, n))), float(residual)))
    # More heads than any layer of the recorded models has.
    many = softmax(3 * rng.normal(size=(rng.integers(13, 16), 4, 4)))
    twice = many[rng.permutation([0, 0, 1])]  # two heads alike count as two
    cases += [(many, 0.2), (many[:4], 0.3), (many[4:8], 0.3), (many[8:9], 0.4)]
    cases += [(_faint(1, 3, 3), 0.0), (_faint(1, 3, 3, small=9e-5), 0.0)]
    return [*cases, (twice, 0.3), (np.ones((2, 1, 1)), 0.25)]


def _judge_residual(cases, values):
    def mixed(part, share_of_mean, share_of_eye):
        return share_of_mean * part + share_of_eye * np.eye(part.shape[-1])

    compare_all(
        lambda heads, residual: say("The layer with residual {residual:.2g}", residual=residual),
        cases,
        values,
        lambda heads, residual: mixed(heads.mean(axis=0), 1 - residual, residual),
        [
            (
                lambda heads, residual: mixed(heads.mean(axis=0), residual, 1 - residual),
                "The two shares are swapped.",
            ),
            (
                lambda heads, residual: mixed(heads.mean(axis=0), 1, residual),
                "The weights are not made smaller: rows sum to more than 1.",
            ),
            (
                lambda heads, residual: (1 - residual) * heads.mean(axis=0) + residual,
                "The residual belongs on the diagonal only.",
            ),
            (
                lambda heads, residual: (1 - residual) * heads.mean(axis=0),
                "The residual is missing: add it on the diagonal.",
            ),
            (
                lambda heads, residual: mixed(heads, 1 - residual, residual),
                "Take the mean over the heads, axis 0.",
            ),
            (
                lambda heads, residual: mixed(heads.sum(axis=0), 1 - residual, residual),
                "Take the mean, not the sum.",
            ),
            (
                lambda heads, residual: heads.mean(axis=0),
                "The residual is missing.",
            ),
        ],
    )


def _layers(rng):
    """Make layers that do not commute: sharp ones, many of them, and two twice in a row."""
    turn = np.array([np.roll(np.eye(3), 1, axis=1), np.eye(3)[[1, 0, 2]]])
    shapes = [
        (depth, n, n) for depth, n in zip(rng.permutation([2, 3, 4, 5]), (2, 3, 4, 5), strict=True)
    ]
    cases = [turn, *(softmax(2 * rng.normal(size=shape)) for shape in shapes)]
    cases += [cases[2][[0, 0, 1, 1]], softmax(5 * rng.normal(size=(3, 6, 6)))]
    # In all but one in a hundred steps a walk goes where one of two permutations says.
    steps = np.eye(4)[[rng.permutation(4) for _ in range(2)]]
    many = steps[rng.integers(2, size=rng.integers(20, 30))]
    faint = np.eye(3) * (1 - 2e-5) + 2e-5 / 3  # what a threshold leaves out is all that moves
    return [
        (layers,)
        for layers in (*cases, 0.99 * many + 0.0025, np.array(2 * [faint]), np.ones((2, 1, 1)))
    ]


def _judge_product(cases, values):
    compare_all(
        lambda layers: say("The product of {count} layers", count=len(layers)),
        cases,
        values,
        _product,
        [
            (
                lambda layers: _product(layers[::-1]),
                "The layers are multiplied the wrong way round: the first stands right.",
            ),
            (
                lambda layers: rollout(layers),
                "The residual is already mixed in; this mixes it in again.",
            ),
            (
                lambda layers: layers.prod(axis=0),
                "That multiplies entry by entry; use the product of matrices.",
            ),
            (lambda layers: layers[-1], "Only the last layer came back."),
            (lambda layers: _product(layers).T, "The result is transposed: rows are outputs."),
        ],
    )


def _judge_by_hand(cases, values):
    first, second = np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([[0.2, 0.8], [0.6, 0.4]])
    right = rollout([first, second])[0, 0]
    mistakes = [
        (rollout([second, first])[0, 0], "The layers are the wrong way round: begin in layer 2."),
        (rollout([first, second], residual=0)[0, 0], "That is without the residual."),
        ((first @ second)[0, 0], "That is without the residual, and the layers are swapped."),
        (0.6 * 0.9, "That is the path that stays at 0; there is another one, through 1."),
        (0.4 * 0.2, "That is the path through 1; the one that stays at 0 counts too."),
        (rollout([first, second])[0, 1], "That is how much output 0 draws on input 1."),
    ]
    for value in values:
        compare_number(value, right, "`first_on_first`", mistakes)


def _raw(rng):
    """Make raw weights whose rows have sums of all sizes, and some that sum to 1 already."""
    cases = []
    for n, residual in zip(rng.permutation([2, 3, 4, 5]), (0.5, 0.0, 1.0, 0.2), strict=True):
        raw = np.exp(rng.normal(size=(rng.integers(2, 5), n, n)))
        cases.append((raw * 10 ** rng.uniform(-12, 4, size=(len(raw), n, 1)), residual))
    shares = softmax(2 * rng.normal(size=(2, 3, 3)))
    # Many layers, and sums so small that nothing may be added to them, or so large that nothing
    # may be cut off.
    deep = np.exp(rng.normal(size=(7, 4, 4)))
    far = np.exp(2 * rng.normal(size=(2, 4, 4))) * rng.permutation([3e-12, 3e-12, 1, 1e8])[:, None]
    nearly = shares * rng.permutation([0.98, 0.999, 1.03])[:, None]
    cases += [(shares, float(rng.uniform(0.3, 0.7))), (4 * shares[:1], 0.4), (nearly, 0.1)]
    cases += [(_faint(2, 3, 3, small=small), 0.0) for small in (2e-5, 4e-5)]
    other = np.exp(rng.normal(size=(2, 3, 3)))
    single = np.exp(rng.normal(size=(2, 1, 1)))
    return [*cases, (deep, 0.6), (far, 0.25), (other, 0.85), (single, 0.3)]


def _judge_mended(cases, values):
    def shares(raw, axis=-1):
        return raw / raw.sum(axis=axis, keepdims=True)

    def mixed(layers, residual):
        return (1 - residual) * layers + residual * np.eye(layers.shape[-1])

    compare_all(
        lambda raw, residual: say("The rollout with residual {residual:.2g}", residual=residual),
        cases,
        values,
        lambda raw, residual: _product(mixed(shares(raw), residual)),
        [
            (lambda raw, residual: _product(shares(raw)), "The residual is missing."),
            (
                lambda raw, residual: _product(mixed(shares(raw), residual)[::-1]),
                "The layers are the wrong way round.",
            ),
            (
                lambda raw, residual: _product(shares(mixed(raw, residual))),
                "Normalise before the residual is mixed in, not after.",
            ),
            (
                lambda raw, residual: _product(mixed(raw, residual)),
                "The rows do not sum to 1: divide each row of each layer by its sum.",
            ),
            (
                lambda raw, residual: shares(_product(mixed(raw, residual))),
                "Only the product is normalised: too late.",
            ),
            (
                lambda raw, residual: _product(mixed(softmax(raw), residual)),
                "Divide by the sums; no softmax is needed.",
            ),
            (
                lambda raw, residual: _product(mixed(shares(raw, axis=-2), residual)),
                "The columns are divided by their sums; it is the rows.",
            ),
        ],
    )


def _product(layers):
    return functools.reduce(lambda product, layer: layer @ product, layers)


PAIRS = 40  # calls with two walks each: do their ends depend on one another?
CROWDS, CROWD, WIDE = 40, 7, 32  # calls, walks of each and places: does any depend on another?
STEPS = np.array([[np.eye(WIDE), np.full((WIDE, WIDE), 1 / WIDE)]])  # it waits, then goes anywhere
STEPS = np.concatenate([STEPS, STEPS[:, ::-1]])  # and the other way round
MANY = 499  # walks. A prime number: shares of another number of walks are no shares of this one
UNLIKELY = 1e-9  # a count that is further out than this does not come of walks down these layers


def _walks(rng):
    """Make walks whose end is certain, few walks, and many of them with several generators."""
    for _ in tries("certain steps each of which matters to where the walk ends"):
        certain = np.eye(4)[[rng.permutation(4) for _ in range(3)]]
        moves = [*certain, _product(certain), _product(certain[[0, -1]]) @ _product(certain).T]
        if not np.diagonal(moves, axis1=1, axis2=2).any():
            break
    copies = np.eye(3)[[[0, 0, 1], [1, 2, 2]]]
    start = int(rng.integers(3))
    for _ in tries("sharp layers that leave it open where a walk ends"):
        sharp = softmax(3 * rng.normal(size=(3, 3, 3)))
        if _product(sharp)[start].max() < 0.8:
            break
    wide = softmax(rng.normal(size=(2, 5, 5)))
    # It ends at 0 three times in four; always, if one random number decides on both steps.
    twice = np.array([[[0.5, 0.5], [1, 0]], [[0.5, 0.5], [0.5, 0.5]]])
    even = softmax(0.3 * rng.normal(size=(1, 4, 4)))  # the largest of a row is hardly ahead
    cases = [(certain, start, 10), (copies, 0, 3), (copies, 2, 3), (wide, 4, 1), (wide, 1, 7)]
    cases += [(layers, start, MANY) for layers in (sharp, sharp, sharp, wide, even, even)]
    # From the last output, and over many weak edges that together carry most of the walks.
    weak = 0.3 * np.eye(100) + 0.7 / 100
    cases += [(even, 3, MANY), (twice, 0, MANY), (weak[None], 99, MANY), (np.ones((2, 1, 1)), 0, 3)]
    cases += [(np.full((1, 2, 2), 0.5), 0, 2)] * PAIRS
    for steps in STEPS:
        cases += [(steps, 0, CROWD)] * CROWDS
    return [(*case, np.random.default_rng(int(rng.integers(2**32)))) for case in cases]


def _walks_of(rng, layers, n, walks):
    generator = np.random.default_rng(int(rng.integers(2**32)))
    return softmax(rng.normal(size=(layers, n, n))), int(rng.integers(n)), walks, generator


def _are_counts(shares, walks, rounding):
    """Tell whether these are numbers of walks divided by all; their type may have rounded them."""
    counts = shares * walks
    off = counts * rounding + walks * 1e-6
    whole = (np.abs(counts - np.rint(counts)) <= off).all()
    return bool(whole and abs(counts.sum() - walks) <= off.sum())


def _could_be(shares, right, walks, rounding):
    """Tell whether these may be the shares of so many walks: counts, and likely ones.

    `rounding` is by what part their type may have rounded them.
    """
    if not _are_counts(shares, walks, rounding):
        return False
    counts = shares * walks
    off = counts * rounding + walks * 1e-6
    chance = np.where(right < 1e-12, 0, np.minimum(right, 1))
    most, least = np.floor(counts + off), np.ceil(counts - off)
    binom = scipy.stats.binom
    tails = binom.cdf(most, walks, chance), binom.sf(least - 1, walks, chance)
    return bool((np.minimum(*tails) > UNLIKELY).all())


def _too_even(shares, rows):
    """Tell whether shares of `MANY` walks are nearer to the rollout's rows than chance allows."""
    distance, freedom = 0.0, 0
    for share, row in zip(shares, rows, strict=True):
        often = row > 0.01  # of rare ends no count comes near what is expected
        distance += MANY * ((share - row)[often] ** 2 / row[often]).sum()
        freedom += often.sum() - 1
    return scipy.stats.chi2.cdf(distance, freedom) < UNLIKELY


def _in_step(crowds):
    """Tell whether more pairs of walks end at one place, or at mirrored ones, than by chance.

    Walks that share their draws end together; if one is given u and another 1 - u, mirrored.
    """
    counts = np.rint(np.array(crowds) * CROWD)
    pairs = (counts * (counts - 1)).sum() / 2, (counts * counts[:, ::-1]).sum() / 2
    chance = len(crowds) * math.comb(CROWD, 2) / WIDE
    return scipy.stats.poisson.sf(max(pairs) - 1, chance) < UNLIKELY


def _judge_walks(cases, values):
    rows = [
        read_array(value, "The shares", shape=(layers.shape[-1],))
        for (layers, *_), value in zip(cases, values, strict=True)
    ]

    roundings = [tolerance_of(value, counted=True)["rtol"] for value in values]

    def down(layers, output, walks, generator):
        return _product(layers)[output]

    def fits(idea):
        """Tell whether all answers may be walks of another kind."""
        return all(
            _could_be(shares, idea(*case), case[2], rounding)
            for case, shares, rounding in zip(cases, rows, roundings, strict=True)
        )

    if not fits(down):
        counted = all(np.isclose(row.sum(), case[2]) for row, case in zip(rows, cases, strict=True))
        if counted and any(case[2] > 1 for case in cases):
            raise Wrong("Those are counts; divide them by the number of walks.")
        if fits(lambda layers, output, *_: _product(layers[::-1])[output]):
            raise Wrong("The walk starts in the first layer; an output stands above the last one.")
        if fits(lambda layers, output, *_: layers[-1][output]):
            raise Wrong("Each walk takes one step in every layer, not only in the last.")
        if all(same(row, down(*case)) for row, case in zip(rows, cases, strict=True)):
            raise Wrong("That is the rollout's row itself; count the ends of random walks.")
        for case, shares, rounding in zip(cases, rows, roundings, strict=True):
            (_, output, walks, _), right = case, down(*case)
            if not _are_counts(shares, walks, rounding):
                raise Wrong(
                    "These are no shares of walks: with walks = {walks}, each of them times "
                    "{walks} is a whole number, and their sum is 1.",
                    walks=walks,
                )
            if not _could_be(shares, right, walks, rounding):
                place = int(np.argmax(np.abs(shares - right)))
                raise Wrong(
                    "Of {walks} walks from output {output}, a share of {got:.4g} ended at input "
                    "{place}; the rollout says {right:.2g}.",
                    walks=walks,
                    output=output,
                    got=shares[place],
                    place=place,
                    right=right[place],
                )
    many = [(row, case) for row, case in zip(rows, cases, strict=True) if case[2] == MANY]
    for chosen in (many, [(row, case) for row, case in many if len(case[0]) == 1]):
        if chosen and _too_even([row for row, _ in chosen], [down(*case) for _, case in chosen]):
            raise Wrong(
                "The ends lie closer to the rollout than chance allows: let each walk choose its "
                "steps by itself."
            )
    again = [row for row, case in zip(rows, cases, strict=True) if case[2] == MANY][:3]
    if len(again) == 3 and all(np.array_equal(again[0], row) for row in again):
        raise Wrong("Three generators led to the very same walks: let `rng` choose each step.")
    halves = [
        row
        for row, (layers, _, two, _) in zip(rows, cases, strict=True)
        if two == 2 and layers.shape == (1, 2, 2) and (layers == 0.5).all()
    ]
    alike = sum(row.max() == 1 for row in halves)
    binom = scipy.stats.binom
    if min(binom.cdf(alike, len(halves), 0.5), binom.sf(alike - 1, len(halves), 0.5)) < UNLIKELY:
        raise Wrong(
            "Of {count} pairs of walks, {alike} ended together; of walks that do not depend on "
            "each other, about half would.",
            count=len(halves),
            alike=alike,
        )
    for steps in STEPS:
        crowds = [
            row
            for row, (layers, _, walks, _) in zip(rows, cases, strict=True)
            if walks == CROWD and np.array_equal(layers, steps)
        ]
        if crowds and _in_step(crowds):
            raise Wrong(
                "In {calls} calls with {walks} walks each, where a walk ends depends on where "
                "others do: let each choose its steps by itself.",
                calls=len(crowds),
                walks=CROWD,
            )


def _collapsing_of(rng, layers, n):
    weights = softmax(2 * rng.normal(size=(layers, n, n)))
    below = distance_from_rank_one(rollout(weights[: (layers + 1) // 2], residual=0))
    return weights, float(1.01 * below + 1e-3)


def _collapsing(rng):
    """Make models whose rows become the same soon, late and never; with layers that matter.

    In the crafted one the distance goes below the limit, and in the layer above it back again.
    """
    cases = [
        (softmax(scale * rng.normal(size=(6, n, n))), limit)
        for limit, scale in ((0.3, 2), (0.02, 2), (0.1, 3))
        for n in rng.choice([3, 4, 5, 6], 2, replace=False).tolist()
    ]
    same_rows = np.full((3, 4, 4), 0.25)
    back_again = np.eye(4)[[[0, 1, 1, 1], [0, 0, 1, 1]]]
    never = np.array([np.eye(3)[rng.permutation(3)] for _ in range(4)])
    slow = 0.9 * np.eye(3) + 0.1 * softmax(rng.normal(size=(12, 3, 3)))
    grows_first = np.concatenate([back_again, same_rows[:1]])
    cases += [(same_rows, 0.5), (same_rows, 0.0), (never, 0.1), (back_again, 0.65), (slow, 0.5)]
    cases += [
        (grows_first, 0.5),
        (0.9 * np.eye(3) + 0.1 * softmax(rng.normal(size=(2, 3, 3))), 0.9),
    ]
    # Nearly below the limit after two layers, and just below: one distance is not told from both.
    for _ in tries("second layers that make the rows more alike"):
        near = softmax(2 * rng.normal(size=(3, 4, 4)))
        after_two = distance_from_rank_one(near[1] @ near[0])
        if after_two < 0.9 * distance_from_rank_one(near[0]):
            cases += [(near, factor * after_two) for factor in (1 - 2e-5, 1 + 2e-5)]
        if len(cases) == 17:
            break

    # One token, one layer; small weights that decide; the same numbers, or the same first layer.
    swap, same = np.eye(2)[::-1], np.full((2, 2), 0.5)
    cases += [(np.ones((2, 1, 1)), 0.3), (same[None], 0.3)]
    cases += [(np.array(two), 0.3) for two in ((swap, same), (same, swap), (swap, swap))]
    for small in (5e-5, 1e-5):
        cases.append((np.array(2 * [[[1 - small, small], [1, 0]]]), 2e-5))

    def draw(rng):
        return softmax(3 * rng.normal(size=(4, 4, 4))), 0.3

    return cases + separating(rng, draw, _depth, _OTHER_DEPTHS, apart=ne)


def _depth_by(distance):
    """Return the number of layers that another distance than the text's would give."""

    def depth(weights, limit):
        products = accumulate(weights, lambda product, layer: layer @ product)
        near = (depth for depth, m in enumerate(products, 1) if distance(m) < limit)
        return next(near, len(weights) + 1)

    return depth


def _stretches(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


_OTHER_DEPTHS = [
    lambda weights, limit: _depth(weights[::-1], limit),
    _depth_by(lambda m: _stretches(m)[1] / _stretches(m)[0]),
    _depth_by(lambda m: np.linalg.norm(_stretches(m)[1:]) / np.linalg.norm(m)),  # any rank one
    _depth_by(lambda m: np.linalg.norm(m - m.mean(axis=0), 2) / np.linalg.norm(m, 2)),
    _depth_by(lambda m: np.abs(m - m.mean(axis=0)).sum() / m.sum()),
]


def _depth(weights, limit, *, residual=0.0):
    """Return how many layers the rollout needs to come nearer to rank one than `limit`."""
    layers = residual_layers(weights, residual=residual)
    return _first_below(accumulate(layers, lambda product, layer: layer @ product), limit, layers)


def _first_below(matrices, limit, layers):
    """Return the number of the first matrix nearer to rank one than `limit`, counted from 1."""
    near = (depth for depth, m in enumerate(matrices, 1) if distance_from_rank_one(m) < limit)
    return next(near, len(layers) + 1)


def _judge_collapse(cases, values):
    compare_all(
        lambda weights, limit: say(
            "The layers until the distance is below {limit:.4g}", limit=limit
        ),
        cases,
        values,
        _depth,
        [
            (
                lambda weights, limit: _depth(weights, limit) - 1,
                "Count layers, not indices: after the first layer the answer is 1.",
            ),
            (
                lambda weights, limit: _first_below(weights, limit, weights),
                "That looks at the layers one by one; multiply them.",
            ),
            (
                lambda weights, limit: _depth(weights, limit, residual=0.5),
                "Leave the residual out.",
            ),
            (
                lambda weights, limit: _first_below(accumulate(weights, np.matmul), limit, weights),
                "The layers are multiplied the wrong way round: later ones stand left.",
            ),
            (
                lambda weights, limit: _depth(weights[::-1], limit),
                "Begin with the first layer, weights[0].",
            ),
        ],
    )


@functools.cache
def _agreement(residual):
    """Return the agreement of the chapter: with leave one out, row by row, sentence by sentence."""
    return np.mean(
        [
            row_correlations(
                rollout(load_attention(name)[0], residual=residual), load_leave_one_out(name)[1]
            ).mean()
            for name in available()
        ]
    )


def _judge_share(cases, values):
    shares = (np.arange(10) / 10).tolist()
    right = max(shares, key=_agreement)
    got = read_array(values[0], "`best_residual`", shape=()).item()
    meant = min(shares, key=lambda share: abs(share - got))
    if not same(values[0], meant):
        raise Wrong("`best_residual` should be one of 0, 0.1, up to 0.9, got {got:.4g}.", got=got)
    if meant != right:
        raise Wrong(
            "With {got:.1f} the mean is {agreement:.2f}; that of another share is higher.",
            got=got,
            agreement=_agreement(meant),
        )


CHECKS = {
    "rollout-1": Check(
        inputs=_heads,
        twins=MIXED + reordered(0, axis=1),
        judge=_judge_residual,
        without=(rollout, residual_layers),
        sizes=Sizes(lambda rng, h, n: (softmax(2 * rng.normal(size=(h, n, n))), 0.3), (1, 1)),
        particular=lambda weights: (twice(weights), 0.1),
    ),
    "rollout-2": Check(
        inputs=_layers,
        twins=MIXED + reordered(0),
        judge=_judge_product,
        without=(rollout, rollout_row, mixed_through),
        sizes=Sizes(lambda rng, layers, n: (softmax(2 * rng.normal(size=(layers, n, n))),), (2, 1)),
        particular=lambda weights: (np.stack([weights, np.eye(4)]),),
    ),
    "rollout-3": Check(judge=_judge_by_hand, call=read_value),
    "rollout-4": Check(
        inputs=_raw,
        twins=MIXED + reordered(0),
        judge=_judge_mended,
        sizes=Sizes(lambda rng, layers, n: (rng.uniform(0.1, 3, size=(layers, n, n)), 0.4), (1, 1)),
        particular=lambda weights: (3 * np.stack([weights, np.eye(4)]).clip(1e-6), 0.1),
    ),
    "rollout-5": Check(inputs=_walks, judge=_judge_walks, sizes=Sizes(_walks_of, (1, 1, 1))),
    "rollout-6": Check(
        inputs=_collapsing,
        judge=_judge_collapse,
        sizes=Sizes(_collapsing_of, (1, 1)),
        particular=lambda weights: (with_ordinary(weights), 0.3),
    ),
    "rollout-7": Check(judge=_judge_share, call=read_value),
}
