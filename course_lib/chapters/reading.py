"""Read a chapter's text: its front matter, and the task, the hints and the solution of an exercise.

``chapter.md`` is the one source of everything that is said in a chapter. What a program needs of
it at run time is read here, without the tools that build notebooks. A translation stands beside it,
``chapter.de.md``; what it leaves out is taken from the original.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache

import yaml

from course_lib import language
from course_lib.chapters import chapter_folder, chapter_name

FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.M | re.S)
DIRECTIVE = re.compile(
    r"^:::\{(?P<name>\w+)\}[ ]*(?P<title>.*)\n"
    r"(?P<options>(?::\w+:.*\n)*)(?P<body>(?s:.*?))^:::[ ]*$",
    re.M,
)
OPTION = re.compile(r"^:(\w+):[ ]*(.*)$", re.M)
EXERCISE_CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n:exercise: (?P<key>\S+)\n(?P<code>.*?)^```$", re.M | re.S
)
SOLUTION = re.compile(
    r"^(?P<indent>[ ]*)### BEGIN SOLUTION\n(?P<body>.*?)^[ ]*### END SOLUTION\n?", re.M | re.S
)


class SourceError(ValueError):
    """A text that cannot be read or built; the message names the file and the place."""


@dataclass(frozen=True)
class Task:
    """What a chapter says of an exercise.

    Attributes
    ----------
    key : str
        Chapter and number, "weights-2".
    title, kind, minutes : str, str, int
        What is shown above the exercise; kind is implement, predict, find the bug, prove, explore.
    hints : (str, str)
        A nudge, then the key step (Markdown).
    answer : str
        The name that the learner's cell defines.
    solution, reason : str
        The exercise cell with its solution, and why it works (Markdown).
    """

    key: str
    title: str
    kind: str
    minutes: int
    hints: tuple[str, ...]
    answer: str
    solution: str
    reason: str

    @property
    def chapter(self):
        """The chapter's name, "weights"."""
        return self.key.rpartition("-")[0]

    @property
    def number(self):
        """The exercise's number within its chapter."""
        return int(self.key.rpartition("-")[2])


def chapter_path(chapter, spoken="en"):
    """Return the file of a chapter's text in a language; it need not exist in every one."""
    suffix = "" if spoken == "en" else f".{spoken}"
    return chapter_folder(chapter) / f"chapter{suffix}.md"


def translations(chapter):
    """Return the codes of the languages that a chapter is translated into."""
    folder = chapter_path(chapter).parent
    return sorted(path.name.split(".")[1] for path in folder.glob("chapter.*.md"))


def views(stems):
    """Return the pairs of file stem and language that there are, of some chapters."""
    return [(stem, spoken) for stem in stems for spoken in ("en", *translations(stem))]


def file_stem(stem, spoken):
    """Return the file stem of a chapter's notebook and page in a language: "01_graph_view.de"."""
    return stem if spoken == "en" else f"{stem}.{spoken}"


def front_matter(chapter):
    """Return what a chapter says of itself: title, question, needs, ideas, reading minutes.

    A translation says what it says otherwise, in the language that is spoken.
    """
    said = _front_matter(chapter_path(chapter))
    translation = chapter_path(chapter, language.chosen())
    return said | _front_matter(translation) if translation.is_file() else said


def is_sample(chapter, spoken):
    """Tell whether a text says of itself that it leaves cells out."""
    return bool(_front_matter(chapter_path(chapter, spoken)).get("sample"))


def tasks(chapter):
    """Return the tasks of a chapter by key, in their order and in the language that is spoken."""
    return _tasks(chapter_name(chapter), language.chosen())


def told(chapter, spoken):
    """Return the keys of the exercises that a chapter holds in a language, or else in English."""
    path = chapter_path(chapter, spoken)
    return list(_said(path if path.is_file() else chapter_path(chapter)))


@cache
def _front_matter(path):
    found = FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    return yaml.safe_load(found["yaml"]) if found else {}


@cache
def _tasks(chapter, spoken):
    said = _said(chapter_path(chapter))
    translation = chapter_path(chapter, spoken)
    if spoken != "en" and translation.is_file():
        for key, fields in _said(translation).items():
            said[key] |= fields
    return {key: _task(chapter, key, fields) for key, fields in said.items()}


def _said(path):
    """Return what a text says of each exercise, by key and field; a translation says less."""
    text = path.read_text(encoding="utf-8")
    said = {}
    for found in DIRECTIVE.finditer(text):
        key, body = found["title"].strip(), found["body"].strip()
        if found["name"] == "exercise":
            said.setdefault(key, {}).update(OPTION.findall(found["options"]))
        elif found["name"] == "hint":
            said.setdefault(key, {}).setdefault("hints", []).append(body)
        elif found["name"] == "solution":
            said.setdefault(key, {})["reason"] = body
    for found in EXERCISE_CELL.finditer(text):
        said.setdefault(found["key"], {})["solution"] = found["code"].rstrip("\n")
    return said


def _task(chapter, key, said):
    path = chapter_path(chapter)
    try:
        cell = said["solution"]
        return Task(
            key=key,
            title=said["title"],
            kind=said["kind"],
            minutes=int(said["minutes"]),
            hints=tuple(said["hints"]),
            answer=answer_name(cell),
            solution=with_solution(cell),
            reason=said["reason"],
        )
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path.parent.name}/{path.name}: {key} lacks {error}") from None


def with_solution(source):
    """Return an exercise cell with its solution and without the markers."""
    return SOLUTION.sub(lambda found: found["body"], source + "\n").rstrip("\n")


def answer_name(source):
    """Return the name that an exercise cell defines last: what is defined before is a step to it.

    Examples
    --------
    >>> answer_name("steps = 3; answer = (steps, 2)")
    'answer'
    """
    made = [s for s in ast.parse(with_solution(source)).body if _defines(s)]
    if not made:
        raise ValueError("a name that the cell defines")
    return made[-1].name if hasattr(made[-1], "name") else made[-1].targets[0].id


def _defines(statement):
    if isinstance(statement, ast.Assign):
        return isinstance(statement.targets[0], ast.Name)
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
