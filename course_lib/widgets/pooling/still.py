"""The still of the figure of a bag."""

import base64

import numpy as np

from course_lib.attention import softmax
from course_lib.language import say
from course_lib.widgets.shared.drawing import FIRST, LINE, Part, below, beside, tag, text
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number

SIDE, ACROSS = 88, 6  # pixels of a member; members in a row


def still(view):
    """Draw the members of the chosen bag, each over its weight."""
    bag = view.bags[view.bag]
    n = len(bag["names"])
    left = [i for i in range(n) if i not in view.removed]
    weights = np.zeros(n)
    if left:
        scores = np.array(bag["scores"])[left]
        weights[left] = softmax(np.zeros(len(left)) if view.weights_choice else scores)
    members = [_member(bag, i, weights[i], i in left) for i in range(n)]
    rows = [beside(*members[k : k + ACROSS], gap=12) for k in range(0, n, ACROSS)]
    logit = float(weights @ np.array(bag["votes"]) + view.bias)
    share = number(1 / (1 + np.exp(-logit)))
    if not left:
        told = say(
            "Nobody is left, and nothing was pooled. The bias alone would say {share}: an "
            "answer about nobody.",
            share=share,
        )
        return Still(below(*rows), told)
    answer = say("yes") if logit > 0 else say("no")
    best = int(weights.argmax())
    sentence = say(
        "{title}, {question} {answer}, with {share} for yes. {best} has the largest weight: "
        "{weight}.",
        title=bag["title"],
        question=view.question,
        answer=answer,
        share=share,
        best=bag["names"][best],
        weight=number(weights[best]),
    )
    return Still(below(*rows), sentence)


def _member(bag, i, weight, stays):
    address = base64.b64encode(bytes.fromhex(bag["pictures"][i])).decode()
    place = {"x": 0, "y": 0, "width": SIDE, "height": SIDE}
    markup = [
        tag(
            "image",
            href=f"data:image/png;base64,{address}",
            style="image-rendering:pixelated",
            opacity=None if stays else "0.25",
            **place,
        ),
        tag("rect", fill="none", stroke=LINE, **place),
        tag("rect", x=0, y=SIDE + 4, width=max(1, SIDE * weight), height=10, fill=FIRST),
        text(0, SIDE + 28, f"{bag['names'][i]}: {number(weight)}"),
    ]
    return Part(SIDE, SIDE + 34, "".join(markup))
