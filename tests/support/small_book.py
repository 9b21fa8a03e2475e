"""A few pages of the book, built in seconds: no chapter runs, and the library has one module."""

import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.authoring import source

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGES = ("conventions", "glossary", "exercises")
STEMS = ("02_weights", "08_gat")
CONTENTS = "format: jb-book\nroot: index\nchapters:\n"


def build_small_book(folder, stems=STEMS):
    """Build some chapters and the pages about all of them; return the folder of the site."""
    sources, site = Path(folder, "book"), Path(folder, "html")
    shutil.copytree(
        BOOK, sources, ignore=shutil.ignore_patterns("_build", "chapters", "api", "teaching", "hub")
    )
    for page in sources.glob("*.md"):
        if page.stem not in PAGES:
            page.unlink()
    (sources / "index.md").write_text("# A small book\n\nWith a few pages.\n")
    files = [*PAGES, *(f"chapters/{stem}" for stem in stems), "api/index"]
    contents = CONTENTS + "".join(f"  - file: {name}\n" for name in files)
    (sources / "contents.yml").write_text(contents)
    left_out = [f"chapters/{stem}*" for stem in source.stems() if stem not in stems]
    settings = {
        "external_toc_path": "contents.yml",
        "exclude_patterns": ",".join([*left_out, "chapters/*.de.md", "_build"]),
        "nb_execution_mode": "off",
        "api_package": "course_lib.theme",
        "suppress_warnings": "myst.xref_missing,ref.ref",
    }
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q"]
    for name, value in settings.items():
        command += ["-D", f"{name}={value}"]
    done = subprocess.run(
        [*command, str(sources), str(site)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return site
