"""Write the page of each chapter for instructors: aim, what to show, schedule, misconceptions."""

import re

from course_lib.authoring.facts import capital
from course_lib.authoring.plans import read_plan
from course_lib.authoring.schedules import SET_UP, SLACK, fit, ninety_minutes
from course_lib.authoring.slides.parts import slides_of
from course_lib.authoring.source import ROOT, read_source, stems, write_if_changed
from course_lib.chapters.reading import front_matter, tasks

FOLDER = ROOT / "book" / "teaching"


def write_teaching(folder=FOLDER):
    """Write the pages for instructors; return a line for each that changed."""
    paths = {stem: folder / f"{stem}.md" for stem in stems()}
    return [
        f"teaching/{stem}.md: written"
        for stem, path in paths.items()
        if write_if_changed(path, teaching_page(stem))
    ]


def teaching_page(stem):
    """Return the page of a chapter for instructors."""
    plan, said = read_plan(stem), front_matter(stem)
    kept, _ = fit(plan, 90 - SET_UP - SLACK)
    number = int(stem[:2])
    parts = [
        f"# Teaching chapter {number}, {said['title'][0].lower() + said['title'][1:]}",
        "*Made by `course build` from the chapter and its plan; minutes in brackets are those of "
        "the exercise alone.*",
        "## Aim",
        capital(plan.aim),
        _goals(stem),
        "## What to show",
        *_figures(stem, plan),
        "## 90 minutes",
        "\n".join(ninety_minutes(stem)),
        "## What learners get wrong",
        "\n".join(_misconceptions(plan, tasks(stem))),
        "## What to skip",
        "\n".join(_skipped(kept, tasks(stem))),
    ]
    text = "\n\n".join(part for part in parts if part)
    return re.sub(r"\]\((\w+\.md)", r"](../\1", text) + "\n"  # a plan speaks from the folder above


def _goals(stem):
    """Return what the chapter says that one can do after it."""
    text = "\n".join(c.source for c in read_source(stem).cells if c.cell_type == "markdown")
    found = re.search(r"^After this chapter you can\n\n(?:- .*\n(?:  .*\n)*)+", text, re.M)
    return found[0].strip() if found else ""


def _figures(stem, plan):
    live = [slide.heading for slide in slides_of(stem) if slide.kind == "code" and slide.live]
    where = ", ".join(f"*{heading}*" for heading in dict.fromkeys(live)) or "none in this chapter"
    yield (
        f"Live figures, each with a button *Full screen* for the projector: {where}. "
        "Ask for a guess before you move a control."
    )
    asked = [step.what for step in plan.steps if step.who.startswith("all") and "?" in step.what]
    if asked:
        yield "Questions to put before showing the answer:\n\n" + "\n".join(f"- {q}" for q in asked)


def _misconceptions(plan, known):
    """Return the table of misconceptions, each with the exercise that meets it."""
    titles = {task.number: f"exercise {task.number}, {task.title}" for task in known.values()}
    yield "| misconception | a question that brings it to light | where it is met |"
    yield "| --- | --- | --- |"
    for wrong in plan.misconceptions:
        found = re.fullmatch(r"exercise (\d+)", wrong.where)
        where = titles.get(int(found[1]), wrong.where) if found else wrong.where
        yield f"| {wrong.belief} | {wrong.question} | {where} |"


def _skipped(kept, known):
    """Return the exercises that the schedule has no time for."""
    done = {number for step in kept for number in step.exercises}
    left = [task for task in known.values() if task.number not in done]
    if not left:
        yield "Nothing: all exercises have a place above."
        return
    minutes = sum(task.minutes for task in left)
    yield f"The schedule has no time for these exercises ({minutes} minutes alone). They are for"
    yield "home, or for those who are early:"
    yield ""
    for task in left:
        yield f"- exercise {task.number}, {task.title} ({task.minutes} minutes, {task.kind})"
