"""The whole book, built as `make book` does, with every warning an error."""

import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.authoring import source
from tests.support.axe import AXE
from tests.support.book import pages_of
from tests.support.executed import cached, fill_cache

ROOT = Path(__file__).resolve().parents[2]
RUN = {"index.md", "01_graph_view.de.md"}  # by the build itself


def build_whole_book(folder, chapter_runs):
    """Build the book into a folder; return that of the site.

    Chapters have run already: the build finds their outputs, and runs only the first page and the
    sample of a translation.
    """
    site = Path(folder, "html")
    shutil.rmtree(folder / "doctrees", ignore_errors=True)  # a build that failed warns again
    fill_cache(folder / ".jupyter_cache", chapter_runs)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    command += ["-D", "nb_execution_timeout=900"]  # of a cell: the machine may be busy
    done = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), str(ROOT / "book"), str(site)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    chapters = {path.stem for path in pages_of(site / "chapters")}
    assert set(source.stems()) <= chapters
    given = {f"{stem}.md" for stem in source.stems()}
    assert cached(folder / ".jupyter_cache") == given | RUN
    shutil.copy(AXE, site)  # what a browser has compiled of a file it keeps for the next page
    return site
