"""Write files so that nothing is ever lost: whole or not at all, and never over another."""

import itertools
import os


def write_whole(path, data):
    """Write bytes to a file; whoever is interrupted leaves the old file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


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
