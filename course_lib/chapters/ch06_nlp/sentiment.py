"""Opinions made from a small grammar, so that it is known why each of them is good or bad.

    text     = mine "." | mine "," "but" other "." | other "," "but" mine "."
    mine     = "i" verb subject judgement
    other    = person verb "it" judgement
    judgement = [negator] [intensifier] adjective

A text is good if *my* adjective is, or if it is negated and the adjective is bad. What others say
is a distraction; "not", "never", "hardly" and "anything but" turn a judgement round; "very",
"really" and "quite" change nothing.
"""

from typing import NamedTuple

import numpy as np

from course_lib import _validate
from course_lib._waiting import tries

GOOD = ("good", "great", "lovely", "clever", "fresh", "funny", "brilliant", "charming")
BAD = ("bad", "awful", "dull", "silly", "stale", "boring", "terrible", "clumsy")
NEGATORS = ("not", "never", "hardly", "anything but")
INTENSIFIERS = ("very", "really", "quite")
SUBJECTS = ("the film", "the book", "the play", "this song", "the show", "that story")
PERSONS = ("my friend", "the critic", "everybody", "my brother", "she")
VERBS = ("found", "thought", "called")


class Opinion(NamedTuple):
    """A text with its label and what the label follows from.

    Attributes
    ----------
    words : tuple of str
    label : int
        1 for good, 0 for bad: what the speaker ("i") thinks.
    negated : bool
        Whether the speaker's judgement has a negator.
    distracted : bool
        Whether somebody else's judgement stands beside it.
    """

    words: tuple[str, ...]
    label: int
    negated: bool
    distracted: bool


def make_opinions(count, rng, *, unseen_combinations=False):
    """Make different opinions.

    Each is drawn negated with probability 1/2 and distracted with probability 1/2, and labels are
    as likely good as bad. A text that was drawn before is drawn again, and short ones repeat more
    often: of many texts, somewhat more than half are negated and distracted.

    Parameters
    ----------
    count : int
        How many; at most 20,000.
    rng : numpy.random.Generator
    unseen_combinations : bool, default False
        A quarter of all pairs of a negator and an adjective are kept back. False: none of them
        occurs. True: every text has one of them in the speaker's judgement, so all are negated.

    Returns
    -------
    list of Opinion
        No text occurs twice.

    Raises
    ------
    TypeError, ValueError
        If `count` is no integer from 1 to 20,000, `rng` is no generator, or `unseen_combinations`
        is neither True nor False.

    Examples
    --------
    >>> import numpy as np
    >>> opinions = make_opinions(2, np.random.default_rng(0))
    >>> " ".join(opinions[0].words), opinions[0].label
    ('i found the film very bad .', 0)
    """
    count = _validate.integer(count, "count", low=1, high=20_000)
    _validate.generator(rng, "rng")
    unseen_combinations = _validate.flag(unseen_combinations, "unseen_combinations")
    made = {}
    for _ in tries(f"opinions that are all different, {count:,} of them"):
        opinion = _opinion(rng, unseen_combinations)
        made.setdefault(opinion.words, opinion)
        if len(made) == count:
            return list(made.values())


def is_kept_back(negator, adjective):
    """Tell whether a pair of a negator and an adjective is left out unless asked for."""
    words = GOOD + BAD
    return (words.index(adjective) + NEGATORS.index(negator)) % len(NEGATORS) == 0


def reversals(words):
    """Return by which words each adjective of an opinion is negated.

    Parameters
    ----------
    words : sequence of str
        Of an `Opinion`.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)
        True in the row of a negated adjective and the columns of its negator, one word or two.

    Examples
    --------
    >>> adjective, negator = reversals("i found it anything but very good .".split()).nonzero()
    >>> adjective.tolist(), negator.tolist()
    ([6, 6], [3, 4])
    """
    right = np.zeros((len(words), len(words)), dtype=bool)
    for adjective in (i for i, word in enumerate(words) if word in GOOD + BAD):
        end = adjective - (words[adjective - 1] in INTENSIFIERS)
        for negator in map(str.split, NEGATORS):
            start = max(end - len(negator), 0)
            if list(words[start:end]) == negator:
                right[adjective, start:end] = True
    return right


def _opinion(rng, unseen):
    good, negator, judgement = _judgement(rng, unseen)
    mine = f"i {_one_of(rng, VERBS)} {_one_of(rng, SUBJECTS)} {judgement}"
    distracted = rng.random() < 0.5
    if distracted:
        other = f"{_one_of(rng, PERSONS)} {_one_of(rng, VERBS)} it {_judgement(rng, False)[-1]}"
        clauses = [mine, other] if rng.random() < 0.5 else [other, mine]
        text = f"{clauses[0]} , but {clauses[1]} ."
    else:
        text = f"{mine} ."
    return Opinion(tuple(text.split()), int(good), negator is not None, distracted)


def _judgement(rng, unseen):
    """Return whether it is good, its negator or None, and its words."""
    negated = unseen or rng.random() < 0.5
    for _ in tries("a pair of a negator and an adjective"):
        adjective = _one_of(rng, GOOD + BAD)
        negator = _one_of(rng, NEGATORS) if negated else None
        if not negated or is_kept_back(negator, adjective) == unseen:
            break
    intensifier = _one_of(rng, INTENSIFIERS) if rng.random() < 0.4 else None
    words = " ".join(word for word in (negator, intensifier, adjective) if word)
    return (adjective in GOOD) != negated, negator, words


def _one_of(rng, words):
    """Return one of the words. `rng.choice` draws the same, by way of an array, and slowly."""
    return words[rng.integers(len(words))]
