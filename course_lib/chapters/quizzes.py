"""Read the questions at the end of a chapter, each with an explanation of every answer.

``quiz.md`` stands beside the chapter's text, and a translation beside it, ``quiz.de.md``::

    ## What do the columns of an attention matrix sum to?

    - [ ] 1 each, like the rows.
      Only queries have a fixed amount to give.
    - [x] To anything from 0 to the number of queries.
      A key takes what it is given.

A line ``##`` is the question. Below each option, indented, stands why it is right or wrong.
"""

import re
from dataclasses import dataclass

from course_lib.chapters import chapter_folder
from course_lib.chapters.reading import SourceError

COUNT = 5  # questions that a chapter has
FEWEST, MOST = 3, 4  # options that a question has
QUESTION = re.compile(r"^## (?P<text>.+)\n(?P<body>(?s:.*?))(?=^## |\Z)", re.M)
OPTION = re.compile(r"^- \[(?P<mark>.)\] (?P<text>.+)\n(?P<why>(?:[ ]+\S.*\n|[ ]*\n)*)", re.M)


@dataclass(frozen=True)
class Option:
    """An answer that one may choose: what it says, whether it is right, and why (Markdown)."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A question in one line (Markdown), and its options."""

    text: str
    options: tuple[Option, ...]

    @property
    def answer(self):
        """The option that is right."""
        return next(option for option in self.options if option.right)


def quiz(chapter, spoken="en"):
    """Return the questions of a chapter in a language; none if they are not told in it.

    Raises
    ------
    SourceError
        If the file lacks something; the message names the file and the question.
    """
    suffix = "" if spoken == "en" else f".{spoken}"
    path = chapter_folder(chapter) / f"quiz{suffix}.md"
    if not path.is_file():
        return ()
    return read_quiz(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}")


def read_quiz(text, place):
    """Return the questions of a text; `place` is what errors call it."""
    text = text.rstrip("\n") + "\n"
    if QUESTION.sub("", text).strip():
        raise SourceError(f"{place}: something stands before the first question")
    found = list(QUESTION.finditer(text))
    if len(found) != COUNT:
        raise SourceError(f"{place}: a chapter has {COUNT} questions, this one {len(found)}")
    return tuple(
        _question(one, f"{place}, question {number}") for number, one in enumerate(found, start=1)
    )


def _question(found, place):
    left = OPTION.sub("", found["body"]).strip()
    if left:
        raise SourceError(f"{place}: {left.splitlines()[0]!r} belongs to no option")
    options = tuple(_option(one, place) for one in OPTION.finditer(found["body"]))
    if not FEWEST <= len(options) <= MOST:
        raise SourceError(f"{place} needs {FEWEST} or {MOST} options and has {len(options)}")
    right = sum(option.right for option in options)
    if right != 1:
        raise SourceError(f"{place} needs one right option and has {right}")
    if len({option.text for option in options}) < len(options):
        raise SourceError(f"{place} has the same option twice")
    return Question(found["text"].strip(), options)


def _option(found, place):
    text, why = found["text"].strip(), " ".join(found["why"].split())
    if found["mark"] not in " x":
        raise SourceError(f"{place}: [{found['mark']}] is neither [ ] nor [x]")
    if not why:
        raise SourceError(f"{place}: {text!r} has no explanation")
    return Option(text, found["mark"] == "x", why)
