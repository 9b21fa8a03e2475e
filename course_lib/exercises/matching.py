"""Which chapter a notebook is: by its name and by the exercises that its code names.

What the notebook's metadata say of it decides nothing, for an editor, a converter or a learner may
have changed them.
"""

import re

from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.exercises.cells import chapters_named
from course_lib.language import say


class Unmatched(ValueError):
    """A notebook of no chapter, or of several; the message is a sentence that says why."""


def chapter_of(stem, sources):
    """Return the chapter that a notebook is.

    Parameters
    ----------
    stem : str
        The file's name without its ending: "02_weights", but also "weights-Anna (1)".
    sources : list of str
        Of its code cells.

    Raises
    ------
    Unmatched
        If the name and the contents say nothing, too much or different things.

    Examples
    --------
    >>> chapter_of("homework", ['check("weights-1")'])
    'weights'
    """
    return chapter_among(stem, set().union(*map(chapters_named, sources)))


def chapter_among(stem, held):
    """Return the chapter that a notebook is, from its name and the chapters that its cells name.

    It raises as `chapter_of` does.
    """
    named = _named(stem)
    agreed = named & held if named and held else named | held
    if len(agreed) == 1:
        return agreed.pop()
    if named and held and not agreed:
        raise Unmatched(
            say(
                "By its name it is chapter {named}, but it holds exercises of {there}.",
                named=_listed(named),
                there=_listed(held),
            )
        )
    if agreed:
        raise Unmatched(
            say(
                "It may be one of several chapters ({there}). Name the file like one of them.",
                there=_listed(agreed),
            )
        )
    raise Unmatched(
        say(
            "Neither its name nor its cells tell which chapter it is. "
            "Name it like its chapter, such as {example}.ipynb.",
            example=chapter_stem("02"),
        )
    )


def is_ours(stem, notebook):
    """Tell whether a notebook is, or was, one of the course: anything in it that says so counts."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    told = "course" in notebook.metadata or any("course_lib" in source for source in sources)
    return told or bool(_named(stem)) or any(map(chapters_named, sources))


def _named(stem):
    """Return the chapters that a file's name names; a number makes it certain: "02_weights"."""
    stem = re.sub(r"[^a-z0-9]+", "_", stem.lower())  # "03-Multi head"
    numbered = {name for number, name in CHAPTERS.items() if f"{number}_{name}" in stem}
    words = {name: rf"(?<![a-z]){name}(?![a-z])" for name in CHAPTERS.values()}
    return numbered or {name for name, word in words.items() if re.search(word, stem)}


def _listed(chapters):
    return ", ".join(chapter_stem(name) for name in CHAPTERS.values() if name in chapters)
