"""A real browser for the tests that need one, without any network."""

import os

# Before anything imports PyTorch: our matrices are small, and threads of many processes on a few
# cores wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from tests.browser_pages import FLAGS, find_chromium


# One browser a module, not a session: while Playwright runs it keeps an event loop in this
# thread, and notebook tests that come later in the same process could not start theirs.
@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium; without one, skip on a laptop and fail in CI."""
    executable = find_chromium()
    if executable is None:
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("no Chromium found: install one, or name it in the environment variable CHROMIUM")
    from playwright.sync_api import sync_playwright  # only tests with a browser need it

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """Return a page without network; the test fails if the page reports any error."""
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(f"page error: {error}"))
    page.on("console", lambda said: said.type == "error" and errors.append(f"console: {said.text}"))
    yield page
    context.close()
    assert not errors, "\n".join(errors)
