"""The still of the figure of one edge."""

import numpy as np

from course_lib.attention import attention, attention_logits
from course_lib.language import say
from course_lib.widgets.shared.drawing import LINE, SIZE, Part, below, tag, text, titled
from course_lib.widgets.shared.parts import two_rows
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import number, token_names

LEAST = 0.05  # weaker edges are not drawn
WIDTH, STEP = 460, 22


def still(view):
    """Draw the row of the chosen query, and tell all steps of the chosen edge."""
    query, key, value, mask = _vectors(view)
    tokens = view.heads[view.head]["tokens"]
    i, j = (min(end, len(tokens) - 1) for end in (view.query, view.key))
    output, weights = attention(query, key, value, mask=mask)
    logits = attention_logits(query, key)[i]
    allowed = logits if mask is None else logits[mask[i]]
    size = output[i] @ output[i]
    share = weights[i, j] * value[j] @ output[i] / size if size else np.nan
    exponentials = np.exp(allowed - allowed.max())
    exponential = weights[i, j] * exponentials.sum()
    steps = [
        (say("dot product of query and key"), query[i] @ key[j]),
        (say("divided by √{d}: the logit", d=query.shape[1]), logits[j]),
        (say("largest logit of the row"), allowed.max()),
        (say("exponential of the difference"), exponential),
        (say("sum of the row’s exponentials"), exponentials.sum()),
        (say("the weight"), weights[i, j]),
        (say("length of the value"), np.linalg.norm(value[j])),
        (say("share of the output"), share),
    ]
    told = token_names(tokens)
    drawn = [(i, k) for k in np.flatnonzero(weights[i] >= LEAST)]
    graph = two_rows(weights, drawn, tokens, tokens, width=WIDTH)
    edge = say("“{query}” attends to “{key}”", query=told[i], key=told[j])
    sentence = say(
        "“{query}” attends to “{key}” with weight {weight}: logit {logit}, share of the output "
        "{share}.",
        query=told[i],
        key=told[j],
        weight=_written(weights[i, j]),
        logit=_written(logits[j]),
        share=_written(share),
    )
    return Still(below(graph, titled(edge, _lines(steps))), sentence)


def _vectors(view):
    """Return query, key and value of the chosen head, and its mask or None."""
    first = 0
    for head in view.heads[: view.head + 1]:
        n, (d, width) = len(head["tokens"]), head["features"]
        start, count = first, n * (2 * d + width)
        first += count * head["size"] + n * n * head["masked"]
    kind = "<f2" if head["size"] == 2 else "<f4"
    numbers = np.frombuffer(view.vectors, kind, count, start).astype(float)
    query, key, value = np.split(numbers, [n * d, 2 * n * d])
    mask = None
    if head["masked"]:
        flags = np.frombuffer(view.vectors, np.uint8, n * n, start + count * head["size"])
        mask = flags.reshape(n, n).astype(bool)
    return query.reshape(n, d), key.reshape(n, d), value.reshape(n, width), mask


def _lines(steps):
    """Return names and numbers, a line each."""
    markup = []
    for k, (name, value) in enumerate(steps):
        y = STEP * k
        rule = tag("rect", x=0, y=y + STEP - 2, width=WIDTH, height=0.5, fill=LINE)
        amount = text(WIDTH, y + SIZE + 2, _written(value), anchor="end")
        markup += [text(0, y + SIZE + 2, name), amount, rule]
    return Part(WIDTH, STEP * len(steps), "".join(markup))


def _written(value):
    return "–" if np.isnan(value) else number(value, 3)
