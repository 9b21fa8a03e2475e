"""The course as it is seen in the sandbox: what notebooks import, and nothing that knows answers.

It is a list of what is let in. Chapters, checks, judges, texts and tests are not in it. A function
that an exercise asks the learner to write is replaced by one that refuses, in the source, so that
its body is nowhere in the sandbox: whether it was called is no question of trust then.
"""

import ast
import importlib.util
import inspect
import shutil
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
FOLDERS = ("data", "models", "nn", "plots", "theme", "widgets", "grading/inside")
LEFT_OUT = ("cli.py", "models/look")
SHARED = ("calling", "drawing", "memory", "plain", "statements", "surroundings")  # of exercises
# What chapters pose to learners or measure with: each imports no other part of a chapter.
POSED = ("ch06_nlp/predictors.py", "ch07_vision/mixers.py", "ch11_sparse/measuring.py")
CARDS = '''"""Cards are for learners; here an answer is judged outside."""


def check(key):
    """Do nothing."""


def scorecard(chapter):
    """Do nothing."""
'''


def write_tree(folder, without=()):
    """Write the course for a sandbox.

    Parameters
    ----------
    folder : path
        A new one.
    without : iterable of (module, name)
        Functions, methods and classes that are to be without a body: see `names_of`.

    Returns
    -------
    dict of str to path
        What is to be mounted over other files of the environment: their path to ours.
    """
    folder = Path(folder)
    for path in _let_in():
        target = folder / "course_lib" / path.relative_to(LIBRARY)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            target.write_text(_without_chapters(path.read_text("utf-8")), "utf-8")
        else:
            shutil.copyfile(path, target)
    (folder / "course_lib/exercises/__init__.py").write_text(CARDS, "utf-8")
    for place in POSED:
        target = folder / "posed" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(LIBRARY / "chapters" / place, target)
    return _empty_bodies(folder, without)


def _let_in():
    for name in FOLDERS:
        yield from (path for path in (LIBRARY / name).rglob("*") if _is_let_in(path))
    yield from (path for path in LIBRARY.glob("*.py") if _is_let_in(path))
    yield from (LIBRARY / "exercises" / f"{name}.py" for name in SHARED)
    yield LIBRARY / "grading/__init__.py"


def _is_let_in(path):
    place = path.relative_to(LIBRARY)
    left_out = any(place.is_relative_to(other) for other in LEFT_OUT)
    return path.is_file() and not left_out and "__pycache__" not in place.parts


def _without_chapters(source):
    """Return a module without its imports of chapters, which old names in the library have."""
    if "course_lib.chapters" not in source:
        return source
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "course_lib.chapters"
        ):
            for number in range(node.lineno - 1, node.end_lineno):
                lines[number] = "\n"
    return "".join(lines)


def names_of(functions):
    """Return (module, name) of what an exercise's `without` lists, in a fixed order."""
    return tuple(sorted(map(_name_of, functions)))


def _name_of(function):
    if isinstance(function, str):
        module, _, name = function.partition(":")
        return module, name
    function = inspect.unwrap(getattr(function, "orig_func", function))  # NetworkX dispatches
    return function.__module__, function.__qualname__


def _empty_bodies(folder, without):
    by_module = {}
    for module, name in without:
        by_module.setdefault(module, []).append(name)
    over = {}
    for module, names in by_module.items():
        place = Path(*module.split("."))
        if module.startswith("course_lib"):
            paths = (folder / f"{place}.py", folder / place / "__init__.py")
            path = next(path for path in paths if path.is_file())
            path.write_text(_emptied(path.read_text("utf-8"), module, names), "utf-8")
            continue
        origin = importlib.util.find_spec(module).origin
        ours = folder / "over" / f"{module}.py"
        ours.parent.mkdir(exist_ok=True)
        ours.write_text(_emptied(Path(origin).read_text("utf-8"), module, names), "utf-8")
        nothing = folder / "over" / "nothing"
        nothing.touch()
        over |= {origin: ours}
        compiled = importlib.util.cache_from_source(origin)
        over |= {compiled: nothing} if Path(compiled).exists() else {}
    return over


def _emptied(source, module, names):
    """Return a module in which some functions have no body but a refusal."""
    tree = ast.parse(source)
    for name in names:
        node = tree
        for part in name.split("."):
            node = next(n for n in node.body if getattr(n, "name", None) == part)
        functions = [node] if not isinstance(node, ast.ClassDef) else node.body
        for function in functions:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                function.body = _refusal(f"{module}.{name}")
    return ast.unparse(tree)


def _refusal(name):
    return ast.parse(
        f"from course_lib.grading.inside.forbidden import refuse\nrefuse({name!r})"
    ).body
