"""The project around the code: pins, environments, imports, names of files; and that gates bite."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course_lib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
# Written in two pieces, so that this file does not hold what it forbids.
FORBIDDEN = [
    "registry." + "npmjs",
    "pypi" + ".org",
    "files.python" + "hosted",
    "deb.deb" + "ian.org",
    "/ho" + "me/",
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/Us" + "ers/",
    "shared/" + "design",
]


def ranges(lines):
    """Return the allowed versions by package."""
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): r.specifier for r in requirements}


def environment_differences(environment, project):
    """Return the packages whose ranges differ between environment.yml and pyproject.toml."""
    listed = [line for line in environment["dependencies"] if isinstance(line, str)]
    names = [re.sub(r"^[\w-]+", lambda m: CONDA_NAMES.get(m[0], m[0]), line) for line in listed]
    conda = ranges(names)
    del conda["pip"]
    expected = ranges([f"python{project['requires-python']}", *project["dependencies"]])
    return {name for name in conda | expected if conda.get(name) != expected.get(name)}


def pins():
    """Return the exact versions of constraints.txt by package."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pinned}


def tracked_files(*patterns):
    """Yield the files that git tracks, as text; with patterns, those whose names fit."""
    done = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    for name in done.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", errors="replace")


def forbidden_in(text):
    """Return what a text holds of hosts and paths that only one machine knows."""
    return [word for word in FORBIDDEN if word in text]


def loaded_after(code, packages, path=ROOT):
    """Return which of some packages are loaded after running code in a fresh process."""
    program = f"import sys; sys.path.insert(0, {str(path)!r})\n{code}\n"
    program += f"print([p for p in {packages!r} if p in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=path
    )
    return done.stdout.strip().splitlines()[-1]


def ruff(path):
    """Return what ruff finds in a file under the project's settings."""
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(
        [*command, "--no-cache", str(path)], capture_output=True, text=True, check=False
    ).stdout


def test_environment_yml_has_the_ranges_of_the_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    apart = environment_differences(environment, PROJECT)
    assert apart == set(), "environment.yml and pyproject.toml say other ranges"
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_a_changed_range_is_seen():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    changed = {"dependencies": [d for d in environment["dependencies"] if "scipy" not in str(d)]}
    assert environment_differences(changed, PROJECT) == {"scipy"}
    loose = {"dependencies": [*changed["dependencies"], "scipy>=1"]}
    assert environment_differences(loose, PROJECT) == {"scipy"}


def test_every_dependency_is_pinned_within_its_range():
    pinned = pins()
    extras = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    others = [line for line in extras if not line.startswith(PROJECT["name"])]  # no extra of ours
    for name, allowed in ranges([*PROJECT["dependencies"], *others]).items():
        assert name in pinned, f"constraints.txt has no pin of {name}"
        assert allowed.contains(pinned[name]), (name, pinned[name], str(allowed))
    assert pinned["torch"] == "2.13.0"
    assert not [version for version in pinned.values() if "+" in version]


def modules_outside_nn():
    paths = (ROOT / "course_lib").rglob("*.py")
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return sorted(n.removesuffix(".__init__") for n in names if not n.startswith("course_lib.nn"))


def test_no_module_outside_nn_loads_torch():
    # Nor do a chapter's checks; its tasks, models and runs are what is trained, and changed then.
    trained = re.compile(r"course_lib\.chapters\.ch\w+\.(tasks|models|runs|changes)")
    modules = [name for name in modules_outside_nn() if "recording" not in name]
    modules = [name for name in modules if not trained.fullmatch(name)]
    code = "\n".join(f"import {name}" for name in modules)
    assert loaded_after(code, ["torch"]) == "[]"


def test_a_module_that_loads_torch_is_seen(tmp_path):
    (tmp_path / "planted.py").write_text("import torch\n")
    (tmp_path / "torch.py").touch()  # stands for it, which takes seconds to load
    assert loaded_after("import planted", ["torch"], tmp_path) == "['torch']"


def test_attention_loads_little_more_than_numpy():
    heavy = ["networkx", "scipy", "matplotlib", "pandas", "IPython", "ipywidgets", "torch"]
    assert loaded_after("import course_lib.attention", heavy) == "[]"


def test_a_flow_alone_loads_the_library_that_finds_it():
    solve = "course_lib.flow.attention_flow([[[0.2, 0.8], [0.6, 0.4]]] * 3)"
    assert loaded_after("import course_lib.flow", ["numba"]) == "[]"
    assert loaded_after(f"import course_lib.flow\n{solve}", ["numba"]) == "['numba']"


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = {name: forbidden_in(text) for name, text in tracked_files()}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_planted_path_is_seen():
    assert forbidden_in("cd /ho" + "me/someone") == ["/ho" + "me/"]


def test_ruff_sees_a_test_that_tests_nothing(tmp_path):
    planted = tmp_path / "test_planted.py"
    planted.write_text("def test_it():\n    x = 1\n    x == 1\n    [x]\n")
    found = ruff(planted)
    assert "B015" in found
    assert "B018" in found


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"] == course_lib.__version__


PAGES = ["README.md", "CONTRIBUTING.md", *(f"book/{p.name}" for p in (ROOT / "book").glob("*.md"))]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_of_the_pages_lead_somewhere_without_the_book(page):
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"`[^`\n]*`", "", text)  # examples are no links
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_commands_of_the_readme_are_targets_of_make():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"make ([a-z]+) ", (ROOT / "README.md").read_text()))
    assert {"lab", "test", "book", "bench"} <= named
    assert named <= targets


def test_the_lab_opens_the_working_folder():
    made = ["make", "-n", "lab", "-o", ".venv/.course", "ARGS=--port 8899"]
    recipe = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".venv/bin/course start work\n" in recipe
    assert ".venv/bin/course lab work -- --port 8899\n" in recipe


def test_scripts_stop_at_the_first_failure():
    script = (ROOT / ".ci" / "run").read_text()
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script


def test_xdist_keeps_the_tests_of_a_group_on_one_worker(tmp_path):
    # Otherwise the book is built, and whole chapters are run, once on every worker.
    (tmp_path / "test_grouped.py").write_text(
        "import os, pathlib, pytest\n\n\n"
        "@pytest.mark.xdist_group('together')\n"
        "@pytest.mark.parametrize('k', range(6))\n"
        "def test_it(k):\n"
        "    pathlib.Path(os.environ['PYTEST_XDIST_WORKER']).touch()\n"
    )
    options = ["-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider", "-c", "/dev/null"]
    command = [sys.executable, "-m", "pytest", "-p", "xdist", *options, "--rootdir", tmp_path]
    # Without other plugins, which take seconds to load.
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False
    )
    assert "6 passed" in done.stdout
    assert len(list(tmp_path.glob("gw*"))) == 1


MAP = re.compile(r"^```\ncourse_lib/\n(?P<lines>.*?)^```$", re.M | re.S)


def names_in_map(text):
    """Return the whole names of files and folders in the map of course_lib."""
    lines = MAP.search(text)["lines"]
    return set(re.findall(r"(?<!\S)[\w/]+(?:\.\w+|/)(?=[\s,;:]|$)", lines))


def map_differences(text):
    """Return what the map of course_lib leaves out, and what it names that is not there."""
    folder, named = ROOT / "course_lib", names_in_map(text)
    there = {f"{path.name}/" for path in folder.glob("[!_]*/")}
    there |= {path.name for place in (folder, folder / "nn") for path in place.glob("[!_]*.py")}
    gone = [name for name in named if not any(folder.rglob(name.replace("NN_topic", "*")))]
    return sorted(there - named), sorted(gone)


def test_the_map_names_every_module_and_no_other():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    left_out, gone = map_differences(text)
    assert left_out == [], "the map in CONTRIBUTING.md leaves these out"
    assert gone == [], "the map in CONTRIBUTING.md names these, which are not there"
    planted = text.replace("nn/ ", "nn2/ ").replace(" graph.py", " grafs.py")
    left_out, gone = map_differences(planted)
    assert {"graph.py", "nn/"} <= set(left_out)
    assert gone == ["grafs.py", "nn2/"]


@cache
def names_in_tests():
    """Return the names of all modules below tests/."""
    return {path.stem for path in (ROOT / "tests").rglob("*.py")}


def imports_of(text):
    """Yield (module, whether by ``from``) for each import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), True
        elif isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)


def stray_imports(name, text):
    """Return what a file imports of tests or benchmarks and should not.

    Tests share what is in tests.support, in one style; test_benchmarks.py alone, which tests
    them, imports benchmarks; nothing else imports either.
    """
    folder = name.partition("/")[0]
    stray = []
    for module, is_from in imports_of(text):
        top = module.partition(".")[0]
        if top == "tests":
            shared = is_from and re.fullmatch(r"tests\.support\.\w+", module)
            right = folder == "tests" and shared
        elif top == "benchmarks":
            right = folder == "benchmarks" or name == "tests/test_benchmarks.py"
        else:
            right = folder != "tests" or (top and top not in names_in_tests())
        stray += [] if right else [module]
    return stray


NAMED = re.compile("tests|benchmarks")


def test_no_test_module_imports_another_and_benchmarks_and_tests_stay_apart():
    files = dict(tracked_files("*.py"))
    assert {"tests/test_project.py", "benchmarks/flow.py"} <= set(files)
    # Elsewhere than in tests, what imports them or benchmarks holds their name.
    named = {n: t for n, t in files.items() if n.startswith("tests/") or NAMED.search(t)}
    found = {name: stray_imports(name, text) for name, text in named.items()}
    assert {name: modules for name, modules in found.items() if modules} == {}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tests/test_a.py", "from tests.test_graph import TOKENS"),
        ("tests/test_a.py", "import tests.support.book"),
        ("tests/test_a.py", "from tests.support import book"),
        ("tests/test_a.py", "from test_graph import TOKENS"),
        ("tests/test_a.py", "from .test_graph import TOKENS"),
        ("tests/chapters/ch01_a/test_b.py", "def f():\n    import conftest"),
        ("tests/test_a.py", "from benchmarks import Row"),
        ("benchmarks/flow.py", "from tests.support.book import Page"),
        ("course_lib/flow.py", "import benchmarks"),
    ],
)
def test_a_stray_import_is_seen(name, line):
    allowed = "import numpy\nfrom course_lib.graph import top_edges\n"
    assert stray_imports(name, allowed) == []
    assert len(stray_imports(name, allowed + line)) == 1


def missing_tests(text):
    """Return the test modules that a page names and that do not exist."""
    return [
        name
        for name in re.findall(r"\btest_\w+\.py", text)
        if not list(ROOT.glob(f"tests/**/{name}"))
    ]


@pytest.mark.parametrize(
    "page", [*ROOT.glob("book/*.md"), *ROOT.glob("*.md")], ids=lambda p: p.name
)
def test_test_modules_that_pages_name_exist(page):
    assert missing_tests(page.read_text(encoding="utf-8")) == []


def test_a_test_module_that_has_moved_is_seen():
    assert missing_tests("see `test_nn_text.py` and `test_flow.py`") == ["test_nn_text.py"]
