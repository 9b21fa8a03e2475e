"""Slides from the same source: a deck for each chapter, with live figures alive.

`parts` reads a chapter as parts of slides and obeys the marks in it, `notes` takes what the speaker
needs from the plan, `deck` writes pages, `running` runs a chapter for its figures.

A deck shows each heading, the sentences with a term in bold, the formulas that stand alone, the
live figures and the exercises. A mark is a comment of the source, on a line of its own; the build
takes it out, and neither notebook nor page knows of it::

    % slide          shows what stands below: a paragraph, a list, a table, or the next code cell
    % no slide       keeps it away
"""
