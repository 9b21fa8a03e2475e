"""Run the cells of a notebook without Jupyter, as far as answers need it.

Of cells that came with the course, only the statements are run that define what the learner's cells
use: nobody waits for figures and trainings.
"""

import ast
import builtins
import dis
import linecache
import sys
import types
import warnings
from contextlib import suppress
from dataclasses import dataclass

from course_lib.exercises.statements import defined_names

LOOKS_UP = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
# Where it is here: there are no chapters. Not in one piece, or it would be replaced here, too.
RUNS = ".".join(("course_lib", "chapters", "runs")), "posed.runs"


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement of a cell that came with the course, the names it defines and those it uses."""

    source: str
    defines: frozenset
    uses: frozenset


def statements_in(source):
    """Return the statements of a cell; none of one that cannot be read."""
    return [
        Statement(text, frozenset(defined_names(text)), frozenset(_used([node])))
        for node in _parsed(source)
        for text in [ast.unparse(node)]
    ]


class Notebook:
    """The names that cells define, and the errors that stopped some of them.

    Parameters
    ----------
    shipped : list of Statement
        Of the cells that came with the course, as the course has them.
    """

    def __init__(self, shipped):
        self.module = types.ModuleType("__main__")
        self.names, self.errors, self.outdated = vars(self.module), [], {}
        sys.modules["__main__"] = self.module
        builtins.get_ipython = _Shell(self).get
        builtins.display = lambda *objects, **options: None
        self.statements = list(shipped)

    def run(self, number, source, *, sliced=False):
        """Run a cell; an error in it ends it, and is kept."""
        name = f"<ipython-input-{number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        failed = False
        try:
            if sliced:
                self.statements += statements_in(source)
                return
            self.run_source(source, name)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            failed = True
            self.errors.append((number, type(error).__name__, _said(error)))
        for defined in defined_names(source):
            if failed:
                self.outdated[defined] = self.names.get(defined)
            else:
                self.outdated.pop(defined, None)

    def run_source(self, source, name):
        """Run a source, and before it what came with the course and defines what it uses."""
        nodes = _parsed_or_raise(source)
        self._provide(_used(nodes))
        self.execute(nodes, name)

    def execute(self, nodes, name):
        """Run statements in the notebook's module."""
        code = _compiled(nodes, name)
        with warnings.catch_warnings(action="ignore"):
            waiting = eval(code, self.names)
            if waiting is not None:
                waiting.send(None)

    def names_to_judge(self, name):
        """Return the names, without one whose last definition has failed."""
        if name in self.outdated and self.names.get(name) is self.outdated[name]:
            return {}
        return self.names

    def _provide(self, wanted):
        """Run what came with the course and defines names that are used, in its order."""
        wanted, needed = wanted - set(self.names), set()
        while True:
            found = [s for s in self.statements if s not in needed and s.defines & wanted]
            if not found:
                break
            needed.update(found)
            wanted |= set().union(*(s.uses for s in found)) - set(self.names)
        for statement in self.statements:
            if statement in needed:
                with suppress(Exception):
                    self.execute(_parsed_or_raise(statement.source), "<shipped>")


def _used(nodes, bound=frozenset()):
    """Return the names that statements look up, but for those that they bind before."""
    found, bound = set(), set(bound)
    for node in nodes:
        if isinstance(node, ast.For):
            found |= _looked_up(ast.copy_location(ast.Expr(node.iter), node)) - bound
            found |= _used(node.body, bound | _names_in(node.target, ast.Store))
            found |= _used(node.orelse, bound)
            continue
        found |= _looked_up(node) - bound
        bound |= _surely_bound(node)
        if isinstance(node, ast.Delete):
            bound -= _names_in(node)
    return found


def _surely_bound(node):
    """Return names that a statement binds in any case, unless it fails."""
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in _names_in(target, ast.Store)}
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return defined_names(ast.unparse(node))
    return set()


def _names_in(node, context=ast.expr_context):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _looked_up(node):
    """Return the names that a statement looks up outside itself: not those of arguments."""
    turn = ast.copy_location(ast.While(ast.Constant(True), [node], []), node)  # node may break off
    waiting, found = [_compiled([ast.fix_missing_locations(turn)], "<names>")], set()
    while waiting:
        code = waiting.pop()
        waiting += [part for part in code.co_consts if isinstance(part, types.CodeType)]
        found |= {i.argval for i in dis.get_instructions(code) if i.opname in LOOKS_UP}
    return found


def _compiled(nodes, name):
    return compile(ast.Module(nodes, []), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _parsed_or_raise(source):
    source = source.replace(*RUNS)
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source).body
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager  # for %magic and !commands

        return ast.parse(TransformerManager().transform_cell(source)).body


def _parsed(source):
    try:
        return _parsed_or_raise(source)
    except (SyntaxError, ValueError, RecursionError):
        return []


def _said(error):
    try:
        return str(error)[:500]
    except Exception:
        return ""


class _Shell:
    """What magics need of IPython: those that run Python do, all others do nothing."""

    def __init__(self, notebook):
        self.notebook, self.user_ns = notebook, notebook.names

    def get(self):
        return self

    def run_line_magic(self, name, line, *rest, **options):
        if name in ("time", "timeit", "prun"):
            self.notebook.run_source(line, "<magic>")

    def run_cell_magic(self, name, line, cell, *rest, **options):
        if name in ("time", "timeit", "prun", "capture"):
            self.notebook.run_source(cell, "<magic>")

    def __getattr__(self, name):
        return lambda *arguments, **options: None
