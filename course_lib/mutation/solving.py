"""The official solution of an exercise as an object, without running its whole chapter."""

import ast
import contextlib
import io
import symtable
from functools import cache

from course_lib.authoring import source
from course_lib.authoring.notebooks import solved_notebook
from course_lib.chapters import chapter_stem


def answer_from(code, exercise):
    """Return the answer that the code of an exercise's cell defines.

    Before it stands what the solution needs of the cells above: imports, functions and values.
    """
    namespace = dict(_names_above(exercise.key, exercise.solution))
    exec(compile(code, f"<{exercise.key}>", "exec"), namespace)
    return namespace[exercise.answer]


def solution_of(exercise):
    """Return the official solution of an exercise: a function, a class or a value."""
    return answer_from(exercise.solution, exercise)


@cache
def _names_above(key, code):
    namespace = {"__name__": "__main__"}
    module = ast.Module(_needed(key, code), [])
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(module, f"<above {key}>", "exec"), namespace)
    return namespace


def _needed(key, code):
    """Return the statements above an exercise on which its code depends, in their order."""
    wanted, chosen = _asked_for(code), []
    for statement in reversed(_statements_above(key)):
        if _bound(statement) & wanted:
            wanted = wanted | _asked_for(ast.unparse(statement))
            chosen.insert(0, statement)
    return chosen


def _asked_for(code):
    """Return the names that code takes from outside: not the arguments of its own functions."""
    tables, names = [symtable.symtable(code, "<cell>", "exec")], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        inside = table.get_type() != "module"
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (symbol.is_global() or not inside)
        }
    return names


@cache
def _cells(chapter):
    return solved_notebook(chapter_stem(chapter)).cells


@cache
def _statements_above(key):
    statements = []
    for cell in _cells(key.rpartition("-")[0]):
        if cell.metadata.get("exercise") == key:
            return statements
        if cell.cell_type == "code":
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            statements += compile(cell.source, key, "exec", flags).body
    raise source.SourceError(f"there is no cell of {key}")


def _bound(statement):
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    stored = _names(statement, ast.Store)
    for node in ast.walk(statement):  # x[0] = 1 and x.a = 1 change x
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            stored |= _names(node, ast.Load)
    return stored


def _names(tree, context):
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }
