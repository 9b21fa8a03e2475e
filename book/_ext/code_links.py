"""Links in code last: sphinx-codeautolink keeps what it read of a page only for pages in ``.rst``.

A page that is written again without being read again, after a change of the templates for
instance, would lose them. What the extension has kept is therefore read here for all pages.

It takes a page apart to find its code. Most of a page are its formulas, which it need not see.
"""

import json
import re
from pathlib import Path

from sphinx_codeautolink import extension
from sphinx_codeautolink.extension.block import CodeExample, Name, SourceTransform
from sphinx_codeautolink.extension.cache import DataCache


def read_kept(app):
    """Give the extension what it wrote of the pages that are there; it has the others already."""
    known = getattr(app.env, "sphinx_codeautolink_transforms", None)
    kept = Path(app.doctreedir, DataCache.cache_filename)
    if known is None or not kept.exists():
        return
    for page, blocks in json.loads(kept.read_text(encoding="utf-8")).items():
        if page not in known and Path(app.env.doc2path(page)).exists():
            known[page] = [_block(**block) for block in blocks]


def _block(*, names, example, **rest):
    names = [Name(**name) for name in names]
    return SourceTransform(names=names, example=CodeExample(**example), **rest)


BLOCK = re.compile(r'(<div class="[^"]*\bhighlight-.*?</pre></div>\s*</div>)', re.DOTALL)
SEAM = "\n<hr/>\n"
link_page = extension.link_html


def link_blocks(document, html, *given, **named):
    """Return the HTML of a page with links in its blocks of code."""
    parts = BLOCK.split(html)
    linked = link_page(document, SEAM.join(parts[1::2]), *given, **named)
    parts[1::2] = linked.split(SEAM)
    return "".join(parts)


def setup(app):
    """Come when the extension has read its part."""
    extension.link_html = link_blocks
    app.connect("builder-inited", read_kept, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
