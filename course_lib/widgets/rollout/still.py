"""The still of the rollout figure."""

from functools import reduce

import numpy as np

from course_lib.language import say
from course_lib.rollout import residual_layers
from course_lib.widgets.rollout.view import FUSION_NAMES
from course_lib.widgets.shared.drawing import FIRST, LINE, Part, beside, text
from course_lib.widgets.shared.parts import heatmap, ink, levels
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import best, token_names
from course_lib.widgets.shared.weights import all_of

LEAST = 0.02  # weights of less are not drawn
MOST_LINES = 160


def still(view):
    """Draw the walk of the chosen output through the layers, beside the matrix of all walks."""
    tokens, told = list(view.tokens), token_names(view.tokens)
    fusion = FUSION_NAMES[view.fusion_choice]
    try:
        layers = residual_layers(all_of(view)[: view.depth], residual=view.residual, fusion=fusion)
    except ValueError as error:  # the minimum over the heads may leave a row of zeros
        return Still(Part(560, 20, text(0, 14, say("There is no rollout."))), str(error))
    product = reduce(np.matmul, layers[::-1])
    output = view.output
    lines, lit = _walk(layers, output)
    part = beside(levels(len(layers), tokens, lines, lit=lit), heatmap(product, tokens, tokens))
    first = say(
        "Rollout of {count} layers, the heads fused by {fusion}.",
        count=len(layers),
        fusion={"mean": say("mean"), "max": say("max"), "min": say("min")}[fusion],
    )
    if output is None:
        listed = best(product.mean(axis=0), told)
        second = say("On average outputs draw most on {listed}.", listed=listed)
    else:
        listed = best(product[output], told)
        second = say("“{output}” draws most on {listed}.", output=told[output], listed=listed)
    return Still(part, f"{first} {second}")


def _walk(layers, output):
    """Return the lines that are drawn, and the nodes that the output's walk passes."""
    count, n = len(layers), layers.shape[-1]
    masses = np.zeros((count + 1, n))
    if output is not None:
        masses[count, output] = 1
        for layer in range(count - 1, -1, -1):
            masses[layer] = masses[layer + 1] @ layers[layer]
    carried = masses[1:, :, None] * layers
    shown = carried if output is not None else layers
    colour = FIRST if output is not None else LINE
    found = np.argwhere(shown > LEAST)
    found = found[np.argsort(shown[tuple(found.T)], kind="stable")][-MOST_LINES:]
    lines = [(layer, i, j, {"stroke": colour, **ink(shown[layer, i, j])}) for layer, i, j in found]
    return lines, {(count, output)} if output is not None else set()
