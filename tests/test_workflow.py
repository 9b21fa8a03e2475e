"""The workflow for a public forge: the same Pythons as everywhere else, and no right too many."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ".github/workflows/course.yml"


def texts():
    """Return the text of each file that says which Pythons the course runs on."""
    names = ("pyproject.toml", "Makefile", "README.md", WORKFLOW)
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


def pythons(files):
    """Return the minor versions of Python 3 that each file says the course runs on."""
    allowed = SpecifierSet(tomllib.loads(files["pyproject.toml"])["project"]["requires-python"])
    first, last = map(int, re.findall(r"\(3, (\d+)\)", files["Makefile"]))
    workflow = yaml.safe_load(files[WORKFLOW])
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    told = {name: re.findall(r"3\.(\d\d)\b", files[name]) for name in ("Makefile", "README.md")}
    return {
        "pyproject.toml": {minor for minor in range(30) if f"3.{minor}" in allowed},
        "what make takes": set(range(first, last + 1)),
        "what make says": set(map(int, told["Makefile"])),
        "README.md": set(map(int, told["README.md"])),
        WORKFLOW: {int(version.removeprefix("3.")) for version in matrix},
    }


def too_much(workflow):
    """Return jobs without a time limit, and rights to write of jobs that run the course's code."""
    found = [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job]
    for name, job in workflow["jobs"].items():
        rights = job.get("permissions", workflow["permissions"])
        runs = any("run" in step for step in job["steps"])
        found += [f"{name}: {right}" for right, to in rights.items() if runs and to != "read"]
    return found


def test_all_say_the_same_pythons():
    said = pythons(texts())
    assert said["pyproject.toml"]
    assert {name: minors for name, minors in said.items() if minors != said["pyproject.toml"]} == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "differs"),
    [
        ("pyproject.toml", "<3.14", "<3.15", "pyproject.toml"),
        ("Makefile", "(3, 13)", "(3, 12)", "what make takes"),
        ("Makefile", "3.13", "3.14", "what make says"),
        ("README.md", "3.11", "3.10", "README.md"),
        (WORKFLOW, '"3.12", "3.13"', '"3.12"', WORKFLOW),
    ],
)
def test_a_planted_difference_is_seen(file, old, new, differs):
    files = texts()
    assert old in files[file]
    said, before = pythons(files | {file: files[file].replace(old, new)}), pythons(files)
    assert [name for name in said if said[name] != before[name]] == [differs]


def test_every_job_ends_and_may_do_only_what_it_must():
    workflow = yaml.safe_load(texts()[WORKFLOW])
    assert too_much(workflow) == []
    workflow["jobs"]["test"]["permissions"] = {"contents": "write"}
    del workflow["jobs"]["book"]["timeout-minutes"]
    assert too_much(workflow) == ["book", "test: contents"]


def test_the_tests_run_as_everywhere_else():
    job = yaml.safe_load(texts()[WORKFLOW])["jobs"]["test"]
    (step,) = (step for step in job["steps"] if "run" in step)
    assert step == {"run": ".ci/run", "env": {"PYTHON": "python${{ matrix.python }}"}}


def test_ci_makes_the_environment_with_the_python_that_it_is_told(tmp_path):
    # On a machine of stand-ins, which write down what they are called with.
    script = tmp_path / ".ci" / "run"
    script.parent.mkdir()
    script.write_text((ROOT / ".ci" / "run").read_text())
    note = f'#!/bin/sh\necho "$PYTHON: $(basename "$0") $*" >> {tmp_path}/calls\n'
    for name in ("bin/make", "bin/chromium", "bin/apt-get", "bin/python9", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(note)
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHON": "python9"}
    subprocess.run(["bash", str(script)], env=environment, check=True)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call for call in calls if not call.startswith("python9: python ")] == [
        "python9: python9 -c import ensurepip",
        "python9: make .venv/.tools",
        "python9: make test",
    ]
