"""Hints and solutions, where they are asked for: in a cell, or in a terminal."""

import re

from IPython import get_ipython
from IPython.display import Markdown, display

from course_lib.classroom.joining import held_back
from course_lib.exercises.progress import notebook_folder
from course_lib.exercises.registry import find_exercise

LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
MATHS = re.compile(r"(?P<mark>\$\$?)(?P<formula>[^$]+)(?P=mark)")


def hint(key, number=1):
    """Show a hint for an exercise: the first is a nudge, the second names the key step.

    Parameters
    ----------
    key : str
        The exercise, such as "weights-2".
    number : int, optional
        1 or 2.

    Raises
    ------
    ValueError
        If there is no such exercise, or no such hint.
    """
    _show(hint_text(key, number))


def solution(key):
    """Show a solution of an exercise, and why it works.

    In a class that holds it back, it is said that the instructor will release it.

    Parameters
    ----------
    key : str
        The exercise, such as "weights-2".

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    text = solution_text(key)
    _show(held_back(key, notebook_folder()) or text)


def hint_text(key, number=1):
    """Return a hint as Markdown."""
    hints = find_exercise(key).hints
    if isinstance(number, bool) or number not in range(1, len(hints) + 1):
        raise ValueError(f"number must be 1 or {len(hints)}, got {number!r}")
    return hints[number - 1]


def solution_text(key):
    """Return a solution and its reason as Markdown."""
    exercise = find_exercise(key)
    return f"```python\n{exercise.solution}\n```\n\n{exercise.reason}"


def for_terminal(markdown):
    r"""Return a text for people who read it as it stands: formulas, links and fences become plain.

    Examples
    --------
    >>> for_terminal(r"Divide by $\sqrt d$: see [chapter 2](02_weights.ipynb), `scale`.")
    'Divide by √(d): see chapter 2, `scale`.'
    """
    parts = re.split(r"```python\n(.*?)\n```", markdown, flags=re.S)
    return "".join(part if i % 2 else _plain(part) for i, part in enumerate(parts))


def _plain(text):
    # A table of all of LaTeX, which only a terminal needs.
    from pylatexenc.latex2text import LatexNodes2Text

    read = LatexNodes2Text().latex_to_text
    return MATHS.sub(lambda found: read(found["formula"]).strip(), LINK.sub(r"\1", text))


def _show(markdown):
    if get_ipython() is None:
        print(for_terminal(markdown))
    else:
        display(Markdown(markdown))
