"""The still of the attention figure."""

from course_lib.language import say
from course_lib.widgets.shared.drawing import beside
from course_lib.widgets.shared.parts import above, circle, heatmap, two_rows
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import capital, layer_and_head, strongest, token_names
from course_lib.widgets.shared.weights import chosen_matrix


def still(view):
    """Draw the chosen matrix as a graph and as a heatmap."""
    matrix, tokens = chosen_matrix(view), list(view.tokens)
    drawn = above(matrix, view.threshold)
    flow = view.direction_choice == 1
    if view.layout_choice == 1:
        graph = two_rows(matrix, drawn, tokens, tokens)
    elif flow:
        graph = circle(matrix.T, [(j, i) for i, j in drawn], tokens)
    else:
        graph = circle(matrix, drawn, tokens)
    where, told = layer_and_head(view), token_names(tokens)
    sentence = say(
        "Attention as a graph and as a heatmap: edges above {threshold}: {count}. The strongest: "
        "{strongest}.",
        threshold=f"{view.threshold:g}",
        count=len(drawn),
        strongest=strongest(matrix, told, told),
    )
    sentence = f"{capital(where)}. {sentence}" if where else sentence
    return Still(beside(graph, heatmap(matrix, tokens, tokens)), sentence)
