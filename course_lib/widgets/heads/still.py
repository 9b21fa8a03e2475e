"""The still of the figure of heads."""

from course_lib.heads import head_distance
from course_lib.language import say
from course_lib.widgets.shared.drawing import below, beside, titled
from course_lib.widgets.shared.parts import heatmap
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number, strongest, token_names
from course_lib.widgets.shared.weights import all_of

ACROSS = 6  # heads in a row


def still(view):
    """Draw all heads of the chosen layer, and the difference of the two that are compared."""
    heads, tokens = all_of(view)[view.layer], list(view.tokens)
    small = [titled(f"{k}", heatmap(head, side=84)) for k, head in enumerate(heads)]
    rows = [beside(*small[k : k + ACROSS], gap=14) for k in range(0, len(small), ACROSS)]
    first, second = heads[view.first], heads[view.second]
    pair = {"first": view.first, "second": view.second}
    difference = heatmap(first - second, tokens, tokens, side=220)
    named = titled(say("head {first} minus head {second}", **pair), difference)
    told = token_names(tokens)
    sentence = say(
        "Layer {layer}, {count} heads. The distance of head {first} and head {second}: {distance}. "
        "The strongest of head {first}: {strongest}; of head {second}: {others}.",
        **pair,
        layer=view.layer,
        count=len(heads),
        distance=number(head_distance(first, second), 3),
        strongest=strongest(first, told, told),
        others=strongest(second, told, told),
    )
    return Still(below(*rows, named), sentence)
