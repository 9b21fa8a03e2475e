"""Read what plan.md says of teaching a chapter: steps with minutes, and misconceptions."""

import re
from dataclasses import dataclass

from course_lib.authoring.facts import fill
from course_lib.chapters import chapter_folder, chapter_stem
from course_lib.chapters.reading import SourceError, front_matter

SECTION = r"^## (?:{})\n\n(.*?)(?=\n+## |\s*\Z)"
STEPS, MISCONCEPTIONS = "Steps|90 minutes", "What learners get wrong"
EXERCISE = re.compile(r"\b(\d+) \(\d+\)")  # with its minutes: what is only mentioned has none


@dataclass(frozen=True)
class Step:
    """A step of a lesson.

    Attributes
    ----------
    minutes : int
    what, who : str
        What is done (Markdown), and by whom.
    drop : int or None
        1 for the step that is left out first where time is short, 2 for the next; None for none.
    """

    minutes: int
    what: str
    who: str
    drop: int | None = None

    @property
    def exercises(self):
        """The numbers of the exercises that are done in it."""
        return [int(number) for number in EXERCISE.findall(self.what)]


@dataclass(frozen=True)
class Misconception:
    """What learners believe, a question that brings it to light, and the place of that."""

    belief: str
    question: str
    where: str


@dataclass(frozen=True)
class Plan:
    """How a chapter is taught: its question, its steps, what is for home, misconceptions."""

    chapter: str
    aim: str
    steps: tuple
    afterwards: str
    misconceptions: tuple

    @property
    def minutes(self):
        """The minutes of all steps."""
        return sum(step.minutes for step in self.steps)


def read_plan(chapter):
    """Return the `Plan` of a chapter."""
    steps, after = _table(section(chapter, STEPS))
    wrong, _ = _table(section(chapter, MISCONCEPTIONS))
    stem = chapter_stem(chapter)
    try:
        return Plan(
            chapter=stem,
            aim=front_matter(chapter)["question"],
            steps=tuple(_step(*cells) for cells in steps),
            afterwards=after,
            misconceptions=tuple(Misconception(*cells) for cells in wrong),
        )
    except (TypeError, ValueError) as error:
        raise SourceError(f"{stem}: plan.md has a row that cannot be read: {error}") from None


def section(chapter, name):
    """Return what stands under a heading of a chapter's plan, filled in."""
    text = (chapter_folder(chapter) / "plan.md").read_text(encoding="utf-8")
    found = re.search(SECTION.format(name), text, re.M | re.S)
    if not found:
        raise SourceError(f"{chapter_stem(chapter)}: plan.md has no section {name!r}")
    return fill(found[1], chapter)


def _step(minutes, what, who, drop=""):
    return Step(int(minutes), what, who, int(drop) if drop else None)


def _table(text):
    """Return the rows of the table in a text, without its head, and what stands after it."""
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    after = "\n".join(line for line in lines if not line.startswith("|")).strip()
    return [[cell.strip() for cell in row[1:-1].split(" | ")] for row in rows[2:]], after
