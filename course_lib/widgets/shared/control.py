"""Labelled ipywidgets controls, linked to a view in the browser: no kernel is needed.

Pages without Jupyter make controls of their own, with page_controls.js, from what each control here
says of itself in `described`; the view sends it as its trait `controls`.
"""

import ipywidgets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared.figure import LiveFigure, page_safe

STYLE = {"description_width": "initial"}


def slider(view, trait, label, *, low, high, step):
    """Return a slider linked to a trait of `view`; whole numbers give a slider of integers."""
    integers = isinstance(step, int)
    kind = ipywidgets.IntSlider if integers else ipywidgets.FloatSlider
    control = kind(
        getattr(view, trait), min=low, max=high, step=step, description=label, style=STYLE
    )
    view.within(**{trait: {"low": low, "high": high, "whole": integers}})
    return _linked(control, "value", view, trait, "slider", low=low, high=high, step=step)


def dropdown(view, trait, label, options):
    """Return a dropdown whose chosen index is linked to a trait of `view`."""
    options = page_safe(options)
    control = ipywidgets.Dropdown(
        options=options,
        index=getattr(view, trait),
        description=label,
        style=STYLE,
        layout={"width": "auto"},
    )
    view.within(**{trait: whole(len(options) - 1)})
    return _linked(control, "index", view, trait, "dropdown", options=list(options))


def toggle(view, trait, label, options):
    """Return toggle buttons whose chosen index is linked to a trait of `view`."""
    control = ipywidgets.ToggleButtons(
        options=options,
        index=getattr(view, trait),
        description=label,
        style={**STYLE, "button_width": "auto"},
        layout={"width": "auto"},
    )
    view.within(**{trait: whole(len(options) - 1)})
    return _linked(control, "index", view, trait, "toggle", options=list(options))


def checkbox(view, trait, label):
    """Return a checkbox linked to a trait of `view`."""
    control = ipywidgets.Checkbox(
        getattr(view, trait), description=label, indent=False, layout={"width": "auto"}
    )
    view.within(**{trait: {}})
    return _linked(control, "value", view, trait, "checkbox")


def whole(high, low=0, **more):
    """Return the limits of a trait that is an integer, or a list of them; see `within`."""
    return {"low": low, "high": high, "whole": True, **more}


def figure(controls, view):
    """Return the box that holds a row of controls and, as its last child, the view."""
    row = ipywidgets.HBox(controls, layout={"flex_flow": "row wrap", "grid_gap": "0 16px"})

    def describe(_=None):
        view.controls = [control.described for control in row.children]

    describe()
    row.observe(describe, "children")  # some may be taken away, as on the book's first page
    box = LiveFigure([row, view], layout={"max_width": "920px"})
    return box.add_class("course-figure-box")


def layer_slider(view, layers):
    """Return the control for the layer, or none if there is only one."""
    if layers == 1:
        return []
    return [slider(view, "layer", say("layer"), low=0, high=layers - 1, step=1)]


def head_dropdown(view, heads):
    """Return the control for the mean of all heads or one of them, or none if there is only one."""
    if heads == 1:
        return []
    names = [say("mean of all heads"), *head_names(heads)]
    return [dropdown(view, "head_choice", say("head"), names)]


def head_choice(head, heads):
    """Return what that control has chosen: 0 for the mean, which is None, and k + 1 for head k."""
    return 0 if head is None else 1 + _validate.integer(head, "head", low=0, high=heads - 1)


def head_names(heads):
    """Return what the heads of a layer are called."""
    return [say("head {head}", head=head) for head in range(heads)]


def threshold_slider(view):
    """Return the control for the weight above which edges are drawn."""
    return slider(view, "threshold", say("threshold"), low=0.0, high=1.0, step=0.01)


def residual_slider(view):
    """Return the control for the share of the residual connection."""
    return slider(view, "residual", say("residual share"), low=0.0, high=1.0, step=0.05)


def _linked(control, source, view, trait, kind, **more):
    ipywidgets.jslink((control, source), (view, trait))
    control.described = {"kind": kind, "label": control.description, "trait": trait, **more}
    return control


def idle(control, view, trait):
    """Disable a control in the browser while a trait of `view` is true, and return it."""
    control.disabled = getattr(view, trait)
    ipywidgets.jslink((view, trait), (control, "disabled"))
    control.described["idle"] = trait
    return control
