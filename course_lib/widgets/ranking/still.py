"""The still of the ranking figure."""

import numpy as np

from course_lib import centrality
from course_lib.language import say
from course_lib.widgets.ranking.view import MEASURES, measure_names
from course_lib.widgets.shared.drawing import Part, beside, text
from course_lib.widgets.shared.parts import bars, heatmap
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import best, capital, layer_and_head, token_names
from course_lib.widgets.shared.weights import chosen_matrix

MOST_ROWS = 16


def still(view):
    """Draw the tokens by their scores, the highest first, beside the matrix that they come from."""
    kept = [k for k in range(view.shape[2]) if k not in view.removed]
    told = token_names(view.tokens)
    named = [told[k] for k in kept]
    matrix = chosen_matrix(view)
    where, measure = layer_and_head(view), measure_names()[view.measure_choice]
    title = f"{capital(measure)}, {where}." if where else f"{capital(measure)}."
    try:
        rest = centrality.remove_tokens(matrix, view.removed) if view.removed else matrix
        scores = _scores(rest, MEASURES[view.measure_choice], view.damping)
    except ValueError as error:  # a measure may have no one answer, and says why
        return Still(Part(560, 20, text(0, 14, title)), f"{title} {capital(str(error))}.")
    order = np.argsort(-scores, kind="stable")[:MOST_ROWS]
    shown = bars([(named[k], scores[k]) for k in order], width=200)
    tokens = [view.tokens[k] for k in kept]
    sentence = say("{title} The highest: {best}.", title=title, best=best(scores, named, 3))
    return Still(beside(shown, heatmap(rest, tokens, tokens, side=240)), sentence)


def _scores(matrix, measure, damping):
    if measure in ("authorities", "hubs"):
        return centrality.hits(matrix)[measure == "authorities"]
    options = {"damping": damping} if measure == "pagerank" else {}
    return getattr(centrality, measure)(matrix, **options)
