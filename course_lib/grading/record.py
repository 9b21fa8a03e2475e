"""What is known of one submission once it is graded, and where that is kept.

A record is kept under what it depends on: the file, the course, the limits. So a class whose
grading was interrupted goes on where it was, and what has not changed is not graded again.
"""

import dataclasses
import hashlib
import json
from functools import cache
from pathlib import Path

from course_lib._files import write_whole
from course_lib.grading.judge import Verdict
from course_lib.grading.submissions import Unreadable, read_file, take_apart
from course_lib.language import say

LIBRARY = Path(__file__).parents[1]
FOLDER = ".graded"


@dataclasses.dataclass(frozen=True)
class Record:
    """What became of a file.

    Attributes
    ----------
    digest : str
        Of the file and all else that decides.
    chapter : str or None
    problem : str
        Why it could not be graded, or "".
    verdicts : list of Verdict
    seed : str
        Of the inputs that its answers were given, to grade it in the same way again.
    """

    digest: str
    chapter: str | None = None
    problem: str = ""
    verdicts: list = dataclasses.field(default_factory=list)
    seed: str = ""


def grade_bytes(data, stem, digest, seed, grader):
    """Return the `Record` of a file, whatever is in it."""
    try:
        notebook = take_apart(data, stem)
    except Unreadable as error:
        return Record(digest, problem=str(error))
    verdicts = grader.grade(notebook, seed)
    return Record(digest, notebook.chapter, "", verdicts, str(seed))


def digest_of(data, stem, settings):
    """Return under what a file's record is kept."""
    parts = [version(), json.dumps(settings, sort_keys=True), stem]
    told = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    told.update(data)
    return told.hexdigest()


@cache
def version():
    """Return what tells this state of the course from others: a hash of all that judges."""
    told = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*")):
        if path.suffix in (".py", ".md") and "__pycache__" not in path.parts:
            told.update(str(path.relative_to(LIBRARY)).encode() + b"\0" + path.read_bytes())
    return told.hexdigest()


class Store:
    """The records of a report's folder.

    Parameters
    ----------
    out : path
        The report's folder, which is made.
    """

    def __init__(self, out):
        self.folder = Path(out, FOLDER)
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, digest):
        """Return a record, or None; one that cannot be read is as good as none."""
        try:
            told = json.loads((self.folder / f"{digest}.json").read_text("utf-8"))
            verdicts = [Verdict(**verdict) for verdict in told.pop("verdicts")]
            return Record(verdicts=verdicts, **told)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def put(self, record):
        """Keep a record."""
        told = json.dumps(dataclasses.asdict(record), ensure_ascii=True)
        write_whole(self.folder / f"{record.digest}.json", told.encode())


def read_or_problem(path):
    """Return the bytes of a file and "", or None and why there are none."""
    try:
        return read_file(path), ""
    except Unreadable as error:
        return None, str(error)
    except OSError as error:
        return None, say("It cannot be read: {why}.", why=error.strerror)
