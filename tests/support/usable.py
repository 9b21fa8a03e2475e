"""What the newer live figures promise for fingers and keys: targets, names, keys, a way back."""

from tests.support.layered import set_traits

LEAST = 24  # CSS pixels: what WCAG 2.5.8 asks of a target

# Everything that can be pressed: its size and its name.
TARGETS = """() => [...document.querySelectorAll(".course-figure :is(button, [role='radio'])")]
  .filter((element) => element.getClientRects().length)
  .map((element) => {
    const { width, height } = (element.querySelector(".reach") ?? element).getBoundingClientRect();
    const name = element.getAttribute("aria-label") || element.textContent;
    return { width, height, name, checked: element.getAttribute("aria-checked") };
  })"""

TAB_STOPS = """() => [...document.querySelectorAll(".course-figure [role='radiogroup']")]
  .map((group) => group.querySelectorAll("[tabindex='0']").length)"""


def assert_targets(page):
    """Everything that can be pressed is large enough and has a name; a group is one tab stop."""
    targets = page.evaluate(TARGETS)
    assert targets
    for target in targets:
        assert min(target["width"], target["height"]) >= LEAST - 0.01, target
        assert target["name"].strip(), target
    assert set(page.evaluate(TAB_STOPS)) == {1}


def assert_keys_stay(page, group):
    """Keys walk through a group of radio buttons, all in sight, and do not scroll the page."""
    page.evaluate("document.body.style.padding = '100px 0 3000px'")
    page.locator(f"{group} [role='radio'][tabindex='0']").focus()
    page.evaluate("group => document.querySelector(group).scrollIntoView()", group)
    top = "group => Math.round(document.querySelector(group).getBoundingClientRect().top)"
    start = page.evaluate(top, group)
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "Enter", " ", "Home", "Escape"):
        page.keyboard.press(key)
        inside = "group => document.querySelector(group).contains(document.activeElement)"
        assert page.evaluate(inside, group), key
        assert page.evaluate(top, group) == start, key


def assert_starts_again(page, start, **changed):
    """The button for it brings all traits in `start` back."""
    set_traits(page, **changed)
    page.get_by_role("button", name="start again").click()
    assert page.evaluate("names => names.map((name) => model.get(name))", list(start)) == list(
        start.values()
    )


def assert_fits(page, width):
    """Nothing of the page is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
