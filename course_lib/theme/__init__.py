"""The look of figures and cards: colours with tested contrast, and the cards' stylesheet."""

import re
from functools import cache
from pathlib import Path


@cache
def stylesheet(*names):
    """Return stylesheets of this folder, one after the other.

    Examples
    --------
    >>> "--course-wrong:" in stylesheet("colours.css")
    True
    """
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


@cache
def light(name):
    """Return a colour of colours.css as it is on light ground, for drawings without a stylesheet.

    Examples
    --------
    >>> light("own-paper")
    '#ffffff'
    """
    return re.search(rf"--course-{name}: light-dark\((#\w+),", stylesheet("colours.css"))[1]
