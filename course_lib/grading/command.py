"""`course grade`: grade a folder of notebooks, and write a report on the class."""

import hashlib
import os
import sys
from pathlib import Path

from tqdm import tqdm

from course_lib import _validate, language
from course_lib._files import write_whole
from course_lib.chapters import chapter_name
from course_lib.grading import report, running, summary
from course_lib.grading.bubblewrap import require_sandbox
from course_lib.grading.record import Record, Store, digest_of, read_or_problem
from course_lib.grading.roster import owner, read_roster
from course_lib.grading.sandbox import Limits
from course_lib.grading.submissions import find_files
from course_lib.language import say

UNSAFE = (
    "course: --unsafe runs these notebooks without a sandbox. They can read and change whatever "
    "you can, and their marks can be forged. It is meant for notebooks of your own."
)


def run(options):
    """Grade, write the report, and return the exit status."""
    named = list(map(chapter_name, options.chapter))  # before anybody waits
    limits = Limits(
        seconds=_validate.real(options.seconds, "seconds", low=0.1, high=3600),
        memory=_validate.integer(options.memory, "memory", low=64, high=2**20),
    )
    jobs = os.cpu_count() or 1
    if options.jobs is not None:
        jobs = _validate.integer(options.jobs, "jobs", low=1, high=1024)
    if options.unsafe:
        print(UNSAFE, file=sys.stderr)
    else:
        require_sandbox()
    with language.speaking(options.language):
        entries, learners = grade_folder(
            options.submissions,
            read_roster(options.roster),
            options.out,
            {"limits": limits, "safe": not options.unsafe},
            jobs=jobs,
            scheduler=options.scheduler,
        )
        asked = summary.asked_of(entries, named)
        lines = write_report(learners, entries, options.out, asked)
        print(*_told(lines, entries, options.out, asked), sep="\n")
    return 0


def grade_folder(folder, learners, out, settings, *, jobs=1, scheduler=None):
    """Grade all notebooks below a folder that are not graded yet.

    Parameters
    ----------
    folder, out : path
        Where the notebooks are, and where records are kept.
    learners : list of Learner
    settings : dict
        Arguments of `judge.Grader`.
    jobs : int
        Processes on this machine.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers grade instead.

    Returns
    -------
    list of Entry, list of Learner
    """
    store, files, tasks = Store(out), [], {}
    decides = {"limits": vars(settings["limits"]), "safe": settings["safe"]}
    decides["language"] = language.chosen()
    for path, problem in find_files(folder):
        data, problem = (None, problem) if problem else read_or_problem(path)
        if data is None:
            files.append((path, Record("", problem=problem), ""))
            continue
        digest = digest_of(data, path.stem, decides)
        content = hashlib.sha256(data).hexdigest()
        files.append((path, store.get(digest) or digest, content))
        if files[-1][1] == digest:
            tasks[digest] = (data, path.stem, digest)
    if not files:
        raise ValueError(say("{folder} holds no notebook (*.ipynb)", folder=folder))
    settings = settings | {"language": language.chosen()}
    if scheduler:
        from course_lib.grading.cluster import graded

        records = graded(list(tasks.values()), settings, scheduler)
    else:
        records = running.graded(list(tasks.values()), settings, min(jobs, len(tasks)))
    new = {}
    for record in tqdm(records, total=len(tasks), desc=say("Grading"), disable=not tasks):
        store.put(record)
        new[record.digest] = record
    entries = []
    for path, found, content in files:
        place = path.relative_to(folder)
        shown = summary.harmless(str(place).encode("utf-8", "replace").decode())
        record = new[found] if isinstance(found, str) else found
        entries.append(summary.Entry(shown, owner(place, learners), record, content))
    return entries, learners


def write_report(learners, entries, out, asked):
    """Write the table, the report and a page for each learner; return the learners' lines."""
    out = Path(out)
    lines, exercises = summary.lines(learners, entries, asked), summary.exercises_in(asked)
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    write_whole(out / "marks.csv", summary.as_csv(lines, exercises).encode())
    write_whole(out / "report.html", report.report_page(learners, entries, asked).encode())
    for line in lines:
        page = report.feedback_page(line, exercises).encode()
        write_whole(out / "feedback" / report.file_name(line.learner), page)
    return lines


def _told(lines, entries, out, asked):
    """Yield what an instructor is told in the terminal."""
    absent = [line.learner.identity for line in lines if not line.verdicts]
    yield say("{count} notebooks of {learners} learners", count=len(entries), learners=len(lines))
    yield from report.counted(entries, asked)
    for entry in entries:
        if told := summary.problem_of(entry, asked):
            yield f"{entry.path}: {told}"
    if absent:
        yield say("Nothing to grade from: {names}", names=summary.harmless(", ".join(absent)))
    yield say("The report is in {path}", path=Path(out) / "report.html")
