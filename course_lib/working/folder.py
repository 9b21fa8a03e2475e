"""What stands where in a working folder, and how it is found.

Nothing heavy is imported here, for every call of ``course`` looks for the folder.
"""

import os
from pathlib import Path

from course_lib.chapters import CHAPTERS, chapter_stem

MARK = ".course"


def working_folder(here="."):
    """Return the working folder in which a place lies, or the one that lies in it.

    Raises
    ------
    ValueError
        If there is none, or several lie below.
    """
    here = real(here)
    if not here.is_dir():
        raise ValueError(f"there is no folder {here}")
    for folder in (here, *here.parents):
        if is_started(folder):
            return folder
    below = sorted(path.parent for path in here.glob(f"*/{MARK}") if is_started(path.parent))
    if len(below) == 1:
        return below[0]
    if below:
        names = ", ".join(path.name for path in below)
        raise ValueError(f"several working folders are here ({names}): go into one of them")
    raise ValueError("no working folder is here, above or below; `course start FOLDER` makes one")


def notebooks_folder(here="."):
    """Return the folder of notebooks: any that holds chapters, or that of the working folder.

    What is nearest wins, so notebooks that somebody copied elsewhere can be checked there.

    Raises
    ------
    ValueError
        If there is none, or several working folders lie below.
    """
    here = real(here)
    if _holds_chapters(here):
        return here
    try:
        return working_folder(here) / "notebooks"
    except ValueError:
        if _holds_chapters(here / "notebooks"):
            return here / "notebooks"
        raise


def real(path):
    """Return where a path leads; `Path.resolve` raises RuntimeError where links go in a circle."""
    return Path(os.path.realpath(path))


def is_started(folder):
    """Tell whether a folder was laid out by `start`, to the end."""
    return mark_path(folder).is_file()


def mark_path(folder):
    """Return the file that makes a folder a working folder."""
    return Path(folder) / MARK / "README.txt"


def base_path(folder, stem, built):
    """Return where a notebook is kept as it was shipped."""
    return Path(folder) / MARK / "shipped" / f"{stem}.{built}.ipynb"


def page_base_path(folder, name):
    """Return where a page is kept as it was shipped."""
    return Path(folder) / MARK / "shipped" / name


def _holds_chapters(folder):
    return any((folder / f"{chapter_stem(number)}.ipynb").is_file() for number in CHAPTERS)
