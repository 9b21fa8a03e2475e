"""What the tests of all live figures ask: readable in every theme, and life without leftovers."""

import re

import numpy as np
from ipywidgets.embed import dependency_state, embed_data

from course_lib.authoring.browser import open_view

# Attributes of the page, and the colour scheme of the desktop behind it.
THEMES = {
    "the book's dark theme": (
        'data-theme="dark" style="--pst-color-text-base: #ced6dd; --pst-color-background: #14181e;'
        ' --jp-ui-font-color1: #111; --jp-layout-color0: #fff"',
        "light",
    ),
    "the book's light theme on a dark desktop": (
        'data-theme="light" style="--pst-color-text-base: #323232; --pst-color-background: #fff"',
        "dark",
    ),
    "JupyterLab dark": (
        'data-jp-theme-light="false" style="--jp-ui-font-color1: #eee; --jp-layout-color0: #111"',
        "light",
    ),
    "a plain page": ("", "light"),
    "a plain page on a dark desktop": ("", "dark"),
}


def controls(figure):
    """Return the controls of a live figure by their labels."""
    return {control.description: control for control in figure.children[0].children}


def embedded_links(figure):
    """Return source and target of the links that a static page of `figure` holds, by control."""
    state = dependency_state([figure])
    models = embed_data(views=[figure], state=state)["manager_state"]["state"].values()
    links = [model["state"] for model in models if model["model_name"] == "LinkModel"]
    return {
        link["source"][0].removeprefix("IPY_MODEL_"): (link["source"], link["target"])
        for link in links
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


def luminance(colour):
    """Relative luminance of a CSS colour, as WCAG 2 defines it."""
    parts = re.findall(r"[\d.]+", colour)[:3]
    scale = 1 if colour.startswith("color(") else 255
    rgb = np.array([float(part) for part in parts]) / scale
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def assert_readable(page, folder, view, theme, colours):
    """Show a view in a theme; each (selector, CSS property) must stand out from the background.

    4.5 is the least contrast that WCAG 2 asks of text.
    """
    attributes, desktop = THEMES[theme]
    page.emulate_media(color_scheme=desktop)
    open_view(page, folder, view, attributes=attributes)
    paper = page.locator(".course-figure").evaluate("e => getComputedStyle(e).backgroundColor")
    for selector, name in colours:
        colour = page.locator(selector).first.evaluate(f"e => getComputedStyle(e)['{name}']")
        high, low = sorted([luminance(colour), luminance(paper)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{selector}: {colour} on {paper}"


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
