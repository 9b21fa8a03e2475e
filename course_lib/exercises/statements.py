"""What statements stand in the source of a notebook's cell, and what names they define."""

import ast
import re
import warnings

# Magics that run Python: as a part of the cell they stand in, or as a cell of its own.
INLINE, NESTED = {"time", "timeit", "prun"}, {"capture"}
MAGIC_CALLS = {"run_cell_magic": 2, "run_line_magic": 1}  # which argument is the code
DEFINITION = re.compile(r"^(?:async )?(?:def|class) (\w+)|^(\w+)[ ]*(?::[^=\n]*)?=(?!=)", re.M)
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def defined_names(source):
    r"""Return the names that running a cell defines in the notebook.

    A cell with a syntax error defines nothing; of it, those that it was meant to define.

    Examples
    --------
    >>> sorted(defined_names("def row(x): y = x; return y\nfirst, rest = row(2)"))
    ['first', 'rest', 'row']
    >>> defined_names("row(1)  # row = 2")
    set()
    >>> sorted(defined_names("def row(x:\n    y = x\nfirst = row(2)"))
    ['first', 'row']
    """
    found = statements(source, INLINE)
    if found is None:
        return {name for names in DEFINITION.findall(source) for name in names if name}
    return {name for statement in found for name in _bound(statement)}


def statements(source, magics):
    """Return the statements of a cell and of the magics in it that run Python; None if unreadable.

    IPython itself turns ``%%time``, ``!ls`` and the like into Python.
    """
    tree = _parsed(source)
    if tree is None:
        from IPython.core.inputtransformer2 import TransformerManager  # rarely needed

        try:
            tree = _parsed(TransformerManager().transform_cell(source))
        except SyntaxError:
            tree = None
    if tree is None:
        return None
    found = list(tree.body)
    for node in ast.walk(tree):
        code = _code_of_magic(node, magics)
        found += statements(code, magics) or [] if code else []
    return found


def _parsed(source):
    try:
        with warnings.catch_warnings(action="ignore"):  # of a learner's "\d", say
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _code_of_magic(node, magics):
    """Return the code in a call such as ``get_ipython().run_line_magic("time", "f(x)")``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    place = MAGIC_CALLS.get(node.func.attr)
    texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    if place is None or len(texts) <= place or texts[0] not in magics:
        return None
    return texts[place]


def _bound(node):
    """Yield the names that a statement binds in the scope it stands in."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, SCOPES):
        yield getattr(node, "name", "")
    else:
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)
