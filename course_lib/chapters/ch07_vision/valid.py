"""What the texts of chapter 07's exercises allow: Hypothesis strategies of the arguments of a call.

Only tests import this: learners do not have Hypothesis.
"""

from hypothesis import strategies as st

from course_lib.chapters.ch07_vision.blocks import (
    draw_block,
    far_block,
    small_weight,
    two_near_the_top,
)
from course_lib.chapters.ch07_vision.mixers import Attention, Neighbours
from course_lib.exercises.strategies import orders, seeded, weights

side = st.integers(1, 5)
shapes = st.tuples(side, side)
long_shapes = st.sampled_from([(2, 18), (9, 2), (6, 7)])


def _image(rng, channels, shape):
    kinds = [rng.normal(size=(channels, *shape)), rng.integers(-2, 3, size=(channels, *shape))]
    return 10.0 ** rng.integers(-1, 4) * kinds[rng.integers(2)]


def _module_case(rng, channels, inner, shape, batch):
    if rng.random() < 0.1:
        return small_weight() if rng.random() < 0.5 else two_near_the_top()
    if rng.random() < 0.2:
        return far_block(shape, rng.integers(3, size=shape) / 2)
    gamma = rng.choice([0, 1, -1, rng.normal(), 3])
    spread = rng.choice([0.1, 0.7]) / channels**0.5
    return draw_block(rng, channels, inner, shape, gamma, batch=batch, spread=spread)


def _shuffling(rng, channels, shape, order):
    much = rng.choice([1, 100, 1e-3, 1e-5]) * rng.normal(size=2)
    block = Attention() if rng.random() < 0.3 else Neighbours(*much)
    return block, rng.normal(size=(channels, *shape)), order


def _gains(rng, n):
    """Return gains of which some may be equal, but not all, or far away, or on one side."""
    gains = rng.standard_t(2, size=n)
    if rng.random() < 0.3:  # of few digits: some are equal, some 0
        gains = rng.integers(-2, 4, size=n) / 90
    if rng.random() < 0.2:  # their mean is almost 0
        gains += gains.std() * 1e-4 - gains.mean()
    return (10.0 ** rng.integers(-9, 3) * (rng.choice([0, 1, -3, 40, 800]) + gains),)


VALID = {
    "vision-1": seeded(lambda *drawn: (_image(*drawn),), st.integers(1, 9), shapes),
    "vision-2": (shapes | long_shapes).flatmap(
        lambda shape: st.tuples(weights(shape[0] * shape[1]), *map(st.just, shape))
    ),
    "vision-3": st.one_of(st.integers(1, 20), st.integers(1, 5000)).map(
        lambda channels: (channels,)
    ),
    "vision-4": seeded(_module_case, side, side | st.integers(6, 12), shapes, st.integers(1, 3)),
    "vision-6": shapes.flatmap(
        lambda shape: seeded(_shuffling, side, st.just(shape), orders(shape[0] * shape[1]))
    ),
    "vision-7": seeded(_gains, st.integers(2, 40) | st.integers(100, 2000)).filter(
        lambda case: 1e-3 * abs(case[0].mean()) <= case[0].std(ddof=1) > 0
    ),
}
