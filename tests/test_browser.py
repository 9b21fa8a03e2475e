"""The browser that tests and benchmarks share, and the fixtures around it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.authoring.browser import MACOS_CHROME, chromium, find_chromium

ROOT = Path(__file__).resolve().parents[1]


def test_the_named_browser_comes_first(tmp_path, monkeypatch):
    named = tmp_path / "my-chromium"
    named.touch()
    monkeypatch.setenv("CHROMIUM", str(named))
    assert find_chromium() == str(named)


def hidden_from_us():
    """Skip where a browser stands at a fixed place: it cannot be hidden."""
    if os.path.exists(MACOS_CHROME):
        pytest.skip("a browser at a fixed place cannot be hidden")


def test_without_a_browser_there_is_none(monkeypatch):
    hidden_from_us()
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with chromium() as found:
        assert found is None


def run_planted(folder, test, **environment):
    """Run one test in its own pytest, with our fixtures; return its report."""
    (folder / "test_planted.py").write_text(test, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", "CHROMIUM"}}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take seconds to load
    kept["PYTHONPATH"] = os.pathsep.join([str(ROOT), kept.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(folder), "-p", "xdist", "-p", "tests.conftest"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-rs", "."],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(("ci", "outcome"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")])
def test_without_a_browser_tests_skip_on_a_laptop_and_fail_in_ci(tmp_path, ci, outcome):
    hidden_from_us()
    report = run_planted(tmp_path, "def test_it(page): pass\n", PATH="", **ci)
    assert outcome in report
    assert "no Chromium found" in report


PLANTED = """
def test_one(page):
    page.evaluate("console.error('planted error')")
def test_two(page):
    page.evaluate("setTimeout(() => planted_call())")
    page.wait_for_timeout(50)
"""


@pytest.mark.browser
def test_an_error_on_the_page_fails_the_test(tmp_path):
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium found")
    report = run_planted(tmp_path, PLANTED, CHROMIUM=executable)
    assert "2 passed, 2 errors" in report
    assert "console: planted error" in report
    assert "page error: planted_call is not defined" in report
