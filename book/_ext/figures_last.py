"""Live figures come after the text: MyST-NB would write the state of all into a page's head."""

import json
from pathlib import Path

from docutils import nodes

from course_lib.authoring.live_figures import STATE, VIEW, place, write_manager, write_state

NOTICE = (
    '<noscript><p class="course-noscript">This figure stands still: its controls need JavaScript, '
    "which is switched off.</p></noscript>"
)


def lay_out(app, pagename, templatename, context, doctree):
    """Replace the state in a page's head by the script that fetches it."""
    scripts = context.get("script_files", [])
    states = [
        script for script in scripts if getattr(script, "attributes", {}).get("type") == STATE
    ]
    if states:
        scripts[:] = [script for script in scripts if script not in states]  # the page's own list
        state = json.loads(states[0].attributes["body"])["state"]
        files = write_state(state, pagename.replace("/", "-"), Path(app.outdir, "_static"))
        app.add_js_file("figures.js", loading_method="defer", **{"data-files": files})


def mark_places(app, doctree, docname):
    """Put a box around each place of a live figure, and a notice for who has no scripts."""
    before, after = f'<script type="{VIEW}">', "</script>"
    for raw in list(doctree.findall(nodes.raw)):
        text = raw.astext()
        if text.startswith(before):
            view = json.loads(text.removeprefix(before).removesuffix(after))
            raw.replace_self(nodes.raw("", place(view) + NOTICE, format="html"))


def finish(app, exception):
    """Write what all pages share."""
    if exception is None and app.builder.format == "html":
        write_manager(Path(app.outdir, "_static"))


def setup(app):
    """Come after MyST-NB, which lists a page's scripts."""
    app.connect("doctree-resolved", mark_places)
    app.connect("html-page-context", lay_out, priority=900)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
