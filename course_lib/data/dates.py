"""Dates as people write them, with their ISO 8601 form: a small task of translation.

Every format names the month by a word, so that day and month cannot be mistaken for each other.
"""

import calendar
import datetime

import numpy as np

from course_lib import _validate

MONTHS = [month.lower() for month in calendar.month_name[1:]]
SHORT_MONTHS = [month[:3] for month in MONTHS]
WEEKDAYS = [day.lower() for day in calendar.day_name]
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
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
    days = (LAST - FIRST).days + 1
    made = {}
    while len(made) < count:
        date = FIRST + datetime.timedelta(days=int(rng.integers(days)))
        made[write_date(date, FORMATS[rng.integers(len(FORMATS))])] = date.isoformat()
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


def _suffix(day):
    """Return what makes a number an ordinal: 1st, 2nd, 3rd, 4th, 11th."""
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
