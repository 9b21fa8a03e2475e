"""The bundles of the live figures: fresh, whole, and shipped."""

import fnmatch
import os
import shutil
import tomllib

import pytest

from course_lib.authoring import figures


@pytest.fixture
def tools():
    """Go on where Node and esbuild are installed; else skip on a laptop and fail in CI."""
    if not figures.tools_are_here():
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("Node or esbuild is missing: `make .venv/.tools` installs them")


def test_the_bundles_are_what_their_sources_make(tools, tmp_path):
    assert figures.stale_figures(tmp_path) == []


def test_stale_missing_and_forgotten_bundles_are_seen(tools, tmp_path):
    committed = tmp_path / "committed"
    for path in figures.WIDGETS.glob("*/bundle.*"):
        (committed / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, committed / path.parent.name)
    stale = committed / "flow" / "bundle.js"
    stale.write_text(stale.read_text(encoding="utf-8").replace("max", "min", 1), encoding="utf-8")
    (committed / "plane" / "bundle.css").unlink()
    (committed / "gone").mkdir()
    (committed / "gone" / "bundle.js").touch()
    seen = figures.stale_figures(tmp_path / "fresh", committed)
    assert seen == ["flow/bundle.js", "gone/bundle.js", "plane/bundle.css"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { a } from "./gone.js";', "gone.js"),
        ("export const a = ;", "Unexpected"),
    ],
)
def test_a_broken_module_is_an_error(tools, tmp_path, source, message):
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "view.js").write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        figures.write_figures(tmp_path)


def test_without_node_the_command_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "ESBUILD", tmp_path / "esbuild")
    with pytest.raises(ValueError, match=r"make \.venv/\.tools"):
        figures.write_figures()


def left_out_of_the_wheel(patterns):
    """Return the bundles that the wheel would lack."""
    bundles = [str(p.relative_to(figures.WIDGETS)) for p in figures.WIDGETS.glob("*/bundle.*")]
    assert len(bundles) == 2 * 14
    return [name for name in bundles if not any(fnmatch.fnmatch(name, p) for p in patterns)]


def test_the_wheel_carries_every_bundle():
    project = tomllib.loads((figures.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["course_lib.widgets"]
    assert left_out_of_the_wheel(patterns) == []
    assert len(left_out_of_the_wheel(["*/bundle.css"])) == 14
