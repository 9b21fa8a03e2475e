"""What asks figures for targets, keys and a way back sees what is planted."""

import pytest

from tests.support.usable import (
    assert_fits,
    assert_keys_stay,
    assert_starts_again,
    assert_targets,
)

GROUP = """<figure class="course-figure"><div class="group" role="radiogroup">
<button role="radio" tabindex="0" aria-label="{name}" style="width:{size}px;height:{size}px">
</button></div><button style="height:30px;width:90px" onclick="{reset}">start again</button>
</figure>"""
MODEL = "window.model = { value: 0, get() { return this.value }, set(_, v) { this.value = v } }; 0"


def show(page, *, name="one", size=24, reset="", after=""):
    page.set_content(GROUP.format(name=name, size=size, reset=reset) + after)
    page.evaluate(MODEL)


def test_what_is_large_enough_named_and_one_tab_stop_passes(page):
    show(page, reset="model.set('value', 5)")
    assert_targets(page)
    assert_fits(page, 1000)
    assert_starts_again(page, {"value": 5}, value=1)


@pytest.mark.parametrize("planted", [{"size": 23}, {"name": " "}])
def test_small_and_nameless_targets_are_seen(page, planted):
    show(page, **planted)
    with pytest.raises(AssertionError):
        assert_targets(page)


def test_a_second_tab_stop_is_seen(page):
    show(page)
    page.evaluate("const one = document.querySelector('[role=radio]'); one.after(one.cloneNode())")
    with pytest.raises(AssertionError):
        assert_targets(page)


def test_keys_that_scroll_the_page_are_seen(page):
    show(page)  # nobody takes the keys
    with pytest.raises(AssertionError):
        assert_keys_stay(page, ".group")


def test_a_button_that_does_not_start_again_is_seen(page):
    show(page)
    with pytest.raises(AssertionError):
        assert_starts_again(page, {"value": 5}, value=1)


def test_what_is_too_wide_is_seen(page):
    show(page, after='<div style="width:2000px;height:9px"></div>')
    with pytest.raises(AssertionError):
        assert_fits(page, 1000)
