"""Live figures from files of their own: MyST-NB would write the state of all into a page's head.

The first figure of a page is drawn as soon as its cell has been read; all that comes below, which
is most of a chapter, would otherwise be read and laid out before.
"""

import json
from pathlib import Path

from docutils import nodes

from course_lib.authoring.live_figures import (
    BEGIN,
    STATE,
    place,
    views_in,
    write_loader,
    write_state,
)

NOTICE = (
    '<noscript><p class="course-noscript">This figure stands still: its controls need JavaScript, '
    "which is switched off.</p></noscript>"
)
FIRST = 150  # before the scripts of Sphinx and the theme, which have 200 and more
# While the page is being read, and before the scripts that wait for the whole page are fetched.
SOON = {"async": "async", "fetchpriority": "high"}


def lay_out(app, pagename, templatename, context, doctree):
    """Replace the state in a page's head by the script that fetches it."""
    scripts = context.get("script_files", [])
    states = [
        script for script in scripts if getattr(script, "attributes", {}).get("type") == STATE
    ]
    if states:
        scripts[:] = [script for script in scripts if script not in states]  # the page's own list
        state = json.loads(states[0].attributes["body"])["state"]
        name = pagename.replace("/", "-")
        first, *_ = views_in("".join(raw.astext() for raw in doctree.findall(nodes.raw)))
        files, needed = write_state(state, first["model_id"], name, Path(app.outdir, "_static"))
        for file in needed:
            app.add_js_file(f"figures/{file}", priority=FIRST, **SOON)
        app.add_js_file("figures.js", priority=FIRST, **SOON, **{"data-files": files})
        app.add_css_file("figures.css")


def mark_places(app, doctree, docname):
    """Put a box around each place of a live figure, and a notice for who has no scripts."""
    cells = []
    for raw in list(doctree.findall(nodes.raw)):
        if views := views_in(raw.astext()):
            cells.append(cell_of(raw))
            raw.replace_self(nodes.raw("", place(views[0]) + NOTICE, format="html"))
    if cells:
        cells[0].append(nodes.raw("", BEGIN, format="html"))


def cell_of(node):
    """Return what holds the outputs of a node's cell: also the still of a figure."""
    while "cell_output" not in node.get("classes", []):
        node = node.parent
    return node


def begin(app):
    """Write what all pages share, before pages say which version of it they want."""
    if app.builder.format == "html":
        write_loader(Path(app.outdir, "_static"))


def setup(app):
    """Come after MyST-NB, which lists a page's scripts."""
    app.connect("doctree-resolved", mark_places)
    app.connect("html-page-context", lay_out, priority=900)
    app.connect("builder-inited", begin)
    return {"parallel_read_safe": True}
