"""axe-core, which finds what keeps people with disabilities out of a page, run on an open page."""

from functools import cache

from course_lib.authoring.source import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")

# What `preload` fetches serves an experimental rule, and one whose findings are not grave.
RUN = """async ([where, chosen, only]) => {
  axe.reset();
  axe.configure({ rules: only });
  const options = { resultTypes: ["violations"], preload: false, ...chosen };
  const { violations } = await axe.run(where, options);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target, html }) => (
    { id, impact, target: target.flat().join(" "), html: html.slice(0, 160) }
  )));
}"""
# These rules look at each letter and link, and take longer than all others together. What `region`
# finds is never grave.
COLOURS, LEFT_OUT = ("color-contrast", "link-in-text-block"), ("region",)


def _but(*rules):
    return {"rules": {rule: {"enabled": False} for rule in rules}}


RULES = {
    "all": _but(*LEFT_OUT),
    "colours of outputs": _but(*LEFT_OUT),
    "structure": _but(*LEFT_OUT, *COLOURS),
}
# One run costs less than two: each takes stock of the page first.
ONLY = {
    "colours of outputs": [
        {"id": "color-contrast", "selector": ".cell_output *"},
        {"id": "link-in-text-block", "selector": ".cell_output a[href]"},
    ]
}


@cache
def _script():
    return AXE.read_text(encoding="utf-8")


def barriers(page, where="html", rules="all"):
    """Return the serious and critical findings inside elements of a page, a line each.

    "colours of outputs" are all rules, of which those of colours look at the outputs of cells.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{_script()}; 0")
    return [
        f"{found['id']}: {found['target']}: {found['html']}"
        for found in page.evaluate(RUN, [where, RULES[rules], ONLY.get(rules, [])])
        if found["impact"] in GRAVE
    ]
