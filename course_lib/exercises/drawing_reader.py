"""What a reader reads from the colours of a drawing: weights.

Judges of chapter 05 ask here; the descriptions come from `drawing.py`. What is written on a drawing
is read by `drawing_texts.py`.
"""

import matplotlib
import numpy as np

from course_lib.exercises.drawing import furthest
from course_lib.exercises.exercise import Wrong
from course_lib.language import later, say

SAME = 2 / 255  # colours of which no channel differs by more are one
APART = 0.105  # colours further from each other, in RGB, are told apart at a glance
JUMP = 0.25  # between neighbours on a map; those made to name things jump further
VAGUE = 0.12  # weights further apart need different colours
PLAIN = 0.4  # the share of a cell that has one colour
PRECISION = 0.006  # of a scale
HATCH = 0.03  # how much less of a cell has one colour if it is hatched
ALIKE = 0.05  # cells that say nothing differ by no more in a channel
LIGHTNESS = (0.2126, 0.7152, 0.0722)  # of red, green and blue
PLACES = np.linspace(0, 1, 513)  # along a colour map


def read_matrices(drawings, rights, what, mistakes=(), ends=None):
    """Return the scale of each drawing; raise `Wrong` unless a reader sees its matrix there.

    Parameters
    ----------
    drawings : list of dict or None
        As `drawing.described` returns them.
    rights : list of array, shape (n, m)
        What each should show; NaN: a cell that must look like no number at all.
    what : list of str
        What each drawing is called.
    mistakes : iterable of (list of array, str)
        What a well-known mistake shows, in all drawings, and what to say of it.
    ends : list of list of (float, float), optional
        For each drawing the ends that its scale may have; asked only where colours came ready
        made, without a scale. Default: 0 and 1.
    """
    for drawing, name in zip(drawings, what, strict=True):
        if drawing is None:
            raise Wrong(
                "{what}: nothing was drawn on the axes that came in. Use `axes.imshow`, not "
                "`plt.imshow`.",
                what=say(name),
            )
    ends = ends or [[(0, 1)]] * len(drawings)
    scales = _scales(drawings, rights, ends)
    if scales:
        for scale, name in zip(scales, what, strict=True):
            _need_order(scale, say(name))
        return scales
    for drawing, right, name in zip(drawings, rights, what, strict=True):
        if drawing["shape"] not in (None, right.shape) and len(drawing["scales"]) < 2:
            raise Wrong(
                "{what} should have {shape} cells, got {found}.",
                what=say(name),
                shape=right.shape,
                found=drawing["shape"],
            )
    for shown, sentence in (*mistakes, *_mistakes(rights)):
        if _scales(drawings, shown, ends):
            raise Wrong(sentence)
    for drawing, right, name in zip(drawings, rights, what, strict=True):
        if not _scales([drawing], [right], ends[:1]):
            _explain(drawing, right, say(name))
    raise Wrong("The same number gets different colours in different drawings.")


def _need_order(scale, what):
    """Raise `Wrong` where colours may tell numbers, but no reader sees which one is larger."""
    colours, low, high = scale["colours"], scale["weights"][0], scale["weights"][-1]
    if low == high:
        return  # one number, one colour
    jumps = furthest(np.diff(colours, axis=0))
    if jumps.max() > JUMP and _turns(colours) > 1:
        raise Wrong(
            "{what}: on this colour map the colour jumps at {number:.2f}. Take one that changes "
            "steadily, so that a reader sees which of two numbers is larger.",
            what=what,
            number=scale["weights"][jumps.argmax() + 1],
        )
    if furthest(colours[-1] - colours[0]) <= APART:
        raise Wrong(
            "{what}: {low:.3g} and {high:.3g}, the ends of the scale, look alike.",
            what=what,
            low=low,
            high=high,
        )


def _turns(colours):
    """Count how often a map stops growing lighter, or darker: once at most on those of numbers.

    Also on one of a few steps, such as nine of viridis: they jump, but are in order.
    """
    steps = np.diff(colours @ LIGHTNESS)
    rises = np.sign(steps[np.abs(steps) > 0.002])
    return np.count_nonzero(np.diff(rises))


def _mistakes(rights):
    yield [right.T for right in rights], later("The matrix is transposed: rows are queries.")
    yield (
        [right[::-1] for right in rights],
        later("The matrix stands on its head: query 0 belongs on top (axes.invert_yaxis())."),
    )
    yield (
        [right[:, ::-1] for right in rights],
        later("The keys run from right to left: key 0 comes first."),
    )
    yield [-right for right in rights], later("The numbers have the wrong sign.")


def _scales(drawings, matrices, ends):
    """Return for each drawing a scale by which it shows its matrix, or None."""
    if all(drawing["scales"] for drawing in drawings):
        found = [
            next((scale for scale in drawing["scales"] if _shows(drawing, scale, matrix)), None)
            for drawing, matrix in zip(drawings, matrices, strict=True)
        ]
    else:
        found = _ready_made(drawings, matrices, ends)
        found = [
            scale if scale and _shows(drawing, scale, matrix) else None
            for drawing, scale, matrix in zip(drawings, found, matrices, strict=True)
        ]
    return None if None in found else found


def _shows(drawing, scale, matrix):
    return bool(_right_cells(drawing, scale, matrix).all())


def _right_cells(drawing, scale, matrix):
    """Tell of each cell whether it shows its number, or no weight where that is NaN."""
    low, high = _readings(drawing, scale)
    slack = _slack(scale)
    told = (low - slack <= matrix) & (matrix <= high + slack) & (high - low <= VAGUE)
    told &= drawing["even"] >= PLAIN
    asked = ~np.isnan(matrix)
    return told if asked.all() else np.where(asked, told, _empty(drawing, scale, asked))


def _slack(scale):
    return PRECISION * np.ptp(scale["weights"]) + 1e-6


def _readings(drawing, scale):
    """Return the least and the largest weight that each cell's colour may stand for, or NaN."""
    cells = drawing["colours"]
    colours, which = np.unique(cells.reshape(-1, 3), axis=0, return_inverse=True)  # few of many
    on = furthest(colours[:, None, :] - scale["colours"]) <= SAME
    low = np.where(on, scale["weights"], np.inf).min(axis=-1)
    high = np.where(on, scale["weights"], -np.inf).max(axis=-1)
    none = ~on.any(axis=-1)
    ends = np.where(none, np.nan, [low, high])[:, which.ravel()]
    return ends.reshape(2, *cells.shape[:-1])


def _empty(drawing, scale, asked):
    """Tell which cells look like no weight: by their colour, or hatched as no other cell is."""
    even = drawing["even"]
    hatched = even < even[asked].min(initial=1) - HATCH
    away = drawing["colours"][..., None, :] - scale["colours"]
    return hatched | (np.linalg.norm(away, axis=-1).min(axis=-1) > APART)


def look_alike(drawing, cells):
    """Tell whether cells (rows, columns), boolean, share one colour, where it fills them."""
    colours = drawing["colours"][cells & (drawing["even"] > 1 - HATCH)]
    return not len(colours) or bool(np.ptp(colours, axis=0).max() < ALIKE)


def _explain(drawing, right, what):
    """Say what a reader sees in the first cell that does not tell its number."""
    if not drawing["scales"]:
        raise Wrong("{what}: the colours do not follow the numbers that came in.", what=what)
    scale = max(drawing["scales"], key=lambda scale: _right_cells(drawing, scale, right).sum())
    low, high = _readings(drawing, scale)
    slack = _slack(scale)
    asked = ~np.isnan(right)
    first, last = scale["weights"][[0, -1]]
    beyond = np.where(asked, np.clip(right, first, last), np.nan)
    if _shows(drawing, scale, beyond):
        worst = right[asked][np.abs(right - beyond)[asked].argmax()]
        raise Wrong(
            "{what}: the colours run from {low:.3g} to {high:.3g}, but {number:.3g} occurs.",
            what=what,
            low=first,
            high=last,
            number=worst,
        )
    for i, j in np.ndindex(right.shape):
        told = {"what": what, "i": i, "j": j, "right": right[i, j], "low": low[i, j]}
        if not asked[i, j]:
            if not _empty(drawing, scale, asked)[i, j]:
                raise Wrong(
                    "{what}: the cell of query {i} and key {j} is forbidden, but it looks like a "
                    "weight. Give it a colour that the map does not have, or hatch it.",
                    **told,
                )
        elif np.isnan(low[i, j]) or drawing["even"][i, j] < PLAIN:
            raise Wrong(
                "{what}: the cell of query {i} and key {j} has no colour of the scale: it is "
                "hidden, covered, blurred or not drawn.",
                **told,
            )
        elif high[i, j] - low[i, j] > VAGUE:
            raise Wrong(
                "{what}: the colour of query {i} and key {j} stands for anything from {low:.2f} "
                "to {high:.2f}.",
                high=high[i, j],
                **told,
            )
        elif not low[i, j] - slack <= right[i, j] <= high[i, j] + slack:
            raise Wrong(
                "{what}: from the cell of query {i} and key {j} one reads {seen:.2g}, but the "
                "number there is {right:.2g}.",
                seen=(low[i, j] + high[i, j]) / 2,
                **told,
            )


def _ready_made(drawings, matrices, ends):
    """Return scales for colours that the learner computed: a map of matplotlib that explains all.

    If there is none, a straight line between two colours, such as shades of one, may do.
    """
    asked = [~np.isnan(matrix) for matrix in matrices]
    colours = np.concatenate([d["colours"][a] for d, a in zip(drawings, asked, strict=True)])
    for limits in zip(*ends, strict=True):
        parts = zip(matrices, asked, limits, strict=True)
        places = [(matrix[a] - low) / (high - low) for matrix, a, (low, high) in parts]
        places = np.concatenate(places)
        if not ((places > -1e-9) & (places < 1 + 1e-9)).all():
            continue
        for cmap in (
            *map(matplotlib.colormaps.get_cmap, matplotlib.colormaps),
            _line(places, colours),
        ):
            if np.abs(cmap(places)[:, :3] - colours).max(initial=0) <= SAME:
                shown = {"places": PLACES, "colours": cmap(PLACES)[:, :3]}
                return [{"weights": low + (high - low) * PLACES} | shown for low, high in limits]
    return [None] * len(drawings)


def _line(places, colours):
    """Return the colour map along the straight line that fits best."""
    start, slope = np.linalg.lstsq(np.stack([np.ones_like(places), places], axis=1), colours)[0]
    return lambda x: np.clip(start + np.outer(x, slope), 0, 1)


def is_linear(scale):
    """Tell whether equal steps of weight are equal steps along the colour map.

    A `BoundaryNorm` gives many weights one place: the middle one stands for them.
    """
    places, which = np.unique(scale["places"], return_inverse=True)
    middles = np.bincount(which, scale["weights"]) / np.bincount(which)
    if len(places) == 1:
        return False
    return bool(np.allclose(places, (middles - middles[0]) / np.ptp(middles), atol=0.01))


def colours_at(scale, weights):
    """Return the colours of weights on a scale, an array (..., 3)."""
    channels = [np.interp(weights, scale["weights"], channel) for channel in scale["colours"].T]
    return np.stack(channels, axis=-1)


def same_colours(one, other):
    """Tell whether a weight has the same colour on two scales."""
    weights = np.concatenate([one["weights"], other["weights"]])
    return bool(np.allclose(colours_at(one, weights), colours_at(other, weights), atol=SAME))


def is_all_of(drawing, colour):
    """Tell whether each cell has a colour, and nothing else."""
    plain = (drawing["even"] >= PLAIN).all()
    return bool(plain and np.abs(drawing["colours"] - colour).max() <= 2 * SAME)
