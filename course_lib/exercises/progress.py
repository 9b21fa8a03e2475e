"""What a learner has passed, remembered in a small file beside the notebooks.

The file only grows, by one line for each exercise that was passed: two notebooks that run at the
same time cannot take a line from one another.
"""

import json
import os
import sys
from pathlib import Path

from IPython import get_ipython

from course_lib import _files
from course_lib.chapters import MOVED

FILE_NAME = ".progress.jsonl"
# Earlier versions of the course kept all keys in one JSON object. It is still read.
OLD_FILE_NAME = ".progress.json"
DAMAGED = (ValueError, KeyError, TypeError, RecursionError)  # what JSON of anybody's may raise
FILES = (FILE_NAME, OLD_FILE_NAME)


def passed(folder=None):
    """Return the keys of the exercises that were ever passed in a folder of notebooks.

    Parameters
    ----------
    folder : path, optional
        By default the one of the notebook that runs.
    """
    folder = Path(folder or notebook_folder())
    keys = _passed_before(folder / OLD_FILE_NAME) | _passed_since(folder / FILE_NAME)
    return keys | {MOVED[key] for key in keys & MOVED.keys()}


def record(key, folder=None):
    """Remember that an exercise was passed; return whether it was so for the first time.

    A folder that cannot be written is no error.
    """
    folder = Path(folder or notebook_folder())
    if key in passed(folder):
        return False
    path = folder / FILE_NAME
    line = json.dumps({"passed": key}) + "\n"
    try:
        # Unbuffered and for appending: the system writes the whole line at the end, in one step.
        with _files.opened(path, "ab", buffering=0) as file:
            file.write((line if _ends_a_line(path) else "\n" + line).encode("utf-8"))
    except OSError as error:
        print(f"Your progress could not be saved in {path}: {error.strerror}", file=sys.stderr)
    return True


def notebook_folder():
    """Return where the notebook that runs stands, even if a cell of it has changed the folder."""
    shell = get_ipython()
    return Path(shell.starting_dir if shell else os.curdir)


def _passed_since(path):
    keys = set()
    try:
        lines = _files.read(path).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return keys
    except OSError as error:
        print(f"{path.name} could not be read: {error.strerror}", file=sys.stderr)
        return keys
    for number, line in enumerate(lines, start=1):
        try:
            keys |= {json.loads(line)["passed"]} if line.strip() else set()
        except DAMAGED:  # the other lines are as good as ever
            print(f"Line {number} of {path.name} could not be read", file=sys.stderr)
    return keys


def _passed_before(path):
    try:
        keys = json.loads(_files.read(path).decode("utf-8"))["passed"]
        return {key for key in keys if isinstance(key, str)}
    except FileNotFoundError:
        return set()
    except (OSError, *DAMAGED):
        # Unreadable is not empty: keep it for whoever can repair it.
        _set_aside(path)
        return set()


def _ends_a_line(path):
    """Tell whether a file is empty or ends with its last line whole."""
    with _files.opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return True
        file.seek(size - 1)
        return file.read(1) == b"\n"  # one byte: meanwhile another notebook may have added a line


def _set_aside(path):
    spare = path.with_suffix(".json.unreadable")
    try:
        path.replace(spare)
        print(f"{path.name} could not be read; it is kept as {spare.name}", file=sys.stderr)
    except OSError:
        print(f"{path.name} could not be read", file=sys.stderr)
