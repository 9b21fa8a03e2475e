"""Show one live figure on a page of its own, in a real browser, without Jupyter.

The figure's view gets a small stand-in for the model that Jupyter would give it. Tests look at
figures this way, and benchmarks time them.
"""

import base64
import json
import os
import shutil
from contextlib import contextmanager

import anywidget

from course_lib.widgets.shared.figure import stand_in

# The headless shell is the same engine without what a window needs: a third less work a page.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MACOS_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What stands in for Jupyter's model, and bytes as they come with messages.
SCRIPT = """
function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const shifted = new Uint8Array(bytes.length + 3); // an odd offset, as messages may have
  shifted.set(bytes, 3);
  return new DataView(shifted.buffer, 3);
}
"""

PAGE = """<!doctype html><html lang="en" {attributes}><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><style>{css}</style>
<body style="margin:8px"><div id="figure" class="course-figure-box"></div>
<script type="module">{script}
window.state = {state};
for (const name of {packed}) state[name] = fromBase64(state[name]);
window.model = makeModel(state); // of stand_in.js
const source = new Blob([{esm}], {{ type: "text/javascript" }});
window.ready = import(URL.createObjectURL(source)).then((module) => {{
  window.module = module.parts;
  window.stop = module.default.render({{ model, el: document.getElementById("figure") }});
}});
</script></body></html>"""


def find_chromium():
    """Return the path of a Chromium, or None; the environment variable CHROMIUM comes first."""
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, CHROMIUM_NAMES), MACOS_CHROME]
    return next((path for path in named if path and os.path.exists(path)), None)


@contextmanager
def chromium(*flags):
    """Start a headless Chromium and yield it, or None where there is none."""
    executable = find_chromium()
    if executable is None:
        yield None
        return
    from playwright.sync_api import sync_playwright  # only tests and benchmarks have it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])
        yield browser
        browser.close()


def traits(view):
    """Return what Python sends to the browser for `view`, apart from the widget's own traits."""
    names = set(view.traits(sync=True)) - set(anywidget.AnyWidget.class_trait_names())
    return {name: getattr(view, name) for name in names if not name.startswith("_")}


def open_view(page, folder, view, *, attributes=""):
    """Write a page that renders `view` as Jupyter would, and open it."""
    state = traits(view)
    packed = [name for name, value in state.items() if isinstance(value, bytes)]
    state |= {name: base64.b64encode(state[name]).decode() for name in packed}
    text = PAGE.format(
        attributes=attributes,
        css=view._css,
        script=stand_in() + SCRIPT,
        state=as_script(state),
        packed=as_script(packed),
        esm=as_script(view._esm),
    )
    path = folder / "view.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.evaluate("window.ready")


def as_script(value):
    """Return `value` as JSON that may stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")
