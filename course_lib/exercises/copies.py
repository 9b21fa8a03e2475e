"""Which copy of the course this is: several may lie on a machine, and only one of them judges.

The process that runs a notebook and its kernel must use the same one, whatever folder they start
in; and a notebook that imports another one is judged by checks that may be older or not ours.
"""

import os
from pathlib import Path

COPY = Path(__file__).resolve().parents[2]  # a checkout, or where wheels are installed


def is_checkout(folder):
    """Tell whether a folder is a checkout of the course."""
    return (folder / "pyproject.toml").is_file() and (folder / "course_lib" / "cli.py").is_file()


def other_copy(path):
    """Return the checkout of the course in which a file lies, if it is not this one, or None."""
    inside = next((folder for folder in path.parents if is_checkout(folder)), COPY)
    return None if inside == COPY else inside


def environment(**variables):
    """Return the environment for a process that is to use this copy; a wheel is found anyway."""
    variables = os.environ | variables
    if is_checkout(COPY):
        others = variables.get("PYTHONPATH", "").split(os.pathsep)
        # Empty parts would stand for the folder the process starts in.
        variables["PYTHONPATH"] = os.pathsep.join([str(COPY), *filter(None, others)])
    return variables
