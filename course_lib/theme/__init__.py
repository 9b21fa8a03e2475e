"""The look of figures and cards: colours with tested contrast, and the cards' stylesheet."""

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
