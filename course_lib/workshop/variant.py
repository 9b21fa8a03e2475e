"""Notebooks for whoever teaches: to type in live, or with everything typed already."""

import ast
import copy
import re

from course_lib._files import read
from course_lib.authoring.notebooks import as_text, was_edited
from course_lib.authoring.slides.parts import LIVE
from course_lib.chapters import chapter_stem
from course_lib.exercises.cells import checked_key
from course_lib.exercises.registry import find_exercise
from course_lib.working import shipped
from course_lib.working.files import copy_beside, write_whole
from course_lib.working.reading import read_notebook

KEPT = re.compile(r"^(check|scorecard|show_source)\(")


def write_variant(folder, chapter, *, pretyped):
    """Write a chapter's notebook for an instructor beside the others.

    Parameters
    ----------
    folder : Path
        Of notebooks.
    chapter : str
        A number or a name.
    pretyped : bool
        Whether all is typed, solutions too; otherwise the cells with worked code are empty but for
        a line that says what they make, and exercises are as learners have them.

    Returns
    -------
    path : Path
        ``02_weights.pretyped.ipynb`` or ``02_weights.live.ipynb``.
    copy : Path or None
        Where the file that was there is kept, if somebody had worked in it.
    """
    stem = chapter_stem(chapter)
    notebook = read_notebook(shipped.notebook(stem))
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = _pretyped(cell) if pretyped else _live(cell)
    # It is a notebook of its own: an update leaves it alone, and so does `course check`.
    made.metadata["course"] = {"chapter": made.metadata["course"]["chapter"]}
    path = folder / f"{stem}.{'pretyped' if pretyped else 'live'}.ipynb"
    data = as_text(made).encode("utf-8")
    kept = None
    if path.exists() and read(path) != data and was_edited(path):
        kept = copy_beside(path, read(path))
    write_whole(path, data)
    return path, kept


def _pretyped(cell):
    key = cell.metadata.get("exercise")
    return find_exercise(key).solution if key else cell.source


def _live(cell):
    """Return what stands in a cell before it is typed: what it makes, and how it begins."""
    source = cell.source
    if cell.metadata.get("exercise") or checked_key(source) or KEPT.match(source):
        return source
    if LIVE.search(source) or _only_imports(source):
        return source
    opening = [line for line in source.splitlines()[:1] if line.startswith("#")]
    names = _made_by(source)
    told = f"# type here: {', '.join(names)}" if names else "# type here"
    return "\n".join([*opening, told])


def _only_imports(source):
    return all(isinstance(part, ast.Import | ast.ImportFrom) for part in _parts(source))


def _made_by(source):
    """Return the names that later cells may want of a cell, in their order."""
    names = []
    for part in _parts(source):
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.append(part.name)
        elif isinstance(part, ast.Assign):
            targets = [n for target in part.targets for n in ast.walk(target)]
            names += [n.id for n in targets if isinstance(n, ast.Name)]
    return list(dict.fromkeys(names))


def _parts(source):
    try:
        return ast.parse(source).body
    except SyntaxError:  # `await` at the top, or a line for the shell
        return [None]
