"""Scikit-learn's handwritten digits, split once for all chapters that use them."""

import numpy as np
from sklearn.datasets import load_digits

from course_lib import _validate


def split_digits(test=500):
    """Return the digits to learn from, and those to test with.

    Parameters
    ----------
    test : int, default 500
        How many are kept for the test; always the same ones.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray), (numpy.ndarray, numpy.ndarray)
        Train and test: pictures as float32 from 0 to 1, shape (count, 8, 8), and labels (count,).

    Raises
    ------
    TypeError, ValueError
        If `test` is no integer from 1 to 1,796.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI machine learning
    repository: the test set, as `sklearn.datasets.load_digits` brings it.

    Examples
    --------
    >>> (pictures, labels), test = split_digits()
    >>> pictures.shape, labels.shape, len(test[1])
    ((1297, 8, 8), (1297,), 500)
    """
    digits = load_digits()
    count = len(digits.target)
    test = _validate.integer(test, "test", low=1, high=count - 1)
    order = np.random.default_rng(0).permutation(count)
    parts = np.split(order, [count - test])
    return tuple((digits.images[p].astype(np.float32) / 16, digits.target[p]) for p in parts)
