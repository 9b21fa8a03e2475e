"""The still of the linked heatmaps."""

import numpy as np

from course_lib.language import say
from course_lib.widgets.heatmaps.view import SCALES
from course_lib.widgets.shared.drawing import beside, titled
from course_lib.widgets.shared.parts import heatmap
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number, strongest, token_names
from course_lib.widgets.shared.weights import all_of

LEAST = 1e-4  # where the log scale begins


def still(view):
    """Draw the two heads and their difference, in the chosen order and on the chosen scale."""
    weights = all_of(view)
    heads = weights.shape[1]
    order = np.array(view.orders[view.first]) if view.order_choice else np.arange(view.shape[2])
    pair = [weights.reshape(-1, *weights.shape[2:])[k] for k in (view.first, view.second)]
    first, second = (matrix[np.ix_(order, order)] for matrix in pair)
    titles = [
        say("layer {layer}, head {head}", layer=k // heads, head=k % heads)
        for k in (view.first, view.second)
    ]
    maps = zip((first, second, first - second), _scales(view, first, second), strict=True)
    parts = [
        titled(
            title,
            heatmap(
                matrix,
                None if k else view.tokens,
                view.tokens,
                order=order,
                side=190,
                strength=scale,
            ),
        )
        for k, (title, (matrix, scale)) in enumerate(
            zip([*titles, say("difference")], maps, strict=True)
        )
    ]
    told = [token_names(view.tokens)[k] for k in order]
    sentence = say(
        "Heatmaps of {first} and {second}, and their difference, which is at most {most}. The "
        "strongest of the first: {strongest}; of the second: {others}.",
        first=titles[0],
        second=titles[1],
        most=number(np.abs(first - second).max()),
        strongest=strongest(first, told, told),
        others=strongest(second, told, told),
    )
    return Still(beside(*parts, gap=18), sentence)


def _scales(view, first, second):
    """Return what makes shades of weights: for both heads and for their difference."""
    shared = max(first.max(), second.max())
    apart = np.abs(first - second).max() or 1
    return {
        "own": (_linear(first.max()), _linear(second.max()), _linear(apart)),
        "shared": (_linear(shared),) * 3,
        "unit": (_linear(1),) * 3,
        "log": (_log, _log, _linear(1)),
    }[SCALES[view.scale_choice]]


def _linear(most):
    return lambda values: values / most


def _log(values):
    return 1 - np.log(np.maximum(values, LEAST)) / np.log(LEAST)
