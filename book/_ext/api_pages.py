"""The library reference: one page a module, made from docstrings, and a page that lists them.

Nothing here names a module to show: what the package holds is what the pages show. What is public
but has no docstring gets no entry and a warning, of which `make book` makes an error.
"""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import FunctionType

from sphinx.util.logging import getLogger

from course_lib.authoring.source import write_files

logger = getLogger(__name__)

# What makes the course and brings it to learners, and what belongs to one chapter alone.
MACHINERY = {
    *("authoring", "chapters", "classroom", "cli", "commands", "grading"),
    *("theme", "working", "workshop"),
}

INDEX = """\
Library reference
=================

Everything that a notebook can import, with shapes, errors and sources, made from the docstrings of
the code. In the code of the chapters, a name with a dotted line leads to its entry here.

.. autosummary::

   {modules}
"""

PAGE = """\
{title}
{line}

.. automodule:: {module}

.. autosummary::
   :nosignatures:

   {names}

{entries}
"""


def public_modules(module):
    """Return the modules that offer something; a package's ``__all__`` speaks for all in it."""
    found = [module] if public_names(module) else []
    if hasattr(module, "__path__") and not hasattr(module, "__all__"):
        for _, name, _ in iter_modules(module.__path__):
            if not name.startswith("_") and name not in MACHINERY:
                found += public_modules(import_module(f"{module.__name__}.{name}"))
    return found


def public_names(module):
    """Return what a module offers: its ``__all__``, or the functions and classes defined in it."""
    things = vars(module)
    names = things.get("__all__") or [
        name
        for name, thing in things.items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]
    functions = [name for name in names if inspect.isfunction(things[name])]
    return functions + [name for name in names if inspect.isclass(things[name])]


def public_methods(kind):
    """Return the methods and properties of a class that are ours, not those of its libraries."""
    package = kind.__module__.partition(".")[0]
    names = {
        name: None
        for base in kind.__mro__
        if base.__module__.partition(".")[0] == package
        for name, thing in vars(base).items()
        if isinstance(thing, FunctionType | property | classmethod | staticmethod)
    }
    return [name for name in names if not name.startswith("_")]


def api_pages(package):
    """Return the text of each page by file name."""
    modules = public_modules(package)
    names = "\n   ".join(module.__name__ for module in modules)
    pages = {"index.rst": INDEX.format(modules=names)}
    for module in modules:
        title = module.__name__.removeprefix(f"{package.__name__}.")
        pages[f"{title}.rst"] = _page(title, module)
    return pages


def write_api_pages(package, folder):
    """Write the pages into a folder where they changed; remove those of modules that are gone."""
    pages = api_pages(package)
    for path in Path(folder).glob("*.rst"):
        if path.name not in pages:
            path.unlink()
    return write_files(folder, pages)


def _page(title, module):
    names = [name for name in public_names(module) if getattr(module, name).__doc__]
    return PAGE.format(
        title=title,
        line="=" * len(title),
        module=module.__name__,
        names="\n   ".join(names),
        entries="\n\n".join(_entry(name, getattr(module, name)) for name in names),
    )


def _entry(name, thing):
    if inspect.isfunction(thing):
        return f".. autofunction:: {name}"
    # A view of a live figure is made from its traits, which Python's signature does not say.
    signature = "(**traits)" if hasattr(thing, "class_traits") else ""
    methods = ", ".join(public_methods(thing))
    members = f"\n   :members: {methods}" if methods else ""
    return f".. autoclass:: {name}{signature}{members}"


def left_out(package, entries):
    """Return the public functions, classes and methods of a package that have no entry."""
    expected = [
        (f"{module.__name__}.{name}", getattr(module, name))
        for module in public_modules(package)
        for name in public_names(module)
    ]
    paths = [path for path, _ in expected]
    for path, thing in expected:
        if inspect.isclass(thing):
            paths += [f"{path}.{method}" for method in public_methods(thing)]
    return [path for path in paths if path not in entries]


def _write(app, config):
    write_api_pages(import_module(config.api_package), Path(app.srcdir, "api"))


def _warn(app, env):
    for path in left_out(import_module(app.config.api_package), env.domains["py"].objects):
        logger.warning("%s is public and has no entry: write its docstring", path)


def setup(app):
    """Write the pages before Sphinx looks for sources; see what they lack when it has read them."""
    app.add_config_value("api_package", "course_lib", "env", str)
    app.connect("config-inited", _write)
    app.connect("env-check-consistency", _warn)
    return {"parallel_read_safe": True}
