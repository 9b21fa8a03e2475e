"""What authors call: build the chapters, try their checks; and look at a model of one's own."""

from course_lib.chapters import CHAPTERS
from course_lib.commands import add
from course_lib.exercises.exercise import read_value
from course_lib.exercises.registry import exercises_of


def add_to(commands):
    """Add these commands to a parser."""
    looking = add(commands, "look", look)
    looking.add_argument("text", nargs="?", help="what the model reads")
    looking.add_argument("--model", metavar="FOLDER", help="a model of yours, or a file *.gguf")
    looking.add_argument("--text-file", metavar="FILE", help="a file with the text")
    looking.add_argument("--image", metavar="FILE", help="an image, for a vision transformer")
    looking.add_argument("--target", metavar="TEXT", help="what an encoder-decoder has written")
    looking.add_argument("--save", metavar="FILE.html", help="write the page, and open no browser")
    mutating = add(commands, "mutate", mutate)
    mutating.add_argument("chapter", nargs="?", help="a number (02) or a name; otherwise all")
    building = add(commands, "build", build)
    target = building.add_mutually_exclusive_group()
    target.add_argument("--solved", metavar="FOLDER", help="write the solved notebooks there")
    target.add_argument("--pages", metavar="FOLDER", help="write the book's pages there")
    target.add_argument("--slides", metavar="FOLDER", help="write decks of slides there")
    target.add_argument("--figures", action="store_true", help="bundle the live figures only")
    building.add_argument("chapters", nargs="*", help="of slides: a number (02); otherwise all")


def look(options):
    """Record a model of yours on a sentence, and show its attention on one page."""
    from course_lib.models.look import command  # with the figures, which other commands do without

    return command.run(options)


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


def build(options):
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
