"""Write files of learners so that nothing is ever lost: whole, and never over another."""

import itertools
import os
from pathlib import Path

from course_lib import _files


def write_whole(path, data):
    """Write bytes to a file, and its folder if it lacks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _files.write_whole(path, data)


def renew(path, data):
    """Write bytes to a file of a learner that was read just now; a link to it stays one."""
    _files.write_whole(Path(os.path.realpath(path)), data)


def is_there(path):
    """Tell whether a name is taken: by a link that leads nowhere, too."""
    return os.path.lexists(path)


def copy_beside(path, data):
    """Write bytes to ``name.old-1.ipynb`` or the next free number; return the copy's path.

    Raises
    ------
    OSError
        If it cannot be written; then there is none, not even a part of it.
    """
    for number in itertools.count(1):
        copy = path.with_name(f"{path.stem}.old-{number}{path.suffix}")
        try:
            copy.open("xb").close()  # nobody else gets the name
        except FileExistsError:
            continue
        try:
            if path.is_file():
                copy.chmod(path.stat().st_mode)
            _files.write_whole(copy, data)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy
