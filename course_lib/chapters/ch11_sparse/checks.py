"""The checks of chapter 11: fewer edges."""

import copy
import tracemalloc

import numpy as np

from course_lib.attention import softmax
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare,
    compare_number,
    compare_numbers,
    has_nan,
    read_array,
    same,
)
from course_lib.exercises.plain import Raised, attempt
from course_lib.language import say


def _thresholds(rng):
    """Make weights with cutoffs; rows without any weight above, ties, and weights on the cutoff."""
    cases = [(softmax(rng.normal(size=(n, n))), cutoff) for n, cutoff in ((5, 0.2), (7, 0.3))]
    crafted = np.array(
        [[0.25, 0.5, 0.25, 0.0], [0.2, 0.3, 0.3, 0.2], [0.1, 0.4, 0.4, 0.1], [1.0, 0, 0, 0]]
    )
    return [*cases, (crafted, 0.25), (crafted, 0.4), (softmax(rng.normal(size=(4, 4))), 0.0)]


def _thresholded(weights, cutoff, *, above=np.greater):
    kept = above(weights, cutoff)
    kept[np.arange(len(weights)), weights.argmax(axis=1)] = True
    left = np.where(kept, weights, 0)
    return left / left.sum(axis=1, keepdims=True)


def _judge_threshold(cases, values):
    for (weights, cutoff), value in zip(cases, values, strict=True):
        right = _thresholded(weights, cutoff)
        if has_nan(value, right.shape):
            raise Wrong("A row without a weight above the cutoff gives NaN: keep its largest one.")
        above = weights > cutoff
        left = np.where(above, weights, 0)
        empty = ~above.any(axis=1)
        total = np.where(empty, 1, left.sum(axis=1))[:, None]
        whole = np.where(empty[:, None], weights, left / total)
        ties = weights == weights.max(axis=1, keepdims=True)
        tied = np.where(above | ties, weights, 0)
        uniform = np.where(empty[:, None], 1 / len(weights), left / total)
        unpaired = above.copy()
        unpaired[:, weights.argmax(axis=1)] = True
        unpaired = np.where(unpaired, weights, 0)
        columns = right.sum(axis=0)
        mistakes = [
            (left, "The rows do not sum to 1 again."),
            (left / total, "A row without any weight above the cutoff keeps its largest one."),
            (whole, "Such a row keeps its largest weight only, not all of them."),
            (uniform, "Such a row keeps its largest weight only; it does not become uniform."),
            (
                unpaired / unpaired.sum(axis=1, keepdims=True),
                "Pair each row with its own largest place: `kept[np.arange(n), places]`.",
            ),
            (tied / tied.sum(axis=1, keepdims=True), "Of several largest, keep the first."),
            (
                _thresholded(weights, cutoff, above=np.greater_equal),
                "A weight on the cutoff is not above it.",
            ),
            (left / left.sum(), "Each row sums to 1, not the whole matrix."),
            (
                right / np.where(columns == 0, 1, columns),
                "Divide by the sums of the rows, not of the columns.",
            ),
        ]
        compare(value, right, say("The rows kept above {cutoff}", cutoff=cutoff), mistakes)


def _kept(rng):
    cases = []
    for n in (4, 6, 3):
        kept = rng.random(n) < 0.5
        kept[0], kept[1] = True, False
        cases.append((rng.permutation(kept),))
    return cases


def _judge_worst(cases, values):
    rng = np.random.default_rng(1)
    for (kept,), value in zip(cases, values, strict=True):
        worst = read_array(value, "`worst_values`", shape=kept.shape)
        if np.abs(worst).max() > 1 + 1e-6:
            raise Wrong("The values should lie between −1 and 1.")
        for _ in range(3):
            weights = softmax(rng.normal(size=len(kept)))
            mass = weights[kept].sum()
            moved = abs(weights @ worst - weights[kept] @ worst[kept] / mass)
            bound = 2 * (1 - mass)
            if moved < bound * (1 - 1e-4):
                raise Wrong(
                    "Keeping {mass:.3f} of the attention, the output moves by {moved:.3f}; the "
                    "bound {bound:.3f} is not reached. Which values pull it one way, and which the "
                    "other?",
                    mass=mass,
                    moved=moved,
                    bound=bound,
                )


def _masses(rng):
    cases = [(softmax(2 * rng.normal(size=(n, n))), mass) for n, mass in ((6, 0.9), (4, 0.5))]
    crafted = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    return [*cases, (crafted, 0.75), (crafted, 1.0), (softmax(rng.normal(size=(8, 8))), 0.99)]


def _falling(weights):
    return -np.sort(-weights)


def _needed(weights, mass, *, order=_falling, slack=-1e-9):
    held = order(weights).cumsum(axis=1)
    return (held < mass + slack).sum(axis=1).mean() + 1


MISCOUNTED = [
    (
        lambda weights, mass: _needed(weights, mass) - 1,
        "One more: count the weight that reaches the mass as well.",
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
]


def _judge_needed(cases, values):
    expected = [_needed(*case) for case in cases]
    mistakes = [[(count(*case), sentence) for count, sentence in MISCOUNTED] for case in cases]
    compare_numbers(values, expected, "The number of edges needed", mistakes)


def _rows(rng):
    cases = [(scale * rng.normal(size=n),) for n, scale in ((5, 1.0), (8, 0.3), (3, 3.0), (6, 1.0))]
    return [*cases, (np.array([2.0, 2.0, -1.0, 1.9]),), (np.array([0.7]),)]


def _sparsemax(logits, *, order=_falling):
    z = order(logits)
    tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
    return np.maximum(logits - tau[(z > tau).sum() - 1], 0)


def _judge_sparsemax(cases, values):
    for order in (np.sort, np.array):
        if all(
            same(v, _sparsemax(*case, order=order)) for case, v in zip(cases, values, strict=True)
        ):
            raise Wrong("Sort the logits, the largest first.")
    for (logits,), value in zip(cases, values, strict=True):
        z = -np.sort(-logits)
        tau = (z.cumsum() - 1) / np.arange(1, len(z) + 1)
        cut = np.maximum(logits, 0)
        k = (z > tau).sum()
        mistakes = [
            (softmax(logits), "That is the softmax."),
            (np.maximum(logits - tau[-1], 0), "τ is taken for all logits; find the right k."),
            (np.maximum(logits - tau[0], 0), "τ is taken for k = 1; find the right k."),
            (np.maximum(logits - tau[min(k, len(z) - 1)], 0), "τ is taken for one logit too many."),
            (np.maximum(logits - tau[max(k - 2, 0)], 0), "τ is taken for one logit too few."),
            (logits - tau[k - 1], "What is below 0 becomes 0."),
            (_sparsemax(z), "The weights are sorted; they should stand where their logits do."),
            (cut / (cut.sum() or 1), "Subtract τ; nothing is divided."),
        ]
        compare(
            value,
            _sparsemax(logits),
            say("The sparsemax of {count} logits", count=len(logits)),
            mistakes,
        )


def _judge_layers(cases, values):
    if read_array(values[0], "`layers_needed`", shape=()) % 1:
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
    compare_number(values[0], 171, "`layers_needed`", mistakes)


def _windows(rng):
    return [(7, 2), (5, 0), (1, 3), (6, 5), (4, 9), (512, 3), (100, 60)]


def _judge_window(cases, values):
    expected, mistakes = [], []
    for n, radius in cases:
        cut = min(radius, n - 1)
        right = n * (2 * cut + 1) - cut * (cut + 1)
        uncut = n * (2 * radius + 1) - radius * (radius + 1)
        told = [
            (n * (2 * radius + 1), "At the ends, the windows are cut off."),
            (n * (2 * cut + 1), "At the ends, the windows are cut off."),
            (right - n, "A position attends to itself as well."),
            (n * (2 * radius + 1) - radius, "Several positions at each end are cut off."),
            (n * (2 * cut + 1) - cut * (cut - 1), "The first misses r keys, the second r - 1, …"),
            (n * (2 * cut + 1) - cut * (cut + 1) / 2, "Windows are cut off at *both* ends."),
            (n**2, "That is every pair."),
            (uncut, "A window that is wider than the text has n² edges."),
        ]
        expected.append(right)
        mistakes.append(told)
    compare_numbers(values, expected, "The number of edges", mistakes)


LARGE = 1200  # positions of the case that is measured


def _edge_lists(rng):
    cases = []
    for n, d, wide in ((5, 3, 2), (4, 4, 4), (6, 2, 3)):
        allowed = rng.random((n, n)) < 0.5
        allowed[0], allowed[1, :2] = False, True
        edges = rng.permutation(np.argwhere(allowed)).T
        cases.append((*rng.normal(size=(2, n, d)), rng.normal(size=(n, wide)), edges))
    # Exponentials of such logits overflow; they are exact in single precision, too.
    large = 19 + np.arange(4.0)[:, None] + np.zeros(4), 19 + rng.integers(24, size=(4, 4)) / 64
    full = np.stack(np.divmod(rng.permutation(16), 4))
    cases.append((*large, rng.normal(size=(4, 2)), full))
    # A query's own logits lie far apart, the smallest last.
    wide = np.array([[100.0], [1.0], [50.0]]), np.array([[10.0], [-10.0], [9.99]])
    cases.append(
        (*wide, rng.normal(size=(3, 2)), np.array([[0, 2, 0, 2, 0, 2], [0, 2, 2, 0, 1, 1]]))
    )
    # One query's logits lie thousands below the other's: no maximum but its own will do.
    apart = np.array([[100.0], [-100.0], [1.0]]), 30 + rng.permutation(3)[:, None] / 100
    cases.append((*apart, rng.normal(size=(3, 2)), np.argwhere(np.ones((3, 3))).T))
    query = np.repeat(np.arange(LARGE), 3)
    edges = np.stack([query, (query + np.tile([0, 1, 7], LARGE)) % LARGE])
    cases.append((*rng.normal(size=(3, LARGE, 2)), edges))
    return cases


def _call_measured(answer, cases):
    """Call a function on copies of the cases; return each value with the memory it took."""
    values = []
    for case in cases:
        given = copy.deepcopy(case)
        tracemalloc.start()
        value = attempt(lambda given=given: answer(*given))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        passed_on = value is None or value is ... or isinstance(value, Raised)
        values.append(value if passed_on else (value, peak))
    return values


def _along(query, key, value, edge_index, *, scale=None, last=False):
    i, j = edge_index
    n = len(query)
    logits = (query[i] * key[j]).sum(axis=1) * (query.shape[1] ** -0.5 if scale is None else scale)
    largest = np.full(n, -np.inf)
    np.maximum.at(largest, i, logits)
    powers = np.exp(logits - largest[i])
    weights = powers / np.bincount(i, powers, minlength=n)[i]
    if last:  # of each query's edges, the last one in the list
        final = np.zeros(n, dtype=int)
        final[i] = np.arange(len(i))
        weights = np.where(final[i] == np.arange(len(i)), weights, 0)
    output = np.zeros((n, value.shape[1]))
    np.add.at(output, i, weights[:, None] * value[j])
    return output


def _along_all(query, key, value, edge_index):
    i, j = edge_index
    logits = (query[i] * key[j]).sum(axis=1) / np.sqrt(query.shape[1])
    output = np.zeros((len(query), value.shape[1]))
    np.add.at(output, i, softmax(logits)[:, None] * value[j])
    return output


def _judge_along(cases, values):
    for case, (value, peak) in zip(cases, values, strict=True):
        query, _, content, edge_index = case
        n = len(query)
        right = _along(*case)
        if has_nan(value, right.shape):
            raise Wrong(
                "NaN comes back: a query may have no edges, and logits may be large; subtract the "
                "largest of each query's own. (`largest[i] = …` would keep its last edge only.)"
            )
        turned = _along(*case[:3], edge_index[::-1])
        alike = np.zeros(right.shape)
        counts = np.bincount(edge_index[0], minlength=n)
        np.add.at(alike, edge_index[0], content[edge_index[1]])
        mistakes = [
            (_along(*case, scale=1.0), "Divide the logits by √d."),
            (
                _along(*case, scale=content.shape[1] ** -0.5),
                "d is the keys' size, not the values'.",
            ),
            (
                _along(*case, last=True),
                "Where a query stands in `i` several times, `output[i] += …` adds once only: "
                "`np.add.at` adds each time.",
            ),
            (
                np.where((counts > 0)[:, None], content, 0),
                "The values are those of the keys: `value[j]`.",
            ),
            (_along_all(*case), "Each query has a softmax of its own: its weights sum to 1."),
            (turned, "Row 0 of the edges holds queries, row 1 keys."),
            (alike / np.maximum(counts, 1)[:, None], "All keys count alike: use the logits."),
            (alike, "That is the sum of the values; weigh them."),
        ]
        compare(value, right, say("The output of {n} positions", n=n), mistakes)
        if n == LARGE and peak > n * n:
            raise Wrong(
                "Right, but for {n} positions and {edges} edges it took {megabytes:.0f} MB: "
                "somewhere an (n, n) array is made, or a larger one.",
                n=n,
                edges=edge_index.shape[1],
                megabytes=peak / 1e6,
            )


CHECKS = {
    "sparse-1": Check(inputs=_thresholds, judge=_judge_threshold),
    "sparse-2": Check(inputs=_kept, judge=_judge_worst),
    "sparse-3": Check(inputs=_masses, judge=_judge_needed),
    "sparse-4": Check(inputs=_rows, judge=_judge_sparsemax),
    "sparse-5": Check(judge=_judge_layers, call=read_value),
    "sparse-6": Check(inputs=_windows, judge=_judge_window),
    "sparse-7": Check(inputs=_edge_lists, judge=_judge_along, call=_call_measured),
}
