"""The bundles of the live figures are fresh and whole; what looks at their JavaScript bites."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.authoring import figures
from course_lib.authoring.live_figures import as_function


@pytest.fixture
def tools():
    """Go on where Node and esbuild are installed; else skip on a laptop and fail in CI."""
    if not figures.tools_are_here():
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("Node or esbuild is missing: `make .venv/.tools` installs them")


def test_the_bundles_are_what_their_sources_make(tools):
    assert figures.stale_figures() == []


def test_stale_missing_and_forgotten_bundles_are_seen(tools, tmp_path):
    for path in figures.LIBRARY.glob("*/*/bundle.*"):
        copy = tmp_path / path.relative_to(figures.LIBRARY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    assert figures.stale_figures(tmp_path) == []
    stale = ["authoring/live_figures/bundle.js", "widgets/flow/bundle.js"]
    for name in stale:
        text = (tmp_path / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("max", "min", 1), encoding="utf-8")
    missing = ["models/look/bundle.js", "widgets/plane/bundle.css"]
    for name in missing:
        (tmp_path / name).unlink()
    forgotten = "widgets/gone/bundle.js"
    (tmp_path / forgotten).parent.mkdir()
    (tmp_path / forgotten).touch()
    assert figures.stale_figures(tmp_path) == sorted([*stale, *missing, forgotten])


@pytest.mark.parametrize("place", ["widgets/planted/view.js", "models/planted/page.js"])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { a } from "./gone.js";', "gone.js"),
        ("export const a = ;", "Unexpected"),
    ],
)
def test_a_broken_module_is_an_error(tools, tmp_path, place, source, message):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        figures.bundles(tmp_path)


def test_a_figure_is_a_module_and_without_its_last_line_a_script(tools, tmp_path):
    """The names that it exports stay apart: two of them stand on one page."""
    sources = {"one": "const a = 1, render = () => a;", "other": "const a = 2, render = () => a;"}
    for name, source in sources.items():
        (tmp_path / "widgets" / name).mkdir(parents=True)
        exported = f"{source} export default {{ render }}; export {{ a as state }};"
        (tmp_path / "widgets" / name / "view.js").write_text(exported, encoding="utf-8")
    made = [figures.bundles(tmp_path)[f"widgets/{name}/bundle.js"] for name in sources]
    for k, text in enumerate(made):
        (tmp_path / f"{k}.mjs").write_text(text, encoding="utf-8")
    functions = ", ".join(map(as_function, made))
    (tmp_path / "all.mjs").write_text(
        f"""const scripts = [{functions}].map((make) => make().render());
        const modules = await Promise.all([0, 1].map((k) => import(`./${{k}}.mjs`)));
        const told = modules.map((module) => [module.default.render(), module.parts.state]);
        console.log(JSON.stringify([scripts, ...told]));""",
        encoding="utf-8",
    )
    status, said = run_tool(["node", "all.mjs"], tmp_path)
    assert (status, json.loads(said)) == (0, [[1, 2], [1, 1], [2, 2]])


def test_without_node_the_command_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "ESBUILD", tmp_path / "esbuild")
    with pytest.raises(ValueError, match=r"make \.venv/\.tools"):
        figures.bundles()


# --- what looks at the JavaScript -----------------------------------------------------------------


def run_tool(command, folder):
    """Run a tool of package.json in a folder; return its status and all that it said."""
    path = figures.ESBUILD.parent
    done = subprocess.run(
        [path / command[0] if (path / command[0]).exists() else command[0], *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "planted", "rule"),
    [
        ("view.js", "export const a = 1;\nlet unused = 2;\n", "noUnusedVariables"),
        ("view.js", "export const a = (b) => b == 1;\n", "noDoubleEquals"),
        ("view.js", "export const a = 'one'\n", "format"),
        ("style.css", ".a {\n  colr: red;\n}\n", "noUnknownProperty"),
        ("view.js", "export const a = 1;\n", None),
    ],
)
def test_the_linter_sees_a_planted_fault(tools, tmp_path, name, planted, rule):
    shutil.copy(figures.ROOT / "biome.json", tmp_path)
    folder = tmp_path / "course_lib" / "widgets" / "planted"
    folder.mkdir(parents=True)
    (folder / name).write_text(planted, encoding="utf-8")
    status, said = run_tool(["biome", "ci", "--error-on-warnings"], tmp_path)
    assert (status != 0) == (rule is not None), said
    assert (rule or "") in said


def test_a_planted_error_in_the_numbers_fails_a_test_of_node(tools, tmp_path):
    shutil.copytree(figures.ROOT / "tests" / "js", tmp_path / "tests" / "js")
    sources = tmp_path / "course_lib" / "widgets"
    shutil.copytree(figures.WIDGETS, sources, ignore=shutil.ignore_patterns("*.py", "*.css"))
    (tmp_path / "package.json").write_text('{ "type": "module" }', encoding="utf-8")
    test = ["node", "--test", "tests/js/numbers.test.js"]
    status, said = run_tool(test, tmp_path)
    assert status == 0, said
    numbers = sources / "shared" / "numbers.js"
    right = numbers.read_text(encoding="utf-8")
    wrong = right.replace("Math.log(weights[k])", "Math.log2(weights[k])")
    assert wrong != right
    numbers.write_text(wrong, encoding="utf-8")
    status, said = run_tool(test, tmp_path)
    assert status != 0
    assert "entropy in nats" in said


def test_make_test_runs_both():
    made = ["make", "-n", "test", "-o", ".venv/.tools"]
    recipe = subprocess.run(
        made, cwd=figures.ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "npm run --silent lint" in recipe
    assert "npm test" in recipe


def test_the_lock_file_names_no_registry_and_pins_what_is_asked_for():
    lock = json.loads((figures.ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    wanted = json.loads((figures.ROOT / "package.json").read_text(encoding="utf-8"))
    for name, version in wanted["devDependencies"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
