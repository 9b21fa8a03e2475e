"""A page made small for axe, which looks at each element long and judges all of a kind alike.

Of what looks the same, a few stand for all. Structure is asked of the whole page, apart from
letters of formulas and words of code; colours of a few elements of each look, in each theme.
"""

from tests.support.axe import barriers

# Hints, solutions and answers of a quiz are read as well.
UNFOLD = "document.querySelectorAll('details').forEach((folded) => { folded.open = true; })"

# Of formulas and words of code that have the same place and classes, and so the same structure and
# look, a few are left; the others become plain text. They are most of a page. axe judges no single
# letter, and nothing that is scrolled out of sight: so it needs a word, and more than one.
A_FEW_OF_A_KIND = """(seen) => {
  const look = (part) => part && `${part.tagName}.${part.className} ${look(part.parentElement)}`;
  const acts = "a, img, [role], [tabindex]";
  for (const part of document.querySelectorAll(".katex, pre span")) {
    if (part.matches(acts) || part.querySelector(acts)) continue;
    const kind = `${part.textContent.trim().length > 1} ${look(part)}`;
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (seen[kind] > 3) part.replaceWith(part.textContent);
  }
  return seen;
}"""

# Mark what stands for others: three elements of each look that is not known. What a look is, is
# read from the page as it is drawn now: the colours and size of the letters, all grounds below
# them, and for a link what tells it from the text around it. axe judges no letters of drawings.
MARK = """(known) => {
  const grounds = new Map([[null, ""]]);
  const ground = (part) => {
    if (!grounds.has(part)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(part);
      const own = `${backgroundColor} ${backgroundImage} ${opacity};`;
      const none = own === "rgba(0, 0, 0, 0) none 1;";
      grounds.set(part, ground(part.parentElement) + (none ? "" : own));
    }
    return grounds.get(part);
  };
  const letters = (part) => {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(part);
    return `${color} ${fontSize} ${fontWeight} ${textShadow}`;
  };
  const link = (part) => {
    const { textDecorationLine, borderBottom } = getComputedStyle(part);
    return `${letters(part.parentElement)} ${textDecorationLine} ${borderBottom}`;
  };
  const tells = (part) => part.matches("a[href], input, select, textarea")
    || [...part.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim().length > 1);
  const seen = {};
  for (const part of document.querySelectorAll("body :not(svg *)")) {
    if (!tells(part)) continue;
    if (!part.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const look = [letters(part), part.matches("a[href]") ? link(part) : "", ground(part)].join("|");
    seen[look] = (seen[look] ?? 0) + 1;
    if (seen[look] <= 3 && !known.includes(look)) part.dataset.stands = "for others";
  }
  return Object.keys(seen);
}"""

# Leave only what is marked, what it is in, and what may lie below or above it. All is looked at
# before the first is taken away: the page would be laid out anew each time.
THIN_OUT = """() => {
  const kept = new Set(document.querySelectorAll("[data-stands]"));
  for (let part of [...kept]) while ((part = part.parentElement)) kept.add(part);
  const lies = (part) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(part);
    const ground = `${backgroundColor} ${backgroundImage}` !== "rgba(0, 0, 0, 0) none";
    return ground && !part.textContent.trim();
  };
  const stays = (part) => kept.has(part) || part.closest("[data-stands]")
    || (part.checkVisibility() && lies(part));
  const gone = [...document.querySelectorAll("body :not(style, link)")].filter((e) => !stays(e));
  for (const part of gone) part.remove();
}"""


class Known:
    """What pages that were looked at in all themes have shown, so that others need not show it.

    Attributes
    ----------
    looks : list of str
        Looks of elements in the theme with which pages begin.
    kinds : dict
        Of formulas and words of code: how many of each kind a page had.
    """

    def __init__(self):
        self.looks, self.kinds = [], {}


def barriers_as_shown(page):
    """Return what keeps people out of a page in the theme that it has now, and leave it whole."""
    page.evaluate(MARK, [])
    return barriers(page, rules="all, few colours")


def barriers_in_both_themes(page, show, known):
    """Return what keeps people out of a page whose colours are judged in two themes.

    `show(theme)` shows it in one; its structure is the same in both. What was seen is known from
    then on, and of the page only a few elements are left.
    """
    page.evaluate(UNFOLD)
    show("light")
    known.kinds |= page.evaluate(A_FEW_OF_A_KIND, {})
    known.looks += page.evaluate(MARK, [])
    found = barriers(page, rules="structure")
    show("dark")
    page.evaluate(MARK, [])
    page.evaluate(THIN_OUT)
    found += barriers(page, rules="colours")
    show("light")
    return found + barriers(page, rules="colours")


def barriers_not_known(page, show, known):
    """Return what keeps people out of a page; looks that are known are not judged again."""
    page.evaluate(UNFOLD)
    show("light")
    page.evaluate(A_FEW_OF_A_KIND, dict(known.kinds))
    looks = set(page.evaluate(MARK, known.looks)) - set(known.looks)
    found = barriers(page, rules="structure")
    if looks:
        page.evaluate(THIN_OUT)
        found += barriers(page, rules="colours")
    return found
