"""The course as it is seen in the sandbox: what notebooks import, and nothing that knows answers.

It is a list of what is let in. Chapters, checks, judges, texts and tests are not in it. A function
that an exercise asks the learner to write is replaced by one that refuses, in the source, so that
its body is nowhere in the sandbox: whether it was called is no question of trust then.
"""

import ast
import compileall
import functools
import importlib.util
import inspect
import py_compile
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

from course_lib.grading.inside.cells import RUNS

LIBRARY = Path(__file__).parents[1]
FOLDERS = ("data", "explain", "models", "nn", "plots", "theme", "widgets", "grading/inside")
LEFT_OUT = ("cli.py", "models/look")
# Modules of `course_lib.exercises`.
SHARED = (
    *("calling", "drawing", "empty_figures", "isolation", "memory", "plain_data", "statements"),
)
# What chapters pose to learners or measure with: each imports no other part of a chapter.
POSED = (
    *("ch06_nlp/predictors.py", "ch07_vision/mixers.py", "ch11_sparse/measuring.py"),
    "ch14_explain/layers.py",
)
# What was recorded of trainings is for all to see; the folder of chapters is not there.
FOLDER = (
    "from course_lib.chapters import FOLDER",
    "from pathlib import Path\n\nFOLDER = Path(__file__).parent",
)
CARDS = '''"""Cards and help are for learners; here an answer is judged outside."""


def check(*arguments):
    """Do nothing."""


hint = join = leave = scorecard = solution = check
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
    shutil.copytree(_base(), folder)
    over = {}
    for module, names in _by_module(without).items():
        origin = _origin(module)
        if module.startswith(LIBRARY.name):
            ours = folder / LIBRARY.name / origin.relative_to(LIBRARY)
            Path(importlib.util.cache_from_source(ours)).unlink()
        else:
            ours = folder / "over" / f"{module}.py"
            ours.parent.mkdir(exist_ok=True)
            over[str(origin)] = ours
            compiled = importlib.util.cache_from_source(origin)
            if Path(compiled).exists():  # it holds the body, too
                over[compiled] = ours.with_name("empty")
                over[compiled].touch()
        ours.write_text(_emptied(source_of(module), module, names), "utf-8")
    return over


def library_for(without, missing):
    """Return the modules that an exercise sees otherwise than they stand in its sandbox.

    One sandbox serves all exercises of a chapter, and lacks whatever one of them asks for. What an
    exercise does not ask for it may use, so it gets these modules with its question.

    Parameters
    ----------
    without, missing : iterable of (module, name)
        What this exercise asks for, and what the sandbox lacks.

    Returns
    -------
    dict of str to str
        Module to source.
    """
    asked, sources = _by_module(without), {}
    for module, names in _by_module(missing).items():
        own = asked.get(module, [])
        if module.startswith(LIBRARY.name) and own != names:
            sources[module] = _emptied(source_of(module), module, own)
    return sources


def source_of(module):
    """Return the source of a module, without its imports of chapters."""
    return _without_chapters(_origin(module).read_text("utf-8"))


def _origin(module):
    return Path(importlib.util.find_spec(module).origin)


@functools.cache
def _base():
    """Return a folder with the whole tree, compiled, which others are copies of."""
    made = tempfile.mkdtemp(prefix="course-tree-")
    Finalize(None, shutil.rmtree, (made, True), exitpriority=1)  # of worker processes, too
    folder = Path(made, "tree")
    for path in _let_in():
        target = folder / LIBRARY.name / path.relative_to(LIBRARY)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            target.write_text(_without_chapters(path.read_text("utf-8")), "utf-8")
        else:
            shutil.copyfile(path, target)
    (folder / "course_lib/exercises/__init__.py").write_text(CARDS, "utf-8")
    chapters, posed = LIBRARY / "chapters", folder / "posed"
    for path in [*(chapters / place for place in POSED), *chapters.glob("ch*/runs.json")]:
        target = posed / path.relative_to(chapters)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    runs = (chapters / "runs.py").read_text("utf-8").replace(*FOLDER)
    (posed / "runs.py").write_text(runs, "utf-8")
    (folder / "nothing").mkdir()  # lies over the course where it is installed
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=unchecked, stripdir=made)
    for path in [folder, *folder.rglob("*")]:  # who runs inside is somebody else
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


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
    source = source.replace(*RUNS)
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
    """Return (module, name) of what an exercise's `without` lists, in a fixed order.

    The name of a whole module is empty.
    """
    return tuple(sorted(map(_name_of, functions)))


def _name_of(function):
    if isinstance(function, str):
        module, _, name = function.partition(":")
        return module, name
    if inspect.ismodule(function):
        return function.__name__, ""
    function = inspect.unwrap(getattr(function, "orig_func", function))  # NetworkX dispatches
    return function.__module__, function.__qualname__


def _by_module(without):
    found = {}
    for module, name in sorted(without):
        found.setdefault(module, []).append(name)
    return found


def _emptied(source, module, names):
    """Return a module in which some functions have no body but a refusal; "" names them all."""
    tree = ast.parse(source)
    for name in names:
        node = tree
        for part in name.split(".") if name else ():
            node = next(n for n in node.body if getattr(n, "name", None) == part)
        for inner, function in _functions(node):
            function.body = _refusal(f"{module}.{name or inner}")
    return ast.unparse(tree)


def _functions(node, above=()):
    """Yield the functions that a function, a class or a module is made of, after their names."""
    names = (*above, node.name) if hasattr(node, "name") else above
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield ".".join(names), node
    elif isinstance(node, ast.ClassDef | ast.Module):
        for inner in node.body:
            yield from _functions(inner, names)


def _refusal(name):
    return ast.parse(
        f"from course_lib.grading.inside.forbidden import refuse\nrefuse({name!r})"
    ).body
