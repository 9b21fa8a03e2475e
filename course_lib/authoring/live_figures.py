"""What live figures need on pages without a kernel, in files of their own: text never waits for it.

The state of a page's widgets becomes scripts beside the page, because a page that is opened from a
folder may load scripts and nothing else: one with the state, and one for each long part of it,
such as recorded weights or the code of a figure. A part has its content's hash for a name, so that
figures and pages share it. `book/_static/figures.js` fetches them when a figure comes near.
"""

import base64
import hashlib
import json
import shutil
import zlib
from importlib.util import find_spec
from pathlib import Path

from course_lib.authoring.source import ROOT, write_if_changed

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
STATIC = ROOT / "book" / "_static"
LONG = 2000  # characters


def place(view):
    """Return the HTML of the place of a figure, whose `view` is the message of its cell."""
    message = json.dumps(view).replace("<", "\\u003c")
    return f'<div class="course-live"><script type="{VIEW}">{message}</script></div>'


def write_state(state, name, static):
    """Write the state of a page's widgets into the folder `figures` of `static`.

    Returns
    -------
    str
        The names of the files, for the attribute ``data-files`` of the script figures.js.
    """
    folder = Path(static, "figures")
    folder.mkdir(parents=True, exist_ok=True)
    page, parts = split_state(state)
    for part, text in parts.items():
        line = f"courseFigures.parts[{json.dumps(part)}] = {json.dumps(text)};\n"
        write_if_changed(folder / f"{part}.js", line)
    text = f"courseFigures.page = {json.dumps(page)};\n"
    write_if_changed(folder / f"{name}.js", text)
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    return " ".join([f"{name}.js?v={version}", *(f"{part}.js" for part in parts)])


def write_manager(static):
    """Lay the loader and the manager into a folder, with the browser half of this anywidget."""
    for name in ("figures.js", "vendor/manager.css"):
        (Path(static) / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(STATIC / name, Path(static) / name)
    manager = (STATIC / "vendor" / "manager.js").read_text(encoding="utf-8")
    package = Path(find_spec("anywidget").origin).parent
    anywidget = (package / "nbextension" / "index.js").read_text(encoding="utf-8")
    define = "const define = (needed, make) => (courseFigures.anywidget = make);"
    text = f"{manager}\n(() => {{\n{define}\n{anywidget}\n}})();\n"
    write_if_changed(Path(static, "figures", "manager.js"), text)


def split_state(state):
    """Take the long parts out of the state of a page's widgets.

    Returns
    -------
    page : dict
        `state`, by the ids of models, without its parts; `texts`, a list of (model, trait, part);
        `buffers`, a list of (model, path, part, planes).
    parts : dict of str to str
        The parts by their names.
    """
    page, parts = {"state": {}, "texts": [], "buffers": []}, {}

    def part(text):
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        parts[name] = text
        return name

    for model, facts in state.items():
        traits = dict(facts["state"])
        for trait, value in facts["state"].items():
            if isinstance(value, str) and len(value) > LONG:
                page["texts"].append((model, trait, part(traits.pop(trait))))
        for buffer in facts.get("buffers", ()):
            planes, text = in_planes(base64.b64decode(buffer["data"]))
            page["buffers"].append((model, buffer["path"], part(text), planes))
        kept = {key: value for key, value in facts.items() if key != "buffers"}
        page["state"][model] = {**kept, "state": traits}
    return page, parts


def in_planes(data):
    """Return how many planes bytes are sorted into, and the bytes as base64.

    Numbers of `planes` bytes are sorted by bytes: all first ones, all second ones, and so on,
    because the bytes of one plane resemble each other and are compressed better. The shortest of
    1, 2, 4 and 8 planes is taken; nothing is lost.
    """
    orders = {}
    for planes in (1, 2, 4, 8):
        if len(data) % planes == 0:
            in_order = b"".join(data[first::planes] for first in range(planes))
            orders[planes] = base64.b64encode(in_order).decode()
    planes = min(orders, key=lambda planes: len(zlib.compress(orders[planes].encode())))
    return planes, orders[planes]
