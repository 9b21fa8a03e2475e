"""Tell the learner: the card under an exercise, the scorecard at the end of a chapter."""

import html
import os

from IPython import get_ipython
from IPython.display import display

import __main__
from course_lib import theme
from course_lib.chapters import chapter_name
from course_lib.exercises import progress
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG, assess
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.language import later, say

# The verdict as data, beside the card, for programs that run notebooks.
MIME = "application/vnd.attention-course.check+json"
# Set by the pytest plugin: checks raise instead of only showing a card.
RAISE = "COURSE_CHECK_RAISES"

HEADINGS = {
    PASSED: ("✓", later("Passed")),
    NOT_ATTEMPTED: ("○", later("Not attempted yet")),
    WRONG: ("✗", later("Not right yet")),
    ERROR: ("!", later("Stopped with an error")),
}


class NotPassed(Exception):
    """Raised by `check` under pytest; shows its message and no traceback."""

    def _render_traceback_(self):
        return [str(self)]


class Card:
    """What is shown for one result: HTML in Jupyter, text elsewhere, and the verdict as data."""

    def __init__(self, exercise, result):
        self.exercise, self.result = exercise, result

    def __str__(self):
        mark, heading = HEADINGS[self.result.state]
        return f"{mark} {self.exercise.key}: {say(heading)}. {_tell(self.exercise, self.result)}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        verdict = {"key": self.result.key, "state": self.result.state}
        return {"text/html": self._html(), "text/plain": str(self), MIME: verdict}

    def _html(self):
        mark, heading = HEADINGS[self.result.state]
        body = ""
        if self.result.state != PASSED:
            body = f"<p>{_inline(self.result.message)}</p>" + _folded_hint(self.exercise.hints[0])
        return (
            f"{_style()}<div class='course-check' data-state='{self.result.state}' role='status'>"
            f"<strong><span class='course-mark' aria-hidden='true'>{mark}</span> {say(heading)}"
            f"</strong> <span class='course-name'>{html.escape(self.exercise.key)} · "
            f"{html.escape(self.exercise.title)}</span>{body}</div>"
        )


def check(key):
    """Judge the answer to an exercise and show a card: passed, not attempted, wrong, or an error.

    In Jupyter it never raises, so that reading goes on. Under pytest (nbval) everything but
    passed raises, with the message and a hint as the whole report.

    Parameters
    ----------
    key : str
        The exercise, such as "weights-2".

    Raises
    ------
    ValueError
        If there is no such exercise.
    NotPassed
        Only under pytest, if the answer is not right.
    """
    exercise = find_exercise(key)
    result = assess(exercise, _namespace(exercise.answer))
    if result.state == PASSED:
        progress.record(key)
    card = Card(exercise, result)
    display(card)
    if result.state != PASSED and os.environ.get(RAISE):
        raise NotPassed(str(card))


def scorecard(chapter):
    """Show which exercises of a chapter have been passed so far.

    Parameters
    ----------
    chapter : str
        A chapter's name or number, "weights" or "02".

    Raises
    ------
    ValueError
        If there is no such chapter.
    """
    display(Scorecard(chapter_name(chapter), progress.passed()))


class Scorecard:
    """The exercises of a chapter, with a mark at those that were ever passed."""

    def __init__(self, chapter, passed):
        self.rows = [(exercise, exercise.key in passed) for exercise in exercises_of(chapter)]
        self.done = sum(done for _, done in self.rows)
        self.summary = say(
            "{done} of {count} exercises passed", done=self.done, count=len(self.rows)
        )

    def __str__(self):
        lines = [f"{'✓' if done else '○'} {ex.key}: {ex.title}" for ex, done in self.rows]
        return "\n".join([self.summary, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._html(), "text/plain": str(self)}

    def _html(self):
        rows = "".join(
            f"<tr><td aria-hidden='true'>{'✓' if done else '○'}</td>"
            f"<td>{html.escape(exercise.title)}</td>"
            f"<td>{say('passed') if done else say('to do')}</td></tr>"
            for exercise, done in self.rows
        )
        return (
            f"{_style()}<div class='course-scorecard'><strong>{self.summary}</strong> "
            f"<progress value='{self.done}' max='{len(self.rows)}' aria-label='"
            f"{say('exercises passed')}'></progress><table><tbody>{rows}</tbody></table></div>"
        )


def _tell(exercise, result):
    if result.state == PASSED:
        return exercise.title
    hint = say("Hint: {hint}", hint=exercise.hints[0])
    return f"{result.message}\n{hint}"


def _style():
    """Return the look of a card: each carries its own, for pages know nothing of cards."""
    return f"<style>{theme.stylesheet('colours.css', 'cards.css')}</style>"


def _folded_hint(hint):
    return f"<details><summary>{say('A hint')}</summary><p>{_inline(hint)}</p></details>"


def _inline(text):
    """Escape a message and set its `code` spans."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _namespace(answer):
    """Return the names of the notebook, or of the script that imported us.

    Where the last cell was to define the answer and stopped with an error, the name may still
    hold an older answer. That one is not to be judged, so it is left out.
    """
    shell = get_ipython()
    if shell is None:
        return vars(__main__)
    names = dict(shell.user_ns)
    last = shell.last_execution_result  # of the cell before the one that runs now
    if last is not None and not last.success and answer in (last.info.raw_cell or ""):
        names.pop(answer, None)
    return names
