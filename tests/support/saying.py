"""What is said while something runs, and what of it nobody could translate."""

import functools
import re
from contextlib import contextmanager

import pytest
from babel.messages.pofile import read_po

from course_lib import language
from course_lib.authoring import words

PLACE = re.compile(r"\{(\w+)[^{}]*\}")


class Asked(dict):
    """A catalogue that remembers what was looked up in it."""

    def __init__(self, translations=()):
        super().__init__(translations)
        self.sentences = set()

    def get(self, sentence, default=None):
        self.sentences.add(sentence)
        return super().get(sentence, default)


@contextmanager
def overheard(translations=()):
    """Yield the set of sentences that the block looks up; it speaks by these translations."""
    asked = Asked(translations)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "catalogue", lambda: asked)
        yield asked.sentences


@functools.cache
def all_sentences():
    """Return every sentence of the course that can be translated.

    They are read from the template: that it is what the code says, tests/test_language.py shows.
    """
    return {message.id for message in stored(words.TEMPLATE) if message.id}


def stored(path):
    """Return a catalogue as it stands in a file."""
    with path.open("rb") as file:
        return read_po(file, locale=None if path.suffix == ".pot" else path.stem)


def untranslatable(asked, known):
    """Return what was looked up but is in no catalogue, code and what was said before apart."""
    strange = [
        sentence
        for sentence in asked
        if sentence not in known and re.search(r"[a-z]{2} [a-z]", re.sub(r"`[^`]*`", "", sentence))
    ]
    said = [re.compile(_pattern(s)) for s in known if _has_words(s)] if strange else []
    return [s for s in strange if not any(pattern.fullmatch(s) for pattern in said)]


def _has_words(sentence):
    return PLACE.search(sentence) and len(re.findall(r"[a-z]", PLACE.sub("", sentence))) > 5


def _pattern(sentence):
    return "(?s:.+)".join(re.escape(part) for part in PLACE.sub("\0", sentence).split("\0"))
