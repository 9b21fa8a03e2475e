"""The command ``course``: its parser, and what becomes of errors. What it does is in `commands`.

What takes time to load is loaded in `main`, so that Control-C is met there from the beginning.
"""

import argparse
import io
import os
import sys
from pathlib import Path

from course_lib import __version__, _files


def main(arguments=None):
    """Run the command; return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _let_all_be_printed()
    try:
        # A file whose name begins with a dash is no option.
        options = _parser().parse_args(
            [f"./{a}" if a.startswith("-") and a.endswith(".ipynb") else a for a in arguments]
        )
        _refuse_empty(options)
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `course progress | head`: nobody wants the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"course: {_sentence(error)}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):  # Control-C; Control-D at a question
        return 130


def _let_all_be_printed():
    """Have what a terminal or a file cannot show, ✓ in the old code of Windows, become a ?."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it is closed
            setattr(sys, name, io.StringIO())
        elif hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")


def _refuse_empty(options):
    """Raise ValueError for an argument of no letters, as a shell makes it of an unset variable.

    A path would be the folder that one happens to be in, and an option as good as not there.
    """
    for name, value in vars(options).items():
        if value == "" or (isinstance(value, list) and "" in value):
            raise ValueError(f"{name.replace('_', '-')} must not be empty")


def _sentence(error):
    """Return what an error says; of one of the system, what it means for the file it names."""
    path = getattr(error, "filename", None)
    if path is None:
        return getattr(error, "strerror", None) or error
    means = {
        _files.NoOrdinaryFile: f"{path} is no ordinary file",
        FileNotFoundError: f"there is no {path}",
        FileExistsError: f"{_file_in(path)} is a file, and a folder is needed",
        IsADirectoryError: f"{path} is a folder, and a file is needed",
        NotADirectoryError: f"{_file_in(path)} is a file, and a folder is needed",
        PermissionError: f"you may not read or write {path}",
    }
    return means.get(type(error), f"{path}: {error.strerror}")


def _file_in(path):
    """Return the part of a path at which there is a file: what was typed, and nothing below it."""
    path = Path(os.fsdecode(path))
    # Not `Path.is_file`, which raises where one may not look.
    return next((part for part in reversed([path, *path.parents]) if os.path.isfile(part)), path)


def _parser():
    import course_lib.exercises.faster  # noqa: F401  # before any command loads nbformat
    from course_lib.commands import learning, making, teaching

    parser = argparse.ArgumentParser(
        prog="course", description="Learn, teach and build the course on attention as a graph."
    )
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (learning, teaching, making):
        group.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
