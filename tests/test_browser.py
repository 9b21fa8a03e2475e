"""The browser that tests and benchmarks share, and the fixtures around it."""

import os
from pathlib import Path

import pytest

from course_lib.authoring.browser import MACOS_CHROME, chromium, find_chromium

ROOT = Path(__file__).resolve().parents[1]
pytest_plugins = "pytester"


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


@pytest.fixture
def run_planted(pytester, monkeypatch):
    """Return a function: the report of planted tests that run with our fixtures."""
    for name in ("CI", "CHROMIUM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # nothing of them is needed

    def run(tests, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(test_planted=tests)
        options = ["-c", ROOT / "pyproject.toml", f"--rootdir={pytester.path}", "-rs"]
        options += ["-p", "xdist", "-p", "tests.conftest", "-p", "no:cacheprovider"]
        return pytester.runpytest_inprocess(*options, pytester.path).stdout.str()

    return run


@pytest.mark.parametrize(("ci", "outcome"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")])
def test_without_a_browser_tests_skip_on_a_laptop_and_fail_in_ci(run_planted, ci, outcome):
    hidden_from_us()
    report = run_planted("def test_it(page): pass\n", PATH="", **ci)
    assert outcome in report
    assert "no Chromium found" in report


PLANTED = """
def test_one(page):
    page.evaluate("console.error('planted error')")
    page.evaluate("window.left = 1; document.title = 'left'")
    page.set_viewport_size({"width": 300, "height": 300})
    page.emulate_media(color_scheme="dark", media="print", reduced_motion="reduce")
def test_two(page):
    told = "[window.left, document.title, innerWidth, matchMedia('print').matches]"
    assert page.evaluate(told) == [None, "", 1000, False]
    asked = "name => matchMedia(`(prefers-${name})`).matches"
    assert page.evaluate(asked, "color-scheme: light")
    assert page.evaluate(asked, "reduced-motion: no-preference")
    page.evaluate("setTimeout(() => planted_call())")
    page.wait_for_timeout(50)
"""


@pytest.mark.browser
def test_an_error_on_the_page_fails_the_test(run_planted):
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium found")
    report = run_planted(PLANTED, CHROMIUM=executable)
    assert "2 passed, 2 errors" in report
    assert "console: planted error" in report
    assert "page error: planted_call is not defined" in report
