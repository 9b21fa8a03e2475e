"""The colours of figures and cards: every one stands out from its ground, in every theme."""

import re

from course_lib import theme
from course_lib.exercises.exercise import ERROR, NOT_ATTEMPTED, PASSED, WRONG, Result
from course_lib.exercises.registry import find_exercise
from course_lib.exercises.report import Card, Scorecard
from tests.support.figures import GRAPHICS, TEXT, contrast, themes_of

# Colour, ground and the least contrast: what is read, and what is only seen.
PAIRS = [
    ("text", "paper", TEXT),
    ("text", "card", TEXT),
    ("quiet", "paper", TEXT),
    ("quiet", "card", TEXT),
    ("first", "paper", TEXT),
    ("second", "paper", TEXT),
    ("passed", "paper", GRAPHICS),
    ("passed", "card", GRAPHICS),
    ("not-attempted", "card", GRAPHICS),
    ("wrong", "card", GRAPHICS),
    ("error", "card", GRAPHICS),
]
ORNAMENT = {"line"}  # grids, tracks and frames that say nothing of their own

COLOURS = """names => Object.fromEntries(names.map((name) => {
  const probe = document.querySelector(".course-figure");
  probe.style.color = `var(--course-${name})`;
  return [name, getComputedStyle(probe).color];
}))"""


def declared():
    """Return the colours that figures and cards may use, by name."""
    names = re.findall(r"^  --course-([\w-]+):", theme.stylesheet("colours.css"), re.M)
    return {name for name in names if not name.startswith(("own-", "lab-", "code-"))}


def pale_pairs(page, sheet):
    """Return theme, colour and ground of the pairs that do not stand out under a stylesheet."""
    page.set_content(f"<style>{sheet}</style><div class='course-figure'></div>")
    names = sorted({name for pair in PAIRS for name in pair[:2]})
    found = []
    for name in themes_of(page):
        colours = page.evaluate(COLOURS, names)
        for colour, ground, least in PAIRS:
            if contrast(colours[colour], colours[ground]) < least:
                found.append((name, colour, ground))
    return found


def test_every_colour_stands_out_from_its_ground_in_every_theme(page):
    assert pale_pairs(page, theme.stylesheet("colours.css")) == []


def test_every_colour_is_in_a_pair():
    assert declared() == {name for pair in PAIRS for name in pair[:2]} | ORNAMENT


def test_a_planted_pale_colour_is_seen(page):
    sheet = theme.stylesheet("colours.css")
    dark = re.sub(r"(--course-error: light-dark\(#\w+), #\w+\)", r"\1, #b3261e)", sheet)
    assert dark != sheet
    seen = pale_pairs(page, dark)
    assert ("the book's dark theme", "error", "card") in seen
    assert {pair[1:] for pair in seen} == {("error", "card")}
    light = re.sub(
        r"--course-second: light-dark\(#\w+", "--course-second: light-dark(#ffa257", sheet
    )
    assert ("a plain page", "second", "paper") in pale_pairs(page, light)


# --- cards ----------------------------------------------------------------------------------------

STATES = [PASSED, NOT_ATTEMPTED, WRONG, ERROR]
SHOWN = """() => [...document.querySelectorAll(".course-check")].map((card) => {
  const of = (part) => getComputedStyle(part ? card.querySelector(part) : card);
  return {
    ground: of().backgroundColor,
    graphics: [of().borderLeftColor, of(".course-mark").color],
    text: [of().color, of(".course-name").color, of("strong").color],
    font: of().fontFamily,
  };
})"""


PAPER_AND_ROWS = """() => {
  const probe = document.body.appendChild(document.createElement("div"));
  probe.className = "course-scorecard";
  probe.style.background = "var(--course-paper)";
  const paper = getComputedStyle(probe).backgroundColor;
  probe.remove();
  const rows = document.querySelectorAll(".course-scorecard :is(strong, td)");
  return [paper, [...rows].map((row) => getComputedStyle(row).color)];
}"""


def cards():
    """Return a card of each state, as a page shows them one below the other."""
    exercise = find_exercise("weights-1")
    results = [Result("weights-1", state, "A `message`.") for state in STATES]
    made = [Card(exercise, result) for result in results] + [
        Scorecard("weights", passed={"weights-1"})
    ]
    return "".join(card._repr_mimebundle_()["text/html"] for card in made)


def test_cards_of_every_state_can_be_read_in_every_theme(page):
    page.set_content(f"<body style='font-family: Georgia'>{cards()}</body>")
    for name in themes_of(page):
        shown = page.evaluate(SHOWN)
        assert len(shown) == len(STATES)
        for state, card in zip(STATES, shown, strict=True):
            told = f"{name}: {state}: {card}"
            assert all(contrast(colour, card["ground"]) >= TEXT for colour in card["text"]), told
            assert all(contrast(c, card["ground"]) >= GRAPHICS for c in card["graphics"]), told
            assert card["font"] == "Georgia"
        marks = {card["graphics"][0] for card in shown}
        assert len(marks) == len(STATES)
        paper, rows = page.evaluate(PAPER_AND_ROWS)
        assert rows
        assert min(contrast(colour, paper) for colour in rows) >= TEXT, name


def test_no_card_brings_a_colour_of_its_own():
    inside = re.sub(r"<style>.*?</style>", "", cards(), flags=re.S)
    assert "style=" not in inside
    assert "#" not in re.sub(r"&#\w+;", "", inside)
