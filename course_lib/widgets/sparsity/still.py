"""The still of the figure of sparse attention."""

from course_lib.language import say
from course_lib.sparsity import kept_mass, threshold, top_k
from course_lib.widgets.shared.drawing import beside
from course_lib.widgets.shared.parts import above, circle, heatmap
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import percent, strongest, token_names
from course_lib.widgets.shared.weights import chosen_matrix


def still(view):
    """Draw what is left of the chosen matrix as a graph and as a heatmap."""
    dense, tokens = chosen_matrix(view), list(view.tokens)
    by_k = view.method_choice == 1
    sparse = top_k(dense, view.k) if by_k else threshold(dense, view.threshold)
    drawn, told = above(sparse, 0), token_names(tokens)
    values = {
        "count": len(drawn),
        "all": dense.size,
        "share": percent(kept_mass(dense, sparse).mean()),
        "strongest": strongest(sparse, told, told),
        "k": view.k,
        "cutoff": f"{view.threshold:g}",
    }
    if by_k:
        sentence = say(
            "The {k} largest weights of each row: {count} of {all} edges are kept, and {share} of "
            "the attention. The strongest: {strongest}.",
            **values,
        )
    else:
        sentence = say(
            "Weights above {cutoff}: {count} of {all} edges are kept, and {share} of the "
            "attention. The strongest: {strongest}.",
            **values,
        )
    part = beside(circle(sparse, drawn, tokens), heatmap(sparse, tokens, tokens))
    return Still(part, sentence)
