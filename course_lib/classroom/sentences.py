"""Which sentence of the course a message is, whatever was filled in.

A card's message may quote what a learner wrote: a name, a value, the text of an error. None of that
leaves the learner's machine. What is told is the sentence of the catalogue that the message was
made from, in English and with its braces, and a server takes nothing else. So the board counts
mistakes and not their wordings, and no text of a stranger ever stands on it.
"""

import re
from functools import cache

from course_lib.language import WORDS, say, speaking

# What plain_data.py says stands inside other sentences only, such as where a cell raised.
SPOKEN_BY = re.compile(r"exercises/(?!plain_data)|chapters/.*/(checks|mistakes)\.py")
PLACE = re.compile(r"\{\w+[^{}]*\}")
LONGEST = 5000


@cache
def sentences():
    """Return the sentences that cards may show, in English, with their braces."""
    from babel.messages.pofile import read_po  # only who is in a class needs it

    with (WORDS / "course.pot").open("rb") as file:
        messages = read_po(file)
    return frozenset(
        m.id for m in messages if m.id and any(SPOKEN_BY.match(path) for path, _ in m.locations)
    )


def sentence_behind(message, spoken="en"):
    """Return the sentence that a message was made from, or "" if none is known.

    Parameters
    ----------
    message : str
        As a card shows it.
    spoken : str
        The language it is in.

    Examples
    --------
    >>> sentence_behind("`f` gave None. Is a `return` missing?")
    '`{name}` gave None. Is a `return` missing?'
    """
    if message in sentences():
        return message
    for parts, sentence in _patterns(spoken):
        if _fits(message[:LONGEST], parts):
            return sentence
    return ""


def without_braces(sentence):
    """Return a sentence for people: what would be filled in is left open.

    Examples
    --------
    >>> without_braces("`{name}` is None.")
    '`…` is None.'
    """
    return PLACE.sub("…", sentence)


@cache
def _patterns(spoken):
    """Return the literal parts of each sentence in a language; the most exact one comes first."""
    with speaking(spoken):
        split = [(PLACE.split(say(sentence)), sentence) for sentence in sorted(sentences())]
    known = [(parts, sentence) for parts, sentence in split if re.search(r"\w", "".join(parts))]
    return sorted(known, key=lambda pair: -len("".join(pair[0])))


def _fits(message, parts):
    """Tell whether a message is made of parts in this order, with anything between them.

    One look from left to right: a regular expression could take for ever on what learners write.
    """
    if len(parts) == 1:
        return message == parts[0]
    first, *middle, last = parts
    if not message.startswith(first) or not message.endswith(last):
        return False
    place, end = len(first), len(message) - len(last)
    for part in middle:
        found = message.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return place <= end
