"""What pages repeat of the chapters is written here, from what the chapters say of themselves.

A page marks such a place: ``<!-- =minutes gat 1 3 -->17<!-- = -->``. The name chooses a function of
`tables`, `schedules` or `graders`, the words after it are its arguments, and what stands between
the two marks is written by ``course build``. In ``book.yml`` the marks are the comments
``# =contents`` and ``# =``.
In the glossary, the chapter after an entry follows from the chapters' ideas.
"""

import os
import re

from course_lib.authoring import graders, schedules, tables
from course_lib.authoring.source import ROOT, write_if_changed
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import SourceError, front_matter

PAGES = (
    *("README.md", "book.yml", "book/article.md", "book/class.md", "book/exercises.md"),
    *("book/glossary.md", "book/grading.md", "book/hub.md", "book/index.md"),
    "book/instructors.md",
)
PLACE = re.compile(
    r"(?P<open>(?:<!--|[ ]*#) =(?P<call>\w[^\n>]*?)(?: -->|\n))(?P<text>.*?)"
    r"(?P<close><!-- = -->|[ ]*# =\n)",
    re.S,
)
MAKERS = tables.MAKERS | graders.MAKERS | schedules.MAKERS
ENTRY = re.compile(r"^### (?P<term>.+)\n\n(?P<text>(?s:.+?))(?=\n\n#|\s*\Z)", re.M)
NOTED = re.compile(r" \*\[Chapter \d+\]\([^)]+\)\.\*\Z")


def write_derived():
    """Write what pages repeat of the chapters; return a line for each page that changed."""
    return [
        f"{page}: written" for page in PAGES if write_if_changed(ROOT / page, derived_text(page))
    ]


def derived_text(page):
    """Return the text of a page as it should be today; the page is a path from the root."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith("glossary.md"):
        return _glossary(text, page)
    return PLACE.sub(lambda found: _filled(found, page), text)


def _filled(found, page):
    name, *arguments = found["call"].split()
    if name not in MAKERS:
        raise SourceError(f"{page}: nobody knows how to write {name!r}")
    made = MAKERS[name](*arguments)
    if isinstance(made, list):  # lines of their own, with links from where the page lies
        up = os.path.relpath(ROOT / "notebooks", (ROOT / page).parent)
        lines = "\n".join(made).replace("](notebooks/", f"]({up}/")
        made = f"{lines}\n" if page.endswith(".yml") else f"\n{lines}\n"
    return f"{found['open']}{made}{found['close']}"


def _glossary(text, page):
    """Return the glossary with, after each entry, the chapter that brings the idea."""
    homes = {idea: number for number in CHAPTERS for idea in front_matter(number)["ideas"]}
    entries = {found["term"] for found in ENTRY.finditer(text)}
    if entries != set(homes):
        apart = ", ".join(sorted(entries ^ set(homes)))
        raise SourceError(f"{page} and the ideas of the chapters differ: {apart}")

    def noted(found):
        number = homes[found["term"]]
        link = f"../notebooks/{chapter_stem(number)}.ipynb"
        said = NOTED.sub("", found["text"])
        return f"### {found['term']}\n\n{said} *[Chapter {int(number)}]({link}).*"

    return ENTRY.sub(noted, text)
