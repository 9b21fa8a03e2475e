"""axe-core, which finds what keeps people with disabilities out of a page, run on an open page."""

from functools import cache

from course_lib.authoring.source import ROOT

GRAVE = ("serious", "critical")

# What `preload` fetches serves an experimental rule, and one whose findings are not grave.
RUN = """async ([where, rules]) => {
  const options = { resultTypes: ["violations"], preload: false, rules };
  const { violations } = await axe.run(where, options);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target, html }) => (
    { id, impact, target: target.flat().join(" "), html: html.slice(0, 160) }
  )));
}"""


@cache
def _script():
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def barriers(page, where="html", colours=True):
    """Return the serious and critical findings inside elements of a page, a line each.

    To look at the `colours` of letters and links takes longer than everything else.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{_script()}; 0")
    rules = {"color-contrast": colours, "link-in-text-block": colours}
    rules["region"] = False  # what it finds is never grave
    enabled = {rule: {"enabled": wanted} for rule, wanted in rules.items()}
    return [
        f"{found['id']}: {found['target']}: {found['html']}"
        for found in page.evaluate(RUN, [where, enabled])
        if found["impact"] in GRAVE
    ]
