"""What instructors call: is everybody ready, a class that one can see, grading."""

from course_lib import language
from course_lib.commands import add


def add_to(commands):
    """Add these commands to a parser."""
    examining = add(commands, "doctor", doctor)
    examining.add_argument("folder", nargs="?", default=".", help="where you work")
    examining.add_argument("--read", metavar="FILE", help="mails with the lines of others")
    packing = add(commands, "pack", pack)
    packing.add_argument("--platform", choices=("linux", "windows", "macos"), required=True)
    packing.add_argument("--python", default="3.12", help="3.11, 3.12 or 3.13")
    packing.add_argument("--to", metavar="FOLDER", required=True, help="a new folder, or a pack")
    packing.add_argument("--index", metavar="ADDRESS", action="append", default=[])
    packing.add_argument("--size", action="store_true", help="say how much it is, and stop")
    varying = add(commands, "variant", variant)
    varying.add_argument("chapter", help="a number (02) or a name")
    varying.add_argument("--pretyped", action="store_true", help="with all code and all solutions")
    serving = add(commands, "class", serve)
    serving.add_argument("--file", metavar="FILE", default="class.sqlite", help="where it is kept")
    serving.add_argument("--host", default="0.0.0.0", help="127.0.0.1 for this machine alone")
    serving.add_argument("--port", type=int, default=8765)
    measuring = add(commands, "minutes", minutes)
    measuring.add_argument("export", nargs="+", help="minutes.json or class.json of a board")
    measuring.add_argument("--save", metavar="FILE", help="write the minutes of all of them there")
    grading = add(commands, "grade", grade)
    grading.add_argument("submissions", help="the folder with the notebooks")
    grading.add_argument("--roster", required=True, metavar="FILE.csv", help="who is in the class")
    grading.add_argument("--out", required=True, metavar="FOLDER", help="where the report goes")
    grading.add_argument(
        "--chapter",
        action="append",
        default=[],
        metavar="02",
        help="what was asked for, as often as needed; otherwise what most have handed in",
    )
    grading.add_argument("--jobs", type=int, help="processes; otherwise one for each core")
    grading.add_argument("--seconds", type=float, default=10, help="for the calls of an answer")
    grading.add_argument("--memory", type=int, default=2048, help="MB that an answer may take")
    grading.add_argument("--scheduler", metavar="tcp://…", help="of Dask, to use other machines")
    grading.add_argument("--unsafe", action="store_true", help="no sandbox: for your own only")
    grading.add_argument("--language", choices=language.languages(), default="en")


def doctor(options):
    """Look whether this computer is ready for the course, and say what is to be mended."""
    from course_lib.workshop import command  # with Jupyter, which other commands do without

    return command.run_doctor(options)


def pack(options):
    """Lay the course and all that it needs into a folder, for a room without a network."""
    from course_lib.workshop import command

    return command.run_pack(options)


def variant(options):
    """Write a chapter for live coding: worked cells empty, or everything typed."""
    from course_lib.workshop import command

    return command.run_variant(options)


def serve(options):
    """Start a class that you can see, on this machine."""
    from course_lib.classroom import command

    return command.serve_class(options)


def minutes(options):
    """Show the minutes that classes needed."""
    from course_lib.classroom import command

    return command.show_minutes(options)


def grade(options):
    """Grade a folder of notebooks that others wrote, in a sandbox, and report on the class."""
    from course_lib.grading import command  # with the tools that build notebooks

    return command.run(options)
