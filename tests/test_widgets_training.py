"""The figure that follows a training: to the end, to a stop, and what it draws."""

import asyncio

import numpy as np
import pytest

from course_lib.authoring.browser import open_view
from course_lib.widgets.training import view as figure
from tests.support.figures import assert_readable, assert_shown_twice_and_removed
from tests.support.layered import set_traits
from tests.support.training import line, steps_of


def watched(steps):
    return asyncio.run(figure.watch_training(steps))


@pytest.fixture
def shown(monkeypatch):
    """Collect the figures that are displayed."""
    figures = []
    monkeypatch.setattr(figure, "display", figures.append)
    monkeypatch.setattr(figure, "SECONDS", 0)
    return figures


def test_the_figure_follows_to_the_end(shown):
    losses = watched(steps_of(line(), epochs=5, batch=4))
    (box,) = shown
    assert len(losses) == 15
    assert (box.bar.value, box.bar.max, box.bar.bar_style) == (15, 15, "success")
    assert box.curve.state == "Done"
    assert box.curve.losses == pytest.approx(losses, abs=1e-4)
    assert box.button.disabled


def test_a_long_training_is_shown_by_means(shown):
    losses = watched(steps_of(line(), epochs=70, batch=4))
    curve = shown[0].curve
    assert (len(losses), curve.stride, len(curve.losses)) == (210, 2, 105)
    assert curve.losses == pytest.approx(np.reshape(losses, (-1, 2)).mean(axis=1), abs=1e-4)


def stop_by_button(box, number):
    if number == 4:
        box.button.click()


def stop_by_interrupt(box, number):
    if number == 4:
        raise KeyboardInterrupt


def stop_by_cancelling(box, number):
    if number == 4:
        asyncio.current_task().cancel()


@pytest.mark.parametrize(
    ("stop", "state"),
    [
        (stop_by_button, "Stopped"),
        (stop_by_interrupt, "Interrupted"),
        (stop_by_cancelling, "Interrupted"),
    ],
)
def test_stopping_keeps_what_was_learned(shown, stop, state):
    model = line()
    before = model.weight.item()

    def disturbed():
        for step in steps_of(model, epochs=5, batch=4, learning_rate=0.1):
            yield step
            stop(shown[0], step.done)

    losses = watched(disturbed())
    assert 4 <= len(losses) < 15
    assert model.weight.item() != before
    assert shown[0].curve.state == state
    assert shown[0].bar.bar_style == "warning"
    assert shown[0].button.disabled


def test_an_error_in_the_training_is_told_and_not_hidden(shown):
    def broken():
        yield from list(steps_of(line()))[:2]
        raise RuntimeError("the model broke")

    with pytest.raises(RuntimeError, match="the model broke"):
        watched(broken())
    assert shown[0].curve.state != "Done"


# --- what the browser draws -----------------------------------------------------------------------

LOSSES = [2.0, 1.0, 0.5, 0.25]


def curve(**traits):
    return figure.LossCurve(losses=LOSSES, stride=3, total=20, state="Learning", **traits)


def test_the_curve_stands_where_its_axes_say(page, tmp_path):
    open_view(page, tmp_path, curve())
    state = page.evaluate(
        """() => module.curveState(
          Object.fromEntries(["losses", "stride", "total", "state"].map((t) => [t, model.get(t)]))
        )"""
    )
    assert state["top"] == 2
    x, y = np.array(state["points"]).T
    middles = np.array([1.5, 4.5, 7.5, 10.5]) / 20  # of each three steps
    np.testing.assert_allclose(np.diff(x) / np.diff(middles), (x[1] - x[0]) / 0.15)
    axis = page.locator("path.paper").evaluate(
        "path => { const b = path.getBBox(); return [b.x, b.y, b.width, b.height]; }"
    )
    np.testing.assert_allclose((x - axis[0]) / axis[2], middles, atol=1e-6)
    np.testing.assert_allclose(1 - (y - axis[1]) / axis[3], np.array(LOSSES) / 2, atol=1e-6)
    ticks = page.locator("text.tick").all_text_contents()
    assert ticks == ["0", "1", "2", "0", "20"]


def test_the_end_is_told_and_the_way_there_is_not(page, tmp_path):
    open_view(page, tmp_path, curve())
    status = page.locator(".status")
    assert status.inner_text() == "Learning. Loss from 2.00 to 0.25."
    assert status.get_attribute("aria-live") == "off"
    set_traits(page, state="Stopped", losses=[*LOSSES, 0.125])
    assert status.inner_text() == "Stopped. Loss from 2.00 to 0.13."
    assert status.get_attribute("aria-live") == "polite"
    label = page.locator("svg").get_attribute("aria-label")
    assert label == "Curve of the loss. Stopped. Loss from 2.00 to 0.13."


def test_before_the_first_step_there_is_an_empty_curve(page, tmp_path):
    open_view(page, tmp_path, figure.LossCurve())
    assert page.locator("path.loss").get_attribute("d") == ""
    assert page.locator(".status").inner_text() == "Waiting."


def test_it_can_be_read_in_every_theme(page, tmp_path):
    colours = [("text.tick", "fill"), ("path.loss", "stroke"), (".status", "color")]
    assert_readable(page, tmp_path, curve(), colours)


def test_it_is_shown_twice_and_removed(page, tmp_path):
    assert_shown_twice_and_removed(page, tmp_path, curve(), {"losses": [3.0, 1.0]})


def test_its_letters_are_not_larger_than_text_where_there_is_room(page, tmp_path):
    page.set_viewport_size({"width": 1200, "height": 800})
    open_view(page, tmp_path, curve())
    sizes = page.locator("text").evaluate_all(
        "all => all.map((e) => e.getScreenCTM().a * parseFloat(getComputedStyle(e).fontSize))"
    )
    assert max(sizes) <= 16


def test_it_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 800})
    open_view(page, tmp_path, curve())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
