"""The instructor's board in a real browser, with learners who work at the same time."""

import threading

import pytest

from course_lib import theme
from course_lib.chapters.reading import tasks
from course_lib.classroom import joining, membership, outbox
from tests.support.classroom import check, event, room, until
from tests.support.figures import GRAPHICS, TEXT, contrast

pytestmark = pytest.mark.xdist_group("classroom_board")

HOSTILE = [
    "<script>window.stolen = 1</script>",
    "<img src=x onerror='window.stolen=1'>",
    "\u202egnp.exe\u2066",
    "${window.stolen = 1}{{7*7}}",
    "Ada",
    "Ada",
]
KEYS = [key for chapter in ("graph_view", "weights", "multi_head") for key in tasks(chapter)]


@pytest.fixture
def classroom(tmp_path):
    with room(tmp_path / "class.sqlite") as running:
        yield running


@pytest.fixture
def board(browser):
    """Return a function that opens a page for a room; whatever it reports fails the test."""
    contexts, errors = [], []

    def open_board(classroom, *, key=True, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(f"page error: {error}"))
        page.on("console", lambda m: m.type == "error" and errors.append(f"console: {m.text}"))
        page.on("request", lambda r: r.url.startswith((classroom.base, "data:")) or errors.append(
            f"asked outside: {r.url}"
        ))  # fmt: skip
        page.goto(f"{classroom.base}/board" + (f"#{classroom.store.key}" if key else ""))
        if key:
            page.wait_for_selector("#board:not([hidden])")
        return page

    open_board.expected = ["status of 40"]  # the browser notes each such answer by itself
    yield open_board
    for context in contexts:
        context.close()
    assert [e for e in errors if not any(part in e for part in open_board.expected)] == []


def row(page, name):
    return page.locator("#grid tbody tr", has=page.get_by_role("rowheader", name=name, exact=True))


def words(page, name):
    """Return what a screen reader hears of a learner's cells."""
    return row(page, name).locator("td .unseen").all_text_contents()


def test_the_board_lives_while_several_learners_work(classroom, board, tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "PAUSE", 0.05)
    monkeypatch.setattr(outbox, "IDLE", 0.2)
    page = board(classroom)
    assert page.locator("#nobody").is_visible()
    assert classroom.store.code in page.locator("#join").text_content()
    folders = [tmp_path / f"learner {k}" for k in range(5)]

    def work(k):
        folders[k].mkdir()
        address = f"127.0.0.1:{classroom.port}"
        joining.enter(folders[k], address, classroom.store.code, f"Learner {k}")
        message = "`f` gave None. Is a `return` missing?"
        for key in KEYS[: k + 1]:
            check(folders[k], key, "wrong", message)
            check(folders[k], key, "passed")
        check(folders[k], KEYS[k + 1], "error", message)

    threads = [threading.Thread(target=work, args=[k]) for k in range(len(folders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = "stopped with an error, stuck for 0 minutes"
    for k in range(5):  # on its way there, the board shows all that they tried before
        until(lambda k=k: words(page, f"Learner {k}")[: k + 2] == ["passed"] * (k + 1) + [last])
        assert set(words(page, f"Learner {k}")[k + 2 :]) <= {"not tried"}
    until(lambda: "5 learners, 5 stuck" in page.locator("#status").text_content())
    told = page.locator("#lines tbody tr", has=page.locator(f"[id='{KEYS[0]}']")).text_content()
    assert "… gave None. Is a return missing? (5 learners)" in told
    assert page.locator("#lines code").all_text_contents()[:2] == ["…", "return"]
    assert "5 of 5" in told
    joining.quit_class(folders[2])
    until(lambda: row(page, "Learner 2").count() == 0)
    for folder in folders:
        membership.forget(folder)


def test_what_learners_are_called_is_text_and_nothing_else(classroom, board):
    tokens = [classroom.join(name) for name in HOSTILE]
    for token in tokens:
        classroom.tell(token, event(sentence="<b>bold</b>"))
    page = board(classroom)
    until(lambda: page.locator("#grid tbody tr").count() == len(HOSTILE))
    names = page.locator("#grid tbody th").all_text_contents()
    assert names == [*HOSTILE[:2], "gnp.exe", HOSTILE[3], "Ada", "Ada (2)"]
    page.locator("#names").uncheck()
    assert page.locator("#grid tbody th").first.text_content() == "Learner 1"
    assert "script" not in page.locator("#learner").inner_html()
    assert page.evaluate("window.stolen") is None
    assert page.locator("#grid :is(script, img)").count() == 0
    # Nor would the browser run a script that came in some other way.
    board.expected += ["Content Security Policy", "status of 404"]
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=stolen=1>')")
    assert page.evaluate("window.stolen") is None


def test_the_key_leaves_the_address_and_without_it_nothing_is_shown(classroom, board):
    classroom.join("Ada")
    page = board(classroom)
    assert page.url == f"{classroom.base}/board"
    assert classroom.store.key not in page.content()
    page.reload()  # the cookie keeps it open
    page.wait_for_selector("#grid tbody tr")
    stranger = board(classroom, key=False)
    stranger.wait_for_selector("#unlock:not([hidden])")
    assert "Ada" not in stranger.content()
    stranger.get_by_label("Key, from the terminal").fill(classroom.store.code)
    stranger.keyboard.press("Enter")
    until(lambda: stranger.locator("#refused").text_content() == "That is not the key.")
    stranger.get_by_label("Key, from the terminal").fill(classroom.store.key)
    stranger.keyboard.press("Enter")
    stranger.wait_for_selector("#grid tbody tr")


def test_solutions_are_released_by_keyboard_and_the_focus_stays(classroom, board):
    page = board(classroom)
    released = lambda: {k for (k,) in classroom.store.read("SELECT key FROM released")}  # noqa: E731
    button = page.get_by_role("button", name="Release the solution of exercise 2")
    button.focus()
    page.keyboard.press("Enter")
    until(lambda: released() == {KEYS[1]})
    until(lambda: page.evaluate("document.activeElement.dataset.do") == "hold back")
    page.keyboard.press("Space")
    until(lambda: released() == set())
    page.get_by_role("button", name="Release all solutions of chapter 01").click()
    until(lambda: released() == set(tasks("graph_view")))


def test_learners_are_taken_off_and_the_board_is_cleared_only_after_a_question(classroom, board):
    tokens = [classroom.join(name) for name in ("Ada", "Ben")]
    for token in tokens:
        classroom.tell(token, event("graph_view-1", "passed"))
    page = board(classroom)
    until(lambda: page.locator("#grid tbody tr").count() == 2)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.locator("#clear").click()
    assert words(page, "Ben")[0] == "passed"
    page.locator("#learner").select_option(label="Ada")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#remove").click()
    until(lambda: page.locator("#grid tbody tr").count() == 1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#clear").click()
    until(lambda: set(words(page, "Ben")) == {"not tried"})
    with page.expect_download() as download:
        page.get_by_role("link", name="Grid (CSV)").click()
    assert b"Ben,weights-1,not tried,0" in download.value.path().read_bytes()


def test_order_and_chapter_are_chosen(classroom, board):
    tokens = [classroom.join(name) for name in ("Zoe", "Ada", "Mia")]
    classroom.tell(tokens[0], event("weights-2"))
    classroom.tell(tokens[1], event("flow-1", "passed"))
    page = board(classroom)
    names = lambda: page.locator("#grid tbody th").all_text_contents()  # noqa: E731
    until(lambda: names() == ["Zoe", "Ada", "Mia"])
    page.get_by_label("Order").select_option("name")
    assert names() == ["Ada", "Mia", "Zoe"]
    page.get_by_label("Order").select_option("stuck")
    assert names() == ["Zoe", "Ada", "Mia"]
    assert page.locator("#grid thead [scope=colgroup]").count() == 2
    page.get_by_label("Chapter").select_option("09")
    assert page.locator("#grid thead [scope=colgroup]").count() == 1
    assert page.locator("#grid thead a").count() == len(tasks("flow"))
    page.locator("#grid thead a").nth(2).focus()
    page.keyboard.press("Enter")  # to what is said of the exercise
    assert page.evaluate("document.activeElement.id") == "flow-3"


def test_a_board_that_lost_the_class_says_so_and_comes_back(tmp_path, board):
    path = tmp_path / "class.sqlite"
    with room(path) as first:
        first.join("Ada")
        page = board(first)
        until(lambda: "Live. 1 learner," in page.locator("#status").text_content())
        board.expected.append("ERR_FAILED")
        page.route("**/board/data*", lambda route: route.abort())
        until(lambda: "No connection" in page.locator("#status").text_content())
        assert row(page, "Ada").count() == 1  # what was known stays
        page.unroute("**/board/data*")
        until(lambda: "Live." in page.locator("#status").text_content())
        page.goto("about:blank")


SHAPES = """() => Object.fromEntries([...document.querySelectorAll("#grid .mark")].map((mark) => {
  const style = getComputedStyle(mark), box = getComputedStyle(document.body);
  const filled = style.backgroundColor === "rgba(0, 0, 0, 0)" ? box : style;
  const canvas = document.createElement("canvas").getContext("2d");
  const rgb = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(", ")})`;
  };
  return [mark.dataset.state, [
    mark.textContent.trim()[0], style.borderStyle, rgb(style.color), rgb(filled.backgroundColor),
    rgb(style.borderColor), rgb(box.backgroundColor),
  ]];
}))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_differ_in_shape_and_stand_out(classroom, board, scheme):
    tokens = [classroom.join(name) for name in ("Ada", "Ben")]
    classroom.tell(tokens[0], event(KEYS[0], "passed"), event(KEYS[1], "wrong", age=0.01))
    classroom.tell(tokens[0], event(KEYS[2], "wrong"))
    page = board(classroom, color_scheme=scheme)
    page.wait_for_selector(".mark[data-state=stuck]")
    marks = page.evaluate(SHAPES)
    assert set(marks) >= {"passed", "wrong", "stuck", "not tried"}
    seen = {(mark[0], mark[1] if mark[4] != mark[5] else "") for mark in marks.values()}
    assert len(seen) == len(marks)  # without any colour
    for state, (_, _, colour, ground, edge, paper) in marks.items():
        assert contrast(colour, ground) >= (TEXT if state == "stuck" else GRAPHICS), state
        if state in ("wrong", "stuck"):
            assert contrast(edge, paper) >= GRAPHICS, state
    assert marks["wrong"][1] == "dashed"
    assert marks["stuck"][1] == "solid"


def fill(classroom, learners=3):
    """Fill a class, whose learners try up to eighteen exercises."""
    for k in range(learners):
        token = classroom.join(f"WWWWWWWWWWWWWWW MMMMMMMMMMMMMMMMMMMM {k}"[:40])
        classroom.tell(token, *[event(key, "passed") for key in KEYS[: 7 * k % len(KEYS)]])
        classroom.tell(token, event(KEYS[7 * k % len(KEYS)], "wrong"))


def test_thirty_learners_fit_a_projector_and_a_phone(classroom, board):
    fill(classroom, learners=30)
    wide = board(classroom, viewport={"width": 1920, "height": 1080})
    until(lambda: wide.locator("#grid tbody tr").count() == 30)
    assert wide.evaluate("document.documentElement.scrollWidth") == 1920
    box = wide.locator("#grid").bounding_box()
    assert box["y"] + box["height"] <= 1080
    font = "parseFloat(getComputedStyle(document.querySelector('#grid')).fontSize)"
    assert wide.evaluate(font) >= 18
    phone = board(classroom, viewport={"width": 390, "height": 844}, has_touch=True)
    until(lambda: phone.locator("#grid tbody tr").count() == 30)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.evaluate("document.querySelector('.scroll').scrollLeft = 400")
    who = phone.locator("#grid tbody th").first.bounding_box()
    assert 0 <= who["x"] < 40  # names stay where they can be read
    phone.get_by_label("Chapter").select_option("02")
    scroll = "((s) => s.scrollWidth <= s.clientWidth)(document.querySelector('.scroll'))"
    assert phone.evaluate(scroll)


NAMELESS = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length;
  return [...document.querySelectorAll("button, a, input, select, table")]
    .filter((e) => !named(e)).map((e) => e.outerHTML);
}"""


def test_all_is_reached_by_keyboard_and_has_a_name(classroom, board):
    fill(classroom)
    page = board(classroom)
    page.wait_for_selector("#grid tbody tr")
    assert page.evaluate(NAMELESS) == []
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert page.evaluate(NAMELESS) == ["<button></button>"]  # a planted one is seen
    reached = []
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"
                                     " || document.activeElement.tagName"))  # fmt: skip
    assert reached[:6] == ["skip", "chapter", "order", "names", "scroll", "A"]
    assert "clear" in reached
    assert page.locator("#grid th[scope=col], #grid th[scope=colgroup]").count() == 23
    assert page.locator("#status[role=status]").count() == 1


def test_nothing_moves_for_who_wants_no_motion(classroom, board):
    fill(classroom)
    page = board(classroom, reduced_motion="reduce")
    page.wait_for_selector("#grid tbody tr")
    moving = """[...document.querySelectorAll("*")].filter(
      (e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"""
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0


def test_the_colours_are_those_of_the_theme(classroom):
    assert classroom.send("/board/files/colours.css")[1].decode() == theme.stylesheet("colours.css")
    css = classroom.send("/board/files/board.css")[1].decode()
    assert "#" not in [part[:1] for part in css.split(": ")[1:]]
