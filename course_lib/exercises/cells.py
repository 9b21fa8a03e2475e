"""Which exercises the source of a notebook's cell names."""

import ast
import re

from course_lib.chapters import CHAPTERS
from course_lib.exercises.statements import INLINE, NESTED, statements

KEY = re.compile(rf"({'|'.join(CHAPTERS.values())})-(\d+|\W.*|)", re.S)  # also "weights-{k}"


def checked_key(source):
    """Return the key of a cell that calls ``check("key")``, or None."""
    for node in _nodes(source):
        if isinstance(node, ast.Call) and _called(node) == "check":
            named = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
            for value in (*node.args[:1], *named):
                if isinstance(value, ast.Constant):
                    return value.value
    return None


def chapters_named(source):
    """Return the chapters whose exercises a cell's code names; comments do not count.

    Examples
    --------
    >>> chapters_named('for k in (1, 2): check(f"weights-{k}")  # and "flow-1" another day')
    {'weights'}
    """
    constants = (node.value for node in _nodes(source) if isinstance(node, ast.Constant))
    keys = (KEY.fullmatch(value) for value in constants if isinstance(value, str))
    return {key[1] for key in keys if key}


def _called(call):
    return getattr(call.func, "id", None) or getattr(call.func, "attr", None)


def _nodes(source):
    for statement in statements(source, INLINE | NESTED) or []:
        yield from ast.walk(statement)
