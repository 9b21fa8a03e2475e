"""The still of the figure of texts."""

from itertools import accumulate

import numpy as np

from course_lib.language import say
from course_lib.widgets.shared.drawing import beside
from course_lib.widgets.shared.parts import above, heatmap, two_rows
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import strongest, token_names
from course_lib.widgets.shared.weights import chosen_matrix, received


def still(view):
    """Draw the chosen text's attention as two rows of tokens and as a heatmap."""
    example = view.examples[view.example]
    queries, keys = example["queries"], example["keys"]
    start = [0, *accumulate(each["length"] for each in view.examples)][view.example]
    content = view.weights[start : start + example["length"]]
    weights = received(content, [*view.shape, len(queries), len(keys)])
    matrix = chosen_matrix(view, np.asarray(weights))
    drawn = above(matrix, view.threshold)
    sentence = say(
        "Attention of {queries} queries on {keys} keys: edges above {threshold}: {count}. The "
        "strongest: {strongest}.",
        queries=len(queries),
        keys=len(keys),
        threshold=f"{view.threshold:g}",
        count=len(drawn),
        strongest=strongest(matrix, token_names(queries), token_names(keys)),
    )
    part = beside(two_rows(matrix, drawn, queries, keys), heatmap(matrix, queries, keys, side=220))
    return Still(part, f"{sentence} {example['note']}".strip())
