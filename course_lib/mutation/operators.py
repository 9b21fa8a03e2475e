"""Simple mutants of a solution: each is the code with one small thing changed.

Our own, because the kept libraries (mutmut, Cosmic Ray) rewrite the files of a package and run its
tests in new processes; here thousands of single functions are judged in a minute. What they change
is changed here too, with what is easily got wrong in array code: axes, transposes, operands.
"""

import ast
import copy

SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
ALIKE = [
    ("min", "max"), ("argmin", "argmax"), ("minimum", "maximum"), ("sum", "mean"), ("any", "all"),
    ("tril", "triu"), ("zeros", "ones"), ("floor", "ceil"), ("exp", "exp2"), ("log", "log2"),
    ("amin", "amax"), ("cumsum", "cumprod"), ("argsort", "sort"), ("mean", "median"),
]  # fmt: skip
OTHER_NAME = {a: b for pair in ALIKE for a, b in (pair, pair[::-1])}


def mutants(source):
    """Yield (what was changed, the changed source) for each simple mutant of some code.

    Examples
    --------
    >>> for change, mutant in mutants("x = a - 2"):
    ...     print(change, "|", mutant)
    line 1: `x = a - 2` dropped | pass
    line 1: + for - | x = a + 2
    line 1: operands swapped | x = 2 - a
    line 1: 3 for 2 | x = a - 3
    line 1: 1 for 2 | x = a - 1
    line 1: 0 for 2 | x = a - 0
    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for place, node in enumerate(ast.walk(tree)):
        for change, mutate in _changes(node, tree):
            mutant = copy.deepcopy(tree)
            twin = list(ast.walk(mutant))[place]
            mutate(twin)
            text = ast.unparse(ast.fix_missing_locations(mutant))
            if text not in seen:
                seen.add(text)
                yield f"line {getattr(node, 'lineno', 1)}: {change}", text


def _changes(node, tree):
    """Yield (description, function that changes a node of this kind in place)."""
    if isinstance(node, ast.BinOp | ast.BoolOp):
        kind = type(node.op)
        if kind in SWAPPED:
            told = f"{_sign(SWAPPED[kind])} for {_sign(kind)}"
            yield told, lambda twin: setattr(twin, "op", SWAPPED[kind]())
        if kind in (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv, ast.Mod):
            yield "operands swapped", _swap_operands
    if isinstance(node, ast.Compare):
        kind = type(node.ops[0])
        for table in (SWAPPED, TURNED):
            if kind in table:
                told = f"{_sign(table[kind])} for {_sign(kind)}"
                yield told, lambda twin, table=table: twin.ops.__setitem__(0, table[kind]())
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    if isinstance(node, ast.UnaryOp):
        yield "sign dropped", lambda twin: _become(twin, twin.operand)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose dropped", lambda twin: _become(twin, twin.value)
    if isinstance(node, ast.Attribute | ast.Name):
        name = "attr" if isinstance(node, ast.Attribute) else "id"
        other = OTHER_NAME.get(getattr(node, name))
        if other:
            yield f"{other} for {getattr(node, name)}", lambda twin: setattr(twin, name, other)
    if isinstance(node, ast.Call):
        yield from _calls(node)
    if isinstance(node, ast.FunctionDef):
        yield from _parameters(node)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        for truth in (True, False):
            if not (truth and isinstance(node, ast.While)):
                yield (
                    f"condition {truth}",
                    lambda twin, truth=truth: setattr(twin, "test", ast.Constant(truth)),
                )
    for block in ("body", "orelse"):
        yield from _drops(node, block)


def _constants(value):
    others = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1, 0]
    elif isinstance(value, float):
        others = [value * 2, value / 2, 0.0]
    for other in others:
        yield f"{other} for {value}", lambda twin, other=other: setattr(twin, "value", other)


def _calls(node):
    if len(node.args) == 2:
        yield "arguments swapped", lambda twin: twin.args.reverse()
    if node.args:
        yield "call dropped", lambda twin: _become(twin, twin.args[0])
    if isinstance(node.func, ast.Attribute):
        yield "method dropped", lambda twin: _become(twin, twin.func.value)
    for place, keyword in enumerate(node.keywords):
        yield f"{keyword.arg} dropped", lambda twin, place=place: twin.keywords.pop(place)


def _parameters(node):
    """Yield a mutant for each two parameters of a function: one is used where the other was."""
    names = [argument.arg for argument in node.args.args if argument.arg != "self"]
    for name in names:
        for other in names:
            if name < other:

                def exchange(twin, name=name, other=other):
                    new = {name: other, other: name}
                    for inner in ast.walk(twin):
                        if isinstance(inner, ast.Name):
                            inner.id = new.get(inner.id, inner.id)

                yield f"{name} and {other} exchanged", exchange


def _drops(node, block):
    statements = getattr(node, block, None)
    if not isinstance(statements, list):
        return
    for place, statement in enumerate(statements):
        kept = isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not kept and not text:

            def drop(twin, place=place):
                getattr(twin, block)[place] = ast.Pass()

            yield f"`{ast.unparse(statement).splitlines()[0]}` dropped", drop


def _swap_operands(twin):
    twin.left, twin.right = twin.right, twin.left


def _become(twin, other):
    """Turn a node into another one in place."""
    twin.__class__ = other.__class__
    twin.__dict__ = other.__dict__


def _sign(kind):
    signs = {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//",
        ast.Mod: "%", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<",
        ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    }  # fmt: skip
    return signs.get(kind, kind.__name__.lower())
