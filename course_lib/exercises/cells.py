"""What a notebook's cell has to do with an exercise."""

import ast
import warnings


def checked_key(source):
    """Return the key of a cell that calls ``check("key")``, or None."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a learner's "\d", say
            tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", None) == "check"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            return node.args[0].value
    return None
