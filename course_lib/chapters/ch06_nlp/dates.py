"""Dates as people write them, with their ISO 8601 form: a small task of translation.

Every format names the month by a word, so that day and month cannot be mistaken for each other.
"""

import datetime
import re

import numpy as np

from course_lib import _validate
from course_lib._waiting import tries

# Written out: those of `calendar` are in the language of the machine.
MONTHS = "january february march april may june july august september october november december"
MONTHS = MONTHS.split()
SHORT_MONTHS = [month[:3] for month in MONTHS]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)

TEENS = ["tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"]
ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
ORDINALS = [
    *ONES,
    *TEENS,
    *("seventeenth", "eighteenth", "nineteenth", "twentieth"),
    *(f"twenty-{word}" for word in ONES),
    *("thirtieth", "thirty-first"),
]

FORMATS = (
    "{day} {month} {year}",
    "{day} {short} {year}",
    "{month} {day}, {year}",
    "{short} {day}, {year}",
    "{day}{suffix} of {month} {year}",
    "{month} {day}{suffix}, {year}",
    "the {ordinal} of {month} {year}",
    "{month} the {ordinal}, {year}",
    "{weekday}, {day} {month} {year}",
)

MONTH = re.compile(rf"\b({'|'.join(MONTHS + SHORT_MONTHS)})\b")
DAY = re.compile(rf"\b({'|'.join(sorted(ORDINALS, key=len, reverse=True))}|\d\d?(st|nd|rd|th)?)\b")


def make_dates(count, rng):
    """Make different written dates with their ISO form.

    Parameters
    ----------
    count : int
        How many, at most 20,000.
    rng : numpy.random.Generator

    Returns
    -------
    list of (str, str)
        Written date, lower case, and ISO form such as "2026-05-03". Days from 1950 to 2049; no
        written date occurs twice.

    Raises
    ------
    TypeError, ValueError
        If `count` is no integer from 1 to 20,000, or `rng` is no generator.

    References
    ----------
    ISO 8601-1:2019, section 5.2.2, calendar date in extended format.

    Examples
    --------
    >>> write_date(datetime.date(2026, 5, 3), "the {ordinal} of {month} {year}")
    'the third of may 2026'
    """
    count = _validate.integer(count, "count", low=1, high=20_000)
    _validate.generator(rng, "rng")
    days = (LAST - FIRST).days + 1
    made = {}
    for _ in tries(f"dates that are all different, {count:,} of them"):
        date = FIRST + datetime.timedelta(days=int(rng.integers(days)))
        made[write_date(date, FORMATS[rng.integers(len(FORMATS))])] = date.isoformat()
        if len(made) == count:
            return list(made.items())


def write_date(date, form):
    """Return a date in one of `FORMATS`."""
    return form.format(
        day=date.day,
        month=MONTHS[date.month - 1],
        short=SHORT_MONTHS[date.month - 1],
        year=date.year,
        suffix=_suffix(date.day),
        ordinal=ORDINALS[date.day - 1],
        weekday=WEEKDAYS[date.weekday()],
    )


def alignment(written):
    """Return which characters of a written date each sign of its ISO form should come from.

    Parameters
    ----------
    written : str
        From `make_dates`.

    Returns
    -------
    numpy.ndarray of bool, shape (10, m)
        One row a sign, one column a character. A digit of the year comes from that same digit;
        both digits of the month from the letters of the month's name; both of the day from its
        number or ordinal word. The rows of the hyphens are empty.

    Raises
    ------
    ValueError
        If there is no day, month or year to be found.

    Examples
    --------
    >>> may, year = alignment("3 may 2026")[[5, 3]].astype(int)
    >>> print(may, year)
    [0 0 1 1 1 0 0 0 0 0] [0 0 0 0 0 0 0 0 0 1]
    """
    _validate.text(written, "written")
    month, day = MONTH.search(written), DAY.search(written)
    if not month or not day or not written[-4:].isdigit():
        raise ValueError(f"written must be a date with day, month and year, got {written!r}")
    right = np.zeros((10, len(written)), dtype=bool)
    right[:4, -4:] = np.eye(4)
    right[5:7, slice(*month.span())] = True
    right[8:, slice(*day.span())] = True
    return right


def _suffix(day):
    """Return what makes a number an ordinal: 1st, 2nd, 3rd, 4th, 11th."""
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
