"""Modules stay small: 200 lines of code, or a reason why one is longer."""

import ast
from pathlib import Path

import course_lib

PACKAGE = Path(course_lib.__file__).parent
MOST = 200
LISTS = {"checks.py", "cases.py", "mistakes.py"}  # exercise below exercise, each on its own
REASONS = {"_validate.py": "one place for what arguments are taken, and the words that refuse them"}


def code_lines(source):
    """Return how many lines of a module are neither empty, nor comments, nor docstrings."""
    told = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and place not in told
        for place, line in lines
    )


def long_modules():
    """Return the modules of the course over `MOST` lines that are no list of exercises."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name not in LISTS and code_lines(path.read_text(encoding="utf-8")) > MOST
    }


def test_a_long_module_has_a_reason():
    assert long_modules() == set(REASONS)


def test_lines_of_code_are_counted():
    assert code_lines('"""Two\nlines."""\n\n# why\nx = 1\n\n\ndef f():\n    """Say."""\n') == 2
