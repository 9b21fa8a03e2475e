"""Who is in the class, and whose a file is."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from course_lib.language import say

IDENTITIES = ("id", "student_id", "student id", "username", "user", "login", "email")
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # a spreadsheet would compute such a cell
NAMES = ("name", "full name", "student", "last name", "first name")


@dataclass(frozen=True)
class Learner:
    """A line of the roster: what names the learner in files and folders, and a name for people."""

    identity: str
    name: str = ""


def read_roster(path):
    """Return the learners of a CSV file with a line of headings.

    The column that tells learners apart is called id, username, login or email; without one of
    these it is the first.

    Raises
    ------
    ValueError
        If it is no CSV file in UTF-8, nobody is in it or in one of its lines, or somebody twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        why = say('{path} is not written in UTF-8: save it again as "CSV UTF-8"', path=path)
        raise ValueError(why) from None
    first = next(filter(str.strip, text.splitlines()), "")
    # Strict, for a quotation mark that is never closed would swallow all learners behind it.
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise ValueError(say("{path} is no CSV file: {why}", path=path, why=error)) from None
    rows = [(line, row) for line, row in rows if any(row)]
    headings = [heading.lower() for heading in rows[0][1]] if rows else []
    column = next((headings.index(name) for name in IDENTITIES if name in headings), 0)
    named = [headings.index(name) for name in NAMES if name in headings]
    named = [place for place in named if place != column]
    learners = []
    for line, row in rows[1:]:
        cells = row + [""] * len(headings)
        if not cells[column]:
            why = say("{path} names nobody in line {line}, in column {heading}",
                      path=path, line=line, heading=harmless(headings[column]))  # fmt: skip
            raise ValueError(why)
        name = " ".join(filter(None, (cells[place] for place in reversed(named))))
        learners.append(Learner(_composed(cells[column]), name))
    if not learners:
        why = say("{path} names nobody: a line of headings, then one a learner", path=path)
        raise ValueError(why)
    seen = set()
    for learner in learners:
        if learner.identity.casefold() in seen:
            who = harmless(learner.identity)
            raise ValueError(say("{path} names {who} twice", path=path, who=who))
        seen.add(learner.identity.casefold())
    return learners


def owner(path, learners):
    """Return whose a file is, or None.

    Its first folder may be called like a learner, or the folder's or the file's name may hold the
    identity as a word of its own: "anna/02_weights.ipynb", "02_weights-anna.ipynb". If it holds
    several, the longest counts; two of the same length are nobody.

    Parameters
    ----------
    path : path
        Below the folder of submissions.
    learners : list of Learner

    Examples
    --------
    >>> class_ = [Learner("anna"), Learner("anna-maria"), Learner("bo")]
    >>> owner(Path("02_weights_anna-maria (1).ipynb"), class_).identity
    'anna-maria'
    >>> owner(Path("02_weights_bob.ipynb"), class_) is None
    True
    """
    path = Path(_composed(str(path)))
    places = [*path.parts[:-1], path.stem]
    for place in places:
        for learner in learners:
            if place.casefold() == learner.identity.casefold():
                return learner
    held = [who for who in learners if any(_holds(place, who.identity) for place in places)]
    held.sort(key=lambda who: len(who.identity))
    if not held or (len(held) > 1 and len(held[-1].identity) == len(held[-2].identity)):
        return None
    return held[-1]


def harmless(text):
    """Return a text that no spreadsheet takes for a formula and no terminal for an order."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _composed(text):
    """Return a text in which é is one character: archives made on macOS write it as two."""
    return unicodedata.normalize("NFC", text)


def _holds(place, identity):
    return re.search(rf"(?<![^\W_]){re.escape(identity)}(?![^\W_])", place, re.I) is not None
