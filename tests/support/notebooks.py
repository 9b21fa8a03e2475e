"""Small notebooks for tests, and nbval run on them in a process of its own."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = "import numpy as np\nfrom course_lib.exercises import check, scorecard"


@dataclass(frozen=True)
class Run:
    """One run of pytest: its exit status, what it printed, and a message for each failed item."""

    status: int
    output: str
    failures: dict  # (file name, item name) -> message; an error counts as a failure
    passed: set
    skipped: set

    def of(self, name):
        """Return what was said of one notebook of several; a red one does not stain the others."""
        failures = {place: said for place, said in self.failures.items() if place[0] == name}
        passed, skipped = (
            {place for place in places if place[0] == name}
            for places in (self.passed, self.skipped)
        )
        status = int(bool(failures)) if self.status == 1 else self.status
        return Run(status, self.output, failures, passed, skipped)


def write_notebook(path, cells, *, chapter=None, tags=None):
    """Write a notebook of code cells; `tags` gives the tags of a cell by its place."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    if chapter:
        notebook.metadata["course"] = {"chapter": chapter}
    for place, source in enumerate(cells):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{place}")
        cell.metadata["tags"] = (tags or {}).get(place, [])
        notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return path


def nbval(folder, *arguments, files=(".",), mode="--nbval-lax", variables=None):
    """Run nbval on notebooks in a folder in a process of its own, as a learner would."""
    report = folder / "report.xml"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COURSE"))}
    environment |= variables or {}
    # From any folder, our plugin must be found.
    paths = filter(None, (str(ROOT), environment.get("PYTHONPATH")))
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-P", "-m", "pytest", "-p", "tests.support.nbval_plugin"]
    command += [mode, *files, "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), f"--junitxml={report}", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    failures, passed, skipped = {}, set(), set()
    for case in ElementTree.parse(report).iter("testcase"):
        place = (case.get("classname").removesuffix(".ipynb"), case.get("name"))
        bad = [part.text for part in case if part.tag in ("failure", "error")]
        if bad:
            failures[place] = "\n".join(map(str, bad))
        else:
            (passed if case.find("skipped") is None else skipped).add(place)
    return Run(done.returncode, done.stdout + done.stderr, failures, passed, skipped)
