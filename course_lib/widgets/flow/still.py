"""The still of the flow figure."""

import numpy as np

from course_lib.flow import max_flow
from course_lib.language import say
from course_lib.rollout import residual_layers
from course_lib.widgets.shared.drawing import LINE, SECOND
from course_lib.widgets.shared.parts import ink, levels
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number, token_names
from course_lib.widgets.shared.weights import all_of

MOST_LINES = 160


def still(view):
    """Draw the layers between output and input, and the cut that limits the flow."""
    first, last = sorted((view.first_layer, view.last_layer))
    weights, told = all_of(view)[first : last + 1], token_names(view.tokens)
    layers = residual_layers(weights, residual=view.residual)
    value, cut = max_flow(weights, view.output, view.input, residual=view.residual)
    count = len(layers)
    order = np.argsort(layers, axis=None, kind="stable")[-MOST_LINES:]
    lines = [
        (layer, i, j, {"stroke": LINE, **ink(layers[layer, i, j])})
        for layer, i, j in zip(*np.unravel_index(order, layers.shape), strict=True)
        if layers[layer, i, j] > 0
    ]
    lines += [(lower, i, j, {"stroke": SECOND, "stroke_width": 2}) for (_, i), (lower, j) in cut]
    part = levels(count, view.tokens, lines, width=560, lit={(count, view.output), (0, view.input)})
    ends = {"output": told[view.output], "input": told[view.input]}
    flow = say(
        "Flow from output “{output}” to input “{input}”: {value}.", **ends, value=number(value)
    )
    counted = say("The cut that limits it has {count} edges, in orange.", count=len(cut))
    return Still(part, f"{flow} {counted}")
