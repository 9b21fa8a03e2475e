"""What the cells of notebooks import, loaded once by a process whose forks run them.

A process that has loaded a library hides that a cell forgot to import a part of it: of an import
without `from`, all that the cells take from it must be there as soon as it is imported.
"""

import ast
import contextlib
import gc
import importlib
import io
import sys
from types import ModuleType

# What a library loads when it is first used: for an optimiser, a heat map, a flow, a cell. Each
# fork would do so again, which takes longer than most cells.
LATE = {
    "torch": "torch._dynamo",
    "course_lib.plots": "seaborn",
    "course_lib.flow": "course_lib._dinic",
    "ipykernel": "ipykernel.inprocess.ipkernel",
}
FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def load(cells):
    """Import what cells import; raise `ImportError` if that prints, or if a part is missing."""
    nodes = [node for cell in cells for node in ast.walk(compile(cell.source, "", "exec", FLAGS))]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        for name, taken in plainly_imported(nodes):
            importlib.import_module(name)
            for parts in taken:
                require(parts)
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                importlib.import_module(node.module)
        for name, late in LATE.items():
            if name in sys.modules:
                importlib.import_module(late)
    if said.getvalue():
        raise ImportError(f"imports of cells print: {said.getvalue()}")
    gc.collect()
    gc.freeze()  # a collection in a fork looks through its own objects, not through all of these


def plainly_imported(nodes):
    """Return the imports without `from`, each with what is taken from it, as names in a row."""
    taken = [parts for node in nodes if isinstance(node, ast.Attribute) if (parts := chain(node))]
    found = {}
    for node in nodes:
        for alias in node.names if isinstance(node, ast.Import) else ():
            called = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else called
            row = [(module, *parts[1:]) for parts in taken if parts[0] == called]
            found.setdefault(alias.name, []).extend(row)
    return found.items()


def chain(node):
    """Return ``("a", "b", "c")`` of ``a.b.c``, and nothing of an attribute of anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = chain(node.value) if isinstance(node, ast.Attribute) else ()
    return (*inner, node.attr) if inner else ()


def require(parts):
    """Raise `ImportError` unless a module has what is taken from it, and from modules in it."""
    name, *rest = parts
    found = importlib.import_module(name)
    for part in rest:
        if not isinstance(found, ModuleType):
            return
        if not hasattr(found, part):
            raise ImportError(f"{'.'.join(parts)} is used, but not imported")
        found = getattr(found, part)
