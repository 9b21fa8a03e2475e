"""Tell the learner: the card under an exercise, the scorecard of a chapter or of all."""

import html
import json
import os

from IPython.display import display

from course_lib import language, theme
from course_lib.chapters import CHAPTERS, chapter_name
from course_lib.chapters.reading import tasks
from course_lib.classroom import outbox
from course_lib.exercises import answers, copies, progress
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG, assess
from course_lib.exercises.registry import find_exercise
from course_lib.language import later, say

# The verdict as data, beside the card, for programs that read outputs.
MIME = "application/vnd.attention-course.check+json"
# Set by the pytest plugin: the file to which each check adds its verdict, as a line of JSON. It
# reaches the plugin also if the output is captured, redirected or lost with the kernel.
VERDICTS = "COURSE_CHECK_VERDICTS"

HEADINGS = {
    PASSED: ("✓", later("Passed")),
    NOT_ATTEMPTED: ("○", later("Not attempted yet")),
    WRONG: ("✗", later("Not right yet")),
    ERROR: ("!", later("Stopped with an error")),
}


class Card:
    """What is shown for one result: HTML in Jupyter, text elsewhere, and the verdict as data."""

    def __init__(self, exercise, result):
        self.exercise, self.result = exercise, result

        mark, heading = HEADINGS[result.state]
        message = exercise.title if result.state == PASSED else result.message
        self.text = f"{mark} {exercise.key}: {say(heading)}. {message}"
        self.hint = "" if result.state == PASSED else say("Hint: {hint}", hint=exercise.hints[0])

    def __str__(self):
        return "\n".join(filter(None, (self.text, self.hint)))

    def _repr_mimebundle_(self, include=None, exclude=None):
        verdict = {"key": self.result.key, "state": self.result.state}
        return {"text/html": self._html(), "text/plain": str(self), MIME: verdict}

    def as_line(self):
        """Return the verdict as a line of JSON, with what is to be said of it and who says so."""
        verdict = {"key": self.result.key, "state": self.result.state, "copy": str(copies.COPY)}
        said = {"text": self.text, "hint": self.hint, "language": language.chosen()}
        return json.dumps(verdict | said) + "\n"

    def _html(self):
        mark, heading = HEADINGS[self.result.state]
        body = ""
        if self.result.state != PASSED:
            body = f"<p>{_inline(self.result.message)}</p>"
        if self.result.state in (WRONG, ERROR):  # before that, the hints are right below the card
            body += _folded_hint(self.exercise.hints[0])
        return (
            f"{_style()}<div class='course-check' data-state='{self.result.state}' role='status'>"
            f"<strong><span class='course-mark' aria-hidden='true'>{mark}</span> {say(heading)}"
            f"</strong> <span class='course-name'>{html.escape(self.exercise.key)} · "
            f"{html.escape(self.exercise.title)}</span>{body}</div>"
        )


def check(key):
    """Judge the answer to an exercise and show a card: passed, not attempted, wrong, or an error.

    It never raises because of an answer, so that reading goes on. Under pytest (nbval) the course's
    plugin is told the verdict, and judges by it.

    Parameters
    ----------
    key : str
        The exercise, such as "weights-2".

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    exercise = find_exercise(key)
    result = assess(exercise, answers.names_to_judge())
    first = result.state == PASSED and progress.record(key)
    card = Card(exercise, result)
    _hand_over(card)
    if VERDICTS not in os.environ:  # then it is no learner who tries
        outbox.tell(progress.notebook_folder(), result, first=first, spoken=language.chosen())
    display(card)


def scorecard(chapter=None):
    """Show which exercises of a chapter, or of all, have been passed so far.

    Parameters
    ----------
    chapter : str, optional
        A chapter's name or number, "weights" or "02". Without one, all chapters are shown, with
        the kind of each exercise and its minutes.

    Raises
    ------
    ValueError
        If there is no such chapter.
    """
    passed = progress.passed()
    display(
        Overview(passed) if chapter is None else Scorecard(chapter_name(chapter), passed=passed)
    )


class Scorecard:
    """The exercises of some chapters, with a mark at those that were ever passed."""

    def __init__(self, *chapters, passed):
        asked = [task for name in chapters for task in tasks(name).values()]
        self.rows = [(task, task.key in passed) for task in asked]
        self.done = sum(done for _, done in self.rows)
        self.summary = say(
            "{done} of {count} exercises passed", done=self.done, count=len(self.rows)
        )

    def __str__(self):
        lines = [f"{'✓' if done else '○'} {task.key}: {task.title}" for task, done in self.rows]
        return "\n".join([self.summary, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._html(), "text/plain": str(self)}

    def _html(self):
        rows = "".join(
            f"<tr><td aria-hidden='true'>{'✓' if done else '○'}</td>"
            f"<td>{html.escape(task.title)}</td>"
            f"<td>{say('passed') if done else say('to do')}</td></tr>"
            for task, done in self.rows
        )
        return self._around(f"<tbody>{rows}</tbody>")

    def _around(self, table):
        return (
            f"{_style()}<div class='course-scorecard'><strong>{self.summary}</strong> "
            f"<progress value='{self.done}' max='{len(self.rows)}' aria-label='"
            f"{say('exercises passed')}'></progress><table>{table}</table></div>"
        )


class Overview(Scorecard):
    """The exercises of all chapters, with their kinds and minutes."""

    def __init__(self, passed):
        super().__init__(*CHAPTERS.values(), passed=passed)

    def _html(self):
        names = (say("exercise"), say("title"), say("kind"), say("minutes"), say("done"))
        head = "".join(f"<th scope='col'>{name}</th>" for name in names)
        rows = "".join(
            f"<tr><td>{task.key}</td><td>{html.escape(task.title)}</td>"
            f"<td>{say(task.kind)}</td><td>{task.minutes}</td>"
            f"<td>{'✓ ' + say('passed') if done else '○ ' + say('to do')}</td></tr>"
            for task, done in self.rows
        )
        return self._around(f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")


def _hand_over(card):
    """Add a verdict to the plugin's file, if it is the plugin that runs the notebook."""
    path = os.environ.get(VERDICTS)
    if path:
        with open(path, "ab", buffering=0) as file:
            file.write(card.as_line().encode("utf-8"))


def _style():
    """Return the look of a card: each carries its own, for pages know nothing of cards."""
    return f"<style>{theme.stylesheet('colours.css', 'cards.css')}</style>"


def _folded_hint(hint):
    summary = say("Hint {number}", number=1)
    return f"<details><summary>{summary}</summary><p>{_inline(hint)}</p></details>"


def _inline(text):
    """Escape a message and set its `code` spans."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


answers.watch()
