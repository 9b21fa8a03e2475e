"""Show a function's own source in a notebook, so that text and library cannot drift apart."""

import ast
import inspect
import textwrap

from IPython.display import Markdown


def show_source(*functions):
    """Show the source of functions without their docstrings.

    Parameters
    ----------
    *functions : function
        Functions written in Python.

    Returns
    -------
    IPython.display.Markdown
        One code block, coloured like the rest of the notebook.

    Raises
    ------
    TypeError
        If something is not a function with a source.
    """
    return Markdown("```python\n" + "\n\n".join(map(_without_docstring, functions)) + "\n```")


def _without_docstring(function):
    if not inspect.isfunction(function):
        raise TypeError(f"functions must be Python functions, got {function!r}")
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    lines = source.rstrip("\n").splitlines()
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)
