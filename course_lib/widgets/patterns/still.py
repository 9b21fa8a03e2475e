"""The still of the builder of patterns."""

import numpy as np

from course_lib import patterns
from course_lib.language import say
from course_lib.widgets.shared.drawing import beside, titled
from course_lib.widgets.shared.parts import heatmap
from course_lib.widgets.shared.still import Still


def still(view):
    """Draw the pattern, and what is reached through the chosen number of layers."""
    n, pattern = view.n, _pattern(view)
    reached = pattern
    for _ in range(view.layers - 1):
        reached = reached @ pattern  # of booleans: is there a way?
    full = patterns.layers_to_full_reach(pattern)
    edges = int(pattern.sum())
    parts = [
        say(
            "{edges} of {all} edges ({density} %).",
            edges=edges,
            all=n**2,
            density=f"{100 * edges / n**2:.1f}",
        )
    ]
    if full is None:
        parts.append(say("Some outputs never reach some inputs, however many layers there are."))
    elif full == 1:
        parts.append(say("Every output reaches every input after 1 layer."))
    else:
        parts.append(say("Every output reaches every input after {full} layers.", full=full))
    parts.append(
        say(
            "After {layers}, position {position} draws on {count} of {n}.",
            layers=_layers(view.layers),
            position=view.position,
            n=n,
            count=int(reached[view.position].sum()),
        )
    )
    maps = [
        (say("pattern"), pattern),
        (say("reached after {layers}", layers=_layers(view.layers)), reached),
    ]
    drawn = [titled(title, heatmap(matrix.astype(float), side=260)) for title, matrix in maps]
    return Still(beside(*drawn), " ".join(parts))


def _layers(count):
    return say("1 layer") if count == 1 else say("{count} layers", count=count)


def _pattern(view):
    n = view.n
    order = np.frombuffer(view.order, np.uint8).reshape(n, n)
    pattern = patterns.dilated_pattern(n, view.radius, view.dilation)
    pattern = pattern | patterns.block_pattern(n, view.block)
    if count := view.global_positions:
        pattern |= patterns.global_pattern(n, [g * n // count for g in range(count)])
    np.put_along_axis(pattern, order[:, : view.random_keys + 1].astype(int), True, axis=1)
    return pattern
