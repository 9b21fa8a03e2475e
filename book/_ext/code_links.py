"""Links in code last: sphinx-codeautolink keeps what it read of a page only for pages in ``.rst``.

A page that is written again without being read again, after a change of the templates for
instance, would lose them. What the extension has kept is therefore read here for all pages.

It takes every page apart with BeautifulSoup to find its code, reads a cell together with all cells
above it, and would load compilers of PyTorch that only a checker of types wants. Here code is found
as Pygments wrote it, each cell is read once, and no types are.
"""

import ast
import json
import re
from copy import copy
from html import unescape
from pathlib import Path

from sphinx.util.logging import getLogger
from sphinx_codeautolink import extension
from sphinx_codeautolink.extension import block, resolve
from sphinx_codeautolink.extension.block import (
    CodeExample,
    Name,
    SourceTransform,
    construct_name_pattern,
)
from sphinx_codeautolink.extension.cache import DataCache
from sphinx_codeautolink.parse import ImportTrackerVisitor

logger = getLogger(__name__)


def read_kept(app):
    """Give the extension what it wrote of the pages that are there; it has the others already."""
    known = getattr(app.env, "sphinx_codeautolink_transforms", None)
    kept = Path(app.doctreedir, DataCache.cache_filename)
    if known is None or not kept.exists():
        return
    for page, blocks in json.loads(kept.read_text(encoding="utf-8")).items():
        if page not in known and Path(app.env.doc2path(page)).exists():
            known[page] = [_block(**made) for made in blocks]


def _block(*, names, example, **rest):
    names = [Name(**name) for name in names]
    return SourceTransform(names=names, example=CodeExample(**example), **rest)


BLOCK = re.compile(r'(<div class="[^"]*\bhighlight-.*?</pre></div>\s*</div>)', re.DOTALL)
CODE = re.compile(r"<pre>.*</pre>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def link_blocks(document, html, transforms, inventory, *given, **named):
    """Return the HTML of a page with links in its blocks of code: names, a block at a time."""
    parts = BLOCK.split(html)
    sources = {place: source_of(parts[place]) for place in range(1, len(parts), 2)}
    above = "../" * document.count("/")
    for made in transforms:
        source = made.source.rstrip()
        place = next((place for place, text in sources.items() if text == source), None)
        if place is None:
            logger.warning("no code on the page is this:\n%s", source, location=document)
            continue
        del sources[place]
        lines = parts[place].split("\n")
        for name in made.names:
            if not link_name(lines, name, above + inventory[name.resolved_location]):
                logger.warning("no %s in:\n%s", name.code_str, source, location=document)
        parts[place] = "\n".join(lines)
    return "".join(parts)


def source_of(html):
    """Return the code of a block, as it was before it had colours."""
    return unescape(TAG.sub("", CODE.search(html)[0])).rstrip()


def link_name(lines, name, address):
    """Make a name in these lines of HTML a link, the last where it stands twice; say whether."""
    where = slice(name.lineno - 1, name.end_lineno)
    html = "\n".join(lines[where])
    found = list(re.finditer(construct_name_pattern(name), html))
    if not found:
        return False
    start, end = found[-1].start() + len(found[-1][1]), found[-1].end()
    code = re.sub(r"\s", "", unescape(TAG.sub("", html[start:end])))
    title = "" if code == name.resolved_location else f' title="{name.resolved_location}"'
    link = f'<a href="{address}"{title} class="sphinx-codeautolink-a">{html[start:end]}</a>'
    lines[where] = (html[:start] + link + html[end:]).split("\n")
    return True


class Reader:
    """Finds the names in code; what begins with the code before, as cells do, is read on there."""

    def __init__(self):
        self.source, self.found = "", ImportTrackerVisitor(None)

    def __call__(self, source, node):
        """Return the names in a source, which belong to who asks."""
        above, found = f"{self.source}\n", self.found
        if not source.startswith(above):
            above, found = "", ImportTrackerVisitor(node)
        further = ast.increment_lineno(ast.parse(source.removeprefix(above)), above.count("\n"))
        found.visit(further)
        self.source, self.found = source, found
        return [copy(name) for name in found.accessed]


def setup(app):
    """Come when the extension has read its part."""
    extension.link_html = link_blocks
    block.parse_names = Reader()
    resolve.populate_type_checking = lambda module: None
    app.connect("builder-inited", read_kept, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
