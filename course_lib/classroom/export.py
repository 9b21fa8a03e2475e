"""What an instructor takes away: the grid as a table or as data, and minutes without names."""

import csv
import io
import json

from course_lib.classroom import summary
from course_lib.classroom.minutes import FORMAT

# A spreadsheet would take these for the start of a formula.
FORMULA = tuple("=+-@＝＋－＠")


def as_csv(store):
    """Return the grid: a row for each learner and exercise."""
    board = summary.board(store)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["learner", "exercise", "state", "wrong_tries"])
    for row in board["learners"]:
        for line in board["exercises"]:
            cell = row["cells"].get(line["key"])
            state, tries = (cell["state"], cell["tries"]) if cell else ("not tried", 0)
            writer.writerow([_harmless(row["name"]), line["key"], state, tries])
    return file.getvalue()


def as_json(store):
    """Return all that the board shows, and the minutes, as JSON."""
    made = {"format": FORMAT, "minutes": summary.measured(store)} | summary.board(store)
    return json.dumps(made, indent=1)


def minutes_as_json(store):
    """Return the minutes alone, which name nobody: what lesson plans can be made with."""
    return json.dumps({"format": FORMAT, "minutes": summary.measured(store)}, indent=1)


def _harmless(text):
    return f"'{text}" if text.startswith(FORMULA) else text
