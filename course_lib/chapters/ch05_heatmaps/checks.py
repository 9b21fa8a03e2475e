"""The checks of chapter 05: reading attention honestly."""

import numpy as np

from course_lib.attention import causal_mask, softmax
from course_lib.exercises.drawing import draw, read_matrix
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_choice, read_array
from course_lib.language import say

TOKENS = ("the", "dog", "saw", "a", "dog", "run", "off", "home", "late", "last", "night", "again")


def _judge_column(cases, values):
    reasons = {"query": "A query is a row. In a dark column, many queries look at one key."}
    compare_choice(values[0], "key", "`dark_column`", reasons)


def _matrices(rng):
    return [(softmax(rng.normal(size=(n, n))), list(TOKENS[:n])) for n in (3, 5)]


def _judge_honest(cases, values):
    for (weights, tokens), (drawing,) in zip(cases, values, strict=True):
        read_matrix(drawing, weights, "The heatmap")
        low, high = drawing["limits"]
        if not np.allclose((low, high), (0, 1)):
            raise Wrong(
                "The colours run from {low:.3g} to {high:.3g}; fix them with vmin=0, vmax=1.",
                low=low,
                high=high,
            )
        _need_label(drawing["xlabel"], "key", "query", "The label of the x axis")
        _need_label(drawing["ylabel"], "quer", "key", "The label of the y axis")
        for ticks, axis in ((drawing["xticks"], "x"), (drawing["yticks"], "y")):
            shown = [ticks.get(position) for position in range(len(tokens))]
            if shown != tokens:
                raise Wrong(
                    "The ticks of the {axis} axis should say {tokens}, got {shown}.",
                    axis=axis,
                    tokens=tokens,
                    shown=shown,
                )


def _need_label(label, stem, other, what):
    """Look for the stem of "query", "queries" or "key", "keys"."""
    if stem not in label.lower():
        word = {"key": "key", "quer": "query"}[stem]
        told = {"what": say(what), "word": word, "label": label}
        if other in label.lower():
            raise Wrong(
                "{what} should hold the word “{word}”, got “{label}”. They are swapped: rows are "
                "queries.",
                **told,
            )
        raise Wrong("{what} should hold the word “{word}”, got “{label}”.", **told)


def _pairs(rng):
    """Make a flat matrix beside a sharp one, in both orders."""
    flat, sharp = softmax(0.2 * rng.normal(size=(4, 4))), softmax(3 * rng.normal(size=(4, 4)))
    return [(flat, sharp), (sharp, flat)]


def _judge_pair(cases, values):
    for matrices, drawings in zip(cases, values, strict=True):
        largest = max(matrix.max() for matrix in matrices)
        both = ("The left heatmap", "The right heatmap")
        for matrix, drawing, what in zip(matrices, drawings, both, strict=True):
            read_matrix(drawing, matrix, what)
        (low, high), (other_low, other_high) = (drawing["limits"] for drawing in drawings)
        if not np.allclose((low, high), (other_low, other_high)):
            raise Wrong(
                "The left colours run from {low:.2f} to {high:.2f}, the right ones from "
                "{other_low:.2f} to {other_high:.2f}: give both the same vmin and vmax.",
                low=low,
                high=high,
                other_low=other_low,
                other_high=other_high,
            )
        if not np.isclose(low, 0, atol=1e-9):
            raise Wrong(
                "The scale begins at {low:.3g}; a weight of 0 should be its lower end.", low=low
            )
        if not (np.isclose(high, largest) or np.isclose(high, 1)):
            raise Wrong(
                "The scale ends at {high:.3g}; the largest weight is {largest:.3g}.",
                high=high,
                largest=largest,
            )
        if not np.allclose(drawings[0]["colours"], drawings[1]["colours"]):
            raise Wrong("The two heatmaps use different colour maps.")


def _differences(rng):
    one, two = softmax(rng.normal(size=(2, 4, 4)))
    close = softmax(np.log(one) + 0.1 * rng.normal(size=(4, 4)))
    return [
        (one, two),
        (one, close),
        (softmax(3 * rng.normal(size=(3, 3))), np.full((3, 3), 1 / 3)),
    ]


def _judge_difference(cases, values):
    for (first, second), (drawing,) in zip(cases, values, strict=True):
        difference = first - second
        read_matrix(drawing, difference, "The map of differences")
        low, high = drawing["limits"]
        largest = np.abs(difference).max()
        if not np.isclose(low, -high):
            raise Wrong(
                "The colours run from {low:.2f} to {high:.2f}; they should reach equally far "
                "on both sides of 0.",
                low=low,
                high=high,
            )
        if high < largest - 1e-6:
            raise Wrong(
                "The colours end at {high:.2f}, but a difference of {largest:.2f} occurs.",
                high=high,
                largest=largest,
            )
        below, middle, above = (np.array(colour) for colour in drawing["colours"])
        ends = np.abs(below - middle), np.abs(above - middle), np.abs(above - below)
        neutral = np.ptp(middle) < 0.25  # nearly grey
        if min(map(np.max, ends)) < 0.2 or not neutral or _between(below, middle, above):
            raise Wrong(
                "The colour map is not a diverging one: it needs one colour below 0, another "
                "above, and a neutral one between, as 'PuOr' or 'coolwarm' have."
            )


def _between(below, middle, above):
    """Tell whether the middle colour's lightness lies between those of the two ends."""
    light = [colour @ (0.2126, 0.7152, 0.0722) for colour in (below, middle, above)]
    return min(light[0], light[2]) <= light[1] <= max(light[0], light[2])


def _sizes(rng):
    return [(softmax(2 * rng.normal(size=(n, n))),) for n in (3, 10, 11)]


def _judge_annotated(cases, values):
    for (weights,), (drawing,) in zip(cases, values, strict=True):
        n = len(weights)
        read_matrix(drawing, weights, "The heatmap")
        texts = drawing["texts"]
        if n > 10:
            if texts:
                raise Wrong("With {n} tokens the numbers cannot be read: write none.", n=n)
            continue
        if len(texts) < n * n:
            raise Wrong(
                "With {n} tokens every cell should say its weight; {count} do.",
                n=n,
                count=len(texts),
            )
        if not all(0 <= row < n and 0 <= column < n for row, column in texts):
            raise Wrong("Some numbers stand outside the cells.")
        if all(texts[i, j] == f"{weights[j, i]:.2f}" for i, j in texts):
            raise Wrong("The numbers are transposed: a text stands at x = key, y = query.")
        for (i, j), text in texts.items():
            if text != f"{weights[i, j]:.2f}":
                raise Wrong(
                    "The cell of query {i} and key {j} says “{text}”; with two decimals its weight "
                    "is “{weight:.2f}”.",
                    i=i,
                    j=j,
                    text=text,
                    weight=weights[i, j],
                )


def _masked_matrices(rng):
    padding = np.ones((4, 4), dtype=bool)
    padding[:, 3] = False
    masks = causal_mask(5), padding
    logits = ((np.where(mask, rng.normal(size=mask.shape), -np.inf), mask) for mask in masks)
    # A weight may be 0 and yet be allowed.
    allowed = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    crafted = np.array([[True, True, False], [True, True, False], [True, True, True]])
    return [(allowed, crafted), *((softmax(z), mask) for z, mask in logits)]


def _judge_masked(cases, values):
    for (weights, mask), (drawing,) in zip(cases, values, strict=True):
        if drawing["kind"] != "nothing" and np.array_equal(drawing["masked"], mask):
            raise Wrong("The mask is inverted: True = may attend, so the False cells are hidden.")
        read_matrix(drawing, np.where(mask, weights, 0), "The heatmap")
        if not drawing["masked"].any():
            raise Wrong("No cell is masked: a weight that may not be looks like a small one.")
        if np.array_equal(drawing["masked"], mask.T):
            raise Wrong("The mask is transposed.")
        if not np.array_equal(drawing["masked"], ~mask):
            raise Wrong("The masked cells are not those where the mask is False.")


def _blocks(rng):
    """Make matrices of blocks whose tokens are shuffled; the judge finds the blocks again."""
    cases = []
    for sizes in ((6, 7), (8, 5), (7, 7)):
        block = np.repeat(np.arange(len(sizes)), sizes)
        block = block[rng.permutation(len(block))]
        closeness = np.where(block[:, None] == block, 1.0, 0.08)
        weights = closeness * (1 + 0.2 * rng.random(closeness.shape))
        cases.append((weights / weights.sum(axis=1, keepdims=True),))
    return cases


def _judge_order(cases, values):
    for (weights,), value in zip(cases, values, strict=True):
        n = len(weights)
        order = read_array(value, "The order", shape=(n,))
        if sorted(order.tolist()) != list(range(n)):
            raise Wrong("The order should hold every position from 0 to {last} once.", last=n - 1)
        block = weights[0] > 0.5 * weights[0].max()  # who belongs to the block of token 0
        changes = np.count_nonzero(np.diff(block[order.astype(int)]))
        if changes > 1:
            raise Wrong(
                "The two groups of this matrix are not together: along the order, the group "
                "changes {changes} times.",
                changes=changes,
            )


CHECKS = {
    "heatmaps-1": Check(judge=_judge_column, call=read_value),
    "heatmaps-2": Check(inputs=_matrices, judge=_judge_honest, call=draw()),
    "heatmaps-3": Check(inputs=_pairs, judge=_judge_pair, call=draw(2)),
    "heatmaps-4": Check(inputs=_differences, judge=_judge_difference, call=draw()),
    "heatmaps-5": Check(inputs=_sizes, judge=_judge_annotated, call=draw()),
    "heatmaps-6": Check(inputs=_masked_matrices, judge=_judge_masked, call=draw()),
    "heatmaps-7": Check(inputs=_blocks, judge=_judge_order),
}
