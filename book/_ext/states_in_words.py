"""Whether a notebook ran is said in a word: MyST-NB's emoji needs a font that not all have."""

from docutils import nodes

WORDS = {"\N{WHITE HEAVY CHECK MARK}": "ran", "\N{CROSS MARK}": "failed"}


def say_in_words(app, doctree, docname):
    """Replace what stands alone in a cell of a table."""
    for entry in doctree.findall(nodes.entry):
        for text in entry.findall(nodes.Text):
            if text in WORDS:
                text.parent.replace(text, nodes.Text(WORDS[text]))


def setup(app):
    """Do so before a page is written."""
    app.connect("doctree-resolved", say_in_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
