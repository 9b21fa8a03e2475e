"""What the installed course brings to a working folder: its notebooks and the pages they link to.

In a wheel they stand inside the package (``course_lib/shipped``), in a checkout at the top of the
repository. There somebody may have worked in a notebook, so git is asked for the one that it holds.
"""

import re
import subprocess
from pathlib import Path

from course_lib.authoring.notebooks import was_edited
from course_lib.authoring.source import stems
from course_lib.chapters.reading import file_stem, is_sample, views
from course_lib.exercises import progress

PACKAGE = Path(__file__).resolve().parents[1]
IN_WHEEL = (PACKAGE / "shipped").is_dir()
TOP = PACKAGE / "shipped" if IN_WHEEL else PACKAGE.parent
# A published notebook links to where Colab finds what stands beside it in a working folder.
ON_GITHUB = re.compile(rb"\]\(https://github\.com/[\w.-]+/[\w.-]+/blob/[^/()]+/(book/\w+\.md)")
ON_COLAB = re.compile(
    rb"\]\(https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[^/()]+/notebooks/"
    rb"([\w.]+\.ipynb)"
)
PAGE_LINK = re.compile(r"\]\((?:\.\./book/)?(\w+)\.md[#)]")


def file_stems():
    """Return the file stems of what learners open: each chapter, and its translations.

    A translation that is only a sample is there for translators: among a learner's notebooks it
    would be a second chapter 01 that ends in the middle.
    """
    return [file_stem(*view) for view in views(stems()) if not is_sample(*view)]


def notebooks():
    """Return the shipped notebooks that can be had: file stem -> bytes of the file."""
    found = {stem: _notebook(TOP / "notebooks" / f"{stem}.ipynb") for stem in file_stems()}
    return {stem: beside(data) for stem, data in found.items() if data is not None}


def notebook(stem):
    """Return the shipped notebook of a file stem as bytes.

    Raises
    ------
    ValueError
        If it cannot be had, because somebody worked in it at its source.
    """
    data = _notebook(TOP / "notebooks" / f"{stem}.ipynb")
    if data is None:
        raise ValueError(f"{stem}.ipynb was worked in at its source, and git does not have it")
    return beside(data)


def beside(data):
    """Return a notebook's bytes with links to what stands beside it, which need no network."""
    return ON_COLAB.sub(rb"](\1", ON_GITHUB.sub(rb"](../\1", data))


def pages(notebooks):
    """Return the pages that notebooks link to, and those that these link to: name -> bytes."""
    found, waiting = {}, [data.decode() for data in notebooks.values()]
    while waiting:
        for name in PAGE_LINK.findall(waiting.pop()):
            path = TOP / "book" / f"{name}.md"
            if path.name not in found and path.is_file():
                found[path.name] = path.read_bytes()
                waiting.append(found[path.name].decode())
    return found


def worked_in():
    """Return the notebooks of the checkout that somebody worked in, as was usual once: paths."""
    if IN_WHEEL:
        return []
    paths = [TOP / "notebooks" / f"{stem}.ipynb" for stem in file_stems()]
    return [path for path in paths if path.is_file() and was_edited(path)]


def progress_files():
    """Return the files of the checkout in which it was remembered what was passed."""
    paths = [TOP / "notebooks" / name for name in progress.FILES]
    return [path for path in paths if path.is_file() and not IN_WHEEL]


def earlier(stem, built):
    """Return an earlier notebook by the hash it carries, from the checkout's history, or None."""
    if IN_WHEEL:
        return None
    path = f"notebooks/{stem}.ipynb"
    commits = _git("log", "--format=%H", f"-S{built}", "--", path) or b""
    # The last one brought the hash, those before it took it away.
    found = _git("show", f"{commits.split()[-1].decode()}:{path}") if commits.split() else None
    return found and beside(found)


def _notebook(path):
    if path.is_file() and (IN_WHEEL or not was_edited(path)):
        return path.read_bytes()
    return None if IN_WHEEL else _git("show", f"HEAD:notebooks/{path.name}")


def _git(*arguments):
    """Return what git prints about the checkout; None without git or without an answer."""
    try:
        done = subprocess.run(["git", *arguments], cwd=TOP, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
