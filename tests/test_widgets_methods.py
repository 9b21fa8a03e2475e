"""The live figure of explanations side by side: what it sends, refuses, computes and draws."""

import itertools

import numpy as np
import pytest

from course_lib.authoring.browser import open_view
from course_lib.centrality import rank_correlation
from course_lib.data import load_leave_one_out
from course_lib.widgets import methods_explorer
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits
from tests.support.pages import read
from tests.support.usable import (
    assert_fits,
    assert_keys_stay,
    assert_starts_again,
    assert_targets,
)

NAMES = ["rollout", "gradient × input", "value-aware weights", "flat"]
RNG = np.random.default_rng(8)


def made_text(n, **more):
    judge = RNG.normal(size=n)
    said = [RNG.random(n), RNG.normal(size=n), np.round(3 * RNG.random(n)), np.ones(n)]
    tokens = [f"t{k % 5}" for k in range(n)]
    return {
        "tokens": tokens,
        "judge": judge,
        "methods": dict(zip(NAMES, said, strict=True)),
        **more,
    }


UNJUDGED = made_text(9, output="the next token: “t4”")
UNJUDGED["judge"][-1] = np.nan
TEXTS = {
    "short": made_text(3),
    "ends marked": made_text(7, special=[True, *[False] * 5, True]),
    "one cannot be hidden": UNJUDGED,
    "long": made_text(40),
}
PLAIN = {"tokens": ["a", "b"], "judge": [0, 1], "methods": {"m": [1, 2]}}


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = methods_explorer(TEXTS, text=2, method="flat", skip_special=True, values=True)
    view = assert_linked(figure)
    assert (view.text, view.method, view.skip_special, view.bars_choice) == (2, 3, True, 1)
    names = ["text", "method", "without special tokens", "with signs", "bars show"]
    assert list(controls(figure)) == names
    assert list(controls(methods_explorer({"a": PLAIN}))) == [
        "without the first token",
        "bars show",
    ]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: methods_explorer([PLAIN]), TypeError, "texts must be a dict"),
        (lambda: methods_explorer({}), ValueError, "texts must number from 1 to 60, got 0"),
        (lambda: methods_explorer({"a": 1}), TypeError, r"texts\['a'\] must be a dict"),
        (lambda: methods_explorer({"a": {"tokens": "a"}}), ValueError, "'judge', 'methods'.* miss"),
        (lambda: made(judge=[1.0]), ValueError, "must have 2 to 64 tokens, got 1"),
        (lambda: made(judge="ab"), TypeError, r"texts\['a'\] judge must hold real numbers"),
        (lambda: made(judge=[np.inf, np.nan]), ValueError, r"texts\['a'\] judge must be finite"),
        (lambda: made(tokens=["a"]), ValueError, r"texts\['a'\] tokens must have one entry"),
        (lambda: made(methods=[1, 2]), TypeError, r"texts\['a'\] methods must be a dict"),
        (lambda: made(methods={}), ValueError, "methods must number from 1 to 24"),
        (lambda: made(methods={"m": [1]}), ValueError, r"methods\['m'\] must have shape"),
        (lambda: made(methods={"m": [1, np.nan]}), ValueError, r"methods\['m'\] must be finite"),
        (lambda: made(special=[1, 0]), TypeError, "special must be boolean"),
        (lambda: made(output=3), TypeError, "output must be text"),
        (
            lambda: methods_explorer({"a": PLAIN, "b": PLAIN | {"methods": {"o": [1, 2]}}}),
            ValueError,
            r"texts\['b'\] must have the methods",
        ),
        (lambda: methods_explorer(TEXTS, text=4), ValueError, "text must be between 0 and 3"),
        (lambda: methods_explorer(TEXTS, method="x"), ValueError, "method must be one of"),
        (lambda: methods_explorer(TEXTS, signed=1), TypeError, "signed must be True or False"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def made(**parts):
    return methods_explorer({"a": PLAIN | parts})


STATE = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const root = document.querySelector(".methods-view");
  const rows = [...root.querySelectorAll(".methods .method-line")];
  const shown = rows.map(({ dataset }) => dataset.correlation);
  const bars = [...root.querySelectorAll(".bars")].map((bar) => bar.children.length);
  const broken = /NaN|undefined|Infinity/.test(root.outerHTML);
  const checked = rows.findIndex((row) => row.getAttribute("aria-checked") === "true");
  const edges = root.querySelectorAll(".fan .edge:not(.judge)").length;
  return { ...module.methodsState(model), shown, bars, broken, checked, edges };
})"""


def expected_of(state):
    """Return the correlation of each method with the judge, None where it ranks nothing."""
    parts = list(TEXTS.values())[state["text"]]
    judge = parts["judge"].astype(np.float32).astype(float)  # as they are sent
    special = np.array(parts.get("special", np.arange(len(judge)) == 0))
    taken = ~np.isnan(judge) & ~(state["skip_special"] & special)
    sized = (lambda values: values) if state["signed"] else np.abs
    found = []
    for said in parts["methods"].values():
        said = sized(said.astype(np.float32).astype(float)[taken])
        found.append(rank_correlation(said, sized(judge[taken])) if np.ptp(said) else None)
    return found, taken


def test_correlations_are_those_of_course_lib_in_every_state(page, tmp_path):
    open_view(page, tmp_path, methods_explorer(TEXTS).children[-1])
    names = ("text", "method", "skip_special", "signed", "bars_choice")
    ends = [range(4), range(4), [False, True], [False, True], range(2)]
    states = [dict(zip(names, state, strict=True)) for state in itertools.product(*ends)]
    for state, shown in zip(states, read(page, STATE, states), strict=True):
        expected, taken = expected_of(state)
        assert shown["counted"] == taken.tolist()
        found = [row["correlation"] for row in shown["rows"][1:]]
        for got, right in zip(found, expected, strict=True):
            assert got is right is None or got == pytest.approx(right, abs=1e-9)
        order = sorted(range(4), key=lambda m: (-(-2 if found[m] is None else found[m]), m))
        assert shown["order"] == order
        sorted_ones = [found[m] for m in order]
        assert shown["shown"] == ["" if one is None else js(one) for one in sorted_ones]
        assert shown["checked"] == order.index(state["method"])
        assert set(shown["bars"]) == {len(taken)}
        said = list(list(TEXTS.values())[state["text"]]["methods"].values())[state["method"]]
        assert shown["edges"] == np.count_nonzero(said[taken])
        assert not shown["broken"]


def js(number):
    """Return a number as JavaScript writes it."""
    return str(int(number)) if number == int(number) else repr(number)


def test_on_a_recorded_judge(page, tmp_path):
    effects, _ = load_leave_one_out("negation")
    n = len(effects)
    methods = {"length": np.arange(n), "itself": effects}
    parts = {"tokens": [str(k) for k in range(n)], "judge": effects, "methods": methods}
    open_view(page, tmp_path, methods_explorer({"negation": parts}).children[-1])
    found = page.evaluate("module.methodsState(model).rows.map((row) => row.correlation)")
    assert found == pytest.approx([1, rank_correlation(np.arange(n), effects), 1], abs=1e-9)


def test_methods_and_tokens_are_chosen_by_pointer_and_by_key(page, tmp_path):
    view = methods_explorer(TEXTS, text=2, method="flat").children[-1]
    open_view(page, tmp_path, view)
    readout, token = page.locator(".readout"), "model.get('token')"
    assert "ranks nothing" in readout.text_content()
    assert page.locator(".output").text_content() == "the next token: “t4”"
    row = page.locator(".methods .method-line").first
    row.click()
    assert row.get_attribute("aria-checked") == "true"
    box = row.locator(".bars").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2.5 / 9, box["y"] + 5)
    assert page.evaluate(token) == 2
    assert "“t2 [2]”: number " in readout.text_content()
    page.mouse.move(box["x"] + box["width"] * 8.5 / 9, box["y"] + 5)
    assert readout.text_content().endswith("“t3 [8]” takes no part.")
    page.mouse.move(1, 1)
    assert page.evaluate(token) is None
    row.focus()
    for key, expected in [("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        assert page.evaluate(token) == expected
    page.keyboard.press("ArrowDown")
    assert page.locator(".methods .method-line").nth(1).get_attribute("aria-checked") == "true"
    page.keyboard.press("Escape")
    assert page.evaluate(token) is None
    assert_starts_again(page, view.start, text=0, bars_choice=1, skip_special=True)


@pytest.mark.parametrize("width", [390, 1000])
def test_it_can_be_used_with_fingers_and_keys_and_does_not_overflow(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 800})
    odd = made_text(6)
    odd["tokens"] = ["<b>&amp;", "", "\n", "🙂🙂🙂", "</script>", "word" * 30]
    open_view(page, tmp_path, methods_explorer({"odd": odd, "long": made_text(64)}).children[-1])
    for text in (0, 1):
        set_traits(page, text=text)
        assert_targets(page)
        assert_fits(page, width)
    assert page.locator(".course-figure b").count() == 0
    assert_keys_stay(page, ".methods")


def test_a_view_can_be_shown_twice_and_removed(page, tmp_path):
    view = methods_explorer(TEXTS).children[-1]
    changes = dict(text=2, method=1), dict(bars_choice=1, token=4), dict(skip_special=True)
    assert_shown_twice_and_removed(page, tmp_path, view, *changes)


def test_text_stands_out_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".methods .name", "color"), (".output", "color")]
    colours += [(".tokens span:not(.out)", "color"), ("figcaption", "color")]
    assert_readable(page, tmp_path, methods_explorer(TEXTS).children[-1], colours)
