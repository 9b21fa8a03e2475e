"""Numbers for symbols: what stands between text and a model."""

import numpy as np

from course_lib import _validate

PAD = 0  # the number of the filling behind short texts; no symbol has it


class Vocabulary:
    """Numbers 1, 2, … for symbols (words or letters), and back.

    Parameters
    ----------
    symbols : iterable of str
        They get their numbers in sorted order, each one once.

    Examples
    --------
    >>> letters = Vocabulary("cab")
    >>> letters.encode(["ab", "c"], length=3)
    array([[1, 2, 0],
           [3, 0, 0]])
    >>> letters.decode([[3, 1, 2, 0]])
    [['c', 'a', 'b']]
    """

    def __init__(self, symbols):
        self.symbols = sorted(set(symbols))
        self.numbers = {symbol: number for number, symbol in enumerate(self.symbols, start=1)}

    def __len__(self):
        """Return how many numbers a model must know, the filling among them."""
        return len(self.symbols) + 1

    def encode(self, texts, *, length=None):
        """Return an int array of shape (texts, length), filled up with 0.

        Raises
        ------
        ValueError
            If a text holds an unknown symbol or is longer than `length`. Default: the longest.
        """
        texts = [list(text) for text in texts]
        longest = max(map(len, texts), default=0)
        length = _validate.integer(longest if length is None else length, "length", low=longest)
        encoded = np.full((len(texts), length), PAD)
        for row, text in zip(encoded, texts, strict=True):
            for place, symbol in enumerate(text):
                if symbol not in self.numbers:
                    raise ValueError(f"texts must be made of known symbols, got {symbol!r}")
                row[place] = self.numbers[symbol]
        return encoded

    def decode(self, numbers):
        """Return a list of symbols for each row of numbers, without the filling."""
        return [[self.symbols[k - 1] for k in row if k != PAD] for row in np.asarray(numbers)]
