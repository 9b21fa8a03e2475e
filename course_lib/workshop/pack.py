"""Lay everything that a class needs into a folder, for a room without a network."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course_lib import __version__
from course_lib._files import write_whole
from course_lib.authoring.source import ROOT
from course_lib.workshop import fetch, scripts
from course_lib.workshop.pins import needed

MARK = "course-pack.json"
BOOK = ROOT / "book" / "_build" / "html"


@dataclass(frozen=True)
class Plan:
    """What is to be packed: the target, its wheels, and their bytes by file name (or None)."""

    target: object
    wheels: list
    sizes: dict

    def told(self, folder):
        """Return lines that say how much it is and how much of it is in a folder already."""
        there = sum(_is_there(folder, wheel) for wheel in self.wheels)
        unknown = sum(size is None for size in self.sizes.values())
        total = sum(size or 0 for size in self.sizes.values()) / 1e6
        torch = next((s for name, s in self.sizes.items() if name.startswith("torch-")), None)
        line = f"{len(self.wheels)} wheels for {self.target.platform}, Python {self.target.python}"
        line += f": {total:,.0f} MB" + (f", of it PyTorch {torch / 1e6:,.0f} MB" if torch else "")
        lines = [line]
        if unknown:
            lines += [f"The index does not say how large {unknown} of them are"]
        if there:
            lines += [f"{there} are in {folder} already and are kept"]
        return lines


def plan(target, indexes=(), packages=None):
    """Return the `Plan` for a target; only metadata are fetched.

    `packages` are the pins (name -> version) that the target needs, by default all of them.
    """
    wheels = fetch.find(packages or needed(target), target, indexes)
    return Plan(target, wheels, fetch.sizes(wheels))


def claim(folder, target):
    """Make a folder ours, or refuse it.

    Raises
    ------
    ValueError
        If it holds something else, or a pack for another target.
    """
    folder = Path(folder)
    said = {"platform": target.platform, "python": target.python}
    mark = folder / MARK
    if mark.is_file():
        try:
            before = json.loads(mark.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            before = None
        if before != said:
            raise ValueError(f"{folder} holds a pack for another computer: choose a new folder")
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} holds something that is no pack: choose a new folder")
    (folder / "wheels").mkdir(parents=True, exist_ok=True)
    write_whole(mark, json.dumps(said).encode())


def fill(folder, planned, *, book=BOOK, source=ROOT, progress=iter):
    """Fill a folder that is claimed; return lines that say what lacks.

    `progress` wraps the wheels while they arrive, as tqdm does.
    """
    folder, target = Path(folder), planned.target
    wheels = folder / "wheels"
    for _ in progress(fetch.fetch(planned.wheels, wheels, target)):
        pass
    course = build_course(source, wheels)
    wanted = {wheel.name for wheel in planned.wheels} | {course.name}
    for path in wheels.glob("*.whl"):
        if path.name not in wanted:  # an earlier version's
            path.unlink()
    lines = [f"{w.package}=={w.version} --hash=sha256:{w.sha256}" for w in planned.wheels]
    lines += [f"./wheels/{course.name} --hash=sha256:{fetch.sha256(course)}"]
    write_whole(folder / "requirements.txt", ("\n".join(lines) + "\n").encode())
    lacks = _copy_book(book, folder / "book")
    for name, text in scripts.texts(target, book=not lacks).items():
        write_whole(folder / name, text.encode("utf-8"))
        if name.endswith((".sh", ".command")):
            (folder / name).chmod(0o755)
    return lacks


def build_course(source, folder):
    """Build the wheel of the course itself from a clone, with its notebooks in it."""
    if not (Path(source) / "pyproject.toml").is_file():
        raise ValueError("only a clone of the course's repository can be packed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel"]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as draft:
        command = [*pip, str(source), "--no-deps", "--wheel-dir", draft]
        try:
            import hatchling  # noqa: F401  of the extra dev; else pip fetches it

            command += ["--no-build-isolation", "--no-index"]
        except ImportError:
            pass
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        built = list(Path(draft).glob("*.whl"))
        if done.returncode or not built:
            raise ValueError(f"the course's own wheel was not built: {done.stderr[-400:]}")
        path = Path(folder) / built[0].name
        built[0].replace(path)
    assert __version__ in path.name
    return path


def _copy_book(book, folder):
    """Copy the built book; return lines that say what lacks."""
    if not (Path(book) / "index.html").is_file():
        return ["The book is not in the pack: `make book` builds it, then pack once more"]
    skipped = shutil.ignore_patterns(".doctrees", ".buildinfo*", "_sources", "*.pickle")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".book-") as draft:
        shutil.copytree(book, Path(draft) / "book", ignore=skipped)
        shutil.rmtree(folder, ignore_errors=True)
        (Path(draft) / "book").replace(folder)
    return []


def _is_there(folder, wheel):
    path = Path(folder) / "wheels" / wheel.name
    return path.is_file() and fetch.sha256(path) == wheel.sha256
