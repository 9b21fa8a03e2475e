"""The checks of chapter 07: self-attention over images."""

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.chapters.ch07_vision.blocks import (
    both_ways,
    draw_block,
    far_block,
    reference,
    shuffle,
    small_weight,
    two_near_the_top,
)
from course_lib.chapters.ch07_vision.mixers import Attention, Neighbours
from course_lib.exercises.calling import run_module
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_all, compare_choice
from course_lib.exercises.modules import judge_runs
from course_lib.exercises.rearranging import nudged, reordered, telling
from course_lib.exercises.sizing import Sizes
from course_lib.language import later, say

# vision-1 ---------------------------------------------------------------------------------------


def _images(rng):
    shapes = [(3, 4, 5), (2, 5, 3), (1, 2, 6), (4, 3, 3), (2, 1, 1)]
    shapes += [*rng.integers((1, 1, 1), 8, (2, 3)), *rng.integers((5, 2, 2), 9, (1, 3))]
    images = [3 * rng.normal(size=tuple(int(size) for size in shape)) for shape in shapes]
    images[0][:, 1, 2] = 0  # a dark pixel is a token, too
    images[0][:, 2, 1] = 5e-5
    images[1][:, 3] = 0
    images += [rng.normal(size=(4, 2, 2)), 1000 * rng.normal(size=(2, 2, 2))]
    return [(image,) for image in images]


def _judge_tokens(cases, values):
    compare_all(
        lambda image: say(
            "The tokens of {channels} channels, {height} × {width} pixels",
            channels=image.shape[0],
            height=image.shape[1],
            width=image.shape[2],
        ),
        cases,
        values,
        lambda image: image.reshape(len(image), -1).T,
        [
            (
                lambda image: image.reshape(-1, len(image)),
                "Reshaping alone mixes channels and places.",
            ),
            (
                lambda image: image.T.reshape(-1, len(image)),
                "The pixels come column by column; row by row is asked for.",
            ),
            (
                lambda image: image.reshape(len(image), -1),
                "Each token should be a row: transpose this.",
            ),
        ],
    )


# vision-2 ---------------------------------------------------------------------------------------


def _grid(rng, height, width):
    n = height * width
    return softmax(2 * rng.normal(size=(n, n))), height, width


def _grids(rng):
    drawn = [tuple(int(size) for size in shape) for shape in rng.integers(2, 6, size=(2, 2))]
    cases = [
        _grid(rng, *sides)
        for sides in ((3, 5), (4, 2), (1, 4), (3, 1), (3, 3), (1, 1), (6, 7), (2, 18), *drawn)
    ]  # of which one is so wide that a square does not fit into a byte
    # Here the mean place of the keys is the query's own, or far from where the largest weight is.
    ends = np.full((5, 5), 0.05) + 0.75 * np.eye(5)[::-1]
    two = np.array([[0.75, 0.25], [0.5, 0.5]]), 1, 2
    return [*cases, two, (np.eye(6), 2, 3), (np.eye(6)[[2, 2, 0, 2, 5, 5]], 3, 2), (ends, 5, 1)]


def mean_distance(weights, height, width, *, look=lambda step: np.sqrt((step**2).sum(axis=-1))):
    """Return the mean distance, by `look` of the steps (n, n, 2) down and across."""
    places = np.array([(row, column) for row in range(height) for column in range(width)])
    return (weights * look(places[:, None] - places)).sum(axis=1).mean()


def _judge_distance(cases, values):
    def another(look):
        return lambda *case: mean_distance(*case, look=look)

    def by_number(weights, height, width):
        return mean_distance(weights, 1, height * width)

    squares = another(lambda step: (step**2).sum(axis=-1))
    compare_all(
        lambda weights, height, width: say(
            "The mean distance on {height} × {width} places", height=height, width=width
        ),
        cases,
        values,
        mean_distance,
        [
            (
                lambda w, *sides: mean_distance(np.full_like(w, 1 / len(w)), *sides),
                "Weight each distance by its attention weight.",
            ),
            (lambda w, *sides: mean_distance(w, *sides[::-1]), "Height and width are swapped."),
            (squares, "Take the root: distance, not d²."),
            (another(lambda step: abs(step).sum(axis=-1)), "Straight lines: √(Δr² + Δc²)."),
            (by_number, "Distances are between places on the grid, not between their numbers."),
            (
                lambda *case: np.sqrt(squares(*case)),
                "The mean of the distances, not the root of the mean of their squares.",
            ),
            (
                lambda *case: mean_distance(*case) * len(case[0]),
                "That is the sum over the queries; take their mean.",
            ),
            (
                lambda *case: mean_distance(*case) / len(case[0]),
                "Sum over the keys and take the mean over the queries only.",
            ),
        ],
    )


# vision-3 ---------------------------------------------------------------------------------------


def _channels(rng):
    drawn = [int(c) for c in (*rng.integers(17, 64, 3), *rng.integers(65, 5000, 4))]
    # No larger ones: whoever makes a whole block to count its channels fills the memory.
    return [(c,) for c in (*range(1, 18), 23, 24, 64, 100, *drawn, 4999)]


def _judge_inner(cases, values):
    compare_all(
        lambda channels: f"`inner_channels({channels})`",
        cases,
        values,
        lambda channels: max(1, channels // 8),
        [
            (lambda c: c // 8, "Below 8 that is 0: a projection to no channels at all."),
            (lambda c: c // 8 or c, "Below 8 that gives all channels; 1 is wanted there."),
            (lambda c: -(-c // 8), "Round down, as the article does; but not to 0."),
            (lambda c: c / 8, "A number of channels is whole."),
            (lambda c: max(1, c / 8), "A number of channels is whole."),
            (lambda c: max(8, c // 8), "The least should be 1, not 8."),
        ],
    )
    for value in values:
        if np.asarray(value).dtype.kind not in "iu":
            raise Wrong(
                "`nn.Conv2d` wants a whole number of channels, an int, got {value!r}.",
                value=np.asarray(value).tolist(),
            )


# vision-4 ---------------------------------------------------------------------------------------


def _blocks(rng):
    """Make attention blocks with their parameters, and images that are not square."""
    channels, height, width = (int(size) for size in rng.integers(2, 6, size=3))
    wide = int(rng.integers(6, 12))
    return [
        draw_block(rng, 4, 2, (3, 5), 0.7),
        draw_block(rng, 3, 1, (4, 2), -1.3),
        draw_block(rng, 2, 2, (3, 3), 0.0),
        draw_block(rng, channels, wide, (height, width), 1.5, batch=3, spread=0.2),
        draw_block(rng, 2, 3, (1, 1), 1.0, batch=1),
        # The largest logit is alone: rounding of others far from 0 is no mistake.
        far_block((2, 3), [1, 0, 0.5, 0.5, 0, 0.5]),
        small_weight(),
        two_near_the_top(),
    ]


WEIGHT_MISTAKES = {
    "axis": "The columns of the weights sum to 1; each query is a row.",
    "transposed": "The weights are transposed: rows are queries.",
    "exchanged": "Keys and queries are exchanged: rows are queries.",
    "logits": "Those are the logits; return the weights, after the softmax.",
    "scale": "The logits are divided by √d; this block has no scale.",
    "scale of channels": "Divided by the root of the channels; this block has no scale.",
}
IMAGE_MISTAKES = {
    "residual": "The input is not added: with γ = 0 the image is gone.",
    "gamma": "γ is missing: with γ = 0 the block should change nothing.",
    "both": "γ multiplies what attention brings, not x as well.",
    "shares": "x is added whole, not 1 - γ of it.",
    "folded": "The mixed values came as (n, inner): transpose them before they become an image.",
    "mixing": "The values are mixed with the transposed weights.",
    "swapped": "Height and width are swapped on the way back to an image.",
}


def _judge_block(cases, values):
    def called(sizes, parameters, inputs, probe):
        height, width = inputs[0].shape[2:]
        sides = {"channels": sizes[0], "height": height, "width": width}
        return say("`AttentionBlock` on {channels} × {height} × {width}", **sides)

    judge_runs(
        cases,
        values,
        reference,
        what="`AttentionBlock`",
        output=later("the image"),
        subjects=(
            lambda *case: say("{what}, the image", what=called(*case)),
            lambda *case: say("{what}, the weights", what=called(*case)),
        ),
        mistakes=tuple(
            [({"mistake": name}, sentence) for name, sentence in told.items()]
            for told in (IMAGE_MISTAKES, WEIGHT_MISTAKES)
        ),
    )


# vision-5 ---------------------------------------------------------------------------------------


def _judge_first(cases, values):
    product = "This reaches the result only in a product with γ, which is 0: so is its gradient."
    reasons = dict.fromkeys(("query", "key", "value", "output"), product)
    reasons["all"] = "Write the result as a product: what does each factor's gradient hold?"
    reasons["none"] = "The result depends on γ even where γ is 0: move it a little."
    compare_choice(values[0], "gamma", "`first_to_move`", reasons)


# vision-6 ---------------------------------------------------------------------------------------


def _shuffled(rng):
    """Make blocks, images and orders; each look at a part of an image misses some difference."""
    height, width = (int(side) for side in rng.integers(2, 6, size=2))
    across = _shuffling(rng, Neighbours(), (3, 3, 4), (1, 1, 0))
    return [
        (Attention(), rng.normal(size=(2, 3, 4)), rng.permutation(12)),
        across,
        (Neighbours(sign=-1), *across[1:]),  # what was larger is smaller: a sign shows
        _shuffling(rng, Neighbours(0.3, -0.6), (4, 4, 3), (2, 0, 1)),
        _shuffling(rng, Neighbours(0, 0.8), (5, 2, 4), (-1, -1, 2)),
        _shuffling(rng, Neighbours(), (1, 4, 3), (0, 1, -1)),
        (Neighbours(50, 20), *across[1:]),
        (Attention(), rng.normal(size=(3, height, width)), rng.permutation(height * width)),
        (Neighbours(), rng.normal(size=(2, 1, 1)), np.arange(1)),
        (Neighbours(), rng.normal(size=(1, 1, 2)), np.array([1, 0])),
        (Neighbours(), rng.normal(size=(2, 1, 3)), np.array([1, 2, 0])),
        (Neighbours(), rng.normal(size=(2, 2, 2)), np.array([1, 2, 0, 3])),
        # A small difference is one: 0 up to rounding would be smaller still.
        (Neighbours(2e-6), rng.normal(size=(2, 3, 4)), np.roll(np.arange(12), 5)),
    ]


def _with_neighbours(rng, *shape):
    return Neighbours(), rng.normal(size=shape), rng.permutation(shape[1] * shape[2])


def _shuffling(rng, block, shape, largest_at):
    """Make a case whose largest difference is at a channel, row and column."""
    for _ in tries("a case with one largest difference"):
        image, order = rng.normal(size=shape), rng.permutation(shape[1] * shape[2])
        first, second = both_ways(block, image, order)
        apart, size = first - second, np.abs(first - second)
        largest = size.max()
        back = np.abs(np.subtract(*both_ways(block, image, np.argsort(order)))).max()
        place = np.unravel_index(size.argmax(), shape)
        there = all(
            a == b % n for a, b, n in zip(place[1:], largest_at[1:], shape[1:], strict=True)
        )
        # The way back, a forgotten sign and a misplaced absolute value give something else.
        sizes = np.abs(np.abs(first) - np.abs(second)).max()
        signs = abs(apart.max() + apart.min())
        distinct = abs(back - largest) > 0.01 and sizes < 0.9 * largest and signs > 0.1 * largest
        if there and distinct:
            break
    return block, np.roll(image, largest_at[0] - place[0], axis=0), order


ABSOLUTE = "Take the absolute difference everywhere, then the largest."
ONCE = "Shuffle once before the block and once behind it, and compare the two."


def _largest_difference(*case):
    return np.abs(np.subtract(*both_ways(*case))).max()


def _judge_shuffled(cases, values):
    def apart(*case):
        return np.subtract(*both_ways(*case))

    def between(first, second):
        return lambda *case: np.abs(first(*case) - second(*case)).max()

    def before(block, image, order):
        return block(shuffle(image, order))

    def after(block, image, order):
        return shuffle(block(image), order)

    def unshuffled(block, image, order):
        return block(image)

    compare_all(
        lambda block, image, order: say("The largest difference in {shape}", shape=image.shape),
        cases,
        values,
        _largest_difference,
        [
            (between(before, unshuffled), ONCE),
            (between(after, unshuffled), ONCE),
            (between(after, lambda _, image, order: image), "Compare two results of the block."),
            (
                lambda block, image, order: np.abs(apart(block, image, np.argsort(order))).max(),
                "The other way: place k shows the pixel that was at place `order[k]`.",
            ),
            (
                between(before, lambda block, image, order: after(block, image, np.argsort(order))),
                "The second shuffle goes the wrong way round: compare the result for the shuffled "
                "image with the shuffled result.",
            ),
            (
                lambda *case: np.abs(apart(*case)).mean(),
                "That is the mean difference; take the largest.",
            ),
            (lambda *case: apart(*case).max(), ABSOLUTE),
            (lambda *case: -apart(*case).min(), ABSOLUTE),
            (lambda *case: (np.abs(before(*case)) - np.abs(after(*case))).max(), ABSOLUTE),
        ],
    )


# vision-7 ---------------------------------------------------------------------------------------


def _gains(rng):
    sizes = [int(n) for n in rng.integers([3, 20, 31, 500], [20, 31, 100, 2000])]
    drawn = [rng.normal(rng.choice([0.01, -0.03]), 0.02, size=n) for n in sizes]
    even = rng.normal(size=7)
    coarse = rng.permutation([0, 0, 0, 1, 1, 2, 3, 3, -1]) / 90  # of few digits: gains repeat
    one_far = np.append(rng.normal(0, 0.01, size=9), 0.3)
    return [
        (gains,)
        for gains in (
            *drawn,
            1e-9 * drawn[0],
            even - even.mean(),
            even - even.mean() + even.std() / 5000,  # almost 0 is not 0
            one_far,
            coarse,
            rng.normal(-3, 1, size=2),
            1e-9 * rng.normal(-3, 1, size=2),
            5 + 2 * even,
            5 + even / even.std() / 130,  # more than a thousand standard errors
            700 + 500 * even,
            np.append(5 + 2 * even[:1], 5 - 2 * even[1:]),
        )
    ]


def _judge_errors(cases, values):
    def error(gains, ddof=1):
        return gains.std(ddof=ddof) / np.sqrt(len(gains))

    def right(gains):
        return gains.mean() / error(gains)

    compare_all(
        lambda gains: say("`errors_from_zero` of {count} gains", count=len(gains)),
        cases,
        values,
        right,
        [
            (lambda gains: -right(gains), "The sign: it is that of the mean."),
            (lambda gains: abs(right(gains)), "Keep the sign: it is that of the mean."),
            (lambda gains: gains.mean(), "That is the mean; divide it by its standard error."),
            (error, "That is the standard error; the mean is to be divided by it."),
            (
                lambda gains: 1 / right(gains),
                "Turn it over: divide the mean by its standard error.",
            ),
            (
                lambda gains: gains.mean() / gains.std(ddof=1),
                "The standard error is the standard deviation divided by √n.",
            ),
            (
                lambda gains: gains.mean() / gains.std(),
                "Use `ddof=1`, and divide the standard deviation by √n.",
            ),
            (
                lambda gains: gains.mean() / (gains.std(ddof=1) / len(gains)),
                "Divide the standard deviation by √n, the root.",
            ),
            (lambda gains: gains.mean() / error(gains, ddof=0), "Use `ddof=1`."),
            (
                lambda gains: np.median(gains) / error(gains),
                "That is the median; take the mean.",
            ),
        ],
    )


VISION = "course_lib.nn.vision:"
CHECKS = {
    "vision-1": Check(
        twins=reordered(0) + nudged(0),
        inputs=_images,
        judge=_judge_tokens,
        without=(VISION + "to_patches",),
        sizes=Sizes(lambda rng, *shape: (rng.normal(size=shape),), (1, 1, 1)),
        particular=lambda weights: (weights.reshape(2, 2, 4),),
    ),
    "vision-2": Check(
        twins=reordered(0) + nudged(0),
        inputs=_grids,
        judge=_judge_distance,
        without=(VISION + "attention_distance",),
        fits=lambda weights, height, width: len(weights) == height * width,
        sizes=Sizes(_grid, (1, 1)),
        particular=lambda weights: (weights, 2, 2),
    ),
    "vision-3": Check(inputs=_channels, judge=_judge_inner, without=(VISION + "SelfAttention2d",)),
    "vision-4": Check(
        inputs=_blocks,
        judge=_judge_block,
        call=run_module,
        without=(VISION + "SelfAttention2d.forward",),
    ),
    "vision-5": Check(judge=_judge_first, call=read_value),
    "vision-6": Check(
        twins=reordered(2) + telling(_largest_difference, nudged(1)),
        inputs=_shuffled,
        judge=_judge_shuffled,
        sizes=Sizes(_with_neighbours, (1, 1, 1)),
        particular=lambda weights: (
            Neighbours(),
            weights.reshape(2, 2, 4),
            np.array([2, 0, 3, 1, 7, 5, 6, 4]),
        ),
    ),
    "vision-7": Check(
        twins=nudged(0),
        inputs=_gains,
        judge=_judge_errors,
        sizes=Sizes(lambda rng, n: (rng.normal(0.5, 1, size=n),), (2,)),
    ),
}
