"""The checks of chapter 05: reading attention honestly."""

import numpy as np

from course_lib.chapters.ch05_heatmaps.cases import (
    OTHER_VECTORS,
    fiedler_vector,
    has_clear_order,
    masked_matrices,
    matrices_of_sizes,
    named_matrices,
    same_way_round,
    sorts,
    to_sort,
    to_sort_of,
    two_heads,
    two_to_compare,
)
from course_lib.exercises.drawing import Draw
from course_lib.exercises.drawing_reader import (
    LIGHTNESS,
    colours_at,
    is_all_of,
    is_linear,
    look_alike,
    read_matrices,
    same_colours,
)
from course_lib.exercises.drawing_texts import first_word, names_at, number_in, numbers_at
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_choice, read_array
from course_lib.exercises.rearranging import nudged, reordered, telling
from course_lib.exercises.sizing import Sizes
from course_lib.language import later, say
from course_lib.plots import spectral_order


def _judge_column(cases, values):
    reasons = {"query": "A query is a row. In a dark column, many queries look at one key."}
    compare_choice(values[0], "key", "`dark_column`", reasons)


def _one_per_case(values):
    return [drawing for (drawing,) in values]


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
        if not _is_ordered(scale):
            raise Wrong(
                "On this colour map a larger weight is darker in one place and lighter in another. "
                "Take a map that only grows darker, or only lighter."
            )
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


STEP_BACK = 0.02  # of lightness: rounding, not another turn


def _is_ordered(scale):
    """Tell whether colours only grow darker, or only lighter, as the weights rise."""
    lightness = scale["colours"] @ LIGHTNESS
    lightness = lightness if lightness[-1] > lightness[0] else -lightness
    return bool((np.maximum.accumulate(lightness) - lightness).max() < STEP_BACK)


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
        if not _linear_on_each_side(scale):
            raise Wrong("On either side of 0, equal steps should be equal steps of the colour map.")
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


def _linear_on_each_side(scale):
    """Tell whether steps below 0 are equal, and steps above it; 0 itself need not be halfway."""
    weights, places = scale["weights"], scale["places"]
    middle = np.interp(0, weights, places)
    ends, at = [weights[0], 0, weights[-1]], [places[0], middle, places[-1]]
    return bool(np.allclose(places, np.interp(weights, ends, at), atol=0.01))


def _diverging(colours):
    """Tell whether colours grow pale up to the middle one and then dark, or the other way round."""
    light, middle = colours @ LIGHTNESS, len(colours) // 2
    rises = np.diff(light) * np.sign(light[middle] - light[0])
    turns = (rises[:middle] > -0.02).all() and (rises[middle:] < 0.02).all()
    ends = [np.abs(colours[a] - colours[b]).max() for a, b in ((0, middle), (middle, -1), (0, -1))]
    return turns and min(ends) > 0.05 and np.ptp(colours[middle]) < 0.35


def _judge_annotated(cases, values):
    drawings, matrices = _one_per_case(values), [weights for (weights,) in cases]
    ends = [[(0, 1), (0, w.max()), (w.min(), w.max())] for w in matrices]
    read_matrices(drawings, matrices, ["The heatmap"] * len(cases), ends=ends)
    written = [
        (weights, numbers_at(drawing["texts"]))
        for weights, drawing in zip(matrices, drawings, strict=True)
    ]
    if any(drawing["too_large"] for drawing in drawings):
        raise Wrong("Some texts are larger than a cell.")
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
                "Up to 10 tokens, every cell should say its weight, where it can be read; of the "
                "{all} cells of one matrix {count} do.",
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


def _judge_masked(cases, values):
    drawings = _one_per_case(values)

    def shown(hidden):
        return [np.where(hidden(weights, mask), np.nan, weights) for weights, mask in cases]

    none_hidden = later("No cell is hidden: a pair that is forbidden looks like a small weight.")
    mistakes = [
        (shown(lambda w, mask: mask), "The mask is inverted: True = may attend."),
        (shown(lambda w, mask: ~mask.T), "The mask is transposed."),
        (shown(lambda w, mask: np.zeros_like(mask)), none_hidden),
        ([np.where(mask, weights, 0) for weights, mask in cases], none_hidden),
        (shown(lambda w, mask: w == 0), "A weight of 0 is hidden where the pair is allowed."),
    ]
    ends = [[(0, 1), (0, w.max()), (w.min(), w.max())] for w, _ in cases]
    rights = shown(lambda w, mask: ~mask)
    read_matrices(drawings, rights, ["The heatmap"] * len(cases), mistakes, ends)
    for (_, mask), drawing in zip(cases, drawings, strict=True):
        if not look_alike(drawing, ~mask):
            raise Wrong(
                "Cells that are forbidden differ in colour, as the weights there do: a reader "
                "still takes them for weights."
            )


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
    entries = [fiedler_vector(weights) for weights in matrices]
    if all(map(sorts, orders, entries)):
        return
    if all(map(sorts, map(np.argsort, orders), entries)):
        raise Wrong("These are the ranks of the tokens. Which token comes first, which second?")
    for vector, sentence in OTHER_VECTORS:
        if all(map(sorts, orders, map(vector, matrices))):
            raise Wrong(sentence)
    for order, entry in zip(orders, entries, strict=True):
        if not sorts(order, entry):
            steps = np.sign(np.diff(entry[order]))
            turn = int(np.argmax(steps[1:] != steps[:-1])) + 1
            raise Wrong(
                "Along the order the entries of the second eigenvector should only rise or only "
                "fall; they turn at position {position}, place {place} of your order.",
                position=int(order[turn]),
                place=turn,
            )


CHECKS = {
    "heatmaps-1": Check(judge=_judge_column, call=read_value),
    "heatmaps-2": Check(inputs=named_matrices, judge=_judge_honest, call=Draw(named=True)),
    "heatmaps-3": Check(inputs=two_heads, judge=_judge_pair, call=Draw(2)),
    "heatmaps-4": Check(inputs=two_to_compare, judge=_judge_difference, call=Draw()),
    "heatmaps-5": Check(inputs=matrices_of_sizes, judge=_judge_annotated, call=Draw()),
    "heatmaps-6": Check(inputs=masked_matrices, judge=_judge_masked, call=Draw()),
    "heatmaps-7": Check(
        twins=telling(same_way_round, reordered(0) + nudged(0)),
        inputs=to_sort,
        fits=has_clear_order,
        judge=_judge_order,
        without=(spectral_order,),
        sizes=Sizes(to_sort_of, (3,)),
    ),
}
