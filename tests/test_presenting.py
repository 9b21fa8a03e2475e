"""Presenter mode: a figure alone on the screen, in large type, and back again."""

import pytest

from course_lib.authoring.browser import open_view
from course_lib.data import load_attention
from course_lib.widgets import attention_explorer, flow_explorer, query_plane

FITS = """() => {
  const box = document.querySelector(".presenting");
  const { width, height } = box.getBoundingClientRect();
  return [width >= innerWidth - 1, height >= innerHeight - 1,
          box.scrollHeight <= box.clientHeight + 1, parseFloat(box.style.zoom)];
}"""
REFUSE = "() => { Element.prototype.requestFullscreen = () => Promise.reject(new Error('no')); }"


def figures():
    weights, tokens = load_attention("it_tired")
    return {
        "plane": query_plane(),
        "attention": attention_explorer(weights, tokens),
        "flow": flow_explorer(weights.mean(axis=1), tokens),
    }


@pytest.fixture(params=["plane", "attention", "flow"])
def shown(page, tmp_path, request):
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_view(page, tmp_path, figures()[request.param].children[-1])
    return page


BACK = """before => {
  const box = document.querySelector(".course-figure").getBoundingClientRect();
  const moved = ["x", "y", "width", "height"].some((side) => box[side] !== before[side]);
  return !moved && !document.querySelector(".presenting");
}"""


def test_a_figure_fills_the_screen_in_large_type_and_escape_leaves(shown):
    assert_fills_and_leaves(shown, refused=False)
    shown.evaluate(REFUSE)
    assert_fills_and_leaves(shown, refused=True)


def assert_fills_and_leaves(shown, refused):
    button = shown.locator(".course-present")
    assert button.get_attribute("aria-pressed") == "false"
    before = shown.locator(".course-figure").bounding_box()
    button.focus()
    button.press("Enter")
    shown.locator(".presenting").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    assert "Escape" in button.inner_text()
    wide, high, whole, zoom = shown.evaluate(FITS)
    assert (wide, high, whole) == (True, True, True)
    assert zoom > 1.3
    assert not shown.locator("figcaption").is_visible()
    assert shown.evaluate("document.fullscreenElement !== null") != refused
    shown.keyboard.press("Escape")
    shown.wait_for_function(BACK, arg=before)  # the browser takes its time to leave the full screen
    assert button.get_attribute("aria-pressed") == "false"


def test_a_figure_that_is_removed_leaves_the_screen(page, tmp_path):
    open_view(page, tmp_path, figures()["plane"].children[-1])
    page.locator(".course-present").click()
    page.locator(".presenting").wait_for()
    page.evaluate("window.stop()")
    page.wait_for_function("() => !document.querySelector('.presenting, .course-present')")


def test_one_that_overflows_is_seen(page, tmp_path):
    open_view(page, tmp_path, figures()["plane"].children[-1])
    page.locator(".course-present").click()
    page.locator(".presenting").wait_for()
    page.evaluate("() => { document.querySelector('.presenting').style.zoom = 6; }")
    assert page.evaluate(FITS)[2] is False
