"""Bundle the live figures: every folder of `course_lib/widgets` with a view.js gets its bundle."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.authoring.source import ROOT, write_if_changed

WIDGETS = ROOT / "course_lib" / "widgets"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
# utf8: a sentence stands in the bundle as it stands in the source, and can be looked up there.
OPTIONS = ["--bundle", "--format=esm", "--charset=utf8", "--minify"]


def tools_are_here():
    """Return whether Node and the packages of package.json are installed."""
    return ESBUILD.exists() and shutil.which("node", path=tool_path()) is not None


def bundles(sources=WIDGETS):
    """Return the bundle of every figure by its name, such as "flow/bundle.js".

    Parameters
    ----------
    sources : path, default course_lib/widgets
        Where the folders of the figures stand.

    Returns
    -------
    dict of str to str
        The JavaScript and the CSS of each figure, with all that it imports.

    Raises
    ------
    ValueError
        If the tools are not installed, or a module has an error.
    """
    if not tools_are_here():
        raise ValueError("bundling needs Node and esbuild: `make .venv/.tools` installs both")
    names = [view.parent.name for view in sorted(Path(sources).glob("*/view.js"))]
    entries = [f"{name}/bundle=./{name}/view.js" for name in names]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [ESBUILD, *entries, f"--outdir={folder}", *OPTIONS, "--log-level=warning"],
            cwd=sources,
            env={**os.environ, "PATH": tool_path()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or done.stderr:
            raise ValueError(f"the figures cannot be bundled:\n{done.stderr}")
        return _read(folder)


def write_figures():
    """Write every bundle beside its sources; returns a line for each that says what happened."""
    lines = []
    for name, text in bundles().items():
        written = write_if_changed(WIDGETS / name, text)
        lines.append(f"{name}: {'written' if written else 'up to date'}")
    return lines


def stale_figures(folder=WIDGETS):
    """Return the bundles in a folder that are not what their sources make now."""
    fresh, there = bundles(), _read(folder)
    return sorted(name for name in fresh | there if fresh.get(name) != there.get(name))


def _read(folder):
    """Return the bundles in a folder by their names."""
    paths = sorted(Path(folder).glob("*/bundle.*"))
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in paths}


def tool_path():
    """Return a search path on which the Node of this environment comes first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
