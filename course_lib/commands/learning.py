"""What learners call: start, check your work, get a hint, see your progress, update, join."""

import sys
from datetime import datetime
from pathlib import Path

from course_lib import _files, language
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import file_stem, tasks
from course_lib.commands import add
from course_lib.exercises import command, copies, helping, progress
from course_lib.working.folder import notebooks_folder, working_folder


def add_to(commands):
    """Add these commands to a parser."""
    starting = add(commands, "start", start)
    starting.add_argument("folder", help="where you want to work; nothing in it is overwritten")
    updating = add(commands, "update", update)
    updating.add_argument(
        "folder", nargs="?", default=".", help="a working folder; otherwise the one found from here"
    )
    opening = add(commands, "lab", lab)
    opening.add_argument("folder", nargs="?", default=".", help="a working folder")
    opening.add_argument(
        "options", nargs="*", help="after --: options for JupyterLab, such as --no-browser"
    )
    checking = add(commands, "check", check)
    checking.add_argument("chapter", help="a number (02), a name (weights) or a path")
    checking.add_argument(
        "--expect-unsolved", action="store_true", help="for the shipped notebooks"
    )
    checking.add_argument("--hints", action="store_true", help="with a hint for each exercise")
    add(commands, "progress", show_progress)
    hinting = add(commands, "hint", hint)
    hinting.add_argument("key", help="the exercise, such as weights-2")
    hinting.add_argument("number", nargs="?", type=int, choices=(1, 2), default=1)
    solving = add(commands, "solution", solution)
    solving.add_argument("key", help="the exercise, such as weights-2")
    for speaking in (checking, hinting, solving):
        speaking.add_argument("--language", choices=language.languages(), default="en")
    resetting = add(commands, "reset", reset)
    resetting.add_argument("chapter", help="a number (02) or a name")
    resetting.add_argument("--exercise", metavar="KEY", help="only this one, such as weights-2")
    joining = add(commands, "join", join)
    joining.add_argument("address", help="as your instructor shows it: 192.168.1.5:8765")
    joining.add_argument("code", help="as your instructor shows it: K7QM-3TXB")
    joining.add_argument("name", nargs="?", help="by which the board is to call you")
    add(commands, "leave", leave)


def start(options):
    """Lay out a folder to work in: the notebooks and the pages that they link to."""
    from course_lib.working import layout, report  # with nbformat, which other commands do without

    print(*report.started_lines(layout.start(options.folder)), sep="\n")
    return 0


def update(options):
    """Bring the installed version of the course into your working folder, and keep your work."""
    from course_lib.working import report
    from course_lib.working import update as updating

    outcomes = updating.update(working_folder(options.folder))
    print(*report.update_lines(outcomes), sep="\n")
    return 0


def lab(options):
    """Open a working folder in JupyterLab, so that live figures are kept with the notebook."""
    from course_lib.working import lab as opening  # with Jupyter, which other commands do without

    return opening.run(working_folder(options.folder), options.options)


def check(options):
    """Run a notebook from top to bottom in a fresh kernel and judge its exercises."""
    path = _notebook(options.chapter, options.language)
    _tell_of_another_copy(path)
    _tell_when_it_was_saved(path)
    return command.judge(path, hints=options.hints, expect_unsolved=options.expect_unsolved)


def show_progress(options):
    """Print what has been passed, chapter by chapter."""
    passed = progress.passed(notebooks_folder())
    for number, name in CHAPTERS.items():
        asked = tasks(name).values()  # without their checks, which load much
        done = [task.key in passed for task in asked]
        print(f"{number} {name}: {sum(done)} of {len(done)} passed")
        for task, is_done in zip(asked, done, strict=True):
            print(f"   {'✓' if is_done else '○'} {task.key:<14} {task.title}")
    return 0


def hint(options):
    """Print a hint."""
    with language.speaking(options.language):
        print(helping.for_terminal(helping.hint_text(options.key, options.number)))
    return 0


def solution(options):
    """Print the solution of an exercise, and why it works."""
    from course_lib.classroom.command import say_if_held_back

    with language.speaking(options.language):
        if say_if_held_back(options.key):
            return 0
        print(helping.for_terminal(helping.solution_text(options.key)))
    return 0


def reset(options):
    """Put the stubs of exercises back, and keep a copy of the notebook as it was."""
    from course_lib.workshop import command as workshop

    return workshop.run_reset(options)


def join(options):
    """Join a class: your checks tell its board what they said."""
    from course_lib.classroom import command as classroom

    return classroom.join_class(options)


def leave(options):
    """Leave the class, which then forgets you."""
    from course_lib.classroom import command as classroom

    return classroom.leave_class(options)


def _notebook(chapter, spoken):
    """Return the notebook that a path, a number or a name stands for."""
    path = Path(chapter)
    if path.suffix != ".ipynb":
        path = notebooks_folder() / f"{file_stem(chapter_stem(chapter), spoken)}.ipynb"
    if not path.exists():
        raise ValueError(f"there is no notebook {path}")
    _files.opened(path).close()  # or it is said why that cannot be
    return path.absolute()  # a link keeps its own name


def _tell_of_another_copy(path):
    """Say which copy of the course judges, if the notebook lies in another one."""
    other = copies.other_copy(path)
    if other:
        print(
            f"course: {path.name} lies in another copy of the course, {other}. It is judged by the "
            f"one in {copies.COPY}. To be judged by the other, set PYTHONPATH={other}",
            file=sys.stderr,
        )


def _tell_when_it_was_saved(path):
    """Say which state of a notebook is judged: what stands in an open tab may be newer."""
    saved = datetime.fromtimestamp(path.stat().st_mtime)
    day = "" if saved.date() == datetime.now().date() else f"{saved:%d %B %Y}, "
    print(
        f"Running {path.name} from top to bottom, as it was saved at {day}{saved:%H:%M} …",
        file=sys.stderr,
        flush=True,
    )
