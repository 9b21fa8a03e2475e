"""The examples explorer: what it sends, what it refuses, what it computes and draws."""

import itertools

import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.graph import kept_mass
from course_lib.widgets import Example, examples_explorer
from course_lib.widgets.shared.texts import number
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits

LAYERS, HEADS = 2, 3


def made(queries, keys, seed, title="a text", note=""):
    rng = np.random.default_rng(seed)
    shape = (LAYERS, HEADS, len(queries), len(keys))
    return Example(title, list(queries), list(keys), softmax(2 * rng.normal(size=shape)), note)


WORDS = ["it", "was", "not", "very", "good", "it"]
EXAMPLES = [
    made(WORDS, WORDS, 0, "words", "The model said: bad."),
    made("2026", "3 may 2026", 1, "a date"),
    made(["one"], ["a", "b"], 2, "small"),
]


def test_all_weights_are_sent_one_example_after_another():
    view = examples_explorer(EXAMPLES).children[-1]
    expected = np.concatenate([each.weights.ravel() for each in EXAMPLES]).astype("<f4")
    assert view.weights == expected.tobytes()
    assert view.shape == [LAYERS, HEADS]
    assert [each["queries"] for each in view.examples] == [each.queries for each in EXAMPLES]
    assert view.examples[1]["keys"] == list("3 may 2026")
    assert view.examples[0]["note"] == "The model said: bad."


def test_tokens_of_any_sequence_reach_the_browser():
    example = EXAMPLES[2]._replace(queries=(t for t in ["one"]), keys=np.array([1, 2]))
    sent = examples_explorer([example]).children[-1].examples[0]
    length = 4 * EXAMPLES[2].weights.size
    assert sent == {"queries": ["one"], "keys": ["1", "2"], "note": "", "length": length}


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = examples_explorer(EXAMPLES, example=1, layer=1, head=2, threshold=0.2)
    view = assert_linked(figure)
    assert list(controls(figure)) == ["text", "layer", "head", "threshold"]
    assert (view.example, view.layer, view.head_choice, view.threshold) == (1, 1, 3, 0.2)
    assert controls(figure)["text"].label == "a date"


def test_controls_without_a_choice_are_left_out():
    single = [EXAMPLES[0]._replace(weights=EXAMPLES[0].weights[:1, :1])]
    assert list(controls(examples_explorer(single))) == ["threshold"]


def changed(**parts):
    return [EXAMPLES[0], EXAMPLES[1]._replace(**parts)]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: examples_explorer([]), ValueError, "examples must number from 1 to 20, got 0"),
        (lambda: examples_explorer(EXAMPLES * 7), ValueError, "from 1 to 20, got 21"),
        (lambda: examples_explorer([("a", [], [], [])]), TypeError, r"examples\[0\] must be an"),
        (
            lambda: examples_explorer(changed(weights=EXAMPLES[1].weights[:1])),
            ValueError,
            r"examples\[1\].weights must have 2 layers and 3 heads",
        ),
        (
            lambda: examples_explorer(changed(weights=2 * EXAMPLES[1].weights)),
            ValueError,
            r"examples\[1\].weights must have rows that sum to 1",
        ),
        (
            lambda: examples_explorer(changed(weights=EXAMPLES[1].weights[0])),
            ValueError,
            r"examples\[1\].weights",
        ),
        (
            lambda: examples_explorer(changed(queries=["a"])),
            ValueError,
            r"examples\[1\].queries must have one entry a position: expected 4",
        ),
        (
            lambda: examples_explorer(changed(keys="3 may 2026")),
            TypeError,
            r"examples\[1\].keys must be a sequence of strings",
        ),
        (
            lambda: examples_explorer([made("a" * 513, "ab", 0)]),
            ValueError,
            "at most 512 queries and 512 keys, got 513 and 2",
        ),
        (lambda: examples_explorer(EXAMPLES, example=3), ValueError, "example must be between"),
        (lambda: examples_explorer(EXAMPLES, layer=2), ValueError, "layer must be between"),
        (lambda: examples_explorer(EXAMPLES, head=3), ValueError, "head must be between"),
        (lambda: examples_explorer(EXAMPLES, threshold=2), ValueError, "threshold must be"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- what the browser computes and draws ----------------------------------------------------------

STATE = """() => {
  const { matrix, edges, mass } = module.exampleState(model, module.chosenExample(model));
  return { matrix: [...matrix], edges, mass };
}"""


def test_every_state_of_the_controls_shows_the_weights(page, tmp_path):
    open_view(page, tmp_path, examples_explorer(EXAMPLES).children[-1])
    thresholds = (0.0, 0.05, 0.3)
    for chosen, layer, head, threshold in itertools.product(
        range(len(EXAMPLES)), range(LAYERS), range(HEADS + 1), thresholds
    ):
        set_traits(page, example=chosen, layer=layer, head_choice=head, threshold=threshold)
        heads = EXAMPLES[chosen].weights[layer].astype(np.float32)
        matrix = heads.mean(axis=0, dtype=float) if head == 0 else heads[head - 1]
        state = page.evaluate(STATE)
        np.testing.assert_allclose(state["matrix"], matrix.ravel(), atol=1e-12)
        above = np.flatnonzero(matrix.ravel().astype(np.float32) > np.float32(threshold))
        assert state["edges"] == above.tolist()
        assert page.locator(".edge").count() == len(above)
        if matrix.shape[0] == matrix.shape[1]:
            matrix = matrix / matrix.sum(axis=1, keepdims=True)
            assert state["mass"] == pytest.approx(kept_mass(matrix, threshold), abs=1e-6)
        drawn = page.locator(".cells .cell").evaluate_all(
            "cells => cells.map((cell) => Number(cell.getAttribute('fill-opacity')))"
        )
        np.testing.assert_allclose(drawn, np.sqrt(matrix.ravel()), atol=6e-4)


def test_rows_are_queries_and_columns_are_keys(page, tmp_path):
    view = examples_explorer(EXAMPLES, example=1, head=0, threshold=0.0).children[-1]
    open_view(page, tmp_path, view)
    date = EXAMPLES[1]
    assert page.locator(".graph .node").count() == 4 + 10
    assert page.locator(".cells .cell").count() == 40
    keys = page.locator(".graph .node[data-role=key] .label").all_text_contents()
    assert keys == ["3", "␣ [1]", "m", "a", "y", "␣ [5]", "2 [6]", "0", "2 [8]", "6"]
    queries = page.locator(".graph .node[data-role=query] .label").all_text_contents()
    assert queries == ["2 [0]", "0", "2 [2]", "6"]  # named as in the sentences
    page.locator(".cell[data-query='3'][data-key='9']").hover()
    said = page.locator(".readout").inner_text()
    assert said.startswith(f"6 → 6: {number(date.weights[0, 0, 3, 9])} (“6” attends to “6”).")
    lit = page.locator(".edge.lit").evaluate_all("e => e.map((x) => ({ ...x.dataset }))")
    assert lit == [{"query": "3", "key": "9"}]


def test_a_query_lights_its_row_and_a_key_its_column(page, tmp_path):
    open_view(page, tmp_path, examples_explorer(EXAMPLES, head=1, threshold=0.0).children[-1])
    weights = EXAMPLES[0].weights[0, 1]
    page.locator(".node[data-role=query]").nth(2).hover()
    best = np.argsort(-weights[2])[0]
    names = ["it [0]", "was", "not", "very", "good", "it [5]"]
    said = page.locator(".readout").inner_text()
    assert said.startswith(f"“not” attends most to: {names[best]} {number(weights[2, best])}")
    assert page.locator(".edge.lit").count() == 6
    page.locator(".node[data-role=key]").nth(4).hover()
    best = np.argsort(-weights[:, 4])[0]
    said = page.locator(".readout").inner_text()
    assert said.startswith(f"“good” gets most attention from: {names[best]}")
    assert page.locator(".edge.lit.incoming").count() == 6


def test_the_keyboard_walks_both_rows(page, tmp_path):
    open_view(page, tmp_path, examples_explorer(EXAMPLES, example=1).children[-1])
    focused = "({ ...document.activeElement.dataset })"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == {"position": "0", "role": "query"}
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == {"position": "3", "role": "key"}  # the one below
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == {"position": "9", "role": "key"}
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == {"position": "3", "role": "query"}


def test_the_note_is_told_with_its_example_only(page, tmp_path):
    open_view(page, tmp_path, examples_explorer(EXAMPLES).children[-1])
    assert page.locator(".note").inner_text() == "The model said: bad."
    set_traits(page, example=1)
    assert page.locator(".note").count() == 0
    assert page.locator(".course-figure").count() == 1


def test_it_can_be_read_in_every_theme(page, tmp_path):
    view = examples_explorer(EXAMPLES).children[-1]
    colours = [(".label", "fill"), (".note", "color"), (".status", "color"), (".edge", "stroke")]
    assert_readable(page, tmp_path, view, colours)


def test_it_is_shown_twice_and_removed(page, tmp_path):
    view = examples_explorer(EXAMPLES).children[-1]
    assert_shown_twice_and_removed(
        page, tmp_path, view, {"example": 1}, {"layer": 1, "threshold": 0.3}, {"example": 2}
    )


def test_it_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 800})
    long = made("2049-09-27", "september the twenty-seventh, 2049", 3)
    open_view(page, tmp_path, examples_explorer([long]).children[-1])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
