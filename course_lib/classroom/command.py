"""The commands ``course class``, ``join``, ``leave`` and ``minutes``."""

import sys

from course_lib.working.folder import notebooks_folder


def serve_class(options):
    """Start a class, or go on with it; returns the exit status."""
    try:
        from course_lib.classroom.serving import serve  # learners have no server
    except ModuleNotFoundError as error:
        raise ValueError(
            f"this needs {error.name}: pip install 'attention-as-a-graph[teach]'"
        ) from None
    serve(options.file, host=options.host, port=options.port)
    return 0


def join_class(options):
    """Join a class, or take another name in it; returns the exit status."""
    from course_lib.classroom.joining import enter

    name = options.name
    if name is None:
        if not sys.stdin.isatty():
            raise ValueError("say by which name: course join ADDRESS CODE NAME")
        name = input("Your name on the board: ")
    print(enter(notebooks_folder(), options.address, options.code, name))
    return 0


def leave_class(options):
    """Leave the class; returns the exit status."""
    from course_lib.classroom.joining import quit_class

    print(quit_class(notebooks_folder()))
    return 0


def show_minutes(options):
    """Print measured minutes beside planned ones; returns the exit status."""
    from course_lib.classroom import minutes

    measured = minutes.together(options.export)
    print(*minutes.lines(measured), sep="\n")
    if options.save is not None:
        minutes.save(measured, options.save)
    return 0


def say_if_held_back(key):
    """Tell whether a class holds a solution back; if so, print that."""
    from course_lib.classroom.joining import held_back

    try:
        folder = notebooks_folder()
    except ValueError:  # not in a working folder: then in no class
        return False
    told = held_back(key, folder)
    if told:
        print(told)
    return bool(told)
