"""Formulas are typeset while the book is built: no script, sharp on paper, MathML for ears.

For a browser, a formula in a line is a box, and a line may end at any side of a box: it would let
a comma begin a line. So the letters that touch a formula are kept with the part of it they touch.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from course_lib.authoring.formulas import copy_style, typeset

logger = logging.getLogger(__name__)

# How KaTeX writes a formula: after its MathML, for eyes, parts between which a line may end.
# A formula that is written in several pieces has its MathML in the first.
START = '<span class="katex rest"><span class="katex-html" aria-hidden="true">'
END = "</span></span>"
PART = '<span class="katex-base">'


class Together(nodes.inline):
    """A formula and what touches it: its children are a text, the formula and another text."""


def find_touching(app, doctree, docname):
    """Let no line end between a formula and what touches it, such as a bracket or a comma."""
    for formula in list(doctree.findall(nodes.math)):
        line = formula.parent
        place = line.index(formula)
        start = place - (place > 0 and isinstance(line[place - 1], nodes.Text))
        end = place + 1 + (place + 1 < len(line) and isinstance(line[place + 1], nodes.Text))
        rest, before = re.fullmatch(r"(.*?)(\S*)", "".join(line[start:place]), re.S).groups()
        after, more = re.fullmatch(r"(\S*)(.*)", "".join(line[place + 1 : end]), re.S).groups()
        if before or after:
            whole = Together("", "", nodes.Text(before), formula, nodes.Text(after))
            line[start:end] = [nodes.Text(rest), whole, nodes.Text(more)]


def visit_together(writer, node):
    """Write a formula and what touches it."""
    before, formula, after = node
    texts = [writer.encode(text.astext()) for text in (before, after)]
    writer.body.append(together(texts[0], _html(formula, display=False), texts[1]))
    raise nodes.SkipNode


def together(before, formula, after):
    """Return a formula as HTML that keeps its first part after a text and its last before one."""
    head, *parts = formula.removesuffix(END).split(PART)
    if len(parts) < 2:
        return _unbroken(before, formula, after)
    first = _unbroken(before, head, PART, parts[0], END)
    between = START + "".join(PART + part for part in parts[1:-1]) + END if parts[2:] else ""
    return first + between + _unbroken(START, PART, parts[-1], END, after)


def _unbroken(*parts):
    return f'<span class="unbroken">{"".join(parts)}</span>'


def visit_math(writer, node):
    """Write a formula within a line."""
    writer.body.append(_html(node, display=False))
    raise nodes.SkipNode


def visit_math_block(writer, node):
    """Write a formula that has its own lines; a wide one scrolls, also with the keyboard."""
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    opening = writer.starttag(node, "div", CLASS="formula", TABINDEX="0")
    writer.body.append(f"{opening}{number}{_html(node, display=True)}</div>\n")
    raise nodes.SkipNode


def lines(latex):
    """Return a displayed formula as one: lines that an empty one parts are aligned at their &."""
    parts = [part.strip() for part in latex.split("\n\n") if part.strip()]
    if len(parts) == 1 and (r"\begin{" in latex or r"\\" not in latex):
        return latex
    return r"\begin{aligned}" + r" \\ ".join(parts) + r"\end{aligned}"


def _html(node, *, display):
    try:
        return typeset(lines(node.astext()) if display else node.astext(), display=display)
    except ValueError as error:
        logger.warning("%s", error, location=node)
        return f"<code>{html.escape(node.astext())}</code>"


def copy(app, exception):
    """Lay KaTeX's style and fonts beside the pages."""
    if exception is None and app.builder.format == "html":
        copy_style(Path(app.outdir, "_static", "katex"))


def setup(app):
    """Take the place of MathJax."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.config.html_math_renderer = "katex"
    app.add_css_file("katex/katex.css")
    app.add_node(Together, html=(visit_together, None))
    app.connect("doctree-resolved", find_touching, priority=950)  # after words got their links
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True}
