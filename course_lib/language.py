"""The language of cards, judges and figures: English sentences, and catalogues that translate them.

A sentence is its own key. What changes in it stands in braces and is filled in after the
translation, so that another language may order it otherwise. A catalogue is a PO file,
``words/de.po``, which every translation program reads and writes.
"""

from contextlib import contextmanager
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


@contextmanager
def speaking(language):
    """Speak a language inside a ``with`` block, and the one that was spoken before after it."""
    before = _chosen
    speak(language)
    try:
        yield
    finally:
        speak(before)


def chosen():
    """Return the code of the language that is spoken."""
    return _chosen


def languages():
    """Return the codes of the languages there are, English first."""
    return ["en", *sorted(path.stem for path in WORDS.glob("*.po"))]


def say(sentence, /, **values):
    """Return a sentence in the chosen language with its values filled in.

    Where no values are given, braces stand for themselves. What the catalogue lacks, such as a
    sentence that was said already, comes back as it is.

    Examples
    --------
    >>> say("{count} edges", count=3)
    '3 edges'
    >>> say("The set {0, 1}")
    'The set {0, 1}'
    """
    found = catalogue().get(sentence, sentence)
    return found.format(**values) if values else found


def later(sentence):
    """Return a sentence as it is: it is put into the catalogue here, and said elsewhere."""
    return sentence


def catalogue():
    """Return the translations of the chosen language, by English sentence; what lacks is absent."""
    return {} if _chosen == "en" else _read(_chosen)


@cache
def _read(language):
    from babel.messages.pofile import read_po  # only who does not speak English needs it

    with (WORDS / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {str(m.id): m.string for m in messages if m.id and m.string and not m.fuzzy}
