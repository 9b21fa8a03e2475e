"""A notebook in a real JupyterLab: Run All goes to the end, and figures and checks are alive.

One chapter, opened once, with all that chapters have: figures, checks, and trainings that are
stopped at once; its other cells take no time. That all chapters run, the tests of notebooks and of
the book show; here it is seen that Lab shows what they made.
"""

import json

import pytest

from course_lib import __version__
from course_lib.exercises.registry import exercises_of
from course_lib.working import layout
from tests.support.lab import running_lab

STEM = "07_vision"
TRAININGS = 2
WIDGETS = "application/vnd.jupyter.widget-state+json"
LONGEST = 240_000  # milliseconds
pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("lab")]


@pytest.fixture(scope="module")
def lab_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    layout.start(folder)
    return folder


@pytest.fixture(scope="module")
def lab(lab_folder):
    with running_lab(lab_folder) as address:
        yield address


@pytest.fixture(scope="module")
def chapter(browser, lab):
    """Open the chapter as a learner does, run all its cells, and stop each training early."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{lab}/lab/tree/notebooks/{STEM}.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    for number in range(TRAININGS):
        # The kernel is busy with the training while it is asked to stop.
        curve = page.locator(".loss-curve").nth(number)
        wait_without_errors(page, curve)
        curve.get_by_text("Learning.").wait_for()
        page.get_by_role("button", name="Stop here").nth(number).click()
        curve.get_by_text("Stopped. Loss").wait_for()
    wait_without_errors(page, page.locator(".course-scorecard"))
    yield page
    context.close()


# Errors and warnings: Lab shows them as one kind.
RED = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"


def wait_without_errors(page, wanted):
    """Wait until something can be seen; a red output ends the wait, as nothing comes after it."""
    wanted.or_(page.locator(RED)).first.wait_for(timeout=LONGEST)
    assert errors_on(page) == []


def errors_on(page):
    """Return what the red outputs of a notebook say."""
    return page.locator(RED).all_inner_texts()


def test_run_all_goes_to_the_end_with_the_exercises_unsolved_and_trainings_stopped(chapter):
    assert errors_on(chapter) == []
    states = [card.get_attribute("data-state") for card in chapter.locator(".course-check").all()]
    assert states == ["not attempted"] * len(exercises_of(STEM))
    assert chapter.locator(".jp-InputPrompt", has_text="*").count() == 0
    assert chapter.locator(".jp-InputPrompt", has_text="[1]").count() == 1
    assert chapter.locator(".jp-OutputArea-output .course-figure").count() > TRAININGS
    titles = chapter.locator(".course-scorecard td:nth-child(2)")
    sides = {title.evaluate("cell => getComputedStyle(cell).textAlign") for title in titles.all()}
    assert sides == {"left"}
    stills = chapter.locator(".jp-OutputArea-output .course-still")
    assert stills.count() == chapter.locator(".jp-OutputArea-output .course-figure").count()
    assert not any(still.is_visible() for still in stills.all())  # each has given way


def test_a_page_that_the_chapter_links_to_is_served(chapter):
    link = chapter.locator(".jp-RenderedMarkdown a[href*='conventions.md']").first
    assert chapter.request.get(link.evaluate("link => link.href")).ok


def test_a_slider_changes_how_many_edges_are_drawn(chapter):
    figure = chapter.locator(".course-figure.pixels-view").first
    slider = chapter.locator(".widget-slider", has_text="edges").first
    assert slider.locator(".noUi-handle").get_attribute("aria-label") == "edges"
    seen = set()
    for key in ("ArrowRight", "PageUp", "Home"):
        slider.locator(".noUi-handle").press(key)
        wanted = int(slider.locator(".widget-readout").inner_text())
        chapter.wait_for_function(
            "([figure, n]) => figure.querySelectorAll('.edges > :not(.absent)').length === n",
            arg=[figure.element_handle(), wanted],
        )
        seen.add(wanted)
    assert len(seen) == 3


def run_in(page, text, code):
    """Put code into the cell that holds a text, and run it."""
    page.locator(".jp-CodeCell", has_text=text).first.locator(".cm-content").fill(code)
    page.keyboard.press("Shift+Enter")


def test_solving_an_exercise_wrongly_and_rightly(chapter):
    for tokens, state in (
        ("reshape(-1, len(image))", "wrong"),
        ("reshape(len(image), -1).T", "passed"),
    ):
        answer = f"pixels_as_tokens = lambda image: image.{tokens}"
        run_in(chapter, "pixels_as_tokens", answer)
        run_in(chapter, 'check("vision-1")', 'check("vision-1")')
        chapter.locator(f".course-check[data-state='{state}']").wait_for()
    assert chapter.locator(".course-check").first.inner_text().startswith("✓ Passed")


def test_an_error_is_seen(chapter):
    run_in(chapter, 'check("vision-1")', "1 / 0")
    chapter.get_by_text("ZeroDivisionError").first.wait_for()
    assert "ZeroDivisionError" in errors_on(chapter)[0]


def test_a_saved_notebook_keeps_its_live_figures(chapter, lab_folder):
    chapter.keyboard.press("Escape")
    chapter.keyboard.press("Control+s")
    path = lab_folder / "notebooks" / f"{STEM}.ipynb"
    shown = chapter.locator(".jp-OutputArea-output .course-figure").count()
    for _ in range(100):
        kept = figures_kept(path)
        if kept >= shown:
            return
        chapter.wait_for_timeout(200)
    pytest.fail(f"{kept} figures are kept of {shown}")


def figures_kept(path):
    """Return how many live figures a saved notebook holds."""
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except ValueError:  # just being written
        return 0
    models = metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    return sum("_esm" in model["state"] for model in models.values())


def test_no_news_cover_the_notebook(chapter):
    assert chapter.locator(".Toastify__toast").count() == 0


def test_a_terminal_finds_the_command_course(chapter, lab):
    name = chapter.evaluate(
        """async () => {
          const token = document.cookie.match(/_xsrf=([^;]+)/)[1];
          const asked = { method: "POST", headers: { "X-XSRFToken": token } };
          return (await (await fetch("/api/terminals", asked)).json()).name;
        }"""
    )
    said = chapter.evaluate(
        """([address, wanted]) => new Promise((resolve) => {
          const line = new WebSocket(address);
          let said = "";
          const end = () => { line.close(); resolve(said); };
          line.onmessage = (event) => {
            const [kind, text] = JSON.parse(event.data);
            if (kind === "setup") line.send(JSON.stringify(["stdin", "course --version\\r"]));
            if (kind === "stdout") said += text;
            if (said.includes(wanted)) end();
          };
          setTimeout(end, 60000);
        })""",
        [f"{lab.replace('http', 'ws')}/terminals/websocket/{name}", f"course {__version__}"],
    )
    assert f"course {__version__}" in said
