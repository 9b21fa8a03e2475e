"""Formulas are typeset while the book is built: no script, sharp on paper, MathML for ears."""

import html
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from course_lib.authoring.formulas import copy_style, typeset

logger = logging.getLogger(__name__)


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
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True}
