"""What the source of a notebook's cell says: the exercises it names, the names it defines."""

import ast
import re
import warnings

from course_lib.chapters import CHAPTERS

# Magics that run Python: as a part of the cell they stand in, or as a cell of its own.
INLINE, NESTED = {"time", "timeit", "prun"}, {"capture"}
MAGIC_CALLS = {"run_cell_magic": 2, "run_line_magic": 1}  # which argument is the code
KEY = re.compile(rf"({'|'.join(CHAPTERS.values())})-(\d+|\W.*|)", re.S)  # also "weights-{k}"
DEFINITION = re.compile(r"^(?:async )?(?:def|class) (\w+)|^(\w+)[ ]*(?::[^=\n]*)?=(?!=)", re.M)
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


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
    statements = _statements(source, INLINE)
    if statements is None:
        return {name for found in DEFINITION.findall(source) for name in found if name}
    return {name for statement in statements for name in _bound(statement)}


def _called(call):
    return getattr(call.func, "id", None) or getattr(call.func, "attr", None)


def _nodes(source):
    for statement in _statements(source, INLINE | NESTED) or []:
        yield from ast.walk(statement)


def _statements(source, magics):
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
    statements = list(tree.body)
    for node in ast.walk(tree):
        code = _code_of_magic(node, magics)
        statements += _statements(code, magics) or [] if code else []
    return statements


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
