"""The checks of chapter 07: self-attention over pictures."""

import numpy as np

from course_lib.attention import softmax
from course_lib.chapters.runs import load_runs
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare,
    compare_choice,
    compare_number,
    compare_numbers,
    read_pair,
)
from course_lib.exercises.modules import compare_gradients, read_run, run_module
from course_lib.language import later, say


def _pictures(rng):
    return [(rng.normal(size=shape),) for shape in ((3, 4, 5), (2, 5, 3), (1, 2, 6), (4, 3, 3))]


def _judge_tokens(cases, values):
    for (picture,), value in zip(cases, values, strict=True):
        channels, height, width = picture.shape
        columns = picture.transpose(2, 1, 0).reshape(-1, channels)
        mistakes = [
            (picture.reshape(-1, channels), "Reshaping alone mixes channels and places."),
            (columns, "The pixels come column by column; row by row is asked for."),
            (picture.reshape(channels, -1), "One token a row: the transpose of this."),
        ]
        right = picture.reshape(channels, -1).T
        compare(
            value,
            right,
            say("The tokens of {height} × {width} pixels", height=height, width=width),
            mistakes,
        )


def _grids(rng):
    cases = [
        (softmax(rng.normal(size=(h * w, h * w))), h, w)
        for h, w in ((3, 5), (4, 2), (1, 4), (3, 3))
    ]
    return [*cases, (np.eye(6), 2, 3)]


def _judge_distance(cases, values):
    for (weights, height, width), value in zip(cases, values, strict=True):
        right = _mean_distance(weights, height, width)
        mistakes = [
            (
                _mean_distance(np.full_like(weights, 1 / len(weights)), height, width),
                "Distances count as much as their weights say.",
            ),
            (_mean_distance(weights, width, height), "Height and width are swapped."),
            (_mean_distance(weights, height, width, power=2), "Take the root: distance, not d²."),
            (
                _mean_distance(weights, height, width, manhattan=True),
                "Straight lines: √(Δr² + Δc²).",
            ),
            (_mean_distance(weights, height, width, numbers=True), NUMBERS),
            (
                np.sqrt(_mean_distance(weights, height, width, power=2)),
                "The mean of the distances, not the root of the mean of their squares.",
            ),
            (right * len(weights), "That is the sum over the queries; take their mean."),
            (right / len(weights), "Sum over the keys and take the mean over the queries only."),
        ]
        compare(
            value,
            right,
            say("The mean distance on {height} × {width} places", height=height, width=width),
            mistakes,
        )


NUMBERS = "Distances are between places on the grid, not between their numbers."


def _mean_distance(weights, height, width, *, power=1, manhattan=False, numbers=False):
    places = np.array([(row, column) for row in range(height) for column in range(width)])
    places = np.arange(len(places))[:, None] if numbers else places
    apart = np.abs(places[:, None] - places)
    distance = apart.sum(axis=-1) if manhattan else np.sqrt((apart**2).sum(axis=-1)) ** power
    return (weights * distance).sum(axis=1).mean()


def _channels(rng):
    return [(c,) for c in (1, 2, 4, 7, 8, 9, 15, 16, 64, 100)]


def _judge_inner(cases, values):
    for (channels,), value in zip(cases, values, strict=True):
        mistakes = [
            (
                channels // 8,
                say("That is {count}: a projection to no channels at all.", count=channels // 8),
            ),
            (channels, "That many only where an eighth would be too few."),
            (-(-channels // 8), "Round down, as the article does; but not to 0."),
            (channels / 8, "A number of channels is whole."),
            (max(8, channels // 8), "At least one is enough."),
        ]
        compare(value, max(1, channels // 8), f"`inner_channels({channels})`", mistakes)
        if np.asarray(value).dtype.kind not in "iu":
            raise Wrong(
                "`nn.Conv2d` wants a whole number of channels, an int, got {value!r}.", value=value
            )


INNER = ("query", "key", "value")


def _blocks(rng):
    """Make attention blocks with their parameters, and pictures that are not square."""
    cases = []
    for channels, inner, (height, width), gamma in (
        (4, 2, (3, 5), 0.7),
        (3, 1, (4, 2), -1.3),
        (2, 2, (3, 3), 0.0),
    ):
        parameters = {"gamma": np.float32(gamma).reshape(())}
        for name in INNER:
            parameters[f"{name}.weight"] = rng.normal(size=(inner, channels, 1, 1))
        parameters["output.weight"] = rng.normal(size=(channels, inner, 1, 1))
        parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
        x, probe = 0.7 * rng.normal(size=(2, 2, channels, height, width)).astype(np.float32)
        cases.append(((channels, inner), parameters, (x,), probe))
    return cases


def _block(arguments, parameters, inputs, probe, *, mistake=None):
    """Return picture, weights and gradients of the right block, or of one with a mistake."""
    import torch

    given = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}
    x = torch.tensor(inputs[0]).requires_grad_()
    query, key, value = (
        torch.einsum("oi,bin->bon", given[f"{name}.weight"][..., 0, 0], x.flatten(2))
        for name in INNER
    )
    logits = query.transpose(1, 2) @ key
    if mistake == "exchanged":
        logits = logits.transpose(1, 2)
    if mistake == "scale":
        logits = logits / np.sqrt(arguments[1])
    weights = logits.softmax(dim=1 if mistake == "axis" else 2)
    if mistake == "logits":
        weights = logits
    if mistake == "transposed":
        weights = weights.transpose(1, 2)
    mixed = value @ (weights if mistake == "mixing" else weights.transpose(1, 2))
    if mistake == "folded":
        mixed = mixed.transpose(1, 2).reshape(mixed.shape)
    back = torch.einsum("oi,bin->bon", given["output.weight"][..., 0, 0], mixed)
    if mistake == "swapped":
        back = back.unflatten(2, (x.shape[3], x.shape[2])).transpose(2, 3)
    back = back.reshape(x.shape)
    gamma = given["gamma"]
    y = {
        "gamma": back + x,
        "residual": gamma * back,
        "both": gamma * (back + x),
        "shares": gamma * back + (1 - gamma) * x,
    }.get(mistake, gamma * back + x)
    gradients = {}
    if mistake is None:
        (y * torch.tensor(probe)).sum().backward()
        gradients = {name: array.grad.numpy() for name, array in given.items()}
        gradients["x"] = x.grad.numpy()
    return y.detach().numpy(), weights.detach().numpy(), gradients


WEIGHT_MISTAKES = {
    "axis": "The columns of the weights sum to 1; each query is a row.",
    "transposed": "The weights are transposed: rows are queries.",
    "exchanged": "Keys and queries are exchanged: rows are queries.",
    "logits": "Those are the logits; return the weights, after the softmax.",
    "scale": "The logits are divided by √d; this block has no scale.",
}
PICTURE_MISTAKES = {
    "residual": "The input is not added: with γ = 0 the picture is gone.",
    "gamma": "γ is missing: with γ = 0 the block should change nothing.",
    "both": "γ multiplies what attention brings, not x as well.",
    "shares": "x is added whole, not 1 - γ of it.",
    "folded": "The mixed values came as (n, inner): transpose them before they become a picture.",
    "mixing": "The values are mixed with the transposed weights.",
    "swapped": "Height and width are swapped on the way back to a picture.",
}


def _judge_block(cases, values):
    for case, value in zip(cases, values, strict=True):
        (channels, _), parameters, (x,), _ = case
        what = say(
            "`AttentionBlock` on {channels} × {height} × {width}",
            channels=channels,
            height=x.shape[2],
            width=x.shape[3],
        )
        outputs, gradients = read_run(value, parameters, "`AttentionBlock`")
        right, right_weights, expected = _block(*case)
        shapes = right.shape, right_weights.shape
        y, weights = read_pair(
            outputs, "`forward`", later("the picture"), later("the weights"), shapes=shapes
        )
        told = [(_block(*case, mistake=m)[1], text) for m, text in WEIGHT_MISTAKES.items()]
        compare(weights, right_weights, say("{what}, the weights", what=what), told)
        told = [(_block(*case, mistake=m)[0], text) for m, text in PICTURE_MISTAKES.items()]
        compare(y, right, say("{what}, the picture", what=what), told)
        compare_gradients(gradients, expected, what)


def _judge_first(cases, values):
    value = values[0]
    product = "This reaches the result only in a product with γ, which is 0: so is its gradient."
    reasons = {name: product for name in ("query", "key", "value", "output")}
    reasons["all"] = "Write the result as a product: what does each factor's gradient hold?"
    reasons["none"] = "The result depends on γ even where γ is 0: move it a little."
    compare_choice(value, "gamma", "`first_to_move`", reasons)


class _Attention:
    """Attention among pixels without any learned numbers: commutes with reordering."""

    def __call__(self, picture):
        """Return a picture like `picture`, (channels, height, width)."""
        tokens = np.asarray(picture).reshape(len(picture), -1).T
        return (softmax(tokens @ tokens.T) @ tokens).T.reshape(np.shape(picture))


class _Shift:
    """Each pixel takes in its neighbour: what a convolution does, and order matters."""

    def __init__(self, sign=1):
        self.sign = sign

    def __call__(self, picture):
        """Return a picture like `picture`, (channels, height, width)."""
        picture = np.asarray(picture)
        return self.sign * (picture + 0.5 * np.roll(picture, 1, axis=2))


def _shuffled(rng):
    cases = []
    for block, (channels, height, width) in (
        (_Attention(), (2, 3, 4)),
        (_Shift(), (2, 3, 4)),
        (_Shift(), (1, 4, 3)),
        (_Shift(-1), (1, 4, 3)),
        (_Attention(), (3, 2, 2)),
    ):
        n = height * width
        while True:
            order, picture = rng.permutation(n), rng.normal(size=(channels, height, width))
            pair = block(_shuffle(picture, order)), _shuffle(block(picture), order)
            largest, turned = (_largest(block, picture, o) for o in (order, np.argsort(order)))
            # Without a place that stays; the way back, or forgotten signs, give something else.
            if (order != np.arange(n)).all() and (
                largest < 1e-6 or (abs(turned - largest) > 0.01 and _needs_absolute_values(*pair))
            ):
                break
        cases.append((block, picture, order))
    # The same picture and the block turned round: what was larger is smaller, so that a sign that
    # was forgotten shows.
    cases[3] = (cases[3][0], *cases[2][1:])
    return cases


def _needs_absolute_values(first, second):
    """Tell whether a forgotten or misplaced absolute value changes the largest difference."""
    difference = first - second
    largest = np.abs(difference).max()
    sizes = np.abs(np.abs(first) - np.abs(second)).max()
    apart = abs(difference.max() + difference.min())  # of the largest rise and the largest fall
    return sizes < 0.9 * largest and apart > 0.1 * largest


def _largest(block, picture, order):
    return np.abs(block(_shuffle(picture, order)) - _shuffle(block(picture), order)).max()


def _shuffle(picture, order):
    return picture.reshape(len(picture), -1)[:, order].reshape(picture.shape)


def _judge_shuffled(cases, values):
    expected, mistakes = [], []
    for block, picture, order in cases:
        before, after = block(_shuffle(picture, order)), _shuffle(block(picture), order)
        back = np.argsort(order)
        absolute = "Take the absolute difference everywhere, then the largest."
        once = "Shuffle once before the block and once behind it, and compare the two."
        expected.append(np.abs(before - after).max())
        told = [
            (np.abs(before - block(picture)).max(), once),
            (np.abs(after - block(picture)).max(), once),
            (np.abs(after - picture).max(), "Compare two results of the block."),
            (
                _largest(block, picture, back),
                "The other way: place k shows the pixel that was at place `order[k]`.",
            ),
            (
                np.abs(before - _shuffle(block(picture), back)).max(),
                "The second time the pixels are put back; shuffle them the same way twice.",
            ),
            (np.abs(before - after).mean(), "That is the mean difference; take the largest."),
            ((before - after).max(), absolute),
            ((after - before).max(), absolute),
            ((np.abs(before) - np.abs(after)).max(), absolute),
        ]
        mistakes.append(told)
    compare_numbers(values, expected, "The largest difference", mistakes)


def _judge_gain(cases, values):
    runs = load_runs("digits")
    gain = runs["with attention"]["accuracy"] - runs["convolutions"]["accuracy"]
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    right = gain.mean() / error
    apart = runs["with attention"]["accuracy"].var(ddof=1) + runs["convolutions"]["accuracy"].var(
        ddof=1
    )
    mistakes = [
        (-right, "The sign: with attention minus without."),
        (gain.mean(), "That is the mean difference; divide it by its standard error."),
        (gain.mean() / gain.std(ddof=1), "The standard error is the spread divided by √seeds."),
        (gain.mean() / gain.std(), "Use `ddof=1`, and divide the spread by √seeds."),
        (gain.mean() / (gain.std(ddof=1) / len(gain)), "Divide the spread by √seeds, the root."),
        (gain.mean() / (gain.std() / np.sqrt(len(gain))), "Use `ddof=1` for so few seeds."),
        (gain.mean() / np.sqrt(apart / len(gain)), "Take the differences seed by seed first."),
        (error, "That is the standard error; the mean is to be divided by it."),
    ]
    compare_number(values[0], right, "`errors_from_zero`", mistakes, within=6e-3)


CHECKS = {
    "vision-1": Check(inputs=_pictures, judge=_judge_tokens),
    "vision-2": Check(inputs=_grids, judge=_judge_distance),
    "vision-3": Check(inputs=_channels, judge=_judge_inner),
    "vision-4": Check(inputs=_blocks, judge=_judge_block, call=run_module),
    "vision-5": Check(judge=_judge_first, call=read_value),
    "vision-6": Check(inputs=_shuffled, judge=_judge_shuffled),
    "vision-7": Check(judge=_judge_gain, call=read_value),
}
