"""The still of a training's loss."""

from course_lib.language import say
from course_lib.widgets.shared.drawing import FIRST, LINE, Part, path, text
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number

ACROSS, DOWN, LEFT = 340, 150, 56


def still(view):
    """Draw the losses of the steps taken so far."""
    losses, total = view.losses, view.total
    axes = path("M", LEFT, 8, "V", 8 + DOWN, "H", LEFT + ACROSS, fill="none", stroke=LINE)
    top = max([*losses, 0]) or 1
    steps = [min((k + 1) * view.stride, total) for k in range(len(losses))]
    at = [
        (LEFT + ACROSS * step / total, 8 + DOWN * (1 - loss / top))
        for step, loss in zip(steps, losses, strict=True)
    ]
    curve = ["M", *at[0], "L", *(place for point in at[1:] for place in point)] if at else []
    markup = [
        axes,
        path(*curve, fill="none", stroke=FIRST, stroke_width=2) if len(at) > 1 else "",
        text(LEFT - 6, 14, number(top), anchor="end"),
        text(LEFT - 6, 12 + DOWN, "0", anchor="end"),
        text(LEFT - 34, 8 + DOWN / 2, say("loss"), anchor="middle"),
        text(LEFT, 26 + DOWN, "0", anchor="middle"),
        text(LEFT + ACROSS / 2, 26 + DOWN, say("step"), anchor="middle"),
        text(LEFT + ACROSS, 26 + DOWN, str(total), anchor="end"),
    ]
    return Still(Part(LEFT + ACROSS + 8, DOWN + 34, "".join(markup)), _sentence(view))


def _sentence(view):
    state = {
        "": say("Waiting"),
        "Learning": say("Learning"),
        "Done": say("Done"),
        "Stopped": say("Stopped"),
        "Interrupted": say("Interrupted"),
        "Failed": say("Failed"),
    }[view.state]
    if not view.losses:
        return f"{state}."
    first, last = (number(loss) for loss in (view.losses[0], view.losses[-1]))
    if len(view.losses) == 1:
        return say("{state}. Loss is {first}.", state=state, first=first)
    return say("{state}. Loss from {first} to {last}.", state=state, first=first, last=last)
