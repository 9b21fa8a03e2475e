"""Collect the sentences that cards, judges, figures and the builder say, for translators.

``python -m course_lib.authoring.words`` writes them into ``course_lib/words/course.pot`` and
brings the catalogues beside it, one a language, up to date: what was translated stays, what is new
is empty, and what is no longer said is kept as a comment at the end.
"""

import ast
import io
import re

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from course_lib.authoring.source import ROOT, write_if_changed
from course_lib.language import WORDS, languages

TEMPLATE = WORDS / "course.pot"
KEYWORDS = {"say": None, "later": None, "Wrong": None}
HEADER = """\
# The words of cards, judges, figures and the builder, by `python -m course_lib.authoring.words`.
# What stands in braces is filled in later and is not translated."""
UNWANTED = re.compile(
    r'^"(?:Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|Generated-By): .*\n', re.M
)
KIND = re.compile(r"^:kind: (.+)$")


def sentences():
    """Return a catalogue of all sentences there are to say, without translations."""
    catalogue = Catalog(header_comment=HEADER, charset="utf-8")
    found = extract_from_dir(
        ROOT / "course_lib",
        [
            ("chapters/*/checks.py", _extract_checks),
            ("chapters/*/mistakes.py", _extract_checks),
            ("chapters/*/chapter.md", _extract_kinds),
            ("**.py", _extract_python),
            ("**/bundle.js", "ignore"),  # the modules in it are read instead
            ("**.js", "javascript"),
        ],
        keywords=KEYWORDS,
    )
    for path, line, sentence, _, _ in found:
        catalogue.add(sentence, locations=[(path, line)])
    return catalogue


def _extract_python(file, keywords, comment_tags, options):
    """Yield what a module says; unlike Babel's own reader it looks into f-strings, too."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in keywords:
            sentence = node.args[0] if node.args else None
            if isinstance(sentence, ast.Constant):
                yield node.lineno, node.func.id, sentence.value, []


def _extract_checks(file, keywords, comment_tags, options):
    """Yield what a chapter's judges say: also the sentences of their lists of mistakes."""
    source = file.read()
    yield from _extract_python(io.BytesIO(source), keywords, comment_tags, options)
    tree = ast.parse(source)
    docstrings = {id(statement.value) for statement in ast.walk(tree) if _is_text(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings and is_said(node.value):
            yield node.lineno, "say", node.value, []


def is_said(value):
    """Tell whether a constant of a judge is a sentence or, as "The weights", its subject.

    Examples
    --------
    >>> [is_said(text) for text in ("The weights", "τ is taken for one.", "no positions", "PuOr")]
    [True, True, False, False]
    """
    if not isinstance(value, str) or not re.search(r"\w \w|\w` \w", value):
        return False
    return not value[0].islower() or value.endswith((".", "?"))


def _is_text(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _extract_kinds(file, keywords, comment_tags, options):
    """Yield the kinds of exercises, which a chapter names in English."""
    for number, line in enumerate(file.read().decode().splitlines(), start=1):
        if found := KIND.match(line):
            yield number, "say", found[1], []


def as_text(catalogue):
    """Return a catalogue as the text of its file."""
    # Line numbers and dates would make it stale when nothing is said otherwise.
    file = io.BytesIO()
    write_po(file, catalogue, width=100, include_lineno=False, sort_by_file=True)
    return UNWANTED.sub("", file.getvalue().decode())


def updated(language, template):
    """Return the catalogue of a language with the sentences of a template."""
    with (WORDS / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in list(catalogue.obsolete.values()):  # a sentence that comes back is known
        catalogue[message.id] = message
    catalogue.obsolete.clear()
    # Babel's guesses from similar sentences are mostly wrong here.
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    return catalogue


def write_words():
    """Write the template and the catalogues where they changed; return a line for each."""
    template = sentences()
    texts = {TEMPLATE: as_text(template)}
    for language in languages()[1:]:
        texts[WORDS / f"{language}.po"] = as_text(updated(language, template))
    return [
        f"{path.name}: {'written' if write_if_changed(path, text) else 'up to date'}"
        for path, text in texts.items()
    ]


if __name__ == "__main__":
    print(*write_words(), sep="\n")
