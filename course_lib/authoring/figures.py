"""Bundle JavaScript for browsers: every live figure, and the scripts of pages that show figures.

A folder of `course_lib/widgets` with a view.js holds a figure, a folder with a page.js the script
of a page; each gets its bundle beside it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.authoring.source import ROOT, write_if_changed
from course_lib.widgets.shared.figure import AS_MODULE

LIBRARY = ROOT / "course_lib"
WIDGETS = LIBRARY / "widgets"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
# A script, because a page that is opened from a folder loads no module. utf8: a sentence stands in
# the bundle as it stands in the source, and can be looked up there.
OPTIONS = ["--bundle", "--format=iife", "--charset=utf8", "--minify"]
KINDS = {
    "widgets/*/view.js": ["--global-name=figure", f"--footer:js={AS_MODULE}"],
    "*/*/page.js": [],
}


def tools_are_here():
    """Return whether Node and the packages of package.json are installed."""
    return ESBUILD.exists() and shutil.which("node", path=tool_path()) is not None


def bundles(sources=LIBRARY):
    """Return the bundles by their names, such as "widgets/flow/bundle.js".

    Parameters
    ----------
    sources : path, default course_lib
        Where the folders stand.

    Returns
    -------
    dict of str to str
        The JavaScript and the CSS of each figure and page, with all that it imports.

    Raises
    ------
    ValueError
        If the tools are not installed, or a module has an error.
    """
    if not tools_are_here():
        raise ValueError("bundling needs Node and esbuild: `make .venv/.tools` installs both")
    with tempfile.TemporaryDirectory() as folder:
        for pattern, options in KINDS.items():
            paths = [path.relative_to(sources) for path in sorted(Path(sources).glob(pattern))]
            if paths:
                _bundle(sources, paths, folder, options)
        return _read(folder)


def _bundle(sources, paths, folder, options):
    """Write the bundles of modules, whose paths are relative to `sources`, into a folder."""
    entries = [f"{path.parent}/bundle=./{path}" for path in paths]
    done = subprocess.run(
        [ESBUILD, *entries, f"--outdir={folder}", *OPTIONS, *options, "--log-level=warning"],
        cwd=sources,
        env={**os.environ, "PATH": tool_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or done.stderr:
        raise ValueError(f"the figures cannot be bundled:\n{done.stderr}")


def write_figures():
    """Write every bundle beside its sources; returns a line for each that says what happened."""
    lines = []
    for name, text in bundles().items():
        written = write_if_changed(LIBRARY / name, text)
        lines.append(f"{name}: {'written' if written else 'up to date'}")
    return lines


def stale_figures(folder=LIBRARY):
    """Return the bundles in a folder that are not what their sources make now."""
    fresh, there = bundles(), _read(folder)
    return sorted(name for name in fresh | there if fresh.get(name) != there.get(name))


def _read(folder):
    """Return the bundles in a folder by their names."""
    paths = sorted(Path(folder).glob("*/*/bundle.*"))
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return dict(zip((path.relative_to(folder).as_posix() for path in paths), texts, strict=True))


def tool_path():
    """Return a search path on which the Node of this environment comes first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
