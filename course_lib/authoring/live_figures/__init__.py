"""What live figures need on pages without a kernel, in files of their own: text never waits for it.

Their views become scripts beside the page, because a page that is opened from a folder may load
scripts and nothing else: one that describes the page's figures, and one for each long part of them,
such as recorded weights or the code of a figure. A part has its content's hash for a name, so that
figures and pages share it. No widget manager is needed: page.js, bundled in bundle.js, makes the
controls itself.
"""

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

from course_lib.authoring.source import write_if_changed
from course_lib.widgets.shared.figure import AS_MODULE, page_style

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
BEFORE, AFTER = f'<script type="{VIEW}">', "</script>"
OF_JUPYTER = ("layout", "tabbable", "tooltip")  # traits that only a widget manager knows
OURS = "(window.courseFigures ??= { parts: {} })"
# Stands behind the cell of a page's first figure, and lets it be drawn while the rest is read.
BEGIN = f"<script>{OURS}.isHere = true; courseFigures.begin?.();</script>"
LONG = 2000  # characters
SCRIPT = Path(__file__).with_name("bundle.js")


def place(view):
    """Return the HTML of the place of a figure, whose `view` is the message of its cell."""
    message = json.dumps(view).replace("<", "\\u003c")
    return f'<div class="course-live">{BEFORE}{message}{AFTER}</div>'


def views_in(html):
    """Return the messages of the places of figures in a text, in their order."""
    found = re.findall(f"{re.escape(BEFORE)}(.*?){re.escape(AFTER)}", html, flags=re.DOTALL)
    return [json.loads(message) for message in found]


def write_state(state, first, name, static):
    """Write what the figures of a page need into the folder `figures` of `static`.

    Parameters
    ----------
    state : dict
        The state of all widgets of the page, by the ids of their models.
    first : str
        The id of the figure that stands first on the page.
    name : str
        Of the page.
    static : path

    Returns
    -------
    files : str
        The names of the files, for the attribute ``data-files`` of the script figures.js.
    needed : list of str
        Those of them that the first figure needs; a page brings them before that script.
    """
    folder = Path(static, "figures")
    folder.mkdir(parents=True, exist_ok=True)
    page, parts = figures_of(state)
    for part, value in parts.items():
        write_if_changed(folder / f"{part}.js", f"{OURS}.parts[{json.dumps(part)}] = {value};\n")
    text = f"{OURS}.parts[{json.dumps(name)}] = {json.dumps(page)};\n"
    write_if_changed(folder / f"{name}.js", text)
    needed = [name, *parts_of(page[first])]
    return " ".join(f"{file}.js" for file in (name, *parts)), [f"{file}.js" for file in needed]


def write_loader(static):
    """Lay figures.js, which draws the figures of a page, and its style sheet into a folder."""
    Path(static).mkdir(parents=True, exist_ok=True)
    write_if_changed(Path(static, "figures.js"), SCRIPT.read_text(encoding="utf-8"))
    write_if_changed(Path(static, "figures.css"), page_style())


def scripts(files, needed, folder):
    """Return the elements that bring a page its live figures, for pages that no theme makes."""
    lines = (f'<script defer src="{folder}/figures/{file}"></script>' for file in needed)
    before = "\n".join(lines)
    return f"""<link rel="stylesheet" href="{folder}/figures.css">
{before}
<script defer src="{folder}/figures.js" data-files="{files}"></script>"""


def figures_of(state):
    """Return what a page without a kernel needs of its figures, and the long parts of it.

    Parameters
    ----------
    state : dict
        The state of all widgets of a page, by the ids of their models.

    Returns
    -------
    page : dict
        By the ids of the boxes that hold the figures: `traits`, those of the view; `module` and
        `style`, parts; `texts`, a list of (trait, part); `buffers`, a list of (path, part, planes).
    parts : dict of str to str
        The parts, as JavaScript, by their names, which are their contents' hashes.
    """
    page, parts = {}, {}

    def part(text, written=json.dumps):
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        parts[name] = written(text)
        return name

    def figure(view):
        traits = {
            name: value
            for name, value in view["state"].items()
            if not name.startswith("_") and name not in OF_JUPYTER
        }
        long = [n for n, value in traits.items() if isinstance(value, str) and len(value) > LONG]
        described = {
            "module": part(view["state"]["_esm"], as_function),
            "style": part(view["state"]["_css"]),
            "texts": [(trait, part(traits.pop(trait))) for trait in long],
            "buffers": [],
        }
        for buffer in view.get("buffers", ()):
            planes, text = in_planes(base64.b64decode(buffer["data"]))
            described["buffers"].append((buffer["path"], part(text), planes))
        return {"traits": traits, **described}

    for name, facts in state.items():
        children = facts["state"].get("children", ())
        view = state[children[-1].removeprefix("IPY_MODEL_")] if children else {"state": {}}
        if "_esm" in view["state"]:
            page[name] = figure(view)
    return page, parts


def as_function(module):
    """Return the bundle of a figure as a function that returns what it exports by default.

    A script that holds it draws a figure at once, without a module to fetch in between.

    Examples
    --------
    >>> as_function(f"var figure=(()=>1)();{AS_MODULE}")
    '() => { "use strict"; var figure=(()=>1)(); return figure.default; }'
    """
    script = module.rstrip().removesuffix(AS_MODULE)
    if script == module.rstrip():
        raise ValueError(f"the bundle of a figure must end with {AS_MODULE}: run it again")
    return f'() => {{ "use strict"; {script.rstrip()} return figure.default; }}'


def parts_of(figure):
    """Return the names of the parts that a figure needs."""
    needed = [figure["module"], figure["style"]]
    needed += [part for _, part in figure["texts"]]
    return list(dict.fromkeys([*needed, *(part for _, part, _ in figure["buffers"])]))


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
