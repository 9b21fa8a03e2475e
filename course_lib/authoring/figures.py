"""Bundle the live figures: every folder of `course_lib/widgets` with a view.js gets its bundle."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDGETS = ROOT / "course_lib" / "widgets"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
NAMES = ("bundle.js", "bundle.css")
# utf8: a sentence stands in the bundle as it stands in the source, and can be looked up there.
OPTIONS = ["--bundle", "--format=esm", "--charset=utf8", "--minify"]


def tools_are_here():
    """Return whether Node and the packages of package.json are installed."""
    return ESBUILD.exists() and shutil.which("node", path=_path()) is not None


def write_figures(sources=WIDGETS, folder=None):
    """Write the bundle of every figure, its JavaScript and its CSS.

    Parameters
    ----------
    sources : path, default course_lib/widgets
        Where the folders of the figures stand.
    folder : path, optional
        Where their bundles go, in folders of the same names. Default: beside their sources.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ValueError
        If the tools are not installed, or a module has an error.
    """
    if not tools_are_here():
        raise ValueError("bundling needs Node and esbuild: `make .venv/.tools` installs both")
    folder = Path(folder or sources).resolve()
    names = [view.parent.name for view in sorted(Path(sources).glob("*/view.js"))]
    entries = [f"{name}/bundle=./{name}/view.js" for name in names]
    done = subprocess.run(
        [ESBUILD, *entries, f"--outdir={folder}", *OPTIONS, "--log-level=warning"],
        cwd=sources,
        env={**os.environ, "PATH": _path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or done.stderr:
        raise ValueError(f"the figures cannot be bundled:\n{done.stderr}")
    return [folder / name / bundle for name in names for bundle in NAMES]


def stale_figures(folder, committed=WIDGETS):
    """Return the bundles, as figure/name, that are not what their sources make now.

    `folder` is an empty one to build in.
    """
    fresh = _bundles(write_figures(folder=folder))
    old = _bundles(Path(committed).glob("*/bundle.*"))
    return sorted(name for name in fresh | old if fresh.get(name) != old.get(name))


def _bundles(paths):
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


def _path():
    """Return a search path on which the Node of this environment comes first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
