"""The contents in the side bar: made once for each folder of pages, then marked for each page.

They are the same on all pages but for where their links begin and for which entry is the page's
own. Sphinx makes them anew for each page, out of the headings of all pages.
"""

import re
from functools import cache

from sphinx.environment.adapters.toctree import TocTree

PARTS = re.compile(r"<(/?)(ul|li)\b[^>]*>")


def marked(contents, address):
    """Return contents in which the link to an address, and all that it lies in, are current."""
    before, link, after = contents.partition(f'<a class="reference internal" href="{address}">')
    if not link:
        return contents
    around = []
    for tag in PARTS.finditer(before):
        if tag[1]:
            around.pop()
        else:
            around.append(tag)
    for tag in reversed(around):
        classes = re.findall(r'class="([^"]*)"', tag[0])
        current = f'<{tag[2]} class="{" ".join([*classes, "current"])}">'
        before = before[: tag.start()] + current + before[tag.end() :]
    return f'{before}<a class="current reference internal" href="#">{after}'


def setup(app):
    """Give contents to the theme, which adds its classes to what it gets."""

    @cache
    def contents_for(nowhere, options):
        found = TocTree(app.env).get_toctree_for(nowhere, app.builder, **dict(options))
        return app.builder.render_partial(found)["fragment"]

    def give(app, pagename, templatename, context, doctree):
        folder = pagename[: pagename.rfind("/") + 1]
        nowhere = f"{folder}-"  # a page beside this one that is not in the contents

        def toctree(**options):
            contents = contents_for(nowhere, tuple(options.items()))
            return marked(contents, app.builder.get_relative_uri(nowhere, pagename))

        context["toctree"] = toctree

    app.connect("html-page-context", give)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
