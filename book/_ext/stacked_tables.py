"""Wide tables stack on a phone: a row becomes a block, and each cell says which column it is of.

Whether a table is wide is estimated here, so that nothing moves once the page is seen: a column is
at least as wide as its longest word, code may be broken, and a sentence wants more than a word.
`stacked-tables.css` does the rest.

Code in a cell is broken between the words of a name, and elsewhere only if such a word is long.
"""

import html
import re

from docutils import nodes
from sphinx.writers.html5 import HTML5Translator

PHONE = 46  # letters that a line of a table has at 390 pixels
BETWEEN = 2  # letters that the space between two columns takes
CODE = 11  # letters of code or LaTeX that a column should have room for
SENTENCE, ROOM = 60, 21  # a text of more letters wants a column of so many
# Columns whose cells say themselves what they are: they need no name before them.
PLAIN = {"chapter", "exercise", "kind", "the question it answers", "the snippet"}

# The table that each chapter's page for instructors has, by its first column: whether it stacks
# must not depend on the length of a chapter's sentences.
ALIKE = {"misconception"}
WORD_ENDS = re.compile(r"(?<=[_./=,(])(?=\w)|(?<=[a-z0-9])(?=[A-Z])")  # in names, calls and paths


class Break(nodes.Inline, nodes.Element):
    """A place where a line may end."""


def is_wide(table):
    """Return whether the columns of a table have too little room side by side on a phone."""
    spare = PHONE - least_width(table)
    return spare < 0 or any(
        spare + max(map(_longest_word, column)) < ROOM
        for column in _columns(table)
        if max(len(entry.astext()) for entry in column) > SENTENCE
    )


def least_width(table):
    """Return how many letters a table needs side by side, so that only code is broken."""
    return sum(BETWEEN + max(map(_longest_word, column)) for column in _columns(table))


def _columns(table):
    return list(zip(*(row.children for row in table.findall(nodes.row)), strict=False))


def _longest_word(entry):
    longest = 0
    for text in entry.findall(nodes.Text):
        most = CODE if isinstance(text.parent, (nodes.literal, nodes.math)) else PHONE
        longest = max([longest, *(min(len(word), most) for word in text.split())])
    return longest


def _longest_code(entry):
    found = [text for text in entry.findall(nodes.Text) if isinstance(text.parent, nodes.literal)]
    return min(CODE, max((len(word) for text in found for word in text.split()), default=0))


def label_cells(app, doctree, docname):
    """Mark the wide tables of a page, and give the cells of their rows the names of columns.

    Cells with code say how many letters of it they need: for a browser, it may break anywhere.
    """
    for table in doctree.findall(nodes.table):
        for entry in table.findall(nodes.entry):
            entry["letters"] = _longest_code(entry)
        head = next(iter(table.findall(nodes.thead)), None)
        names = [entry.astext() for entry in head.children[0].children] if head else []
        stacks = names and (names[0] in ALIKE or is_wide(table))
        for code in list(table.findall(nodes.literal)):
            _break_between_words(code)
        if not stacks:
            continue
        table["classes"].append("stacks")
        rows = next(iter(table.findall(nodes.tbody))).children
        if not names[0] and all(row[0].astext().isdigit() for row in rows if row[0].astext()):
            table["classes"].append("numbered")
        for row in rows:
            for name, entry in zip(names, row.children, strict=False):
                entry["label"] = "" if name in PLAIN else name


def _break_between_words(code):
    """Say where a line may end in code; code that is no plain text stays."""
    if [type(part) for part in code] == [nodes.Text]:
        words = WORD_ENDS.split(code.astext())
        code[:] = [part for word in words for part in (Break(), nodes.Text(word))][1:]


def visit_break(writer, node):
    """Write it."""
    writer.body.append("<wbr>")
    raise nodes.SkipNode


def visit_entry(writer, node):
    """Open a cell, with the name of its column and how many letters it needs, if it has them."""
    HTML5Translator.visit_entry(writer, node)
    more = ""
    if node.get("label"):
        more += f' data-label="{html.escape(node["label"], quote=True)}"'
    if node.get("letters"):
        more += f' style="--letters: {node["letters"]}"'
    writer.body[-1] = writer.body[-1].replace(">", f"{more}>", 1)


def depart_entry(writer, node):
    """Close it."""
    HTML5Translator.depart_entry(writer, node)


def setup(app):
    """Come after links and numbers have been put into the tables."""
    app.add_node(nodes.entry, override=True, html=(visit_entry, depart_entry))
    app.connect("doctree-resolved", label_cells, priority=900)
    app.add_node(Break, html=(visit_break, None))
    app.add_css_file("stacked-tables.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
