"""The wheel alone, in an environment of its own and far from the repository."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_lib.authoring import addresses
from course_lib.authoring.serving import serving

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
pytestmark = pytest.mark.xdist_group("wheel")


# Of all modules, the tests load few; these are compiled then.
UNCOMPILED = {"PIP_COMPILE": "0"}


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *map(str, arguments)], check=True, env=os.environ | UNCOMPILED)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ROOT, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    (path,) = folder.glob("*.whl")
    return path


def bare(home):
    """Make a venv without the course; return its Python and the environment to run it in.

    What the course depends on is lent by our own environment: without its .pth files, so without
    the course that is installed there.
    """
    venv.create(home / "env")
    (packages,) = (home / "env").glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    return home / "env" / "bin" / "python", kept


@pytest.fixture(scope="module")
def course(wheel, tmp_path_factory):
    """Return how to run the command of a venv that has the wheel, in a folder of its own.

    The wheel is installed by the cell with which a published notebook begins.
    """
    home = tmp_path_factory.mktemp("learner")
    python, environment = bare(home)
    repository = "https://github.com/owner/name"
    assert addresses.wheel(repository).endswith(f"/{wheel.name}")

    def run(*arguments, cwd=home, program="course", **more):
        command = [python.with_name(program), *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment | more, capture_output=True, text=True, check=False
        )

    with serving(wheel.parent) as address:
        there = addresses.wheel(repository), f"{address}/{wheel.name}"
        cell = addresses.install_cell(repository).replace(*there)
        code = f"{cell}\n\nimport course_lib; print(course_lib.__file__)"
        # What the wheel asks for is read below; whoever runs the tests has had it resolved by pip.
        alone = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1"}
        settings = UNCOMPILED | alone | {"IPYTHONDIR": str(home)}
        run.installed = run("-m", "IPython", "-c", code, program="python", **settings)
    run.home = home
    done = run("start", "mine")
    assert done.returncode == 0, run.installed.stderr + done.stderr
    return run


def files_of(folder, *options):
    """Return the files that git knows in a folder of the repository."""
    command = ["git", "ls-files", *options, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split() if (ROOT / name).is_file()]


def left_out(names, wanted):
    """Return what a wheel does not hold of what it should."""
    return sorted(set(wanted) - set(names))


def dead_links(folder):
    """Return the links of notebooks and pages that lead nowhere: (file name, link)."""
    found = []
    for path in (*folder.glob("notebooks/*.ipynb"), *folder.glob("book/*.md")):
        links = (link for link in LINK.findall(path.read_text(encoding="utf-8")) if ":" not in link)
        found += [(path.name, link) for link in links if not (path.parent / link).exists()]
    return found


def test_the_wheel_holds_what_git_tracks_of_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    notebooks = [f"course_lib/shipped/{name}" for name in files_of("notebooks")]
    assert left_out(names, files_of("course_lib") + notebooks) == []
    assert left_out(names[1:], [names[0]]) == [names[0]]
    ours = [name for name in names if not re.match(r"course_lib/shipped/|[^/]*dist-info/", name)]
    assert (
        left_out(files_of("course_lib", "--cached", "--others", "--exclude-standard"), ours) == []
    )


def test_the_wheel_asks_for_what_the_course_depends_on(wheel):
    packed = zipfile.ZipFile(wheel)
    (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
    asked = map(Requirement, message_from_bytes(packed.read(name)).get_all("Requires-Dist"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {each for each in asked if "extra" not in str(each.marker)} == {
        Requirement(each) for each in project["dependencies"]
    }


def test_the_cell_of_a_published_notebook_installs_it(course):
    told = course.installed
    assert told.stdout.splitlines()[-1].startswith(str(course.home)), told.stderr


def test_every_link_of_the_laid_out_folder_leads_somewhere(course):
    assert dead_links(course.home / "mine") == []
    (course.home / "mine" / "book" / "glossary.md").rename(course.home / "glossary.md")
    assert "glossary.md" in {
        link.rpartition("/")[2] for _, link in dead_links(course.home / "mine")
    }
    (course.home / "glossary.md").rename(course.home / "mine" / "book" / "glossary.md")


@pytest.mark.notebook
def test_a_whole_chapter_runs_there(course):
    done = course("check", "01", "--expect-unsolved", cwd=course.home / "mine")
    assert done.returncode == 0, done.stdout


COMMANDS = """
from course_lib.cli import main
for command in ("progress", "hint weights-3", "solution weights-3", "update .."):
    print("$", command)
    assert main(command.split()) == 0
"""


def test_progress_hints_solutions_and_updates_work_there(course):
    folder = course.home / "mine" / "notebooks"
    (folder / ".progress.jsonl").write_text('{"passed": "weights-1"}')
    done = course("-c", COMMANDS, cwd=folder, program="python")
    assert done.returncode == 0, done.stderr
    parts = [part.partition("\n")[2] for part in done.stdout.split("$ ")[1:]]
    progress, hint, solution, update = parts
    assert "02 weights: 1 of" in progress
    assert hint
    assert "np.sqrt(d)" in solution
    assert update.startswith("Up to date already")
