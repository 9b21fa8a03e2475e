"""A chapter in another language: where it leads, what it says of itself, that its code is right.

``chapter.de.md`` stands beside ``chapter.md``. Its code is the original's; what a reader reads in
it may be translated: comments, docstrings, titles of figures, and what is printed. A text that says
``sample: true`` in its front matter may leave cells out.
"""

import ast

import nbformat
from babel import Locale

from course_lib.chapters.reading import (
    SourceError,
    file_stem,
    is_sample,
    translations,
    views,
)
from course_lib.language import chosen, say, speaking


def linked_stem(stem, wanted=None):
    """Return the file stem that a link to a chapter leads to: its translation if there is one."""
    if wanted is None:
        wanted = chosen() if chosen() in translations(stem) else "en"
    return file_stem(stem, wanted)


def other_languages(stem, spoken):
    """Return a line that links to a chapter's page in other languages, each called by its own name.

    It is empty if there is no other.
    """
    links = []
    for _, code in views([stem]):
        if code != spoken:
            with speaking(code):
                name = Locale.parse(code).get_language_name(code)
                if is_sample(stem, code):
                    name = say("{language} (a sample)", language=name)
                links.append(f"[{name}]({stem}.{code}.md)")
    return say("Also in: {languages}", languages=", ".join(links)) if links else ""


def marked_as_sample(notebook, stem):
    """Return the cells of a text that ends early, with a box that says so and a way on."""
    title = say("A sample")
    body = say("The first sections of this chapter, translated. At their end a link leads on.")
    first, *rest = notebook.cells
    first.source = below_title(first.source, f":::{{admonition}} {title}\n{body}\n:::")
    link = f"{stem}.en.md"
    end = say(
        "The sample ends here. The chapter goes on [in English]({chapter}); what you have passed "
        "here counts there, too.",
        chapter=link,
    )
    return [first, *rest, nbformat.v4.new_markdown_cell(end)]


def below_title(text, more):
    """Return a text with more below its title."""
    title, _, rest = text.partition("\n\n")
    return f"{title}\n\n{more}\n\n{rest}".rstrip()


def speaking_cell(spoken):
    """Return the cell that lets cards and figures of a notebook speak its language."""
    source = f'from course_lib.language import speak\n\nspeak("{spoken}")'
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["remove-cell"]})


def compare_code(cells, original, name, *, sample):
    """Raise `SourceError` unless a translation's code cells are the original's, in their order."""
    left = [cell for cell in original if cell.cell_type == "code"]
    for cell in cells:
        if cell.cell_type != "code":
            continue
        skipped = []
        while left and not _same(cell, left[0]):
            skipped.append(left.pop(0))
        if not left or (skipped and not sample):
            first = cell.source.partition("\n")[0]
            raise SourceError(f"{name}: chapter.md has no such code at this place: {first}")
        left.pop(0)
    if left and not sample:
        first = left[0].source.partition("\n")[0]
        raise SourceError(f"{name}: code of chapter.md is missing, from here on: {first}")


def _same(cell, other):
    return cell.metadata == other.metadata and _done(cell.source) == _done(other.source)


def _done(source):
    """Return what code does, without what only a reader reads."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return ast.dump(_Unread().visit(compile(source, "cell", "exec", flags)))


class _Unread(ast.NodeTransformer):
    """Takes out of code what only a reader reads."""

    def visit_FunctionDef(self, node):
        if ast.get_docstring(node) is not None:
            del node.body[0]
        return self.generic_visit(node)

    visit_ClassDef = visit_FunctionDef

    def visit_Call(self, node):
        if getattr(node.func, "id", None) == "print":
            node.args = [_without_text(argument) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg == "title":
                keyword.value = _without_text(keyword.value)
        return self.generic_visit(node)


def _without_text(node):
    if isinstance(node, ast.JoinedStr):
        node.values = [part for part in node.values if not isinstance(part, ast.Constant)]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        node.value = ""
    return node
