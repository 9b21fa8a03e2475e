"""What pages repeat of the chapters: tables, links, and lines of the book's contents.

A function returns a list of lines, or a few words that stand within one.
"""

import json

from course_lib.authoring.addresses import repository
from course_lib.authoring.facts import capital, exercises, minutes
from course_lib.authoring.source import ROOT
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import SourceError, file_stem, front_matter, tasks, views
from course_lib.classroom import minutes as recorded

MEASURED = ROOT / "book" / "measured_minutes.json"  # there once a class has been measured


def shortest():
    """Return the minutes of the shortest exercise."""
    return str(min(task.minutes for task in _all_tasks()))


def longest():
    """Return the minutes of the longest exercise."""
    return str(max(task.minutes for task in _all_tasks()))


def _all_tasks():
    return [task for chapter in CHAPTERS for task in tasks(chapter).values()]


def chapters():
    """Return the table of the chapters: their questions, and which others they need."""
    rows = ["| | chapter | the question it answers | needs |", "| --- | --- | --- | --- |"]
    for number in CHAPTERS:
        said = front_matter(number)
        question = capital(said["question"])
        link = f"[{said['title']}](notebooks/{chapter_stem(number)}.ipynb)"
        rows.append(f"| {number} | {link} | {question} | {_needs(number)} |")
    return ["", *rows, ""]


def exercise(key):
    """Return a link to an exercise, for a page of the book."""
    [found] = [task for task in _all_tasks() if task.key == key] or [None]
    if found is None:
        raise SourceError(f"there is no exercise {key!r}")
    return f"[{found.key}](../{_place(found)}), *{found.title}*"


def all_exercises():
    """Return the table of all exercises, a row each."""
    rows = ["| title | exercise | chapter | kind | minutes | needs |", f"|{' --- |' * 6}"]
    for task in _all_tasks():
        link = f"[{task.title}]({_place(task)})"
        chapter = f"{chapter_stem(task.chapter)[:2]} {front_matter(task.chapter)['title']}"
        cells = (link, task.key, chapter, task.kind, task.minutes, _needs(task.chapter))
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return ["", *rows, ""]


def _needs(chapter):
    return ", ".join(sorted(chapter_stem(name)[:2] for name in front_matter(chapter)["needs"]))


def _place(task):
    return f"notebooks/{chapter_stem(task.chapter)}.ipynb#{task.key}"


def get_it():
    """Return how to get the course: from its repository, once that has an address."""
    address = repository()
    if not address:
        said = "The course is one folder: get a copy of it, as an archive or as a clone of its "
        return ["", f"{said}repository, and open a terminal in it.", ""]
    name = address.rstrip("/").removesuffix(".git").rpartition("/")[2]
    return ["", "```sh", f"git clone {address}", f"cd {name}", "```", ""]


def contents():
    """Return the chapters' lines of the book's table of contents."""
    return [f"      - file: chapters/{chapter_stem(number)}" for number in CHAPTERS]


def translated():
    """Return the lines of the book's table of contents for chapters in other languages."""
    stems = [chapter_stem(number) for number in CHAPTERS]
    translated = [view for view in views(stems) if view[1] != "en"]
    return [f"      - file: chapters/{file_stem(*view)}" for view in translated]


def measured():
    """Return the table of minutes that classes needed, beside the planned ones."""
    found = recorded.rows(recorded.together([MEASURED])) if MEASURED.exists() else []
    if not found:
        return ["", "No class has been recorded here yet.", ""]
    lines = ["| exercise | planned | median | learners |", "| --- | --- | --- | --- |"]
    for key, title, planned, middle, count in found:
        shown = "too few" if middle is None else f"{middle:g}"
        lines.append(f"| {key}: {title} | {planned} | {shown} | {count} |")
    return ["", *lines, ""]


def teaching():
    """Return the table of the pages for instructors, a chapter each."""
    rows = ["| | chapter | exercises | minutes of solving |", "| --- | --- | --- | --- |"]
    for number in CHAPTERS:
        link = f"[{front_matter(number)['title']}](teaching/{chapter_stem(number)}.md)"
        rows.append(f"| {number} | {link} | {exercises(number)} | {minutes(number)} |")
    return ["", *rows, ""]


def hub_memory(learners):
    """Return the table of what a learner on a hub takes, and what some learners take together."""
    text = (ROOT / "book" / "hub" / "measured.json").read_text(encoding="utf-8")
    server, *kernels = [
        (name, sum(megabytes) / len(megabytes)) for name, megabytes in json.loads(text).items()
    ]
    rows = [f"| what | MB a learner | GB for {learners} |", "| --- | --- | --- |"]

    def row(what, megabytes):
        rows.append(f"| {what} | {megabytes:.0f} | {int(learners) * megabytes / 1000:.1f} |")

    row("a server, without a notebook", server[1])
    for name, megabytes in kernels:
        row(f"and one chapter with {name}", server[1] + megabytes)
    row("and one of each", server[1] + sum(megabytes for _, megabytes in kernels))
    return ["", *rows, ""]


def teaching_contents():
    """Return the lines of the book's table of contents for these pages."""
    return [f"          - file: teaching/{chapter_stem(number)}" for number in CHAPTERS]


MAKERS = {
    make.__name__: make
    for make in (
        all_exercises, chapters, contents, exercise, exercises, get_it, hub_memory, longest,
        measured, minutes, shortest, teaching, teaching_contents, translated,
    )
}  # fmt: skip
