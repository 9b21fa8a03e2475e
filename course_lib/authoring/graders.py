"""The tables of what attacks achieve on graders, from what was measured.

The measurement lies in ``book/graders.json``; ``tests/support/peer_graders.py`` makes it.
"""

import json

from course_lib.authoring.source import ROOT

MEASURED = ROOT / "book" / "graders.json"
ATTACKS = ROOT / "tests" / "attacks"
NAMES = {
    "ours": "`course grade`",
    "nbgrader, asserts": "nbgrader, asserts",
    "nbgrader": "nbgrader, our judge",
    "prairielearn": "prairielearn, our judge",
}
ENDS = {
    "scores": "scores without the right answer",
    "harms": "changes or reads out a file that is not its own",
    "leaves": "leaves a file or a process",
    "delays": "goes on until it is ended from outside",
}


def read():
    """Return what was measured."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def graders():
    """Return the table of attacks that achieve something: a row for each kind."""
    attacks = read()["attacks"].values()
    kinds = dict.fromkeys(attack["kind"] for attack in attacks)
    rows = [
        f"| attacks | how many | {' | '.join(NAMES.values())} |",
        "| --- |" + " --- |" * (1 + len(NAMES)),
    ]
    for kind in kinds:
        of_kind = [attack for attack in attacks if attack["kind"] == kind]
        rows.append(_row([kind, len(of_kind)], of_kind, ENDS))
    rows.append(_row(["together", len(attacks)], attacks, ENDS))
    return ["", *rows, ""]


def graders_ends():
    """Return the table of what attacks achieve: a row for each thing."""
    attacks = read()["attacks"].values()
    heads = ["an attack …", *NAMES.values()]
    rows = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    rows += [_row([told], attacks, [end]) for end, told in ENDS.items()]
    rows.append(_row(["ends without a mark"], attacks, ["no mark"]))
    rows.append(_row(["could not be asked"], attacks, None))
    return ["", *rows, ""]


def _row(heads, attacks, ends):
    """Return a row: for each grader the number of attacks that achieve one of some ends."""
    counts = [sum(_achieved(attack[name], ends) for attack in attacks) for name in NAMES]
    return f"| {' | '.join(map(str, [*heads, *counts]))} |"


def _achieved(found, ends):
    return found is None if ends is None else bool(set(found or ()) & set(ends))


def graders_run():
    """Return with which versions, when and with which limits it was measured."""
    told = read()
    versions = " and ".join(f"{n} {v}" for n, v in told["versions"].items() if n != "ours")
    return (
        f"{versions}, measured on {told['date']}, {told['seconds']} seconds for a cell or a call, "
        f"ended from outside after {told['wall']} seconds"
    )


def graders_ours():
    """Return how many attacks name modules of our own grader."""
    return str(sum(told["names ours"] for told in read()["attacks"].values()))


def graders_refused():
    """Return how many attacks end at a module or a built-in function that is withheld."""
    told = read()["attacks"].values()
    return str(sum("refused" in (attack["prairielearn"] or ()) for attack in told))


def graders_later():
    """Say how many attacks were written since, and were tried on our own grader alone."""
    later = len(list(ATTACKS.glob("*.cell"))) - len(read()["attacks"])
    if not later:
        return "there are none: each was tried on all of them."
    return f"{later} were written since, are in no table, and were tried on `course grade` alone."


MAKERS = {
    make.__name__: make
    for make in (graders, graders_ends, graders_later, graders_ours, graders_refused, graders_run)
}
