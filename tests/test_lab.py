"""The notebooks in a real JupyterLab: Run All goes to the end, and the figures are alive."""

import re

import pytest
from lab_server import running_lab

from course_lib.authoring import notebooks, source
from course_lib.data import load_attention
from course_lib.exercises.registry import exercises_of
from course_lib.graph import attention_graph

STEMS = source.stems()
LONGEST_CHAPTER = 240_000  # milliseconds; some chapters train models
pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.xdist_group("lab")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    notebooks.write_notebooks(folder)
    with running_lab(folder) as address:
        yield address


@pytest.fixture
def open_notebook(browser, lab):
    """Open a notebook as a learner does, run all its cells, and wait for the last."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    # Only the server on this machine may be asked for anything.
    context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(60_000)

    def open_and_run(stem, *, to_the_end=True):
        page.goto(f"{lab}/lab/tree/{stem}.ipynb?reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        if to_the_end:
            page.locator(".course-scorecard").wait_for(timeout=LONGEST_CHAPTER)
        return page

    yield open_and_run
    context.close()


@pytest.mark.parametrize("stem", STEMS)
def test_run_all_goes_to_the_end_with_the_exercises_unsolved(open_notebook, stem):
    page = open_notebook(stem)
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.count() == 0, errors.all_inner_texts()
    cards = page.locator(".course-check")
    states = [card.get_attribute("data-state") for card in cards.all()]
    assert states == ["not attempted"] * len(exercises_of(stem))
    assert page.locator(".jp-InputPrompt", has_text="*").count() == 0
    pictures = page.locator(".jp-Notebook .jp-OutputArea-output img")
    assert all(len(image.get_attribute("alt") or "") >= 20 for image in pictures.all())


def test_the_threshold_changes_the_drawn_edges_to_the_number_of_the_library(open_notebook):
    page = open_notebook("01_graph_view")
    view = page.locator(".attention-view").first
    weights, tokens = load_attention("it_tired")
    slider = page.locator(".widget-slider", has_text="threshold").first
    for _ in range(3):
        slider.locator(".noUi-handle").press("ArrowRight")
        threshold = float(slider.locator(".widget-readout").inner_text())
        expected = attention_graph(weights[3, 1], tokens, threshold=threshold)
        drawn = expected.number_of_edges()
        page.wait_for_function(
            "([view, drawn]) => view.querySelectorAll('path.edge').length === drawn",
            arg=[view.element_handle(), drawn],
        )
    assert drawn < weights[3, 1].size


def test_solving_an_exercise_wrongly_and_rightly(open_notebook):
    page = open_notebook("02_weights")
    card = page.locator(".course-check").first
    cell = page.locator(".jp-CodeCell", has_text="shift_effect =").first
    check = page.locator(".jp-CodeCell", has_text='check("weights-1")').first
    for answer, state in (("larger", "wrong"), ("unchanged", "passed")):
        cell.locator(".cm-content").fill(f'shift_effect = "{answer}"')
        page.keyboard.press("Shift+Enter")
        check.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.locator(f".course-check[data-state='{state}']").wait_for()
    assert "Passed" in card.inner_text()


def test_the_button_stops_a_training_and_what_was_learned_stays(open_notebook):
    page = open_notebook("06_nlp", to_the_end=False)
    # The kernel is busy with the training while it is asked to stop.
    for number in range(2):
        curve = page.locator(".loss-curve").nth(number)
        curve.wait_for(timeout=LONGEST_CHAPTER)
        curve.get_by_text("Learning.").wait_for()
        page.get_by_role("button", name="Stop here").nth(number).click()
        curve.get_by_text("Stopped. Loss").wait_for()
    page.locator(".course-scorecard").wait_for(timeout=LONGEST_CHAPTER)
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.count() == 0, errors.all_inner_texts()
