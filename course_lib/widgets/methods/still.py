"""The still of the figure of explanations."""

import numpy as np
import scipy

from course_lib.centrality import rank_correlation
from course_lib.language import say
from course_lib.plots.picture import shortened
from course_lib.widgets.shared.drawing import FIRST, QUIET, SECOND, Part, below, path, tag, text
from course_lib.widgets.shared.still import Still
from course_lib.widgets.shared.texts import labels, number, token_names

WIDTH, HEIGHT = 380, 22  # of a row of bars
LEFT = 170


def still(view):
    """Draw a row of bars for the judge and for each method, those that agree with it first."""
    said = view.texts[view.text]
    tokens, told = said["tokens"], token_names(said["tokens"])
    values = _values(view)
    counted = ~np.isnan(values[0]) & ~(view.skip_special & np.array(said["special"]))
    values = np.where(counted, values if view.signed else np.abs(values), 0)
    heights = values if view.bars_choice else _ranks(values, counted)
    agree = [_agreement(row[counted], values[0][counted]) for row in values[1:]]
    order = sorted(range(len(agree)), key=lambda k: (-np.nan_to_num(agree[k], nan=-2), k))
    rows = [_row(say("the judge: hiding the token"), heights[0], None, QUIET)]
    for k in order:
        colour = FIRST if k == view.method else QUIET
        rows.append(_row(view.names[k], heights[k + 1], agree[k], colour))
    part = below(_header(tokens), *rows, gap=6)
    best, judged = (told[row.argmax()] for row in (values[view.method + 1], values[0]))
    method = view.names[view.method]
    if np.isnan(agree[view.method]):
        return Still(
            part, say("{method} gives all tokens the same: it ranks nothing.", method=method)
        )
    return Still(
        part,
        say(
            "{method}: rank correlation {correlation} with the judge, number {place} of {count} "
            "methods. It puts “{best}” first, the judge “{judged}”.",
            method=method,
            correlation=_written(agree[view.method]),
            place=order.index(view.method) + 1,
            count=len(order),
            best=best,
            judged=judged,
        ),
    )


def _values(view):
    """Return what the judge and each method say of the chosen text: shape (1 + methods, n)."""
    count = len(view.names) + 1
    before = sum(len(text["tokens"]) for text in view.texts[: view.text])
    n = len(view.texts[view.text]["tokens"])
    found = np.frombuffer(view.values, "<f4")[count * before : count * (before + n)]
    return found.reshape(count, n).astype(float)


def _ranks(values, counted):
    """Return the ranks of the tokens that take part, 0 for the others."""
    ranks = np.zeros(values.shape)
    ranks[:, counted] = scipy.stats.rankdata(values[:, counted], axis=1)
    return ranks


def _agreement(row, judge):
    if len(row) < 2 or np.ptp(row) == 0 or np.ptp(judge) == 0:
        return np.nan
    return rank_correlation(row, judge)


def _written(correlation):
    return "–" if np.isnan(correlation) else number(correlation)


def _header(tokens):
    step, tokens = WIDTH / len(tokens), labels(tokens)
    every = max(1, int(np.ceil(12 / step)))
    marks = [
        tag(
            "g",
            text(0, 0, tokens[k]),
            transform=f"translate({LEFT + step * (k + 0.5) + 4:.1f} 72) rotate(-90)",
        )
        for k in range(0, len(tokens), every)
    ]
    return Part(LEFT + WIDTH + 50, 76, "".join(marks))


def _row(name, values, agreement, colour):
    step, most = WIDTH / len(values), np.abs(values).max() or 1
    markup = [text(LEFT - 8, 16, shortened(name, 26), anchor="end")]
    for shade, shown in ((colour, values >= 0), (SECOND, values < 0)):
        bars = []
        for k in np.flatnonzero(shown):
            high = max(0.5, (HEIGHT - 2) * abs(values[k]) / most)
            bars += ["M", LEFT + step * (k + 0.15), HEIGHT, "h", 0.7 * step, "v", -high]
            bars += ["h", -0.7 * step, "z"]
        if bars:
            markup.append(path(*bars, fill=shade))
    if agreement is not None:
        markup.append(text(LEFT + WIDTH + 10, 16, _written(agreement)))
    return Part(LEFT + WIDTH + 50, HEIGHT, "".join(markup))
