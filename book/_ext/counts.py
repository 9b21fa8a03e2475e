"""The role ``count``: numbers of the project, counted while the book is built.

``{count}`tests` `` says how many tests there are, ``{count}`claims` `` how many of them try to
refute what the chapters say.
"""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from course_lib.authoring.source import ROOT

TEST = re.compile(r"^ *def test_", re.M)
FILES = {"tests": "test_*.py", "claims": "chapters/*/test_claims.py"}


def counted(what, folder=ROOT / "tests"):
    """Return how many tests a folder has, as functions: one with many cases counts once."""
    paths = folder.rglob(FILES[what])
    return sum(len(TEST.findall(path.read_text(encoding="utf-8"))) for path in paths)


class Count(SphinxRole):
    """Put a number into the text."""

    def run(self):
        """Return the number, or say which there are."""
        if self.text not in FILES:
            message = f"count knows {', '.join(FILES)}, not {self.text}"
            problem = self.inliner.reporter.error(message, line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, problem)], [problem]
        self.env.note_reread()  # it changes while the page does not
        return [nodes.Text(f"{counted(self.text):,}")], []


def setup(app):
    """Add the role."""
    app.add_role("count", Count())
    return {"parallel_read_safe": True}
