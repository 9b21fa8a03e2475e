"""What the tests of all live figures ask: readable in every theme, and life without leftovers."""

import re

import numpy as np
from ipywidgets.embed import dependency_state, embed_data

from course_lib.authoring.browser import open_view

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
    for traits in changes:
        page.evaluate("t => { for (const name in t) model.set(name, t[name]) }", traits)
    first, second = page.locator(".course-figure").evaluate_all(
        "figures => figures.map((figure) => figure.outerHTML)"
    )
    assert first == second
    page.evaluate("stopSecond()")
    assert page.evaluate("model.listening()") > 0
    page.evaluate("stop()")
    assert page.evaluate("model.listening()") == 0
