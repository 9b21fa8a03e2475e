"""The still of the figure of causal heads."""

from itertools import accumulate

import numpy as np

from course_lib.language import say
from course_lib.widgets.causal.packing import TOP
from course_lib.widgets.causal.view import score_names
from course_lib.widgets.shared.drawing import below, titled
from course_lib.widgets.shared.parts import heatmap, two_rows
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import capital, number, token_names


def still(view):
    """Draw the chosen head's edges from the chosen position, and the scores of all heads."""
    layers, heads = view.shape
    tokens = view.texts[view.text]["tokens"]
    position = min(view.position, len(tokens) - 1)
    told, head = (
        token_names(tokens),
        say("layer {layer}, head {head}", layer=view.layer, head=view.head),
    )
    weights = _percents(view)[:, view.layer * heads + view.head][_row(position)] / 100
    matrix = np.zeros((len(tokens),) * 2)
    matrix[position, : position + 1] = weights
    drawn = [(position, j) for j in np.flatnonzero(weights)]
    line = two_rows(matrix, drawn, tokens, tokens, width=620, step=70)
    kinds = np.frombuffer(view.scores, "<u2").reshape(len(view.texts), -1, layers, heads)
    scores = kinds[view.text, view.score_choice] / TOP
    across, down = ([str(k) for k in range(most)] for most in (layers, heads))
    grid = heatmap(scores.T, down, across, side=min(600, 22 * max(layers, heads)))
    best = sorted(drawn, key=lambda pair: -matrix[pair])[:4]
    listed = ", ".join(f"“{told[j]}” {100 * matrix[i, j]:.0f} %" for i, j in best)
    values = {"token": told[position], "head": head, "listed": listed}
    if listed:
        edges = say("From “{token}”, {head} attends to {listed}.", **values)
    else:
        edges = say("From “{token}”, {head} gives 5 % to no token.", **values)
    highest = np.unravel_index(scores.argmax(), scores.shape)
    kind = score_names()[view.score_choice]
    sentence = say(
        "{kind}: highest for layer {layer}, head {head}, {score}.",
        kind=capital(kind),
        layer=highest[0],
        head=highest[1],
        score=number(scores.max()),
    )
    part = below(titled(head, line), titled(kind, grid))
    return Still(part, f"{edges} {sentence}")


def _row(position):
    """Return where the weights of a query lie among the pairs of a query and a key up to it."""
    first = position * (position + 1) // 2
    return slice(first, first + position + 1)


def _percents(view):
    """Return the weights of the chosen text in percent: pairs of a query and a key, heads."""
    start = [0, *accumulate(text["length"] for text in view.texts)][view.text]
    text = view.texts[view.text]
    content = np.frombuffer(view.weights, np.uint8)[start : start + text["length"]]
    n, heads = len(text["tokens"]), view.shape[0] * view.shape[1]
    count = n * (n + 1) // 2 * heads
    drawn = np.unpackbits(content[: -(-count // 8)], count=count).astype(bool)
    percents = np.zeros(count, np.uint8)
    percents[drawn] = content[-(-count // 8) :]
    return percents.reshape(-1, heads)
