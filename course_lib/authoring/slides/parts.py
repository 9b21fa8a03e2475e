"""Read a chapter as parts of slides."""

import re
from dataclasses import dataclass, field

from course_lib.authoring.source import MARK, read_marked
from course_lib.chapters.reading import DIRECTIVE, with_solution
from course_lib.exercises.registry import find_exercise

HEADING = re.compile(r"^(#{1,2}) (.+)$")
SENTENCE = re.compile(r"(?<=[.?!:*])\s+(?=[A-Z*`$])")
LIVE = re.compile(r"^(?:await )?\w+_explorer\(|^query_plane\(|^await watch_training\(", re.M)
LEARNERS = re.compile(r"(check|scorecard)\(")
SHOW, HIDE = "slide", "no slide"


@dataclass
class Slide:
    """A slide before it is drawn.

    Attributes
    ----------
    kind : str
        "title", "text", "code" or "exercise".
    heading : str
    blocks : list of str
        Markdown.
    opening : str
        How the section begins, for a slide that would be empty.
    cell : int or None
        The number of the code cell whose outputs are shown.
    live : bool
        Whether that cell shows a live figure.
    exercise : str
        The key of the exercise, or "".
    """

    kind: str
    heading: str
    blocks: list = field(default_factory=list)
    opening: str = ""
    cell: int | None = None
    live: bool = False
    exercise: str = ""


def slides_of(stem):
    """Return the slides of a chapter in their order."""
    return slides_from(read_marked(stem).cells)


def slides_from(cells):
    """Return the slides of the cells of a source, in which the marks still stand."""
    made, heading, mark, number = [], "", None, 0
    for cell in cells:
        if cell.cell_type == "code":
            if LEARNERS.match(cell.source):
                continue
            wanted = mark == SHOW or (mark is None and _is_live(cell))
            if wanted and "exercise" not in cell.metadata:
                made.append(Slide("code", heading, cell=number, live=_is_live(cell)))
            mark, number = None, number + 1
            continue
        for block in _blocks(cell.source):
            mark, block = _mark_of(block, mark)
            if not block:
                continue
            if found := HEADING.match(block):
                heading = found[2]
                made.append(Slide("title" if found[1] == "#" else "text", heading))
            elif found := DIRECTIVE.match(block):
                if found["name"] == "exercise" and mark != HIDE:
                    made.append(_exercise(found))
            elif told := _told(block, mark, heading):
                made = _with(made, heading, told)
            elif made and not made[-1].opening and _is_prose(block):
                made[-1].opening = " ".join(SENTENCE.split(" ".join(block.split()))[:2])
            mark = None
    for slide in made:
        if slide.kind == "text" and not slide.blocks and slide.opening:
            slide.blocks = [slide.opening]
    shown = zip(made, [*made[1:], None], strict=True)
    return [slide for slide, after in shown if not _is_idle(slide, after)]


def _is_idle(slide, after):
    """Tell whether a slide has nothing but the heading that the next one has, too."""
    alone = slide.kind == "text" and not slide.blocks
    return alone and after is not None and after.heading == slide.heading


def code_cells(stem):
    """Return the code of a chapter as it runs for its deck: solved, without checks."""
    cells = [cell for cell in read_marked(stem).cells if cell.cell_type == "code"]
    return [with_solution(cell.source) for cell in cells if not LEARNERS.match(cell.source)]


def _is_live(cell):
    return "exercise" not in cell.metadata and LIVE.search(cell.source) is not None


def _blocks(text):
    """Return the blocks of a text: paragraphs, lists, formulas, directives as wholes."""
    wholes = re.compile(rf"{DIRECTIVE.pattern}|^\$\$(?s:.*?)\$\$|^```(?s:.*?)^```", re.M)
    start = 0
    for found in wholes.finditer(text):
        yield from _paragraphs(text[start : found.start()])
        yield found[0].strip()
        start = found.end()
    yield from _paragraphs(text[start:])


def _paragraphs(text):
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def _mark_of(block, mark):
    """Return the mark of a block, and the block without it."""
    found = MARK.match(block + "\n")
    return (found["mark"], block[found.end() :].strip()) if found else (mark, block)


def _told(block, mark, heading):
    """Return what a slide shows of a block, or None."""
    if mark == HIDE:
        return None
    if mark == SHOW or block.startswith("$$"):
        return block
    if block.startswith(("- ", "1. ")):
        return block if heading == "Recap" else None
    if not _is_prose(block) or block.startswith("**Further reading"):
        return None
    terms = [s for s in SENTENCE.split(" ".join(block.split())) if re.search(r"\*\*[^*]+\*\*", s)]
    return " ".join(terms) or None


def _is_prose(block):
    return not block.startswith(("|", ">", "<", "```", ":::", "- ", "1. ")) and "{{" not in block


def _with(made, heading, block):
    """Return slides with one more block under a heading: on the last slide, if that takes text."""
    if not made or made[-1].kind not in ("text", "title"):
        made = [*made, Slide("text", heading)]
    if made[-1].kind == "text":
        made[-1].blocks.append(block)
    return made


def _exercise(found):
    key = found["title"].strip()
    task = find_exercise(key)
    told = f"*{task.kind.capitalize()}, about {task.minutes} minutes.*"
    blocks = [told, *_paragraphs(found["body"])]
    return Slide("exercise", f"Exercise {task.number}. {task.title}", blocks, exercise=key)
