"""The pages that grading writes: a report on the class, and a page to hand back to each learner.

Everything that came from a submission or a roster is escaped, and no page loads anything.
"""

import hashlib
import html
import re
from pathlib import Path

from course_lib import language, theme
from course_lib.chapters import chapter_stem
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED
from course_lib.exercises.report import HEADINGS
from course_lib.grading import summary
from course_lib.language import say

# Nothing in a page may run or be fetched, even if something should once not be escaped.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LONGEST = 2000  # characters of a message


def report_page(learners, entries, asked):
    """Return the report on a class as HTML; `asked` are the chapters that count."""
    lines = summary.lines(learners, entries, asked)
    exercises = summary.exercises_in(asked)
    size = say("{count} notebooks of {learners} learners", count=len(entries), learners=len(lines))
    parts = [
        f"<p>{_text(size)}</p>",
        *(f"<p>{_text(told)}</p>" for told in counted(entries, asked)),
        _table(lines, exercises),
        f"<h2>{_text(say('By exercise'))}</h2>",
        *(_exercise(exercise, lines) for exercise in exercises),
        _problems(entries, asked),
        f"<h2>{_text(say('By learner'))}</h2>",
        *(_learner(line, exercises) for line in lines),
    ]
    return _page(say("Report on a class"), parts)


def counted(entries, asked):
    """Yield which chapters count, and which were handed in besides."""
    yield say("What counts: {chapters}", chapters=", ".join(map(chapter_stem, asked)) or "-")
    for chapter, count in summary.unasked(entries, asked).items():
        yield say(
            "{chapter} does not count, {count} handed it in. If it is to: {options}",
            chapter=chapter_stem(chapter),
            count=count,
            options=" ".join(f"--chapter {chapter_stem(one)[:2]}" for one in (*asked, chapter)),
        )


def feedback_page(line, exercises):
    """Return what is handed back to a learner as HTML."""
    who = line.learner.name or line.learner.identity
    done = say("{done} of {count} exercises passed", done=line.passed, count=len(exercises))
    parts = [f"<p>{_text(done)}</p>", _notes(line)]
    for exercise in exercises:
        verdict = line.verdicts.get(exercise.key)
        if verdict is not None:
            parts.append(_card(exercise, verdict, hint=exercise.hints[0]))
    return _page(who, parts)


def file_name(learner):
    """Return a name for a learner's page, which no identity leads out of its folder.

    Examples
    --------
    >>> from course_lib.grading.roster import Learner
    >>> file_name(Learner("anna.b"))
    'anna.b.html'
    >>> "/" in file_name(Learner("../../etc/passwd"))
    False
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", learner.identity).lstrip(".")[:80]
    if plain != learner.identity or plain != plain.lower():  # it may be another's on some systems
        plain += "-" + hashlib.sha256(learner.identity.encode("utf-8")).hexdigest()[:8]
    return f"{plain}.html"


def _page(title, parts):
    style = theme.stylesheet("colours.css", "cards.css") + Path(__file__).with_name(
        "page.css"
    ).read_text("utf-8")
    return (
        f"<!DOCTYPE html>\n<html lang='{language.chosen()}'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{_text(title)}</title><style>{style}</style></head>"
        f"<body class='course-figure-box'><main><h1>{_text(title)}</h1>"
        + "\n".join(filter(None, parts))
        + "</main></body></html>\n"
    )


def _table(lines, exercises):
    heads = "".join(f"<th scope='col'>{_text(ex.key)}</th>" for ex in exercises)
    rows = []
    for line in lines:
        cells = "".join(_cell(line.verdicts.get(exercise.key)) for exercise in exercises)
        who = _text(line.learner.identity)
        rows.append(f"<tr><th scope='row'>{who}</th>{cells}<td>{_of(line, exercises)}</td></tr>")
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label='{_text(say('All marks'))}'>"
        f"<table><thead><tr><th scope='col'>{_text(say('learner'))}</th>{heads}"
        f"<th scope='col'>{_text(say('passed'))}</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _of(line, exercises):
    return _text(say("{done} of {count}", done=line.passed, count=len(exercises)))


def _cell(verdict):
    if verdict is None:
        return f"<td data-state='none'>{_text(say('none'))}</td>"
    mark, heading = HEADINGS[verdict.state]
    said = _text(say(heading))
    told = f"role='img' aria-label='{said}' title='{said}'"
    return f"<td data-state='{verdict.state}'><span {told}>{mark}</span></td>"


def _exercise(exercise, lines):
    states = [line.verdicts[exercise.key].state for line in lines if exercise.key in line.verdicts]
    counts = say(
        "{passed} of {count} passed, {open} not attempted",
        passed=states.count(PASSED),
        count=len(states),
        open=states.count(NOT_ATTEMPTED),
    )
    told = "".join(
        f"<li>{count} × {_text(message)}</li>"
        for message, count in summary.mistakes(exercise.key, lines)
    )
    return f"<h3>{_text(exercise.key)} · {_text(exercise.title)}</h3><p>{_text(counts)}</p>" + (
        f"<ul>{told}</ul>" if told else ""
    )


def _problems(entries, asked):
    rows = [
        f"<li>{_text(entry.path)}: {_text(told)}</li>"
        for entry in entries
        if (told := summary.problem_of(entry, asked))
    ]
    if not rows:
        return ""
    return f"<h2>{_text(say('Files to look at'))}</h2><ul>{''.join(rows)}</ul>"


def _learner(line, exercises):
    cards = "".join(
        _card(exercise, line.verdicts[exercise.key])
        for exercise in exercises
        if exercise.key in line.verdicts
    )
    who = " · ".join(filter(None, (line.learner.identity, line.learner.name)))
    done = say("{done} of {count} exercises passed", done=line.passed, count=len(exercises))
    return f"<details><summary>{_text(who)}: {_text(done)}</summary>{_notes(line)}{cards}</details>"


def _notes(line):
    return "".join(f"<p class='note'>{_text(note)}</p>" for note in line.notes)


def _card(exercise, verdict, hint=None):
    mark, heading = HEADINGS[verdict.state]
    body = ""
    if verdict.state != PASSED:
        body = f"<p>{_text(verdict.message)}</p>"
        if hint:
            body += f"<p>{_text(say('Hint: {hint}', hint=hint))}</p>"
    if verdict.note:
        body += f"<p class='note'>{_text(verdict.note)}</p>"
    name = f"{_text(exercise.key)} · {_text(exercise.title)}"
    return (
        f"<div class='course-check' data-state='{verdict.state}'><strong>"
        f"<span class='course-mark' aria-hidden='true'>{mark}</span> {_text(say(heading))}"
        f"</strong> <span class='course-name'>{name}</span>{body}</div>"
    )


def _text(text):
    """Escape a text, leave out what cannot be seen, and set its `code` spans."""
    text = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    parts = html.escape(text[:LONGEST]).split("`")
    if len(parts) % 2 == 0:
        return html.escape(text[:LONGEST])
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
