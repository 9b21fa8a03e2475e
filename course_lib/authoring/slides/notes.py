"""What the speaker sees: the steps of the plan, and what learners get wrong at each place."""

import re

from course_lib.authoring.plans import read_plan


def notes_of(stem, slides):
    """Return the notes of each slide as Markdown: the plan's steps that name its section.

    The title's notes hold the aim, the whole plan, and so also what names no section.
    """
    plan = read_plan(stem)
    steps = [f"- {step.minutes} min, {step.who}: {step.what}" for step in plan.steps]
    whole = "\n".join([plan.aim, "", *steps, "", plan.afterwards])
    said, notes = set(), []
    for slide in slides:
        if slide.kind == "title":
            notes.append(whole)
            continue
        lines = [
            line
            for step, line in zip(plan.steps, steps, strict=True)
            if _is_about(step, slide) and line not in said
        ]
        said.update(lines)
        asked = [
            f"- Some think: {wrong.belief} Ask: {wrong.question}"
            for wrong in plan.misconceptions
            if _is_at(wrong.where, slide)
        ]
        asked = [line for line in asked if line not in said]
        said.update(asked)
        notes.append("\n".join([*lines, *asked]))
    return notes


def _is_about(step, slide):
    """Tell whether a step of the plan happens at a slide: it names its exercise or its section."""
    if slide.kind == "exercise":
        return int(slide.exercise.rpartition("-")[2]) in step.exercises
    opening = re.split(r"[;.:,?(]", step.what)[0].strip()
    return bool(opening) and _begins_alike(opening, slide.heading)


def _is_at(where, slide):
    if slide.kind == "exercise":
        return where == f"exercise {slide.exercise.rpartition('-')[2]}"
    return _begins_alike(where.strip("*"), slide.heading)


def _begins_alike(one, other):
    one, other = one.lower(), other.lower()
    return len(one) > 3 and (one.startswith(other) or other.startswith(one))
