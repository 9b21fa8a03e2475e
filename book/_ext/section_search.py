"""What Sphinx's search does not know: in which section of a page a word stands.

Written once for all pages as ``_static/search-sections.js``, which only the page of the search
loads. ``_static/search.js`` lets results lead to sections, and forgives a typing error.
"""

import functools
import json
import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.search.en import SearchEnglish

WORD = re.compile(r"[^\W_]\w{2,}")
SHOWN_ELSEWHERE = "cell_output"  # what a cell put out


stem = functools.cache(SearchEnglish({}).stem)


def words_of_sections(doctree):
    """Return, for each section by its anchor, the words of which it is the best place in a page.

    That is the one that has the word in its heading, or else has it most often, or has it first.
    Words of one stem are one word: it stands for them in the form that is the most common there.
    """
    best = {}
    for place, section in enumerate(doctree.findall(nodes.section)):
        counts = Counter()
        for child in section.children:
            if isinstance(child, nodes.section) or not is_text(child):
                continue
            said = WORD.findall(text_of(child).lower())
            for word in said:
                counts[word] += 1000 if isinstance(child, nodes.title) else 1
        together = {}
        for word, count in counts.items():
            if not word.isdigit():
                together.setdefault(stem(word), []).append((count, word))
        for stemmed, forms in together.items():
            count = sum(count for count, _ in forms)
            _, commonest = min((-count, word) for count, word in forms)
            best.setdefault(stemmed, []).append((count, -place, section["ids"][0], commonest))
    found = {}
    for stemmed in sorted(best):
        *_, anchor, word = max(best[stemmed])
        found.setdefault(anchor, []).append(word)
    return found


def is_text(node):
    """Tell whether a node holds what a reader reads."""
    return not isinstance(node, nodes.comment | nodes.raw | nodes.target)


def text_of(node):
    """Return the text of a node without what its cells put out."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.raw | nodes.comment) or SHOWN_ELSEWHERE in node.get("classes", []):
        return ""
    return "".join(map(text_of, node.children)) + ("" if is_inline(node) else " ")


def is_inline(node):
    """Tell whether a node stands within a line."""
    return isinstance(node, nodes.Inline)


def write_sections(app, exception):
    """Write the words of all pages but those of the library, whose names are found anyway."""
    if exception is not None or app.builder.name != "html":
        return
    pages = {
        name: {
            anchor: " ".join(words)
            for anchor, words in words_of_sections(app.env.get_doctree(name)).items()
        }
        for name in sorted(app.env.found_docs)
        if not name.startswith("api/")
    }
    path = Path(app.outdir, "_static", "search-sections.js")
    said = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"globalThis.courseSections = {said};\n", encoding="utf-8")


def add_scripts(app, pagename, templatename, context, doctree):
    """Let the page of the search load them."""
    if pagename == "search":
        app.add_js_file("search-sections.js", loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")


def setup(app):
    """Write the sections when all pages are there."""
    SearchEnglish.stem = staticmethod(stem)  # Sphinx forgets after each page what it has stemmed
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
