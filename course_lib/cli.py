"""The command ``course``: start, check your work, see your progress, get a hint, update, build."""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

from course_lib import __version__, language
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import file_stem
from course_lib.exercises import command, copies, helping, progress
from course_lib.exercises.exercise import read_value
from course_lib.exercises.registry import exercises_of
from course_lib.working.folder import notebooks_folder, working_folder


def main(arguments=None):
    """Run the command; return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # A file whose name begins with a dash is no option.
    options = _parser().parse_args(
        [f"./{a}" if a.startswith("-") and a.endswith(".ipynb") else a for a in arguments]
    )
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `course progress | head`: nobody wants the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"course: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


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
        exercises = exercises_of(name)
        done = [exercise.key in passed for exercise in exercises]
        print(f"{number} {name}: {sum(done)} of {len(done)} passed")
        for exercise, is_done in zip(exercises, done, strict=True):
            print(f"   {'✓' if is_done else '○'} {exercise.key:<14} {exercise.title}")
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


def classroom(options):
    """Start a class and its board, join or leave one, or see the minutes that it needed."""
    from course_lib.classroom import command

    return getattr(command, options.does)(options)


def look(options):
    """Record a model of yours on a sentence, and show its attention on one page."""
    from course_lib.models.look import command  # with the figures, which other commands do without

    return command.run(options)


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


def reset(options):
    """Put the stubs of exercises back, and keep a copy of the notebook as it was."""
    from course_lib.workshop import command

    return command.run_reset(options)


def grade(options):
    """Grade a folder of notebooks that others wrote, in a sandbox, and report on the class."""
    from course_lib.grading import command  # with the tools that build notebooks

    return command.run(options)


def build_all(options):
    """Build notebooks and figures, or one of the kinds that an option names."""
    from course_lib import authoring
    from course_lib.authoring import figures, teaching, words
    from course_lib.working import shipped

    if shipped.IN_WHEEL:
        raise ValueError("only a clone of the course's repository can build its chapters")
    if options.figures:
        print(*figures.write_figures(), sep="\n")
    elif options.solved:
        print(*authoring.write_solved(options.solved), sep="\n")
    elif options.slides:
        from course_lib.authoring.slides.deck import write_decks

        print(*write_decks(options.slides, options.chapters), sep="\n")
    elif options.pages:
        print(*authoring.write_pages(options.pages), sep="\n")
    else:
        made = [*authoring.write_notebooks(), *authoring.write_derived(), *words.write_words()]
        made += teaching.write_teaching()
        if figures.tools_are_here():  # learners have no Node, and need none
            made += figures.write_figures()
        print(*made, sep="\n")
    return 0


def mutate(options):
    """Try the checks of a chapter, or of all, on simple mutants of their solutions."""
    try:
        from course_lib.mutation.search import judge_mutants
    except ModuleNotFoundError as error:
        raise ValueError(
            f"this needs {error.name}: pip install 'attention-as-a-graph[dev]'"
        ) from None

    chapters = [options.chapter] if options.chapter else CHAPTERS.values()
    exercises = [ex for chapter in chapters for ex in exercises_of(chapter)]
    missed = 0
    for exercise in exercises:
        if exercise.call is read_value:
            continue
        report = judge_mutants(exercise)
        equal = len(report.equal)
        print(f"{report.key:<14} {report.made:3} mutants, {equal} equal on valid input", flush=True)
        for change, case in report.missed:
            print(f"   accepted, though wrong: {change}; differs on {case}", flush=True)
        missed += len(report.missed)
    return 1 if missed else 0


def _notebook(chapter, spoken):
    """Return the notebook that a path, a number or a name stands for."""
    path = Path(chapter)
    if path.suffix != ".ipynb":
        path = notebooks_folder() / f"{file_stem(chapter_stem(chapter), spoken)}.ipynb"
    if not path.is_file():
        raise ValueError(f"there is no notebook {path}")
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


def _parser():
    parser = argparse.ArgumentParser(prog="course", description=__doc__)
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name, run):
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        return added

    starting = add("start", start)
    starting.add_argument("folder", help="where you want to work; nothing in it is overwritten")
    updating = add("update", update)
    updating.add_argument(
        "folder", nargs="?", default=".", help="a working folder; otherwise the one found from here"
    )
    opening = add("lab", lab)
    opening.add_argument("folder", nargs="?", default=".", help="a working folder")
    opening.add_argument(
        "options", nargs="*", help="after --: options for JupyterLab, such as --no-browser"
    )
    checking = add("check", check)
    checking.add_argument("chapter", help="a number (02), a name (weights) or a path")
    checking.add_argument(
        "--expect-unsolved", action="store_true", help="for the shipped notebooks"
    )
    checking.add_argument("--hints", action="store_true", help="with a hint for each exercise")
    add("progress", show_progress)
    hinting = add("hint", hint)
    hinting.add_argument("key", help="the exercise, such as weights-2")
    hinting.add_argument("number", nargs="?", type=int, choices=(1, 2), default=1)
    solving = add("solution", solution)
    solving.add_argument("key", help="the exercise, such as weights-2")
    grading = add("grade", grade)
    grading.add_argument("submissions", help="the folder with the notebooks")
    grading.add_argument("--roster", required=True, metavar="FILE.csv", help="who is in the class")
    grading.add_argument("--out", required=True, metavar="FOLDER", help="where the report goes")
    grading.add_argument("--jobs", type=int, help="processes; otherwise one for each core")
    grading.add_argument("--seconds", type=float, default=10, help="for the calls of an answer")
    grading.add_argument("--memory", type=int, default=2048, help="MB that an answer may take")
    grading.add_argument("--scheduler", metavar="tcp://…", help="of Dask, to use other machines")
    grading.add_argument("--unsafe", action="store_true", help="no sandbox: for your own only")
    for speaking in (checking, hinting, solving, grading):
        speaking.add_argument("--language", choices=language.languages(), default="en")
    teaching = {
        "class": ("serve_class", "Start a class that you can see, on this machine."),
        "join": ("join_class", "Join a class: your checks tell its board what they said."),
        "leave": ("leave_class", "Leave the class, which then forgets you."),
        "minutes": ("show_minutes", "Show the minutes that classes needed."),
    }
    for name, (does, about) in teaching.items():
        teaching[name] = commands.add_parser(name, help=about, description=about)
        teaching[name].set_defaults(run=classroom, does=does)
    serving, joining, minutes = teaching["class"], teaching["join"], teaching["minutes"]
    serving.add_argument("--file", metavar="FILE", default="class.sqlite", help="where it is kept")
    serving.add_argument("--host", default="0.0.0.0", help="127.0.0.1 for this machine alone")
    serving.add_argument("--port", type=int, default=8765)
    joining.add_argument("address", help="as your instructor shows it: 192.168.1.5:8765")
    joining.add_argument("code", help="as your instructor shows it: K7QM-3TXB")
    joining.add_argument("name", nargs="?", help="by which the board is to call you")
    minutes.add_argument("export", nargs="+", help="minutes.json or class.json of a board")
    minutes.add_argument("--save", metavar="FILE", help="write the minutes of all of them there")
    looking = add("look", look)
    looking.add_argument("text", nargs="?", help="what the model reads")
    looking.add_argument("--model", metavar="FOLDER", help="a model of yours, or a file *.gguf")
    looking.add_argument("--text-file", metavar="FILE", help="a file with the text")
    looking.add_argument("--image", metavar="FILE", help="an image, for a vision transformer")
    looking.add_argument("--target", metavar="TEXT", help="what an encoder-decoder has written")
    looking.add_argument("--save", metavar="FILE.html", help="write the page, and open no browser")
    examining = add("doctor", doctor)
    examining.add_argument("folder", nargs="?", default=".", help="where you work")
    examining.add_argument("--read", metavar="FILE", help="mails with the lines of others")
    packing = add("pack", pack)
    packing.add_argument("--platform", choices=("linux", "windows", "macos"), required=True)
    packing.add_argument("--python", default="3.12", help="3.11, 3.12 or 3.13")
    packing.add_argument("--to", metavar="FOLDER", required=True, help="a new folder, or a pack")
    packing.add_argument("--index", metavar="ADDRESS", action="append", default=[])
    packing.add_argument("--size", action="store_true", help="say how much it is, and stop")
    varying = add("variant", variant)
    varying.add_argument("chapter", help="a number (02) or a name")
    varying.add_argument("--pretyped", action="store_true", help="with all code and all solutions")
    resetting = add("reset", reset)
    resetting.add_argument("chapter", help="a number (02) or a name")
    resetting.add_argument("--exercise", metavar="KEY", help="only this one, such as weights-2")
    mutating = add("mutate", mutate)
    mutating.add_argument("chapter", nargs="?", help="a number (02) or a name; otherwise all")
    building = add("build", build_all)
    target = building.add_mutually_exclusive_group()
    target.add_argument("--solved", metavar="FOLDER", help="write the solved notebooks there")
    target.add_argument("--pages", metavar="FOLDER", help="write the book's pages there")
    target.add_argument("--slides", metavar="FOLDER", help="write decks of slides there")
    building.add_argument("chapters", nargs="*", help="of slides: a number (02); otherwise all")
    target.add_argument("--figures", action="store_true", help="bundle the live figures only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
