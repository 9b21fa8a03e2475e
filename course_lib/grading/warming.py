"""What a sandbox loads before any question, which otherwise each answer would load for itself."""

import ast
import functools
from pathlib import Path

from course_lib.exercises.registry import exercises_of
from course_lib.grading.submissions import shipped_cells

OURS = "course_lib"
SKIPPED = ("chapters", "exercises", "plots", "widgets")  # of ours: what only figures load
FIGURES = "course_lib.grading.inside.figures"
MAGIC = "IPython.core.inputtransformer2"  # of cells with %magic, and of broken ones
# What NumPy, NetworkX and SciPy load when they are first used.
LATE = {
    "numpy": ("numpy.ma", "numpy.random"),
    "networkx": ("pandas",),
    "scipy": ("scipy.stats",),
}


@functools.cache
def warm_imports(chapter):
    """Return what a sandbox imports once: what a chapter's cells import, and the library for them.

    The course's own modules are not among it, but for the one that draws: they differ from exercise
    to exercise by what must not be in them.
    """
    cells = [cell for above in shipped_cells(chapter).above.values() for cell in above]
    found, waiting, known = {}, list(dict.fromkeys(cells)), set()
    if any(exercise.draws for exercise in exercises_of(chapter)):
        found[FIGURES] = None
    while waiting:
        for module in _imported(waiting.pop(0)):
            if not module.startswith(OURS):
                found |= dict.fromkeys((module, *LATE.get(module, ())))
            elif module not in known:
                known.add(module)
                waiting += _source(module)
    return [*found, MAGIC]


def _imported(source):
    """Yield the modules that a source imports at its top."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            if node.module.startswith(OURS):  # a package's names may be modules
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _source(module):
    """Return the source of a module of ours in a list, which is empty if it need not be loaded."""
    parts = module.split(".")[1:]
    if parts and parts[0] in SKIPPED:
        return []
    place = Path(__file__).parents[1].joinpath(*parts)
    paths = place.with_suffix(".py"), place / "__init__.py"
    return [path.read_text("utf-8") for path in paths if path.is_file()]
