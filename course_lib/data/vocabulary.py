"""Numbers for symbols: what stands between text and a model."""

import numpy as np

from course_lib import _validate

PAD = 0  # the number of the filling behind short texts; no symbol has it

LONGEST = 2**16  # what texts may be filled up to


class Vocabulary:
    """Numbers 1, 2, … for symbols (words or letters), and back.

    Parameters
    ----------
    symbols : iterable of str
        They get their numbers in sorted order, each one once.

    Raises
    ------
    TypeError
        If a symbol is not text.

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
        symbols = _of_text(symbols, "symbols")
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
        TypeError
            If `texts` are no sequences of symbols, or `length` is no integer.
        """
        if isinstance(texts, str):
            raise TypeError(f"texts must be a sequence of texts, got one: {_validate.shown(texts)}")
        texts = [_of_text(text, "texts") for text in _listed(texts, "texts")]
        longest = max(map(len, texts), default=0)
        most = max(longest, LONGEST)
        length = longest if length is None else length
        length = _validate.integer(length, "length", low=longest, high=most)
        encoded = np.full((len(texts), length), PAD)
        for row, text in zip(encoded, texts, strict=True):
            for place, symbol in enumerate(text):
                if symbol not in self.numbers:
                    raise ValueError(
                        f"texts must be made of known symbols, got {_validate.shown(symbol)}"
                    )
                row[place] = self.numbers[symbol]
        return encoded

    def decode(self, numbers):
        """Return a list of symbols for each row of numbers, without the filling.

        Raises
        ------
        TypeError, ValueError
            If `numbers` are not rows of integers, or one of them stands for no symbol.
        """
        rows = [
            _validate.integers(row, "numbers", low=PAD, high=len(self.symbols))
            for row in _listed(numbers, "numbers")
        ]
        return [[self.symbols[k - 1] for k in row if k != PAD] for row in rows]


def _listed(values, name):
    # Of a dict or a DataFrame, one would get the names of its columns.
    if isinstance(values, dict) or hasattr(values, "columns") or not np.iterable(values):
        raise TypeError(f"{name} must be a sequence, got {type(values).__name__}")
    return list(values)


def _of_text(symbols, name):
    symbols = _listed(symbols, name)
    for symbol in symbols:
        if not isinstance(symbol, str):
            raise TypeError(f"{name} must be made of text, got {_validate.shown(symbol)}")
    return symbols
