"""The line that a learner pastes into a mail, and reading many of them back.

It stands in brackets, so that a mail program may wrap or quote it, and ends with a checksum, so
that what was cut off or retyped is seen. It names no person, no folder and no address::

    [course 0.1.0; python 3.12.3; Linux x86_64; network yes; memory 16.5 GB; ok; f8aa]
"""

import hashlib
import re
from dataclasses import dataclass

LINE = re.compile(r"\[course (?P<said>[^\[\]]*);\s*(?P<sum>[0-9a-f]{4})\]")
OPENING = re.compile(r"\[course ")
QUOTE = re.compile(r"^[> \t]*", re.M)
LONGEST_NAME = 40


@dataclass(frozen=True)
class Report:
    """What somebody's line says.

    Attributes
    ----------
    who : str
        What stands before the line, or above it.
    course, python, system, network, memory : str
        As in the line.
    faults : tuple of str
        Such as "versions: numpy=1.26.4"; empty if all is well.
    damaged : bool
        Whether the line was changed on its way, so that the rest is not to be trusted.
    """

    who: str
    course: str = ""
    python: str = ""
    system: str = ""
    network: str = ""
    memory: str = ""
    faults: tuple = ()
    damaged: bool = False


def line_of(facts, findings):
    """Return the line for what was seen and found."""
    memory = "unknown" if facts.memory is None else f"{facts.memory / 1e9:.1f} GB"
    faults = [f"{found.check}: {_plain(found.fault)}" for found in findings if found.fault]
    said = [
        _plain(facts.course),
        f"python {_plain(facts.python)}",
        _plain(facts.system),
        f"network {'yes' if facts.network else 'no'}",
        f"memory {memory}",
        ", ".join(faults) or "ok",
    ]
    text = "; ".join(said)
    return f"[course {text}; {_checksum(text)}]"


def read_lines(text):
    """Return a `Report` for each line in a text, such as mails that were pasted together."""
    text = QUOTE.sub("", text.replace("\r\n", "\n"))
    reports, end = [], 0
    for opening in OPENING.finditer(text):
        found = LINE.match(text, opening.start())
        who = _who(text[end : opening.start()])
        end = found.end() if found else opening.end()
        said = re.sub(r"\s+", " ", found["said"]) if found else ""
        if not found or _checksum(said) != found["sum"] or said.count("; ") != 5:
            reports.append(Report(who, damaged=True))
            continue
        course, python, system, network, memory, faults = map(_printable, said.split("; "))
        reports.append(
            Report(
                who,
                course,
                python.removeprefix("python "),
                system,
                network.removeprefix("network "),
                memory.removeprefix("memory "),
                () if faults == "ok" else tuple(faults.split(", ")),
            )
        )
    return reports


def table(reports):
    """Return lines for a terminal: who has which fault, those with faults first."""
    if not reports:
        return ["no line of course doctor was found"]
    width = max(len(report.who) for report in reports)
    rows = []
    for report in sorted(reports, key=lambda r: not (r.faults or r.damaged)):
        machine = f"{report.system}, Python {report.python}, {report.memory}"
        what = "; ".join(report.faults) or "ok"
        if report.damaged:
            machine, what = "", "damaged on its way: ask for the line again"
        rows.append(f"{report.who:<{width}}  {what}{f'  ({machine})' if machine else ''}")
    well = sum(not (report.faults or report.damaged) for report in reports)
    versions = sorted({report.course for report in reports if report.course})
    if len(versions) > 1:
        rows.append(f"They have different versions of the course: {', '.join(versions)}")
    return [*rows, f"{well} of {len(reports)} are ready"]


def _who(before):
    """Return who sent a line: what stands before it, else the last words above it."""
    *above, same = before.split("\n")
    words = [same, *reversed(above)]
    name = next((word for word in map(_printable, words) if word.strip(" :,-")), "somebody")
    return re.sub(r"^From:\s*", "", name.strip()).strip(" :,-\t")[:LONGEST_NAME] or "somebody"


def _printable(text):
    """Return a text without what a terminal would obey: it was written by strangers."""
    return "".join(sign for sign in text if sign.isprintable()).strip()


def _plain(text):
    """Return a text without the signs that hold the line together."""
    return re.sub(r"[\[\];,]|\s(?=\s)", "", text)


def _checksum(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:4]
