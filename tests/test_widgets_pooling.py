"""The figure of a bag and its readout: what it sends, refuses, computes and draws."""

import io
import itertools

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.nn.pooling import AttentionPooling
from course_lib.nn.training import seeded
from course_lib.widgets import PooledBag, pooling_explorer
from course_lib.widgets.shared.texts import number, percent
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits

RNG = np.random.default_rng(12)
PICTURES = RNG.integers(0, 17, size=(4, 8, 8)) / 16
SCORES = [0.5, -1.0, 2.0, 1.2]
VOTES = [-2.0, 3.0, 1.5, -0.75]
BAG = PooledBag("first", PICTURES, SCORES, VOTES, ["9", "3", "9", "0"], 1)
OTHER = PooledBag("second", PICTURES[:3], [900.0, 0.0, 899.0], [1, 2, 3], ["a", "b", "c"])
BIAS = -0.4


def make(bags=(BAG, OTHER), **options):
    return pooling_explorer(bags, **{"bias": BIAS} | options)


def with_one(**changes):
    return [BAG._replace(**changes)]


# --- what is sent, what is refused ----------------------------------------------------------------


def test_pictures_are_sent_as_dark_ink_on_white():
    sent = make().children[-1].bags[0]
    for picture, text in zip(PICTURES, sent["pictures"], strict=True):
        image = imread(io.BytesIO(bytes.fromhex(text)))
        np.testing.assert_allclose(image[..., 0], 1 - picture, atol=1 / 250)
    assert (sent["scores"], sent["votes"], sent["label"]) == (SCORES, VOTES, 1)
    assert make().children[-1].bags[1]["label"] is None


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = make(uniform=True)
    view = assert_linked(figure)
    assert list(controls(figure)) == ["bag", "weights"]
    assert list(controls(make([BAG]))) == ["weights"]
    assert (view.weights_choice, view.bias) == (1, BIAS)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bags": BAG}, TypeError, "bags must be a sequence of PooledBag"),
        ({"bags": None}, TypeError, "bags must be a sequence of PooledBag"),
        ({"bags": []}, ValueError, "bags must number from 1 to 20, got 0"),
        ({"bags": [BAG] * 21}, ValueError, "bags must number from 1 to 20, got 21"),
        ({"bags": [PICTURES]}, TypeError, r"bags\[0\] must be a PooledBag"),
        ({"bags": with_one(title=3)}, TypeError, r"bags\[0\].title must be text"),
        ({"bags": with_one(pictures=PICTURES[0])}, ValueError, "pictures must have 3 axes"),
        ({"bags": with_one(pictures=PICTURES[:1])}, ValueError, "must be 2 to 16"),
        ({"bags": with_one(pictures=np.zeros((2, 33, 8)))}, ValueError, "at most 32 × 32"),
        ({"bags": with_one(pictures=16 * PICTURES)}, ValueError, "must lie between 0 and 1"),
        ({"bags": with_one(scores=SCORES[:3])}, ValueError, r"scores must have shape \(4,\)"),
        ({"bags": with_one(scores=[np.nan] * 4)}, ValueError, "scores must be finite"),
        ({"bags": with_one(votes=VOTES + VOTES)}, ValueError, "votes must have shape"),
        ({"bags": with_one(names=["9"])}, ValueError, "names must have one entry"),
        ({"bags": with_one(label=2)}, ValueError, "label must be 0, 1 or None, got 2"),
        ({"bags": with_one(label=True)}, ValueError, "label must be 0, 1 or None, got True"),
        ({"bias": np.inf}, ValueError, "bias must be"),
        ({"question": None}, TypeError, "question must be text"),
        ({"uniform": 1}, TypeError, "uniform must be True or False"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


# --- what the browser computes --------------------------------------------------------------------

STATE = """([bag, bias, removed, uniform]) => module.poolingState(bag, bias, removed, uniform)"""


def expected_state(bag, removed, *, uniform=False):
    scores = np.zeros(len(bag.scores)) if uniform else np.array(bag.scores, dtype=float)
    left = np.setdiff1d(np.arange(len(scores)), removed)
    weights = np.zeros(len(scores))
    if len(left):
        weights[left] = softmax(scores[left])
    logit = weights @ np.array(bag.votes) + BIAS
    held = softmax(scores)[list(removed)].sum()
    return weights, logit, 1 / (1 + np.exp(-logit)), held


def test_all_ways_to_take_members_away_give_what_numpy_computes(page, tmp_path):
    view = make().children[-1]
    open_view(page, tmp_path, view)
    for bag, sent in zip((BAG, OTHER), view.bags, strict=True):
        n = len(bag.scores)
        for count in range(n + 1):
            for removed in itertools.combinations(range(n), count):
                for uniform in (False, True):
                    state = page.evaluate(STATE, [sent, BIAS, removed, uniform])
                    expected = expected_state(bag, removed, uniform=uniform)
                    names = ("weights", "logit", "answer", "held")
                    for name, value in zip(names, expected, strict=True):
                        np.testing.assert_allclose(state[name], value, atol=1e-12)
                    assert state["empty"] == (count == n)
                    in_order = expected[0][state["order"]]
                    assert (np.diff(in_order) <= 1e-12).all()


def test_it_computes_what_attention_pooling_and_a_linear_readout_compute(page, tmp_path):
    pool = seeded(lambda: AttentionPooling(5, 7), 0)
    read = seeded(lambda: torch.nn.Linear(5, 1), 1)
    h = torch.tensor(RNG.normal(size=(4, 5)), dtype=torch.float32)
    mask = torch.tensor([True, False, True, True])
    with torch.no_grad():
        pooled, weights = pool(h[None], mask[None], return_weights=True)
        answer = torch.sigmoid(read(pooled)).item()
        scores, votes = pool.scores(h)[:, 0], h @ read.weight[0]
    bag = BAG._replace(scores=scores, votes=votes)
    view = make([bag], bias=read.bias.item()).children[-1]
    open_view(page, tmp_path, view)
    state = page.evaluate(STATE, [view.bags[0], view.bias, [1], False])
    np.testing.assert_allclose(state["weights"], weights[0], atol=1e-6)
    assert state["answer"] == pytest.approx(answer, abs=1e-6)


# --- what the browser draws -----------------------------------------------------------------------


def rows(page):
    return [row.split() for row in page.locator(".members button").all_inner_texts()]


def test_a_click_takes_a_member_away_and_the_weights_of_the_others_sum_to_one(page, tmp_path):
    open_view(page, tmp_path, make([BAG]).children[-1])
    for removed in ([], [2], [2, 0]):
        if removed:
            page.locator(f".node[data-member='{removed[-1]}']").click()
        page.locator(".heading").hover()
        assert page.evaluate("model.get('removed')") == removed
        weights, logit, answer, held = expected_state(BAG, removed)
        order = sorted(range(4), key=lambda i: (-weights[i], i not in removed))
        shown = [row[1] for row in rows(page)]
        told = sorted((number(w) for i, w in enumerate(weights) if i not in removed), reverse=True)
        assert shown[: len(told)] == told
        assert shown[len(told) :] == ["away"] * len(removed)
        assert rows(page)[0][0] == BAG.names[order[0]]
        said = "yes" if answer > 0.5 else "no"
        assert page.locator(".answer").text_content() == said
        assert page.locator(".share").text_content() == number(answer)
        sign = "−" if logit < 0 else "+"
        status = page.locator(".status").inner_text()
        assert f"plus the bias: {sign}{number(abs(logit))}, so {said}" in status
        assert "The right answer for the whole bag: yes." in status
        assert page.locator(".node.removed").count() == len(removed)
    assert f"Without 2 members that held {percent(held)} of the attention." in status
    page.locator(".node[data-member='2']").click()
    assert page.evaluate("model.get('removed')") == [0]


def test_a_bag_without_members_has_no_answer(page, tmp_path):
    open_view(page, tmp_path, make([BAG]).children[-1])
    set_traits(page, removed=[0, 1, 2, 3])
    assert page.locator(".answer").text_content() == "–"
    alone = 1 / (1 + np.exp(-BIAS))
    status = page.locator(".status").inner_text()
    assert status.startswith("Nobody is left")
    assert f"would say {number(alone)}: an answer about nobody" in status
    assert page.locator(".edge:not([stroke-opacity='0'])").count() == 0


def test_pointing_tells_what_a_member_adds(page, tmp_path):
    open_view(page, tmp_path, make([BAG]).children[-1])
    weights, *_ = expected_state(BAG, [])
    page.locator(".node[data-member='3']").hover()
    part = number(-0.75 * weights[3])
    said = f"0: weight {number(weights[3])} times vote −0.75 adds {part}."
    assert page.locator(".readout").inner_text() == said
    assert page.locator(".members button.lit").get_attribute("data-member") == "3"
    page.locator(".heading").hover()
    page.mouse.move(1, 1)
    assert page.locator(".readout").inner_text().startswith("Point at a member")


def test_another_bag_begins_with_all_its_members(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    set_traits(page, removed=[0, 3])
    set_traits(page, bag=1)
    assert page.evaluate("model.get('removed')") == []
    assert len(rows(page)) == 3
    assert page.locator(".node").count() == 3
    assert "right answer" not in page.locator(".status").inner_text()


def test_a_larger_bag_may_follow_a_smaller_one(page, tmp_path):
    view = make([OTHER, BAG]).children[-1]
    assert_shown_twice_and_removed(page, tmp_path, view, {"removed": [0, 1]}, {"bag": 1})
    assert page.locator(".node").count() == 2 * len(BAG.names)


def test_two_tab_stops_and_the_keyboard_take_members_away(page, tmp_path):
    open_view(page, tmp_path, make([BAG]).children[-1])
    assert page.locator("[tabindex='0']").count() == 2  # the star, and the list
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("model.get('removed')") == [1]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the heaviest: it moves to the end, and keeps the focus
    assert page.evaluate("model.get('removed')") == [1, 2]
    assert page.evaluate("document.activeElement.dataset.member") == "2"
    page.keyboard.press("Space")
    assert page.evaluate("model.get('removed')") == [1]


def test_everything_is_readable_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".status", "color"), ("figcaption", "color")]
    colours += [(".answer", "fill"), (".tick", "fill"), (".titles", "color")]
    colours += [(".members .number", "color"), (".members i", "backgroundColor")]
    assert_readable(page, tmp_path, make().children[-1], colours)


def test_two_views_show_the_same_and_leave_nothing_behind(page, tmp_path):
    changes = {"removed": [1]}, {"weights_choice": 1}, {"bag": 1}
    assert_shown_twice_and_removed(page, tmp_path, make().children[-1], *changes)


def test_it_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 700})
    bag = BAG._replace(names=["a very long name indeed"] * 4)
    open_view(page, tmp_path, make([bag]).children[-1])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
