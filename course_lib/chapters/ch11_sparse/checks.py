"""The checks of chapter 11: fewer edges."""

import numpy as np

from course_lib import patterns, sparsity
from course_lib.attention import softmax
from course_lib.chapters.ch11_sparse import cases as made
from course_lib.chapters.ch11_sparse.measuring import call_measured, positions
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_number,
    read_array,
    same,
    told_apart,
)
from course_lib.exercises.particular import ORDINARY
from course_lib.exercises.rearranging import nudged, reordered, telling
from course_lib.exercises.sizing import Sizes
from course_lib.language import say


def _shares(weights, axis=1):
    return weights / weights.sum(axis=axis, keepdims=True)


def _above(weights, cutoff):
    return np.where(weights > cutoff, weights, 0)


def _thresholded(weights, cutoff, *, above=np.greater):
    kept = above(weights, cutoff)
    kept[np.arange(len(weights)), weights.argmax(axis=1)] = True
    return _shares(np.where(kept, weights, 0))


def _else(fallback):
    """Return a mistake: what a row without a weight above the cutoff becomes."""

    def rows(weights, cutoff):
        empty = ~(weights > cutoff).any(axis=1, keepdims=True)
        return np.where(empty, fallback(weights), _shares(_above(weights, cutoff)))

    return rows


def _unpaired(weights, cutoff):
    kept = weights > cutoff
    kept[:, weights.argmax(axis=1)] = True
    return _shares(np.where(kept, weights, 0))


def _by_columns(weights, cutoff):
    right = _thresholded(weights, cutoff)
    sums = right.sum(axis=0)
    return right / np.where(sums == 0, 1, sums)


def _largest(weights):
    return weights == weights.max(axis=1, keepdims=True)


def _judge_threshold(cases, values):
    compare_all(
        lambda weights, cutoff: say("The rows kept above {cutoff:.6g}", cutoff=cutoff),
        cases,
        values,
        _thresholded,
        [
            (
                lambda weights, cutoff: _shares(_above(weights, cutoff)),
                "A row without a weight above the cutoff gives NaN: keep its largest one.",
            ),
            (_above, "The rows do not sum to 1 again."),
            (_else(np.zeros_like), "A row without any weight above the cutoff keeps its largest."),
            (
                _else(lambda weights: weights),
                "Such a row keeps its largest weight only, not all of them.",
            ),
            (
                _else(lambda weights: np.full(weights.shape, 1 / len(weights))),
                "Such a row keeps its largest weight only; it does not become uniform.",
            ),
            (
                _else(lambda weights: _shares(_largest(weights))),
                "Of several largest, keep the first.",
            ),
            (
                lambda weights, cutoff: _shares(
                    np.where((weights > cutoff) | _largest(weights), weights, 0)
                ),
                "Of several largest, keep the first.",
            ),
            (
                _unpaired,
                "Pair each row with its own largest place: `kept[np.arange(n), places]`.",
            ),
            (
                lambda weights, cutoff: _thresholded(weights, cutoff, above=np.greater_equal),
                "A weight on the cutoff is not above it.",
            ),
            (_by_columns, "Divide by the sums of the rows, not of the columns."),
        ],
    )
    _need_zeros(values, [_thresholded(*case) == 0 for case in cases])


def _need_zeros(values, zeros):
    """Raise `Wrong` unless the answers are exactly 0 where they should be."""
    for value, zero in zip(values, zeros, strict=True):
        most = np.abs(np.asarray(value, dtype=float)[zero]).max(initial=0)
        if most:
            raise Wrong("What is left out should be exactly 0, got {most:.3g}.", most=most)


def _judge_worst(cases, values):
    for (kept,), value in zip(cases, values, strict=True):
        right = np.where(kept, 1.0, -1.0)
        if same(value, right) or same(value, -right):
            continue
        worst = read_array(value, "`worst_values`", shape=kept.shape)
        if np.abs(worst).max() > 1 + 1e-6:
            raise Wrong("The values should lie between −1 and 1.")
        bound = 2 * (1 - kept.mean())
        moved = abs(worst.mean() - worst[kept].mean())
        moved, bound = told_apart(moved, bound, "{:.4g}".format)
        raise Wrong(
            "Where the weights are equal, {kept} of {n} keys are kept, and the output moves by "
            "{moved}; the bound {bound} is not reached. Which values pull it one way, and which "
            "the other?",
            kept=int(kept.sum()),
            n=len(kept),
            moved=moved,
            bound=bound,
        )


def _falling(weights):
    return -np.sort(-weights)


def _needed(weights, mass, *, order=_falling, slack=-1e-9):
    held = order(weights).cumsum(axis=1)
    return (held < mass + slack).sum(axis=1).mean() + 1


def _judge_needed(cases, values):
    compare_all(
        lambda weights, mass: say("The number of edges needed for {mass:.6g}", mass=mass),
        cases,
        values,
        _needed,
        [
            *(
                (
                    lambda weights, mass, slack=slack: _needed(weights, mass, slack=slack) - 1,
                    "One more: count the weight that reaches the mass as well.",
                )
                for slack in (-1e-9, 0)
            ),
            (
                lambda weights, mass: _needed(weights, mass) * len(weights),
                "The mean over the rows, not their sum.",
            ),
            (
                lambda weights, mass: _needed(weights, mass) / len(weights),
                "A number of edges, not their share.",
            ),
            (
                lambda weights, mass: _needed(weights, mass, order=np.array),
                "Take the largest weights first.",
            ),
            (
                lambda weights, mass: _needed(weights, mass, order=np.sort),
                "The largest first, not the smallest.",
            ),
            (
                lambda weights, mass: _needed(weights.T, mass),
                "That goes down the columns; a row is a query.",
            ),
            (
                lambda weights, mass: _needed(weights, mass, slack=1e-9),
                "*At least* the mass: a sum that equals it is enough.",
            ),
            (
                lambda weights, mass: _needed(weights, mass, slack=0),
                "Ten times 0.1, summed up, is a little below 1: allow for rounding.",
            ),
            (
                lambda weights, mass: _needed(weights, mass, slack=-1e-6),
                "A sum that falls short by more than 1e-9 has not reached the mass.",
            ),
        ],
    )


def _with_tau(choose, order=_falling):
    """Return what comes of another τ: `choose` gets the number of logits that stay above 0."""

    def row(logits):
        z = order(logits)
        tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        place = choose((z > tau).sum()) - 1
        return np.maximum(logits - tau[np.clip(place, -1, len(z) - 1)], 0)

    return row


_sparsemax = _with_tau(lambda k: k)


def _uncut(logits):
    right = _sparsemax(logits)
    place = right.argmax()
    return logits - (logits[place] - right[place])


def _divided(logits):
    cut = np.maximum(logits, 0)
    return cut / (cut.sum() or 1)


def _judge_sparsemax(cases, values):
    compare_all(
        lambda logits: say("The sparsemax of {count} logits", count=len(logits)),
        cases,
        values,
        _sparsemax,
        [
            # Sorted the other way round, every logit seems to be above its τ.
            (
                _with_tau(lambda k: 0),
                "τ is taken for all logits: sort them, the largest first, and find the right k.",
            ),
            (_with_tau(lambda k: k, np.array), "Sort the logits, the largest first."),
            (softmax, "That is the softmax."),
            (_with_tau(lambda k: 1), "τ is taken for k = 1; find the right k."),
            (_with_tau(lambda k: k + 1), "τ is taken for one logit too many."),
            (_with_tau(lambda k: max(k - 1, 1)), "τ is taken for one logit too few."),
            (_uncut, "What is below 0 becomes 0."),
            (
                lambda logits: _sparsemax(_falling(logits)),
                "The weights are sorted; they should stand where their logits do.",
            ),
            (_divided, "Subtract τ; nothing is divided."),
        ],
    )
    # A logit that is hardly below τ may be above it by rounding.
    _need_zeros(values, [_uncut(logits) < -0.01 * np.abs(logits).max() for (logits,) in cases])


def _judge_layers(cases, values):
    # Every type of number holds such a whole one exactly: there is nothing to be rounded.
    got = read_array(values[0], "`layers_needed`", shape=()).item()
    if got % 1:
        raise Wrong("A whole number of layers: round up.")
    mistakes = [
        (170, "170 layers reach 510 steps, and 511 are needed."),
        (74, "A window of 3 has 7 positions, but only 3 of them lead forward."),
        (73, "A window of 3 has 7 positions, but only 3 of them lead forward."),
        (128, "Three on either side: three steps a layer, not four."),
        (256, "How far does one layer reach? Three positions."),
        (511, "Each layer takes up to three steps at once."),
        (85, "Both ends have to reach each other, not only the middle."),
        (86, "Both ends have to reach each other, not only the middle."),
    ]
    compare_number(got, 171, "`layers_needed`", mistakes)


def _edges(n, radius):
    radius = min(radius, n - 1)
    return n * (2 * radius + 1) - radius * (radius + 1)


def _judge_measured(what, cases, values, right, mistakes):
    """Judge all cases but those in which too much was made, and then these."""
    measured = list(zip(cases, values, strict=True))
    within = [(case, value) for case, (value, too_much) in measured if not too_much]
    if within:
        compare_all(what, *zip(*within, strict=True), right, mistakes)
    for case, (_, too_much) in measured:
        n = positions(case)
        if too_much:
            raise Wrong(
                "For {n} positions, all n² pairs are gone through somewhere: at once, row by row "
                "or in a loop.",
                n=n,
            )


def _judge_window(cases, values):
    def cut(n, radius):
        return n * (2 * min(radius, n - 1) + 1)

    _judge_measured(
        lambda n, radius: say("The edges of {n} positions, radius {r}", n=n, r=radius),
        cases,
        values,
        _edges,
        [
            (lambda n, radius: n * (2 * radius + 1), "At the ends, the windows are cut off."),
            (cut, "At the ends, the windows are cut off."),
            (lambda n, radius: _edges(n, radius) - n, "A position attends to itself as well."),
            (
                lambda n, radius: n * (2 * radius + 1) - radius,
                "At each end, the windows of several positions are cut off.",
            ),
            (
                lambda n, radius: _edges(n, radius) + 2 * min(radius, n - 1),
                "The first misses r keys, the second r - 1, …",
            ),
            (
                lambda n, radius: (cut(n, radius) + _edges(n, radius)) / 2,
                "Windows are cut off at *both* ends.",
            ),
            (lambda n, radius: n**2, "That is every pair."),
            (
                lambda n, radius: n * (2 * radius + 1) - radius * (radius + 1),
                "A window that is wider than the text has n² edges.",
            ),
        ],
    )


def _weights_along(query, key, edges, *, scale=None, shift=None):
    i, j = edges
    logits = (query[i] * key[j]).sum(axis=1) * (query.shape[1] ** -0.5 if scale is None else scale)
    largest = np.full(len(query), -np.inf)
    np.maximum.at(largest, i, logits)
    powers = np.exp(logits - (largest[i] if shift is None else shift(logits)))
    return powers / np.bincount(i, powers, minlength=len(query))[i]


def _mixed(weights, value, edges):
    output = np.zeros(value.shape)
    np.add.at(output, edges[0], weights[:, None] * value[edges[1]])
    return output


def _along(query, key, value, edges, **changes):
    return _mixed(_weights_along(query, key, edges, **changes), value, edges)


def _only_last(query, key, value, edges):
    weights = _weights_along(query, key, edges)
    output = np.zeros(value.shape)
    output[edges[0]] = weights[:, None] * value[edges[1]]
    return output


def _one_softmax(query, key, value, edges):
    logits = (query[edges[0]] * key[edges[1]]).sum(axis=1) / np.sqrt(query.shape[1])
    return _mixed(softmax(logits), value, edges)


def _own_value(query, key, value, edges):
    return np.where(np.isin(np.arange(len(query)), edges[0])[:, None], value, 0)


def _judge_along(cases, values):
    _judge_measured(
        lambda query, *_: say("The output of {n} positions", n=len(query)),
        cases,
        values,
        _along,
        [
            (lambda *case: _along(*case, scale=1.0), "Divide the logits by √d."),
            (
                lambda q, k, value, edges: _along(q, k, value, edges, scale=value.shape[1] ** -0.5),
                "d is the keys' size, not the values'.",
            ),
            (
                _only_last,
                "Where a query stands in `i` several times, `output[i] += …` adds once only: "
                "`np.add.at` adds each time.",
            ),
            (_own_value, "The values are those of the keys: `value[j]`."),
            (_one_softmax, "Each query has a softmax of its own: its weights sum to 1."),
            (
                lambda *case: _along(*case, shift=np.max),
                "NaN comes back: subtract the largest of each query's own logits, not of all.",
            ),
            (
                lambda *case: _along(*case, shift=np.zeros_like),
                "NaN comes back where logits are large: subtract the largest of each query's own.",
            ),
            (
                lambda q, k, value, edges: _along(q, k, value, edges[::-1]),
                "Row 0 of the edges holds queries, row 1 keys.",
            ),
            (
                lambda q, k, value, edges: _along(0 * q, k, value, edges),
                "All keys count alike: use the logits.",
            ),
            (
                lambda q, k, value, edges: _mixed(np.ones(edges.shape[1]), value, edges),
                "That is the sum of the values; weigh them.",
            ),
        ],
    )


def _chosen(query, key, size, k, *, score=None, own=np.inf):
    """Return the k + 1 best blocks of each query, its own counted with the score `own`."""
    scores = (score or _by_mean)(query, key, size)
    places = np.arange(len(query))
    if own is not None:
        scores[places, places // size] = own
    ranks = np.argsort(np.argsort(-scores, axis=1), axis=1)
    return ranks <= k


def _by_mean(query, key, size):
    return query @ key.reshape(-1, size, key.shape[1]).mean(axis=1).T


def _by_largest(query, key, size):
    return (query @ key.T).reshape(len(query), -1, size).max(axis=2)


def _judge_blocks(cases, values):
    def differs_in(**changes):
        return lambda *case: _chosen(*case, **changes)

    def one_less(query, key, size, k):
        return _chosen(query, key, size, k - 1)

    compare_all(
        lambda query, key, size, k: say(
            "The blocks for {n} queries, blocks of {size} and k = {k}", n=len(query), size=size, k=k
        ),
        cases,
        values,
        _chosen,
        [
            (one_less, "The query's own block comes on top of the k others."),
            (
                lambda *case: _chosen(*case[:3], case[3] - 1, own=None),
                "Each query attends to its own block as well, whatever its score.",
            ),
            (
                differs_in(own=None),
                "The query's own block is always taken, even where others have larger products.",
            ),
            (
                lambda *case: _chosen(*case[:3], case[3] - 1, own=-np.inf),
                "The query's own block is missing.",
            ),
            (
                differs_in(score=_by_largest),
                "Score a block by its mean key, not by the best of its keys.",
            ),
            (
                differs_in(score=lambda *case: -_by_mean(*case)),
                "Those are the smallest products; take the largest.",
            ),
        ],
    )


CHECKS = {
    "sparse-1": Check(
        twins=reordered(0),
        inputs=made.thresholds,
        judge=_judge_threshold,
        without=(sparsity.threshold,),
        sizes=Sizes(lambda rng, n: (made.in_parts(rng, n), 0.1015625)),
        particular=lambda weights: (weights, 0.1015625),
    ),
    "sparse-2": Check(
        twins=reordered(0),
        inputs=made.selections,
        judge=_judge_worst,
        sizes=Sizes(lambda rng, n: (rng.permutation(n) < rng.integers(1, n),), (2,)),
    ),
    "sparse-3": Check(
        inputs=made.masses,
        judge=_judge_needed,
        sizes=Sizes(lambda rng, n: (made.in_parts(rng, n), 0.8984375)),
        particular=lambda weights: (weights, 0.8984375),
    ),
    "sparse-4": Check(
        twins=reordered(0) + telling(_sparsemax, nudged(0)),
        inputs=made.rows,
        judge=_judge_sparsemax,
        without=(sparsity.sparsemax,),
        sizes=Sizes(lambda rng, n: (rng.normal(size=n),)),
        particular=lambda weights: (weights.ravel(),),
    ),
    "sparse-5": Check(judge=_judge_layers, call=read_value),
    "sparse-6": Check(
        inputs=made.windows,
        judge=_judge_window,
        call=call_measured,
        without=(patterns.window_pattern, patterns.dilated_pattern),
    ),
    "sparse-7": Check(
        twins=reordered(0, 1, 2),
        inputs=made.edge_lists,
        fits=made.are_near,
        judge=_judge_along,
        call=call_measured,
        without=("course_lib.nn.sparse:sparse_attention", "course_lib.nn.edges"),
        sizes=Sizes(made.edge_list, (1, 1, 1)),
        particular=lambda weights: (weights, 8 * weights, weights, np.argwhere(ORDINARY > 0.11).T),
    ),
    "sparse-8": Check(
        twins=reordered(0, 1),
        inputs=made.blocks,
        judge=_judge_blocks,
        fits=made.can_be_chosen,
        sizes=Sizes(made.blocks_of, (1, 1)),
        particular=lambda weights: (weights, ORDINARY, 2, 1),
    ),
}
