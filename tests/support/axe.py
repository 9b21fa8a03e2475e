"""axe-core, which finds what keeps people with disabilities out of a page, run on an open page."""

from functools import cache

from course_lib.authoring.source import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")

# What `preload` fetches serves an experimental rule, and one whose findings are not grave. The HTML
# is read of what is found alone: axe would read that of each element, and all that is in it.
RUN = """async ([where, chosen, only]) => {
  axe.reset();
  axe.configure({ rules: only, noHtml: true });
  const options = { resultTypes: ["violations"], preload: false, ...chosen };
  const { violations } = await axe.run(where, options);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target }) => {
    const place = target.flat().join(" ");
    const html = document.querySelector(place)?.outerHTML ?? "";
    return { id, impact, target: place, html: html.slice(0, 160) };
  }));
}"""
# These rules look at each letter and link, and take longer than all others together. What `region`
# finds is never grave.
COLOURS, LEFT_OUT = ("color-contrast", "link-in-text-block"), ("region",)


def _but(*rules):
    return {"rules": {rule: {"enabled": False} for rule in rules}}


RULES = {
    "all": _but(*LEFT_OUT),
    "structure": _but(*LEFT_OUT, *COLOURS),
    "colours": {"runOnly": list(COLOURS)},
    "all, few colours": _but(*LEFT_OUT),
}
# This rule reads all styled elements and what is written in them, though no other can fail.
WHERE = [{"id": "avoid-inline-spacing", "selector": "[style*=important]"}]
# What looks.py has marked.
MARKED = [
    {"id": "color-contrast", "selector": "[data-stands]"},
    {"id": "link-in-text-block", "selector": "a[href][data-stands]"},
]
ONLY = {"colours": MARKED, "all, few colours": MARKED + WHERE}


@cache
def _script():
    return AXE.read_text(encoding="utf-8")


def barriers(page, where="html", rules="all"):
    """Return the serious and critical findings inside elements of a page, a line each.

    "structure" are all rules but those of colours; "colours" are these, for what is marked, and
    "all, few colours" are both.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{_script()}; 0")
    return [
        f"{found['id']}: {found['target']}: {found['html']}"
        for found in page.evaluate(RUN, [where, RULES[rules], ONLY.get(rules, WHERE)])
        if found["impact"] in GRAVE
    ]
