"""Make the learner's notebook, the solved notebook and the book's page from one source.

The source of a chapter is ``course_lib/chapters/chNN_topic/chapter.md``, a MyST text notebook. On
top of what jupytext reads, it knows

- code cells with ``:exercise: weights-2``: the solution stands between ``### BEGIN SOLUTION`` and
  ``### END SOLUTION``; the learner finds dots in its place;
- ``:::{exercise} weights-2`` around the task, with its title, kind and minutes; ``:::{hint}`` twice
  and ``:::{solution} weights-2`` around the reason why the solution works;
- ``:::{note}`` and its kin, ``{cite:t}`` and ``{cite:p}``, and links to other ``.md`` pages;
- ``{{question}}`` and other facts that follow from the front matter and the exercises.

In a notebook all of these become plain Markdown. The output is the same byte for byte each time.
`source` reads, `markdown` rewrites text, `notebooks` and `pages` make the three views, `derived`
writes what other pages repeat of the chapters.
"""

from course_lib.authoring.derived import write_derived
from course_lib.authoring.notebooks import write_notebooks, write_solved
from course_lib.authoring.pages import write_pages

__all__ = ["write_derived", "write_notebooks", "write_pages", "write_solved"]
