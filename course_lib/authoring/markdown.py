"""Rewrite a chapter's text: directives, citations and links become plain Markdown."""

import re
from functools import cache

from course_lib.authoring.addresses import colab, page, repository
from course_lib.authoring.facts import capital, fill
from course_lib.authoring.source import BIBLIOGRAPHY, stems
from course_lib.authoring.translation import linked_stem
from course_lib.chapters.reading import DIRECTIVE, SourceError, front_matter, is_sample
from course_lib.exercises.registry import find_exercise
from course_lib.language import chosen, later, say

CITATION = re.compile(r"\{cite:(?P<kind>[tp])\}`(?P<keys>[^`]+)`")
# A link to a chapter leads to its translation; one to `01_graph_view.en.md` to the original.
LINK = re.compile(
    r"\]\((?P<up>(?:\.\./)*)(?P<stem>\w+)(?:\.(?P<spoken>\w+))?\.md(?P<anchor>#[\w-]*)?\)"
)
BOXES = {
    "admonition": later("Note"),
    "note": later("Note"),
    "tip": later("Tip"),
    "important": later("Important"),
    "warning": later("Warning"),
}
LEFT_OVER = re.compile(r"^:::|\{[a-z:]+\}`|^```\{", re.M)


def plain_markdown(text, stem):
    """Return the text of a cell as Markdown that every notebook program renders."""
    text = DIRECTIVE.sub(_plain_directive, without_hints(fill(text, stem)))
    text = CITATION.sub(_plain_citation, text)
    text = LINK.sub(_notebook_link, text)
    left = LEFT_OVER.search(text)
    if left:
        raise SourceError(f"{stem}.md: {left[0]!r} cannot be shown in a notebook")
    return text


def _plain_directive(found):
    name, title, body = found["name"], found["title"].strip(), found["body"].strip()
    if name == "exercise":
        return task(title, body)
    if name == "solution":
        where = say(
            'The solution and its reason: run `solution("{key}")` in a cell, or open the book.',
            key=title,
        )
        return f"{hints(title)}\n\n{where}"
    if name not in BOXES:
        return found[0]  # what is left over is refused
    quoted = "\n".join(f"> {line}".rstrip() for line in body.splitlines())
    return f"> **{title or say(BOXES[name])}**\n>\n{quoted}"


def welcome():
    """Return what a newcomer needs to know of a notebook."""
    return say(
        "**To begin**, choose *Run › Run All Cells* in the menu: figures appear, and every "
        "exercise shows a card that waits for your answer. Then read on, change cells, and run "
        "them with Shift and Enter."
    )


def farewell(stem):
    """Return the text below a chapter: the way to the next, and the question that it answers."""
    if is_sample(stem, chosen()):  # it ends in the middle, and says how to go on
        return ""
    known = stems()
    place = known.index(stem) + 1
    if place == len(known):
        return f"\n\n{say('This was the last chapter.')}"
    said = say(
        "**Next:** [chapter {number}]({stem}.md). {question}",
        number=int(known[place][:2]),
        stem=known[place],
        question=capital(front_matter(known[place])["question"]),
    )
    return f"\n\n{said}"


def task(key, body):
    """Return an exercise's heading, kind and minutes above its text."""
    exercise = find_exercise(key)
    heading = say("Exercise {number}. {title}", number=exercise.number, title=exercise.title)
    effort = say(
        "{kind}, about {minutes} minutes.",
        kind=capital(say(exercise.kind)),
        minutes=exercise.minutes,
    )
    return f"### {heading}\n\n*{effort}*\n\n{body}"


def hints(key):
    """Return both hints of an exercise, folded."""
    return "\n\n".join(
        folded(say("Hint {number}", number=number), hint, "hint")
        for number, hint in enumerate(find_exercise(key).hints, start=1)
    )


def folded(summary, body, kind):
    """Return a text that a reader folds open."""
    return f'<details class="{kind}">\n<summary>{summary}</summary>\n\n{body}\n\n</details>'


def without_hints(text):
    """Return a text without its hints: they are set in before the solution, numbered."""
    return re.sub(rf"{DIRECTIVE.pattern}\n*", _without_hint, text, flags=re.M)


def _without_hint(found):
    return "" if found["name"] == "hint" else found[0]


def _notebook_link(found):
    """Return a link of a notebook: beside it where nothing is published, else one for Colab, too.

    `course_lib.working.shipped` turns the latter back, for folders that hold the pages.
    """
    stem, address = found["stem"], repository()
    if stem in stems():
        stem = linked_stem(stem, found["spoken"])
        target = colab(address, stem) if address else f"{stem}.ipynb"
    else:
        target = page(address, stem) if address else f"../book/{stem}.md"
    return f"]({target}{found['anchor'] or ''})"


def page_link(found):
    """Return a link of a page to another page, for `LINK`."""
    if found["stem"] not in stems():
        return found[0]
    return f"]({linked_stem(found['stem'], found['spoken'])}.md{found['anchor'] or ''})"


def _plain_citation(found):
    references = [_reference(key.strip()) for key in found["keys"].split(",")]
    if found["kind"] == "t":
        return ", ".join(f"[{names} ({year})]({url})" for names, year, url in references)
    return f"({'; '.join(f'[{names}, {year}]({url})' for names, year, url in references)})"


def _reference(key):
    """Return the names, the year and the address of a work in the bibliography."""
    try:
        entry = _bibliography().entries[key]
    except KeyError:
        raise SourceError(f"{BIBLIOGRAPHY.name} has no work {key!r}") from None
    names = [" ".join(person.last_names).strip("{}") for person in entry.persons["author"]]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    elif len(names) == 2:
        names = [say("{first} and {second}", first=names[0], second=names[1])]
    return names[0], entry.fields["year"], entry.fields["url"]


@cache
def _bibliography():
    # Only authors build notebooks, so only they need the book's extra.
    try:
        from pybtex.database import parse_file
    except ImportError:
        raise SourceError('building needs the extra `book`: pip install -e ".[book]"') from None
    return parse_file(str(BIBLIOGRAPHY))
