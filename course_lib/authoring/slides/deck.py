"""Write the deck of a chapter as a page that fetches nothing from elsewhere."""

import html
import re
import shutil
from pathlib import Path

from course_lib import theme
from course_lib.authoring import formulas, live_figures
from course_lib.authoring.facts import capital
from course_lib.authoring.markdown import plain_markdown
from course_lib.authoring.slides import running
from course_lib.authoring.slides.notes import notes_of
from course_lib.authoring.slides.parts import Slide, code_cells, slides_of
from course_lib.authoring.source import ROOT, stems, write_if_changed
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.chapters.reading import front_matter

HERE = Path(__file__).parent
REVEAL = ROOT / "node_modules" / "reveal.js" / "dist"
SHARED = {
    "reveal.js": REVEAL / "reveal.js",
    "reveal.css": REVEAL / "reveal.css",
    "notes.js": REVEAL / "plugin" / "notes.js",
    "deck.css": HERE / "deck.css",
    "deck.js": HERE / "deck.js",
}
# How many characters, and formulas that count as many, a slide takes before the next one begins.
ROOM, FORMULA = 620, 160

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../shared/katex/katex.css">
<link rel="stylesheet" href="../shared/reveal.css"><link rel="stylesheet" href="../shared/deck.css">
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="../shared/reveal.js"></script><script src="../shared/notes.js"></script>
{figures}
<script src="../shared/deck.js"></script>
</html>
"""


def write_decks(folder, chapters=(), *, run=running.run):
    """Write the decks of some chapters, or of all, and a page that lists them; return paths."""
    folder = Path(folder)
    write_shared(folder / "shared")
    paths = []
    for stem in map(chapter_stem, chapters or CHAPTERS):
        outputs, state = run(code_cells(stem))
        paths.append(folder / stem / "index.html")
        figures = None
        if state:
            shown = [output.get("data", {}) for cell in outputs for output in cell]
            first = next(data[live_figures.VIEW] for data in shown if live_figures.VIEW in data)
            figures = live_figures.write_state(
                state["state"], first["model_id"], stem, folder / "shared"
            )
        write_if_changed(paths[-1], deck(stem, outputs, figures))
    there = [stem for stem in stems() if (folder / stem / "index.html").is_file()]
    write_if_changed(folder / "index.html", _index(there))
    return paths


def write_shared(folder):
    """Lay the scripts and styles of all decks into a folder.

    Raises
    ------
    ValueError
        If reveal.js, which makes slides of a page, is not installed.
    """
    if not REVEAL.is_dir():
        raise ValueError("slides need reveal.js: `make .venv/.tools` installs it")
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in SHARED.items():
        shutil.copyfile(source, folder / name)
    formulas.copy_style(folder / "katex")
    live_figures.write_loader(folder)
    with (folder / "deck.css").open("a", encoding="utf-8") as style:
        style.write(theme.stylesheet("colours.css"))


def deck(stem, outputs=None, figures=None):
    """Return the page of a chapter's deck; without outputs, slides of figures are empty.

    `figures` are the files of its live figures, as `live_figures.write_state` returns them.
    """
    slides = slides_of(stem)
    drawn = []
    for slide, notes in zip(slides, notes_of(stem, slides), strict=True):
        drawn += _drawn(slide, notes, stem, outputs or {})
    return PAGE.format(
        title=html.escape(front_matter(stem)["title"]),
        slides="\n".join(drawn),
        figures=live_figures.scripts(*figures, "../shared") if figures else "",
    )


def _drawn(slide, notes, stem, outputs):
    """Return the HTML of a slide, or of several if it holds more than one takes."""
    if slide.kind == "title":
        question = front_matter(stem)["question"]
        bodies = [f"<p>{html.escape(capital(question))}</p>"]
    elif slide.kind == "code":
        shown = [_shown(output) for output in (outputs[slide.cell] if outputs else [])]
        bodies = ["".join(shown)]
    else:
        bodies = [_rendered(blocks, stem) for blocks in split(slide.blocks)] or [""]
    level = "h1" if slide.kind == "title" else "h2"
    pages = []
    for number, body in enumerate(bodies):
        heading = _rendered([slide.heading], stem).removeprefix("<p>").removesuffix("</p>\n")
        heading += ' <small class="more">(continued)</small>' if number else ""
        aside = _rendered([notes], stem) if not number and notes else ""
        pages.append(
            f'<section class="{slide.kind}"><{level}>{heading}</{level}>\n'
            f'<div class="body">{body}</div>\n<aside class="notes">{aside}</aside></section>'
        )
    return pages


def split(blocks, room=ROOM):
    """Return blocks in portions that a slide takes each."""
    portions, used = [], 0
    for block in blocks:
        size = FORMULA if block.startswith("$$") else len(block)
        if not portions or used + size > room:
            portions.append([])
            used = 0
        portions[-1].append(block)
        used += size
    return portions


def _rendered(blocks, stem):
    """Return Markdown as HTML, its formulas typeset."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def formula(content, options):
        return formulas.typeset(content, display=options["display_mode"])

    text = plain_markdown("\n\n".join(blocks), stem)
    text = re.sub(r"\]\([^)]*\.(?:ipynb|md)(#[^)]*)?\)", "](#)", text)  # no page is beside a deck
    renderer = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula)
    return renderer.render(re.sub(r"\[([^\]]+)\]\(#\)", r"\1", text))


def _shown(output):
    """Return an output of a cell as HTML: a live figure, a picture or what was printed."""
    if output.output_type == "stream":
        return f"<pre>{html.escape(output.text)}</pre>" if output.name == "stdout" else ""
    data = output.get("data", {})
    if live_figures.VIEW in data:
        return f'<div class="live">{live_figures.place(data[live_figures.VIEW])}</div>'
    if "text/html" in data:
        return data["text/html"]
    if "image/png" in data:
        return f'<img alt="" src="data:image/png;base64,{data["image/png"]}">'
    return f"<pre>{html.escape(data['text/plain'])}</pre>" if "text/plain" in data else ""


def _index(there):
    titles = {stem: f"{stem[:2]}. {front_matter(stem)['title']}" for stem in there}
    links = "".join(
        f'<li><a href="{stem}/index.html">{html.escape(title)}</a>'
        for stem, title in titles.items()
    )
    style = "body{font:28px/1.6 system-ui,sans-serif;margin:2em}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Slides</title>'
        f'<link rel="icon" href="data:,"><style>{style}</style><h1>Slides</h1>'
        f"<ul>{links}</ul><p>Arrow keys turn the slides, F fills the screen, S opens the notes, "
        "and <code>?print-pdf</code> behind a deck's address prints it.</p></html>\n"
    )


__all__ = ["Slide", "deck", "split", "write_decks", "write_shared"]
