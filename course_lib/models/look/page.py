"""One page that shows a recording: made of text alone, so that a file is enough."""

import base64
import gzip
import hashlib
import html
import json
import tempfile
import webbrowser
from pathlib import Path

import ipywidgets
import numpy as np

from course_lib import _validate, models
from course_lib._files import write_whole
from course_lib.models import packing
from course_lib.models.look import figures
from course_lib.widgets.shared.figure import page_style
from course_lib.widgets.shared.weights import WeightsView

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "bundle.js"  # page.js with its imports
# Nothing may be fetched, whatever a token says; modules come from the page's own text.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="text">{text}</p>
<p>{about}</p>
</header>
<main>
{sections}
</main>
<script type="application/json" id="page-data">{data}</script>
<script type="module">
{script}
</script>
</body>
</html>
"""
SECTION = """<section aria-label="{title}">
<h2>{title}</h2>
{notes}
{articles}
</section>"""
ARTICLE = """<article id="{key}" aria-label="{title}">
<h3>{title}</h3>
<p>{text}</p>
{body}
</article>"""
IMAGE = '<img src="data:image/png;base64,{image}" alt="{alt}">'


def look(model, text, *, save=None, **options):
    """Record a model on a text and show its attention on one page.

    Parameters
    ----------
    model, text
        As of `course_lib.models.record`, which takes the other `options` too.
    save : path, optional
        Where to write the page. Default: among the temporary files, and a browser opens it.

    Returns
    -------
    pathlib.Path
        The file, which needs neither a kernel nor a network.

    Raises
    ------
    ImportError, OSError, TypeError, ValueError
        As `course_lib.models.record`, or if the file cannot be written; then there is none.
    """
    if save is not None:
        save = _validate.path(save, "save")
        packing.in_a_folder(save)  # before the model runs for nothing
    written = page(models.record(model, text, **options))
    path = save
    if path is None:
        path = Path(tempfile.mkdtemp(prefix="course-look-")) / "attention.html"
    write_whole(path, written.encode())
    if save is None:
        webbrowser.open(path.as_uri())
    return path


def page(recording):
    """Return the page of a recording as HTML that fetches nothing.

    Parameters
    ----------
    recording : course_lib.models.Recording

    Returns
    -------
    str
    """
    collected = {"buffers": {}, "modules": {}, "figures": []}
    styles, sections = {}, []
    for kind, graph in recording.graphs().items():
        notes, found = figures.shown(graph)
        articles = [_article(kind, each, collected, styles) for each in found]
        sections.append(
            SECTION.format(
                title=html.escape(figures.TITLES[kind]),
                notes="\n".join(f'<p class="note">{html.escape(note)}</p>' for note in notes),
                articles="\n".join(articles),
            )
        )
    notes = recording.provenance
    own = (FOLDER / "page.css").read_text(encoding="utf-8")
    return PAGE.format(
        policy=POLICY,
        title=html.escape(f"Attention of {notes.get('model', 'a model')}"),
        text=html.escape(_read(recording)),
        about=html.escape(_about(recording)),
        css="\n".join([own, *styles, page_style()]).replace("</", "<\\/"),
        sections="\n".join(sections),
        # A token may be "</script>".
        data=json.dumps(collected, ensure_ascii=False).replace("<", "\\u003c"),
        script=SCRIPT.read_text(encoding="utf-8").replace("</script", "<\\/script"),
    )


def _article(kind, figure, collected, styles):
    """Return the HTML of a figure; what the page's script needs of it is collected."""
    key = f"{kind}-{figure.name}"
    body = IMAGE.format(image=figure.image, alt=html.escape(figure.alt, quote=True))
    if figure.box is not None:
        body = '<div class="course-figure-box"></div>'
        view = figure.box.view
        styles[view._css] = None
        module = type(view).__name__
        collected["modules"][module] = view._esm
        collected["figures"].append(
            {
                "key": key,
                "module": module,
                "graph": kind,
                "state": _state(view, collected["buffers"]),
            }
        )
    title, text = html.escape(figure.title), html.escape(figure.text)
    return ARTICLE.format(key=key, title=title, text=text, body=body)


def _state(view, buffers):
    """Return the traits of a view; bytes are put among the buffers, equal ones once."""
    own = {name for name in view.traits(sync=True) if not name.startswith("_")}
    state = {name: getattr(view, name) for name in own - set(ipywidgets.DOMWidget().traits())}
    for name, value in state.items():
        if isinstance(value, bytes):
            if name == "weights" and isinstance(view, WeightsView):
                value = _narrow(value, view.shape)
            key = hashlib.sha256(value).hexdigest()[:16]
            buffers[key] = base64.b64encode(gzip.compress(value, mtime=0)).decode()
            state[name] = {"buffer": key}
    return state


def _narrow(content, shape):
    """Return weights in float64 as float32, which a recording holds: all figures send the same."""
    layers, heads, n = shape
    wide = len(content) == 8 * layers * heads * n * n
    return np.frombuffer(content, "<f8").astype("<f4").tobytes() if wide else content


def _read(recording):
    """Return what the model read; the names of an image's patches would say nothing."""
    if recording.kind == "image":
        return f"An image, read as {len(recording.queries)} positions"
    return recording.provenance.get("text") or " ".join(recording.queries)


def _about(recording):
    notes = recording.provenance
    told = f"{recording.layers} layers of {recording.heads} heads"
    return ". ".join([told, *(f"{k}: {notes[k]}" for k in ("class", "precision") if k in notes)])
