"""The language of cards, judges and figures: English sentences, and catalogues that translate them.

A sentence is its own key. What changes in it stands in braces and is filled in after the
translation, so that another language may order it otherwise. A catalogue is a PO file,
``words/de.po``, which every translation program reads and writes.
"""

from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words")
_chosen = "en"


def speak(language):
    """Choose the language of everything that is said from now on.

    Parameters
    ----------
    language : str
        "en", or the code of a catalogue in ``course_lib/words``, such as "de".

    Raises
    ------
    ValueError
        If there is no catalogue of that language.
    """
    global _chosen
    known = languages()
    if language not in known:
        raise ValueError(f"language must be one of {', '.join(known)}, got {language!r}")
    _chosen = language


def chosen():
    """Return the code of the language that is spoken."""
    return _chosen


def languages():
    """Return the codes of the languages there are, English first."""
    return ["en", *sorted(path.stem for path in WORDS.glob("*.po"))]


def say(sentence, /, **values):
    """Return a sentence in the chosen language with its values filled in.

    Examples
    --------
    >>> say("{count} edges", count=3)
    '3 edges'
    """
    return catalogue().get(sentence, sentence).format(**values)


def catalogue():
    """Return the translations of the chosen language, by English sentence; what lacks is absent."""
    return {} if _chosen == "en" else _read(_chosen)


@cache
def _read(language):
    from babel.messages.pofile import read_po  # only who does not speak English needs it

    with (WORDS / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {str(m.id): m.string for m in messages if m.id and m.string and not m.fuzzy}
