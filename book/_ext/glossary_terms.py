"""Words of the glossary in the chapters: each leads to its entry, and shows it on hover and focus.

The first use of a word in a section becomes a link. ``_static/glossary.js`` shows the entry beside
it, from one file for all pages that is written here. Words in bold and the entries of the glossary
also make the book's index.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from course_lib.authoring.derived import ENTRY, NOTED
from course_lib.chapters import CHAPTERS, chapter_name
from course_lib.chapters.reading import front_matter
from course_lib.exercises.helping import for_terminal

# Words that mean something else as well: they are explained only in the chapter that brings them.
AMBIGUOUS = {
    *("Attention", "Cut", "Diameter", "Key", "Loss", "Null", "Pattern", "Scale", "Value", "Window"),
}
# Where no word is explained: code, headings, links, formulas, and what controls are made of.
LEFT_ALONE = (
    *(nodes.literal, nodes.literal_block, nodes.title, nodes.reference, addnodes.pending_xref),
    *(nodes.math, nodes.math_block, nodes.raw, nodes.caption),
)
BOXES_LEFT_ALONE = {"cell_input", "cell_output", "course-quiz"}
# What chapters say in bold without naming a thing: it ends with a mark, or is a phrase of theirs.
NO_TERM = re.compile(r".*[^\w)]$|You need$|(attention is|without) |.*(=|probability)")


def read_glossary(path):
    """Return the entries of the glossary by term, as plain text."""
    text = Path(path).read_text(encoding="utf-8")
    return {
        found["term"]: re.sub("[*`]", "", for_terminal(NOTED.sub("", found["text"])))
        for found in ENTRY.finditer(text)
    }


def home(term):
    """Return the number of the chapter that brings a term."""
    return next(number for number in CHAPTERS if term in front_matter(number)["ideas"])


def forms(term):
    """Return the forms in which a term stands in a sentence, in the singular."""
    found = re.fullmatch(r"(.+) \((\w+)\)", term)
    return list(found.groups()) if found else [term]


def pattern(terms):
    """Return a pattern that finds any of the terms, also in the plural, the longest one first."""
    found = []
    for term in terms:
        for form in forms(term):
            plural = re.sub("y$", "(?:y|ies)", form) if form.endswith("y") else f"{form}(?:s|es)?"
            start, rest = plural[0], plural[1:]
            either = start if form.isupper() else f"[{start.upper()}{start.lower()}]"
            found.append((f"{either}{rest}", term))
    found.sort(key=lambda pair: -len(pair[0]))
    parts = [f"(?P<t{place}>{form})" for place, (form, _) in enumerate(found)]
    names = {f"t{place}": term for place, (_, term) in enumerate(found)}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])"), names


def link_terms(section, terms, address):
    """Make links of the first uses of terms in a section of a chapter."""
    finds, names = pattern(terms)
    seen = set()

    def linked(text):
        parts, start = [], 0
        for found in finds.finditer(text):
            term = names[found.lastgroup]
            if term in seen:
                continue
            seen.add(term)
            parts.append(nodes.Text(text[start : found.start()]))
            link = nodes.reference("", found[0], internal=True, classes=["glossary-term"])
            link["refuri"] = f"{address}#{nodes.make_id(term)}"
            parts.append(link)
            start = found.end()
        return [*parts, nodes.Text(text[start:])] if parts else None

    def walk(node):
        for child in list(node.children):
            if isinstance(child, nodes.Text):
                if parts := linked(str(child)):
                    node.replace(child, parts)
            elif not isinstance(child, LEFT_ALONE) and not (
                BOXES_LEFT_ALONE & set(child.get("classes", []))
            ):
                walk(child)

    walk(section)


def explained(app, doctree, docname):
    """Explain the words of the glossary in a chapter that is told in English."""
    if not docname.startswith("chapters/") or "." in docname:
        return
    here = chapter_name(docname.partition("/")[2])
    terms = [
        term
        for term in app.env.course_glossary
        if term not in AMBIGUOUS or CHAPTERS[home(term)] == here
    ]
    address = app.builder.get_relative_uri(docname, "glossary")
    for title in doctree.children:
        for part in title.children:
            if isinstance(part, nodes.section):
                link_terms(part, terms, address)


class IndexInContents(SphinxTransform):
    """Put the index behind the list of exercises: ``book.yml`` takes only pages with a file."""

    default_priority = 110  # the contents come at 100

    def apply(self):
        """Add the index to that part of the contents."""
        for contents in self.document.findall(addnodes.toctree):
            if "exercises" in contents["includefiles"]:
                contents["entries"].append((None, "genindex"))


class IndexEntries(SphinxTransform):
    """Enter the glossary, and what chapters set in bold, into the book's index."""

    default_priority = 840  # Sphinx collects entries at 850

    def apply(self):
        """Put entries at the head of the sections that they lead to."""
        docname = self.env.docname
        if docname == "glossary":
            for section in list(self.document.findall(nodes.section)):
                term = section.next_node(nodes.title).astext()
                if term in self.env.course_glossary:
                    section.insert(1, index_entry(f"{term}; glossary", section["ids"][0]))
        elif docname.startswith("chapters/") and "." not in docname:
            self.enter_bold_words(docname.partition("/")[2])

    def enter_bold_words(self, stem):
        """Enter what a chapter sets in bold, under the word of the glossary if it is one."""
        number, title = int(stem[:2]), front_matter(stem)["title"]
        finds, names = pattern(self.env.course_glossary)
        entered = set()
        for bold in list(self.document.findall(nodes.strong)):
            said = bold.astext()
            found = finds.fullmatch(said)
            term = names[found.lastgroup] if found else said[0].upper() + said[1:]
            if NO_TERM.match(said) or term in entered:
                continue
            entered.add(term)
            section = bold
            while not isinstance(section, nodes.section):
                section = section.parent
            entry = index_entry(f"{term}; chapter {number}, {title}", section["ids"][0])
            section.insert(1, entry)


def index_entry(text, anchor):
    """Return an entry of the index that leads to an anchor."""
    return addnodes.index(entries=[("single", text, anchor, "", None)])


def read(app, env, docnames):
    """Read the glossary; where it changed, all chapters are read again."""
    entries = read_glossary(Path(app.srcdir, "glossary.md"))
    changed = getattr(env, "course_glossary", entries) != entries
    env.course_glossary = entries
    if changed:
        docnames += [n for n in env.found_docs if n.startswith("chapters/") and n not in docnames]


def write_terms(app):
    """Write what the script shows, once for all pages."""
    if app.builder.format == "html":
        entries = read_glossary(Path(app.srcdir, "glossary.md"))
        terms = {nodes.make_id(term): text for term, text in entries.items()}
        path = Path(app.outdir, "_static", "glossary-terms.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        said = json.dumps(terms, ensure_ascii=False, indent=0)
        path.write_text(f"globalThis.courseGlossary = {said};\n", encoding="utf-8")


def add_scripts(app, pagename, templatename, context, doctree):
    """Let the chapters load the terms and what shows them."""
    if pagename.startswith("chapters/"):
        app.add_js_file("glossary-terms.js", loading_method="defer")
        app.add_js_file("glossary.js", loading_method="defer")


def setup(app):
    """Explain words once a page is resolved, and enter them into the index when it is read."""
    app.add_css_file("glossary.css")
    app.add_transform(IndexInContents)
    app.add_transform(IndexEntries)
    app.connect("builder-inited", write_terms)
    app.connect("env-before-read-docs", read)
    app.connect("doctree-resolved", explained)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
