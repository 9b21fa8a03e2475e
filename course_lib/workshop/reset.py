"""Take the answers out of a notebook, and keep a copy of it as it was."""

from course_lib._files import read
from course_lib.authoring.notebooks import as_text
from course_lib.chapters import chapter_stem
from course_lib.working import shipped
from course_lib.working.files import copy_beside, renew
from course_lib.working.reading import NotOurs, read_chapter, read_notebook


def reset(folder, chapter, exercise=None):
    """Put the stubs of a chapter, or of one exercise, back; all other cells stay as they are.

    Parameters
    ----------
    folder : Path
        Of notebooks.
    chapter : str
        A number or a name.
    exercise : str, optional
        The key of the only exercise to take back.

    Returns
    -------
    keys : list of str
        The exercises whose answers were taken out; empty if there was none, and nothing is written.
    copy : Path or None
        Where the notebook is kept as it was.

    Raises
    ------
    ValueError
        If the notebook is not there or cannot be read, or has no cell of the exercise.
    """
    stem = chapter_stem(chapter)
    path = folder / f"{stem}.ipynb"
    if not path.exists():
        raise ValueError(f"there is no notebook {path}")
    old = read(path)
    try:
        notebook = read_chapter(old, stem)
    except NotOurs as reason:
        raise ValueError(f"{path.name} {reason}; it was left alone") from None
    fresh = read_notebook(shipped.notebook(stem))
    stubs = {c.metadata["exercise"]: c.source for c in fresh.cells if c.metadata.get("exercise")}
    if exercise is not None and exercise not in stubs:
        raise ValueError(f"chapter {stem} has no exercise {exercise!r}: {', '.join(stubs)}")
    wanted = stubs if exercise is None else {exercise: stubs[exercise]}
    taken = []
    for cell in notebook.cells:
        key = cell.metadata.get("exercise") or (cell.id if cell.id in stubs else None)
        if cell.cell_type == "code" and key in wanted and cell.source != wanted[key]:
            cell.update(source=wanted[key], outputs=[], execution_count=None)
            taken.append(key)
    if not taken:
        return [], None
    if read(path) != old:
        raise ValueError(f"{path.name} was saved just now: close it, and try again")
    kept = copy_beside(path, old)
    renew(path, as_text(notebook).encode("utf-8"))
    return taken, kept
