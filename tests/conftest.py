"""A real browser for the tests that need one, without any network; and what workers share."""

import gc
import importlib
import os
import random
import sys
from pathlib import Path

# Before anything imports PyTorch: our matrices are small, and threads of many processes on a few
# cores wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

from tests.support.once import once
from tests.support.shared_browser import SharedBrowser
from tests.support.trained_once import shared_trainings

# What no process of the tests needs, and takes long to load, is left out of all of them.
LEFT_OUT = Path(__file__).with_name("support") / "left_out"
others = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(LEFT_OUT), *others]))
collect_ignore = [LEFT_OUT]

shared_browser = SharedBrowser()

settings.register_profile("deep", max_examples=2000)  # of `make mutate`


def pytest_configure(config):
    """Have xdist keep the order that `turns` gives, and not begin with the largest groups."""
    config.option.loadscopereorder = False


def pytest_xdist_auto_num_workers():
    """Return one worker more than cores: now and then one waits for a browser or for another."""
    return (os.cpu_count() or 1) + 1


# What is imported stays. To look through all of it for cycles that nobody needs, again and again
# while modules are collected and then after some of the tests, took as long as importing it.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    """Spare the collector of cycles what has been loaded before the first test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Look for no examples in docstrings here: doctest would import all that serves the tests."""
    found = yield
    return [part for part in found if not isinstance(part, DoctestModule)]


# First: xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what uses a browser; keep tests that share what a module makes once on one worker."""
    for item in items:
        if uses(item, "browser"):
            item.add_marker(pytest.mark.browser)
        if uses(item, "geometric"):
            item.add_marker(pytest.mark.xdist_group("geometric"))
        if uses_what_its_module_makes(item) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=turns(items))


def uses(item, fixture):
    """Tell whether a test has a fixture, itself or through another one."""
    return fixture in getattr(item, "fixturenames", ())


def group_of(item):
    """Return the name of the group that stays on one worker, or None."""
    marker = item.get_closest_marker("xdist_group")
    return marker and marker.args[0]


def turns(items):
    """Return a function: when an item has its turn, where workers share the items.

    First the chapters, for which others wait. Then other groups, those with a browser one after
    another, as they share it; then, once chapters have run, what is made of them; and last all
    single tests.
    """
    running, browsing = (
        {group_of(item) for item in items if uses(item, fixture)}
        for fixture in ("chapter_runs", "browser")
    )
    waiting = {group_of(i) for i in items if uses(i, "whole_book") or uses(i, "second_run")}

    def turn(item):
        group = group_of(item)
        if group is None:
            return 4
        if group in waiting:
            return 3
        if group in running:
            return 0
        return 2 if group in browsing else 1

    return turn


def uses_what_its_module_makes(item):
    """Tell whether a test has a fixture that is made once a module, such as a browser."""
    fixtures = getattr(item, "_fixtureinfo", None)
    made = fixtures.name2fixturedefs.values() if fixtures else ()
    return any(found[-1].scope == "module" for found in made)


@pytest.fixture(autouse=True)
def begin_alike():
    """Seed what libraries draw from: no test may hang on chance, or on which ran before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if "torch" in sys.modules:  # `torch.manual_seed` would note where it was called, for each GPU
        sys.modules["torch"].default_generator.manual_seed(0)


# While Playwright runs, it keeps an event loop in this thread, and notebook tests that come later
# in the same process could not start theirs. So the browser that modules share is closed as soon
# as a module comes that begins without.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(nextitem):
    """Close the browser if no module has it any more, and the next test does not ask for it."""
    try:
        return (yield)
    finally:
        if shared_browser.modules == 0 and not (nextitem and uses(nextitem, "browser")):
            shared_browser.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    """Close the browser where tests were stopped."""
    shared_browser.close()


@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium; without one, skip on a laptop and fail in CI."""
    with shared_browser.lend() as found:
        if found is None:
            tell = pytest.fail if os.environ.get("CI") else pytest.skip
            tell("no Chromium found: install one, or name it in the environment variable CHROMIUM")
        yield found


@pytest.fixture(scope="module")
def offline(browser):
    """Return the desk of a page that has no network, not even to this machine."""
    return shared_browser.offline()


@pytest.fixture(scope="module")
def online(browser):
    """Return the desk of a module whose page is served by this machine."""
    from tests.support.pages import Desk

    desk = Desk(browser, 1200, 900)
    yield desk
    desk.close()


@pytest.fixture
def page(offline):
    """Return a page without network; the test fails if the page reports any error."""
    errors = []

    def note_error(error):
        errors.append(f"page error: {error}")

    def note_line(said):
        if said.type == "error":
            errors.append(f"console: {said.text}")

    with offline.lend(10_000, pageerror=note_error, console=note_line) as page:
        yield page
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def geometric():
    """Return the layers of PyTorch Geometric, which takes longer to load than PyTorch."""
    return importlib.import_module("torch_geometric.nn")


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory):
    """Return a folder that all workers of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def small_book(common_folder):
    """Return the folder of a site with a few pages of the book, which all workers share."""
    from tests.support.small_book import build_small_book

    folder = common_folder / "small_book"
    return once(folder.with_suffix(".built"), lambda: build_small_book(folder))


@pytest.fixture(scope="session")
def trainings(common_folder):
    """Return the variables with which a process, and its kernels, share trainings with others."""
    return shared_trainings(common_folder / "trainings")


@pytest.fixture(scope="session")
def chapter_runs(request, common_folder, trainings):
    """Return what chapters gave, run unsolved and then solved, by stem.

    All that the selected tests ask for run at once, whichever worker asks first.
    """
    from tests.support.chapters import run_chapters  # loads much that few tests need

    stems = stems_of(request.session.items)
    return once(common_folder / "chapters", lambda: run_chapters(stems, **trainings))


def stems_of(items):
    """Return the chapters that tests look at: the one that they name, otherwise all."""
    from course_lib.authoring.source import stems

    looking = [item for item in items if "chapter_runs" in getattr(item, "fixturenames", ())]
    specs = [getattr(item, "callspec", None) for item in looking]
    named = {spec and spec.params.get("stem") for spec in specs}
    return [stem for stem in stems() if stem in named or None in named]


@pytest.fixture(scope="session")
def second_run(common_folder, trainings, chapter_runs):
    """Return what the cells of pages showed when chapters ran a second time, by stem.

    They have run before: long trainings are handed over.
    """
    from tests.support.second_run import second_run as run_again

    stems = list(chapter_runs)
    return once(common_folder / "second_run", lambda: run_again(stems, **trainings))


@pytest.fixture(scope="session")
def whole_book(common_folder, chapter_runs):
    """Return the folder of the whole book's site, which all workers share."""
    from tests.support.whole_book import build_whole_book

    folder = common_folder / "whole_book"
    folder.mkdir(exist_ok=True)
    return once(folder / "built", lambda: build_whole_book(folder, chapter_runs))
