"""The checks of chapter 05: reading attention honestly."""

import numpy as np

from course_lib.attention import causal_mask, softmax
from course_lib.exercises.drawing import draw
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_choice, read_array
from course_lib.exercises.looking import (
    colours_at,
    first_word,
    is_all_of,
    is_linear,
    names_at,
    number_in,
    numbers_at,
    read_matrices,
    same_colours,
)
from course_lib.language import say
from course_lib.plots import spectral_order

TOKENS = ("the", "dog", "saw", "a", "cat", "run", "off", "home", "late", "last", "night", "again")

LIGHTNESS = (0.2126, 0.7152, 0.0722)  # of red, green and blue


def _judge_column(cases, values):
    reasons = {"query": "A query is a row. In a dark column, many queries look at one key."}
    compare_choice(values[0], "key", "`dark_column`", reasons)


def _sharp(rng, n):
    """Make weights with zeros and ones among them: rows of one or two keys."""
    first = np.eye(n)[rng.integers(n, size=n)]
    second = np.eye(n)[rng.integers(n, size=n)]
    second[0] = first[0]
    return 0.7 * first + 0.3 * second


def _one_per_case(values):
    return [drawing for (drawing,) in values]


def _matrices(rng):
    n, even = rng.integers(2, 8), rng.integers(2, 6)
    matrices = [
        softmax(rng.normal(size=(n, n))),
        softmax(rng.normal(size=(12, 12))),
        _sharp(rng, rng.integers(3, 6)),
        np.full((even, even), 1 / even),
    ]
    # Tokens repeat.
    return [(weights, rng.choice(TOKENS, size=len(weights)).tolist()) for weights in matrices]


def _judge_honest(cases, values):
    drawings = _one_per_case(values)
    scales = read_matrices(drawings, [w for w, _ in cases], ["The heatmap"] * len(cases))
    for scale in scales:
        low, high = scale["weights"][[0, -1]]
        if not np.allclose((low, high), (0, 1)):
            raise Wrong(
                "The colours run from {low:.3g} to {high:.3g}; fix them with vmin=0, vmax=1.",
                low=low,
                high=high,
            )
        if not is_linear(scale):
            raise Wrong("Equal steps of weight should be equal steps of the colour map.")
    for (_, tokens), drawing in zip(cases, drawings, strict=True):
        _need_label(drawing["xlabel"], "key", "The label of the x axis")
        _need_label(drawing["ylabel"], "query", "The label of the y axis")
        for ticks, axis in ((drawing["columns"], "x"), (drawing["rows"], "y")):
            shown = names_at(ticks, len(tokens))
            if shown != tokens:
                raise Wrong(
                    "Along the {axis} axis the cells should be named {tokens}, but one reads "
                    "{shown}.",
                    axis=axis,
                    tokens=tokens,
                    shown=shown,
                )


def _need_label(label, word, what):
    found, told = first_word(label), {"what": say(what), "word": word, "label": label}
    if found is None:
        raise Wrong("{what} should hold the word “{word}”, got “{label}”.", **told)
    if found != word:
        raise Wrong(
            "{what} should hold the word “{word}”, got “{label}”. Rows are queries, columns are "
            "keys.",
            **told,
        )


def _pairs(rng):
    """Make a flat matrix beside a sharp one, in both orders, and one that reaches 0 and 1."""
    n, m, k = rng.integers(2, 7, size=3)
    return [
        (softmax(0.3 * rng.normal(size=(n, n))), softmax(3 * rng.normal(size=(n, n)))),
        (softmax(3 * rng.normal(size=(m, m))), softmax(0.3 * rng.normal(size=(m, m)))),
        (_sharp(rng, k), softmax(rng.normal(size=(k, k)))),
    ]


def _judge_pair(cases, values):
    rights = [matrix for case in cases for matrix in case]
    largest = [max(matrix.max() for matrix in case) for case in cases]
    scales = read_matrices(
        [drawing for drawings in values for drawing in drawings],
        rights,
        ["The left heatmap", "The right heatmap"] * len(cases),
        [([m for case in cases for m in case[::-1]], "`first` belongs on `left`.")],
        [[(0, 1), (0, top)] for top in largest for _ in range(2)],
    )
    for left, right, top in zip(scales[::2], scales[1::2], largest, strict=True):
        (low, high), (other_low, other_high) = (s["weights"][[0, -1]] for s in (left, right))
        if not np.allclose((low, high), (other_low, other_high)):
            raise Wrong(
                "The left colours run from {low:.2f} to {high:.2f}, the right ones from "
                "{other_low:.2f} to {other_high:.2f}: give both the same vmin and vmax.",
                low=low,
                high=high,
                other_low=other_low,
                other_high=other_high,
            )
        if not np.isclose(low, 0, atol=1e-6):
            raise Wrong(
                "The scale begins at {low:.3g}; a weight of 0 should be its lower end.", low=low
            )
        if not (np.isclose(high, top) or np.isclose(high, 1)):
            raise Wrong(
                "The scale ends at {high:.3g}; the largest weight of both is {largest:.3g}.",
                high=high,
                largest=top,
            )
        if not same_colours(left, right):
            raise Wrong("The same weight has different colours on the left and on the right.")


def _differences(rng):
    n, m, k = rng.integers(3, 7, size=3)
    one, two = softmax(rng.normal(size=(2, n, n)))
    same = softmax(rng.normal(size=(m, m)))
    return [
        (one, two),
        (one, softmax(np.log(one) + 0.1 * rng.normal(size=(n, n)))),
        (softmax(3 * rng.normal(size=(k, k))), np.full((k, k), 1 / k)),
        (np.eye(m), np.roll(np.eye(m), 1, axis=1)),
        (same, same.copy()),
    ]


def _judge_difference(cases, values):
    cases = [
        (first - second, drawing) for (first, second), (drawing,) in zip(cases, values, strict=True)
    ]
    different = [(right, drawing) for right, drawing in cases if right.any()] or cases
    rights, drawings = map(list, zip(*different, strict=True))
    tops = [np.abs(right).max() or 1 for right in rights]
    scales = read_matrices(
        drawings,
        rights,
        ["The map of differences"] * len(rights),
        [([abs(right) for right in rights], "The sign is lost: which of the two has more?")],
        [[(-1, 1), (-top, top)] for top in tops],
    )
    for scale in scales:
        low, high = scale["weights"][[0, -1]]
        if not low < 0 < high or not _neutral_at_0(scale):
            raise Wrong(
                "The colours run from {low:.2f} to {high:.2f}, and 0 is not the middle of the "
                "colour map.",
                low=low,
                high=high,
            )
        sides = np.linspace(low, 0, 17), np.linspace(0, high, 17)[1:]
        if not _diverging(colours_at(scale, np.concatenate(sides))):
            raise Wrong(
                "The colour map is not a diverging one: it needs one colour below 0, another "
                "above, and a neutral one between, as 'PuOr' or 'coolwarm' have."
            )
    neutral = colours_at(scales[0], 0)
    for right, drawing in cases:
        if not right.any() and (drawing is None or not is_all_of(drawing, neutral)):
            raise Wrong(
                "Where both matrices are equal, the cells do not get the neutral colour. Has the "
                "scale any width then?"
            )


def _neutral_at_0(scale):
    """Tell whether 0 has the middle place of the map, or at least its palest or darkest colour."""
    place = np.interp(0, scale["weights"], scale["places"])
    light = scale["colours"] @ LIGHTNESS
    turns = scale["weights"][[light.argmax(), light.argmin()]]
    return abs(place - 0.5) < 0.01 or np.abs(turns).min() < 0.015 * np.ptp(scale["weights"])


def _diverging(colours):
    """Tell whether colours grow pale up to the middle one and then dark, or the other way round."""
    light, middle = colours @ LIGHTNESS, len(colours) // 2
    rises = np.diff(light) * np.sign(light[middle] - light[0])
    turns = (rises[:middle] > -0.02).all() and (rises[middle:] < 0.02).all()
    ends = [np.abs(colours[a] - colours[b]).max() for a, b in ((0, middle), (middle, -1), (0, -1))]
    return turns and min(ends) > 0.05 and np.ptp(colours[middle]) < 0.35


def _sizes(rng):
    few, many = rng.integers(2, 10), rng.integers(12, 15)
    matrices = [softmax(2 * rng.normal(size=(n, n))) for n in (few, 10, 11, many)]
    return [(weights,) for weights in (*matrices, _sharp(rng, rng.integers(3, 6)))]


def _judge_annotated(cases, values):
    drawings, matrices = _one_per_case(values), [weights for (weights,) in cases]
    ends = [[(0, 1), (0, w.max()), (w.min(), w.max())] for w in matrices]
    read_matrices(drawings, matrices, ["The heatmap"] * len(cases), ends=ends)
    written = [
        (weights, numbers_at(drawing["texts"]))
        for weights, drawing in zip(matrices, drawings, strict=True)
    ]
    if all(_says(text, w[j, i]) for w, texts in written for (i, j), text in texts.items()) and any(
        not _says(text, w[i, j]) for w, texts in written for (i, j), text in texts.items()
    ):
        raise Wrong("The numbers are transposed: a text stands at x = key, y = query.")
    for weights, texts in written:
        n = len(weights)
        if n > 10:
            if texts:
                raise Wrong("With {n} tokens the numbers cannot be read: write none.", n=n)
            continue
        if len(texts) < n * n:
            raise Wrong(
                "With {n} tokens every cell should say its weight, where it can be read; {count} "
                "of {all} do.",
                n=n,
                count=len(texts),
                all=n * n,
            )
        for (i, j), text in texts.items():
            if not _says(text, weights[i, j]):
                raise Wrong(
                    "The cell of query {i} and key {j} says “{text}”; with two decimals its weight "
                    "is “{weight:.2f}”.",
                    i=i,
                    j=j,
                    text=text,
                    weight=weights[i, j],
                )


def _says(text, weight):
    number = number_in(text)
    return number is not None and abs(number - weight) < 0.005 + 1e-6


def _masked_matrices(rng):
    n, m, k = rng.integers(3, 7, size=3)
    padding, scattered = np.ones((m, m), dtype=bool), rng.random((k, k)) < 0.6
    padding[:, m - rng.integers(1, m) :] = False
    scattered[:, 0] |= ~scattered.any(axis=1)
    masks = causal_mask(n), padding, scattered, np.ones((n, n), dtype=bool)
    logits = ((np.where(mask, rng.normal(size=mask.shape), -np.inf), mask) for mask in masks)
    # A weight may be 0 and yet be allowed.
    allowed = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    crafted = np.array([[True, True, False], [True, True, False], [True, True, True]])
    return [(allowed, crafted), *((softmax(z), mask) for z, mask in logits)]


def _judge_masked(cases, values):
    drawings = _one_per_case(values)

    def shown(hidden):
        return [np.where(hidden(weights, mask), np.nan, weights) for weights, mask in cases]

    mistakes = [
        (shown(lambda w, mask: mask), "The mask is inverted: True = may attend."),
        (shown(lambda w, mask: ~mask.T), "The mask is transposed."),
        (
            shown(lambda w, mask: np.zeros_like(mask)),
            "No cell is hidden: a pair that is forbidden looks like a small weight.",
        ),
        (shown(lambda w, mask: w == 0), "A weight of 0 is hidden where the pair is allowed."),
    ]
    ends = [[(0, 1), (0, w.max()), (w.min(), w.max())] for w, _ in cases]
    rights = shown(lambda w, mask: ~mask)
    read_matrices(drawings, rights, ["The heatmap"] * len(cases), mistakes, ends)


def _laplacian(close):
    return np.diag(close.sum(axis=1)) - close


def _second(matrix, column=1):
    return np.linalg.eigh(matrix)[1][:, column]


def _symmetric(weights):
    return (weights + weights.T) / 2


def _groups(rng):
    """Make three groups whose tokens are shuffled; the middle one is close to both others."""
    group = rng.permutation(np.repeat(np.arange(3), rng.choice([2, 3, 4, 5], 3, replace=False)))
    apart = np.abs(group[:, None] - group)
    weights = np.array([1.0, 0.2, 0.05])[apart] * np.exp(0.5 * rng.normal(size=apart.shape))
    return weights / weights.sum(axis=1, keepdims=True)


def _chain(rng):
    """Make a head of which each token attends to the one before it, but for the shuffle."""
    n = rng.integers(5, 10)
    weights = 0.8 * np.eye(n, k=-1) + 0.2 * softmax(rng.normal(size=(n, n)))
    weights[0] /= weights[0].sum()
    order = rng.permutation(n)
    return weights[np.ix_(order, order)]


def _hub(rng):
    """Make weights of which one key takes much: the row sums of S are unequal."""
    n = rng.integers(5, 10)
    logits = rng.normal(size=(n, n))
    logits[:, rng.integers(n)] += 2
    return softmax(logits)


def _orders(rng):
    """Make cases until each mistake gives another order in one of them."""
    while True:
        matrices = [_clear(make, rng) for make in (_groups, _chain, _hub, _hub)]
        entries = [_second(_laplacian(_symmetric(weights))) for weights in matrices]
        mistaken = [[np.argsort(vector(w)) for w in matrices] for vector, _ in _OTHER_VECTORS]
        if not any(all(map(_sorts, orders, entries)) for orders in mistaken):
            return [(weights,) for weights in matrices]


def _clear(make, rng):
    """Make weights until the order is clear."""
    while not has_clear_order(weights := make(rng)):
        pass
    return weights


def has_clear_order(weights):
    """Tell whether neither eigenvalues nor entries of the vector are nearly equal."""
    values, vectors = np.linalg.eigh(_laplacian(_symmetric(weights)))
    gaps = np.diff(np.sort(vectors[:, 1]))
    return bool(values[2] - values[1] > 0.03 * values[1] and gaps.min() > 5e-4)


def _judge_order(cases, values):
    matrices = [weights for (weights,) in cases]
    orders = []
    for weights, value in zip(matrices, values, strict=True):
        order = read_array(value, "The order", shape=(len(weights),))
        if sorted(order.tolist()) != list(range(len(weights))):
            raise Wrong(
                "The order should hold every position from 0 to {last} once.",
                last=len(weights) - 1,
            )
        orders.append(order.astype(int))
    entries = [_second(_laplacian(_symmetric(weights))) for weights in matrices]
    if all(map(_sorts, orders, entries)):
        return
    if all(map(_sorts, map(np.argsort, orders), entries)):
        raise Wrong("These are the ranks of the tokens. Which token comes first, which second?")
    for vector, sentence in _OTHER_VECTORS:
        if all(map(_sorts, orders, map(vector, matrices))):
            raise Wrong(sentence)
    for order, entry in zip(orders, entries, strict=True):
        if not _sorts(order, entry):
            steps = np.sign(np.diff(entry[order]))
            turn = int(np.argmax(steps[1:] != steps[:-1])) + 1
            raise Wrong(
                "Along the order the entries of the second eigenvector should only rise or only "
                "fall; they turn at position {position}, place {place} of your order.",
                position=int(order[turn]),
                place=turn,
            )


def _sorts(order, entries):
    """Tell whether entries rise or fall along an order, but for rounding."""
    steps = np.diff(entries[order])
    return (steps > -1e-4).all() or (steps < 1e-4).all()


def _normalised(close):
    root = np.sqrt(close.sum(axis=1))
    return _second(_laplacian(close) / np.outer(root, root)) / root


_OTHER_VECTORS = (
    (lambda w: _second(_laplacian(_symmetric(w)), 2), "This sorts by the third eigenvector."),
    (
        lambda w: _second(_laplacian(_symmetric(w)), -1),
        "This sorts by the eigenvector to the largest eigenvalue; take the second smallest.",
    ),
    (
        lambda w: np.linalg.eigh(_laplacian(_symmetric(w)))[1][1],
        "This sorts by a row of `eigh`'s matrix; its columns are the eigenvectors.",
    ),
    (
        lambda w: _second(np.diag(w.sum(axis=1)) - w),
        "The weights are not made symmetric: step 1.",
    ),
    (
        lambda w: _second(np.diag(w.sum(axis=1)) - _symmetric(w)),
        "The diagonal of D holds the row sums of S, not those of the weights.",
    ),
    (lambda w: _second(_symmetric(w), -2), "This is an eigenvector of S, not of L = D - S."),
    (
        lambda w: _normalised(_symmetric(w)),
        "This sorts by the normalised Laplacian; the four steps use L = D - S.",
    ),
)


CHECKS = {
    "heatmaps-1": Check(judge=_judge_column, call=read_value),
    "heatmaps-2": Check(inputs=_matrices, judge=_judge_honest, call=draw(named=True)),
    "heatmaps-3": Check(inputs=_pairs, judge=_judge_pair, call=draw(2)),
    "heatmaps-4": Check(inputs=_differences, judge=_judge_difference, call=draw()),
    "heatmaps-5": Check(inputs=_sizes, judge=_judge_annotated, call=draw()),
    "heatmaps-6": Check(inputs=_masked_matrices, judge=_judge_masked, call=draw()),
    "heatmaps-7": Check(inputs=_orders, judge=_judge_order, without=(spectral_order,)),
}
