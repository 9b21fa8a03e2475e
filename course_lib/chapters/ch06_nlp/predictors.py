"""Functions of texts that stand in for trained models where an answer is judged."""

import numpy as np

from course_lib.attention import softmax


class BagPredictor:
    """Probabilities from the words alone.

    Parameters
    ----------
    table : numpy.ndarray, shape (words, classes)
        What each word says for each class.
    """

    def __init__(self, table):
        self.table = table

    def __call__(self, texts):
        """Return (count, classes) for (count, n) texts."""
        return softmax(self.table[np.asarray(texts)].mean(axis=1))


class PlacePredictor(BagPredictor):
    """Probabilities from the words and where they stand.

    Parameters
    ----------
    table : numpy.ndarray, shape (words, classes)
    places : numpy.ndarray, shape (n, classes)
        How much a word counts at each place; texts may be shorter than n.
    """

    def __init__(self, table, places):
        super().__init__(table)
        self.places = places

    def __call__(self, texts):
        """Return (count, classes) for (count, n) texts."""
        told = self.table[np.asarray(texts)]
        n = told.shape[1]
        return softmax((told * self.places[:n]).sum(axis=1) / np.sqrt(max(n, 1)))


LATE, MANY_WORDS = 130, 600  # of more words than a byte can tell apart, those late in the list


def draw_predictor(rng, n, classes, *, words=9, scale=1.5):
    """Return a random `PlacePredictor`; word 0, the padding, says nothing."""
    table = scale * rng.normal(size=(words, classes))
    table[0] = 0
    return PlacePredictor(table, rng.normal(size=(n, classes)))
