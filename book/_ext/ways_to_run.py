"""Below the title of a chapter: the ways to run it.

The notebook to download comes with the book, so that this works without a network. Colab and Binder
are there once the repository has an address; `course_lib.authoring.addresses` says where it stands.
"""

import re
from html import escape
from pathlib import Path

from course_lib.authoring.addresses import binder, colab, repository
from course_lib.working.shipped import notebooks

TITLE = re.compile(r'</h1>(?:\s*<div class="subtitle.*?</div>)?', re.S)
WAYS = """
<nav class="ways-to-run" lang="en" aria-label="Ways to run this chapter">
<a href="{file}" download>Download the notebook</a>{elsewhere}
<span>It runs in <a href="{course}">the course’s folder</a>: <code>make lab</code>, then \
<code>{stem}.ipynb</code>.</span>
</nav>
"""


def ways(stem, file, address, course="../index.html#get-the-course"):
    """Return the ways to run a chapter, as HTML.

    Parameters
    ----------
    stem : str
        The chapter, "02_weights".
    file : str
        Where its notebook is, seen from the page.
    address : str
        The repository's; "" if it has none.
    course : str
        Where it is said how to get the course.
    """
    elsewhere = [("Colab", colab), ("Binder", binder)] if address else []
    links = "".join(
        f'\n<a href="{escape(where(address, stem))}">Open in {name}</a>'
        for name, where in elsewhere
    )
    return WAYS.format(file=escape(file), stem=stem, elsewhere=links, course=escape(course))


def _show(app, pagename, templatename, context, doctree):
    folder, _, stem = pagename.rpartition("/")
    if folder == "chapters" and stem in app.env.course_notebooks:
        file = context["pathto"](f"notebooks/{stem}.ipynb", 1)
        shown = ways(stem, file, app.config.course_repository)
        context["body"] = TITLE.sub(lambda title: title[0] + shown, context["body"], count=1)


def _find(app):
    app.env.course_notebooks = notebooks()


def _copy(app, exception):
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, "notebooks")
        folder.mkdir(exist_ok=True)
        for stem, content in app.env.course_notebooks.items():
            (folder / f"{stem}.ipynb").write_bytes(content)


def setup(app):
    """Show the ways on the chapters' pages, and lay the notebooks beside them."""
    app.add_config_value("course_repository", repository(), "html", str)
    app.connect("builder-inited", _find)
    app.connect("html-page-context", _show)
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
