"""What chapters say of themselves, as words in texts: ``{{question}}``, ``{{minutes 3}}``."""

import re

from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import SourceError, front_matter, tasks

FACT = re.compile(r"\{\{(?P<name>\w+)(?: (?P<argument>\d+))?\}\}")


def fill(text, chapter):
    """Fill in what a chapter's text leaves to be derived: ``{{question}}``, ``{{minutes 3}}``."""
    return FACT.sub(lambda found: _fact(found, chapter), text)


def _fact(found, chapter):
    name, argument = found["name"], found["argument"]
    if name == "minutes" and argument:
        return minutes(chapter, argument)
    if name == "solving":
        return str(-5 * (-int(minutes(chapter)) // 5))  # the next multiple of five
    said = front_matter(chapter)
    if name not in said:
        raise SourceError(f"{chapter_stem(chapter)}: nothing says what {found[0]} is")
    return str(said[name])


def capital(text):
    """Return a text with a capital at its start."""
    return text[0].upper() + text[1:]


def minutes(chapter, *numbers):
    """Return the minutes of some exercises of a chapter, or of all of them."""
    wanted = [int(number) for number in numbers]
    each = {task.number: task.minutes for task in tasks(chapter).values()}
    return str(sum(each[number] for number in wanted or each))


def exercises(*chapters):
    """Return how many exercises some chapters have, or all of them."""
    return str(sum(len(tasks(chapter)) for chapter in chapters or CHAPTERS))
