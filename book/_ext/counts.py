"""The role ``count``: numbers of the project, counted while the book is built.

``{count}`tests` `` says how many tests there are, ``{count}`claims` `` how many of them try to
refute what the chapters say.
"""

import re

from docutils import nodes

from course_lib.authoring.source import ROOT

TEST = re.compile(r"^ *def test_", re.M)
FILES = {"tests": "test_*.py", "claims": "chapters/*/test_claims.py"}


def counted(what, folder=ROOT / "tests"):
    """Return how many tests a folder has, as functions: one with many cases counts once."""
    paths = folder.rglob(FILES[what])
    return sum(len(TEST.findall(path.read_text(encoding="utf-8"))) for path in paths)


def count(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Put a number into the text."""
    if text not in FILES:
        known = ", ".join(FILES)
        problem = inliner.reporter.error(f"count knows {known}, not {text}", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [nodes.Text(f"{counted(text):,}")], []


def setup(app):
    """Add the role."""
    app.add_role("count", count)
    return {"parallel_read_safe": True}
