"""Bags of handwritten digits: a label for the whole bag, and the question which digit made it.

A bag is positive if there is a 9 in it. Whoever learns from the labels of bags alone has to find
out which digit they are about; the bags say it, for judging afterwards.
"""

from typing import NamedTuple

import numpy as np

from course_lib import _validate
from course_lib.data.digits import split_digits

WANTED = 9
SPLITS = ("train", "test")
SIZES = (4, 12)  # of a bag, both ends included


class Bag(NamedTuple):
    """Digits with one label for all of them.

    Attributes
    ----------
    pictures : numpy.ndarray of float32, shape (n, 64)
        Digits of 8 × 8 pixels, row by row, from 0 to 1.
    digits : numpy.ndarray of int, shape (n,)
        Which digit each of them is: not for training.
    label : int
        1 if there is a 9 among them.
    """

    pictures: np.ndarray
    digits: np.ndarray
    label: int


def make_bags(count, rng, *, split="train"):
    """Make bags of 4 to 12 digits, every other one of them positive.

    A positive bag holds one or two nines. Digits are drawn anew for each bag, so the same picture
    may be in several; pictures of the test bags are in no training bag.

    Parameters
    ----------
    count : int
        How many, at most 10,000.
    rng : numpy.random.Generator
    split : {"train", "test"}, default "train"

    Returns
    -------
    list of Bag
        Negative and positive in turn.

    Raises
    ------
    TypeError, ValueError
        If `count` is no integer from 1 to 10,000, `rng` is no generator, or `split` is neither.

    References
    ----------
    Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance learning: their
    MNIST-bags, of digits of 28 × 28 pixels.

    Examples
    --------
    >>> bags = make_bags(2, np.random.default_rng(0))
    >>> [bag.label for bag in bags], (bags[1].digits == 9).any()
    ([0, 1], np.True_)
    """
    count = _validate.integer(count, "count", low=1, high=10_000)
    _validate.generator(rng, "rng")
    train, test = split_digits()
    pictures, digits = train if _validate.choice(split, "split", SPLITS) == "train" else test
    pictures = pictures.reshape(len(pictures), -1)
    return [_bag(rng, pictures, digits, label=number % 2) for number in range(count)]


def _bag(rng, pictures, digits, *, label):
    size = int(rng.integers(SIZES[0], SIZES[1] + 1))
    nines = int(rng.integers(1, 3)) if label else 0
    wanted = rng.choice(np.flatnonzero(digits == WANTED), nines, replace=False)
    others = rng.choice(np.flatnonzero(digits != WANTED), size - nines, replace=False)
    chosen = rng.permutation(np.concatenate([wanted, others]))
    return Bag(pictures[chosen], digits[chosen], label)
