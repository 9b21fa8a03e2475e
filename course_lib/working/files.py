"""Write files of learners so that nothing is ever lost: whole, and never over another."""

import itertools

from course_lib import _files


def write_whole(path, data):
    """Write bytes to a file, and its folder if it lacks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _files.write_whole(path, data)


def copy_beside(path, data):
    """Write bytes to ``name.old-1.ipynb`` or the next free number; return the copy's path."""
    for number in itertools.count(1):
        copy = path.with_name(f"{path.stem}.old-{number}{path.suffix}")
        try:
            with copy.open("xb") as file:
                file.write(data)
        except FileExistsError:
            continue
        return copy
