"""Names that learners choose: shown as they are meant, and unable to do anything else."""

import re
import unicodedata

from course_lib.language import say

LONGEST = 40  # characters, which is what a row of the board has room for
RAW_LONGEST = 1000  # what is looked at
MOST_MARKS = 3  # accents on one letter: more would climb over the rows above
JOINERS = "\u200c\u200d"  # Persian and emoji need them; everything else invisible goes


class NameRefused(ValueError):
    """A name that the board cannot show; the message is a sentence for the learner."""


def clean_name(name):
    r"""Return a name in one form, without control, direction and other invisible characters.

    Raises
    ------
    NameRefused
        If nothing that can be seen is left, or too much.

    Examples
    --------
    >>> clean_name("  Ada\u202e \n Lovelace ")
    'Ada Lovelace'
    """
    if not isinstance(name, str):
        raise NameRefused(say("A name is a text."))
    spaced = re.sub(r"\s+", " ", name[:RAW_LONGEST])
    kept = "".join(c for c in spaced if c in JOINERS or unicodedata.category(c)[0] != "C")
    cleaned = _with_few_marks(unicodedata.normalize("NFC", kept)).strip()
    cleaned = re.sub(r" +", " ", cleaned)
    if not any(unicodedata.category(c)[0] in "LNSP" for c in cleaned):
        raise NameRefused(say("Choose a name that the board can show."))
    if len(cleaned) > LONGEST or len(name) > RAW_LONGEST:
        raise NameRefused(say("Choose a name of at most {count} characters.", count=LONGEST))
    return cleaned


def labels(names):
    """Return what is shown for some names: the second Ada is "Ada (2)".

    Examples
    --------
    >>> labels(["Ada", "Emmy", "Ada"])
    ['Ada', 'Emmy', 'Ada (2)']
    """
    taken, made = set(names), []
    seen = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        label = name
        while seen[name] > 1 and (label := f"{name} ({seen[name]})") in taken:
            seen[name] += 1  # somebody chose to be called so
        taken.add(label)
        made.append(label)
    return made


def _with_few_marks(text):
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
