"""What the tests of all live figures ask: readable in every theme, and life without leftovers."""

import base64
import re

import numpy as np
from ipywidgets.embed import dependency_state, embed_data

from course_lib.attention import softmax
from course_lib.authoring.browser import SCRIPT, as_script, open_view, traits
from course_lib.data import HeadVectors
from course_lib.widgets import (
    Example,
    PictureAttention,
    PooledBag,
    attention_explorer,
    causal_explorer,
    edge_explorer,
    examples_explorer,
    flow_explorer,
    head_graph,
    heads_explorer,
    heatmap_explorer,
    methods_explorer,
    neighbours_explorer,
    pattern_explorer,
    pixel_explorer,
    pooling_explorer,
    query_plane,
    ranking_explorer,
    rollout_explorer,
    sparsity_explorer,
)
from course_lib.widgets.shared.figure import stand_in
from course_lib.widgets.training.view import LossCurve

# What the root of the page carries, and the colour scheme of the desktop behind it.
THEMES = {
    "the book's dark theme": (
        {
            "data-theme": "dark",
            "style": "--pst-color-text-base: #ced6dd; --pst-color-background: #14181e;"
            " --jp-ui-font-color1: #111; --jp-layout-color0: #fff",
        },
        "light",
    ),
    "the book's light theme on a dark desktop": (
        {
            "data-theme": "light",
            "style": "--pst-color-text-base: #323232; --pst-color-background: #fff",
        },
        "dark",
    ),
    "JupyterLab dark": (
        {
            "data-jp-theme-light": "false",
            "style": "--jp-ui-font-color1: #eee; --jp-layout-color0: #111",
        },
        "light",
    ),
    "JupyterLab light on a dark desktop": (
        {
            "data-jp-theme-light": "true",
            "style": "--jp-ui-font-color1: rgba(0, 0, 0, 0.87); --jp-layout-color0: #fff",
        },
        "dark",
    ),
    "VS Code dark": (
        {
            "class": "vscode-dark",
            "style": "--vscode-editor-foreground: #cccccc; --vscode-editor-background: #1f1f1f;"
            " --jp-ui-font-color1: #111; --jp-layout-color0: #fff",
        },
        "light",
    ),
    "VS Code light on a dark desktop": (
        {
            "class": "vscode-light",
            "style": "--vscode-editor-foreground: #3b3b3b; --vscode-editor-background: #ffffff",
        },
        "dark",
    ),
    "a plain page": ({}, "light"),
    "a plain page on a dark desktop": ({}, "dark"),
}
TEXT, GRAPHICS = 4.5, 3.0  # the least contrast that WCAG 2 asks for

DRESS = """attributes => {
  const root = document.documentElement;
  for (const name of ["data-theme", "data-jp-theme-light", "class", "style"]) {
    root.removeAttribute(name);
  }
  for (const name in attributes) root.setAttribute(name, attributes[name]);
}"""


SHOWN = """pairs => pairs.map(
  ([selector, property]) => getComputedStyle(document.querySelector(selector))[property],
)"""


def controls(figure):
    """Return the controls of a live figure by their labels."""
    return {control.description: control for control in figure.children[0].children}


def embedded_links(figure):
    """Return source and target of the links that a static page of `figure` holds, by control.

    Those that disable a control are left out.
    """
    state = dependency_state([figure])
    models = embed_data(views=[figure], state=state)["manager_state"]["state"].values()
    links = [model["state"] for model in models if model["model_name"] == "LinkModel"]
    return {
        link["source"][0].removeprefix("IPY_MODEL_"): (link["source"], link["target"])
        for link in links
        if link["target"][1] != "disabled"
    }


def assert_linked(figure):
    """Each control is linked to a trait of the view in the browser, and both begin alike.

    Returns the view.
    """
    view, links = figure.children[-1], embedded_links(figure)
    for control in controls(figure).values():
        source, target = links.pop(control.model_id)
        assert target[0] == f"IPY_MODEL_{view.model_id}"
        assert getattr(control, source[1]) == getattr(view, target[1])
        described = {"label": control.description, "trait": target[1]}
        assert described.items() <= control.described.items()  # as pages without Jupyter make it
    assert view.controls == [control.described for control in controls(figure).values()]
    assert not links
    return view


def parts_of(colour):
    """Return red, green, blue and opacity of a CSS colour, from 0 to 1."""
    numbers = [float(part) for part in re.findall(r"[\d.]+", colour)]
    scale = 1 if colour.startswith("color(") else 255
    return np.array(numbers[:3]) / scale, numbers[3] if len(numbers) > 3 else 1.0


def luminance(rgb):
    """Relative luminance of a colour, as WCAG 2 defines it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(colour, ground):
    """Return the contrast of a CSS colour with the opaque one below it, from 1 to 21."""
    (rgb, opacity), (below, _) = parts_of(colour), parts_of(ground)
    shown = opacity * rgb + (1 - opacity) * below
    high, low = sorted([luminance(shown), luminance(below)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes_of(page):
    """Dress the page in one theme after the other; yields their names."""
    for theme, (attributes, desktop) in THEMES.items():
        page.emulate_media(color_scheme=desktop)
        page.evaluate(DRESS, attributes)
        yield theme


def assert_readable(page, folder, view, colours):
    """Show a view in every theme; each (selector, CSS property) must stand out as text does."""
    open_view(page, folder, view)
    seen = set()
    for theme in themes_of(page):
        paper, *shown = page.evaluate(SHOWN, [[".course-figure", "backgroundColor"], *colours])
        seen.add(paper)
        for (selector, _), colour in zip(colours, shown, strict=True):
            told = f"{theme}: {selector}: {colour} on {paper}"
            assert contrast(colour, paper) >= TEXT, told
    assert len(seen) > 2, "the themes changed nothing"


def assert_shown_twice_and_removed(page, folder, view, *changes):
    """Show a view twice, change its traits, compare the two, and take both away."""
    open_view(page, folder, view)
    page.evaluate(
        "const el = document.body.appendChild(document.createElement('div'));"
        "window.stopSecond = module.default.render({ model, el }); 0"
    )
    for change in changes:
        page.evaluate("t => { for (const name in t) model.set(name, t[name]) }", change)
    first, second = page.locator(".course-figure").evaluate_all(
        "figures => figures.map((figure) => figure.outerHTML)"
    )
    assert first == second
    page.evaluate("stopSecond()")
    assert page.evaluate("model.listening()") > 0
    page.evaluate("stop()")
    assert page.evaluate("model.listening()") == 0


def random_weights(*shape, seed=0):
    return softmax(np.random.default_rng(seed).normal(size=shape))


def figures_with_tokens(tokens):
    weights = random_weights(2, 3, 4, 4)
    bags = [PooledBag(t, np.zeros((2, 1, 1)), [0, 1], [-2, 3], tokens[:2]) for t in tokens[:2]]
    texts = [Example(t, tokens, tokens, weights, t) for t in tokens[:2]]
    pictures = [PictureAttention(t, np.zeros((1, 2)), [np.eye(2)] * 2, t) for t in tokens[:2]]
    strengths = {token: np.eye(2, k=1) for token in tokens}
    said = {token: np.arange(4.0) for token in tokens}
    explained = {"tokens": tokens, "judge": np.arange(4), "methods": said, "output": tokens[0]}
    around = {"positions": np.eye(4, 2), "names": tokens, "groups": [0, 1, 2, 3]}
    return [
        *(make(weights, tokens) for make in (attention_explorer, flow_explorer, heads_explorer)),
        *(make(weights, tokens) for make in (heatmap_explorer, ranking_explorer)),
        rollout_explorer(weights, tokens),
        sparsity_explorer(weights, tokens, values=np.eye(4)),
        causal_explorer({token: (np.eye(4)[None, None], tokens) for token in tokens}),
        edge_explorer({t: HeadVectors(*np.ones((3, 4, 2)), None, tokens) for t in tokens}),
        head_graph(strengths, {token: np.ones((2, 1)) for token in tokens}, heads=1),
        methods_explorer({token: explained for token in tokens}),
        examples_explorer(texts),
        pooling_explorer(bags, question=tokens[0]),
        pixel_explorer(pictures, grid=(1, 2), heads=tokens[:2]),
        neighbours_explorer(
            [[0, 1, 2, 3]] * 2,
            *np.zeros((2, 1, 4, 2)),
            np.ones((1, 2)),
            group_names=tokens,
            marked=[0],
            marked_name=tokens[0],
            **around,
        ),
    ]


def all_views(tokens):
    """Return a view of every kind, each as it is first shown."""
    losses = LossCurve(losses=[2.0, 1.0, 0.5], total=3, state="Done")
    figures = [*figures_with_tokens(tokens), query_plane(), pattern_explorer(8)]
    return [*(figure.view for figure in figures), losses]


# A page of the book in small: behind each figure its still, in the cell's output.
ALL = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>All</title><style>{css}</style>
<body style="margin:8px">{cells}
<script type="module">{script}
window.models = [];
window.stops = [];
window.ready = Promise.all({figures}.map(async ({{ state, packed, esm }}, k) => {{
  for (const name of packed) state[name] = fromBase64(state[name]);
  models[k] = makeModel(state);
  const source = new Blob([esm], {{ type: "text/javascript" }});
  const el = document.getElementById(`figure-${{k}}`);
  const view = await import(URL.createObjectURL(source));
  if ({alive}) stops[k] = view.default.render({{ model: models[k], el }});
}}));
</script></body></html>"""


def open_all(page, folder, views, *, fragment="", alive=True):
    """Open a page with many views; their models are `models`, and `stops` take them away."""
    cells, figures, styles = [], [], {}
    for k, view in enumerate(views):
        state = traits(view)
        packed = [name for name, value in state.items() if isinstance(value, bytes)]
        state |= {name: base64.b64encode(state[name]).decode() for name in packed}
        figures.append({"state": state, "packed": packed, "esm": view._esm})
        styles[view._css] = None
        box = f'<div><div class="course-figure-box" id="figure-{k}"></div></div>'
        box += "<script></script><noscript></noscript>"  # what pages have behind it
        cells.append(f'<div class="cell_output">{box}{view.named_still()._repr_html_()}</div>')
    path = folder / "all.html"
    text = ALL.format(
        css="\n".join(styles),
        cells="\n".join(cells),
        script=stand_in() + SCRIPT,
        figures=as_script(figures),
        alive=as_script(alive),
    )
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri() + fragment)
    page.evaluate("window.ready")
