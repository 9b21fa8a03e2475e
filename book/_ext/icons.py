"""The theme's icons as a small style sheet, in place of its script and font with thousands of them.

The font is fetched only where the theme's style names one of its letters, as boxes of text do.
"""

import re
from pathlib import Path
from urllib.parse import quote

ICON = re.compile(r'[{,]"?([a-z0-9-]+)"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]')
USED = re.compile(r"\bfa-([a-z0-9-]+)")
LETTER = re.compile(r"\.fa-[\w-]+\{--fa:[^{}]*\}")  # of the font, in the theme's style
LOOK = """\
:is(.fa-solid, .fa-brands, .fa-regular) {
  display: inline-block;
  width: 1em;
  height: 1em;
  vertical-align: -0.125em;
  background: currentcolor;
  forced-color-adjust: none;
  mask: var(--icon) center / contain no-repeat;
  -webkit-mask: var(--icon) center / contain no-repeat;
}
:is(.fa-solid, .fa-brands, .fa-regular)::before { content: none; }
i.fa-fw { width: 1.25em; }
i.fa-lg { font-size: 1.25em; line-height: 0.05em; vertical-align: -0.075em; }
.search-button-field > i.fa-solid { display: inline-block; }
"""


def icons(script):
    """Return the icons of Font Awesome's script by name: width, height, path."""
    return {name: (width, height, path) for name, width, height, path in ICON.findall(script)}


def style(icons, names):
    """Return a style sheet that draws the icons of these names; other names are no icons."""
    rules = [LOOK]
    for name in sorted(set(names) & set(icons)):
        width, height, path = icons[name]
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        drawing = quote(f'{svg}<path d="{path}"/></svg>', safe=" =:/,'")
        rules.append(f'.fa-{name} {{ --icon: url("data:image/svg+xml,{drawing}"); }}\n')
    return "".join(rules)


def replace_script(app, exception):
    """Write the icons that pages and scripts name, and leave the script out."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    script = static / "scripts" / "fontawesome.js"
    text = script.read_text(encoding="utf-8")
    for file in (script, script.with_suffix(".js.map")):
        file.unlink(missing_ok=True)
    naming = [*Path(app.outdir).rglob("*.html"), *(static / "scripts").glob("*.js")]
    names = {name for path in naming for name in USED.findall(path.read_text(encoding="utf-8"))}
    (static / "icons.css").write_text(style(icons(text), names), encoding="utf-8")
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    sheet.write_text(LETTER.sub("", sheet.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    """Do so when all pages are there."""
    app.add_css_file("icons.css")
    app.connect("build-finished", replace_script)
    return {"parallel_read_safe": True}
