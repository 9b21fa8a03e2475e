"""The pictures with their attention: what they send, what they refuse, what they compute, draw."""

import io
import itertools

import numpy as np
import pytest
from matplotlib.image import imread

from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.widgets import PictureAttention, pixel_explorer
from course_lib.widgets.shared.texts import number
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits
from tests.support.pages import read

ROWS, COLUMNS = 3, 5
PLACES = ROWS * COLUMNS
RNG = np.random.default_rng(11)
WEIGHTS = softmax(2 * RNG.normal(size=(2, 2, PLACES, PLACES)))  # pictures, heads
WEIGHTS[0, 1] = np.where(WEIGHTS[0, 1] > 0.08, WEIGHTS[0, 1], 0)  # some places are not attended to
WEIGHTS[0, 1, 4] = np.eye(PLACES)[4]  # this one only to itself
WEIGHTS[1, 0, 2] = 1 / PLACES  # this one to all alike
WEIGHTS[0, 1] /= WEIGHTS[0, 1].sum(axis=-1, keepdims=True)
COLOUR = RNG.random((6, 10, 3))
GREY = RNG.integers(0, 256, size=(12, 5), dtype=np.uint8)  # higher than wide
PICTURES = [
    PictureAttention("in colour", COLOUR, WEIGHTS[0], "A note."),
    PictureAttention("in grey", GREY, WEIGHTS[1]),
]


def make(pictures=PICTURES, **options):
    return pixel_explorer(pictures, **{"grid": (ROWS, COLUMNS)} | options)


def with_one(**changes):
    """Return a list of the first picture alone, changed."""
    return [PICTURES[0]._replace(**changes)]


def sent_weights(view):
    pictures, heads, rows, columns = view.shape
    n = rows * columns
    return np.frombuffer(view.weights, "<f2").astype(float).reshape(pictures, heads, n, n)


# --- what is sent, what is refused ----------------------------------------------------------------


def test_the_weights_are_sent_as_float16_with_rows_divided_by_their_sums():
    rounded = np.array([[0.4, 0.595], [0.25, 0.75]], dtype=np.float16)
    one = pixel_explorer([PictureAttention("one", [[0.0, 1.0]], rounded[None])], grid=(1, 2))
    sent = sent_weights(one.children[-1])[0, 0]
    np.testing.assert_allclose(sent, [[0.4 / 0.995, 0.595 / 0.995], [0.25, 0.75]], atol=4e-4)
    view = make().children[-1]
    assert view.shape == [2, 2, ROWS, COLUMNS]
    np.testing.assert_allclose(sent_weights(view), WEIGHTS, rtol=5e-4, atol=3e-8)


def test_the_pictures_are_sent_as_png_files():
    view = make().children[-1]
    colour, grey = view.about
    files = io.BytesIO(view.pictures)
    first, second = (imread(io.BytesIO(files.read(one["bytes"]))) for one in (colour, grey))
    assert not files.read()
    np.testing.assert_array_equal(np.round(255 * first[..., :3]), np.round(255 * COLOUR))
    for channel in range(3):
        np.testing.assert_array_equal(np.round(255 * second[..., channel]), GREY)
    assert (colour["title"], colour["note"]) == ("in colour", "A note.")
    assert (grey["height"], grey["width"]) == (12, 5)


def test_a_large_picture_is_sent_as_a_photograph():
    shades = np.linspace(0, 1, 120)
    large = PictureAttention("large", np.outer(shades, shades), WEIGHTS[0])
    view = make([large]).children[-1]
    assert view.pictures[:2] == b"\xff\xd8"  # how each JPEG begins
    shown = imread(io.BytesIO(view.pictures), format="jpeg")
    np.testing.assert_allclose(shown[..., 0] / 255, large.picture, atol=0.03)


def test_what_is_given_is_not_changed_and_its_numbers_may_be_of_any_float_type():
    picture, weights = COLOUR.astype(np.float32), WEIGHTS[0].astype(np.float16)
    before = picture.copy(), weights.copy()
    make([PictureAttention("one", picture, weights)])
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(weights, before[1])


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    figure = make(heads=["near", "far"], picture=1, head=1, place=(2, 1), edges=3)
    view = assert_linked(figure)
    assert (view.picture, view.head, view.place, view.edges) == (1, 1, 11, 3)
    assert controls(figure)["picture"].label == "in grey"
    assert controls(figure)["head"].label == "far"
    assert (controls(figure)["edges"].min, controls(figure)["edges"].max) == (0, 30)


def test_only_controls_that_leave_a_choice_are_shown():
    assert list(controls(make())) == ["picture", "head", "edges"]
    assert list(controls(make(PICTURES[1:]))) == ["head", "edges"]
    assert list(controls(make(with_one(weights=WEIGHTS[0, :1])))) == ["edges"]


def test_the_middle_is_chosen_first_and_heads_have_numbers():
    view = make().children[-1]
    assert divmod(view.place, COLUMNS) == (1, 2)
    assert view.heads == ["head 0", "head 1"]


GAP = np.where(np.arange(PLACES) == 3, np.nan, WEIGHTS[0])
LARGE = np.broadcast_to(np.full(400, 1 / 400), (13, 400, 400))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"pictures": []}, ValueError, "pictures must number from 1"),
        ({"pictures": PICTURES[0]}, TypeError, "pictures must be a sequence of PictureAttention"),
        ({"pictures": None}, TypeError, "pictures must be a sequence of PictureAttention"),
        ({"pictures": [COLOUR]}, TypeError, r"pictures\[0\] must be a PictureAttention"),
        ({"pictures": PICTURES[:1] * 2}, ValueError, "different titles, got 'in colour' twice"),
        ({"pictures": with_one(title=3)}, TypeError, r"pictures\[0\].title must be text"),
        ({"pictures": with_one(note=None)}, TypeError, r"pictures\[0\].note must be text"),
        ({"pictures": with_one(picture=5.0)}, ValueError, "shape .height, width"),
        ({"pictures": with_one(picture="a.png")}, TypeError, "picture must hold floats"),
        ({"pictures": with_one(picture=GREY.astype(int))}, TypeError, "or uint8, got int"),
        ({"pictures": with_one(picture=COLOUR > 0.5)}, TypeError, "or uint8, got bool"),
        ({"pictures": with_one(picture=COLOUR[..., :2])}, ValueError, r"got \(6, 10, 2\)"),
        ({"pictures": with_one(picture=COLOUR + 0.5)}, ValueError, "must lie between 0 and 1"),
        ({"pictures": with_one(picture=COLOUR * np.nan)}, ValueError, "picture must be finite"),
        ({"pictures": with_one(picture=COLOUR[:2])}, ValueError, "at least a pixel a place"),
        ({"pictures": with_one(picture=COLOUR[:, :4])}, ValueError, "3 × 5, got 6 × 4"),
        ({"pictures": with_one(picture=np.ones((800, 700)))}, ValueError, "at most 500000 pixels"),
        ({"pictures": with_one(weights=WEIGHTS[0, 0])}, ValueError, "weights must have 3 axes"),
        ({"pictures": with_one(weights=WEIGHTS[0][:, :4])}, ValueError, "weights must be square"),
        ({"pictures": with_one(weights=GAP)}, ValueError, r"\[0\].weights must be finite"),
        ({"pictures": with_one(weights=2 * WEIGHTS[0])}, ValueError, "rows that sum to 1"),
        ({"pictures": with_one(weights=-WEIGHTS[0])}, ValueError, "must not be negative"),
        (
            {"pictures": [PICTURES[0], PICTURES[1]._replace(weights=WEIGHTS[1, :1])]},
            ValueError,
            r"pictures\[1\].weights must have as many heads as the first picture's, 2, got 1",
        ),
        (
            {"pictures": with_one(picture=np.ones((20, 20)), weights=LARGE), "grid": (20, 20)},
            ValueError,
            "at most 2000000 weights in all",
        ),
        ({"grid": (5, 4)}, ValueError, "one row for each of the grid's 5 × 4 = 20 places"),
        ({"grid": 15}, ValueError, r"grid must be a pair \(rows, columns\), got 15"),
        ({"grid": (0, 5)}, ValueError, r"grid\[0\] \(rows\) must be between 1 and 400"),
        ({"grid": (3, 5.0)}, TypeError, r"grid\[1\] \(columns\) must be an integer"),
        ({"grid": (20, 21)}, ValueError, "grid must have at most 400 places, got 20 × 21 = 420"),
        ({"heads": ["one"]}, ValueError, "heads must have one entry"),
        ({"heads": ["a", "a"]}, ValueError, "heads must have different names, got 'a' twice"),
        ({"picture": 2}, ValueError, "picture must be between 0 and 1"),
        ({"head": -1}, ValueError, "head must be between 0 and 1"),
        ({"place": 7}, ValueError, r"place must be a pair \(row, column\)"),
        ({"place": (3, 0)}, ValueError, r"place\[0\] \(the row\) must be between 0 and 2"),
        ({"place": (0, 5)}, ValueError, r"place\[1\] \(the column\) must be between 0 and 4"),
        ({"edges": 31}, ValueError, "edges must be between 0 and 30"),
        ({"edges": 2.5}, TypeError, "edges must be an integer"),
    ],
)
def test_bad_input_is_named(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


# --- what the browser computes --------------------------------------------------------------------

STATE = """() => {
  const [picture, head] = [model.get("picture"), model.get("head")];
  const shown = module.headOf(model.get("weights"), model.get("shape"), picture, head);
  const state = module.placeState(shown, model.get("place"));
  return { ...state, row: Array.from(state.row) };
}"""


def expected_state(row, place):
    order = np.argsort(-row, kind="stable")
    held = np.cumsum(row[order])
    r, c = np.divmod(np.arange(PLACES), COLUMNS)
    away = np.sqrt((r - place // COLUMNS) ** 2 + (c - place % COLUMNS) ** 2)
    return {
        "order": [int(j) for j in order if row[j] > 0],
        "half": int(np.argmax(held >= row.sum() / 2)) + 1,
        "largest": row.max(),
        "distance": row @ away,
    }


def test_every_place_of_every_head_and_picture_shows_what_numpy_computes(page, tmp_path):
    torch = pytest.importorskip("torch")
    from course_lib.nn.vision import attention_distance

    view = make(edges=4).children[-1]
    open_view(page, tmp_path, view)
    weights = sent_weights(view)
    for picture, head, place in itertools.product(range(2), range(2), range(PLACES)):
        set_traits(page, picture=picture, head=head, place=place)
        state = read(page, STATE)
        row = weights[picture, head, place]
        np.testing.assert_array_equal(state["row"], row)
        expected = expected_state(row, place)
        assert state["order"] == expected["order"]
        assert state["half"] == expected["half"]
        assert state["largest"] == expected["largest"]
        assert state["distance"] == pytest.approx(expected["distance"], abs=1e-12)
        mean = attention_distance(torch.tensor(weights[picture, head]), ROWS, COLUMNS)
        assert state["mean"] == pytest.approx(float(mean), abs=1e-12)
        painted = page.locator(".map .cell").evaluate_all(
            "cells => cells.map((cell) => Number(cell.getAttribute('fill-opacity')))"
        )
        np.testing.assert_allclose(painted, 0.92 * row / row.max(), atol=6e-4)
        drawn = page.locator(".edges g:not(.absent)").evaluate_all(
            "groups => groups.map((group) => Number(group.dataset.key))"
        )
        assert drawn == expected["order"][:4][::-1]


def test_all_float16_numbers_are_read(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    got = read(
        page,
        "() => Array.from({ length: 65536 }, (_, bits) => String(module.halfToNumber(bits)))",
    )
    expected = np.arange(2**16, dtype="<u2").view("<f2").astype(float)
    np.testing.assert_array_equal(
        [float(text.replace("Infinity", "inf")) for text in got], expected
    )


# --- what the browser draws -----------------------------------------------------------------------


def box_of(page, selector):
    """Return x, y, width, height of the element as shares of the picture that holds it."""
    inner = page.locator(selector).evaluate("""(element) => {
      const own = element.getBBox();
      const [from, to] = [[own.x, own.y], [own.x + own.width, own.y + own.height]].map(
        ([x, y]) => new DOMPoint(x, y).matrixTransform(element.getScreenCTM()));
      const whole = element.closest(".picture").getBoundingClientRect();
      return [(from.x - whole.x) / whole.width, (from.y - whole.y) / whole.height,
              (to.x - from.x) / whole.width, (to.y - from.y) / whole.height];
    }""")
    return np.array(inner)


def point_in(page, panel, row, column):
    """Return where the middle of a place lies on the page."""
    box = page.locator(f".{panel}").bounding_box()
    x = box["x"] + box["width"] * (column + 0.5) / COLUMNS
    return x, box["y"] + box["height"] * (row + 0.5) / ROWS


@pytest.mark.parametrize("picture", [0, 1])
def test_a_click_on_either_picture_chooses_the_place_there(page, tmp_path, picture):
    open_view(page, tmp_path, make(picture=picture).children[-1])
    for panel, row, column in [("plain", 0, 4), ("map", 2, 1), ("map", 1, 0)]:
        page.mouse.click(*point_in(page, panel, row, column))
        assert page.evaluate("model.get('place')") == row * COLUMNS + column
        for shown in ("plain", "map"):
            expected = [column / COLUMNS, row / ROWS, 1 / COLUMNS, 1 / ROWS]
            np.testing.assert_allclose(box_of(page, f".{shown} .chosen"), expected, atol=1e-3)
        assert page.locator(".readout").inner_text().startswith(f"Row {row}, column {column} ")


def test_dragging_chooses_and_pointing_only_reads(page, tmp_path):
    view = make(place=(0, 0)).children[-1]
    open_view(page, tmp_path, view)
    assert "Point at a place" in page.locator(".pointed").inner_text()
    said = page.locator(".readout").inner_text()
    page.mouse.move(*point_in(page, "map", 2, 3))
    weight = sent_weights(view)[0, 0, 0, 13]
    assert page.locator(".pointed").inner_text() == f"To row 2, column 3: {number(weight, 3)}."
    for panel in ("plain", "map"):
        expected = [3 / COLUMNS, 2 / ROWS, 1 / COLUMNS, 1 / ROWS]
        np.testing.assert_allclose(box_of(page, f".{panel} .hovered"), expected, atol=1e-3)
        assert page.locator(f".{panel} .hovered").is_visible()
    assert page.evaluate("model.get('place')") == 0
    assert page.locator(".readout").inner_text() == said
    page.mouse.down()
    page.mouse.move(*point_in(page, "map", 1, 4))
    assert page.evaluate("model.get('place')") == 9
    page.mouse.move(5000, point_in(page, "map", 0, 4)[1])  # beyond the edge: the nearest
    assert page.evaluate("model.get('place')") == 4
    page.mouse.up()
    page.mouse.move(*point_in(page, "map", 2, 2))
    page.mouse.move(1, 1)
    assert page.evaluate("model.get('place')") == 4
    assert "Point at a place" in page.locator(".pointed").inner_text()
    assert not page.locator(".map .hovered").is_visible()


def test_one_tab_stop_and_the_arrow_keys_choose(page, tmp_path):
    open_view(page, tmp_path, make(place=(0, 3)).children[-1])
    assert page.locator("[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    path = {"ArrowRight": 4, "ArrowDown": 9, "ArrowLeft": 8, "ArrowUp": 3}
    for key, place in path.items():
        page.keyboard.press(key)
        assert page.evaluate("model.get('place')") == place
    page.keyboard.press("ArrowUp")  # the edge of the grid
    assert page.evaluate("model.get('place')") == 3
    label = page.locator("[tabindex='0']").get_attribute("aria-label")
    assert label.startswith("in colour: row 0, column 3 is chosen")
    page.mouse.click(*point_in(page, "map", 1, 1))
    page.keyboard.press("ArrowDown")  # goes on from where the mouse was
    assert page.evaluate("model.get('place')") == 11


def test_a_finger_chooses_by_a_tap_or_sideways_and_scrolls_up_and_down(browser, tmp_path):
    size = {"width": 360, "height": 500}
    context = browser.new_context(offline=True, has_touch=True, viewport=size)
    page = context.new_page()
    page.set_default_timeout(10_000)
    open_view(page, tmp_path, make(place=(0, 0)).children[-1])
    assert page.locator(".map svg").evaluate("e => getComputedStyle(e).touchAction") == "pan-y"
    session = context.new_cdp_session(page)

    def stroke(dx, dy):
        x, y = point_in(page, "plain", 1, 3)
        for k in range(6):
            event = {"type": "touchMove" if k else "touchStart"}
            point = {"x": x + k * dx, "y": y + k * dy}
            session.send("Input.dispatchTouchEvent", event | {"touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    page.touchscreen.tap(*point_in(page, "plain", 2, 0))
    page.wait_for_function("model.get('place') === 10")
    stroke(-12, 0)  # 60 px to the left: nearly a place
    page.wait_for_function("model.get('place') === 7")
    stroke(0, -10)
    page.wait_for_function("scrollY > 0")
    assert page.evaluate("model.get('place')") == 7
    context.close()


def test_arrows_run_from_the_chosen_place_to_where_it_attends(page, tmp_path):
    view = make(place=(1, 1), edges=3).children[-1]
    open_view(page, tmp_path, view)
    row = sent_weights(view)[0, 0, 6].copy()
    targets = [j for j in np.argsort(-row)[:3] if j != 6]
    assert len(targets) >= 2
    for j in targets:
        ends = page.locator(f".edges [data-key='{j}']:not(.absent) .edge").evaluate("""(path) => {
          const [, x, y, tx, ty] = path.getAttribute("d").match(
            /^M(\\S+) (\\S+)Q\\S+ \\S+ (\\S+) ([^M\\s]+)M/).map(Number);
          const box = path.ownerSVGElement.viewBox.baseVal;
          return [x / box.width, y / box.height, tx / box.width, ty / box.height];
        }""")
        expected = [1.5 / 5, 1.5 / 3, (j % 5 + 0.5) / 5, (j // 5 + 0.5) / 3]
        np.testing.assert_allclose(ends, expected, atol=1e-3)
    widths, opacities = zip(
        *page.locator(".edges g:not(.absent)").evaluate_all("""groups => groups.map((g) => [
          Number(g.lastChild.getAttribute("stroke-width")), Number(g.getAttribute("opacity"))])"""),
        strict=True,
    )
    assert list(widths) == sorted(widths)  # the strongest lies on top
    assert (widths[-1], opacities[-1]) == (3.6, 1.0)
    shares = np.sort(row)[-3:] / row.max()
    np.testing.assert_allclose(opacities, 0.4 + 0.6 * shares, atol=1e-3)
    set_traits(page, edges=0)
    assert page.locator(".edges g:not(.absent)").count() == 0


def test_a_place_that_attends_to_itself_alone_has_a_ring(page, tmp_path):
    open_view(page, tmp_path, make(head=1, place=(0, 4), edges=5).children[-1])
    assert page.locator(".edges g:not(.absent)").count() == 1
    ring = box_of(page, ".edges g:not(.absent) .edge")
    np.testing.assert_allclose(ring[:2] + ring[2:] / 2, [4.5 / 5, 0.5 / 3], atol=1e-3)
    assert page.locator(".readout").inner_text().splitlines() == [
        "Row 0, column 4 attends most to itself (1.000).",
        "1 of 15 places holds half of its attention.",
        page.locator(".readout span").last.inner_text(),
    ]
    assert "On average it looks 0 steps" in page.locator(".readout").inner_text()


def test_the_text_says_what_is_shown(page, tmp_path):
    view = make(heads=["near", "far"], place=(2, 1)).children[-1]
    open_view(page, tmp_path, view)
    head = sent_weights(view)[0, 0]
    expected = expected_state(head[11], 11)
    assert expected["half"] > 1
    mean = np.mean([expected_state(head[i], i)["distance"] for i in range(PLACES)])
    names = [
        f"row {j // 5}, column {j % 5} ({number(head[11, j], 3)})" for j in expected["order"][:3]
    ]
    assert page.locator(".readout").inner_text().splitlines() == [
        f"Row 2, column 1 attends most to {'; '.join(names)}.",
        f"{expected['half']} of 15 places hold half of its attention.",
        f"On average it looks {number(expected['distance'])} steps of the grid away; "
        f"all places of this head, {number(mean)}.",
    ]
    assert page.locator(".heading").all_inner_texts() == [
        "in colour",
        "near: where the place attends",
    ]
    assert page.locator(".note").inner_text() == "A note."
    legend = page.locator(".colours").inner_text().split()
    assert (legend[0], legend[1]) == ("0", f"{number(expected['largest'], 3)},")
    set_traits(page, picture=1, head=1)
    assert page.locator(".heading").first.inner_text() == "in grey"
    assert not page.locator(".note").is_visible()


@pytest.mark.parametrize("picture", [0, 1])
def test_both_panels_show_the_picture_in_its_own_shape(page, tmp_path, picture):
    open_view(page, tmp_path, make(picture=picture).children[-1])
    height, width = (COLOUR, GREY)[picture].shape[:2]
    for panel in ("plain", "map"):
        box = page.locator(f".{panel}").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.01)
        loaded = page.locator(f".{panel} .photo").evaluate("""async (photo) => {
          const image = new Image();
          image.src = photo.style.backgroundImage.slice(5, -2);
          await image.decode();
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.width, image.height];
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          return Array.from(context.getImageData(0, 0, image.width, image.height).data);
        }""")
        expected = np.round(255 * COLOUR) if picture == 0 else np.repeat(GREY[..., None], 3, 2)
        np.testing.assert_array_equal(np.reshape(loaded, (height, width, 4))[..., :3], expected)


def test_small_places_have_no_grid(page, tmp_path):
    open_view(page, tmp_path, make().children[-1])
    assert page.locator(".plain .gridlines").is_visible()
    n = 60
    uniform = np.full((1, n, n), 1 / n)
    view = pixel_explorer([PictureAttention("a", np.eye(60), uniform)], grid=(60, 1))
    open_view(page, tmp_path, view.children[-1])
    assert not page.locator(".plain .gridlines").is_visible()


def test_on_a_phone_everything_fits_and_nothing_moves(page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 800})
    open_view(page, tmp_path, make(place=(0, 0)).children[-1])
    before = page.locator(".plain").bounding_box()
    readout = page.locator(".readout").bounding_box()
    assert readout["y"] + readout["height"] <= 800  # it sticks to the end of the screen
    assert page.locator(".map").bounding_box()["y"] > before["y"] + before["height"]
    # One sentence is longer than the other; place 4 of head 1 attends to nothing but itself.
    for head, place in [(0, 3), (0, 7), (1, 4)]:
        set_traits(page, head=head, place=place)
        page.mouse.move(*point_in(page, "plain", 2, 4))
        assert page.locator(".plain").bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_text_stands_out_in_every_theme(page, tmp_path):
    colours = [
        (".heading", "color"),
        (".readout", "color"),
        (".pointed", "color"),
        (".note", "color"),
        (".colours", "color"),
        ("figcaption", "color"),
        (".edge", "stroke"),
        (".chosen", "stroke"),
    ]
    assert_readable(page, tmp_path, make().children[-1], colours)


def test_a_figure_may_be_shown_twice_and_removed(page, tmp_path):
    changes = [{"place": 3}, {"picture": 1, "edges": 2}, {"head": 1}, {"place": 14}]
    assert_shown_twice_and_removed(page, tmp_path, make().children[-1], *changes)
