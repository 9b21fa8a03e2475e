"""What a class has done: for each learner the verdicts that count, and the commonest mistakes."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

from course_lib.chapters import chapter_name, chapter_stem
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG
from course_lib.exercises.registry import exercises_of
from course_lib.grading.roster import Learner, harmless
from course_lib.language import say

BETTER = (PASSED, WRONG, ERROR, NOT_ATTEMPTED)  # of several notebooks of one chapter, the first


@dataclass(frozen=True)
class Entry:
    """A file, whose it is, what became of it, and a hash of its bytes."""

    path: str
    learner: Learner | None
    record: object
    content: str = ""


@dataclass
class Line:
    """A learner with the verdicts that count, by key, and what there is to say."""

    learner: Learner
    verdicts: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)

    @property
    def passed(self):
        """How many exercises are passed."""
        return sum(verdict.state == PASSED for verdict in self.verdicts.values())


def asked_of(entries, named=()):
    """Return the chapters that count for everybody, in their order.

    Parameters
    ----------
    entries : list of Entry
    named : iterable of str
        Chapters that the instructor names. Without them those count that more than half as many
        learners have handed in as the one that most have: a notebook that somebody took for
        another does not make an exercise for all.
    """
    if named:
        return sorted(set(map(chapter_name, named)), key=chapter_stem)
    counts = _handed_in(entries)
    most = max(counts.values(), default=0)
    return sorted((c for c in counts if 2 * counts[c] > most), key=chapter_stem)


def unasked(entries, asked):
    """Return how many learners have handed in each chapter that does not count."""
    counts = _handed_in(entries)
    return {c: counts[c] for c in sorted(counts, key=chapter_stem) if c not in asked}


def _handed_in(entries):
    """Count the learners who have handed in each chapter."""
    pairs = {(entry.record.chapter, entry.learner) for entry in entries if entry.learner}
    return Counter(chapter for chapter, _ in pairs if chapter)


def lines(learners, entries, asked):
    """Return a `Line` for each learner of the roster, in its order; only `asked` chapters count."""
    same = Counter(entry.content for entry in entries)
    made = {learner: Line(learner) for learner in learners}
    for learner, line in made.items():
        own = [entry for entry in entries if entry.learner == learner]
        if not own:
            line.notes.append(say("no notebook came"))
            continue
        for entry in own:
            if told := problem_of(entry, asked):
                line.notes.append(f"{entry.path}: {told}")
            if entry.content and same[entry.content] > 1:
                line.notes.append(say("{path}: others have the same file", path=entry.path))
            for verdict in entry.record.verdicts if entry.record.chapter in asked else ():
                known = line.verdicts.get(verdict.key)
                if known is None or BETTER.index(verdict.state) < BETTER.index(known.state):
                    line.verdicts[verdict.key] = verdict
        counts = Counter(entry.record.chapter for entry in own)
        for chapter in asked:
            if counts[chapter] == 0:
                line.notes.append(say("no notebook of {chapter}", chapter=chapter_stem(chapter)))
            if counts[chapter] > 1:
                line.notes.append(
                    say(
                        "{count} notebooks of {chapter}, the best of each exercise counts",
                        count=counts[chapter],
                        chapter=chapter_stem(chapter),
                    )
                )
    return list(made.values())


def problem_of(entry, asked):
    """Return why a file counts for nobody, or ""."""
    chapter = entry.record.chapter
    if entry.record.problem:
        return entry.record.problem
    if entry.learner is None:
        return say("nobody in the roster")
    if chapter not in asked:
        return say("it is {chapter}, which was not asked for", chapter=chapter_stem(chapter))
    return ""


def exercises_in(chapters):
    """Return the exercises of chapters."""
    return [exercise for chapter in chapters for exercise in exercises_of(chapter)]


def mistakes(key, lines, most=5):
    """Return the commonest messages on an exercise as (message, how often)."""
    verdicts = [line.verdicts[key] for line in lines if key in line.verdicts]
    told = Counter(v.message for v in verdicts if v.state in (WRONG, ERROR))
    return told.most_common(most)


def as_csv(lines, exercises):
    """Return a table with a row for each learner: 1 for an exercise that is passed, 0 for others.

    Where there is no notebook, the cell is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [exercise.key for exercise in exercises]
    writer.writerow(["id", "name", *keys, "passed", "of", "notes"])
    for line in lines:
        marks = [
            int(line.verdicts[key].state == PASSED) if key in line.verdicts else "" for key in keys
        ]
        told = [line.learner.identity, line.learner.name, "; ".join(line.notes)]
        identity, name, notes = map(harmless, told)
        writer.writerow([identity, name, *marks, line.passed, len(keys), notes])
    return text.getvalue()
